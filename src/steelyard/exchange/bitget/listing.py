"""What this Bitget lists, and in what its engine differs from other venues'.

Rule 1: filters are those of April 2026, as far as the documentation prints them.
Rule 2: coins are counted to 8 decimals, whatever the lot is.
"""

from decimal import Decimal
from typing import Final

from steelyard.exchange.hall.port import HallTerms
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.units import Money, Price, Quantity

TERMS: Final = HallTerms(
    name="bitget",
    unified=False,
    passphrase=True,
    key_length=35,
    key_style="hex",
    id_scope="open",
    leverage=20,
    fee_in_coins=True,
    number_first=1_240_000_000_000_000_001,
)

_SPOT: Final = (
    # base, price places, quantity places
    ("BTC", 2, 6),
    ("ETH", 2, 4),
    ("SOL", 2, 4),
)
_PERPETUAL: Final = (
    # base, price places, quantity places, least, most, leverage
    ("BTC", 1, 4, "0.0001", "1200", 125),
    ("ETH", 2, 2, "0.01", "24000", 100),
    ("SOL", 3, 1, "0.1", "200000", 75),
)
_MONEY_DECIMALS: Final = 8
_COIN_DECIMALS: Final = 8
_SPOT_MOST: Final = 10**10
_LEAST_WORTH: Final = {Kind.SPOT: 1, Kind.LINEAR: 5}
TIERS: Final = (
    # worth up to, divisor of the largest leverage, maintenance rate
    (150_000, 1, "0.004"),
    (900_000, 2, "0.005"),
    (10_000_000, 4, "0.01"),
    (1_000_000_000, 12, "0.05"),
)


def instruments() -> tuple[Instrument, ...]:
    """Return everything that is listed: spot first."""
    spot = [_instrument(base, price, size, "0", str(_SPOT_MOST), 0) for base, price, size in _SPOT]
    return (*spot, *(_instrument(*row) for row in _PERPETUAL))


def symbol_of(instrument: Instrument) -> str:
    """Return the symbol, which both products share."""
    return instrument.base + instrument.quote


def _instrument(
    base: str, price: int, size: int, least: str, most: str, leverage: int
) -> Instrument:
    kind = Kind.LINEAR if leverage else Kind.SPOT
    tiers = tuple(
        MarginTier(
            notional_max=Money(worth * 10**_MONEY_DECIMALS),
            leverage_max=max(1, leverage // divisor),
            maintenance_rate=rate(maintenance),
        )
        for worth, divisor, maintenance in TIERS
    )
    fees = ("0.0002", "0.0006") if leverage else ("0.001", "0.001")
    units = size if leverage else _COIN_DECIMALS
    lot = 10 ** (units - size)
    return Instrument(
        name=f"{base}/USDT:USDT" if leverage else f"{base}/USDT", venue="bitget", kind=kind,
        base=base, quote="USDT", settle="USDT", price_decimals=price, quantity_decimals=units,
        money_decimals=_MONEY_DECIMALS, tick=Price(1), lot=Quantity(lot),
        quantity_min=Quantity(max(lot, int(Decimal(least).scaleb(units)))),
        quantity_max=Quantity(int(Decimal(most).scaleb(units))),
        notional_min=Money(_LEAST_WORTH[kind] * 10**_MONEY_DECIMALS),
        fees=Fees(maker=rate(fees[0]), taker=rate(fees[1])),
        margin_tiers=tiers if leverage else (),
    )  # fmt: skip
