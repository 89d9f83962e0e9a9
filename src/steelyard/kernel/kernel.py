"""The kernel of one book: one event in, one outcome out; no I/O, no clock, no randomness.

Rule 1: `step` walks the doors know, book, want, allow, report, in this order, for every event.
Rule 2: it is driven by typed events (live, paper, replay) or by a record that a driver filled
(backtests); both walk the same doors over the same compiled parts.
Rule 3: a plain strategy that raises stops alone; in a backtest the caller sees the error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from steelyard.kernel.book import Book
from steelyard.kernel.calling import Caller
from steelyard.kernel.enter import enter
from steelyard.kernel.flat import flat, places
from steelyard.kernel.lines import DECISION
from steelyard.kernel.plain import Strategy, View
from steelyard.kernel.reading import read_outcome
from steelyard.kernel.strategy import Prepared
from steelyard.kernel.verdicts import Outcome
from steelyard.model.errors import StrategyError
from steelyard.model.events import (
    Absent,
    Accepted,
    Answer,
    BarClosed,
    Canceled,
    CancelRefused,
    Event,
    Expired,
    Filled,
    FiltersChanged,
    FundingPaid,
    Lost,
    Paused,
    Quote,
    Rejected,
    Signal,
    Timer,
    Trade,
)
from steelyard.model.kinds import (
    CMD_PLACE,
    EV_ABSENT,
    EV_ACCEPTED,
    EV_ANSWER,
    EV_BAR,
    EV_CANCEL_REFUSED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_FUNDING,
    EV_INSTRUMENT,
    EV_LOST,
    EV_MARKET,
    EV_OPERATOR,
    EV_REFUSED,
    EV_REJECTED,
    EV_SIGNAL,
    EV_TIMER,
    NEVER_NS,
    WAKE_EVERY_BAR,
    WAKE_EVERY_EVENT,
)
from steelyard.model.records import BOOK, EVENT, ROBOT

_ORDER_EVENTS: dict[type, int] = {
    Accepted: EV_ACCEPTED, Rejected: EV_REJECTED, Filled: EV_FILL, Canceled: EV_CANCELED,
    Expired: EV_EXPIRED, CancelRefused: EV_CANCEL_REFUSED, Lost: EV_LOST, Absent: EV_ABSENT,
}  # fmt: skip
_ROBOT: Final = places(EVENT)["robot"]
_KIND: Final = places(EVENT)["kind"]
_CODE: Final = places(ROBOT)["code"]
_ROBOT_WORDS: Final = places(ROBOT)[""]
_N, _HALTED = places(BOOK)["n"], places(BOOK)["halted"]
_COMMANDS, _JUDGED = places(BOOK)["commands"], places(BOOK)["judged"]


@dataclass(frozen=True, slots=True)
class CompiledSeat:
    """A robot whose decision is compiled: the bound `want` and its records."""

    want: Callable[..., None]
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class PlainSeat:
    """A robot whose decision is plain Python."""

    name: str
    strategy: Strategy


Seat = CompiledSeat | PlainSeat


class Kernel:
    """One book's kernel. `allow` is the gate with its rules bound in."""

    def __init__(
        self, book: Book, seats: Sequence[Seat], allow: Callable[..., int], *, strict: bool = True
    ) -> None:
        """Seat the robots. `strict`: a strategy's error is raised rather than kept."""
        self.book = book
        self.failed: dict[int, StrategyError] = {}
        self._seats = tuple(seats)
        self._allow = allow
        self._strict = strict
        self._questions: list[tuple[int, str]] = []
        self._callers = {
            robot: Caller(seat.strategy, book, robot, View(book, robot, self._questions))
            for robot, seat in enumerate(self._seats)
            if isinstance(seat, PlainSeat)
        }
        self._event, self._head = flat(book.event), flat(book.head)
        self._robots = flat(book.robots)

    # --- one event -------------------------------------------------------------------------

    def step(self, event: Event) -> Outcome:
        """Take one typed event through every door; return its outcome."""
        self.book.head[0]["log"] = 0
        start = 0
        robots = self._know(event)
        for caller in self._callers.values():
            caller.extra = event
        self._questions.clear()
        first = int(self.book.head[0]["n"]) + 1
        self._enter()
        for robot in robots:
            if robot not in self.failed:
                self.book.event[0]["robot"] = robot
                self._decide(robot)
        return read_outcome(self.book, first, start, self._questions)

    def step_record(self) -> None:
        """Take the event in `book.event` through every door; its lines stay in the log."""
        self._enter()
        self._decide(self._event[_ROBOT])

    def decide(self) -> None:
        """Let the robot of the event in the record decide; for drivers that entered it already."""
        self._decide(self._event[_ROBOT])

    # --- the doors ---------------------------------------------------------------------------

    def _enter(self) -> None:
        book = self.book
        enter(
            book.event, book.head, book.terms, book.positions, book.balances, book.orders,
            book.log,
        )  # fmt: skip

    def _decide(self, robot: int) -> None:
        """Want and allow for one robot. One robot's commands are judged before the next decides."""
        head, code = self._head, robot * _ROBOT_WORDS + _CODE
        if head[_HALTED]:
            return
        before = self._robots[code]
        self._want(robot)
        if head[_COMMANDS] != head[_JUDGED]:
            self.judge()
        after = self._robots[code]
        if after != before:
            self._line(DECISION, robot, after, 0)

    def judge(self) -> None:
        """Let the gate judge what was staged, and tell the refusals."""
        book = self.book
        first = self._head[_JUDGED]
        refused = self._allow(
            book.event, book.head, book.robots, book.markets, book.terms, book.positions,
            book.balances, book.orders, book.commands, book.limits, book.log,
        )  # fmt: skip
        if refused:
            self._tell_refusals(first)

    def _tell_refusals(self, first: int) -> None:
        book = self.book
        head, event = book.head[0], book.event[0]
        kept = event.copy()
        staged = int(head["commands"])
        for command in book.commands[first:staged]:
            if int(command["kind"]) != CMD_PLACE or int(command["verdict"]) == 0:
                continue
            event["kind"] = EV_REFUSED
            event["order"], event["number"] = command["order"], command["number"]
            event["code"] = command["verdict"]
            event["have"], event["need"] = command["have"], command["need"]
            head["commands"] = len(book.commands)  # no room: commands staged now are void
            self._want(int(command["robot"]))
            head["commands"] = staged
        book.event[0] = kept

    def _want(self, robot: int) -> None:
        caller = self._callers.get(robot)
        if caller is None:
            self._want_compiled(robot)
            return
        try:
            caller.call(self._event[_KIND])
        except Exception as error:  # noqa: BLE001 - anything may come; only its robot stops
            self._fail(robot, error)

    def _want_compiled(self, robot: int) -> None:
        seat, book = self._seats[robot], self.book
        assert isinstance(seat, CompiledSeat)
        own = seat.prepared
        seat.want(
            book.event, book.head, book.robots, book.markets, book.terms, book.positions,
            book.balances, book.orders, book.commands, own.params, own.state, own.cells,
        )  # fmt: skip

    def _fail(self, robot: int, error: Exception) -> None:
        seat = self._seats[robot]
        assert isinstance(seat, PlainSeat)
        wrapped = StrategyError(
            f"{seat.name} raised {type(error).__name__}: {error} (event {self._head[_N]})"
        )
        if self._strict:
            raise wrapped from error
        self.failed[robot] = wrapped
        self.book.robots[robot]["wake_flags"] = 0
        self._head[_COMMANDS] = self._head[_JUDGED]

    def _line(self, what: int, a: int, b: int, c: int) -> None:
        head = self.book.head[0]
        self.book.log[int(head["log"])] = (int(head["n"]), what, a, b, c)
        head["log"] += 1

    # --- typed events into the record -----------------------------------------------------------

    def _know(self, event: Event) -> list[int]:
        """Write the event into the record and the planes; return the robots it wakes."""
        book = self.book
        record = book.event[0]
        for name in record.dtype.names or ():
            record[name] = 0
        record["ts_ns"] = event.ts_ns
        every = range(len(self._seats))
        match event:
            case Trade() | Quote():
                record["kind"], record["instrument"] = EV_MARKET, event.instrument
                price = self._market(event)
                return [r for r in every if self._woken(r, event.instrument, price)]
            case BarClosed():
                record["kind"], record["instrument"] = EV_BAR, event.instrument
                market = book.markets[event.instrument]
                for name in ("open", "high", "low", "close", "volume"):
                    market[name] = getattr(event.bar, name)
                market["last"], market["seen_ns"] = event.bar.close, event.ts_ns
                market["bars"] += 1
                return [r for r in every if int(book.robots[r]["wake_flags"]) & WAKE_EVERY_BAR]
            case FundingPaid():
                record["kind"], record["robot"] = EV_FUNDING, event.robot
                record["instrument"], record["fee"] = event.instrument, event.payment
                record["rate"], record["price"] = event.rate, event.mark
                return [event.robot]
            case Timer():
                record["kind"], record["robot"] = EV_TIMER, event.robot
                book.robots[event.robot]["wake_at_ns"] = NEVER_NS
                return [event.robot]
            case Signal():
                record["kind"], record["instrument"] = EV_SIGNAL, event.instrument
                record["reference"] = _digest(f"{event}")
                return list(every)
            case Answer():
                record["kind"], record["robot"] = EV_ANSWER, event.robot
                record["reference"] = _digest(f"{event.question} {event.text}")
                return [event.robot]
            case Paused():
                record["kind"], record["robot"] = EV_OPERATOR, event.robot
                record["reference"] = int(event.paused)
                book.robots[event.robot]["paused"] = int(event.paused)
                return [event.robot]
            case FiltersChanged():
                record["kind"], record["instrument"] = EV_INSTRUMENT, event.instrument
                record["reference"] = _digest(f"{event.tick} {event.lot}")
                book.terms[event.instrument]["tick"] = event.tick
                book.terms[event.instrument]["lot"] = event.lot
                return list(every)
        return self._know_order(event)

    def _know_order(self, event: Any) -> list[int]:
        record = self.book.event[0]
        rows = (self.book.orders["number"] == event.order).nonzero()[0]
        record["kind"] = _ORDER_EVENTS[type(event)]
        record["number"] = event.order
        record["order"] = int(rows[0]) if len(rows) else -1
        if not len(rows):
            return []
        order = self.book.orders[int(rows[0])]
        record["robot"], record["instrument"] = order["robot"], order["instrument"]
        if isinstance(event, Filled):
            record["price"], record["quantity"] = event.price, event.quantity
            record["fee"], record["liquidity"] = event.fee, event.liquidity
        if isinstance(event, Rejected):
            record["code"] = event.code
        return [int(order["robot"])]

    def _market(self, event: Trade | Quote) -> int:
        market = self.book.markets[event.instrument]
        market["seen_ns"] = event.ts_ns
        if isinstance(event, Trade):
            market["last"] = event.price
            return int(event.price)
        market["bid"], market["bid_quantity"] = event.bid, event.bid_quantity
        market["ask"], market["ask_quantity"] = event.ask, event.ask_quantity
        market["last"] = (event.bid + event.ask) // 2
        return int(market["last"])

    def _woken(self, robot: int, instrument: int, price: int) -> bool:
        seat = self.book.robots[robot]
        if int(seat["wake_flags"]) & WAKE_EVERY_EVENT:
            return True
        if int(seat["wake_instrument"]) != instrument:
            return False
        return not int(seat["wake_low"]) < price < int(seat["wake_high"])


def _digest(text: str) -> int:
    """Return 62 bits that stand for a text in the log."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "little") >> 2


__all__ = ["CompiledSeat", "Kernel", "PlainSeat", "Seat"]
