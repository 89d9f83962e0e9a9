"""Each order type against trades, by hand. One price unit × one quantity unit is one of money."""

import pytest

from steelyard.model.kinds import BUY, FOK, IOC, MAKER, POST_ONLY, REDUCE_ONLY, SELL, TAKER
from steelyard.model.reasons import (
    NO_MARKET,
    POST_ONLY_CROSSES,
    UNKNOWN_ORDER,
    VENUE_WOULD_INCREASE,
)
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import (
    Desk,
    Heard,
    buys,
    linear,
    opening,
    sells,
    spot,
)

PLAIN = SimSettings(slippage="none")


def test_a_resting_buy_fills_when_the_market_trades_through_its_price() -> None:
    desk = opening(spot(maker=1_000_000), lambda d: d.buy(95, 10))

    heard = desk.run([buys(1, 100), sells(2, 95), sells(3, 94, 7), sells(4, 94, 7), sells(5, 90)])

    # 7 of 10 from the first print below 95, the rest from the next. 7 × 95 = 665, 1 % is 6.65,
    # rounded against us 7; 3 × 95 = 285, fee 2.85 -> 3. Cash: 10^9 - 950 - 10.
    assert desk.whats() == ["accepted", "fill", "fill"]
    assert desk.fills() == [(1, 95, 7), (1, 95, 3)]
    assert [h.fee for h in heard if h.what == "fill"] == [7, 3]
    assert {h.liquidity for h in heard if h.what == "fill"} == {MAKER}
    assert desk.cash_now == 1_000_000_000 - 960
    assert desk.held() == 10
    assert desk.locked == 0


def test_a_resting_buy_locks_its_worth_and_fee() -> None:
    desk = opening(spot(maker=1_000_000, taker=2_000_000), lambda d: d.buy(95, 10))

    desk.run([buys(1, 100), sells(2, 94, 4)])

    # 6 × 95 = 570 are open, with the higher rate 2 %: 11.4 -> 12.
    assert desk.locked == 582


def test_a_market_order_pays_the_slippage_and_the_taker_fee() -> None:
    desk = opening(
        spot(taker=1_000_000),
        lambda d: d.market(BUY, 10),
        settings=SimSettings(slippage_rate=10**6),
    )

    heard = desk.run([buys(1, 200)])

    # 200 × 1.01 = 202; 2,020 × 1 % = 20.2 -> 21.
    assert desk.fills() == [(1, 202, 10)]
    assert heard[-1].fee == 21
    assert heard[-1].liquidity == TAKER
    assert desk.cash_now == 1_000_000_000 - 2_041


def test_a_market_order_before_any_price_is_rejected() -> None:
    def act(desk: Desk) -> None:
        desk.market(BUY, 1)

    desk = opening(spot(), act)
    desk.robots["wake_flags"] = 0
    desk.robots["wake_at_ns"] = 0

    heard = desk.run([buys(5, 100)])

    assert [(h.what, h.ts_ns, h.code) for h in heard] == [
        ("timer", 0, 0), ("rejected", 0, NO_MARKET),
    ]  # fmt: skip


def test_a_limit_beyond_the_market_takes_at_once_but_never_beyond_its_price() -> None:
    desk = opening(
        spot(), lambda d: (d.buy(103, 4), d.buy(100, 4)), settings=SimSettings(slippage_rate=10**6)
    )

    desk.run([buys(1, 100)])

    # 100 + 1 % is 101, below 103. A limit at the last price rests.
    assert desk.whats() == ["accepted", "fill", "accepted"]
    assert desk.fills() == [(1, 101, 4)]


def test_a_limit_takes_at_its_own_price_when_slippage_would_go_beyond_it() -> None:
    desk = opening(spot(), lambda d: d.buy(101, 4), settings=SimSettings(slippage_rate=5 * 10**6))

    desk.run([buys(1, 100)])

    assert desk.fills() == [(1, 101, 4)]


def test_a_post_only_order_that_would_take_is_rejected() -> None:
    desk = opening(
        spot(), lambda d: (d.buy(101, 1, POST_ONLY), d.buy(100, 1, POST_ONLY)), settings=PLAIN
    )

    heard = desk.run([buys(1, 100), sells(2, 99)])

    assert heard[0].what == "rejected"
    assert heard[0].code == POST_ONLY_CROSSES
    assert desk.fills() == [(2, 100, 1)]


