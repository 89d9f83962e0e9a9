"""Secrets: sealed with AES-256-GCM, bound to where they belong, never printed.

Rule 1: a sealed text opens only with its key, environment, account and field: copied to another
place it is worthless. Whoever could not open it learns nothing else.
Rule 2: a nonce is used once; it is given, since chance lives in `wire`.
Rule 3: a key is 32 bytes, from the environment or from a file that only its owner may read.
"""

import base64
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from steelyard.model.errors import ConfigurationError

PREFIX: Final = "sealed:v1:"
KEY_VARIABLE: Final = "STEELYARD_SECRET_KEY"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_FOR_OTHERS: Final = 0o077


class Secret:
    """A text that is shown to nobody by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide a text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one who signs with it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret would be a trace of it


def seal(text: str, key: bytes, *, nonce: bytes, environment: str, account: str, field: str) -> str:
    """Seal a secret for one field of one account in one environment."""
    sealed = encrypt(text.encode(), key, nonce=nonce, place=(environment, account, field))
    return PREFIX + base64.b64encode(sealed).decode()


def open_sealed(sealed: str, key: bytes, *, environment: str, account: str, field: str) -> Secret:
    """Open what `seal` gave, or refuse in a sentence that tells nothing about it."""
    where = f"accounts.{account}.{field}"
    try:
        raw = base64.b64decode(sealed.removeprefix(PREFIX), validate=True)
        if not sealed.startswith(PREFIX) or len(raw) <= NONCE_BYTES:
            raise ConfigurationError(
                f"{where} is not sealed, allowed is a text that begins {PREFIX}"
            )
        return Secret(decrypt(raw, key, place=(environment, account, field)).decode())
    except ValueError:  # no base64, no text
        raise ConfigurationError(f"{where} is damaged: seal it again") from None
    except InvalidTag:
        raise ConfigurationError(
            f"{where} does not open: it was damaged, or sealed with another key, or for another "
            f"account, field or environment than {environment or 'none'}"
        ) from None


def encrypt(plain: bytes, key: bytes, *, nonce: bytes, place: tuple[str, ...]) -> bytes:
    """Return the nonce and what it sealed, bound to a place in any number of words."""
    if len(nonce) != NONCE_BYTES:
        raise ConfigurationError(f"a nonce had {len(nonce)} bytes, allowed are {NONCE_BYTES}")
    return nonce + _cipher(key).encrypt(nonce, plain, _bound(place))


def decrypt(sealed: bytes, key: bytes, *, place: tuple[str, ...]) -> bytes:
    """Open what `encrypt` gave. Raises InvalidTag for another key, another place, any change."""
    return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(place))


def read_key(environ: Mapping[str, str], file: Path | None = None) -> bytes | None:
    """Return the key of the environment, else that of the file; None: there is neither."""
    text = environ.get(KEY_VARIABLE, "")
    if text:
        return key_of(text, KEY_VARIABLE)
    if file is None:
        return None
    try:
        if file.stat().st_mode & _FOR_OTHERS:
            raise ConfigurationError(f"{file} may be read by others: chmod 600 {file}")
        return key_of(file.read_text(encoding="ascii"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None


def key_of(text: str, where: str) -> bytes:
    """Read a key as it is written, or refuse it without repeating it."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"the key in {where} is none, allowed are {KEY_BYTES} bytes written as base64"
        )
    return key


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"a key had {len(key)} bytes, allowed are {KEY_BYTES}")
    return AESGCM(key)


def _bound(place: tuple[str, ...]) -> bytes:
    # Lengths first: ("a", "bc") and ("ab", "c") are different places.
    parts = [part.encode() for part in ("steelyard", *place)]
    return b"".join(len(part).to_bytes(4) + part for part in parts)
