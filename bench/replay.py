"""A recorded feed at fifty times its pace: `python -m bench.replay [CAPTURE] [TIMES]`.

Another process sends every frame of a raw Binance spot capture over a loopback WebSocket at its own
times, fifty times as fast, and answers the question for the book with the capture's snapshot. The
book that our feed tells is held, every fifty changes, against one kept here by the documented rule.
"""

import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import picows
from aiohttp import web

from steelyard.app.venues import market_of
from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.market import Depth
from steelyard.model.venue_tables import instrument_for
from steelyard.venues.native.dialect import Addresses, Channel
from steelyard.venues.native.feed import NativeFeed
from steelyard.wire.errands import reach_of
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Streams

CAPTURE = Path("../shared/data/l2/binance_spot/BTCUSDT-20240808.raw.txt.gz")
CHECK_EVERY = 50
Side = dict[Decimal, Decimal]


def read(capture: Path) -> tuple[list[tuple[int, bytes]], dict[str, Any]]:
    """Return (time, frame) of every message, and the snapshot of the book."""
    frames: list[tuple[int, bytes]] = []
    snapshot: dict[str, Any] = {}
    with gzip.open(capture, "rb") as lines:
        for line in lines:
            at, _, body = line.strip().partition(b" ")
            if body.startswith(b'{"lastUpdateId"'):
                snapshot = snapshot or json.loads(body)
            elif body:
                frames.append((int(at), body))
    return frames, snapshot


# --- the sender ---------------------------------------------------------------------------------


async def send(capture: Path, times: float) -> None:
    frames, snapshot = read(capture)

    class Sender(picows.WSListener):
        def on_ws_connected(self, transport: picows.WSTransport) -> None:
            self.transport = transport

        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            if frame.msg_type == picows.WSMsgType.TEXT:
                asked = json.loads(frame.get_payload_as_bytes())
                answer = json.dumps({"result": None, "id": asked["id"]})
                transport.send(picows.WSMsgType.TEXT, answer.encode())
                self.task = asyncio.get_running_loop().create_task(self.play())

        async def play(self) -> None:
            await asyncio.sleep(0.5)
            first, began = frames[0][0], time.monotonic_ns()
            for at, body in frames:
                due = (at - first) / times
                if (left := due - (time.monotonic_ns() - began)) > 0:
                    await asyncio.sleep(left / 1e9)
                self.transport.send(picows.WSMsgType.TEXT, body)

    async def depth(_: web.Request) -> web.Response:
        return web.json_response(snapshot)

    server = await picows.ws_create_server(lambda _: Sender(), "127.0.0.1", 0)
    app = web.Application()
    app.router.add_get("/api/v3/depth", depth)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(server.sockets[0].getsockname()[1], runner.addresses[0][1], flush=True)
    await asyncio.sleep(300)


# --- the judge ----------------------------------------------------------------------------------


def truth(frames: list[tuple[int, bytes]], snapshot: dict[str, Any]) -> list[tuple[Side, Side]]:
    """Return the book after each change that follows the snapshot, by the documented rule."""
    sides: tuple[Side, Side] = ({}, {})
    for side, name in zip(sides, ("bids", "asks"), strict=True):
        side.update({Decimal(price): Decimal(size) for price, size in snapshot[name]})
    found, last = [], snapshot["lastUpdateId"]
    for _, body in frames:
        data = json.loads(body)["data"]
        if data.get("e") != "depthUpdate" or data["u"] <= last:
            continue
        assert data["U"] <= last + 1, "the capture has a gap"
        last = data["u"]
        for side, name in zip(sides, ("b", "a"), strict=True):
            for price, size in data[name]:
                side[Decimal(price)] = Decimal(size)
                if not side[Decimal(price)]:
                    del side[Decimal(price)]
        found.append((dict(sides[0]), dict(sides[1])))
    return found


# --- the receiver -------------------------------------------------------------------------------


