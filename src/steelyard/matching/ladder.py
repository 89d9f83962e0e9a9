"""Sorted price levels in flat arrays: own orders by price, triggers by price, a venue's depth.

Rule 1: a ladder is a stretch of rungs, `count` of them from row `at`, ordered by `key`; the best
one stands last, so that what happens near the market moves few rows.
Rule 2: the key of a bid is its price and that of an ask its negated price: the highest is best.
Rule 3: of equal keys the one that came first stands nearer to the end, so it is served first.
"""

from typing import Final

import numpy as np

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth, put

RUNG: Final = np.dtype(
    [
        ("key", "i8"),
        ("row", "i8"),  # of an own order; unused in depth
        ("quantity", "i8"),  # displayed, in depth
        ("taken", "i8"),  # of this, what our orders consumed since the level was updated
    ],
    align=True,
)
_NEAR: Final = 8


@part
def find_key(rungs: Records, at: int, count: int, key: int) -> int:
    """Return the first row from `at` whose key is at least `key`; the end when there is none."""
    high = at + count
    near = high - _NEAR
    while high > at and high > near and nth(rungs, high - 1).key >= key:
        high -= 1
    if high == at or high > near:
        return high
    low = at
    while low < high:
        middle = (low + high) >> 1
        if nth(rungs, middle).key >= key:
            high = middle
        else:
            low = middle + 1
    return low


@part
def open_rung(rungs: Records, at: int, count: int, key: int) -> int:
    """Make room for one more rung behind all equals; return its row. The caller counts it."""
    where = find_key(rungs, at, count, key)
    for i in range(at + count, where, -1):
        put(nth(rungs, i), nth(rungs, i - 1))
    rung = nth(rungs, where)
    rung.key = key
    rung.row = 0
    rung.quantity = 0
    rung.taken = 0
    return where


@part
def close_rung(rungs: Records, at: int, count: int, where: int) -> None:
    """Take the rung in row `where` out. The caller counts it."""
    for i in range(where, at + count - 1):
        put(nth(rungs, i), nth(rungs, i + 1))


@part
def find_row(rungs: Records, at: int, count: int, key: int, row: int) -> int:
    """Return where the own order `row` of this key stands, -1 if nowhere."""
    where = find_key(rungs, at, count, key)
    while where < at + count and nth(rungs, where).key == key:
        if nth(rungs, where).row == row:
            return where
        where += 1
    return -1
