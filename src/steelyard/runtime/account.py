"""One account at its venue, as the shell of its book sees it.

Rule 1: news of the venue becomes events here and nowhere else; what nobody understands is
quarantined and the account is read anew.
Rule 2: after every gap the account is read: trades, open orders, holdings; creates wait for the
first reading.
Rule 3: what the venue refuses for the whole account (its key, its mode, maintenance) pauses
entries; the breaker or the venue lets them go on.
Rule 4: the kill switch cancels at once, past the kernel and the journal: a cancel only lowers
what is at risk. Protective stops stay.
"""

from typing import Any, Final

from steelyard.kernel.ports import Placing, Request
from steelyard.model import events as ev
from steelyard.model.client_ids import RESERVED, SLOT_CLOSE
from steelyard.model.commands import PlaceOrder
from steelyard.model.kinds import (
    PAUSE_DRIFT,
    PAUSE_MODE,
    PAUSE_VENUE,
    REDUCE_ONLY,
)
from steelyard.model.reports import (
    Fault,
    FundingReport,
    Gap,
    Linked,
    News,
    OrderReport,
    RateUsed,
    Refusal,
    Strange,
    TradeReport,
    VenueStatus,
)
from steelyard.model.units import Money, Price, Rate
from steelyard.runtime.orders import Tracked
from steelyard.runtime.relisting import Relisting
from steelyard.runtime.repairing import Repairing
from steelyard.runtime.shell import Shell

_PROBE_NS: Final = 10_000_000_000
"""How long after a refusal for maintenance entries are tried again, if nothing was heard."""


