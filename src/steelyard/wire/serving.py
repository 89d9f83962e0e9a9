"""HTTP and WebSocket on ports of this machine, for those who are asked: calls in, answers out.

Rule 1: everything is told by calls from the loop's thread and answered at once; nothing blocks.
Rule 2: an answer is handed to the connection before `answered` is called.
Rule 3: frames wait in a queue of their socket, in order; a socket whose client does not read is cut
when too much waits.
Rule 4: what a client sends, wrong or not, ends at most its own connection.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, NamedTuple, Protocol

from aiohttp import WSMsgType, web

_WAITING_MAX: Final = 16 * 2**20
_BODY_MAX: Final = 4 * 2**20
_LINE_MAX: Final = 64 * 2**10
_SHUTDOWN_S: Final = 0.5
_PIECES: Final = 20


class Asked(NamedTuple):
    """One request. Header names are in lower case; path and query as they were sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str


class Told(NamedTuple):
    """One answer, when it goes and how long its bytes take."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay_ns: int = 0
    trickle_ns: int = 0


class ServedSocket(Protocol):
    """One WebSocket of a client."""

    address: str

    def __call__(self, text: bytes) -> None:
        """Send a text frame."""
        ...

    def binary(self, body: bytes) -> None:
        """Send a binary frame."""
        ...

    def ping(self, payload: bytes = b"") -> None:
        """Send a protocol ping."""
        ...

    def pong(self, payload: bytes) -> None:
        """Answer a protocol ping."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close after what waits."""
        ...

    def abort(self) -> None:
        """End the connection at once."""
        ...


class ServedEars(Protocol):
    """Who hears what happens on one socket."""

    def opened(self) -> None:
        """The handshake is done."""
        ...

    def said(self, body: bytes) -> None:
        """A text or binary frame came, whole."""
        ...

    def pinged(self, payload: bytes) -> None:
        """A protocol ping came; nobody has answered it."""
        ...

    def ponged(self) -> None:
        """A protocol pong came."""
        ...

    def closed(self) -> None:
        """The connection ended, or none came about."""
        ...


class Doorman(Protocol):
    """Who answers on one port."""

    def held_ns(self) -> int:
        """Say how long requests and sockets have to wait before they are heard at all."""
        ...

    def asked(self, asked: Asked) -> Told | None:
        """Answer a request; None: the connection breaks without an answer."""
        ...

    def answered(self) -> None:
        """Hear that the answer has left."""
        ...

    def dialled(
        self, path: str, query: str, headers: Mapping[str, str], socket: ServedSocket
    ) -> ServedEars | None:
        """Take a socket, before its handshake; None: there is none on this path."""
        ...


class _Socket:
    """A socket: frames wait in a queue, one task sends them."""

    def __init__(self, ws: web.WebSocketResponse, request: web.BaseRequest) -> None:
        self.address = request.remote or ""
        self._ws, self._request = ws, request
        self._queue: deque[tuple[bytes, WSMsgType]] = deque()
        self._more = asyncio.Event()
        self._waiting = 0
        self._close: tuple[int, bytes] | None = None

    def __call__(self, text: bytes) -> None:
        self._put(text, WSMsgType.TEXT)

    def binary(self, body: bytes) -> None:
        self._put(body, WSMsgType.BINARY)

    def ping(self, payload: bytes = b"") -> None:
        self._put(payload, WSMsgType.PING)

    def pong(self, payload: bytes) -> None:
        self._put(payload, WSMsgType.PONG)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._close = self._close or (code, reason.encode())
        self._more.set()

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def pump(self) -> None:
        """Send what waits, until the socket is closed."""
        try:
            while not self._ws.closed:
                while self._queue:
                    body, kind = self._queue.popleft()
                    self._waiting -= len(body)
                    await self._ws.send_frame(body, kind)
                if self._close is not None:
                    await self._ws.close(code=self._close[0], message=self._close[1])
                    return
                self._more.clear()
                await self._more.wait()
        except (ConnectionError, RuntimeError):
            return  # the client has gone: who reads from it notices

    def _put(self, body: bytes, kind: WSMsgType) -> None:
        self._waiting += len(body)
        if self._waiting > _WAITING_MAX:
            self.abort()
            return
        self._queue.append((body, kind))
        self._more.set()


