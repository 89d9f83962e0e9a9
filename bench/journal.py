"""The journal: from an append to its durable callback, on the loop that asked.

`python -m bench.journal [URL …]` measures SQLite in a folder of its own (STEELYARD_BENCH_DIR, else
the working directory: /tmp may be no disk), memory, and every server named. One row is 330 bytes,
every fourth with a fill, as a book writes them. Cases:

  calm    a row every 2 ms, nothing else to do: what a decision waits for
  busy    the same while the loop computes half of the time in pieces of 300 µs
  flood   the next row as soon as the last is durable
  group   64 rows under way at a time: rows per second
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from steelyard.kernel.ports import Kept, Lease, Written
from steelyard.store.journal.chain import chained, genesis, verify
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.store.journal.opening import OpenJournal, open_journal
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.virtual import VirtualTime

ROWS = 2_000
GAP_S = 0.002
UNDER_WAY = 64
BOOK = "bench"


def rows_of(book: str, count: int) -> list[Kept]:
    rows: list[Kept] = []
    digest = genesis(book)
    for n in range(1, count + 1):
        trade = f"trade {n}" if n % 4 == 0 else ""
        made = chained(digest, n, n, b"e" * 150, intents=b"i" * 80, lines=b"l" * 100, trade=trade)
        rows.append(made)
        digest = made.digest
    return rows


class Run:
    """One case: rows go in, and the seconds until each is durable are kept."""

    def __init__(self, journal: OpenJournal, book: str) -> None:
        lease = journal.take(book, "bench", ttl_ns=3600 * 10**9)
        assert isinstance(lease, Lease), lease
        self.lease = lease
        self.journal = journal
        self.book = book
        self.rows = rows_of(book, ROWS)
        self.seconds: list[float] = []

    def append(self, row: Kept, then: Callable[[], None]) -> None:
        began = time.perf_counter()

        def done(written: Written, why: str) -> None:
            self.seconds.append(time.perf_counter() - began)
            assert written is Written.DURABLE, why
            then()

        self.journal.append(self.lease, (row,), done)

    def micros(self) -> dict[str, float]:
        assert verify(self.book, self.journal.rows(self.book)) is None
        ordered = sorted(self.seconds)
        shares = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
        found = {name: ordered[int(len(ordered) * share)] for name, share in shares.items()}
        return {f"{name}_us": round(1e6 * seconds) for name, seconds in found.items()}


async def calm(run: Run) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    for row in run.rows:
        durable = loop.create_future()
        run.append(row, lambda durable=durable: durable.set_result(None))  # type: ignore[misc]
        await durable
        await asyncio.sleep(GAP_S)
    return run.micros()


async def busy(run: Run) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    ended = False

    def compute() -> None:
        until = time.perf_counter() + 0.0003
        while time.perf_counter() < until:
            pass
        if not ended:
            loop.call_later(0.0003, compute)

    compute()
    found = await calm(run)
    ended = True
    return found


async def flood(run: Run) -> dict[str, float]:
    return await together(run, 1)


async def group(run: Run) -> dict[str, float]:
    return await together(run, UNDER_WAY)


async def together(run: Run, under_way: int) -> dict[str, float]:
    ended = asyncio.get_running_loop().create_future()
    waiting = iter(run.rows)

    def step() -> None:
        row = next(waiting, None)
        if row is not None:
            run.append(row, step)
        elif len(run.seconds) == ROWS:
            ended.set_result(None)

    began = time.perf_counter()
    for _ in range(under_way):
        step()
    await ended
    seconds = time.perf_counter() - began
    return {**run.micros(), "rows_per_s": round(ROWS / seconds)}


async def measured(url: str, durability: Durability) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    journal = open_journal(
        url, scheduler=LoopScheduler(loop), tell=loop.call_soon_threadsafe, durability=durability
    )
    found: dict[str, object] = {"open_ms": round(1e3 * (time.perf_counter() - began), 1)}
    for case in (calm, busy, flood, group):
        # A book of its own each time, also on a server that has seen this before.
        found[case.__name__] = await case(Run(journal, f"{BOOK} {case.__name__} {time.time_ns()}"))
    journal.close()
    return found


def in_memory() -> dict[str, float]:
    """Microseconds a row, the scheduler's two turns and the digest's check included."""
    rows = rows_of(BOOK, 100_000)
    rounds = [seconds_in_memory(rows) / len(rows) for _ in range(5)]
    began = time.perf_counter()
    assert verify(BOOK, rows) is None
    digest = (time.perf_counter() - began) / len(rows)
    return {
        "append_us": round(1e6 * statistics.median(rounds), 2),
        "of_which_digest_us": round(1e6 * digest, 2),
    }


def seconds_in_memory(rows: list[Kept]) -> float:
    scheduler = VirtualTime(steps_per_instant=sys.maxsize)
    journal = MemoryJournal(Disk(), scheduler)
    lease = journal.take(BOOK, "bench", ttl_ns=10**9)
    assert isinstance(lease, Lease)
    waiting = iter(rows)

    def step(written: Written, why: str) -> None:
        row = next(waiting, None)
        if row is not None:
            journal.append(lease, (row,), step)

    began = time.perf_counter()
    step(Written.DURABLE, "")
    scheduler.run(0)
    return time.perf_counter() - began


def disk(folder: str) -> dict[str, float]:
    """What one fdatasync of two pages costs here, which no journal can undercut."""
    seconds: list[float] = []
    with Path(folder, "sync").open("wb", buffering=0) as file:
        file.write(b"0" * 8192)
        os.fsync(file)
        for _ in range(500):
            file.seek(0)
            file.write(b"1" * 8192)
            began = time.perf_counter()
            os.fdatasync(file)
            seconds.append(time.perf_counter() - began)
            time.sleep(GAP_S)
    ordered = sorted(seconds)
    return {"p50_us": round(1e6 * ordered[250]), "p99_us": round(1e6 * ordered[495])}


def main(urls: list[str]) -> None:
    found: dict[str, object] = {"memory": in_memory()}
    for durability in Durability:
        with tempfile.TemporaryDirectory(
            dir=os.environ.get("STEELYARD_BENCH_DIR", Path.cwd()), prefix=".bench-"
        ) as folder:
            found[f"disk before {durability}"] = disk(folder)
            found[f"sqlite {durability}"] = asyncio.run(
                measured(f"{folder}/journal.db", durability)
            )
        for url in urls:
            found[f"postgresql {durability}"] = asyncio.run(measured(url, durability))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
