"""Times in files: seconds, milliseconds, microseconds or nanoseconds, text or dates, always UTC.

Rule 1: the unit of a number is read off its size; one column has one unit.
Rule 2: a column in another zone than UTC is refused by name; a time without zone is UTC.
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from steelyard.model.errors import ConfigurationError, DataError
from steelyard.model.history import Column

_UTC: Final = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "+00:00", "UCT", "Etc/UCT"})
_EARLIEST_NS: Final = 1_199_145_600 * 10**9  # 2008: there was no market before
_LATEST_NS: Final = 4_102_444_800 * 10**9  # 2100
# Upper bounds of the size of a time, and the nanoseconds of one.
_UNITS: Final = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3), (2**63, 1))
_PER_UNIT: Final = {"ms": 10**6, "us": 10**3, "ns": 1}
_TEXT_UTC: Final = r"(?i)(z|utc|\+00:?00|\-00:?00)$"
_TEXT_ZONE: Final = r"[+-]\d{2}:?\d{2}$|[A-Za-z]{2,}$"


def unit_ns(first: float) -> int:
    """Return how many nanoseconds one unit of a time of this size is."""
    return next(unit for bound, unit in _UNITS if abs(first) < bound)


def times_ns(column: pl.Series, *, file: str, row: int = 1) -> Column:
    """Read a column of times; `row` is the file's number of its first row."""
    name = column.name
    if column.null_count():
        at = int(column.is_null().arg_max() or 0)
        raise DataError("the time is missing", file=file, row=row + at, column=name)
    if column.dtype == pl.String:
        column = _of_text(column, file, row)
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("ms"))
    if isinstance(column.dtype, pl.Datetime):
        return _of_dates(column, file, row)
    if not column.dtype.is_numeric():
        raise DataError(
            f"times were of type {column.dtype}, allowed are numbers, dates and text",
            file=file,
            column=name,
        )
    return _of_numbers(column, file, row)


def _of_dates(column: pl.Series, file: str, row: int) -> Column:
    dtype = column.dtype
    assert isinstance(dtype, pl.Datetime)
    if dtype.time_zone is not None and dtype.time_zone not in _UTC:
        raise DataError(
            f"time zone was {dtype.time_zone}, allowed is UTC", file=file, column=column.name
        )
    raw = column.to_physical().to_numpy()
    return _plausible(raw * np.int64(_PER_UNIT[dtype.time_unit]), column.name, file, row)


def _of_numbers(column: pl.Series, file: str, row: int) -> Column:
    if column.is_empty():
        return np.empty(0, np.int64)
    if column.dtype.is_float():
        raw = column.to_numpy()
        if not np.isfinite(raw).all():
            at = int(np.argmin(np.isfinite(raw)))
            raise DataError(f"time was {raw[at]}", file=file, row=row + at, column=column.name)
        scale = unit_ns(float(raw[0]))
        # Rounded to microseconds: a float of seconds holds no more.
        whole = np.rint(raw * (scale / 1_000)).astype(np.int64) * 1_000
        return _plausible(whole, column.name, file, row)
    raw = column.cast(pl.Int64).to_numpy()
    scale = unit_ns(int(raw[0]))
    too_large = np.abs(raw) > _LATEST_NS // scale
    if too_large.any():
        at = int(np.argmax(too_large))
        raise DataError(
            f"time was {raw[at]}, the rows before are of another unit",
            file=file,
            row=row + at,
            column=column.name,
        )
    return _plausible(raw * np.int64(scale), column.name, file, row)


def _of_text(column: pl.Series, file: str, row: int) -> pl.Series:
    """Parse text as numbers, else as ISO dates in UTC."""
    numbers = column.cast(pl.Float64, strict=False)
    if not numbers.null_count():
        whole = column.cast(pl.Int64, strict=False)
        return numbers if whole.null_count() else whole
    text = column.str.strip_chars()
    utc = text.str.contains(_TEXT_UTC)
    other = ~utc & text.str.contains(_TEXT_ZONE) & text.str.contains(":")
    if other.any():
        at = int(other.arg_max() or 0)
        raise DataError(
            f"time was {column[at]!r}, allowed is UTC", file=file, row=row + at, column=column.name
        )
    plain = text.str.replace(_TEXT_UTC, "").str.strip_chars().str.replace("T", " ")
    parsed = plain.str.to_datetime(time_unit="us", strict=False, format="%Y-%m-%d %H:%M:%S%.f")
    if parsed.null_count():
        short = plain.str.to_datetime(time_unit="us", strict=False, format="%Y-%m-%d %H:%M")
        day = plain.str.to_date(strict=False).cast(pl.Datetime("us"))
        parsed = parsed.fill_null(short).fill_null(day)
    if parsed.null_count():
        at = int(parsed.is_null().arg_max() or 0)
        raise DataError(
            f"time was {column[at]!r}, allowed is a number or a date such as 2024-03-01 00:00:00",
            file=file,
            row=row + at,
            column=column.name,
        )
    return parsed.alias(column.name)


def _plausible(ts_ns: Column, name: str, file: str, row: int) -> Column:
    wrong = (ts_ns < _EARLIEST_NS) | (ts_ns > _LATEST_NS)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(
            f"time was {_text(int(ts_ns[at]))}, allowed is 2008 to 2099",
            file=file,
            row=row + at,
            column=name,
        )
    return ts_ns


def _text(ts_ns: int) -> str:
    return str(np.datetime64(ts_ns, "ns")).partition(".")[0].replace("T", " ")


def time_text(ts_ns: int) -> str:
    """Print a time as `2024-03-01 00:05:00` UTC, with the fraction it has."""
    text = str(np.datetime64(ts_ns, "ns")).replace("T", " ")
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment_ns(text: str, what: str = "time") -> int:
    """Read a moment a person gave: `2024-03-01`, `2024-03-01T12:30`, always UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigurationError(
            f"{what} was {text!r}, allowed is a moment such as 2024-03-01 or 2024-03-01T12:30 (UTC)"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 10**6) * 10**3
