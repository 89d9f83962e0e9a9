"""Every recorded and documented Binance message through the dialect's own tools.

What is not read is listed below with its reason; a fixture that is neither read nor listed fails.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from steelyard.model.errors import InputError
from steelyard.venues.binance import tools
from tests.recorded.market_files import market_file

ENCODER = msgspec.json.Encoder(decimal_format="number")
PLACE = re.compile(r"\|[\w*]+\|")  # stands for a number that a client makes up

REST_UNREAD = [
    # a part of the path or title, why it is not read
    (r"^/sapi/v1/(copyTrading|futures|algo|margin|blvt|convert|fiat|pay|c2c|rebate|bnbBurn)",
     "copy trading, loans, other products and transfers are out of scope"),
    (r"^/sapi/v\d/(asset|capital|accountSnapshot|localentity|spot|system|account/(?!apiR))",
     "wallet functions nobody here uses"),
    (r"^/wapi/", "the retired wallet interface"),
    (r"^/dapi/", "coin-margined contracts are out of scope"),
    (r"^/futures/data/", "statistics"),
    (r"^/fapi/v1/(convert|stock|feeBurn)", "conversion and fee settings are out of scope"),
    ((r"/(aggTrades|trades|historicalTrades|historicalBlockTrades|avgPrice|ticker|uiKlines|ping|"
     r"referencePrice|executionRules|premiumIndex|indexPriceKlines|markPriceKlines|indexInfo|"
     r"premiumIndexKlines|continuousKlines|openInterest|assetIndex|insuranceBalance|ticker/\w+)"
     r"(/\w+)?$"), "public requests the dialect does not make: streams tell it"),
    (r"/(orderList|openOrderList|allOrderList|order/(oco|cancelReplace|amend))",
     "order lists and cancel-and-replace are not used"),
    (r"^/api/v3/(order/amendments|account/commission|userDataStream)",
     "account/commission is 20 of weight and per symbol; the listen keys of spot are retired"),
    ((r"^/fapi/v1/(adlQuantile|(income|order|trade)/asyn|leverageBracket|multiAssetsMargin|"
     r"marginType|positionMargin|rateLimit|apiTradingStatus)"),
     "settings and downloads nobody here uses"),
    (r"^/fapi/v\d/account$", "its parts are read from balance and positionRisk"),
]  # fmt: skip

# Entries without a path, by title: which request they answer.
TITLES = [
    ((r"(^|/)account_response$|^account_service_test:TestGetAccount data$|"
        r"http_spot_wallet_account$"),
     {"spot": "GET /api/v3/account"}),
    ((r"account_trades_response$|trade_service_test:TestListTrades|TestAccountTradeList|"
     r"http_futures_account_trades$"),
     {"spot": "GET /api/v3/myTrades", "usdt-perp": "GET /fapi/v1/userTrades"}),
    (r"book_ticker_response$|TestListBookTickers|TestSingleBookTicker",
     {"spot": "GET /api/v3/ticker/bookTicker", "usdt-perp": "GET /fapi/v1/ticker/bookTicker"}),
    (r"cancel_open_orders_response$|order_service_test:TestCancelOpenOrders",
     {"spot": "DELETE /api/v3/openOrders"}),
    (r"klines_response$|market_klines$",
     {"spot": "GET /api/v3/klines", "usdt-perp": "GET /fapi/v1/klines"}),
    ((r"new_order_full_response$|(^|/)order_response$|^order_service_test:Test(CreateOrderFull|"
     r"GetOrder|CancelOrder|ModifyOrder)|single-order$"),
     {"spot": "GET /api/v3/order", "usdt-perp": "GET /fapi/v1/order"}),
    (r"^order_service_test:TestListO(penOrders|rders)|open-orders$",
     {"spot": "GET /api/v3/openOrders", "usdt-perp": "GET /fapi/v1/openOrders"}),
    (r"Test(Create|Modify)BatchOrders", {"usdt-perp": "POST /fapi/v1/batchOrders"}),
    (r"server_time_response$", {"spot": "GET /api/v3/time"}),
    (r"market_depth$|depth_service_test", {"spot": "GET /api/v3/depth",
                                           "usdt-perp": "GET /fapi/v1/depth"}),
    (r"http_json/balance$", {"usdt-perp": "GET /fapi/v2/balance"}),
    (r"position_side_dual$", {"usdt-perp": "GET /fapi/v1/positionSide/dual"}),
    (r"positions_one_way$|TestGetPositionRisk", {"usdt-perp": "GET /fapi/v2/positionRisk"}),
    (r"commission_rate_", {"usdt-perp": "GET /fapi/v1/commissionRate"}),
    (r"market_exchange_info$", {"usdt-perp": "GET /fapi/v1/exchangeInfo"}),
    (r"TestExchangeInfoWithPermission", {"spot": "GET /api/v3/exchangeInfo"}),
    (r"income_history_test", {"usdt-perp": "GET /fapi/v1/income"}),
    (r"TestGetFundingRate", {"usdt-perp": "GET /fapi/v1/fundingRate"}),
    (r"user_stream_service_test:TestStart", {"usdt-perp": "POST /fapi/v1/listenKey"}),
]  # fmt: skip
TITLES_UNREAD = [
    (r"TestCreateOrderId", "its sample leaves out the client order id, which every answer has"),
    (r"^[A-Z_]+$", "a filter's description, alone"),
    (r"commission|STP|test order|uses STP", "a fragment of an explanation"),
    ((r"margin|Margin|subaccount|SubAccount|staking|savings|simple_earn|liquidity_pool|convert|fiat|"
     r"rebate|wallet|Wallet|deposit|withdraw|dust|dividend|asset|bnb_burn|trade_fee|interest|"
     r"InternalUniversal|transfer|Transfer|TwapOrder|futures_algo|Snapshot"),
     "wallet, loans and other products are out of scope"),
    ((r"ticker|Ticker|AveragePrice|24hr|agg_trades|AggregateTrades|RecentTrades|HistoricalTrades|"
     r"market_trades|historical_trades|trades_response|uiKlines|mark_price_test|premium_index|"
     r"continuous_klines|index_price|index_info|asset_index|long_short|LongShort|taker|blvt|Basis"),
     "public requests the dialect does not make: streams tell it"),
    (r"OCO|Oco", "order lists are not used"),
    (r"TestCancelAllOpenOrders|account_info_v2|position_margin|PositionMargin|TestGetAccount",
     "an answer whose content is not read"),
    (r"TestGetMarkPrice|mark_price", "the stream tells it"),
    (r"http_futures_market_|http_spot_market_", "statistics"),
]  # fmt: skip

# Entries that contradict the documentation or themselves.
REST_BROKEN = {
    "binance-rest-docs-usds-margined-futures-faq-stp-faq":
        "an explanation whose first examples leave the symbol out",
}  # fmt: skip

WS_UNREAD = re.compile(
    r"24hr|ticker|Ticker|avgPrice|forceOrder|blockTrade|referencePrice|indexPrice_kline|nav|"
    r"compositeIndex|lastUpdateId|openInterest|assetIndex|captured_at|trade_all|\[\{\}\]|"
    r'\[\{"e":"markPriceUpdate"|TICKER_ALL|TRADE_ALL'
)
"""Statistics, liquidations of others, other products, partial books, lists of all symbols, and
descriptions of binary captures."""
WS_BROKEN = {
    "binance-ws-gobinance-websocket-service-TestDepthServe-data-4": "levels of before 2019",
    "binance-ws-gobinance-websocket-service-TestDepthServe100Ms-data-5": "levels of before 2019",
}


def entries(kind: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(market_file(f"exchange/binance/{kind}").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield path, json.loads(line, parse_float=Decimal)


def raw(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else ENCODER.encode(body)


def request_of(entry: dict[str, Any]) -> str | None:
    """Name the request of an entry, or None for one that is listed as unread."""
    if entry.get("method") and entry.get("path"):
        if any(re.search(part, entry["path"]) for part, _ in REST_UNREAD) and not re.search(
            r"^/f?api/v\d/ticker/bookTicker$", entry["path"]
        ):
            return None
        return f"{entry['method']} {entry['path']}"
    title = entry["title"]
    for part, requests in TITLES:
        if re.search(part, title) and entry["product"] in requests:
            return str(requests[entry["product"]])
    reasons = [why for part, why in TITLES_UNREAD if re.search(part, title)]
    assert reasons, f"neither read nor listed: {title}"
    return None


def test_every_rest_answer_is_read_or_listed() -> None:
    counted: Counter[str] = Counter()
    broken: dict[str, str] = {}
    for path, entry in entries("rest"):
        if path.name == "requests_ccxt.jsonl":
            continue  # requests: tests/unit/venues_binance/test_orders.py
        request = request_of(entry)
        bodies = [one["json"] for one in entry.get("responses", ())] or [entry.get("response")]
        for body in bodies:
            if request is None or body is None:
                counted["unread"] += 1
                continue
            try:
                told = tools.decode_rest(request, raw(body))
            except (ValueError, InputError) as error:
                broken[entry["id"]] = f"{request}: {error}: {raw(body)[:100]!r}"
            else:
                json.dumps(told, default=str)
                counted["read"] += 1
    assert {one: why for one, why in broken.items() if one not in REST_BROKEN} == {}
    assert REST_BROKEN.keys() <= broken.keys()
    assert counted["read"] > 150


def test_every_frame_is_read_or_listed() -> None:
    counted: Counter[str] = Counter()
    unread: list[tuple[str, str]] = []
    broken = set()
    for _, entry in entries("ws"):
        for message in entry["messages"]:
            if message["dir"] == "client":
                counted["client"] += 1
                continue
            body = raw(message.get("json", message.get("text")))
            body = PLACE.sub("1", body.decode()).encode()
            body = re.sub(rb"^\d (?=\{)", b"", body)  # the number of a client in a test of two
            try:
                told = tools.decode_ws(body)
            except InputError:
                unread.append((entry["id"], body.decode()))
            except ValueError:
                broken.add(entry["id"])
            else:
                json.dumps(told, default=str)
                counted["read"] += 1
    assert [one for one in unread if not WS_UNREAD.search(one[1])] == []
    assert broken == WS_BROKEN.keys()
    assert counted["read"] > 250


# --- values that the sources of the fixtures assert ---------------------------------------------


def test_values_agree_with_those_that_another_library_asserts() -> None:
    """crypto-msg-parser's expectations and tardis's normalised output, where we read the frame."""
    checked: Counter[str] = Counter()
    for _, entry in entries("ws"):
        if entry["product"] not in ("spot", "usdt-perp", "linear_swap", "linear_future"):
            continue
        (frame,) = [m for m in entry["messages"] if m["dir"] == "push"][:1] or [None]
        wanted = entry.get("expect_normalized") or ([entry["expect"]] if "expect" in entry else [])
        if frame is None or len(wanted) != 1:
            continue
        try:
            told = tools.decode_ws(raw(frame["json"]))
        except (InputError, ValueError):
            continue
        for one in told:
            kind = {"Trade": check_trade, "Quote": check_quote, "BookChange": check_book}.get(
                one["is"]
            )
            if kind is not None and kind(one, wanted[0]):
                checked[one["is"]] += 1
    assert checked["Trade"] >= 4, checked
    assert checked["Quote"] >= 4, checked
    assert checked["BookChange"] >= 2, checked


def check_trade(told: dict[str, Any], wanted: dict[str, Any]) -> bool:
    if "price" not in wanted:
        return False
    amount = wanted.get("amount", wanted.get("quantity_base"))
    assert Decimal(told["price"]) == Decimal(str(wanted["price"]))
    assert amount is None or Decimal(told["quantity"]) == Decimal(str(amount))
    assert told["taker_side"] == str(wanted.get("side", told["taker_side"])).lower()
    return True


def check_quote(told: dict[str, Any], wanted: dict[str, Any]) -> bool:
    bid = wanted.get("bid_price", wanted.get("bidPrice"))
    if bid is None:
        return False
    ask = wanted.get("ask_price", wanted.get("askPrice"))
    assert (Decimal(told["bid"]), Decimal(told["ask"])) == (Decimal(str(bid)), Decimal(str(ask)))
    size = wanted.get("bid_quantity_base", wanted.get("bidAmount"))
    assert Decimal(told["bid_quantity"]) == Decimal(str(size))
    return True


def check_book(told: dict[str, Any], wanted: dict[str, Any]) -> bool:
    if not isinstance(wanted.get("bids"), list):
        return False
    for side in ("bids", "asks"):
        ours = [(Decimal(p), Decimal(q)) for p, q in told[side]]
        theirs = [(Decimal(str(x["price"])), Decimal(str(x["amount"]))) for x in wanted[side]]
        assert ours == theirs
    return True


@pytest.mark.parametrize("request_", ["GET /sapi/v1/nothing", "", "POST /api/v3/time"])
def test_an_unknown_request_says_so(request_: str) -> None:
    with pytest.raises(InputError, match="does not make"):
        tools.decode_rest(request_, b"{}")


def test_an_error_body_is_told_as_what_it_means() -> None:
    told = tools.decode_rest(
        "POST /fapi/v1/order", b'{"code":-2019,"msg":"Margin is insufficient."}'
    )

    assert (told["is"], told["fault"], told["code"]) == ("Refusal", "funds", -2019)
