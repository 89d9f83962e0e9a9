"""The venue's truth beside ours: at start, after each gap, and on a schedule.

Rule 1: trades since the cursor first, then open orders, then holdings; a page that is not complete
proves nothing and is asked for again.
Rule 2: an order of ours that a complete list lacks is asked for by its id: absence is no proof.
Rule 3: a difference in holdings counts when three readings in a row, each later than the venue's
visibility lag, show the same one while nothing of ours moved.
Rule 4: an account in another mode than the book's is heard from every answer, be it incomplete or
past its deadline; what was asked before a late one does not prove otherwise.
Rule 5: small differences are repaired by a named adjustment, large ones open the breaker and wait
for a person. Differences of money are deposits and withdrawals: booked, always told.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.ports import Request, VenueTerms
from steelyard.ledger.accounts import CASH
from steelyard.model.reports import (
    Fault,
    Holdings,
    OpenOrders,
    Refusal,
    Reply,
    Success,
    Trades,
)
from steelyard.runtime.dispatch import Dispatch
from steelyard.runtime.orders import Orders
from steelyard.runtime.resolving import Resolving
from steelyard.runtime.retry import backoff_ns
from steelyard.wire.scheduler import Scheduler

_BASE_NS, _CAP_NS = 200_000_000, 10_000_000_000
READINGS: Final = 3
PAGES_MAX: Final = 1_000


class Drift(Struct, frozen=True, kw_only=True):
    """One difference between the venue and us, and what would mend it.

    `kind` is position, cash, mode, orphan or foreign; `repair` is adjust, book, cancel or none.
    """

    kind: str
    instrument: int = -1
    position_side: int = 0
    ours: int = 0
    theirs: int = 0
    what: str = ""
    repair: str
    small: bool = False


class Reconciling:
    """One account's reconciler. `settle` is given the drift of every complete reading."""

    def __init__(
        self, kernel: Kernel, terms: VenueTerms, scheduler: Scheduler, dispatch: Dispatch,
        orders: Orders, resolving: Resolving, *, interval_ns: int,
        fund: Callable[[Any], None], settle: Callable[[tuple[Drift, ...], Holdings], None],
        is_small: Callable[[int, int], bool], cursor_moved: Callable[[str], None],
        other_mode: Callable[[], None],
    ) -> None:  # fmt: skip
        """`is_small(instrument, quantity)` says which differences may be repaired unasked."""
        self._kernel, self._terms, self._scheduler = kernel, terms, scheduler
        self._dispatch, self._orders, self._resolving = dispatch, orders, resolving
        self._interval_ns = interval_ns
        self._fund, self._settle, self._is_small = fund, settle, is_small
        self._cursor_moved, self._other_mode = cursor_moved, other_mode
        self.cursor = ""
        self.drift: tuple[Drift, ...] = ()
        self.last_ns = -1  # monotonic, of the last complete pass
        self.holdings: Holdings | None = None
        self._running = False
        self._again = False
        self._waiting: list[Callable[[], None]] = []
        self._timer: Any = None
        self._attempt = 0
        self._pages = 0
        self._asked_ns = 0  # monotonic, of the question for holdings under way
        self._told_ns = -1  # monotonic, when a late answer told of another mode
        self._seen: tuple[tuple[int, ...], ...] = ()
        self._same = 0
        self._closed = False

    def run(self, done: Callable[[], None] | None = None) -> None:
        """Start a pass now; `done` is called once after a pass that began now or later."""
        if done is not None:
            self._waiting.append(done)
        if self._running:
            self._again = True
            return
        self._begin()

    def close(self) -> None:
        """Stop."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    # --- the steps of a pass -------------------------------------------------------------------

    def _begin(self) -> None:
        if self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._running, self._again = True, False
        self._pages = 0
        self._ask_trades()

    def _ask_trades(self) -> None:
        self._dispatch.ask(Request.TRADES, self._trades, cursor=self.cursor)

    def _trades(self, reply: Reply) -> None:
        match reply:
            case Success(value=Trades(complete=True) as page):
                for trade in page.trades:
                    self._orders.trade(trade)
                for payment in page.funding:
                    self._fund(payment)
                if page.cursor != self.cursor:
                    self.cursor = page.cursor
                    self._cursor_moved(page.cursor)
                self._pages += 1
                if page.more and self._pages < PAGES_MAX:
                    self._ask_trades()
                    return
                self._dispatch.ask(Request.OPEN_ORDERS, self._open_orders)
            case _:
                self._failed(reply)

    def _open_orders(self, reply: Reply) -> None:
        match reply:
            case Success(value=OpenOrders(complete=True) as page):
                self._compare_orders(page)
                self._asked_ns = self._scheduler.elapsed_ns()
                self._dispatch.ask(Request.HOLDINGS, self._holdings, late=self._late_holdings)
            case _:
                self._failed(reply)

    def _compare_orders(self, page: OpenOrders) -> None:
        orders = self._orders
        # Complete: what was foreign or orphaned and is not listed any more has gone.
        orders.foreign.clear()
        orders.orphans.clear()
        listed = set()
        for report in page.orders:
            listed.add(report.client_id)
            orders.report(report)
        for tracked in list(orders.live.values()):
            if tracked.client_id not in listed and tracked.seen:
                self._resolving.want(tracked, self._terms.lag_ns)

    def _holdings(self, reply: Reply) -> None:
        if self._in_other_mode(reply):
            # At once, from an incomplete page too: nothing may be opened in another mode.
            self._other_mode()
        match reply:
            case Success(value=Holdings(complete=True) as page) if self._asked_ns > self._told_ns:
                self._compare(page)
            case _:
                self._failed(reply)

    def _late_holdings(self, reply: Reply) -> None:
        """Hear an answer past its deadline: holdings have moved on, the mode may well be as told.

        If it is not, the reading that begins now says so, and a pause for nothing was short.
        """
        if self._in_other_mode(reply):
            self._told_ns = self._scheduler.elapsed_ns()
            self._other_mode()
            self.run()

    def _in_other_mode(self, reply: Reply) -> bool:
        page = reply.value if isinstance(reply, Success) else None
        hedged = bool(self._kernel.book.head[0]["hedged"])
        return isinstance(page, Holdings) and page.hedged != hedged

    # --- what the pass found ---------------------------------------------------------------------

    def _compare(self, page: Holdings) -> None:
        self.holdings = page
        found = self._differences(page)
        moved = self._moved()
        # Whatever still moves is looked at again; three equal readings make a difference real.
        key = (*((d.instrument, d.position_side, d.ours, d.theirs) for d in found), moved)
        self._same = self._same + 1 if found and key == self._seen else int(bool(found))
        self._seen = key
        real = self._same >= READINGS or not found
        if not real:
            self._soon(self._terms.lag_ns + 250_000_000)
            return
        self._same, self._seen, self._attempt = 0, (), 0
        self.drift = found + self._strangers()
        self.last_ns = self._scheduler.elapsed_ns()
        self._running = False
        self._settle(self.drift, page)
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()
        if self._again:
            self._begin()
        elif not self._closed and self._timer is None:
            self._timer = self._scheduler.after(self._interval_ns, self._begin)

    def _differences(self, page: Holdings) -> tuple[Drift, ...]:
        book = self._kernel.book
        if page.hedged != bool(book.head[0]["hedged"]):
            mode = ("one-way", "hedged")
            return (
                Drift(
                    kind="mode", ours=int(book.head[0]["hedged"]), theirs=int(page.hedged),
                    what=f"the account is {mode[page.hedged]}, the book is {mode[not page.hedged]}",
                    repair="none",
                ),
            )  # fmt: skip
        theirs = {(h.instrument, h.position_side): h.quantity for h in page.positions}
        ours = self._held()
        found = []
        for instrument, side in sorted(ours.keys() | theirs.keys()):
            mine, there = ours.get((instrument, side), 0), theirs.get((instrument, side), 0)
            if mine != there:
                found.append(
                    Drift(
                        kind="position",
                        instrument=instrument,
                        position_side=side,
                        ours=mine,
                        theirs=there,
                        repair="adjust",
                        small=self._is_small(instrument, there - mine),
                    )
                )
        # Robots may hold against one another what the account nets: the venue then realises
        # earlier. Money less what positions cost is the same however they are netted.
        ours_net = int(book.balances[:, :, CASH].sum()) - self._cost()
        theirs_net = page.cash - sum(holding.worth for holding in page.positions)
        if ours_net != theirs_net:
            found.append(
                Drift(kind="cash", ours=ours_net, theirs=theirs_net, repair="book", small=True)
            )
        return tuple(found)

    def _cost(self) -> int:
        """Return what all positions are worth at their entries; spot coins are no such claim."""
        book = self._kernel.book
        head = book.head[0]
        shape = (int(head["robots"]), int(head["instruments"]), 2)
        worths = book.positions["entry_worth"].reshape(shape).sum(axis=(0, 2)).tolist()
        kinds = book.terms["kind"].tolist()
        return sum(worth for worth, kind in zip(worths, kinds, strict=True) if kind)

    def _held(self) -> dict[tuple[int, int], int]:
        """Sum what the book's robots hold, per instrument and side."""
        book = self._kernel.book
        head = book.head[0]
        held = book.positions["quantity"].reshape(int(head["robots"]), int(head["instruments"]), 2)
        return {
            (instrument, side): total
            for instrument, sides in enumerate(held.sum(axis=0).tolist())
            for side, total in enumerate(sides)
            if total
        }

    def _moved(self) -> tuple[int, ...]:
        head = self._kernel.book.head[0]
        return (int(head["fills"]), int(head["turnover"]))

    def _strangers(self) -> tuple[Drift, ...]:
        orphans = tuple(
            Drift(kind="orphan", instrument=report.instrument, what=client_id, repair="cancel")
            for client_id, report in sorted(self._orders.orphans.items())
        )
        return orphans + tuple(
            Drift(kind="foreign", instrument=report.instrument, what=venue_id, repair="none")
            for venue_id, report in sorted(self._orders.foreign.items())
        )

    # --- when a step fails -----------------------------------------------------------------------

    def _failed(self, reply: Reply) -> None:
        self._attempt += 1
        delay = backoff_ns(_BASE_NS, _CAP_NS, attempt=self._attempt, key="reconcile")
        if isinstance(reply, Refusal) and reply.fault in (Fault.AUTH, Fault.MAINTENANCE):
            delay = _CAP_NS
        self._soon(delay)

    def _soon(self, delay_ns: int) -> None:
        if not self._closed:
            self._timer = self._scheduler.after(delay_ns, self._begin)
