"""OKX's sockets on an open hall: books, accounts, orders, and what ends a socket."""

import json
from typing import Any

import msgspec

from steelyard.exchange.hall.prices import DepthNews, Topic
from steelyard.exchange.hall.words import Status
from steelyard.model.kinds import BUY
from steelyard.model.market import InstrumentStatus
from steelyard.venues.native.dialect import Addresses, BookChange
from steelyard.venues.okx.depth import OkxBook
from steelyard.venues.okx.market import OkxMarket
from tests.unit.exchange_okx.okx_hall import SPOT, SWAP, Okx


def _book_reader(okx: Okx) -> OkxMarket:
    addresses = Addresses(rest={"api": "http://here"}, ws={"public": "ws://here"})
    return OkxMarket(tuple(okx.hall.instruments), addresses)


def _changes(market: OkxMarket, frames: list[dict[str, Any]]) -> list[BookChange]:
    told = [one for frame in frames for one in market.read(json.dumps(frame).encode())]
    return [one for one in told if isinstance(one, BookChange)]


def test_a_book_has_no_hole_and_every_checksum_is_its_own() -> None:
    okx = Okx()
    session, socket = okx.open("public")
    okx.say(session, "subscribe", {"channel": "books", "instId": "BTC-USDT"})
    for step in range(200):
        okx.show(SPOT, f"{60000 + (step * 37) % 400 / 10:.1f}")
    frames = socket.taken()
    market, book = _book_reader(okx), OkxBook()
    told = [book.take(change) for change in _changes(market, frames[1:])]

    assert frames[0] == {
        "event": "subscribe", "arg": {"channel": "books", "instId": "BTC-USDT"},
        "connId": frames[0]["connId"],
    }  # fmt: skip
    assert frames[1]["action"] == "snapshot"
    assert frames[1]["data"][0]["prevSeqId"] == -1
    assert not [one for one in told if isinstance(one, str)]
    assert all(frame["data"][0]["checksum"] for frame in frames[1:])
    assert len(told) == 201


def test_changes_that_waited_together_have_each_their_own_checksum() -> None:
    okx = Okx()
    session, socket = okx.open("public")
    okx.say(session, "subscribe", {"channel": "books", "instId": "BTC-USDT"})
    one = okx.hall.instruments[SPOT]
    for step in range(40):
        okx.hall.print_trade(SPOT, int(one.price(f"{60000 + step % 7}")), 10**8, BUY)
        if step % 5 == 4:
            okx.hall.flush()
    frames = socket.taken()[1:]
    book = OkxBook()
    told = [book.take(change) for change in _changes(_book_reader(okx), frames)]

    assert not [one for one in told if isinstance(one, str)]
    sums = [frame["data"][0]["checksum"] for frame in frames]
    assert len(sums) == 41
    assert all(sums)


def test_a_spoiled_change_carries_the_checksum_of_the_true_book() -> None:
    okx = Okx()
    session, socket = okx.open("public")
    okx.say(session, "subscribe", {"channel": "books", "instId": "BTC-USDT"})
    heard: list[Any] = []
    okx.hall.listening.say_market = lambda _, news: heard.append(news)
    okx.show(SPOT, "60000.5")
    (news,) = [one for one in heard if isinstance(one, DepthNews)]
    worse = tuple((price, quantity + 1) for price, quantity in news.bids if quantity)
    session.market(msgspec.structs.replace(news, bids=worse, spoiled=True, said={}))

    book = OkxBook()
    told = [book.take(change) for change in _changes(_book_reader(okx), socket.taken()[1:])]

    assert not isinstance(told[0], str)
    assert "checksum" in str(told[1])


def test_subscribing_the_same_twice_tells_once_and_unsubscribing_ends_it() -> None:
    okx = Okx()
    session, socket = okx.open("public")
    trades = {"channel": "trades", "instId": "BTC-USDT"}
    okx.say(session, "subscribe", trades)
    okx.say(session, "subscribe", trades)
    okx.show(SPOT, "60001")
    once = [frame for frame in socket.taken() if "data" in frame]
    okx.say(session, "unsubscribe", trades)
    okx.show(SPOT, "60002")

    assert len(once) == 1
    assert [frame.get("event") for frame in socket.taken()] == ["unsubscribe"]
    assert not okx.hall.listening.followed(Topic.TRADE, SPOT)


def test_instruments_begin_with_the_whole_listing_and_go_on_with_changes() -> None:
    okx = Okx()
    session, socket = okx.open("public")
    okx.say(session, "subscribe", {"channel": "instruments", "instType": "SWAP"})
    _, first = socket.taken()
    okx.hall.set_status(SWAP, Status.HALTED)
    okx.hall.flush()
    (change,) = socket.taken()
    told = _book_reader(okx).read(json.dumps(change).encode())

    assert len(first["data"]) == 3
    assert [(row["instId"], row["state"]) for row in change["data"]] == [
        ("BTC-USDT-SWAP", "suspend")
    ]
    assert [one.status for one in told if isinstance(one, InstrumentStatus)] == ["halted"]


