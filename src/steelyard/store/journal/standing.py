"""What a journal says to rows: one set of rules for every place where journals are kept.

Rule 1: the token is compared before anything else: who lost the book is told so (FENCED), also
about rows that are there.
Rule 2: a row that is there with the same digest is written; with another digest it is somebody
else's: FENCED, and nothing is written.
Rule 3: a row that leaves a gap FAILS: the rows before it did not come in and are appended again.
Rule 4: a row whose digest does not follow from the row before it is FENCED: its writer knows
another past than the journal's. Appending again does not help.
Rule 5: a fill is held once in a book. A second row with its id is FENCED: the book that made it
has counted money twice, and must not go on.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from steelyard.kernel.ports import Kept, Lease, Snapshot, Written
from steelyard.store.journal.chain import follows

Answer: TypeAlias = tuple[Written, str]
DigestAt: TypeAlias = Callable[[int], bytes | None]
RowOf: TypeAlias = Callable[[str], int | None]

DURABLE: Answer = (Written.DURABLE, "")


class Holding(NamedTuple):
    """The lease of a book as it stands in the store; holder "": it was given back."""

    token: int
    holder: str
    expires_ns: int


class End(NamedTuple):
    """The last row of a book."""

    n: int
    digest: bytes


def fenced(lease: Lease, holding: Holding | None) -> Answer | None:
    """Return why this lease may no longer write, or None when it may."""
    if holding is not None and holding.token == lease.token:
        return None
    return Written.FENCED, _lost(lease, holding)


def _lost(lease: Lease, holding: Holding | None) -> str:
    if holding is None:
        return f"book {lease.book!r} is not in the journal: take its lease first"
    if not holding.holder:
        return f"book {lease.book!r} was given back: its lease {lease.token} counts no longer"
    return (
        f"book {lease.book!r} is held by {holding.holder!r} now, with lease {holding.token}; "
        f"lease {lease.token} of {lease.holder!r} counts no longer"
    )


def foreign(lease: Lease) -> Answer:
    """Say that this process did not take the lease it writes with."""
    return (
        Written.FENCED,
        f"lease {lease.token} of book {lease.book!r} is not held here: take the book first",
    )


def sift(
    book: str, rows: Sequence[Kept], end: End, digest_at: DigestAt, row_of: RowOf
) -> list[Kept] | Answer:
    """Return the rows that are still to be written after `end`, or why none may be.

    `digest_at` gives the digest of a row up to `end`, `row_of` the row that holds a fill already.
    """
    fresh: list[Kept] = []
    fresh_fills: dict[str, int] = {}
    first = n = end.n
    digest = end.digest
    for row in rows:
        if row.n <= n:
            held = digest_at(row.n) if row.n <= first else fresh[row.n - first - 1].digest
            if held != row.digest:
                return _other_row(book, row.n)
            continue
        if row.n != n + 1:
            return _gap(book, n, row.n)
        if not follows(digest, row):
            return _other_past(book, n)
        if trade := row.trade:
            twin = row_of(trade) or fresh_fills.get(trade)
            if twin is not None:
                return _held_twice(book, trade, twin, row.n)
            fresh_fills[trade] = row.n
        n, digest = row.n, row.digest
        fresh.append(row)
    return fresh


def misplaced(book: str, snapshot: Snapshot, digest: bytes | None) -> Answer | None:
    """Return why a snapshot may not be kept, or None; `digest` is that of its row."""
    if digest is None:
        return (
            Written.FAILED,
            f"row {snapshot.n} of book {book!r} is not in the journal yet: a snapshot comes after",
        )
    if digest != snapshot.digest:
        return _other_row(book, snapshot.n)
    return None


def _other_row(book: str, n: int) -> Answer:
    return (
        Written.FENCED,
        f"row {n} of book {book!r} is in the journal with another digest: somebody else wrote it",
    )


def _gap(book: str, n: int, found: int) -> Answer:
    return (
        Written.FAILED,
        f"row {n + 1} of book {book!r} is missing before row {found}: append from row {n + 1} on",
    )


def _other_past(book: str, n: int) -> Answer:
    return (
        Written.FENCED,
        f"row {n + 1} of book {book!r} does not follow from row {n}: its writer knows another past",
    )


def _held_twice(book: str, trade: str, twin: int, n: int) -> Answer:
    return (
        Written.FENCED,
        f"row {n} of book {book!r} brings the fill {trade!r}, which row {twin} holds already",
    )
