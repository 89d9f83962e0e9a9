"""HTTP and WebSocket as they are served: what comes in, what goes out, and what breaks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import pytest

from steelyard.wire.serving import Asked, ServedEars, ServedSocket, Servers, Told

HUGE = b"x" * 2**20


class Echo:
    """Answers with what was asked; remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.held = 0
        self.gone = asyncio.Event()

    def held_ns(self) -> int:
        return self.held

    def asked(self, asked: Asked) -> Told | None:
        self.heard.append(asked)
        if asked.path == "/break":
            return None
        spans = {"/late": (20_000_000, 0), "/slow": (0, 20_000_000)}.get(asked.path, (0, 0))
        return Told(201, {"x-own": "yes"}, asked.body, *spans)

    def answered(self) -> None:
        self.heard.append("answered")

    def dialled(
        self, path: str, query: str, headers: Mapping[str, str], socket: ServedSocket
    ) -> ServedEars | None:
        return Ears(self, socket) if path == "/ws" else None


class Ears:
    """Says back what it hears; `flood` and `leave` are commands."""

    def __init__(self, echo: Echo, socket: ServedSocket) -> None:
        self._echo, self._heard, self._socket = echo, echo.heard, socket

    def opened(self) -> None:
        self._socket(b"hello")

    def said(self, body: bytes) -> None:
        if body == b"leave":
            self._socket(b"bye")
            self._socket.close(4001, "asked to")
        elif body == b"flood":
            for _ in range(100):
                self._socket(HUGE)
        elif body == b"ping":
            self._socket.ping(b"p")
        else:
            self._socket.binary(body)

    def pinged(self, payload: bytes) -> None:
        self._heard.append(("ping", payload))
        self._socket.pong(payload)

    def ponged(self) -> None:
        self._heard.append("pong")

    def closed(self) -> None:
        self._echo.gone.set()


def served(work: Callable[[Echo, aiohttp.ClientSession, int], Awaitable[None]]) -> None:
    """Run `work` against an echo on a free port."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        bound: asyncio.Future[int] = loop.create_future()
        ended: asyncio.Future[None] = loop.create_future()
        servers, echo = Servers(), Echo()
        servers.serve("127.0.0.1", 0, echo, bound.set_result, pytest.fail)
        async with aiohttp.ClientSession() as http:
            await work(echo, http, await bound)
        servers.close(lambda: ended.set_result(None))
        await ended

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_request_is_told_as_it_was_sent_and_its_answer_before_answered() -> None:
    async def work(echo: Echo, http: aiohttp.ClientSession, port: int) -> None:
        url = f"http://127.0.0.1:{port}/a/b?x=1&y=%20z"
        async with http.put(url, data=b"body", headers={"X-Key": "K"}) as found:
            assert (found.status, found.headers["X-Own"]) == (201, "yes")
            assert await found.read() == b"body"
        asked, answered = echo.heard
        assert asked[:3] == ("PUT", "/a/b", "x=1&y=%20z")
        assert (asked.headers["x-key"], asked.address) == ("K", "127.0.0.1")
        assert answered == "answered"

    served(work)


def test_answers_break_off_come_late_or_in_pieces() -> None:
    async def work(echo: Echo, http: aiohttp.ClientSession, port: int) -> None:
        for path in ("/late", "/slow"):
            async with http.post(f"http://127.0.0.1:{port}{path}", data=HUGE) as found:
                assert await found.read() == HUGE
        with pytest.raises(aiohttp.ClientError):
            await http.post(f"http://127.0.0.1:{port}/break")
        echo.held = 1_000_000
        async with http.get(f"http://127.0.0.1:{port}/") as found:
            assert found.status == 201

    served(work)


def test_frames_go_both_ways_in_order_and_a_close_goes_last() -> None:
    async def work(echo: Echo, http: aiohttp.ClientSession, port: int) -> None:
        async with http.ws_connect(f"ws://127.0.0.1:{port}/ws", autoping=False) as ws:
            assert await ws.receive_str() == "hello"
            await ws.send_str("one")
            assert await ws.receive_bytes() == b"one"
            await ws.ping(b"mine")
            assert (await ws.receive()).data == b"mine"
            await ws.send_str("ping")
            found = await ws.receive()
            assert (found.type, found.data) == (aiohttp.WSMsgType.PING, b"p")
            await ws.pong(b"p")
            await ws.send_str("leave")
            assert await ws.receive_str() == "bye"
            assert (await ws.receive()).type == aiohttp.WSMsgType.CLOSE
            assert ws.close_code == 4001
        await echo.gone.wait()
        assert echo.heard[:2] == [("ping", b"mine"), "pong"]

    served(work)


def test_there_is_no_socket_where_nobody_takes_it() -> None:
    async def work(echo: Echo, http: aiohttp.ClientSession, port: int) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"ws://127.0.0.1:{port}/nowhere")

    served(work)


def test_who_does_not_read_is_cut() -> None:
    async def work(echo: Echo, http: aiohttp.ClientSession, port: int) -> None:
        async with http.ws_connect(f"ws://127.0.0.1:{port}/ws", max_msg_size=0) as ws:
            await ws.send_str("flood")
            await echo.gone.wait()

    served(work)


def test_a_taken_port_is_told() -> None:
    async def work(echo: Echo, http: aiohttp.ClientSession, port: int) -> None:
        failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        servers = Servers()
        servers.serve("127.0.0.1", port, echo, lambda _: None, failed.set_result)
        assert "in use" in await failed
        ended = asyncio.get_running_loop().create_future()
        servers.close(lambda: ended.set_result(None))
        await ended

    served(work)
