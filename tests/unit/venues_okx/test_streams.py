"""OKX's sockets: private news, order entry, public frames and the book's rules."""

from typing import Any
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Placing
from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.kinds import BUY, LIMIT, MAKER, SELL, STOP_MARKET
from steelyard.model.market import Depth, FundingRate, InstrumentStatus, Mark
from steelyard.model.reports import (
    Fault,
    OrderReport,
    OrderState,
    Refusal,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.native.dialect import (
    BookChange,
    Channel,
    Confirmed,
    Denied,
    Entry,
    Leaving,
    Pong,
    Welcome,
)
from steelyard.venues.okx.depth import OkxBook
from steelyard.venues.okx.market import OkxMarket
from steelyard.venues.okx.signing import signature
from steelyard.venues.okx.terms import ADDRESSES
from tests.unit.venues_okx.okx_parts import CREDENTIALS, NOW_NS, SPOT, SWAP, account, no, ok, talk


def _frame(channel: str, data: Any, **arg: str) -> bytes:
    said = {"arg": {"channel": channel, **arg}, "data": data}
    return msgspec.json.encode(said)


def _market() -> OkxMarket:
    return OkxMarket((SPOT, SWAP), ADDRESSES["mainnet"])


def test_the_private_sockets_log_in_before_they_subscribe() -> None:
    codes = ({"instId": "BTC-USDT", "instType": "SPOT", "instIdCode": 3},
             {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "instIdCode": 10459})  # fmt: skip
    streams, calls = talk(account().private(), *[ok(code) for code in codes])

    private, business = streams
    said = msgspec.json.decode(private.hello[0])
    stamp = str(NOW_NS // 10**9)
    assert said["op"] == "login"
    assert said["args"][0]["timestamp"] == stamp
    assert said["args"][0]["sign"] == signature(CREDENTIALS.secret, stamp + "GET/users/self/verify")
    assert [arg["channel"] for arg in msgspec.json.decode(private.subscribe[0])["args"]] == [
        "orders", "account", "positions",
    ]  # fmt: skip
    assert business.url.endswith("/business")
    assert b"orders-algo" in business.subscribe[0]
    assert (private.ping, private.confirms, business.confirms) == (b"ping", 3, 2)
    assert not any(call.changes for call in calls)


@pytest.mark.parametrize(
    "frame, said",
    [
        (b"pong", Pong()),
        (b'{"event":"login","code":"0","msg":"","connId":"a"}', Welcome()),
        (b'{"event":"subscribe","arg":{"channel":"orders","instType":"ANY"}}', Confirmed("orders")),
        (b'{"event":"error","code":"60009","msg":"Login failed."}', Denied("60009: Login failed.")),
        (b'{"event":"notice","code":"64008","msg":"upgrade"}', Leaving("64008: upgrade")),
        (b'{"event":"channel-conn-count","channel":"orders","connCount":"2"}', Pong()),
        (
            b'{"event":"channel-conn-count-error","channel":"orders","connCount":"30"}',
            Denied("30 connections subscribed orders, which are too many"),
        ),
    ],
)  # fmt: skip
def test_what_is_about_the_socket_itself(frame: bytes, said: object) -> None:
    assert list(account().read(frame)) == [said]


def test_a_fill_is_a_trade_and_then_the_order() -> None:
    word = {
        "instId": "BTC-USDT-SWAP", "ordId": "1", "clOrdId": "s1", "side": "sell", "posSide": "net",
        "state": "partially_filled", "sz": "2", "px": "50000", "accFillSz": "0.5", "uTime": "7",
        "tradeId": "99", "fillPx": "50000.1", "fillSz": "0.5", "fillTime": "6",
        "fillFee": "-0.05", "fillFeeCcy": "USDT", "execType": "M", "category": "adl",
        "reduceOnly": "true",
    }  # fmt: skip

    trade, report = account().read(_frame("orders", [word], instType="ANY"))

    assert trade == TradeReport(
        trade="99", client_id="s1", venue_id="1", instrument=1, side=SELL, price=50_000_100,
        quantity=50, fee=5_000_000, liquidity=MAKER, ts_ns=6_000_000, forced="adl",
    )  # fmt: skip
    assert report == OrderReport(
        client_id="s1", venue_id="1", instrument=1, state=OrderState.OPEN, side=SELL,
        price=50_000_000, quantity=200, filled=50, ts_ns=7_000_000, reduce_only=True,
    )  # fmt: skip


def test_a_triggered_stop_goes_on_as_the_order_that_names_it() -> None:
    okx = account()
    algo = {
        "algoId": "77", "algoClOrdId": "s9", "instId": "BTC-USDT-SWAP", "side": "sell", "sz": "2",
        "slTriggerPx": "49000", "uTime": "5",
    }  # fmt: skip
    child = {
        "instId": "BTC-USDT-SWAP", "ordId": "1", "clOrdId": "", "algoClOrdId": "s9",
        "side": "sell", "state": "filled", "sz": "2", "accFillSz": "2", "uTime": "7",
        "tradeId": "99", "fillPx": "48999.9", "fillSz": "2", "fillFee": "-1",
        "fillFeeCcy": "USDT", "execType": "T",
    }  # fmt: skip

    (waits,) = okx.read(_frame("orders-algo", [{**algo, "state": "live"}], instType="ANY"))
    triggered = okx.read(
        _frame("orders-algo", [{**algo, "state": "effective", "ordId": "1"}], instType="ANY")
    )
    trade, report = okx.read(_frame("orders", [child], instType="ANY"))
    (failed,) = okx.read(_frame("orders-algo", [{**algo, "state": "order_failed"}], instType="ANY"))

    assert isinstance(waits, OrderReport)
    assert (waits.client_id, waits.state, waits.trigger) == ("s9", OrderState.OPEN, 49_000_000)
    assert list(triggered) == [Pong()]
    assert isinstance(trade, TradeReport)
    assert isinstance(report, OrderReport)
    assert (trade.client_id, report.client_id) == ("s9", "s9")
    assert isinstance(failed, OrderReport)
    assert failed.state is OrderState.REJECTED


@pytest.mark.parametrize(
    "frame",
    [b"", b"{", b"<html>", b'{"event":"surprise"}', b'{"arg":{"channel":"orders"},"data":[{}]}'],
)
def test_what_nobody_understands_is_said_to_be_so(frame: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder's own words for most of them
        account().read(frame)


def _placing(**changed: int) -> Placing:
    values = {"instrument": 1, "side": BUY, "type": LIMIT, "flags": 0, "price": 50_000_000,
              "quantity": 100, **changed}  # fmt: skip
    return Placing(client_id="s1", **values)


def test_orders_go_over_the_socket_once_the_instruments_number_is_known() -> None:
    okx = account()
    assert okx.entry_place("1", _placing()) is None
    talk(okx.private(), no("50011"), ok({"instId": "BTC-USDT-SWAP", "instType": "SWAP",
                                         "instIdCode": 10459}))  # fmt: skip

    placed = okx.entry_place("1", _placing())
    canceled = okx.entry_cancel("2", "s1", 1)

    assert placed is not None
    assert canceled is not None
    said = msgspec.json.decode(placed)
    assert (said["id"], said["op"], said["expTime"]) == ("1", "order", "1700000010000")
    assert said["args"][0]["instIdCode"] == 10459
    assert msgspec.json.decode(canceled)["args"][0]["clOrdId"] == "s1"
    assert okx.entry_place("3", _placing(type=STOP_MARKET, trigger=1)) is None
    assert okx.entry_place("4", _placing(instrument=0)) is None
    assert okx.entry_cancel("5", "unknown", 1) is None


@pytest.mark.parametrize(
    "frame, expected",
    [
        (b'{"id":"1","op":"order","data":[{"ordId":"5","sCode":"0"}],"code":"0"}', Success()),
        (b'{"id":"1","op":"order","data":[],"code":"60013","msg":"Invalid args"}', Fault.OTHER),
        (b'{"id":"1","op":"order","data":[{"sCode":"50036"}],"code":"1"}', Fault.CLOCK),
        (
            b'{"id":"1","op":"order","data":[],"code":"0"}',
            Unclear(text="the answer names no order"),
        ),
        (b'{"id":"1","op":"order","data":[{"sCode":"50026"}],"code":"1"}', Unclear(text="50026")),
        (b'{"id":"1","event":"error","code":"60011","msg":"Please log in"}', Fault.AUTH),
    ],
)  # fmt: skip
def test_answers_of_the_order_socket(frame: bytes, expected: object) -> None:
    (entry,) = account().read_entry(frame)

    assert isinstance(entry, Entry)
    assert entry.number == "1"
    if isinstance(expected, Fault):
        assert isinstance(entry.reply, Refusal)
        assert entry.reply.fault is expected
    else:
        assert entry.reply == expected


def test_public_frames() -> None:
    market = _market()
    quote = _frame("bbo-tbt", [{"asks": [["50000.2", "95", "0", "3"]],
                                "bids": [["50000.1", "0.07", "0", "1"]], "ts": "5",
                                "seqId": 1}], instId="BTC-USDT-SWAP")  # fmt: skip
    trade = _frame("trades", [{"instId": "BTC-USDT", "tradeId": "1", "px": "50000.1",
                               "sz": "0.00000001", "side": "sell", "ts": "5"}],
                   instId="BTC-USDT")  # fmt: skip
    candle = [["60000", "1", "3", "0.5", "2", "7.5", "0", "0", "1"],
              ["120000", "1", "3", "0.5", "2", "7.5", "0", "0", "0"]]  # fmt: skip
    funding = _frame("funding-rate", [{"instId": "BTC-USDT-SWAP", "fundingTime": "9", "ts": "8",
                                       "fundingRate": "0.00015347021"}],
                     instId="BTC-USDT-SWAP")  # fmt: skip

    (told,) = market.read(quote)
    assert isinstance(told, Quote)
    assert (told.ts_ns, told.instrument) == (5_000_000, 1)
    assert (told.bid, told.bid_quantity) == (50_000_100, 7)
    assert (told.ask, told.ask_quantity) == (50_000_200, 9_500)
    (traded,) = market.read(trade)
    assert isinstance(traded, Trade)
    assert (traded.price, traded.quantity, traded.taker_side) == (50_000_100, 1, SELL)
    (closed,) = market.read(_frame("candle1m", candle, instId="BTC-USDT-SWAP"))
    assert isinstance(closed, BarClosed)
    assert closed.bar == Bar(120 * 10**9, 1000, 3000, 500, 2000, 750)
    (rate,) = market.read(funding)
    assert isinstance(rate, FundingRate)
    assert (rate.rate, rate.next_ns, rate.ts_ns) == (15_347, 9_000_000, 8_000_000)
    (mark,) = market.read(_frame("mark-price", [{"instId": "BTC-USDT-SWAP", "markPx": "50000.12345",
                                                 "ts": "5"}], instId="BTC-USDT-SWAP"))  # fmt: skip
    assert isinstance(mark, Mark)
    assert mark.mark == 50_000_123
    listed = {"instId": "BTC-USDT", "instType": "SPOT", "state": "suspend"}
    (status,) = market.read(_frame("instruments", [listed], instType="SPOT"))
    assert isinstance(status, InstrumentStatus)
    assert (status.status, status.venue_word) == ("halted", "suspend")


def test_three_endpoints_and_how_many_confirmations_they_give() -> None:
    streams = _market().streams(frozenset(Channel), 60 * 10**9)

    told = {stream.url.rpartition("/")[2]: stream.confirms for stream in streams}
    # Mark and funding are of the swap alone; the listing is told once for each product.
    assert told == {"public": 2 + 2 + 2 + 1 + 1 + 2, "business": 2}


def _change(last: int, previous: int, **changed: Any) -> BookChange:
    values = {"bids": ((100, 5),), "asks": ((101, 5),), "texts": (("1.00", "5"), ("1.01", "5")),
              **changed}  # fmt: skip
    return BookChange(ts_ns=1, instrument=0, first=last, last=last, previous=previous, **values)


def test_a_book_waits_for_its_snapshot_and_says_where_a_hole_is() -> None:
    book = OkxBook()

    assert book.take(_change(5, 4)) == ()
    assert isinstance(book.take(_change(10, -1, snapshot=True))[0], Depth)
    assert isinstance(book.take(_change(12, 10))[0], Depth)
    assert book.take(_change(12, 12, bids=(), asks=(), texts=())) == ()  # keepalive
    assert isinstance(book.take(_change(3, 12))[0], Depth)  # the numbers were reset
    assert isinstance(book.take(_change(7, 5)), str)
    book.reset()
    assert book.take(_change(8, 7)) == ()


def test_bars_are_paged_back_and_only_closed_ones_are_told() -> None:
    def row(minute: int, confirm: str = "1") -> list[str]:
        return [str(minute * 60_000), "1", "1", "1", "1", "1", "0", "0", confirm]

    recent = [row(n, "0" if n == 999 else "1") for n in range(999, 699, -1)]
    older = [row(n) for n in range(699, 599, -1)]
    minute = 60 * 10**9
    reply, calls = talk(
        _market().bars(1, minute, 650 * minute, 1000 * minute), ok(*recent), ok(*older)
    )

    assert isinstance(reply, Success)
    bars = reply.value
    assert [bar.ts_ns // minute - 1 for bar in bars] == list(range(650, 999))
    assert "history-candles" in calls[1].url
    assert "after=42000000" in calls[1].url


def test_the_listing_leaves_out_what_is_not_traded_here() -> None:
    spot = {"instId": "BTC-USDT", "instType": "SPOT", "tickSz": "0.1", "lotSz": "0.00000001",
            "minSz": "0.00001", "state": "live", "maxLmtSz": "9999999999"}  # fmt: skip
    swap = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "ctType": "linear", "ctVal": "0.01",
            "ctMult": "1", "settleCcy": "USDT", "tickSz": "0.1", "lotSz": "0.01", "minSz": "0.01",
            "state": "suspend", "lever": "100"}  # fmt: skip
    inverse = {**swap, "instId": "BTC-USD-SWAP", "ctType": "inverse"}
    reply, _ = talk(_market().listing(), ok(spot), ok(swap, inverse))

    assert isinstance(reply, Success)
    first, second = reply.value
    assert first.instrument.name == "BTC/USDT"
    assert second.instrument.quantity("0.01") == second.instrument.lot
    assert str(second.instrument.multiplier) == "0.01"
    assert (first.status, second.status) == ("trading", "halted")


def _price(level: tuple[int, int]) -> int:
    return level[0]


_LEVELS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), max_size=8, unique_by=_price)


@given(st.lists(st.tuples(_LEVELS, _LEVELS), min_size=1, max_size=30))
def test_the_checksum_is_that_of_a_book_kept_in_the_plainest_way(
    steps: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    book = OkxBook()
    plain: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for number, sides in enumerate(steps):
        for kept, levels in zip(plain, sides, strict=True):
            for price, quantity in levels:
                kept.pop(price, None)
                if quantity:
                    kept[price] = quantity
        best = (sorted(plain[0], reverse=True)[:25], sorted(plain[1])[:25])
        parts = []
        for place in range(25):
            for prices, kept in zip(best, plain, strict=True):
                if place < len(prices):
                    parts.append(f"{prices[place]}.0:{kept[prices[place]]}")
        told = crc32(":".join(parts).encode())
        signed = told - 2**32 if told >= 2**31 else told
        change = _change(
            number, number - 1, bids=tuple(sides[0]), asks=tuple(sides[1]), snapshot=number == 0,
            texts=tuple((f"{at}.0", str(quantity)) for side in sides for at, quantity in side),
            checksum=signed,
        )  # fmt: skip

        assert not isinstance(book.take(change), str)
    worse = _change(len(steps), len(steps) - 1, checksum=12_345, bids=(), asks=(), texts=())
    assert isinstance(book.take(worse), str)
