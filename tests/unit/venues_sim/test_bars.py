"""Bars as a market, and bars as robots see them. By hand."""

import pytest

from steelyard.model.kinds import BAR, BUY, SELL, WAKE_EVERY_BAR
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import Desk, Heard, buys, idle, linear, opening, row, sells, spot

BARS = (frozenset({BAR}),)
FULL = SimSettings(slippage="none", participation_rate=100_000_000)


def bar(ts: int, *prices: int, volume: int = 1_000, inst: int = 0) -> tuple[int, ...]:
    """A bar by open, high, low and close."""
    return row(ts, BAR, *prices, volume, inst=inst)


def test_a_bar_fills_what_its_path_passes_at_the_orders_own_price() -> None:
    desk = opening(spot(), lambda d: (d.buy(95, 1), d.buy(92, 1), d.buy(90, 1)), kinds=BARS,
                   settings=FULL)  # fmt: skip

    desk.run([bar(60, 100, 100, 100, 100), bar(120, 100, 104, 91, 99)])

    # Through: 95 and 92 were passed, 90 was not reached.
    assert desk.fills() == [(1, 95, 1), (2, 92, 1)]


def test_a_share_of_the_volume_fills_once_across_all_orders() -> None:
    settings = SimSettings(participation_rate=10_000_000)
    desk = opening(spot(), lambda d: (d.buy(95, 8), d.buy(94, 8)), kinds=BARS, settings=settings)

    desk.run([bar(60, 100, 100, 100, 100), bar(120, 100, 100, 90, 99, volume=100)])

    # 10 % of 100: 8 and 2.
    assert desk.fills() == [(1, 95, 8), (2, 94, 2)]


@pytest.mark.parametrize(
    "path, won", [("pessimistic", -6), ("open_high_low_close", 6), ("open_low_high_close", -6)]
)
def test_a_long_between_stop_and_target_meets_the_stop_first(path: str, won: int) -> None:
    def act(desk: Desk) -> None:
        desk.market(BUY, 1)
        desk.stop(SELL, 94, 1, 8)
        desk.sell(106, 1, 8)

    settings = SimSettings(slippage="none", path=path)
    desk = opening(linear(), act, kinds=BARS, settings=settings)

    desk.run([bar(60, 100, 100, 100, 100), bar(120, 100, 110, 90, 101)])

    assert desk.cash_now == 1_000_000_000 + won
    assert desk.held() == 0


def test_a_gap_fills_limits_at_their_price_and_stops_at_the_open() -> None:
    desk = opening(
        linear(), lambda d: (d.buy(95, 1), d.stop(SELL, 94, 1)), kinds=BARS, settings=FULL
    )

    desk.run([bar(60, 100, 100, 100, 100), bar(120, 90, 91, 89, 90)])

    assert desk.fills() == [(1, 95, 1), (2, 90, 1)]


def test_a_limit_placed_inside_a_bar_waits_for_the_next_and_a_stop_does_not() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and not desk.orders["number"].any():
            desk.robots["wake_flags"] = 0
            desk.buy(95, 1)
        if heard.what == "fill" and heard.number == 1:
            desk.sell(98, 1)  # the path comes back to 99, but nobody knows it would have
            desk.stop(SELL, 93, 1)

    desk = Desk((linear(),), script, kinds=BARS, settings=FULL, every=True)
    desk.run([bar(60, 100, 100, 100, 100), bar(120, 100, 101, 92, 99), bar(180, 99, 99, 97, 97)])

    # Flat: the high is nearer, so down to 92 it meets 95, then the new stop at 93.
    assert desk.fills() == [(1, 95, 1), (3, 93, 1), (2, 98, 1)]
    assert [h.ts_ns for h in desk.heard if h.what == "fill"] == [120, 120, 180]


def test_wakes_are_heard_at_the_points_of_the_path() -> None:
    desk = Desk((spot(),), idle, kinds=BARS)
    desk.wake(low=95)

    desk.run([bar(60, 100, 100, 100, 100), bar(120, 100, 101, 94, 96), bar(180, 96, 97, 96, 97)])

    assert [(h.ts_ns, h.last) for h in desk.heard] == [(120, 94)]


