"""The books behind the checksums: what a change leads to, at its own number.

Rule 1: news come later than what they tell of, so the hall's book may have moved on; each
instrument's book is kept here beside it, and every change is applied once, whoever hears it first.
Rule 2: a change that a fault has spoiled is not applied. The checksum that goes with it is not that
of the book it leads to: the true book's would not be either.
Rule 3: a book that is not known (changes were missed) is taken from the hall as soon as that stands
at the number of a change; until then the checksum is 0, OKX's word for none.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import Book, DepthNews
from steelyard.exchange.okx.words import size
from steelyard.model.instruments import Instrument
from steelyard.model.market import Level

CHECKED: Final = 25
_SIGN, _SPAN = 2**31, 2**32
_OTHER: Final = 1


class _Kept:
    """One instrument's book at a number."""

    def __init__(self) -> None:
        """Know nothing."""
        self.number = -1
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}

    def best(self) -> tuple[list[Level], list[Level]]:
        """Return the levels that are summed up."""
        bids, asks = sorted(self.bids.items(), reverse=True), sorted(self.asks.items())
        return bids[:CHECKED], asks[:CHECKED]

    def take(self, book: Book) -> None:
        """Know this one."""
        self.number, self.bids, self.asks = book.number, dict(book.bids), dict(book.asks)


class Books:
    """The books of one hall."""

    def __init__(self, hall: Hall) -> None:
        """Keep what is asked for."""
        self.hall = hall
        self._kept: dict[int, _Kept] = {}

    def snapshot(self, place: int) -> Book:
        """Return an instrument's book as it is; changes go on from it."""
        book = self.hall.book(place)
        kept = self._kept.setdefault(place, _Kept())
        if kept.number < book.number:
            kept.take(book)
        return book

    def checksum(self, news: DepthNews) -> int:
        """Return the checksum that goes with a change."""
        one = self.hall.instruments[news.instrument]
        kept = self._kept.setdefault(news.instrument, _Kept())
        if news.spoiled:
            return self._spoiled(one, kept, news)
        if kept.number == news.previous:
            _apply(kept.bids, news.bids)
            _apply(kept.asks, news.asks)
            kept.number = news.last
        elif kept.number != news.last and not self._taken(kept, news):
            return 0
        return checksum(one, *kept.best())

    def _taken(self, kept: _Kept, news: DepthNews) -> bool:
        """Take the book from the hall, if it stands where this change leads."""
        book = self.hall.book(news.instrument)
        if book.number != news.last:
            return False
        kept.take(book)
        return True

    def _spoiled(self, one: Instrument, kept: _Kept, news: DepthNews) -> int:
        if kept.number != news.previous:
            return _OTHER
        wrong = _Kept()
        wrong.bids, wrong.asks = dict(kept.bids), dict(kept.asks)
        _apply(wrong.bids, news.bids)
        _apply(wrong.asks, news.asks)
        return (checksum(one, *wrong.best()) ^ _OTHER) or _OTHER


def checksum(one: Instrument, bids: Sequence[Level], asks: Sequence[Level]) -> int:
    """Sum up the first 25 levels, bid and ask in turn, as a signed 32-bit number."""
    parts: list[str] = []
    for place in range(CHECKED):
        for side in (bids, asks):
            if place < len(side):
                price, quantity = side[place]
                parts += (one.price_text(price), size(one, quantity))
    value = crc32(":".join(parts).encode())
    return value - _SPAN if value >= _SIGN else value


def _apply(side: dict[int, int], levels: Iterable[Level]) -> None:
    for price, quantity in levels:
        if quantity:
            side[price] = quantity
        else:
            side.pop(price, None)
