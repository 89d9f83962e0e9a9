"""A book's records, created together: everything that is true of it, as flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steelyard.ledger.accounts import ACCOUNTS
from steelyard.ledger.postings import post_capital
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import NEVER_HIGH, NEVER_LOW, NEVER_NS, WAKE_EVERY_EVENT
from steelyard.model.records import (
    BOOK,
    COMMAND,
    CURVE,
    EVENT,
    LIMITS,
    LOG,
    ORDER,
    PLANE,
    POSITION,
    ROBOT,
    table,
)
from steelyard.state.terms import terms_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The records of one book. `head` is one BOOK record; the others as their layouts say."""

    instruments: list[Instrument]
    event: np.ndarray
    head: np.ndarray
    robots: np.ndarray
    markets: np.ndarray
    terms: np.ndarray
    positions: np.ndarray
    balances: np.ndarray
    orders: np.ndarray
    commands: np.ndarray
    limits: np.ndarray
    log: np.ndarray
    curve: np.ndarray


def new_book(
    instruments: Sequence[Instrument], *, robots: int = 1, capital: int = 0, leverage: int = 1,
    orders: int = 256, commands: int = 128, log: int = 65_536, curve: int = 4_096,
    scratch: "Book | None" = None, instruments_max: int = 0, hedged: bool = False,
) -> Book:  # fmt: skip
    """Create the records of a book; `capital` (minor units) is paid in to every robot's cash.

    `scratch` lends its event, commands, log and curve, which hold nothing between two events, to
    books that one thread drives. `instruments_max` leaves room for instruments listed later.
    """
    listed = max(len(instruments), instruments_max)
    head = table(BOOK)
    head[0]["instruments"] = listed
    head[0]["hedged"] = int(hedged)
    head[0]["leverage"] = leverage
    head[0]["robots"] = robots
    head[0]["order_next"] = 1
    seats = table(ROBOT, robots)
    seats["wake_low"] = NEVER_LOW
    seats["wake_high"] = NEVER_HIGH
    seats["wake_at_ns"] = NEVER_NS
    seats["tend_at_ns"] = NEVER_NS
    seats["wake_flags"] = WAKE_EVERY_EVENT
    book = Book(
        instruments=list(instruments),
        event=scratch.event if scratch else table(EVENT),
        head=head,
        robots=seats,
        markets=table(PLANE, listed),
        terms=terms_of(instruments, leverage=leverage, rows=listed),
        positions=table(POSITION, robots * listed * 2),
        balances=np.zeros((robots, listed, ACCOUNTS), dtype=np.int64),
        orders=table(ORDER, orders),
        commands=scratch.commands if scratch else table(COMMAND, commands),
        limits=table(LIMITS, robots + 1),
        log=scratch.log if scratch else table(LOG, log),
        curve=scratch.curve if scratch else table(CURVE, curve),
    )
    if capital:
        for robot in range(robots):
            post_capital(book.head, book.balances, book.log, robot, 0, capital)
        seats["capital"] = capital
        head[0]["capital"] = capital * robots
    return book
