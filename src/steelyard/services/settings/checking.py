"""What must hold between settings: names that exist, limits inside limits, money that is there.

Rule 1: every mistake is a sentence with the key, what was found and what is allowed.
Rule 2: no level is allowed more than the one above it: robot, account, owner, platform.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from steelyard.model.decimals import format_decimal
from steelyard.model.errors import ConfigurationError, InstrumentNameError
from steelyard.model.names import unify
from steelyard.model.parameters import Form, Parameter
from steelyard.model.venue_tables import VENUES
from steelyard.services.settings.layers import Key, Layers, near
from steelyard.services.settings.schema import Account, Limits, Robot, Settings

ParametersOf: TypeAlias = Callable[[str], Sequence[Parameter]]
"""Return a strategy's parameters by the name in the file, or raise `ConfigurationError`."""

_NAME_MAX: Final = 40
_VENUE: Final = re.compile(rf"paper|{'|'.join(VENUES)}|ccxt:[a-z0-9]+")
_JOURNALS: Final = ("sqlite:///", "postgresql://", "postgres://")


def check(settings: Settings, layers: Layers, parameters_of: ParametersOf) -> Settings:
    """Note what does not fit together; return the settings with names and parameters unified."""
    for section, names in (
        ("accounts", [one.name for one in settings.accounts]),
        ("robots", [one.name for one in settings.robots]),
    ):
        _check_names(section, names, layers)
    folder = settings.file.parent
    accounts = tuple(_account(one, settings, layers) for one in settings.accounts)
    by_name = {one.name: one for one in accounts}
    robots = tuple(_robot(one, by_name, folder, layers, parameters_of) for one in settings.robots)
    for name, limits in settings.owners.items():
        _within(limits, ("owners", name), settings.platform, "the platform's", layers)
    _check_cash(accounts, robots, settings.paper.cash, layers)
    if settings.paper.market != "generated" and not Path(settings.paper.market).exists():
        layers.wrong(
            ("paper", "market"),
            f'was {settings.paper.market!r}, allowed are "generated" or a file that exists',
        )
    if not settings.house.journal.startswith(_JOURNALS):
        # The text may hold a password: it is not repeated.
        layers.wrong(
            ("house", "journal"),
            "is no journal, allowed are sqlite:///PATH and postgresql://USER@HOST/DATABASE",
        )
    return msgspec.structs.replace(settings, accounts=accounts, robots=robots)


def _check_names(section: str, names: list[str], layers: Layers) -> None:
    for name in names:
        plain = name.replace("-", "").replace("_", "")
        if not (plain.isascii() and plain.isalnum() and name == name.lower()) or (
            len(name) > _NAME_MAX or not name[0].isalnum() or "__" in name
        ):
            layers.wrong(
                (section, name),
                f"has a name that is not allowed: 1 to {_NAME_MAX} of a-z, 0-9, - and _, "
                "a letter or digit first, no two _ in a row",
            )
    spelled = Counter(name.replace("-", "_") for name in names)
    for name in names:
        if spelled[name.replace("-", "_")] > 1:
            layers.wrong((section, name), "differs from another name in nothing but - and _")


def _account(account: Account, settings: Settings, layers: Layers) -> Account:
    key = ("accounts", account.name)
    instruments = [_unified(text, (*key, "instruments"), layers) for text in account.instruments]
    known = tuple(dict.fromkeys(name for name in instruments if name))
    if not account.instruments and not layers.told((*key, "instruments")):
        layers.wrong((*key, "instruments"), "are none, allowed is at least one")
    elif len(known) < len([name for name in instruments if name]):
        layers.wrong((*key, "instruments"), "name the same instrument twice")
    if not _VENUE.fullmatch(account.venue):
        layers.wrong(
            (*key, "venue"),
            f"was {account.venue!r}, allowed are paper, {', '.join(VENUES)}, and ccxt:NAME for any "
            "other exchange, by ccxt's name for it",
        )
    spot = [name for name in known if ":" not in name]
    if spot and (account.leverage > 1 or account.hedged):
        what = "leverage" if account.leverage > 1 else "hedged"
        layers.wrong(
            (*key, what), f"is for perpetuals, but {', '.join(spot)} is spot; a spot account "
            "has leverage 1 and is not hedged",
        )  # fmt: skip
    if account.owner and account.owner not in settings.owners:
        layers.wrong(
            (*key, "owner"), f"was {account.owner!r}, which no [owners] names"
            + (near(account.owner, settings.owners) if settings.owners else ""),
        )  # fmt: skip
    above, whose = settings.platform, "the platform's"
    if account.owner in settings.owners:
        above, whose = settings.owners[account.owner], f"owner {account.owner}'s"
    _within(account.limits, key, above, whose, layers)
    return msgspec.structs.replace(account, instruments=known)


