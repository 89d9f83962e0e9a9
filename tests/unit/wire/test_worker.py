"""A worker's thread does jobs in order, in batches, and reports to the thread that asked."""

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

import pytest

from steelyard.wire.worker import HereWorker, OwnLoop, ThreadWorker


class Doubling:
    """A craft that waits for a gate, doubles numbers, and keeps what it saw."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.ended = False

    def work(self, jobs: Sequence[int]) -> list[int]:
        self.entered.release()
        assert self.gate.acquire(timeout=10)
        self.threads.add(threading.get_ident())
        self.batches.append(list(jobs))
        if 0 in jobs:
            raise ZeroDivisionError
        return [2 * job for job in jobs]

    def end(self) -> None:
        self.ended = True


class Desk:
    """A thread's loop, as far as a worker sees it."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()

    def tell(self, call: Callable[..., Any], *args: Any) -> None:
        self.calls.put((call, args))

    def turn(self) -> None:
        call, args = self.calls.get(timeout=10)
        call(*args)


def test_jobs_that_wait_are_one_batch_and_are_answered_in_order() -> None:
    craft, desk, heard = Doubling(), Desk(), list[int]()
    worker = ThreadWorker[int, int](craft, desk.tell, name="test")
    craft.gate.release(2)
    assert worker.ask(1) == 2
    for job in (2, 3, 4):
        worker.put(job, heard.append)
    craft.gate.release(10)
    worker.stop()
    while not desk.calls.empty():
        desk.turn()

    assert heard == [4, 6, 8]
    assert [job for batch in craft.batches for job in batch] == [1, 2, 3, 4]
    assert len(craft.batches) <= 3
    assert threading.get_ident() not in craft.threads
    assert craft.ended


def test_a_batch_grows_while_the_one_before_is_done() -> None:
    craft, desk, heard = Doubling(), Desk(), list[int]()
    worker = ThreadWorker[int, int](craft, desk.tell, name="test")
    worker.put(1, heard.append)
    assert craft.entered.acquire(timeout=10)
    for job in (2, 3, 4):
        worker.put(job, None)
    craft.gate.release(2)
    worker.stop()

    assert craft.batches == [[1], [2, 3, 4]]


def test_one_who_raises_does_not_silence_the_next() -> None:
    craft, desk, heard = Doubling(), Desk(), list[int]()

    def raising(_: int) -> None:
        raise LookupError

    worker = ThreadWorker[int, int](craft, desk.tell, name="test")
    worker.put(1, None)
    assert craft.entered.acquire(timeout=10)
    worker.put(2, raising)
    worker.put(3, heard.append)
    craft.gate.release(2)
    worker.stop()
    desk.turn()

    assert heard == [6]
    with pytest.raises(LookupError):
        desk.turn()


def test_an_error_of_the_craft_reaches_whoever_asked_and_the_thread_goes_on() -> None:
    craft, desk = Doubling(), Desk()
    worker = ThreadWorker[int, int](craft, desk.tell, name="test")
    craft.gate.release(10)
    with pytest.raises(ZeroDivisionError):
        worker.ask(0)
    worker.put(0, lambda _: None)
    with pytest.raises(ZeroDivisionError):
        desk.turn()

    assert worker.ask(5) == 10
    worker.stop()


def test_a_closed_loop_is_told_nothing() -> None:
    def closed(*_: Any) -> None:
        raise RuntimeError("Event loop is closed")

    craft = Doubling()
    worker = ThreadWorker[int, int](craft, closed, name="test")
    craft.gate.release(10)
    worker.put(1, lambda _: None)
    assert worker.ask(2) == 4
    worker.stop()


def test_here_the_first_job_of_a_pass_is_done_at_once_and_the_others_in_the_next() -> None:
    craft, desk, heard = Doubling(), Desk(), list[int]()
    craft.gate.release(10)
    worker = HereWorker[int, int](craft, desk.tell)
    for job in (1, 2, 3):
        worker.put(job, heard.append)
    assert heard == [2]
    desk.turn()
    assert heard == [2, 4, 6]
    desk.turn()
    worker.put(4, heard.append)

    assert heard == [2, 4, 6, 8]
    assert craft.batches == [[1], [2, 3], [4]]
    assert craft.threads == {threading.get_ident()}


def test_here_asking_is_answered_behind_what_waits_and_stopping_finishes_it() -> None:
    craft, desk, heard = Doubling(), Desk(), list[int]()
    craft.gate.release(10)
    worker = HereWorker[int, int](craft, desk.tell)
    worker.put(1, heard.append)
    assert worker.ask(2) == 4
    worker.put(3, heard.append)
    worker.stop()
    worker.stop()
    desk.turn()  # what was asked for has been done already

    assert heard == [2, 6]
    assert craft.batches == [[1], [2], [3]]
    assert craft.ended


def test_here_one_who_raises_does_not_silence_the_next() -> None:
    craft, desk, heard = Doubling(), Desk(), list[int]()
    craft.gate.release(10)

    def raising(_: int) -> None:
        raise LookupError

    worker = HereWorker[int, int](craft, desk.tell)
    worker.put(1, raising)
    worker.put(2, heard.append)
    desk.turn()

    assert heard == [4]
    with pytest.raises(LookupError):
        desk.turn()


def test_stopping_twice_is_stopping() -> None:
    worker = ThreadWorker[int, int](Doubling(), Desk().tell, name="test")
    worker.stop()
    worker.stop()


def test_coroutines_run_on_a_loop_of_the_threads_own() -> None:
    class Halving:
        ended = False

        async def work(self, jobs: Sequence[int]) -> list[int]:
            return [job // 2 for job in jobs]

        async def end(self) -> None:
            self.ended = True

    craft = Halving()
    worker = ThreadWorker[int, int](OwnLoop(craft), Desk().tell, name="test")
    assert worker.ask(8) == 4
    assert worker.ask(6) == 3
    worker.stop()
    assert craft.ended
