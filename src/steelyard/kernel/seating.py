"""What events of the house change in a book beside its records' own doors.

Rule 1: one effect per kind of event, in one table; it runs after the event is numbered, before any
robot decides, so that what it books belongs to that event.
Rule 2: robot 0 of a live book is the account itself: money and coins that no robot was given.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np

from steelyard.kernel.book import Book
from steelyard.kernel.enter import book_fill
from steelyard.kernel.lines import FILL, note
from steelyard.kernel.resting import PATIENCE_NS
from steelyard.ledger.postings import post_capital, post_funding
from steelyard.model import events as ev
from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import (
    NEVER_HIGH,
    NEVER_LOW,
    NEVER_NS,
    PAUSE_LIFE,
    STOP_NONE,
    STOP_ORDERS,
    WAKE_EVERY_EVENT,
)
from steelyard.state.orders import position_row
from steelyard.state.terms import terms_of

HOUSE: Final = 0
"""The robot number of the account itself."""


class _Kernel(Protocol):
    book: Book
    taken: Any
    make_seat: Any

    def seat(self, robot: int, seat: Any) -> None: ...
    def caller(self, robot: int) -> Any: ...


def _list_instrument(kernel: _Kernel, event: ev.InstrumentListed) -> None:
    book, index = kernel.book, event.index
    if index >= len(book.terms):
        raise ConfigurationError(
            f"instrument number {index} of the book, allowed are 0 to {len(book.terms) - 1}"
        )
    leverage = int(book.head[0]["leverage"])
    book.terms[index] = terms_of((event.instrument,), leverage=leverage)[0]
    if index < len(book.instruments):
        book.instruments[index] = event.instrument
    else:
        book.instruments.append(event.instrument)


def _take_seat(kernel: _Kernel, event: ev.Seated) -> None:
    book = kernel.book
    row = book.robots[event.robot]
    row["traded"] = event.instrument
    row["wake_low"], row["wake_high"] = NEVER_LOW, NEVER_HIGH
    row["wake_at_ns"] = row["tend_at_ns"] = NEVER_NS
    row["wake_flags"] = WAKE_EVERY_EVENT
    row["wake_instrument"] = event.instrument
    row["code"] = row["have"] = row["need"] = 0
    row["stop"] = STOP_ORDERS
    row["stop_rate"] = event.stop_rate
    row["paused"] = int(row["paused"]) | PAUSE_LIFE
    _pay(book, event.robot, event.capital - int(row["capital"]))
    kernel.taken.events[event.robot] = event
    kernel.seat(event.robot, kernel.make_seat(event, book))


def _pay(book: Book, robot: int, amount: int) -> None:
    """Move capital from the account's own row to a robot's."""
    for who, moved in ((HOUSE, -amount), (robot, amount)):
        post_capital(book.head, book.balances, book.log, who, 0, moved)
        book.robots[who]["capital"] += moved


def _move_capital(kernel: _Kernel, event: ev.CapitalMoved) -> None:
    book = kernel.book
    post_capital(book.head, book.balances, book.log, event.robot, 0, event.amount)
    book.robots[event.robot]["capital"] += event.amount
    book.head[0]["capital"] += event.amount


def _moved(kernel: _Kernel, event: ev.Filled | ev.Adjusted) -> None:
    """Let robots try anew what was refused: what the account holds is another thing now."""
    robots = kernel.book.robots
    if not robots["tries"].any():
        return
    soon = int(kernel.book.head[0]["now_ns"]) + PATIENCE_NS
    robots["tries"] = 0
    waits = robots["tend_at_ns"] < NEVER_NS
    robots["tend_at_ns"][waits] = np.minimum(robots["tend_at_ns"][waits], soon)


def _share(kernel: _Kernel, event: ev.Adjusted) -> None:
    """Book the shares of an adjustment behind the first, which is booked already."""
    book = kernel.book
    _moved(kernel, event)
    for robot, quantity in event.shares[1:]:
        note(book.head, book.log, FILL, event.price, quantity, 0)
        book_fill(
            book.head, book.terms, book.positions, book.balances, book.log, robot,
            event.instrument, event.position_side, quantity, event.price, event.price, 0, 0, 0,
        )  # fmt: skip


def _pay_funding(kernel: _Kernel, event: ev.FundingPaid) -> None:
    """Book the shares of a payment behind the first, which is booked already."""
    book = kernel.book
    for robot, payment in event.shares[1:]:
        row = position_row(book.head, robot, event.instrument, 0)
        book.positions[row]["funding"] += payment
        post_funding(book.head, book.balances, book.log, robot, event.instrument, payment)


def _set_limits(kernel: _Kernel, event: ev.LimitsSet) -> None:
    limits = kernel.book.limits
    row = limits[event.robot if event.robot >= 0 else len(limits) - 1]
    for name in ("order_notional_max", "position_notional_max", "open_orders_max", "loss_max"):
        row[name] = getattr(event, name)


def _set_parameters(kernel: _Kernel, event: ev.ParametersSet) -> None:
    """Change what may change: a compiled robot's setup record, a plain one's attributes."""
    taken, robot = kernel.taken, event.robot
    old = taken.events[robot]
    new = ev.Seated(
        ts_ns=old.ts_ns, robot=robot, name=old.name, strategy=old.strategy,
        parameters={**old.parameters, **event.parameters}, instrument=old.instrument,
        capital=old.capital, stop_rate=old.stop_rate,
    )  # fmt: skip
    made = kernel.make_seat(new, kernel.book)
    seat = taken.seats[robot]
    if hasattr(seat, "prepared"):
        seat.prepared.params[:] = made.prepared.params
    else:
        for name in event.parameters:
            setattr(seat.strategy, name, getattr(made.strategy, name))
    taken.events[robot] = new


def _ask_stop(kernel: _Kernel, event: ev.StopAsked) -> None:
    row = kernel.book.robots[event.robot]
    row["stop"] = max(int(row["stop"]), event.stop)


def _move_robot(kernel: _Kernel, event: ev.RobotMoved) -> None:
    row = kernel.book.robots[event.robot]
    if event.state == "running":
        row["paused"] = int(row["paused"]) & ~PAUSE_LIFE
        row["stop"] = STOP_NONE
    elif event.state in ("paused", "stopped", "failed", "stopping"):
        row["paused"] = int(row["paused"]) | PAUSE_LIFE


EFFECTS: Final[dict[type, Callable[[Any, Any], None]]] = {
    ev.InstrumentListed: _list_instrument,
    ev.Seated: _take_seat,
    ev.CapitalMoved: _move_capital,
    ev.Adjusted: _share,
    ev.Filled: _moved,
    ev.FundingPaid: _pay_funding,
    ev.LimitsSet: _set_limits,
    ev.ParametersSet: _set_parameters,
    ev.StopAsked: _ask_stop,
    ev.RobotMoved: _move_robot,
}
