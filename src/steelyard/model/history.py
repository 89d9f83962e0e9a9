"""Market history as columns: what the catalog stores and the drivers walk.

Rule 1: rows are in time order; rows of one time keep the order in which they happened.
Rule 2: columns a kind does not use have length 0 for a chunk that holds only such kinds.

| kind | a | b | c | d | e |
|---|---|---|---|---|---|
| TRADE_BUY, TRADE_SELL | price | quantity | | | |
| QUOTE | bid | bid quantity | ask | ask quantity | |
| BAR (ts = close) | open | high | low | close | volume |
| DEPTH_BID, DEPTH_ASK | price | quantity at it, 0 removes | | | |
| DEPTH_CLEAR | | | | | |
| FUNDING | rate, 10^-8 | mark price or 0 | | | |
| MARK | mark price | | | | |
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from steelyard.model.instruments import Instrument

Column = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Consecutive rows of history. `instrument` has length 0 when all rows are instrument 0."""

    ts_ns: Column
    kind: np.ndarray[Any, np.dtype[np.int8]]
    instrument: np.ndarray[Any, np.dtype[np.int16]]
    a: Column
    b: Column
    c: Column
    d: Column
    e: Column

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.ts_ns)


_NONE = np.zeros(0, np.int64)
EMPTY = Chunk(
    ts_ns=_NONE, kind=np.zeros(0, np.int8), instrument=np.zeros(0, np.int16),
    a=_NONE, b=_NONE, c=_NONE, d=_NONE, e=_NONE,
)  # fmt: skip
"""A chunk of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A hole in the data: nothing between `after_ns` and `before_ns` where rows were due."""

    after_ns: int
    before_ns: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something a result rests on that nobody stated; `penalty` is taken off its realism."""

    what: str
    why: str
    penalty: int


class History(Protocol):
    """A readable stretch of market history of one or several instruments."""

    @property
    def instruments(self) -> tuple[Instrument, ...]: ...
    @property
    def rows(self) -> int: ...
    @property
    def kinds(self) -> frozenset[int]: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def gaps(self) -> tuple[Gap, ...]: ...
    @property
    def assumptions(self) -> tuple[Assumption, ...]: ...
    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows in order, about a million at a time."""
        ...
