"""Gate's spelling of numbers and times, read exactly.

Rule 1: money, prices and sizes come as text or as JSON numbers; neither ever becomes a binary
float.
Rule 2: what does not fit a unit is refused (`exact`, `units`) where it is ours, and floored
(`floored`) or rounded (`near`) where it is somebody else's size or price: those may be finer than
any order can be.
Rule 3: times are seconds, milliseconds or microseconds, as text or number; their size tells which.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Final

_WIDE: Final = Context(prec=60)
_MS_FROM: Final = 10**11
_US_FROM: Final = 10**14
_CACHED: Final = 65_536


@lru_cache(maxsize=_CACHED)
def exact(text: str | int, decimals: int) -> int:
    """Return text as units of 10^-decimals. Raises ValueError for what would need rounding."""
    if isinstance(text, int):
        return text * _power(decimals)
    whole, _, fraction = text.partition(".")
    short = decimals - len(fraction)
    if short >= 0 and text.isascii() and (whole + fraction).lstrip("-").isdigit():
        return int(whole + fraction) * _power(short)
    return units(number(text), decimals)


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
        return text * _power(decimals)
    whole, _, fraction = text.partition(".")
    if not (text.isascii() and (whole + fraction).isdigit()):
        return _floor(number(text), decimals)
    short = decimals - len(fraction)
    if short >= 0:
        return int(whole + fraction) * _power(short)
    digits = whole + fraction
    value = int(digits[:short] or "0")
    return value or (1 if int(digits) else 0)


def number(text: str) -> Decimal:
    """Read a decimal. Raises ValueError."""
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is no number") from error
    if not value.is_finite():
        raise ValueError(f"{text!r} is no finite number")
    return value


def units(value: Decimal, decimals: int) -> int:
    """Return a value in units. Raises ValueError for what would need rounding."""
    scaled = value.scaleb(decimals, _WIDE)
    result = int(scaled)
    if result != scaled:
        raise ValueError(f"{value} has more than {decimals} decimals")
    return result


def nearest(value: Decimal, decimals: int) -> int:
    """Return a value in units, rounded half to even: for what is told only to be looked at."""
    return int(value.scaleb(decimals, _WIDE).to_integral_value(ROUND_HALF_EVEN))


def low(value: Decimal, decimals: int) -> int:
    """Return a value in units, rounded down."""
    return int(value.scaleb(decimals, _WIDE).to_integral_value(ROUND_FLOOR))


def high(value: Decimal, decimals: int) -> int:
    """Return a value in units, rounded up."""
    return int(value.scaleb(decimals, _WIDE).to_integral_value(ROUND_CEILING))


def time_ns(value: Decimal | int | str) -> int:
    """Return a moment in nanoseconds; 0 stays 0."""
    if isinstance(value, int):
        if value < _MS_FROM:
            return value * 1_000_000_000
        return value * (1_000_000 if value < _US_FROM else 1_000)
    if isinstance(value, str):
        whole, _, fraction = value.partition(".")
        if whole.isdecimal() and (not fraction or fraction.isdecimal()):
            # Hot: trades in coins tell milliseconds with a fraction as text.
            power = 9 if (size := int(whole)) < _MS_FROM else 6 if size < _US_FROM else 3
            return int(whole + fraction[:power].ljust(power, "0"))
    moment = number(value) if isinstance(value, str) else value
    power = 9 if moment < _MS_FROM else 6 if moment < _US_FROM else 3
    return int(moment.scaleb(power, _WIDE))


def _floor(value: Decimal, decimals: int) -> int:
    if value < 0:
        raise ValueError(f"a size was {value}")
    result = low(value, decimals)
    return result or (1 if value else 0)


def _power(exponent: int) -> int:
    result: int = 10**exponent
    return result
