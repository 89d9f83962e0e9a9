"""Gate's sockets: subscriptions, news, and orders."""

from decimal import Decimal
from typing import Any

import pytest

from steelyard.exchange.hall.port import Session
from tests.unit.exchange_gate.hall import Gate, Wire, sign

SPOT_PATH, PERP_PATH = "/v4/ws/spot", "/v4/ws/futures/usdt"
BTC_SPOT, BTC_PERP = 0, 3


@pytest.fixture
def gate() -> Gate:
    return Gate()


def opened(gate: Gate, *, spot: bool) -> tuple[Session, Wire, str]:
    session, wire = gate.socket(SPOT_PATH if spot else PERP_PATH)
    return session, wire, "spot" if spot else "futures"


def test_paths(gate: Gate) -> None:
    for path in ("/ws/v4/", "/v4/ws/usdt", SPOT_PATH, PERP_PATH):
        assert gate.speaker.socket(path, "", {}, Wire()) is not None
    assert gate.speaker.socket("/v4/ws/btc", "", {}, Wire()) is None


@pytest.mark.parametrize("spot", [True, False])
def test_a_ping_in_the_venues_words(gate: Gate, spot: bool) -> None:
    session, wire, name = opened(gate, spot=spot)
    gate.say(session, time=1, channel=f"{name}.ping")
    (pong,) = wire.take()
    assert (pong["channel"], pong["result"]) == (f"{name}.pong", None)


@pytest.mark.parametrize("spot", [True, False])
@pytest.mark.parametrize("channel", ["book_ticker", "trades", "tickers"])
def test_the_market_is_told_to_who_subscribed(gate: Gate, spot: bool, channel: str) -> None:
    session, wire, name = opened(gate, spot=spot)
    gate.say(session, channel=f"{name}.{channel}", event="subscribe", payload=["BTC_USDT"], id=7)
    (taken,) = wire.take()
    assert (taken["id"], taken["result"]) == (7, {"status": "success"})
    gate.show(BTC_SPOT, "60100")
    gate.show(BTC_PERP, "60100")
    gate.later(1)
    frames = wire.take()
    assert frames
    assert {frame["channel"] for frame in frames} == {f"{name}.{channel}"}
    gate.say(session, channel=f"{name}.{channel}", event="unsubscribe", payload=["BTC_USDT"])
    wire.take()
    gate.show(BTC_SPOT, "60200")
    gate.show(BTC_PERP, "60200")
    gate.later(1)
    assert wire.take() == []


@pytest.mark.parametrize("spot", [True, False])
def test_changes_of_a_book_follow_its_state(gate: Gate, spot: bool) -> None:
    session, wire, name = opened(gate, spot=spot)
    payload = ["BTC_USDT", "100ms"] if spot else ["BTC_USDT", "100ms", "100"]
    gate.say(session, channel=f"{name}.order_book_update", event="subscribe", payload=payload)
    path = "/spot/order_book" if spot else "/futures/usdt/order_book"
    key = "currency_pair" if spot else "contract"
    _, book, _ = gate.ask("GET", path, query=f"{key}=BTC_USDT&with_id=true", signed=False)
    wire.take()
    number = book["id"]
    for price in ("60010", "60020", "60005"):
        gate.show(BTC_SPOT if spot else BTC_PERP, price)
    for frame in wire.take():
        change = frame["result"]
        assert change["U"] == number + 1
        assert change["u"] >= change["U"]
        number = change["u"]


def test_the_second_version_of_the_book_begins_whole(gate: Gate) -> None:
    session, wire, _ = opened(gate, spot=True)
    gate.say(session, channel="spot.obu", event="subscribe", payload=["ob.BTC_USDT.50"])
    taken, whole = wire.take()
    assert taken["event"] == "subscribe"
    assert whole["result"]["full"]
    gate.show(BTC_SPOT, "60010")
    change = wire.take()[0]["result"]
    assert "full" not in change
    assert change["U"] == whole["result"]["u"] + 1


