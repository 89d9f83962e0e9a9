"""What the venue says of one order, in any order and as often as it likes, folds to the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.model import events as ev
from steelyard.model.client_ids import encode
from steelyard.model.orders import OrderStatus
from steelyard.model.reports import OrderReport, OrderState, TradeReport
from steelyard.runtime.orders import Orders, Tracked
from steelyard.venues.paper.rules import PAPER_TERMS
from tests.unit.kernel.house import LiveBook, places

QUANTITY = 40


class OneOrder(Strategy):
    """Buys once, at a price."""

    def __init__(self, given: dict[str, str] | None = None) -> None:
        super().__init__(given)
        self.done = False

    def on_trade(self, view: View, tick: Tick) -> None:
        if not self.done:
            self.done = True
            view.buy(QUANTITY, 599_000, slot=5)


class Desk:
    """The order room of a book with one order that was sent, and nothing else."""

    def __init__(self) -> None:
        self.book = LiveBook({"one": OneOrder})
        self.book.seat(strategy="one")
        self.book.moved("starting")
        self.book.moved("running")
        self.order = places(self.book.trade("60000"))[0]
        self.wanted: list[int] = []
        self.ended: list[int] = []
        self.now = 0
        self.orders = Orders(
            self.book.kernel, 7, PAPER_TERMS, hear=self.hear, now_ns=lambda: 10**18,
            elapsed_ns=lambda: self.now, wanted=lambda t, _: self.wanted.append(t.number),
            ended=lambda t: self.ended.append(t.number),
        )  # fmt: skip
        self.id = encode(7, 1, self.order.slot, self.order.number)
        self.tracked = Tracked(self.order.number, self.id, 1, 0, QUANTITY, self.order.slot)
        self.orders.add(self.tracked)

    def hear(self, event: ev.Event) -> None:
        self.book.step(event)

    def kinds(self, since: int) -> list[str]:
        return [type(e).__name__ for e in self.book.events[since:]]

    def status(self) -> OrderStatus:
        return OrderStatus(self.orders.status(self.order.number))

    def state(self) -> tuple[Any, ...]:
        kernel: Kernel = self.book.kernel
        row = kernel.book.orders[kernel.row_of(self.order.number)]
        return (
            OrderStatus(int(row["status"])), int(row["filled"]), self.book.position(),
            kernel.book.balances.tobytes(), int(kernel.book.head[0]["halted"]),
        )  # fmt: skip

    def report(self, state: OrderState, filled: int) -> None:
        self.orders.report(
            OrderReport(
                client_id=self.id,
                venue_id="v1",
                instrument=0,
                state=state,
                side=1,
                price=599_000,
                quantity=QUANTITY,
                filled=filled,
                ts_ns=1,
            )
        )

    def trade(self, number: int, quantity: int, client_id: str | None = None) -> None:
        self.orders.trade(
            TradeReport(
                trade=str(number),
                client_id=self.id if client_id is None else client_id,
                venue_id="v1",
                instrument=0,
                side=1,
                price=599_000,
                quantity=quantity,
                fee=3,
                liquidity=1,
                ts_ns=1,
            )
        )

    def coin_trade(self, client_id: str, coin_fee: int, estimated: str = "") -> None:
        """Hear a trade of ten coins whose fee was taken in coins, or in a third coin."""
        self.orders.trade(
            TradeReport(
                trade=f"c{coin_fee}{estimated}{len(self.book.events)}", client_id=client_id,
                venue_id="v9", instrument=0, side=1, price=599_000, quantity=10, fee=3,
                liquidity=1, ts_ns=1, coin_fee=coin_fee, estimated=estimated,
            )
        )  # fmt: skip

    def say(self, word: tuple[Any, ...]) -> None:
        if isinstance(word[0], OrderState):
            self.report(*word)
        else:
            self.trade(*word)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Everything a venue says of an order from its acceptance to its end."""
    sizes = draw(st.lists(st.integers(1, 15), max_size=5))
    words: list[tuple[Any, ...]] = [(OrderState.OPEN, 0)]
    filled = 0
    for number, size in enumerate(sizes):
        taken = min(size, QUANTITY - filled)
        if not taken:
            break
        filled += taken
        words += [(number, taken), (OrderState.OPEN, filled)]
    if filled == QUANTITY:
        words[-1] = (OrderState.FILLED, filled)
    else:
        words.append((draw(st.sampled_from((OrderState.CANCELED, OrderState.EXPIRED))), filled))
    return words


