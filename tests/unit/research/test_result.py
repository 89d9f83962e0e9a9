"""The result of a run: buy and hold by hand, money as text, a halt that nobody may miss."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from steelyard.app.assemble import ENGINES, machine_for
from steelyard.model.errors import OverflowHalt
from steelyard.model.instruments import Kind
from steelyard.model.kinds import BAR, TRADE_BUY
from steelyard.services.research.figures import max_drawdown
from steelyard.services.research.modelling import Models
from steelyard.services.research.result import Asked, result_of
from steelyard.services.research.run import run
from steelyard.store.catalog.columns import MemoryHistory
from tests.golden.market import history, instrument
from tests.parity.play import GRID, Played, Task, play

SPOT = instrument(Kind.SPOT, maker=100_000, taker=200_000)
GIVEN = {"price_interval": "1", "order_quantity": "100", "min_order_value": "0",
         "buy_window_size": 3, "position_safety_check": 1}  # fmt: skip


def task(rows: MemoryHistory, **how: Any) -> Task:
    return Task(history=rows, given=GIVEN, equity="1000", **how)


def composed(one: Task) -> tuple[dict[str, Any], Played]:
    played = play(one)
    asked = Asked(
        strategy="grid", parameters=GRID.parameters, values=one.plan("fused").values,
        given=frozenset(one.given), models=Models().texts(), assumptions=(), source="by hand",
        command="", version="0",
    )  # fmt: skip
    return result_of(played.machine, one.history, played.trail, asked, 0.5), played


def test_buy_and_hold_by_hand() -> None:
    # All of 1000 at the first price, 100.00, less the taker fee of 0.2 %: 998 buys 9.980 exactly,
    # worth 998, fee 1.996 -- on what was spent. At the end, 110.00: 9.980 × 10 = 99.80 gained.
    rows = history(SPOT, (TRADE_BUY, "100", "1"), (TRADE_BUY, "80", "1"), (TRADE_BUY, "110", "1"))
    found, _ = composed(task(rows))

    hold = found["buy_and_hold"]
    assert hold["equity_end"] == "1097.804"  # 1000 + 99.80 - 1.996
    assert hold["pnl"] == "97.804"
    assert hold["pnl_rate"] == "0.097804"


def test_buy_and_hold_falls_as_the_price_does() -> None:
    # Two prices a second apart and two samples: at 80.00 the coins are worth 798.40; with what the
    # fee left over, 0.004, the account falls from 1000 to 798.404: a fifth and the fee.
    rows = history(SPOT, (TRADE_BUY, "100", "1"), (TRADE_BUY, "80", "1"), (TRADE_BUY, "80", "1"))
    found, _ = composed(task(rows))

    assert found["buy_and_hold"]["equity_end"] == "798.404"
    assert found["buy_and_hold"]["max_drawdown"] == "0.201596"


def test_bars_begin_at_the_open_of_the_first() -> None:
    rows = history(SPOT, (BAR, "50", "50", "50", "50", "1"), (BAR, "50", "60", "50", "60", "1"))
    found, played = composed(task(rows))

    assert played.trail.first_price == 5_000
    assert found["buy_and_hold"]["pnl"] == "197.604"  # 998 / 50 = 19.960; × 10 less 1.996


def test_the_result_is_one_json_object_whose_money_is_text() -> None:
    rows = history(
        SPOT, (TRADE_BUY, "100", "9"), (TRADE_BUY, "98.99", "9"), (TRADE_BUY, "100.01", "9")
    )
    found, played = composed(task(rows))

    assert json.loads(json.dumps(found)) == found
    for name in ("equity_start", "equity_end", "pnl", "fees", "funding", "turnover", "position"):
        assert isinstance(found[name], str), name
    parts = {name: Decimal(value) for name, value in found["waterfall"].items()}
    total = parts.pop("total")
    assert sum(parts.values()) == total == Decimal(found["pnl"]) == Decimal("0.80901")
    assert Decimal(found["equity_end"]) - Decimal(found["equity_start"]) == total
    assert (found["fills"], found["position"], found["events"]) == (2, "0", 3)
    assert found["events_per_s"] == 6
    assert Decimal(found["turnover"]) == Decimal("99.99") + 101
    assert found["outcome_sha256"] == played.digest


def test_an_interval_of_no_price_at_all_leaves_no_buy_and_hold() -> None:
    rows = history(SPOT, (TRADE_BUY, "100", "1"))
    whole = task(rows)
    machine, _ = machine_for(whole.plan("fused"), rows)

    trail = run(machine, replace(rows, table=history(SPOT).table))

    assert (trail.first_price, trail.rows) == (0, 0)


def test_the_drawdown_counts_from_the_capital_paid_in() -> None:
    rows = history(SPOT, (TRADE_BUY, "100", "9"), (TRADE_BUY, "98.99", "9"),
                   (TRADE_BUY, "90", "9"), (TRADE_BUY, "90", "9"))  # fmt: skip
    found, played = composed(task(rows))

    lowest = min(int(part["equity"].min()) for part in played.trail.curve)
    assert Decimal(found["max_drawdown"]) == max_drawdown(played.trail.curve[0]["equity"][:0]) + (
        1 - Decimal(lowest) / 10**11
    ).quantize(Decimal("0.000001"))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_fault_of_the_venue_in_the_last_chunk_is_told_too(engine: str) -> None:
    rows = history(SPOT, (TRADE_BUY, "100", "1"), (TRADE_BUY, "99", "1"))
    machine, _ = machine_for(task(rows).plan(engine), rows)
    machine.venue.sim[0]["fault"] = 10  # its ring of events overflowed

    with pytest.raises(OverflowHalt, match="the book halted"):
        run(machine, rows)
