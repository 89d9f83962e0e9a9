"""The same data in every spelling in use reads as the same history."""

import io
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk, History
from steelyard.services.marketdata.opening import open_history
from tests.unit.marketdata.files import (
    FIRST_MS,
    MINUTE_MS,
    Row,
    candle_csv,
    candle_frame,
    candles,
    trade_csv,
    trades,
)

BINANCE = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore"
)
MAKER = ("true", "false")


def rows_of(history: History) -> Chunk:
    (chunk,) = history.chunks()
    return chunk


def twelve(scale: int = 1) -> list[Row]:
    return [
        [row[0] * scale, *row[1:], (row[0] + MINUTE_MS) * scale - 1, 150.5, 7, 0.5, 50.25, 0]
        for row in candles()
    ]


def write(path: Path, kind: str) -> Path:  # noqa: C901, PLR0911 - a table of spellings
    if kind == "csv":
        return candle_csv(path / "BTCUSDT-1m.csv", candles())
    if kind == "gzip":
        return candle_csv(path / "BTCUSDT-1m.csv.gz", candles())
    if kind == "binance with header":
        return candle_csv(path / "BTCUSDT-1m-2024-03.csv", twelve(), head=BINANCE)
    if kind == "binance without header":
        return candle_csv(path / "BTCUSDT-1m-2024-03.csv", twelve(), head="")
    if kind == "microseconds":
        return candle_csv(path / "BTCUSDT-1m-2025-03.csv", twelve(1000), head=BINANCE)
    if kind == "seconds":
        rows = [[row[0] // 1000, *row[1:]] for row in candles()]
        return candle_csv(path / "BTCUSDT-1m.csv", rows)
    if kind == "plain without header":
        return candle_csv(path / "BTCUSDT-1m.csv", candles(), head="")
    if kind == "text":
        rows = [[f"2024-03-01T00:{place:02}:00Z", *row[1:]] for place, row in enumerate(candles())]
        return candle_csv(path / "BTCUSDT-1m.csv", rows, head="date,Open,High,Low,Close,Volume")
    if kind == "row numbers":
        rows = [[place, *row] for place, row in enumerate(candles())]
        return candle_csv(path / "BTCUSDT-1m.csv", rows, head=",date,open,high,low,close,volume")
    if kind == "parquet":
        candle_frame(candles()).write_parquet(path / "BTC_USDT-1m.parquet")
        return path / "BTC_USDT-1m.parquet"
    if kind == "feather":
        candle_frame(candles()).write_ipc(path / "BTC-USDT-1m.feather", compression="lz4")
        return path / "BTC-USDT-1m.feather"
    text = candle_csv(path / "inside.csv", twelve(), head="").read_bytes()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("BTCUSDT-1m-2024-03.csv", text)
    (path / "BTCUSDT-1m-2024-03.zip").write_bytes(content.getvalue())
    return path / "BTCUSDT-1m-2024-03.zip"


@pytest.mark.parametrize(
    "kind",
    [
        "csv", "gzip", "zip", "binance with header", "binance without header", "microseconds",
        "seconds", "plain without header", "text", "row numbers", "parquet", "feather",
    ],
)  # fmt: skip
def test_candles(kind: str, tmp_path: Path) -> None:
    history = open_history(write(tmp_path, kind))
    chunk = rows_of(history)

    assert history.instruments[0].name == "BTC/USDT"
    assert (history.rows, history.kinds, history.gaps) == (10, frozenset({k.BAR}), ())
    assert chunk.ts_ns[0] == (FIRST_MS + MINUTE_MS) * 10**6
    assert [int(column[3]) for column in (chunk.a, chunk.b, chunk.c, chunk.d)] == [
        10300, 10550, 10225, 10400,
    ]  # fmt: skip
    assert chunk.e[3] == 450_000


def test_identical_repetitions_are_dropped_and_missing_candles_are_gaps(tmp_path: Path) -> None:
    rows = candles(12)
    path = candle_csv(tmp_path / "BTCUSDT-1m.csv", [*rows[:4], rows[3], rows[4], *rows[7:]])
    history = open_history(path)

    assert history.rows == 10
    (gap,) = history.gaps
    assert gap.reason == "2 candles missing"
    assert gap.before_ns - gap.after_ns == 2 * MINUTE_MS * 10**6


def sold(place: int) -> bool:
    return place % 2 == 0


def write_trades(path: Path, kind: str) -> Path:
    if kind == "ccxt":
        return trade_csv(path / "BTCUSDT-trades.csv", trades())
    if kind == "nautilus":
        frame = pl.DataFrame(
            trades(), ["timestamp", "trade_id", "price", "quantity", "side"], orient="row"
        )
        frame = frame.with_columns(
            pl.col("timestamp").cast(pl.Datetime("ms", "UTC")),
            buyer_maker=pl.when(pl.col("side") == "sell")
            .then(pl.lit("True"))
            .otherwise(pl.lit("False")),
        )
        frame.drop("side").write_parquet(path / "BTCUSDT-trades.parquet")
        return path / "BTCUSDT-trades.parquet"
    lines = []
    for place, (ms, number, price, quantity, _) in enumerate(trades()):
        maker = MAKER[0] if sold(place) else MAKER[1]
        if kind == "binance spot":
            lines.append(f"{number},{price},{quantity},25.5,{ms},{maker.title()},True")
        elif kind == "binance futures":
            lines.append(f"{number},{price},{quantity},25.5,{ms},{maker}")
        elif kind == "aggregated spot":
            lines.append(f"{number},{price},{quantity},1,2,{ms},{maker.title()},True")
        else:
            lines.append(f"{number},{price},{quantity},1,2,{ms},{maker}")
    heads = {
        "binance futures": "id,price,qty,quote_qty,time,is_buyer_maker",
        "aggregated futures": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,"
        "transact_time,is_buyer_maker",
    }
    if kind in heads:
        lines.insert(0, heads[kind])
    target = path / "BTCUSDT-aggTrades-2024-03-01.csv"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


@pytest.mark.parametrize(
    "kind",
    [
        "ccxt", "nautilus", "binance spot", "binance futures", "aggregated spot",
        "aggregated futures", "aggregated futures without header",
    ],
)  # fmt: skip
def test_trades(kind: str, tmp_path: Path) -> None:
    history = open_history(write_trades(tmp_path, kind))
    chunk = rows_of(history)

    assert (history.rows, history.gaps) == (10, ())
    expected = [k.TRADE_SELL if sold(place) else k.TRADE_BUY for place in range(10)]
    assert chunk.kind.tolist() == expected
    assert (chunk.a[4], chunk.b[4], chunk.ts_ns[4]) == (10450, 25000, (FIRST_MS + 400) * 10**6)
    assert len(chunk.c) == len(chunk.e) == 0


def test_repeated_trades_are_dropped_and_missing_ids_are_gaps(tmp_path: Path) -> None:
    rows = trades(40)
    path = trade_csv(tmp_path / "BTCUSDT-trades.csv", [*rows[:20], rows[19], *rows[23:]])
    history = open_history(path)

    assert history.rows == 37
    assert [gap.reason for gap in history.gaps] == ["3 trade ids missing"]


@pytest.mark.parametrize("head", [True, False])
def test_binance_book_tickers(head: bool, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-bookTicker-2024-03-01.csv"
    lines = [f"{7 + place},100.1,2.5,100.2,0,{FIRST_MS + place},{FIRST_MS}" for place in range(3)]
    if head:
        lines.insert(
            0,
            "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
            "transaction_time,event_time",
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    chunk = rows_of(open_history(path))

    assert set(chunk.kind.tolist()) == {k.QUOTE}
    assert (chunk.a[0], chunk.c[0], chunk.d[0]) == (10010, 10020, 0)


def test_binance_funding_files(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-fundingRate-2024-03.csv"
    eight_hours = 8 * 3_600_000
    lines = [f"{FIRST_MS + place * eight_hours + place},8,0.0001{place}" for place in (0, 1, 2, 4)]
    path.write_text(
        "calc_time,funding_interval_hours,last_funding_rate\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    history = open_history(path, "BTC/USDT:USDT")

    assert rows_of(history).a.tolist() == [10000, 11000, 12000, 14000]
    assert [gap.reason for gap in history.gaps] == ["funding payments missing"]


def test_computed_prices_are_rounded_and_it_is_told(tmp_path: Path) -> None:
    rng_free = [100 * (1 + np.sin(place) / 7) for place in range(50)]
    rows = [
        [FIRST_MS + place * MINUTE_MS, price, price * 1.01, price * 0.99, price, price / 3]
        for place, price in enumerate(rng_free)
    ]
    history = open_history(candle_csv(tmp_path / "FOOUSDT-1m.csv", rows))

    told = {one.what for one in history.assumptions}
    assert "prices are rounded to 6 decimals" in told
    (instrument,) = history.instruments
    assert abs(rows_of(history).a[7] / 10**instrument.price_decimals - rng_free[7]) < 1e-6


def test_a_file_without_volumes_says_so(tmp_path: Path) -> None:
    rows = [[*row[:5], 0] for row in candles()]
    history = open_history(candle_csv(tmp_path / "BTCUSDT-1m.csv", rows))

    assert "candles carry no volume" in {one.what for one in history.assumptions}
    assert history.gaps == ()


def test_a_folder_of_months_opens_as_one_history(tmp_path: Path) -> None:
    rows = candles(30)
    candle_csv(tmp_path / "BTCUSDT-1m-2024-04.csv", rows[20:])
    candle_csv(tmp_path / "BTCUSDT-1m-2024-03.csv", rows[:20])
    history = open_history(tmp_path)

    assert (history.rows, history.gaps) == (30, ())
    assert np.all(np.diff(rows_of(history).ts_ns) == MINUTE_MS * 10**6)


def test_a_folder_of_several_datasets_is_refused(tmp_path: Path) -> None:
    candle_csv(tmp_path / "BTCUSDT-1m.csv", candles())
    candle_csv(tmp_path / "ETHUSDT-1m.csv", candles())

    with pytest.raises(ConfigurationError, match="are of several datasets"):
        open_history(tmp_path)


def test_a_capture_of_futures_is_known_by_its_messages(tmp_path: Path) -> None:
    ns = FIRST_MS * 10**6
    level = '[["100.1","2"]]'
    update = f'"e":"depthUpdate","s":"BTCUSDT","U":11,"u":12,"pu":10,"b":{level},"a":[]'
    path = tmp_path / "BTCUSDT.raw.txt"
    path.write_text(
        f'{ns} {{"lastUpdateId":11,"bids":{level},"asks":[["100.2","1"]]}}\n'
        f'{ns + 1} {{"stream":"btcusdt@depth","data":{{{update}}}}}\n',
        encoding="utf-8",
    )
    history = open_history(path)

    assert history.instruments[0].name == "BTC/USDT:USDT"
    assert (history.rows, history.gaps) == (4, ())
