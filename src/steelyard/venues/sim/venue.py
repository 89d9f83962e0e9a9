"""The simulated venue's two doors: `advance` walks history, `submit` takes commands.

Everything due at or before a row happens before it, by time and then: commands arriving, timers,
bars closing, samples. Then the row meets our orders; the events it caused are delivered one by
one, and what they lead to without delay is queued behind them; then each robot whose wake holds
now hears the market, at most once per row (for bars: per point of the path).

Rule 1: everything stands in the records: `advance` may be called again at any time, and a history
gives the same events however it is cut into chunks.
Rule 2: at CHUNK_END the cursor is 0 again; the next call walks the next chunk.
Rule 3: the doors take arrays and go in with pointers (`matching.tables`): inside, nothing counts
references and a call passes a few words.
"""

from typing import Final

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth, start
from steelyard.matching.latency import delay_of
from steelyard.model.kinds import CMD_PLACE, EV_TIMER, NEVER_NS, WAKE_EVERY_EVENT
from steelyard.venues.sim.arrivals import arrive
from steelyard.venues.sim.bars import walk
from steelyard.venues.sim.dues import (
    AFTER_ROW,
    ARRIVAL,
    BARS,
    MERGED,
    SAMPLING,
    TIMER,
    begin_clocks,
    next_due,
    take_flight,
)
from steelyard.venues.sim.folding import close_bars, fold_prices
from steelyard.venues.sim.guards import ease
from steelyard.venues.sim.meeting import ask, meet_row, same_update
from steelyard.venues.sim.news import announce, deliver, send
from steelyard.venues.sim.records import (
    ASK,
    NEXT,
    ON_ITS_WAY,
    READY,
    WALK,
    Resting,
    Rows,
    row_of,
)
from steelyard.venues.sim.rows import settle
from steelyard.venues.sim.scan import find_until, skip, skip_many, tune

CHUNK_END: Final = 0
EVENT: Final = 1
SAMPLE: Final = 2


@part
def advance(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    sim: Records, resting: Records, queue: Records,
    ts: Records, kind: Records, inst: Records,
    a: Records, b: Records, c: Records, d: Records, e: Records,
) -> int:  # fmt: skip
    """Walk the chunk to the next event of this book."""
    return walk_on(
        start(event), start(book), start(robots), start(markets), start(instruments), start(sim),
        Resting(start(resting.orders), start(resting.rungs)), start(queue),
        Rows(
            start(ts), start(kind), start(inst), start(a), start(b), start(c), start(d), start(e),
            len(ts), len(inst) > 0,
        ),
    )  # fmt: skip


