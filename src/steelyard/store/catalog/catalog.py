"""The catalog: a folder of datasets that can be listed, found, read and added to.

Rule 1: adding to a dataset merges by time: rows that are there already are dropped and counted,
rows of one time that contradict each other are refused, and nothing is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError, InstrumentNameError
from steelyard.model.history import History
from steelyard.model.names import unify
from steelyard.store.catalog.adding import Addition, combine
from steelyard.store.catalog.datasets import Dataset, folder_of, path_of
from steelyard.store.catalog.funding import with_marks
from steelyard.store.catalog.merging import MergedHistory
from steelyard.store.catalog.reading import CatalogHistory, read_description
from steelyard.store.catalog.writing import describe, write_dataset
from steelyard.store.folders import home_folder

_PREFERENCE = (k.TRADE_BUY, k.TRADE_SELL, k.BAR, k.QUOTE, k.DEPTH_BID)


def default_root() -> Path:
    """Return the folder `catalog` in `$STEELYARD_DATA_DIR`, else in the user's data folder."""
    return home_folder() / "catalog"


@dataclass(frozen=True, slots=True)
class Catalog:
    """The datasets below one folder."""

    root: Path

    def entries(self) -> Iterator[tuple[Path, Dataset]]:
        """Yield every dataset with its file, by name."""
        for path in sorted(self.root.glob("*/*/*.parquet")):
            if not path.name.startswith(".") and (dataset := read_description(path)):
                yield path, dataset

    def find(self, name: str) -> list[tuple[Path, Dataset]]:
        """Return the datasets a text names: `binance/BTC-USDT/bar-5m`, `BTC/USDT`, `bar-5m`."""
        wanted = name.strip().strip("/").lower()
        every = list(self.entries())
        exact = [entry for entry in every if entry[1].name.lower() == wanted]
        if exact or not name:
            return exact or every
        folder = _folder(name)
        return [
            entry
            for entry in every
            if folder == folder_of(entry[1].instrument.name).lower()
            or wanted == entry[1].label.lower()
            or entry[1].name.lower().startswith(f"{wanted}/")
        ]

    def history(
        self,
        name: str = "",
        *,
        from_ns: int | None = None,
        to_ns: int | None = None,
        with_funding: bool = False,
    ) -> History:
        """Open the one dataset that `name` means, merged with its funding when asked."""
        path, dataset = self._one(name)
        market = CatalogHistory(path, from_ns=from_ns, to_ns=to_ns)
        if not with_funding or market.kinds == {k.FUNDING}:
            return market
        # Payments before the first and after the last row of the market concern nobody.
        start, stop = market.start_ns, market.end_ns + 1
        around = [
            (other, CatalogHistory(other_path, from_ns=start, to_ns=stop))
            for other_path, other in self.entries()
            if other.instrument.name == dataset.instrument.name
            and other.instrument.venue == dataset.instrument.venue
        ]
        funding = [one for other, one in around if other.kinds == (k.FUNDING,)]
        marks = [one for other, one in around if other.kinds == (k.MARK,)]
        if not funding or not funding[0].rows:
            return market
        # Funding first: what is held at the time of payment pays, before anyone decides anew.
        return MergedHistory([with_marks(funding[0], marks[0] if marks else None), market])

    def plan(self, addition: Addition) -> tuple[Path, Dataset, Addition]:
        """Work out a dataset with the addition in it; write nothing."""
        described = describe(addition.history, interval_ns=addition.interval_ns)
        path = path_of(self.root, described)
        old = read_description(path) if path.is_file() else None
        whole = combine(old, CatalogHistory(path) if old else None, addition)
        dataset = describe(
            whole.history,
            interval_ns=whole.interval_ns,
            sources=whole.sources,
            duplicates=whole.duplicates,
        )
        return path, dataset, whole

    def add(self, additions: Sequence[Addition]) -> list[Dataset]:
        """Add to the catalog: everything is worked out before anything is written."""
        planned = [self.plan(addition) for addition in additions]
        return [
            write_dataset(path, dataset, whole.history.chunks()) for path, dataset, whole in planned
        ]

    def _one(self, name: str) -> tuple[Path, Dataset]:
        found = self.find(name)
        if len(found) > 1:  # market data before funding and marks
            market = [entry for entry in found if set(entry[1].kinds) & set(_PREFERENCE)]
            found = market or found
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(dataset.name for _, dataset in found or self.entries()))
        if found:
            raise ConfigurationError(f"dataset {name!r} was not clear, allowed is one of {names}")
        raise ConfigurationError(
            f"dataset {name!r} was not found in {self.root}, "
            + (f"allowed are {names}" if names else "the catalog is empty: use `data import` first")
        )


def _folder(name: str) -> str:
    try:
        return folder_of(unify(name)).lower()
    except InstrumentNameError:  # a label or a venue
        return name.lower()
