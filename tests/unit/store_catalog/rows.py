"""Small histories to store."""

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.history import Gap
from steelyard.model.instruments import Instrument
from steelyard.model.venue_tables import instrument_for
from steelyard.store.catalog.adding import Addition
from steelyard.store.catalog.columns import MemoryHistory, chunk_of
from steelyard.store.catalog.datasets import Source


def instrument(name: str = "BTC/USDT", price_decimals: int = 2) -> Instrument:
    made, _ = instrument_for(
        name, "binance", data_price_decimals=price_decimals, data_quantity_decimals=5
    )
    return made


def trades(
    ts: list[int], prices: list[int] | None = None, *, name: str = "BTC/USDT", decimals: int = 2
) -> MemoryHistory:
    count = len(ts)
    price = np.array(prices if prices is not None else range(1, count + 1), np.int64)
    return MemoryHistory(
        instruments=(instrument(name, decimals),),
        table=chunk_of(
            np.array(ts, np.int64),
            np.full(count, k.TRADE_BUY, np.int8),
            {"a": price, "b": np.ones(count, np.int64)},
        ),
    )


def bars(closes: list[int], prices: list[int], gaps: tuple[Gap, ...] = ()) -> MemoryHistory:
    column = np.array(prices, np.int64)
    return MemoryHistory(
        instruments=(instrument(),),
        table=chunk_of(
            np.array(closes, np.int64),
            np.full(len(closes), k.BAR, np.int8),
            dict.fromkeys("abcde", column),
        ),
        gaps=gaps,
    )


def addition(history: MemoryHistory, name: str = "file", interval_ns: int = 0) -> Addition:
    source = Source(
        name=name, family="test", rows=history.rows, start_ns=history.start_ns,
        end_ns=history.end_ns, sha256=name,
    )  # fmt: skip
    return Addition(history=history, interval_ns=interval_ns, sources=(source,))
