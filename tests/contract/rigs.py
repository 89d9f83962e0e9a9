"""Where the venue's contract is held: on an exchange in this process, and on one in another."""

import asyncio
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

from steelyard.kernel.ports import Feed, Venue
from steelyard.model.events import Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.venues.native.dialect import AccountDialect, Channel, MarketDialect
from steelyard.venues.native.feed import NativeFeed
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.rest import Rest
from steelyard.venues.native.venue import NativeVenue
from steelyard.venues.paper.client import PaperFeed, PaperVenue, event_of
from steelyard.venues.paper.direct import DirectFeed, DirectVenue, Floor
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.wire.http_client import AioHttp
from steelyard.wire.scheduler import LoopScheduler, Scheduler
from steelyard.wire.socket_client import PicoSockets
from steelyard.wire.streams import Streams
from tests.contract import hall_process, paper_process, plain_process

WAIT_S = 20.0
ROOT = Path(__file__).parents[2]
PROGRAM = Path(paper_process.__file__)
HALL_PROGRAM = Path(hall_process.__file__)
PLAIN_PROGRAM = Path(plain_process.__file__)


class Rig(Protocol):
    """A venue with a market, and time that goes on while somebody waits."""

    instrument: Instrument

    @property
    def ready(self) -> bool: ...

    def venue(self, account: int) -> Venue: ...
    def feed(self) -> Feed: ...
    def wait(self, until: Callable[[], bool]) -> None: ...
    def close(self) -> None: ...


class StillTime:
    """A scheduler whose time moves when it is told to."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000_000
        self.ready: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self.timers: list[Alarm] = []

    def now_ns(self) -> int:
        return self.ns

    def elapsed_ns(self) -> int:
        return self.ns

    def soon(self, call: Callable[..., None], *args: Any) -> None:
        self.ready.append((call, args))

    def after(self, delay_ns: int, call: Callable[..., None], *args: Any) -> "Alarm":
        self.timers.append(alarm := Alarm(self.ns + delay_ns, call, args))
        return alarm

    def run(self) -> None:
        """Call what is ready."""
        while self.ready:
            call, args = self.ready.popleft()
            call(*args)

    def pass_ns(self, span_ns: int) -> None:
        """Let time go on."""
        self.run()
        end_ns = self.ns + span_ns
        while due := [a for a in self.timers if a.due_ns <= end_ns]:
            alarm = min(due, key=lambda a: a.due_ns)
            self.timers.remove(alarm)
            self.ns = max(self.ns, alarm.due_ns)
            if not alarm.off:
                alarm.call(*alarm.args)
            self.run()
        self.ns = end_ns


class Alarm:
    """A timer of still time."""

    def __init__(self, due_ns: int, call: Callable[..., None], args: tuple[Any, ...]) -> None:
        self.due_ns, self.call, self.args, self.off = due_ns, call, args, False

    def cancel(self) -> None:
        self.off = True


class InProcess:
    """The exchange stands here; time passes a row at a time."""

    instrument = paper_process.PERPETUAL
    ready = True

    def __init__(self) -> None:
        self.time = StillTime()
        exchange = SimExchange(
            (paper_process.PERPETUAL,), leverage=5, rules=ExchangeRules(orders_max=50),
            cash=(paper_process.CASH,) * paper_process.ACCOUNTS,
        )  # fmt: skip
        self.floor = Floor(exchange, self.time)
        self.rows = cycle(paper_process.rows())
        self.step()

    def venue(self, account: int) -> Venue:
        return DirectVenue(self.floor, account)

    def feed(self) -> Feed:
        return DirectFeed(self.floor)

    def wait(self, until: Callable[[], bool]) -> None:
        for _ in range(2_000):
            self.time.run()
            if until():
                return
            self.step()
        raise AssertionError("it did not come")

    def step(self) -> None:
        self.time.ns += paper_process.STEP_NS
        _, kind, a, b, c, d = next(self.rows)
        event: Trade | Quote = event_of((self.time.ns, kind, 0, a, b, c, d))
        self.floor.market(event)

    def close(self) -> None:
        self.time.run()


class Process:
    """A paper process (or another program of its kind), started here and surely ended."""

    def __init__(self, address: str, *, program: Path = PROGRAM, **given: str) -> None:
        self.program = subprocess.Popen(
            [
                sys.executable, str(program), address,
                *(f"{name}={value}" for name, value in given.items()),
            ],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.program.stdout is not None
        self.address = self.program.stdout.readline().strip()

    def end(self) -> int:
        """Ask it to end, and see that it does; return its exit code."""
        self.program.terminate()
        return self.gone()

    def kill(self) -> None:
        self.program.kill()
        self.gone()

    def gone(self) -> int:
        """Wait until it has ended."""
        try:
            return self.program.wait(WAIT_S)
        finally:
            self.program.kill()
            assert self.program.stdout is not None
            self.program.stdout.close()


class ClientLoop:
    """A client's loop; the exchange is a process of its own."""

    instrument = paper_process.PERPETUAL

    @property
    def ready(self) -> bool:
        return True

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.scheduler: Scheduler = LoopScheduler(self.loop)

    def wait(self, until: Callable[[], bool]) -> None:
        late = self.loop.call_later(WAIT_S, self.loop.stop)

        def look() -> None:
            if until():
                self.loop.stop()
            else:
                self.loop.call_later(0.001, look)

        look_first = self.loop.call_soon(look)
        self.loop.run_forever()
        late.cancel()
        look_first.cancel()
        assert until(), "it did not come"

    def end(self) -> None:
        """Let what was closed end, then close the loop."""
        self.loop.call_later(0.01, self.loop.stop)
        self.loop.run_forever()
        self.loop.close()


class OverSocket(ClientLoop):
    """The paper venue's client."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.streams = Streams(self.loop)

    def venue(self, account: int) -> PaperVenue:
        return PaperVenue(self.scheduler, self.streams, self.address, account)

    def feed(self) -> PaperFeed:
        return PaperFeed(self.scheduler, self.streams, self.address)

    def close(self) -> None:
        self.streams.close()
        self.end()


class Native(ClientLoop):
    """The driver of native venues, with any dialect: `account` and `market` make its halves."""

    def __init__(
        self, account: Callable[[int, Callable[[], int]], AccountDialect], market: MarketDialect,
        *, over_socket: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.http, self.sockets = AioHttp(self.loop), PicoSockets(self.loop)
        self.account, self.market, self.over_socket = account, market, over_socket
        rest = Rest(self.scheduler, self.http, deadline_ns=1_000_000_000)
        self.offset = Offset(self.scheduler, rest, market.time, samples=1)

    def venue(self, account: int) -> Venue:
        return NativeVenue(
            self.scheduler, self.http, self.sockets,
            self.account(account, self.offset.venue_now_ns), account=str(account),
            offset=self.offset, over_socket=self.over_socket, listing=self.market.listing,
        )  # fmt: skip

    def feed(self) -> Feed:
        return NativeFeed(
            self.scheduler, self.http, self.sockets, self.market, instruments=1,
            channels=frozenset({Channel.QUOTES, Channel.TRADES}),
        )  # fmt: skip

    @property
    def ready(self) -> bool:
        return self.offset.error_ns() < 1_000_000_000

    def close(self) -> None:
        self.offset.close()
        self.sockets.close()
        self.loop.run_until_complete(self.sockets.ended())
        self.loop.run_until_complete(self.http.ended())
        self.end()
