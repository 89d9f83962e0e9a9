"""Real sockets to real servers on loopback, and to one that writes its frames by hand."""

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from steelyard.wire.socket_client import PicoSockets
from steelyard.wire.sockets import Socket

TEXT, CONTINUATION, BINARY, PING = 1, 0, 2, 9


class Ears:
    """Writes down what happens."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.socket: Socket | None = None

    def opened(self, socket: Socket) -> None:
        self.socket = socket
        self.heard.put_nowait(("opened", None))

    def said(self, socket: Socket, body: bytes) -> None:
        self.heard.put_nowait(("said", body))

    def alive(self, socket: Socket) -> None:
        self.heard.put_nowait(("alive", None))

    def closed(self, socket: Socket | None, reason: str) -> None:
        self.heard.put_nowait(("closed" if socket is not None else "none", reason))

    async def next(self) -> tuple[str, Any]:
        return await asyncio.wait_for(self.heard.get(), 10)

    async def up(self) -> Socket:
        assert await self.next() == ("opened", None)
        assert self.socket is not None
        return self.socket


def run(scenario: Callable[[PicoSockets], Coroutine[Any, Any, None]], **given: Any) -> None:
    async def main() -> None:
        sockets = PicoSockets(asyncio.get_running_loop(), **given)
        await scenario(sockets)
        sockets.close()
        await asyncio.wait_for(sockets.ended(), 5)

    asyncio.run(main())


async def serve(
    speak: Callable[[web.WebSocketResponse], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> tuple[web.AppRunner, str]:
    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False, max_msg_size=0)
        await socket.prepare(request)
        await speak(socket)
        return socket

    app = web.Application()
    app.router.add_get("/ws", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    return runner, f"ws{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}/ws"


def frame(kind: int, body: bytes, *, fin: bool = True) -> bytes:
    """Write a server's frame by hand."""
    assert len(body) < 126
    return bytes([(0x80 if fin else 0) | kind, len(body)]) + body


