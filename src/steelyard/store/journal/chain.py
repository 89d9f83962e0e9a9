"""The chain of digests through a book's rows: what was written cannot be changed unseen.

Rule 1: a row's digest covers the digest before it and every field of the row. The lengths of all
fields are covered too, so that bytes cannot move from one field into the next.
Rule 2: the first row follows a digest made of the book's name: rows of one book are none of
another.
Rule 3: a chain cannot know that its end was cut off, or that all of it was written anew. Who must
know keeps the last number and digest elsewhere and hands them in as `head`.
"""

from collections.abc import Iterable
from hashlib import sha256
from struct import Struct

from steelyard.kernel.ports import Kept

_FRAME = Struct("<qqQQQQ").pack  # n, ts_ns and the lengths of event, intents, lines, trade
_GENESIS = b"steelyard journal 1\0"


def genesis(book: str) -> bytes:
    """Return the digest that stands before row 1 of a book."""
    return sha256(_GENESIS + book.encode()).digest()


def link(
    before: bytes, n: int, ts_ns: int, event: bytes, intents: bytes, lines: bytes, trade: str
) -> bytes:
    """Return the digest of a row that follows the digest `before`."""
    name = trade.encode()
    frame = _FRAME(n, ts_ns, len(event), len(intents), len(lines), len(name))
    return sha256(b"".join((before, frame, event, intents, lines, name))).digest()


def chained(
    before: bytes,
    n: int,
    ts_ns: int,
    event: bytes,
    *,
    intents: bytes = b"",
    lines: bytes = b"",
    trade: str = "",
) -> Kept:
    """Make row `n`, which follows the digest `before`."""
    return Kept(
        n=n,
        ts_ns=ts_ns,
        event=event,
        intents=intents,
        lines=lines,
        trade=trade,
        digest=link(before, n, ts_ns, event, intents, lines, trade),
    )


def follows(before: bytes, row: Kept) -> bool:
    """Tell whether a row carries the digest that its fields and the row before it give."""
    return row.digest == link(
        before, row.n, row.ts_ns, row.event, row.intents, row.lines, row.trade
    )


def verify(
    book: str,
    rows: Iterable[Kept],
    *,
    after: int = 0,
    before: bytes | None = None,
    head: tuple[int, bytes] | None = None,
) -> str | None:
    """Return a sentence that names the first bad row, or None when the rows are as written.

    Rows that do not begin at 1 need `after` and `before`: the number and the digest of the row
    that came before them, from a snapshot for example. `head` is what the last row must be.
    """
    n = after
    digest = genesis(book) if before is None else before
    for row in rows:
        if row.n != n + 1:
            return _out_of_order(book, n, row.n)
        if not follows(digest, row):
            return (
                f"row {row.n} of book {book!r} is not what was written: its digest is "
                f"{row.digest.hex()[:16]}…, and its fields after row {n} give another"
            )
        n, digest = row.n, row.digest
    if head is not None and head[0] > n:
        return f"row {n + 1} of book {book!r} is missing: the book had {head[0]} rows, {n} are left"
    if head is not None and head != (n, digest):
        return f"row {min(n, head[0])} of book {book!r} is not what was written: it ended otherwise"
    return None


def _out_of_order(book: str, n: int, found: int) -> str:
    if found <= n:
        return f"row {found} of book {book!r} stands after row {n}: it was inserted or moved"
    return f"row {n + 1} of book {book!r} is missing: row {found} follows row {n}"
