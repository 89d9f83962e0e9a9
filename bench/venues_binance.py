"""Binance frames to events, against ccxt pro's `handle_message` on the same bytes in the same run.

    python -m bench.venues_binance

Both sides decode the JSON: ours typed, ccxt's with the `json` of the standard library, as ccxt does
itself. Frames are those of the recorded spot capture where it is at hand, else made up alike.
Prints one JSON object: nanoseconds per frame, the best of several rounds.
"""

import asyncio
import gzip
import json
import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final

import ccxt.pro

from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.binance.market import BinanceMarket
from steelyard.venues.binance.terms import ADDRESSES
from steelyard.venues.binance.words import BookSnapshot
from steelyard.venues.native.dialect import BookChange

SYMBOL: Final = "BTCUSDT"
NAME: Final = "BTC/USDT"
FRAMES: Final = 2_000
ROUNDS: Final = 5
CAPTURE: Final = "l2/binance_spot/BTCUSDT-20240808.raw.txt.gz"
_MARKET: Final = {
    "id": SYMBOL, "lowercaseId": SYMBOL.lower(), "symbol": NAME, "base": "BTC", "quote": "USDT",
    "settle": None, "type": "spot", "spot": True, "swap": False, "future": False, "option": False,
    "contract": False, "linear": None, "inverse": None, "active": True, "contractSize": None,
    "settleId": None, "baseId": "BTC", "quoteId": "USDT", "index": False, "margin": False,
    "expiry": None, "precision": {"price": 0.01, "amount": 0.00001}, "limits": {}, "info": {},
}  # fmt: skip

CLOSING: Final[list[Any]] = []

Frames = dict[str, list[bytes]]


def captured() -> tuple[Frames, dict[str, Any]]:
    """Return frames by stream, depth from the state on, and the state."""
    folder = Path(os.environ.get("STEELYARD_SHARED_DATA", "../shared/data"))
    frames: Frames = {"bookTicker": [], "trade": [], "depth@100ms": []}
    state: dict[str, Any] = {}
    if not (folder / CAPTURE).exists():
        return made_up(), {
            "lastUpdateId": 0,
            "bids": [["50000.1", "1"]],
            "asks": [["50000.2", "1"]],
        }
    with gzip.open(folder / CAPTURE, "rb") as file:
        for line in file:
            body = line.split(b" ", 1)[1].strip()
            if body.startswith(b'{"lastUpdateId"'):
                state = json.loads(body)
                continue
            rows = frames[json.loads(body)["stream"].partition("@")[2]]
            if len(rows) < FRAMES:
                rows.append(body)
    return frames, state


def made_up() -> Frames:
    """Return frames in the venue's spelling."""

    def push(kind: str, data: dict[str, Any]) -> bytes:
        stream = f"{SYMBOL.lower()}@{kind}"
        return json.dumps({"stream": stream, "data": data}, separators=(",", ":")).encode()

    def price(n: int) -> str:
        return f"{50_000.1 + n % 90 / 10:.8f}"

    return {
        "bookTicker": [
            push("bookTicker", {"u": n, "s": SYMBOL, "b": price(n), "B": f"{n % 55}.07000000",
                                "a": price(n + 1), "A": "1.54698000"})
            for n in range(FRAMES)
        ],
        "trade": [
            push("trade", {"e": "trade", "E": n, "s": SYMBOL, "t": n, "p": price(n),
                           "q": "0.02000000", "T": n, "m": True, "M": True})
            for n in range(FRAMES)
        ],
        "depth@100ms": [
            push("depth@100ms", {"e": "depthUpdate", "E": n, "s": SYMBOL, "U": n, "u": n,
                                 "b": [[price(n + k), "1.5"] for k in range(20)],
                                 "a": [[price(n + k + 50), "1.5"] for k in range(20)]})
            for n in range(1, FRAMES + 1)
        ],
    }  # fmt: skip


class Ours:
    """The dialect, with a book that is really kept."""

    def __init__(self, state: dict[str, Any]) -> None:
        terms = Instrument(
            name=NAME, venue="binance", kind=Kind.SPOT, base="BTC", quote="USDT", settle="USDT",
            price_decimals=2, quantity_decimals=8, money_decimals=8, tick=Price(1),
            lot=Quantity(1000), quantity_min=Quantity(1), quantity_max=Quantity(10**15),
            notional_min=Money(0), fees=Fees(maker=Rate(0), taker=Rate(0)), multiplier=Decimal(1),
        )  # fmt: skip
        self.market = BinanceMarket((terms,), ADDRESSES["mainnet"])
        self.rule = self.market.book(0)
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        book = BookSnapshot(
            last_update_id=state["lastUpdateId"], bids=tuple(map(tuple, state["bids"])),
            asks=tuple(map(tuple, state["asks"])),
        )  # fmt: skip
        self.apply(self.market.snapshot_of(0, book))

    def read(self, frame: bytes) -> None:
        """Decode a frame, and keep the book of one of depth."""
        for said in self.market.read(frame):
            if type(said) is BookChange:
                self.apply(said)

    def apply(self, change: BookChange) -> None:
        """Fold a change into the book."""
        told = self.rule.take(change)
        if isinstance(told, str):
            raise SystemExit(told)
        for depth in told:
            for side, levels in ((self.bids, depth.bids), (self.asks, depth.asks)):
                for price, quantity in levels:
                    if quantity:
                        side[price] = quantity
                    else:
                        side.pop(price, None)


class Theirs:
    """ccxt pro, without a socket."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.exchange = ccxt.pro.binance({"newUpdates": True})
        self.exchange.set_markets([_MARKET])
        url = self.exchange.urls["api"]["ws"]["spot"] + "/stream"
        self.client = self.exchange.client(url)
        book = self.exchange.order_book({}, 1000)
        book["symbol"] = NAME
        book.reset({
            "bids": [[float(p), float(q)] for p, q in state["bids"]],
            "asks": [[float(p), float(q)] for p, q in state["asks"]],
            "nonce": state["lastUpdateId"],
        })  # fmt: skip
        self.exchange.orderbooks[NAME] = book

    def read(self, frame: bytes) -> None:
        """Decode a frame as ccxt's client does and pass it on."""
        self.exchange.handle_message(self.client, json.loads(frame))


def per_frame(
    make: Callable[[dict[str, Any]], Ours | Theirs], frames: Sequence[bytes], state: dict[str, Any]
) -> float:
    """Return the best of several rounds, in nanoseconds per frame."""
    best = float("inf")
    for _ in range(ROUNDS):
        side = make(state)
        read = side.read
        start = perf_counter_ns()
        for frame in frames:
            read(frame)
        best = min(best, (perf_counter_ns() - start) / len(frames))
        if isinstance(side, Theirs):
            CLOSING.append(side.exchange)
    return best


async def measure() -> dict[str, dict[str, float]]:
    """Measure all kinds of frames, theirs in a loop since ccxt wants one."""
    frames, state = captured()
    found = {}
    for kind, rows in frames.items():
        ours, theirs = per_frame(Ours, rows, state), per_frame(Theirs, rows, state)
        found[kind.partition("@")[0]] = {
            "ours_ns": round(ours), "ccxt_ns": round(theirs), "times": round(theirs / ours, 1),
        }  # fmt: skip
    for exchange in CLOSING:
        await exchange.close()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
