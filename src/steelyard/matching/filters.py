"""A venue's filters on a new order. The answer is a reason code with what was found and allowed.

Rule 1: the first filter that does not hold is the answer, in the order of this page.
"""

from steelyard.jit.muldiv import muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.model.kinds import LIMIT, MARKET, TRAILING_STOP
from steelyard.model.reasons import (
    VENUE_BAND,
    VENUE_LOT,
    VENUE_MAXIMUM,
    VENUE_MINIMUM,
    VENUE_TICK,
)

_RATE_ONE = 100_000_000


@part
def filter_code(terms: Records, order: Records, last: int) -> tuple[int, int, int]:
    """Return (code, have, need); code 0 when tick, lot, size and band hold."""
    quantity = order.quantity
    if quantity <= 0 or quantity % terms.lot != 0:
        return VENUE_LOT, quantity, terms.lot
    if quantity < terms.quantity_min:
        return VENUE_MINIMUM, quantity, terms.quantity_min
    if terms.quantity_max != 0 and quantity > terms.quantity_max:
        return VENUE_MAXIMUM, quantity, terms.quantity_max
    if order.type == LIMIT:
        price = order.price
        if price <= 0 or price % terms.tick != 0:
            return VENUE_TICK, price, terms.tick
        if terms.price_band_rate != 0 and last != 0:
            distance = abs(price - last)
            if distance > muldiv_floor(last, terms.price_band_rate, _RATE_ONE):
                return VENUE_BAND, muldiv_floor(distance, _RATE_ONE, last), terms.price_band_rate
    elif order.type != MARKET:
        trigger = order.trigger
        if trigger % terms.tick != 0 or trigger < 0:
            return VENUE_TICK, trigger, terms.tick
        if order.type != TRAILING_STOP and trigger == 0:
            return VENUE_TICK, trigger, terms.tick
        if order.type == TRAILING_STOP and (order.trail <= 0 or order.trail % terms.tick != 0):
            return VENUE_TICK, order.trail, terms.tick
    return 0, 0, 0
