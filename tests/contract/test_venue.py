"""What every venue owes to the runtime, held on each implementation of the port."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from steelyard.kernel.ports import Placing, PriceNews, Venue
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import BUY, IOC, LIMIT, MARKET, POST_ONLY, SELL, STOP_MARKET
from steelyard.model.reports import (
    Fault,
    Holdings,
    Linked,
    Listing,
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
)
from tests.contract import paper_process
from tests.contract.halls import HALVES, OnHall
from tests.contract.plain import PlainAccount, PlainMarket
from tests.contract.rigs import (
    HALL_PROGRAM,
    PLAIN_PROGRAM,
    InProcess,
    Native,
    OverSocket,
    Process,
    Rig,
)

_Kind = TypeVar("_Kind")
_accounts = count()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder: Path = tmp_path_factory.mktemp("paper")
    process = Process(f"unix:{folder}/venue.sock")
    yield process
    process.end()


@pytest.fixture(scope="module")
def plain() -> Iterator[Process]:
    process = Process("0", program=PLAIN_PROGRAM)
    yield process
    process.end()


def _native(request: pytest.FixtureRequest, *, over_socket: bool) -> Rig:
    address = request.getfixturevalue("plain").address
    return Native(partial(PlainAccount, address), PlainMarket(address), over_socket=over_socket)


@pytest.fixture(scope="module")
def halls() -> Iterator[Callable[[str], str]]:
    """Start the local exchange in a dialect, once; return what it says of itself."""
    started: dict[str, Process] = {}

    def line(name: str) -> str:
        if name not in started:
            started[name] = Process(name, program=HALL_PROGRAM)
        return started[name].address

    yield line
    for process in started.values():
        process.end()


def _on_hall(name: str, request: pytest.FixtureRequest, *, over_socket: bool) -> Rig:
    return OnHall(name, request.getfixturevalue("halls")(name), over_socket=over_socket)


RIGS: dict[str, Callable[[pytest.FixtureRequest], Rig]] = {
    "in process": lambda _: InProcess(),
    "over a socket": lambda request: OverSocket(request.getfixturevalue("process").address),
    "native, orders over a socket": partial(_native, over_socket=True),
    "native, all over REST": partial(_native, over_socket=False),
}
"""How each implementation is reached."""

for _name in HALVES:
    RIGS[f"{_name}, orders over a socket"] = partial(_on_hall, _name, over_socket=True)
    RIGS[f"{_name}, all over REST"] = partial(_on_hall, _name, over_socket=False)


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = RIGS[request.param](request)
    yield rig
    rig.close()


class Client:
    """One account's door, with everything it was told."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.venue: Venue = rig.venue(next(_accounts) % paper_process.ACCOUNTS)
        self.news: list[News] = []
        self.venue.listen(self.news.append)
        rig.wait(lambda: bool(self.news) and rig.ready)

    def ask(self, send: Callable[[Callable[[Reply], None]], None]) -> Reply:
        """Send a request; return its one reply, which came after the call."""
        replies: list[Reply] = []
        send(replies.append)
        assert not replies  # never from within the call
        self.rig.wait(lambda: bool(replies))
        (reply,) = replies
        return reply

    def place(self, client_id: str, side: int = BUY, price: int = 9_000, quantity: int = 10,
              kind: int = LIMIT, flags: int = 0, trigger: int = 0) -> Reply:  # fmt: skip
        order = Placing(
            client_id=client_id, instrument=0, side=side, type=kind, flags=flags, price=price,
            quantity=quantity, trigger=trigger,
        )  # fmt: skip
        return self.ask(lambda heard: self.venue.place(order, heard))

    def placed(self, client_id: str, *given: int, **named: int) -> OrderReport:
        """Place an order that is taken; return what is told of it, if only when asked."""
        reply = self.place(client_id, *given, **named)
        assert isinstance(reply, Success), reply
        if isinstance(reply.value, OrderReport):
            return reply.value
        assert reply.value is None
        return value(self.order(client_id), OrderFound).report

    def cancel(self, client_id: str) -> Reply:
        return self.ask(lambda heard: self.venue.cancel(client_id, 0, heard))

    def order(self, client_id: str) -> Reply:
        return self.ask(lambda heard: self.venue.order(client_id, 0, heard))

    def open_ids(self) -> list[str]:
        found = value(self.ask(self.venue.open_orders), OpenOrders)
        assert found.complete
        return [order.client_id for order in found.orders]

    def states(self, client_id: str) -> list[OrderState]:
        return [
            n.state for n in self.news if isinstance(n, OrderReport) and n.client_id == client_id
        ]

    def trades(self, quantity: int) -> list[TradeReport]:
        """Wait for trades of so much; return each once: a venue may tell one on two channels."""

        def told() -> list[TradeReport]:
            return list(dict.fromkeys(n for n in self.news if isinstance(n, TradeReport)))

        # Some tell that an order is filled before they tell by what.
        self.rig.wait(lambda: sum(t.quantity for t in told()) >= quantity)
        return told()

    def until(self, client_id: str, state: OrderState) -> None:
        self.rig.wait(lambda: state in self.states(client_id))


