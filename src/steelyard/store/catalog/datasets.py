"""What one dataset of the catalog says about itself, and where it lies.

Rule 1: the description travels inside the Parquet file, so that one rename publishes both.
Rule 2: a dataset is one venue, one instrument, one set of kinds and, for bars, one interval.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from steelyard.model import kinds as k
from steelyard.model.history import Assumption, Gap
from steelyard.model.instruments import Instrument

SCHEMA_VERSION: Final = 1
METADATA_KEY: Final = "steelyard.dataset"
_WORDS: Final = {
    k.TRADE_BUY: "trade",
    k.TRADE_SELL: "trade",
    k.QUOTE: "quote",
    k.BAR: "bar",
    k.DEPTH_BID: "depth",
    k.DEPTH_ASK: "depth",
    k.DEPTH_CLEAR: "depth",
    k.FUNDING: "funding",
    k.MARK: "mark",
}
_SPANS: Final = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_SECOND_NS: Final = 10**9
_READ_AT_ONCE: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file or a fetch that a dataset was made from."""

    name: str
    family: str
    rows: int
    start_ns: int = 0
    end_ns: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """The description of one dataset."""

    instrument: Instrument
    kinds: tuple[int, ...]
    interval_ns: int
    rows: int
    start_ns: int
    end_ns: int
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    sources: tuple[Source, ...] = ()
    duplicates: int = 0
    schema: int = SCHEMA_VERSION

    @property
    def label(self) -> str:
        """Name what it holds: `bar-5m`, `trade`, `depth-quote-trade`."""
        return label_of(frozenset(self.kinds), self.interval_ns)

    @property
    def name(self) -> str:
        """Name it within the catalog: `binance/BTC-USDT/bar-5m`."""
        return f"{self.instrument.venue}/{folder_of(self.instrument.name)}/{self.label}"


def label_of(present: frozenset[int], interval_ns: int) -> str:
    """Name a set of kinds."""
    words = "-".join(sorted({_WORDS[kind] for kind in present})) or "empty"
    return f"{words}-{interval_text(interval_ns)}" if interval_ns else words


def folder_of(instrument_name: str) -> str:
    """Spell an instrument as a folder: `BTC/USDT:USDT` is `BTC-USDT-USDT`."""
    return instrument_name.replace("/", "-").replace(":", "-")


def interval_text(interval_ns: int) -> str:
    """Print an interval: `5m`, `1h`, `1d`."""
    seconds, rest = divmod(interval_ns, _SECOND_NS)
    if rest:
        return f"{interval_ns}ns"
    for letter, span in _SPANS:
        if seconds % span == 0 and seconds >= span:
            return f"{seconds // span}{letter}"
    return f"{interval_ns}ns"


def path_of(root: Path, dataset: Dataset) -> Path:
    """Return where the dataset lies."""
    return root / f"{dataset.name}.parquet"


def encode(dataset: Dataset) -> str:
    """Write a description as JSON."""
    return msgspec.json.encode(dataset).decode()


def decode(text: str) -> Dataset:
    """Read a description."""
    return msgspec.json.decode(text, type=Dataset)


def sha256_of(path: Path) -> str:
    """Hash a source file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()
