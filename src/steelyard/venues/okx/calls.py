"""Requests to OKX's REST as they leave, their answers as they are opened, and lists page by page.

Rule 1: a request that changes something says when it stops being valid: by `expTime` where the
endpoint takes it, else by a timestamp so far back that OKX's own window ends at the same moment.
Rule 2: an answer is judged before its data are read; data that do not decode are `Unclear`.
Rule 3: a list is complete when its last page was short, or ended in what is known already; a page
that failed makes no list at all.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlencode

import msgspec

from steelyard.model.reports import Refusal, Unclear
from steelyard.venues.native.dialect import Addresses, Call, Credentials
from steelyard.venues.okx.errors import judge
from steelyard.venues.okx.numbers import MS_NS
from steelyard.venues.okx.signing import iso_ms, rest_headers
from steelyard.venues.okx.terms import VALIDITY_NS, WINDOW_NS, base_of
from steelyard.venues.okx.words import Envelope
from steelyard.wire.http import Answer

T = TypeVar("T")
Rows: TypeAlias = Generator[Call, Answer, list[T] | Refusal | Unclear]
"""Calls that end in rows, or in what went wrong."""

PAGE: Final = 100
PAGES_MAX: Final = 200

# They take `expTime`; conditional orders do not.
_EXPIRING: Final = frozenset(
    {
        "/api/v5/trade/order",
        "/api/v5/trade/batch-orders",
        "/api/v5/trade/amend-order",
        "/api/v5/trade/amend-batch-orders",
    }
)
_CREATING: Final = frozenset({"/api/v5/trade/order-algo"})
_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}


class Rest:
    """Writes calls for one address, signed where there are credentials."""

    def __init__(
        self, addresses: Addresses, credentials: Credentials | None,
        now_ns: Callable[[], int],
    ) -> None:  # fmt: skip
        """`now_ns` is the venue's time."""
        self._base, self._demo = base_of(addresses)
        self._credentials, self._now_ns = credentials, now_ns

    def now_ns(self) -> int:
        """Return the venue's time."""
        return self._now_ns()

    def get(self, path: str, **query: str | int) -> Call:
        """Write a question; empty values are left out."""
        told = {key: value for key, value in query.items() if value != ""}
        full = f"{path}?{urlencode(told)}" if told else path
        return self._call("GET", full, b"", changes=False)

    def post(self, path: str, body: Mapping[str, Any] | list[Any]) -> Call:
        """Write a request that changes something."""
        return self._call("POST", path, msgspec.json.encode(body), changes=True)

    def _call(self, method: str, path: str, body: bytes, *, changes: bool) -> Call:
        headers = {"Content-Type": "application/json"}
        if self._demo:
            headers["x-simulated-trading"] = "1"
        if self._credentials is not None:
            now_ns = self._now_ns()
            if path in _EXPIRING:
                headers["expTime"] = str((now_ns + VALIDITY_NS) // MS_NS)
            elif path in _CREATING:
                now_ns -= WINDOW_NS - VALIDITY_NS
            headers |= rest_headers(self._credentials, iso_ms(now_ns), method, path, body.decode())
        return Call(
            method=method, url=self._base + path, headers=headers, body=body, changes=changes
        )


def rows(call: Call, type_: type[T]) -> Rows[T]:
    """Ask, and read the rows of the answer."""
    answer = yield call
    return read_rows(answer, type_)


def read_rows(answer: Answer, type_: type[T]) -> list[T] | Refusal | Unclear:
    """Read the rows of an answer."""
    wrong = judge(answer)
    if wrong is not None:
        return wrong
    try:
        return decoded(answer.body, type_)
    except msgspec.MsgspecError as error:
        return Unclear(text=f"the answer does not decode: {error}")


def decoded(body: bytes, type_: type[T]) -> list[T]:
    """Decode the rows of an answer that was judged. Raises MsgspecError."""
    decoder = _DECODERS.get(type_)
    if decoder is None:
        decoder = _DECODERS[type_] = msgspec.json.Decoder(Envelope[type_])  # type: ignore[valid-type]
    data: list[T] = decoder.decode(body).data
    return data


def one(found: list[T] | Refusal | Unclear, what: str) -> T | Refusal | Unclear:
    """Return the only row, or what went wrong."""
    if isinstance(found, list):
        return found[0] if found else Unclear(text=f"the answer told no {what}")
    return found


def paged(
    ask: Callable[[str], Call], type_: type[T], name: Callable[[T], str],
    is_new: Callable[[T], bool] | None = None,
) -> Rows[T]:  # fmt: skip
    """Ask page after page, newest first, until one is short or ends in what is not new."""
    found: list[T] = []
    after = ""
    for _ in range(PAGES_MAX):
        page = yield from rows(ask(after), type_)
        if not isinstance(page, list):
            return page
        found += page if is_new is None else filter(is_new, page)
        if len(page) < PAGE or (is_new is not None and not is_new(page[-1])):
            return found
        after = name(page[-1])
    return Unclear(text=f"there were more than {PAGES_MAX} pages")
