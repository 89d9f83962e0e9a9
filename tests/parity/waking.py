"""The grid that asks to be woken by everything. What it does must not differ from the grid's."""

from dataclasses import replace

from steelyard.jit.parts import Records
from steelyard.model.kinds import WAKE_EVERY_EVENT
from tests.parity.play import GRID


def want_always(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records,
    params: Records, state: Records, cells: Records,
) -> None:  # fmt: skip
    """Be the grid, and ask to be woken by everything."""
    GRID.want(
        event, book, robots, markets, instruments, positions, balances, orders, commands,
        params, state, cells,
    )  # fmt: skip
    robots["wake_flags"] |= WAKE_EVERY_EVENT


AWAKE = replace(GRID, name="grid_awake", want=want_always)
