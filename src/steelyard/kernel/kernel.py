"""The kernel of one book: one event in, one outcome out; no I/O, no clock, no randomness.

Rule 1: `step` walks the doors know, book, want, allow, report, in this order, for every event.
Rule 2: it is driven by typed events (live, paper, replay) or by a record that a driver filled
(backtests); both walk the same doors over the same compiled parts.
Rule 3: a plain strategy that raises stops alone; in a backtest the caller sees the error.
Rule 4: seats are taken by events (`Seated`), with a maker the assembly hands in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from steelyard.kernel.book import Book
from steelyard.kernel.calling import Caller
from steelyard.kernel.enter import enter
from steelyard.kernel.flat import flat, places
from steelyard.kernel.hearing import Hearing
from steelyard.kernel.lines import DECISION
from steelyard.kernel.plain import Strategy, View
from steelyard.kernel.reading import Reader
from steelyard.kernel.resting import AT_REST, Care, is_reserved
from steelyard.kernel.seating import EFFECTS
from steelyard.kernel.strategy import Prepared
from steelyard.kernel.verdicts import Outcome
from steelyard.model.errors import StrategyError
from steelyard.model.events import Answer, Event, Seated, Signal
from steelyard.model.kinds import (
    CMD_PLACE,
    EV_ACCEPTED,
    EV_BAR,
    EV_REFUSED,
    EV_TIMER,
    EV_TRIGGERED,
)
from steelyard.model.records import BOOK, COMMAND, EVENT, ORDER, ROBOT

_E: Final = places(EVENT)
_ROBOT, _KIND, _ORDER = _E["robot"], _E["kind"], _E["order"]
_REFERENCE = _E["reference"]
_R: Final = places(ROBOT)
_CODE, _STOP, _STOP_RATE, _ROBOT_WORDS = _R["code"], _R["stop"], _R["stop_rate"], _R[""]
_N, _HALTED, _LOG = places(BOOK)["n"], places(BOOK)["halted"], places(BOOK)["log"]
_COMMANDS, _JUDGED = places(BOOK)["commands"], places(BOOK)["judged"]
_SLOT, _ORDER_WORDS = places(ORDER)["slot"], places(ORDER)[""]
_STATUS: Final = places(ORDER)["status"]
_C: Final = places(COMMAND)


@dataclass(slots=True)
class CompiledSeat:
    """A robot whose decision is compiled: the bound `want` and its records."""

    want: Callable[..., None]
    prepared: Prepared
    layout: int = 0


@dataclass(slots=True)
class PlainSeat:
    """A robot whose decision is plain Python."""

    name: str
    strategy: Strategy


Seat: TypeAlias = CompiledSeat | PlainSeat
SeatMaker: TypeAlias = Callable[[Seated, Book], Seat]
"""Makes a robot's seat from its event and the book as it is, its position included."""


@dataclass(slots=True)
class Taken:
    """Who sits where."""

    seats: dict[int, Seat] = field(default_factory=dict)
    events: dict[int, Seated] = field(default_factory=dict)
    """The events that took the seats, with the parameters set since."""
    numbers: list[int] = field(default_factory=list)


