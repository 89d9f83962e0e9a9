"""Rows, and a SQLite journal that works when told to."""

from pathlib import Path

from steelyard.kernel.ports import Kept, Lease, Written
from steelyard.store.journal import sqlite
from steelyard.store.journal.chain import chained, genesis
from steelyard.store.journal.handle import Durability, Handle
from steelyard.store.journal.sqlite import SqliteWriter
from tests.contract.journals import TTL_NS, HandWorker, WorkerProcess


def rows_of(book: str, count: int, *, size: int = 10) -> list[Kept]:
    rows: list[Kept] = []
    digest = genesis(book)
    for n in range(1, count + 1):
        rows.append(chained(digest, n, n, b"e" * size, trade=f"t{n}"))
        digest = rows[-1].digest
    return rows


class Open(WorkerProcess):
    """A process with a SQLite journal."""

    def __init__(self, path: Path, durability: Durability = Durability.FLUSHED) -> None:
        self.craft = SqliteWriter(path, lambda: 0, durability=durability, patience_ms=0)
        worker, reader = HandWorker(self.craft), sqlite.reader(path)

        def die() -> None:
            reader.close()
            self.craft.end()

        super().__init__(worker, Handle(worker, reader), die)

    def take(self, book: str = "book") -> Lease:
        lease = self.journal.take(book, "ann", ttl_ns=TTL_NS)
        assert isinstance(lease, Lease), lease
        return lease

    def append(self, lease: Lease, rows: list[Kept]) -> tuple[Written, str]:
        heard: list[tuple[Written, str]] = []
        self.journal.append(lease, rows, lambda *answer: heard.append(answer))
        self.turn()
        return heard[0]
