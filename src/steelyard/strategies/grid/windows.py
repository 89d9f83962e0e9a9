"""The windows: which levels should have an order, and what changes when the price moves.

Rule 1: openings stand on the centre and the window's levels behind it; the centre's own only
once the price is `buy_start_distance` beyond it. One that leaves the window is cancelled when the
centre's own may open, so there are never more than the window counts.
Rule 2: closings stand up to `sell_window_size` levels ahead of the centre; more than one level
beyond that they are cancelled until the price returns.
Rule 3: so a price that trembles about half-way between two levels sends and cancels nothing.
Rule 4: `follow` touches only levels that enter or leave; `review` goes over the whole windows and
is for what is rare: a lock that ends, a new interval, a guard, a slot that was refused.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.strategies.grid.ladder import centre_of, start_of
from steelyard.strategies.grid.leaving import (
    NOTHING_HIGH,
    NOTHING_LOW,
    leave_closes,
    leave_opens,
    review_closes,
    review_opens,
)
from steelyard.strategies.grid.placing import HELD, close_at, open_at
from steelyard.strategies.grid.reasons import CLEANED_WAIT, ORDER_TOO_SMALL


@part
def move(setup: Records, head: Records, cells: Records, wing: Records, price: int) -> None:
    """Move the centre with the price, and note whether its own slot may open."""
    centre = centre_of(setup, head, cells, wing, price)
    if centre != wing.centre:
        wing.centre = centre
        wing.risen = 0
    if wing.side * price >= start_of(setup, head, cells, wing):
        wing.risen = 1


@part
def staying(head: Records, wing: Records) -> int:
    """Return the lowest own level whose opening may stay."""
    return (wing.centre - head.window + wing.risen) * head.stride


@part
def top_of(setup: Records, head: Records, cells: Records, wing: Records, price: int) -> int:
    """Return the highest coarse level that may open now."""
    top = wing.centre
    if wing.side * price < start_of(setup, head, cells, wing):
        top -= 1
    return min(wing.cap, top)


@part
def obstacle(head: Records, code: int) -> None:
    """Remember the first thing that stood in the way since the last review."""
    if code and head.why == 0:
        head.why = code
        head.why_have, head.why_need = head.have, head.need
        head.blocked = 1


@part
def tend(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> None:  # fmt: skip
    """Give one free slot the order its place in the windows asks for."""
    stride = head.stride
    level = wing.side * own
    cell = nth(cells, level & setup.mask)
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
    move(setup, head, cells, wing, market.last)
    new = wing.centre
    stride = head.stride
    top = top_of(setup, head, cells, wing, market.last)
    bottom = new - head.window + 1
    if new >= old:
        limit = staying(head, wing)
        if wing.open_low < limit:
            leave_opens(book, orders, commands, setup, head, cells, wing, limit)
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
    edge = (new + setup.close_window + 1) * stride
    if wing.close_high > edge:
        leave_closes(book, orders, commands, setup, head, cells, wing, edge)
    if is_cleaned(book, setup, cells, wing, (old - head.window + 1) * stride):
        obstacle(head, CLEANED_WAIT)
        return
    for coarse in range(min(old - head.window, top), bottom - 1, -1):
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
    move(setup, head, cells, wing, market.last)
    bottom = wing.centre - head.window + 1
    edge = (wing.centre + setup.close_window) * stride
    review_opens(book, orders, commands, setup, head, cells, wing, staying(head, wing))
    review_closes(book, orders, commands, terms, setup, head, cells, wing, edge + stride)
    for coarse in range(top_of(setup, head, cells, wing, market.last), bottom - 1, -1):
        code = open_at(
            robot, book, orders, commands, market, terms, setup, head, cells, wing,
            coarse * stride,
        )  # fmt: skip
        obstacle(head, code)
        if code == CLEANED_WAIT:
            break
    lowest = NOTHING_LOW
    for own in range(wing.held_low, min(wing.held_high, edge) + 1):
        if (
            tend_closing(
                robot, book, orders, commands, market, terms, setup, head, cells, wing, own
            )
            and own < lowest
        ):
            lowest = own
    if wing.filled == 0:
        wing.held_low, wing.held_high = NOTHING_LOW, NOTHING_HIGH
    elif lowest != NOTHING_LOW:
        wing.held_low = lowest
    elif wing.held_low <= edge:
        wing.held_low = edge + 1


@part
def is_cleaned(book: Records, setup: Records, cells: Records, wing: Records, own: int) -> bool:
    """Say whether the level is kept free by the cleaner."""
    level = wing.side * own
    cell = nth(cells, level & setup.mask)
    return cell.level == level and cell.why == CLEANED_WAIT and cell.retry_ns > book[0].now_ns


@part
def tend_closing(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> bool:  # fmt: skip
    """Close one level if it waits for that; say whether it holds anything."""
    level = wing.side * own
    cell = nth(cells, level & setup.mask)
    if cell.level != level or cell.held == 0:
        return False
    if cell.state == HELD:
        code = close_at(robot, book, orders, commands, market, terms, setup, head, cells, wing, own)
        if code != ORDER_TOO_SMALL:
            obstacle(head, code)
    return True