class Receiver:
    """A feed, and the book that it tells."""

    def __init__(self, ports: tuple[int, int], count: int, changes: int) -> None:
        self.ports, self.frames, self.changes = ports, count, changes
        self.kinds: Counter[str] = Counter()
        self.gaps: list[str] = []
        self.books: list[tuple[dict[int, int], dict[int, int]]] = []
        self.sides: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self.scheduler, self.finish = scheduler, finish
        self.reach = reach_of(scheduler)
        self.coin, _ = instrument_for(
            "BTC/USDT", "binance", data_price_decimals=2, data_quantity_decimals=8
        )
        socket, rest = self.ports
        url = f"ws://127.0.0.1:{socket}"
        addresses = Addresses(
            rest=dict.fromkeys(("spot", "usdt-perp"), f"http://127.0.0.1:{rest}"),
            ws={"spot": url, "usdt-perp": url},
        )
        market = market_of("binance", addresses, (self.coin,), scheduler.now_ns)
        self.feed = NativeFeed(
            scheduler, self.reach.http, self.reach.sockets, market, instruments=1,
            channels=frozenset({Channel.QUOTES, Channel.TRADES, Channel.DEPTH}),
        )  # fmt: skip
        self.feed.listen(self.hear)
        self.quiet = 0
        scheduler.after(10**9, self.watch, 0)

    def hear(self, news: PriceNews) -> None:
        self.kinds[type(news).__name__] += 1
        if isinstance(news, FeedGap):
            self.gaps.append(news.reason)
        elif isinstance(news, Depth):
            if news.snapshot:
                self.sides = ({}, {})
            for side, rows in zip(self.sides, (news.bids, news.asks), strict=True):
                for price, size in rows:
                    side[price] = size
                    if not size:
                        del side[price]
            self.books.append((dict(self.sides[0]), dict(self.sides[1])))

    def watch(self, before: int) -> None:
        """End when nothing came for two seconds after something did."""
        now = sum(self.kinds.values())
        self.quiet = self.quiet + 1 if now == before and now else 0
        if self.quiet < 2:
            self.scheduler.after(10**9, self.watch, now)
        else:
            self.feed.close()
            self.reach.close(self.finish)

    def interrupted(self) -> None:
        self.reach.close(self.finish)


def main(capture: Path, times: float) -> None:
    if not capture.exists():
        print(json.dumps({"skipped": f"{capture} is not here"}))
        return
    frames, snapshot = read(capture)
    right = truth(frames, snapshot)
    with subprocess.Popen(
        [sys.executable, "-m", "bench.replay", "send", str(capture), str(times)],
        stdout=subprocess.PIPE, text=True,
    ) as sender:  # fmt: skip
        assert sender.stdout is not None
        ports = sender.stdout.readline().split()
        receiver = Receiver((int(ports[0]), int(ports[1])), len(frames), len(right))
        run_loop(receiver)
        sender.kill()
    told = receiver.books[-len(right) :]
    coin = receiver.coin
    checks = wrong = 0
    for place in range(len(told) - 1, 0, -CHECK_EVERY):
        checks += 1
        ours = tuple(
            {coin.price_decimal(p): coin.quantity_decimal(q) for p, q in side.items()}
            for side in told[place]
        )
        wrong += ours != right[len(right) - len(told) + place]
    kinds = Counter(json.loads(body)["data"].get("e", "quote") for _, body in frames)
    sent, heard = kinds["trade"] + kinds["quote"], receiver.kinds["Trade"] + receiver.kinds["Quote"]
    figures = {
        "times": times, "frames": len(frames), "changes": len(right), "checks": checks,
        "books_that_differ": wrong, "quotes_and_trades_sent": sent,
        "quotes_and_trades_heard": heard, "gaps": receiver.gaps,
    }  # fmt: skip
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        asyncio.run(send(Path(sys.argv[2]), float(sys.argv[3])))
    else:
        given = sys.argv[1:]
        main(Path(given[0]) if given else CAPTURE, float(given[1]) if given[1:] else 50.0)
