"""A position that exists before a backtest begins, written into the book and the venue alike.

Rule: it is bought at its true entry, without fee or slippage, out of capital paid in for it; what
the market has done to it since is trend.
"""

import numpy as np

from steelyard.jit.parts import part
from steelyard.jit.tables import start
from steelyard.kernel.book import Book
from steelyard.kernel.enter import book_fill
from steelyard.ledger.postings import post_capital
from steelyard.model.instruments import Kind
from steelyard.state.money import worth
from steelyard.venues.sim.accounts import take_over
from steelyard.venues.sim.settings import Simulator


def restore(book: Book, venue: Simulator, quantity: int, entry: int) -> None:
    """Give robot 0 a position in instrument 0."""
    head = book.head[0]
    if book.instruments[0].kind == Kind.SPOT:
        paid = int(worth(book.terms[0], entry, quantity))
        post_capital(book.head, book.balances, book.log, 0, 0, paid)
        head["capital"] += paid
    book_fill(
        book.head, book.terms, book.positions, book.balances, book.log, 0, 0, 0,
        quantity, entry, entry, 0, 0, 0,
    )  # fmt: skip
    head["turnover"] = 0
    _tell_venue(venue.sim, book.terms, quantity, entry)


@part
def _tell_venue(sim: np.ndarray, terms: np.ndarray, quantity: int, entry: int) -> None:
    take_over(start(sim), start(terms), 0, 0, quantity, entry)
