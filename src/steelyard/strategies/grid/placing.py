"""One slot's orders: open it, close it, withdraw.

Rule 1: each of these does at most one thing and answers with the reason that stands in its way.
Rule 2: what had no room in the event's buffers makes the robot dirty, and the next event goes on.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import LIMIT, REDUCE_ONLY, SHORT
from steelyard.state.money import notional
from steelyard.state.orders import set_position_side, stage_cancel, stage_place
from steelyard.strategies.grid.ladder import price_at
from steelyard.strategies.grid.reasons import (
    BUDGET_SPENT,
    INVENTORY_FULL,
    LADDER_END,
    ORDER_TOO_SMALL,
    SLOTS_FULL,
)
from steelyard.strategies.grid.sizing import beyond_touch, closing_price, flags_after, size
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
    cell = nth(cells, row)
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
    quantity = size(terms, setup, head, cells, wing, cell, level, meant)
    if quantity == 0:
        return ORDER_TOO_SMALL
    flags = setup.flags
    price = meant
    if cell.fails:
        flags = flags_after(setup, cell, flags)
        price = beyond_touch(market, terms, setup, wing.side, meant, flags)
    placed = stage_place(
        book, orders, commands, robot, setup.instrument, wing.side, LIMIT, flags,
        price, quantity, meant, 0, level,
    )  # fmt: skip
    if placed < 0:
        return no_room(book, commands, head)
    if not _take_order(book, orders, commands, head, wing, cell, placed, meant, STAGED_OPEN):
        return 0
    wing.opens += 1
    wing.open_low = min(wing.open_low, own)
    wing.open_high = max(wing.open_high, own)
    return 0


@part
def close_at(
    robot: int, book: Records, orders: Records, commands: Records, market: Records,
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, own: int,
) -> int:  # fmt: skip
    """Place the closing order of the wing's level `own` where something is held without one."""
    level = wing.side * own
    cell = nth(cells, level & setup.mask)
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
    quantity = cell.held - cell.held % terms.lot
    if cell.held < cell.quantity or cell.quantity == 0:
        value = notional(terms, meant, quantity)
        if quantity == 0 or value < setup.value_min:
            cell.dust = 1
            head.have, head.need = value, setup.value_min
            return ORDER_TOO_SMALL
    cell.dust = 0
    if terms.quantity_max and quantity > terms.quantity_max:
        quantity = terms.quantity_max
    flags = setup.flags
    if terms.kind != _SPOT:
        flags |= REDUCE_ONLY
    price = meant
    if cell.fails:
        flags = flags_after(setup, cell, flags)
        price = beyond_touch(market, terms, setup, -wing.side, meant, flags)
    placed = stage_place(
        book, orders, commands, robot, setup.instrument, -wing.side, LIMIT, flags,
        price, quantity, meant, cell.cost, level,
    )  # fmt: skip
    if placed < 0:
        return no_room(book, commands, head)
    if not _take_order(book, orders, commands, head, wing, cell, placed, meant, STAGED_CLOSE):
        return 0
    wing.closes += 1
    wing.close_low = min(wing.close_low, own)
    wing.close_high = max(wing.close_high, own)
    return 0


@part
def withdraw(
    book: Records, orders: Records, commands: Records, head: Records, cell: Records
) -> None:
    """Ask for the cancel of a slot's order, once."""
    if is_leaving(cell.state):
        return
    if cell.retry_ns > book[0].now_ns:
        head.retry_ns = min(head.retry_ns, cell.retry_ns)
        return
    if stage_cancel(book, orders, commands, cell.order):
        hear(head, cell, CANCEL_SENT)
    elif book[0].commands >= len(commands):
        head.dirty = 1


@part
def no_room(book: Records, commands: Records, head: Records) -> int:
    """Note that an order found no room: in this event's commands, or among the book's orders."""
    head.dirty = 1
    if book[0].commands < len(commands):
        head.crowded = 1
    return 0


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
def _wait(head: Records, cell: Records) -> int:
    head.retry_ns = min(head.retry_ns, cell.retry_ns)
    head.have, head.need = 0, cell.retry_ns
    return cell.why
