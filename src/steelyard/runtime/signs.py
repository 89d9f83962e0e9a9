"""What breakers hear, and the rules they go by.

Rule 1: a sign carries its own time and integers only; ratios in units of 10^-8 (`RATE_ONE`).
Rule 2: a rule is data: whoever assembles the house chooses thresholds, never the watch.
"""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct


class Kind(StrEnum):
    """What trips a breaker, and the meaning of its threshold."""

    FAILURES = "failures"  # so many orders in a row failed
    LOSS_SINGLE = "loss_single"  # one closed piece lost so much
    LOSS_WINDOW = "loss_window"  # so much was lost within `span_ns`
    LOSS_TOTAL = "loss_total"  # so much was lost since a person last looked
    ORDER_SHARE = "order_share"  # a greater ratio of the last `count` orders failed
    CALL_SHARE = "call_share"  # a greater ratio of the last `count` requests failed
    STALE = "stale"  # market data is older than this, ns
    JUMP = "jump"  # a price moved by more than this ratio within `span_ns`
    SPREAD = "spread"  # ask and bid are farther apart than this ratio of their middle
    JOURNAL = "journal"  # the journal does not write; threshold 1
    STALL = "stall"  # the loop stood still for longer than this, ns
    DISK = "disk"  # fewer bytes than this are free
    CPU = "cpu"  # a greater ratio is in use, for `span_ns`
    MEMORY = "memory"  # a greater ratio is in use, for `span_ns`


class Tried(Struct, frozen=True, kw_only=True):
    """An order came to something: it rests or traded, or it was rejected or lost."""

    ts_ns: int
    ok: bool


class Called(Struct, frozen=True, kw_only=True):
    """A request to the venue was answered, or not."""

    ts_ns: int
    ok: bool


class Booked(Struct, frozen=True, kw_only=True):
    """A piece of a position was closed; realised profit after fees, negative when lost."""

    ts_ns: int
    profit: int


class Priced(Struct, frozen=True, kw_only=True):
    """An instrument has a price; with a quote its bid and ask too, else 0."""

    ts_ns: int
    instrument: int
    price: int
    bid: int = 0
    ask: int = 0


class Measured(Struct, frozen=True, kw_only=True):
    """A gauge was read: STALE, JOURNAL (1: it writes), STALL, DISK, CPU or MEMORY."""

    ts_ns: int
    kind: Kind
    value: int


class Stepped(Struct, frozen=True, kw_only=True):
    """The machine's clock was moved by so much against the monotonic one."""

    ts_ns: int
    by_ns: int


Sign: TypeAlias = Tried | Called | Booked | Priced | Measured | Stepped


class Rule(Struct, frozen=True, kw_only=True):
    """One breaker. `reset` says who closes it: "person", or "time" after `after_ns`."""

    name: str
    kind: Kind
    threshold: int
    span_ns: int = 0
    count: int = 0
    reset: str = "person"
    after_ns: int = 0
    netted: bool = False
    """LOSS_WINDOW and LOSS_TOTAL: profits count against losses. They never clear them."""
    decimals: int = 0
    """Of money, for sentences."""


class Seen(StrEnum):
    """What a sign means to a watch."""

    NOTHING = "nothing"
    GOOD = "good"
    BAD = "bad"  # a failure, not yet enough of them
    TRIP = "trip"
