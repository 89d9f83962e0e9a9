"""Opening history: a dataset of the catalog, or a file of any family as it lies there.

Rule 1: a file is read whole, checked row by row, and held as integer columns.
Rule 2: nothing is written.
"""

from collections.abc import Sequence
from pathlib import Path

from steelyard.model.errors import ConfigurationError, DataError
from steelyard.model.history import History
from steelyard.model.names import unify
from steelyard.services.marketdata.filenames import hints_of
from steelyard.services.marketdata.fitting import Fitted, fit
from steelyard.services.marketdata.imports import captures
from steelyard.services.marketdata.imports.registry import read_table
from steelyard.services.marketdata.imports.tables import first_bytes, open_table
from steelyard.store.catalog.catalog import Catalog, default_root
from steelyard.store.catalog.funding import with_marks
from steelyard.store.catalog.merging import MergedHistory
from steelyard.store.catalog.reading import CatalogHistory, read_description


def open_history(
    source: str | Path | Catalog | None,
    instrument: str | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    *,
    venue: str | None = None,
    funding: str | Path | None = None,
    with_funding: bool = False,
) -> History:
    """Open market history for reading.

    `source` is a file, a catalog's folder, the name of a dataset in the default catalog
    (`binance/BTC-USDT/bar-5m`), or None for the default catalog; `instrument` chooses within it
    or names what a file's own name does not say. `funding` is a file of rates to merge in;
    `with_funding` takes them from the catalog. Bounds are [from, to).
    """
    if source is None:
        source = Catalog(default_root())
    if not isinstance(source, Catalog):
        path = Path(source)
        if path.is_file():
            history = _file(path, instrument, venue, from_ns, to_ns)
            return _funded(history, funding, from_ns, to_ns)
        if not path.is_dir():
            return _named(source, instrument, from_ns, to_ns, with_funding=with_funding)
        source = Catalog(path)
    return source.history(
        instrument or "", from_ns=from_ns, to_ns=to_ns, with_funding=with_funding
    )


def read_file(
    path: Path, *, instrument: str | None = None, venue: str | None = None
) -> tuple[Fitted, ...]:
    """Read one file of any family: one fitted history per instrument in it."""
    hints = hints_of(path, instrument=instrument, venue=venue)
    if captures.reads(path):
        return tuple(fit(series) for series in captures.read(path, hints))
    return tuple(fit(series) for series in read_table(open_table(path), hints))


def _named(
    source: str | Path,
    instrument: str | None,
    from_ns: int | None,
    to_ns: int | None,
    *,
    with_funding: bool,
) -> History:
    """Open what is no file: a dataset's name, else a refusal that speaks of the file."""
    catalog = Catalog(default_root())
    if instrument is None and catalog.root.is_dir() and catalog.find(str(source)):
        return catalog.history(
            str(source), from_ns=from_ns, to_ns=to_ns, with_funding=with_funding
        )
    raise DataError(
        f"there is no such file, and no such dataset in {catalog.root}", file=str(source)
    )


def _file(
    path: Path, instrument: str | None, venue: str | None, from_ns: int | None, to_ns: int | None
) -> History:
    if first_bytes(path, 4) == b"PAR1" and (dataset := read_description(path)):
        if instrument is not None and unify(instrument) != dataset.instrument.name:
            raise ConfigurationError(
                f"instrument was {instrument}, {path} holds {dataset.instrument.name}"
            )
        return CatalogHistory(path, from_ns=from_ns, to_ns=to_ns)
    fitted = read_file(path, instrument=instrument, venue=venue)
    histories = [one.history.bounded(from_ns, to_ns) for one in fitted]
    return histories[0] if len(histories) == 1 else MergedHistory(histories)


def _funded(
    history: History, funding: str | Path | None, from_ns: int | None, to_ns: int | None
) -> History:
    if funding is None:
        return history
    (instrument,) = history.instruments
    rates = read_file(Path(funding), instrument=instrument.name, venue=instrument.venue)
    bounded: Sequence[History] = [one.history.bounded(from_ns, to_ns) for one in rates]
    return MergedHistory([with_marks(bounded[0], None), history])
