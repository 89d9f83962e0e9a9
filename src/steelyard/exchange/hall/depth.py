"""An order book around a best quote: made up, and consistent.

Rule 1: levels lie a tick apart, a hundred of each side; what lies at a price is a hash of the price
and of how often the place was stirred, so that every run shows the same book.
Rule 2: each change has the numbers `first`..`last`, one for each level that it changes, and follows
the one before without a hole: the book at a number is any earlier book with the changes since.
"""

from collections import deque
from typing import Final

from msgspec import structs

from steelyard.exchange.hall.prices import Book, DepthNews
from steelyard.model.instruments import Instrument
from steelyard.model.market import Level

LEVELS: Final = 100
_STIRRED: Final = 2
_SECONDS: Final = 15
_MASK: Final = 0xFFFFFFFF
_NOTIONAL: Final = 20_000
"""What a level is worth on average, in whole quote."""


class DepthBook:
    """The book of one instrument."""

    def __init__(self, index: int, instrument: Instrument, *, number: int = 1) -> None:
        """Begin empty, with the update number `number`."""
        self.index, self.instrument, self.number = index, instrument, number
        self.bid = self.ask = 0
        self.ts_ns = 0
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._past: deque[tuple[int, Book]] = deque(maxlen=_SECONDS)
        self._stir = 0
        self._base = 1

    def move(self, ts_ns: int, bid: int, ask: int) -> DepthNews:
        """Put the best prices there; what changed by it, at least one level."""
        if not self._bids:
            self._base = self._lots_of_level(bid)
        self._stir += 1
        tick = self.instrument.tick
        changed_bids = self._side(self._bids, range(bid, max(bid - LEVELS * tick, 0), -tick), 0)
        changed_asks = self._side(self._asks, range(ask, ask + LEVELS * tick, tick), 1)
        self.bid, self.ask, self.ts_ns = bid, ask, ts_ns
        previous = self.number
        self.number += max(1, len(changed_bids) + len(changed_asks))
        return DepthNews(
            instrument=self.index, ts_ns=ts_ns, first=previous + 1, last=self.number,
            previous=previous, bids=tuple(changed_bids), asks=tuple(changed_asks),
        )  # fmt: skip

    def best(self) -> tuple[int, int, int, int]:
        """Return bid, its quantity, ask, its quantity; zeros before the first price."""
        return self.bid, self._bids.get(self.bid, 0), self.ask, self._asks.get(self.ask, 0)

    def book(self, levels: int = 0) -> Book:
        """Return the book, best levels first."""
        bids = sorted(self._bids.items(), reverse=True)
        asks = sorted(self._asks.items())
        count = levels or LEVELS
        return Book(
            instrument=self.index, ts_ns=self.ts_ns, number=self.number,
            bids=tuple(bids[:count]), asks=tuple(asks[:count]),
        )  # fmt: skip

    def remember(self, now_ns: int) -> None:
        """Keep the book as it is, to be shown when somebody must see an older one."""
        self._past.append((now_ns, self.book()))

    def earlier(self, at_ns: int, levels: int = 0) -> Book:
        """Return the newest book that was kept at or before a time, else the oldest there is."""
        found = self._past[0][1] if self._past else self.book()
        for kept_ns, book in self._past:
            if kept_ns <= at_ns:
                found = book
        count = levels or LEVELS
        return structs.replace(found, bids=found.bids[:count], asks=found.asks[:count])

    def _side(self, side: dict[int, int], prices: range, salt: int) -> list[Level]:
        """Let a side hold exactly these prices; return its changes."""
        changes: list[Level] = []
        gone = [price for price in side if price not in prices]
        for price in gone:
            del side[price]
            changes.append((price, 0))
        if len(side) < len(prices):
            for price in prices:
                if price not in side:
                    side[price] = quantity = self._quantity(price, salt)
                    changes.append((price, quantity))
        fresh = {price for price, quantity in changes if quantity}
        count = len(prices)
        for turn in range(_STIRRED if count else 0):
            price = prices[(self._stir * 7 + turn * 13 + salt * 5) % min(count, 20)]
            quantity = self._quantity(price, salt + 2 * self._stir)
            if price not in fresh and quantity != side[price]:
                side[price] = quantity
                fresh.add(price)
                changes.append((price, quantity))
        return changes

    def _quantity(self, price: int, salt: int) -> int:
        mixed = (price * 2_654_435_761 + salt * 40_503) & _MASK
        mixed = ((mixed ^ (mixed >> 15)) * 2_246_822_519) & _MASK
        lots = self._base * (256 + (mixed >> 22)) // 768 + 1
        return lots * self.instrument.lot

    def _lots_of_level(self, price: int) -> int:
        instrument = self.instrument
        coins = _NOTIONAL / instrument.price_decimal(price)
        quantity = coins / instrument.multiplier * 10**instrument.quantity_decimals
        return max(1, int(quantity) // instrument.lot)
