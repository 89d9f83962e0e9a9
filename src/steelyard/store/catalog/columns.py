"""Columns of history in memory, and how chunks are cut from them.

Rule 1: a column no kind of the history uses has length 0, on disk it is absent.
Rule 2: cutting copies nothing: a chunk is views of the columns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np

from steelyard.model import kinds
from steelyard.model.history import Assumption, Chunk, Column, Gap
from steelyard.model.instruments import Instrument

CHUNK_ROWS: Final = 2**20
VALUE_COLUMNS: Final = ("a", "b", "c", "d", "e")
COLUMNS_OF_KIND: Final[Mapping[int, str]] = {
    kinds.TRADE_BUY: "ab",
    kinds.TRADE_SELL: "ab",
    kinds.QUOTE: "abcd",
    kinds.BAR: "abcde",
    kinds.DEPTH_BID: "ab",
    kinds.DEPTH_ASK: "ab",
    kinds.DEPTH_CLEAR: "",
    kinds.FUNDING: "ab",
    kinds.MARK: "a",
}
NO_VALUES: Final[Column] = np.empty(0, np.int64)
NO_INSTRUMENT: Final[np.ndarray[Any, np.dtype[np.int16]]] = np.empty(0, np.int16)
Kinds: TypeAlias = np.ndarray[Any, np.dtype[np.int8]]


def columns_used(present: frozenset[int]) -> tuple[str, ...]:
    """Return the value columns that these kinds fill."""
    letters = {letter for kind in present for letter in COLUMNS_OF_KIND[kind]}
    return tuple(name for name in VALUE_COLUMNS if name in letters)


def chunk_of(ts_ns: Column, kind: Kinds, values: Mapping[str, Column]) -> Chunk:
    """Build a chunk of one instrument."""
    return Chunk(
        ts_ns=ts_ns,
        kind=kind,
        instrument=NO_INSTRUMENT,
        **{name: values.get(name, NO_VALUES) for name in VALUE_COLUMNS},
    )


def cut(chunk: Chunk, start: int, stop: int) -> Chunk:
    """Return rows `start` to `stop` of a chunk as views."""
    return Chunk(
        ts_ns=chunk.ts_ns[start:stop],
        kind=chunk.kind[start:stop],
        instrument=chunk.instrument[start:stop],
        a=chunk.a[start:stop],
        b=chunk.b[start:stop],
        c=chunk.c[start:stop],
        d=chunk.d[start:stop],
        e=chunk.e[start:stop],
    )


def pieces(chunk: Chunk, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """Cut a chunk into chunks of at most `rows` rows."""
    for start in range(0, len(chunk), rows):
        yield cut(chunk, start, start + rows)


def kinds_in(kind: Kinds) -> frozenset[int]:
    """Return the kinds that occur."""
    return frozenset(one for one in COLUMNS_OF_KIND if (kind == one).any())


def between(ts_ns: Column, from_ns: int | None, to_ns: int | None) -> tuple[int, int]:
    """Return the first and one past the last row in [from, to)."""
    start = 0 if from_ns is None else int(np.searchsorted(ts_ns, from_ns, "left"))
    stop = len(ts_ns) if to_ns is None else int(np.searchsorted(ts_ns, to_ns, "left"))
    return start, max(start, stop)


def gaps_between(gaps: tuple[Gap, ...], from_ns: int | None, to_ns: int | None) -> tuple[Gap, ...]:
    """Keep the gaps that touch [from, to)."""
    return tuple(
        gap
        for gap in gaps
        if (from_ns is None or gap.before_ns > from_ns) and (to_ns is None or gap.after_ns < to_ns)
    )


@dataclass(frozen=True, kw_only=True)
class MemoryHistory:
    """A history whose rows lie in memory."""

    instruments: tuple[Instrument, ...]
    table: Chunk
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    interval_ns: int = 0

    @property
    def rows(self) -> int:
        return len(self.table)

    @cached_property
    def kinds(self) -> frozenset[int]:
        return kinds_in(self.table.kind)

    @property
    def start_ns(self) -> int:
        return int(self.table.ts_ns[0]) if len(self.table) else 0

    @property
    def end_ns(self) -> int:
        return int(self.table.ts_ns[-1]) if len(self.table) else 0

    def chunks(self) -> Iterator[Chunk]:
        """Yield views of about a million rows."""
        yield from pieces(self.table)

    def bounded(self, from_ns: int | None, to_ns: int | None) -> "MemoryHistory":
        """Return the rows in [from, to), without a copy."""
        if from_ns is None and to_ns is None:
            return self
        start, stop = between(self.table.ts_ns, from_ns, to_ns)
        return replace(
            self,
            table=cut(self.table, start, stop),
            gaps=gaps_between(self.gaps, from_ns, to_ns),
        )
