"""Requests on a running asyncio loop: the real `Http`.

Rule 1: it is loaded by who speaks to venues, and by nobody else: it costs a sixth of a second.
Rule 2: the rules of `http` hold, whatever the library would like to do about a broken connection.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
from yarl import URL

from steelyard.wire.http import AGENT, Answer, Failure

BODY_MAX: Final = 32 * 2**20
_CONNECTIONS: Final = 100
_KEEP_S: Final = 50.0
_NAMES_S: Final = 60
_UNASKED: Final = frozenset({"Content-Type"})


class _Way:
    """How far one request came."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = False


class _Broke(aiohttp.ClientError):
    """A connection broke under a request."""


class _TooLong(Exception):
    """An answer has more bytes than anybody should keep."""


class AioHttp:
    """Requests on an asyncio loop: connections are kept alive and shared by all who ask."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, body_max: int = BODY_MAX) -> None:
        """Use `loop`, which need not run yet; all calls come from its thread."""
        self._loop = loop
        self._body_max = body_max
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._open = True

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *,
        deadline_ns: int, heard: Callable[[Answer | Failure], None],
    ) -> None:  # fmt: skip
        if not self._open:
            return
        task = self._loop.create_task(self._run(method, url, headers, body, deadline_ns, heard))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        self._open = False
        for task in self._tasks:
            task.cancel()
        if self._session is not None and self._closing is None and self._loop.is_running():
            self._closing = self._loop.create_task(self._session.close())

    async def ended(self) -> None:
        """Close, and wait until every connection is gone."""
        self.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._closing is not None:
            await self._closing

    async def _run(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline_ns: int,
        heard: Callable[[Answer | Failure], None],
    ) -> None:  # fmt: skip
        way = _Way()
        outcome: Answer | Failure
        try:
            async with asyncio.timeout(max(0, deadline_ns) / 1e9):
                outcome = await self._ask(method, url, headers, body, way)
        except TimeoutError:
            outcome = Failure(way.left, f"no answer within {deadline_ns / 1e9:g} s")
        except _TooLong:
            outcome = Failure(way.left, f"the answer has more than {self._body_max} bytes")
        except Exception as error:  # noqa: BLE001 - whoever asked must hear, whatever it was
            # A query may hold a signature or a stream's key: no sentence repeats it.
            text = str(error).replace(url, url.partition("?")[0])
            outcome = Failure(way.left, f"{type(error).__name__}: {text}".rstrip(": "))
        # Behind this task, so that an error of the one who hears is the loop's and not the task's.
        self._loop.call_soon(self._tell, heard, outcome)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, way: _Way
    ) -> Answer:
        if self._session is None:
            self._session = _session()
        async with self._session.request(
            method, URL(url, encoded=True), headers=headers, data=body or None,
            allow_redirects=False, trace_request_ctx=way,
        ) as response:  # fmt: skip
            chunks, size = [], 0
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > self._body_max:
                    response.close()
                    raise _TooLong
                chunks.append(chunk)
            named = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, named, b"".join(chunks))

    def _tell(self, heard: Callable[[Answer | Failure], None], outcome: Answer | Failure) -> None:
        if self._open:
            heard(outcome)


def _session() -> aiohttp.ClientSession:
    """Return a session without memory: no cookies, no proxies, no credentials but what is said."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=_CONNECTIONS, keepalive_timeout=_KEEP_S, ttl_dns_cache=_NAMES_S
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers={"User-Agent": AGENT},
        skip_auto_headers=_UNASKED,
        middlewares=(_once,),
        trace_configs=[_tracing()],
    )


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send once. The session sends some methods again when a kept connection turns out dead.

    It does so for two errors; under another name they are nobody's but the caller's.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Broke(f"the connection broke: {error}") from error


def _tracing() -> aiohttp.TraceConfig:
    """Note when a request gets its connection: from there on its bytes may leave."""

    async def note(session: aiohttp.ClientSession, context: Any, parameters: Any) -> None:
        context.trace_request_ctx.left = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(note)
    tracing.on_connection_reuseconn.append(note)
    return tracing
