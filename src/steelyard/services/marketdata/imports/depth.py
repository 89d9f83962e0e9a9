"""Depth tables: Binance's T_DEPTH files (snapshots and updates), Tardis' book snapshots.

Rule 1: a snapshot is DEPTH_CLEAR and all its levels; an update sets the quantity at a price.
Rule 2: an update that does not follow the one before it by its ids is a gap.
"""

import re
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Column, Gap
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.checks import check_number
from steelyard.services.marketdata.imports.columns import Layout, match_columns
from steelyard.services.marketdata.imports.comma import CommaTable, numbers
from steelyard.services.marketdata.imports.series import Gather, Series
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.services.marketdata.timestamps import times_ns

NAME: Final = "depth"
LAYOUT: Final = Layout(
    wanted={
        "time": ("timestamp", "trans_id", "time"),
        "first": ("first_update_id",),
        "last": ("last_update_id",),
        "side": ("side",),
        "update type": ("update_type",),
        "price": ("price",),
        "quantity": ("qty", "quantity"),
        "previous": ("pu", "previous_update_id"),
    },
    known=("symbol",),
)


def reads(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the columns are those of T_DEPTH files."""
    return {"update_type", "last_update_id"} <= {name.lower() for name in table.columns}


def read(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read depth rows, with a DEPTH_CLEAR before each snapshot."""
    names = match_columns(table, LAYOUT)
    frame = pl.concat(list(table.batches(list(names.values()))))
    file = table.file
    ts = times_ns(frame[names["time"]], file=file, row=1)
    price = numbers(frame[names["price"]], file=file, row=1).to_numpy()
    quantity = numbers(frame[names["quantity"]], file=file, row=1).to_numpy()
    check_number(price, names["price"], file=file, row=1, above_zero=True, what="price")
    check_number(quantity, names["quantity"], file=file, row=1, above_zero=False, what="quantity")
    is_snapshot = _one_of(frame[names["update type"]], "snap", "set", file)
    is_bid = _one_of(frame[names["side"]], "b", "a", file)
    kind = np.where(is_bid, np.int8(k.DEPTH_BID), np.int8(k.DEPTH_ASK))
    ids = {
        what: numbers(frame[names[what]], file=file, row=1).cast(pl.Int64).to_numpy()
        for what in ("first", "last", "previous")
    }
    # A message is a run of rows with one last id.
    begins = np.flatnonzero(np.diff(ids["last"], prepend=ids["last"][0] - 1))
    clears = begins[is_snapshot[begins]]
    gather = Gather(file, len(ts) + len(clears), "pq", names["time"])
    at = np.insert(np.arange(len(ts)), clears, -1)
    rows = np.where(at < 0, np.roll(at, -1), at)
    is_clear = at < 0
    gather.add(
        ts[rows],
        np.where(is_clear, np.int8(k.DEPTH_CLEAR), kind[rows]),
        (np.where(is_clear, 0.0, price[rows]), np.where(is_clear, 0.0, quantity[rows])),
        row=1,
    )
    return (
        Series(
            hints=hints,
            family=NAME,
            ts_ns=gather.ts_ns,
            kind=gather.kind,
            values=gather.named(),
            roles="pq",
            price_decimals=gather.scales["p"].decimals,
            quantity_decimals=gather.scales["q"].decimals,
            gaps=_gaps(ts, ids, begins, is_snapshot),
            assumptions=gather.rounded(),
        ),
    )


def _gaps(
    ts: Column, ids: dict[str, Column], begins: np.ndarray, is_snapshot: np.ndarray
) -> tuple[Gap, ...]:
    gaps = []
    if not is_snapshot[begins[0]]:
        first = int(ts[0])
        reason = "no snapshot before the updates"
        gaps.append(Gap(after_ns=first, before_ns=first + 1, reason=reason))
    for before, at in pairwise(begins):
        last = int(ids["last"][before])
        follows = int(ids["previous"][at]) == last or int(ids["first"][at]) == last + 1
        if is_snapshot[before]:  # the first update holds the snapshot's id
            follows = follows or int(ids["first"][at]) <= last <= int(ids["last"][at])
        if not is_snapshot[at] and not follows:
            reason = f"depth updates after {last} missing"
            gaps.append(Gap(after_ns=int(ts[before]), before_ns=int(ts[at]), reason=reason))
    return tuple(gaps)


def _one_of(column: pl.Series, yes: str, no: str, file: str) -> np.ndarray:
    text = column.cast(pl.String).str.to_lowercase()
    wrong = ~text.is_in([yes, no]).fill_null(value=False)
    if wrong.any():
        at = int(wrong.arg_max() or 0)
        raise DataError(
            f"value was {column[at]!r}, allowed is {yes} or {no}",
            file=file, row=at + 1, column=column.name,
        )  # fmt: skip
    return (text == yes).to_numpy()


_SIDE: Final = {"asks": k.DEPTH_ASK, "bids": k.DEPTH_BID}
_TARDIS: Final = re.compile(r"(asks|bids)\[(\d+)\]\.(price|amount)")


def reads_snapshots(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the columns are those of Tardis' book_snapshot files."""
    return {"asks[0].price", "bids[0].price", "timestamp"} <= set(table.columns)


def read_snapshots(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read each row as a snapshot: DEPTH_CLEAR, then its asks and bids."""
    known = {"exchange", "symbol", "timestamp", "local_timestamp"}
    found = {column: _TARDIS.fullmatch(column) for column in table.columns}
    unknown = [column for column in table.columns if column not in known and not found[column]]
    if unknown:
        raise DataError("the column is unknown", file=table.file, row=0, column=unknown[0])
    frame = pl.concat(list(table.batches(list(table.columns))))
    file = table.file
    ts = times_ns(frame["timestamp"], file=file, row=1)
    sides = [
        (_SIDE[match[1]], column, f"{match[1]}[{match[2]}].amount")
        for column, match in found.items()
        if match and match[3] == "price"
    ]
    width = len(sides) + 1
    kind = np.full((len(ts), width), k.DEPTH_CLEAR, np.int8)
    price, quantity = np.zeros((len(ts), width)), np.zeros((len(ts), width))
    for place, (side, column, amount) in enumerate(sides, start=1):
        kind[:, place] = side
        price[:, place] = numbers(frame[column], file=file, row=1).to_numpy()
        quantity[:, place] = numbers(frame[amount], file=file, row=1).to_numpy()
        check_number(price[:, place], column, file=file, row=1, above_zero=True, what="price")
        check_number(quantity[:, place], amount, file=file, row=1, above_zero=False, what="amount")
    gather = Gather(file, len(ts) * width, "pq", "timestamp")
    gather.add(np.repeat(ts, width), kind.ravel(), (price.ravel(), quantity.ravel()), row=1)
    return (
        Series(
            hints=hints,
            family="book snapshots",
            ts_ns=gather.ts_ns,
            kind=gather.kind,
            values=gather.named(),
            roles="pq",
            price_decimals=gather.scales["p"].decimals,
            quantity_decimals=gather.scales["q"].decimals,
            assumptions=gather.rounded(),
        ),
    )
