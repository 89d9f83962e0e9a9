"""A database of our own on a local PostgreSQL server, made and dropped in each test session."""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from typing import Any

import asyncpg
import pytest

SERVER = os.environ.get("STEELYARD_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
_URL = pytest.StashKey[str]()


class Admin:
    """A plain connection beside the journal's own, for tests that meddle."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._connection = self.run(asyncpg.connect(url, timeout=30, command_timeout=60))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def execute(self, query: str, *values: object) -> None:
        self.run(self._connection.execute(query, *values))

    def value(self, query: str, *values: object) -> Any:
        return self.run(self._connection.fetchval(query, *values))

    def close(self) -> None:
        self.run(self._connection.close())
        self._runner.close()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    stash = request.config.stash
    if _URL not in stash:  # each folder that uses this fixture has it as its own
        try:
            admin = Admin(SERVER)
        except (OSError, asyncpg.PostgresError) as error:
            pytest.skip(f"no PostgreSQL server answers: {error}")
        name = f"steelyard_test_{os.getpid()}"
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")

        def drop() -> None:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.close()

        request.config.add_cleanup(drop)
        stash[_URL] = f"{SERVER.rpartition('/')[0]}/{name}"
    return stash[_URL]


@pytest.fixture
def admin(postgres_url: str) -> Iterator[Admin]:
    admin = Admin(postgres_url)
    yield admin
    admin.close()
