"""One decision written twice: plain and compiled; and plain strategies through both their drivers.

The twin in plain Python goes through the strides, the compiled one through the fused loop, so
this also holds the two loops to each other.
"""

from dataclasses import replace
from typing import Any

import pytest

from steelyard.app.assemble import MINUTE_NS, machine_for
from steelyard.app.machines import KernelMachine
from steelyard.app.rules import bound_gate
from steelyard.app.strategies import find_strategy
from steelyard.kernel.book import new_book
from steelyard.kernel.kernel import Kernel, PlainSeat
from steelyard.kernel.plain import Strategy
from steelyard.kernel.strategy import CompiledStrategy
from steelyard.model.kinds import NEVER_NS
from steelyard.model.times import parse_time
from steelyard.services.marketdata.generation.settings import Emits
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.columns import MemoryHistory
from steelyard.venues.sim.settings import SimSettings, new_sim
from steelyard.venues.sim.venue import advance, submit
from tests.house.reading import ROOT
from tests.parity.markets import market
from tests.parity.play import (
    Played,
    Task,
    assert_conserved,
    assert_equal,
    first_rows,
    in_pieces,
    play,
    play_on,
)
from tests.recorded.market_files import market_file

CROSS = {"fast": 5, "slow": 12, "budget": "5000"}
LEVELS = {"step": "60", "budget": "500"}


def example(name: str) -> tuple[type[Strategy] | CompiledStrategy, str]:
    found = find_strategy(f"{ROOT / 'examples'}/{name}")
    return found.strategy, found.tag


def real_bars() -> MemoryHistory:
    history = open_history(
        market_file("klines/binance_spot/BTCUSDT-5m-20240301_20250430.parquet"),
        from_ns=parse_time("2024-03-04"), to_ns=parse_time("2024-03-11"),
    )  # fmt: skip
    return first_rows(history, history.rows)


def generated_bars() -> MemoryHistory:
    return market(11, emits=Emits.BARS, count=2_000, volatility_day=0.1)


def generated_trades() -> MemoryHistory:
    return market(12, emits=Emits.TRADES, count=5_000, trades_per_s=0.5, volatility_day=0.1)


def generated_quotes() -> MemoryHistory:
    return market(13, emits=Emits.BOTH, count=2_000, trades_per_s=0.5, volatility_day=0.1)


def task(name: str, history: MemoryHistory, given: dict[str, Any], **how: Any) -> Task:
    strategy, tag = example(name)
    return Task(history=history, strategy=strategy, tag=tag, given=given, **how)


def play_event_by_event(task: Task, history: MemoryHistory | None = None) -> Played:
    """Run a plain strategy through `KernelMachine`, which no assembly chooses for one."""
    plan = task.plan("kernel")
    kind = task.strategy
    assert isinstance(kind, type)
    strategy = kind(plan.values)
    book = new_book(task.history.instruments, capital=plan.equity, leverage=plan.leverage)
    settings = replace(plan.sim, bar_step_ns=kind.bar_minutes * MINUTE_NS, sample_ns=NEVER_NS)
    venue = new_sim(
        book.terms, settings, kinds=[task.history.kinds], cash=[plan.equity],
        orders=len(book.orders),
    )  # fmt: skip
    kernel = Kernel(book, [PlainSeat(kind.__name__, strategy)], bound_gate())
    machine = KernelMachine(
        book=book, venue=venue, reasons={}, kernel=kernel, advance=advance, submit=submit
    )
    return play_on(machine, history or task.history)


@pytest.mark.parametrize("bars", [real_bars, generated_bars])
@pytest.mark.parametrize("latency", ["none", "fixed"])
def test_the_plain_and_the_compiled_crossover_trade_the_same(bars: Any, latency: str) -> None:
    sim = SimSettings(latency=latency, order_delay_ns=400 * 10**9)
    history = bars()
    plain = play(task("ma_cross.py:MovingAverageCross", history, CROSS, sim=sim))
    compiled = play(task("ma_cross_compiled.py:STRATEGY", history, CROSS, sim=sim))

    assert plain.machine.engine == "kernel"
    assert compiled.machine.engine == "fused"
    assert plain.traded == compiled.traded
    assert plain.waterfall == compiled.waterfall
    assert plain.count("fills") > 20
    assert_conserved(plain)
    assert_conserved(compiled)


@pytest.mark.parametrize("name,given,history", [
    ("ma_cross.py:MovingAverageCross", CROSS, generated_bars),
    ("ma_cross.py:MovingAverageCross", CROSS, real_bars),
    ("level_cross.py:LevelCross", LEVELS, generated_trades),
    ("level_cross.py:LevelCross", LEVELS, generated_quotes),
    ("level_cross.py:LevelCross", LEVELS, generated_bars),
])  # fmt: skip
def test_a_plain_strategy_does_the_same_in_strides_and_event_by_event(
    name: str, given: dict[str, Any], history: Any
) -> None:
    one = task(name, history(), given)
    strides, events = play(one), play_event_by_event(one)

    assert_equal(strides, events)
    assert_conserved(strides)
    assert strides.count("fills") > 0


@pytest.mark.parametrize("name,given,history", [
    ("ma_cross.py:MovingAverageCross", CROSS, generated_bars),
    ("level_cross.py:LevelCross", LEVELS, generated_trades),
])  # fmt: skip
def test_a_plain_strategy_does_the_same_however_history_is_cut(
    name: str, given: dict[str, Any], history: Any
) -> None:
    one = task(name, history(), given)
    cut = in_pieces(one.history, 1, 2, 500, 501, one.history.rows - 1)

    assert_equal(play(one), play(one, history=cut))


def test_an_assembly_walks_a_plain_strategy_in_strides() -> None:
    one = task("level_cross.py:LevelCross", generated_trades(), LEVELS)

    machine, prepared = machine_for(one.plan("kernel"), one.history)

    assert (type(machine).__name__, prepared) == ("StrideMachine", None)
