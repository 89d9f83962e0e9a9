"""Opening a book: its lease, its journal, its first events.

Rule 1: a new book begins with what it is; its instruments follow, then its money, then its robots.
Rule 2: what an outcome means to the shell is folded in one place, live and in recovery.
"""

from dataclasses import replace
from typing import Any

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.ports import Lease
from steelyard.kernel.verdicts import Outcome
from steelyard.model import events as ev
from steelyard.model.commands import CancelOrder, PlaceOrder
from steelyard.model.errors import ConfigurationError
from steelyard.runtime.account import Account
from steelyard.runtime.guarding import Guarding
from steelyard.runtime.parts import Parts
from steelyard.runtime.recovering import Fold, Recovered, kernel_for, opened, recover
from steelyard.runtime.robots import Robots
from steelyard.runtime.shell import Shell


def take_lease(parts: Parts) -> Lease | str:
    """Take the right to write the book, or say who has it."""
    return parts.journal.take(parts.plan.name, parts.holder, ttl_ns=parts.plan.lease_ns)


def open_book(desk: Shell) -> None:
    """Fold the journal into a kernel and the shell; a new book gets its first events."""
    parts = desk.parts
    plan = parts.plan
    assert desk.lease is not None
    first = opened(parts.journal, plan.name)
    if first is None:
        opening = _opening(desk)
        _furnish(desk, kernel_for(opening, parts.allow, parts.make_seat))
        desk.writer.begin(desk.lease, 0, parts.genesis(plan.name))
        desk.hear(opening)
    else:
        found = _recovered(desk, first)
        desk.writer.begin(desk.lease, found.n, found.digest)
        desk.time.go_on_behind(int(found.kernel.book.head[0]["now_ns"]))
        if found.differs:
            desk.account.halt(f"the replay of the journal differs: {found.differs}")
        elif int(found.kernel.book.head[0]["halted"]):
            desk.account.halt("the book was halted before and still is")
    _list_instruments(desk)


def recall(desk: Shell) -> str:
    """Fold the journal for looking at, without a lease: nothing is written, nothing leaves.

    Return where the replay differs from what was kept, "" if nowhere.
    """
    parts, plan = desk.parts, desk.plan
    first = opened(parts.journal, plan.name)
    if first is None:
        raise ConfigurationError(
            f"the journal knows no book {plan.name!r}, it has "
            f"{', '.join(parts.journal.books()) or 'none yet'}"
        )

    found = _recovered(desk, first)
    desk.writer.n = desk.writer.durable_n = found.n
    return found.differs


def _recovered(desk: Shell, first: ev.BookOpened) -> Recovered:
    """Fold the rows of a book into a kernel and the rooms around it."""
    parts, name = desk.parts, desk.plan.name

    def begins(kernel: Kernel, shell: dict[str, Any]) -> Fold:
        _furnish(desk, kernel)
        if shell:
            _load(desk, shell)
        return lambda event, outcome: _refold(desk, event, outcome)

    return recover(
        parts.journal, name, first, parts.allow, parts.make_seat, begins=begins,
        version=parts.version, genesis=parts.genesis(name),
    )  # fmt: skip


def _opening(desk: Shell) -> ev.BookOpened:
    plan = desk.plan
    return ev.BookOpened(
        ts_ns=desk.now(), name=plan.name, account=plan.account, version=desk.parts.version,
        robots_max=plan.robots_max, instruments_max=plan.instruments_max,
        orders_max=plan.orders_max, leverage=plan.leverage, hedged=plan.hedged,
    )  # fmt: skip


def _furnish(desk: Shell, kernel: Kernel) -> None:
    """Build the rooms around a kernel."""
    desk.kernel = kernel
    desk.account = Account(desk)
    desk.robots = Robots(
        kernel, desk.account.orders, hear=desk.hear, now_ns=desk.now,
        verify=desk.account.verify, receipt=desk.receipt,
    )  # fmt: skip
    desk.guarding = Guarding(desk)


def _load(desk: Shell, shell: dict[str, Any]) -> None:
    desk.robots.load(shell["robots"])
    desk.guarding.load(shell["guarding"])
    desk.account.load(shell["account"])


def _refold(desk: Shell, event: ev.Event, outcome: Outcome) -> None:
    """Fold a row of the past: as when it was new, but nothing leaves."""
    fold_row(desk, event)
    desk.guarding.tripping.refold(event)
    for one in outcome.approved:
        match one.command:
            case PlaceOrder() as command:
                desk.account.resolving.track(command)
            case CancelOrder() as command:
                tracked = desk.account.orders.live.get(command.number)
                if tracked is not None:
                    tracked.cancel_wanted = True
    if isinstance(event, ev.OrderEvent):
        desk.account.orders.refold(event)


def fold_row(desk: Shell, event: ev.Event) -> None:
    """Fold what live events and those of the past mean alike."""
    desk.robots.fold(event)
    desk.account.fold(event)


def _list_instruments(desk: Shell) -> None:
    """Let the book learn the plan's instruments, and what the plan says of fees.

    Terms it knows are the venue's business: `relisting` asks for them once the account was read.
    """
    known = desk.kernel.book.instruments
    names = {one.name: index for index, one in enumerate(known)}
    for wanted, instrument in enumerate(desk.plan.instruments):
        index = names.get(instrument.name, len(known))
        if index != wanted:
            raise ConfigurationError(
                f"book {desk.plan.name} knows {instrument.name} as number {index}, the plan says "
                f"{wanted}: instruments keep their place, new ones go to the end of the list"
            )
        if index >= desk.plan.instruments_max:
            raise ConfigurationError(
                f"book {desk.plan.name} has {len(known)} instruments, allowed are "
                f"{desk.plan.instruments_max}"
            )
        if index < len(known) and (
            known[index].price_decimals != instrument.price_decimals
            or known[index].quantity_decimals != instrument.quantity_decimals
        ):
            raise ConfigurationError(
                f"{instrument.name} has other units than book {desk.plan.name} was begun with: "
                "units are for life, begin a new book"
            )
        if index < len(known):
            if known[index].fees == instrument.fees:
                continue
            instrument = replace(known[index], fees=instrument.fees)  # noqa: PLW2901
        desk.hear(ev.InstrumentListed(ts_ns=desk.now(), index=index, instrument=instrument))
