"""What Bitget says on its sockets, as typed values, and what its sockets say about themselves.

Rule 1: as in `words`: a number stays the text it was spelt as. The words of orders and trades are
those of REST.
"""

from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

from steelyard.venues.bitget.words import NULL, Stamp
from steelyard.venues.native.dialect import Aside, Confirmed, Denied, Pong, Welcome

Spelt: TypeAlias = tuple[str, str]


class Arg(Struct, frozen=True, rename="camel", gc=False):
    """What a frame is about. Account channels name a coin instead of an instrument."""

    inst_type: str = ""
    channel: str = ""
    inst_id: str = ""


class Push(Struct, frozen=True, rename="camel"):
    """Any push: what it is about, and its data as they came."""

    arg: Arg
    data: Raw
    action: str = ""
    ts: Stamp = 0


class Ticker(Struct, frozen=True, rename="camel", gc=False):
    """Best prices; perpetuals add mark, index and funding."""

    bid_pr: str
    ask_pr: str
    bid_sz: str
    ask_sz: str
    ts: Stamp
    mark_price: str = ""
    index_price: str = ""
    funding_rate: str = ""
    next_funding_time: Stamp = ""


class PublicTrade(Struct, frozen=True, rename="camel", gc=False):
    """Somebody traded; `side` is the taker's."""

    ts: Stamp
    price: str
    size: str
    side: str


class Levels(Struct, frozen=True, rename="camel", gc=False):
    """Levels of a book; quantity 0 removes one. `checksum` 0: not told."""

    asks: list[Spelt]
    bids: list[Spelt]
    ts: Stamp
    checksum: int = 0
    seq: int = -1
    pseq: int = -1


class SocketWord(Struct, frozen=True, rename="camel"):
    """What a socket says about itself, and answers on the order socket."""

    event: str | None = None
    op: str | None = None
    code: str | int | None = None
    msg: str | None = None
    arg: Raw = NULL
    action: str = ""
    data: Raw = NULL
    ts: Stamp | None = None


class TradeAnswer(Struct, frozen=True, rename="camel"):
    """To which request an answer on the order socket belongs."""

    id: str
    inst_type: str = ""
    channel: str = ""
    inst_id: str = ""
    params: dict[str, Any] = {}


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
