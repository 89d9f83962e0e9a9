"""The server on sockets: streams, listen keys, the WebSocket APIs."""

from typing import Any

import pytest

from steelyard.model.kinds import SELL
from tests.unit.exchange_binance.binance_hall import (
    PERP,
    SPOT,
    Venue,
    said,
    signature,
)
from tests.unit.exchange_hall.plain import later, show

ORDER: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}


@pytest.fixture
def venue() -> Venue:
    return Venue()


def tick(venue: Venue, k: int, price: str) -> None:
    show(venue.hall, k, price, coins="1", side=SELL)
    venue.hall.flush()


def events(sent: list[Any]) -> list[str]:
    return [one.get("e", "") for one in sent]


def test_raw_streams_are_bare_and_combined_ones_are_wrapped(venue: Venue) -> None:
    _, raw = venue.socket("/ws/btcusdt@trade")
    _, combined = venue.socket("/stream", "streams=btcusdt@trade/ethusdt@trade")
    tick(venue, SPOT, "60001")

    (bare,) = raw.sent
    (wrapped,) = combined.sent
    assert (bare["e"], bare["s"], bare["p"]) == ("trade", "BTCUSDT", "60001.00000000")
    assert wrapped == {"stream": "btcusdt@trade", "data": bare}


@pytest.mark.parametrize(
    "path", ["/public/ws", "/market/ws", "/private/ws", "/futures/ws", "/futures/market/ws"]
)
def test_roots_of_the_perpetuals(venue: Venue, path: str) -> None:
    _, wire = venue.socket(f"{path}/btcusdt@aggTrade")
    tick(venue, SPOT, "60001")
    tick(venue, PERP, "60002")

    (trade,) = wire.sent
    assert (trade["e"], trade["p"], "M" in trade) == ("aggTrade", "60002.00", False)


@pytest.mark.parametrize("path", ["/", "/wss", "/stream/x", "/api/v3/order"])
def test_other_paths_are_no_sockets(venue: Venue, path: str) -> None:
    assert venue.speaker.socket(path, "", {}, venue.socket("/ws")[1]) is None


def test_subscriptions_come_and_go(venue: Venue) -> None:
    session, wire = venue.socket("/stream")
    names = ["btcusdt@trade", "btcusdt@bookTicker", "nobody@knows"]

    said(session, {"method": "SUBSCRIBE", "params": names, "id": 1})
    said(session, {"method": "LIST_SUBSCRIPTIONS", "id": 2})
    tick(venue, SPOT, "60001")
    heard = {one["stream"] for one in wire.sent if "stream" in one}
    said(session, {"method": "UNSUBSCRIBE", "params": names[:1], "id": 3})
    wire.sent.clear()
    tick(venue, SPOT, "60002")

    assert heard == {"btcusdt@trade", "btcusdt@bookTicker"}
    assert {one["stream"] for one in wire.sent} == {"btcusdt@bookTicker"}


def test_answers_to_requests_carry_their_ids(venue: Venue) -> None:
    session, wire = venue.socket("/ws")

    said(session, {"method": "SUBSCRIBE", "params": [], "id": 7})
    said(session, {"method": "SET_PROPERTY", "params": ["combined", True], "id": 8})
    said(session, {"method": "GET_PROPERTY", "params": ["combined"], "id": 9})
    session.said(b"nonsense")

    assert wire.sent[:3] == [
        {"result": None, "id": 7}, {"result": None, "id": 8}, {"result": True, "id": 9},
    ]  # fmt: skip
    assert wire.sent[3]["code"] == 2


def test_depth_joins_the_state_over_rest(venue: Venue) -> None:
    _, spot = venue.socket("/ws/btcusdt@depth@100ms")
    _, perp = venue.socket("/public/ws/btcusdt@depth")
    before = venue.public("/api/v3/depth", symbol="BTCUSDT")["lastUpdateId"]
    for price in ("60001", "60002", "60003"):
        tick(venue, SPOT, price)
        tick(venue, PERP, price)
    after = venue.public("/api/v3/depth", symbol="BTCUSDT")["lastUpdateId"]

    assert spot.sent[0]["U"] == before + 1
    assert spot.sent[-1]["u"] == after
    for one, two in zip(spot.sent, spot.sent[1:], strict=False):
        assert two["U"] == one["u"] + 1
    for one, two in zip(perp.sent, perp.sent[1:], strict=False):
        assert two["pu"] == one["u"]


def test_a_server_pings_and_cuts_who_does_not_answer(venue: Venue) -> None:
    session, wire = venue.socket("/ws/btcusdt@trade")
    for _ in range(4):
        later(venue.hall, 20)
        session.tick(venue.hall.now_ns())
        session.ponged()
    assert (wire.pings, wire.closed) == (4, 0)
    later(venue.hall, 81)
    session.tick(venue.hall.now_ns())
    assert wire.closed == 1008


