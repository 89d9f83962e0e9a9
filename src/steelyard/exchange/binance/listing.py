"""What this Binance lists, and in what its engine differs from other venues'.

Rule: filters are near those Binance has; spot writes every number with eight decimals.
"""

from decimal import Decimal
from typing import Final

from steelyard.exchange.hall.port import HallTerms
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.units import Money, Price, Quantity

TERMS: Final = HallTerms(
    name="binance", key_length=64, id_scope="open", leverage=20, fee_in_coins=True,
    number_first=8_389_765_500_000,
)  # fmt: skip

_MONEY: Final = 8
_SPOT: Final = (
    # base, tick, lot, most
    ("BTC", "0.01", "0.00001", "9000"),
    ("ETH", "0.01", "0.0001", "9000"),
    ("SOL", "0.01", "0.001", "90000"),
)
_PERP: Final = (
    ("BTC", "0.1", "0.001", "1000"),
    ("ETH", "0.01", "0.001", "10000"),
    ("SOL", "0.01", "0.01", "100000"),
)
_NOTIONAL: Final = "5"
_TIERS: Final = (
    ("50000", 125, "0.004"), ("600000", 100, "0.005"), ("3000000", 75, "0.0065"),
    ("12000000", 50, "0.01"), ("70000000", 25, "0.02"), ("1000000000", 10, "0.05"),
)  # fmt: skip


def instruments() -> tuple[Instrument, ...]:
    """Return everything that is listed: spot first."""
    return (
        *(_instrument(*row, perp=False) for row in _SPOT),
        *(_instrument(*row, perp=True) for row in _PERP),
    )


def symbol_of(instrument: Instrument) -> str:
    """Return the symbol."""
    return instrument.base + instrument.quote


def _instrument(base: str, tick: str, lot: str, most: str, *, perp: bool) -> Instrument:
    prices, quantities = 2, (3 if perp else 8)

    def quantity(text: str) -> Quantity:
        return Quantity(int(Decimal(text).scaleb(quantities)))

    tiers = tuple(
        MarginTier(
            notional_max=Money(int(notional) * 10**_MONEY), leverage_max=leverage,
            maintenance_rate=rate(maintenance),
        )
        for notional, leverage, maintenance in _TIERS
    )  # fmt: skip
    fees = ("0.0002", "0.0005") if perp else ("0.001", "0.001")
    return Instrument(
        name=f"{base}/USDT:USDT" if perp else f"{base}/USDT", venue="binance",
        kind=Kind.LINEAR if perp else Kind.SPOT, base=base, quote="USDT", settle="USDT",
        price_decimals=prices, quantity_decimals=quantities, money_decimals=_MONEY,
        tick=Price(int(Decimal(tick).scaleb(prices))), lot=quantity(lot),
        quantity_min=quantity(lot), quantity_max=quantity(most),
        notional_min=Money(int(_NOTIONAL) * 10**_MONEY),
        fees=Fees(maker=rate(fees[0]), taker=rate(fees[1])), margin_tiers=tiers if perp else (),
    )  # fmt: skip
