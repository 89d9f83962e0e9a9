"""The server over REST: who is heard, what is refused and how, what is counted."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from steelyard.exchange.binance.routes import ROUTES
from steelyard.exchange.hall.port import Trouble
from tests.unit.exchange_binance.binance_hall import Venue, signature

SPOT_ORDER: dict[str, Any] = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
    "quantity": "0.01", "price": "50000",
}  # fmt: skip
PERP_ORDER: dict[str, Any] = {**SPOT_ORDER, "price": "50000.0"}


@pytest.fixture
def venue() -> Venue:
    return Venue()


# --- who is heard ---------------------------------------------------------------------------------


def test_the_window_of_time_is_that_of_the_documentation(venue: Venue) -> None:
    now = venue.now_ms
    cases = [(now, None), (now - 5_000, None), (now - 5_001, -1021), (now + 999, None),
             (now + 1_000, -1021)]  # fmt: skip
    for at_ms, code in cases:
        assert venue.ask("GET", "/api/v3/account", at_ms=at_ms).get("code") == code, at_ms
    wide = venue.ask("GET", "/api/v3/account", at_ms=now - 20_000, recvWindow=60_000)
    assert "balances" in wide
    assert venue.ask("GET", "/api/v3/account", recvWindow=60_001)["code"] == -1131


def test_only_the_signature_of_exactly_this_text_is_taken(venue: Venue) -> None:
    who = venue.hall.members[0]
    text = f"symbol=BTCUSDT&timestamp={venue.now_ms}"
    good = signature(who.secret, text)
    cases = [
        (f"{text}&signature={good}", who.key, None),
        (f"signature={good}&{text}", who.key, None),
        (f"{text}&signature={good[::-1]}", who.key, -1022),
        (f"{text}0&signature={good}", who.key, -1022),
        (text, who.key, -1102),
        (f"{text}&signature={good}", "", -2014),
        (f"{text}&signature={good}", "short", -2014),
        (f"{text}&signature={good}", "x" * 64, -2015),
        (f"{text}&signature={good}", venue.hall.members[1].key, -1022),
    ]  # fmt: skip
    for query, key, code in cases:
        told = json.loads(venue.raw("GET", "/api/v3/openOrders", query, "", key=key).body)
        assert told == [] if code is None else told["code"] == code, query


def test_query_and_body_are_signed_together(venue: Venue) -> None:
    who = venue.hall.members[0]
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT"
    body = f"timeInForce=GTC&quantity=0.01&price=50000&timestamp={venue.now_ms}"
    body += "&signature=" + signature(who.secret, query + body)

    told = json.loads(venue.raw("POST", "/api/v3/order", query, body, key=who.key).body)

    assert told["status"] == "NEW"


def test_an_unknown_path_is_404_and_a_wrong_method_405(venue: Venue) -> None:
    assert venue.raw("GET", "/api/v3/nothing", "", "").status == 404
    assert venue.raw("PUT", "/api/v3/order", "", "").status == 405


@pytest.mark.parametrize("method, path", sorted(ROUTES))
def test_nothing_a_client_sends_raises(method: str, path: str) -> None:
    venue = Venue()
    names = ROUTES[method, path].names
    others = names - {"symbol"}
    hostile: list[dict[str, Any]] = [
        {}, {"symbol": ""}, {"symbol": "BTCUSDT"}, {"symbol": "\x00é"},
        {"symbol": "BTCUSDT", **dict.fromkeys(others, "-1")}, dict.fromkeys(names, "x" * 200),
        {"symbol": "BTCUSDT", **dict.fromkeys(others, "9" * 25)},
    ]  # fmt: skip
    for fields in hostile:
        venue.ask(method, path, **fields)
    assert venue.raw(method, path, "%%%&&==", "\udcff".encode("utf-8", "ignore").decode()).status


# --- what is refused ------------------------------------------------------------------------------


SPOT_REFUSED = [
    ({"symbol": "NOPE"}, -1121), ({"side": "HOLD"}, -1117), ({"type": "MAYBE"}, -1116),
    ({"timeInForce": "GTX"}, -1115), ({"timeInForce": ""}, -1102), ({"quantity": ""}, -1102),
    ({"quantity": "-1"}, -1100), ({"quantity": "1e3"}, -1100),
    ({"quantity": "0.0100000001"}, -1111),
    ({"quantity": "0.010001"}, -1013), ({"price": "50000.001"}, -1111), ({"price": "1"}, -1013),
    ({"quantity": "1000"}, -2010), ({"newClientOrderId": "not allowed"}, -1100),
    ({"newClientOrderId": "x" * 37}, -1100), ({"nonsense": "1"}, -1104),
    ({"type": "LIMIT_MAKER", "timeInForce": "", "price": "70000"}, -2010),
    ({"type": "STOP_LOSS", "stopPrice": "70000", "side": "SELL", "price": "", "timeInForce": ""},
     -2010),
]  # fmt: skip


@pytest.mark.parametrize("changes, code", SPOT_REFUSED)
def test_spot_orders_are_refused_in_the_venues_codes(
    venue: Venue, changes: dict[str, Any], code: int
) -> None:
    told = venue.ask("POST", "/api/v3/order", **{**SPOT_ORDER, **changes})

    assert told["code"] == code, told
    assert venue.ask("GET", "/api/v3/openOrders") == []


PERP_REFUSED = [
    ({"price": "50000.05"}, -4014), ({"quantity": "0.0001"}, -1111),
    ({"price": "100.0"}, -4164), ({"quantity": "500"}, -2019), ({"reduceOnly": "true"}, -2022),
    ({"positionSide": "LONG"}, -4061), ({"positionSide": "UP"}, -4060),
    ({"timeInForce": "GTX", "price": "70000.0"}, -5022), ({"type": "STOP_MARKET"}, -4120),
]  # fmt: skip


@pytest.mark.parametrize("changes, code", PERP_REFUSED)
def test_perpetual_orders_are_refused_in_the_venues_codes(
    venue: Venue, changes: dict[str, Any], code: int
) -> None:
    told = venue.ask("POST", "/fapi/v1/order", **{**PERP_ORDER, **changes})

    assert told["code"] == code, told
    assert venue.ask("GET", "/fapi/v1/openOrders") == []


def test_reduce_only_is_no_word_of_hedged_accounts(venue: Venue) -> None:
    assert venue.ask("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")["code"] == 200
    order: dict[str, Any] = {**PERP_ORDER, "positionSide": "LONG"}

    assert venue.ask("POST", "/fapi/v1/order", **order, reduceOnly="false")["code"] == -1106
    assert venue.ask("POST", "/fapi/v1/order", **order)["positionSide"] == "LONG"


def test_a_client_id_is_taken_once_while_its_order_is_open(venue: Venue) -> None:
    order: dict[str, Any] = {**SPOT_ORDER, "newClientOrderId": "mine"}

    assert venue.ask("POST", "/api/v3/order", **order)["clientOrderId"] == "mine"
    assert venue.ask("POST", "/api/v3/order", **order)["msg"] == "Duplicate order sent."
    assert venue.ask("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine")[
        "origClientOrderId"
    ] == "mine"  # fmt: skip
    assert venue.ask("POST", "/api/v3/order", **order)["status"] == "NEW"


def test_conditional_orders_have_a_namespace_of_their_own(venue: Venue) -> None:
    stop: dict[str, Any] = {
        "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET",
        "quantity": "0.010", "triggerPrice": "50000", "clientAlgoId": "mine",
    }  # fmt: skip
    named: dict[str, Any] = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}

    assert venue.ask("POST", "/fapi/v1/algoOrder", **stop)["algoStatus"] == "NEW"
    assert venue.ask("POST", "/fapi/v1/order", **PERP_ORDER, newClientOrderId="mine")["orderId"]
    assert venue.ask("GET", "/fapi/v1/order", **named)["price"] == "50000.00"
    assert venue.ask("GET", "/fapi/v1/algoOrder", clientAlgoId="mine")["triggerPrice"] == "50000.00"
    venue.ask("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert len(venue.ask("GET", "/fapi/v1/openAlgoOrders", symbol="BTCUSDT")) == 1
    venue.ask("DELETE", "/fapi/v1/algoOrder", clientAlgoId="mine")
    assert venue.ask("GET", "/fapi/v1/openAlgoOrders") == []
    assert venue.ask("DELETE", "/fapi/v1/algoOrder", clientAlgoId="mine")["code"] == -2011
    assert venue.ask("GET", "/fapi/v1/algoOrder", clientAlgoId="never")["code"] == -2013


def test_an_order_is_replaced_whole_in_part_or_not_at_all(venue: Venue) -> None:
    first = venue.ask("POST", "/api/v3/order", **SPOT_ORDER)["orderId"]
    path = "/api/v3/order/cancelReplace"
    mode: dict[str, Any] = {**SPOT_ORDER, "cancelReplaceMode": "STOP_ON_FAILURE"}

    bad = venue.ask("POST", path, **{**mode, "price": "1e5"}, cancelOrderId=first)
    whole = venue.ask("POST", path, **mode, cancelOrderId=first)
    none = venue.ask("POST", path, **mode, cancelOrderId=first)
    second = whole["newOrderResponse"]["orderId"]
    partly = venue.ask("POST", path, **{**mode, "quantity": "1000"}, cancelOrderId=second)

    assert bad["code"] == -1100
    assert (whole["cancelResult"], whole["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert (none["code"], none["data"]["newOrderResult"]) == (-2022, "NOT_ATTEMPTED")
    assert (partly["code"], partly["data"]["newOrderResponse"]["code"]) == (-2021, -2010)
    assert venue.ask("GET", "/api/v3/openOrders") == []


def test_a_batch_succeeds_in_parts(venue: Venue) -> None:
    rows = json.dumps([PERP_ORDER, {**PERP_ORDER, "price": "50000.05"}])

    good, bad = venue.ask("POST", "/fapi/v1/batchOrders", batchOrders=rows)
    gone = venue.ask(
        "DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=f"[{good['orderId']},1]"
    )

    assert (good["status"], bad["code"]) == ("NEW", -4014)
    assert [row.get("status", row.get("code")) for row in gone] == ["CANCELED", -2011]


def test_five_are_created_and_ten_canceled_at_once_and_no_more(venue: Venue) -> None:
    def ask(method: str, **fields: Any) -> Any:
        return venue.ask(method, "/fapi/v1/batchOrders", **fields)

    names = json.dumps([f"n{i}" for i in range(10)])
    more = json.dumps([f"n{i}" for i in range(11)])
    assert len(ask("POST", batchOrders=json.dumps([PERP_ORDER] * 5))) == 5
    assert ask("POST", batchOrders=json.dumps([PERP_ORDER] * 6))["code"] == -4082
    assert len(ask("DELETE", symbol="BTCUSDT", origClientOrderIdList=names)) == 10
    assert ask("DELETE", symbol="BTCUSDT", origClientOrderIdList=more)["code"] == -4082


# --- what is told ---------------------------------------------------------------------------------


def test_trades_are_paged_by_their_id(venue: Venue) -> None:
    for _ in range(5):
        venue.ask("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET",
                  quantity="0.010")  # fmt: skip
    every = venue.ask("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", fromId=0, limit=1000)
    first = venue.ask("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", fromId=0, limit=2)
    rest = venue.ask(
        "GET", "/fapi/v1/userTrades", symbol="BTCUSDT", fromId=first[-1]["id"] + 1, limit=1000
    )
    newest = venue.ask("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", limit=2)

    assert len(every) == 5
    assert first + rest == every
    assert newest == every[-2:]


def test_spot_writes_eight_decimals_and_perpetuals_their_own(venue: Venue) -> None:
    spot = venue.public("/api/v3/depth", symbol="BTCUSDT", limit=5)["bids"][0]
    perp = venue.public("/fapi/v1/depth", symbol="BTCUSDT", limit=5)["bids"][0]

    assert [len(text.partition(".")[2]) for text in spot] == [8, 8]
    assert [len(text.partition(".")[2]) for text in perp] == [2, 3]
    assert venue.public("/fapi/v1/depth", symbol="BTCUSDT", limit=7)["code"] == -4021


def test_several_symbols_are_asked_at_once(venue: Venue) -> None:
    two = venue.public("/api/v3/ticker/price", symbols='["BTCUSDT","ETHUSDT"]')

    assert [row["symbol"] for row in two] == ["BTCUSDT", "ETHUSDT"]
    assert venue.public("/api/v3/ticker/price", symbols="BTCUSDT")["code"] == -1135
    assert len(venue.public("/api/v3/ticker/price")) == 3


# --- what is counted ------------------------------------------------------------------------------


def test_weights_are_of_an_address_and_orders_of_a_key(venue: Venue) -> None:
    order = venue.request("POST", "/api/v3/order", key="k")
    read = venue.request("GET", "/fapi/v1/income", key="k")

    assert [(one.meter, one.by_key) for one in venue.speaker.weight(order)] == [
        ("weight", False), ("orders 10s", True), ("orders 1d", True),
    ]  # fmt: skip
    assert [(one.meter, one.weight) for one in venue.speaker.weight(read)] == [("fapi weight", 30)]


def test_a_limit_tells_when_to_come_back(venue: Venue) -> None:
    request = venue.request("GET", "/api/v3/time")

    limited = venue.speaker.limited(request, 1_500_000_000, False)
    banned = venue.speaker.limited(request, 120_000_000_000, True)

    assert (limited.status, limited.headers["Retry-After"]) == (429, "2")
    assert (banned.status, banned.headers["Retry-After"]) == (418, "120")
    assert str(venue.now_ms + 120_000) in json.loads(banned.body)["msg"]


@pytest.mark.parametrize("trouble", list(Trouble))
def test_troubles_have_words_for_both_products(venue: Venue, trouble: Trouble) -> None:
    for path in ("/api/v3/order", "/fapi/v1/order"):
        said = venue.speaker.broken(venue.request("POST", path), trouble)
        assert said.status >= 400
        assert json.loads(said.body)["code"] < 0


def test_used_weight_is_in_the_headers(venue: Venue) -> None:
    from msgspec import structs

    request = structs.replace(
        venue.request("GET", "/fapi/v1/time", urlencode({})),
        used={"fapi weight": 41, "fapi orders 10s": 3},
    )

    headers = venue.speaker.rest(request).headers

    assert headers["X-MBX-USED-WEIGHT-1M"] == "41"
    assert headers["X-MBX-ORDER-COUNT-10S"] == "3"
