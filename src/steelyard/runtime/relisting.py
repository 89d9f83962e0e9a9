"""Following terms that the venue changed while a book trades: tick, lot, limits, margin.

Rule 1: an order refused by a filter says that ours may be old: the venue is asked, and what it
says now becomes an event. The orders after it, protective stops first of all, are made by it.
Rule 2: it is asked when a book begins to trade, one question at a time, and not more often than
once in `_REST_NS`.
Rule 3: fees are the account's, not the listing's: what the book knows of them stays.
Rule 4: units are for life: terms that do not fit the book's units are told, not taken.
"""

from dataclasses import replace
from typing import Final

from steelyard.kernel.ports import Request
from steelyard.model import events as ev
from steelyard.model.instruments import Instrument
from steelyard.model.reports import Listing, Reply, Success
from steelyard.runtime.shell import Shell

_REST_NS: Final = 5_000_000_000


class Relisting:
    """One book's knowledge of what its venue lists."""

    def __init__(self, desk: Shell) -> None:
        """Ask only when somebody wants to know."""
        self._desk = desk
        self._asking = False
        self._asked_ns = -_REST_NS

    def ask(self) -> None:
        """Ask for the terms as they are now."""
        if self._asking:
            return
        self._asking = True
        scheduler = self._desk.parts.scheduler
        wait = self._asked_ns + _REST_NS - scheduler.elapsed_ns()
        if wait > 0:
            scheduler.after(wait, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        self._asked_ns = self._desk.parts.scheduler.elapsed_ns()
        self._desk.account.dispatch.ask(Request.LISTING, self._heard)

    def _heard(self, reply: Reply) -> None:
        """Take what changed; without an answer the next refusal asks again."""
        self._asking = False
        if not isinstance(reply, Success) or not isinstance(reply.value, Listing):
            return
        found = {one.name: one for one in reply.value.instruments}
        for index, known in enumerate(tuple(self._desk.kernel.book.instruments)):
            now = found.get(known.name)
            if now is None:
                self._desk.tell("warning", "listing", f"the venue lists {known.name} no more")
            elif (fitted := replace(now, fees=known.fees)) != known:
                self._follow(index, known, fitted)

    def _follow(self, index: int, known: Instrument, now: Instrument) -> None:
        if _units(known) != _units(now):
            self._desk.tell(
                "critical", "listing",
                f"{known.name} has other units now, and units are for life: stop its robots and "
                "begin a new book",
            )  # fmt: skip
            return
        desk = self._desk
        desk.hear(ev.InstrumentListed(ts_ns=desk.now(), index=index, instrument=now))
        desk.tell("info", "listing", f"the venue changed the terms of {known.name}")


def _units(one: Instrument) -> tuple[object, ...]:
    return one.kind, one.worth_ratio, one.price_decimals, one.quantity_decimals
