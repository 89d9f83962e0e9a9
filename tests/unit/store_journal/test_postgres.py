"""What a journal on a server does when connections break, servers restart and strangers meddle."""

from queue import SimpleQueue
from typing import Any

import pytest

from steelyard.kernel.ports import Kept, Lease, Snapshot, Written
from steelyard.model.errors import ConfigurationError
from steelyard.store.journal import postgres
from steelyard.store.journal.chain import chained, genesis, verify
from steelyard.store.journal.opening import open_journal, open_to_read
from steelyard.store.journal.postgres import PostgresWriter
from steelyard.store.journal.postgres_server import shown
from steelyard.wire.worker import OwnLoop
from tests.contract.journals import TTL_NS, HandScheduler, HandWorker, PostgresPlace, WorkerProcess
from tests.contract.servers import Admin
from tests.unit.store_journal.rows import rows_of

CUT = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

WAITS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def place(postgres_url: str, admin: Admin) -> PostgresPlace:
    return PostgresPlace(postgres_url, admin)


def craft_of(process: WorkerProcess) -> PostgresWriter:
    craft = process.worker.craft
    assert isinstance(craft, OwnLoop)
    writer = craft._craft
    assert isinstance(writer, PostgresWriter)
    return writer


def take(process: WorkerProcess, holder: str = "ann") -> Lease:
    lease = process.journal.take("book", holder, ttl_ns=TTL_NS)
    assert isinstance(lease, Lease), lease
    return lease


def append(process: WorkerProcess, lease: Lease, rows: list[Kept]) -> tuple[Written, str]:
    heard: list[tuple[Written, str]] = []
    process.journal.append(lease, rows, lambda *answer: heard.append(answer))
    process.turn()
    return heard[0]


def refusal(url: str) -> str:
    worker = HandWorker(OwnLoop(PostgresWriter(url, lambda: 0, patience_s=2)))
    refused = worker.ask(postgres.Open())
    worker.stop()
    assert isinstance(refused, ConfigurationError)
    return str(refused)


def test_a_cut_connection_fails_once_and_is_made_anew(place: PostgresPlace) -> None:
    process = place.start()
    lease = take(process)
    rows = rows_of("book", 4)
    assert append(process, lease, rows[:2]) == (Written.DURABLE, "")
    place.admin.execute(CUT)
    written, why = append(process, lease, rows[2:])
    assert written is Written.FAILED
    assert "journal postgresql://" in why

    assert append(process, lease, rows[2:]) == (Written.DURABLE, "")
    assert verify("book", process.journal.rows("book"), head=(4, rows[-1].digest)) is None
    process.journal.close()


def test_a_connection_made_anew_shows_again_that_its_process_lives(place: PostgresPlace) -> None:
    first, second = place.start(), place.start()
    lease = take(first)
    place.admin.execute(CUT)
    append(first, lease, rows_of("book", 1))
    append(first, lease, rows_of("book", 1))
    second.journal.take("other", "bob", ttl_ns=TTL_NS)  # its connection was cut too

    assert isinstance(second.journal.take("book", "bob", ttl_ns=TTL_NS), str)
    first.journal.close()
    second.journal.close()


def test_a_commit_whose_answer_is_lost_fails_and_may_be_done_again(place: PostgresPlace) -> None:
    process = place.start()
    lease = take(process)
    craft = craft_of(process)
    real: Any = craft.connection
    rows = rows_of("book", 3)

    class Transaction:
        def __init__(self) -> None:
            self.real = real.transaction()

        async def __aenter__(self) -> None:
            await self.real.__aenter__()

        async def __aexit__(self, *error: object) -> None:
            await self.real.__aexit__(*error)
            raise ConnectionResetError("the answer got lost")

    class Losing:
        transaction = Transaction

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    craft.connection = Losing()
    written, why = append(process, lease, rows)
    assert written is Written.FAILED
    assert "the answer got lost" in why
    assert list(process.journal.rows("book")) == rows  # it had come through

    assert append(process, lease, rows) == (Written.DURABLE, "")
    assert list(process.journal.rows("book")) == rows
    process.journal.close()


def test_a_token_that_rises_while_rows_are_under_way_fences_them(
    place: PostgresPlace, postgres_url: str
) -> None:
    calls: SimpleQueue[Any] = SimpleQueue()
    journal = open_journal(
        postgres_url, scheduler=HandScheduler(lambda: 0), tell=lambda *call: calls.put(call)
    )
    lease = journal.take("book", "ann", ttl_ns=TTL_NS)
    assert isinstance(lease, Lease)
    heard: list[Written] = []
    taker = Admin(postgres_url)
    taker.execute("BEGIN")
    taker.execute("UPDATE journal.leases SET token = token + 1, holder = 'bob'")
    journal.append(lease, rows_of("book", 1), lambda written, _: heard.append(written))
    while calls.empty() and not place.admin.value(WAITS):
        pass  # until the append stands before the taker's lock
    taker.execute("COMMIT")
    taker.close()
    call, *answer = calls.get(timeout=10)
    call(*answer)

    assert heard == [Written.FENCED]
    journal.close()


