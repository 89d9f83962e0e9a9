"""Virtual time: hosts, their clocks and their calls, all in one thread and all from one seed.

Rule 1: time stands still while anything is ready; then it jumps to the next call. The world has no
wall clock, its calls belong to no host, and what is on the wire survives every crash.
Rule 2: a step of a host is each call run on it and each call it makes through a port (`step`). At
the step set by `crash_at` the host dies: nothing of it runs any more, no `finally` has an effect,
and who sits in a port call is thrown out by `PowerCut`.
Rule 3: calls asked for by `soon` keep their order per host, as the port promises; whose turn it is
among calls that are ready at the same instant may be drawn (`pick`).
Rule 4: the trace is a hash over what ran, in order: two runs with equal traces ran the same.
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final, TypeAlias

_STEPS_PER_INSTANT: Final = 100_000
_NEVER: Final = -1


class PowerCut(BaseException):
    """The host died inside of this call. No `Exception`: nobody but the virtual time catches it."""


class Livelock(Exception):
    """Calls ask for calls without end, and time stands still."""


class Call(list[Any]):
    """A call that will be made: [when, sequence, host, call or None, args, asked for by soon]."""

    __slots__ = ()

    def cancel(self) -> None:
        """Do not make it."""
        self[3] = None


_Entry: TypeAlias = list[Any]


class VirtualTime:
    """The world's time. Also the scheduler of whatever belongs to no host."""

    def __init__(
        self, *, epoch_ns: int = 0, pick: Callable[[int], int] | None = None,
        steps_per_instant: int = _STEPS_PER_INSTANT,
    ) -> None:  # fmt: skip
        """Begin at `epoch_ns`. `pick(n)` draws who of n ready calls is next; None: in order."""
        self.epoch_ns = epoch_ns
        self.at_ns = 0
        self.trace = 0
        self.steps = 0
        self._pick = pick
        self._instant_max = steps_per_instant
        self._heap: list[_Entry] = []
        self._ready: deque[_Entry] = deque()
        self._sequence = 0

    def now_ns(self) -> int:
        """Return true UTC nanoseconds."""
        return self.epoch_ns + self.at_ns

    def elapsed_ns(self) -> int:
        """Return nanoseconds since the world began."""
        return self.at_ns

    def soon(self, call: Callable[..., object], *args: Any) -> None:
        """Call at this instant, after those that asked before."""
        self._sequence = sequence = self._sequence + 1
        self._ready.append([self.at_ns, sequence, None, call, args, True])

    def after(self, delay_ns: int, call: Callable[..., object], *args: Any) -> Call:
        """Call once, this much later."""
        return self.ask(None, delay_ns, call, args)

    def ask(
        self, host: "VirtualHost | None", delay_ns: int, call: Callable[..., object],
        args: tuple[Any, ...],
    ) -> Call:  # fmt: skip
        """Let `host` (None: the world) make a call this much later, unless it is canceled."""
        self._sequence = sequence = self._sequence + 1
        entry = Call((self.at_ns + delay_ns, sequence, host, call, args, False))
        if delay_ns > 0:
            heappush(self._heap, entry)
        else:
            entry[0] = self.at_ns
            self._ready.append(entry)
        return entry

    def put(
        self, host: "VirtualHost | None", delay_ns: int, call: Callable[..., object], *args: Any
    ) -> None:
        """Do the same for good: what is on the wire cannot be called back."""
        self._sequence = sequence = self._sequence + 1
        if delay_ns > 0:
            heappush(self._heap, [self.at_ns + delay_ns, sequence, host, call, args, False])
        else:
            self._ready.append([self.at_ns, sequence, host, call, args, False])

    def run(self, until_ns: int) -> bool:  # noqa: C901 - one loop, a million turns a second
        """Run all calls up to and including `until_ns`; False: nothing is left to happen."""
        heap, ready, pick, most = self._heap, self._ready, self._pick, self._instant_max
        now_ns = self.at_ns
        at_once = 0
        while True:
            if ready:
                entry = ready.popleft() if pick is None or len(ready) == 1 else self._drawn(pick)
            else:
                if not heap or heap[0][0] > until_ns:
                    self.at_ns = max(self.at_ns, until_ns)
                    self.steps += at_once
                    return bool(heap)
                entry = heappop(heap)
                self.at_ns = now_ns = entry[0]
                self.steps += at_once
                at_once = 0
                if heap and heap[0][0] == now_ns:
                    self._gather(entry)
                    continue
            _, sequence, host, call, args, _ = entry
            if call is None:
                continue
            if host is not None:
                if host.dead:
                    continue
                if host.stalled_until_ns > now_ns:
                    self._put_off(entry, host.stalled_until_ns)
                    continue
                host.steps += 1
                if host.steps == host.crash_at:
                    host.die()
                    continue
            at_once += 1
            if at_once > most:
                raise Livelock(
                    f"{at_once} calls ran at {self.at_ns} ns, allowed are {most}: "
                    f"the last was {call!r}"
                )
            self.trace = hash((self.trace, sequence, now_ns))
            try:
                call(*args)
            except PowerCut:
                assert host is not None, "only a host can lose its power"

    def mix(self, value: int) -> None:
        """Let the trace depend on `value` too."""
        self.trace = hash((self.trace, value))

    def _gather(self, first: _Entry) -> None:
        """Make everything ready that is due at the same instant."""
        heap, ready = self._heap, self._ready
        ready.append(first)
        while heap and heap[0][0] == first[0]:
            ready.append(heappop(heap))

    def _drawn(self, pick: Callable[[int], int]) -> _Entry:
        ready = self._ready
        at = pick(len(ready))
        entry = ready[at]
        if entry[5]:
            host = entry[2]
            at = next(i for i, other in enumerate(ready) if other[5] and other[2] is host)
            entry = ready[at]
        del ready[at]
        return entry

    def _put_off(self, entry: _Entry, until_ns: int) -> None:
        # The entry itself goes on, so that its timer can still be canceled.
        entry[0] = until_ns
        heappush(self._heap, entry)


