"""Where journals are kept, as the contract sees them: processes that open, die and are restarted.

Nothing here runs by itself. What was asked of a journal waits until the test says `turn`, so a
crash finds exactly what the test left waiting. Files and servers are real.
"""

import asyncio
import shutil
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from steelyard.store.journal import postgres, sqlite
from steelyard.store.journal.handle import Durability, Handle
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.store.journal.postgres import PostgresWriter
from steelyard.store.journal.sqlite import SqliteWriter
from steelyard.wire.scheduler import Timer
from steelyard.wire.worker import Craft, OwnLoop
from tests.contract.servers import Admin

TTL_NS = 3600 * 10**9  # longer than any test: leases expire when the test says so
START_NS = 1_800_000_000 * 10**9
# For small tables that is quicker than TRUNCATE.
_EMPTY = ";".join(
    f"DELETE FROM journal.{table}"  # noqa: S608 - these five
    for table in ("books", "leases", "outcomes", "trades", "snapshots")
)


class HandWorker:
    """A worker that works when told to, on this very thread."""

    def __init__(self, craft: Craft[Any, Any]) -> None:
        self.craft = craft
        self.waiting: list[tuple[Any, Callable[[Any], None] | None]] = []
        self.news: deque[tuple[Callable[[Any], None], Any]] = deque()

    def put(self, job: Any, heard: Callable[[Any], None] | None) -> None:
        self.waiting.append((job, heard))

    def ask(self, job: Any) -> Any:
        self.put(job, None)
        return self.work()[-1]

    def stop(self) -> None:
        self.work()
        self.craft.end()

    def work(self) -> list[Any]:
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return []
        answers = list(self.craft.work([job for job, _ in waiting]))
        self.news.extend(
            (heard, answer)
            for (_, heard), answer in zip(waiting, answers, strict=True)
            if heard is not None
        )
        return answers

    def turn(self) -> None:
        self.work()
        while self.news:
            heard, answer = self.news.popleft()
            heard(answer)


class HandScheduler:
    """Calls wait until the test says `turn`; the clock stands until it is moved."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self.now_ns = clock
        self.elapsed_ns = clock

    def soon(self, call: Callable[..., None], *args: Any) -> None:
        self.calls.append((call, args))

    def after(self, delay_ns: int, call: Callable[..., None], *args: Any) -> Timer:
        raise NotImplementedError

    def turn(self) -> None:
        while self.calls:
            call, args = self.calls.popleft()
            call(*args)


class MemoryProcess:
    def __init__(self, disk: Disk, clock: Callable[[], int]) -> None:
        self.scheduler = HandScheduler(clock)
        self.journal = MemoryJournal(disk, self.scheduler)

    def turn(self) -> None:
        self.scheduler.turn()

    def crash(self) -> None:
        self.journal.die()
        self.scheduler.calls.clear()


class MemoryPlace:
    one_process = False  # may hold leases at a time
    reads_wait = False  # behind what was asked before

    def __init__(self) -> None:
        self.disk = Disk()
        self.now_ns = START_NS

    def start(self) -> MemoryProcess:
        return MemoryProcess(self.disk, lambda: self.now_ns)

    def expire(self) -> None:
        self.now_ns += 2 * TTL_NS

    def end(self) -> None:
        self.disk.books.clear()


class WorkerProcess:
    def __init__(self, worker: HandWorker, journal: Handle, die: Callable[[], None]) -> None:
        self.worker = worker
        self.journal = journal
        self.die = die

    def turn(self) -> None:
        self.worker.turn()

    def crash(self) -> None:
        self.worker.waiting.clear()
        self.worker.news.clear()
        self.die()


class SqlitePlace:
    one_process = True
    reads_wait = False

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "journal.db"
        made = folder.parent / "made.db"  # the migration is run once, not in each example
        if not made.exists():
            SqliteWriter(made, lambda: 0).end()
        shutil.copyfile(made, self.path)
        self.now_ns = START_NS

    def start(self) -> WorkerProcess:
        craft = SqliteWriter(
            self.path, lambda: self.now_ns, durability=Durability.FLUSHED, patience_ms=0
        )
        worker, reader = HandWorker(craft), sqlite.reader(self.path)

        def die() -> None:  # as the kernel does it for a killed process
            reader.close()
            craft.end()

        return WorkerProcess(worker, Handle(worker, reader), die)

    def expire(self) -> None:
        self.now_ns += 2 * TTL_NS

    def end(self) -> None:
        shutil.rmtree(self.path.parent)


class PostgresPlace:
    one_process = False
    reads_wait = True

    def __init__(self, url: str, admin: Admin) -> None:
        self.url = url
        self.admin = admin
        self.now_ns = START_NS
        if admin.value("SELECT to_regclass('journal.books')") is not None:
            admin.execute(_EMPTY)

    def start(self) -> WorkerProcess:
        craft = PostgresWriter(self.url, lambda: self.now_ns, durability=Durability.FLUSHED)
        own = OwnLoop(craft)
        worker = HandWorker(own)
        refused = worker.ask(postgres.Open())
        if refused is not None:
            raise refused
        reader = postgres.reader(worker, lambda: None)

        def die() -> None:
            held = dict(craft._held)
            assert craft.connection is not None
            craft.connection.terminate()
            own.run(asyncio.sleep(0))  # the loop closes the socket in its next pass
            own.end()
            for book, lease in held.items():  # returns as soon as the server has noticed
                key = postgres._key(book, lease.token)
                self.admin.execute("SELECT pg_advisory_lock($1)", key)
                self.admin.execute("SELECT pg_advisory_unlock($1)", key)

        return WorkerProcess(worker, Handle(worker, reader), die)

    def expire(self) -> None:
        self.now_ns += 2 * TTL_NS
        self.admin.execute("UPDATE journal.leases SET expires_ns = least(expires_ns, 1)")

    def end(self) -> None:
        """Leave the rows to the next: a database of our own is dropped in the end."""


Process: TypeAlias = MemoryProcess | WorkerProcess
Place: TypeAlias = MemoryPlace | SqlitePlace | PostgresPlace
