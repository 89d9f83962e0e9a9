"""The market plane of one feed: prices to the books that asked to be woken by them.

Rule 1: a tick costs what it wakes; who waits is not looked at.
Rule 2: one print far from the last price wakes nobody; the next print near it confirms it.
Rule 3: how old a price is counts from when it reached the house, by the monotonic clock; an older
print than the last one of its instrument is dropped.
"""

from collections.abc import Callable
from typing import Final, Protocol

from msgspec.structs import replace

from steelyard.kernel.ports import Feed, FeedGap, PriceNews
from steelyard.model.events import Quote, Trade
from steelyard.model.units import RATE_ONE
from steelyard.runtime.plane import MarketPlane
from steelyard.wire.scheduler import Scheduler

OUTLIER_RATE: Final = RATE_ONE // 20
CONFIRM_RATE: Final = RATE_ONE // 50


class Listener(Protocol):
    """A book that hears prices."""

    def market(self, event: Trade | Quote) -> None:
        """Hear a price that one of its robots waits for; the instrument is the book's index."""
        ...


class _Line:
    """One instrument of the feed."""

    __slots__ = ("event", "plane", "seen_ns", "suspect", "ts_ns", "waiting")

    def __init__(self) -> None:
        self.plane = MarketPlane()
        self.event: Trade | Quote | None = None
        self.seen_ns = -1
        self.ts_ns = 0
        self.suspect = 0
        self.waiting: list[Callable[[], None]] = []


class Market:
    """Planes of all instruments of one feed."""

    def __init__(self, feed: Feed, scheduler: Scheduler, names: tuple[str, ...]) -> None:
        """`names` are the feed's instruments, in its own order."""
        self._feed, self._scheduler = feed, scheduler
        self._names = names
        self._lines = [_Line() for _ in names]
        self._owners: list[tuple[Listener, int, int]] = []  # listener, its index, feed index
        self.outliers = 0
        self.gaps = 0
        self._listening = False

    def listen(self) -> None:
        """Open the stream, once."""
        if not self._listening:
            self._listening = True
            self._feed.listen(self._sink)

    def join(self, listener: Listener, instrument: str, index: int) -> int:
        """Return a seat for a robot of `listener`, whose book knows `instrument` as `index`."""
        self._owners.append((listener, index, self._names.index(instrument)))
        return len(self._owners) - 1

    def leave(self, listener: Listener) -> None:
        """Forget all seats of a book."""
        for seat, (owner, _, line) in enumerate(self._owners):
            if owner is listener:
                self._lines[line].plane.leave(seat)

    def wait(self, seat: int, low: int, high: int, *, every: bool) -> None:
        """Wake the seat at or below `low`, at or above `high`, or at every tick."""
        self._lines[self._owners[seat][2]].plane.wait(seat, low, high, every_event=every)

    def rest(self, seat: int) -> None:
        """Do not wake the seat."""
        self._lines[self._owners[seat][2]].plane.leave(seat)

    def age_ns(self, instrument: str) -> int:
        """Return how old the last price is; -1: there is none yet."""
        line = self._lines[self._names.index(instrument)]
        return -1 if line.seen_ns < 0 else self._scheduler.elapsed_ns() - line.seen_ns

    def last(self, instrument: str) -> Trade | Quote | None:
        """Return the last price, with the feed's index."""
        return self._lines[self._names.index(instrument)].event

    def when_priced(self, instrument: str, call: Callable[[], None]) -> None:
        """Call once, as soon as there is a price."""
        line = self._lines[self._names.index(instrument)]
        if line.event is not None:
            self._scheduler.soon(call)
        else:
            line.waiting.append(call)

    def at_next_price(self, instrument: str, call: Callable[[], None]) -> None:
        """Call once, when the next price comes."""
        self._lines[self._names.index(instrument)].waiting.append(call)

    def _sink(self, news: PriceNews) -> None:
        if isinstance(news, Trade):
            price: int = news.price
        elif isinstance(news, Quote):
            price = (news.bid + news.ask) // 2
        else:  # only prices wake robots
            self.gaps += isinstance(news, FeedGap)
            return
        event = news
        line = self._lines[event.instrument]
        if event.ts_ns < line.ts_ns:
            return
        last = line.plane.last
        if last and abs(price - last) * RATE_ONE > last * OUTLIER_RATE:
            suspect, line.suspect = line.suspect, price
            if not suspect or abs(price - suspect) * RATE_ONE > suspect * CONFIRM_RATE:
                self.outliers += 1
                return
        line.suspect = 0
        line.ts_ns = event.ts_ns
        line.seen_ns = self._scheduler.elapsed_ns()  # a feed's own times are UTC
        line.event = event
        woken = line.plane.tick(price)
        if woken:
            self._wake(woken, event)
        if line.waiting:
            waiting, line.waiting = line.waiting, []
            for call in waiting:
                call()

    def _wake(self, woken: list[int], event: Trade | Quote) -> None:
        told: set[int] = set()
        for seat in woken:
            listener, index, _ = self._owners[seat]
            if id(listener) in told:
                continue
            told.add(id(listener))
            listener.market(
                event if index == event.instrument else replace(event, instrument=index)
            )
