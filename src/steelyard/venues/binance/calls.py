"""Requests to Binance, signed and stamped, and what the parts of a conversation end with.

Rule 1: every signed request carries `recvWindow` and the venue's time at which it was made.
Rule 2: fields of reads and deletes travel in the address, those of creates and changes in the body.
"""

from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from steelyard.model.reports import Refusal, Unclear
from steelyard.venues.binance.signing import encoded, sign_query, socket_signature
from steelyard.venues.binance.terms import RECV_WINDOW_MS, Product
from steelyard.venues.native.dialect import Addresses, Call, Credentials
from steelyard.wire.http import Answer

Fields: TypeAlias = dict[str, str | int]
_FORM: Final = "application/x-www-form-urlencoded"
_IN_BODY: Final = frozenset({"POST", "PUT"})
WALLET: Final = "wallet"
NONE: Final[Mapping[str, str | int]] = MappingProxyType({})

T = TypeVar("T")
Part: TypeAlias = Generator[Call, Answer, T | Refusal | Unclear]
"""A part of a conversation: its value, or why there is none."""

FAILED: Final = (Refusal, Unclear)
PAGE: Final = 1000


class Caller:
    """Writes the requests of one account."""

    def __init__(
        self, addresses: Addresses, credentials: Credentials, now_ns: Callable[[], int]
    ) -> None:
        """`now_ns` returns the venue's time."""
        self._rest = addresses.rest
        self._credentials = credentials
        self.now_ns: Final = now_ns

    def signed(
        self, place: Product | str, method: str, path: str, fields: Mapping[str, str | int] = NONE,
        *, changes: bool = False,
    ) -> Call:  # fmt: skip
        """Write a request that only the account may make."""
        full = {**fields, "recvWindow": RECV_WINDOW_MS, "timestamp": self.now_ns() // 1_000_000}
        return self._call(place, method, path, sign_query(self._credentials.secret, full), changes)

    def keyed(self, place: Product, method: str, path: str) -> Call:
        """Write a request that needs the key and no signature."""
        return self._call(place, method, path, "", changes=False)

    def socket_fields(self, fields: Mapping[str, str | int]) -> Fields:
        """Return the parameters of a request on a WebSocket API, signed."""
        full: Fields = {
            **fields, "apiKey": self._credentials.key, "recvWindow": RECV_WINDOW_MS,
            "timestamp": self.now_ns() // 1_000_000,
        }  # fmt: skip
        full["signature"] = socket_signature(self._credentials.secret, full)
        return full

    def has(self, place: str) -> bool:
        """Say whether this environment has such an address."""
        return place in self._rest

    def _call(self, place: str, method: str, path: str, text: str, changes: bool) -> Call:
        url, headers = self._rest[place] + path, {"X-MBX-APIKEY": self._credentials.key}
        if method in _IN_BODY:
            return Call(
                method=method, url=url, headers={**headers, "Content-Type": _FORM},
                body=text.encode(), changes=changes,
            )  # fmt: skip
        return Call(
            method=method, url=f"{url}?{text}" if text else url, headers=headers, changes=changes
        )


def public(addresses: Addresses, place: Product, path: str, fields: Fields | None = None) -> Call:
    """Write a request that anybody may make."""
    url = addresses.rest[place] + path
    return Call(method="GET", url=f"{url}?{encoded(fields)}" if fields else url, headers={})
