"""The journal in a SQLite file, in WAL mode: one writer, any number of readers.

Rule 1: all that waits when the writer comes round goes into one transaction; who asked is answered
after its commit. With `synced` a commit waits for the disk, with `flushed` it does not.
Rule 2: a batch that the disk refuses FAILS as a whole and leaves nothing behind; the same rows may
come again. A batch that one job's own values break is done again, each job for itself.
Rule 3: the token stands in the row that the very transaction reads, or has read before and knows
(`data_version`) that nobody else has written since. A single row is one statement that looks for
the token itself; whatever is unusual about it goes the long way, which says what. The lock on the
file (see `sqlite_file`) keeps a second process out: it is refused, and a killed one's place is free
at once.
Rule 4: a file that was deleted or exchanged under us still takes bytes, and loses them. Each
commit looks whether it is still the file that was opened.
Rule 5: pages move from the WAL to the file elsewhere (`checkpoints`): no commit waits for them.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from steelyard.kernel.ports import Kept, Lease, Snapshot
from steelyard.store.journal.chain import follows, genesis
from steelyard.store.journal.checkpoints import Checkpointer
from steelyard.store.journal.handle import (
    SNAPSHOTS_KEPT,
    Append,
    Durability,
    Held,
    Job,
    KeepSnapshot,
    Outcome,
    Release,
    Renew,
    Take,
    failed,
)
from steelyard.store.journal.leases import Proof, refusal
from steelyard.store.journal.reading import Reader
from steelyard.store.journal.sqlite_file import (
    PATIENCE_MS,
    FileLock,
    meaning,
    open_file,
    open_to_read,
    unusable,
)
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
from steelyard.wire.worker import ThreadWorker

_COMMITS_BEFORE_CHECKPOINT = 200
_STANDING = """
SELECT b.id, l.token, l.holder, l.expires_ns, o.n, o.digest
FROM books b JOIN leases l ON l.book = b.id
LEFT JOIN outcomes o ON o.book = b.id AND o.n = (SELECT max(n) FROM outcomes WHERE book = b.id)
WHERE b.name = ?"""
_ADD_ROW = "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_ONE = """
INSERT INTO outcomes SELECT ?, ?, ?, ?, ?, ?, ?, ? FROM leases WHERE book = ? AND token = ?"""
_ADD_TRADE = "INSERT INTO trades VALUES (?, ?, ?)"


class _Standing:
    """One book as the last transaction left it."""

    __slots__ = ("end", "holding", "id")

    def __init__(self, number: int, holding: Holding, end: End) -> None:
        self.id = number
        self.holding = holding
        self.end = end


class SqliteWriter:
    """The craft that writes one file; all of it runs on the worker's thread."""

    def __init__(
        self,
        path: Path,
        now_ns: Callable[[], int],
        *,
        durability: Durability = Durability.SYNCED,
        patience_ms: int = PATIENCE_MS,
    ) -> None:
        """Open the file, made and brought up to date where it is not; `now_ns` is UTC."""
        self.connection = open_file(path, durability, patience_ms)
        self._path = path
        self._now_ns = now_ns
        self._lock = FileLock(path)
        self._held: dict[str, Held] = {}
        self._standings: dict[str, _Standing] = {}
        self._files = (str(path), f"{path}-wal")
        self._opened = _identities(self._files)
        self._commits = 0
        self._version = -1
        self._moving: ThreadWorker[None, None] | None = None

    def work(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Do a batch in one transaction."""
        taker = next((job.holder for job in jobs if isinstance(job, Take)), None)
        try:
            if taker is not None:
                self._lock.take(taker)
        except OSError as error:
            return [failed(job, f"journal {self._path} cannot be locked: {error}") for job in jobs]
        if not self._lock.is_ours:  # then no lease is, and the file is not even asked
            return [self._locked_out(job) for job in jobs]
        if len(jobs) == 1 and self._append_one(jobs[0]):
            self._count()
            return [DURABLE]
        held = dict(self._held)
        run = self.connection.execute
        try:
            run("BEGIN IMMEDIATE")
            self._forget_if_changed()
            answers = [self._do(job) for job in jobs]
            run("COMMIT")
            self._check_files()
        except Exception as error:  # noqa: BLE001 - whoever asked is answered, whatever broke
            self._held = held
            self._standings.clear()
            if self.connection.in_transaction:
                self._roll_back()
            if len(jobs) > 1 and not _is_about_the_file(error):
                return [self.work([job])[0] for job in jobs]
            why = f"journal {self._path}: {meaning(error)}"
            answers = [failed(job, why) for job in jobs]
        finally:
            if not self._held:
                self._lock.let_go()
        self._count()
        return answers

    def end(self) -> None:
        """Close the file and let the next process have it."""
        if self._moving is not None:
            self._moving.stop()
        self.connection.close()
        self._lock.let_go()

    def _count(self) -> None:
        self._commits += 1
        if self._commits >= _COMMITS_BEFORE_CHECKPOINT:
            self._commits = 0
            if self._moving is None:
                self._moving = ThreadWorker(Checkpointer(self._path), _unheard, name="checkpoint")
            self._moving.put(None, None)

    def _append_one(self, job: Job) -> bool:
        """Write a single row in one statement; False: nothing is known of it, go the long way."""
        if not isinstance(job, Append) or len(job.rows) != 1:
            return False
        lease, row = job.lease, job.rows[0]
        standing, held = self._standings.get(lease.book), self._held.get(lease.book)
        if (
            standing is None
            or held is None
            or not standing.holding.token == held.token == lease.token
        ):
            return False
        end, book = standing.end, standing.id
        if row.trade or row.n != end.n + 1 or not follows(end.digest, row):
            return False
        try:
            wrote = self.connection.execute(
                _ADD_ONE,
                (book, row.n, row.ts_ns, row.event, row.intents, row.lines, "", row.digest,
                 book, lease.token),
            ).rowcount  # fmt: skip
            self._check_files()
        except (sqlite3.Error, OSError):
            wrote = 0
        if wrote != 1:
            self._standings.clear()
            return False
        standing.end = End(row.n, row.digest)
        return True

    def _forget_if_changed(self) -> None:
        """Read the standings anew if another connection wrote since our last transaction."""
        (version,) = self.connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._standings.clear()

    def _do(self, job: Job) -> Outcome:
        match job:
            case Append(lease, rows):
                return self._append(lease, rows)
            case Renew(lease):
                return self._renew(lease)
            case KeepSnapshot(lease, snapshot):
                return self._keep(lease, snapshot)
            case Take(book, holder, ttl_ns):
                return self._take(book, holder, ttl_ns)
            case Release(lease):
                self._release(lease)
                return None

    def _locked_out(self, job: Job) -> Outcome:
        match job:
            case Append(lease) | KeepSnapshot(lease):
                return foreign(lease)
            case Renew() | Release():
                return None
            case Take():
                return (
                    f"journal {self._path} is written by {self._lock.owner()}: one process at a "
                    "time trades on a SQLite journal, stop it first"
                )

    def _take(self, book: str, holder: str, ttl_ns: int) -> Lease | str:
        run = self.connection.execute
        run("INSERT INTO books (name) VALUES (?) ON CONFLICT DO NOTHING", (book,))
        run(
            "INSERT INTO leases SELECT id, 0, '', 0, '' FROM books WHERE name = ?"
            " ON CONFLICT DO NOTHING",
            (book,),
        )
        standing = self._standing(book)
        assert standing is not None
        holding, now_ns = standing.holding, self._now_ns()
        ours = self._held.get(book)
        proof = Proof.OURS if ours and ours.token == holding.token else Proof.DEAD
        if refused := refusal(book, holder, holding, now_ns, proof):
            return refused
        lease = Lease(book=book, token=holding.token + 1, holder=holder, expires_ns=now_ns + ttl_ns)
        self._hold(standing, Holding(lease.token, holder, lease.expires_ns))
        self._held[book] = Held(lease.token, ttl_ns)
        return lease

    def _renew(self, lease: Lease) -> Lease | None:
        standing = self._writable(lease)
        if not isinstance(standing, _Standing):
            return None
        longer = replace(lease, expires_ns=self._now_ns() + self._held[lease.book].ttl_ns)
        self._hold(standing, Holding(lease.token, lease.holder, longer.expires_ns))
        return longer

    def _release(self, lease: Lease) -> None:
        standing = self._writable(lease)
        if isinstance(standing, _Standing):
            self._hold(standing, Holding(lease.token + 1, "", 0))
            del self._held[lease.book]

    def _append(self, lease: Lease, rows: Sequence[Kept]) -> Answer:
        standing = self._writable(lease)
        if not isinstance(standing, _Standing):
            return standing
        book = standing.id
        fresh = sift(
            lease.book,
            rows,
            standing.end,
            lambda n: self._digest_at(book, n),
            lambda trade: self._row_of(book, trade),
        )
        if isinstance(fresh, tuple):
            return fresh
        if fresh:
            add = self.connection.executemany
            add(
                _ADD_ROW,
                [
                    (book, r.n, r.ts_ns, r.event, r.intents, r.lines, r.trade, r.digest)
                    for r in fresh
                ],
            )
            if fills := [(book, row.trade, row.n) for row in fresh if row.trade]:
                add(_ADD_TRADE, fills)
            standing.end = End(fresh[-1].n, fresh[-1].digest)
        return DURABLE

    def _keep(self, lease: Lease, snapshot: Snapshot) -> Answer:
        standing = self._writable(lease)
        if not isinstance(standing, _Standing):
            return standing
        book = standing.id
        if wrong := misplaced(lease.book, snapshot, self._digest_at(book, snapshot.n)):
            return wrong
        run = self.connection.execute
        run(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)",
            (book, snapshot.n, snapshot.version, snapshot.digest, snapshot.blob),
        )
        run(
            "DELETE FROM snapshots WHERE book = ? AND n NOT IN"
            " (SELECT n FROM snapshots WHERE book = ? ORDER BY n DESC LIMIT ?)",
            (book, book, SNAPSHOTS_KEPT),
        )
        return DURABLE

    def _writable(self, lease: Lease) -> _Standing | Answer:
        held = self._held.get(lease.book)
        if held is None or held.token < lease.token:
            return foreign(lease)
        standing = self._standing(lease.book)
        refused = fenced(lease, standing.holding if standing else None)
        if refused or standing is None:
            return refused or foreign(lease)
        return standing

    def _standing(self, book: str) -> _Standing | None:
        standing = self._standings.get(book)
        if standing is None:
            found = self.connection.execute(_STANDING, (book,)).fetchone()
            if found is None:
                return None
            number, token, holder, expires_ns, n, digest = found
            end = End(0, genesis(book)) if n is None else End(n, digest)
            standing = _Standing(number, Holding(token, holder, expires_ns), end)
            self._standings[book] = standing
        return standing

    def _hold(self, standing: _Standing, holding: Holding) -> None:
        standing.holding = holding
        self.connection.execute(
            "UPDATE leases SET token = ?, holder = ?, expires_ns = ? WHERE book = ?",
            (*holding, standing.id),
        )

    def _digest_at(self, book: int, n: int) -> bytes | None:
        query = "SELECT digest FROM outcomes WHERE book = ? AND n = ?"
        found = self.connection.execute(query, (book, n)).fetchone()
        return found[0] if found else None

    def _row_of(self, book: int, trade: str) -> int | None:
        query = "SELECT n FROM trades WHERE book = ? AND trade = ?"
        found = self.connection.execute(query, (book, trade)).fetchone()
        return found[0] if found else None

    def _check_files(self) -> None:
        if _identities(self._files) != self._opened:
            raise OSError("the file was moved, deleted or exchanged: put it back, or start again")

    def _roll_back(self) -> None:
        try:
            self.connection.execute("ROLLBACK")
        except sqlite3.Error:
            return  # SQLite had rolled back by itself


def _unheard(*_: object) -> None:
    """Hear nothing: nobody waits for pages to move."""


def _identities(files: Sequence[str]) -> list[int]:
    """Return what tells a file and its WAL from others of the same names."""
    try:
        return [os.stat(file).st_ino for file in files]  # noqa: PTH116 - on each order's path
    except OSError:
        return []


def _is_about_the_file(error: Exception) -> bool:
    """Tell errors that every job would meet from those that one job's values cause."""
    broken = isinstance(error, sqlite3.OperationalError | OSError)
    return broken or type(error) is sqlite3.DatabaseError


def reader(path: Path) -> Reader:
    """Open a file to read it, also while another process writes."""
    connection = open_to_read(path)

    def fetch(query: str, values: Sequence[object]) -> Sequence[Any]:
        try:
            return connection.execute(query.replace("$", "?"), values).fetchall()
        except sqlite3.Error as error:
            raise unusable(path, error) from None

    return Reader(fetch, connection.close)
