"""HTTP requests to venues: one call out, one call back.

Rule 1: an answer of any status is an `Answer`; whoever asked reads it.
Rule 2: where no answer came, `Failure.left` says whether a byte of the request may have left: name
resolution, connecting and TLS come before any byte of it.
Rule 3: nothing is retried and no redirect is followed: both could send a create twice.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

AGENT: Final = "steelyard"
"""Who asks; some venues' gateways let nobody in without a name."""


class Answer(NamedTuple):
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Failure(NamedTuple):
    """Nothing came back, or only a part."""

    left: bool
    text: str


class Http(Protocol):
    """Who makes requests."""

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *,
        deadline_ns: int, heard: Callable[[Answer | Failure], None],
    ) -> None:  # fmt: skip
        """Send a request; `heard` is called once, from the loop, never within this call."""
        ...

    def close(self) -> None:
        """End every connection; who still waits is not called any more."""
        ...
