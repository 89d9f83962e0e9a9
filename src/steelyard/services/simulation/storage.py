"""The storage under a house: the one journal all its processes write to, and how commits go wrong.

Rule 1: rows are committed in the order one process asked for; what was committed stays, whatever
dies. What was asked for and not committed when the process died is lost, or lands late and is
then compared with the lease like every other commit.
Rule 2: what was committed is noted with its true time, for the checker.
Rule 3: a prompt storage answers ordinary commits within the call that asks, as a journal that waits
for no disk does.
Rule 4: a lease runs by the storage's own clock, which is right: that of its processes may not be.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from steelyard.kernel.ports import Done, Kept, Lease, Snapshot, Written
from steelyard.services.simulation.fates import Delays, Fate, Fates
from steelyard.services.simulation.tape import Stream
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.wire.virtual import VirtualHost, VirtualTime

SLOW_MAX_MS: Final = 3_000
_GRACE_MS: Final = 5_000
"""How long after a death its last commits may still land."""


class Committed(NamedTuple):
    """Rows of one commit."""

    at_ns: int
    host: str
    token: int
    rows: Sequence[Kept]


class Storage:
    """What the processes of one house share."""

    def __init__(
        self, time: VirtualTime, *, fates: Fates, renewals: Fates, delays: Delays, luck: Stream,
        prompt: bool = False,
    ) -> None:  # fmt: skip
        """Begin with an empty disk."""
        self.prompt = prompt
        self.time = time
        self.disk = Disk()
        self.fates = fates
        self.renewals = renewals
        self.delays = delays
        self.luck = luck
        self.full_until_ns = 0
        self.commits: list[Committed] = []
        self.leases: list[tuple[int, str, int]] = []
        """(when, host, token) of each lease taken."""
        self.on_commit: Callable[[Committed], None] | None = None

    def quiet(self) -> None:
        """Let nothing go wrong any more."""
        self.fates.quiet = self.renewals.quiet = self.delays.quiet = True
        self.full_until_ns = 0
        self.on_commit = None


class _AtOnce:
    """What a handle is called back by: at once, since it is asked at the moment of the commit."""

    def __init__(self, time: VirtualTime) -> None:
        self.now_ns = time.now_ns
        self.elapsed_ns = time.elapsed_ns
        self.after = time.after

    def soon(self, call: Callable[..., None], *args: Any) -> None:
        call(*args)


class HostJournal:
    """The journal as one process sees it: a `Journal`."""

    def __init__(self, storage: Storage, host: VirtualHost) -> None:
        """Let `host` write."""
        self._storage = storage
        self._host = host
        self._handle = MemoryJournal(storage.disk, _AtOnce(storage.time))
        self._last_ns = 0

    def lose(self, *, known: bool) -> None:
        """Hear that the process died; unless that is `known`, its lease runs on."""
        if known:
            self._storage.time.put(
                None, self._storage.luck.below(_GRACE_MS) * 1_000_000, self._handle.die
            )

    def take(self, book: str, holder: str, *, ttl_ns: int) -> Lease | str:
        """Take the lease of a book."""
        self._host.step()
        storage = self._storage
        taken = self._handle.take(book, holder, ttl_ns=ttl_ns)
        if isinstance(taken, Lease):
            storage.leases.append((storage.time.at_ns, self._host.name, taken.token))
        return taken

    def renew(self, lease: Lease, done: Callable[[Lease | None], None]) -> None:
        """Extend the lease, unless the storage is out of reach."""
        self._host.step()
        storage, host = self._storage, self._host
        if storage.renewals.draw() == Fate.LEASE_LOST:
            storage.time.put(host, storage.delays.draw(), done, None)
            return

        delay_ns = storage.delays.draw()

        def back(renewed: Lease | None) -> None:
            storage.time.put(host, delay_ns, done, renewed)

        storage.time.put(None, delay_ns, self._handle.renew, lease, back)

    def release(self, lease: Lease) -> None:
        """Give the book back, after the commits under way."""
        self._host.step()
        time = self._storage.time
        time.put(None, max(0, self._last_ns - time.at_ns), self._handle.release, lease)

    def append(self, lease: Lease, rows: Sequence[Kept], done: Done) -> None:
        """Ask for a commit."""
        self._host.step()
        storage = self._storage
        fate = storage.fates.draw()
        if storage.prompt and fate == Fate.ORDINARY and self._last_ns < storage.time.at_ns:
            self._commit(fate, -1, lease, tuple(rows), done)
            return
        delay_ns = storage.delays.draw()
        if fate == Fate.SLOW_COMMIT:
            delay_ns += storage.luck.below(SLOW_MAX_MS) * 1_000_000
        self._in_order(delay_ns, self._commit, fate, delay_ns // 4, lease, tuple(rows), done)

    def keep_snapshot(self, lease: Lease, snapshot: Snapshot, done: Done) -> None:
        """Write a snapshot; it may be lost like any other commit."""
        self._host.step()
        delay_ns = self._storage.delays.draw()
        self._in_order(delay_ns, self._keep, delay_ns // 4, lease, snapshot, done)

    def snapshot(self, book: str) -> Snapshot | None:
        """Return the newest snapshot."""
        self._host.step()
        return self._handle.snapshot(book)

    def rows(self, book: str, after: int = 0, until: int | None = None) -> Iterator[Kept]:
        """Read rows."""
        self._host.step()
        return self._handle.rows(book, after, until)

    def books(self) -> Sequence[str]:
        """Name the books."""
        self._host.step()
        return self._handle.books()

    def _in_order(self, delay_ns: int, call: Callable[..., None], *args: Any) -> None:
        time = self._storage.time
        self._last_ns = max(time.at_ns + delay_ns, self._last_ns)
        time.put(None, self._last_ns - time.at_ns, call, *args)

    def _commit(
        self, fate: Fate, delay_ns: int, lease: Lease, rows: tuple[Kept, ...], done: Done
    ) -> None:
        """Commit now; answer `delay_ns` later, or (below 0) within this call."""
        storage, host, time = self._storage, self._host, self._storage.time
        if self._is_lost():
            return

        def answer(written: Written, text: str) -> None:
            if delay_ns < 0:
                done(written, text)
            else:
                time.put(host, delay_ns, done, written, text)

        if fate == Fate.FAILED or storage.full_until_ns > time.at_ns:
            answer(Written.FAILED, "no space left on the device")
            return

        def back(written: Written, text: str) -> None:
            if written == Written.DURABLE:
                kept = Committed(time.at_ns, host.name, lease.token, rows)
                storage.commits.append(kept)
                if storage.on_commit is not None:
                    storage.on_commit(kept)
                if fate == Fate.ACK_LOST:
                    written, text = Written.FAILED, "the answer to the commit was lost"
            answer(written, text)

        self._handle.append(lease, rows, back)

    def _keep(self, delay_ns: int, lease: Lease, snapshot: Snapshot, done: Done) -> None:
        time, host = self._storage.time, self._host
        if self._is_lost():
            return

        def back(written: Written, text: str) -> None:
            time.put(host, delay_ns, done, written, text)

        self._handle.keep_snapshot(lease, snapshot, back)

    def _is_lost(self) -> bool:
        """Say whether a commit went down with its process: the tail is torn off, or lands late."""
        return self._handle.dead or (self._host.dead and self._storage.luck.below(2) == 0)
