"""The journal in PostgreSQL: for several trading processes, each with books of its own.

Rule 1: one connection writes and reads. When it breaks, what was under way FAILS, a commit whose
answer was lost included: the caller appends the same rows again, and those that are there count
as written. The next job connects anew.
Rule 2: the row of the lease is locked and its token compared in the very transaction that writes.
Rule 3: a process shows that it lives by a session's advisory lock on (book, token), which it takes
again when it has reconnected. The lock is free once the session has ended, and then the book may
be taken at once: on the machine of a killed process the kernel closes its connections. But a
server that starts anew ends every session and kills nobody, so the lock of a lease is proof only
while the server runs that the lease was last extended on; `leases.session` names it.
Rule 4: a session that was cut by somebody else (an operator, a proxy) looks like a death. Its
process is FENCED by the next thing it writes; until then it may still send what is already
written. So who takes a book waits, before it creates orders, for as long as a lease is renewed.
Rule 5: expiry is compared by the server's clock, which all its clients share.
Rule 6: tables live in a schema of their own, `journal`. With `flushed` a commit does not wait for
the server's disk (`synchronous_commit=off`).
"""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from steelyard.kernel.ports import Kept, Lease, Snapshot
from steelyard.model.errors import ConfigurationError, InputError
from steelyard.store.journal.chain import genesis
from steelyard.store.journal.handle import (
    SNAPSHOTS_KEPT,
    Append,
    Durability,
    Held,
    Job,
    KeepSnapshot,
    Release,
    Renew,
    Take,
    failed,
)
from steelyard.store.journal.leases import Proof, refusal
from steelyard.store.journal.postgres_server import (
    PATIENCE_S,
    Connection,
    connect,
    meaning,
    shown,
)
from steelyard.store.journal.reading import Reader
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
from steelyard.wire.worker import Worker

_HOLDING = """
SELECT token, holder, expires_ns, session, (extract(epoch FROM clock_timestamp()) * 1e9)::bigint
FROM leases WHERE book = $1 FOR UPDATE"""
_RENEW = """
UPDATE leases SET session = $4,
expires_ns = (extract(epoch FROM clock_timestamp()) * 1e9)::bigint + $3
WHERE book = (SELECT id FROM books WHERE name = $1) AND token = $2 RETURNING token"""
_SERVER = "SELECT extract(epoch FROM pg_postmaster_start_time())::text"
_LOCK = """
SELECT b.name, b.id, l.token, l.holder, l.expires_ns FROM books b JOIN leases l ON l.book = b.id
WHERE b.name = ANY($1::text[]) ORDER BY b.id FOR UPDATE OF l"""
_ENDS = """
SELECT i.id, o.n, o.digest FROM unnest($1::int[]) AS i(id) JOIN LATERAL
(SELECT n, digest FROM outcomes WHERE book = i.id ORDER BY n DESC LIMIT 1) AS o ON true"""
_TRADES = "SELECT trade, n FROM trades WHERE book = $1 AND trade = ANY($2::text[])"
_DIGESTS = "SELECT n, digest FROM outcomes WHERE book = $1 AND n = ANY($2::bigint[])"
_ADD_ROW = "INSERT INTO outcomes VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
_ADD_TRADE = "INSERT INTO trades VALUES ($1, $2, $3)"


class Read(NamedTuple):
    """A query; answered by its rows, or by the sentence of what went wrong."""

    query: str
    values: Sequence[Any] = ()


class Open(NamedTuple):
    """Connect now; answered by the error, or None."""


PostgresJob: TypeAlias = Job | Read | Open
_Do: TypeAlias = Callable[[Connection, Sequence[Any]], Awaitable[Sequence[Any]]]


class _Standing:
    """One book inside of a transaction."""

    def __init__(self, name: str, number: int, holding: Holding) -> None:
        self.id = number
        self.holding = holding
        self.end = End(0, genesis(name))
        self.digests: dict[int, bytes] = {}
        self.fills: dict[str, int] = {}
        self.fresh: list[Kept] = []

    def take_in(self, fresh: list[Kept]) -> None:
        self.fresh += fresh
        for row in fresh:
            self.end = End(row.n, row.digest)
            self.digests[row.n] = row.digest
            if row.trade:
                self.fills[row.trade] = row.n


