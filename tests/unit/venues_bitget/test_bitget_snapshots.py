"""Conversations about the whole account: every page of every part, told as one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, LONG, SELL, SHORT
from steelyard.model.reports import (
    Holdings,
    OpenOrders,
    Success,
    Trades,
    Unclear,
)
from steelyard.venues.native.dialect import Call, Permission, Profile
from steelyard.wire.http import Answer
from tests.unit.venues_bitget.bitget_setting import (
    PERPETUAL_BTC,
    SPOT_BTC,
    account,
    bad,
    converse,
    good,
)

SPOT, MIX = 0, 1


def _placing(instrument: int = MIX, kind: int = LIMIT, **more: Any) -> Placing:
    given = {"side": BUY, "flags": 0, "price": 270005, "quantity": 2, **more}
    return Placing(client_id="s1", instrument=instrument, type=kind, **given)


def _asked(call: Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(call.url).query).items()}


_MIX_ORDER = {
    "symbol": "BTCUSDT", "size": "0.002", "orderId": "7", "clientOid": "s1", "baseVolume": "0.002",
    "price": "27000.5", "state": "filled", "side": "buy", "orderType": "limit", "posSide": "net",
    "posMode": "one_way_mode", "tradeSide": "buy_single", "reduceOnly": "NO",
    "cTime": "1700000000000", "uTime": "1700000000100",
}  # fmt: skip
_MIX_FILL = {
    "tradeId": "70", "symbol": "BTCUSDT", "orderId": "7", "price": "27000.5", "baseVolume": "0.002",
    "side": "buy", "tradeSide": "buy_single", "posMode": "one_way_mode", "tradeScope": "taker",
    "cTime": "1700000000090",
    "feeDetail": [{"deduction": "no", "feeCoin": "USDT", "totalFee": "-0.0324006"}],
}  # fmt: skip


def test_open_orders_of_both_products_and_all_plans_are_one_snapshot() -> None:
    spot = {"symbol": "BTCUSDT", "orderId": "3", "clientOid": "s3", "priceAvg": "66000.00",
            "basePrice": "0", "size": "0.00009", "orderType": "limit", "side": "buy",
            "status": "live", "baseVolume": "0", "cTime": "1", "uTime": "2"}  # fmt: skip
    plan = {"planType": "normal_plan", "symbol": "BTCUSDT", "size": "0.002", "orderId": "5",
            "clientOid": "s5", "planStatus": "live", "triggerPrice": "25000", "side": "sell",
            "posSide": "net", "orderType": "market", "posMode": "one_way_mode",
            "cTime": "1"}  # fmt: skip
    rest = _MIX_ORDER | {"status": "live", "state": "", "baseVolume": "0"}
    answers = [
        good([spot]), good({"orderList": [], "nextFlag": False}),
        good({"entrustedList": [rest], "endId": "7"}),
        good({"entrustedList": [plan], "endId": "5"}),
        good({"entrustedList": None, "endId": None}), good({"entrustedList": [], "endId": None}),
    ]  # fmt: skip
    reply, calls = converse(account().open_orders(), answers)

    assert isinstance(reply, Success)
    page: OpenOrders = reply.value
    assert page.complete
    assert {each.client_id: each.instrument for each in page.orders} == {"s3": 0, "s1": 1, "s5": 1}
    by_id = {each.client_id: each for each in page.orders}
    assert (by_id["s3"].price, by_id["s3"].quantity) == (6_600_000, 9_000)
    assert by_id["s5"].trigger == 250000
    assert [_asked(call).get("planType") for call in calls[3:]] == [
        "normal_plan", "profit_loss", "track_plan",
    ]  # fmt: skip


def test_a_full_page_is_followed_and_a_lost_one_ends_it() -> None:
    rows = [
        _MIX_ORDER | {"orderId": str(500 - n), "clientOid": f"x{n}", "status": "live", "state": ""}
        for n in range(100)
    ]
    empty = good({"entrustedList": [], "endId": None})
    page = good({"entrustedList": rows, "endId": "401"})
    reply, calls = converse(account(PERPETUAL_BTC).open_orders(), [page, *[empty] * 4])

    assert isinstance(reply, Success)
    assert len(reply.value.orders) == 100
    assert _asked(calls[1])["idLessThan"] == "401"

    reply, _ = converse(account(PERPETUAL_BTC).open_orders(), [page, Answer(500, {}, b"")])
    assert isinstance(reply, Unclear)


def _fill(number: int, order: str = "7") -> dict[str, Any]:
    return _MIX_FILL | {"tradeId": str(number), "orderId": order, "cTime": str(number)}


def test_trades_go_on_from_the_cursor_oldest_first() -> None:
    kept = account(PERPETUAL_BTC)
    converse(kept.place(_placing(0)), [good({"orderId": "7", "clientOid": "s1"})])
    bill = {"billId": "90", "symbol": "BTCUSDT", "amount": "-0.004992", "coin": "USDT",
            "businessType": "contract_settle_fee", "cTime": "5"}  # fmt: skip
    fills = good({"fillList": [_fill(n) for n in (73, 72, 71, 70)], "endId": "70"})
    answers = [fills, good({"bills": [bill], "endId": "90"})]

    reply, calls = converse(kept.trades("s:0,f:71,b:0"), answers)

    assert isinstance(reply, Success)
    page: Trades = reply.value
    assert page.complete
    assert not page.more
    assert [each.trade for each in page.trades] == ["72", "73"]
    assert all(each.client_id == "s1" for each in page.trades)
    assert page.cursor == "s:0,f:73,b:90"
    assert [(each.reference, each.payment) for each in page.funding] == [("90", 499_200)]
    assert _asked(calls[1])["businessType"] == "contract_settle_fee"


def test_a_trade_of_an_unknown_order_is_told_after_asking_for_it() -> None:
    fills = good({"fillList": [_fill(70, "6")], "endId": "70"})
    detail = good(_MIX_ORDER | {"orderId": "6", "clientOid": "s9", "orderSource": "normal"})
    answers = [fills, detail, good({"bills": None, "endId": None})]
    reply, calls = converse(account(PERPETUAL_BTC).trades(""), answers)

    assert isinstance(reply, Success)
    assert [each.client_id for each in reply.value.trades] == ["s9"]
    assert _asked(calls[1])["orderId"] == "6"


def test_a_cursor_of_somebody_else_is_not_taken_for_the_beginning() -> None:
    reply, calls = converse(account().trades("yesterday"), [])

    assert isinstance(reply, Unclear)
    assert calls == []


def test_hedged_closes_are_told_by_what_was_done() -> None:
    """F45: the venue names the position, not what happens to it."""
    fill = _fill(70, "6") | {"side": "buy", "tradeSide": "close", "posMode": "hedge_mode"}
    detail = _MIX_ORDER | {"orderId": "6", "side": "buy", "tradeSide": "close", "posSide": "long",
                           "posMode": "hedge_mode"}  # fmt: skip
    answers = [good({"fillList": [fill]}), good(detail), good({"bills": []})]
    reply, _ = converse(account(PERPETUAL_BTC, hedged=True).trades(""), answers)

    assert isinstance(reply, Success)
    (trade,) = reply.value.trades
    assert (trade.side, trade.position_side) == (SELL, LONG)


def test_holdings_of_both_products_are_one_snapshot() -> None:
    position = {"symbol": "BTCUSDT", "holdSide": "short", "total": "0.01", "unrealizedPL": "-1",
                "openPriceAvg": "25000.123456789", "posMode": "hedge_mode"}  # fmt: skip
    wallet = {"marginCoin": "USDT", "accountEquity": "99", "unrealizedPL": "",
              "crossedUnrealizedPL": "-1", "isolatedUnrealizedPL": "0",
              "posMode": "hedge_mode"}  # fmt: skip
    coins = [
        {"coin": "BTC", "available": "0.0000069", "frozen": "0.5", "locked": "0"},
        {"coin": "USDT", "available": "1.5", "frozen": "2", "locked": "0"},
    ]
    answers = [good([position]), good(wallet), good(coins)]
    reply, _ = converse(account(hedged=True).holdings(), answers)

    assert isinstance(reply, Success)
    held: Holdings = reply.value
    assert held.complete
    assert held.hedged
    assert held.cash == (100 + 3) * 10**8 + 5 * 10**7
    mix, spot = held.positions
    assert (mix.instrument, mix.position_side, mix.quantity) == (1, SHORT, -10)
    assert mix.entry == 250001
    assert mix.worth == -25_000_123_457
    assert (spot.instrument, spot.quantity) == (0, 50_000_690)


def test_an_equity_whose_open_profit_nobody_tells_is_unclear() -> None:
    """F54: empty is not zero."""
    position = {"symbol": "BTCUSDT", "holdSide": "long", "total": "1", "openPriceAvg": "1"}
    wallet = {"marginCoin": "USDT", "accountEquity": "99", "unrealizedPL": ""}
    reply, _ = converse(account(PERPETUAL_BTC).holdings(), [good([position]), good(wallet)])

    assert isinstance(reply, Unclear)


def test_the_profile_tells_what_the_key_may_do() -> None:
    info = {"userId": "u", "ips": "127.0.0.1, 10.0.0.1", "authorities": ["stow", "wwow", "coor"]}
    wallet = {"marginCoin": "USDT", "accountEquity": "1", "posMode": "hedge_mode",
              "marginMode": "crossed"}  # fmt: skip
    rates = good({"makerFeeRate": "0.0002", "takerFeeRate": "0.0006"})
    reply, _ = converse(account().profile(), [good(info), good(wallet), rates, rates])

    assert isinstance(reply, Success)
    profile: Profile = reply.value
    assert profile.permissions == {Permission.TRADE, Permission.WITHDRAW, Permission.READ}
    assert profile.hedged
    assert profile.addresses == ("127.0.0.1", "10.0.0.1")
    assert profile.fees[SPOT_BTC.name] == (20_000, 60_000)
    assert any("withdraw" in note for note in profile.notes)


@pytest.mark.parametrize("code", ["40814", "45054"])
def test_leverage_that_was_so_already_is_a_success(code: str) -> None:
    reply, _ = converse(account().set_leverage(MIX, 5), [bad(code)])

    assert isinstance(reply, Success)
