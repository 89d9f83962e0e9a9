"""Rows of a market in their time."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from steelyard.exchange.paper.pacing import BEHIND_MAX_NS, Pacer
from steelyard.exchange.paper.settings import read_speed
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk
from steelyard.model.kinds import TRADE_BUY

MS = 1_000_000


def chunk(times_ms: list[int]) -> Chunk:
    ts = np.array(times_ms, np.int64) * MS
    none = np.zeros(0, np.int64)
    return Chunk(
        ts_ns=ts, kind=np.full(len(ts), TRADE_BUY, np.int8), instrument=np.zeros(0, np.int16),
        a=ts // MS, b=np.ones(len(ts), np.int64), c=none, d=none, e=none,
    )  # fmt: skip


def market(*chunks: list[int]) -> Callable[[], Iterator[Chunk]]:
    def begin() -> Iterator[Chunk]:
        return (chunk(times) for times in chunks)

    return begin


def prices(pacer: Pacer, elapsed_ms: int, most: int = 100) -> list[int]:
    return [row[3] for row in pacer.due(elapsed_ms * MS, most)]


def test_rows_keep_their_distances() -> None:
    pacer = Pacer(market([1_000, 1_010], [1_030]), speed=1, loop=False)

    assert prices(pacer, 500) == [1_000]
    assert pacer.wait_ns(503 * MS) == 7 * MS
    assert prices(pacer, 509) == []
    assert prices(pacer, 510) == [1_010]
    assert pacer.wait_ns(510 * MS) == 20 * MS
    assert prices(pacer, 600) == [1_030]
    assert pacer.wait_ns(600 * MS) is None
    assert prices(pacer, 700) == []


def test_a_factor_brings_them_closer() -> None:
    pacer = Pacer(market([0, 100, 200]), speed=10, loop=False)

    assert prices(pacer, 0) == [0]
    assert prices(pacer, 9) == []
    assert prices(pacer, 20, most=1) == [100]
    assert prices(pacer, 20) == [200]


def test_at_full_speed_everything_is_due() -> None:
    pacer = Pacer(market([0, 10**6]), speed=math.inf, loop=True)

    assert prices(pacer, 0) == [0, 10**6]
    assert pacer.wait_ns(0) == 0
    assert prices(pacer, 0, most=1) == [0]


def test_a_market_that_loops_begins_again_at_its_pace() -> None:
    pacer = Pacer(market([50, 60, 80]), speed=1, loop=True)

    assert prices(pacer, 0) == [50]
    assert prices(pacer, 30) == [60, 80]
    assert pacer.wait_ns(30 * MS) == 20 * MS
    assert prices(pacer, 50) == [50]
    assert prices(pacer, 59) == []
    assert prices(pacer, 60) == [60]
    assert pacer.served == 5


def test_a_market_of_one_row_does_not_spin() -> None:
    pacer = Pacer(market([5]), speed=1, loop=True)

    assert prices(pacer, 0) == [5]
    assert prices(pacer, 0) == []
    assert pacer.wait_ns(0) == MS


def test_nothing_comes_of_nothing() -> None:
    pacer = Pacer(market([]), speed=1, loop=True)
    assert prices(pacer, 0) == []
    assert pacer.wait_ns(0) is None


@pytest.mark.parametrize("served", [0, 1, 2, 3, 4, 7, 100])
def test_it_goes_on_where_it_was(served: int) -> None:
    whole = Pacer(market([0, 1], [2]), speed=math.inf, loop=True)
    every = [price for _ in range(80) for price in prices(whole, 0)]
    pacer = Pacer(market([0, 1], [2]), speed=math.inf, loop=True, served=served)

    after = [price for _ in range(5) for price in prices(pacer, 0)]

    assert after == every[served : served + len(after)]


def test_who_slept_goes_on_from_now() -> None:
    pacer = Pacer(market([0, 10, 20]), speed=1, loop=False)
    assert prices(pacer, 0) == [0]

    late_ms = 11 + BEHIND_MAX_NS // MS
    assert prices(pacer, late_ms) == [10]
    assert pacer.wait_ns(late_ms * MS) == 10 * MS


def test_speeds_are_read() -> None:
    assert read_speed("max") == math.inf
    assert read_speed("2.5") == 2.5
    for wrong in ("0", "-1", "fast", "inf", "nan"):
        with pytest.raises(ConfigurationError, match="speed was"):
            read_speed(wrong)
