"""A slot's life as one table.

Rule 1: a slot's state changes only through `TRANSITIONS` (compiled parts read the same table).
Rule 2: what the table does not list halts the robot.
Rule 3: a slot has at most one order; whatever is heard of another order of its level is either a
late fill, which changes what is held, or nothing.

The states of the original are read off `LOCKS` and `HOLDINGS`.
"""

from enum import IntEnum, StrEnum
from typing import Final

import numpy as np

from steelyard.model.errors import InvalidTransition


class Lock(StrEnum):
    """Whether a slot may order."""

    FREE = "free"
    PENDING = "pending"  # an order was built; the venue has not answered
    LOCKED = "locked"  # the venue has it


class SlotState(IntEnum):
    """What a slot holds and what its order is doing."""

    EMPTY = 0
    HELD = 1  # holds something, no order
    OPEN_PENDING = 2
    OPEN_RESTING = 3
    OPEN_LEAVING = 4  # a cancel was sent
    MORE_PENDING = 5  # as above, but something is held already
    MORE_RESTING = 6
    MORE_LEAVING = 7
    CLOSE_PENDING = 8
    CLOSE_RESTING = 9
    CLOSE_LEAVING = 10


class SlotNews(IntEnum):
    """What can happen to a slot. HELD and EMPTY say what it holds afterwards."""

    STAGED_OPEN = 0
    STAGED_CLOSE = 1
    REFUSED = 2
    ACCEPTED = 3
    LOST = 4  # the reply was lost; the order may live
    PARTIAL = 5
    FILLED_EMPTY = 6
    FILLED_HELD = 7
    CANCEL_SENT = 8
    CANCEL_REFUSED = 9
    CANCELED_EMPTY = 10
    CANCELED_HELD = 11
    REJECTED_EMPTY = 12
    REJECTED_HELD = 13
    EXPIRED_EMPTY = 14
    EXPIRED_HELD = 15
    LATE_EMPTY = 16  # a fill of an order the slot had given up
    LATE_HELD = 17


_S, _N = SlotState, SlotNews

LOCKS: Final[dict[SlotState, Lock]] = {
    _S.EMPTY: Lock.FREE, _S.HELD: Lock.FREE,
    _S.OPEN_PENDING: Lock.PENDING, _S.MORE_PENDING: Lock.PENDING, _S.CLOSE_PENDING: Lock.PENDING,
    _S.OPEN_RESTING: Lock.LOCKED, _S.MORE_RESTING: Lock.LOCKED, _S.CLOSE_RESTING: Lock.LOCKED,
    _S.OPEN_LEAVING: Lock.LOCKED, _S.MORE_LEAVING: Lock.LOCKED, _S.CLOSE_LEAVING: Lock.LOCKED,
}  # fmt: skip
EMPTIES: Final = frozenset({_S.EMPTY, _S.OPEN_PENDING, _S.OPEN_RESTING, _S.OPEN_LEAVING})
"""The states in which nothing is held; in all others the slot is filled."""


def _ends(empty: SlotState | None, held: SlotState | None) -> dict[SlotNews, SlotState]:
    moves: dict[SlotNews, SlotState] = {}
    if empty is not None:
        moves |= dict.fromkeys((_N.CANCELED_EMPTY, _N.REJECTED_EMPTY, _N.EXPIRED_EMPTY), empty)
    if held is not None:
        moves |= dict.fromkeys((_N.CANCELED_HELD, _N.REJECTED_HELD, _N.EXPIRED_HELD), held)
    return moves


# A closing order can outlive what it closes: a late fill of an earlier one took it.
_CLOSING = _ends(_S.EMPTY, _S.HELD) | {_N.FILLED_EMPTY: _S.EMPTY, _N.FILLED_HELD: _S.HELD}
_OPENING = _ends(_S.EMPTY, None) | {_N.FILLED_HELD: _S.HELD}
_MORE = _ends(None, _S.HELD) | {_N.FILLED_HELD: _S.HELD}

