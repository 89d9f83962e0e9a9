"""Asking a running house: one request, one answer."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Link, Streams


class _Asking:
    """Connects, asks, and ends with the answer or with what went wrong."""

    def __init__(self, address: str, op: str, values: Mapping[str, Any], patience_s: int) -> None:
        self._address = address
        self._body = msgspec.json.encode({"id": 1, "op": op, **values})
        self._patience_ns = patience_s * 1_000_000_000
        self._finish: Callable[[], None]
        self.answer: dict[str, Any] | None = None
        self.reached = False

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self._finish = finish
        streams.dial(self._address, self)
        scheduler.after(self._patience_ns, finish)

    def interrupted(self) -> None:
        self._finish()

    def opened(self, link: Link) -> None:
        self.reached = True
        link.send(self._body)

    def frame(self, link: Link, body: bytes) -> None:
        self.answer = msgspec.json.decode(body)
        self._finish()

    def closed(self, link: Link | None, reason: str) -> None:
        self._finish()


def ask(
    address: str, op: str, values: Mapping[str, Any], *, patience_s: int = 60
) -> dict[str, Any] | None:
    """Return a running house's answer; None: no house answers at that address."""
    asking = _Asking(address, op, values, patience_s)
    run_loop(asking)
    if asking.answer is None and asking.reached:
        return {"error": f"the house did not answer within {patience_s} s"}
    return asking.answer
