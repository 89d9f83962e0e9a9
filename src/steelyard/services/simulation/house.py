"""The house: the processes that run one book's desk, and who starts them again.

Rule 1: a process dies as in a power cut; it may be started again, at once or late, under the same
name or another, and while another one still runs.
Rule 2: what a desk is made of is handed in (`make_desk`): the world knows no assembly.
Rule 3: whatever else than a power cut ends a call of a desk is a finding, not an accident.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from steelyard.kernel.ports import Feed, Journal, Venue
from steelyard.runtime.parts import Alert
from steelyard.runtime.plan import BookPlan
from steelyard.services.simulation.feeds import FeedLine
from steelyard.services.simulation.lines import Line
from steelyard.services.simulation.network import MS, SECOND, Wires
from steelyard.services.simulation.storage import HostJournal, Storage
from steelyard.services.simulation.tape import Stream
from steelyard.wire.scheduler import Scheduler
from steelyard.wire.virtual import VirtualHost, VirtualTime


class Switch:
    """The kill switch, as one process sees it."""

    def __init__(self, house: "House", host: VirtualHost) -> None:
        """Let `host` see the house's switch."""
        self._house = house
        self._host = host
        self._moved: list[Callable[[], None]] = []

    def is_on(self) -> bool:
        """Say whether no create may leave."""
        return self._house.killed

    def listen(self, moved: Callable[[], None]) -> None:
        """Be called each time the switch is thrown."""
        self._moved.append(moved)

    def thrown(self, time: VirtualTime) -> None:
        """Tell the process, as fast as a loop that is not busy hears of it."""
        for moved in self._moved:
            time.put(self._host, MS, moved)


class Parts(NamedTuple):
    """What a desk is made of in a simulation."""

    plan: BookPlan
    scheduler: Scheduler
    journal: Journal
    venue: Venue
    feed: Feed
    switch: Switch
    holder: str
    version: str
    tell: Callable[[Alert], None]


class Desk(Protocol):
    """What the house does with a desk."""

    phase: str

    def start(self, opened: Callable[[], None] | None = None) -> None:
        """Begin: take the book, recover, trade; `opened` is called once it does."""
        ...

    def stop(self, done: Callable[[], None]) -> None:
        """Drain: no more creates, unknown orders resolved, book given back; then call `done`."""
        ...


class Assembly(NamedTuple):
    """What the world cannot know of: how a desk is put together, and how a journal is replayed."""

    make_desk: Callable[[Parts], Desk]
    replay: Callable[[BookPlan, Journal], str]
    """Fold the journal from its first row; say how it differs from what was kept, or ""."""
    lengths: Callable[[Any], dict[str, int]]
    """The lengths of a desk's queues and caches, by name; it is the maker's desk that is asked."""


_DOWN_MS: Final = 4_000


class Process:
    """One incarnation."""

    def __init__(
        self, host: VirtualHost, journal: HostJournal, line: Line, feed: FeedLine, switch: Switch
    ) -> None:
        self.host, self.journal, self.switch = host, journal, switch
        self.line, self.feed = line, feed
        self.desk: Desk | None = None

    def cut(self) -> None:
        """Take it off the network."""
        self.line.cut()
        self.feed.cut()


