"""Importing files into the catalog: read all, check all, then write.

Rule: when any file is refused, nothing is written at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from steelyard.model.errors import ConfigurationError, DataError
from steelyard.services.marketdata.fitting import Fitted
from steelyard.services.marketdata.reading import read_file
from steelyard.store.catalog.adding import Addition, combine
from steelyard.store.catalog.catalog import Catalog
from steelyard.store.catalog.datasets import Dataset, Source, sha256_of
from steelyard.store.catalog.writing import describe

_SUFFIXES = (
    ".parquet", ".feather", ".csv", ".csv.gz", ".zip", ".raw.txt.gz", ".log", ".log.gz",
)  # fmt: skip
_BESIDE = (".snapshots.log", ".instruments.log", ".instruments.log.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: each dataset as it now is, and the rows that were new to it."""

    datasets: tuple[Dataset, ...]
    files: int
    rows_read: int
    duplicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What files hold, by the name of the dataset it belongs to."""

    additions: dict[str, Addition]
    files: int
    rows_read: int


def import_files(
    paths: Sequence[Path],
    catalog: Catalog,
    *,
    instrument: str | None = None,
    venue: str | None = None,
) -> Imported:
    """Read files, and those in folders, and add them to the catalog."""
    found = gather_files(paths, instrument=instrument, venue=venue)
    before = sum(
        dataset.duplicates for _, dataset in catalog.entries() if dataset.name in found.additions
    )
    datasets = tuple(catalog.add(list(found.additions.values())))
    return Imported(
        datasets=datasets,
        files=found.files,
        rows_read=found.rows_read,
        duplicates=sum(dataset.duplicates for dataset in datasets) - before,
    )


def gather_files(
    paths: Sequence[Path], *, instrument: str | None = None, venue: str | None = None
) -> Gathered:
    """Read files, and those in folders, and join what belongs together."""
    files = _files(paths)
    additions: dict[str, Addition] = {}
    rows_read = 0
    for path in files:
        fitted_all = read_file(path, instrument=instrument, venue=venue)
        digest = sha256_of(path)
        for fitted in fitted_all:
            addition = _addition(fitted, path, digest)
            rows_read += fitted.history.rows + fitted.duplicates
            name = describe(fitted.history, interval_ns=fitted.interval_ns).name
            additions[name] = _together(additions.get(name), addition)
    return Gathered(additions=additions, files=len(files), rows_read=rows_read)


def _together(earlier: Addition | None, addition: Addition) -> Addition:
    """Join what two files of one import say about one dataset."""
    if earlier is None:
        return addition
    described = describe(
        earlier.history,
        interval_ns=earlier.interval_ns,
        sources=earlier.sources,
        duplicates=earlier.duplicates,
    )
    return combine(described, earlier.history, addition)


def _addition(fitted: Fitted, path: Path, digest: str) -> Addition:
    history = fitted.history
    source = Source(
        name=path.name,
        family=fitted.family,
        rows=history.rows,
        start_ns=history.start_ns,
        end_ns=history.end_ns,
        sha256=digest,
    )
    return Addition(
        history=history,
        interval_ns=fitted.interval_ns,
        sources=(source,),
        duplicates=fitted.duplicates,
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, and in named folders every file of a kind that can be read."""
    if not paths:
        raise ConfigurationError("files were none, allowed is one or more files or folders")
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(
            one
            for one in path.rglob("*")
            if one.is_file() and one.name.endswith(_SUFFIXES) and not one.name.endswith(_BESIDE)
        )
        if not inside:
            raise DataError("the folder holds no file that can be read", file=str(path))
        files += inside
    return files