TRANSITIONS: Final[dict[SlotState, dict[SlotNews, SlotState]]] = {
    _S.EMPTY: {_N.STAGED_OPEN: _S.OPEN_PENDING, _N.LATE_HELD: _S.HELD},
    _S.HELD: {
        _N.STAGED_CLOSE: _S.CLOSE_PENDING,
        # A remainder too small to be sold is topped up.
        _N.STAGED_OPEN: _S.MORE_PENDING,
        _N.LATE_HELD: _S.HELD,
        _N.LATE_EMPTY: _S.EMPTY,
    },
    _S.OPEN_PENDING: _OPENING | {
        _N.REFUSED: _S.EMPTY,
        _N.ACCEPTED: _S.OPEN_RESTING,
        _N.LOST: _S.OPEN_PENDING,
        # A fill may overtake the reply; the reply must not undo it.
        _N.PARTIAL: _S.MORE_RESTING,
        _N.CANCEL_SENT: _S.OPEN_LEAVING,
        _N.LATE_HELD: _S.MORE_PENDING,
    },
    _S.OPEN_RESTING: _OPENING | {
        # An order that nobody has seen rests here too, once its cancel was refused.
        _N.LOST: _S.OPEN_RESTING,
        _N.ACCEPTED: _S.OPEN_RESTING,
        _N.PARTIAL: _S.MORE_RESTING,
        _N.CANCEL_SENT: _S.OPEN_LEAVING,
        _N.CANCEL_REFUSED: _S.OPEN_RESTING,
        _N.LATE_HELD: _S.MORE_RESTING,
    },
    _S.OPEN_LEAVING: _OPENING | {
        _N.ACCEPTED: _S.OPEN_LEAVING,
        _N.LOST: _S.OPEN_LEAVING,
        _N.PARTIAL: _S.MORE_LEAVING,
        _N.CANCEL_REFUSED: _S.OPEN_RESTING,
        _N.LATE_HELD: _S.MORE_LEAVING,
    },
    _S.MORE_PENDING: _MORE | {
        _N.REFUSED: _S.HELD,
        _N.ACCEPTED: _S.MORE_RESTING,
        _N.LOST: _S.MORE_PENDING,
        _N.PARTIAL: _S.MORE_RESTING,
        _N.CANCEL_SENT: _S.MORE_LEAVING,
        _N.LATE_HELD: _S.MORE_PENDING,
        _N.LATE_EMPTY: _S.OPEN_PENDING,
    },
    _S.MORE_RESTING: _MORE | {
        _N.LOST: _S.MORE_RESTING,
        _N.ACCEPTED: _S.MORE_RESTING,
        _N.PARTIAL: _S.MORE_RESTING,
        _N.CANCEL_SENT: _S.MORE_LEAVING,
        _N.CANCEL_REFUSED: _S.MORE_RESTING,
        _N.LATE_HELD: _S.MORE_RESTING,
        _N.LATE_EMPTY: _S.OPEN_RESTING,
    },
    _S.MORE_LEAVING: _MORE | {
        _N.ACCEPTED: _S.MORE_LEAVING,
        _N.LOST: _S.MORE_LEAVING,
        _N.PARTIAL: _S.MORE_LEAVING,
        _N.CANCEL_REFUSED: _S.MORE_RESTING,
        _N.LATE_HELD: _S.MORE_LEAVING,
        _N.LATE_EMPTY: _S.OPEN_LEAVING,
    },
    _S.CLOSE_PENDING: _CLOSING | {
        _N.REFUSED: _S.HELD,
        _N.ACCEPTED: _S.CLOSE_RESTING,
        _N.LOST: _S.CLOSE_PENDING,
        _N.PARTIAL: _S.CLOSE_RESTING,
        _N.CANCEL_SENT: _S.CLOSE_LEAVING,
        _N.LATE_HELD: _S.CLOSE_PENDING,
        _N.LATE_EMPTY: _S.CLOSE_PENDING,
    },
    _S.CLOSE_RESTING: _CLOSING | {
        _N.LOST: _S.CLOSE_RESTING,
        _N.ACCEPTED: _S.CLOSE_RESTING,
        _N.PARTIAL: _S.CLOSE_RESTING,
        _N.CANCEL_SENT: _S.CLOSE_LEAVING,
        _N.CANCEL_REFUSED: _S.CLOSE_RESTING,
        _N.LATE_HELD: _S.CLOSE_RESTING,
        _N.LATE_EMPTY: _S.CLOSE_RESTING,
    },
    _S.CLOSE_LEAVING: _CLOSING | {
        _N.ACCEPTED: _S.CLOSE_LEAVING,
        _N.LOST: _S.CLOSE_LEAVING,
        _N.PARTIAL: _S.CLOSE_LEAVING,
        _N.CANCEL_REFUSED: _S.CLOSE_RESTING,
        _N.LATE_HELD: _S.CLOSE_LEAVING,
        _N.LATE_EMPTY: _S.CLOSE_LEAVING,
    },
}  # fmt: skip


def advance(state: SlotState, news: SlotNews) -> SlotState:
    """Return the state that follows, or raise if the table does not list the move."""
    target = TRANSITIONS[state].get(news)
    if target is None:
        allowed = ", ".join(n.name for n in TRANSITIONS[state])
        raise InvalidTransition(f"slot was {state.name} and heard {news.name}, allowed: {allowed}")
    return target


def _matrix() -> np.ndarray:
    matrix = np.full((len(SlotState), len(SlotNews)), -1, dtype=np.int64)
    for state, moves in TRANSITIONS.items():
        for news, target in moves.items():
            matrix[state, news] = target
    matrix.flags.writeable = False
    return matrix


MATRIX: Final = _matrix()
"""The table for compiled parts: MATRIX[state, news] is the next state, or -1."""
