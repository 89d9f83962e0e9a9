"""Private and public frames, and which sockets tell what."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from steelyard.model import kinds as k
from steelyard.model import reasons
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.market import FundingRate, InstrumentStatus, Mark
from steelyard.model.reports import OrderReport, OrderState, Success, TradeReport
from steelyard.venues.binance.market import BinanceMarket
from steelyard.venues.binance.terms import ADDRESSES
from steelyard.venues.native.dialect import (
    BookChange,
    Channel,
    Confirmed,
    Denied,
    Leaving,
    Pong,
)
from tests.unit.venues_binance.desk import BOTH, NOW_NS, PERP, SPOT, account, answer, hold, path_of

MS = 1_000_000


def market(*instruments: Any) -> BinanceMarket:
    return BinanceMarket(instruments or BOTH, ADDRESSES["mainnet"], now_ns=lambda: NOW_NS)


def made(kind: Callable[..., Any], **fields: int) -> Any:
    return kind(**fields)


def stream(name: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"stream": name, "data": data}, separators=(",", ":")).encode()


# --- public ---------------------------------------------------------------------------------------


def test_quotes_of_both_products_are_told_apart() -> None:
    spot = {"u": 1, "s": "BTCUSDT", "b": "61837.63000000", "B": "3.78826000",
            "a": "61837.64000000", "A": "1.54698000"}  # fmt: skip
    perp = {"e": "bookTicker", "u": 1, "s": "BTCUSDT", "b": "61800.20", "B": "2.507",
            "a": "61800.30", "A": "2.510", "T": 1723161256313, "E": 1723161256314}  # fmt: skip
    read = market().read

    assert read(stream("btcusdt@bookTicker", spot)) == (
        made(Quote, ts_ns=NOW_NS - 10**9, instrument=0, bid=6183763, bid_quantity=378826000,
             ask=6183764, ask_quantity=154698000),
    )  # fmt: skip
    assert read(stream("btcusdt@bookTicker", perp)) == (
        made(Quote, ts_ns=1723161256313 * MS, instrument=1, bid=6180020, bid_quantity=2507,
              ask=6180030, ask_quantity=2510),
    )  # fmt: skip


def test_a_spot_quote_is_dated_so_that_no_trade_behind_it_looks_older() -> None:
    read = market().read
    now_ms = NOW_NS // MS
    quote = stream("btcusdt@bookTicker", {"u": 1, "s": "BTCUSDT", "b": "1", "B": "1", "a": "2",
                                          "A": "1"})  # fmt: skip

    def trade(at_ms: int) -> bytes:
        return stream("btcusdt@trade", {"e": "trade", "E": at_ms, "s": "BTCUSDT", "t": 3, "p": "1",
                                        "q": "1", "T": at_ms, "m": True, "M": True})  # fmt: skip

    times = [
        read(frame)[0].ts_ns // MS - now_ms  # type: ignore[union-attr]
        for frame in (quote, trade(now_ms - 40), quote, trade(now_ms - 39), quote)
    ]

    assert times == [-1000, -40, -40, -39, -39]


def test_trades_carry_the_takers_side() -> None:
    spot = {"e": "trade", "E": 2, "s": "BTCUSDT", "t": 3, "p": "61837.63000000",
            "q": "0.02000000", "T": 1, "m": True, "M": True}  # fmt: skip
    perp = {"e": "aggTrade", "E": 2, "s": "BTCUSDT", "a": 3, "p": "61837.6", "q": "0.020",
            "f": 1, "l": 2, "T": 1, "m": False}  # fmt: skip

    (one,) = market().read(stream("btcusdt@trade", spot))
    (two,) = market().read(stream("btcusdt@aggTrade", perp))

    assert isinstance(one, Trade)
    assert isinstance(two, Trade)
    assert (one.instrument, one.taker_side, one.quantity) == (0, k.SELL, 2_000_000)
    assert (two.instrument, two.taker_side, two.price) == (1, k.BUY, 6183760)


def test_only_closed_candles_are_told() -> None:
    candle = {"t": 1638747660000, "T": 1638747719999, "i": "1m", "o": "0.01", "c": "0.02",
              "h": "0.03", "l": "0.01", "v": "1000.5", "x": False}  # fmt: skip
    spot = {"e": "kline", "E": 1, "s": "BTCUSDT", "k": candle}
    perp = {"e": "continuous_kline", "E": 1, "ps": "BTCUSDT", "ct": "PERPETUAL",
            "k": {**candle, "x": True}}  # fmt: skip

    assert market().read(stream("btcusdt@kline_1m", spot)) == ()
    (bar,) = market().read(stream("btcusdt_perpetual@continuousKline_1m", perp))

    assert isinstance(bar, BarClosed)
    assert (bar.instrument, bar.ts_ns) == (1, 1638747720000 * MS)
    assert bar.bar[1:] == (1, 3, 1, 2, 1000500)


def test_mark_and_funding_come_in_one_frame_and_only_as_asked() -> None:
    frame = stream("btcusdt@markPrice@1s", {
        "e": "markPriceUpdate", "E": 5, "s": "BTCUSDT", "p": "11794.15500001",
        "i": "11784.62659091", "P": "1", "r": "-0.00038167", "T": 1562306400000,
    })  # fmt: skip
    both = market(PERP)
    streams = both.streams(frozenset({Channel.FUNDING}), 0)

    assert both.read(frame) == [
        made(FundingRate, ts_ns=5 * MS, instrument=0, rate=-38167, next_ns=1562306400000 * MS)
    ]
    assert market(PERP).read(frame)[0] == made(
        Mark, ts_ns=5 * MS, instrument=0, mark=1179416, index=1178463
    )
    assert [one.url for one in streams] == ["wss://fstream.binance.com/market/stream"]


def test_a_contract_that_settles_is_closed() -> None:
    frame = stream("!contractInfo", {"e": "contractInfo", "E": 1, "s": "BTCUSDT", "cs": "SETTLING"})

    (status,) = market().read(frame)

    assert isinstance(status, InstrumentStatus)
    assert (status.instrument, status.status, status.venue_word) == (1, "closed", "SETTLING")


def test_asides_of_public_sockets() -> None:
    read = market().read

    assert isinstance(read(b'{"result":null,"id":1}')[0], Confirmed)
    assert isinstance(read(b'{"error":{"code":2,"msg":"Invalid request"},"id":1}')[0], Denied)
    assert isinstance(read(b'{"code":2,"msg":"Invalid request"}')[0], Denied)
    assert isinstance(read(b'{"e":"serverShutdown","E":1}')[0], Leaving)
    for strange in (b"{}", b"[]", b"", b'{"stream":"x@nothing","data":{}}', b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            read(strange)


def test_foreign_instruments_are_no_news() -> None:
    data = {"u": 1, "s": "ETHUSDT", "b": "1", "B": "1", "a": "2", "A": "1"}

    assert market().read(stream("ethusdt@bookTicker", data)) == ()


def test_sockets_by_product_and_channel() -> None:
    streams = market().streams(
        frozenset({Channel.QUOTES, Channel.TRADES, Channel.DEPTH, Channel.BARS}), 60_000 * MS
    )

    spot, public, contracts = streams
    assert spot.url == "wss://stream.binance.com:9443/stream"
    assert public.url == "wss://fstream.binance.com/public/stream"
    assert json.loads(spot.hello[0])["params"] == [
        "btcusdt@kline_1m", "btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade",
    ]  # fmt: skip
    assert json.loads(contracts.hello[0])["params"] == [
        "btcusdt_perpetual@continuousKline_1m", "btcusdt@aggTrade",
    ]  # fmt: skip
    assert [one.confirms for one in streams] == [1, 1, 1]


def test_what_no_socket_tells_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        market(SPOT).streams(frozenset({Channel.MARK}), 0)
    with pytest.raises(ConfigurationError):
        market(SPOT).streams(frozenset({Channel.BARS}), 7_000 * MS)


# --- public, over REST ----------------------------------------------------------------------------


def test_bars_are_paged_and_the_open_one_is_left_out() -> None:
    def candle(n: int) -> list[Any]:
        open_ms = n * 60_000
        return [open_ms, "1", "2", "0.5", "1.5", "10", open_ms + 59_999, "0", 1, "0", "0", "0"]

    now_ms = 1005 * 60_000 + 30_000
    answers = [
        answer({"serverTime": now_ms}), answer([candle(n) for n in range(1000)]),
        answer([candle(n) for n in range(1000, 1006)]),
    ]  # fmt: skip

    reply, calls = hold(market().bars(1, 60_000 * MS, 0, 10**18), answers)

    assert isinstance(reply, Success)
    assert len(reply.value) == 1005
    assert reply.value[-1].ts_ns == 1005 * 60_000 * MS
    assert [path_of(call) for call in calls] == [
        "GET /fapi/v1/time", "GET /fapi/v1/klines", "GET /fapi/v1/klines",
    ]  # fmt: skip


def test_a_snapshot_and_a_quote_over_rest() -> None:
    book = answer({"lastUpdateId": 7, "bids": [["61837.63", "1.5"]], "asks": []})
    ticker = answer({"symbol": "BTCUSDT", "bidPrice": "4.00", "bidQty": "431.000",
                     "askPrice": "4.01", "askQty": "9", "time": 5})  # fmt: skip

    state, _ = hold(market().depth_snapshot(0), [book])
    quote, _ = hold(market().quote(1), [ticker])

    assert state.value == BookChange(
        ts_ns=NOW_NS, instrument=0, bids=((6183763, 150000000),), asks=(), first=7, last=7,
        snapshot=True,
    )  # fmt: skip
    assert (quote.value.bid, quote.value.bid_quantity, quote.value.ts_ns) == (400, 431000, 5 * MS)


# --- private --------------------------------------------------------------------------------------


def execution(**changes: Any) -> bytes:
    event = {
        "e": "executionReport", "E": 1, "s": "BTCUSDT", "c": "mine", "S": "BUY", "o": "LIMIT",
        "f": "GTC", "q": "0.02000000", "p": "61837.63000000", "P": "0.00000000", "C": "",
        "x": "NEW", "X": "NEW", "r": "NONE", "i": 28, "l": "0.00000000", "z": "0.00000000",
        "L": "0.00000000", "n": "0", "N": None, "T": 5, "t": -1, "m": False, **changes,
    }  # fmt: skip
    return json.dumps({"subscriptionId": 0, "event": event}).encode()


def update(**changes: Any) -> bytes:
    order = {
        "s": "BTCUSDT", "c": "mine", "S": "SELL", "o": "LIMIT", "f": "GTC", "q": "0.020",
        "p": "61837.6", "ap": "0", "sp": "0", "x": "NEW", "X": "NEW", "i": 29, "l": "0",
        "z": "0", "L": "0", "n": "0", "N": "USDT", "T": 5, "t": 0, "m": False, "R": True,
        "ps": "BOTH", "ot": "LIMIT", **changes,
    }  # fmt: skip
    return json.dumps({"e": "ORDER_TRADE_UPDATE", "E": 6, "T": 5, "o": order}).encode()


def test_a_spot_trade_is_told_before_its_order() -> None:
    trade, report = account().read(execution(
        x="TRADE", X="PARTIALLY_FILLED", l="0.01000000", z="0.01000000", L="61837.63",
        n="0.00001", N="BTC", t=501, m=True,
    ))  # fmt: skip

    assert isinstance(trade, TradeReport)
    assert isinstance(report, OrderReport)
    assert (trade.trade, trade.quantity, trade.liquidity) == ("501", 1_000_000, k.MAKER)
    assert (trade.fee, trade.coin_fee) == (0, 1_000)
    assert (report.state, report.filled) == (OrderState.OPEN, 1_000_000)


def test_a_canceled_spot_order_is_known_by_its_own_id() -> None:
    (report,) = account().read(execution(c="cancel-1", C="mine", x="CANCELED", X="CANCELED"))

    assert isinstance(report, OrderReport)
    assert (report.client_id, report.state) == ("mine", OrderState.CANCELED)


def test_a_post_only_order_of_a_perpetual_that_never_rested_is_rejected() -> None:
    dialect = account()

    (never,) = dialect.read(update(f="GTX", x="EXPIRED", X="EXPIRED"))
    dialect.read(update(f="GTX", i=30))
    (later,) = dialect.read(update(f="GTX", i=30, x="EXPIRED", X="EXPIRED"))

    assert isinstance(never, OrderReport)
    assert isinstance(later, OrderReport)
    assert (never.state, never.code) == (OrderState.REJECTED, reasons.POST_ONLY_CROSSES)
    assert later.state is OrderState.EXPIRED


def test_a_liquidation_says_that_it_was_forced() -> None:
    trade, _ = account().read(update(
        c="autoclose-765", x="CALCULATED", X="FILLED", l="0.020", z="0.020", L="61000.0", t=9,
    ))  # fmt: skip

    assert isinstance(trade, TradeReport)
    assert trade.forced == "liquidation"


def test_what_a_conditional_order_became_keeps_its_client_id() -> None:
    dialect = account()
    algo = {"caid": "mine", "aid": 7, "s": "BTCUSDT", "S": "SELL", "o": "STOP_MARKET",
            "X": "TRIGGERED", "q": "0.020", "tp": "60000", "ai": "88", "aq": "0"}  # fmt: skip

    (waiting,) = dialect.read(json.dumps({"e": "ALGO_UPDATE", "E": 1, "T": 1, "o": algo}).encode())
    trade, report = dialect.read(update(
        c="web_x", i=88, x="TRADE", X="FILLED", l="0.020", z="0.020", L="59999.9", t=9,
    ))  # fmt: skip

    assert isinstance(waiting, OrderReport)
    assert (waiting.client_id, waiting.state, waiting.trigger) == ("mine", OrderState.OPEN, 6000000)
    assert isinstance(trade, TradeReport)
    assert isinstance(report, OrderReport)
    assert trade.client_id == report.client_id == "mine"


@pytest.mark.parametrize(
    "filled, state", [("0.020", OrderState.FILLED), ("0.010", OrderState.CANCELED)]
)
def test_a_finished_conditional_order_is_filled_by_its_quantity_only(
    filled: str, state: OrderState
) -> None:
    algo = {"caid": "mine", "aid": 7, "s": "BTCUSDT", "S": "SELL", "o": "STOP_MARKET",
            "X": "FINISHED", "q": "0.020", "tp": "60000", "ai": "88", "aq": filled}  # fmt: skip

    (report,) = account().read(json.dumps({"e": "ALGO_UPDATE", "E": 1, "o": algo}).encode())

    assert isinstance(report, OrderReport)
    assert report.state is state


def test_asides_of_private_sockets() -> None:
    read = account().read

    assert isinstance(
        read(b'{"id":"user","status":200,"result":{"subscriptionId":0}}')[0], Confirmed
    )
    assert isinstance(read(b'{"id":"user","status":401,"error":{"code":-2015}}')[0], Denied)
    assert isinstance(read(b'{"e":"listenKeyExpired","E":"1","listenKey":"x"}')[0], Leaving)
    assert isinstance(
        read(b'{"subscriptionId":0,"event":{"e":"eventStreamTerminated"}}')[0], Leaving
    )
    assert isinstance(read(b'{"e":"TRADE_LITE","E":1,"s":"BTCUSDT"}')[0], Pong)
    for strange in (b'{"e":"NEWS","E":1}', b"{}", b"<html>", b'{"e":"executionReport"}'):
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            read(strange)


def test_an_unknown_status_is_an_error_and_never_a_guess() -> None:
    for frame in (execution(X="SLEEPING"), update(X="SLEEPING"), update(S="HOLD")):
        with pytest.raises(ValueError, match="was"):
            account().read(frame)
