"""What Binance lists, as instruments.

Rule 1: units are fine enough for what may come: spot prices get two decimals more than today's
tick and spot quantities those of the coin, since fees are paid in it; perpetuals name their
precision themselves.
Rule 2: what the public list does not tell (fees, margin tiers) comes from the house's tables.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from steelyard.model.decimals import decimals_of, to_units
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.units import Money, Price, Quantity
from steelyard.model.venue_tables import listing_at
from steelyard.venues.binance.terms import NAME, Product
from steelyard.venues.binance.words import ExchangeInfo, Filter, Symbol
from steelyard.venues.native.dialect import Listed

MONEY_DECIMALS: Final = 8
_WORTH_MAX: Final = 18  # decimals of price and quantity together
_QUANTITY_MAX: Final = 10**18
_PRICE_MORE: Final = 2
_PRICE_MAX: Final = 8
_FEES: Final = {Product.SPOT: ("0.001", "0.001"), Product.PERP: ("0.0002", "0.0005")}
_TIERS: Final = (
    ("5000", 50, "0.01"), ("25000", 20, "0.025"), ("100000", 10, "0.05"),
    ("250000", 5, "0.1"), ("1000000", 2, "0.125"), ("10000000", 1, "0.5"),
)  # fmt: skip
"""Careful ones, for a contract of no table; the account's own brackets bind at the venue."""

STATUSES: Final[Mapping[str, str]] = {
    "TRADING": "trading", "PRE_TRADING": "halted", "POST_TRADING": "halted", "HALT": "halted",
    "AUCTION_MATCH": "halted", "BREAK": "halted", "END_OF_DAY": "halted",
    "PENDING_TRADING": "halted", "PRE_SETTLE": "halted", "SETTLING": "closed",
    "PRE_DELIVERING": "closed", "DELIVERING": "closed", "DELIVERED": "closed", "CLOSE": "closed",
}  # fmt: skip


def status_of(word: str) -> str:
    """Return the house's word for a status; an unknown one does not trade."""
    return STATUSES.get(word, "halted")


def listed(product: Product, info: ExchangeInfo) -> tuple[Listed, ...]:
    """Return the instruments of a list; what is neither spot nor a USDT perpetual is left out."""
    return tuple(_listed(product, symbols=info.symbols))


def _listed(product: Product, symbols: Iterable[Symbol]) -> Iterable[Listed]:
    for symbol in symbols:
        if product is Product.PERP and (
            symbol.contract_type != "PERPETUAL" or symbol.margin_asset != symbol.quote_asset
        ):
            continue
        if product is Product.SPOT and not symbol.is_spot_trading_allowed:
            continue
        word = symbol.status or symbol.contract_status
        instrument = instrument_of(product, symbol)
        if instrument is not None:
            yield Listed(instrument=instrument, symbol=symbol.symbol, status=status_of(word))


def instrument_of(product: Product, symbol: Symbol) -> Instrument | None:
    """Build an instrument; None for one whose filters do not fit any units."""
    filters = {one.filter_type: one for one in symbol.filters}
    price, lots = filters.get("PRICE_FILTER"), filters.get("LOT_SIZE")
    if price is None or lots is None:
        return None
    tick, lot = Decimal(price.tick_size), Decimal(lots.step_size)
    if tick <= 0 or lot <= 0:
        return None
    spot = product is Product.SPOT
    price_decimals = decimals_of(tick)
    if spot:
        price_decimals = max(price_decimals, min(_PRICE_MAX, price_decimals + _PRICE_MORE))
    else:
        price_decimals = max(price_decimals, symbol.price_precision)
    quantity_decimals = decimals_of(lot)
    if spot:
        quantity_decimals = max(quantity_decimals, symbol.base_asset_precision)
    money = max(MONEY_DECIMALS, price_decimals + quantity_decimals - _WORTH_MAX)
    name = f"{symbol.base_asset}/{symbol.quote_asset}" + ("" if spot else f":{symbol.quote_asset}")
    row = listing_at(name, NAME)
    maker, taker = (row.maker, row.taker) if row else _FEES[product]
    largest = min(Decimal(lots.max_qty), Decimal(_QUANTITY_MAX).scaleb(-quantity_decimals))
    return Instrument(
        name=name, venue=NAME, kind=Kind.SPOT if spot else Kind.LINEAR,
        base=symbol.base_asset, quote=symbol.quote_asset, settle=symbol.quote_asset,
        price_decimals=price_decimals, quantity_decimals=quantity_decimals, money_decimals=money,
        tick=Price(to_units(tick, price_decimals)), lot=Quantity(to_units(lot, quantity_decimals)),
        quantity_min=Quantity(to_units(lots.min_qty, quantity_decimals)),
        quantity_max=Quantity(int(largest.scaleb(quantity_decimals))),
        notional_min=Money(to_units(_notional(filters), money)),
        fees=Fees(maker=rate(maker), taker=rate(taker)),
        margin_tiers=() if spot else _tiers(row.tiers if row else _TIERS, money),
    )  # fmt: skip


def _notional(filters: Mapping[str, Filter]) -> str:
    for name in ("NOTIONAL", "MIN_NOTIONAL"):
        one = filters.get(name)
        if one is not None and (one.min_notional or one.notional):
            return one.min_notional or one.notional
    return "0"


def _tiers(rows: Iterable[tuple[str, int, str]], money: int) -> tuple[MarginTier, ...]:
    return tuple(
        MarginTier(
            notional_max=Money(to_units(notional, money)), leverage_max=leverage,
            maintenance_rate=rate(maintenance),
        )
        for notional, leverage, maintenance in rows
    )  # fmt: skip
