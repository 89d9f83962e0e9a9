"""A trade's fee as its venue took it: from the money, from the coins traded, or from a third coin.

Rule 1: of spot, a fee in the base coin is coins, counted up to the next unit: what is believed to
be held is never more than what is there. A rebate in coins is counted down. A perpetual holds no
coins: there such a fee is its worth at the trade's price.
Rule 2: a fee in a third coin (BNB, BGB, GT, points) has no price here: it is the rate of the
instrument's terms on what was traded, and says which coin it stands for. The coin is in no book.
"""

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NamedTuple

from steelyard.model.instruments import Instrument, Kind, rate_decimal

_WIDE: Final = Context(prec=80)


class Taken(NamedTuple):
    """What a trade cost: money, coins of what was traded, and the coin of an estimate."""

    fee: int = 0
    coin_fee: int = 0
    estimated: str = ""


def taken(
    instrument: Instrument, coin: str, paid: Decimal, *, price: int, quantity: int, maker: bool,
) -> Taken:  # fmt: skip
    """Read a fee of `paid` (negative: a rebate) in `coin`, on a trade in the instrument's units."""
    if not paid:
        return Taken()
    if coin == instrument.settle:
        return Taken(fee=_whole(paid, instrument.money_decimals, ROUND_HALF_EVEN))
    if coin == instrument.base:
        if instrument.kind == Kind.SPOT:
            return Taken(coin_fee=_whole(paid, instrument.quantity_decimals, ROUND_CEILING))
        worth = _WIDE.multiply(paid, instrument.price_decimal(price))
        return Taken(fee=_whole(worth, instrument.money_decimals, ROUND_HALF_EVEN))
    rate = instrument.fees.maker if maker else instrument.fees.taker
    coins = _WIDE.multiply(instrument.quantity_decimal(quantity), instrument.multiplier)
    worth = _WIDE.multiply(instrument.price_decimal(price), coins)
    fee = _WIDE.multiply(worth, rate_decimal(rate))
    return Taken(
        fee=_whole(fee, instrument.money_decimals, ROUND_HALF_EVEN),
        estimated=coin or "another coin",
    )


def _whole(value: Decimal, decimals: int, rounding: str) -> int:
    return int(value.scaleb(decimals, _WIDE).to_integral_value(rounding, _WIDE))
