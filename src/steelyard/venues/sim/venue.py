"""The simulated venue's two doors: `advance` walks history, `submit` takes commands.

Everything due at or before a row happens before it, by time and then: commands arriving, timers,
bars closing, samples. Then the row meets our orders; the events it caused are delivered one by
one, and what they lead to without delay is queued behind them; then each robot whose wake holds
now hears the market, at most once per row (for bars: per point of the path).

Rule 1: everything stands in the records: `advance` may be called again at any time, and a history
gives the same events however it is cut into chunks.
Rule 2: at CHUNK_END the cursor is 0 again; the next call walks the next chunk.
Rule 3: a timer set to a time that has passed goes off with the next row, once per moment.
"""

from typing import Final

from steelyard.jit.parts import Records, part
from steelyard.matching.latency import delay_of
from steelyard.model.kinds import (
    BAR,
    CMD_PLACE,
    DEPTH_BID,
    DEPTH_CLEAR,
    EV_MARKET,
    EV_TIMER,
    FUNDING,
    MARK,
    NEVER_NS,
    QUOTE,
    TRADE_SELL,
    WAKE_EVERY_EVENT,
)
from steelyard.venues.sim.arrivals import arrive
from steelyard.venues.sim.bars import begin, walk
from steelyard.venues.sim.folding import close_bars, fold_bar, fold_prices, tell_bar
from steelyard.venues.sim.guards import watch_margins
from steelyard.venues.sim.news import announce, deliver, send
from steelyard.venues.sim.records import ASK, NEXT, ON_ITS_WAY, READY, WALK, row_of
from steelyard.venues.sim.rows import (
    depth_row,
    funding_row,
    mark_row,
    quote_row,
    settle,
    trade_row,
)
from steelyard.venues.sim.scan import find_until, skip, skip_many, tune

CHUNK_END: Final = 0
EVENT: Final = 1
SAMPLE: Final = 2

_NOTHING: Final = 0
_ARRIVAL: Final = 1
_TIMER: Final = 2
_BARS: Final = 3
_MERGED: Final = 4
_SAMPLE: Final = 5
_AFTER_ROW: Final = 6


@part
def advance(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    sim: Records, resting: Records, queue: Records,
    ts: Records, kind: Records, inst: Records,
    a: Records, b: Records, c: Records, d: Records, e: Records,
) -> int:  # fmt: skip
    """Walk the chunk to the next event of this book."""
    head = sim[0]
    n = len(ts)
    many = len(inst) > 0
    while True:
        if head.fault:
            book[0].halted = head.fault
            return CHUNK_END
        if head.news > 0:
            deliver(event, head, queue)
            return EVENT
        if head.stage == ASK:
            if ask(event, head, robots, markets):
                return EVENT
            head.stage = head.then
            continue
        i = head.cursor
        if head.stage == NEXT:
            i += 1
            head.cursor = i
            head.stage = READY
        elif head.stage == WALK:
            k = head.instrument
            walk(
                sim, resting, queue, markets, instruments, robots, k,
                ts[i], a[i], b[i], c[i], d[i], e[i],
            )  # fmt: skip
            continue
        if head.uneasy:
            watch_margins(sim, resting, queue, markets, instruments, head.instrument)
            continue
        if i >= n:
            if head.bar_step_ns > 0:
                fold_prices(sim, kind, inst, a, b, c, head.folded, n)
            head.folded = 0
            head.cursor = 0
            head.scan_until_ns = 0
            return CHUNK_END
        now_ns = ts[i]
        if head.unsettled and not same_update(sim, kind, inst, ts, i):
            k = head.unsettled - 1
            head.unsettled = 0
            head.instrument = k
            settle(sim, resting, queue, markets, instruments, k)
            head.stage, head.then, head.asked = ASK, READY, 0
            continue
        begin_clocks(head, now_ns)
        what, due_ns, who = next_due(sim, robots, queue, now_ns)
        if due_ns <= now_ns:
            head.now_ns = max(due_ns, head.now_ns)
            if what == _SAMPLE:
                head.sample_ns += head.sample_step_ns
                return SAMPLE
            if what == _TIMER:
                robots[who].wake_at_ns = NEVER_NS
                sim[row_of(head, who, 0, 0)].rung_ns = head.now_ns
                announce(event, EV_TIMER, head.now_ns, who, robots[who].wake_instrument)
                return EVENT
            if what == _ARRIVAL:
                take_flight(sim, resting, queue, markets, instruments)
            else:
                if what == _BARS:
                    fold_prices(sim, kind, inst, a, b, c, head.folded, i)
                    head.folded = i
                    head.bar_next_ns = now_ns // head.bar_step_ns * head.bar_step_ns
                    head.bar_next_ns += head.bar_step_ns
                close_bars(sim, robots, markets, queue, what == _MERGED)
            continue
        flags = tune(sim, robots, markets)
        if flags & WAKE_EVERY_EVENT == 0 and what != _AFTER_ROW:
            if head.scan_until_ns != due_ns or head.scan_stop < i:
                head.scan_until_ns = due_ns
                head.scan_stop = find_until(ts, i, n, due_ns)
            j = i
            if many:
                j = skip_many(
                    sim, markets, flags, ts, kind, inst, a, b, c, d, e, i, head.scan_stop
                )
            else:
                j = skip(sim, markets, flags, ts, kind, a, b, c, d, e, i, head.scan_stop)
            if j > i:
                i = j
                head.cursor = i
                head.now_ns = ts[i - 1]
                if i >= head.scan_stop:
                    continue
        meet_row(
            sim, resting, queue, markets, instruments, robots, flags, i,
            ts, kind, inst, a, b, c, d, e,
        )  # fmt: skip


