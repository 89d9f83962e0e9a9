"""Gate's rule of order books: numbered changes on a state that comes over REST.

Rule 1: a state has a number; the first change that is applied straddles the number after it
(first <= number + 1 <= last), each later one begins at most one after the last.
Rule 2: a change that lies wholly before is passed over; one that begins later means that something
is missing.
Rule 3: a frame that says it is whole replaces everything. Sizes are absolute.
"""

from collections.abc import Sequence
from typing import Final

from steelyard.model.market import Depth
from steelyard.model.units import Nanos
from steelyard.venues.native.dialect import BookChange

_KEPT: Final = 5_000


class GateBook:
    """One instrument's book: only its number is kept here."""

    fetches = True

    def __init__(self) -> None:
        """Wait for a state."""
        self._last = -1
        self._kept: list[BookChange] = []

    def reset(self) -> None:
        """Forget everything."""
        self._last = -1
        self._kept.clear()

    def take(self, change: BookChange) -> Sequence[Depth] | str:
        """Apply a change, or keep it until a state comes."""
        if change.snapshot:
            return self._begin(change)
        if self._last < 0:
            self._kept.append(change)
            return () if len(self._kept) <= _KEPT else f"no state came for {_KEPT} changes"
        if change.last <= self._last:
            return ()
        if change.first > self._last + 1:
            return f"updates {self._last + 1} to {change.first - 1} are missing"
        self._last = change.last
        return (_depth(change),) if change.bids or change.asks else ()

    def _begin(self, state: BookChange) -> Sequence[Depth] | str:
        self._last = state.last
        told = [_depth(state)]
        kept, self._kept = self._kept, []
        for change in kept:
            found = self.take(change)
            if isinstance(found, str):
                return found
            told += found
        return told


def _depth(change: BookChange) -> Depth:
    return Depth(
        ts_ns=Nanos(change.ts_ns),
        instrument=change.instrument,
        bids=change.bids,
        asks=change.asks,
        snapshot=change.snapshot,
    )
