"""Do: requests leave the house in order of urgency, each with a deadline, none twice.

Rule 1: a create leaves at most once, and only while the lease, the kill switch and the journal
allow it at that very moment; what may not leave is told to be not sent.
Rule 2: of two that wait, the more urgent leaves first: cancels and protection, creates, questions.
Rule 3: a reply counts once. One that comes after its deadline is handed to `late`: it may prove
what nobody knew.
Rule 4: nothing leaves after `close`.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from steelyard.kernel.ports import Placing, Request, Venue
from steelyard.model.reports import Fault, NotSent, Refusal, Reply, Unclear
from steelyard.runtime.budget import Budget
from steelyard.runtime.meters import Urgency
from steelyard.wire.scheduler import Scheduler, Timer

QUEUE_MAX: Final = 20_000
_UNANSWERED: Final = (Unclear, NotSent)
TIMED_OUT: Final = Unclear(text="no reply within the deadline")

Heard: TypeAlias = Callable[[Reply], None]
MayCreate: TypeAlias = Callable[[Placing], str]
"""Says in words why a create may not leave now; "" if it may."""


class Job:
    """One request on its way."""

    __slots__ = (
        "answered",
        "heard",
        "kind",
        "late",
        "placing",
        "sent_ns",
        "timer",
        "what",
        "where",
    )

    def __init__(
        self, kind: Request, heard: Heard, *, placing: Placing | None = None, what: str = "",
        where: int = 0, late: Heard | None = None,
    ) -> None:  # fmt: skip
        """`what` is a client id or cursor, `where` an instrument."""
        self.kind, self.heard, self.placing, self.what, self.where = (
            kind, heard, placing, what, where,
        )  # fmt: skip
        self.late = late
        self.answered = False
        self.sent_ns = -1
        self.timer: Timer | None = None


class Dispatch:
    """The one way to a venue."""

    def __init__(
        self, venue: Venue, scheduler: Scheduler, budget: Budget, *, may_create: MayCreate,
        refused: Callable[[Request, Refusal], None], answered: Callable[[bool], None],
    ) -> None:  # fmt: skip
        """`refused` hears every refusal, `answered` whether each request was answered at all."""
        self._venue, self._scheduler, self._budget = venue, scheduler, budget
        self._may_create, self._refused, self._answered = may_create, refused, answered
        self._queues: dict[Urgency, deque[Job]] = {urgency: deque() for urgency in Urgency}
        self._timer: Timer | None = None
        self._closed = False
        self.sent: dict[Request, int] = dict.fromkeys(Request, 0)

    @property
    def waiting(self) -> int:
        """Count what has not left yet."""
        return sum(len(queue) for queue in self._queues.values())

    def place(self, placing: Placing, heard: Heard, late: Heard, *, protects: bool) -> Job:
        """Create an order; `protects`: it only lowers what is at risk."""
        job = Job(Request.PLACE, heard, placing=placing, late=late)
        self._put(job, Urgency.FIRST if protects else Urgency.CREATE)
        return job

    def cancel(self, client_id: str, instrument: int, heard: Heard, late: Heard) -> None:
        """Cancel an order."""
        job = Job(Request.CANCEL, heard, what=client_id, where=instrument, late=late)
        self._put(job, Urgency.FIRST)

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        """Cancel everything in an instrument."""
        self._put(Job(Request.CANCEL_ALL, heard, where=instrument), Urgency.FIRST)

    def ask_order(self, client_id: str, instrument: int, heard: Heard) -> Job:
        """Ask for one order."""
        job = Job(Request.ORDER, heard, what=client_id, where=instrument)
        self._put(job, Urgency.READ)
        return job

    def ask(self, kind: Request, heard: Heard, cursor: str = "", late: Heard | None = None) -> Job:
        """Ask for open orders, trades since a cursor, or holdings."""
        job = Job(kind, heard, what=cursor, late=late)
        self._put(job, Urgency.READ)
        return job

    def drop_creates(self, why: str) -> int:
        """Let no waiting create leave, protective ones neither; each hears NotSent."""
        dropped = 0
        for urgency, queue in self._queues.items():
            kept = [job for job in queue if job.kind is not Request.PLACE]
            gone = [job for job in queue if job.kind is Request.PLACE]
            self._queues[urgency] = deque(kept)
            dropped += len(gone)
            for job in gone:
                self._tell(job, NotSent(text=why))
        return dropped

    def drop(self, job: Job) -> bool:
        """Take one create back if it has not left; it is not called back."""
        for queue in self._queues.values():
            if job in queue:
                queue.remove(job)
                job.answered = True
                return True
        return False

    def close(self) -> None:
        """Send nothing more and call nobody back."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for queue in self._queues.values():
            queue.clear()

    # --- out ---------------------------------------------------------------------------------

    def _put(self, job: Job, urgency: Urgency) -> None:
        if self._closed:
            return
        queue = self._queues[urgency]
        if len(queue) >= QUEUE_MAX:
            self._tell(job, NotSent(text=f"{QUEUE_MAX} requests wait already"))
            return
        queue.append(job)
        if self._timer is None:
            self._pump()

    def _pump(self) -> None:
        """Send what may be sent now; come back when more may."""
        self._timer = None
        if self._closed:
            return
        now, wait = self._scheduler.elapsed_ns(), 0
        costs = self._venue.terms.costs
        for urgency, queue in self._queues.items():
            while queue:
                job = queue[0]
                if job.placing is not None and (why := self._may_create(job.placing)):
                    queue.popleft()  # what may not leave costs nothing: cancels need the budget
                    self._tell(job, NotSent(text=why))
                    continue
                creates = int(job.kind is Request.PLACE)
                cost = costs.get(job.kind, 1)
                wait_here = self._budget.take(now, cost, urgency, creates)
                if wait_here:
                    wait = min(wait, wait_here) if wait else wait_here
                    break
                queue.popleft()
                self._send(job, now)
            if wait and urgency is Urgency.FIRST:
                break  # nothing overtakes a cancel; creates and questions have shares of their own
        if wait and self._timer is None:
            self._timer = self._scheduler.after(wait, self._pump)

    def _send(self, job: Job, now: int) -> None:
        job.sent_ns = now
        self._hand(job, partial(self._hear, job))
        # What is about the request and not in it comes behind it: the order is on its way.
        self.sent[job.kind] += 1
        if not job.answered:
            deadline = self._venue.terms.deadline_ns
            job.timer = self._scheduler.after(deadline, self._deadline, job)

    def _hand(self, job: Job, heard: Heard) -> None:
        """Hand a request to the venue."""
        venue = self._venue
        match job.kind:
            case Request.PLACE:
                assert job.placing is not None
                venue.place(job.placing, heard)
            case Request.CANCEL:
                venue.cancel(job.what, job.where, heard)
            case Request.CANCEL_ALL:
                venue.cancel_all(job.where, heard)
            case Request.ORDER:
                venue.order(job.what, job.where, heard)
            case Request.OPEN_ORDERS:
                venue.open_orders(heard)
            case Request.TRADES:
                venue.trades(job.what, heard)
            case Request.HOLDINGS:
                venue.holdings(heard)
            case Request.LISTING:
                venue.listing(heard)

    # --- back --------------------------------------------------------------------------------

    def _hear(self, job: Job, reply: Reply) -> None:
        if self._closed:
            return
        if isinstance(reply, Refusal):
            self._limit(reply)
            self._refused(job.kind, reply)
        if job.answered:
            if job.late is not None and not isinstance(reply, Unclear):
                job.late(reply)
            return
        if job.timer is not None:
            job.timer.cancel()
        self._answered(not isinstance(reply, _UNANSWERED))
        self._tell(job, reply)

    def _deadline(self, job: Job) -> None:
        if self._closed or job.answered:
            return
        self._answered(False)
        self._tell(job, TIMED_OUT)

    def _tell(self, job: Job, reply: Reply) -> None:
        job.answered = True
        # Never from within the call that asked: the one who asks is not ready to hear yet.
        if job.sent_ns < 0:
            self._scheduler.soon(self._tell_now, job, reply)
        else:
            job.heard(reply)

    def _tell_now(self, job: Job, reply: Reply) -> None:
        if not self._closed:
            job.heard(reply)

    def _limit(self, refusal: Refusal) -> None:
        now = self._scheduler.elapsed_ns()
        if refusal.fault is Fault.RATE_LIMIT:
            self._budget.limited(now, refusal.retry_after_ns)
        elif refusal.fault is Fault.BANNED:
            self._budget.banned(now, refusal.retry_after_ns)
