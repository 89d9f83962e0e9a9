"""OKX frames to events, against ccxt pro's `handle_message` on the same bytes in the same run.

    python -m bench.venues_okx

Both sides decode the JSON: ours typed, ccxt's with the `json` of the standard library, as ccxt does
itself. Prints nanoseconds of processor time per frame, the best of several rounds.

`books` is a frame read, `books_kept` also the book kept, its numbers and each checksum compared;
ccxt keeps its book in both and compares numbers alone.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from time import process_time_ns
from typing import Any, Final

import ccxt.pro

from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.native.dialect import BookChange
from steelyard.venues.okx.depth import OkxBook, checksum
from steelyard.venues.okx.market import OkxMarket
from steelyard.venues.okx.terms import ADDRESSES

SYMBOL: Final = "BTC-USDT-SWAP"
NAME: Final = "BTC/USDT:USDT"
FRAMES: Final = 2_000
ROUNDS: Final = 5
_MARKET: Final = {
    "id": SYMBOL, "symbol": NAME, "base": "BTC", "quote": "USDT", "settle": "USDT", "type": "swap",
    "spot": False, "swap": True, "future": False, "option": False, "contract": True,
    "linear": True, "inverse": False, "active": True, "contractSize": 0.01, "settleId": "USDT",
    "baseId": "BTC", "quoteId": "USDT", "index": False, "margin": False, "expiry": None,
    "precision": {"price": 0.1, "amount": 0.01}, "limits": {}, "info": {},
}  # fmt: skip


def frame(channel: str, data: Sequence[Any], **more: str) -> bytes:
    """Write one push as OKX does."""
    said = {"arg": {"channel": channel, "instId": SYMBOL}, **more, "data": data}
    return json.dumps(said, separators=(",", ":")).encode()


def quotes() -> list[bytes]:
    """Best bids and asks that move."""
    return [
        frame("bbo-tbt", [{
            "asks": [[f"{50_000.2 + n % 90 / 10:.1f}", f"{n % 77}.25", "0", "3"]],
            "bids": [[f"{50_000.1 + n % 90 / 10:.1f}", f"{n % 55}.07", "0", "1"]],
            "ts": str(1_700_000_000_000 + n), "seqId": 1_000_000 + n,
        }])
        for n in range(FRAMES)
    ]  # fmt: skip


def tickers() -> list[bytes]:
    """The same with the day's figures."""
    return [
        frame("tickers", [{
            "instType": "SWAP", "instId": SYMBOL, "last": "50000.1", "lastSz": "1",
            "askPx": f"{50_000.2 + n % 90 / 10:.1f}", "askSz": "11.25",
            "bidPx": f"{50_000.1 + n % 90 / 10:.1f}", "bidSz": "5.07", "open24h": "49000",
            "high24h": "51000", "low24h": "48888.8", "volCcy24h": "22222.5",
            "vol24h": "2222250.11", "sodUtc0": "49222", "sodUtc8": "49222",
            "ts": str(1_700_000_000_000 + n),
        }])
        for n in range(FRAMES)
    ]  # fmt: skip


def trades() -> list[bytes]:
    """One public trade each."""
    return [
        frame("trades", [{
            "instId": SYMBOL, "tradeId": str(900_000_000 + n),
            "px": f"{50_000.1 + n % 90 / 10:.1f}", "sz": f"{n % 77 + 1}.13",
            "side": "buy" if n % 2 else "sell", "ts": str(1_700_000_000_000 + n), "count": "1",
        }])
        for n in range(FRAMES)
    ]  # fmt: skip


