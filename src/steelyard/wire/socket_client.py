"""WebSockets on a running asyncio loop: the real `SocketDialer`.

Rule 1: it is loaded by who speaks to venues, and by nobody else.
Rule 2: a message is told whole, however many frames it came in; one that is too big, or out of
order, ends the connection.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, Final

import picows
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from steelyard.wire.http import AGENT
from steelyard.wire.sockets import SocketEars

FRAME_MAX: Final = 16 * 2**20
"""Bytes of one message, however many frames it comes in."""
_DIAL_S: Final = 10.0


class _Pico(WSListener):
    """One connection, as a listener of its transport."""

    def __init__(self, owner: "PicoSockets", ears: SocketEars) -> None:
        self.stands = False
        self._owner = owner
        self._ears: SocketEars | None = ears
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._full = False
        self._why = ""

    # --- as a socket -----------------------------------------------------------------------------

    def send(self, text: bytes) -> bool:
        transport = self._transport
        if (
            transport is None
            or self._full
            or self._ears is None
            or transport.is_close_frame_sent
            or transport.is_disconnected
            or transport.underlying_transport.is_closing()
        ):
            return False
        transport.send(WSMsgType.TEXT, text)
        return True

    def ping(self) -> None:
        if self._transport is not None and self._ears is not None:
            self._transport.send_ping()

    def close(self) -> None:
        self._ears = None
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    # --- as a listener ---------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.stands = True
        self._transport = transport
        self._owner.sockets.add(self)
        if self._ears is None:
            self.close()
        else:
            self._ears.opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        ears = self._ears
        if ears is None or transport.is_close_frame_sent:
            return  # what still comes, the rest of a frame that is too big included, is too late
        kind = frame.msg_type
        if kind in (WSMsgType.TEXT, WSMsgType.BINARY) and frame.fin and not self._parts:
            ears.said(self, frame.get_payload_as_bytes())
        elif kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            ears.alive(self)
        elif kind == WSMsgType.PONG:
            ears.alive(self)
        elif kind == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        else:
            self._part(transport, frame, ears)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._owner.sockets.discard(self)
        ears, self._ears = self._ears, None
        if ears is not None:
            ears.closed(self, self._why or _reason(transport))

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False

    def _part(self, transport: WSTransport, frame: WSFrame, ears: SocketEars) -> None:
        """Join what comes in parts; a message that begins inside of another breaks the line."""
        begins = frame.msg_type != WSMsgType.CONTINUATION
        self._size += frame.payload_size
        if begins == bool(self._parts):
            self._end(transport, WSCloseCode.PROTOCOL_ERROR, "parts of messages came out of order")
        elif self._size > self._owner.frame_max:
            self._end(
                transport, WSCloseCode.MESSAGE_TOO_BIG,
                f"a message has more than {self._owner.frame_max} bytes",
            )  # fmt: skip
        else:
            # An empty part opens a message, too.
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                body, self._parts, self._size = b"".join(self._parts), [], 0
                ears.said(self, body)

    def _end(self, transport: WSTransport, code: WSCloseCode, why: str) -> None:
        self._why = why
        transport.send_close(code)
        transport.disconnect(graceful=False)


class PicoSockets:
    """Sockets on an asyncio loop."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, frame_max: int = FRAME_MAX,
        trust: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        """Use `loop`, which need not run yet. `trust` None: what the system trusts."""
        self.frame_max = frame_max
        self.sockets: set[_Pico] = set()
        self._loop, self._trust = loop, trust
        self._tasks: set[asyncio.Task[None]] = set()

    def dial(self, url: str, ears: SocketEars, headers: Mapping[str, str] | None = None) -> None:
        task = self._loop.create_task(self._dial(url, ears, headers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End every connection; nothing is told any more."""
        for task in self._tasks:
            task.cancel()
        for socket in tuple(self.sockets):
            socket.close()

    async def ended(self) -> None:
        """Wait until every connection is gone."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _dial(self, url: str, ears: SocketEars, headers: Mapping[str, str] | None) -> None:
        made: list[_Pico] = []

        def listener() -> _Pico:
            made.append(_Pico(self, ears))
            return made[-1]

        transport, why = None, "it ended in the handshake"
        try:
            async with asyncio.timeout(_DIAL_S):
                transport, _ = await picows.ws_connect(
                    listener, url, ssl_context=self._trust, max_redirects=0,
                    websocket_handshake_timeout=_DIAL_S, enable_auto_pong=False,
                    max_frame_size=self.frame_max,
                    extra_headers={"User-Agent": AGENT, **(headers or {})},
                )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - whoever dialled must hear, whatever it was
            why = str(error) or type(error).__name__
        # What stood once has told its end by itself.
        if not any(one.stands for one in made):
            self._loop.call_soon(ears.closed, None, f"no connection: {why}")
        elif transport is not None:
            await self._watch(transport)

    async def _watch(self, transport: WSTransport) -> None:
        """Wait for the end: an error of the one who heard is the loop's to report."""
        try:
            await transport.wait_disconnected()
        except (picows.WSError, OSError):
            return  # `closed` has told it
        except Exception as error:  # noqa: BLE001 - of whoever heard; the socket is closed already
            self._loop.call_exception_handler(
                {"message": "an error in who hears a socket", "exception": error}
            )


def _reason(transport: WSTransport) -> str:
    """Say why a connection ended, in the code and words of the end that began to close it."""
    shake: Any = transport.close_handshake
    if shake is None:
        return "the connection broke"
    who, said = ("by the venue", shake.recv) if shake.recv_then_sent else ("by us", shake.sent)
    code = getattr(said.code, "value", said.code)
    return f"closed {who} with code {code}" + (f": {said.reason}" if said.reason else "")