def test_bars_say_when_they_close(gate: Gate) -> None:
    session, wire, _ = opened(gate, spot=False)
    gate.say(session, channel="futures.candlesticks", event="subscribe", payload=["1m", "BTC_USDT"])
    wire.take()
    gate.show(BTC_PERP, "60100")
    gate.later(61)
    gate.show(BTC_PERP, "60200")
    bars = [frame["result"][0] for frame in wire.take()]
    assert {bar["n"] for bar in bars} == {"1m_BTC_USDT"}
    assert [bar["w"] for bar in bars].count(True) == 1


@pytest.mark.parametrize(
    "payload, channel",
    [
        (["NO_PAIR"], "spot.trades"), ([], "spot.trades"), (["BTC_USDT"], "spot.nothing"),
        (["BTC_USDT"], "futures.trades"), (["9m", "BTC_USDT"], "spot.candlesticks"),
    ],
)  # fmt: skip
def test_subscriptions_that_are_refused(gate: Gate, payload: list[str], channel: str) -> None:
    session, wire, _ = opened(gate, spot=True)
    gate.say(session, channel=channel, event="subscribe", payload=payload)
    (refused,) = wire.take()
    assert refused["result"] == {"status": "fail"}
    assert refused["error"]["code"] == 2


@pytest.mark.parametrize("text", [b"{", b"[]", b"7", b"{}", b'{"event":"subscribe"}', b"\xff"])
def test_nothing_a_client_says_breaks_the_socket(gate: Gate, text: bytes) -> None:
    session, wire, _ = opened(gate, spot=True)
    session.said(text)
    assert wire.take()[0]["error"]["code"] == 2


# --- accounts ------------------------------------------------------------------------------------


def test_private_channels_are_signed_and_of_one_user(gate: Gate) -> None:
    session, wire, _ = opened(gate, spot=False)
    user = gate.member().user
    good = gate.subscription("futures.orders", [user, "!all"])
    for change in (
        {"auth": {**good["auth"], "SIGN": "0"}}, {"auth": None}, {"time": good["time"] + 1},
    ):  # fmt: skip
        gate.say(session, **{**good, **change})
        assert wire.take()[0]["error"]["code"] == 4
    gate.say(session, **gate.subscription("futures.orders", ["1", "!all"]))
    assert wire.take()[0]["error"]["code"] == 2
    gate.say(session, **good)
    assert wire.take()[0]["result"] == {"status": "success"}


@pytest.mark.parametrize("spot", [True, False])
def test_an_account_hears_of_its_orders_trades_and_money(gate: Gate, spot: bool) -> None:
    session, wire, name = opened(gate, spot=spot)
    first = [] if spot else [gate.member().user]
    kinds = ["orders", "usertrades", "balances"] + ([] if spot else ["positions"])
    for kind in kinds:
        gate.say(session, **gate.subscription(f"{name}.{kind}", [*first, "!all"]))
    wire.take()
    if spot:
        body: dict[str, Any] = {"currency_pair": "BTC_USDT", "side": "sell", "type": "market",
                                "amount": "0.01", "text": "t-mine"}  # fmt: skip
        gate.ask("POST", "/spot/orders", body)
    else:
        body = {"contract": "BTC_USDT", "size": 5, "price": "0", "tif": "ioc", "text": "t-mine"}
        gate.ask("POST", "/futures/usdt/orders", body)
    heard: dict[str, list[Any]] = {}
    for frame in wire.take():
        heard.setdefault(frame["channel"].partition(".")[2], []).append(frame["result"][0])
    assert set(heard) == set(kinds)
    assert heard["orders"][-1]["text"] == heard["usertrades"][0]["text"] == "t-mine"
    assert heard["orders"][-1]["finish_as"] == "filled"
    if spot:
        assert heard["orders"][-1]["event"] == "finish"
    else:
        assert heard["positions"][-1]["size"] == 5
        assert isinstance(heard["balances"][0]["change"], Decimal)


def test_somebody_elses_orders_are_not_told(gate: Gate) -> None:
    session, wire, _ = opened(gate, spot=True)
    gate.say(session, **gate.subscription("spot.orders", ["!all"], number=1))
    wire.take()
    body = {"currency_pair": "BTC_USDT", "side": "buy", "amount": "0.01", "price": "50000"}
    gate.ask("POST", "/spot/orders", body)
    assert wire.take() == []


