"""The venue's clock, as far as it can be known from here.

Rule 1: time between measurements is counted by the monotonic clock, so that a jump of ours is none
of the venue's.
Rule 2: a measurement is the question with the shortest round trip of several; the true time lies
within half of that trip of it, and drifts away from there.
Rule 3: until there is one our own clock counts, and `error_ns` says that nobody knows.
"""

from collections.abc import Callable
from typing import Final

from steelyard.model.reports import Reply, Success
from steelyard.venues.native.dialect import Steps
from steelyard.venues.native.pausing import MS, SECOND, pause_ns
from steelyard.venues.native.rest import Rest
from steelyard.wire.scheduler import Scheduler, Timer

UNKNOWN_NS: Final = 2**62
_SAMPLES: Final = 4
_LONGEST_NS: Final = 30 * SECOND
_REST_NS: Final = SECOND // 4
_GRAIN_NS: Final = MS
"""Venues tell milliseconds."""
_DRIFT: Final = 20_000
"""One part in so many: how fast two clocks run apart at worst."""


class Offset:
    """One venue's clock; shared by all that speak to it from here."""

    def __init__(
        self, scheduler: Scheduler, rest: Rest, time: Callable[[], Steps], *,
        every_ns: int = 600 * SECOND, samples: int = _SAMPLES, key: str = "",
    ) -> None:  # fmt: skip
        """Ask by the conversation `time` each `every_ns`, once `start` was called."""
        self._samples = samples
        self._scheduler, self._rest, self._time = scheduler, rest, time
        self._every_ns, self._key = every_ns, key
        self._venue_ns, self._at_ns, self._bound_ns = 0, 0, UNKNOWN_NS
        self._best: tuple[int, int, int] | None = None
        self._asked = self._failures = 0
        self._ended_ns = -1
        self._busy = self._begun = self._closed = False
        self._waiting: list[Callable[[], None]] = []
        self._timer: Timer | None = None

    def venue_now_ns(self) -> int:
        """Return the venue's UTC nanoseconds."""
        if self._bound_ns == UNKNOWN_NS:
            return self._scheduler.now_ns()
        return self._venue_ns + self._scheduler.elapsed_ns() - self._at_ns

    def error_ns(self) -> int:
        """Return how far that may be from the truth; `UNKNOWN_NS` before the first measurement."""
        if self._bound_ns == UNKNOWN_NS:
            return UNKNOWN_NS
        return self._bound_ns + (self._scheduler.elapsed_ns() - self._at_ns) // _DRIFT

    def ahead_ns(self) -> int:
        """Return how far the venue's clock is ahead of ours at this moment."""
        return self.venue_now_ns() - self._scheduler.now_ns()

    def start(self, then: Callable[[], None] | None = None) -> None:
        """Measure, and again on schedule; `then` is called once the first try has ended."""
        if self._begun and not self._busy:
            if then is not None:
                self._scheduler.soon(then)
            return
        if then is not None:
            self._waiting.append(then)
        self._begun = True
        self.refresh()

    def refresh(self) -> None:
        """Measure now: the venue says that our time is wrong. Of a hundred who say so, one asks."""
        fresh = self._ended_ns >= 0 and self._scheduler.elapsed_ns() - self._ended_ns < _REST_NS
        if self._busy or self._closed or fresh:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._busy, self._best, self._asked = True, None, 0
        self._ask()

    def close(self) -> None:
        """Ask no more."""
        self._closed = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ask(self) -> None:
        self._asked += 1
        sent_ns = self._scheduler.elapsed_ns()

        def heard(reply: Reply) -> None:
            self._heard(sent_ns, reply)

        self._rest.hold(self._time, heard)

    def _heard(self, sent_ns: int, reply: Reply) -> None:
        if self._closed:
            return
        now_ns = self._scheduler.elapsed_ns()
        if isinstance(reply, Success) and isinstance(reply.value, int):
            trip_ns = now_ns - sent_ns
            if self._best is None or trip_ns < self._best[0]:
                self._best = (trip_ns, reply.value, now_ns)
            if self._asked < self._samples:
                self._ask()
                return
        self._measured()

    def _measured(self) -> None:
        """Take what was found: the better one, or the newer one where they contradict."""
        self._busy, self._ended_ns = False, self._scheduler.elapsed_ns()
        if self._best is None:
            self._failures += 1
            longest_ns = min(_LONGEST_NS, self._every_ns)
            delay_ns = pause_ns(
                SECOND, longest_ns, attempt=self._failures, key=f"clock {self._key}"
            )
        else:
            self._failures, delay_ns = 0, self._every_ns
            trip_ns, venue_ns, at_ns = self._best
            bound_ns = trip_ns // 2 + _GRAIN_NS
            here_ns = venue_ns + trip_ns // 2
            apart_ns = abs(here_ns - (self.venue_now_ns() - self._scheduler.elapsed_ns() + at_ns))
            old_ns = self.error_ns()
            if bound_ns <= old_ns or apart_ns > bound_ns + old_ns:
                self._venue_ns, self._at_ns, self._bound_ns = here_ns, at_ns, bound_ns
        self._timer = self._scheduler.after(delay_ns, self.refresh)
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()
