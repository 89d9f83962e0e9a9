"""Candles of four venues, as the manifest lists them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.model import kinds as k
from steelyard.services.marketdata.importing import import_files
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.catalog import Catalog
from tests.recorded.market_files import market_file, market_files

MINUTE_NS = 60 * 10**9
DAY_MINUTES = 1440

FILES = [
    # file, instrument, venue, minutes, rows, gaps
    ("binance_spot/BNBUSDT-15m-20240430_20250430.feather", "BNB/USDT", "binance", 15, 35086, 0),
    ("binance_spot/BTCUSDT-1d-2018_202504.csv", "BTC/USDT", "binance", DAY_MINUTES, 2677, 0),
    ("binance_spot/XRPUSDT-1d-2018_202504.csv", "XRP/USDT", "binance", DAY_MINUTES, 2554, 0),
    ("binance_spot/BTCUSDT-1h-20170817_20240421.feather", "BTC/USDT", "binance", 60, 58419, 32),
    ("binance_spot/ETHUSDT-1h-20170817_20221025.parquet", "ETH/USDT", "binance", 60, 45345, 32),
    ("binance_spot/BTCUSDT-1m-20230405_20230505.parquet", "BTC/USDT", "binance", 1, 43199, 0),
    ("binance_spot/BTCUSDT-5m-20240301_20250430.parquet", "BTC/USDT", "binance", 5, 122688, 0),
    ("binance_usdm/BTCUSDT-1m-20230718_20230817.feather", "BTC/USDT:USDT", "binance", 1, 43199, 0),
    ("binance_usdm/5m/XMRUSDT-5m-20230703_20230802.feather", "XMR/USDT:USDT", "binance", 5, 8639,
     0),
    ("binance_usdm/vision/FILUSDT-1m-2023-08.csv.gz", "FIL/USDT:USDT", "binance", 1, 44640, 11),
    ("bitget_usdt_perp/BTCUSDT-1m-20260306_20260406.csv", "BTC/USDT:USDT", "bitget", 1, 44640, 0),
    ("gate_usdt_perp/BTC_USDT-5m-20230101_20230922.feather", "BTC/USDT:USDT", "gate", 5, 76146, 1),
    ("okx_swap/BTC-USDT-SWAP-5m-20220501_20221231.feather", "BTC/USDT:USDT", "okx", 5, 70499, 21),
]  # fmt: skip


@pytest.mark.parametrize("name,instrument,venue,minutes,rows,gaps", FILES)
def test_candles_open_as_they_lie(
    name: str, instrument: str, venue: str, minutes: int, rows: int, gaps: int
) -> None:
    history = open_history(market_file(f"klines/{name}"))

    (found,) = history.instruments
    assert (found.name, found.venue) == (instrument, venue)
    assert (history.rows, history.kinds, len(history.gaps)) == (rows, frozenset({k.BAR}), gaps)
    chunk = next(history.chunks())
    steps = np.diff(chunk.ts_ns)
    assert np.median(steps) == steps.min() == minutes * MINUTE_NS


def test_every_candle_file_of_the_manifest_imports_into_one_catalog(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    done = import_files([market_file("klines")], catalog)

    # four months of FIL and two months of BTC 1m each become one dataset
    assert (done.files, len(done.datasets)) == (len(market_files("klines")), 46)
    assert done.rows_read == sum(dataset.rows for dataset in done.datasets)
    fil = next(one for one in done.datasets if one.name == "binance/FIL-USDT-USDT/bar-1m")
    assert (fil.rows, len(fil.sources)) == (44640 + 43200 + 44640 + 43200, 4)
    assert not any(gap.reason.endswith("missing") for gap in fil.gaps)


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    folder = market_file("klines/binance_usdm/vision")
    first = import_files([folder], catalog)
    again = import_files([folder], catalog)

    assert again.duplicates == first.rows_read == 175_680
    assert again.datasets[0].rows == first.datasets[0].rows
    assert again.datasets[0].sources == first.datasets[0].sources


def test_prices_and_volumes_are_the_files_own() -> None:
    path = market_file("klines/binance_spot/BTCUSDT-5m-20240301_20250430.parquet")
    frame = pl.read_parquet(path)
    history = open_history(path)
    (instrument,) = history.instruments
    chunk = next(history.chunks())

    price, quantity = 10**instrument.price_decimals, 10**instrument.quantity_decimals
    for name, column in zip(
        ("open", "high", "low", "close"), (chunk.a, chunk.b, chunk.c, chunk.d), strict=True
    ):
        assert np.array_equal(column / price, frame[name].to_numpy())
    assert np.array_equal(chunk.e / quantity, frame["volume"].to_numpy())
    opens = frame["date"].dt.epoch("ns").to_numpy()
    assert np.array_equal(chunk.ts_ns, opens + 5 * MINUTE_NS)


def test_volume_in_coins_becomes_contracts_and_contracts_stay() -> None:
    okx = market_file("klines/okx_swap/BTC-USDT-SWAP-5m-20220501_20221231.feather")
    gate = market_file("klines/gate_usdt_perp/BTC_USDT-5m-20230101_20230922.feather")
    coins = pl.read_ipc(okx)["volume"][0]
    contracts = pl.read_ipc(gate)["volume"][0]

    (swap,), chunk = (history := open_history(okx)).instruments, next(history.chunks())
    assert float(swap.quantity_decimal(int(chunk.e[0])) * swap.multiplier) == coins
    (perpetual,), chunk = (history := open_history(gate)).instruments, next(history.chunks())
    assert float(perpetual.quantity_decimal(int(chunk.e[0]))) == contracts


def test_maintenance_of_okx_is_kept_and_told_as_gaps() -> None:
    path = market_file("klines/okx_swap/ETH-USDT-SWAP-5m-20220501_20221231.feather")
    history = open_history(path)
    chunk = next(history.chunks())

    assert int((chunk.e == 0).sum()) == 191
    quiet = sum(gap.before_ns - gap.after_ns for gap in history.gaps) // (5 * MINUTE_NS)
    assert quiet == 191
    assert {gap.reason for gap in history.gaps} == {"no volume: maintenance, or nobody traded"}


def test_bounds_are_from_inclusive_to_exclusive() -> None:
    path = market_file("klines/binance_spot/BTCUSDT-5m-20240301_20250430.parquet")
    whole = next(open_history(path).chunks()).ts_ns
    part = open_history(path, None, int(whole[10]), int(whole[20]))

    assert part.rows == 10
    assert (part.start_ns, part.end_ns) == (whole[10], whole[19])
