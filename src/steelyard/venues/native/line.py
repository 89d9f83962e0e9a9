"""A socket that is always there: dialled, greeted, kept awake, replaced before it is cut.

Rule 1: a socket that does not come to run, falls silent, ends or is refused is dialled again after
a growing pause (`pausing`).
Rule 2: before its life ends, or when the venue says that it leaves, a new socket is brought to run
beside it; only then the old one goes. `turned` is told, and nothing was missed.
Rule 3: what the new one says before that is told at once, or (`holds`) kept and told when it takes
over, without what the old one told meanwhile; of kinds in `anew` all is told again.
Rule 4: texts leave only on the socket that runs. The old one is heard for `linger_ns` more, for
answers to what was said on it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias

from steelyard.venues.native.dialect import Stream
from steelyard.venues.native.life import Life
from steelyard.venues.native.pausing import MS, SECOND, pause_ns
from steelyard.venues.native.rest import UNREADABLE
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.sockets import SocketDialer

STEADY_NS: Final = 30 * SECOND
"""A socket that ran so long is no sign of trouble when it ends: the next pause is the first."""
_FIRST_NS: Final = 100 * MS
_LONGEST_NS: Final = 30 * SECOND
_DENIED_ATTEMPT: Final = 6

Spell: TypeAlias = Callable[[Callable[[Stream | str], None]], None]
"""Says how a socket is opened now, or why it cannot be; at once or later."""
Read: TypeAlias = Callable[[bytes], Sequence[Any]]


class Caller(Protocol):
    """Who uses a line."""

    def up(self, line: "Line") -> None:
        """It runs, where none ran before."""
        ...

    def turned(self, line: "Line") -> None:
        """A new socket took over from one that ran."""
        ...

    def ended(self, line: "Line", socket: int, reason: str) -> None:
        """A socket that ran is gone; `line.running` says whether another one runs."""
        ...

    def failed(self, line: "Line", reason: str) -> None:
        """None came about; it is tried again."""
        ...

    def strange(self, line: "Line", text: str) -> None:
        """Something came that nobody understands."""
        ...

    def alive(self, line: "Line") -> None:
        """A sign of life came that says nothing else."""
        ...


class Line:
    """One socket, for whoever speaks on it, through all of its lives."""

    def __init__(
        self, scheduler: Scheduler, dialer: SocketDialer, name: str, *, spell: Spell, read: Read,
        tell: Callable[[Any], None], caller: Caller, linger_ns: int = 0, holds: bool = False,
        anew: frozenset[type] = frozenset(),
    ) -> None:  # fmt: skip
        """Do nothing until `start`. `name` tells it apart, for its pauses and its sentences."""
        self.name = name
        self.scheduler, self.read, self.tell, self._caller = scheduler, read, tell, caller
        self.told: Counter[Any] | None = None
        self._holds, self._anew = holds, anew
        self._dialer, self._spell, self._linger_ns = dialer, spell, linger_ns
        self._current: Life | None = None
        self._next: Life | None = None
        self._old: set[Life] = set()
        self._spelling = self._closed = False
        self._attempt = self._count = 0
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        """Whether texts can be sent."""
        return self._current is not None

    def start(self) -> None:
        """Dial."""
        self._begin()

    def send(self, text: bytes) -> int:
        """Send; return the number of the socket it may have left on, 0 where nothing left."""
        life = self._current
        return life.number if life is not None and life.send(text) else 0

    def turn(self) -> None:
        """Bring a new socket to run, then let go of the present one."""
        life = self._current
        if life is None or self._next is not None or self._spelling or self._timer is not None:
            return
        self._pause_or_begin(life)

    def close(self) -> None:
        """End for good; nothing is told afterwards."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for life in (self._current, self._next, *self._old):
            if life is not None:
                life.end()
        self._current = self._next = None
        self._old.clear()

    # --- what its sockets tell -------------------------------------------------------------------

    def ready(self, life: Life) -> None:
        """A new socket runs."""
        if life is not self._next:
            return
        previous, self._current, self._next = self._current, life, None
        told, self.told = self.told, None
        if previous is None:
            self._caller.up(self)
        else:
            self._retire(previous)
            self._caller.turned(self)
        for item in life.release():
            if self._closed:
                return
            if told is None or type(item) in self._anew or told[item] <= 0:
                self.tell(item)
            else:
                told[item] -= 1

    def leaving(self, life: Life, reason: str) -> None:
        """A socket will be cut, or is old enough."""
        if life is self._current:
            self.turn()
        elif life is self._next:
            self.broke(life, reason)

    def denied(self, life: Life, text: str) -> None:
        """The venue refused a log-in or a subscription: it will do so again, and soon."""
        self._attempt = max(self._attempt, _DENIED_ATTEMPT)
        self.broke(life, f"the venue refused: {text}", steady=False)

    def broke(self, life: Life, reason: str, *, steady: bool = True) -> None:
        """A socket is over."""
        life.end()
        if self._closed:
            return
        if life is self._next:
            self._next = self.told = None
            self._pause()
            self._caller.failed(self, reason)
        elif life is self._current:
            self._current = None
            if steady and life.ran_ns() >= STEADY_NS:
                self._attempt = 0
            if self._next is None and not self._spelling and self._timer is None:
                self._pause()
            self._caller.ended(self, life.number, reason)
        elif life in self._old:
            self._old.discard(life)
            self._caller.ended(self, life.number, reason)

    def strange(self, text: str) -> None:
        """Something came that nobody understands."""
        self._caller.strange(self, text)

    def alive(self) -> None:
        """A sign of life came."""
        self._caller.alive(self)

    # --- inside ----------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._timer = None
        if not (self._closed or self._spelling or self._next is not None):
            self._spelling = True
            self._spell(self._spelt)

    def _spelt(self, stream: Stream | str) -> None:
        self._spelling = False
        if self._closed:
            return
        if isinstance(stream, str):
            self._pause()
            self._caller.failed(self, stream)
            return
        self._count += 1
        holds = self._holds and self.running
        self.told = Counter() if holds else None
        self._next = life = Life(self, stream, self._count, holds=holds)
        life.begin()
        self._dialer.dial(stream.url, life, stream.headers)

    def _pause_or_begin(self, life: Life) -> None:
        if life.ran_ns() >= STEADY_NS:
            self._attempt = 0
            self._begin()
        else:
            self._pause()

    def _pause(self) -> None:
        self._attempt += 1
        delay_ns = pause_ns(_FIRST_NS, _LONGEST_NS, attempt=self._attempt, key=self.name)
        self._timer = self.scheduler.after(delay_ns, self._begin)

    def _retire(self, life: Life) -> None:
        if self._linger_ns <= 0:
            life.end()
            self._caller.ended(self, life.number, "a new socket took over")
            return
        self._old.add(life)
        life.lingers(self._linger_ns)


def spelt(stream: Callable[[], Stream | None]) -> Spell:
    """Return a spelling that needs no conversation."""

    def spell(then: Callable[[Stream | str], None]) -> None:
        try:
            found = stream()
        except UNREADABLE as error:
            then(f"it cannot be opened: {error}")
            return
        then(found if found is not None else "the venue has no such socket")

    return spell
