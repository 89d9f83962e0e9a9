"""The server of the plain dialect: `python plain_process.py [port]`; it prints its address.

The exchange and its market are those of `rigs.InProcess`; requests act at once.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import cycle

from aiohttp import WSMsgType, web

from steelyard.kernel.ports import Heard, PriceNews
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import BUY, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.model.reports import Linked, News, Reply
from steelyard.venues.paper import frames
from steelyard.venues.paper.client import event_of
from steelyard.venues.paper.direct import DirectFeed, DirectVenue, Floor
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.frames import Message, What
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.wire.scheduler import LoopScheduler
from tests.contract import paper_process
from tests.contract.plain import LOGIN, WELCOME


class Plain:
    """The exchange behind its doors."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.scheduler = LoopScheduler(loop)
        exchange = SimExchange(
            (paper_process.PERPETUAL,), leverage=5, rules=ExchangeRules(orders_max=50),
            cash=(paper_process.CASH,) * paper_process.ACCOUNTS,
        )  # fmt: skip
        self.floor = Floor(exchange, self.scheduler)
        self.rows = cycle(paper_process.rows())
        self.step()

    def step(self) -> None:
        _, kind, a, b, c, d = next(self.rows)
        self.floor.market(event_of((self.scheduler.now_ns(), kind, 0, a, b, c, d)))
        self.loop.call_later(paper_process.STEP_NS / 1e9, self.step)

    # --- requests --------------------------------------------------------------------------------

    async def ask(self, request: web.Request) -> web.Response:
        done: asyncio.Future[Reply] = self.loop.create_future()
        message = frames.read(await request.read())
        self.act(account_of(request), message, done.set_result)
        return web.Response(body=frames.write_reply(0, await done))

    async def time(self, request: web.Request) -> web.Response:
        return web.Response(text=str(self.scheduler.now_ns()))

    def act(self, account: int, message: Message, heard: Heard) -> None:
        """Do what a message asks for."""
        exchange, now_ns = self.floor.exchange, self.scheduler.now_ns()
        body = frames.body_of(message)
        match What(message.what):
            case What.PLACE:
                reply = exchange.place(now_ns, account, body.order, sent_ns=body.sent_ns)
            case What.CANCEL:
                reply = exchange.cancel(now_ns, account, body.client_id, body.instrument)
            case What.CANCEL_ALL:
                reply = exchange.cancel_all(now_ns, account, body.instrument)
            case What.ORDER:
                reply = exchange.order(now_ns, account, body.client_id, body.instrument)
            case What.OPEN_ORDERS:
                reply = exchange.open_orders(now_ns, account)
            case What.TRADES:
                reply = exchange.trades(now_ns, account, body)
            case What.HOLDINGS:
                reply = exchange.holdings(now_ns, account)
            case _:
                reply = exchange.listing(now_ns, account)
        self.scheduler.soon(heard, reply)
        self.floor.tell()

    # --- sockets ---------------------------------------------------------------------------------

    async def private(self, request: web.Request) -> web.WebSocketResponse:
        venue = DirectVenue(self.floor, account_of(request))

        async def speak(say: Callable[[str], None]) -> None:
            def tell(news: News) -> None:
                if not isinstance(news, Linked):
                    say(frames.write_news(0, news).hex())

            say(WELCOME)
            venue.listen(tell)

        socket = await converse(request, speak)
        venue.close()
        return socket

    async def orders(self, request: web.Request) -> web.WebSocketResponse:
        def answer(say: Callable[[str], None], number: int, reply: Reply) -> None:
            say(frames.write_reply(number, reply).hex())

        def hear(say: Callable[[str], None], text: str) -> None:
            message = frames.read(bytes.fromhex(text))
            self.act(account_of(request), message, partial(answer, say, message.number))

        async def speak(say: Callable[[str], None]) -> None:
            say(WELCOME)

        return await converse(request, speak, hear)

    async def market(self, request: web.Request) -> web.WebSocketResponse:
        feed = DirectFeed(self.floor)

        async def speak(say: Callable[[str], None]) -> None:
            feed.listen(lambda tick: say(frames.write(What.TICKS, 0, [row_of(tick)]).hex()))

        socket = await converse(request, speak, login=False)
        feed.close()
        return socket


async def converse(
    request: web.Request, speak: Callable[[Callable[[str], None]], Awaitable[None]],
    hear: Callable[[Callable[[str], None], str], None] | None = None, *, login: bool = True,
) -> web.WebSocketResponse:  # fmt: skip
    """Say what comes, in its order, and hear until the end."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    texts: asyncio.Queue[str] = asyncio.Queue()
    if login:
        assert await socket.receive_str() == LOGIN
    await speak(texts.put_nowait)

    async def write() -> None:
        while not socket.closed:
            await socket.send_str(await texts.get())

    writing = asyncio.create_task(write())
    async for message in socket:
        if message.type == WSMsgType.TEXT and hear is not None:
            hear(texts.put_nowait, message.data)
    writing.cancel()
    return socket


def account_of(request: web.Request) -> int:
    return int(request.query["account"])


def row_of(tick: PriceNews) -> frames.Row:
    if isinstance(tick, Quote):
        return (tick.ts_ns, QUOTE, tick.instrument, tick.bid, tick.bid_quantity, tick.ask,
                tick.ask_quantity)  # fmt: skip
    assert isinstance(tick, Trade)
    kind = TRADE_BUY if tick.taker_side == BUY else TRADE_SELL
    return (tick.ts_ns, kind, tick.instrument, tick.price, tick.quantity, 0, 0)


async def main() -> None:
    plain = Plain(asyncio.get_running_loop())
    app = web.Application()
    app.router.add_post("/ask", plain.ask)
    app.router.add_get("/time", plain.time)
    app.router.add_get("/private", plain.private)
    app.router.add_get("/orders", plain.orders)
    app.router.add_get("/market", plain.market)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = int(sys.argv[1]) if sys.argv[1:] else 0
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    sys.stdout.write(f"127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
