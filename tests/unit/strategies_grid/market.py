"""The grid on the simulator, inside the fused loop."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.app.machines import columns
from steelyard.app.rules import bound_gate
from steelyard.jit.parts import Records, bind
from steelyard.kernel.book import Book, new_book
from steelyard.kernel.fused import CHUNK_END, drive
from steelyard.kernel.strategy import Situation
from steelyard.kernel.turn import turn
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import NEVER_NS, TRADE_BUY, WAKE_EVERY_EVENT
from steelyard.strategies.grid.want import want
from steelyard.venues.sim.settings import SimSettings, Simulator, new_sim
from steelyard.venues.sim.venue import advance, submit
from tests.unit.strategies_grid.desk import LIVE, START, perpetual, prepare


def want_always(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records,
    params: Records, state: Records, cells: Records,
) -> None:  # fmt: skip
    """Be the grid, and ask to be woken by everything."""
    want(
        event, book, robots, markets, instruments, positions, balances, orders, commands,
        params, state, cells,
    )  # fmt: skip
    robots[event[0].robot].wake_flags |= WAKE_EVERY_EVENT


def _drive(name: str, decision: Any) -> Any:
    one = bind(turn, f"turn_{name}", want=decision, allow=bound_gate())
    return bind(drive, f"drive_{name}", advance=advance, submit=submit, turn=one)


SLEEPING = _drive("sleeping_grid", want)
ALWAYS = _drive("waking_grid", bind(want_always, "want_always_grid"))


@dataclass
class Market:
    """One run: its book, its simulator, what the grid prepared."""

    book: Book
    venue: Simulator
    prepared: Any
    lines: np.ndarray

    @property
    def live(self) -> np.ndarray:
        orders = self.book.orders
        return orders[np.isin(orders["status"], LIVE)]


def trades(prices: np.ndarray, *, step_ns: int = 10**9, quantity: int = 10**6) -> Chunk:
    count = len(prices)
    return Chunk(
        ts_ns=START + np.arange(count, dtype=np.int64) * step_ns,
        kind=np.full(count, TRADE_BUY, dtype=np.int8) + (np.arange(count) % 2).astype(np.int8),
        instrument=np.zeros(0, dtype=np.int16),
        a=np.ascontiguousarray(prices, dtype=np.int64),
        b=np.full(count, quantity, dtype=np.int64),
        c=np.zeros(0, dtype=np.int64), d=np.zeros(0, dtype=np.int64),
        e=np.zeros(0, dtype=np.int64),
    )  # fmt: skip


def play(
    chunk: Chunk, *, always: bool = False, terms: Instrument | None = None,
    equity: str = "1000000", leverage: int = 1, sim: SimSettings | None = None, **given: Any,
) -> Market:  # fmt: skip
    """Run the grid over the rows."""
    traded = terms or perpetual()
    cash = traded.money(equity)
    prepared = prepare(Situation(instruments=(traded,), equity=cash, leverage=leverage), **given)
    book = new_book((traded,), capital=cash, leverage=leverage)
    settings = sim or SimSettings()
    settings = SimSettings(**{
        **{name: getattr(settings, name) for name in SimSettings.__dataclass_fields__},
        "bar_step_ns": prepared.bar_step_ns, "sample_ns": NEVER_NS,
    })  # fmt: skip
    venue = new_sim(
        book.terms, settings, kinds=[frozenset(int(k) for k in np.unique(chunk.kind))],
        cash=[cash], orders=len(book.orders),
    )  # fmt: skip
    run = ALWAYS if always else SLEEPING
    lines = []
    while True:
        found = run(
            book.event, book.head, book.robots, book.markets, book.terms, book.positions,
            book.balances, book.orders, book.commands, book.limits, prepared.params,
            prepared.state, prepared.cells, book.log, book.curve, venue.sim, venue.resting,
            venue.queue, *columns(chunk),
        )  # fmt: skip
        lines.append(book.log[: book.head["log"][0]].copy())
        book.head["log"] = 0
        if found == CHUNK_END:
            break
        assert book.head["halted"][0] == 0, "the book halted"
    return Market(book, venue, prepared, np.concatenate(lines))


def told(market: Market) -> np.ndarray:
    """Return what happened, without the numbers of the events: extra wakes are numbered too."""
    lines = market.lines
    return np.stack([lines["what"], lines["a"], lines["b"], lines["c"]], axis=1)
