"""Unified names and Bitget's symbols.

Rule 1: spot and USDT perpetuals share their symbols (`BTCUSDT`): a product belongs to each of them.
Rule 2: what is neither is a mistake of the configuration, told at once.
"""

from collections.abc import Sequence
from typing import Final

from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument, Kind

SPOT: Final = "SPOT"
PERPETUAL: Final = "USDT-FUTURES"
MARGIN_COIN: Final = "USDT"


def name_of(product: str, base: str, quote: str) -> str:
    """Return the unified name."""
    return f"{base}/{quote}" if product == SPOT else f"{base}/{quote}:{quote}"


def symbol_of(instrument: Instrument) -> str:
    """Return the venue's symbol."""
    return instrument.base + instrument.quote


def product_of(instrument: Instrument) -> str:
    """Return which product an instrument belongs to."""
    if instrument.kind == Kind.SPOT:
        return SPOT
    if instrument.kind == Kind.LINEAR and instrument.settle == MARGIN_COIN:
        return PERPETUAL
    raise ConfigurationError(
        f"{instrument.name} at bitget: allowed are spot and perpetuals that settle in USDT"
    )


class Symbols:
    """The instruments an account or feed was made for, by product and symbol."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Number them by their place in the list."""
        self.instruments = tuple(instruments)
        self.products = tuple(product_of(each) for each in self.instruments)
        self.symbols = tuple(symbol_of(each) for each in self.instruments)
        self._index = {
            pair: index for index, pair in enumerate(zip(self.products, self.symbols, strict=True))
        }

    def find(self, product: str, symbol: str) -> int:
        """Return the number of an instrument; -1: it is none of ours."""
        index = self._index.get((product, symbol), -1)
        # Some answers print symbols in lower case.
        return index if index >= 0 else self._index.get((product, symbol.upper()), -1)

    def of(self, product: str) -> tuple[int, ...]:
        """Return the instruments of a product."""
        return tuple(index for index, each in enumerate(self.products) if each == product)
