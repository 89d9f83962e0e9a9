"""The keys of the vault: where they are kept, how they are named, how a new one comes first.

| where | how |
|---|---|
| variable STEELYARD_VAULT_KEY | base64 of 32 bytes; several, the newest first, with commas |
| the system's keyring | STEELYARD_VAULT_KEY=keyring; needs the package `keyring` |
| a file | vault.key beside the house's data, or the one STEELYARD_VAULT_KEY_FILE names |

Rule 1: the first key seals, all of them open: a key is replaced while both are there.
Rule 2: a key is named by the first digits of its hash, so that what it sealed says which one.
Rule 3: a file that others may read is refused; one that is made is its owner's alone.
"""

import base64
import hashlib
import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from steelyard.model.errors import ConfigurationError
from steelyard.services.settings.sealing import KEY_BYTES, key_of

KEY_VARIABLE: Final = "STEELYARD_VAULT_KEY"
FILE_VARIABLE: Final = "STEELYARD_VAULT_KEY_FILE"
KEYRING_WORD: Final = "keyring"
_SERVICE: Final = "steelyard"
_USER: Final = "vault"
_FOR_OTHERS: Final = 0o077
_OWNER_ONLY: Final = 0o600
_ID_DIGITS: Final = 12


class KeyRing:
    """Keys by name; the first seals. Prints nothing of them."""

    __slots__ = ("_keys", "where")

    def __init__(self, keys: list[bytes], where: str) -> None:
        """Hold keys, the newest first."""
        self._keys = {_id_of(key): key for key in keys}
        self.where = where

    @property
    def newest(self) -> str:
        """Return the name of the key that seals."""
        return next(iter(self._keys))

    def key(self, name: str) -> bytes | None:
        """Return a key by its name."""
        return self._keys.get(name)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"


class KeyPlace(Protocol):
    """Where keys are kept."""

    where: str
    """For people."""

    def read(self) -> str:
        """Return what is kept, "" for nothing."""
        ...

    def write(self, text: str) -> None:
        """Keep another text. Raises ConfigurationError where only a person can."""
        ...


class VariablePlace:
    """A variable of the environment: read, never written."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Use these variables."""
        self.where = f"the variable {KEY_VARIABLE}"
        self._text = environ.get(KEY_VARIABLE, "")

    def read(self) -> str:
        return self._text

    def write(self, text: str) -> None:
        raise ConfigurationError(
            f"{KEY_VARIABLE} can only be set from outside: put a new key before the old one, "
            "with a comma between them, then ask again"
        )


class FilePlace:
    """A file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        """Use this file, whether it exists or not."""
        self.where = str(path)
        self._path = path

    def read(self) -> str:
        try:
            if self._path.stat().st_mode & _FOR_OTHERS:
                raise ConfigurationError(f"{self.where} may be read by others: chmod 600 it")
            return self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.where} cannot be read: {error}") from None

    def write(self, text: str) -> None:
        write_private(self._path, text.encode("ascii"))


class KeyringPlace:
    """The keyring of the system."""

    def __init__(self, keyring: Any) -> None:
        """Use the package `keyring`, or what behaves like it."""
        self.where = "the system's keyring"
        self._keyring = keyring

    def read(self) -> str:
        return str(self._keyring.get_password(_SERVICE, _USER) or "")

    def write(self, text: str) -> None:
        self._keyring.set_password(_SERVICE, _USER, text)


def place_of(
    environ: Mapping[str, str], folder: Path, *,
    load: Callable[[str], Any] = importlib.import_module,
) -> KeyPlace:  # fmt: skip
    """Return where this house's keys are kept."""
    told = environ.get(KEY_VARIABLE, "").strip()
    if told == KEYRING_WORD:
        try:
            return KeyringPlace(load("keyring"))
        except ImportError:
            raise ConfigurationError(
                f"{KEY_VARIABLE} was {KEYRING_WORD}, which needs the package keyring: install it, "
                "or set the variable to base64 of 32 bytes"
            ) from None
    if told:
        return VariablePlace(environ)
    named = environ.get(FILE_VARIABLE, "")
    return FilePlace(Path(named).expanduser() if named else folder / "vault.key")


def ring_of(place: KeyPlace) -> KeyRing | None:
    """Return the keys of a place; None: there are none yet."""
    texts = [one for one in place.read().replace(",", "\n").split("\n") if one.strip()]
    return KeyRing([key_of(one, place.where) for one in texts], place.where) if texts else None


def ring_made(place: KeyPlace, fresh: Callable[[int], bytes]) -> tuple[KeyRing, str]:
    """Return the keys of a place, the first one made now if need be, and then a warning."""
    found = ring_of(place)
    if found is not None:
        return found, ""
    key = fresh(KEY_BYTES)
    place.write(_spelled(key))
    return KeyRing([key], place.where), (
        f"a key was made in {place.where}: it opens every credential of this house; keep a copy "
        "in a safe place, without it they are lost"
    )


def put_first(place: KeyPlace, fresh: Callable[[int], bytes]) -> KeyRing:
    """Make a new key and put it before the others."""
    place.write(_spelled(fresh(KEY_BYTES)) + place.read())
    made = ring_of(place)
    assert made is not None
    return made


def drop_others(place: KeyPlace) -> None:
    """Keep the first key alone: nothing is sealed with the others any more."""
    first = next(one for one in place.read().split("\n") if one.strip())
    place.write(first.strip() + "\n")


def write_private(path: Path, body: bytes) -> None:
    """Write a file that only its owner may read: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Its rights are set before its first byte; an old file's would be kept.
        aside.unlink(missing_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


def _spelled(key: bytes) -> str:
    return base64.b64encode(key).decode() + "\n"


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"steelyard vault key" + key).hexdigest()[:_ID_DIGITS]
