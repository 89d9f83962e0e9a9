"""The same moving-average crossover in the compiled form: it runs at the speed of the grid.

steelyard backtest examples/ma_cross_compiled.py:STRATEGY --data FILE --set budget=1000

The decision is one compiled part over records; sums stay integers, so that fast > slow is
decided by cross multiplication and no rounding can differ from one machine to another.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from steelyard.jit.parts import Records, part
from steelyard.kernel.strategy import CompiledStrategy, Prepared, Situation
from steelyard.model.kinds import BUY, EV_BAR, MARKET, SELL, WAKE_EVERY_BAR
from steelyard.model.parameters import declared_parameters, parameter
from steelyard.state.money import quantity_for
from steelyard.state.orders import position_row, stage_place

PARAMS = np.dtype([("fast", "i8"), ("slow", "i8"), ("budget", "i8")])
STATE = np.dtype([("bars", "i8"), ("fast_sum", "i8"), ("slow_sum", "i8")])
CELL = np.dtype([("close", "i8")])


class Parameters:
    """The same parameters as the plain form."""

    fast: int = parameter(20, unit="bars", minimum=1, doc="length of the fast mean")
    slow: int = parameter(50, unit="bars", minimum=2, doc="length of the slow mean")
    budget: Decimal = parameter(unit="quote", above=0, doc="spent on each entry")


@part
def want(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records,
    params: Records, state: Records, cells: Records,
) -> None:  # fmt: skip
    """Keep the sums; on a bar, hold while the fast mean is above the slow one."""
    robot = event[0].robot
    robots[robot].wake_flags = WAKE_EVERY_BAR
    if event[0].kind != EV_BAR:
        return
    own, set_to = state[0], params[0]
    close = markets[0].close
    size = len(cells)
    own.fast_sum += close
    own.slow_sum += close
    if own.bars >= set_to.fast:
        own.fast_sum -= cells[(own.bars - set_to.fast) % size].close
    if own.bars >= set_to.slow:
        own.slow_sum -= cells[(own.bars - set_to.slow) % size].close
    cells[own.bars % size].close = close
    own.bars += 1
    if own.bars < set_to.slow or own.bars < set_to.fast:
        return
    position = positions[position_row(book, robot, 0, 0)]
    if position.open_buy or position.open_sell:
        return
    fast, slow = own.fast_sum * set_to.slow, own.slow_sum * set_to.fast
    if fast > slow and position.quantity == 0:
        quantity = quantity_for(instruments[0], close, set_to.budget)
        stage_place(
            book, orders, commands, robot, 0, BUY, MARKET, 0, 0, quantity, markets[0].last, 0, 0
        )
    elif fast < slow and position.quantity > 0:
        stage_place(
            book, orders, commands, robot, 0, SELL, MARKET, 0, 0, position.quantity,
            markets[0].last, 0, 0,
        )  # fmt: skip


def prepare(values: Mapping[str, Any], situation: Situation) -> Prepared:
    """Turn the parameters into records."""
    params, state = np.zeros(1, PARAMS), np.zeros(1, STATE)
    params[0] = (
        values["fast"],
        values["slow"],
        situation.instruments[0].money(values["budget"]),
    )
    cells = np.zeros(max(values["fast"], values["slow"]) + 1, CELL)
    return Prepared(params=params, state=state, cells=cells)


STRATEGY = CompiledStrategy(
    name="ma_cross",
    layout=1,
    summary="Holds the instrument while the fast mean of closes is above the slow one.",
    parameters=declared_parameters(Parameters),
    want=want,
    prepare=prepare,
)
