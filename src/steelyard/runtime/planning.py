"""What the plan wants of a book's robots, turned into events: seats, limits, parameters, starts.

Rule 1: a robot of the plan is seated once; what the plan changes later becomes events, where it may
change while the robot runs, and else waits until the robot rests.
Rule 2: who is in no plan any more comes to rest.
Rule 3: a robot that starts runs once its instrument has a price.
"""

from collections.abc import Collection
from typing import Final

from steelyard.model import events as ev
from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import PAUSE_OPERATOR, STOP_ORDERS
from steelyard.model.units import Money
from steelyard.runtime.lifecycle import LIVELY, Act, State
from steelyard.runtime.plan import Limits, RobotPlan
from steelyard.runtime.robots import EXIT, EXTERNAL, REMOVED
from steelyard.runtime.shell import Shell

_RESTING: Final = frozenset({State.CREATED, State.STOPPED, State.FAILED})


class Planning:
    """Follows the plan of one book."""

    def __init__(self, desk: Shell) -> None:
        """Follow the plan of `desk`, which may be replaced while it trades."""
        self._desk = desk

    def replan(self, changed: Collection[str]) -> None:
        """Follow the desk's new plan; of the robots it knows, `changed` are told their changes."""
        guarding = self._desk.guarding
        guarding.tripping.replan()
        self.seat_robots(changed)
        guarding.robots_later()

    def seat_robots(self, changed: Collection[str] | None = None) -> None:
        """Bring the plan's robots in: new ones are seated, those that ran go on, others rest."""
        desk, robots = self._desk, self._desk.robots
        self._limit(-1, desk.plan.limits)
        for plan in desk.plan.robots:
            robot = robots.names.get(plan.name)
            if robot is None:
                robot = self._seat(plan)
            else:
                robots.schedules[robot] = plan.schedule
                if changed is None or plan.name in changed:
                    self._replan(robot, plan)
            self._limit(robot, plan.limits)
            life = robots.lives[robot]
            if life.state is State.PAUSED and life.reason == EXIT:
                robots.act(robot, Act.START, by="plan")
            elif life.state is State.STOPPED and life.reason == REMOVED and plan.starts:
                robots.act(robot, Act.RESTART, by="plan")
            elif life.state is State.CREATED and plan.starts:
                robots.act(robot, Act.START, by="plan")
            if robots.lives[robot].state is State.STARTING:
                self.start_when_priced(robot)
        self._rest_removed()

    def _seat(self, plan: RobotPlan) -> int:
        desk, robots = self._desk, self._desk.robots
        robot = max(robots.lives, default=0) + 1
        if robot > desk.plan.robots_max:
            raise ConfigurationError(
                f"book {desk.plan.name} has {robot - 1} robots, allowed are "
                f"{desk.plan.robots_max}; put the next one on another account"
            )
        robots.seat(robot, plan)
        return robot

    def _rest_removed(self) -> None:
        """Bring robots to rest that the plan does not name any more."""
        desk, robots = self._desk, self._desk.robots
        planned = {plan.name for plan in desk.plan.robots}
        stop = max(desk.plan.exit_stop, STOP_ORDERS)
        for name, robot in robots.names.items():
            if name not in planned and robots.lives[robot].state in LIVELY:
                robots.schedules.pop(robot, None)
                robots.act(robot, Act.STOP, by="plan", reason=REMOVED, stop=stop)
                desk.tell("warning", "plan", f"{name} is in no plan any more: it comes to rest")

    def _replan(self, robot: int, plan: RobotPlan) -> None:
        """Turn what the plan changes into events, where it may change; the rest waits."""
        robots = self._desk.robots
        seated, life = self._desk.kernel.taken.events[robot], robots.lives[robot]
        rests = life.state in _RESTING or (life.state is State.PAUSED and life.reason == EXIT)
        other = (seated.strategy, seated.instrument) != (plan.strategy, plan.instrument)
        wanted = (plan.capital, plan.stop_rate, plan.parameters)
        if not other and wanted == (seated.capital, seated.stop_rate, seated.parameters):
            return
        if rests and not (other and robots.held(robot)):
            robots.seat(robot, plan)
            return
        changed = {
            name: value
            for name, value in plan.parameters.items()
            if seated.parameters.get(name) != value and name not in plan.fixed and not other
        }
        if changed:
            self._desk.hear(
                ev.ParametersSet(ts_ns=self._desk.now(), robot=robot, parameters=changed)
            )
        seated = self._desk.kernel.taken.events[robot]
        if other or wanted != (seated.capital, seated.stop_rate, seated.parameters):
            text = "its position is closed and it" if other and robots.held(robot) else "it"
            self._desk.tell(
                "warning", "plan", f"{plan.name} goes on as it was until {text} is started again"
            )

    def _limit(self, robot: int, limits: Limits) -> None:
        """Set limits that differ from those in force."""
        rows = self._desk.kernel.book.limits
        row = rows[robot if robot >= 0 else len(rows) - 1]
        names = ("order_notional_max", "position_notional_max", "open_orders_max", "loss_max")
        if all(int(row[name]) == getattr(limits, name) for name in names):
            return
        self._desk.hear(
            ev.LimitsSet(
                ts_ns=self._desk.now(),
                robot=robot,
                order_notional_max=Money(limits.order_notional_max),
                position_notional_max=Money(limits.position_notional_max),
                open_orders_max=limits.open_orders_max,
                loss_max=Money(limits.loss_max),
                grant=limits.grant,
            )
        )

    def start_when_priced(self, robot: int) -> None:
        """Let a starting robot run once its instrument has a price."""
        desk = self._desk
        seated = desk.robots.seated[robot]
        name = desk.kernel.book.instruments[seated.instrument].name

        def run() -> None:
            if desk.phase == "running":
                desk.robots.run(robot)
                desk.wait_for(robot)

        desk.parts.market.when_priced(name, run)

    def begin_anew(self) -> None:
        """Let robots go on that only came to rest because their position was changed."""
        robots = self._desk.robots
        if self._desk.phase != "running":
            return
        for robot, life in list(robots.lives.items()):
            paused = int(self._desk.kernel.book.robots[robot]["paused"])
            if (
                life.state is State.PAUSED
                and life.reason.startswith(EXTERNAL)
                and not paused & PAUSE_OPERATOR
                and not robots.act(robot, Act.START, by="house")
            ):
                self.start_when_priced(robot)
