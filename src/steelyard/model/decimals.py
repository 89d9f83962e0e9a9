"""The one parser and the one formatter of decimal numbers.

Rule 1: plain notation only, `-12.50`; no exponent, no NaN, no infinity, no grouping, no float.
Rule 2: a number that does not fit its unit is refused, never rounded in silence.
"""

import re
from decimal import Decimal

from steelyard.model.errors import NumberError

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DIGITS_MAX = 60


def parse_decimal(value: str | int | Decimal, what: str = "number") -> Decimal:
    """Read a plain decimal exactly."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise NumberError(
            f"{what} was {value!r} ({type(value).__name__}), "
            "allowed is a decimal written as text, such as '0.001'"
        )
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NumberError(f"{what} was {value}, allowed is a finite decimal")
        return value
    text = str(value).strip()
    if len(text) > _DIGITS_MAX or _PLAIN.fullmatch(text) is None:
        shown = text if len(text) <= _DIGITS_MAX else text[:_DIGITS_MAX] + "…"
        raise NumberError(
            f"{what} was {shown!r}, allowed is plain decimal notation such as '0.001' (no exponent)"
        )
    return Decimal(text)


def to_units(value: str | int | Decimal, decimals: int, what: str = "number") -> int:
    """Return `value` × 10^`decimals` as an integer; refuse what would need rounding."""
    number = parse_decimal(value, what)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    mantissa = int("".join(map(str, digits)) or "0")
    shift = exponent + decimals
    if shift >= 0:
        units: int = mantissa * 10**shift
    else:
        units, rest = divmod(mantissa, 10**-shift)
        if rest:
            raise NumberError(
                f"{what} was {format_decimal(number)}, allowed are at most {decimals} decimals"
            )
    return -units if sign else units


def from_units(units: int, decimals: int) -> Decimal:
    """Return the Decimal that `units` of 10^-`decimals` are worth."""
    units = int(units)
    # Built from digits: arithmetic would round to the context's 28 places.
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -decimals))


def format_decimal(value: Decimal) -> str:
    """Print without exponent and without trailing zeros; zero is `0`."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def format_units(units: int, decimals: int) -> str:
    """Print integer units as the decimal they stand for."""
    units = int(units)
    sign = "-" if units < 0 else ""
    if decimals <= 0:
        return str(units * 10**-decimals)
    digits = str(abs(units)).rjust(decimals + 1, "0")
    whole, fraction = digits[:-decimals], digits[-decimals:].rstrip("0")
    text = f"{whole}.{fraction}" if fraction else whole
    return sign + text if text != "0" else "0"


def decimals_of(value: Decimal) -> int:
    """Count the decimals a value really uses: 1.250 uses two."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
