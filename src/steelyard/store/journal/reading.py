"""What is read from a journal's tables, the same for every database.

Rule 1: rows are read in pages, each in a query of its own: a slow reader holds nobody up, and rows
never change, so pages fit together.
Rule 2: who reads sees what was committed, and nothing of what is under way.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from steelyard.kernel.ports import Kept, Snapshot

Fetch: TypeAlias = Callable[[str, Sequence[object]], Sequence[Any]]
"""Run a query whose values are $1, $2 …; raise an `InputError` where that cannot be done."""

PAGE_ROWS = 1000
_LAST_N = (1 << 63) - 1
_ROWS = """
SELECT n, ts_ns, event, intents, lines, trade, digest FROM outcomes
WHERE book = (SELECT id FROM books WHERE name = $1) AND n > $2 AND n <= $3 ORDER BY n LIMIT $4"""
_SNAPSHOT = """
SELECT n, version, digest, blob FROM snapshots
WHERE book = (SELECT id FROM books WHERE name = $1) ORDER BY n DESC LIMIT 1"""


class Reader:
    """The part of the port that only reads; open to everybody while another process trades."""

    def __init__(self, fetch: Fetch, close: Callable[[], None]) -> None:
        """Read by `fetch`; `close` lets go of what it uses."""
        self._fetch = fetch
        self.close = close

    def snapshot(self, book: str) -> Snapshot | None:
        """Return the newest snapshot."""
        for n, version, digest, blob in self._fetch(_SNAPSHOT, (book,)):
            return Snapshot(n=n, version=version, digest=digest, blob=blob)
        return None

    def rows(self, book: str, after: int = 0, until: int | None = None) -> Iterator[Kept]:
        """Read rows n > after (and n <= until), in order."""
        last = _LAST_N if until is None else until
        while True:
            page = self._fetch(_ROWS, (book, after, last, PAGE_ROWS))
            for n, ts_ns, event, intents, lines, trade, digest in page:
                yield Kept(
                    n=n, ts_ns=ts_ns, event=event, intents=intents, lines=lines, trade=trade,
                    digest=digest,
                )  # fmt: skip
            if len(page) < PAGE_ROWS:
                return
            after = page[-1][0]

    def books(self) -> Sequence[str]:
        """Name the books, in the order of their names."""
        # Sorted here: a server's own order depends on its language.
        return sorted(name for (name,) in self._fetch("SELECT name FROM books", ()))