def test_an_immediate_or_cancel_order_never_rests() -> None:
    desk = opening(spot(), lambda d: (d.buy(99, 5, IOC), d.buy(101, 5, IOC)), settings=PLAIN)

    desk.run([buys(1, 100), sells(2, 90)])

    assert desk.whats() == ["accepted", "expired", "accepted", "fill"]
    assert desk.fills() == [(2, 100, 5)]


def test_a_fill_or_kill_order_fills_whole_or_not_at_all() -> None:
    desk = opening(spot(), lambda d: (d.buy(99, 5, FOK), d.buy(101, 5, FOK)), settings=PLAIN)

    desk.run([buys(1, 100), sells(2, 90)])

    assert desk.whats() == ["accepted", "expired", "accepted", "fill"]


def test_a_cancel_gives_back_what_was_locked() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.ts_ns == 1 and heard.what == "market":
            desk.buy(95, 10)
        if heard.ts_ns == 2 and heard.what == "market":
            desk.cancel(1)

    desk = Desk((spot(),), script, every=True)
    desk.run([buys(1, 100), buys(2, 100), sells(3, 90)])

    assert desk.whats() == ["accepted", "canceled"]
    assert desk.locked == 0
    assert desk.fills() == []


def test_a_cancel_that_comes_after_the_fill_is_refused() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.ts_ns == 1 and heard.what == "market":
            desk.buy(96, 1)
            desk.buy(95, 1)
        if heard.what == "fill" and heard.number == 1:
            desk.cancel(2)  # filled by the same print, not heard of yet

    desk = Desk((spot(),), script, every=True)
    heard = desk.run([buys(1, 100), sells(2, 90)])

    assert desk.whats() == ["accepted", "accepted", "fill", "fill", "cancel_refused"]
    assert heard[-1].code == UNKNOWN_ORDER


def test_a_print_serves_the_best_price_and_then_the_oldest_order() -> None:
    desk = opening(spot(), lambda d: (d.buy(95, 4), d.buy(96, 4), d.buy(95, 4)))

    desk.run([buys(1, 100), sells(2, 94, 10)])

    # 10 printed: 4 at 96, then 4 of the first at 95, 2 of the second.
    assert desk.fills() == [(2, 96, 4), (1, 95, 4), (3, 95, 2)]


def test_a_reduce_only_order_needs_a_position_to_reduce() -> None:
    desk = opening(
        linear(),
        lambda d: (d.sell(110, 5, REDUCE_ONLY), d.market(BUY, 5), d.buy(90, 5, REDUCE_ONLY)),
        settings=PLAIN,
    )

    heard = desk.run([buys(1, 100)])

    assert desk.whats() == ["rejected", "accepted", "fill", "rejected"]
    assert [h.code for h in heard if h.what == "rejected"] == [VENUE_WOULD_INCREASE] * 2


def test_a_reduce_only_order_fills_no_more_than_the_position_and_then_expires() -> None:
    desk = opening(
        linear(), lambda d: (d.market(BUY, 5), d.sell(110, 8, REDUCE_ONLY)), settings=PLAIN
    )

    desk.run([buys(1, 100), buys(2, 111)])

    # Bought 5 at 100, sold 5 at 110: 50 won.
    assert desk.whats() == ["accepted", "fill", "accepted", "fill", "expired"]
    assert desk.fills() == [(1, 100, 5), (2, 110, 5)]
    assert desk.held() == 0
    assert desk.cash_now == 1_000_000_050
    assert desk.locked == 0


def test_a_reduce_only_order_expires_when_another_order_closes_the_position() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns == 1:
            desk.market(BUY, 5)
            desk.sell(110, 5, REDUCE_ONLY)
        if heard.what == "market" and heard.ts_ns == 2:
            desk.market(SELL, 5)

    desk = Desk((linear(),), script, settings=PLAIN, every=True)
    desk.run([buys(1, 100), buys(2, 105), buys(3, 120)])

    assert desk.whats() == ["accepted", "fill", "accepted", "accepted", "fill", "expired"]
    assert desk.held() == 0


@pytest.mark.parametrize("side, price, after", [(BUY, 96, 0), (SELL, 104, 0)])
def test_a_sell_and_a_buy_rest_on_their_own_sides(side: int, price: int, after: int) -> None:
    desk = opening(
        spot(), lambda d: d.place(side, 1, 3, price=price), coins=((0, 0, 3),), settings=PLAIN
    )

    desk.run([buys(1, 100), sells(2, 97), buys(3, 103), sells(4, 95), buys(5, 105)])

    assert desk.fills() == [(1, price, 3)]
    assert desk.locked == after