def test_every_bar_is_heard_once_and_read_from_the_plane() -> None:
    seen: list[tuple[int, ...]] = []

    def script(desk: Desk, heard: Heard) -> None:
        m = desk.markets[0]
        names = ("bar_open_ns", "open", "high", "low", "close", "volume", "bars")
        seen.append((heard.ts_ns, *(int(m[n]) for n in names)))

    desk = Desk((spot(),), script, kinds=BARS)
    desk.robots["wake_flags"] = WAKE_EVERY_BAR
    desk.run([bar(60, 100, 105, 95, 101, volume=7), bar(120, 101, 102, 99, 100, volume=8)])

    assert seen == [(60, 0, 100, 105, 95, 101, 7, 1), (120, 60, 101, 102, 99, 100, 8, 2)]


def test_finer_bars_are_merged_upward() -> None:
    seen: list[tuple[int, ...]] = []

    def script(desk: Desk, heard: Heard) -> None:
        m = desk.markets[0]
        seen.append((heard.ts_ns, *(int(m[n]) for n in ("open", "high", "low", "close", "volume"))))

    desk = Desk((spot(),), script, kinds=BARS, settings=SimSettings(bar_step_ns=100))
    desk.robots["wake_flags"] = WAKE_EVERY_BAR
    # Two end inside the first hundred, one exactly at it; the next hundred ends with its last
    # bar's next neighbour (close at 199), and the third is empty.
    desk.run([
        bar(50, 10, 12, 9, 11, volume=1), bar(100, 11, 15, 10, 14, volume=2),
        bar(150, 14, 14, 13, 13, volume=1), bar(199, 13, 20, 12, 19, volume=1),
        bar(330, 19, 19, 18, 18, volume=1), bar(400, 18, 18, 18, 18, volume=4),
    ])  # fmt: skip

    assert seen == [
        (100, 10, 15, 9, 14, 3), (200, 14, 20, 12, 19, 2), (400, 19, 19, 18, 18, 5),
    ]  # fmt: skip


def test_bars_are_built_from_trades_and_empty_intervals_give_none() -> None:
    seen: list[tuple[int, ...]] = []

    def script(desk: Desk, heard: Heard) -> None:
        m = desk.markets[0]
        names = ("bar_open_ns", "open", "high", "low", "close", "volume")
        seen.append((heard.ts_ns, *(int(m[n]) for n in names)))

    desk = Desk((spot(),), script, settings=SimSettings(bar_step_ns=100))
    desk.robots["wake_flags"] = WAKE_EVERY_BAR
    desk.run(
        [buys(10, 100, 1), buys(20, 105, 2)], [sells(99, 99, 3), buys(100, 101, 4)],
        [buys(350, 103, 5), buys(420, 104, 6)],
    )  # fmt: skip

    # The trade at 100 belongs to the second bar; nothing happened from 200 to 300.
    assert seen == [
        (100, 0, 100, 105, 99, 99, 6), (200, 100, 101, 101, 101, 101, 4),
        (400, 300, 103, 103, 103, 103, 5),
    ]  # fmt: skip


def test_bars_of_another_instrument_are_heard_beside_a_market_of_trades() -> None:
    desk = Desk((spot(), spot(name="ETH/USDT")), idle, kinds=(frozenset({1, 2}), BARS[0]))
    desk.robots["wake_flags"] = WAKE_EVERY_BAR
    heard = desk.run([buys(1, 100), bar(60, 5, 6, 4, 5, inst=1), buys(61, 101)])

    assert [(h.what, h.ts_ns, h.instrument, h.last) for h in heard] == [("bar", 60, 1, 5)]
    assert int(desk.markets[0]["last"]) == 101


def test_touch_fills_what_the_path_only_reaches() -> None:
    settings = SimSettings(queue="touch", participation_rate=100_000_000)
    desk = opening(spot(), lambda d: d.buy(95, 1), kinds=BARS, settings=settings)

    desk.run([bar(60, 100, 100, 100, 100), bar(120, 100, 101, 95, 99)])

    assert desk.fills() == [(1, 95, 1)]
