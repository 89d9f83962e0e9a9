"""Who asks: the four headers of REST, and the log-in of a socket.

Rule 1: the signature is over timestamp, method, path with query as sent, and body.
Rule 2: a timestamp further than 30 seconds from the venue's clock is refused, on both sides.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import Permission
from steelyard.exchange.okx.errors import Fault

WINDOW_NS: Final = 30_000_000_000
LOGIN_TEXT: Final = "GET/users/self/verify"
_SECOND_NS: Final = 1_000_000_000
_HEADERS: Final = (
    ("ok-access-key", "50103", 'Request header "OK-ACCESS-KEY" cannot be empty.'),
    ("ok-access-passphrase", "50104", 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
    ("ok-access-sign", "50106", 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    ("ok-access-timestamp", "50107", 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
)


def member_of(hall: Hall, request: Request) -> Member:
    """Return whose signed request this is. Raises Fault: it is nobody's."""
    headers = request.headers
    for name, code, text in _HEADERS:
        if not headers.get(name):
            raise Fault(code, text, status=401)
    member = hall.member(headers["ok-access-key"])
    if member is None:
        raise Fault("50111", "Invalid OK-ACCESS-KEY.", status=401)
    stamp = headers["ok-access-timestamp"]
    at_ns = _moment(stamp)
    if at_ns is None:
        raise Fault("50112", "Invalid OK-ACCESS-TIMESTAMP.", status=401)
    if abs(hall.now_ns() - at_ns) > WINDOW_NS:
        raise Fault("50102", "Timestamp request expired.", status=401)
    path = f"{request.path}?{request.query}" if request.query else request.path
    text = stamp + request.method.upper() + path + request.body.decode(errors="replace")
    if not hmac.compare_digest(signature(member.secret, text), headers["ok-access-sign"]):
        raise Fault("50113", "Invalid Sign", status=401)
    if headers["ok-access-passphrase"] != member.passphrase:
        raise Fault("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', status=401)
    if member.addresses and request.address not in member.addresses:
        text = f"Your IP {request.address} is not included in your API key's IP whitelist."
        raise Fault("50110", text, status=401)
    changes = request.method.upper() != "GET"
    if changes and Permission.TRADE not in member.permissions:
        raise Fault("50120", "This API key doesn't have permission to use this function")
    return member


def login(hall: Hall, args: Mapping[str, object]) -> Member:
    """Return who logs in. Raises Fault: nobody."""
    member = hall.member(str(args.get("apiKey", "")))
    if member is None:
        raise Fault("60005", "Invalid apiKey")
    stamp = str(args.get("timestamp", ""))
    try:
        at_ns = int(float(stamp) * _SECOND_NS)
    except (ValueError, OverflowError):
        raise Fault("60004", f"Invalid timestamp {stamp}") from None
    if abs(hall.now_ns() - at_ns) > WINDOW_NS:
        raise Fault("60006", "Timestamp request expired")
    expected = signature(member.secret, stamp + LOGIN_TEXT)
    if not hmac.compare_digest(expected, str(args.get("sign", ""))):
        raise Fault("60007", "Invalid sign")
    if str(args.get("passphrase", "")) != member.passphrase:
        raise Fault("60024", "Wrong passphrase")
    return member


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    return b64encode(hmac.new(secret.encode(), text.encode(), "sha256").digest()).decode()


def _moment(text: str) -> int | None:
    """Read an ISO time, or epoch seconds with a fraction, both of which OKX takes."""
    try:
        if text.replace(".", "", 1).isdigit():
            return int(float(text) * _SECOND_NS)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000) * 1_000_000
