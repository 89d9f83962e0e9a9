"""Whose a change of the account's position is, when no order of ours made it.

Rule 1: what lowers the position is taken from the robots that hold it, the largest holder first:
the venue has no other coins to close than theirs.
Rule 2: what is left, and whatever adds to a position, is the account's own (robot 0).
Rule 3: the account's own part is lowered first: it was nobody's robot to begin with.
"""

import numpy as np

from steelyard.kernel.kernel import Kernel


def attribute(
    kernel: Kernel, instrument: int, position_side: int, change: int
) -> list[tuple[int, int]]:
    """Split a signed change of position into (robot, signed part); the parts add up to it."""
    book = kernel.book
    head = book.head[0]
    shape = (int(head["robots"]), int(head["instruments"]), 2)
    held = book.positions["quantity"].reshape(shape)[:, instrument, position_side]
    against = [int(r) for r in np.flatnonzero(held) if (int(held[r]) > 0) != (change > 0)]
    against.sort(key=lambda robot: (robot != 0, -abs(int(held[robot])), robot))
    parts: dict[int, int] = {}
    left = change
    for robot in against:
        if not left:
            break
        part = min(abs(left), abs(int(held[robot])))
        parts[robot] = part if change > 0 else -part
        left -= parts[robot]
    if left or not parts:
        parts[0] = parts.get(0, 0) + left
    return sorted((robot, part) for robot, part in parts.items() if part)
