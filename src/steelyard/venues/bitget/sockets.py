"""What Bitget's sockets say about themselves."""

from typing import Final

import msgspec

from steelyard.venues.bitget.words import Arg, SocketWord
from steelyard.venues.native.dialect import Aside, Confirmed, Denied, Pong, Welcome

PONG_SAID: Final = (Pong(),)
_WORD: Final = msgspec.json.Decoder(SocketWord)
_ARG: Final = msgspec.json.Decoder(Arg)
_GOOD: Final = frozenset({"0", "00000", "None", ""})


def aside(frame: bytes) -> tuple[Aside, ...] | None:
    """Read what is about the socket; None: it is about something else. Raises ValueError."""
    if frame == b"pong":
        return PONG_SAID
    word = _WORD.decode(frame)
    code = str(word.code)
    if word.event == "login":
        return (Welcome(),) if code in _GOOD else (Denied(f"{code} {word.msg}"),)
    if word.event == "subscribe":
        return (Confirmed(topic(word)),)
    if word.event == "unsubscribe" or word.op == "unsubscribe":
        return ()
    if word.event == "error":
        return (Denied(f"{code} {word.msg}: {topic(word)}"),)
    if word.event is not None and word.event != "trade":
        raise ValueError(f"event was {word.event!r}, which nobody knows")
    return None


def topic(word: SocketWord) -> str:
    """Return what a confirmation is about."""
    try:
        arg = _ARG.decode(word.arg)
    except ValueError:
        return ""
    return "/".join(part for part in (arg.inst_type, arg.channel, arg.inst_id) if part)
