"""Downloading a stretch of history into the catalog.

Rule 1: what the catalog covers already is not fetched again.
Rule 2: an interruption loses nothing: pages wait in a `.part` file, and the same command goes on
behind them.
Rule 3: rows pass the same checks as an imported file's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from steelyard.model import kinds as k
from steelyard.services.marketdata.download.pages import Patience, Row, Venue, Wanted, What
from steelyard.services.marketdata.download.partial import Partial
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.fitting import fit
from steelyard.services.marketdata.imports import candles, funding, trades
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.store.catalog.adding import Addition
from steelyard.store.catalog.catalog import Catalog
from steelyard.store.catalog.datasets import Dataset, Source, folder_of, label_of
from steelyard.wire.clock import Clock

_MS_NS: Final = 10**6
_FLOAT, _TEXT, _WHOLE = pl.Float64, pl.String, pl.Int64
_COLUMNS: Final[dict[What, dict[str, pl.DataType | type[pl.DataType]]]] = {
    What.BARS: {
        "ts_ms": _WHOLE, "open": _FLOAT, "high": _FLOAT, "low": _FLOAT, "close": _FLOAT,
        "volume": _FLOAT,
    },
    What.TRADES: {"ts_ms": _WHOLE, "id": _TEXT, "side": _TEXT, "price": _FLOAT, "quantity": _FLOAT},
    What.FUNDING: {"ts_ms": _WHOLE, "rate": _FLOAT},
}  # fmt: skip
_READS: Final = {What.BARS: candles.read, What.TRADES: trades.read, What.FUNDING: funding.read}
_KINDS: Final = {
    What.BARS: frozenset({k.BAR}),
    What.TRADES: frozenset({k.TRADE_BUY, k.TRADE_SELL}),
    What.FUNDING: frozenset({k.FUNDING}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What a download did. `dataset` is None when the venue had nothing."""

    dataset: Dataset | None
    rows_fetched: int
    rows_resumed: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a download is: times of the stretch it fetches, and rows so far."""

    start_ns: int
    at_ns: int
    end_ns: int
    rows: int


def download(
    wanted: Wanted,
    catalog: Catalog,
    clock: Clock,
    *,
    base_url: str | None = None,
    patience: Patience | None = None,
    page_rows: int = 1_000,
    progress: Callable[[Progress], None] | None = None,
) -> Downloaded:
    """Fetch what the catalog does not have of a stretch, and add it."""
    dataset, fetched, resumed, pages = _existing(wanted, catalog), 0, 0, 0
    for stretch in _uncovered(wanted, dataset):
        partial = Partial.open(_part_path(stretch, catalog), stretch)
        resumed += len(partial.rows)
        venue = Venue(stretch, clock, base_url=base_url, patience=patience, page_rows=page_rows)
        for page in venue.pages(partial.next_ms, partial.next_id):
            partial.append(page)
            fetched, pages = fetched + len(page.rows), pages + 1
            if progress is not None:
                at_ns = int(page.rows[-1][0]) * _MS_NS
                rows = len(partial.rows)
                progress(
                    Progress(
                        start_ns=stretch.start_ns, at_ns=at_ns, end_ns=stretch.end_ns, rows=rows
                    )
                )
        if partial.rows:
            (dataset,) = catalog.add([_addition(stretch, partial.rows)])
        partial.remove()
    return Downloaded(dataset=dataset, rows_fetched=fetched, rows_resumed=resumed, pages=pages)


def _addition(wanted: Wanted, rows: list[Row]) -> Addition:
    name = f"{wanted.venue} {wanted.what} by ccxt"
    frame = pl.DataFrame(rows, schema=_COLUMNS[wanted.what], orient="row", strict=False)
    table = FrameTable(name, frame.lazy(), frame.schema, frame.height)
    hints = Hints(
        file=name, instrument=wanted.instrument, venue=wanted.venue,
        interval_ns=wanted.interval_ns if wanted.what == What.BARS else 0,
    )  # fmt: skip
    (series,) = _READS[wanted.what](table, hints)
    fitted = fit(series)
    source = Source(
        name=name, family=fitted.family, rows=fitted.history.rows,
        start_ns=fitted.history.start_ns, end_ns=fitted.history.end_ns,
    )  # fmt: skip
    return Addition(
        history=fitted.history, interval_ns=fitted.interval_ns, sources=(source,),
        duplicates=fitted.duplicates,
    )  # fmt: skip


def _uncovered(wanted: Wanted, dataset: Dataset | None) -> Iterator[Wanted]:
    """Yield the parts of the stretch before and after what is there."""
    if dataset is None or not dataset.rows:
        yield wanted
        return
    # A bar's row stands at its close; the stretch speaks of opens.
    shift = wanted.interval_ns if wanted.what == What.BARS else 0
    first, last = dataset.start_ns - shift, dataset.end_ns - shift
    if wanted.start_ns < first:
        yield replace(wanted, end_ns=min(wanted.end_ns, first))
    following = last + (shift or _MS_NS)
    if wanted.end_ns > following:
        yield replace(wanted, start_ns=max(wanted.start_ns, following))


def _existing(wanted: Wanted, catalog: Catalog) -> Dataset | None:
    name = f"{wanted.venue}/{folder_of(wanted.instrument)}/{_label(wanted)}"
    found = [dataset for _, dataset in catalog.entries() if dataset.name == name]
    return found[0] if found else None


def _label(wanted: Wanted) -> str:
    interval_ns = wanted.interval_ns if wanted.what == What.BARS else 0
    return label_of(_KINDS[wanted.what], interval_ns)


def _part_path(wanted: Wanted, catalog: Catalog) -> Path:
    folder = catalog.root / wanted.venue / folder_of(wanted.instrument)
    return folder / f"{_label(wanted)}.{wanted.start_ns // _MS_NS}.part"
