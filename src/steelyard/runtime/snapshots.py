"""Snapshots of a book: taken now and then, so that boot does not replay everything.

Rule 1: a snapshot is taken between two events, of what is durable: its number and digest are those
of the last row.
Rule 2: one that cannot be written costs time at the next boot and nothing else.
"""

import msgspec

from steelyard.kernel.keeping import keep
from steelyard.kernel.ports import Snapshot, Written
from steelyard.runtime.recovering import Blob
from steelyard.runtime.shell import Shell


class Snapshots:
    """Decides when, and writes."""

    def __init__(self, desk: Shell) -> None:
        """Begin with none taken."""
        self._desk = desk
        self._last_n = 0
        self.failed = 0

    def maybe(self) -> None:
        """Take one if enough happened since the last."""
        writer = self._desk.writer
        if self._last_n == 0:
            self._last_n = writer.n
        if writer.n - self._last_n >= self._desk.plan.snapshot_every:
            self._last_n = writer.n
            writer.when_idle(self.take)

    def take(self) -> None:
        """Take one now, if everything is durable."""
        desk, writer = self._desk, self._desk.writer
        if writer.lease is None or writer.waiting or not writer.healthy or not writer.n:
            return
        kernel = keep(desk.kernel)
        if kernel is None:
            return
        shell = {
            "robots": desk.robots.dump(),
            "guarding": desk.guarding.dump(),
            "account": desk.account.dump(),
        }
        blob = msgspec.msgpack.encode(Blob(kernel=kernel, shell=shell))
        desk.parts.journal.keep_snapshot(
            writer.lease,
            Snapshot(n=writer.n, version=desk.parts.version, digest=writer.digest, blob=blob),
            self._kept,
        )

    def _kept(self, written: Written, text: str) -> None:
        if written is not Written.DURABLE:
            self.failed += 1
            self._desk.tell("warning", "snapshot", text)
