"""Orders that take: against the venue's depth, its quote, or the last price.

Rule 1: what is displayed is taken once: a level, a quote's size, stays taken until its update.
Rule 2: depth is walked level by level; what it does not hold stays unfilled.
Rule 3: a market order larger than a displayed quote pays the slippage model on what is beyond; a
limit order takes what is displayed and rests with what is left.
Rule 4: where only prices are known (trades, bars), both sides of the market are taken to stand at
the last price, and the slippage model says what a taker pays. Sizes are not known there, so a
taker is filled whole; what it took is taken off what the print can still fill.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.depth import last_key_for, reachable
from steelyard.matching.names import UNLIMITED
from steelyard.matching.slippage import worsened
from steelyard.model.kinds import BUY, MARKET, TAKER
from steelyard.venues.sim.accounts import executable, fill, holding_of
from steelyard.venues.sim.records import DEPTH_ASKS, DEPTH_BIDS, UNBOUNDED


@part
def crosses(lane: Records, market: Records, side: int, price: int) -> bool:
    """Say whether a limit at `price` would trade at once."""
    if lane.has_depth or lane.quoted:
        best = market.ask if side == BUY else market.bid
        if best != 0:
            return (price - best) * side >= 0
        if lane.has_depth:
            return False
    return market.last != 0 and (price - market.last) * side > 0


@part
def against(lane: Records, market: Records, side: int) -> int:
    """Return the price a taker of this side meets first; 0 when there is none."""
    if lane.has_depth or lane.quoted:
        best = market.ask if side == BUY else market.bid
        if best != 0 or lane.has_depth:
            return best
    return market.last


@part
def slipped(head: Records, market: Records, terms: Records, price: int, side: int) -> int:
    """Return `price` made worse by the slippage model."""
    return worsened(
        price, side, terms.tick, head.slippage, head.slippage_rate, market.bid, market.ask
    )


@part
def worst_price(
    sim: Records, resting: Records, market: Records, terms: Records, order: Records
) -> int:
    """Return the worst price a market order would pay now; 0 when nobody is there."""
    lane = nth(sim, 2 * order.instrument)
    if lane.has_depth:
        ladder = DEPTH_ASKS if order.side == BUY else DEPTH_BIDS
        key = last_key_for(resting.rungs, lane.at[ladder], lane.count[ladder], order.quantity)
        return -key * order.side
    price = against(lane, market, order.side)
    return slipped(sim, market, terms, price, order.side) if price != 0 else 0


@part
def takeable(sim: Records, resting: Records, market: Records, order: Records) -> int:
    """Return how much of a limit order could be taken at once."""
    lane = nth(sim, 2 * order.instrument)
    wanted = executable(holding_of(sim, order), order)
    if order.type != MARKET and not crosses(lane, market, order.side, order.price):
        return 0
    if lane.has_depth:
        ladder = DEPTH_ASKS if order.side == BUY else DEPTH_BIDS
        worst = -UNBOUNDED if order.type == MARKET else -order.price * order.side
        return reachable(resting.rungs, lane.at[ladder], lane.count[ladder], worst, wanted)
    if lane.quoted and order.type != MARKET and sim.liquidity != UNLIMITED:
        return min(wanted, lane.ask_left if order.side == BUY else lane.bid_left)
    return wanted


@part
def take(
    sim: Records, resting: Records, queue: Records, market: Records, terms: Records, row: int,
    bounded: bool,
) -> None:  # fmt: skip
    """Trade an order against what is there. `bounded`: not beyond the order's own limit price."""
    order = nth(resting.orders, row)
    lane = nth(sim, 2 * order.instrument)
    wanted = executable(holding_of(sim, order), order)
    if wanted <= 0:
        return
    if lane.has_depth:
        take_depth(sim, resting, queue, terms, row, wanted, bounded)
        return
    side = order.side
    price = market.last
    best = market.ask if side == BUY else market.bid
    if lane.quoted and best != 0:
        price = best
        left = wanted
        if sim.liquidity != UNLIMITED:
            left = min(wanted, lane.ask_left if side == BUY else lane.bid_left)
        if left > 0:
            if side == BUY:
                lane.ask_left -= min(left, lane.ask_left)
            else:
                lane.bid_left -= min(left, lane.bid_left)
            fill(sim, queue, order, row, terms, price, left, TAKER)
            wanted -= left
        if bounded or wanted == 0:
            return
    if price == 0:
        return
    price = slipped(sim, market, terms, price, side)
    if bounded and (price - order.price) * side > 0:
        price = order.price
    lane.left -= min(wanted, lane.left)
    fill(sim, queue, order, row, terms, price, wanted, TAKER)


@part
def take_depth(
    sim: Records, resting: Records, queue: Records, terms: Records, row: int, wanted: int,
    bounded: bool,
) -> None:  # fmt: skip
    """Walk the venue's levels from the best one."""
    order = nth(resting.orders, row)
    lane = nth(sim, 2 * order.instrument)
    side = order.side
    ladder = DEPTH_ASKS if side == BUY else DEPTH_BIDS
    where = lane.at[ladder] + lane.count[ladder] - 1
    while wanted > 0 and where >= lane.at[ladder]:
        level = nth(resting.rungs, where)
        price = -level.key * side
        if bounded and (price - order.price) * side > 0:
            break
        there = level.quantity - level.taken
        if sim.liquidity == UNLIMITED:
            there = wanted
        quantity = min(wanted, there)
        if quantity > 0:
            level.taken += min(quantity, level.quantity - level.taken)
            wanted -= quantity
            fill(sim, queue, order, row, terms, price, quantity, TAKER)
        where -= 1
