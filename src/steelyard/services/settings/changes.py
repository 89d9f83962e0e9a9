"""What changed between two configurations, as values: the caller makes events of them.

Rule 1: every difference is in the list, and each says what it needs before it holds.
Rule 2: removals come first, then what changed, then what is new: a name is never there twice.
Rule 3: secrets are compared and never shown.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from steelyard.model.decimals import format_decimal
from steelyard.model.errors import ConfigurationError
from steelyard.services.settings.checking import ParametersOf, as_text
from steelyard.services.settings.decoding import keys
from steelyard.services.settings.schema import (
    Account,
    Breaking,
    House,
    Limits,
    Needs,
    Paper,
    Robot,
    Settings,
    Times,
)
from steelyard.services.settings.sealing import Secret


class RobotAdded(Struct, frozen=True, kw_only=True, tag=True):
    """A robot is new."""

    robot: Robot


class RobotRemoved(Struct, frozen=True, kw_only=True, tag=True):
    """A robot is no longer there; what it holds must be brought to rest."""

    robot: str


class ParameterChanged(Struct, frozen=True, kw_only=True, tag=True):
    """A strategy's parameter changed; `changeable`: while the robot runs."""

    robot: str
    parameter: str
    old: str
    new: str
    changeable: bool


class LimitsChanged(Struct, frozen=True, kw_only=True, tag=True):
    """Limits changed; `level` is robot, account, owner or platform. None: there were none."""

    level: str
    name: str
    old: Limits | None
    new: Limits | None


class ScheduleChanged(Struct, frozen=True, kw_only=True, tag=True):
    """When a robot starts or stops by itself changed."""

    robot: str
    times: Times
    profit_target: Decimal
    loss_limit: Decimal


class BreakersChanged(Struct, frozen=True, kw_only=True, tag=True):
    """Thresholds of an account's breakers changed, the house's among them; counters go on."""

    account: str
    old: Breaking
    new: Breaking


class SettingChanged(Struct, frozen=True, kw_only=True, tag=True):
    """Any other key changed; `needs` says what must be started again. Secrets show as (secret)."""

    key: str
    old: str
    new: str
    needs: Needs


class AccountAdded(Struct, frozen=True, kw_only=True, tag=True):
    """An account is new; the house must be started again."""

    account: Account


class AccountRemoved(Struct, frozen=True, kw_only=True, tag=True):
    """An account is no longer there; the house must be started again."""

    account: str


Change: TypeAlias = (
    RobotAdded
    | RobotRemoved
    | ParameterChanged
    | LimitsChanged
    | ScheduleChanged
    | BreakersChanged
    | SettingChanged
    | AccountAdded
    | AccountRemoved
)

# Told as changes of their own.
_TOLD_APART: Final = frozenset(
    {"name", "parameters", "limits", "breakers", "schedule", "profit_target", "loss_limit"}
)


def changes(old: Settings, new: Settings, *, parameters_of: ParametersOf) -> tuple[Change, ...]:
    """Compare two checked configurations."""
    return tuple(_changes(old, new, parameters_of))


def needs_of(change: Change) -> Needs:
    """Say what must be started again before a change holds."""
    match change:
        case SettingChanged(needs=needs):
            return needs
        case ParameterChanged(changeable=changeable):
            return Needs.NOTHING if changeable else Needs.ROBOT
        case AccountAdded() | AccountRemoved():
            return Needs.HOUSE
        case _:
            return Needs.NOTHING


def _changes(old: Settings, new: Settings, parameters_of: ParametersOf) -> Iterator[Change]:
    robots_old = {one.name: one for one in old.robots}
    robots_new = {one.name: one for one in new.robots}
    accounts_old = {one.name: one for one in old.accounts}
    accounts_new = {one.name: one for one in new.accounts}
    yield from (RobotRemoved(robot=name) for name in robots_old if name not in robots_new)
    yield from (AccountRemoved(account=name) for name in accounts_old if name not in accounts_new)
    if old.environment != new.environment:
        yield SettingChanged(
            key="environment", old=old.environment, new=new.environment, needs=Needs.HOUSE
        )
    yield from _keys(House, old.house, new.house, ("house",))
    yield from _keys(Paper, old.paper, new.paper, ("paper",))
    if old.platform != new.platform:
        yield LimitsChanged(level="platform", name="", old=old.platform, new=new.platform)
    for name in dict.fromkeys((*old.owners, *new.owners)):
        was, now = old.owners.get(name), new.owners.get(name)
        if was != now:
            yield LimitsChanged(level="owner", name=name, old=was, new=now)
    for name, account in accounts_old.items():
        if name in accounts_new:
            yield from _account(account, accounts_new[name])
    for name, robot in robots_old.items():
        if name in robots_new:
            yield from _robot(robot, robots_new[name], parameters_of)
    yield from (
        AccountAdded(account=one) for name, one in accounts_new.items() if name not in accounts_old
    )
    yield from (RobotAdded(robot=one) for name, one in robots_new.items() if name not in robots_old)


def _account(old: Account, new: Account) -> Iterator[Change]:
    yield from _keys(Account, old, new, ("accounts", old.name))
    if old.limits != new.limits:
        yield LimitsChanged(level="account", name=old.name, old=old.limits, new=new.limits)
    if old.breakers != new.breakers:
        yield BreakersChanged(account=old.name, old=old.breakers, new=new.breakers)


def _robot(old: Robot, new: Robot, parameters_of: ParametersOf) -> Iterator[Change]:
    yield from _keys(Robot, old, new, ("robots", old.name))
    if old.strategy == new.strategy:  # of another one, all parameters are others
        yield from _parameters(old, new, parameters_of)
    if old.limits != new.limits:
        yield LimitsChanged(level="robot", name=old.name, old=old.limits, new=new.limits)
    schedules = [(one.schedule, one.profit_target, one.loss_limit) for one in (old, new)]
    if schedules[0] != schedules[1]:
        times, profit_target, loss_limit = schedules[1]
        yield ScheduleChanged(
            robot=old.name, times=times, profit_target=profit_target, loss_limit=loss_limit
        )


def _parameters(old: Robot, new: Robot, parameters_of: ParametersOf) -> Iterator[Change]:
    try:
        known = {one.name: one for one in parameters_of(new.strategy)}
    except ConfigurationError:
        known = {}  # both were checked: a file of the user's own is gone since
    for name in dict.fromkeys((*old.parameters, *new.parameters)):
        one = known.get(name)
        default = "" if one is None or one.default is None else as_text(one, one.default)
        was, now = old.parameters.get(name, default), new.parameters.get(name, default)
        if was != now:
            yield ParameterChanged(
                robot=old.name, parameter=name, old=was, new=now,
                changeable=one is not None and one.changeable,
            )  # fmt: skip


def _keys(kind: type[Struct], old: Struct, new: Struct, key: tuple[str, ...]) -> Iterator[Change]:
    """Compare the plain keys of a table, those of tables inside it too."""
    plain = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    for path, (_, meta) in keys(kind).items():
        if path[0] in _TOLD_APART:
            continue
        was, now = getattr(old, plain[path[0]]), getattr(new, plain[path[0]])
        for part in path[1:]:
            was, now = getattr(was, part), getattr(now, part)
        if was != now:
            yield SettingChanged(
                key=".".join((*key, *path)), old=_shown(was), new=_shown(now),
                needs=(meta.extra or {})["needs"],
            )  # fmt: skip


def _shown(value: Any) -> str:
    match value:
        case Secret():
            return "(secret)"
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format_decimal(value)
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)
