"""What a strategy is to the kernel: the compiled form.

Rule 1: a compiled strategy is one part, `want`, over three records of its own (params, state,
cells) and the book's; it stages commands with `state.orders.stage_place` and `stage_cancel`.
Rule 2: before it returns it says when it wants to be woken (ROBOT.wake_*) and what stands in its
way (ROBOT.code, have, need). Being woken more often must not change what it does.
Rule 3: its state is bytes; `layout` names their version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.model.history import Assumption
from steelyard.model.instruments import Instrument
from steelyard.model.parameters import Parameter
from steelyard.model.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a robot starts from. `equity` is in minor units of the settlement asset."""

    instruments: tuple[Instrument, ...]
    equity: int
    leverage: int
    restored_quantity: int = 0
    restored_entry: int = 0
    traded: int = 0
    """Index of the robot's main instrument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A strategy's records, ready to run. `bar_step_ns` 0: no bars are wanted."""

    params: np.ndarray
    state: np.ndarray
    cells: np.ndarray
    bar_step_ns: int = 0
    assumptions: tuple[Assumption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A price line a page may draw for a robot."""

    price: int
    label: str
    side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledStrategy:
    """A strategy whose decision is a compiled part.

    `want(event, book, robots, markets, instruments, positions, balances, orders, commands,
    params, state, cells)` is called for each event of the robot `event[0].robot`.
    """

    name: str
    layout: int
    summary: str
    parameters: tuple[Parameter, ...]
    want: Callable[..., None]
    prepare: Callable[[Mapping[str, Any], Situation], Prepared]
    reasons: Mapping[int, Reason] = field(default_factory=dict)
    lines: Callable[[Prepared, Instrument], tuple[Line, ...]] | None = None
    assumed: tuple[str, ...] = ()
    """Parameters whose default is an assumption about the person, not about the strategy."""
