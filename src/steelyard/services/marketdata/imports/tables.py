"""Files of rows and columns, opened in one way: Parquet, Feather, CSV, gzipped or zipped CSV.

Rule 1: a file that ends too early is refused before anything is believed.
Rule 2: rows are handed out in batches, so that memory holds a batch, not the file.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from steelyard.model.errors import DataError
from steelyard.services.marketdata.imports.comma import CommaTable

BATCH_ROWS: Final = 2**18
_PARQUET, _ARROW, _GZIP, _ZIP = b"PAR1", b"ARROW1", b"\x1f\x8b", b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class FrameTable:
    """A Parquet or Feather file."""

    file: str
    frame: pl.LazyFrame
    schema: pl.Schema
    rows: int

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema)

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the named columns a quarter of a million rows at a time."""
        selected = self.frame.select(columns)
        for start in range(0, self.rows, BATCH_ROWS):
            try:
                yield selected.slice(start, BATCH_ROWS).collect()
            except pl.exceptions.PolarsError as error:
                raise DataError(
                    f"the file is damaged: {_first_line(error)}", file=self.file, row=start + 1
                ) from error


def open_table(path: Path) -> FrameTable | CommaTable:
    """Open a file by what its first bytes say, not by its name."""
    file = str(path)
    head = first_bytes(path)
    if not head:
        raise DataError("the file is empty", file=file)
    if head.startswith(_PARQUET):
        return _parquet(path)
    if head.startswith(_ARROW):
        return _feather(path)
    return CommaTable.of(file, text_bytes(path, head))


def first_bytes(path: Path, count: int = 8) -> bytes:
    """Read the head of a file, or refuse a file that is not there."""
    if path.is_dir():
        raise DataError("this is a folder, allowed is a file", file=str(path))
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise DataError(f"the file cannot be read: {reason}", file=str(path)) from error


def text_bytes(path: Path, head: bytes) -> bytes:
    """Return the text inside a plain, gzipped or zipped file."""
    file = str(path)
    if head.startswith(_GZIP):
        return _gunzipped(path)
    if head.startswith(_ZIP):
        return _unzipped(path)
    content = path.read_bytes()
    if b"\0" in content[:4096]:
        raise DataError("this is no Parquet, Feather, CSV, gzip or zip file", file=file)
    return content


def _gunzipped(path: Path) -> bytes:
    whole = io.BytesIO()
    try:
        with gzip.open(path, "rb") as stream:
            while block := stream.read(2**20):
                whole.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        lines = whole.getvalue().count(b"\n")
        raise DataError(
            f"the gzip stream ends early: the file is truncated after line {lines}",
            file=str(path),
            row=max(lines - 1, 0),
        ) from error
    return whole.getvalue()


def _unzipped(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise DataError(
                    f"the archive holds {len(names)} files, allowed is one", file=str(path)
                )
            return archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError("the zip archive is truncated or damaged", file=str(path)) from error


def _parquet(path: Path) -> FrameTable:
    file = str(path)
    if _last_bytes(path, 4) != _PARQUET:
        raise DataError("the Parquet footer is missing: the file is truncated", file=file)
    try:
        frame = pl.scan_parquet(path, glob=False)
        return _opened(file, frame)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"the file is damaged: {_first_line(error)}", file=file) from error


def _feather(path: Path) -> FrameTable:
    file = str(path)
    if _last_bytes(path, 6) != _ARROW:
        raise DataError("the Feather footer is missing: the file is truncated", file=file)
    try:
        frame = pl.scan_ipc(path, glob=False)
        return _opened(file, frame)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"the file is damaged: {_first_line(error)}", file=file) from error


def _opened(file: str, frame: pl.LazyFrame) -> FrameTable:
    rows = int(frame.select(pl.len()).collect().item())
    if not rows:
        raise DataError("the file has no rows", file=file)
    return FrameTable(file, frame, frame.collect_schema(), rows)


def _last_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - count, 0))
        return file.read()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
