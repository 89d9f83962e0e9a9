"""A local stand-in for Binance's public endpoints, with faults on demand.

It serves one market, BTC/USDT: a candle a minute and a trade every 250 ms, both computed from the
time, so that every answer can be checked.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

MINUTE_MS = 60_000
TRADE_MS = 250
FIRST_MS = 1_700_000_040_000  # a whole minute
FIRST_ID = 1_000


class Exchange:
    """Answers like Binance, counts requests, and fails when told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.served_rows: list[int] = []
        self.fail_after: int | None = None
        self.fail_times = 0
        self.url = ""

    def count(self, path: str) -> int:
        return sum(1 for one, _ in self.requests if one.endswith(path))

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/api/v3/exchangeInfo", self._markets)
        application.router.add_get("/api/v3/klines", self._klines)
        application.router.add_get("/api/v3/aggTrades", self._trades)
        return application

    def _failed(self, request: web.Request) -> web.Response | None:
        self.requests.append((request.path, dict(request.query)))
        answered = sum(1 for path, _ in self.requests if not path.endswith("exchangeInfo"))
        if self.fail_after is not None and answered > self.fail_after and self.fail_times:
            self.fail_times -= 1
            return web.Response(status=503, text="<html>busy</html>")
        return None

    async def _markets(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, dict(request.query)))
        return web.json_response({"symbols": [_SYMBOL]})

    async def _klines(self, request: web.Request) -> web.Response:
        if failed := self._failed(request):
            return failed
        start = max(int(request.query.get("startTime", FIRST_MS)), FIRST_MS)
        limit = int(request.query.get("limit", 500))
        first = -(-start // MINUTE_MS) * MINUTE_MS
        rows = [candle(first + place * MINUTE_MS) for place in range(limit)]
        self.served_rows += [int(str(row[0])) for row in rows]
        return web.json_response(rows)

    async def _trades(self, request: web.Request) -> web.Response:
        if failed := self._failed(request):
            return failed
        limit = int(request.query.get("limit", 500))
        if "fromId" in request.query:
            first = int(request.query["fromId"])
        else:
            start = max(int(request.query.get("startTime", FIRST_MS)), FIRST_MS)
            first = FIRST_ID + -(-(start - FIRST_MS) // TRADE_MS)
        rows = [trade(first + place) for place in range(limit)]
        self.served_rows += [int(str(row["a"])) for row in rows]
        return web.json_response(rows)


def price_at(ms: int) -> float:
    return 30_000 + (ms // 1_000) % 977 / 10


def candle(open_ms: int) -> list[object]:
    opened, closed = price_at(open_ms), price_at(open_ms + MINUTE_MS)
    return [
        open_ms, f"{opened:.2f}", f"{max(opened, closed) + 1:.2f}",
        f"{min(opened, closed) - 1:.2f}", f"{closed:.2f}", "12.34500000",
        open_ms + MINUTE_MS - 1, "370000.0", 99, "6.0", "180000.0", "0",
    ]  # fmt: skip


def trade(number: int) -> dict[str, object]:
    ms = FIRST_MS + (number - FIRST_ID) * TRADE_MS
    return {
        "a": number, "p": f"{price_at(ms):.2f}", "q": "0.01000000", "f": number, "l": number,
        "T": ms, "m": number % 3 == 0, "M": True,
    }  # fmt: skip


@contextmanager
def serving() -> Iterator[Exchange]:
    """Run the exchange in a thread of its own while the block runs."""
    exchange = Exchange()
    loop = asyncio.new_event_loop()
    started = threading.Event()
    runner = web.AppRunner(exchange.application())

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        loop.run_until_complete(site.start())
        host, port = runner.addresses[0][:2]
        exchange.url = f"http://{host}:{port}"
        started.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield exchange
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)


_SYMBOL = {
    "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "baseAssetPrecision": 8,
    "quoteAsset": "USDT", "quotePrecision": 8, "quoteAssetPrecision": 8,
    "orderTypes": ["LIMIT", "MARKET"], "icebergAllowed": True, "ocoAllowed": True,
    "isSpotTradingAllowed": True, "isMarginTradingAllowed": True, "permissions": ["SPOT"],
    "permissionSets": [["SPOT"]],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000",
         "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
        {"filterType": "NOTIONAL", "minNotional": "5"},
    ],
}  # fmt: skip
