"""Funds: nothing is ordered that the account cannot pay for.

Rule 1: spot buys need cash, spot sells need coins, beyond what open orders already claim.
Rule 2: perpetuals need initial margin for the worst the position can become, at the account's
leverage, out of equity at the last price.
"""

from steelyard.jit.muldiv import OVERFLOW, muldiv_ceil
from steelyard.jit.parts import Records, part
from steelyard.ledger.accounts import CASH, CLEARING
from steelyard.model.kinds import BUY, LIMIT, REDUCE_ONLY
from steelyard.model.reasons import NO_COINS, NO_FUNDS, NO_MARGIN, OVERFLOW_REFUSED
from steelyard.state.money import fee_on, notional, worth
from steelyard.state.orders import position_row

_SPOT = 0


@part
def funds_objection(
    command: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, limits: Records,
) -> int:  # fmt: skip
    """Hold one command against what the account can pay."""
    terms = instruments[command.instrument]
    position = positions[
        position_row(book, command.robot, command.instrument, command.position_side)
    ]
    last = markets[command.instrument].last
    price = command.price if command.type == LIMIT else last
    cash = 0
    for i in range(book[0].instruments):
        cash += balances[command.robot, i, CASH]
    if terms.kind == _SPOT:
        if command.side != BUY:
            free = position.quantity - position.open_sell
            if command.quantity > free:
                command.have, command.need = free, command.quantity
                return NO_COINS
            return 0
        claimed = notional(terms, max(price, last), position.open_buy)
        asked = notional(terms, price, command.quantity)
        if claimed == OVERFLOW or asked == OVERFLOW:
            return OVERFLOW_REFUSED
        asked += fee_on(asked, terms.taker_rate)
        if asked > cash - claimed:
            command.have, command.need = cash - claimed, asked
            return NO_FUNDS
        return 0
    if command.flags & REDUCE_ONLY:
        return 0
    if command.side == BUY:
        reach = position.quantity + position.open_buy + command.quantity
    else:
        reach = -(position.quantity - position.open_sell - command.quantity)
    if reach <= 0:
        return 0
    value = notional(terms, max(price, last), reach)
    if value == OVERFLOW:
        return OVERFLOW_REFUSED
    equity = cash + balances[command.robot, command.instrument, CLEARING]
    equity += worth(terms, last, position.quantity)
    needed = muldiv_ceil(value, 1, terms.leverage)
    needed += fee_on(notional(terms, price, command.quantity), terms.taker_rate)
    if needed > equity:
        command.have, command.need = equity, needed
        return NO_MARGIN
    return 0