@pytest.fixture
def client(rig: Rig) -> Iterator[Client]:
    client = Client(rig)
    yield client
    client.venue.close()


def value(reply: Reply, kind: type[_Kind]) -> _Kind:
    assert isinstance(reply, Success), reply
    assert isinstance(reply.value, kind)
    return reply.value


def fault(reply: Reply) -> Fault:
    assert isinstance(reply, Refusal), reply
    return reply.fault


def test_the_stream_says_first_that_it_runs(client: Client) -> None:
    assert isinstance(client.news[0], Linked)


def test_an_order_rests_is_found_and_is_canceled(client: Client) -> None:
    placed = client.placed("rest-1", flags=POST_ONLY)
    assert (placed.client_id, placed.state, placed.filled) == ("rest-1", OrderState.OPEN, 0)
    client.until("rest-1", OrderState.OPEN)
    assert client.open_ids() == ["rest-1"]
    found = value(client.order("rest-1"), OrderFound)
    assert (found.report.venue_id, found.trades) == (placed.venue_id, ())

    assert isinstance(client.cancel("rest-1"), Success)

    client.until("rest-1", OrderState.CANCELED)
    assert client.open_ids() == []
    assert value(client.order("rest-1"), OrderFound).report.state == OrderState.CANCELED


def test_a_taker_is_told_by_reply_stream_and_query_alike(client: Client) -> None:
    placed = client.placed("take-1", BUY, 0, 10, MARKET)
    client.until("take-1", OrderState.FILLED)

    told = client.trades(10)
    found = value(client.order("take-1"), OrderFound)
    page = value(client.ask(lambda heard: client.venue.trades("", heard)), Trades)
    held = value(client.ask(client.venue.holdings), Holdings)

    assert (placed.state, placed.filled) == (OrderState.FILLED, 10)
    assert found.report.filled == 10
    assert tuple(told) == found.trades == page.trades
    assert sum(t.quantity for t in told) == 10
    assert {t.client_id for t in told} == {"take-1"}
    assert [(h.instrument, h.quantity) for h in held.positions] == [(0, 10)]
    assert held.cash == paper_process.CASH - sum(t.fee for t in told)
    assert held.complete


def test_the_market_fills_what_rests(client: Client) -> None:
    client.placed("maker-1", SELL, 10_005, 4)

    client.until("maker-1", OrderState.FILLED)

    trades = client.trades(4)
    assert sum(t.quantity for t in trades) == 4
    assert all(t.price >= 10_005 for t in trades)


def test_a_stop_waits_at_the_venue_and_trades_at_its_trigger(client: Client) -> None:
    client.placed("stop-1", BUY, 0, 2, STOP_MARKET, trigger=10_020)
    assert client.open_ids() == ["stop-1"]
    assert value(client.order("stop-1"), OrderFound).report.trigger == 10_020
    assert isinstance(client.cancel("stop-1"), Success)
    client.until("stop-1", OrderState.CANCELED)


def test_what_the_venue_refuses_did_not_happen(client: Client) -> None:
    assert fault(client.place("odd", quantity=3)) == Fault.FILTER
    assert fault(client.place("too large " * 7)) in (Fault.OTHER, Fault.FILTER)  # its id
    assert fault(client.place("rich", BUY, 9_000, 10**9)) == Fault.FUNDS
    taker = client.place("taker", BUY, 11_000, 2, flags=POST_ONLY)
    if isinstance(taker, Success):  # some venues take it and let it go at once
        client.until("taker", OrderState.CANCELED)
        assert not any(isinstance(one, TradeReport) for one in client.news)
    else:
        assert fault(taker) == Fault.POST_ONLY
    assert client.open_ids() == []
    assert fault(client.order("odd")) == Fault.NO_ORDER


