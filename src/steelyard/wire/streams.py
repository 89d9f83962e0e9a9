"""Framed bytes over a local socket: a unix path or a TCP address of this machine.

Rule 1: a frame is four bytes of length, little end first, and so many bytes; at most `FRAME_MAX`.
Rule 2: everything is told by calls from the loop's thread; nothing blocks and nothing is awaited.
Rule 3: a frame is handed to the socket only when the socket holds nothing back, so `left` counts
exactly the frames of which a byte may have left; those sent later have surely not.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, cast

FRAME_MAX: Final = 16 * 2**20

_HEAD: Final = 4
_HAND: Final = 256 * 2**10
_DIAL_S: Final = 5.0
_PATH_MAX: Final = 100


class Link(Protocol):
    """One connection."""

    left: int
    """How many frames have begun to leave."""
    waiting: int
    """Bytes of frames that have not."""

    def send(self, body: bytes) -> int:
        """Send a frame; return its number, from 1. On a closed link nothing leaves."""
        ...

    def close(self, *, now: bool = False) -> None:
        """End the connection, after what waits or (`now`) without it."""
        ...


class Ears(Protocol):
    """Who hears what happens on links."""

    def opened(self, link: Link) -> None:
        """A connection stands."""
        ...

    def frame(self, link: Link, body: bytes) -> None:
        """A frame came."""
        ...

    def closed(self, link: Link | None, reason: str) -> None:
        """A connection ended, or (None) none came about."""
        ...


class Dialer(Protocol):
    """Who makes connections."""

    def dial(self, address: str, ears: Ears) -> None:
        """Connect; what comes of it is told to `ears`, once."""
        ...


class Address(NamedTuple):
    """Where a socket is: a path, or a port of this machine."""

    path: str = ""
    host: str = ""
    port: int = 0


def read_address(text: str) -> Address:
    """Read `unix:/some/path` or `tcp:127.0.0.1:9000`. Raises ValueError with what is allowed."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest:
        if len(rest.encode()) > _PATH_MAX:
            raise ValueError(
                f"the path of a socket has {len(rest.encode())} bytes, allowed are {_PATH_MAX}"
            )
        return Address(path=rest)
    host, _, port = rest.rpartition(":")
    if kind == "tcp" and host in ("127.0.0.1", "localhost", "::1") and port.isdecimal():
        return Address(host=host, port=int(port))
    raise ValueError(f"address was {text!r}, allowed are unix:/path and tcp:127.0.0.1:port")


class FramedLink(asyncio.Protocol):
    """A link on an asyncio transport."""

    def __init__(self, ears: Ears, links: set["FramedLink"]) -> None:
        """Tell `ears`; stand in `links` while the connection stands."""
        self.left = 0
        self.waiting = 0
        self._ears = ears
        self._links = links
        self._transport: asyncio.Transport | None = None
        self._count = 0
        self._held = bytearray()
        self._queue: deque[bytes] = deque()
        self._paused = False
        self._ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        self._links.add(self)
        self._ears.opened(self)

    def data_received(self, data: bytes) -> None:
        held = self._held
        held += data
        at = 0
        while len(held) - at >= _HEAD and not self._ending:
            size = int.from_bytes(held[at : at + _HEAD], "little")
            if size > FRAME_MAX:
                self.close(now=True)
                return
            end = at + _HEAD + size
            if end > len(held):
                break
            body = bytes(memoryview(held)[at + _HEAD : end])
            at = end
            self._ears.frame(self, body)
        del held[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        self._links.discard(self)
        self._transport = None
        self._ending = True
        self._ears.closed(self, f"the connection broke: {exc}" if exc else "the connection ended")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._hand_over()

    def send(self, body: bytes) -> int:
        self._count += 1
        if self._transport is not None and not self._ending:
            frame = len(body).to_bytes(_HEAD, "little") + body
            if self._paused:
                self._queue.append(frame)
                self.waiting += len(frame)
            else:
                self.left += 1
                self._transport.write(frame)
        return self._count

    def close(self, *, now: bool = False) -> None:
        self._ending = True
        if self._transport is None:
            return
        if now:
            self._transport.abort()
            return
        if self._queue:
            self.left += len(self._queue)
            self._transport.write(b"".join(self._queue))
            self._queue.clear()
        self._transport.close()

    def _hand_over(self) -> None:
        """Hand over frames that waited, many at once."""
        while self._queue and not self._paused and self._transport is not None:
            frames, size = [], 0
            while self._queue and size < _HAND:
                frames.append(self._queue.popleft())
                size += len(frames[-1])
            self.left += len(frames)
            self.waiting -= size
            self._transport.write(b"".join(frames))


class Streams:
    """Connections of a running asyncio loop, to others and from them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use `loop`; all calls come from its thread."""
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: set[FramedLink] = set()
        self._servers: list[asyncio.AbstractServer] = []
        self._paths: list[Path] = []

    def dial(self, address: str, ears: Ears) -> None:
        """Connect; `ears` hears opened, or closed without a link."""
        self._begin(self._dial(read_address(address), ears))

    def serve(self, address: str, ears: Ears, ready: Callable[[str], None]) -> None:
        """Take connections. `ready` hears the address in use ("" where the port was 0: any).

        Raises: nothing; where the address cannot be had, `ears` hears closed without a link.
        """
        self._begin(self._serve(read_address(address), ears, ready))

    def close(self) -> None:
        """End every connection and take no more."""
        for server in self._servers:
            server.close()
        for link in tuple(self._links):
            link.close()
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._servers.clear()
        self._paths.clear()

    def _keep(self, path: Path) -> None:
        """Let only its owner connect, and remove the path at the end."""
        path.chmod(0o600)
        self._paths.append(path)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dial(self, address: Address, ears: Ears) -> None:
        try:
            async with asyncio.timeout(_DIAL_S):
                if address.path:
                    await self._loop.create_unix_connection(
                        lambda: FramedLink(ears, self._links), address.path
                    )
                else:
                    await self._loop.create_connection(
                        lambda: FramedLink(ears, self._links), address.host, address.port
                    )
        except OSError as error:  # a timeout is one, too
            ears.closed(None, f"no connection: {str(error) or 'it took too long'}")

    async def _serve(self, address: Address, ears: Ears, ready: Callable[[str], None]) -> None:
        try:
            if address.path:
                path = Path(address.path)
                if answers(path):
                    ears.closed(None, f"somebody serves {path} already")
                    return
                server: asyncio.AbstractServer = await self._loop.create_unix_server(
                    lambda: FramedLink(ears, self._links), address.path
                )
                self._keep(path)
                name = f"unix:{path}"
            else:
                tcp = await self._loop.create_server(
                    lambda: FramedLink(ears, self._links), address.host, address.port
                )
                server, port = tcp, tcp.sockets[0].getsockname()[1]
                name = f"tcp:{address.host}:{port}"
        except OSError as error:
            ears.closed(None, f"cannot serve there: {error}")
            return
        self._servers.append(server)
        ready(name)


def answers(path: Path) -> bool:
    """Say whether somebody listens at a path; what a dead process left there does not."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
