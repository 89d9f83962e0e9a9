"""Gate's spelling of numbers and times, read exactly.

Rule 1: prices and sizes come as text or as JSON numbers; neither ever becomes a binary float. What
Gate says as decimals is read by `native.numbers`.
Rule 2: what does not fit a unit is refused (`exact`) where it is ours, and floored (`floored`) or
rounded (`near`) where it is somebody else's size or price: those may be finer than an order can be.
Rule 3: times are seconds, milliseconds or microseconds, as text or number; their size tells which.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Final

from steelyard.venues.native.numbers import WIDE, Misspelt, low, nearest, number, units, whole

_MS_FROM: Final = 10**11
_US_FROM: Final = 10**14
_CACHED: Final = 65_536


@lru_cache(maxsize=_CACHED)
def exact(text: str | int, decimals: int) -> int:
    """Return text as units of 10^-decimals. Raises ValueError for what would need rounding."""
    if isinstance(text, int):
        return units(str(text), decimals)
    try:
        return units(text, decimals)
    except Misspelt:
        return whole(number(text), decimals)  # an exponent


@lru_cache(maxsize=_CACHED)
def near(text: str, decimals: int) -> int:
    """Return somebody's price in units, rounded to the nearest where it is finer."""
    try:
        return exact(text, decimals)
    except ValueError:
        return nearest(number(text), decimals)


@lru_cache(maxsize=_CACHED)
def floored(text: str | int, decimals: int) -> int:
    """Return somebody's size in units, rounded down; what is not nothing is at least one unit."""
    if isinstance(text, int):
        return units(str(text), decimals)
    start, _, fraction = text.partition(".")
    digits = start + fraction
    if not (text.isascii() and digits.isdigit()):
        return _floor(number(text), decimals)
    short = decimals - len(fraction)
    if short >= 0:
        return units(text, decimals)
    value = int(digits[:short] or "0")
    return value or (1 if int(digits) else 0)


def time_ns(value: Decimal | int | str) -> int:
    """Return a moment in nanoseconds; 0 stays 0."""
    if isinstance(value, int):
        if value < _MS_FROM:
            return value * 1_000_000_000
        return value * (1_000_000 if value < _US_FROM else 1_000)
    if isinstance(value, str):
        start, _, fraction = value.partition(".")
        if start.isdecimal() and (not fraction or fraction.isdecimal()):
            # Hot: trades in coins tell milliseconds with a fraction as text.
            power = 9 if (size := int(start)) < _MS_FROM else 6 if size < _US_FROM else 3
            return int(start + fraction[:power].ljust(power, "0"))
    moment = number(value) if isinstance(value, str) else value
    power = 9 if moment < _MS_FROM else 6 if moment < _US_FROM else 3
    return int(moment.scaleb(power, WIDE))


def seconds_of(value: Decimal) -> Decimal:
    """Return seconds of a time that is told in either unit."""
    # One document tells `update_time` in seconds, the other in milliseconds.
    return value / 1000 if value > 10**11 else value


def _floor(value: Decimal, decimals: int) -> int:
    if value < 0:
        raise ValueError(f"a size was {value}")
    result = low(value, decimals)
    return result or (1 if value else 0)
