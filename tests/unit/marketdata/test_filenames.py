"""What a file's name and folders say."""

from pathlib import Path

import pytest

from steelyard.model.errors import ConfigurationError
from steelyard.services.marketdata.filenames import hints_of, interval_ns_of

MINUTE_NS = 60 * 10**9


@pytest.mark.parametrize(
    "path,instrument,venue,minutes",
    [
        ("BTCUSDT-5m-20240301_20250430.parquet", "BTC/USDT", None, 5),
        ("BTC_USDT_USDT-5m-futures.feather", "BTC/USDT:USDT", None, 5),
        ("binance_usdm/BTCUSDT-1m.feather", "BTC/USDT:USDT", "binance", 1),
        ("binance_spot/ETHUSDT-1h.parquet", "ETH/USDT", "binance", 60),
        ("okx_swap/BTC-USDT-SWAP-5m-20220501_20221231.feather", "BTC/USDT:USDT", "okx", 5),
        ("gate_usdt_perp/ETH_USDT-8h-funding_rate-2023.feather", "ETH/USDT:USDT", "gate", 480),
        ("bitget_usdt_perp/BTCUSDT-1m.csv", "BTC/USDT:USDT", "bitget", 1),
        ("data/binance/futures/um/FILUSDT-1m-2023-08.zip", "FIL/USDT:USDT", "binance", 1),
        ("tardis/binance-futures_book_snapshot_5_BTCUSDT.csv", "BTC/USDT:USDT", "binance", 0),
        ("ETH-USDT-trades-20230202.csv", "ETH/USDT", None, 0),
        ("trades_BTCUSDT_2024.csv", "BTC/USDT", None, 0),
        ("BTCUSDT.P-15m.csv", "BTC/USDT:USDT", None, 15),
        ("1000PEPEUSDT-1m.csv", "1000PEPE/USDT", None, 1),
        ("test_of_binance_and_swap/BTCUSDT-1m.csv", "BTC/USDT", None, 1),
        ("my_data.csv", None, None, 0),
        ("20240301.csv", None, None, 0),
        ("klines-1m.parquet", None, None, 1),
    ],
)
def test_a_name_is_read(path: str, instrument: str | None, venue: str | None, minutes: int) -> None:
    hints = hints_of(Path(path))

    assert (hints.instrument, hints.venue) == (instrument, venue)
    assert hints.interval_ns == minutes * MINUTE_NS


def test_an_option_goes_before_the_name() -> None:
    hints = hints_of(
        Path("okx_swap/BTC-USDT-SWAP-5m.feather"), instrument="ETH/USDT", venue="gateio"
    )

    assert (hints.instrument, hints.venue) == ("ETH/USDT", "gate")


def test_a_bare_option_takes_the_folders_word_for_perpetual() -> None:
    assert hints_of(Path("binance_usdm/x.csv"), instrument="ETHUSDT").instrument == "ETH/USDT:USDT"


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "5 minutes", "-1m"])
def test_an_interval_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="allowed is one such as 1m"):
        interval_ns_of(text)
