"""Decimal numbers that arrive as floats, turned back into exact integers.

Rule 1: an integer n of d decimals is right when n / 10^d is the very float that was read; that
holds for every decimal of up to 15 digits, which is what venues print.
Rule 2: floats that are no such decimals (computed prices) are rounded, and the rounding is told.
"""

from typing import Any, Final, TypeAlias

import numpy as np

from steelyard.model.history import Column

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_DIGITS: Final = 15
_DECIMALS_MAX: Final = 12
_DIGITS_ROUNDED: Final = 9
_NOISY_DECIMALS: Final = 8
_NOISE: Final = 1e-3  # of a unit: what adding floats leaves behind
_LARGEST: Final = float(2**62)


class Scale:
    """The decimals of a set of columns that share a unit; grows with the data."""

    def __init__(self, decimals: int = 0, *, decimals_max: int = _DECIMALS_MAX) -> None:
        """Start with the decimals that are expected."""
        self.decimals = decimals
        self.decimals_max = decimals_max
        self.is_rounded = False

    def raise_to(self, values: Floats) -> None:
        """Raise the decimals until every value is exact, or until rounding is decided."""
        if self.is_rounded or not len(values):
            return
        power = 10.0**self.decimals
        is_wrong = np.rint(values * power) / power != values
        if not is_wrong.any():
            return
        wrong = values[is_wrong]
        while len(wrong):
            if self.decimals >= self._allowed(wrong):
                self._round(values)
                return
            self.decimals += 1
            power = 10.0**self.decimals
            wrong = wrong[np.rint(wrong * power) / power != wrong]

    def _allowed(self, values: Floats) -> int:
        largest = float(np.abs(values).max())
        whole = len(str(int(largest))) if largest >= 1 else 0
        return min(self.decimals_max, _DIGITS - whole)

    def _round(self, values: Floats) -> None:
        """Settle on the decimals below the noise of sums, else on about nine digits."""
        self.is_rounded = True
        for decimals in range(min(_NOISY_DECIMALS, self.decimals_max) + 1):
            scaled = values * 10.0**decimals
            if (np.abs(scaled - np.rint(scaled)) <= _NOISE).all():
                self.decimals = decimals
                return
        typical = float(np.median(np.abs(values))) or 1.0
        whole = int(np.floor(np.log10(typical))) + 1
        self.decimals = max(0, min(_DIGITS_ROUNDED - whole, self.decimals_max))

    def fits(self, values: Floats) -> bool:
        """Say whether the values fit 62 bits in this unit."""
        if not len(values):
            return True
        largest = max(float(values.max()), -float(values.min()))
        return largest * 10.0**self.decimals < _LARGEST

    def units(self, values: Floats) -> Column:
        """Return the values as integers."""
        return np.rint(values * 10.0**self.decimals).astype(np.int64)
