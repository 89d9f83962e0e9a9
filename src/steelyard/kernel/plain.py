"""Strategies in plain Python: the public interface.

Rule 1: a strategy is a small class with declared parameters and the handlers it needs; a handler
it does not define is never called and costs nothing.
Rule 2: it sees the world through `view` only: no clock, no I/O, no randomness.
Rule 3: prices and quantities are integers in the instrument's units; `view.price("61000.5")` and
`view.budget("100")` read decimals.

    class Buyer(Strategy):
        budget: Decimal = parameter(unit="quote", above=0, doc="spent once")

        def on_start(self, view: View) -> None:
            view.buy(view.quantity_for(view.money(self.budget), view.last))
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, NamedTuple

from steelyard.kernel.book import Book
from steelyard.kernel.flat import flat, places
from steelyard.model.client_ids import RESERVED
from steelyard.model.events import Answer, Bar, Signal
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    EV_ABSENT,
    EV_BAR,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_MARKET,
    EV_REJECTED,
    EV_TIMER,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    NEVER_HIGH,
    NEVER_LOW,
    NEVER_NS,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP_MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
    WAKE_EVERY_BAR,
    WAKE_EVERY_EVENT,
)
from steelyard.model.orders import OrderStatus
from steelyard.model.parameters import Parameter, declared_parameters, read_parameters
from steelyard.model.reasons import Reason
from steelyard.model.records import BOOK, ORDER, PLANE, POSITION
from steelyard.state.money import quantity_for
from steelyard.state.orders import set_position_side, set_trigger, stage_cancel, stage_place

_BEFORE_LIVE, _AFTER_LIVE = int(OrderStatus.REFUSED), int(OrderStatus.FILLED)
_LAST: Final = places(PLANE)["last"]
_PLANE_WORDS: Final = places(PLANE)[""]
_QUANTITY: Final = places(POSITION)["quantity"]
_POSITION_WORDS: Final = places(POSITION)[""]
_OPEN_ORDERS: Final = places(BOOK)["open_orders"]
_O: Final = places(ORDER)
_SLOT, _NUMBER, _ORDER_WORDS = _O["slot"], _O["number"], _O[""]


class Fill(NamedTuple):
    """A fill as a strategy hears it; `order` is the order's number, `done` that it ended.

    Where the venue took coins for its fee, `coin_fee` of `quantity` never arrived.
    """

    ts_ns: int
    order: int
    instrument: int
    side: int
    price: int
    quantity: int
    fee: int
    liquidity: int
    done: bool
    coin_fee: int = 0


class Tick(NamedTuple):
    """The market at the moment a strategy was woken."""

    ts_ns: int
    instrument: int
    last: int
    bid: int
    ask: int


class Strategy:
    """What a user writes. Define the handlers you need; the others do not exist for the kernel.

    on_start(view)              the first price is known
    on_trade(view, tick)        every trade, or where `view.wake` says
    on_quote(view, tick)        the same for histories of quotes
    on_bar(view, bar)           a bar of the main instrument closed
    on_fill(view, fill)         one of this robot's orders traded
    on_end(view, order, status) one of its orders ended without filling
    on_refused(view, order, code)   the gate said no; commands given now are void
    on_signal(view, signal) · on_answer(view, answer) · on_timer(view)
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    reasons: ClassVar[dict[int, Reason]] = {}
    bar_minutes: ClassVar[int] = 0

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.parameters = declared_parameters(cls)

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        """Read and check the parameters."""
        values = read_parameters(self.parameters, given or {}, owner=type(self).__name__)
        for name, value in values.items():
            setattr(self, name, value)


def handler(strategy: Strategy, name: str) -> Callable[..., None] | None:
    """Return a handler the strategy defines, or None."""
    return getattr(strategy, name, None)


