"""Exact products: value × numerator / denominator with 128 bits inside and a named rounding.

Rule 1: nothing wraps. A quotient that does not fit 63 bits returns `OVERFLOW`, and the caller
halts the account.
Rule 2: the rounding is part of the name; there is no default.
"""

from typing import Final

import numpy as np

from steelyard.jit.parts import part

OVERFLOW: Final = -(2**63)
_FITS: Final = 9.0e18
_MASK: Final = np.uint64(0xFFFFFFFF)
_SHIFT: Final = np.uint64(32)
_ONE: Final = np.uint64(1)
_TOP: Final = np.uint64(63)
_ZERO: Final = np.uint64(0)


@part
def muldiv_floor(value: int, numerator: int, denominator: int) -> int:
    """Round towards minus infinity. `denominator` must be positive."""
    if abs(float(value) * float(numerator)) < _FITS:
        return (value * numerator) // denominator
    negative = (value < 0) != (numerator < 0)
    quotient, remainder = _wide(value, numerator, denominator)
    if quotient < 0:
        return OVERFLOW
    if negative:
        return -quotient - (1 if remainder else 0)
    return quotient


@part
def muldiv_ceil(value: int, numerator: int, denominator: int) -> int:
    """Round towards plus infinity. `denominator` must be positive."""
    if abs(float(value) * float(numerator)) < _FITS:
        return -((-(value * numerator)) // denominator)
    negative = (value < 0) != (numerator < 0)
    quotient, remainder = _wide(value, numerator, denominator)
    if quotient < 0:
        return OVERFLOW
    if negative:
        return -quotient
    return quotient + (1 if remainder else 0)


@part
def muldiv_even(value: int, numerator: int, denominator: int) -> int:
    """Round to the nearest, halves to even. `denominator` must be positive."""
    if abs(float(value) * float(numerator)) < _FITS:
        product = value * numerator
        quotient = product // denominator
        rest = product - quotient * denominator
        other = denominator - rest
        if rest > other or (rest == other and quotient & 1):
            return quotient + 1
        return quotient
    negative = (value < 0) != (numerator < 0)
    quotient, rest = _wide(value, numerator, denominator)
    if quotient < 0:
        return OVERFLOW
    other = denominator - rest
    if rest > other or (rest == other and quotient & 1):
        quotient += 1
    return -quotient if negative else quotient


@part
def add_checked(left: int, right: int) -> int:
    """Return the sum, or `OVERFLOW`."""
    total = left + right
    if (left >= 0) == (right >= 0) and (total >= 0) != (left >= 0):
        return OVERFLOW
    return total


@part
def _wide(value: int, numerator: int, denominator: int) -> tuple[int, int]:
    """Divide the 128-bit product of the magnitudes; quotient -1 if it needs more than 62 bits."""
    a, b, d = np.uint64(abs(value)), np.uint64(abs(numerator)), np.uint64(denominator)
    a_low, a_high = a & _MASK, a >> _SHIFT
    b_low, b_high = b & _MASK, b >> _SHIFT
    low = a_low * b_low
    cross = a_high * b_low + (low >> _SHIFT)
    carry = a_low * b_high + (cross & _MASK)
    high = a_high * b_high + (cross >> _SHIFT) + (carry >> _SHIFT)
    low = (carry << _SHIFT) | (low & _MASK)
    if high >= d:
        return -1, 0
    quotient = _ZERO
    rest = high
    for _ in range(64):  # schoolbook long division, one bit at a time; the rare path
        top = rest >> _TOP
        rest = (rest << _ONE) | (low >> _TOP)
        low = low << _ONE
        quotient = quotient << _ONE
        if top or rest >= d:
            rest = rest - d
            quotient = quotient | _ONE
    if quotient >> np.uint64(62):
        return -1, 0
    return np.int64(quotient), np.int64(rest)  # type: ignore[return-value]  # int64 is int here
