"""Orders over the private socket.

Rule 1: a create carries `expTime`, like its sister over REST; conditional orders, and instruments
whose number OKX has not told yet, go over REST.
Rule 2: an answer is known by its `id`; what became of the order is its own code. One to a batch is
known by its operation.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from steelyard.kernel.ports import VenueTerms
from steelyard.model.reports import Reply, Success, Unclear
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Credentials,
    Entry,
    Leaving,
    Pong,
    Stream,
)
from steelyard.venues.okx import batches
from steelyard.venues.okx.errors import refused
from steelyard.venues.okx.frames import EventWord, aside
from steelyard.venues.okx.numbers import MS_NS
from steelyard.venues.okx.signing import login
from steelyard.venues.okx.terms import PING, PING_NS, PONG, PRIVATE, SILENCE_NS, VALIDITY_NS

_EVENT: Final = msgspec.json.Decoder(EventWord)
_DATA: Final = msgspec.json.Decoder(batches.Data)
_ENCODE: Final = msgspec.json.Encoder()

_UPGRADE: Final = "64008"
_PLACES: Final = "batch-orders"
_CANCELS: Final = "batch-cancel-orders"


def stream(
    addresses: Addresses, credentials: Credentials, now_ns: int, terms: VenueTerms
) -> Stream:
    """Say how the order socket is opened now: the private one, without a subscription."""
    return Stream(
        url=addresses.ws[PRIVATE], hello=(login(credentials, now_ns),),
        ping=PING, ping_ns=PING_NS, silence_ns=min(terms.silence_ns, SILENCE_NS),
    )  # fmt: skip


def place(number: str, fields: Mapping[str, Any], code: int, now_ns: int) -> bytes:
    """Write a create."""
    return _ENCODE.encode(
        {
            "id": number,
            "op": "order",
            "args": [{**fields, "instIdCode": code}],
            "expTime": str((now_ns + VALIDITY_NS) // MS_NS),
        }
    )


def cancel(number: str, client_id: str, symbol: str, code: int) -> bytes:
    """Write a cancel."""
    args = [{"instId": symbol, "instIdCode": code, "clOrdId": client_id}]
    return _ENCODE.encode({"id": number, "op": "cancel-order", "args": args})


def place_batch(
    number: str, rows: Sequence[Mapping[str, Any]], code: int, now_ns: int
) -> bytes:  # fmt: skip
    """Write a batch of creates in one instrument."""
    return _ENCODE.encode(
        {
            "id": number,
            "op": _PLACES,
            "args": [{**fields, "instIdCode": code} for fields in rows],
            "expTime": str((now_ns + VALIDITY_NS) // MS_NS),
        }
    )


def cancel_batch(number: str, client_ids: Sequence[str], symbol: str, code: int) -> bytes:
    """Write a batch of cancels in one instrument."""
    args = [{"instId": symbol, "instIdCode": code, "clOrdId": name} for name in client_ids]
    return _ENCODE.encode({"id": number, "op": _CANCELS, "args": args})


def read(frame: bytes) -> Sequence[Entry | Aside]:
    """Read a frame of the order socket. Raises ValueError: nobody understands it."""
    if frame == PONG:
        return (Pong(),)
    word = _EVENT.decode(frame)
    if word.id and word.op:
        if word.op in (_PLACES, _CANCELS):
            rows = batches.rows_of(_DATA.decode(frame).data)
            return (Entry(number=word.id, reply=batches.told(rows) or _reply(word)),)
        return (Entry(number=word.id, reply=_reply(word)),)
    if word.event:
        if word.event == "error" and word.id:
            return (Entry(number=word.id, reply=refused(word.code, word.msg)),)
        return aside(frame)
    if word.code == _UPGRADE:
        return (Leaving(word.msg),)
    raise ValueError("the frame has neither an id nor an event")


def _reply(word: EventWord) -> Reply:
    for verdict in word.data:
        if verdict.s_code != "0":
            return refused(verdict.s_code, verdict.s_msg or word.msg)
    if word.code != "0":
        return refused(word.code, word.msg)
    if not word.data:
        return Unclear(text="the answer names no order")
    return Success()
