"""Breakers: what stops new trades by itself, and who lets them go on.

Rule 1: a breaker moves only through `MOVES`. Half open, entries may be tried: the first success
closes it, the first failure opens it again.
Rule 2: folds of signs, no clock and no I/O: who feeds the same signs gets the same moves, and what
`dump` gave goes on after a restart as if there had been none.
Rule 3: time never runs back here. A clock that steps back makes it stand still until it has caught
up; a step that is told (`Stepped`) changes no age at all.
Rule 4: only a person forgives accumulated losses, by `reset`, with a name and a reason.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import NEVER_NS
from steelyard.runtime.signs import Kind, Rule, Seen, Sign, Stepped
from steelyard.runtime.watches import watch_of

PERSON: Final = "person"
TIME: Final = "time"


class State(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"  # nothing new is opened
    HALF_OPEN = "half_open"  # it is being tried


class Cause(StrEnum):
    """What can move a breaker."""

    TRIP = "trip"
    BAD = "bad"
    GOOD = "good"
    DUE = "due"  # its time is over
    PERSON = "person"


MOVES: Final[Mapping[tuple[State, Cause], State]] = MappingProxyType({
    (State.CLOSED, Cause.TRIP): State.OPEN,
    (State.OPEN, Cause.DUE): State.HALF_OPEN,
    (State.OPEN, Cause.PERSON): State.CLOSED,
    (State.HALF_OPEN, Cause.TRIP): State.OPEN,
    (State.HALF_OPEN, Cause.BAD): State.OPEN,
    (State.HALF_OPEN, Cause.GOOD): State.CLOSED,
    (State.HALF_OPEN, Cause.PERSON): State.CLOSED,
    (State.CLOSED, Cause.PERSON): State.CLOSED,  # what was counted is forgotten, and that is told
})  # fmt: skip

_CAUSE_OF: Final = MappingProxyType(
    {Seen.TRIP: Cause.TRIP, Seen.BAD: Cause.BAD, Seen.GOOD: Cause.GOOD}
)


class Transition(Struct, frozen=True, kw_only=True):
    """A breaker moved; the caller makes it a `BreakerMoved` and pauses or resumes entries."""

    ts_ns: int
    breaker: str
    was: State
    state: State
    reason: str
    by: str = ""


class Kept(Struct, frozen=True, kw_only=True):
    """What a breaker is after a restart."""

    kind: Kind
    state: State
    since_ns: int
    now_ns: int
    reason: str
    numbers: list[int]


class Breaker:
    """One breaker."""

    __slots__ = ("_now_ns", "_watch", "reason", "rule", "since_ns", "state")

    def __init__(self, rule: Rule) -> None:
        """Begin closed; refuse a rule that cannot work."""
        self.rule = checked(rule)
        self.state = State.CLOSED
        self.since_ns = 0
        self.reason = ""
        self._watch = watch_of(rule)
        self._now_ns = 0

    def feed(self, sign: Sign) -> Transition | None:
        """Hear a sign; return the move it made."""
        if isinstance(sign, Stepped):
            self._step(sign)
            return None
        self._now_ns = max(self._now_ns, sign.ts_ns)
        seen = self._watch.see(sign, self._now_ns)
        if seen is Seen.NOTHING:
            return None
        cause = _CAUSE_OF[seen]
        reason = "it went well again" if cause is Cause.GOOD else self._watch.why
        return self._move(cause, sign.ts_ns, reason)

    def due(self, now_ns: int) -> Transition | None:
        """Let time go on; a breaker that time resets half opens when its time is over."""
        self._now_ns = max(self._now_ns, now_ns)
        if self._now_ns < self.next_ns:
            return None
        return self._move(Cause.DUE, now_ns, "it was open long enough and is tried")

    def reset(self, now_ns: int, *, by: str, reason: str) -> Transition:
        """Close it by a person's word and forget everything counted."""
        self._now_ns = now_ns  # also the way out when the clock once ran far ahead
        self._watch.clear(person=True)
        move = self._move(Cause.PERSON, now_ns, reason, by)
        assert move is not None, "a person may close a breaker in every state"
        return move

    @property
    def next_ns(self) -> int:
        """When to call `due`; `NEVER_NS`: not by itself."""
        if self.state is State.OPEN and self.rule.reset == TIME:
            return self.since_ns + self.rule.after_ns
        return NEVER_NS

    def dump(self) -> Kept:
        """Return all that is to be kept."""
        return Kept(
            kind=self.rule.kind, state=self.state, since_ns=self.since_ns, now_ns=self._now_ns,
            reason=self.reason, numbers=self._watch.dump(),
        )  # fmt: skip

    def load(self, kept: Kept) -> None:
        """Go on from what was kept; of another kind of breaker, nothing is taken."""
        if kept.kind is not self.rule.kind:
            return
        self.state, self.since_ns, self.reason = kept.state, kept.since_ns, kept.reason
        self._now_ns = kept.now_ns
        self._watch.load(kept.numbers)

    def _step(self, sign: Stepped) -> None:
        self._now_ns += sign.by_ns
        self.since_ns += sign.by_ns
        self._watch.move(sign.by_ns)

    def _move(self, cause: Cause, ts_ns: int, reason: str, by: str = "") -> Transition | None:
        target = MOVES.get((self.state, cause))
        if target is None:
            return None
        was, self.state = self.state, target
        self.since_ns, self.reason = self._now_ns, reason
        if target is State.CLOSED:
            self._watch.clear(person=False)
        return Transition(
            ts_ns=ts_ns, breaker=self.rule.name, was=was, state=target, reason=reason, by=by
        )


