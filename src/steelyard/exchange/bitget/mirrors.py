"""The true order books as of each change, for their checksums.

Rule 1: a mirror follows the changes that sessions are told of; whichever session hears a change
first moves it, the others find it moved.
Rule 2: a change that a fault took or spoiled for one session leaves a hole here too, unless another
session heard it: the mirror then takes the book as it is now, and a change that is older than
that has no checksum.
"""

from typing import Final
from zlib import crc32

from steelyard.exchange.bitget.words import price_of, size_of
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import DepthNews
from steelyard.model.market import Level

_TOP: Final = 25
_SIGN: Final = 2**31


class Mirror:
    """One instrument's book at `number`."""

    def __init__(self, hall: Hall, place: int) -> None:
        """Take the book as it is."""
        self._hall, self._place = hall, place
        self.number = -1
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self.take()

    def take(self) -> None:
        """Take the book as it is now."""
        book = self._hall.book(self._place)
        self.number = book.number
        self._bids, self._asks = dict(book.bids), dict(book.asks)

    def checksum(self, news: DepthNews) -> int | None:
        """Return the checksum after a change; None: nobody knows any more."""
        if news.last <= self.number:
            return self._sum() if news.last == self.number else None
        if news.previous != self.number or news.spoiled:
            self.take()
            return self._sum()
        _fold(self._bids, news.bids)
        _fold(self._asks, news.asks)
        self.number = news.last
        return self._sum()

    def _sum(self) -> int:
        one = self._hall.instruments[self._place]
        bids = sorted(self._bids.items(), reverse=True)[:_TOP]
        asks = sorted(self._asks.items())[:_TOP]
        parts: list[str] = []
        for level in range(max(len(bids), len(asks))):
            for side in (bids, asks):
                if level < len(side):
                    price, size = side[level]
                    parts += (price_of(one, price), size_of(one, size))
        found = crc32(":".join(parts).encode())
        return found - 2 * _SIGN if found >= _SIGN else found


class Mirrors:
    """The mirrors of all instruments that somebody follows."""

    def __init__(self, hall: Hall) -> None:
        """Begin with none."""
        self._hall = hall
        self._mirrors: dict[int, Mirror] = {}

    def begin(self, place: int) -> Mirror:
        """Return the mirror of an instrument, as of now."""
        mirror = self._mirrors.get(place)
        if mirror is None:
            mirror = self._mirrors[place] = Mirror(self._hall, place)
        elif mirror.number != self._hall.book(place, 1).number:
            mirror.take()
        return mirror

    def checksum(self, news: DepthNews) -> int | None:
        """Return the checksum of the book after a change, computed once for all sessions."""
        known = news.said.get(Mirror)
        if known is None:
            mirror = self._mirrors.get(news.instrument) or self.begin(news.instrument)
            known = news.said[Mirror] = (mirror.checksum(news),)
        found: int | None = known[0]
        return found


def _fold(side: dict[int, int], levels: tuple[Level, ...]) -> None:
    for price, quantity in levels:
        if quantity:
            side[price] = quantity
        else:
            side.pop(price, None)
