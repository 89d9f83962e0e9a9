"""OKX's listing as instruments.

Rule 1: a swap's quantity is counted in contracts, its multiplier is ctVal × ctMult base coins.
Rule 2: decimals are those of tick and lot, two more for the price: OKX changes ticks, and an
instrument's units are fixed for its life.
Rule 3: what this dialect does not trade (inverse, dated, options) is left out.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.decimals import decimals_of, parse_decimal, to_units
from steelyard.model.errors import InputError
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.units import Money, Price, Quantity
from steelyard.venues.native.dialect import Listed
from steelyard.venues.okx.symbols import SPOT, SWAP, name_of
from steelyard.venues.okx.terms import NAME
from steelyard.venues.okx.words import Listing

STATUSES: Final = {
    "live": "trading",
    "suspend": "halted",
    "preopen": "halted",
    "test": "halted",
    "rebase": "halted",
    "post_only": "halted",
    "settling": "halted",
    "expired": "closed",
}
"""By OKX's word; another one counts as halted."""

# Before a person's own rates are asked for (`profile`): those of a regular user.
_FEES: Final = {
    SPOT: Fees(maker=rate("0.0008"), taker=rate("0.001")),
    SWAP: Fees(maker=rate("0.0002"), taker=rate("0.0005")),
}
_MAINTENANCE: Final = rate("0.004")
_SPARE_PRICE_DECIMALS: Final = 2
_MONEY_DECIMALS: Final = 8
COIN_DECIMALS: Final = 8
"""Fees of spot are taken in coins, which are finer than lots."""
_POWER_MAX: Final = 18
_QUANTITY_MAX: Final = 10**18
_MONEY_MAX: Final = Money(10**18)


def status_of(word: str) -> str:
    """Return `trading`, `halted` or `closed`."""
    return STATUSES.get(word, "halted")


def listed(row: Listing) -> Listed | None:
    """Return the instrument of a row; None: not of this dialect's products."""
    if row.inst_type == SWAP and row.ct_type != "linear":
        return None
    if row.inst_type not in {SPOT, SWAP} or not row.tick_sz or not row.lot_sz:
        return None
    try:
        name = name_of(row.inst_id)
    except InputError:
        return None
    return Listed(
        instrument=_instrument(name, row), symbol=row.inst_id, status=status_of(row.state)
    )


def _instrument(name: str, row: Listing) -> Instrument:
    pair, _, settle = name.partition(":")
    base, _, quote = pair.partition("/")
    multiplier = _multiplier(row)
    tick, lot = parse_decimal(row.tick_sz), parse_decimal(row.lot_sz)
    least = parse_decimal(row.min_sz or row.lot_sz)
    quantity_decimals = max(decimals_of(lot), decimals_of(least))
    if row.inst_type == SPOT:
        quantity_decimals = max(quantity_decimals, COIN_DECIMALS)
    price_decimals = decimals_of(tick)
    taken = price_decimals + quantity_decimals + decimals_of(multiplier)
    if taken + _SPARE_PRICE_DECIMALS <= _POWER_MAX + _MONEY_DECIMALS:
        price_decimals += _SPARE_PRICE_DECIMALS
        taken += _SPARE_PRICE_DECIMALS
    money_decimals = max(_MONEY_DECIMALS, taken - _POWER_MAX)
    largest = Decimal(_QUANTITY_MAX).scaleb(-quantity_decimals)
    if row.max_lmt_sz:
        largest = min(largest, parse_decimal(row.max_lmt_sz))
    return Instrument(
        name=name, venue=NAME, kind=Kind.LINEAR if settle else Kind.SPOT,
        base=base, quote=quote, settle=settle or quote,
        price_decimals=price_decimals, quantity_decimals=quantity_decimals,
        money_decimals=money_decimals,
        tick=Price(to_units(tick, price_decimals)),
        lot=Quantity(to_units(lot, quantity_decimals)),
        quantity_min=Quantity(to_units(least, quantity_decimals)),
        quantity_max=Quantity(int(largest.scaleb(quantity_decimals))),
        notional_min=Money(0),
        fees=_FEES[row.inst_type],
        multiplier=multiplier,
        margin_tiers=_tiers(row) if settle else (),
    )  # fmt: skip


def _multiplier(row: Listing) -> Decimal:
    if row.inst_type == SPOT:
        return Decimal(1)
    return parse_decimal(row.ct_val) * parse_decimal(row.ct_mult or "1")


def _tiers(row: Listing) -> tuple[MarginTier, ...]:
    """Return one tier of the largest leverage: position tiers are another endpoint's."""
    leverage = int(parse_decimal(row.lever)) if row.lever else 1
    return (
        MarginTier(notional_max=_MONEY_MAX, leverage_max=leverage, maintenance_rate=_MAINTENANCE),
    )