def books() -> list[bytes]:
    """A snapshot of 400 levels and changes of eight, with true numbers and checksums."""
    bids = {500_000 - n: f"{n % 90 + 1}.25" for n in range(400)}
    asks = {500_001 + n: f"{n % 80 + 1}.5" for n in range(400)}

    def level(price: int, size: str) -> list[str]:
        return [f"{price // 10}.{price % 10}", size, "0", "1"]

    def summed() -> int:
        best = sorted(bids, reverse=True)[:25], sorted(asks)[:25]
        return checksum(
            *(
                [":".join(level(price, side[price])[:2]) for price in prices]
                for prices, side in zip(best, (bids, asks), strict=True)
            )
        )

    def push(action: str, n: int, bid: Sequence[Any], ask: Sequence[Any]) -> bytes:
        told = {
            "asks": ask, "bids": bid, "ts": str(1_700_000_000_000 + n), "checksum": summed(),
            "prevSeqId": n - 1 if n else -1, "seqId": n,
        }  # fmt: skip
        return frame("books", [told], action=action)

    found = [
        push(
            "snapshot", 0,
            [level(*row) for row in sorted(bids.items(), reverse=True)],
            [level(*row) for row in sorted(asks.items())],
        )
    ]  # fmt: skip
    for n in range(1, FRAMES):
        changed: tuple[list[list[str]], list[list[str]]] = ([], [])
        for place in range(4):
            for side, told, price in (
                (bids, changed[0], 500_000 - (n * 7 + place * 13) % 300),
                (asks, changed[1], 500_001 + (n * 11 + place * 17) % 300),
            ):
                gone = price in side and (n + place) % 3 == 0
                size = "0" if gone else f"{(n + place) % 95 + 1}.75"
                told.append(level(price, size))
                if gone:
                    del side[price]
                else:
                    side[price] = size
        found.append(push("update", n, *changed))
    return found


def main() -> None:
    """Measure everything and print one JSON object."""
    instrument = Instrument(
        name=NAME, venue="okx", kind=Kind.LINEAR, base="BTC", quote="USDT", settle="USDT",
        price_decimals=3, quantity_decimals=2, money_decimals=8, tick=Price(100), lot=Quantity(1),
        quantity_min=Quantity(1), quantity_max=Quantity(10**10), notional_min=Money(0),
        fees=Fees(maker=Rate(0), taker=Rate(0)), multiplier=Decimal("0.01"),
    )  # fmt: skip
    market = OkxMarket([instrument], ADDRESSES["mainnet"])
    asyncio.run(_compare(market))


async def _compare(market: OkxMarket) -> None:
    exchange = ccxt.pro.okx({"newUpdates": True})
    exchange.set_markets([_MARKET])
    client = exchange.client("wss://bench.invalid")
    told = {}
    for what, frames in (
        ("bbo-tbt", quotes()), ("tickers", tickers()), ("trades", trades()), ("books", books()),
        ("books_kept", books()),
    ):  # fmt: skip
        ours = _best(frames, _reader(market, what))
        if what.startswith("books"):
            exchange.orderbooks[NAME] = exchange.order_book({}, 400)

        def hear(body: bytes) -> None:
            exchange.handle_message(client, json.loads(body))

        theirs = _best(frames, hear)
        told[what] = {
            "ours_ns": ours, "ccxt_ns": theirs, "times_faster": round(theirs / ours, 1),
        }  # fmt: skip
    await exchange.close()
    print(json.dumps({"venue": "okx", "ns_per_frame": told}))


def _reader(market: OkxMarket, what: str) -> Callable[[bytes], object]:
    if what != "books_kept":
        return market.read
    book = OkxBook()

    def hear(body: bytes) -> None:
        for change in market.read(body):
            assert isinstance(change, BookChange)
            told = book.take(change)
            assert not isinstance(told, str), told

    return hear


def _best(frames: Sequence[bytes], hear: Callable[[bytes], object]) -> int:
    best = 0
    for _ in range(ROUNDS):
        began = process_time_ns()
        for body in frames:
            hear(body)
        spent = (process_time_ns() - began) // len(frames)
        best = min(best or spent, spent)
    return best


if __name__ == "__main__":
    main()
