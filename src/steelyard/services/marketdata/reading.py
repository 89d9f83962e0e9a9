"""Reading one file of any family."""

from pathlib import Path

from steelyard.services.marketdata.filenames import hints_of
from steelyard.services.marketdata.fitting import Fitted, fit
from steelyard.services.marketdata.imports import captures
from steelyard.services.marketdata.imports.registry import read_table
from steelyard.services.marketdata.imports.tables import open_table


def read_file(
    path: Path, *, instrument: str | None = None, venue: str | None = None
) -> tuple[Fitted, ...]:
    """Read one file of any family: one fitted history per instrument in it."""
    hints = hints_of(path, instrument=instrument, venue=venue)
    if captures.reads(path):
        return tuple(fit(series) for series in captures.read(path, hints))
    return tuple(fit(series) for series in read_table(open_table(path), hints))
