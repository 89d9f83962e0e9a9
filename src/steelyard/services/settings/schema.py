"""Every key of the configuration, as frozen values: one description serves reading and checking.

Rule 1: money and ratios are exact decimals, times UTC nanoseconds; a float is nowhere.
Rule 2: 0 and "" mean none where a key says so; a key without default is required.
Rule 3: a key that cannot be changed while the house runs says what must be started again.
`docs/configuration.md` lists the same keys for people; a test compares the two.
"""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, field

from steelyard.services.settings.sealing import Secret


class Needs(StrEnum):
    """What a change of a key needs before it holds."""

    NOTHING = "nothing"
    ROBOT = "robot"  # the robot is started again
    HOUSE = "house"  # the house is started again


class Stop(StrEnum):
    """What happens to orders and positions when the house is told to end."""

    ENTRIES = "entries"  # nothing new is opened, orders stay
    ORDERS = "orders"  # every order is canceled
    FLATTEN = "flatten"  # and every position is closed


def about(
    doc: str, *, unit: str = "", above: int | None = None, minimum: int | None = None,
    maximum: int | None = None, choices: tuple[str, ...] = (), time: bool = False,
    path: bool = False, needs: Needs = Needs.HOUSE,
) -> Meta:  # fmt: skip
    """Describe a key."""
    extra = {
        "unit": unit, "above": above, "minimum": minimum, "maximum": maximum, "choices": choices,
        "time": time, "path": path, "needs": needs,
    }  # fmt: skip
    return Meta(description=doc, extra=extra)


_N, _R = Needs.NOTHING, Needs.ROBOT
_DAY_S = 86400
_YEAR_S = 366 * _DAY_S


# Tables, one paragraph a section; the formatter would make them one line an argument.
# fmt: off
class House(Struct, frozen=True, kw_only=True):
    """`[house]`."""

    data_folder: Annotated[str, about("folder of everything the house keeps", path=True)] = ""
    journal: Annotated[str, about(
        "where the journal lies, sqlite:///PATH or postgresql://USER@HOST/DATABASE")] = ""
    durability: Annotated[str, about(
        "what a written intent survives", choices=("synced", "flushed"))] = "synced"
    on_exit: Annotated[str, about(
        "what is stopped when the house ends", choices=tuple(Stop), needs=_N)] = "orders"
    control_socket: Annotated[str, about("socket of the command line", path=True)] = ""
    secrets_file: Annotated[str, about("file of sealed secrets", path=True)] = ""
    secret_key_file: Annotated[str, about("file of the key that opens them", path=True)] = ""


class Paper(Struct, frozen=True, kw_only=True):
    """`[paper]`: the simulated venue."""

    seed: Annotated[int, about("seed of the simulation", minimum=0)] = 1
    pace: Annotated[Decimal, about(
        "speed of a market from a file or generated; 0: as fast as it can", unit="x real time",
        minimum=0, maximum=100_000)] = Decimal(1)
    market: Annotated[str, about('"generated", or a file of market data')] = "generated"
    cash: Annotated[Decimal, about(
        "money an account begins with", unit="quote", above=0)] = Decimal(10_000)


class Limits(Struct, frozen=True, kw_only=True):
    """A mandate's numbers; 0: no limit at this level."""

    order_notional_max: Annotated[Decimal, about(
        "most one order may be worth", unit="quote", minimum=0, needs=_N)] = Decimal(0)
    position_notional_max: Annotated[Decimal, about(
        "most that positions and open orders may be worth", unit="quote", minimum=0,
        needs=_N)] = Decimal(0)
    open_orders_max: Annotated[int, about(
        "most orders open at once", unit="orders", minimum=0, needs=_N)] = 0
    loss_max: Annotated[Decimal, about(
        "most that may be lost before nothing new is opened", unit="quote", minimum=0,
        needs=_N)] = Decimal(0)