class Account:
    """The rooms between a book and its venue."""

    def __init__(self, desk: Shell) -> None:
        """Build the rooms for the desk's kernel."""
        parts, plan, rooms = desk.parts, desk.plan, desk.parts.rooms
        self._desk, self._plan = desk, plan
        self._scheduler, self._venue = parts.scheduler, parts.venue
        self.halted = ""
        self.status = "normal"
        self.paused = 0
        self._heard_ns = 0
        self._silence: Any = None
        self._probe: Any = None
        self._closed = False
        self.dispatch = rooms.dispatch(
            parts.venue, parts.scheduler, parts.budget, may_create=self._may_create,
            refused=self._refused, answered=self._answered,
        )  # fmt: skip
        self.resolving = rooms.resolving(
            plan.number, plan.venue, parts.venue.terms, parts.scheduler, self.dispatch
        )
        self.orders = rooms.orders(
            desk.kernel, plan.number, parts.venue.terms, hear=desk.hear,
            now_ns=desk.now, elapsed_ns=parts.scheduler.elapsed_ns,
            wanted=self.resolving.want, ended=self._ended,
        )  # fmt: skip
        self.resolving.orders = self.orders
        self.repairing = Repairing(desk)
        self.relisting = Relisting(desk)
        self.reconciling = rooms.reconciling(
            desk.kernel, parts.venue.terms, parts.scheduler, self.dispatch, self.orders,
            self.resolving, interval_ns=plan.reconcile_ns, fund=self.fund,
            settle=self.repairing.settle, is_small=self.repairing.is_small,
            cursor_moved=self._cursor_moved,
            other_mode=self._other_mode,
        )  # fmt: skip

    # --- the line out --------------------------------------------------------------------------

    def place(self, command: PlaceOrder) -> None:
        """Send a create that is written down."""
        self.resolving.place(command)

    def left(self, heard_ns: int) -> None:
        """Note for figures how long ago the cause of what leaves was heard."""
        self._desk.guarding.latency(self._scheduler.elapsed_ns() - heard_ns)

    def _may_create(self, placing: Placing) -> str:
        """Say why this create may not leave at this moment."""
        if self.halted:
            return self.halted
        if self.status != "normal":
            return f"the venue is in {self.status}"
        if self.paused & PAUSE_MODE:
            return "the account's mode or key does not fit"
        if not placing.flags & REDUCE_ONLY:
            name = self._desk.kernel.book.instruments[placing.instrument].name
            age = self._desk.parts.market.age_ns(name)
            if not 0 <= age <= self._plan.price_age_max_ns:
                return "there is no fresh price"
        return self._desk.may_create()

    def _other_mode(self) -> None:
        """Hear that the account keeps positions otherwise than the book does."""
        self.pause(PAUSE_MODE, "the account's position mode is not the book's")

    def verify(self, done: Any) -> None:
        """Read the account anew, then call back."""
        self.reconciling.run(done)

    def kill(self) -> None:
        """Let no create leave and cancel every order, protective stops apart."""
        self.dispatch.drop_creates("the kill switch is on")
        for tracked in list(self.orders.live.values()):
            if tracked.slot < RESERVED or tracked.slot == SLOT_CLOSE:
                self.resolving.cancel(tracked.number)

    def halt(self, why: str) -> None:
        """Send no create any more and cancel what rests; only a person gets the book going."""
        if self.halted:
            return
        self.halted = why
        self._desk.tell("critical", "halted", why)
        self.kill()

    def close(self) -> None:
        """Let go of the venue."""
        self._closed = True
        self.dispatch.close()
        self.reconciling.close()
        for timer in (self._silence, self._probe):
            if timer is not None:
                timer.cancel()
        for tracked in self.orders.live.values():
            if tracked.timer is not None:
                tracked.timer.cancel()
        self._venue.close()

    # --- the line in ---------------------------------------------------------------------------

    def link(self) -> None:
        """Open the private stream."""
        self._heard_ns = self._scheduler.elapsed_ns()
        self._venue.listen(self.news)
        self._watch_silence()

    def news(self, news: News) -> None:
        """Hear the private stream."""
        if self._closed:
            return
        self._heard_ns = self._scheduler.elapsed_ns()
        match news:
            case OrderReport():
                self.orders.report(news)
            case TradeReport():
                self.orders.trade(news)
            case FundingReport():
                self.fund(news)
            case RateUsed():
                self._desk.parts.budget.correct(self._scheduler.elapsed_ns(), news.used)
            case VenueStatus():
                self._set_status(news.status)
            case Linked() | Gap() | Strange():
                self._stream(news)

    def _stream(self, news: Linked | Gap | Strange) -> None:
        """Hear of the stream itself: whatever it was, the account is read."""
        first = self._desk.phase in ("linking", "reconciling")
        if isinstance(news, Linked) and self._desk.phase == "linking":
            self._desk.phase = "reconciling"
        if isinstance(news, Gap):
            self._desk.tell("warning", "gap", f"private stream: {news.reason}")
        elif isinstance(news, Strange):
            self.note("strange", news.text)
            self._desk.tell("warning", "strange", news.text)
        self.reconciling.run(self._read if first else None)

    def _read(self) -> None:
        """Hear that the account was read for the first time in this life.

        An earlier life may have died while the venue was shut; if it still is, it says so again.
        """
        if self.status == "normal":
            self.resume(PAUSE_VENUE)
        self._desk.reconciled()

    def _watch_silence(self) -> None:
        """Take a stream that says nothing for too long for dead: read the account.

        An account that was read a moment ago need not be read again for that.
        """
        span, now = self._venue.terms.silence_ns, self._scheduler.elapsed_ns()
        quiet = now - max(self._heard_ns, self.reconciling.last_ns)
        if quiet >= span:
            self._heard_ns = now
            self.reconciling.run(self._read if self._desk.phase == "linking" else None)
        self._silence = self._scheduler.after(max(span - quiet, span // 4), self._watch_silence)

    def fund(self, report: FundingReport) -> None:
        """Book a funding payment, split by what each robot holds."""
        key = f"f:{report.reference}"
        if self.orders.knows_trade(key):
            return
        self.orders.saw_trade(key)
        # One event: a crash between two would leave part of it unbooked for ever.
        shares = self._shares(report.instrument, report.payment)
        self._desk.hear(
            ev.FundingPaid(
                ts_ns=self._desk.now(), robot=shares[0][0], instrument=report.instrument,
                payment=Money(report.payment), rate=Rate(report.rate), mark=Price(report.mark),
                trade=key, shares=tuple(shares),
            )
        )  # fmt: skip

    def _shares(self, instrument: int, payment: int) -> list[tuple[int, int]]:
        """Split a payment by position; what does not divide is the account's own."""
        book = self._desk.kernel.book
        head = book.head[0]
        held = book.positions["quantity"].reshape(int(head["robots"]), int(head["instruments"]), 2)
        sizes = {r: int(abs(held[r, instrument]).sum()) for r in range(int(head["robots"]))}
        total = sum(sizes.values())
        if not total:
            return [(0, payment)]
        shares = {r: payment * size // total for r, size in sizes.items() if size}
        shares[0] = shares.get(0, 0) + payment - sum(shares.values())
        found = [(robot, share) for robot, share in sorted(shares.items()) if share]
        return found or [(0, 0)]

    def _ended(self, tracked: Tracked) -> None:
        """Hear that an order is over: a stop may have waited for it."""
        self._desk.guarding.order_ended(tracked.robot)

    # --- what the account as a whole is told ----------------------------------------------------

    def _refused(self, kind: Request, refusal: Refusal) -> None:
        match refusal.fault:
            case Fault.FILTER:
                self.relisting.ask()
            case Fault.MAINTENANCE | Fault.CANCEL_ONLY:
                self._set_status(refusal.fault.value)
                self._probe_later()
            case Fault.AUTH:
                self.pause(PAUSE_MODE, f"the venue refused the key: {refusal.text}")
                self._desk.guarding.auth_failed(refusal.text)
            case Fault.MODE:
                self.pause(PAUSE_MODE, f"the account's mode does not fit: {refusal.text}")
                self.reconciling.run()

    def _answered(self, ok: bool) -> None:
        self._desk.guarding.tripping.called(ok)

    def _set_status(self, status: str) -> None:
        if status == self.status:
            return
        self.status = status
        if status == "normal":
            self.resume(PAUSE_VENUE)
            self.reconciling.run()
        else:
            self.pause(PAUSE_VENUE, f"the venue is in {status}")
            self._probe_later()

    def _probe_later(self) -> None:
        if self._probe is None and not self._closed:
            self._probe = self._scheduler.after(_PROBE_NS, self._try_again)

    def _try_again(self) -> None:
        """Believe the venue open again until it says otherwise."""
        self._probe = None
        if not self._closed and self.status != "normal":
            self._set_status("normal")

    def pause(self, cause: int, reason: str) -> None:
        """Pause all robots' entries for a cause, once."""
        if not self.paused & cause:
            self.paused |= cause
            self._desk.hear(
                ev.Paused(ts_ns=self._desk.now(), robot=-1, paused=True, cause=cause, reason=reason)
            )
            self._desk.tell("warning", "paused", reason)

    def resume(self, cause: int) -> None:
        """Take a cause back."""
        if self.paused & cause:
            self.paused &= ~cause
            self._desk.hear(ev.Paused(ts_ns=self._desk.now(), robot=-1, paused=False, cause=cause))

    # --- folds -----------------------------------------------------------------------------------

    def fold(self, event: ev.Event) -> None:
        """Hear an event that is numbered."""
        match event:
            case ev.Filled() | ev.Adjusted() | ev.FundingPaid() if event.trade:
                self.orders.saw_trade(event.trade)
                if isinstance(event, ev.Adjusted):
                    self._desk.guarding.adjusted(event)
            case ev.Noted(what="cursor"):
                self.reconciling.cursor = event.text
                self.orders.forget_trades()
            case ev.Paused(robot=-1) if event.cause in _OWN_CAUSES:
                if event.paused:
                    self.paused |= event.cause
                else:
                    self.paused &= ~event.cause

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "cursor": self.reconciling.cursor,
            "paused": self.paused,
            **self.orders.dump(),
        }

    def load(self, plain: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.reconciling.cursor = plain["cursor"]
        self.paused = plain["paused"]
        self.orders.load(plain)

    def _cursor_moved(self, cursor: str) -> None:
        self.note("cursor", cursor)

    def note(self, what: str, text: str) -> None:
        """Write something down that changes no decision."""
        self._desk.hear(ev.Noted(ts_ns=self._desk.now(), what=what, text=text))


_OWN_CAUSES: Final = frozenset({PAUSE_DRIFT, PAUSE_MODE, PAUSE_VENUE})
