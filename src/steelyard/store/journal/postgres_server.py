"""A journal's PostgreSQL server: how it is reached, and what its errors mean.

Rule 1: nothing waits for a server longer than its patience: a server that does not answer is an
error like any other.
Rule 2: a password never appears in a sentence.
Rule 3: two processes that find no tables make them one after the other, never both.
"""

import re
from typing import Any, TypeAlias

import asyncpg

from steelyard.model.errors import ConfigurationError, InputError
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.schema import VERSION_QUERY, is_current, migrate

Connection: TypeAlias = Any  # asyncpg ships no types

PATIENCE_S = 5.0
SCHEMA = "journal"
_MIGRATION_LOCK = 0x5354454C  # any number, the same for ever
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^@]*(?=@)|(?<=[?&]password=)[^&]*")
_SYNCHRONOUS = {Durability.SYNCED: "on", Durability.FLUSHED: "off"}
_MEANINGS: dict[Any, str] = {
    TimeoutError: "the server did not answer in time: check server and network",
    asyncpg.DiskFullError: "the server's disk is full: make room, what was asked is tried again",
    asyncpg.ReadOnlySQLTransactionError: "the server only lets us read: name one that may write",
    asyncpg.InvalidPasswordError: "the server refused user or password",
    asyncpg.InvalidAuthorizationSpecificationError: "the server refused user or password",
    asyncpg.InvalidCatalogNameError: "there is no such database: make it, or name another",
    asyncpg.InsufficientPrivilegeError: "the user must be allowed to use and make tables there",
    asyncpg.PostgresConnectionError: "the connection is broken: check server and network",
    asyncpg.InterfaceError: "the connection is broken: check server and network",
    OSError: "the connection is broken: check server and network",
}


def shown(url: str) -> str:
    """Return an address that may be printed."""
    return _PASSWORD.sub(lambda match: match[1] or "…", url)


def meaning(error: BaseException) -> str:
    """Return what an error means and what to do."""
    for kinds, text in _MEANINGS.items():
        if isinstance(error, kinds):
            return f"{text} ({error})" if str(error) else text
    return f"{error}" or type(error).__name__


async def connect(
    url: str, durability: Durability, patience_s: float, *, read_only: bool
) -> Connection:
    """Connect, with tables made or brought up to date where they are not."""
    where = f"journal {shown(url)}"
    try:
        connection = await _connect(url, durability, patience_s, read_only=read_only)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise ConfigurationError(f"{where} cannot be opened: {meaning(error)}") from None
    try:
        if not is_current(await _version(connection, where), where):
            if read_only:
                raise ConfigurationError(
                    f"{where} has no tables or older ones: start the trading process once"
                )
            await _bring_up_to_date(connection, url, where)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        connection.terminate()
        raise ConfigurationError(f"{where} cannot be used: {meaning(error)}") from None
    except InputError:
        connection.terminate()
        raise
    return connection


async def _connect(
    url: str, durability: Durability, patience_s: float, *, read_only: bool
) -> Connection:
    return await asyncpg.connect(
        url,
        timeout=patience_s,
        command_timeout=patience_s,
        server_settings={
            "application_name": "steelyard",
            "search_path": SCHEMA,
            "synchronous_commit": _SYNCHRONOUS[durability],
            "default_transaction_read_only": "on" if read_only else "off",
        },
    )


async def _version(connection: Connection, where: str) -> str | None:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = $1"
    tables = {name for (name,) in await connection.fetch(query, SCHEMA)}
    if "alembic_version" in tables and "outcomes" in tables:
        version = await connection.fetchval(VERSION_QUERY)
        return version if version is None else str(version)
    if tables:
        raise ConfigurationError(
            f"{where} has a schema {SCHEMA!r} of something else: name another database"
        )
    return None


async def _bring_up_to_date(connection: Connection, url: str, where: str) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
    try:
        if is_current(await _version(connection, where), where):
            return  # somebody else was quicker
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: _connect(url, Durability.SYNCED, PATIENCE_S, read_only=False),
            poolclass=NullPool,
        )
        async with engine.begin() as bound:
            await bound.run_sync(migrate)
        await engine.dispose()
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _MIGRATION_LOCK)
