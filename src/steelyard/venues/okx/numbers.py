"""OKX's texts as integers of an instrument's units.

Rule 1: what an order or a frame says is read by `native.numbers`, exactly, or refused.
Rule 2: a text that is empty where there is nothing to tell is 0 here, and nowhere else.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.instruments import Instrument, Kind
from steelyard.venues.native.numbers import WIDE, number, units

MS_NS: Final = 1_000_000


def units_or_zero(text: str, decimals: int) -> int:
    """Read a text that is empty where there is nothing to tell."""
    return units(text, decimals) if text else 0


def decimal_of(text: str) -> Decimal:
    """Read what the venue computed, an exponent included; nothing is 0."""
    return number(text) if text else Decimal(0)


def ns_of(text: str) -> int:
    """Read a time in ms."""
    return int(text) * MS_NS if text else 0


def worth(instrument: Instrument, price: Decimal, quantity: Decimal) -> Decimal:
    """Return what a signed quantity is worth at a price, in settlement asset."""
    value = WIDE.multiply(price, quantity)
    if instrument.kind == Kind.LINEAR:
        value = WIDE.multiply(value, instrument.multiplier)
    return value
