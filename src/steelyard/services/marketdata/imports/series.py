"""What a family reads out of a file: integer columns of one instrument, and what was noticed.

Rule 1: columns are filled batch by batch into arrays of their final size.
Rule 2: units grow with the data: what is filled already is multiplied when decimals are added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from steelyard.model.errors import DataError
from steelyard.model.history import Assumption, Column, Gap
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.checks import check_order
from steelyard.services.marketdata.numbers import Floats, Scale
from steelyard.store.catalog.columns import VALUE_COLUMNS, Kinds

PRICE, QUANTITY, RATE = "p", "q", "r"
_RATE_DECIMALS: Final = 8
_QUANTITY_DECIMALS_MAX: Final = 10
_WORDS: Final = {PRICE: "prices", QUANTITY: "quantities", RATE: "rates"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Rows of one instrument as read from a file, not yet in an instrument's units.

    `is_in_contracts` says whether quantities of a perpetual are contracts already.
    """

    hints: Hints
    family: str
    ts_ns: Column
    kind: Kinds
    values: Mapping[str, Column]
    roles: str
    price_decimals: int
    quantity_decimals: int
    is_in_contracts: bool = False
    interval_ns: int = 0
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    duplicates: int = 0


@dataclass(slots=True)
class Gather:
    """Fills the columns of a series. `roles` says what each value column holds: p, q or r."""

    file: str
    rows: int
    roles: str
    time_column: str
    filled: int = 0
    last_ns: int = 0
    ts_ns: Column = field(init=False)
    kind: Kinds = field(init=False)
    values: list[Column] = field(init=False)
    scales: dict[str, Scale] = field(init=False)

    def __post_init__(self) -> None:
        """Reserve the columns."""
        self.ts_ns = np.empty(self.rows, np.int64)
        self.kind = np.empty(self.rows, np.int8)
        self.values = [np.empty(self.rows, np.int64) for _ in self.roles]
        self.scales = {
            PRICE: Scale(),
            QUANTITY: Scale(decimals_max=_QUANTITY_DECIMALS_MAX),
            RATE: Scale(_RATE_DECIMALS, decimals_max=_RATE_DECIMALS),
        }

    def add(self, ts_ns: Column, kind: Kinds | int, values: Sequence[Floats], *, row: int) -> None:
        """Append checked values; refuse a time that goes back. `row` is the first one's number."""
        check_order(ts_ns, self.last_ns, file=self.file, row=row, column=self.time_column)
        start, stop = self.filled, self.filled + len(ts_ns)
        self.ts_ns[start:stop] = ts_ns
        self.kind[start:stop] = kind
        pairs = list(zip(self.roles, values, strict=True))
        exact = [
            units for role, one in pairs if (units := self.scales[role].exact(one)) is not None
        ]
        if len(exact) < len(pairs):
            exact = self._converted(values, row)
        for filled, units in zip(self.values, exact, strict=True):
            filled[start:stop] = units
        if len(ts_ns):
            self.last_ns = int(ts_ns[-1])
        self.filled = stop

    def _converted(self, values: Sequence[Floats], row: int) -> list[Column]:
        """Raise the decimals to what the values need, and what is filled with them."""
        before = {role: scale.decimals for role, scale in self.scales.items()}
        for role, column in zip(self.roles, values, strict=True):
            self.scales[role].raise_to(column)
        for role, filled, column in zip(self.roles, self.values, values, strict=True):
            scale = self.scales[role]
            if not scale.fits(column):
                raise DataError(
                    f"{_WORDS[role]} do not fit 64 bits at {scale.decimals} decimals",
                    file=self.file,
                    row=row,
                )
            if scale.decimals > before[role]:
                filled[: self.filled] *= np.int64(10 ** (scale.decimals - before[role]))
        return [
            self.scales[role].units(column) for role, column in zip(self.roles, values, strict=True)
        ]

    def named(self) -> dict[str, Column]:
        """Return the filled value columns by their names."""
        names = VALUE_COLUMNS[: len(self.roles)]
        return {n: v[: self.filled] for n, v in zip(names, self.values, strict=True)}

    def rounded(self) -> tuple[Assumption, ...]:
        """Tell which numbers had to be rounded."""
        return tuple(
            Assumption(
                what=f"{_WORDS[role]} are rounded to {scale.decimals} decimals",
                why="the file holds computed numbers with more digits than a venue prints",
                penalty=2 if role == PRICE else 0,
            )
            for role, scale in self.scales.items()
            if scale.is_rounded and role in self.roles
        )
