"""Liquidation: cross margin over everything an account holds, and the prices that are still safe.

Rule 1: an account whose equity is below its maintenance margin is liquidated: its open orders are
canceled, its positions are closed with a taker fee at the worse of the price at hand and the
price at which nothing of its equity is left. Cash may end below zero when the market jumped.
Rule 2: maintenance is counted tier by tier, each part of the notional at its own rate.
Rule 3: guards are prices between which no account can be below maintenance, however the prices of
its instruments combine, as long as no position outgrows its `cap` (twice what it was) and equity
stays at `safe_equity`. Then a quiet row costs nothing and a fill one look at equity. They are
computed anew when one of the three is passed. An account too close to its end for that has exact
guards for its positions as they are, and every fill computes them anew.
"""

from typing import Final

from steelyard.jit.muldiv import OVERFLOW, muldiv_ceil, muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import EV_CANCELED, EV_LIQUIDATED, NEVER_HIGH, NEVER_LOW, TAKER
from steelyard.state.money import fee_on, worth
from steelyard.state.positions import maintenance
from steelyard.venues.sim.accounts import (
    SPOT,
    equity_of,
    fee_rate,
    margin_price,
    move,
    require,
)
from steelyard.venues.sim.book import end, narrow, watch_trails
from steelyard.venues.sim.news import tell_robot
from steelyard.venues.sim.records import FORCED, LADDERS, row_of

GROWTH: Final = 2  # a position may grow so much before its guards are set anew

_INVERSE = 2
_RATE_ONE = 100_000_000
_ROUNDINGS = 8  # minor units that the roundings of a few worths may add up to


@part
def ease(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int
) -> None:  # fmt: skip
    """After money or positions moved: see that the guards still hold, or set them anew."""
    if sim.uneasy < FORCED:
        for owner in range(sim.accounts):
            account = nth(sim, row_of(sim, owner, 0, 0))
            if equity_of(sim, markets, instruments, owner) < account.safe_equity:
                sim.uneasy = FORCED
                break
    if sim.uneasy == FORCED:
        watch_margins(sim, resting, queue, markets, instruments, k)
    sim.uneasy = 0