def _robot(
    robot: Robot, accounts: Mapping[str, Account], folder: Path, layers: Layers,
    parameters_of: ParametersOf,
) -> Robot:  # fmt: skip
    key = ("robots", robot.name)
    instrument = robot.instrument
    if instrument:
        instrument = _unified(instrument, (*key, "instrument"), layers)
    account = accounts.get(robot.account)
    if account is None:
        if robot.account:
            layers.wrong(
                (*key, "account"),
                f"was {robot.account!r}, which no [[accounts]] names"
                + (near(robot.account, accounts) if accounts else ""),
            )
    else:
        if instrument and account.instruments and instrument not in account.instruments:
            layers.wrong(
                (*key, "instrument"),
                f"was {robot.instrument!r}, allowed are those of account {account.name}: "
                f"{', '.join(account.instruments) or 'none'}",
            )
        _within(robot.limits, key, account.limits, f"account {account.name}'s", layers)
    times = robot.schedule
    if times.start_ns and 0 < times.stop_ns <= times.start_ns:
        layers.wrong((*key, "schedule", "stop_at"), "is not after start_at")
    strategy = robot.strategy
    file, colon, name = strategy.rpartition(":")
    if colon and file.endswith(".py"):
        strategy = f"{(folder / Path(file).expanduser()).absolute()}:{name}"
    texts = _parameters(robot, strategy, (*key, "parameters"), layers, parameters_of)
    return msgspec.structs.replace(
        robot, instrument=instrument or robot.instrument, strategy=strategy, parameters=texts
    )


def _parameters(
    robot: Robot, strategy: str, key: Key, layers: Layers, parameters_of: ParametersOf
) -> dict[str, str]:
    try:
        known = {one.name: one for one in parameters_of(strategy)}
    except ConfigurationError as error:
        layers.wrong((*key[:-1], "strategy"), f"does not do: {error}")
        return robot.parameters
    texts = {}
    for name, text in robot.parameters.items():
        if name not in known:
            layers.wrong((*key, name), f"is no parameter of {robot.strategy}{near(name, known)}")
            continue
        try:
            texts[name] = as_text(known[name], known[name].read(text))
        except ConfigurationError as error:
            layers.wrong((*key, name), str(error).removeprefix(name).strip())
    for name, one in known.items():
        if one.required and name not in robot.parameters:
            layers.wrong((*key, name), f"is missing: {one.doc}; allowed is {one.allowed}")
    return texts


def as_text(parameter: Parameter, value: Any) -> str:
    """Print a parameter's value so that reading it again gives the same."""
    match parameter.form:
        case Form.BOOLEAN:
            return "true" if value else "false"
        case Form.DECIMAL:
            return format_decimal(Decimal(value))
        case Form.LIST:
            return ", ".join(value)
        case _:
            return str(value)


def _unified(text: str, key: Key, layers: Layers) -> str:
    try:
        return unify(text)
    except InstrumentNameError as error:
        layers.wrong(key, str(error).removeprefix("instrument").strip())
        return ""


def _within(limits: Limits, key: Key, above: Limits, whose: str, layers: Layers) -> None:
    # 0 is no limit of one's own: the one above holds.
    for name in Limits.__struct_fields__:
        here, most = getattr(limits, name), getattr(above, name)
        if 0 < most < here:
            layers.wrong(
                (*key, name) if key[0] == "owners" else (*key, "limits", name),
                f"was {format_decimal(Decimal(here))}, allowed is at most {whose} "
                f"{format_decimal(Decimal(most))}",
            )


def _check_cash(
    accounts: Sequence[Account], robots: Sequence[Robot], cash: Decimal, layers: Layers
) -> None:
    for account in accounts:
        given = sum((one.capital for one in robots if one.account == account.name), Decimal(0))
        if account.venue == "paper" and given > cash:
            layers.wrong(
                ("accounts", account.name),
                f"has robots with a capital of {format_decimal(given)} together, allowed is at "
                f"most paper.cash, {format_decimal(cash)}",
            )
