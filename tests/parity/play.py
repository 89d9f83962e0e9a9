"""One run of one strategy through one driver, with everything it leaves kept for comparison."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from steelyard.app.assemble import Machine, Plan, machine_for
from steelyard.kernel.book import Book
from steelyard.kernel.plain import Strategy
from steelyard.kernel.strategy import CompiledStrategy
from steelyard.ledger.accounts import CASH, CLEARING, FEES, FUNDING
from steelyard.ledger.waterfall import Waterfall, waterfall
from steelyard.model.explain import Explanation
from steelyard.model.history import Chunk, History
from steelyard.model.instruments import Kind
from steelyard.model.parameters import read_parameters
from steelyard.model.records import LOG
from steelyard.services.research.run import FILL_COLUMNS, Trail, joined, run
from steelyard.state.money import worth
from steelyard.store.catalog.columns import MemoryHistory, cut
from steelyard.strategies.registry import STRATEGIES
from steelyard.venues.sim.settings import SimSettings

GRID = STRATEGIES["grid"]
FLUSHES_MAX = 40  # of the log, some 60,000 lines each: far more than any of these tasks needs


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be run: the same for every driver."""

    history: MemoryHistory
    given: dict[str, Any]
    strategy: CompiledStrategy | type[Strategy] = GRID
    equity: str = "100000"
    leverage: int = 1
    sim: SimSettings = SimSettings()
    tag: str = ""

    def plan(self, engine: str) -> Plan:
        values = read_parameters(self.strategy.parameters, self.given, owner="task")
        return Plan(
            strategy=self.strategy, values=values, leverage=self.leverage, sim=self.sim,
            equity=self.history.instruments[0].money(self.equity), engine=engine, tag=self.tag,
        )  # fmt: skip


@dataclass
class Recorder:
    """A machine whose outcome lines are kept, for what a digest cannot say."""

    machine: Machine
    lines: list[np.ndarray]

    @property
    def book(self) -> Book:
        return self.machine.book

    @property
    def engine(self) -> str:
        return self.machine.engine

    @property
    def clock_record(self) -> np.ndarray:
        return self.machine.clock_record

    def explain(self, code: int, have: int, need: int) -> Explanation:
        return self.machine.explain(code, have, need)

    def run(self, chunk: Chunk) -> int:
        code = self.machine.run(chunk)
        self.lines.append(self.book.log[: int(self.book.head[0]["log"])].copy())
        assert len(self.lines) < FLUSHES_MAX, "the robot does not come to rest"
        return code


@dataclass(frozen=True, kw_only=True)
class Played:
    """A finished run."""

    machine: Machine
    trail: Trail
    lines: np.ndarray

    @property
    def digest(self) -> str:
        return self.trail.digest

    @property
    def fills(self) -> np.ndarray:
        return joined(self.trail.fills, FILL_COLUMNS)

    @property
    def book(self) -> Book:
        return self.machine.book

    def count(self, what: str) -> int:
        """Return a count of the book's head: fills, orders, cancels, refusals, rejections, n."""
        return int(self.book.head[0][what])

    def balance(self, account: int) -> int:
        return int(self.book.balances[0, :, account].sum())

    @property
    def held(self) -> int:
        """Return the position of instrument 0, both sides."""
        return int(self.book.positions["quantity"][:2].sum())

    @property
    def held_worth(self) -> int:
        return int(worth(self.book.terms[0], int(self.book.markets[0]["last"]), self.held))

    @property
    def waterfall(self) -> Waterfall:
        return waterfall([int(b) for b in self.book.balances[0].sum(axis=0)], self.held_worth)

    @property
    def told(self) -> list[tuple[int, ...]]:
        """Return all lines but without their events' numbers: extra wakes are numbered too."""
        return [tuple(line)[1:] for line in self.lines.tolist()]

    @property
    def traded(self) -> list[tuple[int, ...]]:
        """Return time, order, price, signed quantity, liquidity and fee of every fill."""
        names = ["ts_ns", "number", "price", "quantity", "liquidity", "fee"]
        return [tuple(fill) for fill in self.fills[names].tolist()]


