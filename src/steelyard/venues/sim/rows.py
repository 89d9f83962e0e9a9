"""What one row of history does at the venue, by its kind.

Rule 1: trades fill makers wherever a history has trades; its quotes then only say what takers pay
and what post-only would cross. Without trades the opposite quote, or level, fills makers.
Rule 2: depth rows of one instrument and one time are one update: nothing acts between them.
Rule 3: the last price is the last trade; without trades the middle of bid and ask.
"""

from steelyard.jit.muldiv import muldiv_ceil
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.depth import quantity_at, set_level
from steelyard.matching.names import VOLUME
from steelyard.model.kinds import DEPTH_BID, DEPTH_CLEAR, EV_FUNDING, NEVER_NS
from steelyard.state.money import worth
from steelyard.venues.sim.accounts import SPOT, margin_price
from steelyard.venues.sim.arrivals import sweep
from steelyard.venues.sim.book import narrow
from steelyard.venues.sim.folding import add
from steelyard.venues.sim.guards import ease
from steelyard.venues.sim.makers import on_opposite, on_print
from steelyard.venues.sim.news import tell_robot
from steelyard.venues.sim.records import ASKS, BIDS, DEPTH_ASKS, DEPTH_BIDS, FORCED, row_of
from steelyard.venues.sim.triggers import on_price

_RATE_ONE = 100_000_000


@part
def tidy(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int
) -> None:
    """After orders met the market: expire, watch margins, compute thresholds anew."""
    lane = nth(sim, 2 * k)
    sweep(sim, resting, queue, instruments, k)
    if sim.margined:
        price = margin_price(lane, nth(markets, k))
        if price <= lane.guard_low or price >= lane.guard_high:
            sim.uneasy = FORCED
        if sim.uneasy:
            ease(sim, resting, queue, markets, instruments, k)
    narrow(sim, resting, k)


@part
def trade_row(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    ts_ns: int, price: int, quantity: int, sold: bool,
) -> None:  # fmt: skip
    """One trade of the venue."""
    market = nth(markets, k)
    lane = nth(sim, 2 * k)
    market.last = price
    market.seen_ns = ts_ns
    lane.left = quantity
    if lane.act_low < price < lane.act_high:
        return
    on_print(sim, resting, queue, market, nth(instruments, k), k, price, quantity, sold)
    on_price(sim, resting, queue, markets, instruments, k)
    tidy(sim, resting, queue, markets, instruments, k)


@part
def quote_row(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    ts_ns: int, bid: int, bid_quantity: int, ask: int, ask_quantity: int,
) -> None:  # fmt: skip
    """One best bid and ask. A quote that repeats itself brings no new size."""
    market = nth(markets, k)
    lane = nth(sim, 2 * k)
    show(lane, market, ts_ns, bid, bid_quantity, ask, ask_quantity)
    if lane.has_trades or lane.has_depth:
        return
    if bid == 0 or ask == 0:
        return
    market.last = (bid + ask) // 2
    if lane.act_low < market.last < lane.act_high:
        return
    terms = nth(instruments, k)
    if lane.count[BIDS] > 0:
        lane.ask_left = on_opposite(sim, resting, queue, market, terms, k, BIDS, ask, lane.ask_left)
    if lane.count[ASKS] > 0:
        lane.bid_left = on_opposite(sim, resting, queue, market, terms, k, ASKS, bid, lane.bid_left)
    on_price(sim, resting, queue, markets, instruments, k)
    tidy(sim, resting, queue, markets, instruments, k)


@part
def show(
    lane: Records, market: Records, ts_ns: int, bid: int, bid_quantity: int, ask: int,
    ask_quantity: int,
) -> None:  # fmt: skip
    """Write a quote into the plane; a side that changed has its whole size again."""
    if bid != market.bid or bid_quantity != market.bid_quantity:
        lane.bid_left = bid_quantity
    if ask != market.ask or ask_quantity != market.ask_quantity:
        lane.ask_left = ask_quantity
    market.bid = bid
    market.bid_quantity = bid_quantity
    market.ask = ask
    market.ask_quantity = ask_quantity
    market.seen_ns = ts_ns
    lane.quoted = 1


@part
def depth_row(
    sim: Records, resting: Records, market: Records, k: int, ts_ns: int, kind: int, price: int,
    quantity: int,
) -> None:  # fmt: skip
    """One level of the venue's book; the update acts when its last row was read (`settle`)."""
    lane = nth(sim, 2 * k)
    market.seen_ns = ts_ns
    lane.unsettled_ns = ts_ns
    if kind == DEPTH_CLEAR:
        lane.count[DEPTH_BIDS] = 0
        lane.count[DEPTH_ASKS] = 0
        return
    ladder = DEPTH_BIDS if kind == DEPTH_BID else DEPTH_ASKS
    key = price if kind == DEPTH_BID else -price
    at, count = lane.at[ladder], lane.count[ladder]
    if sim.queue_model == VOLUME:
        shrink_queue(lane, resting, ladder - DEPTH_BIDS, at, count, key, quantity)
    room = lane.at[DEPTH_ASKS] - lane.at[DEPTH_BIDS]
    lane.count[ladder] = set_level(resting.rungs, at, count, room, key, quantity)


