"""The configuration of a running house, followed while it runs.

Rule 1: a change is checked as a whole. What is not valid changes nothing and is told, mistake by
mistake; what is valid becomes events of the books it concerns, and each change is told.
Rule 2: what holds only after a new start stays as it was, and that is told. What waits for a robot
waits until it is at rest; looked at with the files, and before each request of a person.
Rule 3: limits are lowered in every book before they are raised in any: together, books never may
more than their owner and the platform allow, not even while it changes.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from steelyard.app.paper import parameters_of
from steelyard.model import events as ev
from steelyard.model.errors import SteelyardError
from steelyard.runtime.desk import Desk
from steelyard.runtime.house import Answer, House
from steelyard.runtime.lifecycle import State
from steelyard.runtime.plan import BookPlan, Limits
from steelyard.services.settings import changes as ch
from steelyard.services.settings.reading import ENVIRONMENT_VARIABLE, check_settings, files_of
from steelyard.services.settings.schema import Account, Needs, Settings
from steelyard.wire.scheduler import Scheduler

PERIOD_NS: Final = 2_000_000_000
_AT_REST: Final = frozenset({State.CREATED, State.STOPPED, State.FAILED})

PlanOf = Callable[[Settings, Account], BookPlan]
Tell = Callable[[str, str], None]
"""Is given a level and a sentence."""


class Reloading:
    """Follows one configuration for one house."""

    def __init__(
        self, settings: Settings, house: House, scheduler: Scheduler, plan_of: PlanOf, tell: Tell
    ) -> None:
        """`plan_of` makes the plan of one account's book."""
        self._house, self._scheduler = house, scheduler
        self._plan_of, self._tell = plan_of, tell
        self._read = self._held = settings
        self._files = _files(settings)
        self._seen = _stamps(self._files)
        self._waiting: set[str] = set()

    def watch(self) -> None:
        """Look now and then again."""
        self._scheduler.after(PERIOD_NS, self._look)

    def ask(self, op: str, values: Mapping[str, Any], answer: Answer) -> None:
        """Pass a request on; what waited for a robot's rest holds before it is started."""
        self._apply_waiting()
        self._house.ask(op, values, answer)

    def _look(self) -> None:
        stamps = _stamps(self._files)
        if stamps != self._seen:
            self._seen = stamps
            try:
                self.reload()
            except SteelyardError as error:
                self._tell("warning", f"the configuration changed and cannot be followed: {error}")
        self._apply_waiting()
        self.watch()

    def reload(self) -> None:
        """Read the files again and follow what changed."""
        checked = check_settings(self._read.file, os.environ, parameters_of=parameters_of)
        if checked.settings is None:
            for mistake in checked.mistakes:
                self._tell("warning", f"the configuration is not followed: {mistake}")
            return
        found = ch.changes(self._read, checked.settings, parameters_of=parameters_of)
        if not found:
            return
        self._read = checked.settings
        self._files = _files(self._read)
        self._seen = _stamps(self._files)
        before, self._held = self._held, merged(self._held, self._read)
        told = [(change, words(change)) for change in found]
        for change, text in told:
            self._tell("info", f"configuration: {text}")
            if isinstance(change, ch.RobotAdded) and change.robot not in self._held.robots:
                self._tell("warning", f"{change.robot.name} waits until the house is started again")
        changed = {one.name for one in self._held.robots if one not in before.robots}
        self._follow(changed, [text for _, text in told])

    def _follow(self, changed: set[str], texts: list[str]) -> None:
        plans = {
            account.name: self._plan_of(self._held, account) for account in self._held.accounts
        }
        for name, plan in plans.items():
            desk = self._house.desks[name]
            lowered = msgspec.structs.replace(
                desk.plan, limits=_least(desk.plan.limits, plan.limits)
            )
            self._give(desk, lowered, set())
        for name, plan in plans.items():
            desk = self._house.desks[name]
            self._give(desk, plan, changed)
            if desk.phase == "running":
                for text in texts:
                    desk.hear(ev.Noted(ts_ns=desk.now(), what="settings", text=text))
        self._waiting |= changed
        self._apply_waiting()

    def _give(self, desk: Desk, plan: BookPlan, changed: set[str]) -> None:
        """Let a book follow a plan; one that does not trade yet follows it when it does."""
        desk.plan = plan
        if desk.phase != "running":
            return
        try:
            desk.planning.replan(changed)
        except SteelyardError as error:
            self._tell("warning", f"book {plan.name} cannot follow its configuration: {error}")

    def _apply_waiting(self) -> None:
        """Let robots that have come to rest take what waited for it."""
        for name in sorted(self._waiting):
            for desk in self._house.desks.values():
                robot = desk.robots.names.get(name) if desk.phase == "running" else None
                if robot is None or desk.robots.lives[robot].state not in _AT_REST:
                    continue
                self._waiting.discard(name)
                self._give(desk, desk.plan, {name})


