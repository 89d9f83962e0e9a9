"""Faults: what goes wrong at a venue, by rules, the same in every run.

Rule 1: a rule meets a request, a frame or news that fit it; of those it takes every n-th after the
first few, at most so many, each with its probability. Chance is a hash of the rule's seed and of
how many it has met: the same traffic meets the same faults.
Rule 2: rules are asked in the order in which they were set; the first that fires of a kind that
excludes others is the one.
Rule 3: a rule about requests means those over REST unless its path begins with `WS `; so that one
without a path loses no log-in.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from steelyard.exchange.hall.words import EVERY
from steelyard.model.errors import ConfigurationError


class Fault(StrEnum):
    """What a rule does."""

    # Requests over REST, and (marked *) frames of a socket that are requests.
    LOST_BEFORE = "lost_before"  # * nothing is done, nothing comes back
    LOST_AFTER = "lost_after"  # * it is done, nothing comes back
    SLOW = "slow"  # * it is done, the answer comes `ms` later
    TRICKLE = "trickle"  # it is done, the answer comes in bytes over `ms`
    UNKNOWN_BEFORE = "unknown_before"  # the venue's 5xx of unknown outcome; it is not done
    UNKNOWN_AFTER = "unknown_after"  # the same; it is done
    BUSY = "busy"  # the venue's words for overload; it is not done
    ERROR = "error"  # a code that nobody documents; it is not done
    RATE_LIMIT = "rate_limit"  # 429, `ms`: retry after
    BAN = "ban"  # 418, and the address stays shut out for `ms`
    MAINTENANCE = "maintenance"
    HTML = "html"  # a page of a proxy instead of JSON; it is done
    TRUNCATED = "truncated"  # the first half of the answer; it is done
    EMPTY = "empty"  # an answer without a body; it is done
    STALE = "stale"  # answers from a view that is `ms` old
    PARTIAL = "partial"  # orders of a batch at `places` (from 1) are refused
    TRANSIT = "transit"  # transfers between wallets arrive `ms` later
    # News of accounts.
    LATE = "late"  # told `ms` later
    DUPLICATE = "duplicate"  # told twice
    LOST_NEWS = "lost_news"  # never told
    # News of the market.
    GAP = "gap"  # a change of depth is left out
    SPOIL = "spoil"  # one level of a change of depth is wrong
    LATE_MARKET = "late_market"
    # Sockets.
    QUIET = "quiet"  # nothing is said on the socket any more for `ms`, pongs neither; 0: ever
    CUT = "cut"  # the socket is closed
    GARBLED = "garbled"  # the frame is cut in half
    REFUSED = "refused"  # the socket does not open
    # The clock.
    SKEW = "skew"  # the venue's clock is `ms` ahead (negative: behind) while the rule stands


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault and what it meets. Empty or EVERY: whatever it is."""

    fault: Fault
    id: str = ""
    dialect: str = ""
    path: str = "*"
    """A pattern with `*` and `?` on `METHOD /path`, or on `WS /path` of a socket."""
    text: str = ""
    """A regular expression searched in query and body, or in the frame."""
    account: int = EVERY
    instrument: str = ""
    """Unified name, for news."""
    topic: str = ""
    """`quote`, `depth`, `trade`, …, for news of the market."""
    probability: float = 1.0
    every: int = 1
    skip: int = 0
    count: int = 0
    """How often it fires at most; 0: without end."""
    seed: int = 0
    from_s: float = 0.0
    """Seconds since the exchange opened; `until_s` 0: without end."""
    until_s: float = 0.0
    ms: int = 0
    places: tuple[int, ...] = ()


class Moment(Struct, frozen=True, kw_only=True):
    """What is held against the rules."""

    dialect: str
    at_s: float
    path: str = ""
    text: str = ""
    account: int = EVERY
    instrument: str = ""
    topic: str = ""


_pattern = cache(re.compile)


