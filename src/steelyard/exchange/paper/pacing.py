"""Rows of a market in their time: which are due now, and when the next one is.

Rule 1: rows keep their distances, divided by the speed. Who falls behind by more than
`BEHIND_MAX_NS` (a machine that slept) goes on from now: the market slept too.
Rule 2: a market that loops begins again at the distance of its last two rows.
Rule 3: `served` counts rows since the very first; a pacer made with it goes on after them.
"""

import math
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any, Final

from steelyard.model.history import Chunk

BEHIND_MAX_NS: Final = 5_000_000_000
_STEP_MIN_NS: Final = 1_000_000
_BLOCK: Final = 2_048

MarketRow = tuple[int, int, int, int, int, int, int]
"""(time, kind, instrument, a, b, c, d), as in `model.history`."""


class Pacer:
    """The market of a paper process."""

    def __init__(
        self, market: Callable[[], Iterator[Chunk]], *, speed: float, loop: bool, served: int = 0
    ) -> None:
        """Begin after `served` rows; the first row is due when `due` is first called."""
        self.served = served
        self.ended = False
        self._market, self._speed, self._loop = market, speed, loop
        self._fast = math.isinf(speed)
        self._blocks = self._passes(served)
        self._block: list[MarketRow] = []
        self._at = 0
        self._base_ns = -1
        self._origin_ns = 0
        self._last_ns = self._step_ns = 0

    def due(self, elapsed_ns: int, most: int) -> list[MarketRow]:
        """Return the rows that are due, at most so many, and count them as served."""
        if not self._fill(elapsed_ns):
            return []
        block, start = self._block, self._at
        stop = min(len(block), start + most)
        if self._fast:
            end = stop
        else:
            if elapsed_ns - self._due_ns(block[start][0]) > BEHIND_MAX_NS:
                self._base_ns, self._origin_ns = elapsed_ns, block[start][0]
            end = start
            while end < stop and self._due_ns(block[end][0]) <= elapsed_ns:
                end += 1
        self._at = end
        if end > start:
            self._step_ns = block[end - 1][0] - (block[end - 2][0] if end > 1 else self._last_ns)
            self._last_ns = block[end - 1][0]
        self.served += end - start
        return block[start:end]

    def wait_ns(self, elapsed_ns: int) -> int | None:
        """Return how long it is until a row is due; None: never again."""
        if not self._fill(elapsed_ns):
            return None
        if self._fast:
            return 0
        return max(0, self._due_ns(self._block[self._at][0]) - elapsed_ns)

    def _due_ns(self, ts_ns: int) -> int:
        return self._base_ns + int((ts_ns - self._origin_ns) / self._speed)

    def _fill(self, elapsed_ns: int) -> bool:
        """See that a next row is at hand; False: there is none."""
        if self._at < len(self._block):
            return True
        found = None if self.ended else next(self._blocks, None)
        if found is None:
            self.ended = True
            return False
        again, block = found
        first_ns = block[0][0]
        if self._base_ns < 0:
            self._base_ns, self._origin_ns, self._last_ns = elapsed_ns, first_ns, first_ns
        elif again and not self._fast:
            self._base_ns = self._due_ns(self._last_ns + max(self._step_ns, _STEP_MIN_NS))
            self._origin_ns = self._last_ns = first_ns
        self._block, self._at = block, 0
        return True

    def _passes(self, served: int) -> Iterator[tuple[bool, list[MarketRow]]]:
        """Yield the rows after `served` ones, and whether the market begins again with them."""
        left = served
        again = False
        while True:
            found = 0
            for chunk in self._market():
                found += len(chunk)
                if left >= len(chunk):
                    left -= len(chunk)
                    continue
                for start in range(left, len(chunk), _BLOCK):
                    yield again, rows_of(chunk, start, start + _BLOCK)
                    again = False
                left = 0
            if not found or not self._loop:
                return
            left %= found
            again = True


def rows_of(chunk: Chunk, start: int, stop: int) -> list[MarketRow]:
    """Return rows of a chunk as tuples."""

    def column(values: Any) -> Iterator[int]:
        return iter(values[start:stop].tolist()) if len(values) else repeat(0)

    columns = (chunk.kind, chunk.instrument, chunk.a, chunk.b, chunk.c, chunk.d)
    return list(zip(chunk.ts_ns[start:stop].tolist(), *map(column, columns), strict=False))
