"""What Bitget lists, as instruments.

Rule 1: quantities of perpetuals are base coins, as those of spot: the multiplier is 1.
Rule 2: a perpetual's tick is `priceEndStep` in its last place, its lot `sizeMultiplier`.
Rule 3: what is no USDT perpetual (delivery, other coins) is not listed.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.decimals import to_units
from steelyard.model.instruments import Fees, Instrument, Kind, rate
from steelyard.model.units import Money, Price, Quantity
from steelyard.model.venue_tables import MONEY_DECIMALS
from steelyard.venues.bitget.numbers import floor
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, name_of
from steelyard.venues.bitget.terms import NAME
from steelyard.venues.bitget.words import Contract, Pair
from steelyard.venues.native.dialect import Listed

COIN_DECIMALS: Final = 8
"""Fees of spot are taken in coins, which are finer than lots."""
_POWER_MAX: Final = 18
_QUANTITY_MAX: Final = 10**18
STATUSES: Final = {
    # spot
    "online": "trading", "gray": "trading", "halt": "halted", "offline": "closed",
    # perpetuals; closing is still taken where nothing may be opened
    "normal": "trading", "listed": "halted", "maintain": "halted", "limit_open": "halted",
    "restrictedAPI": "halted", "off": "closed",
}  # fmt: skip


def pair(word: Pair) -> Listed:
    """Return a spot pair."""
    price, size = int(word.price_precision), int(word.quantity_precision)
    quantity = max(size, COIN_DECIMALS)
    lot = 10 ** (quantity - size)
    money = _money_decimals(price, quantity)
    instrument = Instrument(
        name=name_of(SPOT, word.base_coin, word.quote_coin), venue=NAME, kind=Kind.SPOT,
        base=word.base_coin, quote=word.quote_coin, settle=word.quote_coin, price_decimals=price,
        quantity_decimals=quantity, money_decimals=money, tick=Price(1), lot=Quantity(lot),
        quantity_min=Quantity(max(lot, to_units(word.min_trade_amount or "0", quantity))),
        quantity_max=_largest(word.max_trade_amount, quantity),
        notional_min=Money(to_units(word.min_trade_usdt or "0", money)),
        fees=Fees(maker=rate(word.maker_fee_rate), taker=rate(word.taker_fee_rate)),
    )  # fmt: skip
    return Listed(
        instrument=instrument, symbol=word.symbol, status=STATUSES.get(word.status, "halted")
    )


def contract(word: Contract) -> Listed | None:
    """Return a perpetual; None: it is none that is traded here."""
    if word.symbol_type != "perpetual" or MARGIN_COIN not in word.support_margin_coins:
        return None
    price = int(word.price_place)
    quantity = max(
        int(word.volume_place), _places(word.size_multiplier), _places(word.min_trade_num)
    )
    money = _money_decimals(price, quantity)
    instrument = Instrument(
        name=name_of(PERPETUAL, word.base_coin, word.quote_coin), venue=NAME, kind=Kind.LINEAR,
        base=word.base_coin, quote=word.quote_coin, settle=MARGIN_COIN, price_decimals=price,
        quantity_decimals=quantity, money_decimals=money,
        tick=Price(int(word.price_end_step)),
        lot=Quantity(to_units(word.size_multiplier, quantity)),
        quantity_min=Quantity(to_units(word.min_trade_num, quantity)),
        quantity_max=_largest(word.max_order_qty, quantity),
        notional_min=Money(to_units(word.min_trade_usdt or "0", money)),
        fees=Fees(maker=rate(word.maker_fee_rate), taker=rate(word.taker_fee_rate)),
    )  # fmt: skip
    return Listed(
        instrument=instrument, symbol=word.symbol, status=STATUSES.get(word.symbol_status, "halted")
    )


def _largest(text: str, decimals: int) -> Quantity:
    return Quantity(min(_QUANTITY_MAX, floor(text, decimals) if text else _QUANTITY_MAX))


def _money_decimals(price: int, quantity: int) -> int:
    """Return 8, or as many more as keep worth's ratio inside 64 bits."""
    return max(MONEY_DECIMALS, price + quantity - _POWER_MAX)


def _places(text: str) -> int:
    exponent = Decimal(text).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
