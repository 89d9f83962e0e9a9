"""Bitget's order book: a snapshot, changes, and a checksum over the spelling of the top levels.

Rule 1: the checksum is the CRC32 of `price:quantity` of the best 25 bids and asks in turns, spelt
as the venue spelt them (`0.5000`, not `0.5`), as a signed number. 0 says nothing.
Rule 2: `seq` only rises; a change that is older than the book is out of order and loses the book.
Where `pseq` is told it must be the number before.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Final
from zlib import crc32

from steelyard.model.market import Depth, Level
from steelyard.venues.native.dialect import BookChange

TOP: Final = 25
_HALF: Final = 2**31
_FULL: Final = 2**32
Spelt = tuple[str, str]


class ChecksumBook:
    """One instrument's book."""

    fetches = False

    def __init__(self, instrument: int) -> None:
        """Begin without a state."""
        self._instrument = instrument
        self.reset()

    def reset(self) -> None:
        # Bids are kept by their negated price, so that the best of both sides stands first.
        self._bids: tuple[list[int], list[str]] = ([], [])
        self._asks: tuple[list[int], list[str]] = ([], [])
        self._seq = -1
        self._known = False

    def take(self, change: BookChange) -> Sequence[Depth] | str:
        if change.snapshot:
            self.reset()
            self._known = True
        elif not self._known:
            return ()
        elif change.last >= 0 and self._seq >= 0:
            if change.previous > 0 and change.previous != self._seq:
                return f"change follows {change.previous}, the book is at {self._seq}"
            if change.last < self._seq:
                return f"change {change.last} came after {self._seq}"
        self._seq = change.last
        split = len(change.bids)
        _fold(self._bids, change.bids, change.texts[:split], -1)
        _fold(self._asks, change.asks, change.texts[split:], 1)
        if change.checksum is not None:
            found = self.checksum()
            if found != change.checksum:
                return f"checksum of the book was {found}, the venue's is {change.checksum}"
        told = Depth(
            ts_ns=change.ts_ns,  # type: ignore[arg-type]
            instrument=self._instrument, bids=change.bids, asks=change.asks,
            snapshot=change.snapshot,
        )  # fmt: skip
        return (told,)

    def checksum(self) -> int:
        """Return the checksum of what is held."""
        bids, asks = self._bids[1][:TOP], self._asks[1][:TOP]
        if len(bids) == len(asks):
            turns = [""] * (2 * len(bids))
            turns[::2], turns[1::2] = bids, asks
        else:
            pairs = chain.from_iterable(zip_longest(bids, asks))
            turns = [level for level in pairs if level is not None]
        number = crc32(":".join(turns).encode())
        return number - _FULL if number >= _HALF else number


def _fold(
    side: tuple[list[int], list[str]], levels: Sequence[Level], texts: Sequence[Spelt], sign: int
) -> None:
    """Apply levels to the prices and, place by place, their spelling."""
    prices, spelt = side
    for (price, quantity), (price_text, quantity_text) in zip(levels, texts, strict=True):
        key = sign * price
        at = bisect_left(prices, key)
        if at < len(prices) and prices[at] == key:
            if quantity:
                spelt[at] = f"{price_text}:{quantity_text}"
            else:
                del prices[at], spelt[at]
        elif quantity:
            prices.insert(at, key)
            spelt.insert(at, f"{price_text}:{quantity_text}")
