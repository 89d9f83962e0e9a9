"""From a price to an order, over the wire: `python -m bench.latency`.

A local exchange in the Binance dialect moves its price two hundred times a second; each twentieth
price is one to act on. Measured there, from the moment such a best quote leaves to the moment the
order that answers it has come: by our feed, desk, journal and order socket; by our order over REST;
by the same loop written with ccxt pro, its throttler off; and by an echo, which is what the machine
takes for itself. Clients are processes of their own, one after the other, on the same exchange.
Processes of idle priority keep the processors awake: to wake one takes longer than all else.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import picows
from aiohttp import web

from bench.shell import desk_of
from steelyard.app.exchange import run_exchange
from steelyard.app.switch import FileSwitch
from steelyard.app.venues import account_of, market_of, own_addresses
from steelyard.exchange.hall import server
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.model.events import Absent, Event, Paused, Rejected, Seated
from steelyard.model.instruments import Instrument
from steelyard.model.reports import Reply, Success
from steelyard.runtime.market import Market
from steelyard.runtime.plan import BookPlan, RobotPlan
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.opening import open_journal
from steelyard.venues.native.dialect import Channel, Credentials
from steelyard.venues.native.feed import NativeFeed
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.rest import Rest
from steelyard.venues.native.venue import NativeVenue
from steelyard.wire.errands import Errand, reach_of, walk
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Streams

ORDERS = 150
WARM = 50
GAP_S = 0.005
EVERY = 20
CALM, WANTED = 60_000, 60_550
SIGN = b'"b":"605'
SECONDS = (ORDERS + WARM) * EVERY * GAP_S
NAME = "BTC/USDT:USDT"
EVENTS = msgspec.msgpack.Decoder(Event)


def price_at(n: int) -> int:
    """Return the price of move `n`."""
    return CALM + n % 10 if n % EVERY else WANTED


# --- the exchange, with a watch in its hand -----------------------------------------------------


class Watch:
    """When the last quote left, and how long each answer to one took."""

    def __init__(self) -> None:
        self.left_ns = 0
        self.spans: list[int] = []

    def sent(self, text: bytes) -> None:
        if b"bookTicker" in text[:80] and SIGN in text:
            self.left_ns = self.left_ns or time.perf_counter_ns()

    def came(self, text: bytes, path: str = "") -> None:
        places = path.endswith("/order") or (b"order.place" in text)
        if places and self.left_ns:
            self.spans.append(time.perf_counter_ns() - self.left_ns)
            self.left_ns = 0


def look_on(watch: Watch) -> None:
    """Let the watch see what leaves and what comes."""
    doorman: Any = server.DialectDoorman
    frames: Any = web.WebSocketResponse
    opened, asked, send = doorman.dialled, doorman.asked, frames.send_frame

    async def sent(self: Any, body: bytes, *more: Any, **named: Any) -> None:
        watch.sent(body)
        await send(self, body, *more, **named)

    def dialled(self: Any, path: str, query: str, headers: Any, socket: Any) -> Any:
        ears = opened(self, path, query, headers, socket)
        if ears is not None:
            said = ears.said

            def heard(body: bytes) -> None:
                watch.came(body)
                said(body)

            ears.said = heard
        return ears

    def request(self: Any, one: Any) -> Any:
        if one.method == "POST":
            watch.came(b"", one.path)
        return asked(self, one)

    doorman.dialled, doorman.asked, frames.send_frame = dialled, request, sent


def serve() -> None:
    """Be the exchange; a line on standard input prints and forgets what was measured."""
    watch = Watch()
    look_on(watch)

    def ready(told: dict[str, Any]) -> None:
        print(json.dumps(told), flush=True)
        asyncio.get_running_loop().add_reader(sys.stdin, tell)

    def tell() -> None:
        if not sys.stdin.readline():
            sys.exit()
        spans, watch.spans = watch.spans, []
        print(json.dumps(spans), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "prices.toml"
        script.write_text("\n".join(
            f'[[price]]\nat_s = {n * GAP_S:.3f}\nprices = {{ BTC = "{price_at(n)}" }}'
            for n in range(int(300 / GAP_S))
        ))  # fmt: skip
        run_exchange(
            dialects=("binance",), accounts=4, market=str(script), speed=1.0, seed=1,
            money=Decimal(10**7), host="127.0.0.1", port=0, faults=None, ready=ready, report=print,
        )  # fmt: skip


# --- ours ---------------------------------------------------------------------------------------


class Answering(Strategy):
    """One order for each price to act on, far below, which ends at once."""

    level = size = 0

    def on_start(self, view: View) -> None:
        self.level = view.price((CALM + WANTED) // 2)
        self.size = 10 * int(view.instrument().lot)

    def on_quote(self, view: View, tick: Tick) -> None:
        if tick.bid > self.level:
            view.buy(self.size, tick.bid * 98 // 100 // 10 * 10, ioc=True)


class Ours:
    """A desk at the exchange."""

    def __init__(self, told: Any, folder: Path, durability: Durability, *, socket: bool) -> None:
        self.told, self.folder, self.durability = told, folder, durability
        self.over_socket = socket

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self.scheduler, self.finish = scheduler, finish
        self.reach = reach_of(scheduler)
        self.rest = Rest(scheduler, self.reach.http, deadline_ns=5 * 10**9)
        walk(self.opening())

    def opening(self) -> Errand[None]:
        told, reach, scheduler = self.told, self.reach, self.scheduler
        addresses = own_addresses("binance", {"": told["rest"]}, {"": told["ws"]})
        public = market_of("binance", addresses, (), scheduler.now_ns)
        offset = Offset(scheduler, self.rest, public.time)
        yield lambda heard: offset.start(lambda: heard(None))
        reply: Reply = yield lambda heard: self.rest.hold(public.listing, heard)
        assert isinstance(reply, Success)
        coin: Instrument = next(
            one.instrument for one in reply.value if one.instrument.name == NAME
        )
        market = market_of("binance", addresses, (coin,), scheduler.now_ns)
        feed = NativeFeed(
            scheduler, reach.http, reach.sockets, market, instruments=1,
            channels=frozenset({Channel.QUOTES}),
        )  # fmt: skip
        credentials = Credentials(key=told["key"], secret=told["secret"])
        dialect = account_of(
            "binance", addresses, credentials, (coin,), hedged=False, now_ns=offset.venue_now_ns
        )
        venue = NativeVenue(
            scheduler, reach.http, reach.sockets, dialect, account="bench", offset=offset,
            over_socket=self.over_socket,
        )  # fmt: skip
        self.journal = open_journal(
            str(self.folder / "journal.db"), scheduler=scheduler, tell=scheduler.from_thread,
            durability=self.durability,
        )  # fmt: skip
        robot = RobotPlan(
            name="r", strategy="answering", parameters={}, instrument=0, capital=10**12
        )
        plan = BookPlan(
            name="bench", number=1, account="bench", venue="binance", instruments=(coin,),
            robots=(robot,), orders_max=1024, robots_max=1, instruments_max=1, exit_stop=1,
            leverage=5, exit_patience_ns=0, snapshot_every=10**9,
        )  # fmt: skip
        shared = Market(feed, scheduler, (NAME,))
        switch = FileSwitch(self.folder)
        switch.watch(scheduler)
        self.desk = desk_of(plan, scheduler, self.journal, venue, shared, switch, seat_of)
        self.desk.start(self.opened)

    def opened(self) -> None:
        self.scheduler.after(int(SECONDS * 1e9) + 10**9, self.end)

    def interrupted(self) -> None:
        self.end()

    def end(self) -> None:
        self.desk.stop(self.close)

    def close(self) -> None:
        self.rest.close()
        self.say_what_failed()
        self.journal.close()
        self.reach.close(self.finish)

    def say_what_failed(self) -> None:
        """Say on standard error why orders did not leave or were refused: they are missing."""
        why = Counter[str]()
        for row in self.journal.rows("bench"):
            match EVENTS.decode(row.event):
                case Absent(evidence=evidence):
                    why[evidence] += 1
                case Rejected(code=code):
                    why[f"refused with code {code}"] += 1
                case Paused(paused=True, reason=reason):
                    why[f"paused: {reason}"] += 1
        if why:
            print(dict(why), file=sys.stderr)


def seat_of(event: Seated, book: Any) -> Any:
    from steelyard.kernel.kernel import PlainSeat

    return PlainSeat(event.name, Answering(event.parameters))


def ours(told: Any, durability: str, way: str) -> None:
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        run_loop(Ours(told, Path(folder), Durability(durability), socket=way == "socket"))


# --- theirs -------------------------------------------------------------------------------------


async def theirs(told: Any, way: str) -> None:
    """Run the same loop, as ccxt's manual writes it."""
    import ccxt.pro

    client = ccxt.pro.binanceusdm(
        {"apiKey": told["key"], "secret": told["secret"], "enableRateLimit": False}
    )
    api = client.urls["api"]
    for name, url in list(api.items()):
        if isinstance(url, str):
            api[name] = told["rest"] + urlsplit(url).path
    api["ws"] |= {
        "future": told["ws_futures"], "linear": told["ws_futures"],
        "ws-api": {"future": told["ws_fapi"], "linear": told["ws_fapi"]},
    }  # fmt: skip
    await client.load_markets()
    end = time.monotonic() + SECONDS + 1
    place = client.create_order if way == "rest" else client.create_order_ws
    while time.monotonic() < end:
        quotes = await client.watch_bids_asks([NAME])
        bid = quotes[NAME]["bid"]
        if bid > (CALM + WANTED) // 2:
            price = float(client.price_to_precision(NAME, bid * 0.98))
            await place(NAME, "limit", "buy", 0.01, price, {"timeInForce": "IOC"})
    await client.close()


