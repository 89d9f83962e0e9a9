"""Queue, liquidity and latency models; histories of quotes and of depth. By hand."""

import pytest

from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import (
    BUY,
    DEPTH_ASK,
    DEPTH_BID,
    DEPTH_CLEAR,
    FOK,
    IOC,
    POST_ONLY,
    QUOTE,
    SELL,
    TRADE_BUY,
    TRADE_SELL,
)
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import Desk, Heard, buys, idle, opening, row, sells, spot

TRADES = frozenset({TRADE_BUY, TRADE_SELL})
QUOTES = (frozenset({QUOTE}),)
DEPTH = (frozenset({DEPTH_BID, DEPTH_ASK, DEPTH_CLEAR}),)


def quote(ts: int, bid: int, bids: int, ask: int, asks: int) -> tuple[int, ...]:
    return row(ts, QUOTE, bid, bids, ask, asks)


def bid(ts: int, price: int, quantity: int) -> tuple[int, ...]:
    return row(ts, DEPTH_BID, price, quantity)


def ask(ts: int, price: int, quantity: int) -> tuple[int, ...]:
    return row(ts, DEPTH_ASK, price, quantity)


# --- queue and liquidity ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "queue, expected",
    [
        ("through", [(1, 95, 10)]),  # by the print at 94
        ("touch", [(1, 95, 4), (1, 95, 6)]),  # 4 of the sale at 95, the rest at the next
        ("volume", [(1, 95, 6), (1, 95, 4)]),  # the first print was ahead; then 6 of 6, and 94
    ],
)
def test_the_queue_model_says_who_is_served_at_the_price(
    queue: str, expected: list[tuple[int, int, int]]
) -> None:
    desk = opening(spot(), lambda d: d.buy(95, 10), settings=SimSettings(queue=queue))

    # The purchase at 95 lifted an ask: it serves no bid. Touch: 4, then 6 of 6.
    desk.run([buys(1, 100), buys(2, 95, 50), sells(3, 95, 4), sells(4, 95, 6), sells(5, 94, 50)])

    assert desk.fills() == expected


def test_the_displayed_size_is_ahead_of_an_order_that_joins_it() -> None:
    desk = opening(
        spot(), lambda d: d.buy(99, 10), kinds=(TRADES | {QUOTE},),
        settings=SimSettings(queue="volume"),
    )  # fmt: skip

    # 30 stand at 99. The sales of 20 and 15 serve them and then 5 of ours; the next 4 are ours.
    desk.run([
        quote(1, 99, 30, 101, 30), sells(2, 99, 20), sells(3, 99, 15), sells(4, 99, 4),
    ])  # fmt: skip

    assert desk.fills() == [(1, 99, 5), (1, 99, 4)]


def test_cancels_shorten_the_queue_in_proportion() -> None:
    desk = opening(
        spot(), lambda d: d.buy(99, 10), kinds=(TRADES | DEPTH[0],),
        settings=SimSettings(queue="volume"),
    )  # fmt: skip
    rows = [
        bid(1, 99, 40), ask(1, 101, 40), buys(2, 101, 1),
        # 40 ahead. A sale of 10 leaves 30; the level shows 15: the trade explains 10 of 25, the
        # other 15 were canceled out of 30, so half of those ahead: 15 are left.
        sells(3, 99, 10), bid(4, 99, 15),
        sells(5, 99, 18),
    ]  # fmt: skip

    desk.run(rows)

    assert desk.fills() == [(1, 99, 3)]


def test_unlimited_liquidity_fills_whole_from_any_print() -> None:
    desk = opening(
        spot(),
        lambda d: (d.buy(95, 10), d.buy(95, 20)),
        settings=SimSettings(liquidity="unlimited"),
    )

    desk.run([buys(1, 100), sells(2, 94, 1)])

    assert desk.fills() == [(1, 95, 10), (2, 95, 20)]


# --- latency ------------------------------------------------------------------------------------


def test_a_delayed_order_misses_what_trades_before_it_arrives() -> None:
    settings = SimSettings(latency="fixed", order_delay_ns=10)
    desk = opening(spot(), lambda d: d.buy(95, 10), settings=settings)

    heard = desk.run([buys(1, 100), sells(10, 94, 50), sells(11, 94, 50), buys(20, 100)])

    # Sent at 1, at the venue at 11: due before the row of 11.
    assert [(h.what, h.ts_ns) for h in heard] == [("accepted", 11), ("fill", 11)]


def test_a_cancel_that_arrives_after_the_fill_lost_the_race() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns == 1:
            desk.buy(95, 1)
        if heard.what == "market" and heard.ts_ns == 20:
            desk.cancel(1)

    settings = SimSettings(latency="fixed", order_delay_ns=10)
    desk = Desk((spot(),), script, settings=settings, every=True)
    heard = desk.run([buys(1, 100), buys(20, 100), sells(29, 94), buys(40, 100)])

    assert [(h.what, h.ts_ns) for h in heard] == [
        ("accepted", 11), ("fill", 29), ("cancel_refused", 30),
    ]  # fmt: skip


def test_jitter_may_let_a_later_command_arrive_first() -> None:
    settings = SimSettings(latency="jitter", order_delay_ns=5, jitter_ns=1_000, seed=3)
    desk = opening(spot(), lambda d: [d.buy(90 - i, 1) for i in range(8)], settings=settings)

    heard = desk.run([buys(1, 100), buys(5_000, 100)])

    numbers = [h.number for h in heard]
    assert sorted(numbers) == list(range(1, 9))
    assert numbers != sorted(numbers)
    assert [h.ts_ns for h in heard] == sorted(h.ts_ns for h in heard)
    assert all(6 <= h.ts_ns <= 1_006 for h in heard)


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="queue was 'luck', allowed are through, touch"):
        Desk((spot(),), idle, settings=SimSettings(queue="luck"))


