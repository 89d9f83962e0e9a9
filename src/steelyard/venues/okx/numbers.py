"""OKX's texts as integers of an instrument's units.

Rule 1: what an order or a frame says is read by `native.numbers`, exactly, or refused.
Rule 2: what the venue itself computed (a balance with eighteen decimals, a fee, a rate) is rounded
here, by the function whose name says how.
"""

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Final

from steelyard.model.instruments import Instrument, Kind
from steelyard.venues.native.numbers import units

MS_NS: Final = 1_000_000
# Enough digits for the product of two 64-bit numbers and a multiplier.
_WIDE: Final = Context(prec=80)


def units_or_zero(text: str, decimals: int) -> int:
    """Read a text that is empty where there is nothing to tell."""
    return units(text, decimals) if text else 0


def decimal_of(text: str) -> Decimal:
    """Read what the venue computed, an exponent included; nothing is 0."""
    if not text:
        return Decimal(0)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"number was {text!r}, allowed is a decimal") from None
    if not value.is_finite():
        raise ValueError(f"number was {text!r}, allowed is a finite decimal")
    return value


def rounded(value: Decimal, decimals: int) -> int:
    """Round to the nearest unit, half to even."""
    return int(value.scaleb(decimals, _WIDE).to_integral_value(ROUND_HALF_EVEN))


def floored(value: Decimal, decimals: int) -> int:
    """Round down: more than is there is never told."""
    return int(value.scaleb(decimals, _WIDE).to_integral_value(ROUND_FLOOR))


def ns_of(text: str) -> int:
    """Read a time in ms."""
    return int(text) * MS_NS if text else 0


def worth(instrument: Instrument, price: Decimal, quantity: Decimal) -> Decimal:
    """Return what a signed quantity is worth at a price, in settlement asset."""
    value = _WIDE.multiply(price, quantity)
    if instrument.kind == Kind.LINEAR:
        value = _WIDE.multiply(value, instrument.multiplier)
    return value
