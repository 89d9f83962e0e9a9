"""The venue's open orders: where each stands, how it gets there and how it leaves.

Rule 1: an order that rests stands on one ladder of its instrument, one that waits for its trigger
on another; its record names the ladder and the key.
Rule 2: after every change of a ladder the lane's thresholds say anew between which prices nothing
of ours can act. They may be too narrow, never too wide.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.depth import quantity_at
from steelyard.matching.ladder import close_rung, find_row, open_rung
from steelyard.matching.names import THROUGH, VOLUME
from steelyard.model.kinds import BUY, NEVER_HIGH, NEVER_LOW, REDUCE_ONLY
from steelyard.venues.sim.accounts import account_of, holding_of, release, set_aside
from steelyard.venues.sim.news import tell
from steelyard.venues.sim.records import (
    ASKS,
    BIDS,
    DEPTH_ASKS,
    DEPTH_BIDS,
    DOWNS,
    GONE,
    RESTS,
    UPS,
    WAITS,
)


@part
def rest(sim: Records, resting: Records, markets: Records, terms: Records, row: int) -> None:
    """Put the unfilled part of a limit order on its ladder."""
    order = nth(resting.orders, row)
    lane = nth(sim, 2 * order.instrument)
    order.state = RESTS
    order.ladder = BIDS if order.side == BUY else ASKS
    order.key = order.price * order.side
    order.bar = lane.bars if sim.inside and order.instrument == sim.instrument else -1
    if sim.queue_model == VOLUME:
        order.ahead = displayed_at(lane, nth(markets, order.instrument), resting, order)
    hang(lane, resting, order, row)
    holding = holding_of(sim, order)
    account = account_of(sim, order)
    set_aside(sim, account, holding, terms, order)
    account.open_orders += 1
    if order.flags & REDUCE_ONLY:
        holding.reducers += 1


@part
def wait(sim: Records, resting: Records, row: int, rising: bool) -> None:
    """Put an order on the ladder that is met when the price rises, or falls, to its trigger."""
    order = nth(resting.orders, row)
    lane = nth(sim, 2 * order.instrument)
    if order.state != WAITS:
        account_of(sim, order).open_orders += 1
    order.state = WAITS
    order.ladder = UPS if rising else DOWNS
    order.key = -order.trigger if rising else order.trigger
    hang(lane, resting, order, row)


@part
def hang(lane: Records, resting: Records, order: Records, row: int) -> None:
    """Insert an order into the ladder its record names."""
    ladder = order.ladder
    where = open_rung(resting.rungs, lane.at[ladder], lane.count[ladder], order.key)
    nth(resting.rungs, where).row = row
    lane.count[ladder] += 1


@part
def unhang(lane: Records, resting: Records, order: Records, row: int) -> None:
    """Take an order off its ladder."""
    ladder = order.ladder
    where = find_row(resting.rungs, lane.at[ladder], lane.count[ladder], order.key, row)
    if where >= 0:
        close_rung(resting.rungs, lane.at[ladder], lane.count[ladder], where)
        lane.count[ladder] -= 1


@part
def end(
    sim: Records, resting: Records, queue: Records, terms: Records, row: int, kind: int, code: int,
    have: int, need: int,
) -> None:  # fmt: skip
    """End an order: off its ladder, what it set aside given back, the event queued."""
    order = nth(resting.orders, row)
    if order.state == RESTS or order.state == WAITS:
        unhang(nth(sim, 2 * order.instrument), resting, order, row)
        account_of(sim, order).open_orders -= 1
    if order.state == RESTS:
        holding = holding_of(sim, order)
        if order.flags & REDUCE_ONLY:
            holding.reducers -= 1
        release(account_of(sim, order), holding, terms, order)
    order.state = GONE
    tell(sim, queue, kind, order, row, 0, 0, 0, 0, code, have, need)


@part
def displayed_at(lane: Records, market: Records, resting: Records, order: Records) -> int:
    """Return what the venue displays at an order's price on its side; -1 when it is not known."""
    if lane.has_depth and (lane.count[DEPTH_BIDS] > 0 or lane.count[DEPTH_ASKS] > 0):
        ladder = DEPTH_BIDS if order.side == BUY else DEPTH_ASKS
        return quantity_at(resting.rungs, lane.at[ladder], lane.count[ladder], order.key)
    if lane.quoted:
        best = market.bid if order.side == BUY else market.ask
        if best != 0:
            distance = (order.price - best) * order.side
            if distance > 0:
                return 0
            if distance == 0:
                return market.bid_quantity if order.side == BUY else market.ask_quantity
    return -1


@part
def narrow(sim: Records, resting: Records, k: int) -> None:
    """Compute between which prices nothing of ours acts in instrument `k`."""
    lane = nth(sim, 2 * k)
    rungs = resting.rungs
    low = lane.trail_low
    high = lane.trail_high
    strict = 1 if sim.queue_model == THROUGH else 0
    if lane.count[BIDS] > 0:
        low = max(low, nth(rungs, lane.at[BIDS] + lane.count[BIDS] - 1).key - strict)
    if lane.count[DOWNS] > 0:
        low = max(low, nth(rungs, lane.at[DOWNS] + lane.count[DOWNS] - 1).key)
    if lane.count[ASKS] > 0:
        high = min(high, strict - nth(rungs, lane.at[ASKS] + lane.count[ASKS] - 1).key)
    if lane.count[UPS] > 0:
        high = min(high, -nth(rungs, lane.at[UPS] + lane.count[UPS] - 1).key)
    if lane.has_marks == 0:
        low = max(low, lane.guard_low)
        high = min(high, lane.guard_high)
    lane.act_low = low
    lane.act_high = high


@part
def watch_trails(lane: Records, resting: Records) -> None:
    """Find the prices whose passing moves a trailing stop: the nearest extremes seen so far."""
    low, high = NEVER_LOW, NEVER_HIGH
    for ladder in range(UPS, DOWNS + 1):
        for i in range(lane.at[ladder], lane.at[ladder] + lane.count[ladder]):
            order = nth(resting.orders, nth(resting.rungs, i).row)
            if order.extreme != 0:
                if order.side == BUY:
                    low = max(low, order.extreme - 1)
                else:
                    high = min(high, order.extreme + 1)
    lane.trail_low = low
    lane.trail_high = high
