"""A mandate's limits as one rule over the gate's numbers.

Rule 1: exposure counts every open and unknown order at its worst.
Rule 2: what only lowers exposure is never refused.
"""

from steelyard.jit.muldiv import OVERFLOW
from steelyard.jit.parts import Records, part
from steelyard.model.kinds import BUY, LIMIT, REDUCE_ONLY
from steelyard.model.reasons import (
    LOSS_LIMIT,
    OPEN_ORDERS_LIMIT,
    ORDER_LIMIT,
    OVERFLOW_REFUSED,
    PAUSED,
    POSITION_LIMIT,
)
from steelyard.state.money import notional
from steelyard.state.orders import may_fill, position_row


@part
def own_orders(robot: int, book: Records, orders: Records) -> int:
    """Count a robot's orders that may still fill, unknown ones included."""
    if book[0].robots == 1:
        return book[0].open_orders
    count = 0
    for row in range(len(orders)):
        if orders[row].robot == robot and may_fill(orders[row].status):
            count += 1
    return count


@part
def mandate_objection(
    command: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, limits: Records,
) -> int:  # fmt: skip
    """Hold one command against the mandate; `limits` holds one record per robot."""
    limit = limits[command.robot]
    closes = (command.flags & REDUCE_ONLY) != 0
    if limit.pause_entries and not closes:
        return PAUSED
    if limit.open_orders_max and not closes:
        count = 1 + own_orders(command.robot, book, orders)
        if count > limit.open_orders_max:
            command.have, command.need = count, limit.open_orders_max
            return OPEN_ORDERS_LIMIT
    terms = instruments[command.instrument]
    price = command.price if command.type == LIMIT else markets[command.instrument].last
    if limit.order_notional_max:
        value = notional(terms, price, command.quantity)
        if value == OVERFLOW:
            return OVERFLOW_REFUSED
        if value > limit.order_notional_max:
            command.have, command.need = value, limit.order_notional_max
            return ORDER_LIMIT
    if closes:
        return 0
    if limit.position_notional_max:
        row = position_row(book, command.robot, command.instrument, command.position_side)
        position = positions[row]
        if command.side == BUY:
            reach = position.quantity + position.open_buy + command.quantity
        else:
            reach = -(position.quantity - position.open_sell - command.quantity)
        value = notional(terms, price, reach) if reach > 0 else 0
        if value == OVERFLOW:
            return OVERFLOW_REFUSED
        if value > limit.position_notional_max:
            command.have, command.need = value, limit.position_notional_max
            return POSITION_LIMIT
    if limit.loss_max:
        loss = 0
        for i in range(book[0].instruments):
            row = position_row(book, command.robot, i, 0)
            loss -= positions[row].realised + positions[row + 1].realised
            loss += positions[row].fees + positions[row].funding
        if loss >= limit.loss_max:
            command.have, command.need = loss, limit.loss_max
            return LOSS_LIMIT
    return 0
