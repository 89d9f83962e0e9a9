"""The counters behind breakers: what a sign means to each.

Rule 1: a watch is a fold of signs and dumps to a flat list of integers: counters survive restarts.
Rule 2: a success never clears a loss. Losses leave by age alone, or by a person.
Rule 3: ages are counted on a time that never runs back. A step of the machine's clock is told as
`Stepped`, before anything that carries the new time; it moves all times, so no age changes.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from steelyard.model.decimals import format_units
from steelyard.model.units import RATE_DECIMALS, RATE_ONE
from steelyard.runtime.signs import Booked, Called, Kind, Measured, Priced, Rule, Seen, Sign, Tried


class Watch(Protocol):
    """A counter. `why` says in words what it saw last."""

    why: str

    def see(self, sign: Sign, now_ns: int) -> Seen:
        """Judge one sign."""
        ...

    def clear(self, *, person: bool) -> None:
        """Forget what closing the breaker forgives."""
        ...

    def move(self, by_ns: int) -> None:
        """Move all times."""
        ...

    def dump(self) -> list[int]:
        """Return the counters."""
        ...

    def load(self, numbers: Sequence[int]) -> None:
        """Take the counters that `dump` gave."""
        ...


class Streak:
    """Failures in a row."""

    def __init__(self, rule: Rule) -> None:
        """Begin at none."""
        self.why = ""
        self._most = rule.threshold
        self._count = 0

    def see(self, sign: Sign, now_ns: int) -> Seen:
        if not isinstance(sign, Tried):
            return Seen.NOTHING
        if sign.ok:
            self._count = 0
            return Seen.GOOD
        self._count += 1
        self.why = f"{self._count} orders in a row failed, {self._most} open the breaker"
        return Seen.TRIP if self._count >= self._most else Seen.BAD

    def clear(self, *, person: bool) -> None:
        self._count = 0

    def move(self, by_ns: int) -> None:
        pass

    def dump(self) -> list[int]:
        return [self._count]

    def load(self, numbers: Sequence[int]) -> None:
        self._count = next(iter(numbers), 0)


class Single:
    """One loss that is too great."""

    def __init__(self, rule: Rule) -> None:
        """Hold nothing: every loss is judged by itself."""
        self.why = ""
        self._rule = rule

    def see(self, sign: Sign, now_ns: int) -> Seen:
        if not isinstance(sign, Booked):
            return Seen.NOTHING
        if sign.profit >= 0:
            return Seen.GOOD
        most, decimals = self._rule.threshold, self._rule.decimals
        self.why = (
            f"{format_units(-sign.profit, decimals)} lost at once, "
            f"{format_units(most, decimals)} opens the breaker"
        )
        return Seen.TRIP if -sign.profit >= most else Seen.BAD

    def clear(self, *, person: bool) -> None:
        pass

    def move(self, by_ns: int) -> None:
        pass

    def dump(self) -> list[int]:
        return []

    def load(self, numbers: Sequence[int]) -> None:
        pass


class Losses:
    """Losses within a span, or (span 0) since a person last looked."""

    def __init__(self, rule: Rule) -> None:
        """Begin at none."""
        self.why = ""
        self._rule = rule
        self._sum = 0
        # Neighbours share an entry that is as young as the youngest, so none leaves too early.
        self._grain_ns = rule.span_ns // _LOSS_GRAINS
        self._entries: deque[tuple[int, int, int]] = deque()  # first, last, lost

    def see(self, sign: Sign, now_ns: int) -> Seen:
        if not isinstance(sign, Booked):
            return Seen.NOTHING
        rule = self._rule
        if sign.profit < 0 or rule.netted:
            self._add(now_ns, -sign.profit)
        while rule.span_ns and self._entries and self._entries[0][1] < now_ns - rule.span_ns:
            self._sum -= self._entries.popleft()[2]
        if sign.profit >= 0:
            return Seen.GOOD
        within = f" within {format_units(rule.span_ns, 9)} s" if rule.span_ns else " in total"
        self.why = (
            f"{format_units(self._sum, rule.decimals)} lost{within}, "
            f"{format_units(rule.threshold, rule.decimals)} opens the breaker"
        )
        return Seen.TRIP if self._sum >= rule.threshold else Seen.BAD

    def clear(self, *, person: bool) -> None:
        if person:
            self._entries.clear()
            self._sum = 0

    def move(self, by_ns: int) -> None:
        moved = [(first + by_ns, last + by_ns, lost) for first, last, lost in self._entries]
        self._entries = deque(moved)

    def dump(self) -> list[int]:
        return [number for entry in self._entries for number in entry]

    def load(self, numbers: Sequence[int]) -> None:
        self._entries = deque(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
        self._sum = sum(lost for _, _, lost in self._entries)

    def _add(self, now_ns: int, lost: int) -> None:
        self._sum += lost
        if self._entries:
            first, _, before = self._entries[-1]
            if not self._rule.span_ns or now_ns - first <= self._grain_ns:
                self._entries[-1] = (first, now_ns, before + lost)
                return
        self._entries.append((now_ns, now_ns, lost))


class Share:
    """Share of failures among the last so many; nothing is said before there were so many."""

    def __init__(self, rule: Rule) -> None:
        """Begin with an empty ring."""
        self.why = ""
        self._rule = rule
        self._what: type[Tried | Called] = Tried if rule.kind is Kind.ORDER_SHARE else Called
        self._ring: deque[int] = deque(maxlen=rule.count)
        self._failed = 0

    def see(self, sign: Sign, now_ns: int) -> Seen:
        if not isinstance(sign, self._what):
            return Seen.NOTHING
        ring = self._ring
        if len(ring) == ring.maxlen:
            self._failed -= ring[0]
        ring.append(int(not sign.ok))
        self._failed += ring[-1]
        if sign.ok:
            return Seen.GOOD
        rule = self._rule
        things = "orders" if self._what is Tried else "requests"
        self.why = (
            f"{self._failed} of the last {len(ring)} {things} failed, "
            f"more than {_percent(rule.threshold)} opens the breaker"
        )
        tripped = len(ring) == ring.maxlen and self._failed * RATE_ONE > rule.threshold * rule.count
        return Seen.TRIP if tripped else Seen.BAD

    def clear(self, *, person: bool) -> None:
        self._ring.clear()
        self._failed = 0

    def move(self, by_ns: int) -> None:
        pass

    def dump(self) -> list[int]:
        return list(self._ring)

    def load(self, numbers: Sequence[int]) -> None:
        self._ring = deque(numbers, maxlen=self._rule.count)
        self._failed = sum(self._ring)


class Gauge:
    """A reading that is too high, or too low, for as long as the rule says."""

    def __init__(self, rule: Rule) -> None:
        """Begin with nothing wrong."""
        self.why = ""
        self._rule = rule
        self._wrong_since: int | None = None

    def see(self, sign: Sign, now_ns: int) -> Seen:
        rule = self._rule
        if rule.kind is Kind.SPREAD:
            if not isinstance(sign, Priced) or sign.bid <= 0 or sign.ask <= 0:
                return Seen.NOTHING
            value = (sign.ask - sign.bid) * 2 * RATE_ONE // (sign.ask + sign.bid)
        elif isinstance(sign, Measured) and sign.kind is rule.kind:
            value = sign.value
        else:
            return Seen.NOTHING
        low = rule.kind in _TOO_LOW
        if value >= rule.threshold if low else value <= rule.threshold:
            self._wrong_since = None
            return Seen.GOOD
        if self._wrong_since is None:
            self._wrong_since = now_ns
        what, show = _SHOWN[rule.kind]
        below = "less" if low else "more"
        self.why = what
        if rule.kind is not Kind.JOURNAL:
            self.why += f" {show(value)}, {below} than {show(rule.threshold)} opens the breaker"
        return Seen.TRIP if now_ns - self._wrong_since >= rule.span_ns else Seen.BAD

    def clear(self, *, person: bool) -> None:
        self._wrong_since = None

    def move(self, by_ns: int) -> None:
        if self._wrong_since is not None:
            self._wrong_since += by_ns

    def dump(self) -> list[int]:
        return [] if self._wrong_since is None else [self._wrong_since]

    def load(self, numbers: Sequence[int]) -> None:
        self._wrong_since = next(iter(numbers), None)


class Jump:
    """A price far from its lowest or highest of the last span, kept in grains of a sixtieth."""

    def __init__(self, rule: Rule) -> None:
        """Begin without prices."""
        self.why = ""
        self._rule = rule
        self._grain_ns = max(1, rule.span_ns // _PRICE_GRAINS)
        # By instrument: when a grain began, its lowest and its highest price.
        self._grains: dict[int, deque[list[int]]] = {}

    def see(self, sign: Sign, now_ns: int) -> Seen:
        if not isinstance(sign, Priced) or sign.price <= 0:
            return Seen.NOTHING
        price, rule = sign.price, self._rule
        grains = self._grains.setdefault(sign.instrument, deque())
        while grains and grains[0][0] + self._grain_ns < now_ns - rule.span_ns:
            grains.popleft()
        if grains and now_ns - grains[-1][0] < self._grain_ns:
            last = grains[-1]
            last[1], last[2] = min(last[1], price), max(last[2], price)
        else:
            grains.append([now_ns, price, price])
        low, high = min(grain[1] for grain in grains), max(grain[2] for grain in grains)
        moved = max((price - low) * RATE_ONE // low, (high - price) * RATE_ONE // high)
        if moved <= rule.threshold:
            return Seen.GOOD
        self.why = (
            f"the price moved by {_percent(moved)} within {format_units(rule.span_ns, 9)} s, "
            f"more than {_percent(rule.threshold)} opens the breaker"
        )
        return Seen.TRIP

    def clear(self, *, person: bool) -> None:
        self._grains.clear()

    def move(self, by_ns: int) -> None:
        for grains in self._grains.values():
            for grain in grains:
                grain[0] += by_ns

    def dump(self) -> list[int]:
        return [
            number
            for instrument, grains in self._grains.items()
            for grain in grains
            for number in (instrument, *grain)
        ]

    def load(self, numbers: Sequence[int]) -> None:
        self._grains = {}
        rows = zip(numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4], strict=True)
        for instrument, *grain in rows:
            self._grains.setdefault(instrument, deque()).append(grain)


def watch_of(rule: Rule) -> Watch:
    """Return a fresh watch for a rule."""
    return _WATCHES[rule.kind](rule)


def _percent(rate: int) -> str:
    return format_units(rate * 100, RATE_DECIMALS) + " %"


def _seconds(span_ns: int) -> str:
    return format_units(span_ns, 9) + " s"


_LOSS_GRAINS: Final = 1440
_PRICE_GRAINS: Final = 60
_TOO_LOW: Final = frozenset({Kind.JOURNAL, Kind.DISK})
_SHOWN: Final[Mapping[Kind, tuple[str, Callable[[int], str]]]] = MappingProxyType({
    Kind.STALE: ("the age of market data is", _seconds),
    Kind.SPREAD: ("the spread is", _percent),
    Kind.JOURNAL: ("the journal does not write", str),
    Kind.STALL: ("the loop stood still for", _seconds),
    Kind.DISK: ("free bytes on the disk are", str),
    Kind.CPU: ("processor use is", _percent),
    Kind.MEMORY: ("memory use is", _percent),
})  # fmt: skip
_WATCHES: Final[Mapping[Kind, Callable[[Rule], Watch]]] = MappingProxyType({
    Kind.FAILURES: Streak,
    Kind.LOSS_SINGLE: Single,
    Kind.LOSS_WINDOW: Losses,
    Kind.LOSS_TOTAL: Losses,
    Kind.ORDER_SHARE: Share,
    Kind.CALL_SHARE: Share,
    Kind.STALE: Gauge,
    Kind.JUMP: Jump,
    Kind.SPREAD: Gauge,
    Kind.JOURNAL: Gauge,
    Kind.STALL: Gauge,
    Kind.DISK: Gauge,
    Kind.CPU: Gauge,
    Kind.MEMORY: Gauge,
})  # fmt: skip
