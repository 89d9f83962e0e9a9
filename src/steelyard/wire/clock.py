"""The room of time: the only place that reads a clock.

A port and its real implementation; simulations bring their own.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """What the time is (UTC) and how long something took (monotonic)."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds since 1970."""
        ...

    def elapsed_s(self) -> float:
        """Return monotonic seconds since an unspecified start."""
        ...

    def sleep_s(self, seconds: float) -> None:
        """Block this thread."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds since 1970."""
        return time.time_ns()

    def elapsed_s(self) -> float:
        """Return monotonic seconds since an unspecified start."""
        return time.perf_counter()

    def sleep_s(self, seconds: float) -> None:
        """Block this thread."""
        time.sleep(seconds)
