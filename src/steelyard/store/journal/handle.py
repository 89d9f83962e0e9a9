"""One process's handle to a journal that somebody else's thread writes: the port, as jobs.

Rule 1: everything that writes is a job, done in the order of the calls. `take` waits for its
answer, and for all that was asked before; it belongs to the start of a book, not to its days.
Rule 2: a job that fails has an answer too (`failed`), so that nobody waits for ever.
Rule 3: what is read here was committed; readers never wait for the writer's disk.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from steelyard.kernel.ports import Done, Kept, Lease, Snapshot, Written
from steelyard.store.journal.reading import Reader
from steelyard.store.journal.standing import Answer
from steelyard.wire.worker import Worker

SNAPSHOTS_KEPT = 2


class Durability(StrEnum):
    """What `Written.DURABLE` survives."""

    SYNCED = "synced"  # a power cut: each commit waits for the disk
    FLUSHED = "flushed"  # a killed process, but a power cut may take the last commits along


class Take(NamedTuple):
    """Take the lease of a book; answered by the lease or by a sentence."""

    book: str
    holder: str
    ttl_ns: int


class Renew(NamedTuple):
    """Extend a lease; answered by the new one or None."""

    lease: Lease


class Release(NamedTuple):
    """Give a book back; answered by nothing."""

    lease: Lease


class Append(NamedTuple):
    """Write rows."""

    lease: Lease
    rows: Sequence[Kept]


class KeepSnapshot(NamedTuple):
    """Write a snapshot."""

    lease: Lease
    snapshot: Snapshot


Job: TypeAlias = Take | Renew | Release | Append | KeepSnapshot
Outcome: TypeAlias = Answer | Lease | str | None


def failed(job: Job, why: str) -> Outcome:
    """Return what a job is answered with that could not be done."""
    match job:
        case Append() | KeepSnapshot():
            return Written.FAILED, why
        case Take():
            return f"book {job.book!r} cannot be taken: {why}"
        case Renew() | Release():
            return None


class Held(NamedTuple):
    """A lease that this process took."""

    token: int
    ttl_ns: int


class Handle:
    """A journal to write: a `Worker` does the writing, a `Reader` the reading."""

    def __init__(self, worker: Worker[Any, Any], reader: Reader) -> None:
        """Use both, and end both in the end."""
        self._worker = worker
        self._reader = reader

    def take(self, book: str, holder: str, *, ttl_ns: int) -> Lease | str:
        """Take the lease of a book, or say in a sentence who holds it and until when."""
        taken: Lease | str = self._worker.ask(Take(book, holder, ttl_ns))
        return taken

    def renew(self, lease: Lease, done: Callable[[Lease | None], None]) -> None:
        """Extend the lease by the time it was taken for.

        None: it was lost, or could not be written. While the old one runs it may be tried again.
        """
        self._worker.put(Renew(lease), done)

    def release(self, lease: Lease) -> None:
        """Give the book back, after the appends under way."""
        self._worker.put(Release(lease), None)

    def append(self, lease: Lease, rows: Sequence[Kept], done: Done) -> None:
        """Write rows, all or none, in one commit that compares the fencing token."""
        self._worker.put(Append(lease, rows), lambda answer: done(*answer))

    def keep_snapshot(self, lease: Lease, snapshot: Snapshot, done: Done) -> None:
        """Write a snapshot; the newest two are kept."""
        self._worker.put(KeepSnapshot(lease, snapshot), lambda answer: done(*answer))

    def snapshot(self, book: str) -> Snapshot | None:
        """Return the newest snapshot."""
        return self._reader.snapshot(book)

    def rows(self, book: str, after: int = 0, until: int | None = None) -> Iterator[Kept]:
        """Read rows n > after (and n <= until), in order."""
        return self._reader.rows(book, after, until)

    def books(self) -> Sequence[str]:
        """Name the books, in the order of their names."""
        return self._reader.books()

    def close(self) -> None:
        """Finish what was asked for, then end. Leases of this handle count no longer."""
        self._reader.close()
        self._worker.stop()
