"""The paper process's own file: what it needs to go on after it was ended or killed.

Rule 1: the file is replaced whole, by way of another one, so that a crash leaves the old or the
new state. Lost by a kill is what happened since the last writing, both orders and fills: the
exchange then stands where it stood, and its clients see a venue that forgot.
Rule 2: one process at a time: a lock stands beside the file for as long as it lives.
"""

import fcntl
import os
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.keeping import keep, put_back

_FORMAT: Final = 1


class _Kept(Struct):
    format: int
    served: int
    exchange: bytes


class PaperFile:
    """The file of one paper process."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises ConfigurationError where another process has it."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock: IO[bytes] = path.with_name(path.name + ".lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise ConfigurationError(f"{path}: another paper process keeps its books there") from (
                None
            )

    def load(self, exchange: SimExchange) -> int:
        """Give a new exchange what was kept; return how many rows the market had served."""
        if not self.path.exists():
            return 0
        try:
            kept = _decode(self.path.read_bytes())
            _check(kept)
            put_back(exchange, kept.exchange)
        except (ConfigurationError, msgspec.DecodeError) as error:
            raise ConfigurationError(
                f"{self.path}: {error}; move the file away to begin anew"
            ) from None
        return kept.served

    def save(self, exchange: SimExchange, served: int) -> None:
        """Replace what was kept."""
        other = self.path.with_name(self.path.name + ".new")
        with other.open("wb") as file:
            file.write(_encode(_Kept(_FORMAT, served, keep(exchange))))
            file.flush()
            os.fsync(file.fileno())
        other.replace(self.path)

    def close(self) -> None:
        """Let the lock go."""
        self._lock.close()


def _check(kept: _Kept) -> None:
    if kept.format != _FORMAT:
        raise ConfigurationError(f"its format is {kept.format}, known is {_FORMAT}")


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Kept).decode
