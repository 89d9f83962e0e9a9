"""One slot's orders: open it, close it, withdraw.

Rule 1: each of these does at most one thing and answers with the reason that stands in its way.
Rule 2: an order never asks for less than one tick better than post-only allows, once refused.
Rule 3: what had no room in the event's buffers makes the wing dirty, and the next event goes on.
"""

from steelyard.jit.muldiv import muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.model.kinds import LIMIT, POST_ONLY, REDUCE_ONLY, SHORT
from steelyard.state.money import notional, quantity_for
from steelyard.state.orders import set_position_side, stage_cancel, stage_place
from steelyard.strategies.grid.ladder import RATE_ONE, break_even, price_at
from steelyard.strategies.grid.reasons import (
    BUDGET_SPENT,
    INVENTORY_FULL,
    LADDER_END,
    ORDER_TOO_SMALL,
    SLOTS_FULL,
)
from steelyard.strategies.grid.records import REPRICE, TAKE
from steelyard.strategies.grid.slots import MATRIX, SlotNews, SlotState

EMPTY = int(SlotState.EMPTY)
HELD = int(SlotState.HELD)
OPEN_PENDING = int(SlotState.OPEN_PENDING)
OPEN_LEAVING = int(SlotState.OPEN_LEAVING)
MORE_LEAVING = int(SlotState.MORE_LEAVING)
CLOSE_PENDING = int(SlotState.CLOSE_PENDING)
CLOSE_LEAVING = int(SlotState.CLOSE_LEAVING)
STAGED_OPEN = int(SlotNews.STAGED_OPEN)
STAGED_CLOSE = int(SlotNews.STAGED_CLOSE)
CANCEL_SENT = int(SlotNews.CANCEL_SENT)
_SPOT = 0


@part
def hear(head: Records, cell: Records, news: int) -> bool:
    """Move a slot along its table; what the table does not list halts the robot."""
    after = MATRIX[cell.state, news]
    if after < 0:
        head.halted = 1
        head.have, head.need = cell.state, news
        return False
    cell.state = after
    return True


@part
def is_opening(state: int) -> bool:
    """Say whether a live opening order stands in a slot of this state."""
    return OPEN_PENDING <= state < CLOSE_PENDING


@part
def is_leaving(state: int) -> bool:
    """Say whether a cancel was sent for the slot's order."""
    return state == OPEN_LEAVING or state == MORE_LEAVING or state == CLOSE_LEAVING


