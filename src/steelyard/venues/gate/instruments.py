"""What Gate lists, as instruments.

Rule 1: coin amounts have at least 8 decimals, contracts at least 4, whatever the lot is: fills and
balances are finer than the lot, and contracts of whole numbers may come to be traded in parts.
Rule 2: prices of contracts have the decimals of the tick or of the mark, whichever is finer; those
of coins have three more than the tick, since trades were seen between two ticks.
Rule 3: a contract tells its largest tier only: leverage and maintenance of the first, up to the
largest notional of the last. Who needs the steps between asks for the tiers.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.decimals import decimals_of
from steelyard.model.errors import ConfigurationError, NumberError
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier
from steelyard.model.units import RATE_DECIMALS, Money, Price, Quantity, Rate
from steelyard.venues.gate.symbols import contract_name, pair_name
from steelyard.venues.gate.terms import NAME
from steelyard.venues.gate.words import Contract, Pair
from steelyard.venues.native.dialect import Listed
from steelyard.venues.native.numbers import high, low, nearest

COIN_DECIMALS: Final = 8
CONTRACT_DECIMALS: Final = 4
BETWEEN_TICKS: Final = 3
_MONEY_DECIMALS: Final = 8
_POWER_MAX: Final = 18  # of ten, in worth's denominator
_QUANTITY_MAX: Final = 10**18
_SETTLE: Final = "USDT"
_PERCENT: Final = Decimal(100)

TRADING: Final = "trading"
HALTED: Final = "halted"
CLOSED: Final = "closed"

PAIR_STATUS: Final = {
    "tradable": TRADING, "buyable": HALTED, "sellable": HALTED, "untradable": CLOSED,
}  # fmt: skip
CONTRACT_STATUS: Final = {
    "": TRADING, "trading": TRADING, "prelaunch": HALTED, "circuit_breaker": HALTED,
    "delisting": HALTED, "delisted": CLOSED,
}  # fmt: skip


def listed_pair(pair: Pair) -> Listed | None:
    """Return a spot pair; None for one whose numbers no instrument can have."""
    decimals = max(pair.amount_precision, COIN_DECIMALS)
    prices = pair.precision + BETWEEN_TICKS
    money = _money_decimals(prices + decimals)
    lot = 10 ** (decimals - pair.amount_precision)
    fee = Rate(nearest(pair.fee / _PERCENT, RATE_DECIMALS))
    least = max(high(pair.min_base_amount, decimals), lot)
    most = _QUANTITY_MAX
    if pair.max_base_amount:
        most = min(most, low(pair.max_base_amount, decimals))
    try:
        instrument = Instrument(
            name=pair_name(pair.base, pair.quote),
            venue=NAME,
            kind=Kind.SPOT,
            base=pair.base,
            quote=pair.quote,
            settle=pair.quote,
            price_decimals=prices,
            quantity_decimals=decimals,
            money_decimals=money,
            tick=Price(10**BETWEEN_TICKS),
            lot=Quantity(lot),
            quantity_min=Quantity(least),
            quantity_max=Quantity(most),
            notional_min=Money(high(pair.min_quote_amount, money)),
            fees=Fees(maker=fee, taker=fee),
        )
    except (ConfigurationError, NumberError):
        return None
    status = PAIR_STATUS.get(pair.trade_status, HALTED)
    return Listed(instrument=instrument, symbol=pair.id, status=status)


def listed_contract(contract: Contract) -> Listed | None:
    """Return a perpetual; None for one whose numbers no instrument can have."""
    if contract.quanto_multiplier <= 0 or contract.order_price_round <= 0:
        return None
    price = max(decimals_of(contract.order_price_round), decimals_of(contract.mark_price_round))
    decimals = max(CONTRACT_DECIMALS, decimals_of(contract.order_size_min))
    money = _money_decimals(price + decimals + decimals_of(contract.quanto_multiplier))
    smallest = high(contract.order_size_min, decimals)
    lot = smallest if contract.enable_decimal else 10**decimals
    most = min(_QUANTITY_MAX, low(contract.order_size_max, decimals) or _QUANTITY_MAX)
    base, _, quote = contract.name.rpartition("_")
    try:
        instrument = Instrument(
            name=contract_name(contract.name, _SETTLE),
            venue=NAME,
            kind=Kind.LINEAR,
            base=base,
            quote=quote,
            settle=_SETTLE,
            price_decimals=price,
            quantity_decimals=decimals,
            money_decimals=money,
            tick=Price(low(contract.order_price_round, price)),
            lot=Quantity(lot),
            quantity_min=Quantity(max(lot, smallest)),
            quantity_max=Quantity(most),
            notional_min=Money(0),
            fees=Fees(
                maker=Rate(nearest(contract.maker_fee_rate, RATE_DECIMALS)),
                taker=Rate(nearest(contract.taker_fee_rate, RATE_DECIMALS)),
            ),
            multiplier=contract.quanto_multiplier,
            margin_tiers=_tiers(contract, money),
        )
    except (ConfigurationError, NumberError):
        return None
    return Listed(instrument=instrument, symbol=contract.name, status=contract_status(contract))


def contract_status(contract: Contract) -> str:
    """Return what a contract takes: one that is being delisted takes only what reduces."""
    if contract.in_delisting:
        return HALTED
    return CONTRACT_STATUS.get(contract.status, HALTED)


def _tiers(contract: Contract, money: int) -> tuple[MarginTier, ...]:
    if contract.risk_limit_max <= 0 or contract.leverage_max < 1:
        return ()
    return (
        MarginTier(
            notional_max=Money(low(contract.risk_limit_max, money)),
            leverage_max=int(contract.leverage_max),
            maintenance_rate=Rate(nearest(contract.maintenance_rate, RATE_DECIMALS)),
        ),
    )


def _money_decimals(finest: int) -> int:
    return max(_MONEY_DECIMALS, finest - _POWER_MAX)
