"""The live driver: one market plane, any number of books, each woken only when it asked to be.

Rule 1: a book that is woken gets the current market first, as its event, then decides.
Rule 2: a book hears its own orders at once, woken or not.
"""

from collections.abc import Callable, Sequence

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.verdicts import Outcome
from steelyard.model.events import OrderEvent, Quote, Trade
from steelyard.model.kinds import WAKE_EVERY_EVENT
from steelyard.runtime.plane import MarketPlane

Hear = Callable[[int, Outcome], None]


class LiveBooks:
    """Books of one robot each on one instrument; `hear` is given every outcome with its book."""

    def __init__(self, kernels: Sequence[Kernel], hear: Hear) -> None:
        """Seat every book; each is woken by the first tick."""
        self.plane = MarketPlane()
        self._kernels = tuple(kernels)
        self._hear = hear
        for seat in range(len(self._kernels)):
            self._wait(seat)

    def market(self, event: Trade | Quote) -> int:
        """Move the market; return how many books were woken."""
        price = event.price if isinstance(event, Trade) else (event.bid + event.ask) // 2
        woken = self.plane.tick(price)
        for seat in woken:
            self._step(seat, event)
        return len(woken)

    def order(self, seat: int, event: OrderEvent) -> None:
        """Tell one book about one of its orders."""
        self._step(seat, event)

    def _step(self, seat: int, event: Trade | Quote | OrderEvent) -> None:
        outcome = self._kernels[seat].step(event)
        self._wait(seat)
        self._hear(seat, outcome)

    def _wait(self, seat: int) -> None:
        robot = self._kernels[seat].book.robots[0]
        self.plane.wait(
            seat,
            int(robot["wake_low"]),
            int(robot["wake_high"]),
            every_event=bool(int(robot["wake_flags"]) & WAKE_EVERY_EVENT),
        )
