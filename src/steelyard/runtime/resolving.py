"""Each order of ours has one owner here: its create, its cancels, the questions about it.

Rule 1: a create is sent once. What came of it is heard, asked by id, or proven by the fence.
Rule 2: a cancel is sent again until its order is over; it is idempotent.
Rule 3: what is not settled is asked again with a growing delay, for ever: nothing stays unknown
because somebody stopped asking.
"""

from typing import Final

from steelyard.kernel.ports import Placing, Request, VenueTerms
from steelyard.model.client_ids import RESERVED, encode
from steelyard.model.commands import PlaceOrder
from steelyard.model.kinds import REDUCE_ONLY
from steelyard.model.reasons import (
    NOT_LIVE,
    POST_ONLY_CROSSES,
    VENUE_AUTH,
    VENUE_BUSY,
    VENUE_CLOSED,
    VENUE_MODE,
    VENUE_NO_FUNDS,
    VENUE_TOO_MANY,
    VENUE_WOULD_INCREASE,
)
from steelyard.model.reports import Fault, NotSent, OrderFound, Refusal, Reply, Success, Unclear
from steelyard.runtime.dispatch import Dispatch, Job
from steelyard.runtime.orders import Orders, Tracked
from steelyard.runtime.retry import backoff_ns, judge
from steelyard.wire.scheduler import Scheduler

MS: Final = 1_000_000
_BASE_NS, _CAP_NS = 200 * MS, 2_000 * MS
_SETTLE_NS: Final = 2_000 * MS
"""How long a taken cancel, or a create that was only acknowledged, may stay without news."""

CODES: Final[dict[Fault, int]] = {
    Fault.RATE_LIMIT: VENUE_BUSY,
    Fault.BANNED: VENUE_BUSY,
    Fault.CLOCK: VENUE_BUSY,
    Fault.AUTH: VENUE_AUTH,
    Fault.FUNDS: VENUE_NO_FUNDS,
    Fault.POST_ONLY: POST_ONLY_CROSSES,
    Fault.REDUCE_ONLY: VENUE_WOULD_INCREASE,
    Fault.MODE: VENUE_MODE,
    Fault.TOO_MANY: VENUE_TOO_MANY,
    Fault.MAINTENANCE: VENUE_CLOSED,
    Fault.CANCEL_ONLY: VENUE_CLOSED,
}
"""The reason code of a refusal that brought none of its own."""


_LIMITED: Final = frozenset({Fault.RATE_LIMIT, Fault.BANNED})


