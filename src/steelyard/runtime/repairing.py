"""Mending what the reconciler found: small differences at once, large ones by a person's word.

Rule 1: a repair is a named adjustment of whoever holds what has to go, else of the account.
Rule 2: money that came or went from outside is booked, always, and told.
Rule 3: a large difference of positions pauses all entries until it is gone or repaired.
"""

from typing import Any

from steelyard.model import events as ev
from steelyard.model.kinds import PAUSE_DRIFT, PAUSE_MODE
from steelyard.model.reports import Holdings
from steelyard.model.units import Money, Price, Quantity
from steelyard.runtime.attributing import attribute
from steelyard.runtime.reconciling import Drift
from steelyard.runtime.shell import Shell
from steelyard.state.money import notional


class Repairing:
    """The repairs of one account."""

    def __init__(self, desk: Shell) -> None:
        """Repair the book of `desk`."""
        self._desk = desk

    def is_small(self, instrument: int, quantity: int) -> bool:
        book = self._desk.kernel.book
        last = int(book.markets[instrument]["last"])
        if not last:
            return False
        return int(notional(book.terms[instrument], last, abs(quantity))) <= (
            self._desk.plan.drift_small_notional
        )

    def settle(self, drift: tuple[Drift, ...], holdings: Holdings) -> None:
        """Repair what is small, book money, and open the breaker on what is large."""
        large = [d for d in drift if d.kind == "position" and not d.small]
        wrong_mode = any(d.kind == "mode" for d in drift)
        for one in drift:
            if one.kind == "cash":
                self.book_cash(one, "deposit or withdrawal")
            elif one.kind == "position" and one.small:
                self.repair(one, by="reconciler")
        if large:
            self._desk.account.pause(PAUSE_DRIFT, f"the venue holds {_words(large[0])}")
        else:
            self._desk.account.resume(PAUSE_DRIFT)
        if wrong_mode:
            self._desk.account.pause(PAUSE_MODE, next(d.what for d in drift if d.kind == "mode"))
        else:
            self._desk.account.resume(PAUSE_MODE)

    def book_cash(self, drift: Drift, reason: str) -> None:
        """Book money that came or went from outside; all of it is the account's own."""
        self._desk.hear(
            ev.CapitalMoved(
                ts_ns=self._desk.now(),
                robot=0,
                amount=Money(drift.theirs - drift.ours),
                reason=reason,
            )
        )

    def repair(self, drift: Drift, *, by: str) -> bool:
        """Mend one difference of positions by a named adjustment, at the last price."""
        if drift.kind == "orphan":
            self._desk.account.dispatch.cancel(drift.what, drift.instrument, _ignore, _ignore)
            self._desk.account.note(
                "repair", f"canceled {drift.what}, which no journal knows, by {by}"
            )
            return True
        if drift.kind != "position":
            return False
        last = int(self._desk.kernel.book.markets[drift.instrument]["last"])
        if not last:
            return False
        n = int(self._desk.kernel.book.head[0]["fills"])
        key = f"d:{drift.instrument}:{drift.position_side}:{drift.ours}:{drift.theirs}:{n}"
        change = drift.theirs - drift.ours
        kernel = self._desk.kernel
        shares = attribute(kernel, drift.instrument, drift.position_side, change)
        self._desk.hear(
            ev.Adjusted(
                ts_ns=self._desk.now(), robot=shares[0][0], instrument=drift.instrument,
                position_side=drift.position_side, quantity=Quantity(change), price=Price(last),
                reason=f"drift, repaired by {by}", trade=key, shares=tuple(shares),
            )
        )  # fmt: skip
        return True


def _words(drift: Drift) -> str:
    return f"{drift.theirs} of instrument {drift.instrument}, the book {drift.ours}"


def _ignore(_: Any) -> None:
    """The next reading tells what came of it."""
