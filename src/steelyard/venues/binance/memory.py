"""What an account's dialect remembers: which order has which client id.

Rule 1: a memory only saves questions: whatever is forgotten is asked for again.
"""

from typing import Final, TypeVar

from steelyard.venues.binance.terms import Product

K = TypeVar("K")
V = TypeVar("V")
_KEPT: Final = 20_000


class Memory:
    """Client ids by order id, the homes of conditional orders, and orders that rested."""

    __slots__ = ("_algos", "_became", "_clients", "_rested", "_sides")

    def __init__(self) -> None:
        """Remember nothing."""
        self._clients: dict[tuple[Product, int], str] = {}
        self._algos: dict[str, None] = {}
        self._became: dict[int, str] = {}
        self._rested: dict[int, None] = {}
        self._sides: dict[str, str] = {}

    def name(self, product: Product, order: int, client_id: str) -> None:
        """Learn the client id of an order."""
        _keep(self._clients, (product, order), client_id)

    def client_of(self, product: Product, order: int) -> str | None:
        """Return an order's client id; of one that a conditional order became, that one's."""
        if product is Product.PERP and order in self._became:
            return self._became[order]
        return self._clients.get((product, order))

    def algo(self, client_id: str) -> None:
        """Learn that an id is one of the conditional namespace."""
        _keep(self._algos, client_id, None)

    def is_algo(self, client_id: str) -> bool:
        """Say whether an id is known to be conditional."""
        return client_id in self._algos

    def become(self, order: int, client_id: str) -> None:
        """Learn which order a conditional one became when it triggered."""
        _keep(self._became, order, client_id)

    def rest(self, order: int) -> None:
        """Learn that an order was taken into the book."""
        _keep(self._rested, order, None)

    def rested(self, order: int) -> bool:
        """Say whether an order is known to have rested."""
        return order in self._rested

    def side(self, client_id: str, side: str) -> None:
        """Learn the side of an order, which an amendment must repeat."""
        _keep(self._sides, client_id, side)

    def side_of(self, client_id: str) -> str | None:
        """Return an order's side."""
        return self._sides.get(client_id)


def _keep(memory: dict[K, V], key: K, value: V) -> None:
    memory[key] = value
    if len(memory) > _KEPT:
        del memory[next(iter(memory))]
