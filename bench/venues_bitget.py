"""What a Bitget frame costs from bytes to events, beside ccxt pro's handlers on the same bytes.

Decoding JSON is part of both; a ticker is read as quote, mark and funding. Prints one JSON object.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ccxt.pro import bitget

from steelyard.model.instruments import Instrument
from steelyard.model.market import Depth
from steelyard.venues.bitget.market import BitgetMarket
from steelyard.venues.bitget.symbols import PERPETUAL
from steelyard.venues.bitget.terms import ADDRESSES
from steelyard.venues.bitget.tools import invented

COUNT = 4_000
LEVELS = 200


def perpetual() -> Instrument:
    """Return the instrument the frames are about, in units of its own."""
    return replace(invented(PERPETUAL, "BTCUSDT"), price_decimals=1, quantity_decimals=3)


def frame(channel: str, row: dict[str, Any], action: str) -> bytes:
    """Write a push as the venue spells it."""
    arg = {"instType": PERPETUAL, "channel": channel, "instId": "BTCUSDT"}
    word = {"action": action, "arg": arg, "data": [row], "ts": int(row["ts"]) + 1}
    return json.dumps(word, separators=(",", ":")).encode()


def ticker(n: int) -> bytes:
    return frame("ticker", {
        "instId": "BTCUSDT", "lastPr": "27000.5", "bidPr": f"{27000 + n % 50}.0",
        "askPr": f"{27000 + n % 50}.5", "bidSz": "2.71", "askSz": "8.76", "open24h": "27000.5",
        "high24h": "30668.5", "low24h": "26999.0", "change24h": "-0.00002",
        "fundingRate": "0.000010", "nextFundingTime": "1695722400000", "markPrice": "27000.0",
        "indexPrice": "25702.4", "holdingAmount": "929.502", "baseVolume": "368.900",
        "quoteVolume": "10152429.961", "openUtc": "27000.5", "symbolType": "1",
        "symbol": "BTCUSDT", "deliveryPrice": "0", "ts": str(1695715383021 + n),
    }, "snapshot")  # fmt: skip


def best(n: int) -> bytes:
    bid = 27000 + n % 50
    return frame("books1", {
        "asks": [[f"{bid}.5", f"8.{n % 999:03}"]], "bids": [[f"{bid}.0", f"2.{n % 997:03}"]],
        "checksum": 0,
        "seq": n + 1, "ts": str(1695715383021 + n),
    }, "snapshot")  # fmt: skip


def trade(n: int) -> bytes:
    return frame("trade", {
        "ts": str(1695715383021 + n), "price": f"{27000 + n % 50}.5", "size": "0.001",
        "side": "buy", "tradeId": str(1235671063871070209 + n),
    }, "update")  # fmt: skip


def books() -> list[bytes]:
    """Write a snapshot and changes of four levels, with the checksums of the book itself."""
    market = BitgetMarket((perpetual(),), ADDRESSES["mainnet"])
    book = market.book(0)
    bids = [[f"{27000 - n}.0", "1.5"] for n in range(LEVELS)]
    asks = [[f"{27001 + n}.0", "1.5"] for n in range(LEVELS)]
    rows: list[tuple[str, dict[str, Any]]] = [
        ("snapshot", {"asks": asks, "bids": bids, "checksum": 0, "seq": 1, "ts": "1695715383021"})
    ]
    for n in range(1, COUNT):
        rows.append(("update", {
            "asks": [[f"{27001 + n % 30}.0", f"{1 + n % 7}.25"], [f"{27040 + n % 9}.0", "0.75"]],
            "bids": [[f"{27000 - n % 30}.0", f"{1 + n % 5}.25"], [f"{26950 - n % 9}.0", "0.75"]],
            "checksum": 0, "seq": n + 1, "ts": str(1695715383021 + n),
        }))  # fmt: skip
    frames = []
    for action, row in rows:
        told = book.take(market.read(frame("books", row, action))[0])  # type: ignore[arg-type]
        assert not isinstance(told, str)
        row["checksum"] = book.checksum()  # type: ignore[attr-defined]
        frames.append(frame("books", row, action))
    return frames


def measure(work: Callable[[bytes], object], frames: list[bytes]) -> float:
    """Return ns per frame, the best of three runs."""
    found = []
    for _ in range(3):
        begin = time.process_time_ns()
        for each in frames:
            work(each)
        found.append((time.process_time_ns() - begin) / len(frames))
    return min(found)


def theirs() -> tuple[Any, Callable[[bytes], None]]:
    """Make ccxt's handlers, with one market and nobody waiting."""
    exchange = bitget({"enableRateLimit": False})
    precision = {"amount": 0.001, "price": 0.1}
    market = {
        "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT",
        "settle": "USDT", "baseId": "BTC", "quoteId": "USDT", "settleId": "USDT", "type": "swap",
        "spot": False, "margin": False, "swap": True, "future": False, "option": False,
        "contract": True, "linear": True, "inverse": False, "contractSize": 1.0, "active": True,
        "precision": precision, "limits": {}, "info": {},
    }  # fmt: skip
    exchange.set_markets([market])
    client = exchange.client("ws://127.0.0.1:1")

    def handle(body: bytes) -> None:
        exchange.handle_message(client, json.loads(body))

    return exchange, handle


async def main() -> None:
    made = (perpetual(),)
    market = BitgetMarket(made, ADDRESSES["mainnet"])
    exchange, handle = theirs()
    depth = books()

    def ours_depth() -> Callable[[bytes], object]:
        book = market.book(0)

        def work(body: bytes) -> object:
            told = book.take(market.read(body)[0])  # type: ignore[arg-type]
            assert not isinstance(told, str)
            assert isinstance(told[0], Depth)
            return told

        return work

    streams = {
        "ticker": [ticker(n) for n in range(COUNT)],
        "best quote (books1)": [best(n) for n in range(COUNT)],
        "trade": [trade(n) for n in range(COUNT)],
        "books": depth,
    }
    told: dict[str, dict[str, float]] = {}
    for name, frames in streams.items():
        reader = BitgetMarket(made, ADDRESSES["mainnet"], quotes=name)
        ours = measure(ours_depth() if name == "books" else reader.read, frames)
        symbol = "BTC/USDT:USDT"
        if "books" in name:
            limit = 1 if "1" in name else None
            exchange.handle_order_book_subscription = None
            exchange.orderbooks[symbol] = exchange.counted_order_book({}, limit or 1000)
        other = measure(handle, frames)
        told[name] = {"ns": round(ours), "ccxt_ns": round(other), "times": round(other / ours, 1)}
    await exchange.close()
    print(json.dumps({"venue": "bitget", "per_frame": told}, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
