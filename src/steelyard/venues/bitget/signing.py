"""How Bitget is shown who asks: HMAC-SHA256 in base64 over timestamp, method, path and body.

Rule 1: what is signed is what leaves, byte for byte: the query stands in the path.
Rule 2: a REST timestamp counts milliseconds, that of a log-in seconds.
"""

from base64 import b64encode
from typing import Final

import msgspec

from steelyard.venues.native.dialect import Credentials
from steelyard.venues.native.keyed import keyed

LOGIN_PATH: Final = "/user/verify"
_SECOND_NS: Final = 1_000_000_000


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    return b64encode(keyed("sha256", secret, text)).decode()


def rest_headers(
    credentials: Credentials,
    timestamp: str,
    method: str,
    path: str,
    body: str,
    *,
    demo: bool = False,
) -> dict[str, str]:
    """Return the headers of a signed request; `path` carries the query."""
    headers = {
        "ACCESS-KEY": credentials.key,
        "ACCESS-SIGN": signature(credentials.secret, timestamp + method + path + body),
        "ACCESS-TIMESTAMP": timestamp,
        "ACCESS-PASSPHRASE": credentials.passphrase,
        "Content-Type": "application/json",
        "locale": "en-US",
    }
    if demo:
        headers["paptrading"] = "1"
    return headers


def login(credentials: Credentials, now_ns: int) -> bytes:
    """Write the log-in of a private socket."""
    timestamp = str(now_ns // _SECOND_NS)
    proof = {
        "apiKey": credentials.key,
        "passphrase": credentials.passphrase,
        "timestamp": timestamp,
        "sign": signature(credentials.secret, timestamp + "GET" + LOGIN_PATH),
    }
    return msgspec.json.encode({"op": "login", "args": [proof]})
