"""Candles for pictures, out of any history: one more pass, chunk by chunk."""

import numpy as np

from steelyard.model.history import Chunk, History
from steelyard.model.kinds import BAR, QUOTE, TRADE_BUY, TRADE_SELL

CANDLE = np.dtype([(name, "i8") for name in ("ts_ns", "open", "high", "low", "close", "volume")])
_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200,
    86_400, 172_800, 604_800,
)  # fmt: skip
# What candles are drawn of: the first of these that the main instrument has, in all its chunks.
_FAMILIES = (frozenset({TRADE_BUY, TRADE_SELL}), frozenset({BAR}), frozenset({QUOTE}))


def candles_of(history: History, most: int = 2_000) -> np.ndarray:
    """Return at most about `most` candles of instrument 0; `ts_ns` is when one opens."""
    span_s = max(1, (history.end_ns - history.start_ns) // 1_000_000_000)
    step_s = next((s for s in _STEPS_S if span_s <= s * most), _STEPS_S[-1])
    step_ns = step_s * 1_000_000_000
    for family in _FAMILIES:
        if not history.kinds & family:
            continue
        parts = [_of_chunk(chunk, family, step_ns) for chunk in history.chunks()]
        if candles := [part for part in parts if len(part)]:
            return _merged(np.concatenate(candles))
    return np.zeros(0, CANDLE)


def _of_chunk(chunk: Chunk, family: frozenset[int], step_ns: int) -> np.ndarray:
    rows = np.isin(chunk.kind, list(family))
    if len(chunk.instrument):
        rows &= chunk.instrument == 0
    if not rows.any():
        return np.zeros(0, CANDLE)
    first = chunk.kind[rows][0]
    # A bar's time is its close; it belongs to the candle in which it ran.
    ts = chunk.ts_ns[rows] - (1 if first == BAR else 0)
    openings = chunk.a[rows]
    if first == BAR:
        highs, lows, closes, volume = (c[rows] for c in (chunk.b, chunk.c, chunk.d, chunk.e))
    elif first == QUOTE:
        openings = (chunk.a[rows] + chunk.c[rows]) // 2
        highs = lows = closes = openings
        volume = np.zeros_like(openings)
    else:
        highs = lows = closes = openings
        volume = chunk.b[rows]
    opens_at = ts // step_ns * step_ns
    starts = np.flatnonzero(np.append(True, opens_at[1:] != opens_at[:-1]))
    ends = np.append(starts[1:], len(ts)) - 1
    candles = np.zeros(len(starts), CANDLE)
    candles["ts_ns"] = opens_at[starts]
    candles["open"], candles["close"] = openings[starts], closes[ends]
    candles["high"] = np.maximum.reduceat(highs, starts)
    candles["low"] = np.minimum.reduceat(lows, starts)
    candles["volume"] = np.add.reduceat(volume, starts)
    return candles


def _merged(candles: np.ndarray) -> np.ndarray:
    """Join candles that a chunk's boundary cut in two."""
    starts = np.flatnonzero(np.append(True, candles["ts_ns"][1:] != candles["ts_ns"][:-1]))
    ends = np.append(starts[1:], len(candles)) - 1
    merged = candles[starts].copy()
    merged["close"] = candles["close"][ends]
    merged["high"] = np.maximum.reduceat(candles["high"], starts)
    merged["low"] = np.minimum.reduceat(candles["low"], starts)
    merged["volume"] = np.add.reduceat(candles["volume"], starts)
    return merged