@given(lives(), st.data())
def test_any_order_of_arrival_and_any_repetition_fold_to_the_same(
    words: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    straight, shuffled = Desk(), Desk()
    for word in words:
        straight.say(word)
    doubled = words + data.draw(st.lists(st.sampled_from(words), max_size=6))
    for word in data.draw(st.permutations(doubled)):
        shuffled.say(word)

    assert shuffled.state() == straight.state()
    assert shuffled.state()[-1] == 0
    assert shuffled.tracked.over


def test_an_end_is_told_only_when_its_trades_are_here() -> None:
    desk = Desk()
    desk.report(OrderState.CANCELED, 12)

    assert desk.status() is OrderStatus.SENT
    assert desk.wanted == [desk.order.number]
    desk.trade(1, 12)
    assert desk.status() is OrderStatus.CANCELED
    assert desk.book.position() == 12


def test_a_fill_is_booked_once_by_the_id_of_its_trade() -> None:
    desk = Desk()
    for _ in range(3):
        desk.trade(1, 10)

    assert desk.book.position() == 10


def test_a_lost_order_stays_unknown_until_asked_twice_past_the_fence() -> None:
    desk = Desk()
    desk.tracked.fence_ns = 100
    desk.orders.lose(desk.tracked)
    assert desk.status() is OrderStatus.UNKNOWN

    assert not any(desk.orders.miss(desk.tracked, at) for at in (10, 50, 99))
    assert desk.status() is OrderStatus.UNKNOWN
    assert not desk.orders.miss(desk.tracked, 100)
    assert desk.orders.miss(desk.tracked, 101)
    assert desk.status() is OrderStatus.NOT_PLACED


def test_an_unknown_order_that_shows_up_is_adopted() -> None:
    desk = Desk()
    desk.orders.lose(desk.tracked)
    desk.report(OrderState.OPEN, 0)

    assert desk.status() is OrderStatus.OPEN


def test_an_order_proven_absent_that_is_open_all_the_same_is_adopted_and_canceled() -> None:
    desk = Desk()
    desk.orders.lose(desk.tracked)
    for at in (1, 2):
        desk.orders.miss(desk.tracked, at)
    desk.report(OrderState.OPEN, 0)

    assert desk.status() is OrderStatus.OPEN
    assert desk.tracked.cancel_wanted
    assert desk.orders.anomalies == 1


def test_foreign_orders_are_listed_and_never_ours() -> None:
    desk = Desk()
    before = len(desk.book.events)
    for client_id in ("", "web_12345", encode(8, 1, 5, 1)):
        desk.orders.report(
            OrderReport(
                client_id=client_id,
                venue_id=f"x{client_id}",
                instrument=0,
                state=OrderState.OPEN,
                side=1,
                price=1,
                quantity=1,
                filled=0,
                ts_ns=1,
            )
        )

    assert len(desk.orders.foreign) == 3
    assert desk.kinds(before) == []
    assert desk.wanted == []


def test_a_foreign_trade_is_the_accounts_own_adjustment() -> None:
    desk = Desk()
    desk.trade(9, 25, client_id="web_1")

    assert desk.book.position(0) == 25
    assert desk.book.position(1) == 0


def test_a_fill_behind_the_cancel_is_booked() -> None:
    desk = Desk()
    desk.report(OrderState.OPEN, 0)
    desk.report(OrderState.CANCELED, 0)
    desk.trade(4, 7)

    assert desk.status() is OrderStatus.CANCELED
    assert desk.book.position() == 7


def test_a_fill_of_an_order_the_book_forgot_is_booked_on_its_robot() -> None:
    desk = Desk()
    desk.trade(5, 3, client_id=encode(7, 1, 5, 99_999))

    assert desk.book.position(1) == 3
    assert isinstance(desk.book.events[-1], ev.Adjusted)


def test_what_is_dumped_goes_on_as_before() -> None:
    desk = Desk()
    desk.trade(1, 10)
    plain = desk.orders.dump()
    other = Desk()
    other.orders.live.clear()
    other.orders.load(plain)
    other.trade(1, 10)

    assert other.book.position() == 0
    assert other.orders.live[desk.order.number].traded == 10


def test_no_trade_is_forgotten_before_the_cursor_has_passed_it() -> None:
    desk = Desk()
    for number in range(6_000):
        desk.orders.saw_trade(f"0:{number}")
    plain = desk.orders.dump()
    other = Desk()
    other.orders.load(plain)

    assert desk.orders.knows_trade("0:0")
    assert other.orders.knows_trade("0:0")
    other.orders.forget_trades()
    assert not other.orders.knows_trade("0:0")
    assert other.orders.knows_trade("0:5999")


def test_a_fee_in_coins_goes_with_its_fill() -> None:
    """F52: the order is filled by all of it; what is held is less."""
    desk = Desk()
    desk.coin_trade(desk.id, 2)
    event = desk.book.events[-1]

    assert isinstance(event, ev.Filled)
    assert (event.quantity, event.coin_fee, event.fee) == (10, 2, 3)
    assert desk.book.position() == 8
    assert desk.tracked.traded == 10


def test_a_strangers_trade_moves_what_is_held_by_what_arrived_and_its_fee_is_worth_the_rest() -> (
    None
):
    """F52: so no reading of the account finds a difference."""
    desk = Desk()
    desk.coin_trade("", 2)
    event = desk.book.events[-1]

    assert isinstance(event, ev.Adjusted)
    assert event.quantity == 8
    assert event.fee == 3 + 2 * 599_000 * 10**4  # 0.002 coins at 59,900.0


def test_fees_in_a_third_coin_are_noted_once_each() -> None:
    """F52: BNB, BGB, GT: what is booked is an estimate."""
    desk = Desk()
    for estimated in ("BNB", "BNB", "GT", "BNB"):
        desk.coin_trade(desk.id, 0, estimated)
    noted = [e.text for e in desk.book.events if isinstance(e, ev.Noted) and e.what == "fee"]

    assert [text.split()[4].rstrip(":") for text in noted] == ["BNB", "GT"]