def play(task: Task, engine: str = "fused", history: History | None = None) -> Played:
    """Run the task through one driver; `history` stands in for the task's own."""
    machine, _ = machine_for(task.plan(engine), task.history)
    return play_on(machine, history or task.history)


def play_on(machine: Machine, history: History) -> Played:
    recorder = Recorder(machine, [])
    trail = run(recorder, history, keep_fills=True)
    return Played(machine=machine, trail=trail, lines=joined(recorder.lines, LOG))


def assert_equal(one: Played, other: Played) -> None:
    """Hold two runs to the same outcomes, and to the same book and venue at their end."""
    assert one.digest == other.digest, first_difference(one, other)
    assert (one.fills == other.fills).all()
    assert one.waterfall == other.waterfall
    for name in ("head", "markets", "positions", "balances", "robots"):
        assert np.array_equal(getattr(one.book, name), getattr(other.book, name)), name
    assert np.array_equal(joined(one.trail.curve, one.book.curve.dtype),
                          joined(other.trail.curve, one.book.curve.dtype))  # fmt: skip


def first_difference(one: Played, other: Played) -> str:
    """Say where two logs part."""
    rows = min(len(one.lines), len(other.lines))
    parted = np.flatnonzero(one.lines[:rows] != other.lines[:rows])
    at = int(parted[0]) if len(parted) else rows
    near = slice(max(at - 3, 0), at + 2)
    return f"line {at} of {rows}: {one.lines[near].tolist()} against {other.lines[near].tolist()}"


def assert_conserved(played: Played) -> None:
    """Hold what the book believes to the simulator's own account, which books apart from it.

    Spot: coins and cash. Perpetual: position, entry worth and wallet, so that equity, wallet plus
    open profit, is the same on both sides.
    """
    book, venue = played.book, played.machine.venue.sim
    account = venue[0]
    spot = book.instruments[0].kind == Kind.SPOT
    assert int(venue["quantity"][:2].sum()) == played.held
    assert int(account["cash"]) == played.balance(CASH)
    assert int(account["paid_fees"]) == played.balance(FEES)
    assert int(account["paid_funding"]) == played.balance(FUNDING)
    equity = int(account["cash"]) + played.held_worth
    if not spot:
        assert (venue["entry_worth"][:2] == book.positions["entry_worth"][:2]).all()
        equity -= int(venue["entry_worth"][:2].sum())
    assert played.waterfall.equity == equity
    if spot:
        assert played.balance(CLEARING) == 0


@dataclass(frozen=True, kw_only=True)
class Pieces(MemoryHistory):
    """A history in memory, cut before these rows."""

    cuts: tuple[int, ...]

    def chunks(self) -> Iterator[Chunk]:
        edges = sorted({0, *self.cuts, self.rows})
        for start, stop in pairwise(edges):
            yield cut(self.table, start, stop)


def in_pieces(history: MemoryHistory, *cuts: int) -> Pieces:
    return Pieces(
        instruments=history.instruments, table=history.table, gaps=history.gaps,
        assumptions=history.assumptions, cuts=cuts,
    )  # fmt: skip


def rows_of(history: History) -> MemoryHistory:
    """Return a history with all its rows in memory."""
    chunks = list(history.chunks())
    names = ("ts_ns", "kind", "instrument", "a", "b", "c", "d", "e")
    table = Chunk(**{name: np.concatenate([getattr(c, name) for c in chunks]) for name in names})
    return MemoryHistory(
        instruments=history.instruments, table=table, gaps=history.gaps,
        assumptions=history.assumptions,
    )  # fmt: skip


def first_rows(history: History, rows: int) -> MemoryHistory:
    whole = rows_of(history)
    return replace(whole, table=cut(whole.table, 0, rows))