class Breaking(Struct, frozen=True, kw_only=True):
    """`[breakers]`, and an account's own under `[accounts.breakers]`; 0 switches one off."""

    failures: Annotated[int, about("orders that fail in a row", minimum=0, needs=_N)] = 3
    loss_single: Annotated[Decimal, about(
        "lost by one closed piece", unit="quote", minimum=0, needs=_N)] = Decimal(0)
    loss_window: Annotated[Decimal, about(
        "lost within loss_window_s", unit="quote", minimum=0, needs=_N)] = Decimal(0)
    loss_window_s: Annotated[int, about(
        "length of the loss window", unit="s", minimum=60, maximum=_YEAR_S, needs=_N)] = _DAY_S
    loss_total: Annotated[Decimal, about(
        "lost since a person last reset it", unit="quote", minimum=0, needs=_N)] = Decimal(0)
    loss_netted: Annotated[bool, about("profits count against losses", needs=_N)] = False
    order_failures_ratio: Annotated[Decimal, about(
        "failed share of the last orders", unit="ratio", minimum=0, maximum=1,
        needs=_N)] = Decimal("0.2")
    order_failures_count: Annotated[int, about(
        "how many last orders", minimum=1, maximum=10_000, needs=_N)] = 20
    call_failures_ratio: Annotated[Decimal, about(
        "failed share of the last requests", unit="ratio", minimum=0, maximum=1,
        needs=_N)] = Decimal("0.1")
    call_failures_count: Annotated[int, about(
        "how many last requests", minimum=1, maximum=10_000, needs=_N)] = 100
    stale_s: Annotated[Decimal, about(
        "age of market data", unit="s", minimum=0, maximum=_DAY_S, needs=_N)] = Decimal(10)
    jump_ratio: Annotated[Decimal, about(
        "move of a price within jump_window_s", unit="ratio", minimum=0, maximum=10,
        needs=_N)] = Decimal("0.1")
    jump_window_s: Annotated[int, about(
        "length of the price window", unit="s", minimum=1, maximum=_DAY_S, needs=_N)] = 60
    spread_ratio: Annotated[Decimal, about(
        "distance of bid and ask", unit="ratio", minimum=0, maximum=1, needs=_N)] = Decimal("0.05")
    journal: Annotated[bool, about("the journal does not write", needs=_N)] = True
    stall_s: Annotated[Decimal, about(
        "standstill of the house", unit="s", minimum=0, maximum=3600, needs=_N)] = Decimal(1)
    disk_free_mb: Annotated[int, about(
        "free space of the data folder", unit="MB", minimum=0, needs=_N)] = 500
    cpu_ratio: Annotated[Decimal, about(
        "use of the processors for load_span_s", unit="ratio", minimum=0, maximum=1,
        needs=_N)] = Decimal("0.9")
    memory_ratio: Annotated[Decimal, about(
        "use of the memory for load_span_s", unit="ratio", minimum=0, maximum=1,
        needs=_N)] = Decimal("0.9")
    load_span_s: Annotated[int, about(
        "how long a load must last", unit="s", minimum=0, maximum=3600, needs=_N)] = 60
    after_s: Annotated[int, about(
        "how long a breaker that time resets stays open", unit="s", minimum=1, maximum=_DAY_S,
        needs=_N)] = 300
    by_person: Annotated[tuple[str, ...], about(
        "breakers that only a person closes", choices=(
            "failures", "loss_single", "loss_window", "loss_total", "order_share", "call_share",
            "stale", "jump", "spread", "journal", "stall", "disk", "cpu", "memory"),
        needs=_N)] = ("loss_single", "loss_window", "loss_total")


class Account(Struct, frozen=True, kw_only=True):
    """`[[accounts]]`."""

    name: Annotated[str, about("its name in this file")]
    venue: Annotated[str, about("where it trades")] = "paper"
    environment: Annotated[str, about(
        "which of the venue's: mainnet, testnet, or a name given to `account add`")] = "mainnet"
    allow_withdraw_keys: Annotated[bool, about("take a key that may withdraw all the same")] = False
    instruments: Annotated[tuple[str, ...], about("what it may trade, any spelling in use")]
    leverage: Annotated[int, about("leverage", unit="x", minimum=1, maximum=125)] = 1
    hedged: Annotated[bool, about("long and short positions apart")] = False
    owner: Annotated[str, about("whose it is, a name in [owners]; empty: the house's")] = ""
    weight: Annotated[int, about(
        "share of its owner's limits, against the owner's other accounts", minimum=0,
        needs=_N)] = 1
    api_key: Annotated[Secret | None, about("public part of the credentials")] = None
    api_secret: Annotated[Secret | None, about("secret part of the credentials")] = None
    passphrase: Annotated[Secret | None, about("third part, where a venue has one")] = None
    limits: Limits = field(default_factory=Limits)
    breakers: Breaking = field(default_factory=Breaking)


class Protection(Struct, frozen=True, kw_only=True):
    """`[robots.protection]`."""

    stop_distance: Annotated[Decimal, about(
        "distance of the stop that rests at the venue from the entry; 0: none", unit="ratio",
        minimum=0, maximum=1, needs=_R)] = Decimal(0)


class Times(Struct, frozen=True, kw_only=True):
    """`[robots.schedule]`."""

    start_ns: Annotated[int, about("start at this time", time=True, needs=_N)] = field(
        default=0, name="start_at")
    stop_ns: Annotated[int, about(
        "close everything and pause at this time", time=True, needs=_N)] = field(
        default=0, name="stop_at")
    max_runtime_s: Annotated[int, about(
        "close everything and pause after so long; 0: never", unit="s", minimum=0,
        maximum=10 * _YEAR_S, needs=_N)] = 0


class Robot(Struct, frozen=True, kw_only=True):
    """`[[robots]]`."""

    name: Annotated[str, about("its name, for good")]
    account: Annotated[str, about("the account it trades with", needs=_R)]
    strategy: Annotated[str, about("one of ours, or path/to/my.py:MyStrategy", needs=_R)] = "grid"
    instrument: Annotated[str, about("what it trades, one of its account's", needs=_R)]
    capital: Annotated[Decimal, about("money it works with", unit="quote", above=0, needs=_R)]
    autostart: Annotated[bool, about(
        "start it with the house, unless its schedule says when", needs=_N)] = True
    profit_target: Annotated[Decimal, about(
        "close everything and stop when so much is earned; 0: never", unit="quote", minimum=0,
        needs=_N)] = Decimal(0)
    loss_limit: Annotated[Decimal, about(
        "close everything and stop when so much is lost; 0: never", unit="quote", minimum=0,
        needs=_N)] = Decimal(0)
    parameters: Annotated[dict[str, str], about("the strategy's parameters", needs=_R)] = field(
        default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    protection: Protection = field(default_factory=Protection)
    schedule: Times = field(default_factory=Times)
# fmt: on


class Settings(Struct, frozen=True, kw_only=True):
    """The configuration of a house, checked; every path is absolute."""

    file: Path
    environment: str = ""
    house: House
    paper: Paper
    breakers: Breaking
    accounts: tuple[Account, ...]
    robots: tuple[Robot, ...]
    owners: dict[str, Limits]
    platform: Limits
