"""Machines: a book, a strategy, the rules and a simulator, driven over history.

| machine | strategy | doors |
|---|---|---|
| FusedMachine | compiled | all inside one compiled loop |
| KernelMachine | compiled or plain | `Kernel.step_record`, one event at a time |
| StrideMachine | plain | compiled up to the handler, then `Kernel` |

They walk the same parts in the same order; parity tests hold them to equal outcomes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.jit.parts import direct
from steelyard.kernel.book import Book
from steelyard.kernel.fused import CURVE_FULL, EVENT, HALTED, LOG_FULL, LOG_ROOM, SAMPLE
from steelyard.kernel.kernel import Kernel
from steelyard.kernel.sample import sample
from steelyard.kernel.strategy import Prepared
from steelyard.model.explain import Explanation, explain
from steelyard.model.history import Chunk
from steelyard.model.reasons import Reason
from steelyard.venues.sim.settings import Simulator


def columns(chunk: Chunk) -> tuple[Any, ...]:
    """Return a chunk's columns in the order the drivers take them.

    All of them read-only: the compiler tells read-only arrays from others, and would compile the
    loop anew for each mixture of columns from files and columns from memory.
    """
    return tuple(
        _read_only(column)
        for column in (
            chunk.ts_ns, chunk.kind, chunk.instrument, chunk.a, chunk.b, chunk.c, chunk.d, chunk.e,
        )
    )  # fmt: skip


def _read_only(column: np.ndarray) -> np.ndarray:
    view = column.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """What every machine holds."""

    book: Book
    venue: Simulator
    reasons: dict[int, Reason]

    @property
    def clock_record(self) -> np.ndarray:
        """Return the simulator's head."""
        return self.venue.sim

    def explain(self, code: int, have: int, need: int) -> Explanation:
        """Put a reason into words."""
        return explain(code, have, need, self.book.instruments[0], self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedMachine(_Machine):
    """Everything inside one compiled function; `drive` is `kernel.fused.drive` bound."""

    drive: Callable[..., int]
    prepared: Prepared
    engine: str = "fused"

    def run(self, chunk: Chunk) -> int:
        """Drive until the chunk ends or a buffer is full."""
        b, v, own = self.book, self.venue, self.prepared
        return self.drive(
            b.event, b.head, b.robots, b.markets, b.terms, b.positions, b.balances, b.orders,
            b.commands, b.limits, own.params, own.state, own.cells, b.log, b.curve,
            v.sim, v.resting, v.queue, *columns(chunk),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelMachine(_Machine):
    """One event at a time through `Kernel`, as live."""

    kernel: Kernel
    advance: Callable[..., int]
    submit: Callable[..., None]
    engine: str = "kernel"

    def run(self, chunk: Chunk) -> int:
        """Drive until the chunk ends or a buffer is full."""
        b, v = self.book, self.venue
        walked = columns(chunk)
        head = b.head[0]
        while True:
            if head["halted"]:
                return HALTED
            if len(b.log) - head["log"] < LOG_ROOM:
                return LOG_FULL
            found = self.advance(
                b.event, b.head, b.robots, b.markets, b.terms, v.sim, v.resting, v.queue, *walked
            )
            if found == EVENT:
                self.kernel.step_record()
                self.submit(
                    b.event, b.head, b.orders, b.commands, b.markets, b.terms,
                    v.sim, v.resting, v.queue,
                )  # fmt: skip
            elif found == SAMPLE:
                if not sample(v.sim, b.head, b.markets, b.terms, b.positions, b.balances, b.curve):
                    return CURVE_FULL
            else:
                return int(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrideMachine(_Machine):
    """Compiled up to the handler of a plain strategy; `stride` is `kernel.stride.stride` bound."""

    kernel: Kernel
    stride: Callable[..., int]
    heed: int
    engine: str = "kernel"

    def run(self, chunk: Chunk) -> int:
        """Drive until the chunk ends or a buffer is full."""
        b, v = self.book, self.venue
        fixed = (
            self.heed, b.event, b.head, b.robots, b.markets, b.terms, b.positions, b.balances,
            b.orders, b.commands, b.log, b.curve, v.sim, v.resting, v.queue, *columns(chunk),
        )  # fmt: skip
        stride, decide = direct(self.stride), self.kernel.decide
        while True:
            found = stride(*fixed)
            if found != EVENT:
                return int(found)
            decide()
