"""Following terms that the venue changed while a book trades: tick, lot, limits, margin.

Rule 1: an order refused by a filter says that ours may be old: the venue is asked, and what it
says now becomes an event. The orders after it, protective stops first of all, are made by it.
Rule 2: it is asked when a book begins to trade, one question at a time, and not more often than
once in `_REST_NS`.
Rule 3: fees are the account's, not the listing's: what the book knows of them stays.
Rule 4: units are for life: new terms are said in the book's units; terms that cannot be are told,
not taken.
"""

from dataclasses import replace
from typing import Any, Final

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
            else:
                self._follow(index, known, fitted(now, known))

    def _follow(self, index: int, known: Instrument, now: Instrument | None) -> None:
        desk = self._desk
        if now is None:
            desk.tell(
                "critical", "listing",
                f"{known.name} has terms that the units of the book cannot say, and units are for "
                "life: stop its robots and begin a new book",
            )  # fmt: skip
            return
        if now == known:
            return
        desk.hear(ev.InstrumentListed(ts_ns=desk.now(), index=index, instrument=now))
        desk.tell("info", "listing", f"the venue changed the terms of {known.name}")


def fitted(now: Instrument, known: Instrument) -> Instrument | None:
    """Return new terms in the units of the known ones, with their fees; None: they do not fit."""
    if _nature(now) != _nature(known):
        return None
    price = known.price_decimals - now.price_decimals
    quantity = known.quantity_decimals - now.quantity_decimals
    money = known.money_decimals - now.money_decimals
    scaled = {
        "tick": _scaled(now.tick, price),
        "lot": _scaled(now.lot, quantity),
        "quantity_min": _scaled(now.quantity_min, quantity),
        "quantity_max": _scaled(now.quantity_max, quantity),
        "notional_min": _scaled(now.notional_min, money),
    }
    bounds = [_scaled(tier.notional_max, money) for tier in now.margin_tiers]
    if None in scaled.values() or None in bounds:
        return None
    tiers = tuple(
        replace(tier, notional_max=bound)
        for tier, bound in zip(now.margin_tiers, bounds, strict=True)
    )
    return replace(
        now, price_decimals=known.price_decimals, quantity_decimals=known.quantity_decimals,
        money_decimals=known.money_decimals, fees=known.fees, margin_tiers=tiers, **scaled,
    )  # fmt: skip


def _scaled(value: int, power: int) -> Any:
    if power >= 0:
        return value * 10**power
    found, rest = divmod(value, 10**-power)
    return None if rest else found


def _nature(one: Instrument) -> tuple[object, ...]:
    return one.kind, one.base, one.quote, one.settle, one.multiplier
