"""What a conversation learned and a later one needs: where an id lives, and whose a number is.

Rule 1: a memory only saves questions: whatever is forgotten is asked for again. The oldest goes.
Rule 2: a conditional order and the plain one it becomes are one order of ours. OKX gives the second
no client id: it is known by its number.
"""

from typing import Final, TypeVar

V = TypeVar("V")
_IDS_MAX: Final = 65_536
_NAMES_MAX: Final = 4_096


class Memory:
    """Namespaces of client ids, and client ids of orders that a trigger made."""

    def __init__(self) -> None:
        """Know nothing."""
        self._conditional: dict[str, None] = {}
        self._plain: dict[str, None] = {}
        self._names: dict[str, str] = {}

    def learn(self, client_id: str, conditional: bool) -> None:
        """Remember in which namespace an id lives."""
        if client_id:
            known = self._conditional if conditional else self._plain
            _keep(known, client_id, None, _IDS_MAX)

    def is_conditional(self, client_id: str) -> bool:
        """Say whether an id is known to be a conditional order's."""
        return client_id in self._conditional

    def is_plain(self, client_id: str) -> bool:
        """Say whether an id is known to be a plain order's."""
        return client_id in self._plain

    def triggered(self, client_id: str) -> None:
        """Forget that an id is a conditional order's: it is not any more."""
        self._conditional.pop(client_id, None)

    def name(self, venue_id: str, client_id: str) -> None:
        """Remember whose a plain order is that carries no id of ours; "": nobody's."""
        _keep(self._names, venue_id, client_id, _NAMES_MAX)

    def name_of(self, venue_id: str) -> str | None:
        """Return the client id, "" where the order has none, None where nobody knows."""
        return self._names.get(venue_id)


def _keep(table: dict[str, V], key: str, value: V, most: int) -> None:
    table[key] = value
    if len(table) > most:
        del table[next(iter(table))]
