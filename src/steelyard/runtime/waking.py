"""When the robots of one book want to be woken: by prices, through the plane, and by time.

Rule 1: the plane is asked anew for each robot that was woken; a robot at rest is not woken, by
prices or by time: what it asks for cannot be done, and it would ask again at once.
Rule 2: one timer a book stands at the first time any robot, or the kernel for it, asked for.
Rule 3: while nothing can be kept nobody is woken; wakes that fired meanwhile are asked for again.
"""

from typing import Any, Final

from steelyard.kernel.flat import flat, places
from steelyard.kernel.kernel import Kernel
from steelyard.model import events as ev
from steelyard.model.kinds import NEVER_NS, STOP_ORDERS, WAKE_EVERY_EVENT
from steelyard.model.records import ROBOT
from steelyard.runtime.shell import Shell

_R: Final = places(ROBOT)
_LOW, _HIGH = _R["wake_low"], _R["wake_high"]
_WAKE_AT, _TEND_AT = _R["wake_at_ns"], _R["tend_at_ns"]
_LATER_NS: Final = 200_000_000
_AWAKE: Final = ("running", "draining")


class Waking:
    """The wakes of one book."""

    def __init__(self, desk: Shell) -> None:
        """Wake the robots of `desk`."""
        self._desk = desk
        self._scheduler = desk.parts.scheduler
        self._market = desk.parts.market
        self._seats: dict[int, int] = {}
        self._timer: Any = None
        self._timer_ns = NEVER_NS
        self._flat: memoryview | None = None
        self._flat_of: Kernel | None = None

    @property
    def _words(self) -> memoryview:
        """Return the robots' records as flat words: they are read after every event."""
        kernel = self._desk.kernel
        if self._flat is None or self._flat_of is not kernel:
            self._flat, self._flat_of = flat(kernel.book.robots), kernel
        return self._flat

    def join(self, robot: int) -> None:
        """Let a robot be woken by the prices of what it trades."""
        if robot not in self._seats:
            book = self._desk.kernel.book
            traded = int(book.robots[robot]["traded"])
            name = book.instruments[traded].name
            self._seats[robot] = self._market.join(self._desk, name, traded)
        self.wait(robot)

    def wait(self, robot: int) -> None:
        """Tell the plane when a robot wants to be woken."""
        seat = self._seats.get(robot)
        if seat is None:
            return
        words, at = self._words, robot * _R[""]
        if words[at + _R["stop"]] >= STOP_ORDERS:
            self._market.rest(seat)
            return
        every = bool(words[at + _R["wake_flags"]] & WAKE_EVERY_EVENT)
        self._market.wait(seat, words[at + _LOW], words[at + _HIGH], every=every)

    def again(self, instrument: int) -> None:
        """Ask anew for the wakes that fired while nobody could listen."""
        for robot in self._seats:
            if int(self._desk.kernel.book.robots[robot]["traded"]) == instrument:
                self.wait(robot)

    def schedule(self) -> None:
        """Be called when the first robot, or the kernel for one, wants to."""
        if self._desk.phase not in _AWAKE:
            return
        words = self._words
        at = min(
            (_due(words, robot) for robot in self._desk.kernel.taken.numbers), default=NEVER_NS
        )
        if at == self._timer_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_ns = at
        if at < NEVER_NS:
            delay = max(0, at - self._desk.now())
            self._timer = self._scheduler.after(delay, self._ring)

    def close(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer, self._timer_ns = None, NEVER_NS
        desk = self._desk
        if desk.phase not in _AWAKE:
            return
        if not desk.writer.healthy:
            self._timer = self._scheduler.after(_LATER_NS, self._ring)
            return
        now, words = self._desk.now(), self._words
        for robot in list(desk.kernel.taken.numbers):
            if _due(words, robot) <= now:
                desk.hear(ev.Timer(ts_ns=now, robot=robot))
        self.schedule()


def _due(words: memoryview, robot: int) -> int:
    """Return when a robot, or the kernel for it, wants to be called."""
    row = robot * _R[""]
    if words[row + _R["stop"]] >= STOP_ORDERS:
        return int(words[row + _TEND_AT])
    return int(min(words[row + _WAKE_AT], words[row + _TEND_AT]))
