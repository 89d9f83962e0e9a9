"""Both processes of a paper house count in the same units, whatever units the data have."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from steelyard.app.paper import in_units_of
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import TRADE_BUY
from steelyard.model.venue_tables import instrument_for


def instrument(name: str, price: int, quantity: int) -> Instrument:
    found, _ = instrument_for(
        name, "binance", data_price_decimals=price, data_quantity_decimals=quantity
    )
    return found


@dataclass
class Data:
    """A history of one trade an instrument."""

    instruments: tuple[Instrument, ...]

    def chunks(self) -> Iterator[Chunk]:
        count = len(self.instruments)
        columns: dict[str, Any] = {
            "a": np.array([100 + i for i in range(count)], np.int64),
            "b": np.array([7] * count, np.int64),
        }
        empty = np.zeros(0, np.int64)
        yield Chunk(
            ts_ns=np.arange(count, dtype=np.int64),
            kind=np.full(count, TRADE_BUY, np.int8),
            instrument=np.arange(count, dtype=np.int16),
            **{name: columns.get(name, empty) for name in "abcde"},
        )


def test_rows_are_told_in_the_units_that_are_listed() -> None:
    ours = instrument("BTC/USDT:USDT", 2, 5)
    data = replace(ours, venue="sim", price_decimals=1, quantity_decimals=3)
    (chunk,) = in_units_of([ours], Data((data,)))  # type: ignore[arg-type]

    assert chunk.a.tolist() == [1_000]
    assert chunk.b.tolist() == [700]


def test_instruments_find_their_places_and_strangers_are_left_out() -> None:
    btc, eth = instrument("BTC/USDT", 2, 5), instrument("ETH/USDT", 2, 5)
    doge = instrument("DOGE/USDT", 5, 5)
    (chunk,) = in_units_of([btc, eth], Data((eth, doge, btc)))  # type: ignore[arg-type]

    assert chunk.instrument.tolist() == [1, 0]
    assert chunk.a.tolist() == [100, 102]
