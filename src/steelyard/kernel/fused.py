"""The fused driver: the line, from history to ledger, inside one compiled function.

Rule 1: it names no strategy, no rule and no venue; the assembly binds `advance`, `submit` and
`turn` (which carries the strategy and the rules) by name.
Rule 2: it keeps nothing of its own. Everything stands in the records, so it may return between
any two events (log full, curve full, chunk at its end) and be called again.
"""

from typing import Final

from steelyard.jit.parts import Records, unbound
from steelyard.kernel.sample import sample

CHUNK_END: Final = 0  # advance: every row was walked, and nothing in flight is due before the end
EVENT: Final = 1  # advance: the event record holds what the book must hear next
SAMPLE: Final = 2  # advance: the equity curve is due a sample at book time
LOG_FULL: Final = 3
CURVE_FULL: Final = 4
HALTED: Final = 5

LOG_ROOM: Final = 4096  # rows one event can need at most


advance = unbound
"""Walk history to the next event of this book. Bound by the assembly."""


submit = unbound
"""Hand the approved commands of the event at hand to the venue. Bound by the assembly."""


turn = unbound
"""Know, book, want, allow, report: one event. Bound by the assembly."""


def drive(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records, limits: Records,
    params: Records, state: Records, cells: Records, log: Records, curve: Records,
    sim: Records, resting: Records, queue: Records,
    ts: Records, kind: Records, inst: Records,
    a: Records, b: Records, c: Records, d: Records, e: Records,
) -> int:  # fmt: skip
    """Run until the chunk ends or a buffer is full; return why."""
    while True:
        if book[0].halted:
            return HALTED
        if len(log) - book[0].log < LOG_ROOM:
            return LOG_FULL
        found = advance(
            event, book, robots, markets, instruments, sim, resting, queue,
            ts, kind, inst, a, b, c, d, e,
        )  # fmt: skip
        if found == EVENT:
            turn(
                event, book, robots, markets, instruments, positions, balances, orders,
                commands, limits, params, state, cells, log,
            )  # fmt: skip
            submit(event, book, orders, commands, markets, instruments, sim, resting, queue)
        elif found == SAMPLE:
            if not sample(sim, book, markets, instruments, positions, balances, curve):
                return CURVE_FULL
        else:
            return found
