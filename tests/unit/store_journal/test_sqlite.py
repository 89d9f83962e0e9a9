"""What a SQLite journal says and does when its file, its disk or its neighbours misbehave."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from steelyard.kernel.ports import Snapshot, Written
from steelyard.model.errors import ConfigurationError, DataError, InputError
from steelyard.store.journal import sqlite, sqlite_file
from steelyard.store.journal.chain import verify
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.schema import migrate
from steelyard.store.journal.sqlite import SqliteWriter
from tests.contract.journals import TTL_NS
from tests.unit.store_journal.rows import Open, rows_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        SqliteWriter(path, lambda: 0)
    return str(caught.value)


@pytest.mark.parametrize("durability,level", [(Durability.SYNCED, 2), (Durability.FLUSHED, 1)])
def test_durability_is_how_sqlite_syncs(path: Path, durability: Durability, level: int) -> None:
    process = Open(path, durability)
    run = process.craft.connection.execute

    assert run("PRAGMA synchronous").fetchone() == (level,)
    assert run("PRAGMA journal_mode").fetchone() == ("wal",)
    process.journal.close()


def test_a_full_disk_fails_and_the_same_rows_come_in_later(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    rows = rows_of("book", 40, size=4_000)
    run = process.craft.connection.execute
    pages = run("PRAGMA page_count").fetchone()[0]
    run(f"PRAGMA max_page_count={pages + 20}")

    assert process.append(lease, rows[:10])[0] is Written.DURABLE
    written, why = process.append(lease, rows[10:])
    assert written is Written.FAILED
    assert "the disk is full: make room" in why
    assert list(process.journal.rows("book")) == rows[:10]

    run("PRAGMA max_page_count=100000")
    assert process.append(lease, rows) == (Written.DURABLE, "")
    assert verify("book", process.journal.rows("book"), head=(40, rows[-1].digest)) is None
    process.journal.close()


def test_a_locked_file_fails_and_the_same_rows_come_in_later(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    written, why = process.append(lease, rows_of("book", 2))
    taken = process.journal.take("other", "ann", ttl_ns=1)
    stranger.execute("ROLLBACK")
    stranger.close()

    assert written is Written.FAILED
    assert "another program has locked it" in why
    assert isinstance(taken, str)
    assert "book 'other' cannot be taken: " in taken
    assert process.append(lease, rows_of("book", 2)) == (Written.DURABLE, "")
    process.journal.close()


def test_a_file_that_is_gone_fails(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    aside = path.rename(path.with_name("aside.db"))
    written, why = process.append(lease, rows_of("book", 1))
    assert written is Written.FAILED
    assert "moved, deleted or exchanged" in why

    aside.rename(path)
    assert process.append(lease, rows_of("book", 1)) == (Written.DURABLE, "")
    process.journal.close()


def test_an_exchanged_file_fails(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    path.rename(path.with_name("aside.db"))
    path.touch()

    assert process.append(lease, rows_of("book", 1))[0] is Written.FAILED
    process.journal.close()


def test_one_append_that_cannot_be_written_leaves_the_others_alone(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    rows = rows_of("book", 3)
    broken = replace(rows[2], ts_ns=1 << 63)
    heard: list[Written] = []
    append = process.journal.append
    append(lease, rows[:2], lambda written, _: heard.append(written))
    append(lease, [broken], lambda written, _: heard.append(written))
    append(lease, rows[2:], lambda written, _: heard.append(written))
    process.turn()

    assert heard == [Written.DURABLE, Written.FAILED, Written.DURABLE]
    process.journal.close()


class Failing:
    """A connection whose commits fail."""

    in_transaction = True

    def __init__(self, real: sqlite3.Connection) -> None:
        self.real = real

    def execute(self, query: str, values: tuple[Any, ...] = ()) -> object:
        if query == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return self.real.execute(query, values)

    def executemany(self, query: str, values: list[Any]) -> object:
        return self.real.executemany(query, values)


def test_an_error_at_the_commit_fails_and_leaves_nothing_behind(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    real = process.craft.connection
    process.craft.connection = Failing(real)  # type: ignore[assignment]
    assert process.append(lease, rows_of("book", 2))[0] is Written.FAILED
    process.craft.connection = real
    assert list(process.journal.rows("book")) == []
    assert process.append(lease, rows_of("book", 2)) == (Written.DURABLE, "")
    process.journal.close()


def test_a_book_whose_giving_back_failed_is_still_held(path: Path) -> None:
    process, other = Open(path), Open(path)
    lease = process.take()
    real = process.craft.connection
    process.craft.connection = Failing(real)  # type: ignore[assignment]
    process.journal.release(lease)
    process.turn()
    process.craft.connection = real

    assert isinstance(other.journal.take("book", "bob", ttl_ns=1), str)
    assert process.append(lease, rows_of("book", 2)) == (Written.DURABLE, "")
    process.journal.close()
    other.journal.close()


def test_a_book_whose_taking_failed_is_not_held(path: Path) -> None:
    process, other = Open(path), Open(path)
    real = process.craft.connection
    process.craft.connection = Failing(real)  # type: ignore[assignment]
    refused = process.journal.take("book", "ann", ttl_ns=1)
    process.craft.connection = real

    assert isinstance(refused, str)
    assert "disk I/O error" in refused
    assert other.take("book").token == 1
    process.journal.close()
    other.journal.close()


def test_a_second_process_is_refused_whatever_book_it_wants(path: Path) -> None:
    first, second = Open(path), Open(path)
    first.take("book")
    refused = second.journal.take("other", "bob", ttl_ns=1)

    assert isinstance(refused, str)
    assert "one process at a time trades on a SQLite journal" in refused
    assert "(ann)" in refused
    first.journal.close()
    assert second.take("other").token == 1
    second.journal.close()


def test_a_lock_that_cannot_be_made_is_told(path: Path) -> None:
    process = Open(path)
    lock = path.with_name(f"{path.name}.lock")
    lock.unlink()
    lock.mkdir()
    refused = process.journal.take("book", "ann", ttl_ns=1)

    assert isinstance(refused, str)
    assert "cannot be locked" in refused
    process.journal.close()


def test_a_migration_that_breaks_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(connection: Any) -> None:
        migrate(connection)
        raise sqlite3.OperationalError("the power went away")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_file, "migrate", breaking)
        assert "the power went away" in refusal(path)
    with sqlite3.connect(path) as stranger:
        assert stranger.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    stranger.close()
    Open(path).journal.close()


def test_a_link_to_the_file_is_no_way_round_the_lock(path: Path, tmp_path: Path) -> None:
    first = Open(path)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    second = Open(link)
    first.take()

    assert isinstance(second.journal.take("other", "bob", ttl_ns=1), str)
    first.journal.close()
    second.journal.close()


def test_the_newest_two_snapshots_are_kept(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    rows = rows_of("book", 4)
    process.append(lease, rows)
    for row in rows:
        process.journal.keep_snapshot(
            lease, Snapshot(n=row.n, version="", digest=row.digest, blob=b""), lambda *_: None
        )
    process.turn()

    found = process.craft.connection.execute("SELECT n FROM snapshots ORDER BY n").fetchall()
    assert found == [(3,), (4,)]
    process.journal.close()


def test_pages_move_into_the_file_beside_the_commits(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    rows = rows_of("book", 250)
    for row in rows:
        process.append(lease, [row])
    aside = process.craft._moving
    assert aside is not None
    aside.stop()

    assert path.stat().st_size > 8 * 4096
    process.journal.close()


@pytest.mark.parametrize("size", [100, 5_000])
def test_a_file_that_is_no_sqlite_file_is_refused(path: Path, size: int) -> None:
    path.write_bytes(b"notes of mine " * size)
    before = path.read_bytes()

    assert "damaged or no SQLite file" in refusal(path)
    assert path.read_bytes() == before
    with pytest.raises(DataError, match="damaged or no SQLite file"):
        sqlite.reader(path)


def test_a_damaged_file_is_refused_or_says_so_when_it_is_read(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    process.append(lease, rows_of("book", 200, size=1_000))
    process.journal.close()
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 :] = b"\xff" * (len(raw) - len(raw) // 2)
    path.write_bytes(raw)

    again = Open(path)
    with pytest.raises(DataError, match="the file is damaged: restore it"):
        list(again.journal.rows("book"))
    refused = again.journal.take("book", "ann", ttl_ns=TTL_NS)
    assert isinstance(refused, str)
    assert "the file is damaged: restore it" in refused
    again.journal.close()


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as stranger:
        stranger.execute("CREATE TABLE notes (text)")
    stranger.close()
    before = path.read_bytes()

    assert "is a SQLite file, but no journal" in refusal(path)
    assert path.read_bytes() == before


def test_newer_tables_are_refused(path: Path) -> None:
    process = Open(path)
    process.craft.connection.execute("UPDATE alembic_version SET version_num = '9999'")
    process.journal.close()

    assert "has tables of version '9999', this Steelyard knows versions up to" in refusal(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path / 'a'}" in refusal(tmp_path / "a" / "journal.db")


def test_reading_makes_no_file(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        sqlite.reader(path)
    assert not path.exists()


def test_reading_needs_tables(path: Path) -> None:
    path.touch()
    with pytest.raises(ConfigurationError, match="has older tables"):
        sqlite.reader(path)


def test_reading_goes_on_beside_a_writer(path: Path) -> None:
    process = Open(path)
    lease = process.take()
    rows = rows_of("book", 3)
    reader = sqlite.reader(path)
    process.append(lease, rows[:2])
    under_way = reader.rows("book")
    assert next(under_way) == rows[0]
    process.append(lease, rows[2:])

    assert [*under_way] == rows[1:2]
    assert [*reader.rows("book")] == rows
    reader.close()
    process.journal.close()