@part
def meet_row(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records,
    robots: Records, flags: int, i: int,
    ts: Records, kind: Records, inst: Records,
    a: Records, b: Records, c: Records, d: Records, e: Records,
) -> None:  # fmt: skip
    """Let one row happen at the venue."""
    sim[0].seed += 1
    head = sim[0]
    head.now_ns = ts[i]
    k = inst[i] if len(inst) > 0 else 0
    head.instrument = k
    head.stage, head.then, head.asked = ASK, NEXT, 0
    what = kind[i]
    lane = sim[2 * k]
    if what <= TRADE_SELL:
        trade_row(
            sim, resting, queue, markets, instruments, k, ts[i], a[i], b[i], what == TRADE_SELL
        )
    elif what == QUOTE:
        quote_row(
            sim, resting, queue, markets, instruments, k, ts[i], a[i], b[i], c[i], d[i]
        )
    elif what == BAR:
        if not lane.has_bars:
            if head.bar_step_ns == 0:
                last = markets[k].last
                fold_bar(head, lane, markets[k], ts[i], a[i], b[i], c[i], d[i], e[i])
                markets[k].last = last
                tell_bar(sim, robots, queue, k)
        elif lane.low < c[i] and b[i] < lane.high and flags & WAKE_EVERY_EVENT == 0:
            if fold_bar(head, lane, markets[k], ts[i], a[i], b[i], c[i], d[i], e[i]):
                tell_bar(sim, robots, queue, k)
        else:
            begin(sim, resting, queue, markets, instruments, k, a[i], e[i])
    elif what <= DEPTH_CLEAR:
        price = a[i] if what != DEPTH_CLEAR else 0
        quantity = b[i] if what != DEPTH_CLEAR else 0
        depth_row(sim, resting, markets[k], k, ts[i], what, price, quantity)
        head.unsettled = k + 1
        head.stage = NEXT
    elif what == FUNDING:
        mark = b[i] if len(b) > i else 0
        funding_row(sim, resting, queue, markets, instruments, k, a[i], mark)
    elif what == MARK:
        mark_row(sim, resting, queue, markets, instruments, k, a[i])


@part
def same_update(sim: Records, kind: Records, inst: Records, ts: Records, i: int) -> bool:
    """Say whether row `i` belongs to the depth update at hand."""
    k = sim[0].unsettled - 1
    if kind[i] < DEPTH_BID or kind[i] > DEPTH_CLEAR or (len(inst) > 0 and inst[i] != k):
        return False
    return ts[i] == sim[2 * k].unsettled_ns


@part
def ask(event: Records, head: Records, robots: Records, markets: Records) -> bool:
    """Let the next robot whose wake holds hear the market; False when all were asked."""
    k = head.instrument
    last = markets[k].last
    while head.asked < head.robots:
        r = head.asked
        head.asked += 1
        robot = robots[r]
        heard = robot.wake_flags & WAKE_EVERY_EVENT != 0
        if not heard and robot.wake_instrument == k and last != 0:
            heard = last <= robot.wake_low or last >= robot.wake_high
        if heard:
            announce(event, EV_MARKET, head.now_ns, r, k)
            return True
    return False


