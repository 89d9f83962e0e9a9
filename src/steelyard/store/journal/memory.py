"""A journal in memory: for simulations, tests and rehearsals.

Rule 1: a `Disk` is what outlives a process; a `MemoryJournal` is one process's handle to it. What
was appended reaches the disk in the next call of the handle's scheduler, everything that waits at
once, and each caller hears of it in a call of its own. So a process that dies in between has
either lost the rows or lost the answer, as with a real disk.
Rule 2: `MemoryJournal.die` is that death. Nothing waiting is written, nobody is called, and the
handle's leases may be taken at once: the simulation knows that it is dead.
Rule 3: a handle that only falls silent keeps its leases until they expire. Expiry compares the
scheduler's UTC (`now_ns`), because leases of different processes have no other clock in common.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from steelyard.kernel.ports import Done, Kept, Lease, Snapshot
from steelyard.store.journal.chain import genesis
from steelyard.store.journal.leases import NOBODY, Proof, refusal
from steelyard.store.journal.standing import (
    DURABLE,
    Answer,
    End,
    Holding,
    fenced,
    foreign,
    misplaced,
    sift,
)
from steelyard.wire.scheduler import Scheduler

SNAPSHOTS_KEPT = 2

_Work: TypeAlias = Callable[[Lease, Any], tuple[Any, ...]]
_Waiting: TypeAlias = tuple[_Work, Lease, Any, Callable[..., None] | None]


class _Book:
    """One book on the disk."""

    __slots__ = ("end", "fills", "holding", "rows", "session", "snapshots")

    def __init__(self, name: str) -> None:
        self.end = End(0, genesis(name))
        self.rows: list[Kept] = []
        self.fills: dict[str, int] = {}
        self.snapshots: list[Snapshot] = []
        self.holding = NOBODY
        self.session: MemoryJournal | None = None

    def digest_at(self, n: int) -> bytes | None:
        return self.rows[n - 1].digest if 0 < n <= len(self.rows) else None


class Disk:
    """What several processes share and none takes with it."""

    def __init__(self) -> None:
        """Begin empty."""
        self.books: dict[str, _Book] = {}


class MemoryJournal:
    """One process's handle to a disk in memory."""

    def __init__(self, disk: Disk, scheduler: Scheduler) -> None:
        """Use `disk`; calls back through `scheduler`, whose UTC leases run by."""
        self.dead = False
        self._books = disk.books
        self._scheduler = scheduler
        self._waiting: list[_Waiting] = []
        self._held: dict[str, tuple[int, int]] = {}  # book: token, ttl_ns

    def take(self, book: str, holder: str, *, ttl_ns: int) -> Lease | str:
        """Take the lease of a book, or say in a sentence who holds it and until when."""
        self._commit()
        kept = self._books.get(book)
        if kept is None:
            kept = self._books[book] = _Book(book)
        now_ns = self._scheduler.now_ns()
        refused = refusal(book, holder, kept.holding, now_ns, self._proof(kept))
        if refused:
            return refused
        lease = Lease(
            book=book, token=kept.holding.token + 1, holder=holder, expires_ns=now_ns + ttl_ns
        )
        kept.holding = Holding(lease.token, holder, lease.expires_ns)
        kept.session = self
        self._held[book] = (lease.token, ttl_ns)
        return lease

    def renew(self, lease: Lease, done: Callable[[Lease | None], None]) -> None:
        """Extend the lease by the time it was taken for; None: it was lost."""
        self._put(self._renewed, lease, None, done)

    def release(self, lease: Lease) -> None:
        """Give the book back, after the appends under way."""
        self._put(self._released, lease, None, None)

    def append(self, lease: Lease, rows: Sequence[Kept], done: Done) -> None:
        """Write rows, all or none."""
        self._put(self._appended, lease, rows, done)

    def keep_snapshot(self, lease: Lease, snapshot: Snapshot, done: Done) -> None:
        """Write a snapshot; the newest two are kept."""
        self._put(self._kept, lease, snapshot, done)

    def snapshot(self, book: str) -> Snapshot | None:
        """Return the newest snapshot."""
        kept = self._books.get(book)
        return kept.snapshots[-1] if kept and kept.snapshots else None

    def rows(self, book: str, after: int = 0, until: int | None = None) -> Iterator[Kept]:
        """Read rows n > after (and n <= until), in order."""
        kept = self._books.get(book)
        return iter(kept.rows[max(after, 0) : until and max(until, 0)] if kept else ())

    def books(self) -> Sequence[str]:
        """Name the books, in the order of their names."""
        return sorted(self._books)

    def close(self) -> None:
        """Write what waits, and let go of all leases."""
        self._commit()
        self.die()

    def die(self) -> None:
        """End as a killed process does: nothing that waits is written, nobody is called."""
        self.dead = True
        self._waiting.clear()
        self._held.clear()

    def _put(self, work: _Work, lease: Lease, what: Any, done: Callable[..., None] | None) -> None:
        self._waiting.append((work, lease, what, done))
        if len(self._waiting) == 1:
            self._scheduler.soon(self._commit)

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        soon = self._scheduler.soon
        for work, lease, what, done in waiting:
            answer = work(lease, what)
            if done is not None:
                soon(done, *answer)

    def _appended(self, lease: Lease, rows: Sequence[Kept]) -> Answer:
        if refused := self._refused(lease):
            return refused
        kept = self._books[lease.book]
        fresh = sift(lease.book, rows, kept.end, kept.digest_at, kept.fills.get)
        if isinstance(fresh, tuple):
            return fresh
        if fresh:
            kept.rows += fresh
            kept.end = End(fresh[-1].n, fresh[-1].digest)
            for row in fresh:
                if row.trade:
                    kept.fills[row.trade] = row.n
        return DURABLE

    def _renewed(self, lease: Lease, _: None) -> tuple[Lease | None]:
        if self._refused(lease):
            return (None,)
        expires_ns = self._scheduler.now_ns() + self._held[lease.book][1]
        self._books[lease.book].holding = Holding(lease.token, lease.holder, expires_ns)
        return (replace(lease, expires_ns=expires_ns),)

    def _released(self, lease: Lease, _: None) -> tuple[()]:
        if self._refused(lease) is None:
            self._books[lease.book].holding = Holding(lease.token + 1, "", 0)
            del self._held[lease.book]
        return ()

    def _kept(self, lease: Lease, snapshot: Snapshot) -> Answer:
        if refused := self._refused(lease):
            return refused
        kept = self._books[lease.book]
        wrong = misplaced(lease.book, snapshot, kept.digest_at(snapshot.n))
        if wrong is None:
            others = [other for other in kept.snapshots if other.n != snapshot.n]
            ordered = sorted([*others, snapshot], key=lambda other: other.n)
            kept.snapshots = ordered[-SNAPSHOTS_KEPT:]
        return wrong or DURABLE

    def _refused(self, lease: Lease) -> Answer | None:
        held = self._held.get(lease.book)
        if held is None or held[0] < lease.token:
            return foreign(lease)
        return fenced(lease, self._books[lease.book].holding)

    def _proof(self, kept: _Book) -> Proof:
        if kept.session is self:
            return Proof.OURS
        return Proof.DEAD if kept.session is None or kept.session.dead else Proof.NONE