@part
def walk_on(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    sim: Records, resting: Records, queue: Records, rows: Records,
) -> int:  # fmt: skip
    """Deliver, ask, and let things happen, one at a time, until the book has something to hear."""
    while True:
        if sim.fault:
            book.halted = sim.fault
            return CHUNK_END
        if sim.news > 0:
            deliver(event, sim, queue)
            return EVENT
        if sim.stage == ASK:
            if ask(event, sim, robots, markets):
                return EVENT
            sim.stage = sim.then
            continue
        i = sim.cursor
        if sim.stage == NEXT:
            i += 1
            sim.cursor = i
            sim.stage = READY
        elif sim.stage == WALK:
            walk(sim, resting, queue, markets, instruments, robots, rows, i)
            continue
        if sim.uneasy:
            ease(sim, resting, queue, markets, instruments, sim.instrument)
            if sim.news > 0:
                continue
        if i >= rows.total:
            end_chunk(sim, rows)
            return CHUNK_END
        now_ns = rows.ts[i]
        if sim.unsettled and not same_update(sim, rows, i):
            k = sim.unsettled - 1
            sim.unsettled = 0
            sim.instrument = k
            settle(sim, resting, queue, markets, instruments, k)
            sim.stage, sim.then, sim.asked = ASK, READY, 0
            continue
        begin_clocks(sim, now_ns)
        what, due_ns, who = next_due(sim, robots, queue, now_ns)
        if due_ns <= now_ns:
            sim.now_ns = max(due_ns, sim.now_ns)
            if what == SAMPLING:
                sim.sample_ns += sim.sample_step_ns
                return SAMPLE
            if what == TIMER:
                ring(event, sim, robots, who)
                return EVENT
            if what == ARRIVAL:
                take_flight(sim, resting, queue, markets, instruments)
            else:
                if what == BARS:
                    fold_prices(sim, rows, sim.folded, i)
                    sim.folded = i
                    sim.bar_next_ns = (now_ns // sim.bar_step_ns + 1) * sim.bar_step_ns
                close_bars(sim, robots, markets, queue, what == MERGED)
            continue
        flags = tune(sim, robots, markets)
        if flags & WAKE_EVERY_EVENT == 0 and what != AFTER_ROW:
            if sim.scan_until_ns != due_ns or sim.scan_stop < i:
                sim.scan_until_ns = due_ns
                sim.scan_stop = find_until(rows.ts, i, rows.total, due_ns)
            if rows.many:
                j = skip_many(sim, markets, flags, rows, i, sim.scan_stop)
            else:
                j = skip(sim, markets, flags, rows, i, sim.scan_stop)
            if j > i:
                i = j
                sim.cursor = i
                sim.now_ns = rows.ts[i - 1]
                if i >= sim.scan_stop:
                    continue
        meet_row(sim, resting, queue, markets, instruments, robots, flags, rows, i)


@part
def ring(event: Records, sim: Records, robots: Records, who: int) -> None:
    """Let a robot's timer go off, once."""
    nth(robots, who).wake_at_ns = NEVER_NS
    nth(sim, row_of(sim, who, 0, 0)).rung_ns = sim.now_ns
    announce(event, EV_TIMER, sim.now_ns, who, nth(robots, who).wake_instrument)


@part
def end_chunk(sim: Records, rows: Records) -> None:
    """Keep of the chunk what its end needs later, and be ready for the next one."""
    if sim.bar_step_ns > 0:
        fold_prices(sim, rows, sim.folded, rows.total)
    sim.folded = 0
    sim.cursor = 0
    sim.scan_until_ns = 0


@part
def submit(
    event: Records, book: Records, orders: Records, commands: Records, markets: Records,
    instruments: Records, sim: Records, resting: Records, queue: Records,
) -> None:  # fmt: skip
    """Hand the approved commands of the event at hand to the venue."""
    count = book[0].commands
    if count > 0:
        take_commands(
            start(commands), count, start(markets), start(instruments), start(sim),
            Resting(start(resting.orders), start(resting.rungs)), start(queue),
        )  # fmt: skip


@part
def take_commands(
    commands: Records, count: int, markets: Records, instruments: Records, sim: Records,
    resting: Records, queue: Records,
) -> None:  # fmt: skip
    """Let approved commands arrive, at once or after their delay."""
    for index in range(count):
        command = nth(commands, index)
        if command.verdict != 0:
            continue
        kind, row, number = command.kind, command.order, command.number
        if kind == CMD_PLACE:
            enter_order(sim, resting, command)
        if sim.delay_ns + sim.jitter_ns == 0:
            arrive(
                sim, resting, queue, markets, instruments, kind, row, number,
                command.robot, command.instrument,
            )  # fmt: skip
        else:
            late_ns = delay_of(2 * number + kind % 2, sim.delay_ns, sim.jitter_ns, sim.seed)
            send(
                sim, queue, sim.now_ns + late_ns, kind, row, number, command.robot,
                command.instrument,
            )  # fmt: skip


@part
def enter_order(sim: Records, resting: Records, command: Records) -> None:
    """Write a new order into the venue's records; it is on its way."""
    order = nth(resting.orders, command.order)
    order.state = ON_ITS_WAY
    order.number = command.number
    order.robot = command.robot
    order.account = nth(sim, row_of(sim, command.robot, 0, 0)).account
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
