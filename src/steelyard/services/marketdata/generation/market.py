"""A generated market as a history: the same seed and settings give the same rows, every time.

Rule: rows are made while they are read; nothing but one block lies in memory.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.decimals import decimals_of, to_units
from steelyard.model.history import Assumption, Chunk, Gap
from steelyard.model.instruments import Instrument
from steelyard.model.units import Price
from steelyard.model.venue_tables import instrument_for
from steelyard.services.marketdata.generation.bars import bar_chunks
from steelyard.services.marketdata.generation.flow import flow_chunks
from steelyard.services.marketdata.generation.settings import Emits, MarketSettings
from steelyard.store.catalog.columns import VALUE_COLUMNS, MemoryHistory

_PRICE_DECIMALS, _QUANTITY_DECIMALS = 2, 5
_KINDS = {
    Emits.TRADES: frozenset({k.TRADE_BUY, k.TRADE_SELL}),
    Emits.QUOTES: frozenset({k.QUOTE}),
    Emits.BOTH: frozenset({k.TRADE_BUY, k.TRADE_SELL, k.QUOTE}),
    Emits.BARS: frozenset({k.BAR}),
}
_PENALTY = 20
VENUE = "sim"


def generate(settings: MarketSettings, rng: np.random.Generator) -> "GeneratedHistory":
    """Return the market that `rng`, in its present state, makes; `rng` itself is not used up."""
    return GeneratedHistory(settings, rng)


@dataclass(frozen=True)
class GeneratedHistory:
    """A market that exists while it is read."""

    settings: MarketSettings
    rng: np.random.Generator

    def __post_init__(self) -> None:
        """Keep the generator's state: the caller may go on drawing from it."""
        object.__setattr__(self, "rng", deepcopy(self.rng))

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        return (_instrument(self.settings),)

    @property
    def rows(self) -> int:
        return self.settings.count * (2 if self.settings.emits == Emits.BOTH else 1)

    @property
    def kinds(self) -> frozenset[int]:
        return _KINDS[self.settings.emits]

    @property
    def interval_ns(self) -> int:
        return self.settings.interval_ns if self.settings.emits == Emits.BARS else 0

    @property
    def start_ns(self) -> int:
        return self._ends[0]

    @property
    def end_ns(self) -> int:
        return self._ends[1]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return ()

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        why = "the rows were generated, no venue printed them"
        return (Assumption(what="the market is made up", why=why, penalty=_PENALTY),)

    def chunks(self) -> Iterator[Chunk]:
        """Make the rows, from the same state of chance every time."""
        make = bar_chunks if self.settings.emits == Emits.BARS else flow_chunks
        yield from make(self.settings, self.instruments[0], deepcopy(self.rng))

    def in_memory(self) -> MemoryHistory:
        """Make all rows at once."""
        chunks = list(self.chunks())
        names = ("ts_ns", "kind", "instrument", *VALUE_COLUMNS)
        table = Chunk(
            **{name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in names}
        )
        return MemoryHistory(
            instruments=self.instruments,
            table=table,
            assumptions=self.assumptions,
            interval_ns=self.interval_ns,
        )

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """Find the first and the last time; for trades that means making them once."""
        first, last = 0, 0
        for chunk in self.chunks():
            first = first or int(chunk.ts_ns[0])
            last = int(chunk.ts_ns[-1])
        return first, last


def _instrument(settings: MarketSettings) -> Instrument:
    tick = settings.tick
    instrument, _ = instrument_for(
        settings.instrument,
        settings.venue,
        data_price_decimals=_PRICE_DECIMALS if tick is None else decimals_of(tick),
        data_quantity_decimals=_QUANTITY_DECIMALS if ":" not in settings.instrument else 0,
        at_ns=settings.start_ns,
    )
    step = instrument.tick if tick is None else Price(to_units(tick, instrument.price_decimals))
    # A venue of its own: in the catalog a made-up market never mixes with a real one.
    return replace(instrument, venue=VENUE, tick=step)
