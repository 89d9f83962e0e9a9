"""A Bitget of our own as a process, and clients of it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import ccxt
import ccxt.pro

from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.reports import News, Reply, Success
from steelyard.venues.bitget.account import BitgetAccount
from steelyard.venues.bitget.market import BitgetMarket
from steelyard.venues.native.dialect import Addresses, Channel, Credentials
from steelyard.venues.native.feed import NativeFeed
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.rest import Rest
from steelyard.venues.native.venue import NativeVenue
from steelyard.wire.http_client import AioHttp
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.socket_client import PicoSockets

PATIENCE_S = 10
ACCOUNTS = 40


class BitgetProcess:
    """The process, and hands to act on it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.rest: str = told["bitget"]["rest"]
        self.public: str = told["bitget"]["ws_public"]
        self.private: str = told["bitget"]["ws_private"]
        self._control: str = told["control"]
        self._taken = 0
        self._clients: list[Any] = []

    def act(self, action: str, **values: Any) -> Any:
        """Do something to the exchange from outside."""
        with closing(
            HTTPConnection(self._control.removeprefix("http://"), timeout=PATIENCE_S)
        ) as line:
            line.request("POST", f"/{action}", json.dumps(values))
            found = line.getresponse()
            body = json.loads(found.read())
        assert found.status == 200, body
        return body

    def account(self) -> dict[str, Any]:
        """Return an account that nobody has used."""
        self._taken += 1
        found: dict[str, Any] = self.act("accounts", dialect="bitget", account=self._taken)[0]
        return found

    def price(self, price: str, base: str = "BTC") -> None:
        """Put the price there."""
        self.act("price", base=base, price=price)

    def ccxt(self, account: dict[str, Any], *, pro: bool = False) -> Any:
        """Return ccxt, unchanged but for addresses and keys."""
        kind = ccxt.pro.bitget if pro else ccxt.bitget
        client = kind({
            "apiKey": account["key"], "secret": account["secret"],
            "password": account["passphrase"], "enableRateLimit": False,
        })  # fmt: skip
        api = client.urls["api"]
        for name in api:
            if name not in ("ws", "demo"):
                api[name] = self.rest
        if not pro:
            self._clients.append(client)
        if pro:
            api["ws"] |= {"public": self.public, "private": self.private}
        return client

    def close_clients(self) -> None:
        """Close what the clients of a test left open."""
        while self._clients:
            self._clients.pop().session.close()

    @property
    def addresses(self) -> Addresses:
        """Return where our own dialect finds it."""
        return Addresses(
            rest={"api": self.rest}, ws={"public": self.public, "private": self.private}
        )


@contextmanager
def running() -> Iterator[BitgetProcess]:
    """Run one whose market stands still unless somebody moves it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "steelyard", "exchange", "--dialects", "bitget", "--json",
         "--port", "0", "--accounts", str(ACCOUNTS)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        exchange = BitgetProcess(json.loads(process.stdout.readline()))
        exchange.act("market", paused=True)
        exchange.price("60000")
        yield exchange
        assert process.poll() is None
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE_S)
        assert said == ""
    finally:
        process.kill()
        process.wait()


class House:
    """Our own venue on a loop of its own, for one account."""

    def __init__(
        self, exchange: BitgetProcess, account: dict[str, Any], instruments: tuple[Instrument, ...],
        *, hedged: bool = False, over_socket: bool = True,
    ) -> None:  # fmt: skip
        self.loop = asyncio.new_event_loop()
        self.scheduler = LoopScheduler(self.loop)
        self.http, self.sockets = AioHttp(self.loop), PicoSockets(self.loop)
        rest = Rest(self.scheduler, self.http, deadline_ns=5 * 10**9)
        self.market = BitgetMarket(instruments, exchange.addresses)
        self.offset = Offset(self.scheduler, rest, self.market.time, samples=1)
        credentials = Credentials(
            key=account["key"], secret=account["secret"], passphrase=account["passphrase"]
        )
        self.dialect = BitgetAccount(
            exchange.addresses, credentials, instruments, hedged=hedged,
            now_ns=self.offset.venue_now_ns,
        )  # fmt: skip
        self.venue = NativeVenue(
            self.scheduler, self.http, self.sockets, self.dialect, account="test",
            offset=self.offset, over_socket=over_socket, listing=self.market.listing,
        )  # fmt: skip
        self.news: list[News] = []
        self.offset.start()
        self.until(lambda: self.offset.error_ns() < 10**9)

    def until(self, ready: Callable[[], bool]) -> None:
        """Run until something is so."""

        async def wait() -> None:
            while not ready():  # noqa: ASYNC110  # what is waited for has no event
                await asyncio.sleep(0.005)

        self.loop.run_until_complete(asyncio.wait_for(wait(), PATIENCE_S))

    def listen(self) -> None:
        """Open the private stream and wait until it runs."""
        self.venue.listen(self.news.append)
        self.until(lambda: any(type(each).__name__ == "Linked" for each in self.news))
        entry = self.venue._entry
        self.until(lambda: entry is None or entry.running)

    def ask(self, call: Callable[[Callable[[Reply], None]], None]) -> Reply:
        """Ask, and wait for the reply."""
        heard: list[Reply] = []
        call(heard.append)
        self.until(lambda: bool(heard))
        return heard[0]

    def good(self, call: Callable[[Callable[[Reply], None]], None]) -> Any:
        """Ask for what must succeed; return its value."""
        reply = self.ask(call)
        assert isinstance(reply, Success), reply
        return reply.value

    def place(self, **fields: Any) -> Reply:
        """Create an order."""
        given = {"instrument": 0, "flags": 0, "price": 0, **fields}
        placing = Placing(**given)
        return self.ask(lambda heard: self.venue.place(placing, heard))

    def told(self, kind: type, client_id: str) -> list[Any]:
        """Return the news of a kind about an order."""
        return [
            each for each in self.news
            if isinstance(each, kind) and getattr(each, "client_id", "") == client_id
        ]  # fmt: skip

    def feed(self, channels: frozenset[Channel], bar_ns: int = 0) -> NativeFeed:
        """Return the public stream."""
        return NativeFeed(
            self.scheduler, self.http, self.sockets, self.market,
            instruments=len(self.market._symbols.instruments), channels=channels, bar_ns=bar_ns,
        )  # fmt: skip

    def close(self) -> None:
        """Close everything."""
        self.venue.close()
        self.offset.close()
        self.sockets.close()
        self.loop.run_until_complete(self.sockets.ended())
        self.loop.run_until_complete(self.http.ended())
        self.loop.run_until_complete(asyncio.sleep(0.01))
        self.loop.close()
