"""Recording a live feed as market history.

Rule 1: rows keep the order in which they were heard, which is what a robot would have seen; where
the venue's times go back, a row takes the time of the one before it.
Rule 2: a gap of the feed is a gap of the recording, from the last row before it to the first after.
Rule 3: rows go to files beside the dataset while the recording runs, and into the dataset at its
end; what a recording that was killed left there goes in with the next one.
"""

import fcntl
import os
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError, DataError
from steelyard.model.events import Quote, Trade
from steelyard.model.history import Assumption, Chunk, Gap
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import BUY
from steelyard.model.market import Depth
from steelyard.model.units import Money
from steelyard.model.venue_tables import instrument_for
from steelyard.store.catalog.adding import Addition
from steelyard.store.catalog.catalog import Catalog
from steelyard.store.catalog.columns import VALUE_COLUMNS, MemoryHistory, chunk_of, columns_used
from steelyard.store.catalog.datasets import Dataset, Source, folder_of, path_of
from steelyard.store.catalog.reading import CatalogHistory, read_description
from steelyard.store.catalog.writing import describe, write_dataset

FAMILY: Final = "recording"
_AHEAD_NS: Final = 60 * 10**9
"""A time so far ahead of ours is none."""


class Tape:
    """Rows of one instrument, as they come."""

    def __init__(self, instrument: Instrument) -> None:
        """Begin with nothing."""
        self.instrument = instrument
        self.counts = {"quotes": 0, "trades": 0, "depth": 0, "gaps": 0}
        self._ts, self._kind = array("q"), array("b")
        self._values = tuple(array("q") for _ in range(4))
        self._last_ns = 0
        self._gap = ""
        self._gaps: list[Gap] = []

    def __len__(self) -> int:
        """Count the rows that were not taken yet."""
        return len(self._ts)

    def hear(self, news: PriceNews, now_ns: int) -> None:
        """Write one thing the feed said; what history has no row for is left out."""
        match news:
            case Trade():
                kind = k.TRADE_BUY if news.taker_side == BUY else k.TRADE_SELL
                self._row(self._at(news.ts_ns, now_ns), kind, news.price, news.quantity)
                self.counts["trades"] += 1
            case Quote():
                self._row(
                    self._at(news.ts_ns, now_ns), k.QUOTE, news.bid, news.bid_quantity, news.ask,
                    news.ask_quantity,
                )  # fmt: skip
                self.counts["quotes"] += 1
            case Depth():
                self._depth(news, self._at(news.ts_ns, now_ns))
                self.counts["depth"] += 1
            case FeedGap():
                self._gap = self._gap or news.reason
                self.counts["gaps"] += 1

    def take(self, end_ns: int = 0) -> MemoryHistory | None:
        """Return the rows and gaps so far and forget them; None: there are none.

        `end_ns`: the recording ends then; a gap that is open is open until then.
        """
        if self._gap and end_ns and self._last_ns:
            self._gaps.append(self._ended_gap(end_ns))
        if not self._ts:
            return None
        present = frozenset(self._kind)
        used = columns_used(present)
        columns = {
            name: np.frombuffer(values, np.int64).copy()
            for name, values in zip(VALUE_COLUMNS, self._values, strict=False)
            if name in used
        }
        table = chunk_of(
            np.frombuffer(self._ts, np.int64).copy(), np.frombuffer(self._kind, np.int8).copy(),
            columns,
        )  # fmt: skip
        made = MemoryHistory(
            instruments=(self.instrument,), table=table, gaps=tuple(self._gaps),
            assumptions=ASSUMED,
        )  # fmt: skip
        self._ts, self._kind = array("q"), array("b")
        self._values = tuple(array("q") for _ in range(4))
        self._gaps = []
        return made

    def _depth(self, depth: Depth, at_ns: int) -> None:
        if depth.snapshot:
            self._row(at_ns, k.DEPTH_CLEAR)
        for kind, levels in ((k.DEPTH_BID, depth.bids), (k.DEPTH_ASK, depth.asks)):
            for price, quantity in levels:
                self._row(at_ns, kind, price, quantity)

    def _row(self, at_ns: int, kind: int, *values: int) -> None:
        self._ts.append(at_ns)
        self._kind.append(kind)
        for place, column in enumerate(self._values):
            column.append(values[place] if place < len(values) else 0)

    def _at(self, told_ns: int, now_ns: int) -> int:
        # Some venues say quotes without a time.
        at_ns = max(self._last_ns, told_ns if 0 < told_ns < now_ns + _AHEAD_NS else now_ns)
        if self._gap and self._last_ns:
            self._gaps.append(self._ended_gap(at_ns))
        self._gap = ""
        self._last_ns = at_ns
        return at_ns

    def _ended_gap(self, before_ns: int) -> Gap:
        reason, self._gap = f"the feed broke: {self._gap}", ""
        return Gap(after_ns=self._last_ns, before_ns=max(before_ns, self._last_ns), reason=reason)


ASSUMED: Final = (
    Assumption(
        what="rows of a recording keep the order in which they were heard",
        why="two streams of one venue come over two sockets",
        penalty=0,
    ),
)


