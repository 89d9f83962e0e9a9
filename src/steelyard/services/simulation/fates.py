"""Fates: what becomes of one message or one commit, by one draw from the tape.

Rule 1: a fate belongs to a row of the fault catalogue, and each time it strikes it is counted.
Rule 2: the dull choice, 0, is always the fate of ordinary messages: it arrives, and is answered.
Rule 3: while the world is quiet (`quiet`), everything is ordinary.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from steelyard.services.simulation.tape import MILLION, Stream


class Fate(IntEnum):
    """What may become of a request, a frame, a commit or a tick."""

    ORDINARY = 0
    # Requests.
    NOT_SENT = 1  # the connection failed: no byte left
    LOST_REQUEST = 2
    LOST_REPLY = 3
    RESET = 4  # lost somewhere, and the connection broke: the caller hears so at once
    BROKEN_REPLY = 5  # done, and answered by what nobody can read
    BROKEN_BEFORE = 6  # not done, and answered by what nobody can read
    SLOW_REQUEST = 7
    SLOW_REPLY = 8
    LATE_REPLY = 9  # in time, but after what the stream says
    RATE_LIMIT = 10
    # Requests that meet a condition; others with these fates are ordinary.
    SLOW_EXIT = 11  # a reduce-only order is slow
    PRICE_FIRST = 12  # the market trades through the order just before the request arrives
    CLOSED_FIRST = 13  # the owner closes by hand what the order would reduce
    STOP_UNDONE = 14  # the same, for a stop
    CANCELED_LATER = 19  # a cancel is taken, and takes effect later
    PARTLY_DONE = 15  # a batch is done in part
    PARTIAL = 16  # a snapshot lacks rows and says so
    FLAT_ROWS = 17  # a snapshot lists flat rows too
    FLAT_SIDES = 18  # a snapshot lists the empty side first
    # Frames of the stream.
    DROPPED = 20
    DOUBLED = 21
    OVERTAKEN = 22  # delivered after later ones
    LATE_FILL = 23  # a trade is told after what ended its order
    STRANGE = 24  # in words nobody knows
    # Commits.
    FAILED = 30
    ACK_LOST = 31
    SLOW_COMMIT = 32
    LEASE_LOST = 33
    # Ticks.
    OUTLIER = 40
    LATE_TICK = 41


CONDITIONAL: Final = frozenset(
    {
        Fate.SLOW_EXIT,
        Fate.PRICE_FIRST,
        Fate.CLOSED_FIRST,
        Fate.STOP_UNDONE,
        Fate.PARTLY_DONE,
        Fate.CANCELED_LATER,
        Fate.PARTIAL,
        Fate.FLAT_ROWS,
        Fate.FLAT_SIDES,
        Fate.DROPPED,
        Fate.LATE_FILL,
        Fate.OUTLIER,
    }
)
"""Fates that are counted only where the message is one they can strike."""


_ORDINARY: Final = Fate.ORDINARY


class Fates:
    """The fates of one kind of message: how likely each is, and a stream to draw them from."""

    __slots__ = ("_below", "_fired", "_floor", "_rows", "quiet", "total")

    def __init__(self, stream: Stream, fired: Callable[[str], None]) -> None:
        """Draw from `stream`; tell `fired` the catalogue's row of each fate that strikes."""
        self._below = stream.below
        self._fired = fired
        self._rows: list[tuple[int, Fate, str]] = []
        self.total = 0
        self._floor = MILLION
        self.quiet = False

    def add(self, fate: Fate, ppm: int, row: str) -> None:
        """Let `fate` strike so many messages in a million, as far as there is room."""
        ppm = min(ppm, MILLION - self.total)
        self.total += ppm
        self._floor = MILLION - self.total
        self._rows.append((self.total, fate, row))

    def draw(self) -> Fate:
        """Decide the fate of the next message."""
        if not self.total or self.quiet:
            return _ORDINARY
        value = self._below(MILLION)
        if value < self._floor:
            return _ORDINARY
        above = value - self._floor
        fate = next(fate for upto, fate, _ in self._rows if above < upto)
        if fate not in CONDITIONAL:
            self.struck(fate)
        return fate

    def struck(self, fate: Fate) -> None:
        """Count a fate that has met its condition."""
        for _, other, row in self._rows:
            if other == fate:
                self._fired(row)


class Delays:
    """Bimodal delays: most are short, some are beyond every deadline."""

    __slots__ = ("_below", "_long_from", "_long_ns", "_short_min_ns", "_short_ns", "quiet")

    def __init__(
        self, stream: Stream, *, short_min_ns: int, short_max_ns: int, long_max_ns: int,
        long_ppm: int,
    ) -> None:  # fmt: skip
        """Draw short delays, and `long_ppm` in a million of up to `long_max_ns`."""
        self._below = stream.below
        self._short_min_ns = short_min_ns
        self._short_ns = short_max_ns - short_min_ns
        self._long_ns = long_max_ns - short_min_ns
        self._long_from = MILLION - long_ppm
        self.quiet = False

    def draw(self) -> int:
        """Return one delay."""
        value = self._below(_FINE)
        # One draw serves both questions: its top part says which mode, the whole how long.
        if (value >> _UPPER) * MILLION >> _UPPER >= self._long_from and not self.quiet:
            return self._short_min_ns + self._long_ns * (value & _LOWER) // _LOWER
        return self._short_min_ns + self._short_ns * (value & _LOWER) // _LOWER


_UPPER: Final = 16
_LOWER: Final = (1 << _UPPER) - 1
_FINE: Final = 1 << 2 * _UPPER
