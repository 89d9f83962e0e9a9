"""Candles: freqtrade's and other tools' columns, Binance's twelve columns with or without header.

Rule 1: a row's time in the file is the candle's open; in history it is the close.
Rule 2: the interval is the most common step, and must be what the file's name says.
Rule 3: identical repetitions are dropped and counted, differing ones refused. Missing candles and
runs without volume are kept as gaps.
"""

from typing import Final

import numpy as np
import polars as pl

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Assumption, Column, Gap
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.checks import check_bars, check_number
from steelyard.services.marketdata.imports.columns import Layout, match_columns
from steelyard.services.marketdata.imports.comma import CommaTable, numbers
from steelyard.services.marketdata.imports.series import Gather, Series
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.services.marketdata.timestamps import time_text, times_ns
from steelyard.store.catalog.datasets import interval_text

NAME: Final = "candles"
TIMES: Final = (
    "date", "ts_ms", "timestamp_ms", "timestamp", "open_time", "time", "datetime", "ts", "ts_ns",
    "ts_us", "ts_s", "opentime",
)  # fmt: skip
LAYOUT: Final = Layout(
    wanted={
        "time": TIMES,
        "open": ("open", "o"),
        "high": ("high", "h"),
        "low": ("low", "l"),
        "close": ("close", "c"),
        "volume": ("volume", "vol", "v", "base_volume"),
    },
    known=(
        "close_time", "quote_asset_volume", "quote_volume", "trades", "count", "number_of_trades",
        "taker_buy_base", "taker_buy_quote", "taker_buy_volume", "taker_buy_quote_volume",
        "taker_buy_base_asset_volume", "taker_buy_quote_asset_volume", "ignore", "symbol",
    ),
)  # fmt: skip
_BINANCE: Final = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
    "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
_PLAIN: Final = _BINANCE[:6]
_NO_VOLUME: Final = "no volume: maintenance, or nobody traded"
_PRICES: Final = ("open", "high", "low", "close")


def reads(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the columns are those of candles."""
    return named(table) is not None


def named(table: FrameTable | CommaTable) -> FrameTable | CommaTable | None:
    """Return the table with its columns named, if it may hold candles."""
    if isinstance(table, CommaTable) and not table.has_header:
        count = len(table.columns)
        if count == len(_BINANCE) or (count == len(_PLAIN) and _is_price(table.first[5])):
            return table.renamed(_BINANCE[:count])
        return None
    lower = {name.lower() for name in table.columns}
    return table if {"open", "close"} <= lower or {"high", "low"} <= lower else None


def read(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read candles as BAR rows."""
    table = named(table) or table
    names = match_columns(table, LAYOUT)
    gather = Gather(table.file, table.rows, "ppppq", names["time"])
    row = 1
    for frame in table.batches(list(names.values())):
        _add(gather, frame, names, row)
        row += frame.height
    opens, duplicates = _without_repetitions(gather)
    interval = interval_of(gather.ts_ns[: gather.filled][opens], hints, names["time"])
    return (_series(gather, hints, opens, interval, duplicates),)


def _add(gather: Gather, frame: pl.DataFrame, names: dict[str, str], row: int) -> None:
    file = gather.file
    ts = times_ns(frame[names["time"]], file=file, row=row)
    bars = {
        what: numbers(frame[names[what]], file=file, row=row).to_numpy()
        for what in (*_PRICES, "volume")
    }
    for what, values in bars.items():
        is_price = what != "volume"
        check_number(values, names[what], file=file, row=row, above_zero=is_price, what=what)
    check_bars(bars, names, file=file, row=row)
    gather.add(ts, k.BAR, list(bars.values()), row=row)


def _without_repetitions(gather: Gather) -> tuple[np.ndarray | slice, int]:
    """Return the rows to keep and how many repeat the one before them."""
    ts = gather.ts_ns[: gather.filled]
    repeats = ts[1:] == ts[:-1]
    if not repeats.any():
        return slice(None), 0
    places = np.flatnonzero(repeats) + 1
    for column in gather.named().values():
        differs = column[places] != column[places - 1]
        if differs.any():
            at = int(places[int(np.argmax(differs))])
            raise DataError(
                f"two different candles stand at {time_text(int(ts[at]))}",
                file=gather.file,
                row=at + 1,
                column=gather.time_column,
            )
    keep = np.ones(len(ts), np.bool_)
    keep[places] = False
    return keep, len(places)


def interval_of(opens: Column, hints: Hints, column: str) -> int:
    """Return the most common step, checked against every step and the file's name."""
    said = hints.interval_ns
    steps = np.diff(opens)
    if not len(steps):
        if not said:
            raise DataError(
                "one candle shows no interval; name it in the file's name, such as BTCUSDT-5m",
                file=hints.file,
            )
        return said
    if (steps == steps[0]).all():
        common = int(steps[0])
    else:
        sizes, counts = np.unique(steps, return_counts=True)
        common = int(sizes[np.argmax(counts)])
    if said and said != common:
        raise DataError(
            f"candles stand {interval_text(common)} apart, the file's name says "
            f"{interval_text(said)}",
            file=hints.file,
            column=column,
        )
    close = steps < common
    if close.any():
        at = int(np.argmax(close))
        raise DataError(
            f"the candle opens {steps[at] / 1e9:g} s after the one before, "
            f"candles of {interval_text(common)} overlap",
            file=hints.file,
            row=at + 2,
            column=column,
        )
    return common


def _series(
    gather: Gather, hints: Hints, keep: np.ndarray | slice, interval: int, duplicates: int
) -> Series:
    ts = gather.ts_ns[: gather.filled][keep]
    values = {name: column[keep] for name, column in gather.named().items()}
    assumptions = gather.rounded()
    quiet = values["e"] == 0
    gaps = _missing(ts, interval)
    if quiet.all():
        what = "candles carry no volume"
        assumptions += (Assumption(what=what, why="the file's volumes are all 0", penalty=3),)
    elif quiet.any():
        gaps += _runs(ts, quiet, interval)
    return Series(
        hints=hints,
        family=NAME,
        ts_ns=ts + np.int64(interval),
        kind=gather.kind[: len(ts)],
        values=values,
        roles=gather.roles,
        price_decimals=gather.scales["p"].decimals,
        quantity_decimals=gather.scales["q"].decimals,
        # Gate states the volume of futures in contracts, everybody else in coins.
        is_in_contracts=hints.venue == "gate",
        interval_ns=interval,
        gaps=tuple(sorted(gaps, key=lambda gap: gap.after_ns)),
        assumptions=assumptions,
        duplicates=duplicates,
    )


def _missing(opens: Column, interval: int) -> tuple[Gap, ...]:
    steps = np.diff(opens)
    return tuple(
        Gap(
            after_ns=int(opens[at]) + interval,
            before_ns=int(opens[at + 1]),
            reason=f"{(int(steps[at]) - 1) // interval} candles missing",
        )
        for at in np.flatnonzero(steps > interval)
    )


def _runs(opens: Column, quiet: np.ndarray, interval: int) -> tuple[Gap, ...]:
    edges = np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return tuple(
        Gap(
            after_ns=int(opens[start]),
            before_ns=int(opens[stop - 1]) + interval,
            reason=_NO_VOLUME,
        )
        for start, stop in zip(starts, stops, strict=True)
    )


def _is_price(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
