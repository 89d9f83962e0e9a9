"""One event to one robot, from top to bottom: know, book, want, allow, report.

Rule 1: this is the only place where the order of the doors is written for compiled strategies;
`Kernel.step` walks the same doors for strategies in plain Python.
Rule 2: a refusal is told within the same step, as EV_REFUSED; commands staged then are void.
"""

from steelyard.jit.parts import Records, unbound
from steelyard.kernel.enter import enter
from steelyard.kernel.lines import DECISION, note
from steelyard.model.kinds import CMD_PLACE, EV_REFUSED

want = unbound
"""Let the strategy stage its commands. Bound by the assembly."""


allow = unbound
"""Judge what was staged. Bound by the assembly."""


def turn(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records, limits: Records,
    params: Records, state: Records, cells: Records, log: Records,
) -> None:  # fmt: skip
    """Take the event through every door inside the kernel."""
    enter(event, book, instruments, positions, balances, orders, log)
    head = book[0]
    if head.halted:
        return
    robot = event[0].robot
    before = robots[robot].code
    want(
        event, book, robots, markets, instruments, positions, balances, orders, commands,
        params, state, cells,
    )  # fmt: skip
    refused = allow(
        event, book, robots, markets, instruments, positions, balances, orders, commands,
        limits, log,
    )  # fmt: skip
    if refused:
        kind, order, number = event[0].kind, event[0].order, event[0].number
        staged = head.commands
        for index in range(staged):
            command = commands[index]
            if command.kind != CMD_PLACE or command.verdict == 0:
                continue
            event[0].kind = EV_REFUSED
            event[0].order = command.order
            event[0].number = command.number
            event[0].code = command.verdict
            event[0].have = command.have
            event[0].need = command.need
            head.commands = len(commands)  # no room: whatever is staged now is void
            want(
                event, book, robots, markets, instruments, positions, balances, orders,
                commands, params, state, cells,
            )  # fmt: skip
            head.commands = staged
        event[0].kind, event[0].order, event[0].number = kind, order, number
    if robots[robot].code != before:
        note(book, log, DECISION, robot, robots[robot].code, 0)
