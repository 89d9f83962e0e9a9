"""Opening a journal: its address chooses where it is kept.

memory:                       gone with the process; for rehearsals
PATH, sqlite:///PATH          a SQLite file: one trading process at a time (`sqlite:////` begins
                              an absolute path)
postgresql://USER@HOST/NAME   a server, for several trading processes; needs the extra `postgres`
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from steelyard.kernel.ports import Journal
from steelyard.model.errors import ConfigurationError, InputError
from steelyard.store.journal import sqlite
from steelyard.store.journal.handle import Durability, Handle
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.store.journal.reading import Reader
from steelyard.wire.scheduler import Scheduler
from steelyard.wire.worker import HereWorker, OwnLoop, Tell, ThreadWorker

_READING_S = 30.0
_MEMORY = "memory:"
_SERVERS = ("postgresql://", "postgres://")
_FILE = "sqlite:///"
_ALLOWED = "allowed are a path, sqlite:///PATH, postgresql://USER@HOST/NAME and memory:"
_THREAD = "journal"


class OpenJournal(Journal, Protocol):
    """A journal that was opened, and is closed in the end."""

    def close(self) -> None:
        """Finish what was asked for, then let go of everything."""
        ...


def open_journal(
    url: str, *, scheduler: Scheduler, tell: Tell, durability: Durability = Durability.SYNCED
) -> OpenJournal:
    """Open a journal to trade on it; its tables are made or brought up to date.

    `scheduler` gives the UTC that leases run by. `tell` is `loop.call_soon_threadsafe` of the loop
    that everything is called back on.
    """
    if url == _MEMORY:
        return MemoryJournal(Disk(), scheduler)
    if url.startswith(_SERVERS):
        worker, reader = _server(url, scheduler.now_ns, tell, durability, read_only=False)
        return Handle(worker, reader)
    path = _path(url)
    craft = sqlite.SqliteWriter(path, scheduler.now_ns, durability=durability)
    try:
        reader = sqlite.reader(path)
    except InputError:
        craft.end()
        raise
    if durability is Durability.FLUSHED:
        # A commit that waits for no disk is shorter than waking a thread.
        return Handle(HereWorker(craft, scheduler.soon), reader)
    return Handle(ThreadWorker(craft, tell, name=_THREAD), reader)


def open_to_read(url: str) -> Reader:
    """Open a journal that another process may be writing to; nothing is changed."""
    if url == _MEMORY:
        raise ConfigurationError(f"journal {url} is gone with its process: nothing can be read")
    if url.startswith(_SERVERS):
        return _server(url, lambda: 0, lambda *_: None, Durability.SYNCED, read_only=True)[1]
    return sqlite.reader(_path(url))


def _path(url: str) -> Path:
    text = url.removeprefix(_FILE)
    if "://" in text or not text.strip():
        raise ConfigurationError(f"journal was {url!r}, {_ALLOWED}")
    path = Path(text).expanduser()
    if path.is_dir():
        raise ConfigurationError(f"journal was the folder {path}: name a file in it")
    return path


def _server(
    url: str, now_ns: Callable[[], int], tell: Tell, durability: Durability, *, read_only: bool
) -> tuple[ThreadWorker[Any, Any], Reader]:
    try:
        from steelyard.store.journal import postgres
    except ImportError as error:
        raise ConfigurationError(
            f"a journal in PostgreSQL needs the extra 'postgres', and {error.name} is missing: "
            "install steelyard[postgres]"
        ) from None
    # Who only reads is in no hurry; who trades must soon know that nothing is written.
    patience = {"patience_s": _READING_S} if read_only else {}
    craft = postgres.PostgresWriter(
        url, now_ns, durability=durability, read_only=read_only, **patience
    )
    worker = ThreadWorker[Any, Any](OwnLoop(craft), tell, name=_THREAD)
    refused = worker.ask(postgres.Open())
    if refused is not None:
        worker.stop()
        raise refused
    # Who writes ends the worker by itself; who only reads has nobody else to end it.
    return worker, postgres.reader(worker, worker.stop if read_only else _nothing)


def _nothing() -> None:
    """Do nothing."""
