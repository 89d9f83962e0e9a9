"""`steelyard data` as a person types it."""

import json
from pathlib import Path
from typing import Any

import pytest

from steelyard.cli.data import app
from steelyard.model.errors import InputError
from tests.unit.marketdata.exchange_server import FIRST_MS, serving
from tests.unit.marketdata.files import candle_csv, candles, trade_csv, trades


@pytest.fixture(autouse=True)
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(tmp_path / "catalog"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path / "catalog"


def run(*arguments: str) -> None:
    app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    run(*arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_import_list_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bars = candle_csv(tmp_path / "BTCUSDT-1m.csv", candles())
    ticks = trade_csv(tmp_path / "ETHUSDT-trades.csv", trades())
    done = told(capsys, "import", str(bars), str(ticks))

    assert (done["files"], done["rows_read"], done["duplicates_dropped"]) == (2, 20, 0)
    names = ["binance/BTC-USDT/bar-1m", "binance/ETH-USDT/trade"]
    assert [one["name"] for one in told(capsys, "list")] == names
    shown = told(capsys, "show", names[0], "--rows", "2")
    assert (shown["rows"], shown["interval"], shown["from"]) == (10, "1m", "2024-03-01 00:01:00")
    assert shown["first_rows"][0] == {
        "time": "2024-03-01 00:01:00", "kind": "bar", "open": "100", "high": "102.5",
        "low": "99.25", "close": "101", "volume": "1.5",
    }  # fmt: skip
    assert shown["prices"] == "▁▁▂▃▄▄▅▆▇█"
    assert shown["sources"][0]["sha256"]

    run("list")
    run("show", names[1])
    text = capsys.readouterr().out
    assert "binance/BTC-USDT/bar-1m" in text
    assert "no gaps" in text


def test_a_file_can_be_shown_without_an_import(
    tmp_path: Path, catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = candle_csv(tmp_path / "FOOUSDT-1m.csv", candles())

    assert told(capsys, "show", str(path))["instruments"][0]["name"] == "FOO/USDT"
    assert not catalog.exists()


def test_an_empty_catalog_is_said_to_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    run("list")

    assert "is empty; `steelyard data import` adds to it" in capsys.readouterr().out


def test_generate_writes_a_file_or_into_the_catalog(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "market.parquet"
    one = told(capsys, "generate", "--count", "500", "--seed", "3", "--out", str(out))
    two = told(capsys, "generate", "--count", "500", "--emits", "bars", "--interval", "5m")

    assert (one["file"], one["rows"], one["seed"]) == (str(out), 500, 3)
    assert two["name"] == "sim/BTC-USDT/bar-5m"
    assert [one["name"] for one in told(capsys, "list")] == ["sim/BTC-USDT/bar-5m"]


def test_download_from_a_local_server(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ccxt")
    with serving() as exchange:
        done = told(
            capsys, "download", "binance", "BTCUSDT", "--interval", "1m",
            "--from", "2023-11-14T22:14", "--to", "2023-11-14T23:14", "--base-url", exchange.url,
        )  # fmt: skip

    assert FIRST_MS == 1_700_000_040_000  # 2023-11-14 22:14
    assert (done["rows_fetched"], done["dataset"]["rows"]) == (60, 60)


@pytest.mark.parametrize(
    "arguments,sentence",
    [
        (["generate", "--emits", "noise"], "emits was 'noise', allowed are trades, quotes, both"),
        (["generate", "--price", "1e5"], "price was '1e5', allowed is plain decimal notation"),
        (["generate", "--from", "soon"], "--from was 'soon', allowed is a moment such as"),
        (["download", "binance", "BTC/USDT"], "--from is missing"),
        (["download", "binance", "BTC/USDT", "--from", "2024-01-02", "--to", "2024-01-01"],
         "allowed is a moment after --from"),
        (["download", "binance", "BTC/USDT", "--from", "2024-01-02", "--what", "news"],
         "what was 'news', allowed are bars, trades, funding"),
        (["show", "BTC/USDT"], "the catalog is empty: use `data import` first"),
        (["import"], "files were none, allowed is one or more files or folders"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        run(*arguments)
