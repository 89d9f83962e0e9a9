"""Reading a dataset: about a million rows at a time, only the columns in use.

Rule 1: memory holds one chunk; nothing is read before it is asked for.
Rule 2: bounds are [from, to) in UTC nanoseconds; row groups outside are not decoded.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import polars as pl

from steelyard.model.errors import DataError
from steelyard.model.history import Assumption, Chunk, Gap
from steelyard.model.instruments import Instrument
from steelyard.store.catalog.columns import CHUNK_ROWS, chunk_of, columns_used, gaps_between
from steelyard.store.catalog.datasets import METADATA_KEY, SCHEMA_VERSION, Dataset, decode


def read_description(path: Path) -> Dataset | None:
    """Return a file's description, or None when it is no dataset of ours."""
    try:
        text = pl.read_parquet_metadata(path).get(METADATA_KEY)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            "this is no whole Parquet file: its end is missing or damaged", file=str(path)
        ) from error
    if text is None:
        return None
    try:
        dataset = decode(text)
    except ValueError as error:
        raise DataError(f"its description cannot be read: {error}", file=str(path)) from error
    if dataset.schema != SCHEMA_VERSION:
        raise DataError(
            f"its schema version was {dataset.schema}, allowed is {SCHEMA_VERSION}; "
            "import the data anew",
            file=str(path),
        )
    return dataset


class CatalogHistory:
    """One dataset on disk as a history."""

    def __init__(self, path: Path, *, from_ns: int | None = None, to_ns: int | None = None) -> None:
        """Read the description of `path`; rows are read by `chunks`."""
        dataset = read_description(path)
        if dataset is None:
            raise DataError("this Parquet file is no dataset of a catalog", file=str(path))
        self.path = path
        self.dataset = dataset
        self._from_ns = from_ns if from_ns is not None and from_ns > dataset.start_ns else None
        self._to_ns = to_ns if to_ns is not None and to_ns <= dataset.end_ns else None

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        return (self.dataset.instrument,)

    @property
    def interval_ns(self) -> int:
        return self.dataset.interval_ns

    @property
    def kinds(self) -> frozenset[int]:
        return frozenset(self.dataset.kinds)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return gaps_between(self.dataset.gaps, self._from_ns, self._to_ns)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        return self.dataset.assumptions

    @property
    def rows(self) -> int:
        start, stop = self._range
        return stop - start

    @property
    def start_ns(self) -> int:
        return self.dataset.start_ns if self._from_ns is None else self._time_of(self._range[0])

    @property
    def end_ns(self) -> int:
        return self.dataset.end_ns if self._to_ns is None else self._time_of(self._range[1] - 1)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows in order, a row group at a time."""
        start, stop = self._range
        names = columns_used(self.kinds)
        frame = pl.scan_parquet(self.path).select("ts_ns", "kind", *names)
        while start < stop:
            # Chunks end where row groups end, so that no group is decoded twice.
            rows = min(CHUNK_ROWS - start % CHUNK_ROWS, stop - start)
            part = frame.slice(start, rows).collect().rechunk()
            yield chunk_of(
                part["ts_ns"].to_numpy(),
                part["kind"].to_numpy(),
                {name: part[name].to_numpy() for name in names},
            )
            start += rows

    @cached_property
    def _range(self) -> tuple[int, int]:
        start, stop = 0, self.dataset.rows
        if self._from_ns is not None:
            start = self._count_before(self._from_ns)
        if self._to_ns is not None:
            stop = self._count_before(self._to_ns)
        return start, max(start, stop)

    def _count_before(self, ts_ns: int) -> int:
        ts = pl.scan_parquet(self.path).select("ts_ns").filter(pl.col("ts_ns") < ts_ns)
        return int(ts.select(pl.len()).collect().item())

    def _time_of(self, row: int) -> int:
        if self.rows == 0:
            return 0
        return int(pl.scan_parquet(self.path).select("ts_ns").slice(row, 1).collect().item())
