"""How OKX's order book is kept: channel `books`, 400 levels.

Rule 1: the first frame is a snapshot (`prevSeqId` -1). A change follows the one before when its
`prevSeqId` is that one's `seqId`; anything else is a hole.
Rule 2: equal numbers are a keepalive without levels; a `seqId` below its `prevSeqId` is a reset,
after which the book goes on with the new numbers.
Rule 3: the checksum is CRC32 over the first 25 levels, bid and ask in turn, as they were spelt. A 0
stands where OKX tells none any more.
Rule 4: frames without numbers (as they were before 2023) are held to the checksum alone.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from steelyard.model.market import Depth, Level
from steelyard.model.units import Nanos
from steelyard.venues.native.dialect import BookChange

CHECKED: Final = 25
_NO_EDGE: Final = 2**63
_SIGN: Final = 2**31
_SPAN: Final = 2**32


class Side:
    """One side of a book: ranks in order (the best first), and what each level is spelt like."""

    __slots__ = ("_sign", "ranks", "texts")

    def __init__(self, sign: int) -> None:
        """Rank prices by `sign` × price: -1 for bids."""
        self._sign = sign
        self.ranks: list[int] = []
        self.texts: dict[int, str] = {}

    def put(self, levels: Sequence[Level], texts: Sequence[tuple[str, str]]) -> bool:
        """Set or remove levels; say whether one of those was checked by the sum, or is now."""
        ranks, told, sign = self.ranks, self.texts, self._sign
        # A level behind this one changes nothing that is summed up.
        edge = ranks[CHECKED - 1] if len(ranks) >= CHECKED else _NO_EDGE
        touched = False
        for (price, quantity), (price_text, size_text) in zip(levels, texts, strict=True):
            rank = sign * price
            if rank <= edge:
                touched = True
            if not quantity:
                if told.pop(rank, None) is not None:
                    del ranks[bisect_left(ranks, rank)]
                continue
            if rank not in told:
                insort(ranks, rank)
            told[rank] = f"{price_text}:{size_text}"
        return touched

    def best(self) -> list[str]:
        """Return the spelling of the levels that are summed up."""
        return list(map(self.texts.__getitem__, self.ranks[:CHECKED]))

    def clear(self) -> None:
        """Forget all levels."""
        self.ranks.clear()
        self.texts.clear()


def checksum(bids: Sequence[str], asks: Sequence[str]) -> int:
    """Sum up the spelling of the best levels, as a signed 32-bit number."""
    both = min(len(bids), len(asks))
    parts = [""] * (2 * both)
    parts[::2] = bids[:both]
    parts[1::2] = asks[:both]
    if len(bids) != len(asks):
        # Where one side is short the rest of the other follows.
        parts += (*bids[both:], *asks[both:])
    value = crc32(":".join(parts).encode())
    return value - _SPAN if value >= _SIGN else value


class OkxBook:
    """One instrument's book. It is given all changes in the order they came."""

    fetches = False

    def __init__(self) -> None:
        """Wait for a snapshot."""
        self._bids, self._asks = Side(-1), Side(1)
        self._last: int | None = None
        self._sum: int | None = None  # of the levels as they are; None: not counted yet

    def reset(self) -> None:
        """Forget everything."""
        self._bids.clear()
        self._asks.clear()
        self._last = self._sum = None

    def take(self, change: BookChange) -> Sequence[Depth] | str:
        """Apply a change."""
        if change.snapshot:
            self.reset()
        elif self._last is None:
            return ()  # changes of an old subscription, before its snapshot
        elif change.last >= 0 and change.previous != self._last:
            return f"a change follows {change.previous}, the book stands at {self._last}"
        self._last = change.last
        self._apply(change.bids, change.asks, change.texts)
        told = change.checksum
        if told:
            found = self._sum
            if found is None:
                found = checksum(self._bids.best(), self._asks.best())
                self._sum = found
            if found != told:
                return f"the book's checksum was {found}, the venue's is {told}"
        if not change.snapshot and not change.bids and not change.asks:
            return ()
        return (
            Depth(
                ts_ns=Nanos(change.ts_ns), instrument=change.instrument, bids=change.bids,
                asks=change.asks, snapshot=change.snapshot,
            ),
        )  # fmt: skip

    def _apply(
        self, bids: Sequence[Level], asks: Sequence[Level], texts: Sequence[tuple[str, str]]
    ) -> None:
        count = len(bids)
        touched = self._bids.put(bids, texts[:count])
        if self._asks.put(asks, texts[count:]) or touched:
            self._sum = None