@part
def begin_clocks(head: Records, now_ns: int) -> None:
    """Set the first boundary of bars and samples after the first row's time."""
    if head.bar_next_ns == 0 and head.bar_step_ns > 0:
        head.bar_next_ns = now_ns // head.bar_step_ns * head.bar_step_ns + head.bar_step_ns
    if head.sample_ns == 0 and head.sample_step_ns > 0:
        head.sample_ns = now_ns // head.sample_step_ns * head.sample_step_ns
        head.sample_ns += head.sample_step_ns


@part
def next_due(sim: Records, robots: Records, queue: Records, now_ns: int) -> tuple[int, int, int]:
    """Return (what, when, which robot) is due next, ties in the order of the page's head."""
    head = sim[0]
    what, due_ns, who = _NOTHING, NEVER_NS, 0
    if head.flights > 0:
        what, due_ns = _ARRIVAL, queue[head.flight_first].ts_ns
    for r in range(head.robots):
        at_ns = robots[r].wake_at_ns
        if at_ns >= due_ns:
            continue
        at_ns = max(at_ns, head.now_ns)
        if at_ns <= sim[row_of(head, r, 0, 0)].rung_ns:
            if now_ns + 1 < due_ns:  # it went off at this very moment: not again before the row
                what, due_ns = _AFTER_ROW, now_ns + 1
        elif at_ns < due_ns:
            what, due_ns, who = _TIMER, at_ns, r
    if head.bar_step_ns > 0:
        if head.bar_next_ns < due_ns:
            what, due_ns = _BARS, head.bar_next_ns
        for k in range(head.instruments):
            lane = sim[2 * k]
            # A bar row at the boundary still belongs to the bar, so it closes after that moment.
            if lane.has_bars and lane.fold_due_ns < due_ns and lane.fold_due_ns < now_ns:
                what, due_ns = _MERGED, lane.fold_due_ns
    if head.sample_step_ns > 0 and head.sample_ns < due_ns:
        what, due_ns = _SAMPLE, head.sample_ns
    return what, due_ns, who


@part
def take_flight(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records
) -> None:
    """Let the command that arrives first take effect."""
    head = sim[0]
    line = queue[head.flight_first]
    kind, row, number = line.kind, line.order, line.number
    robot, k = line.robot, line.instrument
    head.flight_first = (head.flight_first + 1) & (head.flight_room - 1)
    head.flights -= 1
    arrive(sim, resting, queue, markets, instruments, kind, row, number, robot, k)


@part
def submit(
    event: Records, book: Records, orders: Records, commands: Records, markets: Records,
    instruments: Records, sim: Records, resting: Records, queue: Records,
) -> None:  # fmt: skip
    """Hand the approved commands of the event at hand to the venue."""
    head = sim[0]
    for index in range(book[0].commands):
        command = commands[index]
        if command.verdict != 0:
            continue
        kind, row, number = command.kind, command.order, command.number
        if kind == CMD_PLACE:
            enter_order(sim, resting, command)
        if head.delay_ns + head.jitter_ns == 0:
            arrive(
                sim, resting, queue, markets, instruments, kind, row, number,
                command.robot, command.instrument,
            )  # fmt: skip
        else:
            late_ns = delay_of(2 * number + kind % 2, head.delay_ns, head.jitter_ns, head.seed)
            send(
                head, queue, head.now_ns + late_ns, kind, row, number, command.robot,
                command.instrument,
            )  # fmt: skip


@part
def enter_order(sim: Records, resting: Records, command: Records) -> None:
    """Write a new order into the venue's records; it is on its way."""
    order = resting.orders[command.order]
    order.state = ON_ITS_WAY
    order.number = command.number
    order.robot = command.robot
    order.account = sim[row_of(sim[0], command.robot, 0, 0)].account
    order.instrument = command.instrument
    order.side = command.side
    order.type = command.type
    order.flags = command.flags
    order.position_side = command.position_side
    order.price = command.price
    order.trigger = command.trigger
    order.trail = command.trail
    order.quantity = command.quantity
    order.filled = 0
    order.extreme = 0
    order.locked = 0
    order.ahead = 0
    order.printed = 0
    order.ladder = 0
    order.key = 0
    order.bar = -1
