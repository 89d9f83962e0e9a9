"""What a conversation learned and a later one needs: which text belongs to which number.

Rule 1: it is a convenience. Everything it knows can be asked for again; what it does not know is
asked for. It forgets the oldest.
Rule 2: a price-triggered order and the order it becomes are one order of ours. The venue gives the
second a text of its own, `ao-` and the number of the first.
"""

from typing import Final, TypeVar

V = TypeVar("V")

_KEPT: Final = 20_000
AUTO: Final = "ao-"


class Memory:
    """Numbers and texts of one account's orders."""

    def __init__(self) -> None:
        """Know nothing."""
        self._ids: dict[str, str] = {}
        self._prices: dict[str, str] = {}
        self._waiters: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._sides: dict[str, int] = {}

    def ordinary(self, client_id: str, venue_id: str) -> None:
        """An ordinary order has this number ("": it is not told yet)."""
        _keep(self._ids, client_id, venue_id)

    def waiting(self, client_id: str, venue_id: str, *, spot: bool) -> None:
        """A price-triggered order has this number ("": it is nobody's of ours)."""
        if client_id:
            _keep(self._prices, client_id, venue_id)
        _keep(self._waiters, _key(venue_id, spot=spot), client_id)

    def became(self, client_id: str, venue_id: str) -> None:
        """A price-triggered order became the ordinary order of this number."""
        _keep(self._owners, venue_id, client_id)
        _keep(self._ids, client_id, venue_id)

    def side(self, venue_id: str, position_side: int) -> None:
        """An order of this number, or of this text, is about this position side."""
        _keep(self._sides, venue_id, position_side)

    def is_ordinary(self, client_id: str) -> bool:
        """Say whether an ordinary order of this text was ever placed or heard of."""
        return client_id in self._ids

    def id_of(self, client_id: str) -> str:
        """Return the number of an ordinary order; "": not known."""
        return self._ids.get(client_id, "")

    def price_id_of(self, client_id: str) -> str:
        """Return the number of a price-triggered order; "": not known, or there is none."""
        return self._prices.get(client_id, "")

    def waiter_of(self, venue_id: str, *, spot: bool) -> str:
        """Return our text for a price-triggered order; "": not known, or not ours."""
        return self._waiters.get(_key(venue_id, spot=spot), "")

    def unheard_of(self, text: str, *, spot: bool) -> str:
        """Return the number of a price-triggered order of which nobody knows whose it is."""
        number = text.removeprefix(AUTO)
        unheard = number != text and _key(number, spot=spot) not in self._waiters
        return number if unheard else ""

    def owner_of(self, venue_id: str, text: str, *, spot: bool) -> str:
        """Return our text for an order that a price-triggered one became; "": none."""
        found = self._owners.get(venue_id, "")
        if not found and text.startswith(AUTO):
            found = self.waiter_of(text.removeprefix(AUTO), spot=spot)
            if found:
                self.became(found, venue_id)
        return found

    def side_of(self, venue_id: str) -> int | None:
        """Return the position side of an order."""
        return self._sides.get(venue_id)


def _key(venue_id: str, *, spot: bool) -> str:
    return f"{'spot' if spot else 'perp'} {venue_id}"


def _keep(table: dict[str, V], key: str, value: V) -> None:
    if key not in table and len(table) >= _KEPT:
        del table[next(iter(table))]
    table[key] = value
