"""The control socket: what the command line asks of a running house.

Rule 1: a frame is a JSON object: `{"id": 1, "op": "status", …}` gets `{"id": 1, …}` once.
Rule 2: only the owner of the house can connect: the socket's file is private.
Rule 3: what is no request is answered in a sentence; the connection stays.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from steelyard.wire.streams import Link, Streams

Answer: TypeAlias = Callable[[dict[str, Any]], None]
Ask: TypeAlias = Callable[[str, Mapping[str, Any], Answer], None]

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Control:
    """Serves one house."""

    def __init__(self, ask: Ask, failed: Callable[[str], None]) -> None:
        """`failed` hears why the socket cannot be served."""
        self._ask, self._failed = ask, failed
        self._open: set[int] = set()

    def serve(self, streams: Streams, address: str) -> None:
        """Take connections at `address`."""
        streams.serve(address, self, _nothing)

    def opened(self, link: Link) -> None:
        """A connection stands."""
        self._open.add(id(link))

    def closed(self, link: Link | None, reason: str) -> None:
        """A connection ended, or none came about."""
        if link is None:
            self._failed(reason)
        else:
            self._open.discard(id(link))

    def frame(self, link: Link, body: bytes) -> None:
        """Do what is asked."""
        try:
            asked = _decode(body)
        except msgspec.DecodeError as error:
            link.send(_encode({"error": f"a request is one JSON object: {error}"}))
            return
        number = asked.pop("id", 0)

        def answer(values: dict[str, Any]) -> None:
            if id(link) in self._open:
                link.send(_encode({"id": number, **values}))

        self._ask(str(asked.pop("op", "")), asked, answer)


def _nothing(_: str) -> None:
    """Do nothing: nobody waits for the address."""