# --- nobody's: what the machine takes for itself ------------------------------------------------


class Echo(picows.WSListener):
    """Answers each quote with a frame that names an order, without looking."""

    entry: picows.WSTransport | None = None

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if self.entry is not None and SIGN in frame.get_payload_as_bytes():
            self.entry.send(picows.WSMsgType.TEXT, b'{"id":"1","method":"order.place"}')


async def echo(told: Any) -> None:
    ears = Echo()
    ears.entry, _ = await picows.ws_connect(picows.WSListener, told["ws_fapi"])
    url = told["ws_futures_base"] + "/stream?streams=btcusdt@bookTicker"
    await picows.ws_connect(lambda: ears, url)
    await asyncio.sleep(SECONDS + 1)


# --- the comparison -----------------------------------------------------------------------------


def spin(processor: int) -> None:
    """Keep a processor awake, and give way to everybody."""
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass


RUNS = (
    ("echo", "echo"),
    ("ours_flushed_socket", "ours", "flushed", "socket"),
    ("ours_synced_socket", "ours", "synced", "socket"),
    ("ours_flushed_rest", "ours", "flushed", "rest"),
    ("ours_synced_rest", "ours", "synced", "rest"),
    ("ccxt_pro_rest", "theirs", "rest"),
    ("ccxt_pro_socket", "theirs", "socket"),
)