def test_an_id_is_refused_the_second_time(client: Client) -> None:
    client.placed("twice")
    assert fault(client.place("twice")) == Fault.DUPLICATE
    assert client.open_ids() == ["twice"]


def test_nobody_cancels_what_is_not_there(rig: Rig, client: Client) -> None:
    assert fault(client.cancel("never")) == Fault.NO_ORDER
    client.placed("ioc-1", BUY, 9_000, 2, flags=IOC)
    over = {OrderState.EXPIRED, OrderState.CANCELED}  # venues call it the one or the other
    rig.wait(lambda: bool(over & set(client.states("ioc-1"))))
    assert fault(client.cancel("ioc-1")) == Fault.NO_ORDER


def test_everything_is_canceled_at_once(client: Client) -> None:
    if not client.venue.terms.cancels_all:
        pytest.skip("this venue cancels one by one")
    for i in range(5):
        client.placed(f"all-{i}", price=9_000 + i)

    assert isinstance(client.ask(lambda heard: client.venue.cancel_all(0, heard)), Success)

    for i in range(5):
        client.until(f"all-{i}", OrderState.CANCELED)
    assert client.open_ids() == []


def test_trades_go_on_from_their_cursor(client: Client) -> None:
    client.placed("page-1", BUY, 0, 2, MARKET)
    first = value(client.ask(lambda heard: client.venue.trades("", heard)), Trades)
    client.placed("page-2", SELL, 0, 2, MARKET)

    second = value(client.ask(lambda heard: client.venue.trades(first.cursor, heard)), Trades)

    assert [t.client_id for t in first.trades] == ["page-1"]
    # A cursor may tell a trade twice, but it skips none.
    fresh = [t for t in second.trades if t not in first.trades]
    assert [t.client_id for t in fresh] == ["page-2"]
    assert not second.more


def test_accounts_do_not_see_one_another(rig: Rig, client: Client) -> None:
    other = Client(rig)
    client.placed("mine")

    assert other.open_ids() == []
    assert fault(other.cancel("mine")) == Fault.NO_ORDER
    other.placed("mine")
    other.venue.close()


def test_requests_are_answered_each_once(client: Client) -> None:
    replies: list[tuple[int, Reply]] = []

    def note(i: int, reply: Reply) -> None:
        replies.append((i, reply))

    for i in range(30):
        order = Placing(
            client_id=f"many-{i}", instrument=0, side=BUY, type=LIMIT, flags=0, price=9_000,
            quantity=2,
        )  # fmt: skip
        client.venue.place(order, partial(note, i))
    client.rig.wait(lambda: len(replies) >= 30)
    client.open_ids()

    assert sorted(i for i, _ in replies) == list(range(30))  # in whatever order


def test_nothing_is_called_after_closing(rig: Rig) -> None:
    closing = Client(rig)
    heard: list[Reply] = []
    closing.venue.open_orders(heard.append)
    told = len(closing.news)
    closing.venue.close()

    other = Client(rig)
    other.open_ids()

    assert (heard, len(closing.news)) == ([], told)
    other.venue.close()


def test_the_feed_tells_the_market(rig: Rig) -> None:
    feed = rig.feed()
    heard: list[PriceNews] = []
    feed.listen(heard.append)
    rig.wait(lambda: len(heard) > 50)
    feed.close()

    ticks = [tick for tick in heard if isinstance(tick, Trade | Quote)]
    assert len(ticks) == len(heard)
    assert {type(tick) for tick in ticks} == {Trade, Quote}
    prices = {tick.price for tick in ticks if isinstance(tick, Trade)}
    assert prices <= set(paper_process.PRICES)


def test_the_venue_tells_the_terms_of_its_instruments(rig: Rig) -> None:
    client = Client(rig)

    found = value(client.ask(client.venue.listing), Listing)

    assert rig.instrument.name in {one.name for one in found.instruments}
