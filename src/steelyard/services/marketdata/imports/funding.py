"""Funding rates: freqtrade's layout with the rate in `open`, Binance's fundingRate files.

Rule 1: a rate is kept in units of 10^-8; finer digits are rounded, and the rounding is told.
Rule 2: a missing payment is a gap: a step of more than the most common one.
"""

from typing import Final

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Column, Gap
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.candles import TIMES
from steelyard.services.marketdata.imports.checks import plain
from steelyard.services.marketdata.imports.columns import Layout, match_columns
from steelyard.services.marketdata.imports.comma import CommaTable, numbers
from steelyard.services.marketdata.imports.series import Gather, Series
from steelyard.services.marketdata.imports.tables import FrameTable
from steelyard.services.marketdata.timestamps import times_ns

NAME: Final = "funding"
_RATES: Final = ("funding_rate", "fundingrate", "last_funding_rate", "lastfundingrate", "rate")
_FREQTRADE: Final = Layout(
    wanted={"time": TIMES, "rate": ("open",)}, known=("high", "low", "close", "volume")
)
LAYOUT: Final = Layout(
    wanted={"time": (*TIMES, "calc_time", "fundingtime", "funding_time"), "rate": _RATES},
    known=("funding_interval_hours", "symbol", "mark_price", "markprice", "realized_rate"),
)
_RATE_MAX: Final = 0.2  # venues cap a payment at a few per cent


def reads(table: FrameTable | CommaTable, hints: Hints) -> bool:
    """Say whether the file holds funding rates: its columns do, or its name says so."""
    lower = {name.lower() for name in table.columns}
    if lower & set(_RATES):
        return True
    says_so = bool(hints.words & {"funding", "fundingrate", "fundingrates"})
    return says_so and "open" in lower


def read(table: FrameTable | CommaTable, hints: Hints) -> tuple[Series, ...]:
    """Read rates as FUNDING rows, without mark prices."""
    lower = {name.lower() for name in table.columns}
    names = match_columns(table, LAYOUT if lower & set(_RATES) else _FREQTRADE)
    file = table.file
    gather = Gather(file, table.rows, "r", names["time"])
    row = 1
    for frame in table.batches(list(names.values())):
        ts = times_ns(frame[names["time"]], file=file, row=row)
        rate = numbers(frame[names["rate"]], file=file, row=row).to_numpy()
        wrong = ~(np.abs(rate) <= _RATE_MAX)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise DataError(
                f"funding rate was {plain(float(rate[at]))}, "
                f"allowed is -{_RATE_MAX} to {_RATE_MAX}",
                file=file,
                row=row + at,
                column=names["rate"],
            )
        gather.add(ts, k.FUNDING, [rate], row=row)
        row += frame.height
    ts, values, duplicates = _once(gather)
    return (
        Series(
            hints=hints,
            family=NAME,
            ts_ns=ts,
            kind=gather.kind[: len(ts)],
            values={"a": values, "b": np.zeros(len(ts), np.int64)},
            roles="rp",
            price_decimals=0,
            quantity_decimals=0,
            gaps=_missing(ts),
            assumptions=gather.rounded(),
            duplicates=duplicates,
        ),
    )


def _once(gather: Gather) -> tuple[Column, Column, int]:
    """Drop identical repetitions, refuse differing ones."""
    ts, rate = gather.ts_ns[: gather.filled], gather.named()["a"]
    places = np.flatnonzero(ts[1:] == ts[:-1]) + 1
    if not len(places):
        return ts, rate, 0
    differs = rate[places] != rate[places - 1]
    if differs.any():
        raise DataError(
            "two different rates stand at one time",
            file=gather.file,
            row=int(places[int(np.argmax(differs))]) + 1,
            column=gather.time_column,
        )
    keep = np.ones(len(ts), np.bool_)
    keep[places] = False
    return ts[keep], rate[keep], len(places)


def _missing(ts: Column) -> tuple[Gap, ...]:
    # Payments come a few milliseconds late now and then: minutes are fine enough.
    steps = np.diff(ts // (60 * 10**9))
    if not len(steps):
        return ()
    sizes, counts = np.unique(steps, return_counts=True)
    common = int(sizes[np.argmax(counts)])
    return tuple(
        Gap(after_ns=int(ts[at]), before_ns=int(ts[at + 1]), reason="funding payments missing")
        for at in np.flatnonzero(steps > common)
    )
