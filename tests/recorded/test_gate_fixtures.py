"""Every recorded or published Gate fixture and vector goes through the venue's own functions."""

import gzip
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.market import FundingRate, Mark
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.gate import tools
from steelyard.venues.gate.depth import GateBook
from steelyard.venues.gate.instruments import listed_contract, listed_pair
from steelyard.venues.gate.market import CONTRACT, PAIR, PERP_BOOK, ROWS, SPOT_BOOK, GateMarket
from steelyard.venues.gate.terms import ADDRESSES
from steelyard.venues.native.dialect import BookChange
from steelyard.venues.native.tools import Unsigned
from tests.recorded.market_files import market_file, market_files

_ROW = "not a frame: a row out of a REST answer or a request"
_TWO = "frames of two sockets, each line led by the socket's number"
STRANGE_FRAMES = {
    "gate-ws-gctinline-TestCandlestickUnmarshalJSON-data-1": _ROW,
    "gate-ws-gctinline-TestUnmarshalJSONOrderbookLevels-68": _ROW,
    "gate-ws-msgparser-open-interest-inverse-swap-2d9e30": _ROW,
    "gate-ws-msgparser-open-interest-linear-swap-d5a5bb": _ROW,
    "gate-ws-jkorf-Subscriptions-Spot-Concurrent": _TWO,
    "gate-ws-jkorf-Subscriptions-Futures-Concurrent": _TWO,
}
OUT_OF_SCOPE = {
    r"\w+ /(margin|withdrawals|wallet(?!/fee)|account/(stp|debit|rate_limit)).*": "moves money",
    r"\w+ /unified/(?!accounts).*": "borrows",
    r"\w+ /futures/[^/]+/autoorder/.*": "trailing and chasing orders, which are refused",
    r"\w+ /futures/[^/]+/bbo_orders": "an order at a level of the book, which is not sent",
    r"\w+ /futures/[^/]+/(contract_stats|funding_rate|insurance|liquidates|liq_orders"
    r"|position_close|premium_index|risk_limit_table|trades|index_constituents/.*|positions_timerange)":
        "statistics and histories that nobody asks for",
    r"\w+ /futures/[^/]+/(batch_cancel_orders|price_orders/amend)": "changes of many at once",
    r"\w+ /spot/(currencies.*|fee|insurance_history|tickers|trades|account_book)":
        "statistics and histories that nobody asks for",
    r"\w+ /spot/(cancel_batch_orders|cross_liquidate_orders)": "changes of many at once",
}  # fmt: skip
OUT_OF_SCOPE_CHANNELS = {
    r"options\..*": "options",
    r"unified\..*": "margin of unified accounts",
    r"futures\.(auto_deleverages|liquidates|public_liquidates|position_adl_rank|position_closes"
    r"|reduce_risk_limits|contract_stats|system)": "tells nothing that orders and trades do not",
    r"(spot|futures)\.(order_book|obu)": "older or newer books than the one that is kept",
    r"spot\.(margin_balances|funding_balances|cross_balances|cross_loan)": "margin",
    r"spot\.(tickers|\w+_v2)": "lighter copies of channels that are read",
    r"(spot|futures)\.order_(list|cancel_cp|cancel_ids|batch_place)": "changes of many at once",
}
# Samples of one row of what a path answers, by the name of its schema.
SCHEMAS = {
    "Order": ("POST /spot/orders", False),
    "Trade": ("GET /spot/my_trades", True),
    "BatchOrder": ("POST /spot/batch_orders", True),
    "SpotAccount": ("GET /spot/accounts", True),
    "OrderBook": ("GET /spot/order_book", False),
    "SystemTime": ("GET /spot/time", False),
    "TriggerOrderResponse": ("POST /spot/price_orders", False),
    "TriggerTime": ("POST /spot/countdown_cancel_all", False),
    "AccountDetail": ("GET /account/detail", False),
    "TradeFee": ("GET /wallet/fee", False),
    "Contract": ("GET /futures/usdt/contracts", True),
    "FuturesAccount": ("GET /futures/usdt/accounts", False),
    "FuturesOrder": ("POST /futures/usdt/orders", False),
    "BatchFuturesOrder": ("POST /futures/usdt/batch_orders", True),
    "FuturesOrderBook": ("GET /futures/usdt/order_book", False),
    "FuturesTicker": ("GET /futures/usdt/tickers", True),
    "MyFuturesTrade": ("GET /futures/usdt/my_trades", True),
    "MyFuturesTradeTimeRange": ("GET /futures/usdt/my_trades_timerange", True),
    "Position": ("GET /futures/usdt/positions", True),
}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield json.loads(line, parse_float=Decimal)


def _bytes(holder: dict[str, Any]) -> bytes:
    if "json" in holder:
        return json.dumps(holder["json"], default=_spelt).encode()
    return str(holder.get("text", "")).encode()


