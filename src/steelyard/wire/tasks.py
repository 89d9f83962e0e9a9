"""The room of tasks: coroutines of other people's libraries, for callers who know only calls.

Rule 1: what a coroutine comes to, a value or an error, is told by one call from the loop, never
within the call that began it; after `close` by none.
Rule 2: a coroutine that takes longer than its deadline is ended, and that is a `TimeoutError`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, TypeVar

from steelyard.wire.http import Answer, Failure, Http

T = TypeVar("T")


class Running(Generic[T]):
    """A coroutine under way."""

    __slots__ = ("_done", "_task")

    def __init__(self, task: asyncio.Task[T], done: Callable[[T | Exception], None]) -> None:
        """Tell `done` when it ends."""
        self._task = task
        self._done: Callable[[T | Exception], None] | None = done
        task.add_done_callback(self._ended)

    def cancel(self) -> None:
        """End it; nothing is told."""
        self._done = None
        self._task.cancel()

    def _ended(self, task: asyncio.Task[T]) -> None:
        # Asked for in every case: an error nobody fetched would be printed at the end.
        error = None if task.cancelled() else task.exception()
        done, self._done = self._done, None
        if done is None:
            return
        if task.cancelled():
            done(TimeoutError("it was ended by somebody else"))
        elif error is None:
            done(task.result())
        elif isinstance(error, Exception):
            done(error)
        else:
            raise error


class Tasks:
    """Coroutines on an asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use `loop`; all calls come from its thread."""
        self._loop = loop
        self._running: set[Running[Any]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._open = True

    def begin(
        self, work: Coroutine[Any, Any, T], done: Callable[[T | Exception], None], *,
        deadline_ns: int = 0,
    ) -> Running[T]:  # fmt: skip
        """Run a coroutine; deadline 0: it may take for ever."""
        task = self._loop.create_task(_within(work, deadline_ns) if deadline_ns else work)
        running = Running(task, done)
        self._running.add(running)
        task.add_done_callback(lambda _: self._running.discard(running))
        if not self._open:
            running.cancel()
        return running

    def last(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine that lets go of something: it is not ended by `close`."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._let_go)

    def close(self) -> None:
        """End what runs; nothing is told."""
        self._open = False
        for running in tuple(self._running):
            running.cancel()

    async def ended(self) -> None:
        """Close, and wait until everything was let go."""
        self.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def when_ended(self, then: Callable[[], None]) -> None:
        """Close, and call once everything was let go."""
        task = self._loop.create_task(self.ended())
        task.add_done_callback(lambda _: then())

    def _let_go(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()


async def asked(
    http: Http, method: str, url: str, headers: Mapping[str, str], body: bytes, *, deadline_ns: int
) -> Answer | Failure:
    """Ask by `http` and wait for the answer."""
    future: asyncio.Future[Answer | Failure] = asyncio.get_running_loop().create_future()

    def heard(answer: Answer | Failure) -> None:
        if not future.done():
            future.set_result(answer)

    http.ask(method, url, headers, body, deadline_ns=deadline_ns, heard=heard)
    return await future


async def pause(span_ns: int) -> None:
    """Let so much time pass."""
    await asyncio.sleep(span_ns / 1e9)


async def _within(work: Coroutine[Any, Any, T], deadline_ns: int) -> T:
    async with asyncio.timeout(deadline_ns / 1e9):
        return await work
