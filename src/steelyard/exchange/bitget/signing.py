"""Who is asking: key, signature, timestamp and passphrase of a request or a log-in.

Rule 1: the signature is HMAC-SHA256 in base64 over timestamp, method, path with query and body. The
query counts as it was sent or with its percent escapes resolved, since clients do either.
Rule 2: a timestamp may lie thirty seconds from the venue's clock, in milliseconds; that of a
log-in, in seconds.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from steelyard.exchange.bitget.errors import Fault
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall, Request

LOGIN: Final = "/user/verify"
WINDOW_MS: Final = 30_000
_SECOND_NS: Final = 1_000_000_000
_MS_NS: Final = 1_000_000


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    return b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()


def asker(hall: Hall, request: Request) -> Member:
    """Return whose request it is. Raises Fault."""
    headers = request.headers
    key, proof = headers.get("access-key", ""), headers.get("access-sign", "")
    stamp, word = headers.get("access-timestamp", ""), headers.get("access-passphrase", "")
    for value, code, text in (
        (key, "40001", "ACCESS_KEY cannot be empty"),
        (proof, "40002", "ACCESS_SIGN cannot be empty"),
        (stamp, "40005", "Invalid ACCESS_TIMESTAMP"),
        (word, "40011", "ACCESS_PASSPHRASE cannot be empty"),
    ):
        if not value:
            raise Fault(code, text)
    if not stamp.isdecimal():
        raise Fault("40005", "Invalid ACCESS_TIMESTAMP")
    if abs(int(stamp) - request.at_ns // _MS_NS) > WINDOW_MS:
        raise Fault("40008", "Request timestamp expired")
    member = hall.member(key)
    if member is None:
        raise Fault("40006", "Invalid ACCESS_KEY")
    if not hmac.compare_digest(word, member.passphrase):
        raise Fault("40012", "apikey/password is incorrect")
    start = stamp + request.method + request.path
    body = request.body.decode(errors="replace")
    queries = {request.query, unquote(request.query)}
    texts = [start + (f"?{query}" if query else "") + body for query in queries]
    if not any(hmac.compare_digest(signature(member.secret, text), proof) for text in texts):
        raise Fault("40009", "sign signature error")
    if member.addresses and request.address not in member.addresses:
        raise Fault("40018", "Invalid IP")
    return member


def login(hall: Hall, args: Mapping[str, Any]) -> Member:
    """Return who logs in. Raises Fault with the codes of sockets."""
    stamp = str(args.get("timestamp", ""))
    member = hall.member(str(args.get("apiKey", "")))
    if member is None:
        raise Fault("30011", "Invalid ACCESS_KEY")
    if not stamp.isdecimal():
        raise Fault("30013", "Invalid ACCESS_TIMESTAMP")
    if str(args.get("passphrase", "")) != member.passphrase:
        raise Fault("30012", "Invalid ACCESS_PASSPHRASE")
    seconds = int(stamp) // 1000 if len(stamp) > len("9999999999") else int(stamp)
    if abs(seconds - hall.now_ns() // _SECOND_NS) > WINDOW_MS // 1000:
        raise Fault("30014", "Request timestamp expired")
    proof = signature(member.secret, stamp + "GET" + LOGIN)
    if not hmac.compare_digest(proof, str(args.get("sign", ""))):
        raise Fault("30015", "Invalid sign")
    return member
