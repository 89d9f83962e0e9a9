"""The time a book lives by: UTC at its opening, and from then on the monotonic clock.

Rule 1: every event of a book carries this time, prices too: one clock for all that is compared.
Rule 2: it never steps back, whatever happens to the machine's clock, over restarts neither: it
goes on behind the last event of the journal.
Rule 3: a machine's clock that was wrong when the book was opened stays wrong for the book until it
is opened again; what it plans by UTC (schedules) is off by as much.
"""

from steelyard.model.units import Nanos
from steelyard.wire.scheduler import Scheduler


class BookTime:
    """The time of one book."""

    def __init__(self, scheduler: Scheduler) -> None:
        """Begin at the machine's UTC."""
        self._scheduler = scheduler
        self._base_ns = scheduler.now_ns() - scheduler.elapsed_ns()

    def go_on_behind(self, ts_ns: int) -> None:
        """Be later than `ts_ns`, the last event there was."""
        self._base_ns = max(self._base_ns, ts_ns + 1 - self._scheduler.elapsed_ns())

    def now(self) -> Nanos:
        """Return the time."""
        return Nanos(self._base_ns + self._scheduler.elapsed_ns())
