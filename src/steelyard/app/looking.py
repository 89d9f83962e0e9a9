"""A house that does not run, looked at: its books recalled from the journal, without a lease.

Rule 1: nothing is written and nothing leaves; another process may trade meanwhile.
Rule 2: what only a running house can know (age of prices, rate budget) is left out, not made up.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from steelyard.app.journaled import newest
from steelyard.app.places import instruments_on_file
from steelyard.app.rules import bound_gate
from steelyard.app.seats import make_seat
from steelyard.app.trading import book_number, book_plan, reasons_of
from steelyard.kernel.ports import Feed, Heard, Kept, Placing, PriceNews, Snapshot
from steelyard.model.reports import News
from steelyard.model.times import time_text
from steelyard.model.version import __version__
from steelyard.runtime.budget import AddressBudget, Budget
from steelyard.runtime.desk import Desk
from steelyard.runtime.market import Market
from steelyard.runtime.opening import recall
from steelyard.runtime.parts import Alert, Parts
from steelyard.runtime.plan import BookPlan
from steelyard.runtime.views import book_status, orders_view, positions_view
from steelyard.services.settings.schema import Settings
from steelyard.store.journal.chain import genesis, link
from steelyard.store.journal.opening import open_to_read
from steelyard.store.journal.reading import Reader
from steelyard.venues.paper.rules import PAPER_TERMS


class Recalled(NamedTuple):
    """One book as its journal has it. `differs`: where the replay is not what was kept."""

    desk: Desk
    as_of: str
    differs: str


def look(settings: Settings) -> list[Recalled]:
    """Recall every book of the journal."""
    reader = open_to_read(settings.house.journal)
    try:
        return [_recalled(settings, reader, book) for book in reader.books()]
    finally:
        reader.close()


def status(settings: Settings) -> dict[str, Any]:
    """Return what `status` shows of a house that does not run."""
    books = []
    for one in look(settings):
        found = book_status(one.desk, reasons_of)
        found |= {"phase": "not running", "as_of": one.as_of, "budget_left": None}
        found["why"] = one.differs or found["why"]
        books.append(found)
    return {"books": books}


def orders(settings: Settings, *, live: bool) -> dict[str, Any]:
    """Return the orders of all books."""
    return {"orders": [row for one in look(settings) for row in orders_view(one.desk, live=live)]}


def positions(settings: Settings) -> dict[str, Any]:
    """Return what all books hold."""
    return {"positions": [row for one in look(settings) for row in positions_view(one.desk)]}


def _recalled(settings: Settings, reader: Reader, book: str) -> Recalled:
    last = newest(reader, book)
    at_ns = last.ts_ns if last else 0
    still = _Still(at_ns)
    desk = Desk(
        Parts(
            plan=_plan(settings, book), version=__version__, holder="", scheduler=still,
            journal=_ReadOnly(reader), venue=_NoVenue(), market=Market(_NoFeed(), still, ()),
            switch=_NoSwitch(), budget=Budget(AddressBudget(PAPER_TERMS.windows)),
            allow=bound_gate(), make_seat=make_seat, link=link, genesis=genesis, tell=_nobody,
        )
    )  # fmt: skip
    differs = recall(desk) if last else ""
    desk.phase = "not running"
    return Recalled(desk, time_text(at_ns), differs)


def _plan(settings: Settings, book: str) -> BookPlan:
    """Return the plan of a book; of one whose account is gone, as much as a look needs."""
    for account in settings.accounts:
        if account.name == book:
            return book_plan(settings, account, instruments_on_file(settings, account))
    return BookPlan(
        name=book, number=book_number(book), account=book, venue="paper", instruments=(), robots=()
    )


def _nobody(_: Alert) -> None:
    """Nobody listens."""


class _Still:
    """A scheduler whose time stands: what is asked for later never happens."""

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def elapsed_ns(self) -> int:
        return 0

    def soon(self, call: Callable[..., None], *args: Any) -> None: ...

    def after(self, delay_ns: int, call: Callable[..., None], *args: Any) -> "_Still":
        return self

    def cancel(self) -> None: ...


class _ReadOnly:
    """A journal that nobody writes to."""

    def __init__(self, reader: Reader) -> None:
        self.rows, self.snapshot, self.books = reader.rows, reader.snapshot, reader.books

    def take(self, book: str, holder: str, *, ttl_ns: int) -> str:
        return "it is only looked at"

    def renew(self, lease: Any, done: Callable[[Any], None]) -> None: ...
    def release(self, lease: Any) -> None: ...
    def append(self, lease: Any, rows: Sequence[Kept], done: Any) -> None: ...
    def keep_snapshot(self, lease: Any, snapshot: Snapshot, done: Any) -> None: ...


class _NoVenue:
    """A venue that is not connected."""

    terms = PAPER_TERMS

    def place(self, order: Placing, heard: Heard) -> None: ...
    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None: ...
    def cancel_all(self, instrument: int, heard: Heard) -> None: ...
    def order(self, client_id: str, instrument: int, heard: Heard) -> None: ...
    def open_orders(self, heard: Heard) -> None: ...
    def trades(self, cursor: str, heard: Heard) -> None: ...
    def holdings(self, heard: Heard) -> None: ...
    def listing(self, heard: Heard) -> None: ...
    def listen(self, sink: Callable[[News], None]) -> None: ...
    def close(self) -> None: ...


class _NoFeed(Feed):
    def listen(self, sink: Callable[[PriceNews], None]) -> None: ...
    def close(self) -> None: ...


class _NoSwitch:
    def is_on(self) -> bool:
        return False

    def listen(self, moved: Callable[[], None]) -> None: ...
