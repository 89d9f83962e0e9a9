"""Events: what a book can hear, as frozen values.

Rule 1: an event carries its own time; nobody asks a clock.
Rule 2: whatever changes a decision is an event, an operator's word and a model's answer included.
`instrument` is the index in the book's instruments, `order` the number of one of its orders.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from steelyard.model.units import Money, Nanos, Price, Quantity, Rate


class Bar(NamedTuple):
    """One closed bar, in the instrument's units; `ts_ns` is its close."""

    ts_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Somebody traded; `taker_side` is BUY or SELL."""

    ts_ns: Nanos
    instrument: int = 0
    price: Price
    quantity: Quantity
    taker_side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The best bid and ask changed."""

    ts_ns: Nanos
    instrument: int = 0
    bid: Price
    bid_quantity: Quantity
    ask: Price
    ask_quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class BarClosed:
    """A bar closed."""

    ts_ns: Nanos
    instrument: int = 0
    bar: Bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The venue rests the order."""

    ts_ns: Nanos
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The venue turned the order down."""

    ts_ns: Nanos
    order: int
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Part or all of an order traded."""

    ts_ns: Nanos
    order: int
    price: Price
    quantity: Quantity
    fee: Money
    liquidity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The order was canceled, ours or theirs."""

    ts_ns: Nanos
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The order ended by its time in force."""

    ts_ns: Nanos
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefused:
    """The venue did not cancel; says nothing of what became of the order."""

    ts_ns: Nanos
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No reply came to the order in time."""

    ts_ns: Nanos
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The venue does not know the order, asked by id past the fence."""

    ts_ns: Nanos
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPaid:
    """Funding was settled; `payment` is what we paid, negative when received."""

    ts_ns: Nanos
    robot: int = 0
    instrument: int = 0
    payment: Money
    rate: Rate
    mark: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A robot asked to be woken at this time."""

    ts_ns: Nanos
    robot: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Somebody's opinion reached the house."""

    ts_ns: Nanos
    source: str
    reference: int
    instrument: int = 0
    side: int
    quantity: Quantity | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a question a robot asked; `question` is the command's number."""

    ts_ns: Nanos
    robot: int = 0
    question: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """An operator pauses or resumes a robot's entries."""

    ts_ns: Nanos
    robot: int = 0
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FiltersChanged:
    """The venue changed an instrument's tick or lot."""

    ts_ns: Nanos
    instrument: int = 0
    tick: Price
    lot: Quantity


OrderEvent: TypeAlias = (
    Accepted | Rejected | Filled | Canceled | Expired | CancelRefused | Lost | Absent
)
MarketEvent: TypeAlias = Trade | Quote | BarClosed
Event: TypeAlias = (
    MarketEvent | OrderEvent | FundingPaid | Timer | Signal | Answer | Paused | FiltersChanged
)
