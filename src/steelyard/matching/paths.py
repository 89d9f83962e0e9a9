"""The path a price is taken to have walked inside a bar.

A bar says open, high, low and close, not in which order. The path is four points:
`pessimistic` (default)   with a long position the low comes first, with a short one the high;
                          flat, the shorter path
`open_high_low_close`, `open_low_high_close`   always in this order
`shortest`                the nearer extreme first; of two equally near ones the low

Between two points the price moves without a gap: limits and stops between them act at their own
price, in the order in which the path meets them. To the open it jumps: limits it jumped over fill
at their own price, never better, and stops at the open.
A limit order placed inside a bar, after its open, fills in the next bar at the earliest: nobody
knows whether the path would still have met it. A stop placed inside may trigger in the same bar.
"""

from typing import Final

from steelyard.jit.parts import part
from steelyard.matching.names import (
    OPEN_HIGH_LOW_CLOSE,
    OPEN_LOW_HIGH_CLOSE,
    PESSIMISTIC,
)

LAST_POINT: Final = 3


@part
def is_high_first(path: int, position: int, first: int, high: int, low: int) -> bool:
    """Say whether the path meets the high before the low. `first` is the open."""
    if path == OPEN_HIGH_LOW_CLOSE:
        return True
    if path == OPEN_LOW_HIGH_CLOSE:
        return False
    if path == PESSIMISTIC and position != 0:
        return position < 0
    return high - first < first - low


@part
def path_point(point: int, high_first: int, first: int, high: int, low: int, close: int) -> int:
    """Return the price of point 0 (the open) to 3 (the close)."""
    if point == 0:
        return first
    if point == LAST_POINT:
        return close
    if (point == 1) == (high_first != 0):
        return high
    return low
