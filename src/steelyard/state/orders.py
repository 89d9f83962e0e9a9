"""The book's orders: staging, the table of their life, and the sums that limits read.

Rule 1: a status changes only through `hear`, which reads `model.orders.MATRIX`.
Rule 2: `open_buy` and `open_sell` count every order that may still fill, unknown ones included.
Rule 3: a row is reused as late as possible, so that late news still finds its order.
"""

from steelyard.jit.parts import Records, part
from steelyard.model.kinds import BUY, CMD_CANCEL, CMD_PLACE
from steelyard.model.orders import MATRIX, OrderStatus

FREE = int(OrderStatus.FREE)
STAGED = int(OrderStatus.STAGED)
FIRST_TERMINAL = int(OrderStatus.FILLED)
REFUSED = int(OrderStatus.REFUSED)


@part
def may_fill(status: int) -> bool:
    """Say whether an order of this status may still fill."""
    return REFUSED < status < FIRST_TERMINAL


@part
def is_over(status: int) -> bool:
    """Say whether nothing more is expected of an order of this status."""
    return status >= FIRST_TERMINAL or status in (FREE, REFUSED)


@part
def live_rows(orders: Records, robot: int, rows: Records) -> int:
    """Write the rows of a robot's orders that may still fill into `rows`; return how many."""
    count = 0
    for row in range(len(orders)):
        if orders[row].robot == robot and may_fill(orders[row].status):
            rows[count] = row
            count += 1
    return count


@part
def position_row(book: Records, robot: int, instrument: int, position_side: int) -> int:
    """Return the row of a position; one-way accounts use side 0."""
    return (robot * book[0].instruments + instrument) * 2 + position_side


@part
def stage_place(
    book: Records, orders: Records, commands: Records,
    robot: int, instrument: int, side: int, kind: int, flags: int,
    price: int, quantity: int, reference: int, cost: int, slot: int,
) -> int:  # fmt: skip
    """Stage a new order and the command that asks for it; return its row, -1 when no room is left.

    `reference` is the price meant (the slot's for a grid), `cost` what a closed slot cost.
    """
    head = book[0]
    size = len(orders)
    if head.commands >= len(commands):
        return -1
    row = head.row_next
    for _ in range(size):
        if is_over(orders[row].status):
            break
        row = row + 1 if row + 1 < size else 0
    if not is_over(orders[row].status):
        return -1
    head.row_next = row + 1 if row + 1 < size else 0
    order = orders[row]
    order.status = STAGED
    order.number = head.order_next
    head.order_next += 1
    order.robot = robot
    order.instrument = instrument
    order.side = side
    order.type = kind
    order.flags = flags
    order.position_side = 0
    order.price = price
    order.trigger = 0
    order.trail = 0
    order.quantity = quantity
    order.filled = 0
    order.reference = reference
    order.cost = cost
    order.slot = slot
    order.generation = 0
    order.created_ns = head.now_ns
    order.last_fill_ns = 0
    order.cancel_ns = 0
    command = commands[head.commands]
    head.commands += 1
    command.kind = CMD_PLACE
    command.robot = robot
    command.instrument = instrument
    command.order = row
    command.number = order.number
    command.side = side
    command.type = kind
    command.flags = flags
    command.position_side = 0
    command.price = price
    command.trigger = 0
    command.trail = 0
    command.quantity = quantity
    command.verdict = 0
    command.have = 0
    command.need = 0
    return row


@part
def stage_cancel(book: Records, orders: Records, commands: Records, row: int) -> bool:
    """Stage the cancel of the order in `row`; False when no room is left or it is over."""
    head = book[0]
    if head.commands >= len(commands) or not may_fill(orders[row].status):
        return False
    command = commands[head.commands]
    head.commands += 1
    order = orders[row]
    order.cancel_ns = head.now_ns
    command.kind = CMD_CANCEL
    command.robot = order.robot
    command.instrument = order.instrument
    command.order = row
    command.number = order.number
    command.side = order.side
    command.type = order.type
    command.flags = order.flags
    command.position_side = order.position_side
    command.price = order.price
    command.trigger = 0
    command.trail = 0
    command.quantity = order.quantity - order.filled
    command.verdict = 0
    command.have = 0
    command.need = 0
    return True


@part
def set_trigger(
    orders: Records, commands: Records, book: Records, trigger: int, trail: int
) -> None:
    """Give the command staged last, and its order, a trigger price or a trailing distance."""
    command = commands[book[0].commands - 1]
    command.trigger = trigger
    command.trail = trail
    orders[command.order].trigger = trigger
    orders[command.order].trail = trail


@part
def set_position_side(orders: Records, commands: Records, book: Records, side: int) -> None:
    """Put the order staged last on one side of a hedged account."""
    command = commands[book[0].commands - 1]
    command.position_side = side
    orders[command.order].position_side = side


@part
def hear(book: Records, orders: Records, positions: Records, row: int, news: int) -> bool:
    """Move the order in `row` along the table; False when the table lists no such move."""
    order = orders[row]
    before = order.status
    after = MATRIX[before, news]
    if after < 0:
        return False
    order.status = after
    was_open, is_open = may_fill(before), may_fill(after)
    if was_open != is_open:
        rest = order.quantity - order.filled
        if not is_open:
            rest = -rest
        where = position_row(book, order.robot, order.instrument, order.position_side)
        if order.side == BUY:
            positions[where].open_buy += rest
        else:
            positions[where].open_sell += rest
        book[0].open_orders += 1 if is_open else -1
    return True


@part
def count_fill(book: Records, orders: Records, positions: Records, row: int, quantity: int) -> None:
    """Take a fill off what may still fill. Called before `hear`."""
    order = orders[row]
    order.filled += quantity
    if may_fill(order.status):
        where = position_row(book, order.robot, order.instrument, order.position_side)
        if order.side == BUY:
            positions[where].open_buy -= quantity
        else:
            positions[where].open_sell -= quantity


@part
def find(orders: Records, row: int, number: int) -> int:
    """Return the row of order `number`, `row` being a hint; -1 if it is not remembered."""
    if 0 <= row < len(orders) and orders[row].number == number:
        return row
    for candidate in range(len(orders)):
        if orders[candidate].number == number and orders[candidate].status != FREE:
            return candidate
    return -1
