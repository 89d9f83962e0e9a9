"""What waits for the journal: creates stay, cancels go, and none overtakes its own create."""

from collections.abc import Sequence

from steelyard.kernel.ports import Done, Kept, Lease, Written
from steelyard.kernel.verdicts import Approved, Outcome
from steelyard.model.commands import CancelOrder, Command, PlaceOrder
from steelyard.model.events import Noted
from steelyard.model.kinds import LIMIT
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.runtime.writing import Writer
from steelyard.store.journal.chain import genesis, link
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.wire.virtual import VirtualHost, VirtualTime

SECOND = 1_000_000_000


class Full(MemoryJournal):
    """A journal that writes nothing until it is mended."""

    mended = False

    def append(self, lease: Lease, rows: Sequence[Kept], done: Done) -> None:
        if self.mended:
            super().append(lease, rows, done)
        else:
            self._scheduler.soon(done, Written.FAILED, "the disk is full")


class Prompt(Full):
    """The same, and it answers within the call that asks."""

    def append(self, lease: Lease, rows: Sequence[Kept], done: Done) -> None:
        if self.mended:
            done(Written.DURABLE, "")
        else:
            self.mended = True
            done(Written.FAILED, "the disk is full")


class Desk:
    """A writer, its journal, and what left."""

    journal_class: type[Full] = Full

    def __init__(self) -> None:
        self.time = VirtualTime(epoch_ns=SECOND)
        host = VirtualHost(self.time, "house")
        self.journal = self.journal_class(Disk(), host)
        self.left: list[Command] = []
        self.writer = Writer(
            self.journal, host, link, leaves=self._leaves,
            trouble=lambda _: None, fenced=lambda _: None,
        )  # fmt: skip
        lease = self.journal.take("main", "house", ttl_ns=3_600 * SECOND)
        assert isinstance(lease, Lease)
        self.writer.begin(lease, 0, genesis("main"))

    def _leaves(self, approved: tuple[Approved, ...], heard_ns: int) -> None:
        self.left += [one.command for one in approved]

    def decide(self, *commands: Command) -> None:
        event = Noted(ts_ns=Nanos(0), what="test", text="")
        verdicts = tuple(Approved(command=one) for one in commands)
        self.writer.add(
            event,
            Outcome(
                n=self.writer.n + 1, ts_ns=0, verdicts=verdicts, decisions=(), halted=0, lines=b""
            ),
        )

    def wait(self, seconds: int) -> None:
        self.writer.flush()
        self.time.run(self.time.at_ns + seconds * SECOND)


def create(number: int) -> PlaceOrder:
    return PlaceOrder(
        number=number, robot=1, instrument=0, side=1, type=LIMIT, flags=0, price=Price(1),
        quantity=Quantity(1), slot=number, generation=number,
    )  # fmt: skip


def cancel(number: int) -> CancelOrder:
    return CancelOrder(number=number, robot=1, instrument=0)


def test_cancels_do_not_wait_for_a_journal_that_does_not_write() -> None:
    desk = Desk()

    desk.decide(create(1), cancel(7))
    desk.decide(cancel(8))
    desk.wait(1)

    assert desk.left == [cancel(7), cancel(8)]


def test_a_cancel_does_not_overtake_a_create_that_waits_for_the_journal() -> None:
    desk = Desk()

    desk.decide(create(1))
    desk.decide(cancel(1))
    desk.decide(create(2), cancel(2))
    desk.wait(1)
    assert desk.left == []

    desk.journal.mended = True
    desk.wait(60)
    assert desk.left == [create(1), cancel(1), create(2), cancel(2)]


def test_what_is_heard_while_cancels_leave_lets_no_create_leave_twice() -> None:
    class Hearing(Desk):
        """A desk that hears something as soon as a cancel leaves, as of an order taken back."""

        journal_class = Prompt

        def _leaves(self, approved: tuple[Approved, ...], heard_ns: int) -> None:
            super()._leaves(approved, heard_ns)
            if approved[0].command == cancel(7):
                self.decide(create(9))
                self.writer.flush()

    desk = Hearing()
    desk.decide(create(1), cancel(7))
    desk.decide(create(2))
    desk.wait(60)

    assert desk.left == [cancel(7), create(1), create(2), create(9)]


def test_nobody_is_idle_while_commands_of_one_outcome_leave() -> None:
    class Hearing(Desk):
        """A desk that hears something as soon as a cancel leaves, and then asks for rest."""

        journal_class = Prompt

        def _leaves(self, approved: tuple[Approved, ...], heard_ns: int) -> None:
            for one in approved:
                if one.command == cancel(7):
                    self.decide()
                    self.writer.flush()
                super()._leaves((one,), heard_ns)

    desk = Hearing()
    desk.journal.mended = True
    seen: list[list[Command]] = []
    desk.decide(cancel(7), create(1))
    desk.writer.when_idle(lambda: seen.append(list(desk.left)))
    desk.wait(1)

    assert seen == [[cancel(7), create(1)]]