class Parts:
    """Files of a recording under way, in a folder of their own beside the dataset."""

    def __init__(self, root: Path, instrument: Instrument) -> None:
        """Take the folder. Raises ConfigurationError: somebody else records this."""
        self._folder = root / instrument.venue / folder_of(instrument.name) / ".recording"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise ConfigurationError(
                f"{instrument.name} at {instrument.venue} is being recorded already"
            ) from None
        self._left = len(self.paths())
        self._next = 1 + max((int(one.stem) for one in self.paths()), default=0)

    def paths(self) -> list[Path]:
        """Name the files, in their order."""
        return sorted(self._folder.glob("*.parquet"))

    def write(self, history: MemoryHistory) -> None:
        """Write rows to the next file."""
        path = self._folder / f"{self._next:06d}.parquet"
        self._next += 1
        write_dataset(path, describe(history), history.chunks())

    def whole(self) -> MemoryHistory | None:
        """Return all rows of all files; None: there are none.

        Files of a killed recording may be of other units than this one's: those of the last count,
        and older ones that do not fit are refused by the catalog, not here.
        """
        histories = []
        for path in self.paths():
            try:
                histories.append(CatalogHistory(path))
            except DataError:
                path.unlink()  # cut short by a crash: the rename makes it whole or not there
        if not histories:
            return None
        instrument = histories[-1].instruments[0]
        torn = () if not 0 < self._left < len(histories) else (
            Gap(
                after_ns=histories[self._left - 1].end_ns,
                before_ns=histories[self._left].start_ns, reason="the recording was killed",
            ),
        )  # fmt: skip
        kept = [one for one in histories if _units(one.instruments[0]) == _units(instrument)]
        return MemoryHistory(
            instruments=(instrument,),
            table=_joined([chunk for one in kept for chunk in one.chunks()]),
            gaps=(*(gap for one in kept for gap in one.gaps), *torn),
            assumptions=ASSUMED,
        )

    def remove(self) -> None:
        """Forget the files: their rows are in the dataset."""
        for path in self.paths():
            path.unlink()

    def close(self) -> None:
        """Let go of the folder; without files it is removed."""
        if not self.paths():
            (self._folder / "lock").unlink(missing_ok=True)
            self._folder.rmdir()
        os.close(self._lock)


def keep(history: MemoryHistory, catalog: Catalog, out: Path | None) -> tuple[Dataset, Path | None]:
    """Add a recording to the catalog, or write it to a file of its own."""
    instrument = history.instruments[0]
    source = Source(
        name=f"recorded from {instrument.venue}", family=FAMILY, rows=history.rows,
        start_ns=history.start_ns, end_ns=history.end_ns,
    )  # fmt: skip
    if out is None:
        history = replace(history, gaps=(*_before(history, catalog), *history.gaps))
        (dataset,) = catalog.add([Addition(history=history, interval_ns=0, sources=(source,))])
        return dataset, None
    dataset = describe(history, sources=(source,))
    return write_dataset(out, dataset, history.chunks()), out


def _before(history: MemoryHistory, catalog: Catalog) -> Iterator[Gap]:
    """Yield the gap between what the catalog has and a recording that goes on behind it."""
    path = path_of(catalog.root, describe(history))
    old = read_description(path) if path.is_file() else None
    if old is not None and old.rows and old.end_ns < history.start_ns:
        yield Gap(after_ns=old.end_ns, before_ns=history.start_ns, reason="nobody recorded")


def with_tiers(instrument: Instrument, venue: str) -> Instrument:
    """Give a perpetual the margin tiers of the table where the venue's listing has none."""
    instrument = replace(instrument, venue=venue)
    if instrument.kind == Kind.SPOT or instrument.margin_tiers:
        return instrument
    known, _ = instrument_for(
        instrument.name, venue, data_price_decimals=instrument.price_decimals,
        data_quantity_decimals=instrument.quantity_decimals,
    )  # fmt: skip
    shift = instrument.money_decimals - known.money_decimals
    return replace(
        instrument,
        margin_tiers=tuple(
            replace(
                tier,
                notional_max=Money(
                    tier.notional_max * 10**shift if shift >= 0 else tier.notional_max // 10**-shift
                ),
            )
            for tier in known.margin_tiers
        ),
    )


def _units(instrument: Instrument) -> tuple[int, int]:
    return instrument.price_decimals, instrument.quantity_decimals


def _joined(chunks: list[Chunk]) -> Chunk:
    used = columns_used(frozenset(_kinds(chunks)))
    columns = {name: np.concatenate([_column(chunk, name) for chunk in chunks]) for name in used}
    return chunk_of(
        np.concatenate([chunk.ts_ns for chunk in chunks]),
        np.concatenate([chunk.kind for chunk in chunks]),
        columns,
    )


def _kinds(chunks: list[Chunk]) -> Iterator[int]:
    for chunk in chunks:
        yield from (int(kind) for kind in np.unique(chunk.kind))


def _column(chunk: Chunk, name: str) -> np.ndarray:
    column: np.ndarray = getattr(chunk, name)
    return column if len(column) else np.zeros(len(chunk), np.int64)
