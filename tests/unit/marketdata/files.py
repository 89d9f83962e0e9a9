"""Small data files, good ones to plant faults in."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

FIRST_MS = 1_709_251_200_000  # 2024-03-01
MINUTE_MS = 60_000

Row = list[Any]


def candles(count: int = 10, step_ms: int = MINUTE_MS) -> list[Row]:
    """Return rows of time, open, high, low, close, volume."""
    return [
        [FIRST_MS + place * step_ms, 100.0 + place, 102.5 + place, 99.25 + place, 101.0 + place,
         1.5 + place]
        for place in range(count)
    ]  # fmt: skip


def candle_csv(path: Path, rows: Sequence[Row], *, head: str | None = None) -> Path:
    """Write candles as CSV; `head` replaces the header."""
    header = "timestamp,open,high,low,close,volume" if head is None else head
    lines = [header] if header else []
    lines += [",".join(_text(value) for value in row) for row in rows]
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def candle_frame(rows: Sequence[Row], zone: str | None = "UTC") -> pl.DataFrame:
    """Return candles in freqtrade's layout."""
    columns = ("date", "open", "high", "low", "close", "volume")
    frame = pl.DataFrame(list(rows), schema=columns, orient="row")
    return frame.with_columns(
        pl.col("date").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
    ).with_columns(
        pl.col("date").dt.convert_time_zone(zone)
        if zone
        else pl.col("date").dt.replace_time_zone(None)
    )


def trade_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Write trades as CSV: time, id, price, quantity, side."""
    lines = ["timestamp,id,price,amount,side"]
    lines += [",".join(_text(value) for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def trades(count: int = 10) -> list[Row]:
    """Return rows of time, id, price, quantity, side."""
    return [
        [FIRST_MS + place * 100, 500 + place, 100.5 + place, 0.25, "buy" if place % 2 else "sell"]
        for place in range(count)
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
