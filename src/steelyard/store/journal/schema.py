"""The tables' version: read on every opening, brought up to date where that is allowed.

Rule 1: tables come from migrations alone, from the first one on, and from the same ones for every
database.
Rule 2: tables that are up to date cost one query; Alembic and SQLAlchemy are not even imported.
Rule 3: tables newer than this code are refused, and so is a database that holds other things.
Rule 4: a migration is one transaction: it happened or it did not.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.model.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISIONS = ("0001",)
_FOLDER = str(Path(__file__).parent / "migrations")
VERSION_QUERY = "SELECT version_num FROM alembic_version"


def is_current(found: str | None, where: str) -> bool:
    """Tell whether tables need no migration; refuse those that this code does not know.

    `found` is their version, None when there are no tables yet; `where` names the journal.
    """
    if found is not None and found not in REVISIONS:
        raise ConfigurationError(
            f"{where} has tables of version {found!r}, this Steelyard knows versions up to "
            f"{REVISIONS[-1]!r}: use the Steelyard that wrote it, or a newer one"
        )
    return found == REVISIONS[-1]


def migrate(connection: "Connection") -> None:
    """Bring tables up to date; the caller has begun a transaction and commits it."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _FOLDER.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(revision: str, _: object) -> list[object]:
        return list(script._upgrade_revs("head", revision))  # noqa: SLF001 - as `upgrade` does

    with EnvironmentContext(config, script, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