def _spelt(value: Decimal) -> float:
    return float(value)


def _answers() -> Iterator[tuple[str, str, bytes]]:
    for path in market_files("exchange/gate/rest"):
        if path.name == "requests_ccxt.jsonl":
            continue  # requests: they go through the orders' own test
        for row in _rows(path):
            request = f"{row.get('method')} {row.get('path')}"
            bodies = row.get("responses") or [{"json": row["response"]}]
            wrap = False
            if not row.get("path"):
                request, wrap = SCHEMAS.get(row["title"], ("", False))
            for body in bodies:
                holder = {"json": [body["json"]]} if wrap else body
                yield row["id"], request.replace("/api/v4", ""), _bytes(holder)


def _matches(table: dict[str, str], text: str) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in table)


def test_every_answer_is_decoded_or_out_of_scope() -> None:
    decoded = refused = 0
    for name, request, body in _answers():
        if not request or b': "string"' in body:
            continue  # a schema of an answer that nobody asks for, or one without values
        if _matches(OUT_OF_SCOPE, request):
            if not body.startswith(b'{"message": ') and b'"label"' not in body:
                with pytest.raises(ValueError, match="does not ask"):
                    tools.decode_rest(request, body)
            refused += 1
            continue
        found = tools.decode_rest(request, body)
        assert found not in ({}, None), name
        decoded += 1
    assert (decoded, refused) == (92, 116)


def test_every_frame_is_decoded_or_out_of_scope() -> None:
    decoded = refused = 0
    for path in market_files("exchange/gate/ws"):
        for row in _rows(path):
            for message in row["messages"]:
                body = _bytes(message)
                if message["dir"] == "client":
                    continue
                if row["id"] in STRANGE_FRAMES:
                    with pytest.raises(ValueError, match=r".+"):
                        tools.decode_ws(body)
                    refused += 1
                    continue
                channel = _channel(body)
                if _matches(OUT_OF_SCOPE_CHANNELS, channel):
                    refused += 1
                    continue
                assert tools.decode_ws(body), row["id"]
                decoded += 1
    assert (decoded, refused) == (131, 111)


def _channel(body: bytes) -> str:
    frame = json.loads(body)
    return str(frame.get("channel") or frame.get("header", {}).get("channel", ""))


def test_signatures_are_the_published_ones() -> None:
    vectors = json.loads(market_file("signing/gate.json").read_text())
    assert len(vectors) == 3
    for vector in vectors:
        stream = "ws_channel" in vector
        made = tools.sign(
            Unsigned(
                method="WS" if stream else vector["method"],
                path=vector["ws_channel"] if stream else vector["path"],
                query=vector["ws_event"] if stream else vector["query"],
                body=vector.get("body", ""),
                key=vector["api_key"],
                secret=vector["api_secret"],
                timestamp=vector["timestamp"],
            )
        )
        assert made["signature"] == vector["signature"], vector["id"]
        assert stream or made["text"] == vector["string_to_sign"]


# --- the market half -----------------------------------------------------------------------------


def _instrument(symbol: str, *, spot: bool) -> Instrument:
    base, _, quote = symbol.partition("_")
    return Instrument(
        name=f"{base}/{quote}" if spot else f"{base}/{quote}:USDT", venue="gate",
        kind=Kind.SPOT if spot else Kind.LINEAR, base=base, quote=quote, settle="USDT",
        price_decimals=9, quantity_decimals=8 if spot else 4, money_decimals=8, tick=Price(1),
        lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(10**18),
        notional_min=Money(0), fees=Fees(maker=Rate(0), taker=Rate(0)),
    )  # fmt: skip


def _market(*symbols: str, spot: bool) -> GateMarket:
    instruments = [_instrument(symbol, spot=spot) for symbol in symbols]
    return GateMarket(instruments, ADDRESSES["testnet"])


def test_recorded_frames_mean_what_their_source_says() -> None:
    """What crypto-msg-parser asserts of live frames: prices, sizes, sides and times."""
    checked = 0
    for row in _rows(market_file("exchange/gate/ws/recorded_msgparser.jsonl")):
        want = row["expect"]
        if row["id"] in STRANGE_FRAMES or "future" in row["title"] or "inverse" in row["title"]:
            continue  # only spot and USDT perpetuals are spoken here
        spot = "spot" in row["title"]
        symbol = want.get("extract_symbol") or want.get("symbol") or "BTC_USDT"
        frame = _bytes(row["messages"][0])
        if not _channel(frame) or _matches(OUT_OF_SCOPE_CHANNELS, _channel(frame)):
            continue
        market = _market(symbol if symbol != "NONE" else "BTC_USDT", spot=spot)
        said = market.read(frame)
        checked += _agrees(said, want, spot=spot)
    assert checked == 4