def test_each_endpoint_has_its_own_channels() -> None:
    okx = Okx()
    cases = (
        ("public", {"channel": "candle1m", "instId": "BTC-USDT"}, "60018"),
        ("business", {"channel": "books", "instId": "BTC-USDT"}, "60018"),
        ("public", {"channel": "books", "instId": "DOGE-USDT"}, "60018"),
        ("public", {"channel": "nonsense", "instId": "BTC-USDT"}, "60018"),
        ("private", {"channel": "orders", "instType": "ANY"}, "60011"),
        ("private", {"channel": "orders-algo", "instType": "ANY"}, "60018"),
    )  # fmt: skip
    for endpoint, arg, code in cases:
        session, socket = okx.open(endpoint)
        okx.say(session, "subscribe", arg)
        assert socket.taken()[0]["code"] == code, arg
    assert okx.speaker.socket("/ws/v5/nowhere", "", {}, socket) is None


def test_ping_is_answered_and_silence_ends_the_socket() -> None:
    okx = Okx()
    session, socket = okx.open("public")
    session.said(b"ping")
    assert socket.frames == [b"pong"]
    okx.later(29)
    session.tick(okx.hall.now_ns())
    assert socket.ended is None
    okx.later(2)
    session.tick(okx.hall.now_ns())

    assert socket.ended == (4004, "No data received in 30s.")


def test_nonsense_is_refused_and_harms_nothing() -> None:
    okx = Okx()
    session, socket = okx.login()
    for said in (b"", b"{", b"[]", b'"x"', b'{"op":"subscribe","args":7}', b"\xff\xfe", b"{}"):
        session.said(said)
    okx.say(session, "dance", {})
    okx.say(session, "login", {})

    codes = [frame["code"] for frame in socket.taken()]
    assert codes == ["60012"] * 7 + ["60019", "60031"]


def test_a_log_in_must_be_signed_now() -> None:
    okx = Okx()
    member = okx.hall.members[0]
    good = {
        "apiKey": member.key, "passphrase": member.passphrase, "sign": "x",
        "timestamp": str(okx.hall.now_ns() // 10**9),
    }  # fmt: skip
    for changed, code in (
        ({"apiKey": "nobody"}, "60005"),
        ({"timestamp": "soon"}, "60004"),
        ({"timestamp": "1000"}, "60006"),
        ({}, "60007"),
    ):
        session, socket = okx.open("private")
        okx.say(session, "login", {**good, **changed})
        assert socket.taken()[0]["code"] == code
    session, socket = okx.open("public")
    okx.say(session, "login", good)
    assert socket.taken()[0]["code"] == "60028"


def test_the_account_hears_orders_fills_wallet_and_positions_in_order() -> None:
    okx = Okx()
    session, socket = okx.login()
    args = (
        {"channel": "orders", "instType": "ANY"}, {"channel": "account"},
        {"channel": "positions", "instType": "SWAP"}, {"channel": "balance_and_position"},
    )  # fmt: skip
    okx.say(session, "subscribe", *args)
    first = [frame["arg"]["channel"] for frame in socket.taken() if "data" in frame]
    okx.order(sz="2")
    told = [
        (frame["arg"]["channel"], frame["data"][0]) for frame in socket.taken() if "data" in frame
    ]

    assert first == ["account", "positions", "balance_and_position"]
    assert [channel for channel, _ in told] == [
        "orders", "orders", "account", "positions", "balance_and_position",
    ]  # fmt: skip
    accepted, filled = told[0][1], told[1][1]
    assert (accepted["state"], accepted["tradeId"]) == ("live", "")
    assert (filled["state"], filled["fillSz"], filled["accFillSz"]) == ("filled", "2", "2")
    assert float(filled["fillFee"]) < 0
    assert told[3][1]["pos"] == "2"


def test_orders_over_the_socket_say_what_rest_says() -> None:
    okx = Okx()
    session, socket = okx.login()
    order = {
        "instIdCode": 10_459 + SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit",
        "sz": "1", "px": "50000", "clOrdId": "ws1",
    }  # fmt: skip
    okx.say(session, "order", order, id="1")
    okx.say(session, "order", order, id="2")
    okx.say(session, "order", order, id="3", expTime=str(okx.hall.now_ns() // 10**6 - 1))
    okx.say(session, "amend-order", {"instId": "BTC-USDT-SWAP", "clOrdId": "ws1", "newSz": "3"},
            id="4")  # fmt: skip
    okx.say(session, "cancel-order", {"instId": "BTC-USDT-SWAP", "clOrdId": "ws1"}, id="5")
    okx.say(session, "cancel-order", {"instId": "BTC-USDT-SWAP", "clOrdId": "ws1"}, id="6")
    okx.say(session, "batch-orders", {**order, "clOrdId": "a"}, {**order, "px": "x"}, id="7")
    okx.say(session, "order", order)
    okx.say(session, "mass-cancel", {"instType": "OPTION", "instFamily": "BTC-USD"}, id="9")

    told = {frame["id"]: frame for frame in socket.taken()}
    codes = {
        number: (frame["code"], *(row["sCode"] for row in frame["data"]))
        for number, frame in told.items()
    }
    assert codes == {
        "1": ("0", "0"), "2": ("1", "51016"), "3": ("50036",), "4": ("0", "0"), "5": ("0", "0"),
        "6": ("1", "51400"), "7": ("2", "0", "51000"), "": ("60013",), "9": ("60013",),
    }  # fmt: skip


def test_nobody_hears_anothers_account() -> None:
    okx = Okx()
    session, socket = okx.login()
    okx.say(session, "subscribe", {"channel": "orders", "instType": "ANY"})
    socket.taken()
    okx.post(
        "trade/order",
        {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market",
         "sz": "1"},
        member=1,
    )  # fmt: skip

    assert socket.taken() == []
