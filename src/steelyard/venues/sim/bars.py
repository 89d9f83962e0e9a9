"""Bars as a market: the path inside a bar, and what of ours it meets.

The paths are those of `matching.paths`. Of a bar's volume the share `participation_rate` can fill
resting orders, once. `through` fills what the path passes, `touch` also what it only reaches;
`volume` counts as `through`, since a bar says nothing of queues.

Rule 1: what the path meets happens one at a time, nearest first (limit, trigger, liquidation at
one price), and its events are heard before the path goes on.
Rule 2: robots are asked at the four points, with the last price being the point's.
Rule 3: everything inside a bar carries the time of its close.
"""

from steelyard.jit.muldiv import muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.ladder import close_rung
from steelyard.matching.names import THROUGH, TOUCH, UNLIMITED
from steelyard.matching.paths import LAST_POINT, is_high_first, path_point
from steelyard.model.kinds import EV_EXPIRED, MAKER, NEVER_HIGH, NEVER_LOW
from steelyard.venues.sim.accounts import executable, fill, holding_of
from steelyard.venues.sim.book import end
from steelyard.venues.sim.folding import fold_bar, tell_bar
from steelyard.venues.sim.guards import watch_margins
from steelyard.venues.sim.makers import serve
from steelyard.venues.sim.records import (
    ASK,
    ASKS,
    BIDS,
    DOWNS,
    NEXT,
    UNBOUNDED,
    UPS,
    WALK,
    row_of,
)
from steelyard.venues.sim.rows import tidy
from steelyard.venues.sim.triggers import fire, follow, on_price

_RATE_ONE = 100_000_000


@part
def begin(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    first: int, volume: int,
) -> None:  # fmt: skip
    """Open a bar: the price jumps to its open."""
    lane = nth(sim, 2 * k)
    market = nth(markets, k)
    terms = nth(instruments, k)
    lane.bars += 1
    left = UNBOUNDED
    if sim.liquidity != UNLIMITED:
        left = muldiv_floor(volume, sim.participation_rate, _RATE_ONE)
        left -= left % terms.lot
    market.last = first
    if not lane.act_low < first < lane.act_high:
        model = TOUCH if sim.queue_model == TOUCH else THROUGH
        left = serve(sim, resting, queue, market, terms, k, BIDS, first, left, model, 0)
        left = serve(sim, resting, queue, market, terms, k, ASKS, first, left, model, 0)
        lane.left = left
        on_price(sim, resting, queue, markets, instruments, k)
        tidy(sim, resting, queue, markets, instruments, k)
    else:
        lane.left = left
    sim.inside = 0
    sim.point = 1
    sim.stage = ASK
    sim.then = WALK


@part
def walk(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records,
    robots: Records, rows: Records, i: int,
) -> None:  # fmt: skip
    """Go along the path to the next thing it meets, or to the next point."""
    k = sim.instrument
    market = nth(markets, k)
    first, high, low, close = rows.a[i], rows.b[i], rows.c[i], rows.d[i]
    if sim.point == 1 and sim.inside == 0:
        sim.inside = 1
        sim.high_first = is_high_first(sim.path, net(sim, k), first, high, low)
    target = path_point(sim.point, sim.high_first, first, high, low, close)
    if market.last != target and meet(sim, resting, queue, markets, instruments, k, target):
        return
    lane = nth(sim, 2 * k)
    market.last = target
    if target >= lane.trail_high or target <= lane.trail_low:
        follow(sim, resting, k, target)
        tidy(sim, resting, queue, markets, instruments, k)
    sim.stage = ASK
    sim.asked = 0
    sim.then = WALK
    sim.point += 1
    if sim.point > LAST_POINT:
        sim.then = NEXT
        sim.inside = 0
        if fold_bar(sim, lane, market, rows, i):
            tell_bar(sim, robots, queue, k)


@part
def net(sim: Records, k: int) -> int:
    """Return the position all accounts together hold in an instrument."""
    total = 0
    for owner in range(sim.accounts):
        total += nth(sim, row_of(sim, owner, k, 0)).quantity
        total += nth(sim, row_of(sim, owner, k, 1)).quantity
    return total


@part
def meet(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, k: int,
    target: int,
) -> bool:  # fmt: skip
    """Let the first thing between the price and `target` act; False when there is none."""
    lane = nth(sim, 2 * k)
    market = nth(markets, k)
    rungs = resting.rungs
    price = market.last
    sign = -1 if target < price else 1  # in the direction of the path, higher is farther
    reach = (target - price) * sign
    # How far along the path each kind of thing stands; behind us counts as here.
    own, triggers = (BIDS, DOWNS) if sign < 0 else (ASKS, UPS)
    limit_at = NEVER_HIGH
    where = first_limit(lane, resting, own) if lane.left > 0 else -1
    if where >= 0:
        at = (abs(nth(rungs, where).key) - price) * sign
        if at < reach or (at == reach and sim.queue_model == TOUCH):
            limit_at = max(at, 0)
    trigger_at = NEVER_HIGH
    if lane.count[triggers] > 0:
        at = (abs(nth(rungs, lane.at[triggers] + lane.count[triggers] - 1).key) - price) * sign
        if at <= reach:
            trigger_at = max(at, 0)
    guard_at = NEVER_HIGH
    guard = lane.guard_low if sign < 0 else lane.guard_high
    if NEVER_LOW < guard < NEVER_HIGH and not lane.has_marks:
        at = (guard - price) * sign
        if at <= reach:
            guard_at = max(at, 0)
    nearest = min(limit_at, trigger_at, guard_at)
    if nearest == NEVER_HIGH:
        return False
    market.last = price + nearest * sign
    if limit_at == nearest:
        fill_one(sim, resting, queue, instruments, k, where, own)
    elif trigger_at == nearest:
        fire(sim, resting, queue, markets, instruments, k, triggers)
    else:
        watch_margins(sim, resting, queue, markets, instruments, k)
    tidy(sim, resting, queue, markets, instruments, k)
    return True


@part
def first_limit(lane: Records, resting: Records, own: int) -> int:
    """Return the rung of the best resting order not placed inside this very bar; -1 if none."""
    where = lane.at[own] + lane.count[own] - 1
    while where >= lane.at[own]:
        if nth(resting.orders, nth(resting.rungs, where).row).bar != lane.bars:
            return where
        where -= 1
    return -1


@part
def fill_one(
    sim: Records, resting: Records, queue: Records, instruments: Records, k: int, where: int,
    own: int,
) -> None:  # fmt: skip
    """Fill the order on one rung out of what the bar still offers."""
    lane = nth(sim, 2 * k)
    rungs = resting.rungs
    row = nth(rungs, where).row
    order = nth(resting.orders, row)
    quantity = min(executable(holding_of(sim, order), order), lane.left)
    if quantity <= 0:
        end(sim, resting, queue, nth(instruments, k), row, EV_EXPIRED, 0, 0, 0)
        return
    lane.left -= quantity
    fill(sim, queue, order, row, nth(instruments, k), order.price, quantity, MAKER)
    if order.filled >= order.quantity:
        close_rung(rungs, lane.at[own], lane.count[own], where)
        lane.count[own] -= 1
