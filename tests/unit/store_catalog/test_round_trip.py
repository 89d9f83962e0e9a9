"""What is written is what is read, whole or in part, and a failure leaves no trace."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Assumption, Chunk, Gap
from steelyard.store.catalog import columns, reading, writing
from steelyard.store.catalog.columns import (
    COLUMNS_OF_KIND,
    VALUE_COLUMNS,
    MemoryHistory,
    chunk_of,
    columns_used,
)
from steelyard.store.catalog.datasets import Source, decode, encode, interval_text, label_of
from steelyard.store.catalog.reading import CatalogHistory, read_description
from steelyard.store.catalog.writing import describe, write_dataset
from tests.unit.store_catalog.rows import instrument, trades

NAMES = ("ts_ns", "kind", *VALUE_COLUMNS)


def written(history: MemoryHistory, path: Path) -> CatalogHistory:
    write_dataset(path, describe(history), history.chunks())
    return CatalogHistory(path)


def joined(chunks: list[Chunk]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([getattr(one, name) for one in chunks]) for name in NAMES}


@st.composite
def histories(draw: st.DrawFn) -> MemoryHistory:
    present = draw(st.sets(st.sampled_from(sorted(COLUMNS_OF_KIND)), min_size=1))
    count = draw(st.integers(1, 60))
    steps = draw(st.lists(st.integers(0, 10**9), min_size=count, max_size=count))
    kind = draw(st.lists(st.sampled_from(sorted(present)), min_size=count, max_size=count))
    whole = st.integers(-(2**62), 2**62)
    values = {
        name: np.array(draw(st.lists(whole, min_size=count, max_size=count)), np.int64)
        for name in columns_used(frozenset(kind))
    }
    ts = 1_700_000_000 * 10**9 + np.cumsum(steps)
    table = chunk_of(ts.astype(np.int64), np.array(kind, np.int8), values)
    return MemoryHistory(
        instruments=(instrument(),),
        table=table,
        gaps=(Gap(after_ns=1, before_ns=2, reason="why"),),
        assumptions=(Assumption(what="it is", why="so", penalty=3),),
    )


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 20), st.data())
def test_a_history_comes_back_as_it_was(
    history: MemoryHistory, rows: int, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as name:
        folder = Path(name)
        patch.setattr(reading, "CHUNK_ROWS", rows)
        patch.setattr(writing, "CHUNK_ROWS", rows)
        back = written(history, folder / "x.parquet")
        got = joined(list(back.chunks()))
        ts = history.table.ts_ns
        start = data.draw(st.integers(int(ts[0]) - 5, int(ts[-1]) + 5))
        stop = data.draw(st.integers(start, int(ts[-1]) + 5))
        part = CatalogHistory(folder / "x.parquet", from_ns=start, to_ns=stop)
        inside = [one for chunk in part.chunks() for one in chunk.ts_ns.tolist()]

    for name in NAMES:
        assert np.array_equal(got[name], getattr(history.table, name))
    assert (back.rows, back.kinds) == (history.rows, history.kinds)
    assert (back.start_ns, back.end_ns) == (history.start_ns, history.end_ns)
    assert (back.gaps, back.assumptions) == (history.gaps, history.assumptions)
    assert back.instruments == history.instruments
    assert inside == [one for one in ts.tolist() if start <= one < stop]
    assert part.rows == len(inside)


def test_only_the_columns_in_use_are_on_disk(tmp_path: Path) -> None:
    written(trades([1, 2, 3]), tmp_path / "x.parquet")

    assert list(pl.read_parquet_schema(tmp_path / "x.parquet")) == ["ts_ns", "kind", "a", "b"]


def test_a_chunk_holds_about_a_million_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (reading, writing, columns):
        monkeypatch.setattr(module, "CHUNK_ROWS", 10)
    back = written(trades(list(range(35))), tmp_path / "x.parquet")

    assert [len(chunk) for chunk in back.chunks()] == [10, 10, 10, 5]
    bounded = CatalogHistory(tmp_path / "x.parquet", from_ns=7, to_ns=22)
    assert [len(chunk) for chunk in bounded.chunks()] == [3, 10, 2]
    assert (bounded.start_ns, bounded.end_ns) == (7, 21)


def test_rows_out_of_order_are_not_written(tmp_path: Path) -> None:
    history = trades([1, 3, 2])
    with pytest.raises(DataError, match="rows are not in time order"):
        written(history, tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.parquet"
    written(trades([1, 2, 3]), path)
    before = path.read_bytes()

    def full(self: pl.DataFrame, *arguments: object, **options: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OSError, match="no space"):
        written(trades([4, 5]), path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_truncated_dataset_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    written(trades([1, 2, 3]), path)
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(DataError, match="this is no whole Parquet file"):
        CatalogHistory(path)


def test_a_dataset_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    history = trades([1, 2])
    write_dataset(path, replace(describe(history), schema=99), history.chunks())

    with pytest.raises(DataError, match="its schema version was 99, allowed is 1"):
        read_description(path)


def test_a_strangers_parquet_is_no_dataset(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "x.parquet")

    assert read_description(tmp_path / "x.parquet") is None
    with pytest.raises(DataError, match="is no dataset of a catalog"):
        CatalogHistory(tmp_path / "x.parquet")


def test_a_description_survives_as_text() -> None:
    source = Source(name="f", family="trades", rows=3, sha256="ab")
    dataset = describe(trades([1, 2, 3]), sources=(source,), duplicates=4)

    assert decode(encode(dataset)) == dataset


@pytest.mark.parametrize(
    "kinds,seconds,label",
    [
        ({k.BAR}, 300, "bar-5m"),
        ({k.BAR}, 86_400, "bar-1d"),
        ({k.TRADE_BUY, k.TRADE_SELL}, 0, "trade"),
        ({k.QUOTE, k.TRADE_BUY, k.DEPTH_CLEAR}, 0, "depth-quote-trade"),
        ({k.MARK}, 3_600, "mark-1h"),
        ({k.FUNDING}, 0, "funding"),
    ],
)
def test_datasets_are_named_by_what_they_hold(kinds: set[int], seconds: int, label: str) -> None:
    assert label_of(frozenset(kinds), seconds * 10**9) == label


@pytest.mark.parametrize("seconds,text", [(1, "1s"), (90, "90s"), (604_800, "1w"), (7_200, "2h")])
def test_intervals_are_named_in_the_largest_unit(seconds: int, text: str) -> None:
    assert interval_text(seconds * 10**9) == text
