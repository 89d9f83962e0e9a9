"""Unified names and Gate's symbols: a pair and a contract are spelt alike, `BTC_USDT`.

Rule 1: which of the two a symbol means follows from where it stands, never from its spelling.
"""

from collections.abc import Sequence

from steelyard.model.instruments import Instrument, Kind


def symbol_of(name: str) -> str:
    """Return the symbol of a unified name: `BTC/USDT` and `BTC/USDT:USDT` are `BTC_USDT`."""
    pair = name.partition(":")[0]
    base, _, quote = pair.partition("/")
    return f"{base}_{quote}"


def pair_name(base: str, quote: str) -> str:
    """Return the unified name of a spot pair."""
    return f"{base}/{quote}"


def contract_name(symbol: str, settle: str) -> str:
    """Return the unified name of a perpetual."""
    base, _, quote = symbol.rpartition("_")
    return f"{base}/{quote}:{settle}"


class Symbols:
    """The symbols of a list of instruments, by product."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Give each instrument its place in the list."""
        self.instruments = tuple(instruments)
        self.texts = tuple(symbol_of(instrument.name) for instrument in instruments)
        self.spot: dict[str, int] = {}
        self.perp: dict[str, int] = {}
        for place, instrument in enumerate(instruments):
            group = self.spot if instrument.kind == Kind.SPOT else self.perp
            group[self.texts[place]] = place

    def is_spot(self, place: int) -> bool:
        """Say of which product an instrument is."""
        return self.instruments[place].kind == Kind.SPOT

    def places(self, *, spot: bool) -> tuple[int, ...]:
        """Return the instruments of a product."""
        return tuple((self.spot if spot else self.perp).values())
