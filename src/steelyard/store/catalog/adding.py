"""Adding rows to what a dataset holds already.

Rule 1: of kinds with one row a time (bars, funding, marks) identical rows are dropped and counted,
differing ones refused. Of trades, quotes and depth, an overlap must be the same rows in the same
order: it is dropped as a whole, or refused.
Rule 2: units become the finer of both; nothing is rounded.
Rule 3: what lies between two sources and belongs to neither is a gap.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Chunk, Column, Gap, History
from steelyard.model.instruments import Instrument
from steelyard.store.catalog.columns import (
    NO_INSTRUMENT,
    VALUE_COLUMNS,
    MemoryHistory,
    between,
    columns_used,
    cut,
    kinds_in,
)
from steelyard.store.catalog.datasets import Dataset, Source
from steelyard.store.catalog.rescaling import fit_units, refined

_ONE_ROW_A_TIME: Final = frozenset({k.BAR, k.FUNDING, k.MARK})
_HOLE_NS: Final = 600 * 10**9
_BETWEEN: Final = "no data between two sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """New rows for a dataset, with what is to be noted about them."""

    history: MemoryHistory
    interval_ns: int
    sources: tuple[Source, ...]
    duplicates: int = 0


def combine(old: Dataset | None, old_rows: History | None, new: Addition) -> Addition:
    """Return the new rows together with the old ones, in order, without repetitions."""
    if old is None or old_rows is None or not old.rows:
        return new
    instrument = refined(
        old.instrument,
        new.history.instruments[0].price_decimals,
        new.history.instruments[0].quantity_decimals,
    )
    before = _in_units(_whole(old_rows), old.instrument, instrument)
    after = _in_units(new.history.table, new.history.instruments[0], instrument)
    place = ", ".join(source.name for source in new.sources)
    if new.history.kinds <= _ONE_ROW_A_TIME:
        table, dropped = _by_time(before, after, place)
    else:
        table, dropped = _by_range(before, after, place)
    sources = _without_repeats((*old.sources, *new.sources))
    gaps = {*old.gaps, *new.history.gaps}
    if new.interval_ns and k.BAR in new.history.kinds:
        gaps = {gap for gap in gaps if not gap.reason.endswith("missing")}
        gaps |= set(_missing(table.ts_ns, new.interval_ns))
    elif not new.history.kinds <= _ONE_ROW_A_TIME:
        gaps = {gap for gap in gaps if gap.reason != _BETWEEN} | set(_holes(sources))
    return Addition(
        history=MemoryHistory(
            instruments=(instrument,),
            table=table,
            gaps=tuple(sorted(gaps, key=lambda gap: (gap.after_ns, gap.before_ns))),
            assumptions=tuple(dict.fromkeys((*old.assumptions, *new.history.assumptions))),
            interval_ns=new.interval_ns,
        ),
        interval_ns=new.interval_ns,
        sources=sources,
        duplicates=old.duplicates + new.duplicates + dropped,
    )


def _by_time(before: Chunk, after: Chunk, place: str) -> tuple[Chunk, int]:
    """Merge kinds that have one row a time."""
    common, mine, theirs = np.intersect1d(
        before.ts_ns, after.ts_ns, assume_unique=True, return_indices=True
    )
    for name in VALUE_COLUMNS:
        old, new = getattr(before, name), getattr(after, name)
        if not len(old):
            continue
        differs = old[mine] != new[theirs]
        if differs.any():
            at = int(np.argmax(differs))
            raise DataError(
                f"the row at {np.datetime64(int(common[at]), 'ns')} differs from the one that is "
                "in the catalog",
                file=place,
                row=int(theirs[at]) + 1,
                column=name,
            )
    keep = np.ones(len(after), np.bool_)
    keep[theirs] = False
    joined = _joined([before, _taken(after, keep)])
    order = np.argsort(joined.ts_ns, kind="stable")
    return _taken(joined, order), len(common)


def _by_range(before: Chunk, after: Chunk, place: str) -> tuple[Chunk, int]:
    """Insert a run of rows; where times overlap, the rows must be the same."""
    first, last = int(after.ts_ns[0]), int(after.ts_ns[-1])
    start, stop = between(before.ts_ns, first, last + 1)
    if start == stop:
        return _joined([cut(before, 0, start), after, cut(before, start, len(before))]), 0
    shared_first, shared_last = int(before.ts_ns[start]), int(before.ts_ns[stop - 1])
    left, right = between(after.ts_ns, shared_first, shared_last + 1)
    if stop - start == right - left and _equal(cut(before, start, stop), cut(after, left, right)):
        parts = [
            cut(before, 0, start), cut(after, 0, left), cut(before, start, stop),
            cut(after, right, len(after)), cut(before, stop, len(before)),
        ]  # fmt: skip
        return _joined(parts), right - left
    if shared_first == shared_last:  # one moment at the seam, half of it in each file
        if stop == len(before) and left == 0:
            return _joined([before, after]), 0
        if start == 0 and right == len(after):
            return _joined([after, before]), 0
    raise DataError(
        f"rows from {np.datetime64(shared_first, 'ns')} on overlap with rows of the catalog, "
        "and differ from them",
        file=place,
        row=left + 1,
    )


def _equal(one: Chunk, two: Chunk) -> bool:
    names = ("ts_ns", "kind", *VALUE_COLUMNS)
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in names)


def _missing(closes: Column, interval: int) -> list[Gap]:
    steps = np.diff(closes)
    return [
        Gap(
            after_ns=int(closes[at]),
            before_ns=int(closes[at + 1]) - interval,
            reason=f"{(int(steps[at]) - 1) // interval} candles missing",
        )
        for at in np.flatnonzero(steps > interval)
    ]


def _holes(sources: tuple[Source, ...]) -> list[Gap]:
    ranges = sorted((source.start_ns, source.end_ns) for source in sources if source.end_ns)
    covered: list[tuple[int, int]] = []
    for start, end in ranges:
        if covered and start <= covered[-1][1]:
            covered[-1] = (covered[-1][0], max(end, covered[-1][1]))
        else:
            covered.append((start, end))
    return [
        Gap(after_ns=one[1], before_ns=two[0], reason=_BETWEEN)
        for one, two in pairwise(covered)
        if two[0] - one[1] > _HOLE_NS
    ]


def _without_repeats(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    known = {(one.sha256 or one.name, one.start_ns): one for one in sources}
    return tuple(sorted(known.values(), key=lambda one: (one.start_ns, one.name)))


def _in_units(table: Chunk, own: Instrument, common: Instrument) -> Chunk:
    chunk = fit_units(table, (own,), (common,), columns_used(kinds_in(table.kind)))
    return replace(chunk, instrument=NO_INSTRUMENT)


def _whole(history: History) -> Chunk:
    return _joined(list(history.chunks()))


def _taken(chunk: Chunk, rows: np.ndarray) -> Chunk:
    columns = {}
    for name in ("ts_ns", "kind", "instrument", *VALUE_COLUMNS):
        column = getattr(chunk, name)
        columns[name] = column[rows] if len(column) else column
    return Chunk(**columns)


def _joined(chunks: list[Chunk]) -> Chunk:
    names = ("ts_ns", "kind", "instrument", *VALUE_COLUMNS)
    return Chunk(
        **{name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in names}
    )
