"""Order flow around the middle price: when trades come, on which side, at what price and size.

Rule 1: a buyer pays the ask, a seller gets the bid; a quote stands before the trade that hits it.
Rule 2: times are whole milliseconds, as venues print them, and never go back.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.history import Chunk, Column
from steelyard.model.instruments import Instrument
from steelyard.services.marketdata.generation.paths import Path, ticks_of
from steelyard.services.marketdata.generation.settings import Emits, MarketSettings
from steelyard.services.marketdata.numbers import Floats
from steelyard.store.catalog.columns import chunk_of

_BLOCK: Final = 2**18
_MS_NS: Final = 10**6
_BURST_MS: Final = 1.0
_DEPTH_FACTOR: Final = 40.0  # what rests at the best price, against what trades
Signs: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


def flow_chunks(
    settings: MarketSettings, instrument: Instrument, rng: np.random.Generator
) -> Iterator[Chunk]:
    """Yield trades, quotes or both, a quarter of a million steps at a time."""
    path = Path(settings, rng, 1.0 / settings.trades_per_s)
    tick = float(instrument.price_decimal(instrument.tick))
    clock_ms = settings.start_ns / _MS_NS
    is_buy = True
    for start in range(0, settings.count, _BLOCK):
        steps = min(_BLOCK, settings.count - start)
        walk, volatility, pace = path.block(steps)
        times = clock_ms + _times(settings, rng, pace)
        clock_ms = float(times[-1])
        buys = _sides(settings, rng, steps, is_buy=is_buy)
        is_buy = bool(buys[-1])
        middle = ticks_of(walk, tick)
        spread = _spread(settings, rng, volatility)
        bid = np.maximum(middle - spread // 2, 1)
        ask = bid + spread
        ts = np.floor(times).astype(np.int64) * _MS_NS
        unit = int(instrument.tick)
        yield _rows(settings, instrument, rng, ts=ts, buys=buys, bid=bid * unit, ask=ask * unit)


def _rows(
    settings: MarketSettings,
    instrument: Instrument,
    rng: np.random.Generator,
    *,
    ts: Column,
    buys: Signs,
    bid: Column,
    ask: Column,
) -> Chunk:
    rows = len(ts)
    if settings.emits == Emits.TRADES:
        kind = np.where(buys, np.int8(k.TRADE_BUY), np.int8(k.TRADE_SELL))
        traded = quantities(settings, instrument, rng, rows)
        return chunk_of(ts, kind, {"a": np.where(buys, ask, bid), "b": traded})
    resting = [quantities(settings, instrument, rng, rows, _DEPTH_FACTOR) for _ in range(2)]
    quotes = {"a": bid, "b": resting[0], "c": ask, "d": resting[1]}
    if settings.emits == Emits.QUOTES:
        return chunk_of(ts, np.full(rows, k.QUOTE, np.int8), quotes)
    kind = np.empty(2 * rows, np.int8)
    kind[0::2] = k.QUOTE
    kind[1::2] = np.where(buys, np.int8(k.TRADE_BUY), np.int8(k.TRADE_SELL))
    trades = {
        "a": np.where(buys, ask, bid),
        "b": quantities(settings, instrument, rng, rows),
    }
    values = {}
    for name, column in quotes.items():
        both = np.zeros(2 * rows, np.int64)
        both[0::2] = column
        if name in trades:
            both[1::2] = trades[name]
        values[name] = both
    return chunk_of(np.repeat(ts, 2), kind, values)


def _times(settings: MarketSettings, rng: np.random.Generator, pace: Floats) -> Floats:
    """Return milliseconds since the block's start: a busy regime is faster, bursts are dense."""
    waits = rng.standard_exponential(len(pace))
    bursts = rng.random(len(pace)) < settings.burst_ratio
    # The waits between bursts are longer, so that the mean stays what was asked for.
    between = 1_000 / settings.trades_per_s / (1 - settings.burst_ratio)
    waits *= np.where(bursts, _BURST_MS, between / pace)
    return np.cumsum(waits, out=waits)


def _sides(
    settings: MarketSettings, rng: np.random.Generator, steps: int, *, is_buy: bool
) -> Signs:
    flips = rng.random(steps) < (1 - settings.persistence) / 2
    odd = (np.cumsum(flips, dtype=np.int32) & 1).astype(np.bool_)
    return ~odd if is_buy else odd


def _spread(settings: MarketSettings, rng: np.random.Generator, volatility: Floats) -> Column:
    """Return the spread in ticks: at least one, wider when prices move more."""
    wider = rng.standard_exponential(len(volatility)) * volatility * (settings.spread_ticks - 1)
    return 1 + wider.astype(np.int64)


def quantities(
    settings: MarketSettings,
    instrument: Instrument,
    rng: np.random.Generator,
    rows: int,
    factor: float = 1.0,
) -> Column:
    """Return log-normal sizes in whole lots, at least the smallest order."""
    coins = rng.standard_normal(rows)
    coins *= settings.quantity_sigma
    np.exp(coins, out=coins)
    per_contract = float(instrument.multiplier)
    lot = float(instrument.quantity_decimal(instrument.lot)) * per_contract
    lots = np.rint(coins * (settings.quantity_median * factor / lot)).astype(np.int64)
    least = -(-int(instrument.quantity_min) // int(instrument.lot))
    return np.maximum(lots, max(least, 1)) * np.int64(instrument.lot)
