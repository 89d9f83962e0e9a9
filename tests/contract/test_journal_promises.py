"""What every journal promises, one promise at a time, on real files and a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.kernel.ports import Kept, Lease, Written
from steelyard.store.journal.chain import chained, genesis, verify
from tests.contract.journals import (
    TTL_NS,
    MemoryPlace,
    Place,
    PostgresPlace,
    Process,
    SqlitePlace,
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made: Place
    if request.param == "memory":
        made = MemoryPlace()
    elif request.param == "sqlite":
        made = SqlitePlace(tmp_path / "place")
    else:
        made = PostgresPlace(*map(request.getfixturevalue, ("postgres_url", "admin")))
    yield made
    made.end()


def rows_of(book: str, count: int, *, trades: dict[int, str] | None = None) -> list[Kept]:
    rows: list[Kept] = []
    digest = genesis(book)
    for n in range(1, count + 1):
        event = b"event %d" % n
        rows.append(chained(digest, n, n, event, trade=(trades or {}).get(n, "")))
        digest = rows[-1].digest
    return rows


def taken(process: Process, book: str = "book", holder: str = "ann") -> Lease:
    lease = process.journal.take(book, holder, ttl_ns=TTL_NS)
    assert isinstance(lease, Lease), lease
    return lease


def appended(process: Process, lease: Lease, *groups: list[Kept]) -> list[tuple[Written, str]]:
    """Append groups of rows which all wait together; return what came of each."""
    heard: list[tuple[Written, str]] = []
    for rows in groups:
        process.journal.append(lease, rows, lambda *answer: heard.append(answer))
    process.turn()
    return heard


def test_nobody_is_called_back_from_within_a_call(place: Place) -> None:
    process = place.start()
    heard: list[Any] = []
    lease = taken(process)
    process.journal.append(lease, rows_of("book", 1), lambda *answer: heard.append(answer))
    process.journal.renew(lease, heard.append)

    assert heard == []
    process.turn()
    assert [type(answer) for answer in heard] == [tuple, Lease]
    process.journal.close()


def test_appends_wait_together_and_each_has_an_answer_of_its_own(place: Place) -> None:
    process = place.start()
    rows = rows_of("book", 6)
    strange = [chained(genesis("strange"), 3, 0, b"")]
    answers = appended(
        process, taken(process), rows[:2], strange, rows[2:5], rows[:2], rows[5:], []
    )

    assert [written.value for written, _ in answers] == [
        "durable", "fenced", "durable", "durable", "durable", "durable",
    ]  # fmt: skip
    assert list(process.journal.rows("book")) == rows
    process.journal.close()


def test_an_append_is_written_whole_or_not_at_all(place: Place) -> None:
    process = place.start()
    lease = taken(process)
    rows = rows_of("book", 5)
    answers = appended(process, lease, rows[:1], [rows[1], rows[3]], [*rows[1:3], rows[4]])

    assert [written.value for written, _ in answers] == ["durable", "failed", "failed"]
    assert "row 3 of book 'book' is missing before row 4" in answers[1][1]
    assert list(process.journal.rows("book")) == rows[:1]
    assert appended(process, lease, rows) == [(Written.DURABLE, "")]
    process.journal.close()


def test_a_fill_is_held_once_in_a_book(place: Place) -> None:
    process = place.start()
    lease = taken(process)
    rows = rows_of("book", 4, trades={2: "fill 7", 4: "fill 7"})
    answers = appended(process, lease, rows[:3], rows[3:])
    again = appended(process, lease, rows[3:])
    other = appended(process, taken(process, "other"), rows_of("other", 1, trades={1: "fill 7"}))

    refused = (
        Written.FENCED,
        "row 4 of book 'book' brings the fill 'fill 7', which row 2 holds already",
    )
    assert answers == [(Written.DURABLE, ""), refused]
    assert again == [refused]
    assert other == [(Written.DURABLE, "")]
    process.journal.close()


def test_rows_come_back_as_they_went_in_over_many_pages(place: Place) -> None:
    process = place.start()
    rows = rows_of("Grüße 📈", 2_500, trades={9: "fill ⅞"})
    rows.append(chained(rows[-1].digest, 2_501, -5, bytes(range(256)), intents=b"\0", lines=b"'"))
    lease = taken(process, "Grüße 📈", "Jörg's")
    assert appended(process, lease, rows) == [(Written.DURABLE, "")]

    journal = process.journal
    assert list(journal.rows("Grüße 📈")) == rows
    assert list(journal.rows("Grüße 📈", 1_200)) == rows[1_200:]
    assert list(journal.rows("Grüße 📈", 10, 12)) == rows[10:12]
    assert list(journal.rows("Grüße 📈", 0, 0)) == []
    assert list(journal.rows("nobody's")) == []
    assert journal.snapshot("nobody's") is None
    assert journal.books() == ["Grüße 📈"]
    assert verify("Grüße 📈", journal.rows("Grüße 📈")) is None
    process.journal.close()


def test_a_book_that_was_given_back_is_free_at_once(place: Place) -> None:
    first, second = place.start(), place.start()
    lease = taken(first)
    first.journal.release(lease)
    first.turn()
    newer = taken(second, holder="bob")

    assert newer.token > lease.token
    assert appended(first, lease, rows_of("book", 1))[0][0] is Written.FENCED
    assert appended(second, newer, rows_of("book", 1))[0][0] is Written.DURABLE
    first.journal.close()
    second.journal.close()


def test_a_book_of_a_killed_process_is_free_at_once(place: Place) -> None:
    first, second = place.start(), place.start()
    lease = taken(first)
    assert appended(first, lease, rows_of("book", 2)) == [(Written.DURABLE, "")]
    first.journal.append(lease, rows_of("book", 3), lambda *_: pytest.fail("it died before"))
    first.crash()
    newer = taken(second, holder="bob")

    assert newer.token == lease.token + 1
    assert list(second.journal.rows("book")) == rows_of("book", 2)
    second.journal.close()


def test_a_process_that_fell_silent_keeps_its_book_until_its_lease_runs_out(place: Place) -> None:
    first, second = place.start(), place.start()
    lease = taken(first)
    before = second.journal.take("book", "bob", ttl_ns=TTL_NS)
    same_name = second.journal.take("book", "ann", ttl_ns=TTL_NS)
    place.expire()
    after = second.journal.take("book", "bob", ttl_ns=TTL_NS)

    assert isinstance(before, str)
    assert isinstance(same_name, str)
    if place.one_process:  # it sits on the lock of the file, and could write when it wakes
        assert isinstance(after, str)
        assert "one process at a time" in after
        assert appended(first, lease, rows_of("book", 1))[0][0] is Written.DURABLE
    else:
        assert isinstance(after, Lease)
        assert appended(first, lease, rows_of("book", 1)) == [
            (
                Written.FENCED,
                "book 'book' is held by 'bob' now, with lease 2; lease 1 of 'ann' counts no longer",
            )
        ]
        assert appended(second, after, rows_of("book", 1))[0][0] is Written.DURABLE
    first.journal.close()
    second.journal.close()


def test_a_lease_that_ran_out_and_that_nobody_took_still_counts(place: Place) -> None:
    process = place.start()
    lease = taken(process)
    place.expire()
    heard: list[Lease | None] = []
    process.journal.renew(lease, heard.append)

    assert appended(process, lease, rows_of("book", 1)) == [(Written.DURABLE, "")]
    assert [renewed and renewed.token for renewed in heard] == [lease.token]
    assert heard[0] is not None
    assert heard[0].expires_ns > lease.expires_ns
    process.journal.close()