def _least(one: Limits, other: Limits) -> Limits:
    """Return the lower of each number; 0 is none."""
    names = ("order_notional_max", "position_notional_max", "open_orders_max", "loss_max")
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in names}
    return msgspec.structs.replace(
        other, **{name: min(filter(None, pair), default=0) for name, pair in pairs.items()}
    )


def merged(old: Settings, new: Settings) -> Settings:
    """Return the new settings with everything that only a new start changes left as it is."""
    fresh = {one.name: one for one in new.accounts}
    accounts = tuple(
        msgspec.structs.replace(
            account, limits=one.limits, breakers=one.breakers, weight=one.weight
        )
        if (one := fresh.get(account.name)) is not None
        else account
        for account in old.accounts
    )
    listed = {account.name: account.instruments for account in accounts}
    before = {one.name: one for one in old.robots}
    robots = []
    for robot in new.robots:
        if robot.instrument in listed.get(robot.account, ()):
            robots.append(robot)
        elif robot.name in before:
            robots.append(before[robot.name])
    return msgspec.structs.replace(
        old,
        house=msgspec.structs.replace(old.house, on_exit=new.house.on_exit),
        breakers=new.breakers,
        accounts=accounts,
        robots=tuple(robots),
        owners={**new.owners, **{k: v for k, v in old.owners.items() if k not in new.owners}},
        platform=new.platform,
    )


def words(change: ch.Change) -> str:  # noqa: PLR0911 - one sentence a kind
    """Tell a change, and when it holds."""
    match change:
        case ch.RobotAdded(robot=robot):
            return f"robot {robot.name} is new"
        case ch.RobotRemoved(robot=name):
            return f"robot {name} is gone: it comes to rest"
        case ch.ParameterChanged(robot=name, parameter=key, old=old, new=new):
            return f"{name}: {key} {old or 'nothing'} becomes {new or 'nothing'}{_when(change)}"
        case ch.LimitsChanged(level=level, name=name):
            return f"limits of {level} {name}".rstrip() + " changed"
        case ch.ScheduleChanged(robot=name):
            return f"{name}: its schedule changed"
        case ch.BreakersChanged(account=name):
            return f"breakers of account {name} changed; what they counted stays"
        case ch.SettingChanged(key=key, old=old, new=new):
            return f"{key} {old or 'nothing'} becomes {new or 'nothing'}{_when(change)}"
        case ch.AccountAdded(account=account):
            return f"account {account.name} is new{_when(change)}"
        case ch.AccountRemoved(account=name):
            return f"account {name} is gone{_when(change)}"


def _when(change: ch.Change) -> str:
    match ch.needs_of(change):
        case Needs.NOTHING:
            return ""
        case Needs.ROBOT:
            return " when the robot is started again"
        case Needs.HOUSE:
            return " when the house is started again"


def _files(settings: Settings) -> tuple[Path, ...]:
    named = settings.house.secrets_file
    more = (settings.file.parent / Path(named).expanduser(),) if named else ()
    environment = os.environ.get(ENVIRONMENT_VARIABLE, "")
    return (*files_of(settings.file, environment), *more)


def _stamps(files: tuple[Path, ...]) -> tuple[tuple[int, int] | None, ...]:
    return tuple(_stamp_each(files))


def _stamp_each(files: tuple[Path, ...]) -> Iterator[tuple[int, int] | None]:
    """Yield when each file was changed, and its size: an edit within a tick of the clock counts."""
    for file in files:
        try:
            found = file.stat()
        except OSError:
            yield None
        else:
            yield found.st_mtime_ns, found.st_size
