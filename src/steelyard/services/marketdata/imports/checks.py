"""What every row must satisfy; the first that does not is named with file, row and column.

Rule: checks look at whole columns at once; the row's number is found only when one fails.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from steelyard.model.errors import DataError
from steelyard.model.history import Column
from steelyard.services.marketdata.numbers import Floats
from steelyard.services.marketdata.timestamps import time_text

Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
_SHOWN: Final = 12


def check_number(
    values: Floats, column: str, *, file: str, row: int, above_zero: bool, what: str
) -> None:
    """Refuse what is no finite number, and what is not above (or at) zero."""
    # One pass over a clean column: the smallest is NaN when any is.
    smallest = float(np.min(values)) if len(values) else 1.0
    largest = float(np.max(values)) if len(values) else 1.0
    if np.isfinite(smallest) and np.isfinite(largest):
        if smallest > 0 or (smallest == 0 and not above_zero):
            return
        wrong = values <= 0 if above_zero else values < 0
    else:
        wrong = ~np.isfinite(values)
    at = int(np.argmax(wrong))
    allowed = "above 0" if above_zero else "0 or more"
    found = plain(float(values[at]))
    raise DataError(
        f"{what} was {found}, allowed is {allowed}", file=file, row=row + at, column=column
    )


def check_order(ts_ns: Column, last_ns: int, *, file: str, row: int, column: str) -> None:
    """Refuse a time before the one of the row before."""
    if not len(ts_ns):
        return
    if ts_ns[0] < last_ns:
        at, before = 0, last_ns
    else:
        back = ts_ns[1:] < ts_ns[:-1]
        if not back.any():
            return
        at = int(np.argmax(back)) + 1
        before = int(ts_ns[at - 1])
    raise DataError(
        f"time was {time_text(int(ts_ns[at]))}, before the row above it "
        f"({time_text(before)}); times must not go back",
        file=file,
        row=row + at,
        column=column,
    )


def check_bars(
    bars: Mapping[str, Floats], names: Mapping[str, str], *, file: str, row: int
) -> None:
    """Refuse a high below, or a low above, any other price of its candle."""
    high, low = bars["high"], bars["low"]
    for what, edge, wrong_side in (("high", high, np.less), ("low", low, np.greater)):
        for other in ("open", "close", "low" if what == "high" else "high"):
            wrong = wrong_side(edge, bars[other])
            if wrong.any():
                at = int(np.argmax(wrong))
                side = "below" if what == "high" else "above"
                raise DataError(
                    f"{what} was {plain(float(edge[at]))}, {side} the {other} of "
                    f"{plain(float(bars[other][at]))}",
                    file=file,
                    row=row + at,
                    column=names[what],
                )


def plain(value: float) -> str:
    """Print a float as a person would."""
    if not np.isfinite(value):
        return {True: "missing (NaN)", False: str(value)}[bool(np.isnan(value))]
    return np.format_float_positional(value, trim="-")
