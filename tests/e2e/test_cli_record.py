"""`steelyard record`: what a venue says becomes a dataset that a backtest runs on."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steelyard.model.kinds import QUOTE, TRADE_BUY, TRADE_SELL
from tests.e2e.market import command, refused
from tests.e2e.spot_exchange import Served, served

pytestmark = pytest.mark.timeout(60)
Said = pytest.CaptureFixture[str]
ROWS = 300
START_MS = 1_700_000_000_000


def told() -> list[dict[str, Any]]:
    """Quotes and trades of a price that goes up and down by turns."""
    frames: list[dict[str, Any]] = []
    for i in range(ROWS):
        price = 100 + (i % 40 if i % 80 < 40 else 40 - i % 40) * 0.5
        frames.append({
            "u": i, "s": "BTCUSDT", "b": f"{price:.2f}", "B": "1.5", "a": f"{price + 0.02:.2f}",
            "A": "2",
        })  # fmt: skip
        frames.append({
            "e": "trade", "E": START_MS + i, "s": "BTCUSDT", "t": i, "p": f"{price:.2f}",
            "q": "0.25", "T": START_MS + i * 1000, "m": bool(i % 2), "M": True,
        })  # fmt: skip
    return frames


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        server.greeting = told()
        yield server


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def there(server: Served) -> tuple[str, ...]:
    host = f"127.0.0.1:{server.port}"
    return ("--rest", f"http://{host}", "--ws", f"ws://{host}")


def recorded(capsys: Said, *words: str, code: int = 0) -> dict[str, Any]:
    found, out, err = command(capsys, "record", *words, "--json")
    assert found == code, err
    answer: dict[str, Any] = json.loads(out)
    return answer


@pytest.mark.parametrize("venue", ["binance", "ccxt:binance"])
def test_a_recording_backtests_directly(
    server: Served, capsys: Said, folder: Path, venue: str
) -> None:
    done = recorded(capsys, venue, "BTCUSDT", "--for", "1s", "--channels", "trades", *there(server))

    # Who connects anew, on a slow machine, is told everything again; each break is a gap.
    assert done["trades"] == ROWS or done["gaps"]
    (dataset,) = done["datasets"]
    assert (dataset["name"], dataset["rows"]) == ("binance/BTC-USDT/trade", done["trades"])
    assert not list(folder.rglob("*.part")) + list(folder.rglob(".recording"))
    code, out, err = command(
        capsys, "backtest", "grid", "--data", "binance/BTC-USDT/trade", "--equity", "10000",
        "--set", "price_interval=1", "order_quantity=100", "buy_window_size=3", "--json",
    )  # fmt: skip
    assert code == 0, err
    result = json.loads(out)
    assert result["fills"] > 10


def test_channels_share_a_dataset_in_the_order_they_were_heard(
    server: Served, capsys: Said, folder: Path
) -> None:
    out = folder / "both.parquet"
    done = recorded(capsys, "binance", "BTC/USDT", "--for", "1s", "--to", str(out), *there(server))

    assert (done["quotes"], done["trades"], done["gaps"]) == (ROWS, ROWS, 0)
    assert done["files"] == [str(out)]
    frame = pl.read_parquet(out)
    assert frame["ts_ns"].is_sorted()
    assert set(frame["kind"]) == {QUOTE, TRADE_BUY, TRADE_SELL}
    quotes = frame.filter(pl.col("kind") == QUOTE)
    assert [price / quotes["a"][0] for price in quotes["a"][:3]] == [1, 1.005, 1.01]
    assert quotes["d"][0] * 3 == quotes["b"][0] * 4


def test_a_signal_ends_it_with_what_was_heard(server: Served, capsys: Said) -> None:
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    done = recorded(capsys, "binance", "BTC/USDT", *there(server))

    assert done["trades"] == ROWS
    assert done["datasets"]


def test_a_break_of_the_feed_is_a_gap_of_the_data(
    server: Served, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "greeting", told()[:20])
    asked: list[int] = []
    serve = server.socket

    async def breaking(request: Any) -> Any:
        asked.append(1)
        if len(asked) == 1:
            import asyncio

            asyncio.get_running_loop().call_later(0.5, lambda: asyncio.ensure_future(server.cut()))
        return await serve(request)

    monkeypatch.setattr(server, "socket", breaking)
    done = recorded(
        capsys, "binance", "BTC/USDT", "--for", "3s", "--channels", "quotes", *there(server)
    )

    assert done["gaps"] >= 1
    (dataset,) = done["datasets"]
    assert dataset["gaps"] >= 1
    code, out, _ = command(capsys, "data", "show", dataset["name"], "--json")
    assert code == 0
    assert "the feed broke" in out


def test_nothing_heard_is_told(
    server: Served, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "greeting", [])
    code, out, err = command(capsys, "record", "binance", "BTC/USDT", "--for", "1s", *there(server))

    assert code == 3
    assert "heard nothing" in out
    assert "nothing was heard from binance" in err


@pytest.mark.parametrize(
    "words,expected",
    [
        (("binance",), "instruments were none"),
        (("binance", "BTC/USDT", "--channels", "bars"), "channels were 'bars'"),
        (("binance", "BTC/USDT", "--for", "soon"), "interval was 'soon'"),
        (("binance", "BTC/USDT", "ETH/USDT", "--to", "x.parquet"), "--to was"),
        (("nasdaq", "BTC/USDT"), "venue was 'nasdaq'"),
        (("paper", "BTC/USDT"), "needs a configuration"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    capsys: Said, words: tuple[str, ...], expected: str
) -> None:
    assert expected in refused(capsys, "record", *words)


def test_an_instrument_the_venue_does_not_list_is_refused(server: Served, capsys: Said) -> None:
    sentence = refused(capsys, "record", "binance", "ETH/USDT", "--for", "1s", *there(server))

    assert sentence == "binance does not list ETH/USDT"
