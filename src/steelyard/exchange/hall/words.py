"""What the hall and a dialect's server say to each other about orders.

Rule 1: prices and quantities are integers in the units of the instrument (`Instrument.price_text`,
`price_decimal`, `quantity_decimal`, `money_decimal` print them); contracts are contracts. Money is
in minor units of the settlement asset. Rates are in 10^-8. Times are UTC nanoseconds of the venue.
Rule 2: sides, types, flags and position sides are those of `model.kinds`.
Rule 3: every value is a snapshot; none changes after it was handed out.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from steelyard.model.instruments import Instrument
from steelyard.model.kinds import LIMIT, NET, REDUCE_ONLY

EVERY: Final = -1
"""In place of an instrument or a member: all of them."""


class Product(StrEnum):
    """What an instrument is, and which wallet pays for it (a unified account has one for both)."""

    SPOT = "spot"
    PERP = "perp"


class Permission(StrEnum):
    """What a key may do."""

    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"


class Status(StrEnum):
    """What an instrument, or the whole venue, takes at the moment."""

    TRADING = "trading"
    HALTED = "halted"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"
    MAINTENANCE = "maintenance"
    CLOSED = "closed"


class Stage(StrEnum):
    """Where an order stands."""

    WAITING = "waiting"  # conditional, not triggered
    OPEN = "open"  # `filled` says whether in part
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"  # by its time in force, or because nothing was left to reduce
    REJECTED = "rejected"  # after it was accepted: a triggered order that nobody can pay
    TRIGGERED = "triggered"  # conditional, and now another order: `HallOrder.became`


LIVE: Final = frozenset({Stage.WAITING, Stage.OPEN})


class Condition(StrEnum):
    """What a conditional order waits for."""

    NONE = ""
    STOP = "stop"  # the price goes against: a buy waits for it to rise, a sell for it to fall
    TAKE_PROFIT = "take_profit"  # the other way
    RISES = "rises"  # price >= trigger
    FALLS = "falls"  # price <= trigger
    CROSSES = "crosses"  # whichever of the two is not true when the order is placed
    TRAILING = "trailing"  # `trail` behind the best price since placed, or since `trigger` was met


class Why(StrEnum):
    """Why the hall refuses, or why it ended an order; each dialect has its own code for each."""

    NONE = ""
    TICK = "tick"
    LOT = "lot"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    NOTIONAL = "notional"
    BAND = "band"
    NUMBER = "number"  # zero, negative, or too large for this world
    POST_ONLY = "post_only"  # it would have traded at once
    REDUCE_ONLY = "reduce_only"  # there is nothing to reduce, or it would increase
    FUNDS = "funds"  # quote money for a spot order
    COINS = "coins"
    MARGIN = "margin"
    TOO_MANY = "too_many"
    NO_ORDER = "no_order"
    ENDED = "ended"  # the order is known and not open any more
    DUPLICATE = "duplicate"  # the client id is in use
    MODE = "mode"  # position side and position mode do not fit
    POSITIONS = "positions"  # not with open positions
    ORDERS = "orders"  # not with open orders
    LEVERAGE = "leverage"  # beyond what the instrument allows
    SAME = "same"  # nothing would change
    NO_INSTRUMENT = "no_instrument"
    STATUS = "status"  # the instrument or the venue does not take this now
    TRIGGER = "trigger"  # the condition is true already
    NOBODY = "nobody"  # a market order met an empty book
    PERMISSION = "permission"
    BUSY = "busy"  # injected: definitely not done, try again (partial batches)
    # Reasons of ends that nobody refused:
    USER = "user"
    IOC = "ioc"
    FOK = "fok"
    GUARD = "guard"  # the dead-man's switch
    TIME = "time"  # good till a date that has come
    LIQUIDATION = "liquidation"
    DELISTED = "delisted"
    OTHER = "other"


class Refused(Struct, frozen=True, kw_only=True):
    """It was definitely not done."""

    why: Why
    have: int = 0
    need: int = 0
    text: str = ""


# --- orders --------------------------------------------------------------------------------------


class Wanted(Struct, frozen=True, kw_only=True):
    """An order as a client asks for it, read from the dialect's words.

    `type` is LIMIT or MARKET: of a conditional order what it becomes. Flags: POST_ONLY, IOC, FOK,
    REDUCE_ONLY. `cost` replaces `quantity` of a market order by money to be spent or received.
    """

    instrument: int
    side: int
    quantity: int = 0
    type: int = LIMIT
    price: int = 0
    flags: int = 0
    cost: int = 0
    client_id: str = ""
    """Empty: the order has none. Its grammar is the dialect's to check."""
    position_side: int = NET
    """LONG (0) or SHORT (1) of a hedged account; 0 of a one-way account."""
    condition: Condition = Condition.NONE
    trigger: int = 0
    trigger_by: str = "last"
    """`last`, `mark` or `index`."""
    trail: int = 0
    """Distance in price units."""
    trail_rate: int = 0
    """Distance as a ratio of the best price, in 10^-8, instead of `trail`."""
    algo: bool = False
    """It lives among the conditional orders, in a namespace of ids of its own, and becomes a new
    order with a new number when triggered. False: it keeps its number and becomes active."""
    immediate: bool = False
    """A condition that is true already triggers at once; else it is refused (TRIGGER)."""
    until_ns: int = 0
    """Good till this time; 0: till canceled."""
    soft: frozenset[Why] = frozenset()
    """Where one of these would refuse the order it is accepted and ended at once instead, with
    news, as some venues do with POST_ONLY, FOK or REDUCE_ONLY."""
    margin_mode: str = ""
    """`cross` or `isolated` where the dialect says it with each order; kept as a note."""
    said: Mapping[str, str] = {}
    """The dialect's own words to be kept with the order (time in force, tags, sources)."""
    batch: int = 0
    """Place in a batch from 1; 0: alone. Faults with partial batches look at it."""


