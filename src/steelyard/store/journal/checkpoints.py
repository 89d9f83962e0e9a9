"""Moving pages from a WAL into its file, on a thread and a connection of their own.

Rule: what fails here is nobody's trouble yet: the WAL only grows, and the next commit says what is
wrong with the file.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path


class Checkpointer:
    """The craft that moves pages from a WAL into its file."""

    def __init__(self, path: Path) -> None:
        """Look at the file when there is something to do."""
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def work(self, jobs: Sequence[None]) -> Sequence[None]:
        """Move them once, however often it was asked for."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error:
            return jobs  # the WAL only grows; the next commit says what is wrong
        return jobs

    def end(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
