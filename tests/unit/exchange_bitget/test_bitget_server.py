"""The server of Bitget's dialect without a network: what it takes, refuses and pushes."""

import hmac
import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote
from zlib import crc32

import pytest

from steelyard.exchange.bitget.errors import CREATES
from steelyard.exchange.bitget.listing import TERMS, instruments
from steelyard.exchange.bitget.speaker import PRIVATE_PATH, PUBLIC_PATH, BitgetSpeaker
from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.port import Request, Trouble
from steelyard.exchange.hall.words import EVERY, Why
from steelyard.model.kinds import SELL

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
SPOT, PERP = 0, 3
MIX = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT",
       "marginMode": "crossed"}  # fmt: skip


class Wire:
    """A socket that keeps what was said."""

    address = "127.0.0.1"

    def __init__(self) -> None:
        self.texts: list[Any] = []
        self.end = ""

    def __call__(self, text: bytes) -> None:
        self.texts.append("pong" if text == b"pong" else json.loads(text))

    def binary(self, body: bytes) -> None:
        raise AssertionError

    def ping(self, payload: bytes = b"") -> None:
        raise AssertionError

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.end = reason


class Server:
    """A hall, its speaker, and a client who signs."""

    def __init__(self) -> None:
        self.hall = OpenHall(TERMS, instruments(), HallSettings(accounts=2))
        self.hall.set_time(START)
        for place, one in enumerate(self.hall.instruments):
            self.show(place, {"BTC": "60000", "ETH": "3000"}.get(one.base, "150"))
        self.speaker = BitgetSpeaker(self.hall)
        self.member = self.hall.members[0]

    def show(self, place: int, price: str) -> None:
        one = self.hall.instruments[place]
        self.hall.print_trade(place, int(one.price(price)), int(one.quantity("100")), SELL)
        self.hall.flush()

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, query: str = "",
        sign: bool = True, **headers: str,
    ) -> dict[str, Any]:  # fmt: skip
        text = json.dumps(body) if body is not None else ""
        stamp = str(self.hall.now_ns() // 1_000_000)
        full = path + (f"?{query}" if query else "")
        proof = hmac.digest(
            self.member.secret.encode(), f"{stamp}{method}{full}{text}".encode(), "sha256"
        )
        given = {
            "access-key": self.member.key, "access-sign": b64encode(proof).decode(),
            "access-timestamp": stamp, "access-passphrase": self.member.passphrase,
        }  # fmt: skip
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.speaker.rest(
            Request(
                method=method, path=path, query=query, headers=given if sign else {},
                body=text.encode(), address="127.0.0.1", at_ns=self.hall.now_ns(),
            )
        )  # fmt: skip
        self.hall.flush()
        found: dict[str, Any] = json.loads(answer.body)
        assert (answer.status == 200) == (found["code"] == "00000")
        return found

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.ask("POST", path, body)

    def mix(self, **more: Any) -> dict[str, Any]:
        order = {"side": "buy", "orderType": "limit", "price": "59000", "size": "0.01"}
        return self.post("/api/v2/mix/order/place-order", **(MIX | order | more))

    def open(self, path: str) -> tuple[Any, Wire]:
        wire = Wire()
        session = self.speaker.socket(path, "", {}, wire)
        assert session is not None
        return session, wire

    def logged_in(self) -> tuple[Any, Wire]:
        session, wire = self.open(PRIVATE_PATH)
        stamp = str(self.hall.now_ns() // SECOND)
        proof = hmac.digest(
            self.member.secret.encode(), f"{stamp}GET/user/verify".encode(), "sha256"
        )
        arg = {"apiKey": self.member.key, "passphrase": self.member.passphrase, "timestamp": stamp,
               "sign": b64encode(proof).decode()}  # fmt: skip
        session.said(json.dumps({"op": "login", "args": [arg]}).encode())
        assert wire.texts.pop() == {"event": "login", "code": 0}
        return session, wire


@pytest.fixture
def server() -> Server:
    return Server()


def _subscribe(session: Any, *args: dict[str, str]) -> None:
    session.said(json.dumps({"op": "subscribe", "args": list(args)}).encode())


# --- who is asking -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers, code",
    [
        ({"access_key": ""}, "40001"), ({"access_sign": ""}, "40002"),
        ({"access_timestamp": "soon"}, "40005"), ({"access_passphrase": ""}, "40011"),
        ({"access_key": "nobody"}, "40006"), ({"access_sign": "bm8="}, "40009"),
        ({"access_passphrase": "wrong"}, "40012"),
        ({"access_timestamp": str(START // 1_000_000 - 30_001)}, "40008"),
        ({"access_timestamp": str(START // 1_000_000 + 30_001)}, "40008"),
    ],
)  # fmt: skip
def test_who_does_not_prove_himself_is_refused(
    server: Server, headers: dict[str, Any], code: str
) -> None:
    assert server.ask("GET", "/api/v2/spot/account/info", **headers)["code"] == code


def test_a_query_may_be_signed_as_it_was_sent_or_as_it_reads(server: Server) -> None:
    path, raw = "/api/v2/spot/trade/orderInfo", f"clientOid={quote('a:b#c')}"
    assert server.ask("GET", path, query=raw)["data"] == []
    stamp = str(START // 1_000_000)
    text = f"{stamp}GET{path}?clientOid=a:b#c"
    proof = b64encode(hmac.digest(server.member.secret.encode(), text.encode(), "sha256")).decode()
    assert server.ask("GET", path, query=raw, access_sign=proof)["data"] == []


def test_what_is_not_there_says_so(server: Server) -> None:
    assert server.ask("GET", "/api/v3/account/settings")["code"] == "40404"
    assert server.ask("POST", "/api/v2/public/time", {})["code"] == "40404"
    assert server.speaker.socket("/v3/ws/public", "", {}, Wire()) is None


def test_limits_are_of_a_path_and_who_asks(server: Server) -> None:
    def request(path: str, key: str) -> Request:
        return Request(method="GET", path=path, query="", headers={"access-key": key}, body=b"",
                       address="x", at_ns=START)  # fmt: skip

    public = server.speaker.weight(request("/api/v2/public/time", ""))
    private = server.speaker.weight(request("/api/v2/mix/order/fills", server.member.key))
    assert [each.by_key for each in public] == [False, False]
    assert [(each.limit, each.by_key) for each in private][1] == (10, True)
    assert server.speaker.who(request("/", server.member.key)) == 0
    assert server.speaker.who(request("/", "nobody")) == EVERY
    limited = server.speaker.limited(request("/", ""), SECOND, False)
    assert (limited.status, json.loads(limited.body)["code"]) == (429, "429")
    for trouble in Trouble:
        assert json.loads(server.speaker.broken(request("/", ""), trouble).body)["code"]


# --- orders --------------------------------------------------------------------------------------


def test_every_reason_of_the_hall_has_words() -> None:
    asked = set(Why) - {
        Why.NONE, Why.POST_ONLY, Why.USER, Why.IOC, Why.FOK, Why.GUARD, Why.TIME, Why.LIQUIDATION,
        Why.DELISTED, Why.OTHER,
    }  # fmt: skip

    assert asked == set(CREATES)


@pytest.mark.parametrize(
    "change, code",
    [
        ({"price": "59000.05"}, "45115"), ({"size": "0.00001"}, "40808"),
        ({"size": "0"}, "40020"), ({"size": "abc"}, "40020"), ({"price": ""}, "40019"),
        ({"side": "up"}, "40020"), ({"force": "gtx"}, "40020"), ({"symbol": "XUSDT"}, "40034"),
        ({"productType": "X"}, "40020"), ({"size": "1300"}, "40762"),
        ({"size": "900"}, "40762"), ({"size": "0.0001", "price": "40000"}, "45110"),
        ({"reduceOnly": "YES", "side": "sell", "orderType": "market"}, "22002"),
        ({"clientOid": "é"}, "40305"), ({"marginMode": "none"}, "40020"),
    ],
)  # fmt: skip
def test_filters_refuse_with_the_venue_s_codes(
    server: Server, change: dict[str, str], code: str
) -> None:
    assert server.mix(**change)["code"] == code


def test_a_client_id_is_taken_once_while_its_order_is_open(server: Server) -> None:
    made = server.mix(clientOid="mine")["data"]
    assert made["clientOid"] == "mine"
    assert server.mix(clientOid="mine")["code"] == "40786"
    gone = server.post("/api/v2/mix/order/cancel-order", **MIX, clientOid="mine")
    assert gone["data"]["orderId"] == made["orderId"]
    assert server.post("/api/v2/mix/order/cancel-order", **MIX, clientOid="mine")["code"] == "45055"
    assert server.post("/api/v2/mix/order/cancel-order", **MIX, orderId="1")["code"] == "40768"
    assert server.mix(clientOid="mine")["code"] == "00000"
    assert server.mix()["data"]["clientOid"]


def test_an_order_in_a_namespace_is_in_no_other(server: Server) -> None:
    plan = MIX | {"planType": "normal_plan", "side": "buy", "orderType": "market", "size": "0.01",
                  "triggerPrice": "61000", "triggerType": "mark_price"}  # fmt: skip
    made = server.post("/api/v2/mix/order/place-plan-order", **plan)["data"]
    query = f"symbol=BTCUSDT&productType=USDT-FUTURES&orderId={made['orderId']}"
    assert server.ask("GET", "/api/v2/mix/order/detail", query=query)["code"] == "40109"
    pending = "/api/v2/mix/order/orders-plan-pending"
    for kind, count in (("normal_plan", 1), ("profit_loss", 0), ("track_plan", 0)):
        page = server.ask("GET", pending, query=f"productType=USDT-FUTURES&planType={kind}")["data"]
        assert len(page["entrustedList"] or []) == count
    one_way = plan | {"reduceOnly": "YES"}
    assert server.post("/api/v2/mix/order/place-plan-order", **one_way)["code"] == "22042"


def test_hedged_accounts_must_say_open_or_close(server: Server) -> None:
    mode = "/api/v2/mix/account/set-position-mode"
    body = {"productType": "USDT-FUTURES", "posMode": "hedge_mode"}
    assert server.post(mode, **body)["data"] == {"posMode": "hedge_mode"}
    assert server.post(mode, **body)["code"] == "00000"  # as it was
    assert server.mix()["code"] == "40774"
    assert server.mix(tradeSide="open", orderType="market")["code"] == "00000"
    assert server.mix(tradeSide="close", orderType="market", side="sell")["code"] == "22002"
    assert server.mix(tradeSide="Close", orderType="market", side="buy")["code"] == "00000"
    server.mix(tradeSide="open")
    assert server.post(mode, **(body | {"posMode": "one_way_mode"}))["code"] == "40920"


def test_a_batch_says_what_was_done_and_what_was_not(server: Server) -> None:
    rows = [
        {"side": "buy", "orderType": "limit", "price": "59000", "size": size, "clientOid": name}
        for size, name in (("0.01", "a"), ("9999", "b"), ("0.02", "c"))
    ]
    found = server.post("/api/v2/mix/order/batch-place-order", **MIX, orderList=rows)["data"]
    assert [each["clientOid"] for each in found["successList"]] == ["a", "c"]
    (failed,) = found["failureList"]
    assert (failed["clientOid"], failed["errorCode"]) == ("b", "40762")
    gone = server.post("/api/v2/mix/order/batch-cancel-orders", **MIX)["data"]
    assert {each["clientOid"] for each in gone["successList"]} == {"a", "c"}
    assert server.post("/api/v2/mix/order/batch-cancel-orders", **MIX)["code"] == "22001"


def test_pages_go_backwards_without_a_hole(server: Server) -> None:
    for number in range(7):
        server.mix(clientOid=f"o{number}")
    seen: list[str] = []
    less = ""
    while True:
        query = f"productType=USDT-FUTURES&limit=3{less}"
        page = server.ask("GET", "/api/v2/mix/order/orders-pending", query=query)["data"]
        if not page["entrustedList"]:
            break
        seen += [each["clientOid"] for each in page["entrustedList"]]
        less = f"&idLessThan={page['endId']}"
    assert seen == [f"o{number}" for number in reversed(range(7))]


def test_a_market_buy_on_spot_is_sized_in_quote(server: Server) -> None:
    path = "/api/v2/spot/trade/place-order"
    bought = server.post(path, symbol="BTCUSDT", side="buy", orderType="market", size="600")
    query = f"orderId={bought['data']['orderId']}"
    (found,) = server.ask("GET", "/api/v2/spot/trade/orderInfo", query=query)["data"]
    assert (found["size"], found["status"]) == ("600", "filled")
    assert 590 < float(found["quoteVolume"]) <= 600


# --- sockets -------------------------------------------------------------------------------------


def test_a_socket_speaks_the_venue_s_ping(server: Server) -> None:
    session, wire = server.open(PUBLIC_PATH)
    session.said(b"ping")
    assert wire.texts == ["pong"]
    session.tick(START + 119 * SECOND)
    assert not wire.end
    session.tick(START + 121 * SECOND)
    assert wire.end


@pytest.mark.parametrize(
    "text, code",
    [
        (b"{", 30003), (b"[]", 30003), (b'{"op":"sing"}', 30003),
        (b'{"op":"subscribe","args":["x"]}', 30016),
        (b'{"op":"subscribe","args":[{"instType":"SPOT","channel":"x","instId":"BTCUSDT"}]}',
         30001),
        (b'{"op":"subscribe","args":[{"instType":"SPOT","channel":"trade","instId":"X"}]}', 30001),
        (b'{"op":"subscribe","args":[{"instType":"SPOT","channel":"candle7m","instId":"BTCUSDT"}]}',
         30001),
        (b'{"op":"subscribe","args":[{"instType":"SPOT","channel":"orders","instId":"default"}]}',
         30004),
        (b'{"op":"trade","args":[{"id":"1","instType":"SPOT","channel":"place-order"}]}', 30004),
        (b'{"op":"login","args":[{"apiKey":"x"}]}', 30011),
    ],
)  # fmt: skip
def test_what_a_socket_cannot_do_it_says(server: Server, text: bytes, code: int) -> None:
    session, wire = server.open(PRIVATE_PATH)
    session.said(text)
    assert [(each["event"], each["code"]) for each in wire.texts] == [("error", code)]


def test_books_carry_the_checksum_of_what_they_become(server: Server) -> None:
    session, wire = server.open(PUBLIC_PATH)
    other, heard = server.open(PUBLIC_PATH)
    arg = {"instType": "USDT-FUTURES", "channel": "books", "instId": "BTCUSDT"}
    _subscribe(session, arg)
    sides: dict[str, dict[float, list[str]]] = {"bids": {}, "asks": {}}
    for step in range(20):
        server.show(PERP, str(60_000 + 3 * (step % 4)))
        if step == 10:
            _subscribe(other, arg)
    checked = 0
    for push in wire.texts[1:]:
        (row,) = push["data"]
        for name, side in sides.items():
            for level in row[name]:
                side[float(level[0])] = level
                if level[1] == "0":
                    del side[float(level[0])]
        if push["action"] == "snapshot":
            continue
        bids = [sides["bids"][p] for p in sorted(sides["bids"], reverse=True)][:25]
        asks = [sides["asks"][p] for p in sorted(sides["asks"])][:25]
        text = ":".join(":".join((*bid, *ask)) for bid, ask in zip(bids, asks, strict=True))
        assert crc32(text.encode()) == row["checksum"] % 2**32
        checked += 1
    assert checked >= 15
    assert heard.texts[1]["action"] == "snapshot"
    assert heard.texts[-1] == wire.texts[-1]


def test_best_quotes_trades_and_tickers_are_pushed(server: Server) -> None:
    session, wire = server.open(PUBLIC_PATH)
    names = ("books1", "books5", "trade", "ticker", "candle1m")
    _subscribe(session, *({"instType": "SPOT", "channel": n, "instId": "BTCUSDT"} for n in names))
    wire.texts.clear()
    server.show(SPOT, "60010")
    server.hall.set_time(START + 2 * SECOND)
    server.hall.tick()
    server.hall.flush()

    pushed = {each["arg"]["channel"]: each for each in wire.texts}
    assert set(pushed) == set(names)
    assert len(pushed["books1"]["data"][0]["bids"]) == 1
    assert len(pushed["books5"]["data"][0]["asks"]) == 5
    assert pushed["trade"]["action"] == "update"
    wire.texts.clear()
    session.said(json.dumps({"op": "unsubscribe", "args": [
        {"instType": "SPOT", "channel": n, "instId": "BTCUSDT"} for n in names
    ]}).encode())  # fmt: skip
    wire.texts.clear()
    server.show(SPOT, "60020")
    assert wire.texts == []


def test_an_order_over_the_socket_is_answered_before_its_news(server: Server) -> None:
    session, wire = server.logged_in()
    for channel in ("orders", "fill", "positions"):
        _subscribe(session, {"instType": "USDT-FUTURES", "channel": channel, "instId": "default"})
    wire.texts.clear()
    params = {"orderType": "market", "side": "buy", "size": "0.01", "marginCoin": "USDT",
              "marginMode": "crossed", "force": "gtc", "clientOid": "w1"}  # fmt: skip
    arg = {"id": "n1", "instType": "USDT-FUTURES", "instId": "BTCUSDT", "channel": "place-order",
           "params": params}  # fmt: skip
    session.said(json.dumps({"op": "trade", "args": [arg]}).encode())
    server.hall.flush()

    first, *rest = wire.texts
    assert (first["event"], first["code"], first["arg"][0]["id"]) == ("trade", 0, "n1")
    assert first["arg"][0]["params"]["clientOid"] == "w1"
    channels = [each["arg"]["channel"] for each in rest]
    assert channels[-1] == "positions"
    *_, order = (each["data"][0] for each in rest if each["arg"]["channel"] == "orders")
    fill = next(each["data"][0] for each in rest if each["arg"]["channel"] == "fill")
    assert (order["status"], order["tradeId"]) == ("filled", fill["tradeId"])
    assert fill["clientOid"] == "w1"
    session.said(json.dumps({"op": "trade", "args": [
        {**arg, "id": "n2", "params": params | {"size": "0"}}
    ]}).encode())  # fmt: skip
    assert (wire.texts[-1]["event"], wire.texts[-1]["code"]) == ("error", 40020)
