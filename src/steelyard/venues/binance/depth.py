"""How an order book is kept from a snapshot over REST and numbered changes.

Rule 1 (spot): changes up to the snapshot's number are dropped; the first that counts must reach
over it, and each later one begins right behind the one before.
Rule 2 (perpetuals): the first that counts must reach the snapshot's number; each later one names
the last number of the one before (`pu`).
Rule 3: what does not fit is a sentence: the caller says so, forgets, and fetches a state again.
"""

from collections.abc import Sequence

from steelyard.model.market import Depth
from steelyard.model.units import Nanos
from steelyard.venues.binance.terms import Product
from steelyard.venues.native.dialect import BookChange


class NumberedBook:
    """The order book of one instrument."""

    fetches = True

    def __init__(self, product: Product) -> None:
        """Be empty."""
        self._perp = product is Product.PERP
        self._last = -1
        self._joined = False

    def reset(self) -> None:
        """Forget everything."""
        self._last, self._joined = -1, False

    def take(self, change: BookChange) -> Sequence[Depth] | str:
        """Apply a change."""
        if change.snapshot:
            self._last, self._joined = change.last, False
            return (_depth(change),)
        if self._last < 0:
            return ()
        wrong = self._judge_perp(change) if self._perp else self._judge_spot(change)
        if wrong is not None:
            return wrong
        if change.last <= self._last and not self._joined:
            return ()
        self._joined, self._last = True, change.last
        return (_depth(change),)

    def _judge_spot(self, change: BookChange) -> str | None:
        if not self._joined and change.last <= self._last:
            return None
        if change.first > self._last + 1:
            return f"updates {self._last + 1} to {change.first - 1} are missing"
        if self._joined and change.first != self._last + 1:
            return f"update {change.first} came after {self._last}"
        return None

    def _judge_perp(self, change: BookChange) -> str | None:
        if self._joined:
            if change.previous != self._last:
                return f"update {change.last} follows {change.previous}, had {self._last}"
            return None
        if change.first > self._last and change.previous != self._last:
            return f"the state of {self._last} is older than update {change.first}"
        return None


def _depth(change: BookChange) -> Depth:
    return Depth(
        ts_ns=Nanos(change.ts_ns), instrument=change.instrument, bids=change.bids, asks=change.asks,
        snapshot=change.snapshot,
    )  # fmt: skip
