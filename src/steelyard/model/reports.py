"""What a venue says: replies to requests, news on the private stream, typed snapshots.

Rule 1: integers in the instrument's units; a venue's parser has converted already.
Rule 2: a reply says which of four things is true: it was done, it was definitely refused, nothing
left the house, or nobody knows. What the parser does not recognise is `Unclear`, never a refusal.
Rule 3: only a `complete` snapshot may lower or erase what is believed.
"""

from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

from msgspec import Struct

from steelyard.model.instruments import Instrument


class OrderState(IntEnum):
    """An order at the venue."""

    OPEN = 1
    FILLED = 2
    CANCELED = 3
    EXPIRED = 4
    REJECTED = 5


class Fault(StrEnum):
    """Classes of refusals; `runtime.retry` says which may be tried again, and when."""

    RATE_LIMIT = "rate_limit"
    BANNED = "banned"  # the address is shut out for a while
    AUTH = "auth"
    FUNDS = "funds"
    FILTER = "filter"
    POST_ONLY = "post_only"
    REDUCE_ONLY = "reduce_only"
    NO_ORDER = "no_order"  # the venue knows no such order (or no longer)
    DUPLICATE = "duplicate"  # the id is in use
    CLOCK = "clock"  # our timestamp lies outside of the window
    MODE = "mode"  # position mode, leverage or margin type do not fit
    TOO_MANY = "too_many"
    MAINTENANCE = "maintenance"
    CANCEL_ONLY = "cancel_only"
    OTHER = "other"


class OrderReport(Struct, frozen=True, kw_only=True):
    """One order as the venue has it. `filled` is cumulative; `ts_ns` is the venue's time."""

    client_id: str
    venue_id: str
    instrument: int
    state: OrderState
    side: int
    price: int
    quantity: int
    filled: int
    ts_ns: int
    reduce_only: bool = False
    trigger: int = 0
    position_side: int = 0
    code: int = 0
    """Reason in `model.reasons`, of a rejection."""


class TradeReport(Struct, frozen=True, kw_only=True):
    """One trade of the account; `trade` is unique per instrument. Foreign trades included."""

    trade: str
    client_id: str
    venue_id: str
    instrument: int
    side: int
    price: int
    quantity: int
    fee: int
    liquidity: int
    ts_ns: int
    position_side: int = 0
    forced: str = ""
    """`liquidation` or `adl` when the venue closed it."""
    coin_fee: int = 0
    """Fee taken in the base coin of spot, beside `fee`: quantity units, rounded up."""
    estimated: str = ""
    """The third coin that a fee was taken in: `fee` is then what it may have been worth."""


class FundingReport(Struct, frozen=True, kw_only=True):
    """Funding was settled; `payment` is what the account paid."""

    reference: str
    instrument: int
    payment: int
    rate: int
    mark: int
    ts_ns: int


class Linked(Struct, frozen=True, kw_only=True):
    """The stream runs; what happened before must be asked for."""

    ts_ns: int


class Gap(Struct, frozen=True, kw_only=True):
    """The stream broke, or lost something."""

    ts_ns: int
    reason: str


class Beat(Struct, frozen=True, kw_only=True):
    """The stream is alive: a heartbeat, or an answer to ours."""

    ts_ns: int


class VenueStatus(Struct, frozen=True, kw_only=True):
    """What the venue takes at the moment: `normal`, `cancel_only`, `maintenance`."""

    ts_ns: int
    status: str


class Strange(Struct, frozen=True, kw_only=True):
    """A message nobody understands: quarantined; the account is read anew."""

    ts_ns: int
    text: str


class RateUsed(Struct, frozen=True, kw_only=True):
    """The venue's own count of the weight used in the current window."""

    ts_ns: int
    used: int


News: TypeAlias = (
    OrderReport
    | TradeReport
    | FundingReport
    | Linked
    | Gap
    | Beat
    | VenueStatus
    | Strange
    | RateUsed
)


class Holding(Struct, frozen=True, kw_only=True):
    """One position row at the venue; `quantity` is signed, spot coins included.

    `worth` is what the position is worth at its entry, in minor units and signed as the quantity:
    its worth at the mark less the profit the venue says is open. 0 for spot.
    """

    instrument: int
    position_side: int
    quantity: int
    entry: int = 0
    worth: int = 0


class Holdings(Struct, frozen=True, kw_only=True):
    """Positions and wallet of the account at one moment. Absent instruments are flat if complete.

    `cash` is the wallet in minor units of the settlement asset: what is free and what is locked,
    without unrealised profit.
    """

    as_of_ns: int
    complete: bool
    positions: tuple[Holding, ...]
    cash: int
    hedged: bool = False


class OpenOrders(Struct, frozen=True, kw_only=True):
    """All open orders of the account at one moment, conditional ones included."""

    as_of_ns: int
    complete: bool
    orders: tuple[OrderReport, ...]


class Trades(Struct, frozen=True, kw_only=True):
    """Trades since a cursor, oldest first; go on from `cursor` while there are `more`."""

    complete: bool
    trades: tuple[TradeReport, ...]
    cursor: str
    more: bool = False
    funding: tuple[FundingReport, ...] = ()


class Listing(Struct, frozen=True, kw_only=True):
    """Terms of the instruments a venue was opened for; what is not listed any more is missing."""

    as_of_ns: int
    instruments: tuple[Instrument, ...]


class OrderFound(Struct, frozen=True, kw_only=True):
    """An order asked for by its client id, with all of its trades if `complete`."""

    report: OrderReport
    trades: tuple[TradeReport, ...] = ()
    complete: bool = True


class Success(Struct, frozen=True, kw_only=True):
    """It was done. `value` is what the request asks for; of a create its OrderReport, or None."""

    value: Any = None


class Refusal(Struct, frozen=True, kw_only=True):
    """The venue definitely did not do it."""

    fault: Fault
    code: int = 0
    have: int = 0
    need: int = 0
    retry_after_ns: int = 0
    text: str = ""


class NotSent(Struct, frozen=True, kw_only=True):
    """It is proven that no byte left."""

    text: str


class Unclear(Struct, frozen=True, kw_only=True):
    """Nobody knows whether it was done: no reply, a broken one, or one nobody recognises."""

    text: str


Reply: TypeAlias = Success | Refusal | NotSent | Unclear
