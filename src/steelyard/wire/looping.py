"""Running an asyncio loop until somebody says that it is enough.

Rule 1: SIGINT and SIGTERM call `interrupted` in the loop's thread; whoever is interrupted brings
his things in order and then calls `finish`. A second signal ends the loop at once.
"""

import asyncio
import signal
from collections.abc import Callable
from typing import Protocol

from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Streams


class Runnable(Protocol):
    """What a loop runs."""

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        """Start; call `finish` when all is done."""
        ...

    def interrupted(self) -> None:
        """A signal asks for the end."""
        ...


def run_loop(work: Runnable) -> None:
    """Run `work` until it finishes."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        runner.run(run_on(loop, work))


async def run_on(loop: asyncio.AbstractEventLoop, work: Runnable) -> None:
    """Do the same on a loop that somebody else opened; it is this one that runs now."""
    done = asyncio.Event()
    asked = False

    def interrupt() -> None:
        nonlocal asked
        if asked:
            done.set()
        asked = True
        work.interrupted()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    streams = Streams(loop)
    try:
        work.begin(LoopScheduler(loop), streams, done.set)
        await done.wait()
    finally:
        streams.close()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    # One pass more, so that what the links still hold is handed to the kernel.
    await asyncio.sleep(0)
