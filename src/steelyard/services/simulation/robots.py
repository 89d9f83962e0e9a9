"""Robots for simulated worlds: they do a bit of everything an order path knows.

Rule 1: plain strategies of the public kind; what they do follows from their own counter and what
they see, so a journal replays them.
Rule 2: a slot is used again only when the order in it is over, as the robot was told.
"""

from typing import Final

from steelyard.kernel.plain import Fill, Strategy, Tick, View
from steelyard.model.orders import OrderStatus
from steelyard.model.parameters import parameter

SECOND: Final = 1_000_000_000
_SLOTS: Final = range(1_000_000, 1_000_004)
_EXIT: Final = 1_000_004
"""Far from the numbers of orders, which are the slots of those that name none."""
_MASK: Final = (1 << 64) - 1
_FLOOD: Final = 16
_RAISES_AT: Final = 12


class Rover(Strategy):
    """Rests orders around the price, cancels some, trades at the market, and closes again."""

    salt: int = parameter(1, unit="", doc="makes two robots do different things")
    lots: int = parameter(5, unit="quantity units", minimum=1, doc="of one order")
    reach: int = parameter(500, unit="price units", minimum=1, doc="distance of its orders")
    every: int = parameter(75, unit="s", minimum=1, doc="acts so often, besides on moves")

    def on_start(self, view: View) -> None:
        """Begin with empty slots."""
        self.turn = 0
        self.slots: dict[int, int] = {}
        self.next_ns = 0
        self._again(view)

    def on_trade(self, view: View, tick: Tick) -> None:
        """Act where the price moved far."""
        self._act(view)
        self._again(view)

    def on_timer(self, view: View) -> None:
        """Act from time to time."""
        self._act(view)
        self._again(view)

    def on_fill(self, view: View, fill: Fill) -> None:
        """Free the slot of an order that is done."""
        if fill.done:
            self._free(fill.order)

    def on_end(self, view: View, order: int, status: OrderStatus) -> None:
        """Free the slot of an order that ended."""
        self._free(order)

    def on_refused(self, view: View, order: int, code: int) -> None:
        """Free the slot of an order that never left."""
        self._free(order)

    def _again(self, view: View) -> None:
        last, far = view.last, 4 * self.reach
        view.wake(low=last - far, high=last + far)
        view.wake_at(view.now_ns + self.every * SECOND)

    def _free(self, order: int) -> None:
        for slot, number in list(self.slots.items()):
            if number == order:
                del self.slots[slot]

    def _act(self, view: View) -> None:
        self.turn += 1
        chance = _mixed(self.turn * 1_000 + self.salt)
        side = 1 if chance >> 8 & 1 else -1
        acts = (
            self._rest, self._rest, self._rest, self._take, self._take_back, self._close,
            self._close,
        )  # fmt: skip
        acts[chance % len(acts)](view, side, chance >> 16)

    def _rest(self, view: View, side: int, chance: int) -> None:
        slot = next((s for s in _SLOTS if s not in self.slots), None)
        if slot is None:
            self._take_back(view, side, chance)
            return
        away = self.reach * (1 + chance % 4) // 2
        order = view.buy if side > 0 else view.sell
        self._keep(slot, order(
            self.lots * (1 + (chance >> 4) % 3), view.last - side * away, slot=slot,
            post_only=chance >> 8 & 1 == 1,
        ))  # fmt: skip

    def _take(self, view: View, side: int, chance: int) -> None:
        order = view.buy if side > 0 else view.sell
        order(self.lots * (1 + chance % 2))

    def _take_back(self, view: View, side: int, chance: int) -> None:
        if self.slots:
            slots = sorted(self.slots)
            view.cancel(self.slots[slots[chance % len(slots)]])

    def _close(self, view: View, side: int, chance: int) -> None:
        held = view.position()
        if not held or _EXIT in self.slots:
            return  # one exit at a time
        order = view.sell if held > 0 else view.buy
        price = None
        if chance & 1:
            price = view.last + (self.reach // 4 if held > 0 else -self.reach // 4)
        self._keep(_EXIT, order(abs(held), price, slot=_EXIT, reduce_only=True))

    def _keep(self, slot: int, number: int) -> None:
        if number:
            self.slots[slot] = number


class Faulty(Rover):
    """Raises after some turns."""

    def _act(self, view: View) -> None:
        super()._act(view)
        if self.turn >= _RAISES_AT:
            raise ValueError(f"turn was {self.turn}, allowed is below {_RAISES_AT}")


class Hog(Rover):
    """Floods the desk with orders and cancels."""

    def _act(self, view: View) -> None:
        super()._act(view)
        for n in range(_FLOOD):
            view.buy(self.lots, view.last - self.reach * (8 + n))
        view.cancel_all()


def _mixed(value: int) -> int:
    value = (value * 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 29)) * 0xBF58476D1CE4E5B9) & _MASK
    return value ^ (value >> 32)


STRATEGIES: Final[dict[str, type[Strategy]]] = {
    "rover": Rover, "faulty": Faulty, "hog": Hog,
}  # fmt: skip
"""By the name that a seat's event gives."""
