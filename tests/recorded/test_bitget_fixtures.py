"""Every recorded Bitget answer, frame, vector and capture, through the code the venue uses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP_MARKET,
    TAKE_PROFIT,
)
from steelyard.model.market import Depth
from steelyard.venues.bitget import frames, orders, tools
from steelyard.venues.bitget.depth import ChecksumBook
from steelyard.venues.bitget.errors import FAULTS, UNCLEAR, judge
from steelyard.venues.bitget.hearing import change_of
from steelyard.venues.bitget.symbols import PERPETUAL, SPOT
from steelyard.venues.native.tools import Unsigned
from tests.recorded.market_files import market_file, market_files

NOT_READ: Final = {
    "copy": "copy trading is a product of its own",
    "margin": "margin loans are not traded here",
    "unified": "the unified account speaks API v3",
}
"""Products whose answers are opened but not read, and why."""

CONTRADICTORY: Final = {
    "bitget-rest-docs-docsv2-common-0017-Demo-Trading-RestAPI#1":
        "the answer of place-order stands under the path of contracts",
    "bitget-rest-gobitget-account-contract-handle-4": "a template of a row, no answer",
    "bitget-rest-gobitget2-account-info-service-BenchmarkAccount-UnmarshalJSON-jsonData-9":
        "a bare account without its envelope",
    "bitget-rest-gobitget2-account-info-service-TestAccount-UnmarshalJSON-"
    "InvalidFloatConversion-jsonData-6": "broken on purpose",
    "bitget-rest-gobitget2-account-info-service-TestAccount-UnmarshalJSON-"
    "InvalidIntConversion-jsonData-7": "broken on purpose",
    "bitget-rest-gobitget2-account-info-service-TestAccount-UnmarshalJSON-Success-jsonData-1":
        "a bare account without its envelope",
    "bitget-rest-gobitget2-account-info-service-TestAccount-UnmarshalJSON-"
    "WithMissingFields-jsonData-4": "a bare account without its envelope",
    "bitget-rest-gobitget2-account-info-service-TestAccount-UnmarshalJSON-"
    "WithNumericValues-jsonData-2": "a bare account without its envelope",
    "bitget-rest-gobitget2-candlestick-service-TestCandlestick-UnmarshalJSON-"
    "InvalidFloatValues-jsonData-4": "broken on purpose",
}  # fmt: skip
"""Answers that nobody may take for one, and why: they must come out as Unclear, or not decode."""

REFUSED: Final = {"bitget-rest-bbgo-request-error": "auth"}

STRANGE: Final = {
    "QueryOpenOrders-dataTemplate": "a row of a REST answer",
    "FeeDetailRaw": "a part of a REST answer",
    "parseWebSocketEvent-KLine-input": "a template: the test fills its action in",
    "parseWebSocketEvent-MarketTrade-input": "a template: the test fills its action in",
    "bitget-ws-msgparser-": "API v1 and older: no channel, other names",
    "-Concurrent": "numbered by the test that holds them",
    "docs-uta-websocket-private-Batch-": "unified account",
    "docs-uta-websocket-private-Cancel-": "unified account",
    "docs-uta-websocket-private-Modify-": "unified account",
}
"""Parts of ids of frames that must be refused, and why."""


def _rows(folder: str) -> Iterator[dict[str, Any]]:
    for path in market_files(f"exchange/bitget/{folder}"):
        for line in path.read_text().splitlines():
            yield json.loads(line)


def _answers(row: dict[str, Any]) -> Iterator[bytes]:
    found = row.get("responses") or ([{"json": row["response"]}] if "response" in row else [])
    for each in found:
        yield json.dumps(each.get("json", each)).encode()


def test_every_recorded_answer_is_read_or_named_with_the_reason() -> None:
    seen: dict[str, int] = {}
    for row in _rows("rest"):
        request = f"{row.get('method') or 'GET'} {row.get('path') or '/'}"
        for number, body in enumerate(_answers(row)):
            try:
                meaning = tools.decode_rest(request, body)
            except msgspec.ValidationError:
                meaning = {"meaning": "unclear"}
            expected = "success"
            if {row["id"], f"{row['id']}#{number}"} & CONTRADICTORY.keys():
                expected = "unclear"
            elif row["id"] in REFUSED:
                expected, fault = "refusal", REFUSED[row["id"]]
                assert meaning["fault"] == fault
            assert meaning["meaning"] == expected, (row["id"], meaning)
            if row["product"] in NOT_READ:
                assert meaning.get("read") is False, row["id"]
            name = "read" if meaning.get("read") else meaning["meaning"]
            seen[name] = seen.get(name, 0) + 1

    assert seen["read"] >= 80
    assert sum(seen.values()) >= 370


def test_every_recorded_frame_is_read_or_named_with_the_reason() -> None:
    said: dict[str, int] = {}
    for row in _rows("ws"):
        strange = any(part in row["id"] for part in STRANGE)
        for message in row["messages"]:
            if message["dir"] == "client" and "event" not in message.get("json", {}):
                continue
            text = json.dumps(message["json"]) if "json" in message else message["text"]
            if strange:
                with pytest.raises(ValueError, match=r"."):
                    tools.decode_ws(text.encode())
                continue
            for each in tools.decode_ws(text.encode())["says"]:
                said[each["is"]] = said.get(each["is"], 0) + 1

    assert said["Confirmed"] >= 40
    assert said["Welcome"] >= 6
    assert said["Entry"] >= 3
    assert said["OrderReport"] >= 5
    assert said["TradeReport"] >= 3
    assert said["Quote"] >= 1
    assert said["Mark"] >= 4
    assert said["BookChange"] >= 2


def test_the_best_quote_and_funding_equal_what_another_reader_made_of_them() -> None:
    compared = 0
    for row in _rows("ws"):
        for message, expect in zip(
            row["messages"], row.get("expect_normalized") or (), strict=False
        ):
            told = tools.decode_ws(json.dumps(message["json"]).encode())["says"]
            for each in told:
                if each["is"] == "Quote":
                    assert each["bid"] == round(expect["bidPrice"] * 10**9)
                    assert each["ask_quantity"] == round(expect["askAmount"] * 10**9)
                    compared += 1
                elif each["is"] == "Mark":
                    assert each["mark"] == round(expect["markPrice"] * 10**9)
                    compared += 1
                elif each["is"] == "FundingRate":
                    assert each["rate"] == round(expect["fundingRate"] * 10**8)
                    compared += 1

    assert compared >= 3


def test_every_signing_vector_is_reproduced() -> None:
    vectors = json.loads(market_file("signing/bitget.json").read_text())
    for vector in vectors:
        login = vector.get("ws_login", False)
        signed = tools.sign(
            Unsigned(
                method="GET" if login else vector["method"],
                path="/user/verify" if login else vector["path"],
                query=vector.get("query", ""), body=vector.get("body", ""),
                key=vector.get("api_key", ""), secret=vector["api_secret"],
                passphrase=vector.get("passphrase", ""), timestamp=vector["timestamp"],
            )
        )  # fmt: skip
        assert signed["signature"] == vector["signature"], vector["id"]
        if not login:
            assert signed["headers"]["ACCESS-SIGN"] == vector["signature"]
            assert signed["headers"]["ACCESS-PASSPHRASE"] == vector["passphrase"]

    assert len(vectors) == 3


@pytest.mark.parametrize("name", ["errors_rest", "errors_ws", "errors_uta_rest"])
def test_every_documented_code_has_a_meaning(name: str) -> None:
    rows = json.loads(market_file(f"exchange/bitget/{name}.json").read_text())
    missing = {row["code"] for row in rows} - FAULTS.keys() - UNCLEAR

    assert missing == set()
    assert not FAULTS.keys() & UNCLEAR
    assert len(rows) > 150


def test_a_code_that_no_list_has_is_unclear() -> None:
    assert type(judge("49999", "?")).__name__ == "Unclear"


def test_orders_are_written_as_other_clients_write_them() -> None:
    """Only what both say: ccxt makes whole-position stops, we make them of a size."""
    compared = 0
    for row in _rows("rest"):
        body = row.get("body")
        if not body or row.get("http_method") != "POST":
            continue
        symbol, kind, side, amount = row["input"][:4]
        options = row["input"][-1]
        hedged = isinstance(options, dict) and "hedged" in options
        written = _written(symbol, kind, side, str(amount), row, hedged=hedged)
        if written is None:
            continue
        path, ours = written
        assert path == row["path"], row["id"]
        for name, value in body.items():
            if name == "planType":
                assert ours[name].split("_")[0] == value.split("_")[1]
            elif name in ours:
                assert str(ours[name]).lower() == str(value).lower(), (row["id"], name)
        compared += 1

    assert compared == 8


def _written(
    symbol: str, kind: str, side: str, amount: str, row: dict[str, Any], *, hedged: bool
) -> tuple[str, dict[str, Any]] | None:
    perpetual = ":" in symbol
    kept = tools.invented(PERPETUAL if perpetual else SPOT, symbol.replace("/", "")[:7])
    buy, body = side == "buy", row["body"]
    if not perpetual and kind == "market" and buy:
        return None  # sized in quote there, never here
    kinds = {"limit": LIMIT, "market": MARKET}
    stops = {"pos_loss": STOP_MARKET, "pos_profit": TAKE_PROFIT}
    placing = Placing(
        client_id="x", instrument=0, side=BUY if buy else SELL,
        type=stops.get(body.get("planType", ""), kinds[kind]),
        flags=(REDUCE_ONLY if "planType" in body else 0)
        | (POST_ONLY if body["force"] == "post_only" else 0),
        price=kept.price(body.get("price") or 0), quantity=kept.quantity(amount),
        trigger=kept.price(body.get("triggerPrice") or 0),
        position_side=int(body.get("holdSide") == "short" or (hedged and not buy
                                                              and "planType" not in body)),
    )  # fmt: skip
    if not perpetual:
        spot = orders.spot(placing, kept, body["symbol"])
        return spot.path, spot.body
    mode = body.get("marginMode", "crossed")
    written = orders.perpetual(placing, kept, body["symbol"], hedged=hedged, margin_mode=mode)
    shared = dict(written.body)
    if kind == "limit" and "planType" in body:
        shared.pop("orderType", None)
    return written.path, shared


# --- the checksum rule over captured books -------------------------------------------------------


def _captured(path: Path) -> Iterator[tuple[str, str, frames.Levels]]:
    """Read the old envelope: the levels are the same."""
    decoder = msgspec.json.Decoder(frames.Levels)
    for line in path.read_text().splitlines():
        at = line.find(": {")
        if at < 0 or "<-" in line[:at]:
            continue
        frame = json.loads(line[at + 2 :])
        if frame.get("arg", {}).get("channel") == "books" and "data" in frame:
            for row in frame["data"]:
                yield frame["action"], frame["arg"]["instId"], decoder.decode(json.dumps(row))


@pytest.mark.parametrize(
    "name, product, at_least", [("bitget_spot_v1", SPOT, 200), ("bitget_mix_v1", PERPETUAL, 90)]
)
def test_the_checksum_of_every_captured_book_is_reproduced(
    name: str, product: str, at_least: int
) -> None:
    books: dict[str, tuple[Instrument, ChecksumBook]] = {}
    checked = 0
    for action, symbol, levels in _captured(market_file(f"l2/cryptofeed/{name}.log")):
        kept, book = books.setdefault(
            symbol, (tools.invented(product, symbol), ChecksumBook(len(books)))
        )
        change = change_of(
            levels, len(books) - 1, kept.price, kept.quantity_decimals,
            snapshot=action == "snapshot",
        )  # fmt: skip
        told = book.take(change)
        assert not isinstance(told, str), told
        assert all(isinstance(each, Depth) for each in told)
        checked += change.checksum is not None

    assert checked >= at_least


def test_a_lost_change_is_noticed_by_the_checksum() -> None:
    frames = list(_captured(market_file("l2/cryptofeed/bitget_mix_v1.log")))
    symbol = frames[0][1]
    kept, book = tools.invented(PERPETUAL, symbol), ChecksumBook(0)
    changes = [
        change_of(levels, 0, kept.price, kept.quantity_decimals,
                  snapshot=action == "snapshot")
        for action, name, levels in frames if name == symbol
    ]  # fmt: skip
    del changes[5]

    told = [book.take(change) for change in changes]

    assert any(isinstance(each, str) and "checksum" in each for each in told)
