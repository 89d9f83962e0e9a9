"""What keeps a book within bounds: the age of prices, others' trades, schedules, stops.

Rule 1: breakers have a room of their own (`tripping`).
Rule 2: a price that is too old pauses the robots that trade by it; fresh prices let them go on.
Rule 3: whatever looks at robots runs behind the event that made it look, never inside of it.
"""

from typing import Any, Final

from steelyard.model import events as ev
from steelyard.model.kinds import (
    NEVER_NS,
    PAUSE_OPERATOR,
    PAUSE_STALE,
    STOP_ORDERS,
)
from steelyard.runtime.lifecycle import LIVELY, Act
from steelyard.runtime.robots import EXTERNAL
from steelyard.runtime.shell import Shell
from steelyard.runtime.signs import Kind
from steelyard.runtime.tripping import Tripping

_LATENCIES_KEPT: Final = 1_000
_LOOK_NS: Final = 100_000_000


class Guarding:
    """The guards of one book."""

    def __init__(self, desk: Shell) -> None:
        """Guard the book of `desk`."""
        self._desk = desk
        self._scheduler = desk.parts.scheduler
        self.tripping = Tripping(desk)
        self.latencies: list[int] = []
        self.stale: set[int] = set()
        self._begun = False
        self._closed = False
        self._timer: Any = None
        self._timer_ns = NEVER_NS
        self._ages: Any = None
        self._awaited: set[str] = set()

    def begin(self) -> None:
        """Start watching: the book trades."""
        self._begun = True
        paused = self._desk.kernel.book.robots["paused"]
        self.stale = {r for r in self._desk.robots.lives if int(paused[r]) & PAUSE_STALE}
        self._watch_ages()
        self.tripping.begin()
        self.robots_later()

    def close(self) -> None:
        """Stop watching."""
        self._closed = True
        self.tripping.close()
        for timer in (self._timer, self._ages):
            if timer is not None:
                timer.cancel()

    # --- breakers ------------------------------------------------------------------------------

    def fold(self, event: ev.Event) -> None:
        """Hear an event that is numbered."""
        self.tripping.fold(event)
        if isinstance(event, ev.RobotMoved) and event.reason.startswith(EXTERNAL):
            self.robots_later()

    def auth_failed(self, text: str) -> None:
        """Hear that the key was refused: robots fail, what protects them stays."""
        for robot, life in list(self._desk.robots.lives.items()):
            if life.state in LIVELY:
                self._desk.robots.fail(robot, f"the venue refused the key: {text}")

    def adjusted(self, event: ev.Adjusted) -> None:
        """Hear that a position changed by none of our orders.

        A compiled strategy keeps its own account of what it holds: it comes to rest and begins
        anew from what is left. After a liquidation every robot waits for a person.
        """
        if not self._begun:
            return
        desk = self._desk
        desk.tell("warning", "external", f"{event.reason}: {event.quantity} at {event.price}")
        if event.reason in ("liquidation", "adl") or desk.plan.external == "pause":
            for robot in desk.robots.lives:
                desk.hear(
                    ev.Paused(
                        ts_ns=desk.now(), robot=robot, paused=True, cause=PAUSE_OPERATOR,
                        reason=event.reason,
                    )
                )  # fmt: skip
        for robot, _ in event.shares or ((event.robot, 0),):
            if robot in desk.robots.lives and desk.kernel.caller(robot) is None:
                reason = f"{EXTERNAL}: {event.reason}"
                desk.robots.act(robot, Act.STOP, by="house", reason=reason, stop=STOP_ORDERS)

    def latency(self, span_ns: int) -> None:
        """Remember how long a decision took to leave."""
        self.latencies.append(span_ns)
        if len(self.latencies) > _LATENCIES_KEPT:
            del self.latencies[: _LATENCIES_KEPT // 2]

    # --- prices --------------------------------------------------------------------------------

    def _watch_ages(self) -> None:
        """Pause and resume robots by the age of their prices."""
        if self._closed:
            return
        desk, limit = self._desk, self._desk.plan.price_age_max_ns
        able = desk.writer.healthy and desk.phase == "running"
        if able:
            for robot, seated in list(desk.robots.seated.items()):
                if desk.robots.lives[robot].state not in LIVELY:
                    continue
                name = desk.kernel.book.instruments[seated.instrument].name
                age = desk.parts.market.age_ns(name)
                old = age < 0 or age > limit
                if age >= 0:
                    self.tripping.measure(Kind.STALE, age)
                if old != (robot in self.stale):
                    (self.stale.add if old else self.stale.discard)(robot)
                    why = f"the last price of {name} is too old" if old else ""
                    desk.hear(
                        ev.Paused(
                            ts_ns=desk.now(), robot=robot, paused=old, cause=PAUSE_STALE, reason=why
                        )
                    )
        # Who waits for a price goes on when it comes: after a crash that is every robot.
        waits = [r for r in self.stale if desk.robots.lives[r].state in LIVELY]
        for robot in waits if able else ():
            self._await(desk.kernel.book.instruments[desk.robots.seated[robot].instrument].name)
        self._look(limit // 2 if able or not waits else _LOOK_NS)

    def _await(self, name: str) -> None:
        """Look again behind the next price of an instrument."""
        if name in self._awaited:
            return
        self._awaited.add(name)

        def came() -> None:
            self._awaited.discard(name)
            if not self._closed:
                self._look(0)

        self._desk.parts.market.at_next_price(name, came)

    def _look(self, delay_ns: int) -> None:
        if self._ages is not None:
            self._ages.cancel()
        self._ages = self._scheduler.after(delay_ns, self._watch_ages)

    # --- robots ----------------------------------------------------------------------------------

    def order_ended(self, robot: int) -> None:
        """Hear that an order of a robot is over."""
        if self._begun and robot in self._desk.robots.stops:
            self._scheduler.soon(self._check, robot)

    def _check(self, robot: int) -> None:
        if not self._closed:
            self._desk.robots.check(robot)

    def robots_later(self) -> None:
        """Look after the robots when the present event is done, and when the next one is due."""
        if self._closed or not self._begun:
            return
        self._at(self._desk.now())

    def _at(self, ts_ns: int) -> None:
        if self._timer is not None and self._timer_ns <= ts_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ns = ts_ns
        delay = max(0, ts_ns - self._desk.now())
        self._timer = self._scheduler.after(delay, self._tend)

    def _tend(self) -> None:
        self._timer, self._timer_ns = None, NEVER_NS
        desk = self._desk
        if self._closed or desk.phase not in ("running", "draining"):
            return
        desk.robots.tend()
        desk.planning.begin_anew()
        for robot in list(desk.robots.stops):
            desk.robots.check(robot)
        if desk.plan.breakers:
            self.tripping.tend()
        due = min(desk.robots.next_ns(), self.tripping.breakers.next_ns)
        if due < NEVER_NS:
            self._at(max(due, self._desk.now() + 1_000_000))

    # --- snapshots -------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        return self.tripping.dump()

    def load(self, plain: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.tripping.load(plain)
