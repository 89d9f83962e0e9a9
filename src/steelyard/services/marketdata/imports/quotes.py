"""Best bid and ask: nautilus' Parquet, Binance's bookTicker files.

Rule: a bid above its ask is refused; a side without quantity is allowed, as venues send it.
"""

from typing import Final

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.checks import check_number, plain
from steelyard.services.marketdata.imports.columns import Layout, match_columns
from steelyard.services.marketdata.imports.comma import CommaTable, numbers
from steelyard.services.marketdata.imports.series import Gather, Series
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.services.marketdata.timestamps import times_ns

NAME: Final = "quotes"
LAYOUT: Final = Layout(
    wanted={
        "time": (
            "timestamp", "transaction_time", "time", "ts", "ts_ms", "ts_ns", "ts_event",
            "timestamp_ms", "datetime",
        ),
        "bid": ("bid", "bid_price", "best_bid_price", "best_bid"),
        "bid quantity": ("bid_size", "bid_quantity", "best_bid_qty", "bid_qty", "bid_amount"),
        "ask": ("ask", "ask_price", "best_ask_price", "best_ask"),
        "ask quantity": ("ask_size", "ask_quantity", "best_ask_qty", "ask_qty", "ask_amount"),
    },
    known=("symbol", "update_id", "event_time", "local_timestamp", "ts_init", "exchange"),
)  # fmt: skip
_BINANCE: Final = (
    "update_id", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty",
    "transaction_time", "event_time",
)  # fmt: skip


def reads(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the columns are those of quotes."""
    lower = {name.lower() for name in named(table, hints).columns}
    return bool(lower & set(LAYOUT.wanted["bid"])) and bool(lower & set(LAYOUT.wanted["ask"]))


def named(table: FrameTable | CommaTable, hints: Hints) -> FrameTable | CommaTable:
    """Name the columns of a bookTicker file without header: its name must say what it is."""
    if isinstance(table, FrameTable) or table.has_header:
        return table
    is_binance = len(table.columns) == len(_BINANCE) and "bookticker" in hints.words
    return table.renamed(_BINANCE) if is_binance else table


def read(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read quotes as QUOTE rows."""
    table = named(table, hints)
    names = match_columns(table, LAYOUT)
    file = table.file
    gather = Gather(file, table.rows, "pqpq", names["time"])
    row = 1
    for frame in table.batches(list(names.values())):
        ts = times_ns(frame[names["time"]], file=file, row=row)
        values = []
        for what in ("bid", "bid quantity", "ask", "ask quantity"):
            column = numbers(frame[names[what]], file=file, row=row).to_numpy()
            above = what in {"bid", "ask"}
            check_number(column, names[what], file=file, row=row, above_zero=above, what=what)
            values.append(column)
        crossed = values[0] > values[2]
        if crossed.any():
            at = int(np.argmax(crossed))
            raise DataError(
                f"bid was {plain(values[0][at])}, above the ask of {plain(values[2][at])}",
                file=file,
                row=row + at,
                column=names["bid"],
            )
        gather.add(ts, k.QUOTE, values, row=row)
        row += frame.height
    return (whole_series(gather, hints, NAME),)


def whole_series(gather: Gather, hints: Hints, family: str) -> Series:
    """Return what was gathered, all rows kept."""
    return Series(
        hints=hints,
        family=family,
        ts_ns=gather.ts_ns[: gather.filled],
        kind=gather.kind[: gather.filled],
        values=gather.named(),
        roles=gather.roles,
        price_decimals=gather.scales["p"].decimals,
        quantity_decimals=gather.scales["q"].decimals,
        assumptions=gather.rounded(),
    )
