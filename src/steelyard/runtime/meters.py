"""Sliding windows of weight: what was taken, by whom, and when there is room again.

Rule 1: exact, never buckets: an entry counts up to and with the moment it is one span old.
Rule 2: whoever is let through pays O(1) amortised; who must wait pays a binary search.
Rule 3: a request that could never fit is a mistake of the configuration, not a long wait.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from steelyard.kernel.ports import Request, Window
from steelyard.model.errors import ConfigurationError
from steelyard.runtime.retry import SECOND


class Urgency(IntEnum):
    """Who goes first; callers with several requests waiting ask in this order."""

    FIRST = 0  # cancels and protective orders
    CREATE = 1
    READ = 2


URGENCY: Final[Mapping[Request, Urgency]] = MappingProxyType(
    {
        Request.PLACE: Urgency.CREATE,
        Request.CANCEL: Urgency.FIRST,
        Request.CANCEL_ALL: Urgency.FIRST,
        Request.ORDER: Urgency.READ,
        Request.OPEN_ORDERS: Urgency.READ,
        Request.TRADES: Urgency.READ,
        Request.HOLDINGS: Urgency.READ,
        Request.LISTING: Urgency.READ,
    }
)


_WHOLE: Final = 100
_CEILING_MAX: Final = 80
_COMPACT_FROM: Final = 64


class Shares(Struct, frozen=True, kw_only=True):
    """Percents: the ceiling of the published limit, the rest of that ceiling.

    Creates and reads go only where all taken together stay below 100 - `first`; of that, creates
    leave `read` to the reads and reads leave `create` to the creates.
    """

    ceiling: int = 80
    first: int = 25
    create: int = 40
    read: int = 10

    def __post_init__(self) -> None:
        """Refuse shares that leave nobody anything, or come too near to the limit."""
        shares = (self.first, self.create, self.read)
        if min(shares) < 0 or sum(shares) > _WHOLE or not 1 <= self.ceiling <= _CEILING_MAX:
            raise ConfigurationError(
                f"rate shares were ceiling {self.ceiling}, first {self.first}, create "
                f"{self.create}, read {self.read}; allowed are a ceiling from 1 to 80 and three "
                "shares of at most 100 together"
            )


SHARES: Final = Shares()

PENALTY_NS: Final = SECOND
PENALTY_CAP_NS: Final = 60 * SECOND
BAN_NS: Final = 120 * SECOND
BAN_CAP_NS: Final = 3 * 24 * 3600 * SECOND
_FORGET_NS: Final = 600 * SECOND  # quiet this long: the next penalty is a first one again


class _Log:
    """Weight over time; the oldest is forgotten from a head index, compacted now and then."""

    __slots__ = ("_gone", "_head", "_sums", "_times", "_total")

    def __init__(self) -> None:
        """Begin empty."""
        self._times: list[int] = []
        self._sums: list[int] = []  # weight ever taken, this entry included
        self._head = 0
        self._gone = 0  # weight ever taken up to the head
        self._total = 0

    def forget(self, before_ns: int) -> None:
        times, head = self._times, self._head
        while head < len(times) and times[head] < before_ns:
            head += 1
        if head > self._head:
            self._gone = self._sums[head - 1]
            self._head = head
            if head > _COMPACT_FROM and head * 2 > len(times):
                del times[:head], self._sums[:head]
                self._head = 0

    def used(self) -> int:
        return self._total - self._gone

    def add(self, now_ns: int, weight: int) -> None:
        self._total += weight
        if len(self._times) > self._head and self._times[-1] == now_ns:
            self._sums[-1] = self._total
            return
        self._times.append(now_ns)
        self._sums.append(self._total)

    def freed_ns(self, weight: int) -> int:
        """Return the time of the entry whose leaving has freed so much."""
        at = bisect_left(self._sums, self._gone + weight, lo=self._head)
        return self._times[at]


class Meter:
    """One window: all weight, and that of creates and of reads."""

    __slots__ = ("_all", "_all_max", "_own", "_own_max", "span_ns")

    def __init__(self, window: Window, shares: Shares) -> None:
        """Turn shares into weights; what a share leaves is rounded down."""
        self.span_ns = window.span_ns
        ceiling, most, own = ceilings(window, shares)
        self._all_max = (ceiling, most, most)
        self._own_max = own
        self._all = _Log()
        self._own = (_Log(), _Log(), _Log())

    def wait_ns(self, now_ns: int, cost: int, urgency: Urgency) -> int:
        before = now_ns - self.span_ns
        everything, own = self._all, self._own[urgency]
        everything.forget(before)
        own.forget(before)
        wait = 0
        for log, most in ((everything, self._all_max[urgency]), (own, self._own_max[urgency])):
            over = log.used() + cost - most
            if over > 0:
                if cost > most:
                    raise ConfigurationError(
                        f"a request of weight {cost} never fits into {most} of "
                        f"{self.span_ns // SECOND} s; give its class a greater share"
                    )
                # An entry counts up to and with the moment it is one span old.
                wait = max(wait, log.freed_ns(over) + self.span_ns + 1 - now_ns)
        return wait

    def add(self, now_ns: int, weight: int, urgency: Urgency) -> None:
        self._all.add(now_ns, weight)
        self._own[urgency].add(now_ns, weight)

    def correct(self, now_ns: int, used: int) -> None:
        self._all.forget(now_ns - self.span_ns)
        foreign = used - self._all.used()
        if foreign > 0:
            self._all.add(now_ns, foreign)

    def left(self, now_ns: int) -> tuple[int, int, int]:
        room = []
        self._all.forget(now_ns - self.span_ns)
        for urgency, own in enumerate(self._own):
            own.forget(now_ns - self.span_ns)
            room.append(
                max(
                    0,
                    min(
                        self._all_max[urgency] - self._all.used(),
                        self._own_max[urgency] - own.used(),
                    ),
                )
            )
        return room[0], room[1], room[2]


class Hold:
    """A time during which nothing leaves; without the venue's word it doubles each time."""

    __slots__ = ("_strikes", "until_ns")

    def __init__(self) -> None:
        """Begin without one."""
        self.until_ns = 0
        self._strikes = 0

    def strike(self, now_ns: int, after_ns: int, base_ns: int, cap_ns: int) -> None:
        if now_ns > self.until_ns + _FORGET_NS:
            self._strikes = 0
        if after_ns <= 0:
            if now_ns < self.until_ns:
                return  # the same incident, heard by another request that was on its way
            after_ns = min(cap_ns, base_ns << min(self._strikes, 20))
        self._strikes += 1
        self.until_ns = max(self.until_ns, now_ns + after_ns)


def ceilings(window: Window, shares: Shares) -> tuple[int, int, tuple[int, int, int]]:
    """Return what all may take, what others leave for cancels, and each class's own most."""
    ceiling = window.weight * shares.ceiling // _WHOLE
    rest = _WHOLE - shares.first
    most = ceiling * rest // _WHOLE
    own = (
        ceiling,
        ceiling * (rest - shares.read) // _WHOLE,
        ceiling * (rest - shares.create) // _WHOLE,
    )
    return ceiling, most, own


def misfits(
    windows: Sequence[Window], costs: Mapping[Request, int], shares: Shares = SHARES
) -> list[str]:
    """Name, a sentence each, the requests that could never be sent."""
    found = []
    for window in windows:
        _, most, own = ceilings(window, shares)
        for request, cost in costs.items():
            urgency = URGENCY[request]
            room = own[urgency] if urgency is Urgency.FIRST else min(most, own[urgency])
            if cost > room:
                found.append(
                    f"{request} weighs {cost}, but its class may take {room} of the "
                    f"{window.weight} that the venue allows in {window.span_ns / SECOND:g} s"
                )
    return found
