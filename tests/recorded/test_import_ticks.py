"""Trades, quotes and depth tables."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.model import kinds as k
from steelyard.services.marketdata.importing import import_files
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.catalog import Catalog
from tests.recorded.market_files import market_file

TRADES = frozenset({k.TRADE_BUY, k.TRADE_SELL})
DEPTH = frozenset({k.DEPTH_BID, k.DEPTH_ASK})
FILES = [
    ("binance_spot/BTCUSDT-trades-20210108.parquet", "BTC/USDT", 2001, TRADES),
    ("binance_spot/BTCUSDT-quotes-20210108.parquet", "BTC/USDT", 451, frozenset({k.QUOTE})),
    ("binance_spot/XRPETH-trades-201910_.feather", "XRP/ETH", 12477, TRADES),
    ("misc/ETH-USDT-trades-20230202.csv", "ETH/USDT", 1000, TRADES),
    ("binance_usdm/BTCUSDT-depth-snap.csv", "BTC/USDT:USDT", 101, {k.DEPTH_BID, k.DEPTH_CLEAR}),
    ("binance_usdm/BTCUSDT-depth-update.csv", "BTC/USDT:USDT", 100, DEPTH),
    (
        "tardis/binance-futures_book_snapshot_5_BTCUSDT.csv", "BTC/USDT:USDT", 110,
        DEPTH | {k.DEPTH_CLEAR},
    ),
]  # fmt: skip


@pytest.mark.parametrize("name,instrument,rows,kinds", FILES)
def test_ticks_open_as_they_lie(
    name: str, instrument: str, rows: int, kinds: frozenset[int]
) -> None:
    history = open_history(market_file(f"ticks/{name}"))

    assert history.instruments[0].name == instrument
    assert (history.rows, history.kinds) == (rows, kinds)


def test_the_takers_side_and_the_exact_numbers_are_kept() -> None:
    path = market_file("ticks/binance_spot/BTCUSDT-trades-20210108.parquet")
    frame = pl.read_parquet(path)
    history = open_history(path)
    (instrument,) = history.instruments
    chunk = next(history.chunks())

    sold = (frame["buyer_maker"] == "True").to_numpy()
    assert np.array_equal(chunk.kind == k.TRADE_SELL, sold)
    assert np.array_equal(chunk.a / 10**instrument.price_decimals, frame["price"].to_numpy())
    assert np.array_equal(chunk.ts_ns, frame["timestamp"].dt.epoch("ms").to_numpy() * 10**6)
    # sums of floats in the file: 0.0043760000000001 is 0.004376
    assert np.allclose(
        chunk.b / 10**instrument.quantity_decimals, frame["quantity"].to_numpy(), atol=1e-9
    )


def test_prices_finer_than_the_tables_tick_set_the_tick() -> None:
    history = open_history(market_file("ticks/binance_spot/XRPETH-trades-201910_.feather"))
    (instrument,) = history.instruments

    assert instrument.price_text(instrument.tick) == "0.00000001"
    told = {one.what for one in history.assumptions}
    assert "the tick is 0.00000001, as fine as the data" in told


def test_a_file_without_a_venue_in_its_name_says_which_one_is_assumed() -> None:
    path = market_file("ticks/misc/ETH-USDT-trades-20230202.csv")

    assert "the venue is binance" in {one.what for one in open_history(path).assumptions}
    assert open_history(path, venue="gate").instruments[0].venue == "gate"


def test_a_jump_of_the_update_ids_is_a_gap() -> None:
    history = open_history(market_file("ticks/binance_usdm/BTCUSDT-depth-update.csv"))

    assert [gap.reason for gap in history.gaps] == ["no snapshot before the updates"]


def test_snapshot_and_updates_become_one_dataset(tmp_path: Path) -> None:
    folder = market_file("ticks/binance_usdm")
    (dataset,) = import_files([folder], Catalog(tmp_path)).datasets

    assert dataset.name == "binance/BTC-USDT-USDT/depth"
    assert (dataset.rows, len(dataset.sources)) == (201, 2)
    assert "no data between two sources" in {gap.reason for gap in dataset.gaps}
