"""The same seconds as trades and as bars: what a bar does not say must not earn anything.

What the bar assumption allows: an order fills only where the bar's range lies strictly beyond its
price, so a print of that bar passed it too; an order placed inside a bar waits for the next one,
while the trades may have gone through its level again and again.
Hence bars may give fewer fills and less profit of closed slots, never more. Sizes are left out
(unlimited liquidity): a print that runs out splits one fill into several, and a bar's share of
volume is no print.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from steelyard.venues.sim.settings import SimSettings
from tests.parity.coarser import bars_of, trades_alone
from tests.parity.play import Played, Task, play
from tests.parity.recorded import Recorded, task_of

FILES = {
    "46 seconds": Recorded(file="ticks/binance_spot/BTCUSDT-trades-20210108.parquet",
                           interval="0.0002"),
    "six minutes": Recorded(file="l2/binance_spot/BTCUSDT-20240808.raw.txt.gz",
                            interval="0.0001"),
    "two days": Recorded(file="ticks/binance_spot/XRPETH-trades-201910_.feather",
                         interval="0.002"),
}  # fmt: skip
STEPS_S = [1, 5, 60]
each_file = pytest.mark.parametrize("which", FILES)
each_step = pytest.mark.parametrize("step_s", STEPS_S)


@cache
def of_trades(which: str) -> tuple[Task, Played]:
    task = task_of(replace(FILES[which], sim=SimSettings(liquidity="unlimited")))
    task = replace(task, history=trades_alone(task.history))
    return task, play(task)


def of_bars(which: str, step_s: int) -> tuple[Task, Played]:
    task = of_trades(which)[0]
    task = replace(task, history=bars_of(task.history, step_s * 10**9))
    return task, play(task)


@each_file
def test_trades_make_round_trips(which: str) -> None:
    _, trades = of_trades(which)

    assert trades.count("fills") > 50
    assert trades.waterfall.grid > 0


@each_file
@each_step
def test_bars_give_no_more_fills_and_no_more_profit_than_their_trades(
    which: str, step_s: int
) -> None:
    _, trades = of_trades(which)
    _, bars = of_bars(which, step_s)

    assert bars.count("fills") <= trades.count("fills")
    assert (bars.fills["quantity"] < 0).sum() <= (trades.fills["quantity"] < 0).sum()
    assert bars.waterfall.grid <= trades.waterfall.grid


@each_file
@each_step
def test_a_bar_fills_only_what_its_range_passed_and_every_order_once(
    which: str, step_s: int
) -> None:
    task, bars = of_bars(which, step_s)
    fills, table = bars.fills, task.history.table
    rows = np.searchsorted(table.ts_ns, fills["ts_ns"])

    assert (table.ts_ns[rows] == fills["ts_ns"]).all()
    bought = fills["quantity"] > 0
    assert (table.c[rows][bought] < fills["price"][bought]).all()
    assert (table.b[rows][~bought] > fills["price"][~bought]).all()
    assert len(set(fills["number"].tolist())) == len(fills)
