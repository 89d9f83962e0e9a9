"""The slow-decline guard and the market risk monitor."""

from typing import Any

import pytest

from steelyard.strategies.grid.reasons import GUARDED, RISK_PAUSED
from tests.unit.strategies_grid.desk import Desk, perpetual


def guarded(**given: Any) -> Desk:
    desk = Desk(decline_guard=True, guard_bar_minutes=1, guard_average=4, buy_window_size=20,
                price_interval="0.5", **given)  # fmt: skip
    desk.price("100")
    for _ in range(4):
        desk.bar("100")
    return desk


def test_below_the_average_orders_are_half_as_large() -> None:
    desk = guarded()
    assert desk.code == 0
    # (100 × 3 + 98) / 4 = 99.5; 98 is under 0.99 × 99.5
    desk.price("98")
    desk.bar("98")

    assert desk.code == GUARDED
    assert desk.robots["have"][0] == 50_000_000
    desk.price("97.9")
    desk.price("97.4")
    slot = min(slot for side, slot, _ in desk.placed if side == "buy")
    row = desk.row(slot)
    assert desk.orders[row]["quantity"] == 50 * 100_000 // desk.orders[row]["price"]


def test_a_fast_fall_shrinks_orders_and_the_window_and_recovery_restores_them() -> None:
    desk = guarded()
    for close in ("99", "98", "97", "95"):
        desk.price(close)
        desk.bar(close)
    desk.settle_cancels()

    # The average is 97.25 and 95 is under 0.99 of it, not under 0.97.
    assert desk.prepared.state[0]["guard_level"] == 1
    desk.price("92")
    desk.bar("92")
    desk.settle_cancels()
    assert desk.prepared.state[0]["guard_level"] == 2
    below = [price for price in desk.live("buy") if float(price) < 92]
    # A tenth of 20 levels; the centre's own, at 92, stands for the second once it may open.
    assert below == ["91.5", "91"]

    for _ in range(4):
        desk.bar("92")
    assert desk.prepared.state[0]["guard_level"] == 0
    assert desk.code == 0
    assert len([price for price in desk.live("buy") if float(price) < 92]) == 19


def test_a_short_grid_is_guarded_against_the_slow_rise() -> None:
    desk = guarded(mode="short")
    desk.price("98")
    desk.bar("98")
    assert desk.code == 0
    desk.bar("103")
    assert desk.code == GUARDED


def test_longer_bars_are_made_of_base_bars() -> None:
    desk = Desk(decline_guard=True, guard_bar_minutes=5, guard_average=2, risk_control=True,
                monitor_instruments="ETH")  # fmt: skip
    assert desk.prepared.bar_step_ns == 60 * 10**9
    desk.price("100")
    for close in ("100",) * 5 + ("98",) * 4:
        desk.bar(close)
    assert desk.prepared.state[0]["guard_seen"] == 1
    desk.bar("95")
    assert desk.prepared.state[0]["guard_seen"] == 2
    assert desk.prepared.state[0]["guard_close"] == 9500


def test_a_bar_that_is_missing_at_the_end_of_a_longer_one_closes_it_late() -> None:
    desk = Desk(decline_guard=True, guard_bar_minutes=5, guard_average=2, risk_control=True,
                monitor_instruments="ETH")  # fmt: skip
    desk.price("100")
    desk.bar("99")
    desk.now += 7 * 60 * 10**9
    assert desk.prepared.state[0]["guard_seen"] == 0
    desk.bar("98")

    assert desk.prepared.state[0]["guard_seen"] == 1
    assert desk.prepared.state[0]["guard_close"] == 9900


MARKETS = (perpetual(), perpetual("BTC/USDT:USDT"), perpetual("SOL/USDT:USDT"))


def watched(**given: Any) -> Desk:
    desk = Desk(*MARKETS, risk_control=True, monitor_instruments="BTC,SOL/USDT:USDT",
                average_window=3, recovery_threshold=2, buy_window_size=3, **given)  # fmt: skip
    desk.price("100")
    for _ in range(3):
        desk.bar("100", instrument=1, volume=10, minutes=0)
        desk.bar("100", instrument=2, volume=10)
    return desk


def storm(desk: Desk, instrument: int) -> None:
    desk.bar("90", instrument=instrument, volume=31)


def test_all_monitored_instruments_must_storm_by_default() -> None:
    desk = watched()
    storm(desk, 1)
    assert desk.code == 0
    storm(desk, 2)

    assert desk.code == RISK_PAUSED
    assert sorted(desk.cancelled) == [-2, -1]
    desk.settle_cancels()
    desk.price("98")
    assert desk.live("buy") == []


@pytest.mark.parametrize("trigger", ["any", "1"])
def test_any_and_a_count_are_selectable(trigger: str) -> None:
    desk = watched(risk_trigger=trigger)
    storm(desk, 2)

    assert desk.code == RISK_PAUSED


def test_sells_stay_and_what_still_fills_is_sold_during_the_pause() -> None:
    desk = watched(risk_trigger="any")
    desk.price("99")
    desk.fill(-1)
    storm(desk, 1)

    desk.fill(-2)  # it raced the cancel
    desk.settle_cancels()

    assert desk.live("sell") == ["99", "100"]
    assert desk.live("buy") == []


def test_enough_calm_instruments_end_the_pause() -> None:
    desk = watched()
    storm(desk, 1)
    storm(desk, 2)
    desk.settle_cancels()
    desk.bar("101", instrument=1, volume=10)
    assert desk.code == RISK_PAUSED
    desk.bar("101", instrument=2, volume=60)  # above the average, but not calm
    assert desk.code == RISK_PAUSED
    desk.bar("102", instrument=2, volume=10)

    assert desk.code == 0
    assert desk.live("buy") == ["99", "98"]


def test_a_quiet_fall_and_a_loud_rise_are_no_storm() -> None:
    desk = watched(risk_trigger="any")
    desk.bar("90", instrument=1, volume=30)
    desk.bar("110", instrument=2, volume=900)

    assert desk.code == 0


def test_missing_instruments_are_an_assumption() -> None:
    desk = Desk(risk_control=True)
    words = desk.prepared.assumptions[0].what
    assert words == "risk monitor watches 1 instruments: no data for BTC, SOL, XRP, DOGE"

    desk = Desk(risk_control=True, monitor_instruments="BTC,SOL")
    assert desk.prepared.assumptions[0].what == "risk monitor off: no data for BTC, SOL"
    assert desk.prepared.bar_step_ns == 0


def test_without_indicators_no_bars_are_asked_for() -> None:
    assert Desk().prepared.bar_step_ns == 0
    assert Desk().prepared.assumptions == ()
