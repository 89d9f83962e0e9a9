"""The windows: which levels should have an order, and what changes when the price moves.

Rule 1: openings stand on the centre and the window's levels behind it; the centre's own only
once the price is `buy_start_distance` beyond it. One that leaves the window is cancelled.
Rule 2: closings stand up to `sell_window_size` intervals ahead; beyond, they are cancelled until
the price returns.
Rule 3: `follow` touches only levels that enter or leave; `review` goes over the whole windows and
is for what is rare: a lock that ends, a new interval, a guard, a slot that was refused.
"""

from steelyard.jit.parts import Records, part
from steelyard.strategies.grid.ladder import centre_of, start_of
from steelyard.strategies.grid.placing import (
    CLOSE_PENDING,
    HELD,
    close_at,
    closing_price,
    is_opening,
    open_at,
    withdraw,
)
from steelyard.strategies.grid.reasons import MARGIN_LOCKED, ORDER_TOO_SMALL, RISK_PAUSED

NOTHING_LOW = 2**60
NOTHING_HIGH = -(2**60)


@part
def top_of(
    setup: Records, head: Records, cells: Records, wing: Records, price: int
) -> int:
    """Return the highest coarse level that may open now."""
    top = wing.centre
    if wing.side * price < start_of(setup, head, cells, wing):
        top -= 1
    return top if top < wing.cap else wing.cap


@part
def obstacle(head: Records, code: int) -> None:
    """Remember the first thing that stood in the way since the last review."""
    if code and head.why == 0:
        head.why = code
        head.blocked = 1


@part
def tend(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> None:  # fmt: skip
    """Give one free slot the order its place in the windows asks for."""
    stride = head.stride
    level = wing.side * own
    cell = cells[level & setup.mask]
    if cell.level == level and cell.state == HELD:
        if own <= (wing.centre + setup.close_window) * stride:
            code = close_at(
                robot, book, orders, commands, market, terms, setup, head, cells, wing, own
            )
            if code != ORDER_TOO_SMALL:
                obstacle(head, code)
                return
        if not cell.dust:
            return
    if own % stride != 0:
        return
    coarse = own // stride
    if coarse <= wing.centre - head.window:
        return
    if coarse <= top_of(setup, head, cells, wing, market.last):
        obstacle(
            head,
            open_at(robot, book, orders, commands, market, terms, setup, head, cells, wing, own),
        )


@part
def follow(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records,
) -> None:  # fmt: skip
    """Move the windows with the price; place and withdraw what enters and leaves."""
    old = wing.centre
    new = centre_of(setup, head, cells, wing, market.last)
    stride = head.stride
    wing.centre = new
    top = top_of(setup, head, cells, wing, market.last)
    bottom = new - head.window + 1
    if new >= old:
        if wing.open_low < bottom * stride:
            leave_opens(book, orders, commands, setup, head, cells, wing, bottom * stride)
        for coarse in range(top, max(bottom, old) - 1, -1):
            obstacle(head, open_at(
                robot, book, orders, commands, market, terms, setup, head, cells, wing,
                coarse * stride,
            ))  # fmt: skip
        if wing.held_high > (old + setup.close_window) * stride and new > old:
            first = max((old + setup.close_window) * stride + 1, wing.held_low)
            last = min((new + setup.close_window) * stride, wing.held_high)
            for own in range(first, last + 1):
                tend_closing(
                    robot, book, orders, commands, market, terms, setup, head, cells, wing, own
                )
        return
    edge = (new + setup.close_window) * stride
    if wing.close_high > edge:
        leave_closes(book, orders, commands, setup, head, cells, wing, edge)
    upper = min(old - head.window, top)
    for coarse in range(upper, bottom - 1, -1):
        obstacle(head, open_at(
            robot, book, orders, commands, market, terms, setup, head, cells, wing,
            coarse * stride,
        ))  # fmt: skip


@part
def review(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records,
) -> None:  # fmt: skip
    """Hold every level of the windows against what it should have."""
    stride = head.stride
    wing.centre = centre_of(setup, head, cells, wing, market.last)
    bottom = wing.centre - head.window + 1
    edge = (wing.centre + setup.close_window) * stride
    review_opens(book, orders, commands, setup, head, cells, wing, bottom * stride)
    review_closes(book, orders, commands, terms, setup, head, cells, wing, edge)
    for coarse in range(top_of(setup, head, cells, wing, market.last), bottom - 1, -1):
        obstacle(head, open_at(
            robot, book, orders, commands, market, terms, setup, head, cells, wing,
            coarse * stride,
        ))  # fmt: skip
    lowest = NOTHING_LOW
    for own in range(wing.held_low, min(wing.held_high, edge) + 1):
        if tend_closing(
            robot, book, orders, commands, market, terms, setup, head, cells, wing, own
        ) and own < lowest:
            lowest = own
    if wing.filled == 0:
        wing.held_low, wing.held_high = NOTHING_LOW, NOTHING_HIGH
    elif lowest != NOTHING_LOW:
        wing.held_low = lowest
    elif wing.held_low <= edge:
        wing.held_low = edge + 1


@part
def tend_closing(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> bool:  # fmt: skip
    """Close one level if it waits for that; say whether it holds anything."""
    level = wing.side * own
    cell = cells[level & setup.mask]
    if cell.level != level or cell.held == 0:
        return False
    if cell.state == HELD:
        code = close_at(
            robot, book, orders, commands, market, terms, setup, head, cells, wing, own
        )
        if code != ORDER_TOO_SMALL:
            obstacle(head, code)
    return True


@part
def leave_opens(
    book: Records, orders: Records, commands: Records, setup: Records, head: Records,
    cells: Records, wing: Records, limit: int,
) -> None:  # fmt: skip
    """Withdraw the openings below `limit`."""
    for own in range(wing.open_low, min(wing.open_high + 1, limit)):
        level = wing.side * own
        cell = cells[level & setup.mask]
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
        cell = cells[level & setup.mask]
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
        cell = cells[level & setup.mask]
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
        cell = cells[level & setup.mask]
        if cell.level != level or cell.state < CLOSE_PENDING:
            continue
        order = orders[cell.order]
        if (
            own > edge
            or order.quantity - order.filled > cell.held
            or cell.meant
            != closing_price(terms, setup, head, cells, wing.side, level, cell.cost)
        ):
            withdraw(book, orders, commands, head, cell)
        if lowest == NOTHING_LOW:
            lowest = own
        highest = own
    wing.close_low, wing.close_high = lowest, highest
