"""On spot, what an account holds is what its trades say, fee included (catalogue F52)."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest

from steelyard.kernel.ports import Placing, Venue
from steelyard.model.kinds import BUY, MARKET, SELL
from steelyard.model.reports import (
    Holdings,
    Linked,
    OrderFound,
    Reply,
    Success,
    TradeReport,
    Trades,
)
from steelyard.state.money import worth
from steelyard.state.terms import terms_of
from tests.contract import hall_process
from tests.contract.halls import HALVES, OnHall
from tests.contract.rigs import HALL_PROGRAM, Native, Process

_accounts = count(40)
BOUGHT = "0.0123"


class Member:
    """An account of one venue, on its spot market."""

    def __init__(self, name: str, line: str, *, over_socket: bool) -> None:
        self.rig = OnHall(
            name, line, over_socket=over_socket, instrument="BTC/USDT", own_units=True
        )
        self.coin = self.rig.instrument
        self.terms = terms_of((self.coin,))[0]
        # In the venue's own units: the suite's whole numbers would hide what a fee takes.
        self.venue: Venue = Native.venue(self.rig, next(_accounts) % hall_process.ACCOUNTS)
        self.news: list[Any] = []
        self.venue.listen(self.news.append)
        self.rig.wait(lambda: any(isinstance(n, Linked) for n in self.news) and self.rig.ready)

    def ask(self, send: Callable[[Callable[[Reply], None]], None]) -> Any:
        replies: list[Reply] = []
        send(replies.append)
        self.rig.wait(lambda: bool(replies))
        (reply,) = replies
        assert isinstance(reply, Success), reply
        return reply.value

    def held(self) -> tuple[int, int]:
        """Return coins and money."""
        page = self.ask(self.venue.holdings)
        assert isinstance(page, Holdings)
        assert page.complete
        return sum(one.quantity for one in page.positions), page.cash

    def trade(self, client_id: str, side: int, quantity: int) -> list[TradeReport]:
        """Trade at the market; return the trades as the stream told them, each once."""
        order = Placing(
            client_id=client_id, instrument=0, side=side, type=MARKET, flags=0, price=0,
            quantity=quantity, trigger=0,
        )  # fmt: skip
        self.ask(partial(self.venue.place, order))

        def told() -> list[TradeReport]:
            mine = [n for n in self.news if isinstance(n, TradeReport) and n.client_id == client_id]
            return list(dict.fromkeys(mine))

        self.rig.wait(lambda: sum(one.quantity for one in told()) >= quantity)
        return told()

    def moved(self, trades: list[TradeReport]) -> tuple[int, int]:
        """Add up by how much these trades changed coins and money."""
        coins = sum(one.side * one.quantity - one.coin_fee for one in trades)
        money = sum(
            -one.side * int(worth(self.terms, one.price, one.quantity)) - one.fee for one in trades
        )
        return coins, money


@pytest.fixture(scope="module", params=HALVES)
def hall(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    process = Process(request.param, program=HALL_PROGRAM)
    yield request.param, process.address
    process.end()


@pytest.fixture(params=[True, False], ids=["orders over a socket", "all over REST"])
def member(hall: tuple[str, str], request: pytest.FixtureRequest) -> Iterator[Member]:
    name, line = hall
    member = Member(name, line, over_socket=request.param)
    yield member
    member.venue.close()
    member.rig.close()


def test_holdings_after_buying_and_selling_all_are_what_the_trades_say(member: Member) -> None:
    """F52: the buyer pays in coins, the seller in money; stream, order and list tell it alike."""
    prefix = member.rig.fit.prefix
    coins, money = member.held()
    bought = member.trade(f"{prefix}buy", BUY, int(member.coin.quantity(BOUGHT)))
    grown, spent = member.moved(bought)

    assert all(one.coin_fee > 0 and one.fee == 0 and not one.estimated for one in bought)
    assert grown < member.coin.quantity(BOUGHT)
    assert member.held() == (coins + grown, money + spent)

    lots = grown - grown % int(member.coin.lot)
    sold = member.trade(f"{prefix}sell", SELL, lots)
    gone, earned = member.moved(sold)

    assert all(one.coin_fee == 0 and one.fee > 0 for one in sold)
    assert gone == -lots
    assert member.held() == (coins + grown - lots, money + spent + earned)
    found = member.ask(partial(member.venue.order, f"{prefix}buy", 0))
    page = member.ask(partial(member.venue.trades, ""))
    assert isinstance(found, OrderFound)
    assert isinstance(page, Trades)
    told = {one.trade: one for one in page.trades}
    assert [told[one.trade] for one in (*bought, *sold)] == [*bought, *sold]
    assert list(found.trades) == bought
