"""One account's credentials as they lie in the vault: sealed, and bound to whose they are.

Rule 1: every write draws a key of its own for the credentials, used once, and seals that key with
the vault's: replacing the vault's key touches no credential.
Rule 2: owner, account, venue and environment are bound into both seals: an entry that is moved,
renamed or mixed with another opens no more. Addresses lie inside, so that nobody can send a key
elsewhere by editing a file.
Rule 3: whoever cannot open an entry is told which account, and nothing of what is in it.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.services.settings.sealing import KEY_BYTES, NONCE_BYTES, decrypt, encrypt
from steelyard.services.vault.keys import KeyRing
from steelyard.venues.native.dialect import Addresses, Credentials

_SCHEME: Final = "vault-1"


class Place(Struct, frozen=True, kw_only=True):
    """Whose credentials, and where they hold; all of it is bound into the seal."""

    owner: str = ""
    """Empty: the house's own."""
    account: str
    venue: str
    environment: str

    @property
    def words(self) -> tuple[str, ...]:
        """Return what is bound."""
        return (_SCHEME, self.owner, self.account, self.venue, self.environment)


class Opened(Struct, frozen=True, kw_only=True):
    """What an entry holds. Its repr shows no secret, since its parts show none."""

    place: Place
    credentials: Credentials
    addresses: Addresses | None = None
    """None: those the venue's environment has."""


class Entry(Struct, frozen=True, kw_only=True):
    """What lies in the file."""

    place: Place
    key: str
    """The name of the vault's key that opens `wrapped`."""
    wrapped: str
    sealed: str


class _Inside(Struct, frozen=True, kw_only=True):
    key: str
    secret: str
    passphrase: str = ""
    rest: dict[str, str] | None = None
    ws: dict[str, str] | None = None

    def __repr__(self) -> str:
        return "_Inside(…)"


def seal_entry(opened: Opened, ring: KeyRing, fresh: Callable[[int], bytes]) -> Entry:
    """Seal credentials with a key of their own."""
    place, said = opened.place, opened.credentials
    inside = _Inside(
        key=said.key, secret=said.secret, passphrase=said.passphrase,
        rest=None if opened.addresses is None else dict(opened.addresses.rest),
        ws=None if opened.addresses is None else dict(opened.addresses.ws),
    )  # fmt: skip
    own = fresh(KEY_BYTES)
    sealed = encrypt(msgspec.json.encode(inside), own, nonce=fresh(NONCE_BYTES), place=place.words)
    return _wrapped(place, own, b64encode(sealed).decode(), ring, fresh)


def open_entry(entry: Entry, ring: KeyRing) -> Opened:
    """Open an entry, or refuse in a sentence that tells nothing about it."""
    own = _own_key(entry, ring)
    try:
        plain = decrypt(b64decode(entry.sealed, validate=True), own, place=entry.place.words)
        inside = msgspec.json.decode(plain, type=_Inside)
    except (InvalidTag, ValueError):  # what is no base64 and no JSON are ValueErrors, too
        raise _closed(entry) from None
    return Opened(
        place=entry.place,
        credentials=Credentials(key=inside.key, secret=inside.secret, passphrase=inside.passphrase),
        addresses=None
        if inside.rest is None
        else Addresses(rest=inside.rest, ws=inside.ws or {}),
    )  # fmt: skip


def rewrap(entry: Entry, ring: KeyRing, fresh: Callable[[int], bytes]) -> Entry:
    """Seal an entry's own key with the newest key of the ring; the credentials stay as they are."""
    if entry.key == ring.newest:
        return entry
    return _wrapped(entry.place, _own_key(entry, ring), entry.sealed, ring, fresh)


def _wrapped(
    place: Place, own: bytes, sealed: str, ring: KeyRing, fresh: Callable[[int], bytes]
) -> Entry:
    key = ring.key(ring.newest)
    assert key is not None
    wrapped = encrypt(own, key, nonce=fresh(NONCE_BYTES), place=(*place.words, ring.newest))
    return Entry(place=place, key=ring.newest, wrapped=b64encode(wrapped).decode(), sealed=sealed)


def _own_key(entry: Entry, ring: KeyRing) -> bytes:
    key = ring.key(entry.key)
    if key is None:
        raise ConfigurationError(
            f"the credentials of account {entry.place.account} were sealed with key {entry.key}, "
            f"which is not in {ring.where}: bring it back, or add the account again"
        )
    try:
        wrapped = b64decode(entry.wrapped, validate=True)
        return decrypt(wrapped, key, place=(*entry.place.words, entry.key))
    except (InvalidTag, ValueError):
        raise _closed(entry) from None


def _closed(entry: Entry) -> ConfigurationError:
    return ConfigurationError(
        f"the credentials of account {entry.place.account} do not open: the vault was changed by "
        "another hand; remove the account and add it again"
    )
