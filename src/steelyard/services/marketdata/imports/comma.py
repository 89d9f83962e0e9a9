"""CSV text as a table: with or without header, numbers as numbers, faults by row and column.

Rule 1: the last line must be whole; a line with too few or too many fields is refused.
Rule 2: a field that is no number where one is due is refused with its row and column.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from steelyard.model.errors import DataError

_ROWS: Final = 2**18
_SAMPLE: Final = 1_000
_LOOKED_AT: Final = 2**16  # bytes


@dataclass(frozen=True, slots=True)
class CommaTable:
    """CSV text. `columns` are the header's, or c0, c1 … for text without one."""

    file: str
    content: bytes
    columns: tuple[str, ...]
    rows: int
    has_header: bool
    first: tuple[str, ...]

    @classmethod
    def of(cls, file: str, content: bytes) -> "CommaTable":
        """Look at the first and the last line."""
        content = content.removeprefix(b"\xef\xbb\xbf")
        lines = content.count(b"\n") + (not content.endswith(b"\n"))
        head = _fields(content[: content.find(b"\n") + 1 or None], file)
        has_header = not _is_numeric(head[0]) if head[0] else len(head) > 1
        columns = _distinct(head) if has_header else tuple(f"c{i}" for i in range(len(head)))
        rows = lines - has_header
        if rows <= 0:
            raise DataError("the file has no rows", file=file)
        end = content.rstrip(b"\r\n")
        last = _fields(end[end.rfind(b"\n") + 1 :], file)
        if len(last) != len(columns):
            raise DataError(
                f"the last line has {len(last)} of {len(columns)} fields: the file is truncated",
                file=file,
                row=end.count(b"\n") + (not has_header),
                column=columns[min(len(last), len(columns) - 1)],
            )
        if not content.endswith(b"\n") and _is_cut(end, last[-1]):
            raise DataError(
                "the last line has no end, and its last field is shorter than those above: "
                "the file is truncated",
                file=file,
                row=end.count(b"\n") + (not has_header),
                column=columns[-1],
            )
        first = _fields(content.split(b"\n", 2)[has_header], file)
        return cls(file, content, columns, rows, has_header, first)

    def renamed(self, columns: Sequence[str]) -> "CommaTable":
        """Give the columns of text without header their names."""
        return replace(self, columns=tuple(columns))

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the named columns; numbers where all of a column are numbers, else text."""
        selected = self._read().select(columns)
        for start in range(0, selected.height, _ROWS):
            yield selected.slice(start, _ROWS)

    def _read(self) -> pl.DataFrame:
        commas = (self.rows + self.has_header) * (len(self.columns) - 1)
        if b'"' not in self.content and self.content.count(b",") != commas:
            self._check_lines()
        try:
            return pl.read_csv(
                self.content,
                has_header=self.has_header,
                new_columns=list(self.columns),
                infer_schema_length=_SAMPLE,
                truncate_ragged_lines=False,
            )
        except pl.exceptions.PolarsError:
            self._check_lines()
        # One field of another type far down: read as text, and let the reader of the column say.
        return self._as_text()

    def _as_text(self) -> pl.DataFrame:
        return pl.read_csv(
            self.content,
            has_header=self.has_header,
            new_columns=list(self.columns),
            infer_schema=False,
        )

    def _check_lines(self) -> None:
        text = self.content.decode(errors="replace").splitlines()
        for row, fields in enumerate(csv.reader(text), start=int(not self.has_header)):
            if fields and len(fields) != len(self.columns):
                raise DataError(
                    f"the line has {len(fields)} fields, allowed are {len(self.columns)}",
                    file=self.file,
                    row=row,
                )


def numbers(column: pl.Series, *, file: str, row: int) -> pl.Series:
    """Return a column of floats, or refuse the first field that is no number."""
    if column.dtype == pl.Null:
        column = column.cast(pl.String)
    cast = column.cast(pl.Float64, strict=False) if column.dtype == pl.String else column
    if not cast.dtype.is_numeric():
        raise DataError(
            f"values were of type {column.dtype}, allowed are numbers",
            file=file,
            column=column.name,
        )
    if cast.null_count():
        at = int(cast.is_null().arg_max() or 0)
        found = column[at]
        what = "the value is missing" if found is None else f"value was {found!r}, no number"
        raise DataError(what, file=file, row=row + at, column=column.name)
    return cast.cast(pl.Float64)


def _is_cut(end: bytes, last: str) -> bool:
    """Say whether a last field looks cut off: shorter than any of the lines before it."""
    above = end[-_LOOKED_AT:].split(b"\n")[1:-1]
    shortest = min((len(line.rpartition(b",")[2].rstrip()) for line in above), default=0)
    return len(last) < shortest


def _fields(line: bytes, file: str) -> tuple[str, ...]:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError("this is no text, Parquet or Feather file", file=file) from error
    return tuple(field.strip() for field in next(csv.reader([text]), [""]))


def _is_numeric(text: str) -> bool:
    """A header starts with a word; rows of venues start with a number."""
    return text[:1].isdigit() or text[:1] in {"-", "+", "."}


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Number repeated names as polars does."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        distinct.append(f"{name}_duplicated_{count - 1}" if count else name)
    return tuple(distinct)
