"""The exchange, driven call by call, gives what a backtest's walk gives over the same rows.

A desk walks a random market with the compiled walk while a robot does anything at all; what it
commanded, and after which row, is noted and asked of the exchange, whose quiet ticks are not
walked at all.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

from steelyard.kernel.ports import Placing
from steelyard.model.history import Chunk
from steelyard.model.reports import OrderReport, OrderState, TradeReport
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.venues.paper.truth import faults
from steelyard.venues.sim.records import ASK, NEXT
from tests.unit.venues_sim.chance import Rows, anything, rows_of, venues
from tests.unit.venues_sim.driving import Desk, columns

RUNS = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))

_ENDS = {"canceled": OrderState.CANCELED, "expired": OrderState.EXPIRED}


@dataclass
class Noted(Desk):
    """A desk that notes what was commanded, when, and how many rows were over by then."""

    log: list[tuple[int, int, Placing | int]] = field(default_factory=list)

    def place(self, side: int, kind: int, quantity: int, *, price: int = 0, flags: int = 0,
              trigger: int = 0, trail: int = 0, inst: int = 0) -> int:  # fmt: skip
        number = super().place(
            side, kind, quantity, price=price, flags=flags, trigger=trigger, trail=trail, inst=inst
        )
        self._note(
            Placing(
                client_id=str(number), instrument=inst, side=side, type=kind, flags=flags,
                price=price, quantity=quantity, trigger=trigger, trail=trail,
            )
        )  # fmt: skip
        return number

    def cancel(self, number: int) -> None:
        super().cancel(number)
        self._note(number)

    def _note(self, what: Placing | int) -> None:
        head = self.venue.sim[0]
        stage = int(head["then"]) if int(head["stage"]) == ASK else int(head["stage"])
        done = int(head["cursor"]) + (stage == NEXT)
        self.log.append((done, int(self.event[0]["ts_ns"]), what))


def played(desk: Noted, rows: Rows, given: dict[str, Any], *, whole: bool) -> SimExchange:
    """Ask the exchange what the desk commanded; `whole`: rows between commands go in as chunks."""
    exchange = SimExchange(
        given["instruments"], cash=given["cash"], coins=given["coins"], leverage=given["leverage"],
        kinds=given["kinds"][0], matching=given["settings"], rows=96,
        rules=ExchangeRules(orders_max=given["settings"].orders_max),
    )  # fmt: skip
    where = {
        placing.client_id: placing.instrument
        for _, _, placing in desk.log
        if isinstance(placing, Placing)
    }
    fed = 0
    for done, ts_ns, what in [*desk.log, (len(rows), 0, 0)]:
        if whole:
            exchange.rows(chunk_of(rows[fed:done], many=len(given["instruments"]) > 1))
        else:
            for ts, kind, a, b, c, d, e, inst in rows[fed:done]:
                exchange.row(ts, kind, inst, a, b, c, d, e)
        fed = done
        if isinstance(what, Placing):
            exchange.place(ts_ns, 0, what)
        elif what:
            exchange.cancel(ts_ns, 0, str(what), where[str(what)])
    return exchange


def chunk_of(rows: Rows, *, many: bool) -> Chunk:
    ts, kind, inst, a, b, c, d, e = columns(rows, many=many)
    return Chunk(ts_ns=ts, kind=kind, instrument=inst, a=a, b=b, c=c, d=d, e=e)


def compare(given: dict[str, Any], *, whole: bool) -> None:
    assume(given["mix"] != "bars")  # nobody stands inside of a bar here
    given["settings"] = replace(
        given["settings"], latency="none", order_delay_ns=0, jitter_ns=0, bar_step_ns=0,
        sample_step_ns=0,
    )  # fmt: skip
    rows = rows_of(given)
    desk = Noted(
        given["instruments"], anything(given["seed"]), settings=given["settings"],
        kinds=given["kinds"], cash=given["cash"], coins=given["coins"],
        leverage=given["leverage"], orders_room=96,
    )  # fmt: skip
    desk.robots[0]["wake_flags"] = 1
    heard = desk.run(rows)

    exchange = played(desk, rows, given, whole=whole)
    told = [news for _, news in exchange.drain()]

    trades = [news for news in told if isinstance(news, TradeReport)]
    assert [
        (int(t.client_id or 0), t.ts_ns, t.instrument, t.price, t.quantity, t.liquidity, t.fee)
        for t in trades
    ] == [
        (h.number, h.ts_ns, h.instrument, h.price, abs(h.quantity), h.liquidity or 2, h.fee)
        for h in heard
        if h.what in ("fill", "liquidated")
    ]
    assert [
        (int(r.client_id), r.state, r.ts_ns)
        for r in told
        if isinstance(r, OrderReport) and r.state in (OrderState.CANCELED, OrderState.EXPIRED)
    ] == [(h.number, _ENDS[h.what], h.ts_ns) for h in heard if h.what in _ENDS]
    for name in ("cash", "locked", "quantity", "entry_worth", "required", "open_orders"):
        assert np.array_equal(exchange.engine.sim[name], desk.venue.sim[name]), name
    for name in ("last", "bid", "ask", "mark"):
        assert np.array_equal(exchange.engine.markets[name], desk.markets[name]), name
    assert faults(exchange) == []


@RUNS
@given(venues())
def test_row_by_row_it_gives_what_a_backtest_gives(given: dict[str, Any]) -> None:
    compare(given, whole=False)


@RUNS
@given(venues())
def test_by_chunks_it_gives_what_a_backtest_gives(given: dict[str, Any]) -> None:
    compare(given, whole=True)
