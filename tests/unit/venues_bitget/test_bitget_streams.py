"""Frames of the public and private sockets, and the order socket."""

import json
from typing import Any

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.client_ids import encode
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.kinds import (
    BUY,
    LIMIT,
    LONG,
    MARKET,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
)
from steelyard.model.market import FundingRate, Mark
from steelyard.model.reports import (
    Fault,
    OrderReport,
    OrderState,
    Refusal,
    Strange,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.bitget.market import CHANNELS_MAX, BitgetMarket
from steelyard.venues.bitget.terms import ADDRESSES
from steelyard.venues.native.dialect import (
    BookChange,
    Channel,
    Confirmed,
    Denied,
    Entry,
    Pong,
    Welcome,
)
from tests.unit.venues_bitget.bitget_setting import (
    PERPETUAL_BTC,
    SPOT_BTC,
    account,
    converse,
    good,
)

MINUTE_NS = 60_000_000_000
PERP = "USDT-FUTURES"


def _market() -> BitgetMarket:
    return BitgetMarket((SPOT_BTC, PERPETUAL_BTC), ADDRESSES["mainnet"])


def _frame(channel: str, *data: Any, product: str = PERP, action: str = "update") -> bytes:
    arg = {"instType": product, "channel": channel, "instId": "BTCUSDT"}
    word = {"action": action, "arg": arg, "data": list(data), "ts": 1}
    return json.dumps(word, separators=(",", ":")).encode()


def test_the_best_quote_is_read() -> None:
    row = {"asks": [["27000.5", "8.760"]], "bids": [["27000.0", "2.710"]], "checksum": 0,
           "ts": "1695716059516"}  # fmt: skip
    (quote,) = _market().read(_frame("books1", row, action="snapshot"))

    assert isinstance(quote, Quote)
    assert (quote.instrument, quote.bid, quote.ask) == (1, 270000, 270005)
    assert (quote.bid_quantity, quote.ask_quantity) == (2710, 8760)
    assert quote.ts_ns == 1695716059516_000_000


def test_keys_in_another_order_and_spaces_change_nothing() -> None:
    row = {"asks": [["2", "1"]], "bids": [["1", "1"]], "ts": 5}
    word = {"data": [row], "ts": 1, "action": "snapshot",
            "arg": {"instId": "BTCUSDT", "channel": "books1", "instType": PERP}}  # fmt: skip

    assert len(_market().read(json.dumps(word, indent=1).encode())) == 1


def test_a_frame_is_read_the_same_the_first_time_and_later() -> None:
    market = _market()
    row = {"asks": [["27000.5", "8"]], "bids": [["27000.0", "2"]], "ts": "5"}
    frames = [_frame("books1", row), _frame("books1", row, product="SPOT"), _frame("books", row)]
    first = [market.read(frame) for frame in frames]

    assert [market.read(frame) for frame in frames] == first
    assert [type(each[0]) for each in first] == [Quote, Quote, BookChange]
    for torn in (frames[0][:-1], frames[0][:-12], frames[0][: len(frames[0]) // 2]):
        with pytest.raises(ValueError, match=r"."):
            market.read(torn)
    later = json.loads(frames[0])
    moved = {"action": later["action"], "data": later["data"], "ts": 1, "arg": later["arg"]}
    spot = moved | {"arg": {**later["arg"], "instType": "SPOT"}}
    for word, number in ((moved, 1), (spot, 0), (moved, 1)):
        (quote,) = market.read(json.dumps(word, separators=(",", ":")).encode())
        assert isinstance(quote, Quote)
        assert quote.instrument == number


def test_trades_are_told_oldest_first_and_history_is_not_told() -> None:
    rows = [
        {"ts": "9", "price": "27000.5", "size": "0.001", "side": "buy", "tradeId": "2"},
        {"ts": "8", "price": "27000.0", "size": "0.002", "side": "sell", "tradeId": "1"},
    ]
    said: Any = _market().read(_frame("trade", *rows))

    assert [type(each) for each in said] == [Trade, Trade]
    assert [each.ts_ns for each in said] == [8_000_000, 9_000_000]
    assert [each.taker_side for each in said] == [SELL, BUY]
    assert _market().read(_frame("trade", *rows, action="snapshot")) == ()


def test_the_ticker_tells_mark_and_funding_of_perpetuals() -> None:
    row = {"instId": "BTCUSDT", "bidPr": "1", "askPr": "2", "bidSz": "1", "askSz": "1",
           "markPrice": "27000.12", "indexPrice": "25702.4", "fundingRate": "-0.00003",
           "nextFundingTime": 1695722400000, "ts": "1695715383021"}  # fmt: skip
    mark, funding = _market().read(_frame("ticker", row))

    assert isinstance(mark, Mark)
    assert isinstance(funding, FundingRate)
    assert (mark.mark, mark.index) == (270001, 257024)
    assert (funding.rate, funding.next_ns) == (-3000, 1695722400000_000_000)
    assert _market().read(_frame("ticker", row, product="SPOT")) == ()


def test_the_ticker_tells_the_quote_where_it_is_asked_to() -> None:
    market = BitgetMarket((SPOT_BTC,), ADDRESSES["mainnet"], quotes="ticker")
    row = {"bidPr": "1.5", "askPr": "2", "bidSz": "1", "askSz": "0.000003", "ts": "1"}
    (quote,) = market.read(_frame("ticker", row, product="SPOT"))
    (stream,) = market.streams(frozenset({Channel.QUOTES}), MINUTE_NS)

    assert isinstance(quote, Quote)
    assert (quote.bid, quote.ask, quote.ask_quantity) == (150, 200, 300)
    assert [each["channel"] for each in json.loads(stream.hello[0])["args"]] == ["ticker"]


def test_a_bar_is_closed_by_the_next_one() -> None:
    market = _market()
    start = 1_700_000_000_000 // 60_000 * 60_000

    def row(minute: int, close: str) -> list[str]:
        return [str(start + minute * 60_000), "1", "3", "1", close, "0.5", "1", "1"]

    assert market.read(_frame("candle1m", row(0, "2"), row(1, "2"), action="snapshot")) == []
    assert market.read(_frame("candle1m", row(1, "2.5"))) == []
    (closed,) = market.read(_frame("candle1m", row(2, "2")))
    assert isinstance(closed, BarClosed)
    assert closed.ts_ns == (start + 120_000) * 1_000_000
    assert (closed.bar.close, closed.bar.volume) == (25, 500)
    # After a gap the snapshot has what was missed.
    missed: Any = market.read(_frame("candle1m", row(1, "9"), row(2, "2"), row(3, "2"), row(4, "2"),
                                action="snapshot"))  # fmt: skip
    assert [each.ts_ns // 1_000_000 for each in missed] == [start + 180_000, start + 240_000]


def test_books_carry_what_proves_them() -> None:
    row = {"asks": [["27000.5", "0"]], "bids": [["27000.0", "2.710"]], "checksum": -7, "seq": 5,
           "ts": "1"}  # fmt: skip
    (change,) = _market().read(_frame("books", row))

    assert isinstance(change, BookChange)
    assert (change.checksum, change.last, change.snapshot) == (-7, 5, False)
    assert change.texts == (("27000.0", "2.710"), ("27000.5", "0"))
    assert change.asks == ((270005, 0),)


def test_a_book_out_of_order_is_lost_and_begins_again() -> None:
    market, book = _market(), _market().book(1)

    def change(seq: int, *, snapshot: bool = False) -> Any:
        row = {"asks": [["2.0", "1"]], "bids": [["1.0", "1"]], "seq": seq, "ts": "1"}
        action = "snapshot" if snapshot else "update"
        return market.read(_frame("books", row, action=action))[0]

    assert book.take(change(3)) == ()
    assert not isinstance(book.take(change(4, snapshot=True)), str)
    assert not isinstance(book.take(change(5)), str)
    assert isinstance(book.take(change(3)), str)
    book.reset()
    assert book.take(change(6)) == ()


def test_what_is_no_message_of_the_venue_is_refused() -> None:
    row = {"asks": [["27000.55", "1"]], "bids": [["1", "1"]], "ts": "1"}
    for frame in (b"", b"{}", b'{"event":"?"}', b"[1]", _frame("books1", row), _frame("trade", {})):
        with pytest.raises(ValueError, match=r"."):
            _market().read(frame)


def test_streams_name_every_channel_and_count_the_confirmations() -> None:
    wanted = frozenset({Channel.QUOTES, Channel.TRADES, Channel.BARS, Channel.MARK})
    (stream,) = _market().streams(wanted, MINUTE_NS)
    args = json.loads(stream.hello[0])["args"]

    assert {(each["instType"], each["channel"]) for each in args} == {
        ("SPOT", "books1"), ("SPOT", "trade"), ("SPOT", "candle1m"),
        (PERP, "books1"), (PERP, "trade"), (PERP, "candle1m"), (PERP, "ticker"),
    }  # fmt: skip
    assert stream.confirms == 7
    assert stream.ping == b"ping"

    many = BitgetMarket((PERPETUAL_BTC,) * (CHANNELS_MAX + 1), ADDRESSES["mainnet"])
    parts = many.streams(frozenset({Channel.TRADES}), MINUTE_NS)
    assert [part.confirms for part in parts] == [CHANNELS_MAX, 1]
    assert all(len(part.hello[0]) <= 4096 for part in parts)


def test_what_the_venue_does_not_stream_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match="status"):
        _market().streams(frozenset({Channel.STATUS}), MINUTE_NS)
    with pytest.raises(ConfigurationError, match="bars"):
        _market().streams(frozenset({Channel.BARS}), 7 * MINUTE_NS)


# --- private -------------------------------------------------------------------------------------

OURS = encode(1, 2, 3, 4, venue="bitget")


def _order(**more: Any) -> dict[str, Any]:
    return {
        "instId": "BTCUSDT", "orderId": "7", "clientOid": OURS, "size": "0.002", "price": "27000.5",
        "orderType": "limit", "side": "buy", "posMode": "hedge_mode", "posSide": "long",
        "tradeSide": "close", "status": "partially_filled", "accBaseVolume": "0.001",
        "baseVolume": "0.001", "fillPrice": "27000.5", "tradeId": "70", "fillTime": "5",
        "fillFee": "-0.0162", "fillFeeCoin": "USDT", "tradeScope": "T", "cTime": "1", "uTime": "5",
        "enterPointSource": "API", **more,
    }  # fmt: skip


def test_an_order_s_push_tells_its_trade_and_its_state() -> None:
    trade, report = account(hedged=True).read(_frame("orders", _order()))

    assert isinstance(trade, TradeReport)
    assert isinstance(report, OrderReport)
    assert (trade.side, trade.position_side, trade.quantity) == (SELL, LONG, 1)
    assert (trade.client_id, trade.fee) == (OURS, 1_620_000)
    assert (report.state, report.filled, report.reduce_only) == (OrderState.OPEN, 1, True)


def test_fills_tell_what_was_done_and_orders_to_which_position() -> None:
    """The venue's two channels mean different things by `side`."""
    fill = {"orderId": "7", "clientOid": OURS, "tradeId": "70", "symbol": "BTCUSDT", "side": "buy",
            "posMode": "hedge_mode", "tradeSide": "close", "tradeScope": "taker", "price": "1",
            "baseVolume": "0.001", "cTime": "5",
            "feeDetail": [{"feeCoin": "USDT", "totalFee": "-0.1"}]}  # fmt: skip
    (by_fill,) = account(hedged=True).read(_frame("fill", fill))
    order = _order(side="sell", posSide="short", fillPrice="1")
    (by_order, _) = account(hedged=True).read(_frame("orders", order))

    assert isinstance(by_fill, TradeReport)
    assert isinstance(by_order, TradeReport)
    assert (by_fill.side, by_fill.position_side) == (BUY, SHORT)
    assert (by_order.side, by_order.position_side) == (BUY, SHORT)


@pytest.mark.parametrize("coin, coins, estimated", [("BTC", 100, ""), ("BGB", 0, "BGB")])
def test_a_fee_in_coins_is_coins_or_an_estimate(coin: str, coins: int, estimated: str) -> None:
    """F52."""
    order = _order(fillFee="-0.000001", fillFeeCoin=coin, posMode="", posSide="", tradeSide="")
    trade = account().read(_frame("orders", order, product="SPOT"))[0]

    assert isinstance(trade, TradeReport)
    assert (trade.coin_fee, trade.estimated, trade.side) == (coins, estimated, BUY)
    assert (trade.fee > 0) == bool(estimated)


def test_a_stranger_s_trade_is_told_unless_a_plan_of_ours_may_have_made_it() -> None:
    kept = account(PERPETUAL_BTC)
    stranger = _order(clientOid="x", posMode="one_way_mode", posSide="net", tradeSide="")
    assert isinstance(kept.read(_frame("orders", stranger))[0], TradeReport)

    stop = Placing(client_id=OURS, instrument=0, side=SELL, type=STOP_MARKET, flags=REDUCE_ONLY,
                   price=0, quantity=2, trigger=250000)  # fmt: skip
    converse(kept.place(stop), [good({"orderId": "5", "clientOid": OURS})])

    assert isinstance(kept.read(_frame("orders", stranger))[0], Strange)
    manual = _order(clientOid="x", enterPointSource="WEB", posMode="one_way_mode")
    assert isinstance(kept.read(_frame("orders", manual))[0], TradeReport)


def test_plans_are_told_and_an_executed_one_asks_for_what_it_became() -> None:
    plan = {"instId": "BTCUSDT", "orderId": "5", "clientOid": OURS, "triggerPrice": "25000.0",
            "planType": "sl", "size": "0.002", "orderType": "market", "side": "sell",
            "posMode": "one_way_mode", "status": "live", "cTime": "1", "uTime": "2"}  # fmt: skip
    (report,) = account().read(_frame("orders-algo", plan))
    (strange,) = account().read(_frame("orders-algo", plan | {"status": "executed"}))

    assert isinstance(report, OrderReport)
    assert (report.trigger, report.quantity, report.filled) == (250000, 2, 0)
    assert isinstance(strange, Strange)


def test_a_spot_plan_is_one_under_whatever_name_it_is_filed() -> None:
    plan = {"instId": "BTCUSDT", "orderId": "5", "clientOid": OURS, "triggerPrice": "25000.0",
            "planType": "amount", "size": "0.02", "orderType": "market", "side": "sell",
            "status": "live", "cTime": "1", "uTime": "2"}  # fmt: skip
    (report,) = account().read(_frame("orders-algo", plan))

    assert isinstance(report, OrderReport)
    assert (report.instrument, report.quantity) == (0, 2_000_000)


def test_the_private_stream_logs_in_and_subscribes_to_both_products() -> None:
    steps = account().private()
    with pytest.raises(StopIteration) as end:
        next(steps)
    (stream,) = end.value.value
    login = json.loads(stream.hello[0])
    topics = json.loads(stream.subscribe[0])["args"]

    assert login["op"] == "login"
    assert login["args"][0]["timestamp"] == "1700000000"
    assert len(topics) == stream.confirms == 8
    assert {each["instType"] for each in topics} == {"SPOT", PERP}


@pytest.mark.parametrize(
    "frame, said",
    [
        (b"pong", Pong()), (b'{"event":"login","code":"0","msg":""}', Welcome()),
        (b'{"event":"login","code":null,"msg":""}', Welcome()),
        (b'{"event":"login","code":30005,"msg":"sign error"}', Denied("30005 sign error")),
        (b'{"event":"subscribe","arg":{"instType":"SPOT","channel":"orders","instId":"default"}}',
         Confirmed("SPOT/orders/default")),
    ],
)  # fmt: skip
def test_what_a_socket_says_about_itself(frame: bytes, said: Any) -> None:
    assert tuple(account().read(frame)) == (said,)


# --- order entry ---------------------------------------------------------------------------------


def _placing(instrument: int, kind: int, side: int = BUY) -> Placing:
    return Placing(client_id="s1", instrument=instrument, side=side, type=kind, flags=0,
                   price=270005, quantity=2, trigger=1)  # fmt: skip


def test_plain_orders_go_over_the_socket_and_others_do_not() -> None:
    kept = account()
    written = kept.entry_place("n1", _placing(1, LIMIT))
    assert written is not None
    word = json.loads(written)

    assert word["op"] == "trade"
    (request,) = word["args"]
    assert (request["id"], request["instType"], request["channel"]) == ("n1", PERP, "place-order")
    assert request["params"]["clientOid"] == "s1"
    assert "symbol" not in request["params"]
    assert kept.entry_place("n2", _placing(1, STOP_MARKET)) is None
    assert kept.entry_place("n3", _placing(0, MARKET)) is None
    assert kept.entry_place("n4", _placing(0, MARKET, SELL)) is not None
    assert kept.entry_cancel("n5", "s1", 1) is not None
    assert kept.entry_cancel("n6", "unknown", 1) is None


def _answer(event: str, code: Any) -> bytes:
    arg = [{"id": "n1", "instType": PERP, "channel": "place-order", "instId": "BTCUSDT",
            "params": {"orderId": "1", "clientOid": "s1"}}]  # fmt: skip
    return json.dumps({"event": event, "arg": arg, "code": code, "msg": "m"}).encode()


def test_answers_on_the_order_socket_mean_what_they_mean_over_rest() -> None:
    kept = account()
    (done,) = kept.read_entry(_answer("trade", 0))
    (refused,) = kept.read_entry(_answer("error", "40762"))
    (unclear,) = kept.read_entry(_answer("error", 43210987))

    assert done == Entry(number="n1", reply=Success())
    assert isinstance(refused, Entry)
    assert isinstance(refused.reply, Refusal)
    assert refused.reply.fault is Fault.FUNDS
    assert isinstance(unclear, Entry)
    assert isinstance(unclear.reply, Unclear)
    assert tuple(kept.read_entry(b"pong")) == (Pong(),)


def test_a_key_that_may_not_use_the_socket_goes_over_rest_from_then_on() -> None:
    kept = account()
    assert kept.entry_place("n1", _placing(1, LIMIT)) is not None
    (refused,) = kept.read_entry(_answer("error", 40014))

    assert isinstance(refused, Entry)
    assert isinstance(refused.reply, Refusal)
    assert refused.reply.fault is Fault.OTHER
    assert kept.entry_place("n2", _placing(1, LIMIT)) is None
    assert kept.entry_cancel("n3", "s1", 1) is None
