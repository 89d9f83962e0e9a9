"""Which columns of a file mean what; a column nobody knows is a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from steelyard.model.errors import DataError
from steelyard.services.marketdata.imports.comma import CommaTable
from steelyard.services.marketdata.imports.tables import FrameTable

# What tools add when they write a frame's own row numbers.
_ROW_NUMBERS: Final = frozenset({"", "index", "unnamed: 0", "__index_level_0__", "level_0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`wanted` maps a meaning to its spellings, `known` are columns that are not read."""

    wanted: Mapping[str, tuple[str, ...]]
    known: tuple[str, ...] = ()


def match_columns(table: FrameTable | CommaTable, layout: Layout) -> dict[str, str]:
    """Return the file's own name for each meaning, or refuse what is missing or unknown."""
    found: dict[str, str] = {}
    unknown = []
    for column in table.columns:
        plain = column.strip().lower()
        meaning = next((m for m, names in layout.wanted.items() if plain in names), None)
        if meaning is not None and meaning not in found:
            found[meaning] = column
        elif meaning is None and not _is_spare(plain, table, layout):
            unknown.append(column)
    missing = [meaning for meaning in layout.wanted if meaning not in found]
    if missing:
        meaning = missing[0]
        near = get_close_matches(meaning, unknown, 1)
        raise DataError(
            f"the column for {meaning} is missing, columns were {', '.join(table.columns)}"
            + (f"; is it {near[0]!r}?" if near else ""),
            file=table.file,
            row=0,
            column=meaning,
        )
    if unknown:
        allowed = [*(names[0] for names in layout.wanted.values()), *layout.known]
        raise DataError(
            f"the column is unknown, allowed are {', '.join(allowed)}",
            file=table.file,
            row=0,
            column=unknown[0],
        )
    return found


def _is_spare(plain: str, table: FrameTable | CommaTable, layout: Layout) -> bool:
    return plain in layout.known or plain in _ROW_NUMBERS or _repeats(plain, table)


def _repeats(plain: str, table: FrameTable | CommaTable) -> bool:
    """Say whether it is a tool's second copy of a column: `open_time.1`, `x_duplicated_0`."""
    stem = plain.rpartition("_duplicated_")[0] or plain.rpartition(".")[0]
    return bool(stem) and stem in {column.strip().lower() for column in table.columns}
