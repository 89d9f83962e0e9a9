"""A whole desk on a virtual clock: exchange and journal in memory, nothing on the network."""

from collections.abc import Callable
from dataclasses import replace

from steelyard.app.rules import bound_gate
from steelyard.kernel.book import Book
from steelyard.kernel.kernel import PlainSeat, Seat
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.model import events as ev
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.reports import OpenOrders, Success, Trades
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate
from steelyard.runtime.budget import AddressBudget, Budget
from steelyard.runtime.desk import Desk
from steelyard.runtime.market import Market
from steelyard.runtime.parts import Alert, Parts
from steelyard.runtime.plan import BookPlan, RobotPlan
from steelyard.store.journal.chain import genesis, link
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.venues.paper.direct import DirectFeed, DirectVenue, Floor
from steelyard.venues.paper.exchange import SimExchange
from steelyard.wire.virtual import VirtualHost, VirtualTime

SECOND = 1_000_000_000
PRICE = 600_000
TERMS = VenueTerms(
    name="paper", validity_ns=5 * SECOND, skew_ns=0, lag_ns=0, deadline_ns=5 * SECOND,
    windows=(Window(weight=100_000, span_ns=60 * SECOND),), costs=dict.fromkeys(Request, 1),
    silence_ns=3_600 * SECOND,
)  # fmt: skip
COIN = Instrument(
    name="BTC/USDT:USDT", venue="paper", kind=Kind.LINEAR, base="BTC", quote="USDT", settle="USDT",
    price_decimals=1, quantity_decimals=3, money_decimals=8, tick=Price(1), lot=Quantity(1),
    quantity_min=Quantity(1), quantity_max=Quantity(10**9), notional_min=Money(0),
    fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
)  # fmt: skip


class RestsAndBuys(Strategy):
    """At the first price, buy seven at the market and leave five resting far below."""

    done = False

    def on_trade(self, view: View, tick: Tick) -> None:
        if not self.done:
            self.done = True
            view.buy(7)
            view.buy(5, tick.last - 100_000)


class Off:
    """A kill switch nobody throws."""

    def is_on(self) -> bool:
        return False

    def listen(self, moved: Callable[[], None]) -> None: ...


def make_seat(event: ev.Seated, book: Book) -> Seat:
    return PlainSeat(event.name, RestsAndBuys(event.parameters))


class House:
    """An exchange, a disk, and the desk of one life after another."""

    def __init__(self, robots: int = 1, *, coins: int = 0) -> None:
        """With `coins` the instrument is spot, and the account begins with so many."""
        coin = replace(COIN, name="BTC/USDT", kind=Kind.SPOT) if coins else COIN
        self.coin = coin
        self.time = VirtualTime(epoch_ns=1_700_000_000 * SECOND)
        self.exchange = SimExchange(
            (coin,), cash=(10**13,), terms=TERMS, leverage=1 if coins else 5, rows=64,
            coins=((0, 0, coins),) if coins else (),
        )  # fmt: skip
        self.floor = Floor(self.exchange, self.time)
        self.disk = Disk()
        self.alerts: list[Alert] = []
        self.plan = BookPlan(
            name="main", number=1, account="a", venue="paper", instruments=(coin,),
            robots=tuple(
                RobotPlan(name=f"r{n}", strategy="rests", parameters={}, instrument=0,
                          capital=10**12)
                for n in range(robots)
            ),
            leverage=1 if coins else 5, orders_max=64, robots_max=robots, instruments_max=1,
            exit_stop=1, exit_patience_ns=SECOND,
        )  # fmt: skip

    def live(self) -> Desk:
        """Start a desk and let it trade at the first prices."""
        host = VirtualHost(self.time, "house")
        self.journal = MemoryJournal(self.disk, host)
        desk = Desk(
            Parts(
                plan=self.plan, version="test", holder="house", scheduler=host,
                journal=self.journal, venue=DirectVenue(self.floor, 0),
                market=Market(DirectFeed(self.floor), host, (self.coin.name,)), switch=Off(),
                budget=Budget(AddressBudget(TERMS.windows)), allow=bound_gate(),
                make_seat=make_seat, link=link, genesis=genesis, tell=self.alerts.append,
            )
        )  # fmt: skip
        desk.start()
        self.wait(1)
        for _ in range(3):
            self.price(PRICE)
            self.wait(1)
        return desk

    def price(self, price: int) -> None:
        self.floor.market(
            ev.Trade(
                ts_ns=Nanos(self.time.now_ns()), price=Price(price), quantity=Quantity(10**6),
                taker_side=1,
            )
        )  # fmt: skip

    def wait(self, seconds: float) -> None:
        self.time.run(self.time.at_ns + int(seconds * SECOND))

    def fund(self, rate: int) -> None:
        self.exchange.funding(self.time.now_ns(), 0, rate)
        self.floor.tell()
        self.wait(1)

    def resting(self) -> int:
        """Count the orders that are open at the exchange."""
        reply = self.exchange.open_orders(self.time.now_ns(), 0)
        assert isinstance(reply, Success)
        assert isinstance(reply.value, OpenOrders)
        return len(reply.value.orders)

    def funded(self) -> int:
        """Add up what the exchange settled."""
        reply = self.exchange.trades(self.time.now_ns(), 0)
        assert isinstance(reply, Success)
        assert isinstance(reply.value, Trades)
        return sum(one.payment for one in reply.value.funding)
