"""A feed at full speed on one core: `python -m bench.feed`.

Another process sends Binance frames (best quotes, trades, depth) over a loopback WebSocket as fast
as they are taken. Here they are decoded, booked and heard by one grid robot, whose orders go
through the gate, a journal on disk and the dispatch to a venue where everything rests.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import picows
from aiohttp import web

from bench.shell import COIN, Resting, desk_of
from steelyard.app.switch import FileSwitch
from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.market import Depth
from steelyard.runtime.market import Market
from steelyard.runtime.plan import BookPlan, RobotPlan
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.opening import open_journal
from steelyard.venues.binance.market import BinanceMarket
from steelyard.venues.native.dialect import Addresses, Channel
from steelyard.venues.native.feed import NativeFeed
from steelyard.wire.errands import Reach, reach_of
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Streams

MESSAGES = 200_000
SYMBOL = "BTCUSDT"
FRAMES: list[bytes] = []


def frames() -> list[bytes]:
    """Make frames of a market that walks: six quotes, three trades, one depth in ten."""
    luck, price, found, last = random.Random(3), 600_000, list[bytes](), 100
    for n in range(MESSAGES):
        price += luck.choice((-15, -4, -1, 0, 0, 1, 4, 15))
        at, bid, ask = 1_700_000_000_000 + n, f"{price / 10:.1f}", f"{(price + 1) / 10:.1f}"
        sizes = f"{luck.randint(1, 9_000) / 1000:.3f}", f"{luck.randint(1, 9_000) / 1000:.3f}"
        name, data = "bookTicker", (
            f'"e":"bookTicker","u":{n},"s":"{SYMBOL}","b":"{bid}","B":"{sizes[0]}",'
            f'"a":"{ask}","A":"{sizes[1]}","T":{at},"E":{at}'
        )  # fmt: skip
        if n % 10 >= 6:
            name, data = "aggTrade", (
                f'"e":"aggTrade","E":{at},"s":"{SYMBOL}","a":{n},"p":"{bid}","q":"{sizes[0]}",'
                f'"f":{n},"l":{n},"T":{at},"m":{"true" if n % 2 else "false"}'
            )  # fmt: skip
        if n % 10 == 9:
            rows = [[f"{(price - i) / 10:.1f}", f"{luck.randint(0, 9_000) / 1000:.3f}"]
                    for i in range(1, 16)]  # fmt: skip
            name, data = "depth@100ms", (
                f'"e":"depthUpdate","E":{at},"T":{at},"s":"{SYMBOL}","U":{last + 1},'
                f'"u":{last + 10},"pu":{last},"b":{json.dumps(rows)},"a":{json.dumps(rows)}'
            )  # fmt: skip
            last += 10
        found.append(f'{{"stream":"{SYMBOL.lower()}@{name}","data":{{{data}}}}}'.encode())
    return found


class Sender(picows.WSListener):
    """Answers a subscription, then says all it has, as fast as it is taken."""

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport, self.ready = transport, asyncio.Event()
        self.ready.set()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type != picows.WSMsgType.TEXT:
            return
        asked = json.loads(frame.get_payload_as_bytes())
        answer = json.dumps({"result": None, "id": asked["id"]})
        transport.send(picows.WSMsgType.TEXT, answer.encode())
        self.task = asyncio.get_running_loop().create_task(self.flood())

    def pause_writing(self) -> None:
        self.ready.clear()

    def resume_writing(self) -> None:
        self.ready.set()

    async def flood(self) -> None:
        await asyncio.sleep(1.0)
        market = self.transport.request.path.startswith(b"/market")
        own = [one for one in FRAMES if (b"aggTrade" in one) == market]
        for n, frame in enumerate(own):
            self.transport.send(picows.WSMsgType.TEXT, frame)
            await self.ready.wait()
            if n % 200 == 0:
                await asyncio.sleep(0)


async def depth(_: web.Request) -> web.Response:
    rows = [["59990.0", "1.000"]], [["60010.0", "1.000"]]
    return web.json_response(
        {"lastUpdateId": 105, "E": 0, "T": 0, "bids": rows[0], "asks": rows[1]}
    )


async def send() -> None:
    FRAMES.extend(frames())
    server = await picows.ws_create_server(lambda _: Sender(), "127.0.0.1", 0)
    app = web.Application()
    app.router.add_get("/fapi/v1/depth", depth)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(server.sockets[0].getsockname()[1], runner.addresses[0][1], flush=True)
    await asyncio.sleep(120)


class Receiver:
    """A desk that hears the feed."""

    def __init__(self, folder: Path, port: int, rest: int) -> None:
        self.folder, self.port, self.rest = folder, port, rest
        self.heard = self.depths = 0
        self.gaps: list[str] = []
        self.began = self.cpu = 0.0
        self.figures: dict[str, Any] = {}

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self.scheduler, self.finish = scheduler, finish
        self.reach: Reach = reach_of(scheduler)
        url = f"ws://127.0.0.1:{self.port}"
        addresses = Addresses(
            rest=dict.fromkeys(("spot", "usdt-perp"), f"http://127.0.0.1:{self.rest}"),
            ws={"spot": url, "usdt-perp": url},
        )
        coin = COIN
        feed = NativeFeed(
            scheduler, self.reach.http, self.reach.sockets, BinanceMarket((coin,), addresses),
            instruments=1, channels=frozenset({Channel.QUOTES, Channel.TRADES, Channel.DEPTH}),
        )  # fmt: skip
        self.market = Market(feed, scheduler, (coin.name,))
        feed.listen(self.count)
        self.journal = open_journal(
            str(self.folder / "journal.db"), scheduler=scheduler, tell=scheduler.from_thread,
            durability=Durability.SYNCED,
        )  # fmt: skip
        self.venue = Resting(scheduler)
        robot = RobotPlan(
            name="g", strategy="grid", instrument=0, capital=10**15,
            parameters={"price_interval": "40", "order_quantity": "500"},
        )  # fmt: skip
        plan = BookPlan(
            name="bench", number=1, account="a", venue="bench", instruments=(coin,),
            robots=(robot,), orders_max=1024, robots_max=1, instruments_max=1, exit_stop=1,
            exit_patience_ns=0, leverage=5,
        )  # fmt: skip
        switch = FileSwitch(self.folder)
        self.desk = desk_of(plan, scheduler, self.journal, self.venue, self.market, switch)
        self.desk.start()

    def count(self, news: PriceNews) -> None:
        self.heard += 1
        self.depths += type(news) is Depth
        if type(news) is FeedGap:
            self.gaps.append(news.reason)
        if self.heard == MESSAGES // 10:
            self.began, self.cpu = time.perf_counter(), time.process_time()
            self.first = self.heard
        elif self.heard == MESSAGES * 8 // 10:
            self.end()

    def end(self) -> None:
        spent, cpu = time.perf_counter() - self.began, time.process_time() - self.cpu
        count = self.heard - self.first
        self.figures = {
            "messages_a_second": round(count / spent),
            "cpu_us_a_message": round(cpu / count * 1e6, 1),
            "messages_a_second_of_one_core": round(count / cpu),
            "depth_messages": self.depths,
            "orders": len(self.venue.placed),
            "outcomes": self.desk.writer.n,
            "gaps": self.gaps[:3],
        }
        self.scheduler.soon(self.desk.stop, self.close)

    def close(self) -> None:
        self.journal.close()
        self.reach.close(self.finish)

    def interrupted(self) -> None:
        self.end()


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    with (
        subprocess.Popen(
            [sys.executable, "-m", "bench.feed", "send"], stdout=subprocess.PIPE, text=True
        ) as sender,
        tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder,
    ):
        assert sender.stdout is not None
        port, rest = map(int, sender.stdout.readline().split())
        os.sched_setaffinity(sender.pid, {cores[-1]})
        os.sched_setaffinity(0, {cores[0]})
        receiver = Receiver(Path(folder), port, rest)
        run_loop(receiver)
        sender.kill()
    print(json.dumps(receiver.figures, indent=1))


if __name__ == "__main__":
    asyncio.run(send()) if sys.argv[1:] == ["send"] else main()
