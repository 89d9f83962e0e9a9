"""A lost reply is UNKNOWN: it counts at its worst until news of that very order comes."""

import pytest

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.ledger.postings import is_balanced
from steelyard.model.events import (
    Absent,
    Accepted,
    Canceled,
    CancelRefused,
    Filled,
    Lost,
    OrderEvent,
)
from steelyard.model.kinds import MAKER
from steelyard.model.orders import OrderStatus
from steelyard.model.units import Money, Nanos, Price, Quantity
from tests.sketches.desk import SECOND, kernel_of, quote

AT = Nanos(2 * SECOND)


class One(Strategy):
    """Buys 0.1 coins at 60,000 once."""

    def on_start(self, view: View) -> None:
        self.number = view.buy(100, 600_000)
        self.ended: list[OrderStatus] = []

    def on_quote(self, view: View, tick: Tick) -> None:
        pass

    def on_end(self, view: View, order: int, status: OrderStatus) -> None:
        self.ended.append(status)


def begun() -> tuple[Kernel, One, int]:
    strategy = One()
    kernel = kernel_of(strategy)
    kernel.step(quote(1, 600_000, 600_010))
    return kernel, strategy, strategy.number


def fill(number: int, quantity: int) -> Filled:
    return Filled(
        ts_ns=AT, order=number, price=Price(600_000), quantity=Quantity(quantity),
        fee=Money(1_000), liquidity=MAKER,
    )  # fmt: skip


def status(kernel: Kernel) -> OrderStatus:
    return OrderStatus(int(kernel.book.orders[0]["status"]))


def worst(kernel: Kernel) -> int:
    return int(kernel.book.positions[0]["open_buy"])


def test_an_unknown_order_keeps_counting() -> None:
    kernel, _, number = begun()
    kernel.step(Lost(ts_ns=AT, order=number))

    assert status(kernel) is OrderStatus.UNKNOWN
    assert worst(kernel) == 100
    kernel.step(Lost(ts_ns=AT, order=number))
    assert status(kernel) is OrderStatus.UNKNOWN


@pytest.mark.parametrize(
    "news,becomes,open_,held",
    [
        (lambda n: [Accepted(ts_ns=AT, order=n)], OrderStatus.OPEN, 100, 0),
        (lambda n: [fill(n, 40)], OrderStatus.PARTIAL, 60, 40),
        (lambda n: [fill(n, 100)], OrderStatus.FILLED, 0, 100),
        (lambda n: [Canceled(ts_ns=AT, order=n)], OrderStatus.CANCELED, 0, 0),
        (lambda n: [Absent(ts_ns=AT, order=n)], OrderStatus.NOT_PLACED, 0, 0),
        # Proven absent, and then it fills all the same: adopted, never ignored.
        (lambda n: [Absent(ts_ns=AT, order=n), fill(n, 100)], OrderStatus.FILLED, 0, 100),
        # The fill that raced the cancel is reported after it.
        (lambda n: [Canceled(ts_ns=AT, order=n), fill(n, 30)], OrderStatus.CANCELED, 0, 30),
        (lambda n: [CancelRefused(ts_ns=AT, order=n)], OrderStatus.UNKNOWN, 100, 0),
    ],
)
def test_only_news_of_that_order_moves_it_on(
    news: object, becomes: OrderStatus, open_: int, held: int
) -> None:
    kernel, _, number = begun()
    kernel.step(Lost(ts_ns=AT, order=number))
    events: list[OrderEvent] = news(number)  # type: ignore[operator]
    for event in events:
        assert kernel.step(event).halted == 0

    assert status(kernel) is becomes
    assert worst(kernel) == open_
    assert int(kernel.book.positions[0]["quantity"]) == held
    assert is_balanced(kernel.book.balances, 0, 0)


def test_news_the_table_does_not_list_halts_the_book() -> None:
    kernel, _, number = begun()
    kernel.step(fill(number, 100))

    assert kernel.step(Canceled(ts_ns=AT, order=number)).halted != 0


def test_a_fill_of_a_stranger_halts_and_books_nothing() -> None:
    kernel, _, _ = begun()
    outcome = kernel.step(fill(999, 5))

    assert outcome.halted != 0
    assert outcome.transfers == ()


def test_a_strategy_hears_how_its_order_ended() -> None:
    kernel, strategy, number = begun()
    kernel.step(Accepted(ts_ns=AT, order=number))
    kernel.step(Canceled(ts_ns=AT, order=number))

    assert strategy.ended == [OrderStatus.CANCELED]
