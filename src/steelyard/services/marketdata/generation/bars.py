"""Generated bars: each is walked in small steps, its extremes are those of the walk."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument
from steelyard.services.marketdata.generation.flow import quantities
from steelyard.services.marketdata.generation.paths import Path, ticks_of
from steelyard.services.marketdata.generation.settings import MarketSettings
from steelyard.store.catalog.columns import chunk_of

_STEPS: Final = 16
_BLOCK: Final = 2**16
_SECOND_NS: Final = 10**9


def bar_chunks(
    settings: MarketSettings, instrument: Instrument, rng: np.random.Generator
) -> Iterator[Chunk]:
    """Yield bars; a bar opens where the one before closed."""
    interval_s = settings.interval_ns / _SECOND_NS
    path = Path(settings, rng, interval_s / _STEPS)
    tick = float(instrument.price_decimal(instrument.tick))
    last = int(ticks_of(np.array([path.level]), tick)[0])
    trades = max(1.0, interval_s * settings.trades_per_s)
    for start in range(0, settings.count, _BLOCK):
        bars = min(_BLOCK, settings.count - start)
        walk, volatility, pace = path.block(bars * _STEPS)
        prices = ticks_of(walk, tick).reshape(bars, _STEPS)
        close = prices[:, -1]
        opened = np.concatenate(([last], close[:-1]))
        last = int(close[-1])
        high = np.maximum(prices.max(axis=1), opened)
        low = np.minimum(prices.min(axis=1), opened)
        busy = (volatility * pace).reshape(bars, _STEPS).mean(axis=1)
        volume = quantities(settings, instrument, rng, bars, trades)
        volume = np.maximum((volume * busy).astype(np.int64) // instrument.lot, 1) * instrument.lot
        first = settings.start_ns + (start + 1) * settings.interval_ns
        ts = first + np.arange(bars, dtype=np.int64) * settings.interval_ns
        unit = int(instrument.tick)
        values = {"a": opened, "b": high, "c": low, "d": close}
        columns = {name: column * unit for name, column in values.items()}
        yield chunk_of(ts, np.full(bars, k.BAR, np.int8), {**columns, "e": volume})
