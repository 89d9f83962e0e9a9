"""An exchange for command-line tests: the server of the generic venue's tests, on a thread."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.unit.venues_ccxt.spot_server import SpotServer


class Served(SpotServer):
    """Answers what a native client asks beside it, too: rights, and an empty futures list."""

    def __init__(self) -> None:
        super().__init__(lambda: time.time_ns() // 10**6)
        self.port = 0
        self.greeting = [{"u": 1, "s": "BTCUSDT", "b": "100.01", "B": "1", "a": "100.02", "A": "2"}]
        self.rights: dict[str, Any] = {
            "ipRestrict": True, "enableReading": True, "enableSpotAndMarginTrading": True,
            "enableFutures": True, "enableWithdrawals": False, "enableInternalTransfer": False,
            "permitsUniversalTransfer": False,
        }  # fmt: skip

    async def serve(self, request: web.Request) -> web.StreamResponse:
        known: dict[str, Callable[[], Any]] = {
            "/sapi/v1/account/apiRestrictions": lambda: self.rights,
            "/fapi/v1/exchangeInfo": lambda: {"symbols": []},
            "/fapi/v1/time": lambda: self.get_time({}),
        }
        if request.path in known and (
            "signature" not in request.query_string or self.signed(request, "")
        ):
            return web.json_response(known[request.path]())
        return await super().serve(request)


@contextmanager
def served() -> Iterator[Served]:
    """Run it on a free port of this machine."""
    server = Served()
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(server.app, shutdown_timeout=0.1)

    async def begin() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.port = runner.addresses[0][1]

    loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
