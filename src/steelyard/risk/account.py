"""The account's own mandate: limits over all of its robots together.

Rule 1: the last row of `limits` is the account's; all zero, nothing is asked.
Rule 2: exposure counts every open and unknown order at its worst, robot by robot: longs of one do
not pay for shorts of another.
Rule 3: what only lowers exposure is never refused.
"""

from steelyard.jit.muldiv import OVERFLOW
from steelyard.jit.parts import Records, part
from steelyard.model.kinds import BUY, LIMIT, REDUCE_ONLY
from steelyard.model.reasons import LOSS_LIMIT, OPEN_ORDERS_LIMIT, OVERFLOW_REFUSED, POSITION_LIMIT
from steelyard.state.money import notional
from steelyard.state.orders import position_row


@part
def account_objection(
    command: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, limits: Records,
) -> int:  # fmt: skip
    """Hold one command against what the account as a whole may do."""
    limit = limits[len(limits) - 1]
    if not (limit.open_orders_max or limit.position_notional_max or limit.loss_max):
        return 0
    closes = (command.flags & REDUCE_ONLY) != 0
    if limit.open_orders_max and not closes and book[0].open_orders + 1 > limit.open_orders_max:
        command.have, command.need = book[0].open_orders + 1, limit.open_orders_max
        return OPEN_ORDERS_LIMIT
    if closes:
        return 0
    if limit.position_notional_max:
        terms = instruments[command.instrument]
        price = command.price if command.type == LIMIT else markets[command.instrument].last
        buys, sells = 0, 0
        for robot in range(book[0].robots):
            for side in range(2):
                position = positions[position_row(book, robot, command.instrument, side)]
                buys += max(0, position.quantity + position.open_buy)
                sells += max(0, position.open_sell - position.quantity)
        if command.side == BUY:
            buys += command.quantity
        else:
            sells += command.quantity
        value = notional(terms, max(price, markets[command.instrument].last), max(buys, sells))
        if value == OVERFLOW:
            return OVERFLOW_REFUSED
        if value > limit.position_notional_max:
            command.have, command.need = value, limit.position_notional_max
            return POSITION_LIMIT
    if limit.loss_max:
        loss = 0
        for robot in range(book[0].robots):
            for i in range(book[0].instruments):
                row = position_row(book, robot, i, 0)
                loss -= positions[row].realised + positions[row + 1].realised
                loss += positions[row].fees + positions[row].funding
                loss += positions[row + 1].fees + positions[row + 1].funding
        if loss >= limit.loss_max:
            command.have, command.need = loss, limit.loss_max
            return LOSS_LIMIT
    return 0
