"""What this OKX lists, and in what its engine differs from other venues'.

Rule 1: filters are those OKX had in April 2026; a swap's contract is `ctVal` coins.
Rule 2: coins are counted to 8 decimals, whatever the lot is; no order is larger than that allows.
"""

from decimal import Decimal
from typing import Final

from steelyard.exchange.hall.port import HallTerms
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.units import Money, Price, Quantity

TERMS: Final = HallTerms(
    name="okx",
    unified=True,
    passphrase=True,
    key_length=32,
    key_style="uuid",
    id_scope="open",
    leverage=5,
    fee_in_coins=True,
    number_first=680_800_019_749_904_384,
)

_FIRST_CODE: Final = 10_459
_SPOT: Final = (
    # base, tick, lot, least, most
    ("BTC", "0.1", "0.00000001", "0.00001", "9999999999"),
    ("ETH", "0.01", "0.000001", "0.0001", "9999999999"),
    ("SOL", "0.01", "0.000001", "0.01", "9999999999"),
)
_SWAPS: Final = (
    # base, tick, lot, least, most, coins of a contract, leverage
    ("BTC", "0.1", "0.01", "0.01", "100000000", "0.01", 100),
    ("ETH", "0.01", "0.01", "0.01", "100000000", "0.1", 100),
    ("SOL", "0.01", "0.01", "0.01", "100000000", "1", 50),
)
_MONEY_DECIMALS: Final = 8
_COIN_DECIMALS: Final = 8
_TIERS: Final = (
    # notional up to, divisor of the largest leverage, maintenance rate
    ("1000000", 1, "0.004"),
    ("10000000", 2, "0.0075"),
    ("50000000", 5, "0.02"),
    ("1000000000", 20, "0.1"),
)


def instruments() -> tuple[Instrument, ...]:
    """Return everything that is listed: spot first."""
    spot = [_instrument(*row, "1", 1, is_swap=False) for row in _SPOT]
    swaps = [_instrument(*row, is_swap=True) for row in _SWAPS]
    return (*spot, *swaps)


def symbol_of(instrument: Instrument) -> str:
    """Return the `instId`."""
    symbol = f"{instrument.base}-{instrument.quote}"
    return symbol if instrument.kind == Kind.SPOT else f"{symbol}-SWAP"


def code_of(place: int) -> int:
    """Return the `instIdCode`."""
    return _FIRST_CODE + place


def place_of_code(code: int) -> int:
    """Return the place of an instrument in the listing."""
    return code - _FIRST_CODE


def _instrument(
    base: str, tick: str, lot: str, least: str, most: str, coins: str, leverage: int, *,
    is_swap: bool,
) -> Instrument:  # fmt: skip
    price_decimals = len(tick.partition(".")[2]) + 1
    quantity_decimals = len(lot.partition(".")[2]) if is_swap else _COIN_DECIMALS

    def price(text: str) -> Price:
        return Price(int(Decimal(text).scaleb(price_decimals)))

    def quantity(text: str) -> Quantity:
        return Quantity(int(Decimal(text).scaleb(quantity_decimals)))

    tiers = tuple(
        MarginTier(
            notional_max=Money(int(notional) * 10**_MONEY_DECIMALS),
            leverage_max=max(1, leverage // divisor),
            maintenance_rate=rate(maintenance),
        )
        for notional, divisor, maintenance in _TIERS
    )
    fees = ("0.0002", "0.0005") if is_swap else ("0.0008", "0.001")
    return Instrument(
        name=f"{base}/USDT:USDT" if is_swap else f"{base}/USDT", venue="okx",
        kind=Kind.LINEAR if is_swap else Kind.SPOT, base=base, quote="USDT", settle="USDT",
        price_decimals=price_decimals, quantity_decimals=quantity_decimals,
        money_decimals=_MONEY_DECIMALS, tick=price(tick), lot=quantity(lot),
        quantity_min=quantity(least), quantity_max=quantity(most), notional_min=Money(0),
        fees=Fees(maker=rate(fees[0]), taker=rate(fees[1])), multiplier=Decimal(coins),
        margin_tiers=tiers if is_swap else (),
    )  # fmt: skip