class VirtualHost:
    """The scheduler of one process: a clock that may be wrong, and calls that die with it."""

    __slots__ = (
        "_ask", "_on_death", "_time", "crash_at", "dead", "name", "offset_ns", "stalled_until_ns",
        "started_ns", "steps",
    )  # fmt: skip

    def __init__(
        self, time: VirtualTime, name: str, *, offset_ns: int = 0, started_ns: int = 0,
        crash_at: int = _NEVER, on_death: Callable[["VirtualHost"], None] | None = None,
    ) -> None:  # fmt: skip
        """Start a process; `offset_ns` is the error of its wall clock, `started_ns` its uptime."""
        self.name = name
        self.offset_ns = offset_ns
        self.started_ns = started_ns
        self.crash_at = crash_at
        self.steps = 0
        self.dead = False
        self.stalled_until_ns = 0
        self._ask = time.ask
        self._time = time
        self._on_death = on_death

    def now_ns(self) -> int:
        """Return what this host takes for UTC nanoseconds."""
        time = self._time
        return time.epoch_ns + time.at_ns + self.offset_ns

    def elapsed_ns(self) -> int:
        """Return this host's monotonic nanoseconds; never equal to another host's but by chance."""
        return self._time.at_ns + self.started_ns

    def soon(self, call: Callable[..., object], *args: Any) -> None:
        """Call when the present call has ended, after those that asked before."""
        time = self._time
        time._sequence = sequence = time._sequence + 1  # noqa: SLF001 - two halves of one part
        time._ready.append([time.at_ns, sequence, self, call, args, True])  # noqa: SLF001

    def after(self, delay_ns: int, call: Callable[..., object], *args: Any) -> Call:
        """Call once, this much later by the monotonic clock."""
        return self._ask(self, delay_ns, call, args)

    def step(self) -> None:
        """Count a call made through a port; dies here if this is the step to die at."""
        if self.dead:
            raise PowerCut(self.name)
        self.steps += 1
        if self.steps == self.crash_at:
            self.die()
            raise PowerCut(self.name)

    def set_clock(self, change_ns: int) -> None:
        """Let the wall clock jump; the monotonic one does not notice."""
        self.offset_ns += change_ns

    def stall(self, duration_ns: int) -> None:
        """Run nothing for so long; what falls due meanwhile runs late, in its order."""
        self.stalled_until_ns = max(self.stalled_until_ns, self._time.at_ns + duration_ns)

    def die(self) -> None:
        """Lose the power, now. From outside of the host's calls: no call runs any more."""
        if not self.dead:
            self.dead = True
            if self._on_death is not None:
                self._on_death(self)
