"""The kernel's driver for plain Python strategies over history: compiled up to the handler.

Rule 1: the doors hear, know and book run compiled until an event that the strategy has a handler
for; want and allow happen outside, through `Kernel`, and the next call sends what was approved.
Rule 2: events nobody handles pass the same doors and are not handed out.
"""

from steelyard.jit.parts import Records, unbound
from steelyard.kernel.enter import enter
from steelyard.kernel.fused import CURVE_FULL, EVENT, HALTED, LOG_FULL, LOG_ROOM, SAMPLE
from steelyard.kernel.sample import sample

advance = unbound
"""Walk history to the next event of this book. Bound by the assembly."""


submit = unbound
"""Hand the approved commands to the venue. Bound by the assembly."""


def stride(
    heed: int, event: Records, book: Records, robots: Records, markets: Records,
    instruments: Records, positions: Records, balances: Records, orders: Records,
    commands: Records, log: Records, curve: Records,
    sim: Records, resting: Records, queue: Records,
    ts: Records, kind: Records, inst: Records,
    a: Records, b: Records, c: Records, d: Records, e: Records,
) -> int:  # fmt: skip
    """Run to the next event whose kind's bit is set in `heed`; or say why not."""
    head = book[0]
    if head.commands:
        submit(event, book, orders, commands, markets, instruments, sim, resting, queue)
        head.commands = 0
        head.judged = 0
    while True:
        if len(log) - head.log < LOG_ROOM:
            return LOG_FULL
        found = advance(
            event, book, robots, markets, instruments, sim, resting, queue,
            ts, kind, inst, a, b, c, d, e,
        )  # fmt: skip
        if found == EVENT:
            enter(event, book, instruments, positions, balances, orders, log)
            if head.halted:
                return HALTED
            if (heed >> event[0].kind) & 1:
                return EVENT
        elif found == SAMPLE:
            if not sample(sim, book, markets, instruments, positions, balances, curve):
                return CURVE_FULL
        else:
            return found
