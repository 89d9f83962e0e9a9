"""Boot and crash recovery, one path: a book's state is its journal, folded.

Rule 1: state is the newest snapshot plus the rows behind it; without a snapshot that fits this
code, all rows from the first.
Rule 2: each replayed outcome is held against the one that was kept, bit for bit. A difference is
not repaired: the book says where it lies and trades no further.
Rule 3: recovering writes nothing; doing it twice gives the same.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.msgpack import Decoder

from steelyard.kernel.book import new_book
from steelyard.kernel.keeping import restore
from steelyard.kernel.kernel import Kernel, SeatMaker
from steelyard.kernel.ports import Journal, Kept, Snapshot
from steelyard.kernel.verdicts import Outcome
from steelyard.model.events import BookOpened, Event

Fold = Callable[[Event, Outcome], None]
_event: Final[Decoder[Event]] = Decoder(Event)


class Blob(msgspec.Struct, frozen=True):
    """What a snapshot holds: the kernel, and what the shell folds beside it."""

    kernel: bytes
    shell: dict[str, Any]


def read_event(row: Kept) -> Event:
    """Read the event of a row."""
    return _event.decode(row.event)


def opened(journal: Journal, book: str) -> BookOpened | None:
    """Return the first event of a book; None: the book is new."""
    for row in journal.rows(book, 0, 1):
        event = read_event(row)
        assert isinstance(event, BookOpened), f"the journal of {book} does not begin with its book"
        return event
    return None


def kernel_for(event: BookOpened, allow: Callable[..., int], make_seat: SeatMaker) -> Kernel:
    """Build the empty kernel of a book as its first event says."""
    book = new_book(
        (), robots=event.robots_max + 1, instruments_max=event.instruments_max,
        leverage=event.leverage, hedged=event.hedged, orders=event.orders_max, commands=128,
        log=4_096, curve=1,
    )  # fmt: skip
    return Kernel(book, (), allow, strict=False, make_seat=make_seat)


class Recovered(msgspec.Struct):
    """Where a book stands after its rows."""

    kernel: Any
    n: int
    digest: bytes
    shell: dict[str, Any]
    differs: str = ""


def recover(
    journal: Journal, book: str, first: BookOpened, allow: Callable[..., int],
    make_seat: SeatMaker, *, begins: Callable[[Kernel, dict[str, Any]], Fold], version: str,
    genesis: bytes, until: int | None = None, from_start: bool = False,
) -> Recovered:  # fmt: skip
    """Fold a book's journal.

    `begins` is given the kernel and the shell's part of the snapshot, before the rows behind it,
    and returns what hears them.
    """
    kernel = kernel_for(first, allow, make_seat)
    snapshot = None if from_start else journal.snapshot(book)
    n, digest, shell = 0, genesis, {}
    if snapshot is not None and (until is None or snapshot.n <= until):
        blob = _blob(snapshot, version)
        if blob is not None and restore(kernel, blob.kernel):
            n, digest, shell = snapshot.n, snapshot.digest, blob.shell
        else:
            kernel = kernel_for(first, allow, make_seat)
    fold = begins(kernel, shell)
    differs = ""
    for row in journal.rows(book, n, until):
        event = read_event(row)
        outcome = kernel.step(event)
        if outcome.lines != row.lines and not differs:
            differs = first_difference(row, outcome)
        fold(event, outcome)
        n, digest = row.n, row.digest
    return Recovered(kernel=kernel, n=n, digest=digest, shell=shell, differs=differs)


def first_difference(row: Kept, outcome: Outcome) -> str:
    """Say in a sentence how a replayed outcome differs from the one that was kept."""
    kept = [row.lines[at : at + 40] for at in range(0, len(row.lines), 40)]
    now = [outcome.lines[at : at + 40] for at in range(0, len(outcome.lines), 40)]
    at = next(
        (i for i, (a, b) in enumerate(zip(kept, now, strict=False)) if a != b),
        min(len(kept), len(now)),
    )
    return (
        f"outcome {row.n} differs in line {at + 1}: "
        f"kept {_words(kept, at)}, replayed {_words(now, at)}"
    )


def _words(lines: list[bytes], at: int) -> str:
    if at >= len(lines):
        return "nothing"
    numbers = memoryview(lines[at]).cast("q").tolist()
    return " ".join(str(number) for number in numbers[1:])


def _blob(snapshot: Snapshot, version: str) -> Blob | None:
    """Read a snapshot; one of another version is not used, since decisions may differ."""
    if snapshot.version != version:
        return None
    return msgspec.msgpack.decode(snapshot.blob, type=Blob)
