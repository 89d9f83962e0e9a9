"""Stops, take-profits and trailing stops, by hand."""

from steelyard.model.kinds import BUY, REDUCE_ONLY, SELL
from steelyard.model.reasons import VENUE_NO_MARGIN, WOULD_TRIGGER
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import Desk, Heard, buys, linear, opening, sells

PLAIN = SimSettings(slippage="none")


def test_a_stop_becomes_a_market_order_at_the_print_that_reaches_it() -> None:
    desk = opening(
        linear(), lambda d: (d.market(BUY, 5), d.stop(SELL, 95, 5, REDUCE_ONLY)), settings=PLAIN
    )

    desk.run([buys(1, 100), sells(2, 96), sells(3, 93), sells(4, 80)])

    # Bought at 100, stopped by the print at 93: 5 × -7.
    assert desk.whats() == ["accepted", "fill", "accepted", "triggered", "fill"]
    assert desk.fills() == [(1, 100, 5), (2, 93, 5)]
    assert desk.cash_now == 1_000_000_000 - 35


def test_a_buy_stop_is_met_by_a_rising_price_and_a_take_profit_the_other_way() -> None:
    desk = opening(
        linear(), lambda d: (d.stop(BUY, 105, 1), d.profit(BUY, 95, 1), d.profit(SELL, 110, 2)),
        settings=PLAIN,
    )  # fmt: skip

    desk.run([buys(1, 100), buys(2, 105), sells(3, 95), buys(4, 110)])

    assert desk.fills() == [(1, 105, 1), (2, 95, 1), (3, 110, 2)]


def test_a_trigger_the_price_has_reached_already_is_rejected() -> None:
    desk = opening(
        linear(), lambda d: (d.stop(SELL, 100, 1), d.stop(BUY, 100, 1), d.profit(SELL, 99, 1)),
        settings=PLAIN,
    )  # fmt: skip

    heard = desk.run([buys(1, 100)])

    assert [h.code for h in heard] == [WOULD_TRIGGER] * 3


def test_a_trailing_stop_follows_the_best_price_and_never_gives_way() -> None:
    desk = opening(
        linear(), lambda d: (d.market(BUY, 5), d.trail(SELL, 5, 5, flags=REDUCE_ONLY)),
        settings=PLAIN,
    )  # fmt: skip

    desk.run([buys(1, 100), buys(2, 108), sells(3, 104), buys(4, 106), sells(5, 103), buys(6, 99)])

    # The best price was 108, so it stands at 103 until the print at 103.
    assert desk.fills() == [(1, 100, 5), (2, 103, 5)]


def test_a_trailing_stop_begins_at_its_activation_price() -> None:
    desk = opening(
        linear(), lambda d: (d.market(BUY, 5), d.trail(SELL, 2, 5, trigger=110)), settings=PLAIN
    )

    desk.run([buys(1, 100), sells(2, 90), buys(3, 111), buys(4, 113), sells(5, 111)])

    assert desk.fills() == [(1, 100, 5), (2, 111, 5)]


def test_a_trailing_buy_follows_the_price_down() -> None:
    desk = opening(linear(), lambda d: d.trail(BUY, 5, 2), settings=PLAIN)

    desk.run([buys(1, 100), sells(2, 92), buys(3, 96), buys(4, 98)])

    assert desk.fills() == [(1, 98, 2)]


def test_two_trailing_stops_move_together_and_trigger_in_order() -> None:
    desk = opening(
        linear(), lambda d: (d.market(BUY, 5), d.trail(SELL, 5, 2), d.trail(SELL, 3, 3)),
        settings=PLAIN,
    )  # fmt: skip

    desk.run([buys(1, 100), buys(2, 110), buys(3, 120), sells(4, 117), sells(5, 115)])

    assert desk.fills() == [(1, 100, 5), (3, 117, 3), (2, 115, 2)]


def test_a_canceled_trailing_stop_is_forgotten() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns == 1:
            desk.trail(SELL, 5, 1)
        if heard.what == "market" and heard.ts_ns == 2:
            desk.cancel(1)

    desk = Desk((linear(),), script, settings=PLAIN, every=True)
    desk.run([buys(1, 100), buys(2, 110), sells(3, 90)])

    assert desk.whats() == ["accepted", "canceled"]
    assert int(desk.venue.sim[0]["open_orders"]) == 0


def test_a_stop_without_a_position_to_reduce_expires_when_it_triggers() -> None:
    desk = opening(linear(), lambda d: d.stop(SELL, 95, 5, REDUCE_ONLY), settings=PLAIN)

    desk.run([buys(1, 100), sells(2, 94)])

    assert desk.whats() == ["accepted", "triggered", "expired"]


def test_a_triggered_order_nobody_can_pay_for_is_rejected() -> None:
    desk = opening(linear(), lambda d: d.stop(BUY, 105, 5), settings=PLAIN, cash=(500,))

    heard = desk.run([buys(1, 100), buys(2, 105)])

    # 5 × 105 = 525 at leverage 1, and there are 500.
    assert [h.what for h in heard] == ["accepted", "triggered", "rejected"]
    assert heard[-1].code == VENUE_NO_MARGIN