class HallOrder(Struct, frozen=True, kw_only=True):
    """One order as it is after its newest change."""

    number: int
    """The venue's id; rises over the whole hall."""
    member: int
    instrument: int
    client_id: str
    side: int
    type: int
    flags: int
    price: int
    quantity: int
    stage: Stage
    created_ns: int
    updated_ns: int
    filled: int = 0
    worth: int = 0
    """Sum of price times quantity of its fills, in money."""
    fee: int = 0
    """Paid so far, in money; negative: received."""
    fee_coins: int = 0
    """Paid so far in coins instead, in quantity units."""
    realised: int = 0
    position_side: int = NET
    condition: Condition = Condition.NONE
    trigger: int = 0
    trigger_by: str = "last"
    trail: int = 0
    trail_rate: int = 0
    algo: bool = False
    triggered_ns: int = 0
    became: int = 0
    """Number of the order that a conditional one became."""
    parent: int = 0
    """Number of the conditional order that it was."""
    until_ns: int = 0
    margin_mode: str = ""
    cost: int = 0
    why: Why = Why.NONE
    """Why it ended."""
    changes: int = 1
    """How often it has changed; rises by one with each news of it."""
    last_fill: int = 0
    """Number of its newest fill."""
    said: Mapping[str, str] = {}

    @property
    def live(self) -> bool:
        """Say whether it waits or rests."""
        return self.stage in LIVE

    @property
    def left(self) -> int:
        """Return what is not filled."""
        return self.quantity - self.filled

    @property
    def reduce_only(self) -> bool:
        """Say whether it may only reduce."""
        return self.flags & REDUCE_ONLY != 0

    def fee_in(self, instrument: Instrument) -> tuple[str, Decimal]:
        """Return the asset its fees are paid in, and how much that was."""
        return _fee_in(instrument, self.fee, self.fee_coins)

    def average(self, instrument: Instrument) -> Decimal:
        """Return the average price of its fills in quote; 0 without any."""
        if not self.filled:
            return Decimal(0)
        coins = instrument.quantity_decimal(self.filled) * instrument.multiplier
        return instrument.money_decimal(self.worth) / coins


class Fill(Struct, frozen=True, kw_only=True):
    """One trade of a member."""

    number: int
    """Rises over the whole hall."""
    order: int
    client_id: str
    member: int
    instrument: int
    side: int
    price: int
    quantity: int
    worth: int
    fee: int
    """In money; positive: paid. `fee_in` says it in the asset it was paid in."""
    liquidity: int
    realised: int
    """Profit of what it closed, without the fee."""
    ts_ns: int
    position_side: int = NET
    forced: str = ""
    """`liquidation`, `adl`, or `settlement` of what is delisted."""
    fee_coins: int = 0
    """Where the fee was paid in coins (then `fee` is 0): how much, in quantity units."""

    def fee_in(self, instrument: Instrument) -> tuple[str, Decimal]:
        """Return the asset its fee was paid in, and how much that was."""
        return _fee_in(instrument, self.fee, self.fee_coins)


def _fee_in(instrument: Instrument, fee: int, coins: int) -> tuple[str, Decimal]:
    if coins:
        return instrument.base, instrument.quantity_decimal(coins)
    return instrument.settle, instrument.money_decimal(fee)
