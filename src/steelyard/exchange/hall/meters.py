"""Meters of requests: how much of which limit an address or a member has used, and who is shut out.

Rule 1: a meter counts in windows that begin at multiples of their span, as the venues' own do.
Rule 2: a request over any of its limits is charged to none.
Rule 3: who goes on asking while over the limit is shut out for two minutes, then for twice as long.
"""

from collections.abc import Sequence
from typing import Final

from steelyard.exchange.hall.port import Charge

_BAN_NS: Final = 120_000_000_000
_BAN_MAX_NS: Final = 259_200_000_000_000
_MINUTE_NS: Final = 60_000_000_000
_FORGET: Final = 10_000


class Meters:
    """The meters of one dialect."""

    def __init__(self, ban_after: int) -> None:
        """So many requests over the limit within a minute are a ban; 0: never."""
        self._ban_after = ban_after
        self._used: dict[tuple[str, str | int, int], tuple[int, int]] = {}
        self._over: dict[str, tuple[int, int]] = {}
        self._banned: dict[str, int] = {}
        self._bans: dict[str, int] = {}

    def banned_ns(self, address: str, now_ns: int) -> int:
        """Return how long an address is still shut out."""
        return max(0, self._banned.get(address, 0) - now_ns)

    def ban(self, address: str, now_ns: int, span_ns: int) -> None:
        """Shut an address out."""
        self._banned[address] = now_ns + span_ns

    def pardon(self) -> None:
        """Forget everything."""
        for table in (self._used, self._over, self._banned, self._bans):
            table.clear()

    def charge(
        self, charges: Sequence[Charge], address: str, member: int, now_ns: int
    ) -> tuple[dict[str, int], int]:
        """Charge a request; return what its meters show and (over) when to come back, else 0."""
        used: dict[str, int] = {}
        wait_ns = 0
        places = []
        for one in charges:
            place = (one.meter, member if one.by_key and member >= 0 else address, one.span_ns)
            window = now_ns // one.span_ns
            at, count = self._used.get(place, (window, 0))
            count = count if at == window else 0
            used[one.meter] = count + one.weight
            places.append((place, window, count + one.weight))
            if one.weight and count + one.weight > one.limit:
                wait_ns = max(wait_ns, (window + 1) * one.span_ns - now_ns)
        if wait_ns:
            self._note_over(address, now_ns)
            return used, wait_ns
        if len(self._used) > _FORGET:
            self._used = {
                place: seen for place, seen in self._used.items() if seen[0] >= now_ns // place[2]
            }
        for place, window, count in places:
            self._used[place] = (window, count)
        return used, 0

    def _note_over(self, address: str, now_ns: int) -> None:
        if not self._ban_after:
            return
        window = now_ns // _MINUTE_NS
        at, count = self._over.get(address, (window, 0))
        count = count + 1 if at == window else 1
        self._over[address] = (window, count)
        if count >= self._ban_after:
            turn = self._bans.get(address, 0)
            self._bans[address] = turn + 1
            self.ban(address, now_ns, min(_BAN_NS << turn, _BAN_MAX_NS))
            del self._over[address]
