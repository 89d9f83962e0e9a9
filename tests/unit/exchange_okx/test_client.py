"""Our own dialect against the server: two readings of one documentation must agree.

Neither side imports the other; what one of them has misread shows here.
"""

from typing import Any

import pytest

from steelyard.exchange.hall.port import Trouble
from steelyard.exchange.okx.errors import trouble
from steelyard.kernel.ports import Placing
from steelyard.model.kinds import (
    BUY,
    LIMIT,
    LONG,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from steelyard.model.reports import (
    Fault,
    OrderReport,
    OrderState,
    Refusal,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.native.dialect import Addresses, Credentials, Permission
from steelyard.venues.okx.account import OkxAccount
from steelyard.venues.okx.errors import judge
from steelyard.venues.okx.market import OkxMarket
from steelyard.wire.http import Answer
from tests.unit.exchange_okx.okx_hall import SPOT, SWAP, Okx

ADDRESSES = Addresses(
    rest={"api": "http://here"},
    ws={name: f"ws://here/ws/v5/{name}" for name in ("public", "private", "business")},
)


class Client:
    """Our dialect of one account, talking to the server."""

    def __init__(self, okx: Okx, *, hedged: bool = False) -> None:
        member = okx.hall.members[0]
        self.okx = okx
        self.account = OkxAccount(
            ADDRESSES,
            Credentials(key=member.key, secret=member.secret, passphrase=member.passphrase),
            tuple(okx.hall.instruments), hedged=hedged, now_ns=okx.hall.now_ns,
        )  # fmt: skip
        self.market = OkxMarket(tuple(okx.hall.instruments), ADDRESSES)
        self.news: list[Any] = []
        self._sockets: list[Any] = []

    def value(self, steps: Any) -> Any:
        """Hold a conversation that succeeds."""
        reply = self.okx.talk(steps)
        assert isinstance(reply, Success), reply
        return reply.value

    def place(self, client_id: str, instrument: int, side: int, quantity: int, **more: int) -> Any:
        """Place an order; return the reply."""
        values = {"type": MARKET, "flags": 0, "price": 0, **more}
        order = Placing(
            client_id=client_id, instrument=instrument, side=side, quantity=quantity, **values
        )
        return self.okx.talk(self.account.place(order))

    def listen(self) -> None:
        """Open the private sockets as the dialect says."""
        streams = self.okx.talk(self.account.private())
        for stream in streams:
            session, socket = self.okx.open(stream.url.rpartition("/")[2])
            for text in (*stream.hello, *stream.subscribe):
                session.said(text)
            self._sockets.append(socket)

    def hear(self) -> list[Any]:
        """Read what the sockets said."""
        told: list[Any] = []
        for socket in self._sockets:
            frames, socket.frames = socket.frames, []
            for frame in frames:
                told += self.account.read(frame)
        self.news += told
        return [one for one in told if isinstance(one, OrderReport | TradeReport)]


@pytest.fixture
def client() -> Client:
    return Client(Okx())


def test_the_listing_comes_back_as_it_is(client: Client) -> None:
    told = {one.instrument.name: one for one in client.value(client.market.listing())}

    for mine in client.okx.hall.instruments:
        theirs = told[mine.name].instrument
        assert told[mine.name].status == "trading"
        for what in ("tick", "lot", "quantity_min"):
            units = {"tick": "price_decimals"}.get(what, "quantity_decimals")
            mine_value = getattr(mine, what) * 10 ** (18 - getattr(mine, units))
            assert getattr(theirs, what) * 10 ** (18 - getattr(theirs, units)) == mine_value
        assert theirs.multiplier == mine.multiplier


def test_the_profile(client: Client) -> None:
    told = client.value(client.account.profile())

    assert told.permissions == {Permission.READ, Permission.TRADE}
    assert told.fees["BTC/USDT"] == (80_000, 100_000)
    assert told.fees["BTC/USDT:USDT"] == (20_000, 50_000)
    assert not told.hedged


@pytest.mark.parametrize("instrument", [SPOT, SWAP])
def test_an_order_is_told_alike_by_stream_query_and_history(
    client: Client, instrument: int
) -> None:
    client.listen()
    client.hear()
    quantity = 150 if instrument == SWAP else 2_000_000
    assert client.place("mine1", instrument, BUY, quantity) == Success()
    heard = client.hear()
    found = client.value(client.account.order("mine1", instrument))
    page = client.value(client.account.trades(""))

    trades = tuple(one for one in heard if isinstance(one, TradeReport))
    assert [one.state for one in heard if isinstance(one, OrderReport)] == [
        OrderState.OPEN, OrderState.FILLED,
    ]  # fmt: skip
    assert found.trades == trades == page.trades
    assert found.complete
    assert found.report.filled == quantity == sum(trade.quantity for trade in trades)
    assert client.value(client.account.trades(page.cursor)).trades == ()


@pytest.mark.parametrize(
    "order, fault",
    [
        ({"quantity": 1, "instrument": SPOT}, Fault.FILTER),
        ({"quantity": 10**8}, Fault.FUNDS),
        ({"quantity": 100, "flags": REDUCE_ONLY, "side": SELL}, Fault.REDUCE_ONLY),
        ({"quantity": 100, "type": LIMIT, "price": 5_000_001}, Fault.FILTER),
        ({"quantity": 100, "type": STOP_MARKET, "trigger": 5_000_000}, Fault.FILTER),
    ],
)
def test_refusals_are_understood(client: Client, order: dict[str, int], fault: Fault) -> None:
    values = {"instrument": SWAP, "side": BUY, **order}
    instrument, side = values.pop("instrument"), values.pop("side")
    reply = client.place("mine1", instrument, side, values.pop("quantity"), **values)

    assert isinstance(reply, Refusal), reply
    assert reply.fault is fault
    assert isinstance(client.okx.talk(client.account.order("mine1", instrument)), Refusal)


def test_an_id_twice_and_a_cancel_twice(client: Client) -> None:
    rest = {"type": LIMIT, "price": 5_000_000, "flags": POST_ONLY}

    assert client.place("mine1", SWAP, BUY, 100, **rest) == Success()
    twice = client.place("mine1", SWAP, BUY, 100, **rest)
    assert isinstance(twice, Refusal)
    assert twice.fault is Fault.DUPLICATE
    amend = client.account.amend("mine1", SWAP, 5_000_010, 200)
    assert amend is not None
    assert client.okx.talk(amend) == Success()
    (opened,) = client.value(client.account.open_orders()).orders
    assert (opened.price, opened.quantity) == (5_000_010, 200)
    assert client.okx.talk(client.account.cancel("mine1", SWAP)) == Success()
    gone = client.okx.talk(client.account.cancel("mine1", SWAP))
    assert isinstance(gone, Refusal)
    assert gone.fault is Fault.NO_ORDER


@pytest.mark.parametrize(
    "kind, trigger, trail, price",
    [
        (STOP_MARKET, 5_900_000, 0, "58900"),
        (TAKE_PROFIT, 6_100_000, 0, "61100"),
        (TRAILING_STOP, 0, 50_000, "59000"),
    ],
)
def test_a_conditional_order_trades_under_its_own_id(
    client: Client, kind: int, trigger: int, trail: int, price: str
) -> None:
    client.listen()
    client.place("long1", SWAP, BUY, 300)
    placed = client.place(
        "stop1", SWAP, SELL, 300, type=kind, trigger=trigger, trail=trail, flags=REDUCE_ONLY
    )
    assert placed == Success(), placed
    (waits,) = client.value(client.account.open_orders()).orders
    client.hear()
    client.okx.show(SWAP, price)
    heard = [one for one in client.hear() if one.client_id == "stop1"]
    found = client.value(client.account.order("stop1", SWAP))
    page = client.value(client.account.trades(""))
    fresh = Client(client.okx)  # after a restart: nothing is remembered
    again = fresh.value(fresh.account.trades(""))

    assert (waits.client_id, waits.quantity, waits.reduce_only) == ("stop1", 300, True)
    trades = tuple(one for one in heard if isinstance(one, TradeReport))
    assert sum(trade.quantity for trade in trades) == 300
    assert heard[-1].state is OrderState.FILLED
    assert found.trades == trades
    assert (found.report.state, found.report.filled) == (OrderState.FILLED, 300)
    for told in (page, again):
        assert [one.client_id for one in told.trades] == ["long1", "stop1"]
    assert client.value(client.account.open_orders()).orders == ()
    assert client.value(client.account.holdings()).positions[0].instrument == SPOT


def test_a_stop_is_canceled_where_it_lives_even_by_somebody_new(client: Client) -> None:
    client.place("long1", SWAP, BUY, 300)
    client.place("stop1", SWAP, SELL, 300, type=STOP_MARKET, trigger=5_000_000, flags=REDUCE_ONLY)
    fresh = Client(client.okx)

    assert fresh.okx.talk(fresh.account.cancel("stop1", SWAP)) == Success()
    found = client.value(client.account.order("stop1", SWAP))
    assert found.report.state is OrderState.CANCELED


def test_cancel_all_takes_both_kinds_in_one_instrument(client: Client) -> None:
    client.place("long1", SWAP, BUY, 300)
    for number in range(23):
        client.place(f"rest{number}", SWAP, BUY, 10, type=LIMIT, price=5_000_000)
    client.place("stop1", SWAP, SELL, 300, type=STOP_MARKET, trigger=5_000_000, flags=REDUCE_ONLY)
    client.place("other1", SPOT, BUY, 1_000_000, type=LIMIT, price=5_000_000)
    assert len(client.value(client.account.open_orders()).orders) == 25

    assert client.okx.talk(client.account.cancel_all(SWAP)) == Success()
    (left,) = client.value(client.account.open_orders()).orders
    assert left.client_id == "other1"


def test_both_sides_of_a_hedged_account() -> None:
    okx = Okx()
    client = Client(okx, hedged=True)
    assert okx.talk(client.account.set_hedged(True)) == Success()
    assert okx.talk(client.account.set_hedged(True)) == Success()
    assert okx.talk(client.account.set_leverage(SWAP, 7)) == Success()
    client.place("long1", SWAP, BUY, 300, position_side=LONG)
    client.place("short1", SWAP, SELL, 100, position_side=SHORT)
    held = client.value(client.account.holdings())
    sides = {one.position_side: one.quantity for one in held.positions if one.instrument == SWAP}
    refused = okx.talk(client.account.set_hedged(False))
    client.place("long2", SWAP, SELL, 300, position_side=LONG, flags=REDUCE_ONLY)
    client.place("short2", SWAP, BUY, 100, position_side=SHORT, flags=REDUCE_ONLY)

    assert held.hedged
    assert sides == {LONG: 300, SHORT: -100}
    assert isinstance(refused, Refusal)
    assert refused.fault is Fault.MODE
    left = client.value(client.account.holdings()).positions
    assert SWAP not in {one.instrument for one in left}
    assert okx.talk(client.account.set_hedged(False)) == Success()


def test_holdings_are_worth_what_was_paid_for_them(client: Client) -> None:
    client.place("long1", SWAP, BUY, 300)
    (trade,) = client.value(client.account.trades("")).trades
    client.okx.show(SWAP, "61000")
    held = client.value(client.account.holdings())
    one = client.okx.hall.instruments[SWAP]
    (position,) = [row for row in held.positions if row.instrument == SWAP]

    numerator, denominator = one.worth_ratio
    assert position.worth == trade.price * 300 * numerator // denominator
    assert position.entry == trade.price
    assert held.cash == int(one.money("100000")) - trade.fee


def test_funding_is_told_once_with_its_mark(client: Client) -> None:
    client.place("long1", SWAP, BUY, 300)
    before = client.value(client.account.trades(""))
    client.okx.hall.settle_funding(client.okx.hall.now_ns())
    client.okx.hall.flush()
    after = client.value(client.account.trades(before.cursor))

    (payment,) = after.funding
    (income,) = client.okx.hall.income(0, kind="funding")
    assert before.funding == ()
    assert payment.instrument == SWAP
    assert payment.payment == -int(client.okx.hall.instruments[SWAP].money(income.amount))
    assert payment.mark == income.mark
    assert after.trades == ()
    assert client.value(client.account.trades(after.cursor)).funding == ()


@pytest.mark.parametrize("reason", ["adl", "liquidation"])
def test_what_the_venue_closed_is_told_as_forced(client: Client, reason: str) -> None:
    client.listen()
    client.place("long1", SWAP, BUY, 300)
    client.hear()
    client.okx.hall.force(0, SWAP, reason, 300)
    client.okx.hall.flush()
    heard = [one for one in client.hear() if isinstance(one, TradeReport)]
    page = client.value(client.account.trades(""))

    assert [(one.forced, one.side, one.quantity) for one in heard] == [(reason, SELL, 300)]
    assert page.trades[-1] == heard[0]
    assert heard[0].client_id == ""


def test_a_long_history_is_told_whole(client: Client) -> None:
    for number in range(120):
        side = BUY if number % 2 else SELL
        assert client.place(f"many{number}", SWAP, side, 1) == Success()
    page = client.value(client.account.trades(""))

    assert [one.client_id for one in page.trades] == [f"many{n}" for n in range(120)]
    assert page.complete


def test_the_market_by_question(client: Client) -> None:
    minute = 60 * 10**9
    now_ns = client.okx.hall.now_ns()
    clock = client.value(client.market.time())
    quote = client.value(client.market.quote(SWAP))
    book = client.value(client.market.depth_snapshot(SWAP))
    bars = client.value(client.market.bars(SWAP, minute, now_ns - 500 * minute, now_ns))

    assert clock == now_ns
    assert (quote.bid, quote.ask) == (book.bids[0][0], book.asks[0][0])
    assert len(bars) >= 499
    assert [bar.ts_ns for bar in bars] == sorted(bar.ts_ns for bar in bars)
    assert all(bar.low <= min(bar.open, bar.close) <= bar.high for bar in bars)


def test_orders_over_the_socket(client: Client) -> None:
    client.listen()
    client.hear()
    stream = client.account.entry()
    assert stream is not None
    session, socket = client.okx.open(stream.url.rpartition("/")[2])
    session.said(stream.hello[0])
    order = Placing(
        client_id="ws1", instrument=SWAP, side=BUY, type=LIMIT, flags=0, price=5_000_000,
        quantity=100,
    )  # fmt: skip
    for frame in (
        client.account.entry_place("1", order),
        client.account.entry_place("2", order),
        client.account.entry_cancel("3", "ws1", SWAP),
        client.account.entry_cancel("4", "ws1", SWAP),
    ):
        assert frame is not None
        session.said(frame)
    client.okx.hall.flush()
    _, *told = [one for frame in socket.frames for one in client.account.read_entry(frame)]

    faults = {
        one.number: one.reply.fault if isinstance(one.reply, Refusal) else one.reply  # type: ignore[union-attr]
        for one in told
    }
    assert faults == {"1": Success(), "2": Fault.DUPLICATE, "3": Success(), "4": Fault.NO_ORDER}
    assert [one.state for one in client.hear()] == [OrderState.OPEN, OrderState.CANCELED]


def test_a_late_create_is_refused_by_the_clock_and_nothing_rests(client: Client) -> None:
    member = client.okx.hall.members[0]
    slow = OkxAccount(
        ADDRESSES,
        Credentials(key=member.key, secret=member.secret, passphrase=member.passphrase),
        tuple(client.okx.hall.instruments), hedged=False,
        now_ns=lambda: client.okx.hall.now_ns() - 11 * 10**9,
    )  # fmt: skip
    for kind, trigger in ((LIMIT, 0), (STOP_MARKET, 7_000_000)):
        order = Placing(
            client_id="late1", instrument=SWAP, side=BUY, type=kind, flags=0, price=5_000_000,
            quantity=100, trigger=trigger,
        )  # fmt: skip
        reply = client.okx.talk(slow.place(order))
        assert isinstance(reply, Refusal), reply
        assert reply.fault is Fault.CLOCK
    assert client.value(client.account.open_orders()).orders == ()


def test_trouble_at_the_venue_is_never_a_refusal_that_it_is_not(client: Client) -> None:
    meanings = {}
    for kind in Trouble:
        found = trouble(kind)
        meanings[kind] = judge(Answer(found.status, found.headers, found.body))

    assert isinstance(meanings[Trouble.UNKNOWN], Unclear)
    assert isinstance(meanings[Trouble.ERROR], Unclear)
    for kind in (Trouble.BUSY, Trouble.MAINTENANCE):
        told = meanings[kind]
        assert isinstance(told, Refusal)
        assert told.fault is Fault.MAINTENANCE
