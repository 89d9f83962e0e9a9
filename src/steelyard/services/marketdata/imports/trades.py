"""Trades: ccxt's and freqtrade's columns, nautilus' Parquet, Binance's trade and aggTrade files.

Rule 1: a row's kind is the taker's side; `buyer_maker` true means that the taker sold.
Rule 2: rows of one time keep the file's order. Where ids are there, a repeated id with the same
content is dropped and counted, with another content refused.
Rule 3: ids that count up by one show missing trades: their jumps are kept as gaps.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Column, Gap
from steelyard.model.instruments import Kind
from steelyard.model.venue_tables import kind_of
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.checks import Flags, check_number
from steelyard.services.marketdata.imports.columns import Layout, match_columns
from steelyard.services.marketdata.imports.comma import CommaTable, numbers
from steelyard.services.marketdata.imports.series import Gather, Series
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.services.marketdata.numbers import Floats
from steelyard.services.marketdata.timestamps import times_ns

NAME: Final = "trades"
_TIMES: Final = (
    "timestamp", "time", "transact_time", "ts", "ts_ms", "ts_ns", "timestamp_ms", "ts_event",
    "trade_time", "datetime",
)  # fmt: skip
_MAKER: Final = ("is_buyer_maker", "buyer_maker", "isbuyermaker", "was_the_buyer_the_maker", "m")
_SIDE: Final = ("side", "taker_side", "aggressor_side")
_IDS: Final = ("id", "trade_id", "agg_trade_id", "a", "tradeid")
LAYOUT: Final = Layout(
    wanted={
        "time": _TIMES,
        "price": ("price", "p"),
        "quantity": ("quantity", "qty", "amount", "size", "q"),
    },
    known=(
        *_IDS, *_MAKER, *_SIDE, "type", "cost", "date", "quote_qty", "quoteqty", "first_trade_id",
        "last_trade_id", "is_best_match", "was_the_trade_the_best_price_match", "symbol",
        "takerormaker", "fee", "order",
    ),
)  # fmt: skip
_BINANCE_SPOT: Final = (
    "id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match",
)  # fmt: skip
_BINANCE_AGG: Final = (
    "agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time",
    "is_buyer_maker", "is_best_match",
)  # fmt: skip
_HEADERLESS: Final = {6: _BINANCE_SPOT[:6], 8: _BINANCE_AGG}
_TRUE, _FALSE = ("true", "1", "t", "yes"), ("false", "0", "f", "no")
_BUY, _SELL = ("buy", "b", "buyer", "bid", "1"), ("sell", "s", "seller", "ask", "-1", "2")
_JUMPS_MAX: Final = 0.05  # of the rows: above it the ids are not the venue's running numbers


def reads(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the columns are those of trades."""
    table = named(table)
    lower = {name.lower() for name in table.columns}
    return bool(lower & {*_MAKER, *_SIDE}) and bool(lower & {"price", "p"}) and "bid" not in lower


def named(table: FrameTable | CommaTable) -> FrameTable | CommaTable:
    """Return the table with the columns of Binance's files named where they have no header."""
    if isinstance(table, FrameTable) or table.has_header:
        return table
    count = len(table.columns)
    if count == len(_BINANCE_SPOT):  # spot trades, or aggregated ones of futures
        is_spot = table.first[5].lower() in {"true", "false"}
        return table.renamed(_BINANCE_SPOT if is_spot else _BINANCE_AGG[:7])
    if count in _HEADERLESS and table.first[-1].lower() in {"true", "false"}:
        return table.renamed(_HEADERLESS[count])
    return table


@dataclass(slots=True)
class _Ids:
    """Follows the trade ids from batch to batch."""

    column: str | None
    last: int | None = None
    jumps: list[tuple[int, int, int]] = field(default_factory=list)
    duplicates: int = 0
    counts: bool = True
    kept: tuple[float, float, int] = (0.0, 0.0, 0)


