"""Numbers as Bitget spells them: texts, read into integers without a float on the way.

Rule 1: prices and quantities are read exactly, an exponent included: what does not fit the unit is
a ValueError.
Rule 2: averages, rates and fees have more places than any unit: `near` rounds to the nearest,
`cost` away from our favour. Nothing else is rounded.
"""

from typing import Final

import msgspec

from steelyard.model.decimals import format_units
from steelyard.venues.native import numbers
from steelyard.venues.native.numbers import Misspelt, high, low, nearest, number, whole

_NULL: Final = b"null"
MS_NS: Final = 1_000_000


def units(text: str, decimals: int) -> int:
    """Read exactly."""
    try:
        return numbers.units(text, decimals)
    except Misspelt:
        return whole(number(text), decimals)


def near(text: str, decimals: int) -> int:
    """Read and round to the nearest unit."""
    start, _, part = text.partition(".")
    if len(part) <= decimals and (start + part).isdecimal():
        return numbers.units(text, decimals)
    return nearest(number(text), decimals)


def cost(text: str, decimals: int) -> int:
    """Read what we pay, rounded up."""
    return high(number(text), decimals)


def floor(text: str, decimals: int) -> int:
    """Read what we have, rounded down."""
    return low(number(text), decimals)


def plain(raw: msgspec.Raw) -> str:
    """Return the text of a JSON value that is a text or a number; "" for none."""
    body = bytes(raw)
    return "" if body == _NULL else body.strip(b'"').decode()


def stamp_ns(stamp: str | int | None) -> int:
    """Read a time in milliseconds; 0 where none is told."""
    return int(stamp) * MS_NS if stamp else 0


def spelt(value: int, decimals: int) -> str:
    """Spell integer units: plain, without an exponent and without trailing zeros."""
    return format_units(value, decimals)
