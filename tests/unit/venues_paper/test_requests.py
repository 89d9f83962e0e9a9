"""What a paper exchange answers and tells."""

from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    MAKER,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    TAKE_PROFIT,
    TAKER,
    TRAILING_STOP,
)
from steelyard.model.reports import (
    Fault,
    FundingReport,
    Holding,
    OrderState,
    TradeReport,
    Trades,
)
from steelyard.venues.paper.truth import truth_of
from tests.unit.venues_paper.shop import CASH, COIN, PERPETUAL, Shop, fault, order, story, value


def test_a_resting_order_fills_in_parts_out_of_what_trades() -> None:
    shop = Shop()

    assert value(shop.place("a")).state == OrderState.OPEN
    shop.tick(9_890, quantity=4)
    shop.tick(9_890, quantity=100)

    assert story(shop.told()) == [
        "a OPEN 0", "a trade 4@9900", "a OPEN 4", "a trade 6@9900", "a FILLED 10",
    ]  # fmt: skip
    found = shop.found("a")
    assert [t.quantity for t in found.trades] == [4, 6]
    assert {t.liquidity for t in found.trades} == {MAKER}
    assert found.report.filled == 10
    assert shop.open_ids() == []
    assert shop.x.position(0, 0) == 10
    assert shop.sound()


def test_the_reply_to_a_taker_says_what_it_took() -> None:
    shop = Shop()

    report = value(shop.market("m", SELL, 7))

    assert (report.state, report.filled) == (OrderState.FILLED, 7)
    trades = [news for news in shop.told() if isinstance(news, TradeReport)]
    assert trades[0].liquidity == TAKER
    assert shop.x.position(0, 0) == -7
    assert shop.sound()


def test_what_finds_nobody_expires() -> None:
    shop = Shop()

    assert value(shop.place("i", flags=IOC)).state == OrderState.EXPIRED
    assert value(shop.place("f", flags=FOK)).state == OrderState.EXPIRED
    assert shop.open_ids() == []


def test_a_cancel_is_taken_once() -> None:
    shop = Shop()
    shop.place("a")

    assert value(shop.cancel("a")) is None
    assert fault(shop.cancel("a")) == Fault.NO_ORDER
    assert fault(shop.cancel("never")) == Fault.NO_ORDER
    assert story(shop.told()) == ["a OPEN 0", "a CANCELED 0"]


def test_a_cancel_that_comes_after_the_fill_is_refused() -> None:
    shop = Shop()
    shop.place("a")
    shop.tick(9_800)

    assert fault(shop.cancel("a")) == Fault.NO_ORDER
    assert shop.found("a").report.state == OrderState.FILLED


def test_all_orders_of_one_instrument_are_canceled_foreign_ones_included() -> None:
    shop = Shop((COIN, COIN))
    shop.place("a")
    shop.place("b", instrument=1)
    shop.x.foreign_place(shop.now, 0, order("by-hand", BUY, 9_950, 3))

    value(shop.x.cancel_all(shop.now, 0, 0))

    assert shop.open_ids() == ["b"]


def test_conditional_orders_wait_and_trade_at_their_trigger() -> None:
    shop = Shop()
    shop.market("m", BUY, 10)
    value(shop.stop("s", SELL, 9_700, flags=REDUCE_ONLY))
    value(shop.place("p", SELL, 0, type=TAKE_PROFIT, trigger=10_300, flags=REDUCE_ONLY))
    value(shop.place("t", SELL, 0, type=TRAILING_STOP, trail=500, flags=REDUCE_ONLY))
    assert shop.open_ids() == ["s", "p", "t"]
    shop.told()

    shop.tick(9_650)

    assert story(shop.told())[-1] == "s FILLED 10"
    assert shop.x.position(0, 0) == 0
    shop.tick(9_000)
    assert "t EXPIRED 0" in story(shop.told())  # it has nothing left to reduce
    assert shop.open_ids() == ["p"]
    assert shop.sound()


def test_a_triggered_order_that_cannot_be_paid_is_rejected_with_its_reason() -> None:
    shop = Shop(cash=(1_000,))
    value(shop.stop("s", BUY, 10_100, quantity=50))

    shop.tick(10_200, side=BUY)

    assert story(shop.told()) == ["s OPEN 0", "s REJECTED 0"]
    assert shop.found("s").report.code != 0


def test_trades_are_told_in_pages_and_the_cursor_goes_on() -> None:
    shop = Shop()
    for i in range(5):
        shop.market(f"m{i}", BUY, 1)
    shop.x.funding(shop.now, 0, 10_000)
    shop.rule(page=4)

    first = value(shop.x.trades(shop.now, 0))
    second = value(shop.x.trades(shop.now, 0, first.cursor))
    last = value(shop.x.trades(shop.now, 0, second.cursor))

    assert isinstance(first, Trades)
    assert [t.trade for t in first.trades + second.trades] == ["1", "2", "3", "4", "5"]
    assert (first.more, second.more, last.more) == (True, False, False)
    assert len(second.funding) == 1
    assert last.trades == ()
    assert fault(shop.x.trades(shop.now, 0, "x")) == Fault.OTHER


