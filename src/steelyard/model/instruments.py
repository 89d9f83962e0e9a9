"""Instruments: what is traded at a venue, and the only place that converts between its units.

Rule 1: `price_decimals` and `quantity_decimals` are fixed for the life of the instrument and fine
enough for every tick and lot it may ever have; tick and lot are filters and may change by event.
Rule 2: `worth` is the signed value of a position at a price, in minor units of the settlement
asset. Profit is always worth(exit) - worth(entry), for spot, linear and inverse alike.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from math import gcd

from steelyard.model.decimals import format_units, from_units, parse_decimal, to_units
from steelyard.model.errors import ConfigurationError
from steelyard.model.units import RATE_DECIMALS, Lots, Money, Price, Quantity, Rate, Ticks

_RATIO_MAX = 2**62


class Kind(IntEnum):
    """How a position is paid for and settled."""

    SPOT = 0
    LINEAR = 1
    INVERSE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """Up to `notional_max` (settlement minor units) this leverage and maintenance rate hold."""

    notional_max: Money
    leverage_max: int
    maintenance_rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Fee rates; negative is a rebate."""

    maker: Rate
    taker: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable instrument with its units and filters.

    `multiplier` is base per contract for a linear, quote per contract for an inverse perpetual,
    1 for spot.
    """

    name: str
    venue: str
    kind: Kind
    base: str
    quote: str
    settle: str
    price_decimals: int
    quantity_decimals: int
    money_decimals: int
    tick: Price
    lot: Quantity
    quantity_min: Quantity
    quantity_max: Quantity
    notional_min: Money
    fees: Fees
    multiplier: Decimal = Decimal(1)
    margin_tiers: tuple[MarginTier, ...] = ()

    def __post_init__(self) -> None:
        """Refuse units with which exact 64-bit arithmetic would not hold."""
        for what, value in (("tick", self.tick), ("lot", self.lot)):
            if value <= 0:
                raise ConfigurationError(f"{self.name}: {what} was {value}, allowed is above 0")
        if self.multiplier <= 0:
            raise ConfigurationError(
                f"{self.name}: multiplier was {self.multiplier}, allowed is above 0"
            )
        numerator, denominator = self.worth_ratio
        if numerator > _RATIO_MAX or denominator > _RATIO_MAX:
            raise ConfigurationError(
                f"{self.name}: {self.price_decimals} price, {self.quantity_decimals} quantity and "
                f"{self.money_decimals} money decimals do not fit 64-bit arithmetic"
            )

    @property
    def worth_ratio(self) -> tuple[int, int]:
        """Return (numerator, denominator) of worth.

        Linear and spot: worth = price × quantity × numerator / denominator.
        Inverse: worth = -quantity × numerator / (price × denominator).
        """
        power = self.money_decimals - self.quantity_decimals
        power += self.price_decimals if self.kind == Kind.INVERSE else -self.price_decimals
        ratio = self.multiplier.as_integer_ratio()
        numerator = ratio[0] * 10 ** max(power, 0)
        denominator = ratio[1] * 10 ** max(-power, 0)
        common = gcd(numerator, denominator)
        return numerator // common, denominator // common

    def price(self, value: str | int | Decimal) -> Price:
        """Read a price in quote."""
        return Price(to_units(value, self.price_decimals, f"{self.name} price"))

    def quantity(self, value: str | int | Decimal) -> Quantity:
        """Read a size in base coins (spot) or contracts (perpetuals)."""
        return Quantity(to_units(value, self.quantity_decimals, f"{self.name} quantity"))

    def quantity_from_base(self, coins: str | int | Decimal) -> Quantity:
        """Convert base coins to this instrument's quantity; refuse what is no whole unit."""
        coins = parse_decimal(coins, f"{self.name} coins")
        if self.kind == Kind.INVERSE:
            raise ConfigurationError(
                f"{self.name}: coins convert to inverse contracts only at a price"
            )
        return self.quantity(coins / self.multiplier)

    def money(self, value: str | int | Decimal) -> Money:
        """Read an amount of the settlement asset."""
        return Money(to_units(value, self.money_decimals, f"{self.name} {self.settle}"))

    def price_text(self, price: int) -> str:
        """Print a price."""
        return format_units(price, self.price_decimals)

    def ticks(self, distance: Price) -> Ticks:
        """Count a price distance in ticks, rounding down."""
        return Ticks(distance // self.tick)

    def lots(self, quantity: Quantity) -> Lots:
        """Count a quantity in lots, rounding down."""
        return Lots(quantity // self.lot)

    def price_decimal(self, price: int) -> Decimal:
        """Return integer price units as a Decimal in quote."""
        return from_units(price, self.price_decimals)

    def quantity_decimal(self, quantity: int) -> Decimal:
        """Return integer quantity units as a Decimal in base coins or contracts."""
        return from_units(quantity, self.quantity_decimals)

    def money_decimal(self, money: int) -> Decimal:
        """Return integer minor units as a Decimal of the settlement asset."""
        return from_units(money, self.money_decimals)


def rate(value: str | int | Decimal, what: str = "rate") -> Rate:
    """Read a ratio such as 0.0002."""
    return Rate(to_units(value, RATE_DECIMALS, what))


def rate_decimal(value: int) -> Decimal:
    """Return a rate's units as a Decimal ratio."""
    return from_units(value, RATE_DECIMALS)
