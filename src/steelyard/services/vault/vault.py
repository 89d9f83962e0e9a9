"""The vault: one file of sealed credentials beside the house's data.

Rule 1: the file is written whole, by one writer at a time, and only its owner may read it.
Rule 2: an account has one entry; it is replaced only where that is asked for.
Rule 3: who only wants to know which accounts there are needs no key.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.services.vault.entries import Entry, Opened, Place, open_entry, rewrap, seal_entry
from steelyard.services.vault.keys import (
    KeyPlace,
    KeyRing,
    drop_others,
    place_of,
    put_first,
    ring_made,
    ring_of,
    write_private,
)

VERSION: Final = 1
NAME_MAX: Final = 40
_FOR_OTHERS: Final = 0o077


class _File(Struct, frozen=True, kw_only=True):
    version: int = VERSION
    accounts: tuple[Entry, ...] = ()


class Vault:
    """The credentials of one house."""

    def __init__(self, folder: Path, keys: KeyPlace, fresh: Callable[[int], bytes]) -> None:
        """Use the file vault.json of a folder; nothing is read yet."""
        self.path = folder / "vault.json"
        self._keys, self._fresh = keys, fresh

    def places(self) -> tuple[Place, ...]:
        """Name all accounts."""
        return tuple(entry.place for entry in self._read().accounts)

    def add(self, opened: Opened, *, replace: bool = False) -> str:
        """Seal and keep credentials; return a warning where the first key was made, else ""."""
        name = opened.place.account
        _check_name(name)
        with self._alone():
            kept = self._read().accounts
            if any(one.place.account == name for one in kept) and not replace:
                raise ConfigurationError(
                    f"account {name} is there already; add it with --replace, or remove it first"
                )
            ring, warning = self._ring_for(kept)
            entry = seal_entry(opened, ring, self._fresh)
            self._write((*(one for one in kept if one.place.account != name), entry))
        return warning

    def open(self, account: str) -> Opened:
        """Return an account's credentials."""
        for entry in self._read().accounts:
            if entry.place.account == account:
                return open_entry(entry, self._ring())
        raise ConfigurationError(
            f"the vault has no account {account}, "
            + (f"there are {', '.join(p.account for p in self.places())}" if self.places()
               else "it is empty: `steelyard account add` adds one")
        )  # fmt: skip

    def masked(self) -> dict[str, str]:
        """Return the last four characters of each account's key, "" where it does not open."""
        ring = ring_of(self._keys)
        shown: dict[str, str] = {}
        for entry in self._read().accounts:
            try:
                key = "" if ring is None else open_entry(entry, ring).credentials.key
            except ConfigurationError:
                key = ""
            shown[entry.place.account] = f"…{key[-4:]}" if len(key) > 8 else "…" * bool(key)  # noqa: PLR2004 - half of a short key would be too much
        return shown

    def remove(self, account: str) -> None:
        """Forget an account's credentials."""
        with self._alone():
            kept = self._read().accounts
            left = tuple(one for one in kept if one.place.account != account)
            if len(left) == len(kept):
                raise ConfigurationError(f"the vault has no account {account}")
            self._write(left)

    def rotate(self) -> str:
        """Seal everything with a new key, which is made unless one stands first already.

        Killed at any moment, every entry opens: the old key goes when nothing needs it. Returns
        the new key's name.
        """
        with self._alone():
            kept = self._read().accounts
            ring = self._ring()
            waiting = [one for one in kept if one.key != ring.newest]
            if not waiting:  # else an earlier try, or a person, has put a new key first
                ring = put_first(self._keys, self._fresh)
            self._write(tuple(rewrap(one, ring, self._fresh) for one in kept))
            try:
                drop_others(self._keys)
            except ConfigurationError:
                if not waiting:
                    raise
                # A variable of the environment is its owner's to shorten.
            return ring.newest

    def __repr__(self) -> str:
        return f"Vault({self.path})"

    # --- inside ----------------------------------------------------------------------------------

    def _ring(self) -> KeyRing:
        ring = ring_of(self._keys)
        if ring is None:
            raise ConfigurationError(
                f"the vault's key is missing: there is none in {self._keys.where}"
            )
        return ring

    def _ring_for(self, kept: tuple[Entry, ...]) -> tuple[KeyRing, str]:
        # A second key beside lost credentials would hide that the first one is missing.
        return (self._ring(), "") if kept else ring_made(self._keys, self._fresh)

    def _read(self) -> _File:
        try:
            if self.path.stat().st_mode & _FOR_OTHERS:
                raise ConfigurationError(f"{self.path} may be read by others: chmod 600 it")
            found = msgspec.json.decode(self.path.read_bytes(), type=_File)
        except FileNotFoundError:
            return _File()
        except msgspec.MsgspecError:
            raise ConfigurationError(f"{self.path} is damaged: take it from a backup") from None
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be read: {error.strerror}") from None
        if found.version != VERSION:
            raise ConfigurationError(
                f"{self.path} is of version {found.version}, this program reads {VERSION}"
            )
        return found

    def _write(self, accounts: tuple[Entry, ...]) -> None:
        body = msgspec.json.format(msgspec.json.encode(_File(accounts=accounts)), indent=1)
        write_private(self.path, body + b"\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(".vault.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def open_vault(folder: Path, environ: Mapping[str, str], fresh: Callable[[int], bytes]) -> Vault:
    """Return the vault of a house."""
    return Vault(folder, place_of(environ, folder), fresh)


def _check_name(name: str) -> None:
    plain = name.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and name == name.lower()) or len(name) > NAME_MAX:
        raise ConfigurationError(
            f"account was {name!r}, allowed are 1 to {NAME_MAX} of a-z, 0-9, - and _"
        )
