"""Checking who asks: key, time and signature.

Rule 1: the order is key, address, time, signature, permission: a wrong key says nothing of the
rest.
Rule 2: clients sign the query before or after it is escaped: both are what the venue may have seen.
Rule 3: a deadline (`x-gate-exptime`, milliseconds) that has passed refuses the request whole.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, unquote_plus

from steelyard.exchange.gate.errors import GateError
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import Permission

WINDOW_S: Final = 60
_SECOND_NS: Final = 1_000_000_000
_MILLI_NS: Final = 1_000_000


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def check(hall: Hall, request: Request) -> Member:
    """Return who asks. Raises GateError."""
    headers = request.headers
    for name in ("key", "timestamp", "sign"):
        if not headers.get(name):
            raise GateError("MISSING_REQUIRED_HEADER", f"Missing required header: {name.upper()}")
    member = hall.member(headers["key"])
    if member is None:
        raise GateError("INVALID_KEY", "Invalid key provided")
    if member.addresses and request.address not in member.addresses:
        raise GateError("IP_FORBIDDEN", f"Your IP {request.address} is not in whitelist")
    check_time(headers["timestamp"], request.at_ns)
    digest = hashlib.sha512(request.body).hexdigest()
    queries = {request.query, unquote(request.query), unquote_plus(request.query)}
    texts = [
        f"{request.method}\n{path}\n{query}\n{digest}\n{headers['timestamp']}"
        for query in queries
        for path in {request.path, unquote(request.path)}
    ]
    if not any(_same(signature(member.secret, text), headers["sign"]) for text in texts):
        raise GateError("INVALID_SIGNATURE", "Signature mismatch")
    if request.method != "GET":
        may_trade(member)
    check_deadline(headers, request.at_ns)
    return member


def check_time(timestamp: str, now_ns: int) -> None:
    """Refuse a time that is too far off. Raises GateError."""
    try:
        at_s = float(timestamp)
    except ValueError as error:
        raise GateError("REQUEST_EXPIRED", f"Timestamp {timestamp!r} is no time") from error
    if not abs(now_ns / _SECOND_NS - at_s) <= WINDOW_S:
        raise GateError(
            "REQUEST_EXPIRED",
            f"gap between request Timestamp and server time exceeds {WINDOW_S}",
        )


def check_deadline(headers: Mapping[str, str], now_ns: int) -> None:
    """Refuse what comes after its own deadline. Raises GateError."""
    deadline = headers.get("x-gate-exptime", "")
    if not deadline:
        return
    if not deadline.isdigit():
        raise GateError("INVALID_PARAM_VALUE", f"x-gate-exptime was {deadline!r}")
    if now_ns > int(deadline) * _MILLI_NS:
        raise GateError("REQUEST_EXPIRED", "the request came after its x-gate-exptime")


def may_trade(member: Member) -> None:
    """Refuse a key that may only read. Raises GateError."""
    if Permission.TRADE not in member.permissions:
        raise GateError("READ_ONLY", "API key is read-only")


def check_subscription(
    hall: Hall, key: str, sign: str, channel: str, event: str, time: object
) -> Member:
    """Return who subscribes. Raises GateError."""
    member = hall.member(key)
    if member is None:
        raise GateError("INVALID_KEY", "Invalid key provided")
    check_time(str(time), hall.now_ns())
    text = f"channel={channel}&event={event}&time={time}"
    if not _same(signature(member.secret, text), sign):
        raise GateError("INVALID_SIGNATURE", "Signature mismatch")
    return member


def check_api(hall: Hall, payload: Mapping[str, object], channel: str, parameters: str) -> Member:
    """Return who logs in on the order socket. Raises GateError."""
    member = hall.member(str(payload.get("api_key", "")))
    if member is None:
        raise GateError("INVALID_KEY", "Invalid key provided")
    timestamp = str(payload.get("timestamp", ""))
    check_time(timestamp, hall.now_ns())
    text = f"api\n{channel}\n{parameters}\n{timestamp}"
    if not _same(signature(member.secret, text), str(payload.get("signature", ""))):
        raise GateError("INVALID_SIGNATURE", "Signature mismatch")
    return member


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.lower().encode())
