"""The room of time to come: who wants to be called, and when.

A port, and its real implementation on asyncio; simulations bring a virtual one. Code above it uses
no asyncio: the same callbacks run in the same order on both.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A call that will be made."""

    def cancel(self) -> None:
        """Do not make it."""
        ...


class Scheduler(Protocol):
    """Time, and calls in time. One thread: calls never overlap."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds; may jump when the machine's clock is set."""
        ...

    def elapsed_ns(self) -> int:
        """Return monotonic nanoseconds; durations are measured by this alone."""
        ...

    def soon(self, call: Callable[..., None], *args: Any) -> None:
        """Call when the present call has ended, after those that asked before."""
        ...

    def after(self, delay_ns: int, call: Callable[..., None], *args: Any) -> Timer:
        """Call once, this much later by the monotonic clock."""
        ...


class LoopScheduler:
    """The scheduler of a running asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use `loop`; all calls come from its thread."""
        self._loop = loop

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop, for other rooms of `wire`."""
        return self._loop

    def now_ns(self) -> int:
        """Return UTC nanoseconds."""
        return time.time_ns()

    def elapsed_ns(self) -> int:
        """Return monotonic nanoseconds."""
        return time.monotonic_ns()

    def soon(self, call: Callable[..., None], *args: Any) -> None:
        """Call in the loop's next pass."""
        self._loop.call_soon(call, *args)

    def from_thread(self, call: Callable[..., None], *args: Any) -> object:
        """Do the same from another thread."""
        return self._loop.call_soon_threadsafe(call, *args)

    def after(self, delay_ns: int, call: Callable[..., None], *args: Any) -> Timer:
        """Call once, later."""
        return self._loop.call_later(max(0, delay_ns) / 1e9, call, *args)
