"""The grid on the simulated venue, inside the fused loop."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from steelyard.ledger.accounts import GRID, INVENTORY, SETTLEMENT_ACCOUNTS
from steelyard.model.kinds import BUY
from steelyard.model.units import Quantity
from steelyard.venues.sim.settings import SimSettings
from tests.unit.strategies_grid.desk import perpetual, spot
from tests.unit.strategies_grid.market import Market, play, told, trades

SETTINGS: dict[str, dict[str, Any]] = {
    "long": {},
    "short": {"mode": "short"},
    "neutral": {"mode": "neutral"},
    "geometric": {"spacing": "geometric", "price_interval": "2.5"},
    "dynamic": {"interval_mode": "atr", "atr_bar_minutes": 1, "min_profit_rate": "0"},
    "guarded": {"decline_guard": True, "guard_bar_minutes": 1},
    "watched": {"risk_control": True, "monitor_instruments": "ETH", "volume_multiplier": "1",
                "average_window": 5},
    "few orders": {"order_cleanup_threshold": 12, "cleanup_batch_size": 3},
}  # fmt: skip


def walk(seed: int, rows: int = 30_000, step: float = 3e-4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (100_000 * np.exp(np.cumsum(rng.normal(0, step, rows)))).astype(np.int64)


def gain(market: Market) -> Decimal:
    return -Decimal(int(market.book.balances[0, 0, GRID])).scaleb(-6)


def test_down_five_levels_and_back_earns_five_intervals() -> None:
    down = np.arange(100_000, 99_400, -10)
    market = play(trades(np.concatenate([down, down[::-1], [100_010]])), buy_window_size=20,
                  sell_window_size=20, price_interval="1", order_quantity="10000")  # fmt: skip

    # Filled only where traded through: 999, 998, 997, 996 and 995, each sold one higher.
    bought = {price: 10_000_000 // price for price in range(995, 1000)}
    assert gain(market) == sum(map(Decimal, bought.values())) / 1000
    assert market.book.positions[0]["quantity"] == 0
    assert market.book.balances[0, 0, INVENTORY] == 0
    assert market.book.balances[0, 0, :SETTLEMENT_ACCOUNTS].sum() == 0


@pytest.mark.parametrize("which", SETTINGS)
@pytest.mark.parametrize("delay_ms", [0, 2500])
def test_waking_on_every_row_gives_the_same_outcome(which: str, delay_ms: int) -> None:
    given: dict[str, Any] = {
        "sim": SimSettings(
            latency="fixed" if delay_ms else "none", order_delay_ns=delay_ms * 1_000_000
        ),
    } | SETTINGS[which]  # fmt: skip
    rows = trades(walk(len(which)), quantity=700)

    asleep, awake = play(rows, **given), play(rows, always=True, **given)

    assert (told(asleep) == told(awake)).all()
    assert asleep.book.head["fills"][0] > 100
    assert asleep.book.head["n"][0] < awake.book.head["n"][0]


def test_a_short_grid_mirrors_a_long_one_on_the_mirrored_market() -> None:
    # Lots so large that both order the same quantities.
    terms = perpetual(lot=Quantity(10_000))
    prices = walk(11, step=1e-4)
    rows, mirrored = trades(prices), trades(2 * prices[0] - prices)
    mirrored.kind[:] = 3 - mirrored.kind  # a buyer becomes a seller

    long = play(rows, terms=terms, order_quantity="11000", equity="100000000")
    short = play(mirrored, terms=terms, order_quantity="11000", equity="100000000", mode="short")

    assert gain(long) == gain(short) > 0
    assert long.book.positions[0]["quantity"] == -short.book.positions[0]["quantity"]
    assert long.book.head["fills"] == short.book.head["fills"]
    assert sorted(2 * prices[0] - long.live["price"]) == sorted(short.live["price"])


def test_what_is_held_is_what_the_slots_hold() -> None:
    for which in ("long", "short", "neutral", "geometric"):
        market = play(trades(walk(5), quantity=500), **SETTINGS[which])
        cells = market.prepared.cells
        sign = {"short": -1}.get(which, 1) * np.ones(len(cells), dtype=np.int64)
        if which == "neutral":
            sign = np.where(cells["level"] < 0, 1, -1)
        assert (cells["held"] * sign).sum() == market.book.positions[0]["quantity"]


def test_the_window_holds_at_every_end() -> None:
    market = play(trades(walk(2)), buy_window_size=7, sell_window_size=5)
    last = market.book.markets[0]["last"]
    live = market.live
    buys = live["price"][live["side"] == BUY]
    sells = live["price"][live["side"] != BUY]

    assert 6 <= len(buys) <= 7
    assert buys.max() <= last
    assert buys.min() > last - 8 * 100
    assert len(sells) <= 8
    assert all(sells <= last + 8 * 100)


def test_a_spot_grid_runs_and_never_sells_what_it_has_not() -> None:
    market = play(trades(walk(4)), terms=spot())

    assert market.book.head["fills"][0] > 100
    assert market.book.head["refusals"][0] == 0
    assert market.book.positions[0]["quantity"] >= 0


def test_a_run_is_the_same_twice_and_in_pieces() -> None:
    rows = trades(walk(9))
    once, again = play(rows), play(rows)

    assert (told(once) == told(again)).all()
    assert once.prepared.cells.tobytes() == again.prepared.cells.tobytes()
