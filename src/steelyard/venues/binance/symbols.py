"""Names: `BTC/USDT` and `BTC/USDT:USDT` here, `BTCUSDT` for both there.

Rule 1: a symbol alone does not say which system it belongs to; every lookup is of one product.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument, Kind
from steelyard.venues.binance.terms import Product, product_of


def symbol_of(instrument: Instrument) -> str:
    """Return Binance's symbol of an instrument."""
    if instrument.kind == Kind.INVERSE or (
        instrument.kind == Kind.LINEAR and instrument.settle != instrument.quote
    ):
        raise ConfigurationError(
            f"{instrument.name}: allowed are spot and perpetuals that settle in their quote"
        )
    return instrument.base + instrument.quote


class Symbols:
    """The instruments of one account or feed, by product and symbol."""

    __slots__ = ("by_product", "instruments", "products", "symbols")

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Know these; each is called by its place."""
        self.instruments: Final = tuple(instruments)
        self.products: Final = tuple(product_of(instrument) for instrument in instruments)
        self.symbols: Final = tuple(symbol_of(instrument) for instrument in instruments)
        by_product: dict[Product, dict[str, int]] = {product: {} for product in Product}
        for place, (product, symbol) in enumerate(zip(self.products, self.symbols, strict=True)):
            by_product[product][symbol] = place
        self.by_product: Final[Mapping[Product, Mapping[str, int]]] = by_product

    def find(self, product: Product, symbol: str) -> int:
        """Return the place of a symbol, -1 when it is none of ours."""
        return self.by_product[product].get(symbol, -1)

    def places(self, product: Product) -> tuple[int, ...]:
        """Return the places of one product's instruments."""
        return tuple(self.by_product[product].values())
