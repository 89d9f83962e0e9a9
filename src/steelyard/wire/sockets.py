"""WebSockets to venues: text out, text in, by calls from the loop's thread.

Rule 1: nothing blocks and nothing is awaited; a socket never comes back by itself.
Rule 2: `send` says whether the text was handed over; after it said False nothing of it left.
Rule 3: the peer's protocol pings are answered here; what a venue calls ping in its own words is
the business of who speaks to it.
"""

from collections.abc import Mapping
from typing import Protocol


class Socket(Protocol):
    """One connection."""

    def send(self, text: bytes) -> bool:
        """Send a text frame; False: closed, closing, or the peer reads too little; nothing left."""
        ...

    def ping(self) -> None:
        """Send a protocol ping; the pong is told as `alive`."""
        ...

    def close(self) -> None:
        """Close; `closed` is not told."""
        ...


class SocketEars(Protocol):
    """Who hears what happens on a socket."""

    def opened(self, socket: Socket) -> None:
        """The handshake is done."""
        ...

    def said(self, socket: Socket, body: bytes) -> None:
        """A text or binary frame came, whole."""
        ...

    def alive(self, socket: Socket) -> None:
        """A protocol ping or pong came."""
        ...

    def closed(self, socket: Socket | None, reason: str) -> None:
        """The connection ended, or (None) none came about."""
        ...


class SocketDialer(Protocol):
    """Who makes connections."""

    def dial(self, url: str, ears: SocketEars, headers: Mapping[str, str] | None = None) -> None:
        """Connect; what comes of it is told to `ears`, never within this call."""
        ...