class Resolving:
    """Sends and asks for the orders of one account."""

    def __init__(
        self, book: int, venue: str, terms: VenueTerms, scheduler: Scheduler, dispatch: Dispatch
    ) -> None:
        """`book` is the book's number in client ids, `venue` names the grammar of ids."""
        self._book, self._venue, self._terms = book, venue, terms
        self._scheduler, self._dispatch = scheduler, dispatch
        self.orders: Orders

    @property
    def fence_span_ns(self) -> int:
        """How long after sending a create can still turn up."""
        terms = self._terms
        return terms.validity_ns + terms.skew_ns + terms.lag_ns

    # --- out -----------------------------------------------------------------------------------

    def place(self, command: PlaceOrder) -> Tracked:
        """Send a create that is written down."""
        tracked = self.track(command)
        placing = Placing(
            client_id=tracked.client_id, instrument=command.instrument, side=command.side,
            type=command.type, flags=command.flags, price=command.price,
            quantity=command.quantity, trigger=command.trigger, trail=command.trail,
            position_side=command.position_side,
        )  # fmt: skip
        protects = command.slot >= RESERVED or bool(command.flags & REDUCE_ONLY)

        def heard(reply: Reply) -> None:
            self._placed(tracked, reply)

        tracked.job = self._dispatch.place(placing, heard, heard, protects=protects)
        return tracked

    def client_id(self, robot: int, slot: int, generation: int) -> str:
        """Return the id under which the venue knows an order."""
        return encode(self._book, robot, slot, generation, venue=self._venue)

    def track(self, command: PlaceOrder) -> Tracked:
        """Follow an order from its intent on."""
        tracked = Tracked(
            command.number, self.client_id(command.robot, command.slot, command.generation),
            command.robot, command.instrument, command.quantity,
            command.slot,
        )  # fmt: skip
        self.orders.add(tracked)
        return tracked

    def cancel(self, number: int) -> None:
        """Want an order canceled until it is over."""
        tracked = self.orders.live.get(number)
        if tracked is None:
            return
        tracked.cancel_wanted = True
        job = tracked.job
        if job is not None and job.sent_ns < 0 and self._dispatch.drop(job):
            self.orders.not_placed(tracked, "taken back before it left")
            return
        self._send_cancel(tracked)

    def adopt(self, tracked: Tracked, boot_ns: int) -> None:
        """Take over an order of an earlier life: whatever was sent, was sent before `boot_ns`."""
        tracked.fence_ns = boot_ns + self.fence_span_ns
        self.want(tracked, 0)

    def want(self, tracked: Tracked, delay_ns: int) -> None:
        """See to an order in so many nanoseconds, unless that is planned already."""
        if tracked.over or tracked.timer is not None:
            return
        tracked.timer = self._scheduler.after(delay_ns, self._tend, tracked)

    # --- in between ----------------------------------------------------------------------------

    def _tend(self, tracked: Tracked) -> None:
        tracked.timer = None
        if tracked.over:
            return
        if tracked.cancel_wanted and tracked.seen and tracked.end is None:
            self._send_cancel(tracked)
            # A cancel's answer says nothing of fills: ask as well if some are known to be missing.
            if tracked.traded >= tracked.reported:
                return
        self._ask(tracked)

    def _again(self, tracked: Tracked, *, at_least_ns: int = 0) -> None:
        """Come back after a growing delay."""
        tracked.attempts += 1
        delay = backoff_ns(_BASE_NS, _CAP_NS, attempt=tracked.attempts, key=tracked.client_id)
        self.want(tracked, max(delay, at_least_ns))

    def _ask(self, tracked: Tracked) -> None:
        if tracked.asking or tracked.over or (tracked.job and tracked.job.sent_ns < 0):
            return  # what has not left cannot be asked for: its own answer comes
        tracked.asking = True
        job: Job

        def heard(reply: Reply) -> None:
            self._answered(tracked, reply, job.sent_ns)

        job = self._dispatch.ask_order(tracked.client_id, tracked.instrument, heard)

    def _send_cancel(self, tracked: Tracked) -> None:
        if tracked.cancelling or tracked.over:
            return
        tracked.cancelling = True

        def heard(reply: Reply) -> None:
            self._canceled(tracked, reply)

        def late(reply: Reply) -> None:
            if isinstance(reply, Success) and not tracked.over:
                self.want(tracked, _SETTLE_NS)

        self._dispatch.cancel(tracked.client_id, tracked.instrument, heard, late)

    # --- what came of it -------------------------------------------------------------------------

    def _placed(self, tracked: Tracked, reply: Reply) -> None:
        orders, job = self.orders, tracked.job
        match reply:
            case Success(value=None):
                self.want(tracked, _SETTLE_NS)
            case Success(value=report):
                orders.report(report)
            case Refusal(fault=Fault.DUPLICATE | Fault.NO_ORDER):
                # The id lives there already, or an answer nobody should give: only asking tells.
                self._lose(tracked, job)
            case Refusal():
                orders.reject(tracked, reply.code or CODES.get(reply.fault, NOT_LIVE))
            case NotSent():
                # Told a little later: a robot that orders anew at once would do so without end.
                evidence = f"not sent: {reply.text}"
                self._scheduler.after(_BASE_NS, orders.not_placed, tracked, evidence)
                return
            case Unclear():
                self._lose(tracked, job)
        if tracked.cancel_wanted and not tracked.over:
            self._send_cancel(tracked)

    def _lose(self, tracked: Tracked, job: Job | None) -> None:
        sent = job.sent_ns if job is not None else self._scheduler.elapsed_ns()
        tracked.fence_ns = max(tracked.fence_ns, sent + self.fence_span_ns)
        self.orders.lose(tracked)

    def _canceled(self, tracked: Tracked, reply: Reply) -> None:
        tracked.cancelling = False
        if tracked.over:
            return
        if isinstance(reply, Success):
            tracked.cancel_attempts = 0
            if tracked.timer is None:
                tracked.timer = self._scheduler.after(_SETTLE_NS, self._ask_in_time, tracked)
            return
        tracked.cancel_attempts += 1
        verdict = judge(
            reply, Request.CANCEL, attempt=tracked.cancel_attempts, key=tracked.client_id
        )
        if verdict.again:
            # The budget knows how long nothing may leave; then cancels leave first, and at once.
            limited = isinstance(reply, Refusal) and reply.fault in _LIMITED
            self.want(tracked, _SETTLE_NS if limited else verdict.delay_ns)
        # Refused, most likely because it is over already: only its own state says so.
        self._ask(tracked)

    def _ask_in_time(self, tracked: Tracked) -> None:
        tracked.timer = None
        self._ask(tracked)

    def _answered(self, tracked: Tracked, reply: Reply, asked_ns: int) -> None:
        tracked.asking = False
        if tracked.over:
            return
        match reply:
            case Success(value=OrderFound() as found):
                for trade in found.trades:
                    self.orders.trade(trade)
                self.orders.report(found.report)
                if tracked.number not in self.orders.live:
                    return
                if tracked.traded >= tracked.reported and not tracked.cancel_wanted:
                    tracked.attempts = 0
                    return
                self._again(tracked)
            case Refusal(fault=Fault.NO_ORDER):
                job = tracked.job
                if job is not None and job.sent_ns >= 0 and not tracked.seen:
                    # Its create may still be on the way, whatever else was asked meanwhile.
                    sent = job.sent_ns + self.fence_span_ns
                    tracked.fence_ns = max(tracked.fence_ns, sent)
                if self.orders.miss(tracked, asked_ns):
                    return
                left = tracked.fence_ns - self._scheduler.elapsed_ns()
                self._again(tracked, at_least_ns=min(left, _CAP_NS))
            case _:
                self._again(tracked)
