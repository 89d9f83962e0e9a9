"""Every recorded or published OKX fixture and vector goes through the venue's own functions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.model.errors import InstrumentNameError
from steelyard.model.events import Quote, Trade
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.market import FundingRate
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.native.dialect import BookChange
from steelyard.venues.native.tools import Unsigned
from steelyard.venues.okx import tools
from steelyard.venues.okx.depth import OkxBook
from steelyard.venues.okx.errors import MEANINGS, code_of
from steelyard.venues.okx.market import OkxMarket
from steelyard.venues.okx.signing import LOGIN_PATH
from steelyard.venues.okx.symbols import name_of
from steelyard.venues.okx.terms import ADDRESSES
from tests.recorded.market_files import market_file, market_files

_NOT_A_FRAME = "not a frame: request parameters or a row out of a REST answer"
STRANGE_FRAMES = {
    "okx-ws-bbgo_inline-convert-Test-tradeToGlobal-raw-1": _NOT_A_FRAME,
    "okx-ws-bbgo_inline-exchange-TestExchange-QueryTrades-dataTemplace-1": _NOT_A_FRAME,
    "okx-ws-bbgo_inline-exchange-TestExchange-QueryTrades-dataTemplace-2": _NOT_A_FRAME,
    "okx-ws-gctinline-TestAdjustMarginBalance-gridAIParamJSON-9": _NOT_A_FRAME,
    "okx-ws-gctinline-TestAmendGridAlgoOrder-stopGridAlgoOrderJSON-7": _NOT_A_FRAME,
    "okx-ws-gctinline-TestExtractIndexCandlestick-data-57": _NOT_A_FRAME,
    "okx-ws-gctinline-TestGenerateSubscriptions-QualifiedChannel-58": _NOT_A_FRAME,
    "okx-ws-gctinline-TestGenerateSubscriptions-QualifiedChannel-60": _NOT_A_FRAME,
    "okx-ws-gctinline-TestGetAPYHistory-gridTradingPlaceOrder-5": _NOT_A_FRAME,
    "okx-ws-gctinline-TestGetCounterparties-createRFQInputJSON-4": _NOT_A_FRAME,
    "okx-ws-gctinline-TestGetGridAlgoSubOrders-spotGridAlgoOrderPosition-8": _NOT_A_FRAME,
    "okx-ws-gctinline-TestPlaceGridAlgoOrder-gridOrderAmendAlgo-6": _NOT_A_FRAME,
    "okx-ws-gctinline-TestPlaceOrder-instrumentJSON-1": _NOT_A_FRAME,
    "okx-ws-gctinline-TestPlaceOrder-placeMultipleOrderParamsJSON-3": _NOT_A_FRAME,
    "okx-ws-gctinline-TestPlaceOrder-placeOrderArgs-2": _NOT_A_FRAME,
    "okx-ws-nautilus-rs-ws-opt-summary": _NOT_A_FRAME,
    "okx-ws-gctinline-TestOrderPushData-26": "its argument is misspelt: `args` for `channel`",
    "okx-ws-jkorf-Subscriptions-Unified-ExchangeData-Concurrent": (
        "frames of two sockets, each line led by the socket's number"
    ),
}
STRANGE_ANSWERS = {
    "okx-rest-gookx-trade-fills-history-0": "a made-up trade without `billId`, `fee` and `feeCcy`",
}
# Bodies of one row without the envelope that the venue sends around it.
ROWS_ALONE = {
    "okx-rest-docs-trading-account-rest-api-preset-account-mode-switch",
    "okx-rest-nautilus-rs-http-place-order-response",
    "okx-rest-nautilus-rs-http-transaction-detail",
    "okx-rest-okxapi-Algo-attached-algo-trailing-stop-orders",
    "okx-rest-okxapi-Trade-attached-algo-trailing-stop-orders",
}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


def _bodies(row: dict[str, Any]) -> Iterator[bytes]:
    bodies = [response.get("json") for response in row.get("responses") or ()]
    for body in bodies or [row.get("response")]:
        if body is not None:
            yield json.dumps(body).encode()


def _instrument(symbol: str, *, decimals: int = 8) -> Instrument:
    name = name_of(symbol)
    base, _, rest = name.partition("/")
    quote, _, settle = rest.partition(":")
    return Instrument(
        name=name, venue="okx", kind=Kind.LINEAR if settle else Kind.SPOT, base=base, quote=quote,
        settle=settle or quote, price_decimals=decimals, quantity_decimals=decimals,
        money_decimals=8, tick=Price(1), lot=Quantity(1), quantity_min=Quantity(1),
        quantity_max=Quantity(10**18), notional_min=Money(0),
        fees=Fees(maker=Rate(0), taker=Rate(0)),
    )  # fmt: skip


def _bundles(folder: str) -> Iterator[dict[str, Any]]:
    for path in market_files(folder):
        if path.suffix == ".jsonl":
            yield from _rows(path)


def test_every_rest_answer_is_decoded() -> None:
    strange = set()
    read = 0
    for row in _bundles("exchange/okx/rest"):
        for body in _bodies(row):
            read += 1
            try:
                told = tools.decode_rest(f"{row.get('method')} {row.get('path')}", body)
            except ValueError:
                strange.add(row["id"])
                continue
            unread = isinstance(told, dict) and "unclear" in told
            assert unread == (row["id"] in ROWS_ALONE), (row["id"], told)

    assert strange == STRANGE_ANSWERS.keys()
    assert read > 400


def test_every_live_answer_is_decoded() -> None:
    for path in market_files("exchange/okx/rest/live"):
        kind = "instruments" if "instruments" in path.stem else "funding-rate"
        known = kind in path.stem
        request = f"GET /api/v5/public/{kind}" if known else "GET /api/v5/rubik/any"

        told = tools.decode_rest(request, path.read_bytes())

        assert len(told) == len(json.loads(path.read_bytes())["data"])
        assert not known or all("inst_id" in row or "instId" in row for row in told)


def test_every_frame_is_decoded() -> None:
    strange = set()
    read = 0
    for row in _bundles("exchange/okx/ws"):
        for message in row["messages"]:
            said = message.get("json")
            if message["dir"] == "client" and "code" not in (said or {}):
                continue  # what a client says; answers to orders are filed under it as well
            read += 1
            body = json.dumps(said).encode() if said is not None else message["text"].encode()
            try:
                if isinstance(said, dict) and "data" in said and not said.keys() & {"arg", "op"}:
                    tools.decode_rest("GET /api/v5/any", body)  # a REST answer among the frames
                else:
                    tools.decode_ws(body)
            except ValueError:
                strange.add(row["id"])

    assert strange == STRANGE_FRAMES.keys()
    assert read > 150


def test_every_signing_vector_is_reproduced() -> None:
    found = json.loads(market_file("signing/okx.json").read_text())
    vectors = found if isinstance(found, list) else found["vectors"]
    for vector in vectors:
        path, _, query = vector.get("request_path", LOGIN_PATH).partition("?")
        signed = tools.sign(
            Unsigned(
                method=vector.get("method", "GET"),
                path=LOGIN_PATH if vector.get("ws_login") else path,
                query=query, body=vector.get("body", ""), key=vector.get("api_key", ""),
                secret=vector["api_secret"], passphrase=vector.get("passphrase", ""),
                timestamp=vector["timestamp"],
            )
        )  # fmt: skip

        assert signed["signature"] == vector["signature"], vector["id"]

    assert len(vectors) > 20


def test_every_documented_code_has_a_meaning() -> None:
    rows = json.loads(market_file("exchange/okx/errors.json").read_text())
    documented = {code_of(row["code"]) for row in rows} - {"0"}

    assert documented == MEANINGS.keys()


def test_the_recorded_book_agrees_with_every_checksum() -> None:
    symbol = "BTC-USDT"
    market = OkxMarket([_instrument(symbol)], ADDRESSES["mainnet"])
    book = OkxBook()
    checked = 0
    for line in market_file("l2/cryptofeed/okx.log").read_text().splitlines():
        text = line.partition(": ")[2]
        if '"books"' not in text or symbol + '"' not in text or '"data"' not in text:
            continue
        for change in market.read(text.encode()):
            assert isinstance(change, BookChange)
            told = book.take(change)
            assert not isinstance(told, str), told
            assert told, "a change told nothing"
            checked += change.checksum is not None

    assert checked == 98


def test_a_wrong_level_breaks_the_checksum() -> None:
    symbol = "BTC-USDT"
    market = OkxMarket([_instrument(symbol)], ADDRESSES["mainnet"])
    book = OkxBook()
    for line in market_file("l2/cryptofeed/okx.log").read_text().splitlines():
        text = line.partition(": ")[2]
        if '"action":"snapshot"' in text and symbol + '"' in text:
            spoilt = text.replace('"asks":[["', '"asks":[["1', 1)
            (change,) = market.read(spoilt.encode())
            assert isinstance(change, BookChange)
            assert "checksum" in str(book.take(change))
            return
    raise AssertionError("no snapshot in the recording")


def test_recorded_frames_say_what_their_sources_assert() -> None:
    asserted = 0
    for path in market_files("exchange/okx/ws"):
        if not path.stem.startswith("recorded_"):
            continue
        for row in _rows(path):
            for message in row["messages"]:
                asserted += _agrees(row, message["json"])

    assert asserted == 7


def _agrees(row: dict[str, Any], frame: dict[str, Any]) -> int:  # noqa: PLR0911
    """Compare what is told with what the source's own test expects; count the comparisons."""
    symbol = frame.get("arg", {}).get("instId", "")
    try:
        instrument = _instrument(symbol, decimals=10 if "tardis" not in row["id"] else 8)
    except InstrumentNameError:
        return 0  # of a product this dialect does not trade
    market = OkxMarket([instrument], ADDRESSES["mainnet"])
    expected = row.get("expect") or {}
    if frame["arg"]["channel"].startswith("candle") and len(frame["data"][0]) < 9:
        # Recorded before OKX said which candles are closed: nothing is told of them.
        with pytest.raises(ValueError, match="candle"):
            market.read(json.dumps(frame).encode())
        return 1
    if frame["arg"]["channel"] not in {
        "trades", "bbo-tbt", "tickers", "mark-price", "funding-rate", "books",
    }:  # fmt: skip
        return 0
    told = market.read(json.dumps(frame).encode())
    for event in told:
        match event:
            case Trade() if "price" in expected:
                assert float(instrument.price_decimal(event.price)) == expected["price"]
                contracts = expected.get("quantity_contract", expected.get("quantity_base"))
                assert float(instrument.quantity_decimal(event.quantity)) == contracts
                assert event.ts_ns == expected["timestamp"] * 1_000_000
                return 1
            case Quote() if "ask_price" in expected:
                assert float(instrument.price_decimal(event.ask)) == expected["ask_price"]
                assert float(instrument.price_decimal(event.bid)) == expected["bid_price"]
                return 1
            case FundingRate() if "funding_rate" in expected:
                assert abs(event.rate / 1e8 - expected["funding_rate"]) <= 0.5e-8
                assert event.next_ns == expected["funding_time"] * 1_000_000
                return 1
            case _:
                continue
    return len(told) > 0
