"""Planted mistakes: desks that are wrong on purpose, each in one way that somebody once was.

A simulator that finds none of these proves nothing by finding nothing else.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from msgspec.structs import replace as changed

from steelyard.app.simulating import assembly
from steelyard.kernel.ports import Lease, Placing
from steelyard.kernel.verdicts import Outcome
from steelyard.model import events as ev
from steelyard.model.client_ids import RESERVED
from steelyard.model.reports import (
    Fault,
    Gap,
    Holdings,
    Linked,
    News,
    OpenOrders,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Success,
    TradeReport,
)
from steelyard.runtime.desk import Desk
from steelyard.runtime.dispatch import Job
from steelyard.runtime.orders import Orders, Tracked
from steelyard.runtime.parts import Parts, Rooms
from steelyard.runtime.plan import Limits
from steelyard.runtime.reconciling import Reconciling
from steelyard.runtime.resolving import Resolving
from steelyard.runtime.writing import Writer
from steelyard.services.simulation.house import Assembly


class ResendsTheSame(Resolving):
    """A lost reply is answered by sending the create again under the same id."""

    def _lose(self, tracked: Tracked, job: Job | None) -> None:
        super()._lose(tracked, job)
        if job is None or job.placing is None or tracked.attempts:
            return
        tracked.attempts = 1
        placing: Placing = job.placing

        def heard(reply: Reply) -> None:
            self._placed(tracked, reply)

        self._dispatch.place(placing, heard, heard, protects=False)


class TakesLossForFailure(Resolving):
    """A lost reply means that the order failed; the robot tries again, with a new id."""

    def _lose(self, tracked: Tracked, job: Job | None) -> None:
        self.orders.not_placed(tracked, "no reply")


class SendsBeforeWriting(Writer):
    """What was approved leaves while its rows are still on their way to the disk."""

    def add(self, event: ev.Event, outcome: Outcome) -> None:
        before = len(self._intents)
        super().add(event, outcome)
        for _, approved, heard in self._intents[before:]:
            self._scheduler.soon(self._leaves, approved, heard)
        del self._intents[before:]


class ThreeMisses(Orders):
    """Not found three times is taken for not placed, fence or no fence."""

    def miss(self, tracked: Tracked, asked_ns: int) -> bool:
        tracked.misses += 1
        if tracked.misses < 3 or tracked.seen:
            return super().miss(tracked, asked_ns)
        self.not_placed(tracked, "not found three times")
        return True


class ShortFence(Resolving):
    """The fence forgets how long a request lives on its way."""

    @property
    def fence_span_ns(self) -> int:
        return self._terms.lag_ns + self._terms.skew_ns


class AbsenceIsFlat(Reconciling):
    """What a snapshot does not list is taken for flat, complete or not, and mended at once."""

    def _holdings(self, reply: Reply) -> None:
        if isinstance(reply, Success) and isinstance(reply.value, Holdings):
            reply = Success(value=changed(reply.value, complete=True))
            self._is_small = lambda _i, _q: True
            self._same = 10
        super()._holdings(reply)


class FreesOnAck(Resolving):
    """A cancel that was taken counts as done: the slot is free before the order is over."""

    def _canceled(self, tracked: Tracked, reply: Reply) -> None:
        super()._canceled(tracked, reply)
        if isinstance(reply, Success) and not tracked.over:
            self.orders._end_as(tracked, OrderState.CANCELED, 0)


class RefusedIsCanceled(Resolving):
    """A cancel refused as unknown is taken for the order's end."""

    def _canceled(self, tracked: Tracked, reply: Reply) -> None:
        if isinstance(reply, Refusal) and reply.fault is Fault.NO_ORDER and not tracked.over:
            self.orders._end_as(tracked, OrderState.CANCELED, 0)
            return
        super()._canceled(tracked, reply)


class FoldsTwice(Orders):
    """A trade that comes again counts again."""

    def trade(self, report: TradeReport) -> None:
        if f"{report.instrument}:{report.trade}" in self._trades:
            report = changed(report, trade=f"{report.trade}again")
        super().trade(report)


class CancelsForeign(Reconciling):
    """Whatever the account has open and the journal does not know is canceled."""

    def _compare_orders(self, page: OpenOrders) -> None:
        super()._compare_orders(page)
        for report in self._orders.foreign.values():
            self._dispatch.cancel(report.client_id, report.instrument, _ignore, _ignore)


class ForgetsStops(Resolving):
    """After a restart nobody looks after protective stops any more."""

    def adopt(self, tracked: Tracked, boot_ns: int) -> None:
        if tracked.slot >= RESERVED:
            self.orders._finish(tracked)
        else:
            super().adopt(tracked, boot_ns)


class LeavesStops(Resolving):
    """The stop of a position stays when the position is closed."""

    def cancel(self, number: int) -> None:
        tracked = self.orders.live.get(number)
        if tracked is None or tracked.slot < RESERVED:
            super().cancel(number)


class IgnoresLateOrders(ThreeMisses):
    """Too early a verdict, and no ear for what proves it wrong."""

    def _came_late(self, tracked: Tracked, report: OrderReport) -> None:
        pass


