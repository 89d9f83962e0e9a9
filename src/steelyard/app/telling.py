"""The line that a running house prints each minute: does it trade, what did it make, what is wrong.

Rule: one line a book, from the same status that people ask for; nothing is asked of the venue.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from steelyard.model.times import time_text
from steelyard.runtime.house import House
from steelyard.wire.scheduler import Scheduler

PERIOD_NS: Final = 60_000_000_000


class Minutes:
    """Tells a line a book each minute."""

    def __init__(self, house: House, scheduler: Scheduler, say: Callable[[str], None]) -> None:
        """`say` prints a line."""
        self._house, self._scheduler, self._say = house, scheduler, say

    def begin(self) -> None:
        """Tell the first line in a minute."""
        self._scheduler.after(PERIOD_NS, self._tell)

    def _tell(self) -> None:
        self._house.ask("status", {}, self._told)
        self.begin()

    def _told(self, found: dict[str, Any]) -> None:
        at = time_text(self._scheduler.now_ns())[11:16]
        for book in found.get("books", ()):
            self._say(f"{at} {line_of(book)}")


def line_of(book: Mapping[str, Any]) -> str:
    """Return a book in one line."""
    robots = book["robots"]
    if not robots:
        return f"{book['book']}: {book['phase']}" + (f", {book['why']}" if book["why"] else "")
    states: dict[str, int] = {}
    for one in robots:
        states[one["state"]] = states.get(one["state"], 0) + 1
    parts = [", ".join(f"{count} {state}" for state, count in sorted(states.items()))]
    parts.append(f"{book['open_orders']} orders open")
    parts.append(f"profit {_profit(robots)}")
    ages = [one["data_age_ms"] for one in robots if one["data_age_ms"] is not None]
    if ages:
        parts.append(f"data {max(ages) / 1000:.1f} s old")
    wrong = [f"{one['name']} open" for one in book["breakers"] if one["state"] == "open"]
    wrong += [f"drift: {one['kind']}" for one in book["drift"] if not one["small"]]
    wrong += [book["why"]] if book["why"] else []
    return f"{book['book']}: " + " · ".join(parts + wrong)


def _profit(robots: list[Mapping[str, Any]]) -> str:
    sums: dict[str, Decimal] = {}
    for one in robots:
        made = Decimal(one["realised"]) + Decimal(one["unrealised"])
        money = one["currency"]
        sums[money] = sums.get(money, Decimal(0)) + made - Decimal(one["fees_and_funding"])
    return ", ".join(f"{total:+.2f} {money}" for money, total in sums.items())
