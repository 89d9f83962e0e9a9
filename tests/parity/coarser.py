"""Bars made of trades, as a venue would print them."""

from dataclasses import replace

import numpy as np

from steelyard.model.history import Chunk
from steelyard.model.kinds import BAR, TRADE_SELL
from steelyard.store.catalog.columns import MemoryHistory


def trades_alone(history: MemoryHistory) -> MemoryHistory:
    """Drop everything that is no trade."""
    table = history.table
    kept = table.kind <= TRADE_SELL
    none = np.zeros(0, np.int64)
    return replace(history, table=Chunk(
        ts_ns=table.ts_ns[kept], kind=table.kind[kept], instrument=table.instrument,
        a=table.a[kept], b=table.b[kept], c=none, d=none, e=none,
    ))  # fmt: skip


def bars_of(trades: MemoryHistory, step_ns: int) -> MemoryHistory:
    """Fold trades into bars; an interval without a trade has none. A bar's time is its close."""
    table = trades.table
    opened = table.ts_ns // step_ns
    starts = np.flatnonzero(np.append(True, opened[1:] != opened[:-1]))
    ends = np.append(starts[1:], len(opened)) - 1
    price, quantity = table.a, table.b
    return replace(trades, interval_ns=step_ns, table=Chunk(
        ts_ns=(opened[starts] + 1) * step_ns, kind=np.full(len(starts), BAR, np.int8),
        instrument=table.instrument, a=price[starts], b=np.maximum.reduceat(price, starts),
        c=np.minimum.reduceat(price, starts), d=price[ends],
        e=np.add.reduceat(quantity, starts),
    ))  # fmt: skip