# --- quotes -------------------------------------------------------------------------------------


def test_a_market_order_takes_the_quote_and_slips_on_what_is_beyond() -> None:
    desk = opening(
        spot(), lambda d: d.market(BUY, 10), kinds=QUOTES, settings=SimSettings(slippage_rate=10**6)
    )

    desk.run([quote(1, 99, 5, 101, 4)])

    # 4 at 101, 6 at 101 × 1.01 = 102.01 -> 103.
    assert desk.fills() == [(1, 101, 4), (1, 103, 6)]


def test_the_same_quote_is_taken_once() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market":
            desk.buy(101, 3, IOC)

    desk = Desk((spot(),), script, kinds=QUOTES, every=True)
    desk.run([quote(1, 99, 5, 101, 4), quote(2, 98, 5, 101, 4), quote(3, 98, 5, 101, 2)])

    # 3 of 4; the ask is unchanged, so 1 is left; then it shows 2 anew.
    assert desk.fills() == [(1, 101, 3), (2, 101, 1), (3, 101, 2)]
    assert desk.whats().count("expired") == 2


@pytest.mark.parametrize(
    "queue, expected", [("touch", [(1, 95, 4), (1, 95, 6)]), ("through", [(1, 95, 8)])]
)
def test_without_trades_the_opposite_quote_fills_makers(
    queue: str, expected: list[tuple[int, int, int]]
) -> None:
    desk = opening(spot(), lambda d: d.buy(95, 10), kinds=QUOTES, settings=SimSettings(queue=queue))

    desk.run([quote(1, 98, 5, 100, 5), quote(2, 93, 5, 95, 4), quote(3, 92, 5, 94, 8)])

    assert desk.fills() == expected


def test_post_only_is_checked_against_the_quote() -> None:
    desk = opening(
        spot(), lambda d: (d.buy(101, 1, POST_ONLY), d.buy(100, 1, POST_ONLY)), kinds=QUOTES
    )

    desk.run([quote(1, 99, 5, 101, 5)])

    assert desk.whats() == ["rejected", "accepted"]


def test_in_a_history_with_trades_quotes_fill_no_makers() -> None:
    desk = opening(spot(), lambda d: d.buy(95, 10), kinds=(TRADES | {QUOTE},))

    desk.run([buys(1, 100), quote(2, 90, 50, 91, 50), sells(3, 94, 2)])

    assert desk.fills() == [(1, 95, 2)]


# --- depth ---------------------------------------------------------------------------------------

BOOK = [bid(1, 98, 5), bid(1, 99, 3), ask(1, 101, 2), ask(1, 102, 4), ask(1, 104, 9)]


def test_a_market_order_walks_the_levels() -> None:
    desk = opening(spot(), lambda d: d.market(BUY, 8), kinds=DEPTH)

    desk.run([*BOOK, bid(2, 97, 1), bid(3, 96, 1)])

    assert desk.fills() == [(1, 101, 2), (1, 102, 4), (1, 104, 2)]


def test_what_the_book_does_not_hold_expires() -> None:
    desk = opening(spot(), lambda d: d.market(SELL, 10), kinds=DEPTH, coins=((0, 0, 10),))

    desk.run([*BOOK, bid(2, 97, 0)])

    assert desk.fills() == [(1, 99, 3), (1, 98, 5)]
    assert desk.whats() == ["accepted", "fill", "fill", "expired"]


def test_a_taken_level_stays_taken_until_its_update() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns in (1, 2, 3):
            desk.buy(101, 2, IOC)

    desk = Desk((spot(),), script, kinds=DEPTH, every=True)
    desk.run([*BOOK, bid(2, 97, 1), ask(3, 101, 1), bid(9, 97, 1)])

    assert desk.fills() == [(1, 101, 2), (3, 101, 1)]


def test_a_fill_or_kill_order_looks_at_the_levels_within_its_price() -> None:
    desk = opening(spot(), lambda d: (d.buy(102, 7, FOK), d.buy(102, 6, FOK)), kinds=DEPTH)

    desk.run([*BOOK, bid(2, 97, 1)])

    assert desk.whats() == ["accepted", "expired", "accepted", "fill", "fill"]
    assert desk.fills() == [(2, 101, 2), (2, 102, 4)]


def test_a_resting_order_meets_the_opposite_levels() -> None:
    desk = opening(
        spot(), lambda d: d.buy(100, 10), kinds=DEPTH, settings=SimSettings(queue="touch")
    )

    desk.run([*BOOK, ask(2, 99, 3), ask(2, 100, 4), bid(2, 99, 0), bid(3, 90, 1)])

    # Nothing acts between the rows of one update; then 3 of the level at 99, 4 of that at 100.
    assert desk.fills() == [(1, 100, 3), (1, 100, 4)]
    assert {h.ts_ns for h in desk.heard if h.what == "fill"} == {2}


def test_a_snapshot_replaces_the_book() -> None:
    desk = Desk((spot(),), idle, kinds=DEPTH, every=True)

    desk.run([*BOOK, row(2, DEPTH_CLEAR), bid(2, 50, 1), ask(2, 60, 1), bid(3, 51, 2)])

    market = desk.markets[0]
    assert (int(market["bid"]), int(market["ask"]), int(market["last"])) == (50, 60, 55)
    desk.run([bid(4, 52, 1)])
    assert (int(market["bid"]), int(market["bid_quantity"])) == (51, 2)
