"""The room of processes: the same work on many inputs, on several cores.

Rule 1: `prepare` runs once in each process and returns the work; only inputs and answers cross.
Rule 2: answers come in the order of the inputs, whoever was faster.
Rule 3: with one process nothing is started: the work is done here.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeVar

I = TypeVar("I")  # noqa: E741 - one letter per type, as everywhere
A = TypeVar("A")

_work: list[Callable[[Any], Any]] = []


def spread(
    prepare: Callable[[], Callable[[I], A]], inputs: Iterable[I], processes: int
) -> Iterator[A]:
    """Do the work for every input; at most a few inputs per process wait at a time."""
    if processes <= 1:
        yield from map(prepare(), inputs)
        return
    rest = iter(inputs)
    # Fresh processes: a fork of one with threads may hang, and compiled code is loaded from disk.
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(prepare,)
    ) as pool:
        waiting = [pool.submit(_do, one) for one in islice(rest, 3 * processes)]
        while waiting:
            answer = waiting.pop(0).result()
            waiting += [pool.submit(_do, one) for one in islice(rest, 1)]
            yield answer


def _begin(prepare: Callable[[], Callable[[Any], Any]]) -> None:
    _work[:] = [prepare()]


def _do(one: Any) -> Any:
    return _work[0](one)
