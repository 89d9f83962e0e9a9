"""What a venue folder's `tools` module offers to the command line and to tests.

Rule: signing and decoding go by the very code that trades; nothing is sent.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct


class Unsigned(Struct, frozen=True, kw_only=True):
    """A request for `steelyard venue sign`; `timestamp` as the venue spells it."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    key: str
    secret: str
    passphrase: str = ""
    timestamp: str = ""


class Tools(Protocol):
    """What a venue folder's `tools` module offers to the command line and to tests."""

    def sign(self, request: Unsigned) -> Mapping[str, Any]:
        """Return {"url": path with query, "headers": …, "body": …, "signature": …}."""
        ...

    def decode_rest(self, request: str, body: bytes) -> Any:
        """Decode the answer to `GET /path` by the same code the venue uses; plain values."""
        ...

    def decode_ws(self, body: bytes) -> Any:
        """Decode one frame."""
        ...
