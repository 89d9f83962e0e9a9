"""The order books of one feed: changes in, proven depth out.

Rule 1: a book whose rule finds something missing says FeedGap for its instrument, forgets
everything and gets a new state; until it has one, nothing of it is told.
Rule 2: where the state is fetched, changes are kept meanwhile and replayed onto it; a state that is
older than the first of them is thrown away and fetched again, and the changes are kept.
Rule 3: where it comes as a first frame, its line is turned: a new socket subscribes anew beside the
old one, and the books of that line begin again when it takes over.
Rule 4: a few states are fetched at a time: fifty books that broke together would cost a ban.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from steelyard.kernel.ports import FeedGap
from steelyard.model.market import Depth
from steelyard.model.reports import Reply, Success
from steelyard.venues.native.dialect import BookChange, BookRule, MarketDialect
from steelyard.venues.native.line import Line
from steelyard.venues.native.pausing import MS, SECOND, pause_ns
from steelyard.venues.native.rest import UNREADABLE, Rest
from steelyard.wire.scheduler import Scheduler, Timer

KEPT_MAX: Final = 5_000
_AT_ONCE: Final = 3
_FIRST_NS: Final = 250 * MS
_LONGEST_NS: Final = 30 * SECOND


class _Book:
    """One instrument's book."""

    __slots__ = ("busy", "failures", "index", "kept", "line", "rule", "stands", "timer", "turn")

    def __init__(self, index: int, rule: BookRule) -> None:
        self.index, self.rule = index, rule
        self.line: Line | None = None
        self.stands = not rule.fetches
        self.kept: deque[BookChange] = deque(maxlen=KEPT_MAX)
        self.busy = False
        self.turn = 0
        self.failures = 0
        self.timer: Timer | None = None

    def forget(self) -> None:
        """Begin again; an answer under way is to another question."""
        self.rule.reset()
        self.stands = not self.rule.fetches
        self.kept.clear()
        self.busy = False
        self.turn += 1
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Books:
    """The books of all instruments of a feed."""

    def __init__(
        self, scheduler: Scheduler, rest: Rest, market: MarketDialect, *,
        tell: Callable[[Depth | FeedGap], None],
    ) -> None:  # fmt: skip
        """Keep a book for each instrument of which a change comes."""
        self._scheduler, self._rest, self._market, self._tell = scheduler, rest, market, tell
        self._books: dict[int, _Book] = {}
        self._queue: deque[tuple[_Book, int]] = deque()
        self._fetching = 0
        self._closed = False

    def take(self, line: Line, change: BookChange) -> None:
        """Apply a change that came on `line`."""
        book = self._books.get(change.instrument)
        if book is None:
            rule = self._market.book(change.instrument)
            book = self._books[change.instrument] = _Book(change.instrument, rule)
        book.line = line
        if not book.stands:
            book.kept.append(change)
            if not book.busy:
                self._want(book)
            return
        told = self._apply(book, change)
        if isinstance(told, str):
            self._gap(book, told, change)
            return
        for depth in told:
            self._tell(depth)

    def forget(self, line: Line) -> None:
        """Begin the books again that `line` feeds: it has a new socket, or none."""
        for book in self._books.values():
            if book.line is line:
                book.forget()

    def close(self) -> None:
        """Stop."""
        self._closed = True
        for book in self._books.values():
            book.forget()

    # --- inside ----------------------------------------------------------------------------------

    def _apply(self, book: _Book, change: BookChange) -> list[Depth] | str:
        try:
            told = book.rule.take(change)
        except UNREADABLE as error:
            return f"a change does not fit: {error}"
        return told if isinstance(told, str) else list(told)

    def _gap(self, book: _Book, reason: str, change: BookChange) -> None:
        self._tell(FeedGap(ts_ns=self._scheduler.now_ns(), reason=reason, instrument=book.index))
        if self._closed:
            return
        book.forget()
        if book.rule.fetches:
            book.kept.append(change)
            self._want(book)
        elif book.line is not None:
            book.line.turn()

    def _want(self, book: _Book) -> None:
        """Fetch a state when it is this book's turn; after failures, later."""
        book.busy = True
        if not book.failures:
            self._enter(book)
            return
        delay_ns = pause_ns(
            _FIRST_NS, _LONGEST_NS, attempt=book.failures, key=f"{self._market.name} {book.index}"
        )
        book.timer = self._scheduler.after(delay_ns, self._enter, book)

    def _enter(self, book: _Book) -> None:
        book.timer = None
        self._queue.append((book, book.turn))
        self._fetch()

    def _fetch(self) -> None:
        while self._queue and self._fetching < _AT_ONCE and not self._closed:
            book, turn = self._queue.popleft()
            if book.turn == turn:
                self._fetching += 1
                self._ask(book, turn)

    def _ask(self, book: _Book, turn: int) -> None:
        def heard(reply: Reply) -> None:
            self._fetching -= 1
            if book.turn == turn and not self._closed:
                self._fetched(book, reply)
            self._fetch()

        self._rest.hold(lambda: self._market.depth_snapshot(book.index), heard)

    def _fetched(self, book: _Book, reply: Reply) -> None:
        """Take a state and replay what came meanwhile."""
        state = reply.value if isinstance(reply, Success) else None
        depths: list[Depth] = []
        fits = isinstance(state, BookChange)
        for change in (state, *book.kept) if isinstance(state, BookChange) else ():
            told = self._apply(book, change)
            if isinstance(told, str):
                fits = False
                break
            depths += told
        if not fits:
            book.rule.reset()
            book.failures += 1
            self._want(book)
            return
        book.stands, book.busy, book.failures = True, False, 0
        book.kept.clear()
        for depth in depths:
            self._tell(depth)
