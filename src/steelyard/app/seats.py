"""Seats: what a robot's event, and the book it sits in, become.

Rule: the same event and the same book give the same seat, in another process too; a strategy's
file must be there for as long as the book's journal is replayed.
"""

from functools import cache

from steelyard.app.strategies import Found, find_strategy
from steelyard.kernel.book import Book
from steelyard.kernel.kernel import CompiledSeat, PlainSeat, Seat
from steelyard.kernel.strategy import CompiledStrategy, Situation
from steelyard.model.events import Seated
from steelyard.model.parameters import read_parameters
from steelyard.state.positions import average_entry


def make_seat(event: Seated, book: Book) -> Seat:
    """Make a robot's seat; it begins with the whole lots it holds in its main instrument."""
    found = _found(event.strategy)
    if not isinstance(found.strategy, CompiledStrategy):
        return PlainSeat(event.name, found.strategy(event.parameters))
    strategy = found.strategy
    values = read_parameters(strategy.parameters, event.parameters, owner=found.name)
    row = (event.robot * int(book.head[0]["instruments"]) + event.instrument) * 2
    position = book.positions[row]
    held = int(position["quantity"])
    dust = abs(held) % int(book.terms[event.instrument]["lot"])
    held -= dust if held > 0 else -dust
    situation = Situation(
        instruments=tuple(book.instruments), equity=event.capital,
        leverage=int(book.terms[event.instrument]["leverage"]), restored_quantity=held,
        restored_entry=int(average_entry(book.terms[event.instrument], position)) if held else 0,
        traded=event.instrument,
    )  # fmt: skip
    prepared = strategy.prepare(values, situation)
    return CompiledSeat(strategy.want, prepared, strategy.layout)


@cache
def _found(strategy: str) -> Found:
    """Load a strategy once: its class must be the same for all of its seats."""
    return find_strategy(strategy)
