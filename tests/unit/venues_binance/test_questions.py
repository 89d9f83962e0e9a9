"""Questions about an account: which calls are made, and what their answers amount to."""

from typing import Any

import msgspec
import pytest

from steelyard.model import kinds as k
from steelyard.model.reports import OrderState, Unclear
from steelyard.venues.binance.trades import Cursor, read_cursor
from steelyard.venues.native.dialect import Permission
from tests.unit.venues_binance.bodies import (
    ID,
    INCOME,
    PERP_TRADE,
    RATE,
    SPOT_TRADE,
    UNKNOWN,
    algo,
    perp_order,
    spot_order,
)
from tests.unit.venues_binance.desk import (
    NOW_NS,
    PERP,
    SPOT,
    account,
    answer,
    fields_of,
    hold,
    path_of,
)

# --- questions ------------------------------------------------------------------------------------


def test_an_order_comes_with_all_its_trades() -> None:
    filled = spot_order(status="FILLED", executedQty="0.02000000")

    reply, calls = hold(account().order(ID, 0), [answer(filled), answer([SPOT_TRADE])])

    found = reply.value
    assert found.complete
    assert [path_of(call) for call in calls] == ["GET /api/v3/order", "GET /api/v3/myTrades"]
    (trade,) = found.trades
    assert (trade.trade, trade.client_id, trade.liquidity) == ("501", ID, k.MAKER)
    assert (trade.fee, trade.coin_fee) == (0, 2_000)


def test_an_order_whose_trades_are_not_all_told_is_not_complete() -> None:
    filled = spot_order(status="FILLED", executedQty="0.02000000")
    part = {**SPOT_TRADE, "qty": "0.01000000"}

    reply, _ = hold(account().order(ID, 0), [answer(filled), answer([part])])

    assert not reply.value.complete


def test_a_triggered_conditional_order_is_told_with_what_it_became() -> None:
    became = perp_order(orderId=88, clientOrderId="web_1", status="FILLED", executedQty="0.020",
                        type="MARKET", origType="STOP_MARKET", price="0")  # fmt: skip
    answers = [
        UNKNOWN, answer(algo(algoStatus="FINISHED", actualOrderId="88", actualQty="0.020")),
        answer(became), answer([{**PERP_TRADE, "orderId": 88}]),
    ]  # fmt: skip

    reply, calls = hold(account().order(ID, 1), answers)

    found = reply.value
    assert fields_of(calls[2])["orderId"] == "88"
    assert (found.report.client_id, found.report.state) == (ID, OrderState.FILLED)
    assert (found.report.trigger, found.trades[0].client_id) == (6000000, ID)


def test_open_orders_are_those_of_both_products_and_namespaces() -> None:
    other = perp_order(symbol="ETHUSDT")
    answers = [answer([spot_order()]), answer([perp_order(), other]), answer([algo()])]

    reply, calls = hold(account().open_orders(), answers)

    assert [path_of(call) for call in calls] == [
        "GET /api/v3/openOrders", "GET /fapi/v1/openOrders", "GET /fapi/v1/openAlgoOrders",
    ]  # fmt: skip
    page = reply.value
    assert page.complete
    assert page.as_of_ns == NOW_NS
    assert [(one.instrument, one.trigger) for one in page.orders] == [
        (0, 0), (1, 0), (1, 6000000),
    ]  # fmt: skip


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_open_orders_are_whole_or_none(broken: int) -> None:
    answers = [answer([spot_order()]), answer([perp_order()]), answer([algo()])][:broken]

    reply, _ = hold(account().open_orders(), [*answers, answer(b"[{", 200)])

    assert isinstance(reply, Unclear)


def holdings_answers(dual: bool = True) -> list[Any]:
    return [
        answer({"balances": [
            {"asset": "BTC", "free": "0.01998000", "locked": "0.01000000"},
            {"asset": "USDT", "free": "900.5", "locked": "99.5"},
            {"asset": "BNB", "free": "1", "locked": "0"},
        ]}),
        answer([{"asset": "USDT", "balance": "122607.35137903"},
                {"asset": "BNB", "balance": "3"}]),
        answer([
            {"symbol": "BTCUSDT", "positionAmt": "-0.002", "entryPrice": "22185.25",
             "unRealizedProfit": "1.06214947", "notional": "-43.30835053",
             "positionSide": "SHORT"},
            {"symbol": "BTCUSDT", "positionAmt": "0.000", "entryPrice": "0.0",
             "unRealizedProfit": "0.00000000", "notional": "0", "positionSide": "LONG"},
        ]),
        answer({"dualSidePosition": dual}),
    ]  # fmt: skip


def test_holdings_add_up_both_products() -> None:
    reply, _ = hold(account(hedged=True).holdings(), holdings_answers())

    page = reply.value
    assert page.cash == 100000000000 + 12260735137903
    assert page.hedged
    spot, perp = page.positions
    assert (spot.instrument, spot.quantity, spot.worth) == (0, 2998000, 0)
    assert (perp.instrument, perp.position_side, perp.quantity) == (1, k.SHORT, -2)
    assert (perp.entry, perp.worth) == (2218525, -4437050000)


