"""The shell of one book: it numbers what is heard, keeps what came of it, and lets it out.

Rule 1: one inbox: events are numbered in the order they are put in, one at a time; what an event
causes inside the house is heard behind it.
Rule 2: start order: lease, journal, private stream, account, public stream, first price, robots.
A crash and an ordinary start take the same way.
Rule 3: without a journal nothing but cancels leaves, and the market is not listened to.
Rule 4: who lost the lease, or whose book is halted, sends no create any more.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.ports import Lease
from steelyard.kernel.verdicts import Approved, Outcome
from steelyard.model import events as ev
from steelyard.model.commands import CancelOrder, PlaceOrder
from steelyard.model.kinds import PAUSE_KILL, STOP_ORDERS
from steelyard.model.orders import OrderStatus
from steelyard.model.units import Nanos
from steelyard.runtime.account import Account
from steelyard.runtime.clock import BookTime
from steelyard.runtime.guarding import Guarding
from steelyard.runtime.lifecycle import Act, State
from steelyard.runtime.opening import fold_row, open_book, take_lease
from steelyard.runtime.parts import Alert, Parts
from steelyard.runtime.planning import Planning
from steelyard.runtime.robots import Receipt, Robots
from steelyard.runtime.snapshots import Snapshots
from steelyard.runtime.tripping import RESTART
from steelyard.runtime.waking import Waking

_LEAVE_NS: Final = 2_000_000_000
_CANCELING, _SENT = int(OrderStatus.CANCELING), int(OrderStatus.SENT)

PHASES: Final = (
    "new", "waiting", "recovering", "linking", "reconciling", "running", "draining", "closed",
)  # fmt: skip


class Desk:
    """One book, trading."""

    def __init__(self, parts: Parts) -> None:
        """Put the rooms together; nothing happens before `start`."""
        self.parts = parts
        self.plan = parts.plan
        self.phase = "new"
        self.why = ""
        self.kernel: Kernel
        self.robots: Robots
        self.account: Account
        self.guarding: Guarding
        self.lease: Lease | None = None
        self._scheduler = parts.scheduler
        self._inbox: deque[ev.Event] = deque()
        self._pumping = False
        self._lease_seen_ns = 0
        self._lease_timer: Any = None
        self._opened: list[Callable[[], None]] = []
        self._leaving: list[Callable[[], None]] = []
        self.time = BookTime(parts.scheduler)
        self.writer = parts.rooms.writer(
            parts.journal, parts.scheduler, parts.link, leaves=self._leaves,
            trouble=self._journal_trouble, fenced=self._fenced,
        )  # fmt: skip
        self._snapshots = Snapshots(self)
        self.waking = Waking(self)
        self.planning = Planning(self)

    # --- start ---------------------------------------------------------------------------------

    def start(self, opened: Callable[[], None] | None = None) -> None:
        """Take the lease and open the book; `opened` is called once it trades."""
        if opened is not None:
            self._opened.append(opened)
        self.phase = "waiting"
        self._take_lease()

    def _take_lease(self) -> None:
        taken = take_lease(self.parts)
        if isinstance(taken, str):
            self.why = taken
            self.tell("warning", "lease", taken)
            self._scheduler.after(self.plan.lease_ns // 4, self._take_lease_again)
            return
        self.lease = taken
        self.why = ""
        self._lease_seen_ns = self._scheduler.elapsed_ns()
        self._renew_later()
        self.phase = "recovering"
        open_book(self)
        self.parts.switch.listen(self._switched)
        self._adopt_orders()
        self.phase = "linking"
        self.account.link()

    def _take_lease_again(self) -> None:
        if self.phase == "waiting":
            self._take_lease()

    def _adopt_orders(self) -> None:
        """Take over what an earlier life left: nothing is known of its last requests."""
        boot = self._scheduler.elapsed_ns()
        for tracked in list(self.account.orders.live.values()):
            status = self.account.orders.status(tracked.number)
            tracked.cancel_wanted = tracked.cancel_wanted or status == _CANCELING
            if status == _SENT:
                self.account.orders.lose(tracked, RESTART)
            self.account.resolving.adopt(tracked, boot)

    def reconciled(self) -> None:
        """Hear that the account was read for the first time: listen to the market, begin."""
        if self.phase not in ("linking", "reconciling"):
            return
        self.phase = "running"
        self.guarding.begin()
        self.planning.seat_robots()
        self._mind_switch()
        self.parts.market.listen()
        self.account.relisting.ask()
        for robot in self.robots.lives:
            self.waking.join(robot)
        self.waking.schedule()
        opened, self._opened = self._opened, []
        for call in opened:
            call()

    # --- hear ------------------------------------------------------------------------------------

    def hear(self, event: ev.Event) -> None:
        """Number an event, or let it wait until the one at hand is done."""
        self._inbox.append(event)
        if not self._pumping:
            self._pump()

    def market(self, event: ev.Trade | ev.Quote) -> None:
        """Hear a price that a robot waits for."""
        if self.phase == "running" and self.writer.healthy and not self.account.halted:
            self.hear(replace(event, ts_ns=self.now()))
        else:
            self.waking.again(event.instrument)

    def _pump(self) -> None:
        self._pumping = True
        try:
            while self._inbox:
                if self.phase == "closed":
                    self._inbox.clear()
                    return
                if self.writer.full:
                    self._overflow()
                    return
                event = self._inbox.popleft()
                outcome = self.kernel.step(event)
                self.writer.add(event, outcome)
                self._fold(event, outcome)
        finally:
            self._pumping = False
        self.writer.flush()
        self.waking.schedule()
        self._snapshots.maybe()

    def _overflow(self) -> None:
        """End: no more can wait for the journal, and no fill is dropped by one who trades on.

        Orders are canceled on the way out; the next start reads what was not written anew.
        """
        self._inbox.clear()
        self.why = f"{self.writer.waiting} outcomes wait for a journal that does not write"
        self.account.halt(self.why)
        self._shut()

    def _fold(self, event: ev.Event, outcome: Outcome) -> None:
        """Let the shell's own folds hear what happened."""
        fold_row(self, event)
        self.guarding.fold(event)
        for robot in self.kernel.woken:
            self.waking.wait(robot)
        if outcome.halted:
            self.account.halt(f"the book is halted (code {outcome.halted}) at event {outcome.n}")
        if self.kernel.failed or self.robots.stops:
            self.guarding.robots_later()

    # --- do --------------------------------------------------------------------------------------

    def _leaves(self, approved: tuple[Approved, ...], heard_ns: int) -> None:
        """Send what is written down."""
        for one in approved:
            command = one.command
            if isinstance(command, PlaceOrder):
                self.account.place(command)
            elif isinstance(command, CancelOrder):
                self.account.resolving.cancel(command.number)
        self.account.left(heard_ns)

    def may_create(self) -> str:
        """Say why no create may leave now; "" if one may."""
        if self.parts.switch.is_on():
            return "the kill switch is on"
        if self.lease is None or self._scheduler.elapsed_ns() > self._lease_until():
            return "the lease of the book has run out"
        if not self.writer.healthy:
            return "the journal does not write"
        if self.phase not in ("running", "draining"):
            return f"the book is {self.phase}"
        return ""

    def _lease_until(self) -> int:
        """Until when the lease surely holds, by our own monotonic clock, with a margin."""
        return self._lease_seen_ns + self.plan.lease_ns - self.plan.lease_ns // 5

    def wait_for(self, robot: int) -> None:
        """Join the market for a robot that was just seated, or ask anew."""
        if self.phase == "running":
            self.waking.join(robot)

    # --- the lease, the journal, the switch ------------------------------------------------------

    def _renew_later(self) -> None:
        self._lease_timer = self._scheduler.after(self.plan.lease_ns // 3, self._renew)

    def _renew(self) -> None:
        if self.lease is None or self.phase == "closed":
            return
        asked = self._scheduler.elapsed_ns()

        def renewed(lease: Lease | None) -> None:
            if self.phase == "closed":
                return
            if lease is not None:
                self.lease = self.writer.lease = lease
                self._lease_seen_ns = asked
            elif self._scheduler.elapsed_ns() > self._lease_until():
                self._fenced("the lease could not be renewed in time")
                return
            self._renew_later()

        self.parts.journal.renew(self.lease, renewed)

    def _fenced(self, text: str) -> None:
        """Somebody else holds the book: from now on this shell says and does nothing."""
        self.tell("critical", "fenced", text)
        self.why = text
        self._shut()

    def _journal_trouble(self, text: str) -> None:
        if text:
            self.tell("critical", "journal", f"nothing but cancels leaves: {text}")
        else:
            self.tell("info", "journal", "the journal writes again")
        self.guarding.tripping.journal(writes=not text)

    def _mind_switch(self) -> None:
        """Take note of a switch that was thrown while nobody traded, either way."""
        was_on = bool((self.kernel.book.robots["paused"] & PAUSE_KILL).any())
        if self.parts.switch.is_on() or was_on:
            self._switched()

    def _switched(self) -> None:
        """Hear that the kill switch was thrown."""
        if self.phase in ("closed", "new", "waiting", "recovering", "linking", "reconciling"):
            return  # it is looked at once the account was read
        on = self.parts.switch.is_on()
        if on:
            self.account.kill()
        self.hear(
            ev.Paused(ts_ns=self.now(), robot=-1, paused=on, cause=PAUSE_KILL, reason="kill switch")
        )

    # --- stop ------------------------------------------------------------------------------------

    def stop(self, done: Callable[[], None], stop: int | None = None) -> None:
        """Bring all robots to rest by the plan's policy, write everything down, let go."""
        if self.phase in ("new", "waiting", "closed"):
            self._shut()
            self._scheduler.soon(done)
            return
        self.phase = "draining"
        wanted = self.plan.exit_stop if stop is None else stop
        for robot, life in list(self.robots.lives.items()):
            if wanted >= STOP_ORDERS and life.state in (State.RUNNING, State.PAUSED):
                self.robots.act(robot, Act.STOP, by="exit", reason="exit", stop=wanted)
        deadline = self._scheduler.elapsed_ns() + self.plan.exit_patience_ns
        self._drain(done, deadline)

    def _drain(self, done: Callable[[], None], deadline: int) -> None:
        """Wait for receipts and answers, but not for ever."""
        if self.phase == "closed":
            self._scheduler.soon(done)
            return
        waits = self.robots.stops or any(
            not t.seen for t in self.account.orders.live.values()
        )  # an unknown order is settled before the lease is given away
        if waits and self._scheduler.elapsed_ns() < deadline:
            self._scheduler.after(50_000_000, self._drain, done, deadline)
            return
        for robot, stop in list(self.robots.stops.items()):
            self.robots.prove(robot, stop, complete=False)
        self._leaving.append(done)
        self.writer.when_idle(self._let_go)
        # A journal that does not write keeps nobody here: what is not written is not lost twice.
        self._scheduler.after(_LEAVE_NS, self._let_go)

    def _let_go(self) -> None:
        self._snapshots.take()
        lease = self.lease
        self._shut()
        if lease is not None:
            self.parts.journal.release(lease)
        leaving, self._leaving = self._leaving, []
        for done in leaving:
            done()

    def _shut(self) -> None:
        """Send nothing and hear nothing any more."""
        self.phase = "closed"
        self.lease = None
        self.writer.lease = None
        self.waking.close()
        if self._lease_timer is not None:
            self._lease_timer.cancel()
        if hasattr(self, "account"):
            self.account.close()
            self.guarding.close()
            self.parts.market.leave(self)

    # --- words -----------------------------------------------------------------------------------

    def lengths(self) -> dict[str, int]:
        """Return how long the queues and caches are, all of which are bounded."""
        if not hasattr(self, "account"):
            return {}
        return {
            "inbox": len(self._inbox),
            "rows to write": self.writer.waiting,
            "requests": self.account.dispatch.waiting,
            **self.account.orders.lengths(),
        }

    def now(self) -> Nanos:
        """Return the time an event that is put in now carries."""
        return self.time.now()

    def tell(self, level: str, what: str, text: str, robot: int = -1) -> None:
        """Tell people."""
        self.parts.tell(
            Alert(
                ts_ns=self.now(),
                level=level,
                book=self.plan.name,
                what=what,
                text=text,
                robot=robot,
            )
        )

    def receipt(self, receipt: Receipt) -> None:
        """Tell people how a stop ended."""
        level = "info" if receipt.complete else "warning"
        self.tell(
            level, "receipt",
            f"{receipt.name}: stop {receipt.stop}, {receipt.open_orders} open orders, "
            f"position {receipt.position}; {receipt.text}", receipt.robot,
        )  # fmt: skip
