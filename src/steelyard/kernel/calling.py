"""Calling a plain strategy: which handler an event is for, and what it is given.

Rule 1: what a strategy does not handle is decided once, when it is seated.
Rule 2: the first event at which the main instrument has a price starts the strategy.
"""

from collections.abc import Callable
from typing import Any, Final

from steelyard.kernel.book import Book
from steelyard.kernel.flat import flat, places
from steelyard.kernel.plain import Fill, Strategy, Tick, View, first_wakes, handler
from steelyard.model.events import Bar
from steelyard.model.kinds import (
    EV_ABSENT,
    EV_ANSWER,
    EV_BAR,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_MARKET,
    EV_REFUSED,
    EV_REJECTED,
    EV_SIGNAL,
    EV_TIMER,
    WAKE_EVERY_EVENT,
)
from steelyard.model.orders import OrderStatus
from steelyard.model.reasons import NO_PRICE
from steelyard.model.records import EVENT, ORDER, PLANE, ROBOT

_E: Final = places(EVENT)
_P: Final = places(PLANE)
_O: Final = places(ORDER)
_KIND, _TS, _INSTRUMENT = _E["kind"], _E["ts_ns"], _E["instrument"]
_ROBOT_WORDS, _FLAGS = places(ROBOT)[""], places(ROBOT)["wake_flags"]
_CODE: Final = places(ROBOT)["code"]
_OPEN, _HIGH, _LOW = _P["open"], _P["high"], _P["low"]
_CLOSE, _VOLUME, _LAST, _PLANE_WORDS = _P["close"], _P["volume"], _P["last"], _P[""]


class Caller:
    """One plain robot: `call(kind)` hands the event in the book's record to its handler."""

    __slots__ = ("_event", "_first", "_handlers", "_markets", "_orders", "_robots", "_start",
                 "extra", "robot", "strategy", "view")  # fmt: skip

    def __init__(self, strategy: Strategy, book: Book, robot: int, view: View) -> None:
        """Seat the strategy; it is woken by the first price, whatever it handles."""
        self.strategy, self.view, self.robot = strategy, view, robot
        self.extra: Any = None
        self._event, self._markets = flat(book.event), flat(book.markets)
        self._orders, self._robots = flat(book.orders), flat(book.robots)
        self._start = True
        self._first = int(book.robots[robot]["traded"]) * _PLANE_WORDS + _LAST
        self._robots[robot * _ROBOT_WORDS + _FLAGS] = first_wakes(strategy) | WAKE_EVERY_EVENT
        self._handlers = self._table()

    @property
    def started(self) -> bool:
        """Say whether the strategy has seen its first price."""
        return not self._start

    @started.setter
    def started(self, value: bool) -> None:
        self._start = not value

    def call(self, kind: int) -> None:
        """Start the strategy if it is time, then call the handler for this kind of event."""
        if self._start:
            code = self.robot * _ROBOT_WORDS + _CODE
            if self._markets[self._first] == 0:
                self._robots[code] = NO_PRICE  # what is heard before it is dropped, and said so
                return
            self._start = False
            self._robots[code] = 0
            self._robots[self.robot * _ROBOT_WORDS + _FLAGS] = first_wakes(self.strategy)
            self.view.now_ns = self._event[_TS]
            if start := handler(self.strategy, "on_start"):
                start(self.view)
        call = self._handlers.get(kind)
        if call is not None:
            self.view.now_ns = self._event[_TS]
            call()

    def _table(self) -> dict[int, Callable[[], None]]:
        on = {
            name: handler(self.strategy, name)
            for name in ("on_trade", "on_quote", "on_bar", "on_fill", "on_end", "on_refused",
                         "on_timer", "on_signal", "on_answer")
        }  # fmt: skip
        table: dict[int, Callable[[], None]] = {}
        if market := on["on_trade"] or on["on_quote"]:
            table[EV_MARKET] = lambda: market(self.view, self._tick())
        if on_bar := on["on_bar"]:
            table[EV_BAR] = self._bars(on_bar)
        if on_fill := on["on_fill"]:
            table[EV_FILL] = lambda: on_fill(self.view, self._fill())
        if on_timer := on["on_timer"]:
            table[EV_TIMER] = lambda: on_timer(self.view)
        if on_refused := on["on_refused"]:
            event = self._event
            table[EV_REFUSED] = lambda: on_refused(
                self.view, event[_E["number"]], event[_E["code"]]
            )
        if on_signal := on["on_signal"]:
            table[EV_SIGNAL] = lambda: on_signal(self.view, self.extra)
        if on_answer := on["on_answer"]:
            table[EV_ANSWER] = lambda: on_answer(self.view, self.extra)
        if on_end := on["on_end"]:
            for kind in (EV_REJECTED, EV_CANCELED, EV_EXPIRED, EV_ABSENT):
                table[kind] = lambda: on_end(self.view, self._event[_E["number"]], self._status())
        return table

    def _bars(self, on_bar: Callable[[View, Bar], None]) -> Callable[[], None]:
        event, markets, view = self._event, self._markets, self.view
        make = Bar._make

        def call() -> None:
            at = event[_INSTRUMENT] * _PLANE_WORDS
            on_bar(view, make((
                event[_TS], markets[at + _OPEN], markets[at + _HIGH], markets[at + _LOW],
                markets[at + _CLOSE], markets[at + _VOLUME],
            )))  # fmt: skip

        return call

    def _tick(self) -> Tick:
        instrument = self._event[_INSTRUMENT]
        at, markets = instrument * _PLANE_WORDS, self._markets
        return Tick(
            self._event[_TS], instrument, markets[at + _LAST], markets[at + _P["bid"]],
            markets[at + _P["ask"]],
        )  # fmt: skip

    def _status(self) -> OrderStatus:
        return OrderStatus(self._orders[self._event[_E["order"]] * _O[""] + _O["status"]])

    def _fill(self) -> Fill:
        event, orders = self._event, self._orders
        at = event[_E["order"]] * _O[""]
        return Fill(
            event[_TS], event[_E["number"]], orders[at + _O["instrument"]],
            orders[at + _O["side"]], event[_E["price"]], event[_E["quantity"]], event[_E["fee"]],
            event[_E["liquidity"]], orders[at + _O["filled"]] >= orders[at + _O["quantity"]],
            event[_E["coin_fee"]],
        )  # fmt: skip
