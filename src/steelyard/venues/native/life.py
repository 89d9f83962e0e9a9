"""One socket from its dialling to its end: greeted, kept awake, listened to.

Rule 1: it is over once: by its end, or by the first thing that must not be. Nothing of it is told
afterwards.
Rule 2: it runs when the log-in was taken and every subscription was confirmed, and it must come so
far within `GREETING_NS`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from steelyard.venues.native.dialect import (
    Answering,
    Confirmed,
    Denied,
    Leaving,
    Pong,
    Stream,
    Welcome,
)
from steelyard.venues.native.pausing import SECOND, spread_ns
from steelyard.venues.native.rest import UNREADABLE
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.sockets import Socket

GREETING_NS: Final = 15 * SECOND
_LOOKS: Final = 4
_EARLY: Final = 10

_ASIDES: Final = frozenset({Welcome, Confirmed, Denied, Pong, Answering, Leaving})


class Owner(Protocol):
    """The line that a socket belongs to."""

    name: str
    scheduler: Scheduler
    read: Callable[[bytes], Sequence[Any]]
    tell: Callable[[Any], None]
    told: Counter[Any] | None
    """What it told while a new socket is on its way; None: none is, or nobody asks."""

    def ready(self, life: "Life") -> None:
        """It runs."""
        ...

    def leaving(self, life: "Life", reason: str) -> None:
        """It will be cut, or is old enough."""
        ...

    def denied(self, life: "Life", text: str) -> None:
        """The venue refused a log-in or a subscription."""
        ...

    def broke(self, life: "Life", reason: str) -> None:
        """It is over."""
        ...

    def strange(self, text: str) -> None:
        """Something came that nobody understands."""
        ...

    def alive(self) -> None:
        """A sign of life came that says nothing else."""
        ...


class Life:
    """One socket of a line; the socket's ears."""

    def __init__(self, line: Owner, stream: Stream, number: int, *, holds: bool) -> None:
        self.number = number
        self._line, self._stream = line, stream
        self._socket: Socket | None = None
        self._held: list[Any] | None = [] if holds else None
        self._over = self._is_ready = self._heard = False
        self._wanted = stream.confirms
        self._quiet = 0
        self._ready_ns = 0
        self._timers: dict[str, Timer] = {}

    def begin(self) -> None:
        """Give it its time to come to run."""
        self._after("greeting", GREETING_NS, self._late)

    def ran_ns(self) -> int:
        """Return how long it has run."""
        return self._line.scheduler.elapsed_ns() - self._ready_ns if self._is_ready else 0

    def send(self, text: bytes) -> bool:
        """Hand a text over."""
        return self._socket is not None and not self._over and self._socket.send(text)

    def release(self) -> Sequence[Any]:
        """Return what was held, in its order, and hold nothing more."""
        held, self._held = self._held, None
        return held or ()

    def lingers(self, span_ns: int) -> None:
        """Go on hearing for a while; nothing else is expected of it."""
        self._forget("life", "silence")
        self._after("end", span_ns, self._line.broke, self, "a new socket took over")

    def end(self) -> None:
        """Close; nothing of it is heard any more."""
        self._over = True
        self._forget(*self._timers)
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # --- as the socket's ears --------------------------------------------------------------------

    def opened(self, socket: Socket) -> None:
        """Introduce ourselves."""
        if self._over:
            socket.close()
            return
        stream, self._socket = self._stream, socket
        self._after("silence", stream.silence_ns // _LOOKS, self._look)
        self._after("ping", stream.ping_ns, self._ping)
        self._say(stream.hello)
        if not stream.subscribe:
            self._maybe_ready()

    def said(self, socket: Socket, body: bytes) -> None:
        """Hear a frame. The hot path of every feed."""
        if self._over:
            return
        self._heard = True
        line = self._line
        try:
            items = line.read(body)
        except UNREADABLE as error:
            line.strange(f"{line.name} said {body[:200]!r}: {error}")
            return
        for item in items:
            if self._socket is None:
                return  # who heard the one before has closed us
            if type(item) in _ASIDES:
                self._aside(item)
            elif self._held is None:
                if line.told is not None:
                    line.told[item] += 1
                line.tell(item)
            else:
                self._held.append(item)

    def alive(self, socket: Socket) -> None:
        """Hear a protocol ping or pong."""
        if not self._over:
            self._heard = True
            self._line.alive()

    def closed(self, socket: Socket | None, reason: str) -> None:
        """Hear the end."""
        if not self._over:
            self._socket = None
            self._line.broke(self, reason)

    # --- inside ----------------------------------------------------------------------------------

    def _aside(self, item: Any) -> None:
        match item:
            case Pong():
                self._line.alive()
            case Answering(text):
                self._line.alive()
                self._say((text,))
            case Confirmed():
                self._confirmed()
            case Welcome() if self._stream.subscribe:
                self._say(self._stream.subscribe)
                self._maybe_ready()
            case Welcome():
                self._confirmed()
            case Denied(text):
                self._line.denied(self, text)
            case Leaving(reason):
                self._line.leaving(self, reason)

    def _confirmed(self) -> None:
        self._wanted -= 1
        self._maybe_ready()

    def _maybe_ready(self) -> None:
        if self._wanted > 0 or self._is_ready or self._over:
            return
        self._is_ready = True
        self._ready_ns = self._line.scheduler.elapsed_ns()
        self._forget("greeting")
        life_ns = self._stream.life_ns
        # Sockets that began together are not replaced together.
        early_ns = spread_ns(life_ns // _EARLY, attempt=self.number, key=self._line.name)
        self._after("life", life_ns - early_ns, self._line.leaving, self, "it is old")
        self._line.ready(self)

    def _say(self, texts: Sequence[bytes]) -> None:
        for text in texts:
            if not self.send(text):
                self._line.broke(self, "the socket takes no more")
                return

    def _ping(self) -> None:
        self._after("ping", self._stream.ping_ns, self._ping)
        if self._stream.ping:
            self._say((self._stream.ping,))
        elif self._socket is not None:
            self._socket.ping()

    def _look(self) -> None:
        """See whether anything was heard since the last look."""
        self._quiet = 0 if self._heard else self._quiet + 1
        self._heard = False
        if self._quiet >= _LOOKS:
            self._line.broke(self, f"nothing came for {self._stream.silence_ns / SECOND:g} s")
        else:
            self._after("silence", self._stream.silence_ns // _LOOKS, self._look)

    def _late(self) -> None:
        self._line.broke(self, f"it did not run within {GREETING_NS / SECOND:g} s")

    def _after(self, what: str, delay_ns: int, call: Callable[..., None], *args: Any) -> None:
        self._timers[what] = self._line.scheduler.after(delay_ns, call, *args)

    def _forget(self, *names: str) -> None:
        for name in names:
            timer = self._timers.get(name)
            if timer is not None:
                timer.cancel()
