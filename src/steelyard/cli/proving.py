"""`steelyard drift`, `verify` and `replay`: is what we believe true, and does it come out again.

Rule: a check that fails ends in code 3, after everything that was found was printed.
"""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from cyclopts import Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, Json, NotRight, find, need, print_json
from steelyard.model.errors import ConfigurationError

if TYPE_CHECKING:
    from steelyard.store.journal.reading import Reader


def drift(
    *,
    repair: Annotated[bool, Parameter(name="--repair", negative="")] = False,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Read every account at its venue now, and show where it differs from our books.

    Exit code 3: something differs. Orders of others on the account are shown and are no fault.

    Parameters
    ----------
    repair
        Mend it: positions by a named adjustment at the last price, orders of ours that no journal
        knows by canceling them. Then everything is read again.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    from steelyard.cli.house_shown import drift_words

    found = need(config, "drift", {"repair": repair}, "comparing with the venue")
    wrong = [
        (book, one)
        for book, rows in found["drift"].items()
        for one in rows
        if one["kind"] not in ("foreign", "cash")  # money is booked by the reading itself
    ]
    if json_:
        print_json({"ok": not wrong, **found})
    else:
        for one in found["repaired"]:
            print(f"repaired: {drift_words(one)}")
        for book, rows in found["drift"].items():
            for one in rows:
                print(f"{book}: {drift_words(one)}")
            if not rows:
                print(f"{book}: the venue and the book agree")
        if not found["drift"]:
            print("no book is open")
    if wrong:
        book, one = wrong[0]
        raise NotRight(f"book {book} differs from its venue: {drift_words(one)}")
    if not found["drift"]:
        raise NotRight("no book could be compared: `steelyard status` shows why")


def verify(*, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Check the journal: nothing was changed, everything adds up.

    The chain of digests through all rows; that every sum of the ledger is zero and says what the
    events say; trades, orders and client ids once each; and that what robots hold is the sum of
    fills and named adjustments, in the rows and in a kernel that recovers from them. It works
    beside a running house. Exit code 3: something is wrong.

    Parameters
    ----------
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    from steelyard.app.proving import Check
    from steelyard.app.proving import verify as verify_book

    checks: list[Check] = []
    with closing(_reader(config)) as reader:
        for book in reader.books():
            with _Counting("verify", _rows(reader, book), quiet=json_) as counting:
                checks += verify_book(reader, book, counting.at)
    wrong = [one for one in checks if not one.ok]
    rows = [
        {"book": one.book, "check": one.check, "ok": one.ok, "what": one.what} for one in checks
    ]
    if json_:
        print_json({"ok": not wrong, "checks": rows})
    else:
        from steelyard.cli.house_shown import print_rows

        told = [{**row, "result": "right" if row["ok"] else "WRONG"} for row in rows]
        print_rows(told, ("book", "check", "result", "what"), "the journal holds no book yet")
    if wrong:
        raise NotRight(f"book {wrong[0].book}, {wrong[0].check}: {wrong[0].what}")


def replay(
    book: str,
    *,
    from_: Annotated[int, Parameter(name="--from")] = 1,
    to: int | None = None,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Replay a book from its first event and compare every outcome bit for bit.

    Exit code 0: all are equal. Exit code 3: the first that differs is printed, with both values.
    Another version of the code may decide otherwise; within one version, outcomes are equal.

    Parameters
    ----------
    book
        The book: its account's name.
    from_
        Compare from this outcome on; those before it are replayed all the same.
    to
        End with this outcome.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    from steelyard.app.proving import replay as replay_book

    if from_ < 1:
        raise ConfigurationError(f"--from was {from_}, allowed is 1 or more")
    if to is not None and to < from_:
        raise ConfigurationError(f"--to was {to}, allowed is {from_} or more, as --from says")
    with closing(_reader(config)) as reader:
        rows = to or _rows(reader, book)
        with _Counting("replay", rows, quiet=json_) as counting:
            done = replay_book(reader, book, first=from_, last=to, at=counting.at)
    if not done.compared:
        raise ConfigurationError(f"--from was {from_}, book {book} has {done.rows} outcomes")
    if json_:
        print_json(
            {
                "book": book, "equal": not done.difference, "compared": done.compared,
                "from": done.first, "to": done.last,
                "first_difference": done.difference or None,
            }
        )  # fmt: skip
    elif not done.difference:
        print(f"{book}: outcomes {done.first:,} to {done.last:,} are equal, bit for bit")
    if done.difference:
        raise NotRight(done.difference)


def _reader(config: Path) -> "Reader":
    from steelyard.store.journal.opening import open_to_read

    return open_to_read(find(config).journal)


def _rows(reader: "Reader", book: str) -> int:
    from steelyard.app.journaled import newest

    last = newest(reader, book)
    return last.n if last else 0


class _Counting:
    """Progress on stderr, where somebody watches and nobody reads JSON."""

    def __init__(self, what: str, rows: int, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self._what, self._rows = what, rows
        shows = console.is_terminal and not quiet
        self._progress = Progress(console=console, transient=True) if shows else None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
            self._task = self._progress.add_task(self._what, total=self._rows)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def at(self, n: int) -> None:
        """Move the bar."""
        if self._progress is not None:
            self._progress.update(self._task, completed=n)
