"""The generic venue trades on `steelyard exchange`: four dialects, spot and perpetuals.

Nobody of the two knows the other: ccxt speaks as the venues' clients do.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from steelyard.app.accounts import addresses_given, from_exchange
from steelyard.app.exchange import offered
from steelyard.kernel.ports import Placing, PriceNews
from steelyard.model.client_ids import encode
from steelyard.model.events import Quote
from steelyard.model.kinds import BUY, LIMIT, MARKET, POST_ONLY, REDUCE_ONLY, SELL
from steelyard.model.market import Depth
from steelyard.model.reports import (
    Fault,
    Holdings,
    Linked,
    News,
    OpenOrders,
    OrderFound,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Trades,
    Unclear,
)
from steelyard.venues.ccxt.door import Door
from steelyard.venues.ccxt.feed import CcxtFeed
from steelyard.venues.ccxt.venue import CcxtVenue
from steelyard.venues.native.dialect import Channel
from steelyard.wire.http_client import AioHttp
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.tasks import Tasks

pytestmark = pytest.mark.timeout(120)
DIALECTS = ("binance", "okx", "bitget", "gate")
WAIT_S = 40.0
_numbers = count(1)


@pytest.fixture(scope="module")
def exchange() -> Iterator[str]:
    """The line that a running exchange prints."""
    program = subprocess.Popen(
        [sys.executable, "-m", "steelyard", "exchange", "--json", "--port", "0", "--accounts", "3",
         "--dialects", ",".join(offered())],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout is not None
    yield program.stdout.readline()
    program.terminate()
    program.wait(30)
    program.stdout.close()


class Client:
    """A trader on one dialect through ccxt."""

    def __init__(self, line: str, dialect: str, name: str) -> None:
        self.dialect, self.name = dialect, name
        self.credentials, rest, ws = from_exchange(line, f"ccxt:{dialect}")
        self.addresses = addresses_given(f"ccxt:{dialect}", rest, ws)
        self.loop = asyncio.new_event_loop()
        self.scheduler = LoopScheduler(self.loop)
        self.http, self.tasks = AioHttp(self.loop), Tasks(self.loop)
        self.doors: list[Door] = []
        self.door = self.opened()
        self.venue = CcxtVenue(self.door)
        self.instrument = self.door.instruments[0]
        self.news: list[News] = []

    def opened(self, *, exact: bool = True) -> Door:
        door = Door(
            self.dialect, self.scheduler, self.tasks, self.http, (self.name,),
            credentials=self.credentials, addresses=self.addresses, exact=exact,
        )  # fmt: skip
        self.doors.append(door)
        value(self.ask(door.start), tuple)
        return door

    def ask(self, send: Callable[[Callable[[Reply], None]], None]) -> Reply:
        for _ in range(5):
            replies: list[Reply] = []
            send(replies.append)
            self.wait(lambda: bool(replies))  # noqa: B023 - awaited in its own turn
            reply = replies[0]
            if not isinstance(reply, Refusal) or reply.fault != Fault.RATE_LIMIT:
                break
            self.pause(1.0)  # the exchange counts, and nobody here has a budget
        return reply

    def pause(self, seconds: float) -> None:
        passed: list[bool] = []
        self.loop.call_later(seconds, passed.append, True)
        self.wait(lambda: bool(passed))

    def wait(self, until: Callable[[], bool]) -> None:
        late = self.loop.call_later(WAIT_S, self.loop.stop)

        def look() -> None:
            if until():
                self.loop.stop()
            else:
                self.loop.call_later(0.01, look)

        self.loop.call_soon(look)
        self.loop.run_forever()
        late.cancel()
        assert until(), "it did not come"

    def until(self, true: Callable[[], bool]) -> None:
        """Ask until it is so, at a pace that no budget minds."""
        for _ in range(80):
            if true():
                return
            self.pause(0.25)
        raise AssertionError("it did not come")

    def quote(self) -> Quote:
        heard: list[PriceNews] = []
        feed = CcxtFeed(self.opened(), frozenset({Channel.QUOTES}))
        feed.listen(heard.append)
        self.wait(lambda: any(isinstance(one, Quote) for one in heard))
        feed.close()
        return next(one for one in heard if isinstance(one, Quote))

    def lots(self, worth: int) -> int:
        """Return a quantity that is worth about so much quote."""
        price = self.instrument.price_decimal(self.quote().bid)
        coins = worth / price / self.instrument.multiplier
        units = int(coins.scaleb(self.instrument.quantity_decimals))
        return max(units // self.instrument.lot * self.instrument.lot, self.instrument.lot)

    def place(self, side: int, kind: int, price: int, quantity: int, flags: int = 0) -> str:
        order = self.order_of(side, kind, price, quantity, flags)
        reply = self.ask(lambda heard: self.venue.place(order, heard))
        assert isinstance(reply, Success), reply
        return order.client_id

    def order_of(self, side: int, kind: int, price: int, quantity: int, flags: int) -> Placing:
        client_id = encode(3, 1, next(_numbers), 1)
        return Placing(
            client_id=client_id, instrument=0, side=side, type=kind, flags=flags, price=price,
            quantity=quantity,
        )  # fmt: skip

    def order(self, client_id: str) -> OrderFound:
        reply = self.ask(lambda heard: self.venue.order(client_id, 0, heard))
        assert isinstance(reply, Success), reply
        assert isinstance(reply.value, OrderFound)
        return reply.value

    def open_ids(self) -> list[str]:
        found = value(self.ask(self.venue.open_orders), OpenOrders)
        return [one.client_id for one in found.orders]

    def close(self) -> None:
        self.venue.end_stream()
        for door in self.doors:
            door.close()
        self.loop.run_until_complete(self.tasks.ended())
        self.loop.run_until_complete(self.http.ended())
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.close()


def value(reply: Reply, kind: type) -> Any:
    assert isinstance(reply, Success), reply
    assert isinstance(reply.value, kind)
    return reply.value


@pytest.fixture(params=[f"{one} {kind}" for one in DIALECTS for kind in ("spot", "perp")])
def client(request: pytest.FixtureRequest, exchange: str) -> Iterator[Client]:
    dialect, kind = request.param.split()
    if dialect not in offered():
        pytest.skip(f"this build speaks no {dialect}")
    client = Client(exchange, dialect, "BTC/USDT" if kind == "spot" else "BTC/USDT:USDT")
    yield client
    client.close()


def far_below(client: Client) -> int:
    price = client.quote().bid * 9 // 10
    return price - price % client.instrument.tick


def test_an_order_rests_is_found_and_is_canceled(client: Client) -> None:
    one = client.place(BUY, LIMIT, far_below(client), client.lots(200), POST_ONLY)

    assert client.open_ids() == [one]
    found = client.order(one)
    assert (found.report.client_id, found.report.state) == (one, OrderState.OPEN)
    reply = client.ask(lambda heard: client.venue.cancel(one, 0, heard))
    assert isinstance(reply, Success), reply
    client.until(lambda: client.order(one).report.state == OrderState.CANCELED)
    assert client.open_ids() == []


def test_an_order_of_another_life_is_found_by_our_own_id(client: Client) -> None:
    one = client.place(BUY, LIMIT, far_below(client), client.lots(200))
    client.venue = CcxtVenue(client.door)  # remembers nothing

    assert client.order(one).report.state == OrderState.OPEN
    client.venue = CcxtVenue(client.door)
    reply = client.ask(lambda heard: client.venue.cancel(one, 0, heard))
    assert isinstance(reply, Success), reply


def test_nobody_knows_an_order_that_never_was(client: Client) -> None:
    never = encode(3, 1, next(_numbers), 1)
    reply = client.ask(lambda heard: client.venue.order(never, 0, heard))

    assert isinstance(reply, Refusal), reply
    assert reply.fault == Fault.NO_ORDER


def test_a_position_is_opened_and_closed_to_the_last_unit(client: Client) -> None:
    client.venue.listen(client.news.append)
    client.wait(lambda: bool(client.news))
    assert isinstance(client.news[0], Linked)
    before = {one.instrument: one.quantity for one in held(client).positions}
    size = client.lots(400)
    is_perp = ":" in client.name
    kind, limit = (MARKET, 0) if is_perp else (LIMIT, client.quote().ask * 11 // 10)
    limit -= limit % client.instrument.tick
    one = client.place(BUY, kind, limit, size)
    client.until(lambda: client.order(one).complete and client.order(one).report.filled == size)
    client.wait(lambda: bool(trades_of(client, one)))

    told = client.order(one)
    assert sum(trade.quantity for trade in told.trades) == size
    assert told.report.state == OrderState.FILLED
    page = value(client.ask(lambda heard: client.venue.trades("", heard)), Trades)
    assert {t.trade for t in told.trades} <= {t.trade for t in page.trades}
    now = {each.instrument: each.quantity for each in held(client).positions}
    taken = sum(trade.coin_fee for trade in told.trades)
    assert now.get(0, 0) - before.get(0, 0) == size - taken
    if is_perp:
        two = client.place(SELL, MARKET, 0, size, REDUCE_ONLY)
        client.until(lambda: client.order(two).report.filled == size)
        after = {each.instrument: each.quantity for each in held(client).positions}
        assert after.get(0, 0) == before.get(0, 0)
    client.wait(lambda: OrderState.FILLED in states(client, one))
    assert all((t.fee if is_perp else t.coin_fee) > 0 for t in told.trades)


def held(client: Client) -> Holdings:
    found = value(client.ask(client.venue.holdings), Holdings)
    assert isinstance(found, Holdings)
    assert found.complete
    assert found.cash > 0
    return found


def trades_of(client: Client, client_id: str) -> list[TradeReport]:
    return [
        one for one in client.news if isinstance(one, TradeReport) and one.client_id == client_id
    ]


def states(client: Client, client_id: str) -> list[OrderState]:
    return [
        one.state
        for one in client.news
        if isinstance(one, OrderReport) and one.client_id == client_id
    ]


def test_what_cannot_be_paid_is_refused(client: Client) -> None:
    size = client.lots(400) * 10_000
    order = client.order_of(BUY, LIMIT, far_below(client), size, 0)
    reply = client.ask(lambda heard: client.venue.place(order, heard))

    # ccxt does not know every code of Binance's: what it does not know is unclear.
    assert isinstance(reply, Refusal | Unclear), reply
    assert isinstance(reply, Unclear) or reply.fault in {Fault.FUNDS, Fault.FILTER}
    assert order.client_id not in client.open_ids()


def test_a_book_is_told_whole(client: Client) -> None:
    heard: list[PriceNews] = []
    feed = CcxtFeed(client.opened(), frozenset({Channel.DEPTH}), client.opened(exact=False))
    feed.listen(heard.append)
    client.wait(lambda: any(isinstance(one, Depth) for one in heard))
    feed.close()

    book = next(one for one in heard if isinstance(one, Depth))
    bids, asks = [level[0] for level in book.bids], [level[0] for level in book.asks]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