@part
def shrink_queue(
    lane: Records, resting: Records, own: int, at: int, count: int, key: int, quantity: int
) -> None:
    """Let part of a level's decrease leave from ahead of our orders there.

    What trades took at the level since its last update left from the front and was counted then;
    the rest was canceled, and cancels are spread evenly over the level.
    """
    if lane.count[own] == 0:
        return
    rungs = resting.rungs
    before = quantity_at(rungs, at, count, key)
    if before <= 0 or quantity >= before:
        return
    for i in range(lane.at[own], lane.at[own] + lane.count[own]):
        if nth(rungs, i).key != key:
            continue
        order = nth(resting.orders, nth(rungs, i).row)
        if order.ahead > 0:
            remaining = max(before - order.printed, 1)
            if quantity < remaining:
                order.ahead = muldiv_ceil(order.ahead, quantity, remaining)
            order.ahead = min(order.ahead, quantity)
        order.printed = 0


@part
def settle(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int
) -> None:  # fmt: skip
    """Let a finished depth update act: plane, makers, triggers."""
    market = nth(markets, k)
    lane = nth(sim, 2 * k)
    lane.unsettled_ns = NEVER_NS
    rungs = resting.rungs
    bids, asks = lane.count[DEPTH_BIDS], lane.count[DEPTH_ASKS]
    market.bid = market.bid_quantity = market.ask = market.ask_quantity = 0
    if bids > 0:
        best = nth(rungs, lane.at[DEPTH_BIDS] + bids - 1)
        market.bid = best.key
        market.bid_quantity = best.quantity
    if asks > 0:
        best = nth(rungs, lane.at[DEPTH_ASKS] + asks - 1)
        market.ask = -best.key
        market.ask_quantity = best.quantity
    if lane.has_trades or bids == 0 or asks == 0:
        return
    market.last = (market.bid + market.ask) // 2
    if sim.bar_step_ns > 0:
        add(lane, market.last, market.last, market.last, market.last, 0)
    if lane.act_low < market.last < lane.act_high:
        return
    terms = nth(instruments, k)
    for own in range(2):
        ladder = DEPTH_ASKS if own == BIDS else DEPTH_BIDS
        where = lane.at[ladder] + lane.count[ladder] - 1
        while where >= lane.at[ladder] and lane.count[own] > 0:
            level = nth(rungs, where)
            price = -level.key if own == BIDS else level.key
            best = nth(rungs, lane.at[own] + lane.count[own] - 1).key
            if (best < price) if own == BIDS else (-best > price):
                break
            there = level.quantity - level.taken
            if there > 0:
                left = on_opposite(sim, resting, queue, market, terms, k, own, price, there)
                level.taken += there - left
            where -= 1
    on_price(sim, resting, queue, markets, instruments, k)
    tidy(sim, resting, queue, markets, instruments, k)


@part
def funding_row(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    rate: int, mark: int,
) -> None:  # fmt: skip
    """Pay or receive funding on every position: longs pay a positive rate."""
    terms = nth(instruments, k)
    market = nth(markets, k)
    price = mark if mark != 0 else margin_price(nth(sim, 2 * k), market)
    if mark != 0:
        market.mark = mark
    if terms.kind == SPOT or price == 0:
        return
    for robot in range(sim.robots):
        held = nth(sim, row_of(sim, robot, k, 0)).held + nth(sim, row_of(sim, robot, k, 1)).held
        if held == 0:
            continue
        size = abs(worth(terms, price, held))
        payment = muldiv_ceil(size if held > 0 else -size, rate, _RATE_ONE)
        account = nth(sim, row_of(sim, nth(sim, row_of(sim, robot, 0, 0)).account, 0, 0))
        account.cash -= payment
        account.paid_funding += payment
        tell_robot(sim, queue, EV_FUNDING, robot, k, price, 0, payment, rate, 0)
        sim.uneasy = FORCED
    tidy(sim, resting, queue, markets, instruments, k)


@part
def mark_row(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    mark: int,
) -> None:  # fmt: skip
    """A new mark price: it values positions, it triggers nothing."""
    nth(markets, k).mark = mark
    if sim.margined:
        tidy(sim, resting, queue, markets, instruments, k)