def main() -> None:
    me = [sys.executable, "-m", "bench.latency"]
    found: dict[str, Any] = {}
    with subprocess.Popen(
        [*me, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as exchange:
        assert exchange.stdout is not None
        assert exchange.stdin is not None
        told = json.dumps(json.loads(exchange.stdout.readline())["binance"])
        spinners: list[subprocess.Popen[Any]] = [
            subprocess.Popen([*me, "spin", str(one)]) for one in os.sched_getaffinity(0)
        ]
        for name, *how in RUNS:
            subprocess.run([*me, told, *how], check=True, timeout=180)
            exchange.stdin.write("\n")
            exchange.stdin.flush()
            spans = sorted(json.loads(exchange.stdout.readline())[WARM:])
            found[name] = {
                "orders": len(spans),
                "p50_us": round(statistics.median(spans) / 1000),
                "p99_us": round(spans[len(spans) * 99 // 100] / 1000),
            }
        for process in (exchange, *spinners):
            process.kill()
    for name in ("ours_flushed_socket", "ours_synced_socket"):
        for way in ("rest", "socket"):
            theirs = found[f"ccxt_pro_{way}"]["p50_us"]
            found[name][f"times_faster_than_ccxt_pro_over_{way}"] = round(
                theirs / found[name]["p50_us"], 1
            )
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case [told, "ours", durability, way]:
            ours(json.loads(told), durability, way)
        case ["spin", processor]:
            spin(int(processor))
        case [told, "echo"]:
            asyncio.run(echo(json.loads(told)))
        case [told, "theirs", way]:
            asyncio.run(theirs(json.loads(told), way))
        case _:
            main()
