"""Events: what a book can hear, as frozen values.

Rule 1: an event carries its own time; nobody asks a clock.
Rule 2: whatever changes a decision is an event, an operator's word and a model's answer included.
Rule 3: events lie in journals: a field is added with a default, never renamed or removed.
`instrument` is the index in the book's instruments, `order` the number of one of its orders.
"""

from typing import NamedTuple, TypeAlias

from msgspec import Struct

from steelyard.model.instruments import Instrument
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate


class Bar(NamedTuple):
    """One closed bar, in the instrument's units; `ts_ns` is its close."""

    ts_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class Trade(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Somebody traded; `taker_side` is BUY or SELL."""

    ts_ns: Nanos
    instrument: int = 0
    price: Price
    quantity: Quantity
    taker_side: int


class Quote(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The best bid and ask changed."""

    ts_ns: Nanos
    instrument: int = 0
    bid: Price
    bid_quantity: Quantity
    ask: Price
    ask_quantity: Quantity


class BarClosed(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A bar closed."""

    ts_ns: Nanos
    instrument: int = 0
    bar: Bar


class Accepted(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The venue rests the order."""

    ts_ns: Nanos
    order: int


class Rejected(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The venue turned the order down."""

    ts_ns: Nanos
    order: int
    code: int = 0


class Filled(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Part or all of an order traded."""

    ts_ns: Nanos
    order: int
    price: Price
    quantity: Quantity
    fee: Money
    liquidity: int
    trade: str = ""
    """Names the trade within the book: index of the instrument, colon, the venue's id."""
    coin_fee: Quantity = Quantity(0)
    """Fee taken in the base coin of spot: so much less is held than was bought."""


class Canceled(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The order was canceled, ours or theirs."""

    ts_ns: Nanos
    order: int


class Expired(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The order ended by its time in force."""

    ts_ns: Nanos
    order: int


class CancelRefused(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The venue did not cancel; says nothing of what became of the order."""

    ts_ns: Nanos
    order: int


class Lost(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """No reply came to the order in time; `why` is `restart` where nobody was there to hear it."""

    ts_ns: Nanos
    order: int
    why: str = ""


class Absent(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The order is proven not placed: nothing left, or the venue was asked by id past the fence."""

    ts_ns: Nanos
    order: int
    evidence: str = ""


class FundingPaid(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Funding was settled; `payment` is what we paid, negative when received."""

    ts_ns: Nanos
    robot: int = 0
    instrument: int = 0
    payment: Money
    rate: Rate
    mark: Price
    trade: str = ""
    """Names the payment within the book, so that it is booked once."""
    shares: tuple[tuple[int, int], ...] = ()
    """Who paid: (robot, part), the parts adding up to `payment`; empty: all of it `robot`."""


class Timer(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A robot asked to be woken at this time."""

    ts_ns: Nanos
    robot: int = 0


class Signal(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Somebody's opinion reached the house."""

    ts_ns: Nanos
    source: str
    reference: int
    instrument: int = 0
    side: int
    quantity: Quantity | None = None
    text: str = ""


class Answer(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The answer to a question a robot asked; `question` is the command's number."""

    ts_ns: Nanos
    robot: int = 0
    question: int
    text: str


class Paused(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A robot's entries are paused or resumed; it may act again when no cause is left.

    `cause` is a bit of `model.kinds.PAUSE_*`; `robot` -1: every robot of the book.
    """

    ts_ns: Nanos
    robot: int = 0
    paused: bool
    cause: int = 1
    reason: str = ""


class StopAsked(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A robot shall come to rest; `stop` is one of `model.kinds.STOP_*`."""

    ts_ns: Nanos
    robot: int
    stop: int
    reason: str = ""


class BookOpened(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The first event of a book: what it is and how much it can ever hold."""

    ts_ns: Nanos
    name: str
    account: str
    version: str
    robots_max: int
    instruments_max: int
    orders_max: int = 1024
    leverage: int = 1
    hedged: bool = False


class InstrumentListed(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The book learns an instrument, or new terms of one it knows."""

    ts_ns: Nanos
    index: int
    instrument: Instrument


class Seated(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A robot takes its seat, for good: its number is never given to another.

    Seating it again with other parameters starts its strategy anew.
    """

    ts_ns: Nanos
    robot: int
    name: str
    strategy: str
    parameters: dict[str, str]
    instrument: int
    capital: Money
    stop_rate: Rate = Rate(0)
    """Distance of the protective stop from the entry; 0: no protection."""


class ParametersSet(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Parameters that may change while a robot runs were changed."""

    ts_ns: Nanos
    robot: int
    parameters: dict[str, str]


class LimitsSet(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A mandate's numbers, of one robot or (robot -1) of the whole account; 0: no limit.

    `grant` numbers the allotment of an owner's or the platform's limit that these follow.
    """

    ts_ns: Nanos
    robot: int
    order_notional_max: Money = Money(0)
    position_notional_max: Money = Money(0)
    open_orders_max: int = 0
    loss_max: Money = Money(0)
    grant: int = 0


class CapitalMoved(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Money entered (positive) or left the account from outside the house."""

    ts_ns: Nanos
    robot: int = 0
    amount: Money
    reason: str


class Adjusted(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A position changed by something that was none of our live orders; `quantity` is signed.

    `trade` is the id of the evidence: a venue's trade, or a text derived from what was seen.
    """

    ts_ns: Nanos
    robot: int = 0
    instrument: int
    position_side: int = 0
    quantity: Quantity
    price: Price
    fee: Money = Money(0)
    reason: str
    trade: str
    shares: tuple[tuple[int, int], ...] = ()
    """Whose it is: (robot, signed part), the parts adding up to `quantity`; empty: all `robot`'s.
    The first one pays the fee."""


class RobotMoved(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A robot's life moved on, as `runtime.lifecycle` allows."""

    ts_ns: Nanos
    robot: int
    state: str
    reason: str = ""
    by: str = ""


class BreakerMoved(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """A breaker opened, half opened or closed."""

    ts_ns: Nanos
    breaker: str
    state: str
    reason: str = ""
    by: str = ""


class Noted(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Something worth keeping that changes no decision: an anomaly, drift, a receipt, a session."""

    ts_ns: Nanos
    what: str
    robot: int = -1
    text: str = ""


class FiltersChanged(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """The venue changed an instrument's tick or lot."""

    ts_ns: Nanos
    instrument: int = 0
    tick: Price
    lot: Quantity


OrderEvent: TypeAlias = (
    Accepted | Rejected | Filled | Canceled | Expired | CancelRefused | Lost | Absent
)
MarketEvent: TypeAlias = Trade | Quote | BarClosed
HouseEvent: TypeAlias = (
    BookOpened
    | InstrumentListed
    | Seated
    | ParametersSet
    | LimitsSet
    | CapitalMoved
    | Adjusted
    | RobotMoved
    | BreakerMoved
    | StopAsked
    | Paused
    | Noted
)
Event: TypeAlias = (
    MarketEvent | OrderEvent | HouseEvent | FundingPaid | Timer | Signal | Answer | FiltersChanged
)
