"""Names of the small numbers that compiled parts and files share.

Plain integers, since a compiled part takes them as constants. Values are written into journals
and catalogs: they are never renumbered, only added to.
"""

from typing import Final

# Rows of market history (column `kind`).
TRADE_BUY: Final = 1  # the taker bought
TRADE_SELL: Final = 2  # the taker sold
QUOTE: Final = 3
BAR: Final = 4
DEPTH_BID: Final = 5  # quantity 0 removes the level
DEPTH_ASK: Final = 6
DEPTH_CLEAR: Final = 7  # a new snapshot begins: both sides are empty
FUNDING: Final = 8
MARK: Final = 9

# Events to a book (field `kind` of an event record).
EV_MARKET: Final = 1  # the woken book is given the current market
EV_BAR: Final = 2  # a bar closed
EV_TIMER: Final = 3
EV_ACCEPTED: Final = 10
EV_REJECTED: Final = 11  # by the venue
EV_FILL: Final = 12
EV_CANCELED: Final = 13
EV_EXPIRED: Final = 14
EV_CANCEL_REFUSED: Final = 15
EV_REFUSED: Final = 16  # by our own gate, told within the same step
EV_LOST: Final = 17  # the reply to a command was lost
EV_ABSENT: Final = 18  # proven not placed
EV_TRIGGERED: Final = 19  # a stop or take-profit became an order
EV_FUNDING: Final = 20
EV_LIQUIDATED: Final = 21
EV_ADJUSTED: Final = 22  # the position changed by none of our live orders
EV_SIGNAL: Final = 30
EV_ANSWER: Final = 31  # to a question, a model's among them
EV_OPERATOR: Final = 32
EV_INSTRUMENT: Final = 34  # tick, lot or limits changed
EV_STOP: Final = 35  # a robot shall come to rest
EV_HOUSE: Final = 36  # seats, limits, capital, notes: nobody is asked

# Commands.
CMD_PLACE: Final = 1
CMD_CANCEL: Final = 2

# Order types.
LIMIT: Final = 1
MARKET: Final = 2
STOP_MARKET: Final = 3
TAKE_PROFIT: Final = 4
TRAILING_STOP: Final = 5

# Order flags, a bit each.
POST_ONLY: Final = 1
IOC: Final = 2
FOK: Final = 4
REDUCE_ONLY: Final = 8

BUY: Final = 1
SELL: Final = -1

# Position sides in hedged mode; one-way accounts use NET alone.
NET: Final = 0
LONG: Final = 0
SHORT: Final = 1

MAKER: Final = 1
TAKER: Final = 2

# Wakes: what a robot asked to be woken for, a bit each.
WAKE_EVERY_EVENT: Final = 1
WAKE_EVERY_BAR: Final = 2
# Own-order events, funding and refusals always wake.

NEVER_LOW: Final = -(2**62)
NEVER_HIGH: Final = 2**62
NEVER_NS: Final = 2**62

# Why a robot's entries are paused, a bit each.
PAUSE_OPERATOR: Final = 1
PAUSE_BREAKER: Final = 2
PAUSE_STALE: Final = 4  # its market data is too old
PAUSE_DRIFT: Final = 8  # what the venue holds is not what we believe
PAUSE_LIFE: Final = 16  # not started, stopped or failed
PAUSE_VENUE: Final = 32  # the venue takes no new orders
PAUSE_KILL: Final = 64  # the kill switch is on
PAUSE_MODE: Final = 128  # position mode, leverage or key do not fit
PAUSE_ALL: Final = PAUSE_VENUE | PAUSE_KILL | PAUSE_MODE
"""While one of these holds nothing can be ordered, closings neither."""

# Stops, each including the one before.
STOP_NONE: Final = 0
STOP_ENTRIES: Final = 1  # nothing new is opened
STOP_ORDERS: Final = 2  # every open order is canceled
STOP_FLAT: Final = 3  # and the position is closed