@part
def watch_margins(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int
) -> None:  # fmt: skip
    """Liquidate who must be, and set the guards of all instruments. `k` moved last."""
    for i in range(sim.instruments):
        nth(sim, 2 * i).guard_low = NEVER_LOW
        nth(sim, 2 * i).guard_high = NEVER_HIGH
    for owner in range(sim.accounts):
        equity = equity_of(sim, markets, instruments, owner)
        needed, positions = maintenance_of(sim, markets, instruments, owner, 1)
        if positions > 0 and equity < needed:
            liquidate(sim, resting, queue, markets, instruments, owner, k)
            positions = 0
        if positions == 0:
            for i in range(2 * sim.instruments):
                nth(sim, row_of(sim, owner, 0, 0) + i).cap = 0
            continue
        grown, _ = maintenance_of(sim, markets, instruments, owner, GROWTH)
        room = equity - grown
        wide = room > (equity - needed) // 4
        # A wide band may cost half the room: through it once and back, and maintenance on top.
        share = room // 4 if wide else equity - needed
        account = nth(sim, row_of(sim, owner, 0, 0))
        account.safe_equity = equity - room // 2 + _ROUNDINGS if wide else equity
        for i in range(sim.instruments):
            guard(sim, markets, instruments, owner, i, share // positions, wide)
    for i in range(sim.instruments):
        narrow(sim, resting, i)


@part
def maintenance_of(
    sim: Records, markets: Records, instruments: Records, owner: int, times: int
) -> tuple[int, int]:
    """Return the maintenance margin of all positions, `times` as large, and how many there are."""
    total = 0
    positions = 0
    for k in range(sim.instruments):
        if nth(instruments, k).kind == SPOT:
            continue
        price = margin_price(nth(sim, 2 * k), nth(markets, k))
        for side in range(2):
            held = nth(sim, row_of(sim, owner, k, side)).quantity
            if held != 0:
                positions += 1
                value = abs(worth(nth(instruments, k), price, held * times))
                total += maintenance(nth(instruments, k), value)
    return total, positions


@part
def guard(
    sim: Records, markets: Records, instruments: Records, owner: int, k: int, share: int,
    wide: bool,
) -> None:  # fmt: skip
    """Narrow an instrument's guards to where a position may cost no more than `share`."""
    terms = nth(instruments, k)
    if terms.kind == SPOT:
        return
    lane = nth(sim, 2 * k)
    price = margin_price(lane, nth(markets, k))
    rate = 0
    for i in range(terms.tiers):
        rate = max(rate, terms.tier_maintenance_rate[i])
    # Maintenance may grow with a loss.
    share = muldiv_floor(max(share - _ROUNDINGS, 0), _RATE_ONE, _RATE_ONE + rate)
    for side in range(2):
        holding = nth(sim, row_of(sim, owner, k, side))
        held = holding.quantity
        holding.cap = abs(held) * GROWTH if wide else -1
        if held == 0:
            holding.cap = 0
            continue
        size = abs(worth(terms, price, held * (GROWTH if wide else 1)))
        if wide or held > 0:
            lane.guard_low = max(lane.guard_low, safe_fall(terms, price, size, share))
        if wide or held < 0:
            lane.guard_high = min(lane.guard_high, safe_rise(terms, price, size, share))


@part
def safe_fall(terms: Records, price: int, size: int, share: int) -> int:
    """Return the highest price below `price` at which a long may have lost `share`."""
    if terms.kind == _INVERSE:
        found = muldiv_ceil(price, size, max(size + share, 1)) + 1
    elif share >= size:
        return NEVER_LOW
    else:
        found = muldiv_ceil(price, size - share, size) + 1
    return min(found, price - 1)


@part
def safe_rise(terms: Records, price: int, size: int, share: int) -> int:
    """Return the lowest price above `price` at which a short may have lost `share`."""
    if terms.kind != _INVERSE:
        found = muldiv_floor(price, size + share, max(size, 1)) - 1
        if found < 0:  # beyond 64 bits
            return NEVER_HIGH
    elif share >= size:
        return NEVER_HIGH
    else:
        found = muldiv_floor(price, size, size - share) - 1
        if found < 0:
            return NEVER_HIGH
    return max(found, price + 1)


@part
def liquidate(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records,
    owner: int, first: int,
) -> None:  # fmt: skip
    """Cancel an account's orders and close its positions, `first` being the instrument to begin."""
    account = nth(sim, row_of(sim, owner, 0, 0))
    account.liquidations += 1
    for i in range(sim.instruments):
        cancel_all(sim, resting, queue, nth(instruments, i), owner, i)
    for step in range(sim.instruments):
        k = (first + step) % sim.instruments
        terms = nth(instruments, k)
        if terms.kind == SPOT:
            continue
        for side in range(2):
            holding = nth(sim, row_of(sim, owner, k, side))
            held = holding.quantity
            if held == 0:
                continue
            left = equity_of(sim, markets, instruments, owner)
            valued = margin_price(nth(sim, 2 * k), nth(markets, k))
            price = closing_price(terms, valued, nth(markets, k).last, held, left)
            value = worth(terms, price, -held)
            account.cash += move(sim, holding, terms, price, -held, value)
            require(account, holding, terms)
            close_parts(sim, queue, terms, account, owner, k, side, price)


@part
def closing_price(terms: Records, valued: int, last: int, held: int, left: int) -> int:
    """Return the worse of the last price and the one that leaves nothing of the equity `left`."""
    price = last if last != 0 else valued
    size = abs(worth(terms, valued, held))
    if left > 0 and size > 0:
        if held > 0:
            if terms.kind == _INVERSE:
                broke = muldiv_floor(valued, size, size + left)
            else:
                broke = muldiv_floor(valued, max(size - left, 0), size)
            price = min(price, max(broke, 1))
        else:
            if terms.kind == _INVERSE:
                broke = muldiv_ceil(valued, size, size - left) if size > left else OVERFLOW
            else:
                broke = muldiv_ceil(valued, size + left, size)
            if broke > 0:
                price = max(price, broke)
    return price


@part
def close_parts(
    sim: Records, queue: Records, terms: Records, account: Records, owner: int, k: int, side: int,
    price: int,
) -> None:  # fmt: skip
    """Tell each robot what of the closed position was its own, and charge the fee on it."""
    for robot in range(sim.robots):
        seat = nth(sim, row_of(sim, robot, k, side))
        if seat.held == 0 or nth(sim, row_of(sim, robot, 0, 0)).account != owner:
            continue
        fee = fee_on(abs(worth(terms, price, seat.held)), fee_rate(sim, terms, TAKER))
        account.cash -= fee
        account.paid_fees += fee
        tell_robot(sim, queue, EV_LIQUIDATED, robot, k, price, -seat.held, fee, 0, side)
        seat.held = 0


@part
def cancel_all(
    sim: Records, resting: Records, queue: Records, terms: Records, owner: int, k: int
) -> None:
    """Cancel every open order of an account in one instrument."""
    lane = nth(sim, 2 * k)
    for ladder in range(LADDERS - 2):
        where = lane.at[ladder] + lane.count[ladder] - 1
        while where >= lane.at[ladder]:
            row = nth(resting.rungs, where).row
            if nth(resting.orders, row).account == owner:
                end(sim, resting, queue, terms, row, EV_CANCELED, 0, 0, 0)
            where -= 1
    watch_trails(lane, resting)
