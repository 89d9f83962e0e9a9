"""The market path: a random walk with jumps, drawn tick by tick, and what incidents do to it.

Rule 1: a tick comes every two to fourteen virtual seconds, of one instrument; nobody draws a tick
before it is due, so an incident may move the price and the walk goes on from there.
Rule 2: the dull choice is a market that does not move.
"""

from typing import Final

from steelyard.model.events import Trade
from steelyard.model.kinds import BUY, SELL
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.services.simulation.network import SECOND, Wires
from steelyard.services.simulation.tape import Tape
from steelyard.wire.virtual import VirtualTime

_STEP_MIN_NS: Final = 2 * SECOND
_STEP_RANGE_NS: Final = 12 * SECOND
_FINE: Final = 1 << 32
_JUMP: Final = 17  # one kind of move in 64
_JUMP_FACTOR: Final = 15


class Market:
    """The price of each instrument, and its trades."""

    def __init__(
        self, time: VirtualTime, wires: Wires, tape: Tape, *, prices: list[int], moves: list[int],
        quantity: int,
    ) -> None:  # fmt: skip
        """`moves[k]` is the largest ordinary move of instrument k in one tick, in price units."""
        self.prices = prices
        self._first = tuple(prices)
        self._moves = moves
        self._quantity = quantity
        self._time = time
        self._wires = wires
        self._choices = tape.stream("market")
        self.ticks = 0

    def begin(self) -> None:
        """Show the first prices and go on by itself."""
        for instrument, price in enumerate(self.prices):
            self.trade(instrument, price, BUY)
        self._time.put(None, _STEP_MIN_NS, self._tick)

    def trade(self, instrument: int, price: int, taker_side: int, quantity: int = 0) -> None:
        """Let somebody trade at a price."""
        self.prices[instrument] = price = max(price, 1)
        self.ticks += 1
        self._wires.tick(
            Trade(
                ts_ns=Nanos(self._time.now_ns()), instrument=instrument, price=Price(price),
                quantity=Quantity(quantity or self._quantity), taker_side=taker_side,
            )
        )  # fmt: skip

    def push(self, instrument: int, price: int) -> None:
        """Let the market trade through to a price, with enough to fill what rests there."""
        price = max(self._first[instrument] // 2, min(price, 2 * self._first[instrument]))
        side = BUY if price >= self.prices[instrument] else SELL
        self.trade(instrument, price, side, 1_000 * self._quantity)

    def _tick(self) -> None:
        # One choice says it all: 8 bits of what kind of move, 12 of how far, 12 of how long until.
        value = self._choices.below(_FINE)
        kind, far, wait = value & 0xFF, value >> 8 & 0xFFF, value >> 20
        instrument = kind % len(self.prices)
        price, first = self.prices[instrument], self._first[instrument]
        move = far * self._moves[instrument] >> 12
        if kind >> 2 == _JUMP:
            move *= _JUMP_FACTOR
        if kind & 2:
            move = -move
        # A walk that strays halves its way back, so that no seed ends in another world.
        if not first // 2 < price + move < first * 2:
            move = (first - price) // 2
        quantity = 1 + far * self._quantity // 0xFFF
        self.trade(instrument, price + move, BUY if move >= 0 else SELL, quantity)
        self._time.put(None, _STEP_MIN_NS + wait * _STEP_RANGE_NS // 0xFFF, self._tick)