def test_older_trades_than_the_venue_looks_back_are_not_told() -> None:
    shop = Shop()
    shop.market("old", BUY, 1)
    shop.now += 10_000_000_000
    shop.market("new", BUY, 1)
    shop.rule(lookback_ns=5_000_000_000)

    told = value(shop.x.trades(shop.now, 0))

    assert [t.client_id for t in told.trades] == ["new"]
    assert not told.complete
    assert value(shop.x.trades(shop.now, 0, "1")).complete


def test_holdings_tell_position_entry_and_wallet() -> None:
    shop = Shop((PERPETUAL, COIN), coins=((0, 1, 40),))
    shop.market("m", SELL, 10)

    told = value(shop.x.holdings(shop.now, 0))

    price = shop.found("m").trades[0].price
    fee = shop.found("m").trades[0].fee
    assert told.positions == (
        Holding(instrument=0, position_side=0, quantity=-10, entry=price, worth=-10 * price),
        Holding(instrument=1, position_side=0, quantity=40),
    )
    assert told.cash == CASH - fee
    assert told.complete


def test_funding_is_paid_and_told() -> None:
    shop = Shop()
    shop.market("m", BUY, 10)
    before = shop.x.cash(0)
    shop.told()

    shop.x.funding(shop.now, 0, 1_000_000, 10_000)

    (report,) = shop.told()
    assert isinstance(report, FundingReport)
    assert report.payment == 1_000  # one percent of 10 × 10,000
    assert shop.x.cash(0) == before - 1_000
    assert shop.sound()


def test_a_gap_liquidates_and_says_so() -> None:
    shop = Shop(cash=(30_000,))
    shop.market("m", BUY, 10)
    value(shop.place("rest", SELL, 11_000, 1))
    shop.told()

    shop.tick(6_000)

    news = shop.told()
    assert story(news)[0] == "rest CANCELED 0"
    closed = next(n for n in news if isinstance(n, TradeReport))
    assert (closed.forced, closed.quantity, closed.side) == ("liquidation", 10, SELL)
    assert closed.client_id == ""
    assert shop.x.position(0, 0) == 0
    assert shop.sound()


def test_a_liquidation_is_noticed_after_ticks_that_concern_nobody() -> None:
    shop = Shop(cash=(30_000,))
    shop.market("m", BUY, 10)
    for price in range(10_000, 6_000, -1):
        shop.tick(price)
        if not shop.x.position(0, 0):
            break

    # Equity 30,000 less the loss, against a maintenance of half a percent.
    assert 7_000 < shop.x.prices(0)[0] < 7_100


def test_what_a_person_does_by_hand_is_told_like_the_rest() -> None:
    shop = Shop()
    value(shop.x.foreign_trade(shop.now, 0, 0, BUY, 5))
    value(shop.x.foreign_trade(shop.now, 0, 0, SELL, 2, flags=REDUCE_ONLY, forced="adl"))

    trades = [n for n in shop.told() if isinstance(n, TradeReport)]
    assert [t.forced for t in trades] == ["", "adl"]
    assert all(t.client_id.startswith("web-") for t in trades)
    assert [order.foreign for order in truth_of(shop.x, 0).orders] == [True, True]
    assert shop.sound()


def test_accounts_keep_apart() -> None:
    shop = Shop(cash=(CASH, CASH))
    shop.place("a", account=0)
    shop.place("a", BUY, 9_901, account=1)

    shop.tick(9_800, quantity=12)

    assert [account for account, _ in shop.x.drain()] == [0, 1, 1, 1, 0, 0]
    assert [shop.x.position(account, 0) for account in (0, 1)] == [2, 10]
    assert shop.open_ids(0) == ["a"]
    assert shop.sound()


def test_rows_of_ended_orders_are_used_again() -> None:
    shop = Shop(rows=16)
    for i in range(200):
        value(shop.place(f"a{i}"))
        value(shop.cancel(f"a{i}"))

    for i in range(16):
        value(shop.place(f"b{i}"))
    assert fault(shop.place("b16")) == Fault.TOO_MANY
    assert len(truth_of(shop.x, 0).orders) == 216


def test_money_from_outside_is_part_of_the_sum() -> None:
    shop = Shop()
    shop.x.pay_in(shop.now, 0, 5_000)

    assert shop.x.cash(0) == CASH + 5_000
    assert value(shop.x.holdings(shop.now, 0)).cash == CASH + 5_000
    assert shop.sound()


def test_time_does_not_go_back() -> None:
    shop = Shop()
    shop.place("a")
    shop.x.trade(5, 0, 9_800, 100, SELL)

    assert shop.x.now_ns == shop.now
    assert shop.found("a").trades[0].ts_ns == shop.now


def test_a_post_only_order_never_takes() -> None:
    shop = Shop()
    shop.x.quote(shop.now, 0, 9_999, 5, 10_001, 5)

    assert fault(shop.place("p", BUY, 10_001, type=LIMIT, flags=POST_ONLY)) == Fault.POST_ONLY
    assert value(shop.place("q", BUY, 10_000, flags=POST_ONLY)).state == OrderState.OPEN
