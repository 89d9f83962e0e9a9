"""Real requests to real servers on loopback: what is an answer, what a failure, what had left."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from steelyard.wire.http import Answer, Failure
from steelyard.wire.http_client import AioHttp

LONG_NS = 5_000_000_000
SHORT_NS = 50_000_000
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Client:
    """Asks, and waits for what comes of it."""

    def __init__(self, http: AioHttp) -> None:
        self.http = http

    async def ask(
        self, url: str, *, method: str = "GET", body: bytes = b"", deadline_ns: int = LONG_NS,
        headers: dict[str, str] | None = None,
    ) -> Answer | Failure:  # fmt: skip
        heard: asyncio.Queue[Answer | Failure] = asyncio.Queue()
        self.http.ask(
            method, url, headers or {}, body, deadline_ns=deadline_ns, heard=heard.put_nowait
        )
        assert heard.empty()  # never within the call
        outcome = await asyncio.wait_for(heard.get(), 10)
        assert heard.empty()
        return outcome


def run(scenario: Callable[[Client], Coroutine[Any, Any, None]], **given: Any) -> None:
    async def main() -> None:
        http = AioHttp(asyncio.get_running_loop(), **given)
        await scenario(Client(http))
        await http.ended()

    asyncio.run(main())


async def raw(serve: Serve) -> tuple[asyncio.Server, str]:
    """Serve bytes as they are written; the server counts nothing and knows no HTTP."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/path?b=2&a=%2C1"


