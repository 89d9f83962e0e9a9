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
EV_SIGNAL: Final = 30
EV_ANSWER: Final = 31  # to a question, a model's among them
EV_OPERATOR: Final = 32
EV_INSTRUMENT: Final = 34  # tick, lot or limits changed

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
