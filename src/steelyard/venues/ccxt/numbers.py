"""Numbers as ccxt hands them over, as exact integers.

Rule 1: a text is read digit by digit, with an exponent too; what needs rounding is refused.
Rule 2: a float comes only out of ccxt's books (see `opening`): it is read by its shortest
spelling.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from steelyard.model.decimals import to_units
from steelyard.model.errors import NumberError

_MS_NS = 10**6


def decimal_of(value: Any, what: str = "number") -> Decimal:
    """Read a number in any of the forms ccxt has for it."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise NumberError(f"{what} was {value!r}, allowed is a number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise NumberError(f"{what} was {value!r}, allowed is a number") from None
    if not number.is_finite():
        raise NumberError(f"{what} was {value!r}, allowed is a finite number")
    return number


def units_of(value: Any, decimals: int, what: str = "number") -> int:
    """Read a number as integer units; refuse what would need rounding."""
    return to_units(decimal_of(value, what), decimals, what)


def given(value: Any) -> Any:
    """Return a value, or 0 where ccxt has none."""
    return 0 if value in (None, "") else value


def nanos_of(value: Any) -> int:
    """Read milliseconds; 0 where there are none."""
    return int(decimal_of(given(value), "time") * _MS_NS)


def rounded(value: Decimal) -> int:
    """Return the nearest integer, halves away from zero."""
    whole = abs(value) + Decimal("0.5")
    return int(whole) if value >= 0 else -int(whole)