@pytest.mark.parametrize("broken", range(4))
def test_holdings_are_whole_or_none(broken: int) -> None:
    answers = [*holdings_answers()[:broken], answer(b"", 504)]

    reply, _ = hold(account().holdings(), answers)

    assert isinstance(reply, Unclear)


def test_the_profile_says_what_the_key_may_do() -> None:
    answers = [
        answer({"enableReading": True, "enableWithdrawals": True, "ipRestrict": False,
                "enableSpotAndMarginTrading": True, "enableFutures": True}),
        answer({"balances": [], "uid": 354937868,
                "commissionRates": {"maker": "0.00150000", "taker": "0.00160000"}}),
        answer({"dualSidePosition": True, "multiAssetsMargin": True, "canTrade": True}),
        answer([{"asset": "USDT", "balance": "1", "accountAlias": "SgsR"}]),
        answer([{"symbol": "BTCUSDT", "marginType": "CROSSED", "leverage": 21}]),
        answer({"symbol": "BTCUSDT", "makerCommissionRate": "0.0002",
                "takerCommissionRate": "0.0004"}),
    ]  # fmt: skip

    reply, _ = hold(account().profile(), answers)

    profile = reply.value
    assert profile.permissions == {Permission.READ, Permission.TRADE, Permission.WITHDRAW}
    assert (profile.user, profile.hedged, profile.margin_mode) == ("354937868", True, "cross")
    assert profile.fees == {SPOT.name: (150000, 160000), PERP.name: (20000, 40000)}
    assert any("multi-assets" in note for note in profile.notes)
    assert any("bound to no address" in note for note in profile.notes)


# --- history --------------------------------------------------------------------------------------


def test_history_is_one_page_of_everything_with_one_cursor() -> None:
    answers = [
        answer([SPOT_TRADE]), answer(spot_order()), answer([PERP_TRADE]),
        answer(perp_order(clientOrderId="autoclose-1")), answer([INCOME]), answer([RATE]),
    ]  # fmt: skip

    reply, calls = hold(account().trades(""), answers)

    page = reply.value
    assert page.complete
    assert not page.more
    assert [fields_of(call).get("fromId") for call in calls] == ["0", None, "0", None, None, None]
    perp, spot = page.trades
    assert (perp.trade, perp.forced, perp.position_side) == ("901", "liquidation", k.SHORT)
    assert (spot.trade, spot.client_id) == ("501", ID)
    (paid,) = page.funding
    assert (paid.reference, paid.payment, paid.rate) == ("9689322392", 37500001, 10000)
    assert paid.mark == 3428755
    assert read_cursor(page.cursor) == Cursor(
        spot={"BTCUSDT": 502}, perp={"BTCUSDT": 902}, income_ms=1570608000000,
        seen=("9689322392",),
    )  # fmt: skip


def test_history_goes_on_where_it_stopped_and_tells_nothing_twice() -> None:
    dialect = account()
    first, _ = hold(dialect.trades(""), [
        answer([SPOT_TRADE]), answer(spot_order()), answer([]), answer([INCOME]), answer([RATE]),
    ])  # fmt: skip

    second, calls = hold(dialect.trades(first.value.cursor), [
        answer([]), answer([]), answer([INCOME]),
    ])  # fmt: skip

    assert (second.value.trades, second.value.funding) == ((), ())
    assert second.value.cursor == first.value.cursor
    assert fields_of(calls[0])["fromId"] == "502"
    assert fields_of(calls[2])["startTime"] == "1570608000000"


def test_a_full_page_means_more() -> None:
    rows = [{**SPOT_TRADE, "id": n} for n in range(1000)]

    reply, _ = hold(account((SPOT,)).trades(""), [answer(rows), answer(spot_order())])

    assert reply.value.more
    assert len(reply.value.trades) == 1000
    assert read_cursor(reply.value.cursor).spot == {"BTCUSDT": 1000}


def test_many_orders_are_named_from_the_list_of_all() -> None:
    trades = [{**SPOT_TRADE, "id": n, "orderId": 100 + n} for n in range(6)]
    page = [spot_order(orderId=100 + n, clientOrderId=f"c{n}") for n in (0, 1, 3)]

    reply, calls = hold(
        account((SPOT,)).trades(""),
        [
            answer(trades),
            answer(page),
            answer(spot_order(orderId=104, clientOrderId="c4")),
            UNKNOWN,
        ],
    )

    assert [path_of(call) for call in calls] == [
        "GET /api/v3/myTrades", "GET /api/v3/allOrders", "GET /api/v3/order", "GET /api/v3/order",
    ]  # fmt: skip
    assert [trade.client_id for trade in reply.value.trades] == ["c0", "c1", "", "c3", "c4", ""]


def test_a_page_without_trades_keeps_its_cursor() -> None:
    cursor = msgspec.json.encode(Cursor(spot={"BTCUSDT": 77})).decode()

    reply, _ = hold(account((SPOT,)).trades(cursor), [answer([])])

    assert read_cursor(reply.value.cursor).spot == {"BTCUSDT": 77}


def test_a_broken_page_is_no_history() -> None:
    reply, _ = hold(account().trades(""), [answer([SPOT_TRADE]), answer(b"", 502)])

    assert isinstance(reply, Unclear)