class Breakers:
    """All breakers of one account."""

    __slots__ = ("_all",)

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Begin with all of them closed."""
        self._all: dict[str, Breaker] = {}
        for rule in rules:
            if rule.name in self._all:
                raise ConfigurationError(f"two breakers are named {rule.name!r}")
            self._all[rule.name] = Breaker(rule)

    def feed(self, sign: Sign) -> tuple[Transition, ...]:
        """Let every breaker hear a sign; return the moves it made."""
        moves = [breaker.feed(sign) for breaker in self._all.values()]
        return tuple(move for move in moves if move)

    def due(self, now_ns: int) -> tuple[Transition, ...]:
        """Let time go on; return the moves it made."""
        moves = [breaker.due(now_ns) for breaker in self._all.values()]
        return tuple(move for move in moves if move)

    def reset(self, name: str, now_ns: int, *, by: str, reason: str) -> Transition | str:
        """Close one by a person's word, or say that there is none of this name."""
        breaker = self._all.get(name)
        if breaker is None:
            return f"no breaker is named {name!r}, there are {', '.join(self._all) or 'none'}"
        return breaker.reset(now_ns, by=by, reason=reason)

    @property
    def next_ns(self) -> int:
        """When to call `due`; `NEVER_NS`: not by itself."""
        return min((breaker.next_ns for breaker in self._all.values()), default=NEVER_NS)

    @property
    def open(self) -> tuple[Breaker, ...]:
        """Those that hold entries back. One that is half open does not: it wants to be tried."""
        return tuple(one for one in self._all.values() if one.state is State.OPEN)

    @property
    def all(self) -> tuple[Breaker, ...]:
        """Every breaker, in the order of the rules."""
        return tuple(self._all.values())

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        kept = {name: breaker.dump() for name, breaker in self._all.items()}
        plain: dict[str, Any] = msgspec.to_builtins(kept)
        return plain

    def load(self, plain: Mapping[str, Any]) -> None:
        """Go on from what `dump` gave; breakers that are gone are forgotten, new ones begin."""
        for name, kept in msgspec.convert(plain, dict[str, Kept]).items():
            if name in self._all:
                self._all[name].load(kept)


_COUNTED: Final = frozenset({Kind.ORDER_SHARE, Kind.CALL_SHARE})
_SPANNED: Final = frozenset({Kind.LOSS_WINDOW, Kind.JUMP})


def checked(rule: Rule) -> Rule:
    """Return the rule, or refuse it in a sentence."""
    wrong = ""
    if rule.threshold <= 0:
        wrong = f"a threshold of {rule.threshold}, allowed is above 0"
    elif rule.reset not in (PERSON, TIME):
        wrong = f"reset {rule.reset!r}, allowed are {PERSON} and {TIME}"
    elif rule.reset == TIME and rule.after_ns <= 0:
        wrong = f"a reset by time after {rule.after_ns} ns, allowed is above 0"
    elif rule.kind in _COUNTED and rule.count <= 0:
        wrong = f"a count of {rule.count}, allowed is above 0"
    elif rule.kind in _SPANNED and rule.span_ns <= 0:
        wrong = f"a span of {rule.span_ns} ns, allowed is above 0"
    if wrong:
        raise ConfigurationError(f"breaker {rule.name!r} has {wrong}")
    return rule
