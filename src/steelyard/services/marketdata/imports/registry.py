"""The families of tables that can be read, in the order in which they are asked.

Rule: a new family is one module and one line here.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from steelyard.model.errors import DataError
from steelyard.model.names import unify
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports import candles, depth, funding, marks, quotes, trades
from steelyard.services.marketdata.imports.comma import CommaTable
from steelyard.services.marketdata.imports.series import Series
from steelyard.services.marketdata.imports.tables import FrameTable

_SYMBOL: Final = "symbol"
_SHOWN: Final = 5


class Family(NamedTuple):
    """One family: whether it knows these columns, and what they hold."""

    name: str
    reads: Callable[[FrameTable | CommaTable, Hints], bool]
    read: Callable[[FrameTable | CommaTable, Hints], tuple[Series, ...]]


FAMILIES: Final = (
    # Funding and marks look like candles: only their names tell, so they are asked first.
    Family(funding.NAME, funding.reads, funding.read),
    Family(marks.NAME, marks.reads, marks.read),
    Family(depth.NAME, depth.reads, depth.read),
    Family("book snapshots", depth.reads_snapshots, depth.read_snapshots),
    Family(quotes.NAME, quotes.reads, quotes.read),
    Family(trades.NAME, trades.reads, trades.read),
    Family(candles.NAME, candles.reads, candles.read),
)


def read_table(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read a table with the family that knows its columns."""
    hints = _of_one_symbol(table, hints)
    for family in FAMILIES:
        if family.reads(table, hints):
            return family.read(table, hints)
    raise DataError(
        f"its columns ({', '.join(table.columns)}) are those of no family known; allowed are "
        + ", ".join(family.name for family in FAMILIES),
        file=table.file,
        row=0,
        column=table.columns[0],
    )


def _of_one_symbol(table: FrameTable | CommaTable, hints: Hints) -> Hints:
    """Refuse a table of several symbols; take the one of its column if nothing else names one."""
    if _SYMBOL not in table.columns:
        return hints
    batches = table.batches([_SYMBOL])
    symbols = sorted({str(one) for batch in batches for one in batch[_SYMBOL].unique()})
    if len(symbols) > 1:
        raise DataError(
            f"the file holds {len(symbols)} symbols ({', '.join(symbols[:_SHOWN])}), "
            "allowed is one",
            file=table.file,
            row=0,
            column=_SYMBOL,
        )
    if hints.instrument is not None or not symbols:
        return hints
    return replace(hints, instrument=unify(symbols[0], perpetual=hints.perpetual))
