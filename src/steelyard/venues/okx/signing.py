"""How OKX is shown who asks: HMAC-SHA256 in base64 over timestamp, method, path and body.

Rule 1: what is signed is what leaves, byte for byte: the query stands in the path.
Rule 2: a REST timestamp is ISO 8601 in UTC with milliseconds, that of a log-in epoch seconds.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from steelyard.venues.native.dialect import Credentials
from steelyard.venues.native.keyed import keyed

LOGIN_PATH: Final = "/users/self/verify"
_SECOND_NS: Final = 1_000_000_000
_MS_NS: Final = 1_000_000


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    return b64encode(keyed("sha256", secret, text)).decode()


def iso_ms(now_ns: int) -> str:
    """Spell a time as REST headers do."""
    seconds, rest = divmod(now_ns, _SECOND_NS)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // _MS_NS:03d}Z"


def rest_headers(
    credentials: Credentials, timestamp: str, method: str, path: str, body: str
) -> dict[str, str]:
    """Return the four headers of a signed request; `path` carries the query."""
    return {
        "OK-ACCESS-KEY": credentials.key,
        "OK-ACCESS-SIGN": signature(credentials.secret, timestamp + method + path + body),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": credentials.passphrase,
    }


def login_args(credentials: Credentials, timestamp: str) -> Mapping[str, str]:
    """Return the argument of a log-in; `timestamp` in epoch seconds."""
    return {
        "apiKey": credentials.key,
        "passphrase": credentials.passphrase,
        "timestamp": timestamp,
        "sign": signature(credentials.secret, timestamp + "GET" + LOGIN_PATH),
    }


def login(credentials: Credentials, now_ns: int) -> bytes:
    """Write the log-in of a private socket."""
    timestamp = str(now_ns // _SECOND_NS)
    return msgspec.json.encode({"op": "login", "args": [login_args(credentials, timestamp)]})