class Servers:
    """Ports of this machine; made and used within a running loop."""

    def __init__(self) -> None:
        """Open none yet."""
        self._runners: list[web.ServerRunner] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(
        self, host: str, port: int, doorman: Doorman, bound: Callable[[int], None],
        failed: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Take connections on a port (0: any free one); `bound` hears which, `failed` why not."""
        self._task(self._serve(host, port, doorman, bound, failed))

    def close(self, done: Callable[[], None]) -> None:
        """Close all ports and connections."""
        self._task(self._end(done))

    async def _serve(
        self, host: str, port: int, doorman: Doorman, bound: Callable[[int], None],
        failed: Callable[[str], None],
    ) -> None:  # fmt: skip
        server = web.Server(_handler(doorman), access_log=None, max_line_size=_LINE_MAX)
        runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        self._runners.append(runner)
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            failed(str(error))
            return
        bound(runner.addresses[0][1])

    async def _end(self, done: Callable[[], None]) -> None:
        for runner in self._runners:
            await runner.cleanup()
        done()

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _handler(
    doorman: Doorman,
) -> Callable[[web.BaseRequest], Coroutine[Any, Any, web.StreamResponse]]:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        upgrades = headers.get("upgrade", "").lower() == "websocket"
        body = b"" if upgrades else await request.read()
        if held_ns := doorman.held_ns():
            await asyncio.sleep(held_ns / 1e9)
        if upgrades:
            return await _socket(request, doorman, path, query, headers)
        address = request.remote or ""
        told = doorman.asked(Asked(request.method, path, query, headers, body, address))
        asyncio.get_running_loop().call_soon(doorman.answered)
        return await _answer(request, told)

    return handle


async def _answer(request: web.BaseRequest, told: Told | None) -> web.StreamResponse:
    if told is None:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if told.delay_ns:
        await asyncio.sleep(told.delay_ns / 1e9)
    headers = {name.title(): value for name, value in told.headers.items()}
    if told.trickle_ns:
        return await _trickle(request, told, headers)
    return web.Response(status=told.status, headers=headers, body=told.body)


async def _trickle(
    request: web.BaseRequest, told: Told, headers: dict[str, str]
) -> web.StreamResponse:
    """Answer in pieces, so that the whole takes its time."""
    size = len(told.body)
    response = web.StreamResponse(
        status=told.status, headers={**headers, "Content-Length": str(size)}
    )
    await response.prepare(request)
    step = max(1, size // _PIECES)
    for at in range(0, size, step):
        await asyncio.sleep(told.trickle_ns / 1e9 / _PIECES)
        await response.write(told.body[at : at + step])
    await response.write_eof()
    return response


async def _socket(
    request: web.BaseRequest, doorman: Doorman, path: str, query: str, headers: Mapping[str, str]
) -> web.StreamResponse:
    ws = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=_BODY_MAX)
    socket = _Socket(ws, request)
    ears = doorman.dialled(path, query, headers, socket)
    if ears is None:
        return web.Response(status=404, text="there is no socket on this path")
    pump: asyncio.Future[None] | None = None
    try:
        await ws.prepare(request)
        pump = asyncio.ensure_future(socket.pump())
        ears.opened()
        async for message in ws:
            if message.type == WSMsgType.TEXT:
                ears.said(message.data.encode())
            elif message.type == WSMsgType.BINARY:
                ears.said(message.data)
            elif message.type == WSMsgType.PING:
                ears.pinged(message.data)
            elif message.type == WSMsgType.PONG:
                ears.ponged()
    finally:
        ears.closed()
        if pump is not None:
            pump.cancel()
    return ws