class View:
    """What one robot may see and do during one event."""

    __slots__ = (
        "_book", "_first", "_head", "_markets", "_orders", "_positions", "_questions", "_robot",
        "_seat", "_traded", "now_ns",
    )  # fmt: skip

    def __init__(self, book: Book, robot: int, questions: list[tuple[int, str]]) -> None:
        """Look at `book` as robot number `robot`."""
        self._book = book
        self._robot = robot
        self._seat = book.robots[robot]
        self._questions = questions
        self._head, self._markets = flat(book.head), flat(book.markets)
        self._positions, self._orders = flat(book.positions), flat(book.orders)
        self._first = robot * int(book.head[0]["instruments"]) * 2
        self._traded = int(book.robots[robot]["traded"])
        self.now_ns = 0

    def instrument(self, index: int | None = None) -> Instrument:
        """Return an instrument's terms; the main one's without an index."""
        return self._book.instruments[self._traded if index is None else index]

    @property
    def last(self) -> int:
        """Return the main instrument's last price."""
        return self._markets[self._traded * _PLANE_WORDS + _LAST]

    def market(self, index: int | None = None) -> Tick:
        """Return what is known of an instrument's market."""
        index = self._traded if index is None else index
        row = self._book.markets[index]
        return Tick(int(row["seen_ns"]), index, int(row["last"]), int(row["bid"]), int(row["ask"]))

    def position(self, index: int | None = None, side: int = 0) -> int:
        """Return the signed position."""
        index = self._traded if index is None else index
        return self._positions[(self._first + 2 * index + side) * _POSITION_WORDS + _QUANTITY]

    def sellable(self, index: int | None = None) -> int:
        """Return what of a position bought an order may sell: whole lots, the rest is dust."""
        index = self._traded if index is None else index
        held = self.position(index)
        return max(0, held - held % self.instrument(index).lot)

    @property
    def cash(self) -> int:
        """Return the wallet in minor units."""
        return int(self._book.balances[self._robot, :, 0].sum())

    def price(self, value: str | int | Decimal, index: int | None = None) -> int:
        """Read a price in quote."""
        return int(self.instrument(index).price(value))

    def money(self, value: str | int | Decimal, index: int | None = None) -> int:
        """Read an amount of the settlement asset."""
        return int(self.instrument(index).money(value))

    def quantity_for(self, money: int, price: int, index: int | None = None) -> int:
        """Return the whole lots that `money` (minor units) buys at `price`."""
        index = self._traded if index is None else index
        return int(quantity_for(self._book.terms[index], price, money))

    def buy(self, quantity: int, price: int | None = None, **how: Any) -> int:
        """Order to buy; at market without a price. Returns the order's number."""
        return self._place(BUY, quantity, price, **how)

    def sell(self, quantity: int, price: int | None = None, **how: Any) -> int:
        """Order to sell; at market without a price. Returns the order's number."""
        return self._place(SELL, quantity, price, **how)

    def _place(
        self, side: int, quantity: int, price: int | None, *,
        instrument: int | None = None, post_only: bool = False, ioc: bool = False,
        fok: bool = False, reduce_only: bool = False, stop: int = 0, take_profit: int = 0,
        trail: int = 0, slot: int | None = None, cost: int = 0, position_side: int = 0,
    ) -> int:  # fmt: skip
        book = self._book
        instrument = self._traded if instrument is None else instrument
        flags = POST_ONLY * post_only + IOC * ioc + FOK * fok + REDUCE_ONLY * reduce_only
        kind = LIMIT if price is not None else MARKET
        trigger = stop or take_profit
        if trigger:
            kind = STOP_MARKET if stop else TAKE_PROFIT
        elif trail:
            kind = TRAILING_STOP
        meant = price or trigger or self._markets[instrument * _PLANE_WORDS + _LAST]
        row = stage_place(
            book.head, book.orders, book.commands, self._robot, instrument, side, kind, flags,
            price or 0, quantity, meant, cost, slot or 0,
        )  # fmt: skip
        if row < 0:
            return 0
        orders, at = self._orders, row * _ORDER_WORDS
        if slot is None:  # a slot of its own, so that no two live orders share one
            orders[at + _SLOT] = orders[at + _NUMBER]
        if position_side:
            set_position_side(book.orders, book.commands, book.head, position_side)
        if trigger or trail:
            set_trigger(book.orders, book.commands, book.head, trigger, trail)
        return orders[at + _NUMBER]

    def cancel(self, number: int) -> bool:
        """Ask for the cancel of an order; False when it is over or unknown."""
        orders = self._book.orders
        rows = (orders["number"] == number).nonzero()[0]
        if not len(rows) or int(orders[rows[0]]["slot"]) >= RESERVED:
            return False
        return bool(stage_cancel(self._book.head, orders, self._book.commands, int(rows[0])))

    def open_orders(self) -> list[int]:
        """Return the numbers of this robot's orders that may still fill."""
        if self._head[_OPEN_ORDERS] == 0:
            return []
        orders = self._book.orders
        live = (orders["status"] > _BEFORE_LIVE) & (orders["status"] < _AFTER_LIVE)
        # What the house keeps for the robot's protection is not the strategy's to see or cancel.
        own = (orders["robot"] == self._robot) & (orders["slot"] < RESERVED)
        return [int(n) for n in orders["number"][live & own]]

    def cancel_all(self) -> int:
        """Ask for the cancel of every order of this robot; return how many."""
        return sum(self.cancel(number) for number in self.open_orders())

    def ask(self, text: str) -> int:
        """Ask a question; its answer comes to `on_answer`. Returns the question's number."""
        number = int(self._book.head[0]["order_next"])
        self._book.head[0]["order_next"] = number + 1
        self._questions.append((number, text))
        return number

    def wake(
        self, *, low: int | None = None, high: int | None = None, instrument: int | None = None
    ) -> None:
        """Be woken only at or below `low`, at or above `high`; None: never on that side."""
        seat = self._seat
        seat["wake_low"] = NEVER_LOW if low is None else low
        seat["wake_high"] = NEVER_HIGH if high is None else high
        seat["wake_instrument"] = self._traded if instrument is None else instrument
        seat["wake_flags"] = int(seat["wake_flags"]) & ~WAKE_EVERY_EVENT

    def wake_at(self, ts_ns: int | None) -> None:
        """Be woken at a time; None: not by time."""
        self._seat["wake_at_ns"] = NEVER_NS if ts_ns is None else ts_ns

    def because(self, code: int, have: int = 0, need: int = 0) -> None:
        """Leave the reason for doing nothing; code 0: acting."""
        self._seat["code"], self._seat["have"], self._seat["need"] = code, have, need


def first_wakes(strategy: Strategy) -> int:
    """Return the wake flags a plain strategy's handlers ask for."""
    flags = 0
    if handler(strategy, "on_trade") or handler(strategy, "on_quote"):
        flags |= WAKE_EVERY_EVENT
    if handler(strategy, "on_bar"):
        flags |= WAKE_EVERY_BAR
    return flags


_HEEDED = {
    "on_trade": (EV_MARKET,), "on_quote": (EV_MARKET,), "on_bar": (EV_BAR,),
    "on_timer": (EV_TIMER,), "on_fill": (EV_FILL,),
    "on_end": (EV_REJECTED, EV_CANCELED, EV_EXPIRED, EV_ABSENT),
}  # fmt: skip


def heed_of(strategy: Strategy) -> int:
    """Return the bits of the event kinds that a plain strategy has handlers for."""
    kinds = {k for name, k in _HEEDED.items() if handler(strategy, name)}
    bits = 1 << EV_MARKET  # the first price starts it
    for group in kinds:
        for kind in group:
            bits |= 1 << kind
    return bits


__all__ = ["Answer", "Bar", "Fill", "Signal", "Strategy", "Tick", "View"]
