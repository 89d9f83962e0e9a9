"""Numbers as Bitget spells them: texts, read into integers without a float on the way.

Rule 1: prices and quantities are read exactly: what does not fit the unit is a ValueError.
Rule 2: averages, rates and fees have more places than any unit: `near` rounds to the nearest,
`cost` away from our favour. Nothing else is rounded.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Final

import msgspec

from steelyard.model.decimals import format_units

_ZEROS: Final = tuple("0" * count for count in range(40))
_WIDE: Final = Context(prec=80)
_NULL: Final = b"null"
MS_NS: Final = 1_000_000


def units(text: str, decimals: int) -> int:
    """Read exactly."""
    whole, _, part = text.partition(".")
    missing = decimals - len(part)
    if missing >= 0:
        digits = whole + part
        if digits.isdigit() and missing < len(_ZEROS):
            return int(digits + _ZEROS[missing])
    return _slow(text, decimals)


def _slow(text: str, decimals: int) -> int:
    """Read what is spelt unusually: a sign, an exponent, more places than the unit has."""
    shifted = _decimal(text).scaleb(decimals, _WIDE)
    whole = int(shifted)
    if whole != shifted:
        raise ValueError(f"number was {text!r}, allowed are at most {decimals} decimals")
    return whole


def near(text: str, decimals: int) -> int:
    """Read and round to the nearest unit."""
    whole, _, part = text.partition(".")
    missing = decimals - len(part)
    digits = whole + part
    if 0 <= missing < len(_ZEROS) and digits.isdigit():
        return int(digits + _ZEROS[missing])
    return _rounded(text, decimals, ROUND_HALF_EVEN)


def cost(text: str, decimals: int) -> int:
    """Read what we pay, rounded up."""
    return _rounded(text, decimals, ROUND_CEILING)


def floor(text: str, decimals: int) -> int:
    """Read what we have, rounded down."""
    return _rounded(text, decimals, ROUND_FLOOR)


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


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"number was {text!r}, allowed is a decimal number") from None
    if not value.is_finite():
        raise ValueError(f"number was {text!r}, allowed is a finite number")
    return value


def _rounded(text: str, decimals: int, rounding: str) -> int:
    return int(_decimal(text).scaleb(decimals, _WIDE).to_integral_value(rounding, _WIDE))
