"""Mending what the reconciler found: small differences at once, large ones by a person's word.

Rule 1: a repair is a named adjustment of whoever holds what has to go, else of the account.
Rule 2: money that came or went from outside is booked, always, and told.
Rule 3: a large difference of positions pauses all entries until it is gone or repaired.
Rule 4: what an account holds before its book has traded at all is no difference: it is booked as
the account's own, at the first price.
"""

from typing import Any

from steelyard.model import events as ev
from steelyard.model.instruments import Kind
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
        if large and self._never_traded():
            for one in large:
                self._adopt(one)
            large = []
        wrong_mode = any(d.kind == "mode" for d in drift)
        for one in drift:
            if one.kind == "cash":
                self.book_cash(one, "deposit or withdrawal")
            elif one.kind == "position" and one.small:
                self.repair(one, reason="drift, repaired by reconciler")
        if large:
            self._desk.account.pause(PAUSE_DRIFT, f"the venue holds {_words(large[0])}")
        else:
            self._desk.account.resume(PAUSE_DRIFT)
        if wrong_mode:
            self._desk.account.pause(PAUSE_MODE, next(d.what for d in drift if d.kind == "mode"))
        else:
            self._desk.account.resume(PAUSE_MODE)

    def _never_traded(self) -> bool:
        return not int(self._desk.kernel.book.head[0]["fills"])

    def _adopt(self, drift: Drift) -> None:
        """Book what was there before as the account's own, once there is a price for it."""
        name = self._desk.kernel.book.instruments[drift.instrument].name

        def priced() -> None:
            if self._never_traded() and self._desk.phase == "running":
                self.repair(drift, reason="held before the book began")

        self._desk.parts.market.when_priced(name, priced)

    def _price(self, instrument: int) -> int:
        """Return the last price the book was given, else the market's; 0: there is none."""
        book = self._desk.kernel.book
        known = int(book.markets[instrument]["last"])
        if known:
            return known
        event = self._desk.parts.market.last(book.instruments[instrument].name)
        if event is None:
            return 0
        return event.price if isinstance(event, ev.Trade) else (event.bid + event.ask) // 2

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

    def repair(self, drift: Drift, *, reason: str) -> bool:
        """Mend one difference of positions by a named adjustment, at the last price."""
        if drift.kind == "orphan":
            self._desk.account.dispatch.cancel(drift.what, drift.instrument, _ignore, _ignore)
            self._desk.account.note(
                "repair", f"canceled {drift.what}, which no journal knows: {reason}"
            )
            return True
        if drift.kind != "position":
            return False
        last = self._price(drift.instrument)
        if not last:
            return False
        n = int(self._desk.kernel.book.head[0]["fills"])
        key = f"d:{drift.instrument}:{drift.position_side}:{drift.ours}:{drift.theirs}:{n}"
        if self._desk.account.orders.knows_trade(key):
            return False  # two readings saw the same
        change = drift.theirs - drift.ours
        kernel = self._desk.kernel
        shares = attribute(kernel, drift.instrument, drift.position_side, change)
        self._desk.hear(
            ev.Adjusted(
                ts_ns=self._desk.now(), robot=shares[0][0], instrument=drift.instrument,
                position_side=drift.position_side, quantity=Quantity(change), price=Price(last),
                reason=reason, trade=key, shares=tuple(shares),
            )
        )  # fmt: skip
        if kernel.book.instruments[drift.instrument].kind == Kind.SPOT:
            # Coins are booked as bought, and nobody paid: they came from outside.
            paid = int(notional(kernel.book.terms[drift.instrument], last, abs(change)))
            self._desk.hear(
                ev.CapitalMoved(
                    ts_ns=self._desk.now(), robot=0,
                    amount=Money(paid if change > 0 else -paid), reason=reason,
                )
            )  # fmt: skip
        return True


def _words(drift: Drift) -> str:
    return f"{drift.theirs} of instrument {drift.instrument}, the book {drift.ours}"


def _ignore(_: Any) -> None:
    """The next reading tells what came of it."""
