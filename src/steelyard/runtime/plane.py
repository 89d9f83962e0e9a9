"""The market plane of one instrument: who wants to be woken at which price.

Rule 1: a tick costs what it changes. Nobody is looked at whose price was not reached.
Rule 2: a wake fires once; who was woken says anew when to be woken next.
Rule 3: seats woken by one tick come in the order of their numbers, whatever the heaps hold.
"""

from heapq import heapify, heappop, heappush

from steelyard.model.kinds import NEVER_HIGH, NEVER_LOW

_SLACK = 64


class MarketPlane:
    """Wake prices of any number of seats, kept in two heaps."""

    __slots__ = ("_count", "_every", "_highs", "_lows", "_version", "last")

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._lows: list[tuple[int, int, int]] = []  # (-price, version, seat)
        self._highs: list[tuple[int, int, int]] = []  # (price, version, seat)
        self._version: dict[int, int] = {}
        self._every: set[int] = set()
        self._count = 0
        self.last = 0

    def wait(self, seat: int, low: int, high: int, *, every_event: bool = False) -> None:
        """Wake `seat` at or below `low`, at or above `high`, or on every tick."""
        # Counted over all seats: one that left and came back must not own what it left behind.
        self._count += 1
        version = self._version[seat] = self._count
        if every_event:
            self._every.add(seat)
            return
        self._every.discard(seat)
        if low > NEVER_LOW:
            heappush(self._lows, (-low, version, seat))
        if high < NEVER_HIGH:
            heappush(self._highs, (high, version, seat))
        if len(self._lows) + len(self._highs) > 4 * len(self._version) + _SLACK:
            self._drop_stale()

    def leave(self, seat: int) -> None:
        """Forget a seat."""
        self._version.pop(seat, None)
        self._every.discard(seat)

    def tick(self, price: int) -> list[int]:
        """Move the price; return the seats it wakes."""
        self.last = price
        lows, highs = self._lows, self._highs
        if not self._every and (not lows or -lows[0][0] < price) and (
            not highs or highs[0][0] > price
        ):  # fmt: skip
            return []
        woken = set(self._every)
        version = self._version
        while lows and -lows[0][0] >= price:
            _, at, seat = heappop(lows)
            if version.get(seat) == at:
                woken.add(seat)
        while highs and highs[0][0] <= price:
            _, at, seat = heappop(highs)
            if version.get(seat) == at:
                woken.add(seat)
        return sorted(woken)

    @property
    def waiting(self) -> int:
        """Count the seats."""
        return len(self._version)

    def _drop_stale(self) -> None:
        version = self._version
        self._lows = [entry for entry in self._lows if version.get(entry[2]) == entry[1]]
        self._highs = [entry for entry in self._highs if version.get(entry[2]) == entry[1]]
        heapify(self._lows)
        heapify(self._highs)