def read(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read trades as TRADE_BUY and TRADE_SELL rows."""
    table = named(table)
    names = match_columns(table, LAYOUT)
    side = _first(table, (*_SIDE, *_MAKER))
    if side is None:
        raise DataError(
            "no column says who took, allowed are side or is_buyer_maker",
            file=table.file, row=0, column="side",
        )  # fmt: skip
    ids = _Ids(_first(table, _IDS))
    gather = Gather(table.file, table.rows, "pq", names["time"])
    columns = dict.fromkeys([*names.values(), side, *([ids.column] if ids.column else [])])
    row = 1
    for frame in table.batches(list(columns)):
        _add(gather, frame, names, side, ids=ids, row=row)
        row += frame.height
    return (_series(gather, hints, ids),)


def _add(
    gather: Gather, frame: pl.DataFrame, names: dict[str, str], side: str, *, ids: _Ids, row: int
) -> None:
    file = gather.file
    ts = times_ns(frame[names["time"]], file=file, row=row)
    price = numbers(frame[names["price"]], file=file, row=row).to_numpy()
    quantity = numbers(frame[names["quantity"]], file=file, row=row).to_numpy()
    for what, values in (("price", price), ("quantity", quantity)):
        check_number(values, names[what], file=file, row=row, above_zero=True, what=what)
    kind = sides(frame[side], file=file, row=row)
    if ids.column is not None and ids.counts:
        keep = _follow(ids, frame[ids.column], ts, (price, quantity, kind), file=file, row=row)
        if keep is not None:
            ts, price, quantity, kind = ts[keep], price[keep], quantity[keep], kind[keep]
    gather.add(ts, kind, (price, quantity), row=row)


def sides(column: pl.Series, *, file: str, row: int) -> np.ndarray:
    """Return TRADE_BUY or TRADE_SELL for each row."""
    is_maker = column.name.lower() in _MAKER
    if column.dtype == pl.Boolean and not column.null_count():
        sold = column
    else:
        text = column.cast(pl.String)
        # The plain spellings first: comparing is much cheaper than changing case.
        yes, no = (_TRUE, _FALSE) if is_maker else (_SELL, _BUY)
        title = ("True", "False") if is_maker else ("sell", "buy")
        sold = text == title[0]
        if _count(sold) + _count(text == title[1]) != len(text):
            lower = text.str.to_lowercase()
            sold = lower.is_in(yes)
            right = (sold | lower.is_in(no)).fill_null(value=False)
            if not right.all():
                at = int((~right).arg_max() or 0)
                allowed = "true or false" if is_maker else "buy or sell"
                raise DataError(
                    f"side was {column[at]!r}, allowed is {allowed}",
                    file=file, row=row + at, column=column.name,
                )  # fmt: skip
    # TRADE_SELL is TRADE_BUY + 1; adding is several times as fast as choosing.
    return sold.to_numpy().view(np.int8) + np.int8(k.TRADE_BUY)


def _follow(
    ids: _Ids,
    column: pl.Series,
    ts: Column,
    content: tuple[Floats, Floats, np.ndarray],
    *,
    file: str,
    row: int,
) -> Flags | None:
    """Note jumps of the ids; return the rows to keep when some repeat."""
    whole = column if column.dtype.is_integer() else column.cast(pl.Int64, strict=False)
    if whole.null_count():
        ids.counts = False  # ids that are no numbers tell nothing
        return None
    numbers_ = whole.to_numpy()
    previous = numbers_[0] - 1 if ids.last is None else ids.last
    if numbers_[0] - previous == 1 and (numbers_[1:] - numbers_[:-1] == 1).all():
        ids.last = int(numbers_[-1])
        ids.kept = _at(content, len(ts) - 1)
        return None
    steps = np.diff(numbers_, prepend=previous)
    repeats = steps == 0
    for at in np.flatnonzero(repeats):
        before = _at(content, int(at) - 1) if at else ids.kept
        if _at(content, int(at)) != before:
            raise DataError(
                f"two different trades have the id {numbers_[at]}",
                file=file, row=row + int(at), column=column.name,
            )  # fmt: skip
    for at in np.flatnonzero(steps > 1):
        since = int(ts[at - 1]) if at else int(ts[0])
        ids.jumps.append((since, int(ts[at]), int(steps[at]) - 1))
    ids.duplicates += int(repeats.sum())
    ids.last = int(numbers_[-1])
    ids.kept = _at(content, len(ts) - 1)
    return ~repeats if repeats.any() else None


def _count(flags: pl.Series) -> int:
    return int(flags.sum() or 0)


def _at(content: tuple[Floats, Floats, np.ndarray], row: int) -> tuple[float, float, int]:
    return float(content[0][row]), float(content[1][row]), int(content[2][row])


def _series(gather: Gather, hints: Hints, ids: _Ids) -> Series:
    gaps: tuple[Gap, ...] = ()
    if ids.counts and len(ids.jumps) <= gather.filled * _JUMPS_MAX:
        gaps = tuple(
            Gap(after_ns=after, before_ns=before, reason=f"{count} trade ids missing")
            for after, before, count in ids.jumps
        )
    is_derivative = hints.instrument is not None and kind_of(hints.instrument) != Kind.SPOT
    return Series(
        hints=hints,
        family=NAME,
        ts_ns=gather.ts_ns[: gather.filled],
        kind=gather.kind[: gather.filled],
        values=gather.named(),
        roles=gather.roles,
        price_decimals=gather.scales["p"].decimals,
        quantity_decimals=gather.scales["q"].decimals,
        # OKX and Gate print contracts, Binance and Bitget coins.
        is_in_contracts=is_derivative and hints.venue in {"okx", "gate"},
        gaps=gaps,
        assumptions=gather.rounded(),
        duplicates=ids.duplicates,
    )


def _first(table: FrameTable | CommaTable, names: tuple[str, ...]) -> str | None:
    lower = {column.strip().lower(): column for column in table.columns}
    return next((lower[name] for name in names if name in lower), None)
