"""Money arithmetic of one instrument, exact.

Rule 1: worth is signed as quantity; profit is worth(exit) - worth(entry) for every kind.
Rule 2: worth rounds half to even, a fee rounds against us (up; a rebate rounds down).
Rule 3: OVERFLOW passes through and the caller halts.
"""

from steelyard.jit.muldiv import OVERFLOW, muldiv_ceil, muldiv_even, muldiv_floor
from steelyard.jit.parts import Records, part

_INVERSE = 2
_RATE_ONE = 100_000_000


@part
def worth(instrument: Records, price: int, quantity: int) -> int:
    """Return the signed worth of `quantity` at `price`, in settlement minor units.

    `instrument` is one record of layout INSTRUMENT.
    """
    if quantity == 0 or price == 0:
        return 0
    if instrument.kind == _INVERSE:
        scaled = muldiv_even(quantity, instrument.worth_numerator, 1)
        if scaled == OVERFLOW:
            return OVERFLOW
        return -muldiv_even(scaled, 1, price * instrument.worth_denominator)
    if instrument.worth_numerator == 1:
        return muldiv_even(price, quantity, instrument.worth_denominator)
    scaled = muldiv_even(price, instrument.worth_numerator, 1)
    if scaled == OVERFLOW:
        return OVERFLOW
    return muldiv_even(scaled, quantity, instrument.worth_denominator)


@part
def notional(instrument: Records, price: int, quantity: int) -> int:
    """Return the size of a position or order as a positive amount of the settlement asset."""
    value = worth(instrument, price, quantity)
    return value if value == OVERFLOW else abs(value)


@part
def fee_on(amount: int, rate: int) -> int:
    """Return the fee on a notional; negative for a rebate."""
    return muldiv_ceil(amount, rate, _RATE_ONE)


@part
def coin_fee_worth(instrument: Records, price: int, change: int, coins: int) -> int:
    """Return what a fee of `coins` was worth, taken out of the signed `change` of a spot fill.

    Exactly what the fill's worth is less without them, so that nothing is lost by rounding.
    """
    whole = worth(instrument, price, change)
    left = worth(instrument, price, change - coins)
    if whole == OVERFLOW or left == OVERFLOW:
        return OVERFLOW
    return whole - left


@part
def quantity_for(instrument: Records, price: int, budget: int) -> int:
    """Return the largest whole number of lots whose notional at `price` is at most `budget`.

    0 where not even one lot fits.
    """
    if price <= 0 or budget <= 0:
        return 0
    if instrument.kind == _INVERSE:
        unit = price * instrument.worth_denominator
        units = muldiv_floor(budget, unit, instrument.worth_numerator)
    else:
        unit = price * instrument.worth_numerator
        units = muldiv_floor(budget, instrument.worth_denominator, unit)
    if units == OVERFLOW:
        return 0
    return units - units % instrument.lot
