"""Leaving: the orders that should no longer stand are withdrawn.

Rule 1: an opening leaves at the window's far end, off the stride, and in a lock or a market storm.
Rule 2: a closing leaves beyond its window, at another price than it should have, or larger than
what is held.
Rule 3: the bounds of live orders shrink only where every order outside was asked to go.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.strategies.grid.placing import CLOSE_PENDING, is_opening, withdraw
from steelyard.strategies.grid.reasons import MARGIN_LOCKED, RISK_PAUSED
from steelyard.strategies.grid.sizing import closing_price

NOTHING_LOW = 2**60
NOTHING_HIGH = -(2**60)


@part
def leave_opens(
    book: Records, orders: Records, commands: Records, setup: Records, head: Records,
    cells: Records, wing: Records, limit: int,
) -> None:  # fmt: skip
    """Withdraw the openings below `limit`."""
    for own in range(wing.open_low, min(wing.open_high + 1, limit)):
        level = wing.side * own
        cell = nth(cells, level & setup.mask)
        if cell.level == level and is_opening(cell.state):
            withdraw(book, orders, commands, head, cell)
    if not head.dirty:
        wing.open_low = limit


@part
def leave_closes(
    book: Records, orders: Records, commands: Records, setup: Records, head: Records,
    cells: Records, wing: Records, edge: int,
) -> None:  # fmt: skip
    """Withdraw the closings above `edge`."""
    for own in range(max(wing.close_low, edge + 1), wing.close_high + 1):
        level = wing.side * own
        cell = nth(cells, level & setup.mask)
        if cell.level == level and cell.state >= CLOSE_PENDING:
            withdraw(book, orders, commands, head, cell)
    if not head.dirty:
        wing.close_high = edge


@part
def review_opens(
    book: Records, orders: Records, commands: Records, setup: Records, head: Records,
    cells: Records, wing: Records, limit: int,
) -> None:  # fmt: skip
    """Withdraw every opening that should not stand, and measure where the others do."""
    stop = head.no_opening == RISK_PAUSED or head.no_opening == MARGIN_LOCKED
    lowest, highest = NOTHING_LOW, NOTHING_HIGH
    for own in range(wing.open_low, wing.open_high + 1):
        level = wing.side * own
        cell = nth(cells, level & setup.mask)
        if cell.level != level or not is_opening(cell.state):
            continue
        if own < limit or stop or own % head.stride != 0 or head.halted:
            withdraw(book, orders, commands, head, cell)
        if lowest == NOTHING_LOW:
            lowest = own
        highest = own
    wing.open_low, wing.open_high = lowest, highest


@part
def review_closes(
    book: Records, orders: Records, commands: Records, terms: Records, setup: Records,
    head: Records, cells: Records, wing: Records, edge: int,
) -> None:  # fmt: skip
    """Withdraw every closing that is beyond the window, at another price or too large."""
    lowest, highest = NOTHING_LOW, NOTHING_HIGH
    for own in range(wing.close_low, wing.close_high + 1):
        level = wing.side * own
        cell = nth(cells, level & setup.mask)
        if cell.level != level or cell.state < CLOSE_PENDING:
            continue
        order = orders[cell.order]
        if (
            own > edge
            or order.quantity - order.filled > cell.held
            or cell.meant != closing_price(terms, setup, head, cells, wing.side, level, cell.cost)
        ):
            withdraw(book, orders, commands, head, cell)
        if lowest == NOTHING_LOW:
            lowest = own
        highest = own
    wing.close_low, wing.close_high = lowest, highest
