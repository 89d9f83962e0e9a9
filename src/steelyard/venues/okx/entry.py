"""Orders over the private socket.

Rule 1: a create carries `expTime`, like its sister over REST; conditional orders, and instruments
whose number OKX has not told yet, go over REST.
Rule 2: an answer is known by its `id`; what became of the order is its own code.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from steelyard.model.reports import Reply, Success, Unclear
from steelyard.venues.native.dialect import Aside, Entry, Leaving, Pong
from steelyard.venues.okx import private
from steelyard.venues.okx.errors import refused
from steelyard.venues.okx.numbers import MS_NS
from steelyard.venues.okx.pushes import EventWord
from steelyard.venues.okx.terms import VALIDITY_NS

_EVENT: Final = msgspec.json.Decoder(EventWord)
_ENCODE: Final = msgspec.json.Encoder()


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


def read(frame: bytes) -> Sequence[Entry | Aside]:
    """Read a frame of the order socket. Raises ValueError: nobody understands it."""
    if frame == private.PONG:
        return (Pong(),)
    word = _EVENT.decode(frame)
    if word.id and word.op:
        return (Entry(number=word.id, reply=_reply(word)),)
    if word.event:
        if word.event == "error" and word.id:
            return (Entry(number=word.id, reply=refused(word.code, word.msg)),)
        return private.aside(frame)
    if word.code == private.UPGRADE:
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
