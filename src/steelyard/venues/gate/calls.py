"""Requests to Gate, signed, and their answers: one, or all pages of a list.

Rule 1: queries are written here only from words of the venue and from numbers, so nothing in them
has to be escaped and what is signed is what is sent.
Rule 2: what creates or amends says until when it may be done (`terms`, rule 2).
Rule 3: a refusal or an answer that does not decode ends the conversation with itself (`Halt`).
Rule 4: a list is complete when a page came that was not full. Who cannot get there says so and
returns nothing.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, TypeVar

from steelyard.model.reports import Refusal, Reply, Unclear
from steelyard.venues.gate import errors, words
from steelyard.venues.gate.orders import encode
from steelyard.venues.gate.signing import headers
from steelyard.venues.gate.terms import AGED_S, EXPIRES_MS, PAGES_MAX, PREFIX, REST
from steelyard.venues.native.dialect import Addresses, Call, Credentials, Steps
from steelyard.wire.http import Answer

_SECOND_NS: Final = 1_000_000_000
_MILLI_NS: Final = 1_000_000
ANYTHING: Final = words.decoder(Any)

T = TypeVar("T")
Ask = Generator[Call, Answer, T]


class Halt(Exception):
    """The conversation ends with this reply."""

    def __init__(self, reply: Refusal | Unclear) -> None:
        """Carry the reply."""
        super().__init__(reply.text)
        self.reply = reply


class Caller:
    """Writes the calls of one account."""

    def __init__(
        self, addresses: Addresses, credentials: Credentials, now_ns: Callable[[], int]
    ) -> None:
        """Sign with these; `now_ns` is the venue's time."""
        self._base = addresses.rest[REST].rstrip("/")
        self._credentials = credentials
        self.now_ns = now_ns

    def seconds(self) -> int:
        """Return the venue's time in whole seconds."""
        return self.now_ns() // _SECOND_NS

    def read(self, path: str, **query: Any) -> Call:
        """Ask for something of the account."""
        return self._call("GET", path, _text(query), b"", self.seconds(), changes=False)

    def public(self, path: str, **query: Any) -> Call:
        """Ask for something of the market."""
        return public_call(self._base, path, **query)

    def change(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None,
        expires: bool = False, aged: bool = False,
    ) -> Call:  # fmt: skip
        """Change something. `expires`: with a deadline of its own; `aged`: by an old timestamp."""
        content = b"" if body is None else encode(body)
        at = self.seconds() - (AGED_S if aged else 0)
        more = {"x-gate-exptime": self.deadline()} if expires else {}
        return self._call(method, path, _text(query or {}), content, at, changes=True, more=more)

    def deadline(self) -> str:
        """Return the moment after which a create shall not be done any more."""
        return str(self.now_ns() // _MILLI_NS + EXPIRES_MS)

    def _call(
        self, method: str, path: str, query: str, body: bytes, at: int, *, changes: bool,
        more: dict[str, str] | None = None,
    ) -> Call:  # fmt: skip
        full = PREFIX + path
        signed = headers(self._credentials, method, full, query, body, str(at))
        return Call(
            method=method,
            url=f"{self._base}{full}?{query}" if query else self._base + full,
            headers=signed | (more or {}),
            body=body,
            changes=changes,
        )


def public_call(base: str, path: str, **query: Any) -> Call:
    """Return a call that needs no signature."""
    text = _text(query)
    full = base.rstrip("/") + PREFIX + path
    accept = {"Accept": "application/json", "X-Gate-Size-Decimal": "1"}
    return Call(method="GET", url=f"{full}?{text}" if text else full, headers=accept)


def ask(call: Call, decoder: Any, now_ns: Callable[[], int]) -> Ask[Any]:
    """Ask once. Raises Halt."""
    answer = yield call
    value = errors.read(answer, decoder, now_ns())
    if isinstance(value, (Refusal, Unclear)):
        raise Halt(value)
    return value


def pages(
    write: Callable[[int], Call], decoder: Any, size: int, now_ns: Callable[[], int],
    most: int = PAGES_MAX,
) -> Ask[tuple[list[Any], bool]]:  # fmt: skip
    """Ask for pages 0, 1, … until one is not full; return the rows and whether that came."""
    rows: list[Any] = []
    for number in range(most):
        page = yield from ask(write(number), decoder, now_ns)
        rows.extend(page)
        if len(page) < size:
            return rows, True
    return rows, False


def steps(conversation: Ask[Reply]) -> Steps:
    """Run a conversation that may end by `Halt`."""
    try:
        return (yield from conversation)
    except Halt as halt:
        return halt.reply


def _text(query: Mapping[str, Any]) -> str:
    # A trailing underscore keeps a name apart from Python's own (`from_`).
    return "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
