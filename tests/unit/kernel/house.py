"""A live book for tests: the account and robots that take their seats by events."""

from steelyard.app.rules import bound_gate
from steelyard.app.seats import make_seat
from steelyard.kernel.book import Book
from steelyard.kernel.kernel import Kernel, PlainSeat, Seat
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.kernel.verdicts import Outcome
from steelyard.model import events as ev
from steelyard.model.client_ids import RESERVED, SLOT_CLOSE
from steelyard.model.commands import CancelOrder, PlaceOrder
from steelyard.model.decimals import to_units
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate
from steelyard.runtime.recovering import kernel_for
from tests.sketches.desk import SECOND, perpetual

COIN = perpetual("BTC/USDT:USDT", "paper")
OPENED = ev.BookOpened(
    ts_ns=Nanos(1), name="b", account="a", version="1", robots_max=3, instruments_max=4,
    orders_max=64, leverage=5,
)  # fmt: skip


class LiveBook:
    """A kernel as the runtime drives it; `plain` are strategies by the name in `Seated`."""

    def __init__(self, plain: dict[str, type[Strategy]] | None = None) -> None:
        self.plain = plain or {}
        self.events: list[ev.Event] = []
        self.outcomes: list[Outcome] = []
        self.kernel: Kernel = self.fresh()
        self.second = 0
        self.step(OPENED)
        self.step(ev.InstrumentListed(ts_ns=self.now(), index=0, instrument=COIN))
        self.step(
            ev.CapitalMoved(ts_ns=self.now(), amount=Money(to_units("100000", 8)), reason="first")
        )

    def fresh(self) -> Kernel:
        return kernel_for(OPENED, bound_gate(), self.make_seat)

    def make_seat(self, event: ev.Seated, book: Book) -> Seat:
        if event.strategy in self.plain:
            return PlainSeat(event.name, self.plain[event.strategy](event.parameters))
        return make_seat(event, book)

    def now(self) -> Nanos:
        self.second += 1
        return Nanos(self.second * SECOND)

    def step(self, event: ev.Event) -> Outcome:
        outcome = self.kernel.step(event)
        self.events.append(event)
        self.outcomes.append(outcome)
        return outcome

    def seat(
        self, robot: int = 1, strategy: str = "grid", *, capital: str = "10000",
        stop_rate: int = 0, **parameters: str,
    ) -> None:  # fmt: skip
        given = parameters or {"price_interval": "50", "order_quantity": "100"}
        self.step(
            ev.Seated(
                ts_ns=self.now(),
                robot=robot,
                name=f"r{robot}",
                strategy=strategy,
                parameters=given if strategy == "grid" else parameters,
                instrument=0,
                capital=Money(to_units(capital, 8)),
                stop_rate=Rate(stop_rate),
            )
        )

    def moved(self, state: str, robot: int = 1) -> Outcome:
        return self.step(ev.RobotMoved(ts_ns=self.now(), robot=robot, state=state))

    def trade(self, price: str) -> Outcome:
        return self.step(
            ev.Trade(
                ts_ns=self.now(), price=COIN.price(price), quantity=Quantity(1000), taker_side=1
            )
        )

    def accept(self, number: int) -> Outcome:
        return self.step(ev.Accepted(ts_ns=self.now(), order=number))

    def fill(self, number: int, price: int, quantity: int) -> Outcome:
        return self.step(
            ev.Filled(
                ts_ns=self.now(),
                order=number,
                price=Price(price),
                quantity=Quantity(quantity),
                fee=Money(7),
                liquidity=1,
                trade=f"0:{len(self.events)}",
            )
        )

    def position(self, robot: int = 1) -> int:
        book = self.kernel.book
        return int(book.positions[robot * int(book.head[0]["instruments"]) * 2]["quantity"])


def places(outcome: Outcome) -> list[PlaceOrder]:
    return [a.command for a in outcome.approved if isinstance(a.command, PlaceOrder)]


def cancels(outcome: Outcome) -> list[int]:
    return [a.command.number for a in outcome.approved if isinstance(a.command, CancelOrder)]


class Buyer(Strategy):
    """Buys one lot per trade, up to three."""

    def __init__(self, given: dict[str, str] | None = None) -> None:
        super().__init__(given)
        self.bought = 0

    def on_trade(self, view: View, tick: Tick) -> None:
        if self.bought < 3:
            self.bought += 1
            view.buy(10)


def running() -> LiveBook:
    book = LiveBook()
    book.seat()
    book.moved("starting")
    book.moved("running")
    return book


def holding(stop_rate: int = 0) -> LiveBook:
    """A plain robot that bought once and does nothing more."""
    book = LiveBook({"buyer": Buyer})
    book.seat(strategy="buyer", stop_rate=stop_rate)
    book.moved("starting")
    book.moved("running")
    order = places(book.trade("60000"))[0]
    book.fill(order.number, 600_000, order.quantity)
    return book


def protective(book: LiveBook) -> list[PlaceOrder]:
    found = [o for outcome in book.outcomes for o in places(outcome) if o.slot >= RESERVED]
    return [order for order in found if order.slot != SLOT_CLOSE]


def canceled(book: LiveBook, number: int) -> ev.Canceled:
    return ev.Canceled(ts_ns=book.now(), order=number)


def adjusted(book: LiveBook, *, quantity: int, fee: int) -> ev.Adjusted:
    return ev.Adjusted(
        ts_ns=book.now(), instrument=0, quantity=Quantity(quantity), price=Price(600_000),
        fee=Money(fee), reason="external", trade="0:x",
    )  # fmt: skip


def stop(book: LiveBook, how: int) -> ev.StopAsked:
    return ev.StopAsked(ts_ns=book.now(), robot=1, stop=how)
