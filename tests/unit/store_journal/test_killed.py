"""A process is killed in the middle of its appends: all that it was told to be durable is there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from steelyard.kernel.ports import Lease
from steelyard.store.journal import sqlite
from steelyard.store.journal.chain import verify
from steelyard.store.journal.postgres import _key
from tests.contract.journals import TTL_NS, PostgresPlace
from tests.contract.servers import Admin
from tests.house.reading import ROOT
from tests.unit.store_journal.rows import Open

MANY = 1_000_000


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for child in started:
        child.kill()
        child.wait(timeout=30)
        assert child.stdout is not None
        child.stdout.close()


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.store_journal.appending", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(child: subprocess.Popen[str]) -> IO[str]:
    assert child.stdout is not None
    return child.stdout


def killed_after(child: subprocess.Popen[str], reports: int) -> list[int]:
    """Kill a process once it has reported so many rows; return all that it reported."""
    lines = said(child)
    token = lines.readline()
    assert token.startswith("held"), token
    reported = [int(lines.readline()) for _ in range(reports)]
    child.kill()
    reported += [int(line) for line in lines if line.endswith("\n")]
    child.wait(timeout=30)
    return reported


def test_a_killed_process_lost_nothing_that_it_reported(
    tmp_path: Path, children: list[subprocess.Popen[str]]
) -> None:
    path = tmp_path / "journal.db"
    children.append(start(path, MANY))
    reported = killed_after(children[0], 200)

    beside = sqlite.reader(path)  # before anybody tidies up behind it
    assert [row.n for row in beside.rows("book", 0, 200)] == list(range(1, 201))
    beside.close()
    process = Open(path)
    lease = process.journal.take("book", "bob", ttl_ns=TTL_NS)
    rows = list(process.journal.rows("book"))
    assert isinstance(lease, Lease), lease
    assert reported == list(range(1, len(reported) + 1))
    assert len(rows) >= len(reported)
    assert verify("book", rows) is None
    process.journal.close()


def test_a_second_process_is_refused_until_the_first_is_dead(
    tmp_path: Path, children: list[subprocess.Popen[str]]
) -> None:
    path = tmp_path / "journal.db"
    children.append(start(path, MANY))
    first = children[0]
    assert said(first).readline() == "held 1\n"
    process = Open(path)
    refused = process.journal.take("book", "ann", ttl_ns=TTL_NS)
    first.kill()
    first.wait(timeout=30)
    lease = process.journal.take("book", "ann", ttl_ns=TTL_NS)

    assert isinstance(refused, str)
    assert f"process {first.pid} (ann)" in refused
    assert isinstance(lease, Lease)
    assert lease.token == 2
    process.journal.close()


def test_a_killed_process_lost_nothing_on_a_server(
    postgres_url: str, admin: Admin, children: list[subprocess.Popen[str]]
) -> None:
    place = PostgresPlace(postgres_url, admin)
    children.append(start(postgres_url, MANY))
    reported = killed_after(children[0], 50)
    # Returns as soon as the server has noticed that its client is gone.
    admin.execute("SELECT pg_advisory_lock($1)", _key("book", 1))
    admin.execute("SELECT pg_advisory_unlock($1)", _key("book", 1))
    process = place.start()
    lease = process.journal.take("book", "bob", ttl_ns=TTL_NS)
    rows = list(process.journal.rows("book"))

    assert isinstance(lease, Lease), lease
    assert reported == list(range(1, len(reported) + 1))
    assert len(rows) >= len(reported)
    assert verify("book", rows) is None
    process.journal.close()


def test_a_disk_that_takes_no_more_loses_nothing(
    tmp_path: Path, children: list[subprocess.Popen[str]]
) -> None:
    path = tmp_path / "journal.db"
    children.append(start(path, 120, 200_000))
    output, _ = children[0].communicate(timeout=60)
    lines = output.splitlines()

    failures = [line for line in lines if line.startswith("failed")]
    assert failures
    assert "disk" in failures[0]
    assert [line for line in lines if line.isdigit()] == [str(n) for n in range(1, 121)]
    reader = sqlite.reader(path)
    rows = list(reader.rows("book"))
    reader.close()
    assert verify("book", rows, head=(120, rows[-1].digest)) is None