@part
def open_at(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> int:  # fmt: skip
    """Place the opening order of the wing's level `own` where it is missing."""
    level = wing.side * own
    row = level & setup.mask
    cell = cells[row]
    mine = cell.level == level
    if cell.state != EMPTY and not (mine and cell.state == HELD and cell.dust):
        if mine:
            return 0
        head.have, head.need = level, setup.mask + 1
        return SLOTS_FULL
    if head.no_opening:
        return head.no_opening
    if level < head.level_low or level > head.level_high:
        head.have = level
        head.need = head.level_low if level < head.level_low else head.level_high
        return LADDER_END
    if not mine:
        claim(cell, level)
    elif cell.retry_ns > book[0].now_ns:
        return _wait(head, cell)
    if setup.inventory_max and wing.filled + wing.opens >= setup.inventory_max and not cell.dust:
        head.have, head.need = wing.filled + wing.opens, setup.inventory_max
        return INVENTORY_FULL
    if head.live >= setup.cleanup_threshold:
        head.have, head.need = head.live, setup.cleanup_threshold
        return BUDGET_SPENT
    meant = price_at(setup, head, cells, level)
    quantity = _size(terms, setup, head, cells, wing, cell, level, meant)
    if quantity == 0:
        return ORDER_TOO_SMALL
    flags = setup.flags
    price = meant
    if cell.fails:
        flags = _flags(setup, cell, flags)
        price = _beyond_touch(market, terms, setup, wing.side, meant, flags)
    placed = stage_place(
        book, orders, commands, robot, setup.instrument, wing.side, LIMIT, flags,
        price, quantity, meant, 0, level,
    )  # fmt: skip
    if placed < 0:
        head.dirty = 1
        return 0
    if not _take_order(book, orders, commands, head, wing, cell, placed, meant, STAGED_OPEN):
        return 0
    wing.opens += 1
    if own < wing.open_low:
        wing.open_low = own
    if own > wing.open_high:
        wing.open_high = own
    return 0


@part
def close_at(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> int:  # fmt: skip
    """Place the closing order of the wing's level `own` where something is held without one."""
    level = wing.side * own
    cell = cells[level & setup.mask]
    if cell.level != level or cell.state != HELD:
        return 0
    if head.no_closing:
        return head.no_closing
    if cell.retry_ns > book[0].now_ns:
        return _wait(head, cell)
    if head.live >= setup.cleanup_threshold:
        head.have, head.need = head.live, setup.cleanup_threshold
        return BUDGET_SPENT
    meant = closing_price(terms, setup, head, cells, wing.side, level, cell.cost)
    if cell.held < cell.quantity or cell.quantity == 0:
        value = notional(terms, meant, cell.held)
        if value < setup.value_min:
            cell.dust = 1
            head.have, head.need = value, setup.value_min
            return ORDER_TOO_SMALL
    cell.dust = 0
    quantity = cell.held
    if terms.quantity_max and quantity > terms.quantity_max:
        quantity = terms.quantity_max
    flags = setup.flags
    if terms.kind != _SPOT:
        flags |= REDUCE_ONLY
    price = meant
    if cell.fails:
        flags = _flags(setup, cell, flags)
        price = _beyond_touch(market, terms, setup, -wing.side, meant, flags)
    placed = stage_place(
        book, orders, commands, robot, setup.instrument, -wing.side, LIMIT, flags,
        price, quantity, meant, cell.cost, level,
    )  # fmt: skip
    if placed < 0:
        head.dirty = 1
        return 0
    if not _take_order(book, orders, commands, head, wing, cell, placed, meant, STAGED_CLOSE):
        return 0
    wing.closes += 1
    if own < wing.close_low:
        wing.close_low = own
    if own > wing.close_high:
        wing.close_high = own
    return 0


@part
def withdraw(book: Records, orders: Records, commands: Records, head: Records, cell: Records) -> None:
    """Ask for the cancel of a slot's order, once."""
    if is_leaving(cell.state):
        return
    if stage_cancel(book, orders, commands, cell.order):
        hear(head, cell, CANCEL_SENT)
    elif book[0].commands >= len(commands):
        head.dirty = 1


@part
def claim(cell: Records, level: int) -> None:
    """Give an empty row to another level. Its generation goes on counting."""
    cell.level = level
    cell.held = 0
    cell.cost = 0
    cell.number = 0
    cell.meant = 0
    cell.fails = 0
    cell.retry_ns = 0
    cell.why = 0
    cell.quantity = 0
    cell.sized_for = 0
    cell.dust = 0


@part
def closing_price(
    terms: Records, setup: Records, head: Records, cells: Records, side: int, level: int, cost: int
) -> int:
    """Return where a slot closes: one interval on, never worse than its cost and both fees."""
    price = price_at(setup, head, cells, level + side * head.stride)
    if cost <= head.safe_cost and cost == price_at(setup, head, cells, level):
        return price
    limit = break_even(setup, side, cost, terms.tick)
    if side * limit > side * price:
        return limit
    return price


@part
def _size(
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, cell: Records,
    level: int, price: int,
) -> int:  # fmt: skip
    budget = setup.budget
    if head.size_rate != RATE_ONE:
        budget = muldiv_floor(budget, head.size_rate, RATE_ONE)
    if setup.skew_rate:
        held = wing.filled if wing.filled < setup.inventory_max else setup.inventory_max
        left = RATE_ONE - setup.skew_rate * held // setup.inventory_max
        budget = muldiv_floor(budget, left, RATE_ONE)
    if budget <= 0:
        head.have, head.need = 0, setup.value_min
        return 0
    if cell.sized_for == budget:
        return cell.quantity
    quantity = level_quantity(terms, setup, price, budget)
    limit = terms.quantity_max
    if limit and quantity > limit:
        quantity = limit
    exit_price = price_at(setup, head, cells, level + wing.side * head.stride)
    value = notional(terms, exit_price, quantity)
    if value < setup.value_min:
        head.have, head.need = value, setup.value_min
        cell.sized_for = 0
        return 0
    cell.quantity = quantity
    cell.sized_for = budget
    return quantity


@part
def level_quantity(terms: Records, setup: Records, price: int, budget: int) -> int:
    """Return what one level's budget buys at its price, in whole lots."""
    if not setup.contracts:
        return quantity_for(terms, price, budget)
    quantity = muldiv_floor(setup.contracts, budget, setup.budget)
    return quantity - quantity % terms.lot


@part
def _take_order(
    book: Records, orders: Records, commands: Records, head: Records, wing: Records,
    cell: Records, placed: int, meant: int, news: int,
) -> bool:  # fmt: skip
    order = orders[placed]
    if book[0].hedged and wing.side < 0:
        set_position_side(orders, commands, book, SHORT)
    cell.generation += 1
    order.generation = cell.generation
    cell.order = placed
    cell.number = order.number
    cell.meant = meant
    head.live += 1
    return hear(head, cell, news)


@part
def _flags(setup: Records, cell: Records, flags: int) -> int:
    if setup.fallback == TAKE and cell.fails >= setup.attempts:
        return flags & ~POST_ONLY
    return flags


@part
def _beyond_touch(
    market: Records, terms: Records, setup: Records, side: int, price: int, flags: int
) -> int:
    if setup.fallback != REPRICE or not flags & POST_ONLY:
        return price
    tick = terms.tick
    if side > 0:
        touch = market.ask if market.ask else market.last
        best = (touch - 1) // tick * tick
        return best if best < price else price
    touch = market.bid if market.bid else market.last
    best = touch // tick * tick + tick
    return best if best > price else price


@part
def _wait(head: Records, cell: Records) -> int:
    if cell.retry_ns < head.retry_ns:
        head.retry_ns = cell.retry_ns
    head.have, head.need = 0, cell.retry_ns
    return cell.why