class TrustsItsLease(Desk):
    """The end of the lease is not looked at before a create leaves."""

    def _lease_until(self) -> int:
        return 1 << 62


class IgnoresTheSwitch(Desk):
    """The kill switch is read at start, and never again."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(replace(parts, switch=_NoSwitch()))


class _NoSwitch:
    def is_on(self) -> bool:
        return False

    def listen(self, moved: Callable[[], None]) -> None:
        pass


class ForgetsLimits(Desk):
    """After a restart no limit is set."""

    def __init__(self, parts: Parts) -> None:
        if parts.journal.books():
            robots = tuple(changed(robot, limits=Limits()) for robot in parts.plan.robots)
            plan = changed(parts.plan, robots=robots, limits=Limits())
            parts = replace(parts, plan=plan)
        super().__init__(parts)


class IgnoresGaps(Desk):
    """After a break the stream goes on as if nothing had been missed."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(
            replace(
                parts, venue=_Gapless(parts.venue),
                plan=changed(parts.plan, reconcile_ns=10**15),
            )
        )  # fmt: skip


class _Gapless:
    """A venue whose stream tells of its first start only."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue
        self._linked = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    def listen(self, sink: Callable[[News], None]) -> None:
        def heard(news: News) -> None:
            if isinstance(news, Gap) or (isinstance(news, Linked) and self._linked):
                return
            self._linked = self._linked or isinstance(news, Linked)
            sink(news)

        self._venue.listen(heard)


class StampsAnyLease(Desk):
    """The lease's token is renewed by whoever asks: the fence of the journal is open."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(replace(parts, journal=_Unfenced(parts.journal)))

    def _lease_until(self) -> int:
        return 1 << 62


class _Unfenced:
    """A journal that compares no token: each append comes under the newest lease."""

    def __init__(self, journal: Any) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def _newest(self, lease: Lease) -> Lease:
        book = self._journal._storage.disk.books[lease.book]
        handle = self._journal._handle
        handle._held[lease.book] = (book.holding.token, 30_000_000_000)
        return changed(lease, token=book.holding.token)

    def append(self, lease: Lease, rows: Any, done: Any) -> None:
        self._journal.append(self._newest(lease), rows, done)

    def renew(self, lease: Lease, done: Any) -> None:
        self._journal.renew(self._newest(lease), done)


def _ignore(_: Any) -> None:
    pass


def _rooms(**rooms: Any) -> Callable[[], Assembly]:
    return lambda: assembly(Rooms(**rooms))


def _desk(desk: type[Desk]) -> Callable[[], Assembly]:
    return lambda: assembly(None, desk)


class Planted(NamedTuple):
    """A mistake, the invariants of which one must name it, and faults that bring it to light.

    Without faults, worlds as they are drawn.
    """

    make: Callable[[], Assembly]
    breaks: frozenset[str]
    faults: tuple[str, ...]


def _as(make: Callable[[], Assembly], breaks: str, faults: str = "") -> Planted:
    return Planted(make, frozenset(breaks.split()), tuple(faults.split()))


PLANTED: dict[str, Planted] = {
    "resend create with the same id": _as(_rooms(resolving=ResendsTheSame), "O3", "F01"),
    "a lost reply is a failure, retry with a new id": _as(
        _rooms(resolving=TakesLossForFailure), "O4", "F01"
    ),
    "send before the intent is durable": _as(_rooms(writer=SendsBeforeWriting), "O2"),
    "not found three times is absent": _as(_rooms(orders=ThreeMisses), "O4", "F01"),
    "fence too short": _as(_rooms(resolving=ShortFence), "O4", "F02 F04"),
    "absence in a snapshot is flatness": _as(_rooms(reconciling=AbsenceIsFlat), "P7", "F41"),
    "slot freed when the cancel is taken": _as(_rooms(resolving=FreesOnAck), "O8", "F10"),
    "cancel refused is canceled": _as(_rooms(resolving=RefusedIsCanceled), "O8 O14"),
    "fill folded twice": _as(_rooms(orders=FoldsTwice), "P7 P3", "F30"),
    "limits gone after a restart": _as(_desk(ForgetsLimits), "R1", "F49"),
    "gap ignored after a reconnect": _as(_desk(IgnoresGaps), "O10 P1 P3", "F25 F28"),
    "foreign orders canceled": _as(_rooms(reconciling=CancelsForeign), "O14", "F15"),
    "stops forgotten after a restart": _as(_rooms(resolving=ForgetsStops), "O10 O13", "F50 F51"),
    "stop stays when the position is closed": _as(_rooms(resolving=LeavesStops), "O13 O10"),
    "late order ignored": _as(_rooms(orders=IgnoresLateOrders), "O14 O6 O4", "F01"),
    "end of the lease not looked at": _as(_desk(TrustsItsLease), "T2", "F78"),
    "lease token not compared": _as(_desk(StampsAnyLease), "T2", "F78"),
    "kill switch read once": _as(_desk(IgnoresTheSwitch), "R3", "F16"),
}
