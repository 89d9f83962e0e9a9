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
_NOISE: Final = 1e-12  # of the largest value: what adding floats leaves behind
_NOISE_RATIO_MAX: Final = 0.01  # of a unit
_LARGEST: Final = float(2**62)


class Scale:
    """The decimals of a set of columns that share a unit; grows with the data."""

    def __init__(self, decimals: int = 0, *, decimals_max: int = _DECIMALS_MAX) -> None:
        """Start with the decimals that are expected."""
        self.decimals = decimals
        self.decimals_max = decimals_max
        self.is_rounded = False
        self.largest = 0.0

    def exact(self, values: Floats) -> Column | None:
        """Return the values as integers if the decimals so far hold them exactly."""
        if self.is_rounded or not self.fits(values):
            return None
        power = 10.0**self.decimals
        scaled = values * power
        np.rint(scaled, out=scaled)
        units = scaled.astype(np.int64)
        scaled /= power
        return units if np.array_equal(scaled, values) else None

    def raise_to(self, values: Floats) -> None:
        """Raise the decimals until every value is exact, or until rounding is decided."""
        if self.is_rounded or not len(values):
            return
        power = 10.0**self.decimals
        is_wrong = np.rint(values * power) / power != values
        if not is_wrong.any():
            return
        wrong, before = values[is_wrong], self.decimals
        while len(wrong):
            if self.decimals >= self._allowed(wrong):
                self._round(values, before)
                return
            self.decimals += 1
            power = 10.0**self.decimals
            wrong = wrong[np.rint(wrong * power) / power != wrong]

    def _allowed(self, values: Floats) -> int:
        largest = float(np.abs(values).max())
        whole = len(str(int(largest))) if largest >= 1 else 0
        return min(self.decimals_max, _DIGITS - whole)

    def _round(self, values: Floats, least: int) -> None:
        """Settle on the decimals below the noise of sums, else on about nine digits."""
        self.is_rounded = True
        noise = _NOISE * float(np.abs(values).max())
        for decimals in range(least, min(_NOISY_DECIMALS, self.decimals_max) + 1):
            power = 10.0**decimals
            if noise * power > _NOISE_RATIO_MAX:
                break  # any number would look like a decimal
            if (np.abs(values - np.rint(values * power) / power) <= noise).all():
                self.decimals = decimals
                return
        typical = float(np.median(np.abs(values))) or 1.0
        whole = int(np.floor(np.log10(typical))) + 1
        self.decimals = max(least, min(_DIGITS_ROUNDED - whole, self.decimals_max))

    def fits(self, values: Floats) -> bool:
        """Say whether the values, and all before them, fit 62 bits in this unit."""
        if len(values):
            self.largest = max(self.largest, float(values.max()), -float(values.min()))
        return self.largest * 10.0**self.decimals < _LARGEST

    def units(self, values: Floats) -> Column:
        """Return the values as integers."""
        return np.rint(values * 10.0**self.decimals).astype(np.int64)
