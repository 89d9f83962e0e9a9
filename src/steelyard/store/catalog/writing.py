"""Writing a dataset: whole or not at all.

Rule 1: rows go to a temporary file beside the place, are flushed to disk, and one rename
publishes them; a failure leaves what was there before.
Rule 2: rows are checked once more before they are written: times must not go back.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from steelyard.model.errors import DataError
from steelyard.model.history import Chunk, Column, History
from steelyard.store.catalog.columns import CHUNK_ROWS, columns_used
from steelyard.store.catalog.datasets import METADATA_KEY, Dataset, Source, encode


def describe(
    history: History,
    *,
    interval_ns: int = 0,
    sources: tuple[Source, ...] = (),
    duplicates: int = 0,
) -> Dataset:
    """Describe a history of one instrument as the dataset it would become."""
    (instrument,) = history.instruments
    return Dataset(
        instrument=instrument,
        kinds=tuple(sorted(history.kinds)),
        interval_ns=interval_ns,
        rows=history.rows,
        start_ns=history.start_ns,
        end_ns=history.end_ns,
        gaps=history.gaps,
        assumptions=history.assumptions,
        sources=sources,
        duplicates=duplicates,
    )


def write_dataset(path: Path, dataset: Dataset, chunks: Iterable[Chunk]) -> Dataset:
    """Write the rows and their description to `path`; return it with the rows really written."""
    frame = _frame(dataset, chunks, path)
    ts = frame["ts_ns"]
    written = replace(
        dataset,
        rows=frame.height,
        start_ns=int(ts[0]) if frame.height else 0,
        end_ns=int(ts[-1]) if frame.height else 0,
    )
    write_frame(path, written, frame)
    return written


def write_frame(path: Path, dataset: Dataset, frame: pl.DataFrame) -> None:
    """Publish a frame of checked rows under `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process number keeps two writers of one dataset from sharing a temporary file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            # lz4: measured twice as fast to read as zstd, files a third larger.
            frame.write_parquet(
                file,
                compression="lz4",
                row_group_size=CHUNK_ROWS,
                metadata={METADATA_KEY: encode(dataset)},
            )
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise


def _frame(dataset: Dataset, chunks: Iterable[Chunk], path: Path) -> pl.DataFrame:
    names = columns_used(frozenset(dataset.kinds))
    frames = []
    last = np.iinfo(np.int64).min
    for chunk in chunks:
        if not len(chunk):
            continue
        if chunk.ts_ns[0] < last or not is_sorted(chunk.ts_ns):
            raise DataError("rows are not in time order", file=str(path), column="ts_ns")
        last = chunk.ts_ns[-1]
        columns = {"ts_ns": chunk.ts_ns, "kind": chunk.kind}
        columns |= {name: getattr(chunk, name) for name in names}
        frames.append(pl.DataFrame(columns))
    if not frames:
        schema = {"ts_ns": pl.Int64, "kind": pl.Int8, **dict.fromkeys(names, pl.Int64)}
        return pl.DataFrame(schema=schema)
    return pl.concat(frames, rechunk=False)


def is_sorted(ts_ns: Column) -> bool:
    """Say whether times never go back."""
    return bool((ts_ns[1:] >= ts_ns[:-1]).all())
