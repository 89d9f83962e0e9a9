"""Price-triggered orders of one product: asking for them, taking them away.

Rule 1: they have numbers of their own kind, and are named by these alone.
Rule 2: what one is told as is the product's own way of speaking.
"""

from collections.abc import Callable, Mapping
from typing import Any

from steelyard.exchange.gate import errors, parameters
from steelyard.exchange.gate.errors import GateError
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import HallOrder, Product, Refused

Row = dict[str, Any]


class Waiting:
    """Answers what is about price-triggered orders. Every call may raise GateError."""

    def __init__(
        self, hall: Hall, product: Product, name: str, word: Callable[[Member, HallOrder], Row]
    ) -> None:
        """`name` is what the product calls an instrument, `word` how it tells an order."""
        self._hall, self._product, self._name, self._word = hall, product, name, word

    def one(self, member: Member, name: str) -> Row:
        """Return one."""
        return self._word(member, self._find(member, name))

    def all(self, member: Member, query: Mapping[str, str]) -> list[Row]:
        """Return those that wait, or those that do not any more."""
        wants_open = query.get("status", "open") == "open"
        place = parameters.some_place(self._hall, query, self._name, self._product)
        rows = self._hall.orders(member.number, instrument=place, product=self._product, algo=True)
        kept = [order for order in reversed(rows) if order.live == wants_open]
        limit = parameters.limit_of(query)
        return [self._word(member, one) for one in parameters.page_of(kept, query, limit)]

    def cancel(self, member: Member, name: str) -> Row:
        """Cancel one."""
        order = self._find(member, name)
        found = self._hall.cancel(member.number, order=order.number, algo=True)
        if isinstance(found, Refused):
            raise errors.of(found, self._product)
        return self._word(member, found)

    def cancel_all(self, member: Member, query: Mapping[str, str]) -> list[Row]:
        """Cancel all, or all of one instrument."""
        place = parameters.some_place(self._hall, query, self._name, self._product)
        ended = self._hall.cancel_all(
            member.number, instrument=place, product=self._product, algo=True
        )
        return [self._word(member, order) for order in ended]

    def _find(self, member: Member, name: str) -> HallOrder:
        found = None
        if name.isdigit():
            found = self._hall.order(member.number, order=int(name), algo=True)
        if found is None or self._hall.product(found.instrument) != self._product:
            raise GateError("ORDER_NOT_FOUND", f"auto order {name} not found")
        return found