class PostgresWriter:
    """The craft that writes to one server; its coroutines run on the worker's own loop."""

    def __init__(
        self,
        url: str,
        now_ns: Callable[[], int],
        *,
        durability: Durability = Durability.SYNCED,
        read_only: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Name the server; `now_ns` is UTC, by which this process reads its own leases."""
        self.connection: Connection | None = None
        self._url = url
        self._now_ns = now_ns
        self._durability = durability
        self._read_only = read_only
        self._patience_s = patience_s
        self._held: dict[str, Held] = {}
        self._server = ""

    async def work(self, jobs: Sequence[PostgresJob]) -> Sequence[Any]:
        """Do a batch: appends that follow each other in one transaction."""
        answers: list[Any] = []
        for kind, run in groupby(jobs, type):
            if kind is Append:
                answers += await self._attempt(self._append, list(run))
            else:
                for job in run:
                    answers += await self._attempt(self._do, [job])
        return answers

    async def end(self) -> None:
        """Close the connection, which frees all locks."""
        if self.connection is not None and not self.connection.is_closed():
            try:
                await self.connection.close(timeout=self._patience_s)
            except Exception:  # noqa: BLE001 - nobody waits for it any more
                self.connection.terminate()

    async def _attempt(self, do: _Do, jobs: Sequence[PostgresJob]) -> Sequence[Any]:
        try:
            return await do(await self._connected(), jobs)
        except Exception as error:  # noqa: BLE001 - whoever asked is answered, whatever broke
            if self._is_whole(error) and len(jobs) > 1:
                return [(await self._attempt(do, [job]))[0] for job in jobs]
            why = f"journal {shown(self._url)}: {meaning(error)}"
            why = str(error) if isinstance(error, InputError) else why
            return [_failed(job, why) for job in jobs]

    def _is_whole(self, error: Exception) -> bool:
        """Tell whether the connection can be used further; let go of one that cannot."""
        connection = self.connection
        if connection is None:
            return False
        if isinstance(error, OSError) or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
            self.connection = None
        return self.connection is not None

    async def _connected(self) -> Connection:
        if self.connection is None or self.connection.is_closed():
            self.connection = None
            connection = await connect(
                self._url, self._durability, self._patience_s, read_only=self._read_only
            )
            self._server = await connection.fetchval(_SERVER)
            for book, held in self._held.items():
                await connection.execute("SELECT pg_advisory_lock($1)", _key(book, held.token))
            self.connection = connection
        return self.connection

    async def _do(self, connection: Connection, jobs: Sequence[PostgresJob]) -> Sequence[Any]:
        answer: Any = None
        match jobs[0]:
            case Open():
                pass
            case Read(query, values):
                answer = await connection.fetch(query, *values)
            case Take(book, holder, ttl_ns):
                answer = await self._take(connection, book, holder, ttl_ns)
            case Renew(lease):
                answer = await self._renew(connection, lease)
            case Release(lease):
                await self._release(connection, lease)
            case KeepSnapshot(lease, snapshot):
                answer = await self._keep(connection, lease, snapshot)
        return [answer]

    async def _take(
        self, connection: Connection, book: str, holder: str, ttl_ns: int
    ) -> Lease | str:
        asked_ns = self._now_ns()
        async with connection.transaction():
            number = await _number(connection, book)
            token, held_by, expires_ns, session, now_ns = await connection.fetchrow(
                _HOLDING, number
            )
            holding = Holding(token, held_by, expires_ns)
            proof = await self._proof(connection, book, token, session)
            if refused := refusal(book, holder, holding, now_ns, proof):
                return refused
            # It outlives this transaction, and is let go with the session.
            await connection.fetchval("SELECT pg_try_advisory_lock($1)", _key(book, token + 1))
            await connection.execute(
                "UPDATE leases SET token = $2, holder = $3, expires_ns = $4, session = $5"
                " WHERE book = $1",
                number, token + 1, holder, now_ns + ttl_ns, self._server,
            )  # fmt: skip
        self._held[book] = Held(token + 1, ttl_ns)
        return Lease(book=book, token=token + 1, holder=holder, expires_ns=asked_ns + ttl_ns)

    async def _proof(self, connection: Connection, book: str, token: int, session: str) -> Proof:
        ours = self._held.get(book)
        if ours and ours.token == token:
            return Proof.OURS
        if session != self._server:
            return Proof.NONE
        query = "SELECT pg_try_advisory_xact_lock($1)"
        return Proof.DEAD if await connection.fetchval(query, _key(book, token)) else Proof.NONE

    async def _renew(self, connection: Connection, lease: Lease) -> Lease | None:
        held = self._held.get(lease.book)
        if held is None or held.token != lease.token:
            return None
        asked_ns = self._now_ns()
        found = await connection.fetchval(
            _RENEW, lease.book, lease.token, held.ttl_ns, self._server
        )
        return replace(lease, expires_ns=asked_ns + held.ttl_ns) if found else None

    async def _release(self, connection: Connection, lease: Lease) -> None:
        held = self._held.get(lease.book)
        if held is None or held.token != lease.token:
            return
        await connection.execute(
            "UPDATE leases SET token = token + 1, holder = '', expires_ns = 0"
            " WHERE book = (SELECT id FROM books WHERE name = $1) AND token = $2",
            lease.book, lease.token,
        )  # fmt: skip
        del self._held[lease.book]
        await connection.execute("SELECT pg_advisory_unlock($1)", _key(lease.book, lease.token))

    async def _append(self, connection: Connection, jobs: Sequence[Append]) -> Sequence[Any]:
        async with connection.transaction():
            standings = await self._standings(connection, jobs)
            answers = [self._appended(standings.get(job.lease.book), job) for job in jobs]
            books = standings.values()
            rows = [
                (s.id, r.n, r.ts_ns, r.event, r.intents, r.lines, r.trade, r.digest)
                for s in books
                for r in s.fresh
            ]
            fills = [(s.id, r.trade, r.n) for s in books for r in s.fresh if r.trade]
            if rows:
                await connection.executemany(_ADD_ROW, rows)
            if fills:
                await connection.executemany(_ADD_TRADE, fills)
        return answers

    def _appended(self, standing: _Standing | None, job: Append) -> Answer:
        if refused := self._refused(standing, job.lease):
            return refused
        assert standing is not None
        fresh = sift(
            job.lease.book, job.rows, standing.end, standing.digests.get, standing.fills.get
        )
        if isinstance(fresh, tuple):
            return fresh
        standing.take_in(fresh)
        return DURABLE

    async def _standings(
        self, connection: Connection, jobs: Sequence[Append]
    ) -> dict[str, _Standing]:
        """Lock the leases of all books that are written, and read what the rows depend on."""
        names = list({job.lease.book for job in jobs})
        standings = {
            name: _Standing(name, number, Holding(token, holder, expires_ns))
            for name, number, token, holder, expires_ns in await connection.fetch(_LOCK, names)
        }
        # After the lock, in a statement of its own: it must see what was committed before.
        numbers = [standing.id for standing in standings.values()]
        ends = {row[0]: End(row[1], row[2]) for row in await connection.fetch(_ENDS, numbers)}
        for name, standing in standings.items():
            standing.end = ends.get(standing.id, standing.end)
            rows = [row for job in jobs if job.lease.book == name for row in job.rows]
            if fills := [row.trade for row in rows if row.trade]:
                standing.fills = dict(await connection.fetch(_TRADES, standing.id, fills))
            if old := [row.n for row in rows if row.n <= standing.end.n]:
                standing.digests = dict(await connection.fetch(_DIGESTS, standing.id, old))
        return standings

    async def _keep(self, connection: Connection, lease: Lease, snapshot: Snapshot) -> Answer:
        async with connection.transaction():
            standing = (await self._standings(connection, [Append(lease, ())])).get(lease.book)
            if refused := self._refused(standing, lease):
                return refused
            assert standing is not None
            found = dict(await connection.fetch(_DIGESTS, standing.id, [snapshot.n]))
            if wrong := misplaced(lease.book, snapshot, found.get(snapshot.n)):
                return wrong
            await connection.execute(
                "INSERT INTO snapshots VALUES ($1, $2, $3, $4, $5) ON CONFLICT (book, n)"
                " DO UPDATE SET version = $3, digest = $4, blob = $5",
                standing.id, snapshot.n, snapshot.version, snapshot.digest, snapshot.blob,
            )  # fmt: skip
            await connection.execute(
                "DELETE FROM snapshots WHERE book = $1 AND n NOT IN"
                " (SELECT n FROM snapshots WHERE book = $1 ORDER BY n DESC LIMIT $2)",
                standing.id, SNAPSHOTS_KEPT,
            )  # fmt: skip
        return DURABLE

    def _refused(self, standing: _Standing | None, lease: Lease) -> Answer | None:
        held = self._held.get(lease.book)
        if held is None or held.token < lease.token:
            return foreign(lease)
        return fenced(lease, standing.holding if standing else None)


async def _number(connection: Connection, book: str) -> int:
    """Return the number of a book, which is made where it is new."""
    insert = "INSERT INTO books (name) VALUES ($1) ON CONFLICT DO NOTHING"
    query = "SELECT id FROM books WHERE name = $1"
    number: int | None = await connection.fetchval(query, book)
    if number is None:
        await connection.execute(insert, book)
        number = await connection.fetchval(query, book)
        assert number is not None
        await connection.execute(
            "INSERT INTO leases VALUES ($1, 0, '', 0, '') ON CONFLICT DO NOTHING", number
        )
    return number


def _key(book: str, token: int) -> int:
    digest = sha256(f"steelyard lease {token} {book}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _failed(job: PostgresJob, why: str) -> Any:
    if isinstance(job, Read | Open):
        return ConfigurationError(why)
    return failed(job, why)


def reader(worker: Worker[PostgresJob, Any], close: Callable[[], None]) -> Reader:
    """Read through a worker, the one that writes for example."""

    def fetch(query: str, values: Sequence[object]) -> Sequence[Any]:
        answer: Sequence[Any] | ConfigurationError = worker.ask(Read(query, values))
        if isinstance(answer, ConfigurationError):
            raise answer
        return answer

    return Reader(fetch, close)
