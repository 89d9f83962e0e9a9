"""Orders of a hall: what becomes of them, and what is told."""

from decimal import Decimal
from typing import Any

from steelyard.exchange.hall.news import MoneyNews, OrderNews
from steelyard.exchange.hall.port import HallTerms
from steelyard.exchange.hall.prices import Topic
from steelyard.exchange.hall.words import (
    Condition,
    HallOrder,
    Product,
    Refused,
    Stage,
    Status,
    Why,
)
from steelyard.model.kinds import BUY, FOK, IOC, POST_ONLY, REDUCE_ONLY, SELL, SHORT
from tests.unit.exchange_hall.plain import (
    PERP,
    SECOND,
    SPOT,
    START,
    Ears,
    done,
    later,
    opened,
    show,
    wanted,
)


def test_an_order_is_told_before_the_money_and_both_after_the_call() -> None:
    hall, ears = opened(), Ears()
    hall.enter(ears, 0)
    hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000", client_id="a"))
    assert ears.private_news == []
    hall.flush()
    assert [type(news) for news in ears.private_news] == [OrderNews, MoneyNews]
    usdt, coin = ears.private_news[1].coins
    assert (usdt.asset, usdt.locked, coin.asset) == ("USDT", Decimal(590), "BTC")
    show(hall, SPOT, "59000")
    hall.flush()
    order, money = ears.private_news[2:]
    assert (order.order.stage, order.fill.price) == (Stage.FILLED, 5_900_000)
    assert money.change == Decimal("-590.118")


def test_who_left_hears_nothing() -> None:
    hall, ears = opened(), Ears()
    hall.enter(ears, 0)
    hall.follow(ears, Topic.TRADE, SPOT)
    hall.leave(ears)
    hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000"))
    show(hall, SPOT, "59500")
    hall.flush()
    assert ears.private_news == ears.market_news == []


