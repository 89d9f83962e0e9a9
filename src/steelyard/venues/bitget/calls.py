"""Calls: requests as they leave, and answers as they are opened.

Rule 1: what is signed is what leaves. Signing happens when a call is sent, by the venue's clock.
Rule 2: a page that is full may have a successor: pages are asked for until one is not.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlencode

import msgspec

from steelyard.model.reports import Refusal, Reply, Success, Unclear
from steelyard.venues.bitget.errors import SERVER_ERROR, Data, reading, shown
from steelyard.venues.bitget.numbers import MS_NS
from steelyard.venues.bitget.signing import rest_headers
from steelyard.venues.bitget.terms import base_of
from steelyard.venues.native.dialect import Addresses, Call, Credentials, Steps
from steelyard.wire.http import Answer

Asked: TypeAlias = Generator[Call, Answer, Data | Refusal | Unclear]
PAGE: Final = 100
PAGES_MAX: Final = 200
T = TypeVar("T")


class Fault(Exception):
    """A conversation ends with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Caller:
    """Makes the calls of one account, or (without credentials) public ones."""

    def __init__(
        self, addresses: Addresses, credentials: Credentials | None, now_ns: Callable[[], int]
    ) -> None:
        """`now_ns` is the venue's time."""
        self._base, self._demo = base_of(addresses)
        self._credentials, self._now_ns = credentials, now_ns

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Asked:
        """Read something."""
        full = f"{path}?{urlencode(query)}" if query else path
        answer = yield self._call("GET", full, "", changes=False)
        return reading(answer)

    def post(
        self, path: str, body: Mapping[str, Any], *, changes: bool = True, whole: bool = False
    ) -> Asked:
        """Change something. `whole`: of many things at once, of which a 5xx tells nothing."""
        text = msgspec.json.encode(body).decode()
        answer = yield self._call("POST", path, text, changes=changes)
        if whole and answer.status >= SERVER_ERROR:
            return Unclear(text=f"HTTP {answer.status}: {shown(answer.body)}")
        return reading(answer)

    def _call(self, method: str, path: str, body: str, *, changes: bool) -> Call:
        if self._credentials is None:
            headers = {"paptrading": "1"} if self._demo else {}
        else:
            timestamp = str(self._now_ns() // MS_NS)
            headers = rest_headers(
                self._credentials, timestamp, method, path, body, demo=self._demo
            )
        return Call(
            method=method, url=self._base + path, headers=headers, body=body.encode(),
            changes=changes,
        )  # fmt: skip


def good(found: Data | Refusal | Unclear) -> Data:
    """Return the data; end the conversation with what is none."""
    if not isinstance(found, Data):
        raise Fault(found)
    return found


def decoded(data: Data, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode an answer's data; end the conversation where it does not decode."""
    try:
        return decoder.decode(data.raw)
    except ValueError as error:
        raise Fault(
            Unclear(text=f"the answer does not decode: {error}: {shown(bytes(data.raw))}")
        ) from None


def told(steps: Generator[Call, Answer, Any]) -> Steps:
    """Run a conversation that may end by `Fault`, and make its value a Success."""
    try:
        value = yield from steps
    except Fault as fault:
        return fault.reply
    except ValueError as error:
        # A number or word inside of a decoded answer that nobody understands.
        return Unclear(text=str(error))
    return Success(value=value)


def too_many(what: str) -> Unclear:
    """Say that a list has more pages than are read."""
    return Unclear(text=f"{what}: there are more than {PAGE * PAGES_MAX} rows")
