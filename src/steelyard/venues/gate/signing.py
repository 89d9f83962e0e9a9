"""Gate's signatures: HMAC-SHA512 in hex.

Rule 1: REST signs method, path with `/api/v4`, query as it stands in the URL before it is escaped,
SHA-512 of the body and the time in seconds, a line each.
Rule 2: a subscription signs channel, event and time; a request on the order socket signs event,
channel, the parameters as text and the time, a line each.
"""

import hashlib
from typing import Any, Final

from steelyard.venues.native.dialect import Credentials
from steelyard.venues.native.keyed import keyed

_EMPTY: Final = hashlib.sha512(b"").hexdigest()


def text_of(method: str, path: str, query: str, body: bytes, timestamp: str) -> str:
    """Return what a REST request signs."""
    digest = hashlib.sha512(body).hexdigest() if body else _EMPTY
    return f"{method}\n{path}\n{query}\n{digest}\n{timestamp}"


def channel_text(channel: str, event: str, timestamp: str) -> str:
    """Return what a subscription signs."""
    return f"channel={channel}&event={event}&time={timestamp}"


def api_text(event: str, channel: str, parameters: str, timestamp: str) -> str:
    """Return what a log-in on the order socket signs."""
    return f"{event}\n{channel}\n{parameters}\n{timestamp}"


def sign(secret: str, text: str) -> str:
    """Return the signature of a text."""
    return keyed("sha512", secret, text).hex()


def headers(
    credentials: Credentials, method: str, path: str, query: str, body: bytes, timestamp: str
) -> dict[str, str]:
    """Return the headers of a signed request."""
    text = text_of(method, path, query, body, timestamp)
    found = {
        "KEY": credentials.key,
        "Timestamp": timestamp,
        "SIGN": sign(credentials.secret, text),
        "Accept": "application/json",
        # Contracts that may be traded in parts tell their sizes as text.
        "X-Gate-Size-Decimal": "1",
    }
    if body:
        found["Content-Type"] = "application/json"
    return found


def subscription_auth(credentials: Credentials, channel: str, timestamp: str) -> dict[str, Any]:
    """Return the `auth` of a subscription."""
    text = channel_text(channel, "subscribe", timestamp)
    return {
        "method": "api_key",
        "KEY": credentials.key,
        "SIGN": sign(credentials.secret, text),
    }