class Kernel:
    """One book's kernel. `allow` is the gate with its rules bound in."""

    def __init__(
        self, book: Book, seats: Sequence[Seat], allow: Callable[..., int], *,
        strict: bool = True, make_seat: SeatMaker | None = None,
    ) -> None:  # fmt: skip
        """Seat the robots. `strict`: a strategy's error is raised rather than kept."""
        self.book = book
        self.failed: dict[int, StrategyError] = {}
        self.taken = Taken()
        self.make_seat = make_seat
        self._allow = allow
        self._strict = strict
        self._questions: list[tuple[int, str]] = []
        self._callers: dict[int, Caller] = {}
        self._event, self._head = flat(book.event), flat(book.head)
        self._robots, self._orders = flat(book.robots), flat(book.orders)
        self._staged, self._kept = flat(book.commands), flat(book.event.copy())
        self._hearing = Hearing(book, self.taken.numbers)
        self._reader = Reader(book)
        self._care = Care(book)
        self._decided: set[int] = set()
        self.woken: Sequence[int] = ()
        for robot, seat in enumerate(seats):
            self.seat(robot, seat)

    def seat(self, robot: int, seat: Seat) -> None:
        """Let a robot take its seat, or take it anew."""
        taken = self.taken
        taken.seats[robot] = seat
        if robot not in taken.numbers:
            taken.numbers.append(robot)
            taken.numbers.sort()
        self.failed.pop(robot, None)
        self._callers.pop(robot, None)
        if isinstance(seat, PlainSeat):
            view = View(self.book, robot, self._questions)
            self._callers[robot] = Caller(seat.strategy, self.book, robot, view)

    def caller(self, robot: int) -> Caller | None:
        """Return who calls a plain robot's handlers."""
        return self._callers.get(robot)

    def row_of(self, number: int) -> int:
        """Return the row of an order; -1 if the book has forgotten it."""
        return self._hearing.row_of(number)

    def status_of(self, number: int) -> int:
        """Return the status of an order; -1 if the book has forgotten it."""
        row = self._hearing.row_of(number)
        return self._orders[row * _ORDER_WORDS + _STATUS] if row >= 0 else -1

    # --- one event -------------------------------------------------------------------------

    def step(self, event: Event) -> Outcome:
        """Take one typed event through every door; return its outcome."""
        words, head = self._event, self._head
        head[_LOG] = 0
        robots = self.woken = self._hearing.take(event)
        kind = type(event)
        if kind is Signal or kind is Answer:
            for caller in self._callers.values():
                caller.extra = event
        self._questions.clear()
        self._decided.clear()
        self._enter()
        effect = EFFECTS.get(kind)
        if effect is not None:
            effect(self, event)
        for robot in robots:
            words[_ROBOT] = robot
            self._decide(robot)
        return self._reader.read(head[_N], self._decided, self._questions)

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
        head, at = self._head, robot * _ROBOT_WORDS
        if head[_HALTED]:
            return
        robots = self._robots
        before = robots[at + _CODE]
        if robots[at + _STOP] or robots[at + _STOP_RATE]:
            self._decide_under_care(robot)
        elif robot not in self.failed:
            self._want(robot)
        if head[_COMMANDS] != head[_JUDGED]:
            self.judge()
        after = robots[at + _CODE]
        if after != before:
            self._line(DECISION, robot, after, 0)
            self._decided.add(robot)

    def _decide_under_care(self, robot: int) -> None:
        """Decide for a robot that is coming to rest or is protected."""
        head, robots, at = self._head, self._robots, robot * _ROBOT_WORDS
        kind = self._event[_KIND]
        about_order = EV_ACCEPTED <= kind < EV_TRIGGERED and self._event[_ORDER] >= 0
        reserved = about_order and is_reserved(
            self._orders[self._event[_ORDER] * _ORDER_WORDS + _SLOT]
        )
        hears = robot in self._callers
        if reserved:
            self._care.note_ending(robot, hears=hears)
        ours = kind == EV_TIMER and self._event[_REFERENCE]  # the strategy did not ask for it
        if not ours and (hears or not reserved) and robot not in self.failed:
            if robots[at + _STOP] >= AT_REST:
                head[_COMMANDS] = len(self.book.commands)  # no room: it hears and cannot order
                self._want(robot)
                head[_COMMANDS] = head[_JUDGED]
            else:
                self._want(robot)
        if head[_COMMANDS] != head[_JUDGED]:
            self.judge()
        if kind <= EV_BAR:
            return
        if robots[at + _STOP] >= AT_REST:
            self._care.rest(robot)
        if robots[at + _STOP_RATE]:
            self._care.protect(robot)

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
        head, event, commands = self._head, self._event, self._staged
        self._kept[:] = event
        staged = head[_COMMANDS]
        for at in range(first * _C[""], staged * _C[""], _C[""]):
            verdict, row = commands[at + _C["verdict"]], commands[at + _C["order"]]
            if commands[at + _C["kind"]] != CMD_PLACE or verdict == 0:
                continue
            robot = commands[at + _C["robot"]]
            if robot in self.failed or is_reserved(self._orders[row * _ORDER_WORDS + _SLOT]):
                continue
            event[_KIND], event[_ORDER] = EV_REFUSED, row
            event[_E["number"]], event[_E["code"]] = commands[at + _C["number"]], verdict
            event[_E["have"]] = commands[at + _C["have"]]
            event[_E["need"]] = commands[at + _C["need"]]
            head[_COMMANDS] = len(self.book.commands)  # no room: commands staged now are void
            self._want(robot)
            head[_COMMANDS] = staged
        event[:] = self._kept

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
        seat, book = self.taken.seats.get(robot), self.book
        if not isinstance(seat, CompiledSeat):
            return  # the account's own row: what is booked there is nobody's decision
        own = seat.prepared
        seat.want(
            book.event, book.head, book.robots, book.markets, book.terms, book.positions,
            book.balances, book.orders, book.commands, own.params, own.state, own.cells,
        )  # fmt: skip

    def _fail(self, robot: int, error: Exception) -> None:
        seat = self.taken.seats[robot]
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


__all__ = ["CompiledSeat", "Kernel", "PlainSeat", "Seat", "SeatMaker"]
