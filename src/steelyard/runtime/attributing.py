"""Whose a change of the account's position is, when no order of ours made it.

Rule 1: what lowers the position is taken from the robots that hold it, the largest holder first:
the venue has no other coins to close than theirs.
Rule 2: what is left, and whatever adds to a position, is the account's own (robot 0).
Rule 3: the account's own part is lowered first: it was nobody's robot to begin with.
Rule 4: what changed is what is held: of a fee taken in coins the coins are gone, and their worth is
a fee like any other.
"""

import numpy as np

from steelyard.kernel.kernel import Kernel
from steelyard.model import events as ev
from steelyard.model.reports import TradeReport
from steelyard.model.units import Money, Nanos, Price, Quantity
from steelyard.state.money import coin_fee_worth


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


def change_of(report: TradeReport) -> int:
    """Return by how much a trade changed what the account holds."""
    return report.side * report.quantity - report.coin_fee


def adjustment(
    kernel: Kernel, ts_ns: Nanos, key: str, report: TradeReport, shares: list[tuple[int, int]],
    reason: str,
) -> ev.Adjusted:  # fmt: skip
    """Say a trade as a change of what these robots hold; its money comes out to the minor unit."""
    fee = report.fee
    if report.coin_fee:
        terms, whole = kernel.book.terms[report.instrument], report.side * report.quantity
        fee += int(coin_fee_worth(terms, report.price, whole, report.coin_fee))
    return ev.Adjusted(
        ts_ns=ts_ns, robot=shares[0][0], instrument=report.instrument,
        position_side=report.position_side, quantity=Quantity(change_of(report)),
        price=Price(report.price), fee=Money(fee), reason=reason, trade=key, shares=tuple(shares),
    )  # fmt: skip