class House:
    """Starts processes, and starts them again."""

    def __init__(
        self, time: VirtualTime, wires: Wires, storage: Storage, book: BookPlan,
        assembly: Assembly, *, luck: Stream, clocks: Stream, clock_span_ms: int,
        crash_steps: list[int],
    ) -> None:  # fmt: skip
        """Be ready to boot."""
        self.processes: list[Process] = []
        self.deaths = 0
        self.boots = 0
        self.killed = False
        self.kills: list[tuple[int, bool]] = []
        self.version = "1"
        self.down_min_ns = 0
        """How long the next restart waits at least."""
        self.alerts: list[Alert] = []
        self.downs: list[tuple[int, int]] = []
        """Spans in which no desk was trading."""
        self._down_since_ns = 0
        self._time, self._wires, self._storage = time, wires, storage
        self._book, self._assembly = book, assembly
        self._luck, self._clocks, self._clock_span_ms = luck, clocks, clock_span_ms
        self._crash_steps = list(crash_steps)
        self._quiet = False

    @property
    def process(self) -> Process | None:
        """The newest process that is alive."""
        return next((p for p in reversed(self.processes) if not p.host.dead), None)

    def boot(self) -> Process:
        """Start a process."""
        time = self._time
        self.boots += 1
        host = VirtualHost(
            time, f"p{self.boots}", offset_ns=self._offset_ns(),
            started_ns=self._clocks.below(1 << 20) * SECOND,
            crash_at=self._crash_steps.pop(0) if self._crash_steps and not self._quiet else -1,
            on_death=self._died,
        )  # fmt: skip
        journal = HostJournal(self._storage, host)
        feed = FeedLine(self._wires, host)
        line = Line(self._wires, feed, 0)
        process = Process(host, journal, line, feed, Switch(self, host))
        self.processes.append(process)
        time.put(host, 0, self._start, process)
        return process

    def kill(self, on: bool) -> None:
        """Pull or clear the kill switch."""
        self.killed = on
        self.kills.append((self._time.at_ns, on))
        for process in self.processes:
            process.switch.thrown(self._time)

    def drain(self) -> bool:
        """Ask the desk to stop as a deploy does; a new process follows."""
        process = self.process
        if process is None or process.desk is None:
            return False
        desk, host = process.desk, process.host

        def stop() -> None:
            desk.stop(lambda: self._time.soon(host.die))

        self._time.put(host, 0, stop)
        return True

    def pause(self, duration_ns: int) -> bool:
        """Freeze the process and start a second one beside it, as a nervous supervisor does."""
        process = self.process
        if process is None:
            return False
        self._hold(process, duration_ns)
        second = self.boot()
        self._time.put(None, duration_ns + 20 * SECOND, self._end_first, process, second)
        return True

    def stall(self, duration_ns: int) -> bool:
        """Let the process stand still."""
        process = self.process
        if process is None:
            return False
        self._hold(process, duration_ns)
        return True

    def quiet(self) -> None:
        """Let nothing die any more, and let somebody be alive."""
        self._quiet = True
        self.down_min_ns = 0
        alive = [p for p in self.processes if not p.host.dead]
        for process in alive:
            process.host.crash_at = -1
            process.host.stalled_until_ns = 0
        for process in alive[:-1]:
            process.host.die()

    def _hold(self, process: Process, duration_ns: int) -> None:
        process.host.stall(duration_ns)
        self.downs.append((self._time.at_ns, self._time.at_ns + duration_ns))

    def _offset_ns(self) -> int:
        span = self._clock_span_ms
        return (self._clocks.below(2 * span + 1) - span) * MS

    def _start(self, process: Process) -> None:
        parts = Parts(
            plan=self._book, scheduler=process.host, journal=process.journal, venue=process.line,
            feed=process.feed, switch=process.switch, holder=process.host.name,
            version=self.version, tell=lambda alert: self._told(process, alert),
        )  # fmt: skip
        process.desk = self._assembly.make_desk(parts)
        process.desk.start(self._opened)

    def _opened(self) -> None:
        if self._down_since_ns >= 0:
            self.downs.append((self._down_since_ns, self._time.at_ns))
            self._down_since_ns = -1

    def _told(self, process: Process, alert: Alert) -> None:
        self.alerts.append(alert)
        if alert.what == "fenced":
            # A desk that lost its lease says so and is done: its supervisor starts it anew.
            self._time.put(None, self._luck.below(_DOWN_MS) * MS, process.host.die)

    def _died(self, host: VirtualHost) -> None:
        self.deaths += 1
        if self._down_since_ns < 0:
            self._down_since_ns = self._time.at_ns
        for process in self.processes:
            if process.host is host:
                process.cut()
                process.journal.lose(known=self._quiet or self._luck.below(3) > 0)
        down_ns = self._luck.below(_DOWN_MS) * MS + self.down_min_ns
        self.down_min_ns = 0
        self._time.put(None, down_ns, self._restart)

    def _restart(self) -> None:
        if self.process is None:
            self.boot()

    def _end_first(self, first: Process, second: Process) -> None:
        if not first.host.dead and not second.host.dead:
            first.host.die()
