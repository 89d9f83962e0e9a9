"""Gate's frames to events, against ccxt pro on the same bytes: `python -m bench.venues_gate`.

Both sides get bytes and decode the JSON themselves. ccxt runs its own `handle_message` with a
client that has no socket; its book is kept from a state, as ours is.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import ccxt.pro

from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.gate.market import GateMarket
from steelyard.venues.gate.terms import ADDRESSES
from steelyard.venues.native.dialect import BookChange

ROUNDS: Final = 7
FRAMES: Final = 3_000
LEVELS: Final = 20

Side = tuple[Callable[[bytes], object], Callable[[], None]]
"""Who handles a frame, and what brings it back to its first state."""


def main() -> None:
    found = {}
    for spot in (True, False):
        product = "spot" if spot else "perp"
        for name, frames in _frames(spot=spot).items():
            ours = _best(_ours(spot=spot), frames)
            theirs = _best(_theirs(spot=spot), frames)
            found[f"{product}_{name}"] = {
                "ns": round(ours), "ccxt_ns": round(theirs), "times": round(theirs / ours, 1),
            }  # fmt: skip
    print(json.dumps(found))


def _best(side: Side, frames: list[bytes]) -> float:
    """Return ns per frame: the best of several rounds, warm, each from the same state."""
    handle, begin = side
    best = float("inf")
    for _ in range(ROUNDS):
        begin()
        start = time.perf_counter_ns()
        for frame in frames:
            handle(frame)
        best = min(best, (time.perf_counter_ns() - start) / len(frames))
    return best


def _ours(*, spot: bool) -> Side:
    instrument = Instrument(
        name="BTC/USDT" if spot else "BTC/USDT:USDT", venue="gate",
        kind=Kind.SPOT if spot else Kind.LINEAR, base="BTC", quote="USDT", settle="USDT",
        price_decimals=2, quantity_decimals=8 if spot else 4, money_decimals=8, tick=Price(1),
        lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(10**18),
        notional_min=Money(0), fees=Fees(maker=Rate(0), taker=Rate(0)),
        multiplier=Decimal(1) if spot else Decimal("0.0001"),
    )  # fmt: skip
    market = GateMarket([instrument], ADDRESSES["mainnet"])
    book = market.book(0)
    state = BookChange(ts_ns=0, instrument=0, bids=(), asks=(), first=0, last=0, snapshot=True)

    def begin() -> None:
        book.reset()
        book.take(state)

    def handle(frame: bytes) -> object:
        for one in market.read(frame):
            if isinstance(one, BookChange):
                book.take(one)
        return None

    return handle, begin


def _theirs(*, spot: bool) -> Side:
    loop = asyncio.new_event_loop()
    exchange = ccxt.pro.gate({"newUpdates": True, "asyncio_loop": loop})
    market: dict[str, Any] = {
        "id": "BTC_USDT", "symbol": "BTC/USDT" if spot else "BTC/USDT:USDT", "base": "BTC",
        "quote": "USDT", "settle": None if spot else "USDT", "baseId": "BTC", "quoteId": "USDT",
        "settleId": None if spot else "usdt", "type": "spot" if spot else "swap", "spot": spot,
        "swap": not spot, "contract": not spot, "linear": None if spot else True,
        "inverse": None if spot else False, "active": True, "option": False, "future": False,
        "margin": False, "contractSize": None if spot else 0.0001,
        "precision": {"amount": 1e-8, "price": 0.01}, "limits": {}, "info": {},
    }  # fmt: skip
    exchange.set_markets([market])
    symbol = market["symbol"]

    def begin() -> None:
        exchange.orderbooks[symbol] = exchange.order_book({}, 100)
        exchange.orderbooks[symbol]["nonce"] = 0

    client = SimpleNamespace(
        url="wss://api.gateio.ws/ws/v4/", subscriptions={}, futures={}, keepAlive=0, lastPong=0,
        resolve=_nothing, reject=_nothing,
    )  # fmt: skip

    def handle(frame: bytes) -> object:
        exchange.handle_message(client, json.loads(frame))
        return None

    return handle, begin


def _nothing(*told: object) -> None:
    """Be told what nobody waits for."""


def _frames(*, spot: bool) -> dict[str, list[bytes]]:
    """Return live frames where the captures are at hand, else the documentation's."""
    product = "spot" if spot else "futures"
    time_ms = 1_700_000_000_123
    quote = {"t": time_ms, "u": 48_733_182, "s": "BTC_USDT", "b": "19177.79", "a": "19179.38"}
    quote |= {"B": "0.0003341504", "A": "0.09"} if spot else {"B": 37_000, "A": 47_061}
    trade: Any = {
        "id": 309_143_071, "create_time": time_ms // 1000, "create_time_ms": f"{time_ms}.4578",
        "side": "sell", "currency_pair": "BTC_USDT", "amount": "16.47", "price": "19177.05",
    }  # fmt: skip
    if not spot:
        trade = [
            {
                "size": -108, "id": 27_753_479, "create_time": time_ms // 1000,
                "create_time_ms": time_ms, "price": "19177.4", "contract": "BTC_USDT",
            }
        ]  # fmt: skip
    return {
        "book_ticker": [_frame(f"{product}.book_ticker", quote, time_ms)] * FRAMES,
        "trades": [_frame(f"{product}.trades", trade, time_ms)] * FRAMES,
        "order_book_update": _changes(spot=spot),
    }


def _changes(*, spot: bool) -> list[bytes]:
    """Return changes of a book, their levels as in the captures if these are at hand."""
    folder = os.environ.get("STEELYARD_SHARED_DATA")
    root = Path(folder) if folder else Path(__file__).parents[2] / "shared" / "data"
    path = root / "l2" / "cryptofeed" / f"gate_{'spot' if spot else 'usdt_perp'}.log"
    product = "spot" if spot else "futures"
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        body = line.partition(": ")[2]
        if f'"{product}.order_book_update","event":"update"' in body:
            found.append(json.loads(body)["result"])
    if not found:
        level: Any = [["19137.74", "0.0001"]] if spot else [{"p": "54672.1", "s": 95}]
        found = [{"t": 1, "b": level * 3, "a": level * 2}]
    for row in found:
        for side in ("b", "a"):
            row[side] = [_rounded(level) for level in row[side]][:LEVELS]
    rows = itertools.islice(itertools.cycle(found), FRAMES)
    return [
        _frame(f"{product}.order_book_update", row | {"s": "BTC_USDT", "U": k, "u": k}, 1)
        for k, row in enumerate(rows, start=1)
    ]


def _rounded(level: Any) -> Any:
    """Keep a level's size, and its price to the two decimals of the instrument here."""
    if isinstance(level, list):
        return [f"{Decimal(level[0]) * 1000:.2f}", level[1]]
    return level | {"p": f"{Decimal(level['p']) * 1000:.2f}"}


def _frame(channel: str, result: object, time_ms: int) -> bytes:
    return json.dumps(
        {
            "time": time_ms // 1000, "time_ms": time_ms, "channel": channel, "event": "update",
            "result": result,
        },
        separators=(",", ":"),
    ).encode()  # fmt: skip


if __name__ == "__main__":
    main()
