"""Several histories as one stream in time order.

Rule 1: rows of one time come in the order of the histories given; each keeps its own order.
Rule 2: one instrument has one set of units: the finest of its market data. Marks and funding
follow those units, rounded to the nearest, and the rounding is told as an assumption.
Rule 3: memory holds one chunk per history.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Assumption, Chunk, Gap, History
from steelyard.model.instruments import Instrument
from steelyard.store.catalog.columns import (
    CHUNK_ROWS,
    NO_INSTRUMENT,
    VALUE_COLUMNS,
    columns_used,
    cut,
    pieces,
)
from steelyard.store.catalog.rescaling import fit_units, refined

_FOLLOWERS = frozenset({k.MARK, k.FUNDING})


class MergedHistory:
    """Histories of one or several instruments, merged by time."""

    def __init__(self, histories: Sequence[History]) -> None:
        """Agree on instruments and units; read nothing yet."""
        if not histories:
            raise ConfigurationError("histories were none, allowed is one or more")
        self._histories = tuple(histories)
        self.instruments = _agreed(self._histories)

    @property
    def rows(self) -> int:
        return sum(history.rows for history in self._histories)

    @property
    def kinds(self) -> frozenset[int]:
        return frozenset().union(*(history.kinds for history in self._histories))

    @property
    def kinds_by_instrument(self) -> tuple[frozenset[int], ...]:
        """Return what kinds of rows each instrument has, in the order of `instruments`."""
        return tuple(
            frozenset().union(
                *(
                    history.kinds
                    for history in self._histories
                    if any(own.name == one.name for own in history.instruments)
                )
            )
            for one in self.instruments
        )

    @property
    def start_ns(self) -> int:
        return min((one.start_ns for one in self._histories if one.rows), default=0)

    @property
    def end_ns(self) -> int:
        return max((one.end_ns for one in self._histories if one.rows), default=0)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        every = {gap for history in self._histories for gap in history.gaps}
        return tuple(sorted(every, key=lambda gap: (gap.after_ns, gap.before_ns, gap.reason)))

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        every = [one for history in self._histories for one in history.assumptions]
        if any(_is_rounded(one, self.instruments) for one in self._histories):
            what = "mark prices are rounded to the instrument's price unit"
            every.append(Assumption(what=what, why="they are finer than its prices", penalty=0))
        return tuple(dict.fromkeys(every))

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of all histories in order of time."""
        names = columns_used(self.kinds)
        streams = [self._fitted(history, names) for history in self._histories]
        for chunk in _gathered(_merge(streams)):
            if len(self.instruments) == 1:
                chunk = replace(chunk, instrument=NO_INSTRUMENT)  # noqa: PLW2901 - the same rows
            yield from pieces(chunk)

    def _fitted(self, history: History, names: tuple[str, ...]) -> Iterator[Chunk]:
        """Bring one history to the common instruments, units and columns."""
        for chunk in history.chunks():
            if not len(chunk):
                continue
            yield fit_units(chunk, history.instruments, self.instruments, names)


def _agreed(histories: Sequence[History]) -> tuple[Instrument, ...]:
    agreed: dict[tuple[str, str], Instrument] = {}
    # Followers last: they set the units only where there is nothing else.
    for history in sorted(histories, key=_follows):
        for instrument in history.instruments:
            key = (instrument.venue, instrument.name)
            if key not in agreed:
                agreed[key] = instrument
            elif not _follows(history):
                agreed[key] = refined(
                    agreed[key], instrument.price_decimals, instrument.quantity_decimals
                )
    order = [(one.venue, one.name) for history in histories for one in history.instruments]
    return tuple(agreed[key] for key in dict.fromkeys(order))


def _follows(history: History) -> bool:
    """Say whether it holds nothing but marks and funding."""
    return bool(history.kinds) and history.kinds <= _FOLLOWERS


def _is_rounded(history: History, instruments: tuple[Instrument, ...]) -> bool:
    if not _follows(history):
        return False
    units = {(one.venue, one.name): one.price_decimals for one in instruments}
    return any(one.price_decimals > units[one.venue, one.name] for one in history.instruments)


def _gathered(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Join what became small where one history ended and another went on."""
    waiting: list[Chunk] = []
    rows = 0
    for chunk in chunks:
        waiting.append(chunk)
        rows += len(chunk)
        if rows >= CHUNK_ROWS // 2:
            yield _joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def _merge(streams: list[Iterator[Chunk]]) -> Iterator[Chunk]:
    waiting: list[Chunk | None] = [next(stream, None) for stream in streams]
    ended = [chunk is None for chunk in waiting]
    while any(chunk is not None for chunk in waiting):
        ends = (
            int(chunk.ts_ns[-1])
            for chunk, done in zip(waiting, ended, strict=True)
            if chunk is not None and not done
        )
        limit = min(ends, default=None)
        # Before the earliest end no stream can add rows any more.
        taken = []
        for place, chunk in enumerate(waiting):
            if chunk is None:
                continue
            rows = len(chunk)
            if limit is not None:
                rows = int(np.searchsorted(chunk.ts_ns, limit, "left"))
            if rows:
                taken.append(cut(chunk, 0, rows))
            waiting[place] = cut(chunk, rows, len(chunk)) if rows < len(chunk) else None
        if taken:
            yield _in_order(taken)
        _refill(streams, waiting, ended, limit)


def _refill(
    streams: list[Iterator[Chunk]],
    waiting: list[Chunk | None],
    ended: list[bool],
    limit: int | None,
) -> None:
    """Load more of the streams that stopped at the limit."""
    for place, stream in enumerate(streams):
        chunk = waiting[place]
        if ended[place] or (chunk is not None and int(chunk.ts_ns[-1]) != limit):
            continue
        more = next(stream, None)
        ended[place] = more is None
        if more is not None:
            waiting[place] = more if chunk is None else _joined([chunk, more])


def _in_order(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    joined = _joined(chunks)
    order = np.argsort(joined.ts_ns, kind="stable")
    return Chunk(
        **{
            name: column[order] if len(column := getattr(joined, name)) else column
            for name in ("ts_ns", "kind", "instrument", *VALUE_COLUMNS)
        }
    )


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    return Chunk(
        **{
            name: np.concatenate([getattr(chunk, name) for chunk in chunks])
            for name in ("ts_ns", "kind", "instrument", *VALUE_COLUMNS)
        }
    )
