"""Candles for pictures: the same whatever the chunks, and of every kind of row."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.history import Chunk
from steelyard.model.kinds import BAR, DEPTH_BID, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.services.marketdata.generation.settings import Emits
from steelyard.services.research.candles import candles_of
from steelyard.store.catalog.columns import MemoryHistory
from tests.parity.markets import market
from tests.parity.play import in_pieces

SECOND = 10**9


def history(*rows: tuple[int, ...], inst: tuple[int, ...] = ()) -> MemoryHistory:
    """Rows of (kind, time in tenths of a second, values …)."""
    table = np.zeros((len(rows), 7), dtype=np.int64)
    for at, row in enumerate(rows):
        table[at, : len(row)] = row
    columns = {name: np.ascontiguousarray(table[:, i + 2]) for i, name in enumerate("abcde")}
    chunk = Chunk(
        ts_ns=table[:, 1] * SECOND // 10, kind=table[:, 0].astype(np.int8),
        instrument=np.array(inst, dtype=np.int16), **columns,
    )  # fmt: skip
    return MemoryHistory(instruments=(), table=chunk)


def candles(given: Any, most: int = 2_000) -> list[tuple[int, ...]]:
    """Return (second, open, high, low, close, volume) of every candle."""
    return [(ts // SECOND, *values) for ts, *values in candles_of(given, most=most).tolist()]


def test_trades_make_candles_and_seconds_without_a_trade_make_none() -> None:
    rows = history(
        (TRADE_BUY, 1, 100, 3), (TRADE_SELL, 4, 105, 2), (TRADE_SELL, 9, 101, 1),
        (TRADE_BUY, 10, 99, 7), (TRADE_BUY, 35, 98, 1),
    )  # fmt: skip

    assert candles(rows) == [
        (0, 100, 105, 100, 101, 6), (1, 99, 99, 99, 99, 7), (3, 98, 98, 98, 98, 1),
    ]  # fmt: skip


def test_a_bar_belongs_to_the_candle_in_which_it_ran_though_its_time_is_its_close() -> None:
    rows = history((BAR, 10, 100, 110, 90, 105, 4), (BAR, 20, 105, 106, 80, 81, 5))

    assert candles(rows) == [(0, 100, 110, 90, 105, 4), (1, 105, 106, 80, 81, 5)]


def test_quotes_alone_make_candles_of_their_middle() -> None:
    rows = history((QUOTE, 1, 100, 9, 103, 9), (QUOTE, 5, 90, 9, 92, 9))

    assert candles(rows) == [(0, 101, 101, 91, 91, 0)]


def test_where_there_are_trades_quotes_and_depth_are_left_out() -> None:
    rows = history((QUOTE, 1, 1, 1, 3, 1), (TRADE_BUY, 2, 100, 1), (DEPTH_BID, 3, 50, 1))

    assert candles(rows) == [(0, 100, 100, 100, 100, 1)]


def test_only_the_first_instrument_is_drawn() -> None:
    rows = history((TRADE_BUY, 1, 100, 1), (TRADE_BUY, 2, 7, 1), inst=(0, 1))

    assert candles(rows) == [(0, 100, 100, 100, 100, 1)]


@pytest.mark.parametrize("rows", [history(), history((DEPTH_BID, 1, 50, 1))])
def test_what_has_no_prices_has_no_candles(rows: MemoryHistory) -> None:
    assert candles(rows) == []


def test_the_step_grows_until_there_are_no_more_candles_than_asked_for() -> None:
    rows = history(*((TRADE_BUY, tenth, 100 + tenth % 7, 1) for tenth in range(0, 6_000, 10)))

    assert len(candles(rows)) == 600
    assert len(candles(rows, most=100)) == 60  # 10 s each
    assert len(candles(rows, most=3)) == 2  # 5 min each
    assert candles(rows, most=3)[0] == (0, 100, 106, 100, 100 + 2_990 % 7, 300)


@given(
    cuts=st.lists(st.integers(1, 399), max_size=8), emits=st.sampled_from(list(Emits)),
    most=st.sampled_from([5, 50, 2_000]),
)  # fmt: skip
def test_chunks_cut_anywhere_give_the_candles_of_one_chunk(
    cuts: list[int], emits: Emits, most: int
) -> None:
    whole = market(3, emits=emits, count=200 if emits == Emits.BOTH else 400, trades_per_s=0.5)

    assert candles(in_pieces(whole, *cuts), most) == candles(whole, most)
