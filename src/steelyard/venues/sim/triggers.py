"""Orders that wait for a price: stops, take-profits, trailing stops.

Rule 1: the last price triggers (the middle for histories of quotes alone); a triggered order is a
market order at once.
Rule 2: a trailing stop follows the best price seen since it was placed, or since its activation
price (`trigger`) was reached, at the distance `trail`; it never gives way.
Rule 3: a triggered reduce-only order without a position to reduce expires; one that the account
cannot pay for is rejected.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.ladder import close_rung
from steelyard.model.kinds import (
    BUY,
    EV_EXPIRED,
    EV_REJECTED,
    EV_TRIGGERED,
    MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from steelyard.venues.sim.accounts import account_of, executable, holding_of
from steelyard.venues.sim.book import end, unhang, wait, watch_trails
from steelyard.venues.sim.funds import funds_code
from steelyard.venues.sim.news import tell
from steelyard.venues.sim.records import DOWNS, GONE, UPS
from steelyard.venues.sim.takers import take


@part
def rises_to(order: Records) -> bool:
    """Say whether a new conditional order is met by a rising price."""
    if order.type == TAKE_PROFIT or order.type == TRAILING_STOP:
        return order.side != BUY  # a trailing stop's activation lies on the side of profit
    return order.side == BUY


@part
def on_price(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int
) -> None:  # fmt: skip
    """Trigger what the last price reached, then let trailing stops follow it."""
    price = nth(markets, k).last
    lane = nth(sim, 2 * k)
    while lane.count[UPS] > 0:
        top = nth(resting.rungs, lane.at[UPS] + lane.count[UPS] - 1)
        if -top.key > price:
            break
        fire(sim, resting, queue, markets, instruments, k, UPS)
    while lane.count[DOWNS] > 0:
        top = nth(resting.rungs, lane.at[DOWNS] + lane.count[DOWNS] - 1)
        if top.key < price:
            break
        fire(sim, resting, queue, markets, instruments, k, DOWNS)
    if price >= lane.trail_high or price <= lane.trail_low:
        follow(sim, resting, k, price)


@part
def fire(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    ladder: int,
) -> None:  # fmt: skip
    """Trigger the first order of a ladder of triggers."""
    lane = nth(sim, 2 * k)
    where = lane.at[ladder] + lane.count[ladder] - 1
    row = nth(resting.rungs, where).row
    close_rung(resting.rungs, lane.at[ladder], lane.count[ladder], where)
    lane.count[ladder] -= 1
    order = nth(resting.orders, row)
    if order.type == TRAILING_STOP and order.extreme == 0:
        trail_from(sim, resting, row, nth(markets, k).last)
        watch_trails(lane, resting)
        return
    trails = order.extreme != 0
    account_of(sim, order).open_orders -= 1
    order.state = GONE
    order.type = MARKET
    tell(sim, queue, EV_TRIGGERED, order, row, nth(markets, k).last, 0, 0, 0, 0, 0, 0)
    if trails:
        watch_trails(lane, resting)
    terms = nth(instruments, k)
    if executable(holding_of(sim, order), order) <= 0:
        end(sim, resting, queue, terms, row, EV_EXPIRED, 0, 0, 0)
        return
    code, have, need = funds_code(sim, resting, markets, instruments, row)
    if code != 0:
        end(sim, resting, queue, terms, row, EV_REJECTED, code, have, need)
        return
    take(sim, resting, queue, nth(markets, k), terms, row, False)
    if order.filled < order.quantity:
        end(sim, resting, queue, terms, row, EV_EXPIRED, 0, 0, 0)


@part
def trail_from(sim: Records, resting: Records, row: int, price: int) -> None:
    """Start, or move, a trailing stop that has seen `price` as its best."""
    order = nth(resting.orders, row)
    order.extreme = price
    order.trigger = price - order.trail if order.side != BUY else price + order.trail
    wait(sim, resting, row, order.side == BUY)


@part
def follow(sim: Records, resting: Records, k: int, price: int) -> None:
    """Move the trailing stops for which `price` is a new extreme."""
    lane = nth(sim, 2 * k)
    for ladder in range(UPS, DOWNS + 1):
        moved = True
        while moved:  # a move reorders the ladder, so look again from its start
            moved = False
            for i in range(lane.at[ladder], lane.at[ladder] + lane.count[ladder]):
                row = nth(resting.rungs, i).row
                order = nth(resting.orders, row)
                if order.extreme != 0 and (order.extreme - price) * order.side > 0:
                    unhang(lane, resting, order, row)
                    trail_from(sim, resting, row, price)
                    moved = True
                    break
    watch_trails(lane, resting)
