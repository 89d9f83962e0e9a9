"""Making one of ccxt's exchanges ours: our clock, our connections, our numbers, no retries.

Rule 1: ccxt is loaded when somebody trades there; it costs half a second.
Rule 2: requests leave by our `Http`, so that it is known whether a byte left. ccxt signs them and
reads the answers; its throttler, its retries and its clock are off.
Rule 3: numbers of answers stay texts (`exact`). Only the books of ccxt's sockets need its floats:
those are read back by their shortest spelling, which is the venue's own up to 15 digits.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.venues.native.dialect import Addresses, Credentials
from steelyard.wire.http import Answer, Failure, Http
from steelyard.wire.tasks import asked

_HOST: Final = re.compile(r"^(?:https?|wss?)://[^/]+")
_MS_NS: Final = 10**6
_SECOND_NS: Final = 10**9
_LEAVING_MS: Final = 20
_NO_EXCHANGE: Final = frozenset({"__init__"})


class Outside(Struct, frozen=True, kw_only=True):
    """What an exchange is given instead of its own."""

    http: Http
    now_ns: Callable[[], int]
    """The venue's time, as we know it."""
    deadline_ns: int
    broke: Callable[[], None]
    """A socket ended: some of ccxt's waiting calls never hear of it."""


class NeverLeft(Exception):
    """No byte of a request left; what ccxt raises about it is caused by this."""


@cache
def exchanges() -> tuple[str, ...]:
    """Name the exchanges of ccxt, without loading it; none where it is not installed."""
    found = find_spec("ccxt")
    if found is None or found.origin is None:
        return ()
    folder = Path(found.origin).parent
    return tuple(sorted(one.stem for one in folder.glob("*.py") if one.stem not in _NO_EXCHANGE))


def open_exchange(
    name: str, outside: Outside, *, credentials: Credentials | None = None,
    addresses: Addresses | None = None, environment: str = "mainnet", swap: bool = False,
    exact: bool = True,
) -> Any:  # fmt: skip
    """Return an exchange that speaks for us; nothing is sent yet."""
    if name not in exchanges():
        raise ConfigurationError(
            f"venue was {name}, allowed is an exchange ccxt knows"
            if exchanges()
            else f"venue {name} needs ccxt: install steelyard with the extra 'exchanges'"
        )
    import ccxt.pro

    base = getattr(ccxt.pro, name, None) or getattr(ccxt.async_support, name)
    said: dict[str, Any] = {
        "enableRateLimit": False,
        "timeout": outside.deadline_ns // _MS_NS,
        "options": {
            "defaultType": "swap" if swap else "spot",
            "maxRetriesOnFailure": 0,
            "adjustForTimeDifference": False,
            "newUpdates": True,
            "fetchMargins": False,
        },
    }
    if credentials is not None:
        said |= {"apiKey": credentials.key, "secret": credentials.secret}
        if credentials.passphrase:
            said["password"] = credentials.passphrase
    exchange = _ours(base, exact=exact)(said)
    exchange.outside = outside
    exchange.newUpdates = True
    exchange.timeout_on_exit = _LEAVING_MS
    # It writes headers and addresses of requests at the level of debugging.
    exchange.logger = _silent()
    _only(exchange, {"swap", "linear", "contract"} if swap else {"spot"})
    exchange.has["fetchCurrencies"] = False  # asks for the wallet's rights, and nobody needs it
    if environment == "testnet":
        _to_testnet(exchange, name)
    if addresses is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], addresses)
    return exchange


def _only(exchange: Any, kinds: set[str]) -> None:
    """Load the markets of one product alone, where an exchange lists them apart."""
    told = exchange.options.get("fetchMarkets")
    types = told.get("types") if isinstance(told, dict) else None
    if isinstance(types, list) and (wanted := [one for one in types if one in kinds]):
        exchange.options["fetchMarkets"] = {**told, "types": wanted}


def _to_testnet(exchange: Any, name: str) -> None:
    if not exchange.urls.get("test"):
        raise ConfigurationError(f"environment was testnet, ccxt knows none of {name}")
    exchange.set_sandbox_mode(True)


