"""Errands: a few questions one behind the other, on a loop of their own.

Rule 1: an errand is a generator: it yields questions, each a call that tells its answer by calling
back once, and is sent the answers; what it returns is the result.
Rule 2: whatever an errand opened is closed when it ends, however it ends.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from steelyard.wire.http_client import AioHttp
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.socket_client import PicoSockets
from steelyard.wire.tasks import Tasks

T = TypeVar("T")
Question: TypeAlias = Callable[[Callable[[Any], None]], None]
Errand: TypeAlias = Generator[Question, Any, T]


class Reach(NamedTuple):
    """All that is needed to speak to venues."""

    scheduler: LoopScheduler
    http: AioHttp
    sockets: PicoSockets
    tasks: Tasks

    def close(self, then: Callable[[], None]) -> None:
        """Close everything, and call when nothing is left."""
        self.tasks.last(self.http.ended())
        self.sockets.close()
        self.tasks.when_ended(then)


def reach_of(scheduler: LoopScheduler) -> Reach:
    """Return what speaks to venues on the loop of a scheduler."""
    loop = scheduler.loop
    return Reach(scheduler, AioHttp(loop), PicoSockets(loop), Tasks(loop))


def walk(steps: Errand[None], answer: Any = None) -> None:
    """Walk an errand on the loop that runs: each answer takes the next step, from its call back."""
    try:
        question = steps.send(answer)
    except StopIteration:
        return

    def heard(told: Any) -> None:
        walk(steps, told)

    question(heard)


def run_errand(errand: Callable[[Reach], Errand[T]]) -> T:
    """Run an errand to its end; Ctrl-C ends it as a KeyboardInterrupt."""
    with asyncio.Runner() as runner:
        return runner.run(_run(errand, LoopScheduler(runner.get_loop())))


async def _run(errand: Callable[[Reach], Errand[T]], scheduler: LoopScheduler) -> T:
    reach = reach_of(scheduler)
    try:
        return await _asked(errand(reach), scheduler)
    finally:
        done = asyncio.Event()
        reach.close(done.set)
        await done.wait()


async def _asked(steps: Errand[T], scheduler: LoopScheduler) -> T:
    try:
        question = next(steps)
        while True:
            question = steps.send(await _answer(question, scheduler))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _answer(question: Question, scheduler: LoopScheduler) -> Any:
    future: asyncio.Future[Any] = scheduler.loop.create_future()

    def heard(answer: Any) -> None:
        if not future.done():
            future.set_result(answer)

    question(heard)
    return await future
