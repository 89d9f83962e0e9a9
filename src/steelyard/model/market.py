"""What a market tells beside trades and best quotes, as frozen values in the instrument's units.

`instrument` is the place in the list that the feed was made for.
"""

from typing import TypeAlias

from msgspec import Struct

from steelyard.model.units import Nanos, Price, Rate

Level: TypeAlias = tuple[int, int]
"""(price, quantity); quantity 0 removes the level."""


class Depth(Struct, frozen=True, kw_only=True):
    """Levels of the order book changed; a `snapshot` replaces everything known before."""

    ts_ns: Nanos
    instrument: int = 0
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    snapshot: bool = False


class Mark(Struct, frozen=True, kw_only=True):
    """The price by which margin is judged; `index` 0: not told."""

    ts_ns: Nanos
    instrument: int = 0
    mark: Price
    index: Price = Price(0)


class FundingRate(Struct, frozen=True, kw_only=True):
    """The rate that longs pay shorts at `next_ns`, as far as it is known now."""

    ts_ns: Nanos
    instrument: int = 0
    rate: Rate
    next_ns: Nanos


class InstrumentStatus(Struct, frozen=True, kw_only=True):
    """Whether the instrument trades: `trading`, `halted`, `closed`; `venue_word` as it was told."""

    ts_ns: Nanos
    instrument: int = 0
    status: str
    venue_word: str = ""
