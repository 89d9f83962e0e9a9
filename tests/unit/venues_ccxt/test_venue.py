"""The generic venue over real sockets: what every venue owes, and what a lost reply means."""

from collections.abc import Iterator

import msgspec
import pytest
from aiohttp import web

from steelyard.kernel.ports import Placing
from steelyard.model.client_ids import encode
from steelyard.model.instruments import Kind
from steelyard.model.kinds import (
    BUY,
    IOC,
    LIMIT,
    MAKER,
    MARKET,
    POST_ONLY,
    SELL,
    TAKER,
    TRAILING_STOP,
)
from steelyard.model.reports import (
    Fault,
    Gap,
    Holdings,
    Linked,
    News,
    NotSent,
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
from steelyard.venues.ccxt.venue import CcxtVenue
from tests.unit.venues_ccxt.conftest import Rig
from tests.unit.venues_ccxt.spot_server import KEY, SECRET

PRICE = 10_000  # 100.00
LOT = 100_000_000  # 1 BTC


class Client:
    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.door = rig.started(rig.door())
        self.venue = CcxtVenue(self.door)
        self.news: list[News] = []

    def ids(self, number: int) -> str:
        return encode(7, 1, number, 1, venue="ccxt:binance")

    def place(self, number: int, side: int = BUY, price: int = 9_000, quantity: int = LOT // 10,
              kind: int = LIMIT, flags: int = 0) -> Reply:  # fmt: skip
        order = Placing(
            client_id=self.ids(number), instrument=0, side=side, type=kind, flags=flags,
            price=price if kind == LIMIT else 0, quantity=quantity,
        )  # fmt: skip
        return self.rig.ask(lambda heard: self.venue.place(order, heard))

    def cancel(self, number: int) -> Reply:
        return self.rig.ask(lambda heard: self.venue.cancel(self.ids(number), 0, heard))

    def order(self, number: int) -> Reply:
        return self.rig.ask(lambda heard: self.venue.order(self.ids(number), 0, heard))

    def open_ids(self) -> list[str]:
        reply = self.rig.ask(self.venue.open_orders)
        assert isinstance(reply, Success), reply
        assert isinstance(reply.value, OpenOrders)
        return [one.client_id for one in reply.value.orders]


@pytest.fixture
def client(rig: Rig) -> Iterator[Client]:
    client = Client(rig)
    # The server of these tests streams no account.
    client.door.able = msgspec.structs.replace(
        client.door.able, watches_orders=False, watches_trades=False
    )
    yield client
    client.venue.close()


def placed(reply: Reply) -> OrderReport:
    assert isinstance(reply, Success), reply
    assert isinstance(reply.value, OrderReport)
    return reply.value


def found(reply: Reply) -> OrderFound:
    assert isinstance(reply, Success), reply
    assert isinstance(reply.value, OrderFound)
    return reply.value


def fault(reply: Reply) -> Fault:
    assert isinstance(reply, Refusal), reply
    return reply.fault


def test_the_market_becomes_an_instrument_with_exact_steps(client: Client) -> None:
    (one,) = client.door.instruments

    assert (one.name, one.venue, one.kind) == ("BTC/USDT", "ccxt:binance", Kind.SPOT)
    assert (one.tick, one.price_decimals, one.lot, one.quantity_decimals) == (1, 2, 1_000, 8)
    assert one.money_decimal(one.notional_min) == 5


def test_an_order_rests_is_found_and_is_canceled(client: Client) -> None:
    report = placed(client.place(1, flags=POST_ONLY))

    assert (report.client_id, report.state, report.filled) == (client.ids(1), OrderState.OPEN, 0)
    assert (report.price, report.quantity, report.side) == (9_000, LOT // 10, BUY)
    assert client.open_ids() == [client.ids(1)]
    assert found(client.order(1)).trades == ()
    assert isinstance(client.cancel(1), Success)
    assert client.open_ids() == []
    assert found(client.order(1)).report.state == OrderState.CANCELED


def test_an_order_of_another_life_is_found_by_our_own_id(rig: Rig, client: Client) -> None:
    placed(client.place(1))
    later = Client(rig)

    assert found(later.order(1)).report.state == OrderState.OPEN
    assert isinstance(later.cancel(1), Success)
    assert later.open_ids() == []


def test_a_taker_is_told_by_reply_query_and_list_alike(client: Client) -> None:
    assert placed(client.place(1, kind=MARKET)).filled == LOT // 10

    answer = found(client.order(1))
    page = client.rig.ask(lambda heard: client.venue.trades("", heard))
    held = client.rig.ask(client.venue.holdings)

    assert isinstance(page, Success)
    assert isinstance(held, Success)
    assert isinstance(page.value, Trades)
    assert isinstance(held.value, Holdings)
    assert answer.complete
    assert answer.trades == page.value.trades
    (trade,) = answer.trades
    money = client.door.instruments[0].money_decimals
    assert (trade.price, trade.quantity, trade.liquidity) == (PRICE, LOT // 10, TAKER)
    assert trade.fee == 10 ** (money - 2)  # 0.01 USDT of 10
    assert [(one.instrument, one.quantity) for one in held.value.positions] == [(0, 160_000_000)]
    assert held.value.cash == 998_999 * 10 ** (money - 2)


def test_trades_go_on_from_their_cursor(client: Client) -> None:
    client.place(1, kind=MARKET)
    first = client.rig.ask(lambda heard: client.venue.trades("", heard))
    assert isinstance(first, Success)
    client.place(2, kind=MARKET)
    second = client.rig.ask(lambda heard: client.venue.trades(first.value.cursor, heard))
    assert isinstance(second, Success)

    assert [one.client_id for one in first.value.trades] == [client.ids(1)]
    assert [one.client_id for one in second.value.trades] == [client.ids(2)]
    assert not second.value.more


def test_what_the_venue_refuses_did_not_happen(client: Client) -> None:
    assert fault(client.place(1, quantity=LOT * 500)) == Fault.FUNDS
    assert fault(client.place(2, price=11_000, flags=POST_ONLY)) == Fault.POST_ONLY
    placed(client.place(3))
    assert fault(client.place(3)) == Fault.DUPLICATE
    assert fault(client.cancel(9)) == Fault.NO_ORDER
    assert fault(client.order(9)) == Fault.NO_ORDER
    assert client.open_ids() == [client.ids(3)]


def test_an_order_that_cannot_be_spelled_is_not_sent(client: Client) -> None:
    asked = len(client.rig.server.asked)

    assert "trailing stop" in refused(client.place(1, kind=TRAILING_STOP))
    assert len(client.rig.server.asked) == asked


def refused(reply: Reply) -> str:
    assert isinstance(reply, Refusal)
    assert "nothing was sent" in reply.text
    return reply.text


@pytest.mark.parametrize(
    "status,body",
    [
        (502, "<html>bad gateway</html>"),
        (200, "<html>hello</html>"),
        (200, ""),
        (200, '{"orderId":'),
        (200, "{}"),
        (400, '{"code":-9999,"msg":"never heard of"}'),
    ],
)
def test_a_reply_nobody_understands_is_unclear(client: Client, status: int, body: str) -> None:
    client.rig.server.next = [web.Response(status=status, text=body)]

    assert isinstance(client.place(1), Unclear)


def test_a_lost_reply_is_unclear_and_the_order_stands(client: Client) -> None:
    client.rig.server.next = ["lost"]

    assert isinstance(client.place(1), Unclear)
    assert [one[1] for one in client.rig.server.asked].count("/api/v3/order") == 1
    assert found(client.order(1)).report.state == OrderState.OPEN


@pytest.mark.parametrize(
    "status,body,expected",
    [
        (429, '{"code":-1003,"msg":"Too many requests"}', Fault.RATE_LIMIT),
        (418, '{"code":-1003,"msg":"Way too many requests; IP banned"}', Fault.BANNED),
        (400, '{"code":-1021,"msg":"Timestamp outside of recvWindow"}', Fault.CLOCK),
        (400, '{"code":-2015,"msg":"Invalid API-key, IP, or permissions"}', Fault.AUTH),
    ],
)
def test_a_definite_refusal_says_which(
    client: Client, status: int, body: str, expected: Fault
) -> None:
    head = {"Retry-After": "7"}
    client.rig.server.next = [web.Response(status=status, text=body, headers=head)]
    reply = client.place(1)

    assert fault(reply) == expected
    assert isinstance(reply, Refusal)
    assert reply.retry_after_ns == 7 * 10**9


def test_where_nobody_listens_nothing_left(rig: Rig) -> None:
    with_socket = rig.loop.run_until_complete(_free_port())
    reply = rig.ask(rig.door(port=with_socket).start)

    assert isinstance(reply, NotSent)


async def _free_port() -> int:
    import asyncio

    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


def test_before_the_markets_are_loaded_nothing_is_sent(rig: Rig) -> None:
    venue = CcxtVenue(rig.door())

    assert isinstance(rig.ask(venue.open_orders), NotSent)


def test_the_venues_clock_is_ours(rig: Rig) -> None:
    rig.server.ahead_ms = 90_000
    door = rig.started(rig.door())

    assert abs(door.ahead_ns - 90 * 10**9) < 10**9
    assert abs(door.exchange.milliseconds() - (rig.server.now_ms() + 90_000)) < 1_000
    assert abs(door.exchange.nonce() - door.exchange.milliseconds()) < 1_000


def test_a_wrong_secret_is_told_without_it(rig: Rig) -> None:
    door = rig.started(rig.door(secret="canary-wrong"))
    reply = rig.ask(CcxtVenue(door).open_orders)

    assert fault(reply) == Fault.AUTH
    assert not any(one in repr(reply) for one in ("canary", KEY, SECRET))


def test_the_stream_links_tells_and_never_twice(client: Client) -> None:
    client.venue.listen(client.news.append)
    client.rig.wait(lambda: bool(client.news))
    assert isinstance(client.news[0], Linked)

    placed(client.place(1, SELL, 11_000, LOT // 10))
    client.rig.server.move("110.00")
    placed(client.place(2, BUY, 9_000, LOT // 10, flags=IOC))
    client.rig.wait(lambda: len(states(client, 1)) + len(states(client, 2)) >= 2)
    client.rig.wait(lambda: client.news[-1].__class__.__name__ == "Beat")

    trades = [one for one in client.news if isinstance(one, TradeReport)]
    assert [(one.client_id, one.quantity, one.liquidity) for one in trades] == [
        (client.ids(1), LOT // 10, MAKER)
    ]
    assert states(client, 1) == [OrderState.FILLED]
    assert states(client, 2) == [OrderState.EXPIRED]


def states(client: Client, number: int) -> list[OrderState]:
    return [
        one.state
        for one in client.news
        if isinstance(one, OrderReport) and one.client_id == client.ids(number)
    ]


def test_the_stream_says_when_it_lost_the_venue(client: Client) -> None:
    client.venue.listen(client.news.append)
    client.rig.wait(lambda: bool(client.news))
    secret, client.door.exchange.secret = client.door.exchange.secret, "wrong"
    client.rig.wait(lambda: isinstance(client.news[-1], Gap))
    client.door.exchange.secret = secret
    client.rig.wait(lambda: isinstance(client.news[-1], Linked))

    assert "canary" not in repr(client.news)


def test_nothing_is_called_after_closing(rig: Rig, client: Client) -> None:
    replies: list[Reply] = []
    other = Client(rig)
    other.venue.open_orders(replies.append)
    other.venue.close()
    client.open_ids()

    assert replies == []
