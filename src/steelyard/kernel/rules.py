"""Rules joined into one objection: the first that objects is heard."""

from steelyard.jit.parts import Records, unbound

first = unbound
"""Bound by the assembly."""


then = unbound
"""Bound by the assembly."""


def either(
    command: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, limits: Records,
) -> int:  # fmt: skip
    """Ask the first rule, and the others only if it has no objection."""
    code = first(command, book, robots, markets, instruments, positions, balances, orders, limits)
    if code != 0:
        return code
    return then(command, book, robots, markets, instruments, positions, balances, orders, limits)
