"""Numbers of Binance's texts: decimal text to integer units and back, exactly.

Rule 1: what an order or a frame says is read by `native.numbers`, exactly.
Rule 2: here is what may be rounded, to the nearest unit: mark prices and fees have more decimals
than prices.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from steelyard.model.decimals import format_units, to_units
from steelyard.model.instruments import Instrument, Kind
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


def money_at(instrument: Instrument, price: int, quantity: int) -> int:
    """Return what a quantity is worth at a price, in minor units, to the nearest one."""
    numerator, denominator = instrument.worth_ratio
    if instrument.kind == Kind.INVERSE:
        numerator, denominator, price = -numerator, denominator * price, 1
    return _nearest(price * numerator * quantity, denominator)


def fee_of(
    instrument: Instrument, amount: str, asset: str, *, price: int, quantity: int, maker: bool
) -> int:
    """Return a fee in minor units of the settlement asset.

    A fee in the bought coin is worth its price. One in a third coin (BNB) whose price is not known
    here is taken at the instrument's own rate: an estimate, the only one in this dialect.
    """
    if not amount or not asset:
        return 0
    value = Decimal(amount)
    if asset == instrument.settle:
        return nearest_units(amount, instrument.money_decimals)
    if value == 0:
        return 0
    if asset == instrument.base:
        scale = Decimal(1).scaleb(instrument.money_decimals)
        worth = value * instrument.price_decimal(price) * scale
        return int(worth.to_integral_value(ROUND_HALF_EVEN))
    rate = instrument.fees.maker if maker else instrument.fees.taker
    return _nearest(money_at(instrument, price, quantity) * int(rate), 10**8)


def _nearest(above: int, below: int) -> int:
    if below < 0:
        above, below = -above, -below
    whole, rest = divmod(above, below)
    return whole + (2 * rest > below or (2 * rest == below and whole & 1))
