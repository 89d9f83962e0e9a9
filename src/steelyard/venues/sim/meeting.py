"""One row meets the venue, and robots are asked whether they want to hear what came of it."""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import (
    BAR,
    DEPTH_BID,
    DEPTH_CLEAR,
    EV_MARKET,
    FUNDING,
    MARK,
    QUOTE,
    TRADE_SELL,
    WAKE_EVERY_EVENT,
)
from steelyard.venues.sim.bars import begin
from steelyard.venues.sim.folding import fold_bar, tell_bar
from steelyard.venues.sim.news import announce
from steelyard.venues.sim.records import ASK, NEXT
from steelyard.venues.sim.rows import (
    depth_row,
    funding_row,
    mark_row,
    quote_row,
    trade_row,
)


@part
def meet_row(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records,
    robots: Records, flags: int, rows: Records, i: int,
) -> None:  # fmt: skip
    """Let one row happen at the venue."""
    sim.now_ns = rows.ts[i]
    k = rows.inst[i] if rows.many else 0
    sim.instrument = k
    sim.stage, sim.then, sim.asked = ASK, NEXT, 0
    what = rows.kind[i]
    lane = nth(sim, 2 * k)
    market = nth(markets, k)
    if what <= TRADE_SELL:
        trade_row(
            sim, resting, queue, markets, instruments, k,
            rows.ts[i], rows.a[i], rows.b[i], what == TRADE_SELL,
        )  # fmt: skip
    elif what == QUOTE:
        quote_row(
            sim, resting, queue, markets, instruments, k,
            rows.ts[i], rows.a[i], rows.b[i], rows.c[i], rows.d[i],
        )  # fmt: skip
    elif what == BAR:
        if not lane.has_bars:
            if sim.bar_step_ns == 0:
                last = market.last
                fold_bar(sim, lane, market, rows, i)
                market.last = last
                tell_bar(sim, robots, queue, k)
        elif lane.low < rows.c[i] and rows.b[i] < lane.high and flags & WAKE_EVERY_EVENT == 0:
            if fold_bar(sim, lane, market, rows, i):
                tell_bar(sim, robots, queue, k)
        else:
            begin(sim, resting, queue, markets, instruments, k, rows.a[i], rows.e[i])
    elif what <= DEPTH_CLEAR:
        price = quantity = 0
        if what != DEPTH_CLEAR:
            price, quantity = rows.a[i], rows.b[i]
        depth_row(sim, resting, market, k, rows.ts[i], what, price, quantity)
        sim.unsettled = k + 1
        sim.stage = NEXT
    elif what == FUNDING:
        funding_row(sim, resting, queue, markets, instruments, k, rows.a[i], rows.b[i])
    elif what == MARK:
        mark_row(sim, resting, queue, markets, instruments, k, rows.a[i])


@part
def same_update(sim: Records, rows: Records, i: int) -> bool:
    """Say whether row `i` belongs to the depth update at hand."""
    k = sim.unsettled - 1
    if rows.kind[i] < DEPTH_BID or rows.kind[i] > DEPTH_CLEAR or (rows.many and rows.inst[i] != k):
        return False
    return rows.ts[i] == nth(sim, 2 * k).unsettled_ns


@part
def ask(event: Records, head: Records, robots: Records, markets: Records) -> bool:
    """Let the next robot whose wake holds hear the market; False when all were asked."""
    k = head.instrument
    last = nth(markets, k).last
    while head.asked < head.robots:
        r = head.asked
        head.asked += 1
        robot = nth(robots, r)
        heard = robot.wake_flags & WAKE_EVERY_EVENT != 0
        if not heard and robot.wake_instrument == k and last != 0:
            heard = last <= robot.wake_low or last >= robot.wake_high
        if heard:
            announce(event, EV_MARKET, head.now_ns, r, k)
            return True
    return False
