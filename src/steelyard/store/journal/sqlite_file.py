"""A journal's SQLite file: how it is opened, who may write it, and what its errors mean.

Rule 1: one process at a time writes a file. It holds a lock of the operating system on
`<file>.lock` from its first lease to its last; the kernel lets go of it when the process ends,
however it ends. The lock is a file of its own, because closing any second descriptor of a SQLite
file drops SQLite's own locks. It is never deleted: a lock on a deleted file keeps nobody out.
Rule 2: the name of the lock comes from the file's real path, so that a link to it is no way round.
Rule 3: reading opens the file read-only and needs no lock.
Rule 4: a file that is damaged or is something else is refused with a sentence, and never touched.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from steelyard.model.errors import ConfigurationError, DataError, InputError
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.schema import VERSION_QUERY, is_current, migrate

PATIENCE_MS = 1000
"""How long a write waits for a stranger, a backup tool say, to unlock the file."""
_PAGES_BEFORE_CHECKPOINT = 4000  # the writer checkpoints when it rests; this is for when it cannot
_SYNCHRONOUS = {Durability.SYNCED: "FULL", Durability.FLUSHED: "NORMAL"}
_MEANINGS = {
    "SQLITE_FULL": "the disk is full: make room, what was asked is tried again then",
    "SQLITE_BUSY": "another program has locked it: close what opened it",
    "SQLITE_LOCKED": "another program has locked it: close what opened it",
    "SQLITE_READONLY": "it may not be written: check who owns the file and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened: check that its folder exists and who owns it",
    "SQLITE_CORRUPT": "the file is damaged: restore it from a backup",
    "SQLITE_NOTADB": "the file is damaged or no SQLite file: restore it, or name another file",
    "SQLITE_IOERR": "the disk did not do what it was asked: check the disk and the limits on files",
}


def meaning(error: Exception) -> str:
    """Return what an error of SQLite or the system means and what to do."""
    name = _name(error)
    for known, text in _MEANINGS.items():
        if name == known or name.startswith(f"{known}_"):
            return f"{text} ({error})"
    return str(error)


def open_file(path: Path, durability: Durability, patience_ms: int) -> sqlite3.Connection:
    """Open a file to write it, made and brought up to date where it is not."""
    if not path.parent.is_dir():
        raise ConfigurationError(f"journal {path}: there is no folder {path.parent}: make it first")
    try:
        # Its thread is another one; it is never used by two at a time.
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    try:
        connection.execute(f"PRAGMA busy_timeout={int(patience_ms)}")
        found = _version(connection, path)  # before anything is changed in what may be no journal
        if connection.execute("PRAGMA journal_mode=WAL").fetchone() != ("wal",):
            raise ConfigurationError(
                f"journal {path}: its file system has no shared memory: put it on a local disk"
            )
        connection.execute(f"PRAGMA synchronous={_SYNCHRONOUS[durability]}")
        connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_BEFORE_CHECKPOINT}")
        connection.execute("PRAGMA secure_delete=OFF")
        if not is_current(found, f"journal {path}"):
            _bring_up_to_date(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise unusable(path, error) from None
    except InputError:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a file to read it, also while another process writes."""
    if not path.is_file():
        raise ConfigurationError(f"journal {path}: there is no such file")
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    try:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        current = is_current(_version(connection, path), f"journal {path}")
    except sqlite3.Error as error:
        connection.close()
        raise unusable(path, error) from None
    except InputError:
        connection.close()
        raise
    if not current:
        connection.close()
        raise ConfigurationError(
            f"journal {path} has older tables: start the trading process once, it renews them"
        )
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> str | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "alembic_version" in tables and "outcomes" in tables:
        row = connection.execute(VERSION_QUERY).fetchone()
        return str(row[0]) if row else None
    if tables:
        raise DataError(
            "is a SQLite file, but no journal: name another file", file=f"journal {path}"
        )
    return None


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    with closing(FileLock(path)) as lock:
        if not lock.take("migration"):
            raise ConfigurationError(
                f"journal {path} needs newer tables, and {lock.owner()} uses it: stop that first"
            )
        if is_current(_version(connection, path), f"journal {path}"):
            return  # somebody else was quicker
        engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        with engine.connect() as bound:
            bound.exec_driver_sql("BEGIN IMMEDIATE")
            migrate(bound)
            bound.exec_driver_sql("COMMIT")


def unusable(path: Path, error: sqlite3.Error) -> InputError:
    """Return what to raise where a file cannot be opened or read."""
    if _name(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DataError(meaning(error), file=f"journal {path}")
    return ConfigurationError(f"journal {path}: {meaning(error)}")


def _name(error: Exception) -> str:
    if "Could not decode" in str(error):  # Python's own word for bytes that were never a text
        return "SQLITE_CORRUPT"
    return getattr(error, "sqlite_errorname", None) or ""


class FileLock:
    """The right to be the process that writes a file."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is locked yet."""
        real = path.resolve()
        self._path = real.with_name(f"{real.name}.lock")
        self._descriptor = -1

    @property
    def is_ours(self) -> bool:
        """Tell whether this process has the lock."""
        return self._descriptor >= 0

    def take(self, holder: str) -> bool:
        """Take the lock, or find it taken; the name is for those who find it so."""
        if self.is_ours:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} ({holder})\n".encode(), 0)
        return True

    def owner(self) -> str:
        """Say who holds the lock, as far as is known."""
        try:
            return self._path.read_text(encoding="utf-8").strip() or "another process"
        except (OSError, UnicodeDecodeError):
            return "another process"

    def let_go(self) -> None:
        """Let somebody else have it."""
        if self.is_ours:
            os.close(self._descriptor)
            self._descriptor = -1

    close = let_go
