"""Coroutines for callers: one answer each, never within the call, none after closing."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from steelyard.wire.errands import Errand, Question, Reach, run_errand
from steelyard.wire.tasks import Tasks


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


async def value(what: Any) -> Any:
    await asyncio.sleep(0)
    return what


async def broken() -> None:
    await asyncio.sleep(0)
    raise KeyError("no")


async def never() -> None:
    await asyncio.Event().wait()


def turn(loop: asyncio.AbstractEventLoop, times: int = 5) -> None:
    for _ in range(times):
        loop.run_until_complete(asyncio.sleep(0))


def test_what_it_comes_to_is_told_once_and_later(loop: asyncio.AbstractEventLoop) -> None:
    tasks, told = Tasks(loop), list[Any]()
    tasks.begin(value(3), told.append)
    tasks.begin(broken(), told.append)
    assert told == []
    turn(loop)

    assert told[0] == 3
    assert isinstance(told[1], KeyError)
    assert len(told) == 2


def test_what_takes_too_long_is_a_timeout(loop: asyncio.AbstractEventLoop) -> None:
    tasks, told = Tasks(loop), list[Any]()
    tasks.begin(never(), told.append, deadline_ns=1)
    turn(loop, 20)

    assert isinstance(told[0], TimeoutError)


def test_nothing_is_told_after_cancelling_or_closing(loop: asyncio.AbstractEventLoop) -> None:
    tasks, told = Tasks(loop), list[Any]()
    tasks.begin(value(1), told.append).cancel()
    tasks.begin(value(2), told.append)
    tasks.close()
    tasks.begin(value(3), told.append)
    turn(loop)

    assert told == []


def test_what_lets_go_is_waited_for(loop: asyncio.AbstractEventLoop) -> None:
    tasks, done = Tasks(loop), list[int]()

    async def leave() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        done.append(1)

    tasks.last(leave())
    loop.run_until_complete(tasks.ended())

    assert done == [1]


def question(answer: Any) -> Question:
    return lambda heard: heard(answer)


def test_an_errand_asks_one_behind_the_other() -> None:
    def errand(reach: Reach) -> Errand[list[int]]:
        first = yield question(1)
        second = yield lambda heard: reach.scheduler.soon(heard, first + 1)
        return [first, second]

    assert run_errand(errand) == [1, 2]


def test_an_errand_that_breaks_breaks_for_who_sent_it() -> None:
    closed: list[bool] = []

    def errand(reach: Reach) -> Errand[int]:
        try:
            yield question(1)
            raise LookupError("lost")
        finally:
            closed.append(True)

    with pytest.raises(LookupError, match="lost"):
        run_errand(errand)
    assert closed == [True]


def test_an_errand_may_ask_nothing() -> None:
    def errand(reach: Reach) -> Errand[str]:
        yield from ()
        return "done"

    assert run_errand(errand) == "done"
