"""One contract for every journal: any sequence of calls, crashes and restarts, beside a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
    run_state_machine_as_test,
)

from steelyard.kernel.ports import Kept, Lease, Snapshot, Written
from steelyard.store.journal.chain import chained, follows, genesis, verify
from tests.contract.journals import (
    TTL_NS,
    MemoryPlace,
    Place,
    PostgresPlace,
    Process,
    SqlitePlace,
)
from tests.contract.servers import Admin

BOOKS = ("first", "zweites Buch")
HOLDERS = ("ann", "bob")
WHO = st.sampled_from((0, 0, 1))
BOOK = st.sampled_from((BOOKS[0], BOOKS[0], BOOKS[1]))
PICK = st.integers(0, 6)
TRADE = st.sampled_from(("", "new", "new", "t1", "t2"))
WRONG = st.sampled_from(
    ("again", "again and more", "gap", "another past", "rewritten", "a fill twice")
)


class Book:
    """What the model knows of a book."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[Kept] = []
        self.snapshots: dict[int, Snapshot] = {}
        self.token = 0
        self.holder = ""
        self.owner: object = None  # the life of the process that took it
        self.runs = False

    @property
    def digest(self) -> bytes:
        return self.rows[-1].digest if self.rows else genesis(self.name)


class Life:
    """One life of a process, from its start to its end."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.held: dict[str, int] = {}
        self.asked: list[Callable[[], None]] = []
        self.expected: list[Any] = []
        self.heard: list[Any] = []
        self.told = 0
        self.tip: dict[str, tuple[int, bytes]] = {}


class JournalMachine(RuleBasedStateMachine):
    """Two processes, two books."""

    def __init__(self, make: Callable[[], Place]) -> None:
        super().__init__()
        self.place = make()
        self.books: dict[str, Book] = {}
        self.leases: list[Lease] = []
        self.lives = [Life(self.place.start()) for _ in range(2)]
        self.made = 0
        for book in BOOKS:
            self.take(0, book, HOLDERS[0])
            self.append(0, book, 1, 2, "t1")

    def teardown(self) -> None:
        for life in self.lives:
            life.process.journal.close()
            life.process.turn()
        self.place.end()

    # What is asked of a journal.

    @rule(who=WHO, book=BOOK, holder=st.sampled_from(HOLDERS))
    def take(self, who: int, book: str, holder: str) -> None:
        life = self.lives[who]
        answer = life.process.journal.take(book, holder, ttl_ns=TTL_NS)
        self._settle(life)
        if self._is_locked_out(life):
            assert isinstance(answer, str)
            return
        known = self.books.setdefault(book, Book(book))
        if self._is_refused(life, known, holder):
            assert isinstance(answer, str)
            assert known.holder in answer
            return
        assert isinstance(answer, Lease)
        assert (answer.book, answer.holder) == (book, holder)
        known.token += 1
        assert answer.token == known.token
        known.holder, known.owner, known.runs = holder, life, True
        life.held[book] = known.token
        life.tip.clear()
        self.leases.append(answer)

    @rule(who=WHO, book=BOOK, pick=PICK)
    def renew(self, who: int, book: str, pick: int) -> None:
        life, lease = self.lives[who], self._lease(who, book, pick)
        if lease is None:
            return

        def expected() -> None:
            counts = self._counts(life, lease)
            life.expected.append(lease.token if counts else None)
            if counts:
                self.books[lease.book].runs = True

        def heard(renewed: Lease | None) -> None:
            life.heard.append(renewed and renewed.token)

        life.process.journal.renew(lease, heard)
        life.asked.append(expected)

    @rule(who=WHO, book=BOOK, pick=PICK)
    def release(self, who: int, book: str, pick: int) -> None:
        life, lease = self.lives[who], self._lease(who, book, pick)
        if lease is None:
            return

        def expected() -> None:
            if self._counts(life, lease):
                known = self.books[lease.book]
                known.token += 1
                known.holder = ""
                del life.held[lease.book]

        life.process.journal.release(lease)
        life.asked.append(expected)

    @rule(who=WHO, book=BOOK, pick=PICK, count=st.integers(0, 3), trade=TRADE)
    def append(self, who: int, book: str, pick: int, count: int, trade: str) -> None:
        """Append the next rows; they wait beside others that do."""
        life, lease = self.lives[who], self._lease(who, book, pick)
        if lease is None:
            return
        n, digest = self._tip(life, book)
        trade = self._trade(trade)
        rows = []
        for _ in range(count):
            n += 1
            rows.append(chained(digest, n, n * 10, b"event", lines=b"line", trade=trade))
            digest, trade = rows[-1].digest, ""
        life.tip[book] = (n, digest)
        self._append(life, lease, rows)

    @rule(who=WHO, book=BOOK, pick=PICK, back=st.integers(1, 3), kind=WRONG, trade=TRADE)
    def append_otherwise(
        self, who: int, book: str, pick: int, back: int, kind: str, trade: str
    ) -> None:
        """Append rows that are there already, or that may not come in."""
        life, lease = self.lives[who], self._lease(who, book, pick)
        if lease is None:
            return
        kept = self.books[book].rows
        n, digest = self._tip(life, book)
        trade = self._trade(trade)
        rows = list(kept[len(kept) - back :]) if len(kept) >= back else []
        if kind == "gap":
            n += 1
        elif kind == "another past":
            digest = genesis(kind)
        elif kind == "rewritten" and rows:
            before = kept[-back - 1].digest if len(kept) > back else genesis(book)
            rows = [chained(before, rows[0].n, 1, b"another event", trade=trade)]
        if kind in {"again and more", "gap", "another past"}:
            rows.append(chained(digest, n + 1, 7, b"event", trade=trade))
        if kind == "a fill twice":
            first = chained(digest, n + 1, 7, b"event", trade="twin")
            rows = [first, chained(first.digest, n + 2, 7, b"event", trade="twin")]
        self._append(life, lease, rows)

    @rule(who=WHO, book=BOOK, pick=PICK, back=st.integers(-1, 3), wrong=st.integers(0, 3))
    def keep_snapshot(self, who: int, book: str, pick: int, back: int, wrong: int) -> None:
        life, lease = self.lives[who], self._lease(who, book, pick)
        if lease is None:
            return
        rows = self.books[book].rows
        n = max(1, len(rows) - back)
        digest = rows[n - 1].digest if n <= len(rows) and wrong else b"\0" * 32
        snapshot = Snapshot(n=n, version="0.1.0", digest=digest, blob=b"state" * back)

        def expected() -> Written:
            if not self._counts(life, lease):
                return Written.FENCED
            if n > len(rows):
                return Written.FAILED
            if rows[n - 1].digest != digest:
                return Written.FENCED
            kept = self.books[book].snapshots
            kept[n] = snapshot
            while len(kept) > 2:
                del kept[min(kept)]
            return Written.DURABLE

        life.process.journal.keep_snapshot(lease, snapshot, lambda *a: self._hear(life, *a))
        life.asked.append(lambda: life.expected.append(expected()))

    # What happens to a journal.

    @rule(who=WHO)
    def turn(self, who: int) -> None:
        life = self.lives[who]
        assert len(life.heard) == life.told, "somebody was called back from within a call"
        life.process.turn()
        self._settle(life)
        life.tip.clear()
        assert life.heard == life.expected
        life.told = len(life.heard)
        self._reads_what_was_committed(life)

    @rule(who=WHO, what=st.sampled_from(("time passes", "crash", "close", "close")))
    def happen(self, who: int, what: str) -> None:
        life = self.lives[who]
        match what:
            case "time passes":
                self.place.expire()
                for book in self.books.values():
                    book.runs = False
            case "crash":
                life.process.crash()
                assert life.heard == life.expected[: len(life.heard)]
                self._start_again(who)
            case "close":
                life.process.journal.close()
                self._settle(life)
                life.process.turn()
                assert life.heard == life.expected
                self._start_again(who)

    def _start_again(self, who: int) -> None:
        self.lives[who] = Life(self.place.start())
        self._reads_what_was_committed(self.lives[who])

    def _reads_what_was_committed(self, life: Life) -> None:
        journal = life.process.journal
        assert journal.books() == sorted(self.books)
        for name, book in self.books.items():
            rows = list(journal.rows(name))
            assert rows == book.rows
            assert verify(name, rows, head=(len(rows), book.digest)) is None
            assert list(journal.rows(name, 1, 2)) == book.rows[1:2]
            newest = book.snapshots[max(book.snapshots)] if book.snapshots else None
            assert journal.snapshot(name) == newest

    # The model.

    def _lease(self, who: int, book: str, pick: int) -> Lease | None:
        """Pick the lease that this process took last, or sometimes any that ever was."""
        life = self.lives[who]
        token = life.held.get(book)
        found = [lease for lease in self.leases if lease.book == book]
        if token is None or not pick:
            return found[len(self.leases) % len(found)] if found else None
        return next(lease for lease in found if lease.token == token)

    def _trade(self, trade: str) -> str:
        self.made += 1
        return f"trade {self.made}" if trade == "new" else trade

    def _tip(self, life: Life, book: str) -> tuple[int, bytes]:
        known = self.books[book]
        return life.tip.get(book, (len(known.rows), known.digest))

    def _append(self, life: Life, lease: Lease, rows: list[Kept]) -> None:
        life.process.journal.append(lease, rows, lambda *answer: self._hear(life, *answer))
        life.asked.append(lambda: life.expected.append(self._appended(life, lease, rows)))

    def _appended(self, life: Life, lease: Lease, rows: list[Kept]) -> Written:
        if not self._counts(life, lease):
            return Written.FENCED
        book = self.books[lease.book]
        kept = list(book.rows)
        for row in rows:
            before = kept[-1].digest if kept else genesis(book.name)
            if row.n <= len(kept):
                if kept[row.n - 1] != row:
                    return Written.FENCED
            elif row.n > len(kept) + 1:
                return Written.FAILED
            elif not follows(before, row) or row.trade in {
                other.trade for other in kept if other.trade
            }:
                return Written.FENCED
            else:
                kept.append(row)
        book.rows[:] = kept
        return Written.DURABLE

    def _counts(self, life: Life, lease: Lease) -> bool:
        taken_here = life.held.get(lease.book, 0) == lease.token
        return taken_here and self.books[lease.book].token == lease.token

    def _is_refused(self, life: Life, book: Book, holder: str) -> bool:
        if not book.holder or not book.runs:
            return False
        if book.owner is life:
            return book.holder != holder
        return book.owner in self.lives  # and is alive

    def _is_locked_out(self, life: Life) -> bool:
        others = [other for other in self.lives if other is not life]
        return self.place.one_process and any(other.held for other in others)

    def _settle(self, life: Life) -> None:
        """Do in the model what waited."""
        asked, life.asked = life.asked, []
        for call in asked:
            call()

    @staticmethod
    def _hear(life: Life, written: Written, why: str) -> None:
        assert bool(why) is (written is not Written.DURABLE)
        life.heard.append(written)


def check(make: Callable[[], Place], examples: int) -> None:
    run_state_machine_as_test(
        lambda: JournalMachine(make),  # type: ignore[arg-type] # anything that makes one will do
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_journal_in_memory_keeps_the_contract() -> None:
    check(MemoryPlace, 100)


def test_the_journal_in_sqlite_keeps_the_contract(tmp_path: Path) -> None:
    check(lambda: SqlitePlace(tmp_path / "example"), 60)


def test_the_journal_in_postgresql_keeps_the_contract(postgres_url: str, admin: Admin) -> None:
    check(lambda: PostgresPlace(postgres_url, admin), 25)
