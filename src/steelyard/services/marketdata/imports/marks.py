"""Mark-price candles: the opening of each stretch and every close become MARK rows.

Rule: nothing is known before its time: a candle's high and low are not used.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.history import Column
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.candles import LAYOUT as CANDLES
from steelyard.services.marketdata.imports.candles import interval_of, named
from steelyard.services.marketdata.imports.checks import check_bars, check_number
from steelyard.services.marketdata.imports.columns import Layout, match_columns
from steelyard.services.marketdata.imports.comma import CommaTable, numbers
from steelyard.services.marketdata.imports.series import Gather, Series
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.services.marketdata.timestamps import times_ns

NAME: Final = "marks"
LAYOUT: Final = Layout(
    wanted={what: CANDLES.wanted[what] for what in ("time", "open", "high", "low", "close")},
    known=(*CANDLES.wanted["volume"], *CANDLES.known),
)


def reads(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the file's name speaks of mark prices and its columns are candles'."""
    return bool(hints.words & {"mark", "markpriceklines", "markprice"}) and named(table) is not None


def read(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read mark candles as MARK rows."""
    table = named(table) or table
    names = match_columns(table, LAYOUT)
    file = table.file
    gather = Gather(file, table.rows, "pppp", names["time"])
    row = 1
    for frame in table.batches(list(names.values())):
        ts = times_ns(frame[names["time"]], file=file, row=row)
        bars = {}
        for what in ("open", "high", "low", "close"):
            bars[what] = numbers(frame[names[what]], file=file, row=row).to_numpy()
            check_number(bars[what], names[what], file=file, row=row, above_zero=True, what=what)
        check_bars(bars, names, file=file, row=row)
        gather.add(ts, k.MARK, list(bars.values()), row=row)
        row += frame.height
    opens = gather.ts_ns[: gather.filled]
    interval = interval_of(opens, hints, names["time"])
    ts, price = _points(opens, gather.named(), interval)
    series = Series(
        hints=hints,
        family=NAME,
        ts_ns=ts,
        kind=np.full(len(ts), k.MARK, np.int8),
        values={"a": price},
        roles="p",
        price_decimals=gather.scales["p"].decimals,
        quantity_decimals=0,
        interval_ns=interval,
        assumptions=gather.rounded(),
    )
    return (replace(series, duplicates=0),)


def _points(opens: Column, columns: dict[str, Column], interval: int) -> tuple[Column, Column]:
    closes = opens + np.int64(interval)
    begins = np.ones(len(opens), np.bool_)
    begins[1:] = opens[1:] != closes[:-1]
    ts = np.concatenate((opens[begins], closes))
    price = np.concatenate((columns["a"][begins], columns["d"]))
    order = np.argsort(ts, kind="stable")
    return ts[order], price[order]
