"""Keep: every outcome becomes durable before anything it caused leaves the house.

Rule 1: rows are written in the order of their numbers; one append is under way at a time, and what
comes meanwhile goes with the next: a burst costs one commit.
Rule 2: what a failed append wanted to write is written again, the same rows with the same digests.
Rule 3: while the journal does not take rows, no create leaves; cancels do, unless of a create that
waits here itself: such a cancel leaves behind it.
Rule 4: who was fenced off writes nothing, ever again.
Rule 5: a journal may answer within the call that asks, and what leaves then may be heard of at
once: nothing here is half done when it calls anybody.
"""

from collections.abc import Callable
from typing import Final

from msgspec.msgpack import Encoder

from steelyard.kernel.ports import Journal, Kept, Lease, Written
from steelyard.kernel.verdicts import Approved, Outcome
from steelyard.model.commands import CancelOrder, Command, PlaceOrder
from steelyard.model.events import Adjusted, Event, Filled, FundingPaid
from steelyard.runtime.retry import backoff_ns
from steelyard.wire.scheduler import Scheduler

ROWS_MAX: Final = 20_000
"""So many rows wait at most; beyond, the book hears no more."""

_BASE_NS: Final = 100_000_000
_CAP_NS: Final = 5_000_000_000
_OF_TRADES: Final = (Filled, Adjusted, FundingPaid)
_encode: Final = Encoder().encode

Link = Callable[[bytes, int, int, bytes, bytes, bytes, str], bytes]
"""The digest of a row: (digest before, n, ts_ns, event, intents, lines, trade)."""

Leaves = Callable[[tuple[Approved, ...], int], None]
"""Is given what may leave now, and the time its event was heard (monotonic)."""


class Writer:
    """Writes one book's outcomes and lets go what became durable."""

    def __init__(
        self, journal: Journal, scheduler: Scheduler, link: Link, *, leaves: Leaves,
        trouble: Callable[[str], None], fenced: Callable[[str], None],
    ) -> None:  # fmt: skip
        """`trouble` hears the sentence of a failure, and "" when it is over."""
        self._journal, self._scheduler, self._link = journal, scheduler, link
        self._leaves, self._trouble, self._fenced = leaves, trouble, fenced
        self.lease: Lease | None = None
        self.n = 0
        self.digest = b""
        self.durable_n = 0
        self.healthy = True
        self._rows: list[Kept] = []
        self._intents: list[tuple[int, tuple[Approved, ...], int]] = []
        self._under_way = 0
        self._scheduled = False
        self._attempt = 0
        self._idle: list[Callable[[], None]] = []

    def begin(self, lease: Lease, n: int, digest: bytes) -> None:
        """Go on behind row `n`, under this lease."""
        self.lease, self.n, self.digest, self.durable_n = lease, n, digest, n

    @property
    def full(self) -> bool:
        """Say whether nothing more can wait."""
        return len(self._rows) >= ROWS_MAX

    @property
    def waiting(self) -> int:
        """Count the rows that are not durable yet."""
        return len(self._rows)

    def add(self, event: Event, outcome: Outcome) -> None:
        """Take the next outcome."""
        approved = outcome.approved if outcome.verdicts else ()
        intents = _encode([one.command for one in approved]) if approved else b""
        trade = event.trade if isinstance(event, _OF_TRADES) else ""
        body = _encode(event)
        digest = self._link(
            self.digest, outcome.n, outcome.ts_ns, body, intents, outcome.lines, trade
        )
        self._rows.append(
            Kept(
                n=outcome.n, ts_ns=outcome.ts_ns, event=body, intents=intents,
                lines=outcome.lines, trade=trade, digest=digest,
            )
        )  # fmt: skip
        self.n, self.digest = outcome.n, digest
        if approved:
            self._intents.append((outcome.n, approved, self._scheduler.elapsed_ns()))

    def flush(self) -> None:
        """Hand what was added to the journal; called when nothing more is heard at this moment."""
        if not self._scheduled and not self._under_way:
            self._flush()

    def when_idle(self, call: Callable[[], None]) -> None:
        """Call once when nothing waits any more, never from within what is going on."""
        self._idle.append(call)
        if not self._rows:
            self._scheduler.soon(self._rest)

    def _flush(self) -> None:
        self._scheduled = False
        if self._under_way or not self._rows or self.lease is None:
            return
        rows = tuple(self._rows)
        self._under_way = len(rows)
        self._journal.append(self.lease, rows, self._done)

    def _done(self, written: Written, text: str) -> None:
        count, self._under_way = self._under_way, 0
        if written is Written.FENCED:
            self.lease = None
            self._fenced(text)
            return
        if written is Written.FAILED:
            self._attempt += 1
            self.healthy = False
            delay = backoff_ns(_BASE_NS, _CAP_NS, attempt=self._attempt, key="journal")
            # First of all: what follows may be heard of, and must not be written before its time.
            self._scheduled = True
            self._scheduler.after(delay, self._flush)
            self._trouble(text)
            self._let_cancels_go()
            return
        self.durable_n = self._rows[count - 1].n
        del self._rows[:count]
        self._attempt = 0
        if not self.healthy:
            self.healthy = True
            self._trouble("")
        while self._intents and self._intents[0][0] <= self.durable_n:
            _, approved, heard = self._intents.pop(0)
            self._leaves(approved, heard)
        if self._rows and not self._scheduled:
            self._scheduled = True
            self._scheduler.soon(self._flush)
        elif not self._rows and self._idle:
            self._scheduler.soon(self._rest)

    def _rest(self) -> None:
        """Call who waited for this; a commit that is answered within the call may be in the middle.

        A snapshot taken while commands of one outcome leave would lack those that have not left.
        """
        if self._rows:
            return  # the next commit comes back to it
        idle, self._idle = self._idle, []
        for call in idle:
            call()

    def _let_cancels_go(self) -> None:
        """Cancels can only lower what is at risk: they do not wait for the disk.

        Who cancels what has not left yet finds nothing to cancel, and the create comes after it.
        """
        commands = [one.command for _, approved, _ in self._intents for one in approved]
        waiting = {command.number for command in commands if isinstance(command, PlaceOrder)}
        kept, leaving = [], []
        for n, approved, heard in self._intents:
            cancels = tuple(a for a in approved if _cancels_other(a.command, waiting))
            rest = tuple(a for a in approved if not _cancels_other(a.command, waiting))
            if cancels:
                leaving.append((cancels, heard))
            if rest:
                kept.append((n, rest, heard))
        self._intents = kept
        for cancels, heard in leaving:
            self._leaves(cancels, heard)


def _cancels_other(command: Command, creates: set[int]) -> bool:
    """Say whether a command cancels an order that is none of `creates`."""
    return isinstance(command, CancelOrder) and command.number not in creates
