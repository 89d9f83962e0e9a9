"""The layers of the configuration: files and variables, laid over one another.

Rule 1: main file, the environment's file beside it, the file of sealed secrets, variables of the
environment; what comes later wins, key by key, and every value remembers where it came from.
Rule 2: numbers keep the digits they were written with: no float is ever made.
Rule 3: accounts and robots are told apart by name, so every layer speaks of the same one.
Rule 4: a secret in clear in a file is refused, and no sentence repeats it.
"""

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

from steelyard.services.settings.sealing import PREFIX

Key: TypeAlias = tuple[str, ...]
Tree: TypeAlias = dict[str, Any]

VARIABLES: Final = "STEELYARD_"
NAMED: Final = ("accounts", "robots")
SECTIONS: Final = ("house", "paper", "accounts", "robots", "owners", "platform", "breakers")
_SECRET_NAMES: Final = frozenset({
    "api_key", "api_secret", "apikey", "mnemonic", "passphrase", "password", "private_key",
    "secret", "secret_key", "token",
})  # fmt: skip


class Number(str):
    """A TOML float, as it was written."""

    __slots__ = ()


class Mistake(Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    where: str
    """File or variable."""
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key} {self.text}" if self.key else f"{self.where}: {self.text}"


class Layers:
    """One tree of all layers, and where each value came from."""

    def __init__(self, main: Path) -> None:
        """Begin with nothing; what no layer says is attributed to the main file."""
        self.tree: Tree = {}
        self.mistakes: list[Mistake] = []
        self._main = main.name
        self._origins: dict[Key, str] = {}

    def origin(self, key: Key) -> str:
        """Say which file or variable gave a value."""
        while key and key not in self._origins:
            key = key[:-1]
        return self._origins.get(key, self._main)

    def wrong(self, key: Key, text: str, *, where: str = "") -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(where=where or self.origin(key), key=".".join(key), text=text))

    def told(self, key: Key) -> bool:
        """Say whether a mistake of this key was noted."""
        return any(one.key == ".".join(key) for one in self.mistakes)

    def add_file(self, path: Path) -> None:
        """Lay a file over what there is."""
        try:
            text = path.read_text(encoding="utf-8")
            raw = tomllib.loads(text, parse_float=lambda digits: Number(digits.replace("_", "")))
        except OSError as error:
            reason = error.strerror or str(error)
            self.wrong((), f"it cannot be read: {reason}", where=path.name)
            return
        except UnicodeDecodeError:
            self.wrong((), "it is not written in UTF-8", where=path.name)
            return
        except tomllib.TOMLDecodeError as error:
            self.wrong((), f"it is no TOML: {error}", where=path.name)
            return
        for key in _secrets_in_clear(raw):
            self.wrong(
                key,
                f"holds a secret in clear, allowed is a sealed one ({PREFIX}…) or a variable "
                "of the environment",
                where=path.name,
            )
        self._lay((), self._by_name(raw, path.name), path.name)

    def add_variables(self, environ: Mapping[str, str]) -> None:
        """Lay the variables of the environment over what there is: STEELYARD_HOUSE__JOURNAL."""
        for variable in sorted(environ):
            parts = variable.removeprefix(VARIABLES).split("__")
            # Without a double underscore it is no setting but somebody else's: STEELYARD_ENV.
            if variable.startswith(VARIABLES) and len(parts) > 1:
                self._add_variable(variable, [part.lower() for part in parts], environ[variable])

    def _add_variable(self, variable: str, parts: list[str], value: str) -> None:
        section = parts[0]
        if section not in SECTIONS:
            self.wrong(
                (), f"no section is named {section!r}{near(section, SECTIONS)}", where=variable
            )
            return
        if section in (*NAMED, "owners"):
            names = list(self.tree.get(section, {}))
            name = next((n for n in names if _spelled(n) == parts[1]), None)
            if name is None:
                known = ", ".join(_spelled(n).upper() for n in names) or "none"
                self.wrong(
                    (), f"{section} has no {parts[1].upper()}, there are {known}", where=variable
                )
                return
            parts[1] = name
        if "" in parts or (section in (*NAMED, "owners") and len(parts) == 2):  # noqa: PLR2004
            self.wrong((), "it names no key", where=variable)
            return
        layer: Tree = {parts[-1]: value}
        for part in reversed(parts[:-1]):
            layer = {part: layer}
        self._lay((), layer, variable)

    def _by_name(self, raw: Tree, where: str) -> Tree:
        """Turn `[[robots]]` into tables by name; other lists stay."""
        made = dict(raw)
        for section in NAMED:
            rows = raw.get(section)
            if rows is None or isinstance(rows, dict):
                continue
            table: Tree = {}
            for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
                name = row.get("name") if isinstance(row, dict) else None
                if not isinstance(name, str) or not name:
                    self.wrong((section,), f"number {number} has no name", where=where)
                elif name in table:
                    self.wrong((section, name), "stands there twice", where=where)
                else:
                    table[name] = row
            made[section] = table
        return made

    def _lay(self, key: Key, layer: Tree, where: str) -> None:
        at = self.tree
        for part in key:
            at = at.setdefault(part, {})
        for name, value in layer.items():
            here = (*key, name)
            if isinstance(value, dict):
                if not isinstance(at.get(name, {}), dict):
                    at[name] = {}
                at.setdefault(name, {})
                self._origins.setdefault(here, where)
                self._lay(here, value, where)
            else:
                at[name] = value
                self._origins[here] = where


def shown(value: Any) -> str:
    """Print a value as a person wrote it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return repr(str(value))


def near(name: str, known: Any) -> str:
    """Return a hint at a name that resembles this one, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else f", allowed are {', '.join(known)}"


def _spelled(name: str) -> str:
    return name.lower().replace("-", "_")


def _secrets_in_clear(raw: Any, key: Key = ()) -> Iterator[Key]:
    if isinstance(raw, dict):
        for name, value in raw.items():
            yield from _secrets_in_clear(value, (*key, str(name)))
    elif isinstance(raw, list):
        for number, value in enumerate(raw):
            name = value.get("name") if isinstance(value, dict) else None
            yield from _secrets_in_clear(value, (*key, str(name or number + 1)))
    elif key[-1].lower() in _SECRET_NAMES and raw and not str(raw).startswith(PREFIX):
        yield key