def test_a_listen_key_tells_an_account_until_it_runs_out(venue: Venue) -> None:
    key = venue.ask("POST", "/fapi/v1/listenKey")["listenKey"]
    assert venue.ask("POST", "/fapi/v1/listenKey")["listenKey"] == key
    _, wire = venue.socket("/private/ws", f"listenKey={key}")
    venue.ask("POST", "/fapi/v1/order", **ORDER)
    heard = list(wire.sent)

    later(venue.hall, 3_500)
    assert venue.ask("PUT", "/fapi/v1/listenKey") == {"listenKey": key}
    later(venue.hall, 3_500)
    assert venue.speaker.socket(f"/ws/{key}", "", {}, wire) is not None
    later(venue.hall, 200)
    venue.hall.flush()

    assert events(heard)[-1] == "ACCOUNT_UPDATE"
    assert {one["o"]["X"] for one in heard if one["e"] == "ORDER_TRADE_UPDATE"} == {
        "NEW", "FILLED",
    }  # fmt: skip
    assert wire.sent[-1]["e"] == "listenKeyExpired"
    assert venue.ask("PUT", "/fapi/v1/listenKey")["code"] == -1125


def test_the_listen_keys_of_spot_are_retired(venue: Venue) -> None:
    assert "retired" in venue.ask("POST", "/api/v3/userDataStream")["msg"]


# --- the WebSocket APIs ---------------------------------------------------------------------------


def signed(venue: Venue, member: int = 0, **params: Any) -> dict[str, Any]:
    who = venue.hall.members[member]
    full = {**params, "apiKey": who.key, "timestamp": venue.now_ms}
    text = "&".join(f"{name}={full[name]}" for name in sorted(full))
    return {**full, "signature": signature(who.secret, text)}


def test_orders_over_the_socket_are_those_over_rest(venue: Venue) -> None:
    session, wire = venue.socket("/ws-fapi/v1")
    rest: dict[str, Any] = {**ORDER, "type": "LIMIT", "price": "50000.0", "timeInForce": "GTC"}

    said(session, {"id": "a", "method": "order.place", "params": signed(venue, **rest)})
    number = wire.sent[-1]["result"]["orderId"]
    said(session, {"id": 2, "method": "order.cancel",
                   "params": signed(venue, symbol="BTCUSDT", orderId=number)})  # fmt: skip
    said(session, {"id": 3, "method": "order.cancel",
                   "params": signed(venue, symbol="BTCUSDT", orderId=number)})  # fmt: skip

    placed, canceled, gone = wire.sent
    assert (placed["id"], placed["status"], placed["result"]["status"]) == ("a", 200, "NEW")
    assert canceled["result"]["status"] == "CANCELED"
    assert (gone["status"], gone["error"]["code"]) == (400, -2011)
    assert venue.ask("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=number)["status"] == (
        "CANCELED"
    )


def test_a_request_that_is_not_signed_by_its_key_is_refused(venue: Venue) -> None:
    session, wire = venue.socket("/ws-api/v3")
    good = signed(venue, **ORDER)

    for params, code in (
        ({**good, "quantity": "0.011"}, -1022),
        ({**good, "apiKey": "x" * 64}, -2015),
        ({name: value for name, value in good.items() if name != "signature"}, -1102),
        ({**good, "timestamp": venue.now_ms - 10_000}, -1022),
    ):
        said(session, {"id": 1, "method": "order.place", "params": params})
        assert wire.sent[-1]["error"]["code"] == code
    for strange in (b"", b"[]", b'{"id":1}', b'{"id":1,"method":"x","params":[]}'):
        session.said(strange)
        assert wire.sent[-1]["status"] == 400


def test_the_user_stream_of_spot_is_subscribed_by_a_signature(venue: Venue) -> None:
    session, wire = venue.socket("/ws-api/v3")

    said(session, {"id": 1, "method": "userDataStream.subscribe.signature",
                   "params": signed(venue)})  # fmt: skip
    said(session, {"id": 2, "method": "userDataStream.subscribe.signature",
                   "params": signed(venue)})  # fmt: skip
    assert wire.sent[0]["result"] == {"subscriptionId": 0}
    assert wire.sent[1]["error"]["code"] == -2035
    venue.ask("POST", "/api/v3/order", **ORDER)
    venue.ask("POST", "/api/v3/order", member=1, **ORDER)
    heard = [one["event"] for one in wire.sent[2:]]

    assert events(heard) == ["executionReport", "executionReport", "outboundAccountPosition"]
    assert [one.get("x") for one in heard[:2]] == ["NEW", "TRADE"]
