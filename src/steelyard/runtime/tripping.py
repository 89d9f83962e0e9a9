"""Breakers at work: what a book hears as signs, and what follows when one moves.

Rule 1: signs come from numbered events, from requests and from gauges; a move becomes an event,
and entries stop or go on by it.
Rule 2: in recovery signs are folded and moves are not made again: they were journaled and follow.
"""

from typing import Any, Final

from steelyard.model import events as ev
from steelyard.model import reasons
from steelyard.model.kinds import PAUSE_BREAKER
from steelyard.runtime.breakers import Breakers, Transition
from steelyard.runtime.breakers import State as BreakerState
from steelyard.runtime.shell import Shell
from steelyard.runtime.signs import Booked, Called, Kind, Measured, Priced, Tried

_BEAT_NS: Final = 1_000_000_000
RESTART: Final = "restart"
"""Why an order was lost: the process that sent it ended before the reply came."""


class Tripping:
    """The breakers of one book."""

    def __init__(self, desk: Shell) -> None:
        """Build the breakers of the plan."""
        self._desk = desk
        self._scheduler = desk.parts.scheduler
        self.breakers = Breakers(desk.plan.breakers)
        self._begun = False
        self._closed = False
        self._beat: Any = None
        self._realised = 0

    def begin(self) -> None:
        """Start measuring: the book trades."""
        self._begun = True
        self._realised = self._profit()
        self._watch_stalls(self._scheduler.elapsed_ns())

    def close(self) -> None:
        """Stop."""
        self._closed = True
        if self._beat is not None:
            self._beat.cancel()

    def replan(self) -> None:
        """Follow the desk's new rules; counters of breakers that stay go on."""
        breakers = Breakers(self._desk.plan.breakers)
        breakers.load(self.breakers.dump())
        self.breakers = breakers

    def tend(self) -> None:
        """Let time do what it does to breakers."""
        self._moved(self.breakers.due(self._desk.now()))

    def fold(self, event: ev.Event) -> None:
        """Hear an event that is numbered."""
        self._sign(event, live=True)

    def refold(self, event: ev.Event) -> None:
        """Hear an event of the past: its moves were journaled and follow."""
        self._sign(event, live=False)
        if isinstance(event, ev.BreakerMoved):
            plain = self.breakers.dump()
            kept = plain.get(event.breaker)
            if kept is not None:
                kept["state"], kept["since_ns"] = event.state, event.ts_ns
                kept["reason"] = event.reason
                self.breakers.load(plain)

    def _sign(self, event: ev.Event, *, live: bool) -> None:
        if not self._desk.plan.breakers:
            return
        moved: tuple[Transition, ...] = ()
        match event:
            case ev.Accepted():
                moved = self.breakers.feed(Tried(ts_ns=event.ts_ns, ok=True))
            case ev.Rejected(code=reasons.POST_ONLY_CROSSES):
                pass  # the price moved on: the venue did what was asked of it
            case ev.Lost(why=why) if why == RESTART:
                pass  # our own end, not the venue's silence
            case ev.Rejected() | ev.Lost():
                moved = self.breakers.feed(Tried(ts_ns=event.ts_ns, ok=False))
            case ev.Trade() | ev.Quote():
                moved = self.breakers.feed(_price_of(event))
            case ev.Filled():
                profit = self._profit()
                change, self._realised = profit - self._realised, profit
                if change:
                    moved = self.breakers.feed(Booked(ts_ns=event.ts_ns, profit=change))
        if live:
            self._moved(moved)

    def _profit(self) -> int:
        rows = self._desk.kernel.book.positions
        return int((rows["realised"] - rows["fees"]).sum())

    def _moved(self, moves: tuple[Transition, ...]) -> None:
        for one in moves:
            self._desk.hear(
                ev.BreakerMoved(
                    ts_ns=self._desk.now(), breaker=one.breaker, state=one.state.value,
                    reason=one.reason, by=one.by,
                )
            )  # fmt: skip
            self._desk.tell("warning", "breaker", f"{one.breaker} is {one.state}: {one.reason}")
        if moves:
            opened = any(b.state is BreakerState.OPEN for b in self.breakers.all)
            self._desk.hear(
                ev.Paused(
                    ts_ns=self._desk.now(),
                    robot=-1,
                    paused=opened,
                    cause=PAUSE_BREAKER,
                    reason=moves[-1].reason,
                )
            )

    def reset(self, name: str, *, by: str, reason: str) -> str:
        """Close a breaker by a person's word; return "" or why not."""
        moved = self.breakers.reset(name, self._desk.now(), by=by, reason=reason)
        if isinstance(moved, str):
            return moved
        if moved is not None:
            self._moved((moved,))
        return ""

    def called(self, ok: bool) -> None:
        """Hear whether a request was answered."""
        if self._begun and self._desk.plan.breakers:
            self._moved(self.breakers.feed(Called(ts_ns=self._desk.now(), ok=ok)))

    def journal(self, *, writes: bool) -> None:
        """Hear whether the journal writes."""
        self.measure(Kind.JOURNAL, int(writes))

    def measure(self, kind: Kind, value: int) -> None:
        """Hear a gauge: of the machine, of the journal, or of the age of prices."""
        if self._begun and not self._closed and self._desk.plan.breakers:
            sign = Measured(ts_ns=self._desk.now(), kind=kind, value=value)
            self._moved(self.breakers.feed(sign))

    def _watch_stalls(self, due_ns: int) -> None:
        """Measure how late a call comes: the loop stood still for so long."""
        if self._closed or not self._desk.plan.breakers:
            return
        now = self._scheduler.elapsed_ns()
        self.measure(Kind.STALL, max(0, now - due_ns))
        self._beat = self._scheduler.after(_BEAT_NS, self._watch_stalls, now + _BEAT_NS)

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        return {"breakers": self.breakers.dump(), "realised": self._realised}

    def load(self, plain: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.breakers.load(plain["breakers"])
        self._realised = plain["realised"]


def _price_of(event: ev.Trade | ev.Quote) -> Priced:
    if isinstance(event, ev.Trade):
        return Priced(ts_ns=event.ts_ns, instrument=event.instrument, price=event.price)
    return Priced(
        ts_ns=event.ts_ns, instrument=event.instrument, price=(event.bid + event.ask) // 2,
        bid=event.bid, ask=event.ask,
    )  # fmt: skip