# --- orders on the socket ------------------------------------------------------------------------


def request(gate: Gate, channel: str, parameters: Any, **how: Any) -> dict[str, Any]:
    payload = {"req_id": "r1", "req_param": parameters} | how
    return {"time": 1, "channel": channel, "event": "api", "payload": payload}


def log_in(gate: Gate, session: Session, name: str, secret: str = "") -> None:
    member = gate.member()
    at = str(gate.hall.now_ns() // 10**9)
    text = f"api\n{name}.login\n\n{at}"
    payload = {
        "req_id": "in", "api_key": member.key, "timestamp": at,
        "signature": sign(secret or member.secret, text),
    }  # fmt: skip
    gate.say(session, time=1, channel=f"{name}.login", event="api", payload=payload)


@pytest.mark.parametrize("spot", [True, False])
def test_orders_on_the_socket(gate: Gate, spot: bool) -> None:
    session, wire, name = opened(gate, spot=spot)
    order: dict[str, Any] = {"contract": "BTC_USDT", "size": 5, "price": "50000", "text": "t-a"}
    if spot:
        order = {"currency_pair": "BTC_USDT", "side": "buy", "amount": "0.01", "price": "50000",
                 "text": "t-a"}  # fmt: skip
    gate.say(session, **request(gate, f"{name}.order_place", order))
    assert wire.take()[0]["data"]["errs"]["label"] == "INVALID_KEY"
    log_in(gate, session, name, secret="wrong")
    assert wire.take()[0]["header"]["status"] == "401"
    log_in(gate, session, name)
    assert wire.take()[0]["data"]["result"]["uid"] == gate.member().user

    gate.say(session, **request(gate, f"{name}.order_place", order))
    ack, done = wire.take()
    assert (ack["ack"], ack["data"]["result"]["req_param"]["text"]) == (True, "t-a")
    assert not done.get("ack")
    number = str(done["data"]["result"]["id"])
    where = {"order_id": number} | ({"currency_pair": "BTC_USDT"} if spot else {})
    gate.say(session, **request(gate, f"{name}.order_amend", where | {"price": "49000"}))
    assert wire.take()[0]["data"]["result"]["price"] == "49000"
    gate.say(session, **request(gate, f"{name}.order_status", where))
    assert wire.take()[0]["data"]["result"]["status"] == "open"
    gate.say(session, **request(gate, f"{name}.order_cancel", where))
    assert wire.take()[0]["data"]["result"]["finish_as"] == "cancelled"
    gate.say(session, **request(gate, f"{name}.order_cancel", where))
    again = wire.take()[0]
    assert again["header"]["status"] == "400"
    assert again["data"]["errs"]["label"] == ("ORDER_CLOSED" if spot else "ORDER_FINISHED")


def test_deadlines_and_limits_hold_on_the_socket_too(gate: Gate) -> None:
    session, wire, name = opened(gate, spot=True)
    log_in(gate, session, name)
    wire.take()
    order = {"currency_pair": "BTC_USDT", "side": "buy", "amount": "0.001", "price": "50000"}
    late = {"req_header": {"x-gate-exptime": str(gate.hall.now_ns() // 10**6 - 1)}}
    gate.say(session, **request(gate, "spot.order_place", order, **late))
    (refused,) = wire.take()
    assert refused["data"]["errs"]["label"] == "REQUEST_EXPIRED"
    for _ in range(10):
        gate.say(session, **request(gate, "spot.order_place", order))
    wire.take()
    gate.say(session, **request(gate, "spot.order_place", order))
    (limited,) = wire.take()
    assert (limited["header"]["status"], limited["data"]["errs"]["label"]) == (
        "429", "TOO_MANY_REQUESTS",
    )  # fmt: skip
    gate.later(1)
    gate.say(session, **request(gate, "spot.order_place", order))
    assert wire.take()[-1]["header"]["status"] == "200"