def test_a_server_that_started_anew_proves_no_death(place: PostgresPlace) -> None:
    first, second = place.start(), place.start()
    take(first)
    place.admin.execute("UPDATE journal.leases SET session = 'the server before'")
    first.crash()

    refused = second.journal.take("book", "bob", ttl_ns=TTL_NS)
    assert isinstance(refused, str)
    assert "book 'book' is held by 'ann' until" in refused
    place.expire()
    assert take(second, "bob").token == 2
    second.journal.close()


def test_extending_a_lease_shows_life_to_a_server_that_started_anew(place: PostgresPlace) -> None:
    first, second = place.start(), place.start()
    lease = take(first)
    place.admin.execute("UPDATE journal.leases SET session = 'the server before'")
    first.journal.renew(lease, lambda _: None)
    first.turn()
    first.crash()

    assert take(second, "bob").token == 2
    second.journal.close()


def test_the_newest_two_snapshots_are_kept(place: PostgresPlace) -> None:
    process = place.start()
    lease = take(process)
    rows = rows_of("book", 4)
    append(process, lease, rows)
    for row in rows:
        process.journal.keep_snapshot(
            lease, Snapshot(n=row.n, version="", digest=row.digest, blob=b""), lambda *_: None
        )
    process.turn()

    assert place.admin.value("SELECT array_agg(n ORDER BY n) FROM journal.snapshots") == [3, 4]
    process.journal.close()


def test_one_append_that_cannot_be_written_leaves_the_others_alone(place: PostgresPlace) -> None:
    process = place.start()
    lease = take(process)
    rows = rows_of("book", 2)
    other = process.journal.take("other", "ann", ttl_ns=TTL_NS)
    assert isinstance(other, Lease)
    heard: list[Written] = []
    strange = chained(genesis("other"), 1, 1, b"", trade="a\0b")  # no text to PostgreSQL
    process.journal.append(lease, rows[:1], lambda written, _: heard.append(written))
    process.journal.append(other, [strange], lambda written, _: heard.append(written))
    process.journal.append(lease, rows[1:], lambda written, _: heard.append(written))
    process.turn()

    assert heard == [Written.DURABLE, Written.FAILED, Written.DURABLE]
    process.journal.close()


def test_what_only_reads_cannot_write_and_makes_no_tables(place: PostgresPlace) -> None:
    process = place.start()
    lease = take(process)
    rows = rows_of("book", 2)
    append(process, lease, rows)
    reader = open_to_read(place.url)

    assert reader.books() == ["book"]
    assert list(reader.rows("book")) == rows
    assert reader.snapshot("book") is None
    reader.close()
    process.journal.close()


def test_newer_tables_are_refused(place: PostgresPlace) -> None:
    place.start().journal.close()
    place.admin.execute("UPDATE journal.alembic_version SET version_num = '9999'")
    try:
        assert "has tables of version '9999'" in refusal(place.url)
    finally:
        place.admin.execute("UPDATE journal.alembic_version SET version_num = '0001'")


def test_a_schema_of_something_else_is_refused(postgres_url: str, admin: Admin) -> None:
    admin.execute("DROP SCHEMA IF EXISTS journal CASCADE")
    admin.execute("CREATE SCHEMA journal CREATE TABLE diary (entry text)")
    try:
        assert "has a schema 'journal' of something else" in refusal(postgres_url)
        with pytest.raises(ConfigurationError, match="of something else"):
            open_to_read(postgres_url)
    finally:
        admin.execute("DROP SCHEMA journal CASCADE")


def test_reading_makes_no_tables(postgres_url: str, admin: Admin) -> None:
    admin.execute("DROP SCHEMA IF EXISTS journal CASCADE")
    with pytest.raises(ConfigurationError, match="has no tables or older ones"):
        open_to_read(postgres_url)


@pytest.mark.parametrize(
    "change,sentence",
    [
        (("127.0.0.1:5432", "127.0.0.1:1"), "the connection is broken: check server and network"),
        (("steelyard_test", "nowhere"), "there is no such database: make it, or name another"),
    ],
)
def test_a_server_that_cannot_be_used_is_named(
    postgres_url: str, change: tuple[str, str], sentence: str
) -> None:
    said = refusal(postgres_url.replace(*change))

    assert "cannot be opened: " in said
    assert sentence in said


@pytest.mark.parametrize(
    "url,printed",
    [
        ("postgresql://ann@host/name", "postgresql://ann@host/name"),
        ("postgresql://ann:secret@host/name", "postgresql://ann@host/name"),
        (
            "postgresql://host/name?user=a&password=secret",
            "postgresql://host/name?user=a&password=…",
        ),
    ],
)
def test_a_password_is_never_printed(url: str, printed: str) -> None:
    assert shown(url) == printed