async def by_hand(
    write: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    seen: list[bytes] | None = None,
) -> tuple[asyncio.Server, str]:
    """Shake hands, then let `write` do what it likes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(head)
        key = next(
            line.split(b":")[1].strip()
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key")
        )
        magic = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(magic) + b"\r\n\r\n"
        )
        await write(reader, writer)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def echo(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.PING:
            await socket.pong(message.data)


def test_texts_go_out_and_come_in_whole() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        runner, url = await serve(echo)
        ears = Ears()
        sockets.dial(url, ears)
        assert ears.heard.empty()  # never within the call
        socket = await ears.up()
        big = b'{"x":"' + b"y" * 3_000_000 + b'"}'
        for text in (b"{}", "一".encode(), big):
            assert socket.send(text)
            assert await ears.next() == ("said", text)
        socket.ping()
        assert await ears.next() == ("alive", None)
        socket.close()
        assert not socket.send(b"late")
        await runner.cleanup()
        assert ears.heard.empty()  # closing is not told to who closed

    run(scenario)


def test_frames_in_parts_are_joined_though_pings_come_between() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        pong: list[bytes] = []

        async def write(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"ab", fin=False))
            writer.write(frame(PING, b"?") + frame(CONTINUATION, b"c"))
            writer.write(frame(BINARY, b"whole"))
            pong.append(await reader.readexactly(2 + 4 + 1))
            writer.write(frame(TEXT, b"end"))
            await reader.read()

        seen: list[bytes] = []
        server, url = await by_hand(write, seen)
        ears = Ears()
        sockets.dial(url, ears, {"X-KEY": "k"})
        await ears.up()
        told = [await ears.next() for _ in range(4)]
        server.close()

        assert told == [("alive", None), ("said", b"abc"), ("said", b"whole"), ("said", b"end")]
        assert pong[0][0] == 0x8A
        assert bytes([pong[0][6] ^ pong[0][2]]) == b"?"
        assert b"X-KEY: k" in seen[0]
        assert b"User-Agent: steelyard" in seen[0]
        assert b"permessage-deflate" not in seen[0]

    run(scenario)


def test_parts_out_of_order_break_the_line() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        for wrong in (
            frame(CONTINUATION, b"of nothing"),
            frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
        ):

            async def write(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wrong: bytes = wrong
            ) -> None:
                writer.write(wrong + frame(TEXT, b"after"))
                await reader.read()

            server, url = await by_hand(write)
            ears = Ears()
            sockets.dial(url, ears)
            await ears.up()
            what, reason = await ears.next()
            server.close()
            assert what == "closed"
            assert "out of order" in reason

    run(scenario)


def test_what_is_too_big_breaks_the_line_in_one_frame_or_in_many() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        async def big(socket: web.WebSocketResponse) -> None:
            await socket.send_str("x" * 2_000)
            await socket.receive()

        async def many(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(frame(TEXT, b"x" * 100, fin=False))
            for _ in range(20):
                writer.write(frame(CONTINUATION, b"x" * 100, fin=False))
            await reader.read()

        runner, url = await serve(big)
        server, other = await by_hand(many)
        for address in (url, other):
            ears = Ears()
            sockets.dial(address, ears)
            await ears.up()
            what, reason = await ears.next()
            assert what == "closed"
            assert "1009" in reason or "more than 1000 bytes" in reason
        server.close()
        await runner.cleanup()

    run(scenario, frame_max=1_000)


def test_a_close_says_its_code_and_nothing_leaves_afterwards() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        async def leave(socket: web.WebSocketResponse) -> None:
            await socket.receive()
            await socket.close(code=4001, message=b"listen key expired")

        runner, url = await serve(leave)
        ears = Ears()
        sockets.dial(url, ears)
        socket = await ears.up()
        assert socket.send(b"now")
        what, reason = await ears.next()
        assert what == "closed"
        assert "4001" in reason
        assert "listen key expired" in reason
        assert not socket.send(b"late")
        socket.ping()
        await runner.cleanup()

    run(scenario)


def test_a_broken_connection_is_told_once() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.transport.abort()

        server, url = await by_hand(cut)
        ears = Ears()
        sockets.dial(url, ears)
        socket = await ears.up()
        socket.send(b"x")
        assert (await ears.next())[0] == "closed"
        assert not socket.send(b"late")
        server.close()
        assert ears.heard.empty()

    run(scenario)


def test_none_comes_about() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        refusing = await asyncio.start_server(refuse, "127.0.0.1", 0)
        hanging = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        ports = [one.sockets[0].getsockname()[1] for one in (refusing, hanging)]
        for url in (
            f"ws://127.0.0.1:{ports[0]}/", f"ws://127.0.0.1:{ports[1]}/",
            "wss://nobody.invalid/", "gopher://127.0.0.1/",
        ):  # fmt: skip
            ears = Ears()
            sockets.dial(url, ears)
            what, reason = await ears.next()
            assert what == "none", url
            assert reason.startswith("no connection: ")
        refusing.close()
        hanging.close()

    run(scenario)


def test_tls_is_believed_only_where_it_is_trusted(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def distrusting(sockets: PicoSockets) -> None:
        runner, url = await serve(echo, context)
        ears = Ears()
        sockets.dial(url, ears)
        what, reason = await ears.next()
        assert what == "none"
        assert "certificate" in reason
        await runner.cleanup()

    async def trusting(sockets: PicoSockets) -> None:
        runner, url = await serve(echo, context)
        ears = Ears()
        sockets.dial(url, ears)
        (await ears.up()).send(b"hello")
        assert await ears.next() == ("said", b"hello")
        sockets.close()
        await runner.cleanup()

    run(distrusting)
    run(trusting, trust=ssl.create_default_context(cafile=certificate))


def test_an_error_of_who_hears_is_reported_and_ends_the_socket() -> None:
    class Broken(Ears):
        def said(self, socket: Socket, body: bytes) -> None:
            raise RuntimeError("a mistake of ours")

    async def scenario(sockets: PicoSockets) -> None:
        reported: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: reported.append(what))
        runner, url = await serve(echo)
        ears = Broken()
        sockets.dial(url, ears)
        (await ears.up()).send(b"x")
        assert (await ears.next())[0] == "closed"
        await sockets.ended()
        await runner.cleanup()
        assert [str(one["exception"]) for one in reported] == ["a mistake of ours"]

    run(scenario)


def test_a_peer_that_does_not_read_is_given_no_more() -> None:
    async def scenario(sockets: PicoSockets) -> None:
        async def sleep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await done.wait()
            writer.transport.abort()

        done = asyncio.Event()
        server, url = await by_hand(sleep)
        ears = Ears()
        sockets.dial(url, ears)
        socket = await ears.up()
        sent = 0
        while socket.send(b"x" * 100_000):
            sent += 1
            assert sent < 1_000
        done.set()
        assert (await ears.next())[0] == "closed"
        server.close()

    run(scenario)
