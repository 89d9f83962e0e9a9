"""An order's life, as one table.

Rule 1: a status changes only through `TRANSITIONS` (compiled parts read the same table).
Rule 2: what the table does not list is a bug and halts the book.
Rule 3: UNKNOWN is left only by an answer about that very order.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from steelyard.model.errors import InvalidTransition


class OrderStatus(IntEnum):
    """Where an order stands, as far as we can prove."""

    FREE = 0  # the row holds no order
    STAGED = 1  # wanted, not yet allowed
    REFUSED = 2  # the gate said no; nothing left the house
    SENT = 3  # intent written; a byte may have left
    UNKNOWN = 4  # the reply was lost
    OPEN = 5
    PARTIAL = 6
    CANCELING = 7  # open, and a cancel may have left
    FILLED = 8
    CANCELED = 9
    REJECTED = 10
    EXPIRED = 11
    NOT_PLACED = 12  # proven never to have reached the venue


class OrderNews(IntEnum):
    """What can be heard about an order."""

    ALLOWED = 0
    REFUSED = 1
    LOST = 2  # no reply within the deadline
    ACCEPTED = 3
    PARTLY_FILLED = 4
    FILLED = 5
    CANCEL_SENT = 6
    CANCEL_REFUSED = 7  # the venue keeps the order as it was
    CANCELED = 8
    REJECTED = 9
    EXPIRED = 10
    ABSENT = 11  # not found by id, past the fence


_S, _N = OrderStatus, OrderNews

TRANSITIONS: Final[dict[OrderStatus, dict[OrderNews, OrderStatus]]] = {
    _S.STAGED: {_N.ALLOWED: _S.SENT, _N.REFUSED: _S.REFUSED},
    _S.SENT: {
        _N.LOST: _S.UNKNOWN,
        _N.ACCEPTED: _S.OPEN,
        # A private stream may report fills before the reply to the create arrives.
        _N.PARTLY_FILLED: _S.PARTIAL,
        _N.FILLED: _S.FILLED,
        _N.REJECTED: _S.REJECTED,
        _N.EXPIRED: _S.EXPIRED,
        _N.CANCELED: _S.CANCELED,
        # A cancel by client id may follow a create whose reply is still awaited.
        _N.CANCEL_SENT: _S.CANCELING,
        # The transport proved that nothing left.
        _N.ABSENT: _S.NOT_PLACED,
    },
    _S.UNKNOWN: {
        _N.ACCEPTED: _S.OPEN,
        _N.PARTLY_FILLED: _S.PARTIAL,
        _N.FILLED: _S.FILLED,
        _N.CANCELED: _S.CANCELED,
        _N.REJECTED: _S.REJECTED,
        _N.EXPIRED: _S.EXPIRED,
        _N.ABSENT: _S.NOT_PLACED,
        # A cancel may be sent for an order nobody has seen; the order stays unproven.
        _N.CANCEL_SENT: _S.UNKNOWN,
        _N.CANCEL_REFUSED: _S.UNKNOWN,
        _N.LOST: _S.UNKNOWN,
    },
    _S.OPEN: {
        _N.PARTLY_FILLED: _S.PARTIAL,
        _N.FILLED: _S.FILLED,
        _N.CANCEL_SENT: _S.CANCELING,
        _N.CANCELED: _S.CANCELED,
        _N.EXPIRED: _S.EXPIRED,
        # Stream and reply both tell of the acceptance; the second changes nothing.
        _N.ACCEPTED: _S.OPEN,
        # An answer that overtook its cancel's bookkeeping.
        _N.CANCEL_REFUSED: _S.OPEN,
        # A conditional order may be turned down by the venue when it triggers.
        _N.REJECTED: _S.REJECTED,
    },
    _S.PARTIAL: {
        _N.PARTLY_FILLED: _S.PARTIAL,
        _N.FILLED: _S.FILLED,
        _N.CANCEL_SENT: _S.CANCELING,
        _N.CANCELED: _S.CANCELED,
        _N.EXPIRED: _S.EXPIRED,
        _N.ACCEPTED: _S.PARTIAL,
        _N.CANCEL_REFUSED: _S.PARTIAL,
    },
    _S.CANCELING: {
        # The cancel raced fills; the venue decides who was first.
        _N.PARTLY_FILLED: _S.CANCELING,
        _N.FILLED: _S.FILLED,
        _N.CANCELED: _S.CANCELED,
        _N.EXPIRED: _S.EXPIRED,
        _N.REJECTED: _S.REJECTED,
        _N.ACCEPTED: _S.CANCELING,
        # "Unknown order" answers to a cancel say nothing of what became of it: the fill or the
        # cancel report decides, so the order counts as open until one of them comes.
        _N.CANCEL_REFUSED: _S.OPEN,
        _N.CANCEL_SENT: _S.CANCELING,
        _N.LOST: _S.CANCELING,
        _N.ABSENT: _S.NOT_PLACED,
    },
    # A venue may report the fill that raced our cancel after the cancel itself.
    _S.CANCELED: {
        _N.PARTLY_FILLED: _S.CANCELED,
        _N.FILLED: _S.FILLED,
        _N.CANCELED: _S.CANCELED,
        _N.CANCEL_REFUSED: _S.CANCELED,
    },
    _S.EXPIRED: {
        _N.PARTLY_FILLED: _S.EXPIRED,
        _N.FILLED: _S.FILLED,
        _N.EXPIRED: _S.EXPIRED,
        _N.CANCEL_REFUSED: _S.EXPIRED,
    },
    # Both channels report the last fill.
    _S.FILLED: {_N.FILLED: _S.FILLED, _N.ACCEPTED: _S.FILLED, _N.CANCEL_REFUSED: _S.FILLED},
    _S.REJECTED: {_N.REJECTED: _S.REJECTED, _N.CANCEL_REFUSED: _S.REJECTED},
    _S.REFUSED: {},
    # An order surely not placed that shows up all the same is adopted, never ignored.
    _S.NOT_PLACED: {
        _N.ACCEPTED: _S.OPEN,
        _N.PARTLY_FILLED: _S.PARTIAL,
        _N.FILLED: _S.FILLED,
        _N.CANCEL_REFUSED: _S.NOT_PLACED,
    },
    _S.FREE: {},
}

TERMINAL: Final = frozenset(
    {_S.FILLED, _S.CANCELED, _S.REJECTED, _S.EXPIRED, _S.REFUSED, _S.NOT_PLACED}
)


def advance(status: OrderStatus, news: OrderNews) -> OrderStatus:
    """Return the status that follows, or raise if the table does not list the move."""
    target = TRANSITIONS[status].get(news)
    if target is None:
        allowed = ", ".join(n.name for n in TRANSITIONS[status]) or "nothing"
        raise InvalidTransition(
            f"order was {status.name} and heard {news.name}, allowed: {allowed}"
        )
    return target


def _matrix() -> np.ndarray:
    matrix = np.full((len(OrderStatus), len(OrderNews)), -1, dtype=np.int64)
    for status, moves in TRANSITIONS.items():
        for news, target in moves.items():
            matrix[status, news] = target
    matrix.flags.writeable = False
    return matrix


MATRIX: Final = _matrix()
"""The table for compiled parts: MATRIX[status, news] is the next status, or -1."""
