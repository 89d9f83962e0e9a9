"""Funding rates and mark prices of three venues."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.model import kinds as k
from steelyard.services.marketdata.importing import import_files
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.catalog import Catalog
from tests.recorded.market_files import market_file, market_files

RATES = [
    ("binance_usdm/BTCUSDT-8h-funding_rate-2023.feather", "BTC/USDT:USDT", 131),
    ("gate_usdt_perp/BTC_USDT-8h-funding_rate-2023.feather", "BTC/USDT:USDT", 793),
    ("okx_swap/ETH-USDT-SWAP-funding.feather", "ETH/USDT:USDT", 284),
]


@pytest.mark.parametrize("name,instrument,rows", RATES)
def test_rates_become_units_of_a_hundred_millionth(name: str, instrument: str, rows: int) -> None:
    path = market_file(f"funding/{name}")
    history = open_history(path)
    chunk = next(history.chunks())

    assert (history.instruments[0].name, history.rows) == (instrument, rows)
    assert history.kinds == {k.FUNDING}
    expected = np.rint(pl.read_ipc(path)["open"].to_numpy() * 1e8).astype(np.int64)
    assert np.array_equal(chunk.a, expected)


def test_rates_finer_than_the_unit_are_told() -> None:
    history = open_history(market_file("funding/okx_swap/ETH-USDT-SWAP-funding.feather"))

    assert "rates are rounded to 8 decimals" in {one.what for one in history.assumptions}


def test_mark_candles_become_the_closes_and_the_first_open() -> None:
    path = market_file("funding/binance_usdm/BTCUSDT-8h-mark-2023.feather")
    history = open_history(path)
    frame = pl.read_ipc(path)
    chunk = next(history.chunks())

    assert (history.rows, history.kinds) == (frame.height + 1, frozenset({k.MARK}))
    unit = 10 ** history.instruments[0].price_decimals
    assert chunk.a[0] / unit == frame["open"][0]
    assert np.array_equal(chunk.a[1:] / unit, frame["close"].to_numpy())


def test_every_funding_file_of_the_manifest_imports(tmp_path: Path) -> None:
    done = import_files([market_file("funding")], Catalog(tmp_path))

    assert done.files == len(market_files("funding")) == len(done.datasets)


def test_funding_is_merged_with_the_mark_at_which_it_is_paid(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    import_files(
        [
            market_file("klines/binance_usdm/BTCUSDT-1m-20230718_20230817.feather"),
            market_file("funding/binance_usdm/BTCUSDT-8h-funding_rate-2023.feather"),
            market_file("funding/binance_usdm/BTCUSDT-8h-mark-2023.feather"),
        ],
        catalog,
    )
    plain = catalog.history("binance/BTC-USDT-USDT/bar-1m")
    funded = catalog.history("binance/BTC-USDT-USDT/bar-1m", with_funding=True)

    chunks = list(funded.chunks())
    kind = np.concatenate([chunk.kind for chunk in chunks])
    ts = np.concatenate([chunk.ts_ns for chunk in chunks])
    mark = np.concatenate([chunk.b for chunk in chunks])[kind == k.FUNDING]
    assert np.all(np.diff(ts) >= 0)
    assert int((kind == k.FUNDING).sum()) == funded.rows - plain.rows == 89
    assert np.all(mark > 200_000)  # in units of 0.1 USDT
    # at one time the payment stands before the bar that closes then
    at = int(np.flatnonzero(kind == k.FUNDING)[0])
    assert (ts[at], kind[at + 1]) == (ts[at + 1], k.BAR)


def test_a_file_of_rates_goes_with_a_file_of_candles() -> None:
    history = open_history(
        market_file("klines/gate_usdt_perp/BTC_USDT-5m-20230101_20230922.feather"),
        funding=market_file("funding/gate_usdt_perp/BTC_USDT-8h-funding_rate-2023.feather"),
    )

    assert history.kinds == {k.BAR, k.FUNDING}
    assert history.rows == 76_146 + 792  # the payment before the first candle's close is nobody's
