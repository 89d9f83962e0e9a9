"""A market of ccxt as an Instrument: its units, steps, limits and fees.

Rule 1: quantities are what ccxt calls amounts: base coins for spot, contracts for perpetuals.
Rule 2: spot and linear perpetuals only; anything else is refused by name.
Rule 3: where an exchange counts significant digits there is no one tick: the finest that 64 bits
hold is taken, and every order is held against ccxt's own rounding before it leaves.
"""

from decimal import Decimal
from typing import Any, Final

from steelyard.model.decimals import decimals_of
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Fees, Instrument, Kind, rate
from steelyard.model.units import RATE_DECIMALS, Money, Price, Quantity
from steelyard.venues.ccxt.numbers import decimal_of, given, rounded

_DECIMAL_PLACES: Final = 2
_SIGNIFICANT_DIGITS: Final = 3
_FINE: Final = Decimal("0.00000001")
_MONEY: Final = 8
_COIN_DECIMALS: Final = 8
_POWER_MAX: Final = 18
_QUANTITY_MAX: Final = 10**18


def instrument_of(exchange: Any, name: str, venue: str) -> Instrument:
    """Return the instrument of a unified name; the exchange's markets are loaded."""
    market = (exchange.markets or {}).get(name)
    if market is None:
        raise ConfigurationError(f"instrument was {name}, {exchange.id} does not list it")
    if not (market.get("spot") or (market.get("swap") and market.get("linear"))):
        raise ConfigurationError(
            f"instrument was {name}, allowed through ccxt are spot and linear perpetuals"
        )
    return _instrument(exchange, market, venue)


def _instrument(exchange: Any, market: dict[str, Any], venue: str) -> Instrument:
    tick = _step(exchange, market["precision"].get("price"))
    lot = _step(exchange, market["precision"].get("amount"))
    limits = market.get("limits") or {}
    least = _limit(limits, "amount", "min") or lot
    price_decimals = decimals_of(tick)
    is_spot = bool(market.get("spot"))
    # Fees of spot are taken in coins, which are finer than lots.
    finest = _COIN_DECIMALS if is_spot else 0
    quantity_decimals = max(decimals_of(lot), decimals_of(least), finest)
    multiplier = Decimal(1) if is_spot else decimal_of(market.get("contractSize") or 1)
    money = max(_MONEY, price_decimals + quantity_decimals + decimals_of(multiplier) - _POWER_MAX)
    largest = min(
        _limit(limits, "amount", "max") or Decimal(_QUANTITY_MAX),
        Decimal(_QUANTITY_MAX).scaleb(-quantity_decimals),
    )
    return Instrument(
        name=market["symbol"],
        venue=venue,
        kind=Kind.SPOT if is_spot else Kind.LINEAR,
        base=market["base"],
        quote=market["quote"],
        settle=market.get("settle") or market["quote"],
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
        money_decimals=money,
        tick=Price(int(tick.scaleb(price_decimals))),
        lot=Quantity(int(lot.scaleb(quantity_decimals))),
        quantity_min=Quantity(rounded(least.scaleb(quantity_decimals))),
        quantity_max=Quantity(int(largest.scaleb(quantity_decimals))),
        # A minimum in contracts' worth is in the settlement asset already.
        notional_min=Money(rounded((_limit(limits, "cost", "min") or Decimal(0)).scaleb(money))),
        fees=Fees(maker=_rate(market.get("maker")), taker=_rate(market.get("taker"))),
        multiplier=multiplier,
    )  # fmt: skip


def _rate(value: Any) -> Any:
    return rate(decimal_of(given(value)).quantize(Decimal(1).scaleb(-RATE_DECIMALS)))


def _step(exchange: Any, told: Any) -> Decimal:
    """Return the smallest step of a precision, in the way this exchange counts."""
    if told in (None, "") or exchange.precisionMode == _SIGNIFICANT_DIGITS:
        return _FINE
    number = decimal_of(told, "precision")
    step = Decimal(1).scaleb(-int(number)) if exchange.precisionMode == _DECIMAL_PLACES else number
    return step if step > 0 else _FINE


def _limit(limits: dict[str, Any], what: str, end: str) -> Decimal:
    return decimal_of(given((limits.get(what) or {}).get(end)))
