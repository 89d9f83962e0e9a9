"""Who sent a request, and whether it is from them: key, signature, time.

Rule 1: the signed text is the query with the body behind it, as sent and without the signature;
on the WebSocket API all parameters sorted by name, as they are or percent-encoded.
Rule 2: a request is taken from a second before the venue's time to `recvWindow` after its own.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlencode

from steelyard.exchange.binance.errors import (
    AHEAD,
    KEY,
    NO_KEY,
    SIGNATURE,
    WINDOW,
    Objection,
    object_to,
)
from steelyard.exchange.binance.fields import Fields, missing
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall

_WINDOW_MS = 5_000
_WINDOW_MAX_MS = 60_000
_AHEAD_MS = 1_000
_KEY_LENGTH = 64


def member_of(hall: Hall, key: str, address: str) -> Member:
    """Return whose key it is."""
    if len(key) != _KEY_LENGTH:
        raise object_to(NO_KEY)
    member = hall.member(key)
    if member is None or (member.addresses and address and address not in member.addresses):
        raise object_to(KEY)
    return member


def check_time(fields: Fields, now_ns: int) -> None:
    """Refuse a request that is too old or from the future."""
    stamp = fields.whole("timestamp")
    window = fields.whole("recvWindow", _WINDOW_MS)
    if window > _WINDOW_MAX_MS:
        raise Objection(400, -1131, "recvWindow must be less than 60000.")
    now_ms = now_ns // 1_000_000
    if stamp >= now_ms + _AHEAD_MS:
        raise object_to(AHEAD)
    if now_ms - stamp > window:
        raise object_to(WINDOW)


def check_rest(secret: str, query: str, body: str, fields: Fields) -> None:
    """Refuse a request whose signature is not its own."""
    if not fields.has("signature"):
        raise missing("signature")
    text = _unsigned(query) + _unsigned(body)
    if not _same(secret, text, fields.text("signature")):
        raise object_to(SIGNATURE)


def check_socket(secret: str, params: Mapping[str, str]) -> None:
    """Refuse a request on the WebSocket API whose signature is not its own."""
    if not params.get("signature"):
        raise missing("signature")
    rows = sorted((name, value) for name, value in params.items() if name != "signature")
    plain = "&".join(f"{name}={value}" for name, value in rows)
    if not any(_same(secret, text, params["signature"]) for text in (plain, urlencode(rows))):
        raise object_to(SIGNATURE)


def _unsigned(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))


def _same(secret: str, text: str, told: str) -> bool:
    ours = hmac.new(secret.encode(), text.encode(), sha256).hexdigest()
    return hmac.compare_digest(ours.encode(), told.encode())
