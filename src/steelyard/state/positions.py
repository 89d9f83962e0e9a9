"""Positions: signed quantity, worth at entry, realised profit, liquidation price.

Rule 1: a fill that crosses zero is a close followed by an open; callers see both parts.
Rule 2: closing part of a position takes worth in proportion, closing all of it takes all, so
nothing is left over by rounding.
"""

from steelyard.jit.muldiv import OVERFLOW, muldiv_ceil, muldiv_even
from steelyard.jit.parts import Records, part
from steelyard.state.money import worth

_RATE_ONE = 100_000_000
_INVERSE = 2


@part
def closing_part(held: int, change: int) -> int:
    """Return how much of the signed `change` closes the signed position `held`."""
    if held == 0 or (held > 0) == (change > 0):
        return 0
    if abs(change) <= abs(held):
        return change
    return -held


@part
def share_of(whole: int, taken: int, held: int) -> int:
    """Return the part of `whole` that belongs to `taken` of `held` quantity; all for all."""
    if abs(taken) == abs(held):
        return whole
    return muldiv_even(whole, abs(taken), abs(held))


@part
def average_entry(instrument: Records, position: Records) -> int:
    """Return the average entry price, rounded to the nearest price unit; 0 when flat."""
    held = position.quantity
    if held == 0:
        return 0
    if instrument.kind == _INVERSE:
        scaled = muldiv_even(held, instrument.worth_numerator, 1)
        return muldiv_even(-scaled, 1, 1) // (position.entry_worth * instrument.worth_denominator)
    scaled = held * instrument.worth_numerator
    if scaled < 0:
        return muldiv_even(-position.entry_worth, instrument.worth_denominator, -scaled)
    return muldiv_even(position.entry_worth, instrument.worth_denominator, scaled)


@part
def unrealised(instrument: Records, position: Records, price: int) -> int:
    """Return the profit still open at `price`."""
    now = worth(instrument, price, position.quantity)
    return now if now == OVERFLOW else now - position.entry_worth


@part
def maintenance(instrument: Records, notional: int) -> int:
    """Return the maintenance margin of a position of this notional, tier by tier."""
    total = 0
    below = 0
    for i in range(instrument.tiers):
        top = instrument.tier_notional_max[i]
        rate = instrument.tier_maintenance_rate[i]
        if notional <= top or i == instrument.tiers - 1:
            return total + muldiv_ceil(notional - below, rate, _RATE_ONE)
        total += muldiv_ceil(top - below, rate, _RATE_ONE)
        below = top
    return 0


@part
def is_liquidated(instrument: Records, position: Records, wallet: int, price: int) -> bool:
    """Say whether equity at `price` is below the maintenance margin."""
    if position.quantity == 0 or instrument.kind == 0:
        return False
    equity = wallet + unrealised(instrument, position, price)
    return equity < maintenance(instrument, abs(worth(instrument, price, position.quantity)))


@part
def liquidation_price(instrument: Records, position: Records, wallet: int) -> int:
    """Return the first price, going against the position, at which it is liquidated.

    0 where no positive price does it (a long backed by its whole worth, or a flat position).
    Found by bisection over whole price units: tiers make the exact solution piecewise.
    """
    held = position.quantity
    if held == 0 or instrument.kind == 0:
        return 0
    entry = average_entry(instrument, position)
    if held > 0:
        low, high = 0, entry
        if is_liquidated(instrument, position, wallet, entry):
            return entry
        while high - low > 1:  # liquidated at low, alive at high
            middle = (low + high) // 2
            if is_liquidated(instrument, position, wallet, middle):
                low = middle
            else:
                high = middle
        return low
    low, high = entry, entry
    if is_liquidated(instrument, position, wallet, entry):
        return entry
    for _ in range(20):
        high *= 2
        if is_liquidated(instrument, position, wallet, high):
            break
    else:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        if is_liquidated(instrument, position, wallet, middle):
            high = middle
        else:
            low = middle
    return high