async def request(reader: asyncio.StreamReader) -> bytes:
    """Read one request with its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
         if line.startswith(b"content-length")), 0,
    )  # fmt: skip
    return head + await reader.readexactly(size)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Mbx-Used-Weight-1M: 7\r\n\r\n{}"


def test_a_request_leaves_as_it_is_spelt_and_its_answer_comes_whole() -> None:
    async def scenario(client: Client) -> None:
        seen: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await request(reader))
            writer.write(OK)
            writer.close()

        server, url = await raw(serve)
        answer = await client.ask(url, method="POST", body=b"x=1", headers={"X-KEY": "k"})
        server.close()

        assert isinstance(answer, Answer)
        assert (answer.status, answer.body) == (200, b"{}")
        assert answer.headers["x-mbx-used-weight-1m"] == "7"
        assert seen[0].startswith(b"POST /path?b=2&a=%2C1 HTTP/1.1\r\n")
        assert seen[0].endswith(b"\r\n\r\nx=1")
        assert b"X-KEY: k\r\n" in seen[0]
        assert b"User-Agent: steelyard\r\n" in seen[0]
        assert b"cookie" not in seen[0].lower()
        assert b"content-type" not in seen[0].lower()

    run(scenario)


@pytest.mark.parametrize("status", [302, 307, 401, 418, 429, 500, 503])
def test_every_status_is_an_answer_and_no_redirect_is_followed(status: int) -> None:
    async def scenario(client: Client) -> None:
        count = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            count += 1
            await request(reader)
            head = f"HTTP/1.1 {status} X\r\nLocation: /other\r\nSet-Cookie: a=b\r\n"
            writer.write(f"{head}Content-Length: 0\r\n\r\n".encode())
            writer.close()

        server, url = await raw(serve)
        answer = await client.ask(url)
        assert isinstance(answer, Answer)
        assert (answer.status, count) == (status, 1)
        server.close()

    run(scenario)


def test_nobody_there_means_that_nothing_left() -> None:
    async def scenario(client: Client) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        refused = await client.ask(f"http://127.0.0.1:{port}/", method="POST", body=b"1")
        assert isinstance(refused, Failure)
        assert not refused.left

        unknown = await client.ask("https://nobody.invalid/", method="POST", body=b"1")
        assert isinstance(unknown, Failure)
        assert not unknown.left

        odd = await client.ask("http:///nowhere?signature=abc")
        assert isinstance(odd, Failure)
        assert not odd.left
        assert "nowhere" in odd.text
        assert "abc" not in odd.text

    run(scenario)


def test_a_server_without_tls_means_that_nothing_left() -> None:
    async def scenario(client: Client) -> None:
        seen: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await reader.read(10_000))
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server, url = await raw(serve)
        failure = await client.ask(
            url.replace("http:", "https:"), method="POST", body=b"secret", headers={"X-KEY": "k"}
        )
        server.close()

        assert isinstance(failure, Failure)
        assert not failure.left
        assert b"secret" not in seen[0]

    run(scenario)


def test_a_certificate_nobody_trusts_means_that_nothing_left(
    untrusted: ssl.SSLContext,
) -> None:
    async def scenario(client: Client) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raise AssertionError("a request came")

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=untrusted)
        port = server.sockets[0].getsockname()[1]
        failure = await client.ask(f"https://127.0.0.1:{port}/", method="POST", body=b"1")
        server.close()

        assert isinstance(failure, Failure)
        assert not failure.left

    run(scenario)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("answered", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", OK[:-1]])
def test_a_connection_lost_after_the_request_has_left(method: str, answered: bytes) -> None:
    async def scenario(client: Client) -> None:
        count = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            count += 1
            await request(reader)
            writer.write(answered)
            writer.close()

        server, url = await raw(serve)
        failure = await client.ask(url, method=method)
        server.close()

        assert isinstance(failure, Failure)
        assert failure.left
        assert count == 1

    run(scenario)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_kept_connection_that_dies_under_a_request_is_not_tried_again(method: str) -> None:
    async def scenario(client: Client) -> None:
        requests: list[bytes] = []
        connections = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            requests.append(await request(reader))
            writer.write(OK)
            requests.append(await request(reader))
            writer.transport.abort()

        server, url = await raw(serve)
        assert isinstance(await client.ask(url), Answer)
        failure = await client.ask(url, method=method)
        server.close()

        assert isinstance(failure, Failure)
        assert failure.left
        assert (connections, len(requests)) == (1, 2)

    run(scenario)


def test_a_slow_answer_ends_at_the_deadline_though_bytes_trickle() -> None:
    async def scenario(client: Client) -> None:
        gone = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
            await reader.read()
            writer.close()
            gone.set()

        server, url = await raw(serve)
        failure = await client.ask(url, deadline_ns=SHORT_NS)
        assert isinstance(failure, Failure)
        assert failure.left
        assert "0.05 s" in failure.text
        await asyncio.wait_for(gone.wait(), 5)  # the connection was not kept
        server.close()

    run(scenario)


def test_a_server_that_takes_no_connection_in_time_got_nothing() -> None:
    async def scenario(client: Client) -> None:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            port = deaf.getsockname()[1]
            others = [socket.socket() for _ in range(4)]
            for other in others:  # fill the queue of those who wait to be accepted
                other.setblocking(False)
                other.connect_ex(("127.0.0.1", port))
            failure = await client.ask(f"http://127.0.0.1:{port}/", deadline_ns=SHORT_NS)
            for other in others:
                other.close()
        assert isinstance(failure, Failure)
        assert not failure.left

    run(scenario)


def test_an_answer_without_end_is_cut() -> None:
    async def scenario(client: Client) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request(reader)
            packed = gzip.compress(b" " * 1_000_000)
            head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
            writer.write(head.encode() + b"\r\n\r\n" + packed)
            writer.close()

        server, url = await raw(serve)
        failure = await client.ask(url)
        server.close()
        assert isinstance(failure, Failure)
        assert failure.left
        assert "65536 bytes" in failure.text

    run(scenario, body_max=65_536)


def test_a_body_that_does_not_unpack_is_no_answer() -> None:
    async def scenario(client: Client) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request(reader)
            head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
            writer.write(head + b"\x1f\x8bxyz")
            writer.close()

        server, url = await raw(serve)
        failure = await client.ask(url)
        server.close()
        assert isinstance(failure, Failure)
        assert failure.left

    run(scenario)


def test_connections_are_kept_and_shared() -> None:
    async def scenario(client: Client) -> None:
        ports: list[int] = []

        async def answer(request: web.Request) -> web.Response:
            assert request.transport is not None
            ports.append(request.transport.get_extra_info("peername")[1])
            return web.json_response({"body": (await request.read()).decode()})

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/x"
        for n in range(3):
            reply = await client.ask(url, method="POST", body=f"n={n}".encode())
            assert isinstance(reply, Answer)
            assert reply.body == f'{{"body": "n={n}"}}'.encode()
        await runner.cleanup()
        assert len(ports) == 3
        assert len(set(ports)) == 1

    run(scenario)


def test_nobody_is_called_after_closing() -> None:
    async def scenario(client: Client) -> None:
        got = asyncio.Event()
        heard: list[Answer | Failure] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request(reader)
            got.set()
            await reader.read()
            writer.close()

        server, url = await raw(serve)
        client.http.ask("GET", url, {}, b"", deadline_ns=LONG_NS, heard=heard.append)
        await asyncio.wait_for(got.wait(), 5)
        client.http.close()
        client.http.ask("GET", url, {}, b"", deadline_ns=LONG_NS, heard=heard.append)
        await client.http.ended()
        server.close()
        assert heard == []

    run(scenario)
