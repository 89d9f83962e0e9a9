"""Know, for typed events: write the event into the book's record and planes.

Rule 1: one handler per kind of event, in one table; what is not in it cannot be heard.
Rule 2: a handler returns the robots that the event wakes, in the order of their numbers.
Rule 3: a robot at rest (`ROBOT.stop` from STOP_ORDERS on) hears its own orders and timers only.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from steelyard.kernel.book import Book
from steelyard.kernel.flat import flat, places
from steelyard.model import events as ev
from steelyard.model.kinds import (
    EV_ABSENT,
    EV_ACCEPTED,
    EV_ADJUSTED,
    EV_ANSWER,
    EV_BAR,
    EV_CANCEL_REFUSED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_FUNDING,
    EV_HOUSE,
    EV_INSTRUMENT,
    EV_LOST,
    EV_MARKET,
    EV_OPERATOR,
    EV_REJECTED,
    EV_SIGNAL,
    EV_STOP,
    EV_TIMER,
    NEVER_NS,
    STOP_ORDERS,
    WAKE_EVERY_BAR,
    WAKE_EVERY_EVENT,
)
from steelyard.model.records import EVENT, ORDER, PLANE, ROBOT, table

_E: Final = places(EVENT)
_P: Final = places(PLANE)
_R: Final = places(ROBOT)
_O: Final = places(ORDER)
_KIND, _TS, _ROBOT, _INSTRUMENT = _E["kind"], _E["ts_ns"], _E["robot"], _E["instrument"]
_ORDER, _NUMBER, _REFERENCE = _E["order"], _E["number"], _E["reference"]
_PRICE, _QUANTITY, _FEE, _LIQUIDITY = _E["price"], _E["quantity"], _E["fee"], _E["liquidity"]
_COIN_FEE: Final = _E["coin_fee"]
_EMPTY: Final = flat(table(EVENT))
_ORDER_KINDS: Final[dict[type, int]] = {
    ev.Accepted: EV_ACCEPTED, ev.Rejected: EV_REJECTED, ev.Filled: EV_FILL,
    ev.Canceled: EV_CANCELED, ev.Expired: EV_EXPIRED, ev.CancelRefused: EV_CANCEL_REFUSED,
    ev.Lost: EV_LOST, ev.Absent: EV_ABSENT,
}  # fmt: skip
_NOBODY: Final[tuple[int, ...]] = ()


class Hearing:
    """Takes typed events for one book."""

    def __init__(self, book: Book, seated: Sequence[int]) -> None:
        """`seated` holds the numbers of the seated robots, in order; it may grow."""
        self._book, self._seated = book, seated
        self._event, self._markets = flat(book.event), flat(book.markets)
        self._robots, self._orders = flat(book.robots), flat(book.orders)
        self._rows: dict[int, int] = {}
        self._handlers: dict[type, Callable[[Any], Sequence[int]]] = {
            ev.Trade: self._trade,
            ev.Quote: self._quote,
            ev.BarClosed: self._bar,
            ev.FundingPaid: self._funding,
            ev.Timer: self._timer,
            ev.Signal: self._signal,
            ev.Answer: self._answer,
            ev.Paused: self._paused,
            ev.FiltersChanged: self._filters,
            ev.StopAsked: self._stop,
            ev.Adjusted: self._adjusted,
            ev.ParametersSet: self._parameters,
            ev.InstrumentListed: self._listed,
            **dict.fromkeys(_ORDER_KINDS, self._about_order),
            **dict.fromkeys(
                (ev.BookOpened, ev.Seated, ev.LimitsSet, ev.CapitalMoved, ev.RobotMoved,
                 ev.BreakerMoved, ev.Noted),
                self._house,
            ),
        }  # fmt: skip

    def take(self, event: ev.Event) -> Sequence[int]:
        """Write `event` into the record; return the robots it wakes."""
        words = self._event
        words[:] = _EMPTY
        words[_TS] = event.ts_ns
        return self._handlers[type(event)](event)

    def row_of(self, number: int) -> int:
        """Return the row of order `number`; -1 if it is not remembered."""
        row = self._rows.get(number, -1)
        if row >= 0 and self._orders[row * _O[""] + _O["number"]] == number:
            return row
        rows = (self._book.orders["number"] == number).nonzero()[0]
        if not len(rows):
            self._rows.pop(number, None)
            return -1
        if len(self._rows) > 2 * len(self._book.orders):
            self._rows.clear()
        self._rows[number] = int(rows[0])
        return int(rows[0])

    # --- the market --------------------------------------------------------------------------

    def _trade(self, event: ev.Trade) -> Sequence[int]:
        at, price = event.instrument * _P[""], event.price
        self._markets[at + _P["seen_ns"]] = event.ts_ns
        self._markets[at + _P["last"]] = price
        return self._woken(event.instrument, price)

    def _quote(self, event: ev.Quote) -> Sequence[int]:
        at, markets = event.instrument * _P[""], self._markets
        markets[at + _P["seen_ns"]] = event.ts_ns
        markets[at + _P["bid"]], markets[at + _P["bid_quantity"]] = event.bid, event.bid_quantity
        markets[at + _P["ask"]], markets[at + _P["ask_quantity"]] = event.ask, event.ask_quantity
        price = (event.bid + event.ask) // 2
        markets[at + _P["last"]] = price
        return self._woken(event.instrument, price)

    def _woken(self, instrument: int, price: int) -> Sequence[int]:
        words, robots = self._event, self._robots
        words[_KIND], words[_INSTRUMENT] = EV_MARKET, instrument
        found = []
        for robot in self._seated:
            at = robot * _R[""]
            if robots[at + _R["stop"]] >= STOP_ORDERS:
                continue
            if robots[at + _R["wake_flags"]] & WAKE_EVERY_EVENT or (
                robots[at + _R["wake_instrument"]] == instrument
                and not robots[at + _R["wake_low"]] < price < robots[at + _R["wake_high"]]
            ):
                found.append(robot)
        return found

    def _bar(self, event: ev.BarClosed) -> Sequence[int]:
        words, markets, robots = self._event, self._markets, self._robots
        words[_KIND], words[_INSTRUMENT] = EV_BAR, event.instrument
        at, bar = event.instrument * _P[""], event.bar
        markets[at + _P["open"]], markets[at + _P["high"]] = bar.open, bar.high
        markets[at + _P["low"]], markets[at + _P["close"]] = bar.low, bar.close
        markets[at + _P["volume"]], markets[at + _P["last"]] = bar.volume, bar.close
        markets[at + _P["seen_ns"]] = event.ts_ns
        markets[at + _P["bars"]] += 1
        return [
            robot
            for robot in self._seated
            if robots[robot * _R[""] + _R["wake_flags"]] & WAKE_EVERY_BAR
            and robots[robot * _R[""] + _R["stop"]] < STOP_ORDERS
        ]

    # --- our orders ----------------------------------------------------------------------------

    def _about_order(self, event: Any) -> Sequence[int]:
        words, orders = self._event, self._orders
        row = self.row_of(event.order)
        words[_KIND] = _ORDER_KINDS[type(event)]
        words[_NUMBER], words[_ORDER] = event.order, row
        if row < 0:
            return _NOBODY
        at = row * _O[""]
        robot = orders[at + _O["robot"]]
        words[_ROBOT], words[_INSTRUMENT] = robot, orders[at + _O["instrument"]]
        if isinstance(event, ev.Filled):
            words[_PRICE], words[_QUANTITY] = event.price, event.quantity
            words[_FEE], words[_LIQUIDITY] = event.fee, event.liquidity
            words[_COIN_FEE] = event.coin_fee
        elif isinstance(event, ev.Rejected):
            words[_E["code"]] = event.code
        return (robot,)

    # --- everything else ---------------------------------------------------------------------

    def _funding(self, event: ev.FundingPaid) -> Sequence[int]:
        """Write the first share; `seating` books the others."""
        words = self._event
        robot, payment = event.shares[0] if event.shares else (event.robot, event.payment)
        words[_KIND], words[_ROBOT] = EV_FUNDING, robot
        words[_INSTRUMENT], words[_FEE] = event.instrument, payment
        words[_E["rate"]], words[_PRICE] = event.rate, event.mark
        return tuple(robot for robot, _ in event.shares) or (robot,)

    def _timer(self, event: ev.Timer) -> Sequence[int]:
        """Let a timer go off, once; `reference` 1: only the kernel asked for it, not the robot."""
        words, at, robots = self._event, event.robot * _R[""], self._robots
        words[_KIND], words[_ROBOT] = EV_TIMER, event.robot
        words[_INSTRUMENT] = robots[at + _R["traded"]]
        words[_REFERENCE] = int(
            robots[at + _R["tend_at_ns"]] <= event.ts_ns < robots[at + _R["wake_at_ns"]]
        )
        for name in ("wake_at_ns", "tend_at_ns"):
            if robots[at + _R[name]] <= event.ts_ns:
                robots[at + _R[name]] = NEVER_NS
        return (event.robot,)

    def _signal(self, event: ev.Signal) -> Sequence[int]:
        words = self._event
        words[_KIND], words[_INSTRUMENT] = EV_SIGNAL, event.instrument
        words[_REFERENCE] = digest_of(f"{event}")
        return self._seated

    def _answer(self, event: ev.Answer) -> Sequence[int]:
        words = self._event
        words[_KIND], words[_ROBOT] = EV_ANSWER, event.robot
        words[_REFERENCE] = digest_of(f"{event.question} {event.text}")
        return (event.robot,)

    def _paused(self, event: ev.Paused) -> Sequence[int]:
        words, robots = self._event, self._robots
        words[_KIND], words[_ROBOT] = EV_OPERATOR, max(event.robot, 0)
        words[_REFERENCE] = int(event.paused)
        meant = self._seated if event.robot < 0 else (event.robot,)
        for robot in meant:
            at = robot * _R[""] + _R["paused"]
            robots[at] = robots[at] | event.cause if event.paused else robots[at] & ~event.cause
        return meant

    def _filters(self, event: ev.FiltersChanged) -> Sequence[int]:
        words, terms = self._event, self._book.terms[event.instrument]
        words[_KIND], words[_INSTRUMENT] = EV_INSTRUMENT, event.instrument
        words[_REFERENCE] = digest_of(f"{event.tick} {event.lot}")
        terms["tick"], terms["lot"] = event.tick, event.lot
        return self._seated

    def _listed(self, event: ev.InstrumentListed) -> Sequence[int]:
        words = self._event
        words[_KIND], words[_INSTRUMENT] = EV_INSTRUMENT, event.index
        words[_REFERENCE] = digest_of(f"{event.instrument}")
        return self._seated

    def _stop(self, event: ev.StopAsked) -> Sequence[int]:
        words = self._event
        words[_KIND], words[_ROBOT], words[_REFERENCE] = EV_STOP, event.robot, event.stop
        return (event.robot,)

    def _parameters(self, event: ev.ParametersSet) -> Sequence[int]:
        words = self._event
        words[_KIND], words[_ROBOT] = EV_OPERATOR, event.robot
        words[_REFERENCE] = digest_of(f"{sorted(event.parameters.items())}")
        return (event.robot,)

    def _adjusted(self, event: ev.Adjusted) -> Sequence[int]:
        """Write the first share; `seating` books the others."""
        words = self._event
        robot, quantity = event.shares[0] if event.shares else (event.robot, event.quantity)
        words[_KIND], words[_ROBOT], words[_INSTRUMENT] = EV_ADJUSTED, robot, event.instrument
        words[_PRICE], words[_QUANTITY], words[_FEE] = event.price, quantity, event.fee
        words[_REFERENCE] = event.position_side
        return tuple(robot for robot, _ in event.shares) or (robot,)

    def _house(self, event: ev.Event) -> Sequence[int]:
        words = self._event
        words[_KIND], words[_ROBOT] = EV_HOUSE, max(getattr(event, "robot", 0), 0)
        words[_REFERENCE] = digest_of(f"{event}")
        return _NOBODY


def digest_of(text: str) -> int:
    """Return 62 bits that stand for a text in the log."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "little") >> 2
