"""Opening history: a dataset of the catalog, or a file of any family as it lies there.

Rule 1: a file is read whole, checked row by row, and held as integer columns.
Rule 2: nothing is written.
"""

from pathlib import Path

from steelyard.model.errors import ConfigurationError, DataError
from steelyard.model.history import History
from steelyard.model.kinds import FUNDING
from steelyard.model.names import unify
from steelyard.services.marketdata.importing import gather_files
from steelyard.services.marketdata.imports.tables import first_bytes
from steelyard.services.marketdata.reading import read_file
from steelyard.store.catalog.catalog import Catalog, default_root
from steelyard.store.catalog.columns import MemoryHistory
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

    `source` is a file, a folder of files of one dataset, a catalog's folder, the name of a
    dataset in the default catalog (`binance/BTC-USDT/bar-5m`), or None for the default catalog.
    `instrument` chooses within it, or names what a file's own name does not say. `funding` is a
    file of rates to merge in; `with_funding` takes them from the catalog. Bounds are [from, to).
    """
    if source is None:
        source = Catalog(default_root())
    if not isinstance(source, Catalog):
        path = Path(source)
        if path.is_file():
            history = _file(path, instrument, venue, from_ns, to_ns)
            return _funded(history, funding)
        if not path.is_dir():
            return _named(source, instrument, from_ns, to_ns, with_funding=with_funding)
        source = Catalog(path)
        if next(source.entries(), None) is None:
            return _folder(path, instrument, venue).bounded(from_ns, to_ns)
    return source.history(instrument or "", from_ns=from_ns, to_ns=to_ns, with_funding=with_funding)


def _folder(path: Path, instrument: str | None, venue: str | None) -> MemoryHistory:
    """Open a folder of files as one history: months of candles, days of trades."""
    additions = gather_files([path], instrument=instrument, venue=venue).additions
    if len(additions) > 1:
        names = ", ".join(sorted(additions))
        raise ConfigurationError(
            f"the files in {path} are of several datasets ({names}); name one file, or import them"
        )
    (addition,) = additions.values()
    return addition.history


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
        return catalog.history(str(source), from_ns=from_ns, to_ns=to_ns, with_funding=with_funding)
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


def _funded(history: History, funding: str | Path | None) -> History:
    if funding is None:
        return history
    (instrument,) = history.instruments
    rates = read_file(Path(funding), instrument=instrument.name, venue=instrument.venue)
    if rates[0].history.kinds != {FUNDING}:
        raise DataError("this file holds no funding rates", file=str(funding))
    # Payments before the first and after the last row of the market concern nobody.
    paid = rates[0].history.bounded(history.start_ns, history.end_ns + 1)
    return MergedHistory([paid, history])
