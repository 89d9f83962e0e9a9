"""What a conversation learned and a later one needs: whose a number is, and what waits.

Rule 1: a memory only saves questions: whatever is forgotten is asked for again. The oldest goes.
"""

from collections import OrderedDict
from typing import Final

from msgspec import Struct

REMEMBERED: Final = 20_000


class Known(Struct, frozen=True):
    """What is remembered of an order number."""

    client_id: str
    position: str


NOBODY: Final = Known("", "")


class Memory:
    """Whose an order number is, and which of our orders wait for a trigger."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._orders: OrderedDict[str, Known] = OrderedDict()
        self._plans: OrderedDict[str, str] = OrderedDict()
        self.plain: OrderedDict[str, None] = OrderedDict()

    def learn(self, order_id: str, client_id: str, position: str = "") -> None:
        """Remember an order; what is known stands, since a plan's child has an id of its own."""
        known = self._orders.get(order_id) or NOBODY
        self._orders[order_id] = Known(known.client_id or client_id, known.position or position)
        if len(self._orders) > REMEMBERED:
            self._orders.popitem(last=False)

    def order(self, order_id: str) -> Known | None:
        """Return what is known of an order."""
        return self._orders.get(order_id)

    def is_plan(self, client_id: str, plan: str) -> None:
        """Remember that an order waits for a trigger, and among which."""
        self._plans[client_id] = plan
        if len(self._plans) > REMEMBERED:
            self._plans.popitem(last=False)

    def is_plain(self, client_id: str) -> None:
        """Remember that an order is none."""
        self.plain[client_id] = None
        if len(self.plain) > REMEMBERED:
            self.plain.popitem(last=False)

    def plan(self, client_id: str) -> str | None:
        """Return among which plans an order is; "": it is plain, None: nobody knows."""
        if client_id in self._plans:
            return self._plans[client_id]
        return "" if client_id in self.plain else None

    @property
    def has_plans(self) -> bool:
        """Say whether an order of ours ever waited for a trigger."""
        return bool(self._plans)
