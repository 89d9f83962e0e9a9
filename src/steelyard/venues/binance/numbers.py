"""Numbers of Binance's texts: decimal text to integer units and back, exactly.

Rule 1: what an order or a frame says is read by `native.numbers`, exactly.
Rule 2: here is what may be rounded, to the nearest unit: mark prices have more decimals than
prices; `native.fees` says how fees are.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.decimals import format_units, to_units
from steelyard.model.instruments import Instrument
from steelyard.venues.native.fees import Taken, taken
from steelyard.venues.native.numbers import units

MS: Final = 1_000_000
_POWERS: Final[tuple[int, ...]] = tuple(10**n for n in range(40))


def nearest_units(text: str, decimals: int) -> int:
    """Read a decimal text to the nearest unit, half to even."""
    fraction = text.partition(".")[2]
    if len(fraction) <= decimals:
        return units(text, decimals)
    exact = to_units(text, len(fraction))
    power = _POWERS[len(fraction) - decimals]
    value, rest = divmod(exact, power)
    return value + (2 * rest > power or (2 * rest == power and value & 1))


def units_of(value: str | Decimal, decimals: int) -> int:
    """Read a number that may have come as a JSON number."""
    if isinstance(value, str):
        return units(value, decimals)
    return to_units(value, decimals)


def text_of(value: int, decimals: int) -> str:
    """Write units as Binance wants them: plain, never with an exponent."""
    return format_units(value, decimals)


def nanos(milliseconds: int) -> int:
    """Return nanoseconds."""
    return milliseconds * MS


def fee_of(
    instrument: Instrument, amount: str, asset: str, *, price: int, quantity: int, maker: bool
) -> Taken:
    """Read the fee of a trade; without an amount or a coin there was none."""
    if not amount or not asset:
        return Taken()
    paid = Decimal(amount)
    return taken(instrument, asset, paid, price=price, quantity=quantity, maker=maker)