def _agrees(said: Any, want: dict[str, Any], *, spot: bool) -> int:
    for one in said:
        match one:
            case Trade():
                assert one.price == int(Decimal(str(want["price"])).scaleb(9))
                assert one.quantity == int(Decimal(str(want["quantity_base"])).scaleb(8))
                assert one.taker_side == (1 if want["side"] == "buy" else -1)
                assert one.ts_ns // 10**6 == want["extract_timestamp"]
                return 1
            case BookChange():
                assert one.last == want["seq_id"]
                assert (len(one.asks), len(one.bids)) == (want["asks.length"], want["bids.length"])
                if one.asks:
                    assert one.asks[0][0] == int(Decimal(str(want["asks[0].price"])).scaleb(9))
                return 1
            case Mark():
                assert one.mark == 29_908_000_000_000
                return 1
            case BarClosed() | FundingRate() | Quote():
                pass
    # A bar that is not closed yet says nothing.
    return 0


@pytest.mark.parametrize("product", ["spot", "usdt_perp"])
def test_captured_books_follow_the_rule_without_a_gap(product: str) -> None:
    """Live changes of 2021 and 2023 on the states that were fetched for them."""
    spot = product == "spot"
    states = {}
    for line in market_file(f"l2/cryptofeed/gate_{product}.snapshots.log").read_text().splitlines():
        head, _, body = line.partition(": ")
        found = re.search(r"(?:currency_pair|contract)=(\w+)", head)
        assert found is not None
        states[found[1]] = body.encode()
    symbols = sorted(states)
    market = _market(*symbols, spot=spot)
    books = [GateBook() for _ in symbols]
    decoder = SPOT_BOOK if spot else PERP_BOOK
    numbers = [decoder.decode(states[symbol]).id for symbol in symbols]
    changes = depths = quotes = 0
    for line in market_file(f"l2/cryptofeed/gate_{product}.log").read_text().splitlines():
        head, _, body = line.partition(": ")
        if "wss:" in head or not body.startswith("{") or "spot.tickers" in body:
            continue
        for one in market.read(body.encode()):
            if isinstance(one, Quote):
                assert one.bid < one.ask
                quotes += 1
            if not isinstance(one, BookChange):
                continue
            changes += 1
            told = books[one.instrument].take(one)
            assert not isinstance(told, str), told
            assert list(told) == []  # no state yet
    for place, book in enumerate(books):
        state = BookChange(
            ts_ns=0, instrument=place, bids=(), asks=(), first=numbers[place],
            last=numbers[place], snapshot=True,
        )  # fmt: skip
        told = book.take(state)
        assert not isinstance(told, str), told
        depths += len(told)
    assert changes > 50
    assert depths > len(symbols)
    assert spot or quotes > 20


def test_a_change_that_is_dropped_is_missed() -> None:
    symbols = ("OMG_USDT",)
    market = _market(*symbols, spot=False)
    frames: list[Any] = []
    for line in market_file("l2/cryptofeed/gate_usdt_perp.log").read_text().splitlines():
        _, _, body = line.partition(": ")
        if '"futures.order_book_update","event":"update"' in body and '"OMG_USDT"' in body:
            frames += market.read(body.encode())
    changes = [one for one in frames if isinstance(one, BookChange)]
    assert len(changes) > 3
    book = GateBook()
    start = BookChange(
        ts_ns=0, instrument=0, bids=(), asks=(), first=changes[0].first - 1,
        last=changes[0].first - 1, snapshot=True,
    )  # fmt: skip
    assert not isinstance(book.take(start), str)
    assert not isinstance(book.take(changes[0]), str)
    assert isinstance(book.take(changes[2]), str)


def test_captured_listings_become_instruments() -> None:
    spot = gzip.decompress(
        market_file("l2/cryptofeed/gate_spot.instruments.log.gz").read_bytes()
    ).partition(b": ")[2]
    pairs = [listed_pair(PAIR.decode(row)) for row in ROWS.decode(spot)]
    assert pairs
    assert None not in pairs
    perp = gzip.decompress(
        market_file("l2/cryptofeed/gate_usdt_perp.instruments.log.gz").read_bytes()
    ).partition(b": ")[2]
    contracts = [listed_contract(CONTRACT.decode(row)) for row in ROWS.decode(perp)]
    found = {one.symbol: one for one in contracts if one is not None}
    assert len(found) == len(contracts)
    assert found["BTC_USDT"].instrument.multiplier == Decimal("0.0001")
    assert found["BTC_USDT"].instrument.name == "BTC/USDT:USDT"
    # One contract is a whole lot, and no filter is lost.
    instrument = found["BTC_USDT"].instrument
    assert instrument.quantity_decimal(instrument.lot) == 1
    assert instrument.price_decimal(instrument.tick) == Decimal("0.1")