def _moved(urls: Any, addresses: Addresses) -> Any:
    """Put other hosts into a tree of addresses, and keep the paths.

    An entry of the same name as a branch goes before `rest` and `ws`, which are for all others.
    """
    if isinstance(urls, dict):
        return {key: _moved_branch(key, value, addresses) for key, value in urls.items()}
    return _rehosted(urls, addresses)


def _moved_branch(key: str, value: Any, addresses: Addresses) -> Any:
    for table in (addresses.rest, addresses.ws):
        if key in table and key not in {"rest", "ws"} and isinstance(value, str):
            return table[key]
    return _moved(value, addresses)


def _rehosted(url: Any, addresses: Addresses) -> Any:
    if not isinstance(url, str):
        return url
    table: Mapping[str, str] = addresses.ws if url.startswith("ws") else addresses.rest
    other = table.get("ws" if url.startswith("ws") else "rest")
    # Some addresses are templates without a scheme; those stay.
    return _HOST.sub(lambda _: other.rstrip("/"), url) if other else url


@cache
def _silent() -> logging.Logger:
    logger = logging.getLogger("steelyard.ccxt")
    logger.disabled = True
    return logger


@cache
def _ours(base: Any, *, exact: bool) -> type:
    """Return a class of ccxt with our clock and our connections."""
    import ccxt

    def now_ns(self: Any) -> int:
        found: int = self.outside.now_ns()
        return found

    async def fetch(
        self: Any, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        said = self.prepare_request_headers(headers)
        raw = body.encode() if isinstance(body, str) else (body or b"")
        answer = await asked(
            self.outside.http, method, url, said, raw, deadline_ns=self.outside.deadline_ns
        )
        if isinstance(answer, Failure):
            # The address is left out: some exchanges take the key in it.
            error = ccxt.RequestTimeout if answer.left else ccxt.ExchangeNotAvailable
            raise error(answer.text) from (None if answer.left else NeverLeft(answer.text))
        return _read(self, answer, url, method, said, body)

    def on_close(self: Any, client: Any, error: Any) -> None:
        base.on_close(self, client, error)
        self.outside.broke()

    def client(self: Any, url: str) -> Any:
        known = url in (self.clients or {})
        made = base.client(self, url)
        return made if known else _remembering(made)

    return type(
        base.__name__,
        (base,),
        {
            "number": str if exact else float,
            "fetch": fetch,
            "seconds": lambda self: now_ns(self) // _SECOND_NS,
            "milliseconds": lambda self: now_ns(self) // _MS_NS,
            "microseconds": lambda self: now_ns(self) // 1000,
            "on_json_response": staticmethod(_json),
            "on_close": on_close,
            "client": client,
        },
    )


def _remembering(client: Any) -> Any:
    """Let a stream's news wait for who is between two calls: ccxt drops them, the last one too."""
    streams: set[str] = set()
    waiting: dict[str, Any] = {}
    resolve, future = client.resolve, client.future

    def resolving(result: Any, name: str) -> Any:
        if name in client.futures:
            streams.add(name)
            waiting.pop(name, None)
        elif name in streams:
            waiting[name] = result
        return resolve(result, name)

    def awaiting(name: str) -> Any:
        made = future(name)
        if name in waiting and not made.done():
            made.resolve(waiting.pop(name))
            client.futures.pop(name, None)
        return made

    client.resolve, client.future = resolving, awaiting
    return client


def _json(text: str) -> Any:
    return json.loads(text, parse_float=str)


def _read(self: Any, answer: Answer, url: str, method: str, said: Any, body: Any) -> Any:
    """Read an answer as ccxt does."""
    # ccxt's readers ask for names as servers usually spell them.
    headers = {**answer.headers, **{name.title(): one for name, one in answer.headers.items()}}
    text = answer.body.decode("utf-8", "replace").strip()
    text = self.on_rest_response(answer.status, "", url, method, headers, text, said, body)
    value = self.parse_json(text)
    self.last_http_response, self.last_json_response = text, value
    self.last_response_headers = headers
    try:
        self.handle_errors(answer.status, "", url, method, headers, text, value, said, body)
        self.handle_http_status_code(answer.status, "", url, method, text)
    except Exception as error:
        error.answer = answer  # type: ignore[attr-defined]  # for who reads how long to wait
        raise
    if value is None and text:
        raise ValueError("the answer is no JSON")
    return value
