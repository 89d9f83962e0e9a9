"""A loop with a server and a client of it: real sockets of this machine, no other network."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web

from steelyard.model.reports import Reply, Success
from steelyard.venues.ccxt.door import Door
from steelyard.venues.native.dialect import Addresses, Credentials
from steelyard.wire.http_client import AioHttp
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.tasks import Tasks
from tests.unit.venues_ccxt.spot_server import KEY, SECRET, SpotServer

WAIT_S = 20.0


class Rig:
    """A server and what a client of it needs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.scheduler = LoopScheduler(self.loop)
        self.server = SpotServer(lambda: self.scheduler.now_ns() // 10**6)
        self.runner = web.AppRunner(self.server.app, shutdown_timeout=0.1)
        self.loop.run_until_complete(self.runner.setup())
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        self.loop.run_until_complete(site.start())
        self.port: int = self.runner.addresses[0][1]
        self.http = AioHttp(self.loop)
        self.tasks = Tasks(self.loop)
        self.doors: list[Door] = []

    def door(
        self, *, exact: bool = True, secret: str = SECRET, name: str = "binance", port: int = 0
    ) -> Door:
        host = f"127.0.0.1:{port or self.port}"
        door = Door(
            name, self.scheduler, self.tasks, self.http, ("BTC/USDT",),
            credentials=Credentials(key=KEY, secret=secret),
            addresses=Addresses(rest={"rest": f"http://{host}"}, ws={"ws": f"ws://{host}"}),
            exact=exact,
        )  # fmt: skip
        self.doors.append(door)
        return door

    def started(self, door: Door) -> Door:
        reply = self.ask(door.start)
        assert isinstance(reply, Success), reply
        return door

    def ask(self, send: Callable[[Callable[[Reply], None]], None]) -> Reply:
        replies: list[Reply] = []
        send(replies.append)
        assert not replies  # never from within the call
        self.wait(lambda: bool(replies))
        (reply,) = replies
        return reply

    def wait(self, until: Callable[[], bool]) -> None:
        late = self.loop.call_later(WAIT_S, self.loop.stop)

        def look() -> None:
            if until():
                self.loop.stop()
            else:
                self.loop.call_later(0.002, look)

        self.loop.call_soon(look)
        self.loop.run_forever()
        late.cancel()
        assert until(), "it did not come"

    def close(self) -> None:
        for door in self.doors:
            door.close()
        self.loop.run_until_complete(self.tasks.ended())
        self.loop.run_until_complete(self.http.ended())
        self.loop.run_until_complete(self.runner.cleanup())
        left = asyncio.all_tasks(self.loop)
        for task in left:  # ccxt leaves some of its own behind
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()
