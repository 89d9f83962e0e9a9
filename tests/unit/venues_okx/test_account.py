"""What OKX says about an account: orders, trades, funding, holdings, settings."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from steelyard.model.kinds import BUY, MAKER, SELL, SHORT, TAKER
from steelyard.model.reports import (
    Fault,
    Holding,
    Holdings,
    OpenOrders,
    OrderFound,
    OrderState,
    Refusal,
    Success,
    Trades,
    Unclear,
)
from steelyard.venues.native.dialect import Call, Permission, Profile
from tests.unit.venues_okx.okx_parts import NOW_NS, account, no, ok, talk

NOW_MS = NOW_NS // 10**6


def _order(number: int, **changed: str) -> dict[str, str]:
    return {
        "instId": "BTC-USDT-SWAP", "instType": "SWAP", "ordId": str(number), "clOrdId": "s1",
        "side": "buy", "posSide": "net", "state": "live", "sz": "2", "px": "50000",
        "ordType": "limit", "accFillSz": "0", "reduceOnly": "false", "uTime": str(NOW_MS),
        "cTime": str(NOW_MS), "algoClOrdId": "", **changed,
    }  # fmt: skip


def _fill(bill: int, **changed: str) -> dict[str, str]:
    return {
        "instId": "BTC-USDT-SWAP", "tradeId": f"t{bill}", "ordId": "1", "clOrdId": "s1",
        "billId": str(bill), "side": "buy", "posSide": "net", "fillPx": "50000", "fillSz": "1",
        "fee": "-0.25", "feeCcy": "USDT", "execType": "T", "ts": str(NOW_MS), "subType": "1",
        "fillTime": str(NOW_MS), **changed,
    }  # fmt: skip


def _query(call: Call) -> dict[str, list[str]]:
    return parse_qs(urlsplit(call.url).query)


def _value(reply: Any, kind: type[Any]) -> Any:
    assert isinstance(reply, Success), reply
    assert isinstance(reply.value, kind)
    return reply.value


def test_an_order_is_told_with_all_of_its_trades() -> None:
    reply, _ = talk(
        account().order("s1", 1),
        ok(_order(1, state="filled", accFillSz="2")),
        ok(_fill(11), _fill(10, execType="M", fee="0.1")),
    )

    found = _value(reply, OrderFound)
    assert found.complete
    assert found.report.state is OrderState.FILLED
    assert found.report.filled == 200
    assert [trade.trade for trade in found.trades] == ["t10", "t11"]
    # A negative fee is a charge, a positive one a rebate.
    assert [trade.fee for trade in found.trades] == [-10_000_000, 25_000_000]
    assert [trade.liquidity for trade in found.trades] == [MAKER, TAKER]


def test_an_order_is_absent_only_when_both_namespaces_and_the_history_say_so() -> None:
    reply, calls = talk(account().order("s1", 1), *[no("51603")] * 2, *[ok()] * 6)
    unclear, _ = talk(account().order("s1", 1), no("51603"), no("50026", "System error"))

    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.NO_ORDER
    assert {urlsplit(call.url).path for call in calls} == {
        "/api/v5/trade/order", "/api/v5/trade/order-algo", "/api/v5/trade/orders-algo-history",
    }  # fmt: skip
    assert isinstance(unclear, Unclear)


def test_where_the_venue_has_other_words_for_it_the_lists_must_say_so() -> None:
    algo = {
        "algoId": "7", "algoClOrdId": "s1", "instId": "BTC-USDT-SWAP", "state": "live",
        "side": "sell", "sz": "1", "slTriggerPx": "49000",
    }  # fmt: skip
    strange = no("51000", "Parameter algoClOrdId error")
    absent, _ = talk(account().order("s1", 1), no("51603"), strange, *[ok()] * 8)
    found, _ = talk(account().order("s1", 1), no("51603"), strange, ok(algo))
    limited, _ = talk(account().order("s1", 1), no("51603"), no("50011", status=429))

    assert isinstance(absent, Refusal)
    assert absent.fault is Fault.NO_ORDER
    assert _value(found, OrderFound).report.trigger == 49_000_000
    assert isinstance(limited, Refusal)
    assert limited.fault is Fault.RATE_LIMIT


def test_what_was_read_is_canceled_without_asking_again() -> None:
    okx = account()
    stop = {
        "algoId": "7", "algoClOrdId": "s9", "instId": "BTC-USDT-SWAP", "state": "live",
        "side": "sell", "sz": "1", "slTriggerPx": "49000",
    }  # fmt: skip
    talk(okx.open_orders(), ok(_order(1)), ok(stop), ok(), ok(), ok())

    _, (plain,) = talk(okx.cancel("s1", 1), ok({"sCode": "0"}))
    _, (algo,) = talk(okx.cancel("s9", 1), ok({"sCode": "0"}))

    assert urlsplit(plain.url).path == "/api/v5/trade/cancel-order"
    assert urlsplit(algo.url).path == "/api/v5/trade/cancel-algos"


def test_a_triggered_stop_is_followed_to_the_order_it_became() -> None:
    algo = {
        "algoId": "77", "algoClOrdId": "s1", "instId": "BTC-USDT-SWAP", "state": "effective",
        "side": "sell", "sz": "2", "slTriggerPx": "49000", "ordIdList": ["1"],
    }  # fmt: skip
    reply, _ = talk(
        account().order("s1", 1),
        no("51603"),
        ok(algo),
        ok(_order(1, side="sell", state="filled", accFillSz="1", sz="1", clOrdId="", px="")),
        ok(_fill(11, side="sell", clOrdId="")),
    )

    found = _value(reply, OrderFound)
    assert found.report.client_id == "s1"
    assert found.report.venue_id == "1"
    assert found.report.state is OrderState.FILLED
    assert found.trades[0].client_id == "s1"


def test_open_orders_are_all_pages_of_both_namespaces() -> None:
    first = [_order(n) for n in range(200, 100, -1)]
    stop = {
        "algoId": "77", "algoClOrdId": "s9", "instId": "BTC-USDT-SWAP", "state": "live",
        "side": "sell", "sz": "2", "slTriggerPx": "49000", "reduceOnly": "true",
    }  # fmt: skip
    reply, calls = talk(
        account().open_orders(), ok(*first), ok(_order(100)), ok(stop), ok(), ok(), ok()
    )
    broken, _ = talk(account().open_orders(), ok(*first), no("50026"))

    orders = _value(reply, OpenOrders)
    assert orders.complete
    assert len(orders.orders) == 102
    assert _query(calls[1])["after"] == ["101"]
    assert (orders.orders[-1].trigger, orders.orders[-1].reduce_only) == (49_000_000, True)
    assert isinstance(broken, Unclear)


def test_trades_are_those_behind_the_cursor_and_the_cursor_moves_with_them() -> None:
    okx = account()
    funding = {
        "billId": "15", "type": "8", "subType": "173", "instId": "BTC-USDT-SWAP", "pnl": "-0.5",
        "balChg": "-0.5", "px": "50100", "ts": str(NOW_MS),
    }  # fmt: skip
    cursor = f"{NOW_MS - 1000}.10.4"
    reply, calls = talk(
        okx.trades(cursor),
        ok(_fill(12), _fill(11, instId="ETH-USDT-SWAP"), _fill(10), _fill(9)),
        ok(funding, {**funding, "billId": "4"}),
    )

    page = _value(reply, Trades)
    assert [trade.trade for trade in page.trades] == ["t12"]
    assert page.complete
    assert not page.more
    assert [(p.reference, p.payment, p.mark) for p in page.funding] == [
        ("15", 50_000_000, 50_100_000)
    ]
    assert page.cursor == f"{NOW_MS}.12.15"
    assert _query(calls[1])["type"] == ["8"]


def test_an_old_cursor_reads_the_history_and_a_broken_page_is_no_page() -> None:
    old = f"{NOW_MS - 5 * 86_400_000}.10.4"
    reply, calls = talk(
        account().trades(old), ok(_fill(14)), ok(_fill(13, instId="BTC-USDT", feeCcy="BTC",
        fee="-0.001", fillSz="1")), ok(_fill(12)), ok()
    )  # fmt: skip
    full = [_fill(n) for n in range(200, 100, -1)]
    broken, _ = talk(account().trades(f"{NOW_MS}.10.4"), ok(*full), no("50011", status=429))
    lost, _ = talk(account().trades(f"{NOW_MS - 95 * 86_400_000}.10.4"), *[ok()] * 4)

    page = _value(reply, Trades)
    assert [trade.trade for trade in page.trades] == ["t12", "t13", "t14"]
    assert (page.trades[1].fee, page.trades[1].coin_fee) == (0, 100_000)
    assert [_query(call).get("instType") for call in calls[1:3]] == [["SPOT"], ["SWAP"]]
    assert isinstance(broken, Refusal)
    assert not _value(lost, Trades).complete


def test_a_trade_of_a_triggered_stop_is_told_under_the_stops_id() -> None:
    algo = {
        "algoId": "77", "algoClOrdId": "s7", "instId": "BTC-USDT-SWAP", "state": "effective",
        "side": "sell", "ordIdList": ["1"], "uTime": str(NOW_MS),
    }  # fmt: skip
    okx = account()
    cursor = f"{NOW_MS}.10.4"
    reply, _ = talk(okx.trades(cursor), ok(_fill(12, clOrdId="")), ok(algo), ok(), ok())
    again, _ = talk(okx.trades(cursor), ok(_fill(12, clOrdId="")), ok())

    assert _value(reply, Trades).trades[0].client_id == "s7"
    assert _value(again, Trades).trades[0].client_id == "s7"


def _balance(*coins: dict[str, str]) -> dict[str, Any]:
    return {"uTime": str(NOW_MS), "details": list(coins)}


def test_holdings_are_spot_coins_and_swaps_of_one_account() -> None:
    reply, _ = talk(
        account(hedged=True).holdings(),
        ok(_balance(
            {"ccy": "BTC", "cashBal": "1.2345678999"},
            {"ccy": "USDT", "cashBal": "1000.5", "isoEq": "10", "isoUpl": "2.5", "upl": "7"},
        )),
        ok(
            {"instId": "BTC-USDT-SWAP", "posSide": "long", "pos": "3.5", "avgPx": "50000",
             "markPx": "50100", "upl": "3.5"},
            {"instId": "BTC-USDT-SWAP", "posSide": "short", "pos": "2", "avgPx": "50200",
             "markPx": "50100", "upl": "2"},
            {"instId": "ETH-USDT-SWAP", "posSide": "long", "pos": "1", "avgPx": "1",
             "markPx": "1", "upl": "0"},
        ),
        ok({"posMode": "long_short_mode", "acctLv": "2"}),
    )  # fmt: skip

    held = _value(reply, Holdings)
    assert held.complete
    assert held.hedged
    assert held.cash == 100_800_000_000
    assert held.positions == (
        Holding(instrument=0, position_side=0, quantity=123_456_789),
        Holding(
            instrument=1, position_side=0, quantity=350, entry=50_000_000, worth=1750 * 10**8
        ),
        Holding(
            instrument=1, position_side=SHORT, quantity=-200, entry=50_200_000,
            worth=-1004 * 10**8,
        ),
    )  # fmt: skip


def test_a_net_short_is_negative_and_a_broken_half_is_no_whole() -> None:
    position = {
        "instId": "BTC-USDT-SWAP", "posSide": "net", "pos": "-1", "avgPx": "50000",
        "markPx": "50000", "upl": "0",
    }  # fmt: skip
    reply, _ = talk(account().holdings(), ok(_balance()), ok(position), ok({"posMode": "net_mode"}))
    broken, _ = talk(account().holdings(), ok(_balance()), no("50026"))

    held = _value(reply, Holdings)
    assert (held.positions[0].quantity, held.hedged) == (-100, False)
    assert isinstance(broken, Unclear)


def test_the_profile_reads_permissions_fees_and_modes() -> None:
    config = {
        "uid": "42", "acctLv": "1", "posMode": "net_mode", "perm": "read_only,withdraw,trade",
        "ip": "1.2.3.4,5.6.7.8", "feeType": "0",
    }  # fmt: skip
    reply, calls = talk(
        account().profile(),
        ok(config),
        ok({"maker": "-0.0008", "taker": "-0.001", "makerU": "", "takerU": ""}),
        ok({"maker": "-0.0002", "taker": "-0.0005", "makerU": "0.00005", "takerU": "-0.0005"}),
    )

    told = _value(reply, Profile)
    assert told.permissions == {Permission.READ, Permission.TRADE, Permission.WITHDRAW}
    assert told.fees == {"BTC/USDT": (80_000, 100_000), "BTC/USDT:USDT": (-5_000, 50_000)}
    assert told.addresses == ("1.2.3.4", "5.6.7.8")
    assert "futures mode" in told.notes[0]
    assert len(told.notes) == 1
    assert _query(calls[2]) == {"instType": ["SWAP"], "instFamily": ["BTC-USDT"]}


def test_settings_say_what_the_mode_asks_for() -> None:
    _, crossed = talk(account().set_leverage(1, 5), ok({"lever": "5"}))
    _, isolated = talk(
        account(hedged=True, margin_mode="isolated").set_leverage(1, 5),
        ok({"lever": "5"}), ok({"lever": "5"}),
    )  # fmt: skip
    refused, (mode,) = talk(account().set_hedged(True), no("59000", "Settings failed."))

    assert msgspec.json.decode(crossed[0].body) == {
        "instId": "BTC-USDT-SWAP", "lever": "5", "mgnMode": "cross",
    }  # fmt: skip
    assert [msgspec.json.decode(call.body)["posSide"] for call in isolated] == ["long", "short"]
    assert msgspec.json.decode(mode.body) == {"posMode": "long_short_mode"}
    assert isinstance(refused, Refusal)
    assert refused.fault is Fault.MODE


def test_what_is_not_understood_is_unclear_and_never_an_empty_list() -> None:
    strange = _order(1, state="dreaming")

    reply, _ = talk(account().open_orders(), ok(strange))
    other, _ = talk(account().trades("0.1"))

    assert isinstance(reply, Unclear)
    assert isinstance(other, Unclear)


def test_sides_are_the_orders_not_the_positions() -> None:
    reply, _ = talk(
        account(hedged=True).open_orders(),
        ok(_order(1, side="buy", posSide="short"), _order(2, side="sell", posSide="long")),
        ok(), ok(), ok(), ok(),
    )  # fmt: skip

    told = [(report.side, report.position_side) for report in _value(reply, OpenOrders).orders]
    assert told == [(BUY, SHORT), (SELL, 0)]