class _Standing:
    """A rule and what it has met."""

    __slots__ = ("fired", "met", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.met = self.fired = 0

    def fires(self, moment: Moment) -> bool:
        rule = self.rule
        if not _fits(rule, moment) or (rule.count and self.fired >= rule.count):
            return False
        self.met += 1
        turn = self.met - rule.skip
        if turn < 1 or (turn - 1) % rule.every:
            return False
        if rule.probability < 1.0 and _chance(rule, self.met) >= rule.probability:
            return False
        self.fired += 1
        return True


class Faults:
    """The rules that stand."""

    def __init__(self) -> None:
        """Begin with none."""
        self._standing: list[_Standing] = []
        self._kinds: frozenset[Fault] = frozenset()
        self._set = 0

    def add(self, rule: Rule) -> str:
        """Set a rule, in place of one with the same id; return its id."""
        _check(rule)
        self._set += 1
        rule = msgspec.structs.replace(rule, id=rule.id or f"{rule.fault}-{self._set}")
        self.clear(rule.id)
        self._standing.append(_Standing(rule))
        self._note()
        return rule.id

    def clear(self, which: str = "") -> int:
        """Take one rule, or all, away; return how many that were."""
        before = len(self._standing)
        self._standing = [one for one in self._standing if which and one.rule.id != which]
        self._note()
        return before - len(self._standing)

    def listed(self) -> list[dict[str, Any]]:
        """List the rules with what they have met."""
        return [
            {**msgspec.to_builtins(one.rule), "met": one.met, "fired": one.fired}
            for one in self._standing
        ]

    def any(self, *kinds: Fault) -> bool:
        """Say whether there is a rule of one of these kinds at all."""
        return not self._kinds.isdisjoint(kinds)

    def first(self, kinds: Iterable[Fault], moment: Moment) -> Rule | None:
        """Return the first rule of these kinds that fires."""
        wanted = set(kinds)
        for one in self._standing:
            if one.rule.fault in wanted and one.fires(moment):
                return one.rule
        return None

    def skew_ms(self, dialect: str, at_s: float) -> int:
        """Sum up how far a venue's clock is wrong."""
        if Fault.SKEW not in self._kinds:
            return 0
        moment = Moment(dialect=dialect, at_s=at_s)
        return sum(
            one.rule.ms
            for one in self._standing
            if one.rule.fault == Fault.SKEW and _fits(one.rule, moment)
        )

    def _note(self) -> None:
        self._kinds = frozenset(one.rule.fault for one in self._standing)


def read_rule(values: Mapping[str, Any]) -> Rule:
    """Read a rule from plain values. Raises ConfigurationError with what is allowed."""
    try:
        rule = msgspec.convert(values, Rule)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"fault {dict(values)!r}: {error}") from None
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    if rule.every < 1 or rule.skip < 0 or not 0.0 <= rule.probability <= 1.0:
        raise ConfigurationError(
            f"fault {rule.fault}: every was {rule.every}, skip {rule.skip} and probability "
            f"{rule.probability}; allowed are 1 or more, 0 or more, and 0 to 1"
        )
    try:
        _pattern(rule.text)
    except re.error as error:
        raise ConfigurationError(f"fault {rule.fault}: text was {rule.text!r}: {error}") from None


def _fits(rule: Rule, moment: Moment) -> bool:
    if rule.dialect not in ("", moment.dialect) or rule.account not in (EVERY, moment.account):
        return False
    if moment.at_s < rule.from_s or (rule.until_s and moment.at_s >= rule.until_s):
        return False
    if moment.path and not _on_path(rule, moment.path):
        return False
    if rule.instrument not in ("", moment.instrument) or rule.topic not in ("", moment.topic):
        return False
    return not rule.text or _pattern(rule.text).search(moment.text) is not None


def _on_path(rule: Rule, path: str) -> bool:
    if path.startswith("WS ") and not rule.path.startswith("WS ") and rule.fault in _ASKED:
        return False
    return fnmatchcase(path, rule.path)


def _chance(rule: Rule, turn: int) -> float:
    digest = hashlib.sha256(f"{rule.seed}:{rule.id}:{rule.fault}:{turn}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


REQUEST_FAULTS: Final = tuple(Fault)[: tuple(Fault).index(Fault.STALE)]
"""What can happen to a request; of these one at a time."""
VIEW_FAULTS: Final = (Fault.STALE, Fault.PARTIAL, Fault.TRANSIT)
"""What the hall itself does differently while it is asked."""
FRAME_FAULTS: Final = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.SLOW)
"""What can happen to a frame of a client."""
_ASKED: Final = frozenset((*REQUEST_FAULTS, *VIEW_FAULTS))
