"""A process that appends rows as fast as it hears of them, until it is killed.

`python -m tests.unit.store_journal.appending URL COUNT [LIMIT]` prints `held TOKEN`, then the
number of each row that was reported durable. With LIMIT, no file of its may grow beyond so many
bytes until an append fails; then the limit is lifted, the same row is appended again, and `failed`
is printed in between.
"""

import asyncio
import resource
import sys

from steelyard.kernel.ports import Kept, Lease, Written
from steelyard.store.journal.chain import chained, genesis
from steelyard.store.journal.opening import open_journal
from steelyard.wire.scheduler import LoopScheduler

WAITING = 8  # so many appends are under way at a time


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def main(url: str, count: int, limit: int) -> None:
    loop = asyncio.get_running_loop()
    journal = open_journal(url, scheduler=LoopScheduler(loop), tell=loop.call_soon_threadsafe)
    lease = journal.take("book", "ann", ttl_ns=3600 * 10**9)
    assert isinstance(lease, Lease), lease
    say("held", lease.token)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    ended = loop.create_future()
    digest, made = genesis("book"), 0

    def step() -> None:
        nonlocal digest, made
        made += 1
        row = chained(digest, made, made, b"event" * 50, trade=f"t{made}")
        digest = row.digest
        append(row)

    def append(row: Kept) -> None:
        journal.append(lease, [row], lambda written, why: heard(row, written, why))

    def heard(row: Kept, written: Written, why: str) -> None:
        if written is not Written.DURABLE:
            assert written is Written.FAILED
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            say("failed", why)
            append(row)
            return
        say(row.n)
        if made < count:
            step()
        elif row.n == count:
            ended.set_result(None)

    for _ in range(1 if limit else WAITING):
        step()
    await ended
    journal.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 0))