def test_a_client_id_is_in_use_while_its_order_lives() -> None:
    hall = opened()
    for _ in range(2):
        done(hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000", client_id="a")))
        again = hall.place(0, wanted(hall, SPOT, BUY, "0.01", "58000", client_id="a"))
        assert isinstance(again, Refused)
        assert again.why == Why.DUPLICATE
        hall.cancel(0, client_id="a")
    ever = opened(HallTerms(name="plain", id_scope="ever"))
    done(ever.place(0, wanted(ever, SPOT, BUY, "0.01", "59000", client_id="a")))
    ever.cancel(0, client_id="a")
    again = ever.place(0, wanted(ever, SPOT, BUY, "0.01", "59000", client_id="a"))
    assert isinstance(again, Refused)


def test_refusals_say_why_and_leave_nothing_behind() -> None:
    hall = opened()
    stop: dict[str, Any] = {"condition": Condition.STOP, "trigger": 6_100_000}
    for why, k, side, quantity, price, more in (
        (Why.TICK, PERP, BUY, "0.01", "59000.05", {}),
        (Why.LOT, SPOT, BUY, "0.0105", "59000", stop),
        (Why.NOTIONAL, SPOT, BUY, "0.001", "10", {}),
        (Why.POST_ONLY, SPOT, BUY, "0.01", "60100", {"flags": POST_ONLY}),
        (Why.REDUCE_ONLY, PERP, BUY, "0.01", "59000", {"flags": REDUCE_ONLY}),
        (Why.FUNDS, SPOT, BUY, "5", "59000", {}),
        (Why.COINS, SPOT, SELL, "5", "61000", {}),
        (Why.MARGIN, PERP, BUY, "40", "59000", {}),
        (Why.MODE, PERP, BUY, "0.01", "59000", {"position_side": SHORT}),
        (Why.TRIGGER, SPOT, SELL, "0.01", "", stop),
    ):  # fmt: skip
        found = hall.place(0, wanted(hall, k, side, quantity, price, **more))
        assert isinstance(found, Refused), why
        assert found.why == why
    assert hall.orders(0) == ()
    assert hall.coins(0)[0].locked == 0


def test_a_soft_refusal_is_an_order_that_ended_at_once() -> None:
    hall = opened()
    soft = frozenset({Why.POST_ONLY})
    wants = wanted(hall, SPOT, BUY, "0.01", "60100", flags=POST_ONLY, soft=soft)
    order = done(hall.place(0, wants))
    assert (order.stage, order.why, order.filled) == (Stage.CANCELED, Why.POST_ONLY, 0)


def test_what_an_immediate_order_does_not_find_expires() -> None:
    hall = opened()
    for flags, why in ((IOC, Why.IOC), (FOK, Why.FOK)):
        order = done(hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000", flags=flags)))
        assert (order.stage, order.why) == (Stage.EXPIRED, why)


def test_a_stop_keeps_its_number_and_an_algo_order_becomes_another() -> None:
    hall, ears = opened(), Ears()
    hall.enter(ears, 0)
    more: dict[str, Any] = {"condition": Condition.STOP, "trigger": 5_900_000}
    plain = done(hall.place(0, wanted(hall, SPOT, SELL, "0.01", "58000", **more)))
    algo = done(hall.place(0, wanted(hall, SPOT, SELL, "0.01", client_id="x", algo=True, **more)))
    assert (plain.stage, algo.stage) == (Stage.WAITING, Stage.WAITING)
    show(hall, SPOT, "59000.01")
    assert len(hall.open_orders(0)) == 2
    show(hall, SPOT, "59000")
    now = hall.order(0, order=plain.number)
    assert now is not None
    assert (now.stage, now.price) == (Stage.FILLED, 5_800_000)
    ended = hall.order(0, client_id="x", algo=True)
    assert ended is not None
    assert (ended.stage, ended.filled) == (Stage.TRIGGERED, 0)
    child = hall.order(0, order=ended.became)
    assert child is not None
    assert (child.stage, child.parent) == (Stage.FILLED, algo.number)
    hall.flush()
    stages = [n.order.stage for n in ears.private_news if isinstance(n, OrderNews)]
    assert stages.index(Stage.TRIGGERED) < len(stages) - 1


def test_a_trailing_stop_follows_the_best_price() -> None:
    hall = opened()
    done(
        hall.place(
            0, wanted(hall, SPOT, SELL, "0.01", condition=Condition.TRAILING, trail_rate=1_000_000)
        )
    )
    for price in ("61000", "60400", "62000", "61381"):
        show(hall, SPOT, price)
        assert hall.open_orders(0)
    show(hall, SPOT, "61380")
    assert hall.open_orders(0) == ()
    assert len(hall.fills(0)) >= 1


def test_amending_keeps_the_number_and_a_refused_change_leaves_the_order() -> None:
    hall, ears = opened(), Ears()
    order = done(hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000", client_id="a")))
    hall.enter(ears, 0)
    changed = done(hall.amend(0, client_id="a", price=5_950_000, quantity=2_000))
    assert (changed.number, changed.price, changed.quantity) == (order.number, 5_950_000, 2_000)
    assert isinstance(hall.amend(0, client_id="a", quantity=10**9), Refused)
    assert hall.open_orders(0) == (hall.order(0, order=order.number),)
    assert hall.coins(0)[0].locked == Decimal(1190)
    hall.flush()
    assert [n.amended for n in ears.private_news if isinstance(n, OrderNews)] == [True]
    show(hall, SPOT, "59500")
    filled = hall.order(0, order=order.number)
    assert filled is not None
    assert (filled.stage, filled.filled) == (Stage.FILLED, 2_000)


def test_an_older_view_does_not_know_what_is_newer() -> None:
    hall = opened()
    order = done(hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000", client_id="a")))
    later(hall, 2)
    hall.cancel(0, client_id="a")
    hall.lag_ns = SECOND
    assert [one.number for one in hall.open_orders(0)] == [order.number]
    later(hall, 2)
    assert hall.open_orders(0) == ()
    hall.lag_ns = 10 * SECOND
    assert hall.order(0, client_id="a") is None


def test_a_guard_strikes_unless_it_is_armed_again() -> None:
    hall = opened()
    hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000"))
    hall.guard(0, 5 * SECOND, product=Product.SPOT)
    later(hall, 4)
    hall.guard(0, 5 * SECOND, product=Product.SPOT)
    later(hall, 4)
    assert hall.open_orders(0)
    later(hall, 2)
    assert hall.open_orders(0) == ()
    assert hall.orders(0)[0].why == Why.GUARD


def test_a_closed_instrument_takes_nothing_and_a_cancel_only_venue_takes_cancels() -> None:
    hall = opened()
    order = done(hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000")))
    hall.whole = Status.CANCEL_ONLY
    refused = hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000"))
    assert isinstance(refused, Refused)
    assert refused.why == Why.STATUS
    assert isinstance(hall.cancel(0, order=order.number), HallOrder)


def test_an_order_good_till_a_date_ends_then() -> None:
    hall = opened()
    until_ns = hall.now_ns() + 3 * SECOND
    hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000", until_ns=until_ns))
    later(hall, 2)
    assert hall.open_orders(0)
    later(hall, 2)
    assert hall.orders(0)[0].why == Why.TIME


def test_an_older_book_is_one_that_was() -> None:
    hall = opened()
    later(hall, 1)
    before = hall.book(SPOT)
    later(hall, 3)
    show(hall, SPOT, "61000")
    hall.lag_ns = SECOND
    assert hall.book(SPOT) == before
    hall.lag_ns = 0
    assert hall.book(SPOT).number > before.number


def test_a_clock_that_is_set_back_hides_nothing() -> None:
    hall = opened()
    hall.set_time(START + 5 * SECOND)
    order = done(hall.place(0, wanted(hall, SPOT, BUY, "0.01", "59000")))
    done(hall.place(0, wanted(hall, SPOT, BUY, "0.01")))
    hall.set_time(START)
    assert [one.number for one in hall.open_orders(0)] == [order.number]
    assert len(hall.fills(0)) == len(hall.income(0)) >= 1
    assert hall.candles(SPOT, 60 * SECOND, limit=2)
    hall.set_time(START + 70 * SECOND)
    assert hall.candles(SPOT, 60 * SECOND, limit=2)


def test_two_hundred_accounts_hold_sixty_orders_each() -> None:
    hall = opened(accounts=200)
    for member in range(200):
        for i in range(60):
            done(hall.place(member, wanted(hall, SPOT, BUY, "0.001", str(50_000 + i))))
    assert sum(len(hall.open_orders(member)) for member in range(200)) == 12_000
    show(hall, SPOT, "50059", coins="0.15")
    assert sum(len(hall.fills(member)) for member in range(200)) == 150
