"""HMAC (RFC 2104) with the key's part done once.

Rule: equal to the library's `hmac` for every key and text. It is on the way of each order, and the
library sets up a context for each text: twice the time, on cold caches 20 us.
"""

from functools import lru_cache
from hashlib import sha256, sha512
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["sha256", "sha512"]

_KINDS: Final[dict[str, Any]] = {"sha256": sha256, "sha512": sha512}
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


def keyed(kind: Kind, secret: str, text: str) -> bytes:
    """Return the digest of a text under a secret."""
    inner, outer = _begun(kind, secret)
    within, around = inner.copy(), outer.copy()
    within.update(text.encode())
    around.update(within.digest())
    digest: bytes = around.digest()
    return digest


@lru_cache(maxsize=256)
def _begun(kind: Kind, secret: str) -> tuple[Any, Any]:
    """Return both hashes with the key taken in."""
    begin, key = _KINDS[kind], secret.encode()
    size = begin().block_size
    if len(key) > size:
        key = begin(key).digest()
    key = key.ljust(size, b"\0")
    return begin(key.translate(_INNER)), begin(key.translate(_OUTER))
