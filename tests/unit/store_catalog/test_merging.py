"""Several histories as one, in the order of time."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk
from steelyard.store.catalog.columns import MemoryHistory, chunk_of, pieces
from steelyard.store.catalog.funding import with_marks
from steelyard.store.catalog.merging import MergedHistory
from tests.unit.store_catalog.rows import bars, instrument, trades


class Choppy(MemoryHistory):
    """Hands out a few rows at a time."""

    def chunks(self) -> Iterator[Chunk]:
        return pieces(self.table, 3)


def choppy(history: MemoryHistory) -> MemoryHistory:
    return Choppy(instruments=history.instruments, table=history.table)


def everything(merged: MergedHistory) -> list[tuple[int, int, int]]:
    return [
        (int(chunk.ts_ns[row]), int(chunk.instrument[row]) if len(chunk.instrument) else 0,
         int(chunk.a[row]))
        for chunk in merged.chunks()
        for row in range(len(chunk))
    ]  # fmt: skip


TIMES = st.lists(st.lists(st.integers(0, 12), max_size=14).map(sorted), min_size=1, max_size=4)


@given(TIMES)
def test_rows_come_in_order_and_ties_in_the_order_of_the_histories(times: list[list[int]]) -> None:
    names = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT")
    merged = MergedHistory(
        [choppy(trades(one, name=name)) for one, name in zip(times, names, strict=False)]
    )
    expected = [
        (ts, place, row + 1) for place, one in enumerate(times) for row, ts in enumerate(one)
    ]

    got = everything(merged)
    assert [(ts, place) for ts, place, _ in got] == sorted((ts, place) for ts, place, _ in expected)
    for place in range(len(times)):
        own = [price for _, one, price in got if one == place]
        # finer instruments keep their own order and their own numbers
        scale = 10 ** (merged.instruments[place].price_decimals - 2)
        assert len(own) == len(times[place])
        assert own == sorted(own)
        assert all(price % 1 == 0 for price in own)
        assert scale >= 1


def test_one_instrument_has_one_set_of_units_the_finer() -> None:
    coarse, fine = trades([1, 3], [100, 101], decimals=2), trades([2], [100_55], decimals=4)
    merged = MergedHistory([coarse, fine])

    (one,) = merged.instruments
    assert (one.price_decimals, int(one.tick)) == (4, 100)
    assert everything(merged) == [(1, 0, 10_000), (2, 0, 10_055), (3, 0, 10_100)]


def funding(ts: list[int], rates: list[int]) -> MemoryHistory:
    return MemoryHistory(
        instruments=(instrument(),),
        table=chunk_of(
            np.array(ts, np.int64),
            np.full(len(ts), k.FUNDING, np.int8),
            {"a": np.array(rates, np.int64), "b": np.zeros(len(ts), np.int64)},
        ),
    )


def marks(ts: list[int], prices: list[int], decimals: int) -> MemoryHistory:
    return MemoryHistory(
        instruments=(instrument(price_decimals=decimals),),
        table=chunk_of(
            np.array(ts, np.int64),
            np.full(len(ts), k.MARK, np.int8),
            {"a": np.array(prices, np.int64)},
        ),
    )


def test_marks_are_rounded_to_the_markets_unit_and_rates_are_not() -> None:
    hour = 3_600 * 10**9
    rates = with_marks(funding([hour], [12_345]), marks([0], [100_5678], 4))
    merged = MergedHistory([rates, bars([hour, 2 * hour], [10_000, 10_001])])

    (chunk,) = merged.chunks()
    assert merged.instruments[0].price_decimals == 2
    assert chunk.kind.tolist() == [k.FUNDING, k.BAR, k.BAR]
    assert (chunk.a[0], chunk.b[0], chunk.a[1]) == (12_345, 100_57, 10_000)
    assert "mark prices are rounded to the instrument's price unit" in {
        one.what for one in merged.assumptions
    }


@pytest.mark.parametrize(
    "mark_ns,known", [(0, True), (3_600 * 10**9 + 5, True), (2 * 86_400 * 10**9, False)]
)
def test_a_payments_mark_is_the_last_one_and_not_too_old(mark_ns: int, known: bool) -> None:
    paid_ns = 3_600 * 10**9
    chunk = next(with_marks(funding([paid_ns], [1]), marks([mark_ns], [77], 2)).chunks())

    assert chunk.b.tolist() == [77 if known else 0]


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="histories were none"):
        MergedHistory([])
