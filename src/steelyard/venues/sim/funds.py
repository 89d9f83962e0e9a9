"""Whether an account can pay for an order.

Rule 1: a spot buy needs its worth and fee in free cash, a spot sell free coins.
Rule 2: a perpetual needs, out of equity not locked, the growth of its initial margin and the
taker fee; an order that lets the worst case not grow is always affordable.
"""

from steelyard.jit.muldiv import OVERFLOW
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import BUY, LIMIT, REDUCE_ONLY
from steelyard.model.reasons import (
    OVERFLOW_REFUSED,
    VENUE_NO_COINS,
    VENUE_NO_FUNDS,
    VENUE_NO_MARGIN,
)
from steelyard.state.money import fee_on, notional
from steelyard.venues.sim.accounts import (
    SPOT,
    account_of,
    equity_of,
    fee_rate,
    holding_of,
    margin_for,
)
from steelyard.venues.sim.takers import worst_price


@part
def funds_code(
    sim: Records, resting: Records, markets: Records, instruments: Records, row: int
) -> tuple[int, int, int]:
    """Return (code, have, need) for an order that is about to rest or take; 0 when it is paid."""
    order = nth(resting.orders, row)
    terms = nth(instruments, order.instrument)
    holding = holding_of(sim, order)
    account = account_of(sim, order)
    if terms.kind == SPOT and order.side != BUY:
        free = holding.quantity - holding.open_sell
        if order.quantity > free:
            return VENUE_NO_COINS, free, order.quantity
        return 0, 0, 0
    if order.flags & REDUCE_ONLY:
        return 0, 0, 0
    price = order.price
    if order.type != LIMIT:
        price = worst_price(sim, resting, nth(markets, order.instrument), terms, order)
    value = notional(terms, price, order.quantity)
    if value == OVERFLOW:
        return OVERFLOW_REFUSED, 0, 0
    rate = max(fee_rate(sim, terms, 1), fee_rate(sim, terms, 2))
    need = max(fee_on(value, rate), 0)
    if terms.kind == SPOT:
        need += value
        free = account.cash - account.locked
        if need > free:
            return VENUE_NO_FUNDS, free, need
        return 0, 0, 0
    if order.side == BUY:
        growth = margin_for(holding, terms, value, 0) - holding.required
    else:
        growth = margin_for(holding, terms, 0, value) - holding.required
    if growth <= 0:
        return 0, 0, 0
    free = equity_of(sim, markets, instruments, order.account) - account.locked
    need += growth
    if need > free:
        return VENUE_NO_MARGIN, free, need
    return 0, 0, 0
