"""Asking a running house the same thing again and again, until enough was seen.

Rule 1: one request is under way at a time; a house that is slow is not asked twice.
Rule 2: a house that is gone, or not there yet, is told as None; the next turn tries again.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Link, Streams

Seen: TypeAlias = Callable[[dict[str, Any] | None], bool]
"""Is given each answer (None: no house answers); True: it is enough."""


class _Following:
    """Asks every `period_ns`."""

    def __init__(
        self, address: str, op: str, values: Mapping[str, Any], seen: Seen, period_ns: int
    ) -> None:
        self._address, self._seen, self._period_ns = address, seen, period_ns
        self._body = msgspec.json.encode({"id": 1, "op": op, **values})
        self._link: Link | None = None
        self._asked = False
        self._over = False
        self._scheduler: LoopScheduler
        self._streams: Streams
        self._finish: Callable[[], None]

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self._scheduler, self._streams, self._finish = scheduler, streams, finish
        self._ask()

    def interrupted(self) -> None:
        self._over = True
        self._finish()

    def _ask(self) -> None:
        if self._over:
            return
        if self._link is None:
            self._asked = True
            self._streams.dial(self._address, self)
        elif not self._asked:
            self._asked = True
            self._link.send(self._body)
        self._scheduler.after(self._period_ns, self._ask)

    def _see(self, answer: dict[str, Any] | None) -> None:
        self._asked = False
        if not self._over and self._seen(answer):
            self.interrupted()

    def opened(self, link: Link) -> None:
        self._link = link
        link.send(self._body)

    def frame(self, link: Link, body: bytes) -> None:
        self._see(msgspec.json.decode(body))

    def closed(self, link: Link | None, reason: str) -> None:
        self._link = None
        self._see(None)


def follow(address: str, op: str, values: Mapping[str, Any], seen: Seen, *, period_ns: int) -> None:
    """Ask until `seen` says that it is enough, or a person interrupts."""
    run_loop(_Following(address, op, values, seen, period_ns))
