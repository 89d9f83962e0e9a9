"""A journal's address chooses where it is kept; wrong ones are named."""

import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.model.errors import InputError
from steelyard.store.journal import schema
from steelyard.store.journal.handle import Handle
from steelyard.store.journal.memory import MemoryJournal
from steelyard.store.journal.opening import open_journal, open_to_read
from tests.contract.journals import HandScheduler

CLOCK = HandScheduler(lambda: 0)


def tell(*_: object) -> None:
    """Tell nobody."""


@pytest.mark.parametrize("url", ["{path}", "sqlite:///{path}"])
def test_a_path_is_a_file(tmp_path: Path, url: str) -> None:
    path = tmp_path / "ein Journal #1?.db"
    journal = open_journal(url.format(path=path), scheduler=CLOCK, tell=tell)
    assert isinstance(journal, Handle)
    journal.take("book", "ann", ttl_ns=1)
    journal.close()

    reader = open_to_read(url.format(path=path))
    assert reader.books() == ["book"]
    reader.close()
    assert {found.name for found in tmp_path.iterdir()} >= {path.name, f"{path.name}.lock"}


def test_memory_is_memory() -> None:
    assert isinstance(open_journal("memory:", scheduler=CLOCK, tell=tell), MemoryJournal)
    with pytest.raises(InputError, match="is gone with its process"):
        open_to_read("memory:")


@pytest.mark.parametrize("url", ["", "mysql://host/name", "sqlite://", "sqlite:///"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="allowed are a path, sqlite:///PATH, postgresql://"):
        open_journal(url, scheduler=CLOCK, tell=tell)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was the folder"):
        open_journal(str(tmp_path), scheduler=CLOCK, tell=tell)


def test_the_known_versions_are_the_migrations() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(schema._FOLDER)

    assert [step.revision for step in scripts.walk_revisions()][::-1] == list(schema.REVISIONS)


def test_tables_that_are_up_to_date_need_no_migration_tool(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_journal(str(path), scheduler=CLOCK, tell=tell).close()
    code = (
        "import sys\n"
        "from steelyard.store.journal.opening import open_journal\n"
        "from tests.unit.store_journal.test_opening import CLOCK, tell\n"
        f"open_journal({str(path)!r}, scheduler=CLOCK, tell=tell).close()\n"
        "assert not {'alembic', 'sqlalchemy'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
