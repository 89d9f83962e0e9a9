"""Funding with the mark price at which it is paid.

Rule: the mark of a payment is the last one at or before it, and not older than a day; none is 0.
"""

from typing import Final

import numpy as np

from steelyard.model.history import Chunk, Column, History
from steelyard.store.catalog.columns import MemoryHistory, chunk_of

_OLDEST_NS: Final = 86_400 * 10**9
# Venues pay a few milliseconds after the hour at which the mark was taken.
_LATE_NS: Final = 60 * 10**9


def with_marks(funding: History, marks: History | None) -> History:
    """Return the funding rows with column b filled from the marks."""
    if marks is None:
        return funding
    ts, kind, rate = _whole(funding)
    mark_ts, _, price = _whole(marks)
    if not len(mark_ts):
        return funding
    row = np.searchsorted(mark_ts, ts + _LATE_NS, "right") - 1
    known = (row >= 0) & (ts - mark_ts[row] <= _OLDEST_NS)
    return MemoryHistory(
        instruments=marks.instruments,  # the marks' units
        table=chunk_of(ts, kind, {"a": rate, "b": np.where(known, price[row], 0)}),
        gaps=funding.gaps,
        assumptions=funding.assumptions,
    )


def _whole(history: History) -> tuple[Column, np.ndarray, Column]:
    """Read all of a small history: times, kinds and column a."""
    chunks: list[Chunk] = list(history.chunks())
    if not chunks:
        empty = np.empty(0, np.int64)
        return empty, np.empty(0, np.int8), empty
    return (
        np.concatenate([chunk.ts_ns for chunk in chunks]),
        np.concatenate([chunk.kind for chunk in chunks]),
        np.concatenate([chunk.a for chunk in chunks]),
    )
