"""What this Gate lists, and in what its engine differs from other venues'.

Rule 1: a contract is `quanto_multiplier` coins and is traded in whole numbers.
Rule 2: coins are counted to 8 decimals, whatever the lot is.
"""

from decimal import Decimal
from typing import Final

from steelyard.exchange.hall.port import HallTerms
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.units import Money, Price, Quantity

TERMS: Final = HallTerms(
    name="gate",
    key_length=32,
    key_style="hex",
    id_scope="open",
    leverage=10,
    fee_in_coins=True,
    number_first=1_000_001,
)

_QUOTE: Final = "USDT"
_MONEY_DECIMALS: Final = 8
_COIN_DECIMALS: Final = 8
_PAIRS: Final = (
    # base, price decimals, amount decimals, least amount
    ("BTC", 1, 6, "0.00001"),
    ("ETH", 2, 5, "0.0001"),
    ("SOL", 2, 3, "0.001"),
)
_CONTRACTS: Final = (
    # base, price decimals, mark decimals, coins of a contract, leverage, maintenance
    ("BTC", 1, 2, "0.0001", 100, "0.005"),
    ("ETH", 2, 2, "0.01", 100, "0.005"),
    ("SOL", 2, 3, "1", 50, "0.01"),
)
_NOTIONAL_MIN: Final = Decimal(3)
_NOTIONAL_MAX: Final = Decimal(50_000_000)
_SIZE_MAX: Final = 1_000_000
_AMOUNT_MAX: Final = 10**16


def instruments() -> tuple[Instrument, ...]:
    """Return everything that is listed: spot first."""
    return (*(_pair(*row) for row in _PAIRS), *(_contract(*row) for row in _CONTRACTS))


def symbol_of(instrument: Instrument) -> str:
    """Return the symbol; a pair and a contract have the same."""
    return f"{instrument.base}_{instrument.quote}"


def amount_decimals(instrument: Instrument) -> int:
    """Return how many decimals an amount of coins may have."""
    lot = instrument.quantity_decimal(instrument.lot).normalize()
    exponent = lot.as_tuple().exponent
    return max(0, -int(exponent))


def _pair(base: str, prices: int, amounts: int, least: str) -> Instrument:
    unit = 10**_COIN_DECIMALS
    return Instrument(
        name=f"{base}/{_QUOTE}", venue=TERMS.name, kind=Kind.SPOT, base=base, quote=_QUOTE,
        settle=_QUOTE, price_decimals=prices, quantity_decimals=_COIN_DECIMALS,
        money_decimals=_MONEY_DECIMALS, tick=Price(1),
        lot=Quantity(10 ** (_COIN_DECIMALS - amounts)),
        quantity_min=Quantity(int(Decimal(least) * unit)), quantity_max=Quantity(_AMOUNT_MAX),
        notional_min=Money(int(_NOTIONAL_MIN.scaleb(_MONEY_DECIMALS))),
        fees=Fees(maker=rate("0.001"), taker=rate("0.001")),
    )  # fmt: skip


def _contract(
    base: str, prices: int, marks: int, coins: str, leverage: int, maintenance: str
) -> Instrument:
    decimals = max(prices, marks)
    return Instrument(
        name=f"{base}/{_QUOTE}:{_QUOTE}", venue=TERMS.name, kind=Kind.LINEAR, base=base,
        quote=_QUOTE, settle=_QUOTE, price_decimals=decimals, quantity_decimals=0,
        money_decimals=_MONEY_DECIMALS, tick=Price(10 ** (decimals - prices)), lot=Quantity(1),
        quantity_min=Quantity(1), quantity_max=Quantity(_SIZE_MAX), notional_min=Money(0),
        fees=Fees(maker=rate("0.0002"), taker=rate("0.0005")), multiplier=Decimal(coins),
        margin_tiers=(
            MarginTier(
                notional_max=Money(int(_NOTIONAL_MAX.scaleb(_MONEY_DECIMALS))),
                leverage_max=leverage, maintenance_rate=rate(maintenance),
            ),
        ),
    )  # fmt: skip
