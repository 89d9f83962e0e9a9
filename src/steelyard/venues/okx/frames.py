"""OKX's frames: what is pushed on its sockets, by channel, and what they say about themselves.

Rule 1: as in `words`: texts in, texts out, and what is not read is not named.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from steelyard.venues.native.dialect import Aside, Confirmed, Denied, Leaving, Pong, Welcome
from steelyard.venues.okx.words import (
    AlgoWord,
    BalanceWord,
    Listing,
    OrderWord,
    PositionWord,
    Verdict,
)


class Arg(Struct, rename="camel"):
    """What a frame is about."""

    channel: str
    inst_id: str = ""
    inst_type: str = ""


class LevelWord(Struct, array_like=True, gc=False):
    """Price and quantity; liquidated orders and the number of orders behind them are not read."""

    px: str
    sz: str


class BookWord(Struct, rename="camel"):
    """Levels of a book; REST tells `seq_id` too."""

    asks: list[LevelWord]
    bids: list[LevelWord]
    ts: str
    checksum: int | None = None
    seq_id: int = -1
    prev_seq_id: int = -1


class BookPush(Struct):
    """A frame of `books` or `bbo-tbt`."""

    arg: Arg
    data: list[BookWord]
    action: str = ""


class TradeWord(Struct, rename="camel"):
    """A public trade."""

    inst_id: str
    trade_id: str
    px: str
    sz: str
    side: str
    ts: str


class TradePush(Struct):
    """A frame of `trades` or `trades-all`."""

    arg: Arg
    data: list[TradeWord]


class TickerWord(Struct, rename="camel"):
    """Best bid and ask with the day's figures."""

    inst_id: str
    ask_px: str
    ask_sz: str
    bid_px: str
    bid_sz: str
    ts: str


class TickerPush(Struct):
    """A frame of `tickers`."""

    arg: Arg
    data: list[TickerWord]


class CandlePush(Struct):
    """A frame of `candle…`: ts, open, high, low, close, volume, …, confirm."""

    arg: Arg
    data: list[list[str]]


class MarkWord(Struct, rename="camel"):
    """A mark price."""

    inst_id: str
    mark_px: str
    ts: str


class MarkPush(Struct):
    """A frame of `mark-price`."""

    arg: Arg
    data: list[MarkWord]


class FundingWord(Struct, rename="camel"):
    """The rate that is paid at `funding_time`."""

    inst_id: str
    funding_rate: str
    funding_time: str
    ts: str = ""


class FundingPush(Struct):
    """A frame of `funding-rate`."""

    arg: Arg
    data: list[FundingWord]


class ListingPush(Struct):
    """A frame of `instruments`."""

    arg: Arg
    data: list[Listing]


class OrderPush(Struct):
    """A frame of `orders`."""

    arg: Arg
    data: list[OrderWord]


class AlgoPush(Struct):
    """A frame of `orders-algo` or `algo-advance`."""

    arg: Arg
    data: list[AlgoWord]


class AccountPush(Struct):
    """A frame of `account`."""

    arg: Arg
    data: list[BalanceWord]


class PositionPush(Struct):
    """A frame of `positions`."""

    arg: Arg
    data: list[PositionWord]


class OtherPush(Struct):
    """A frame of a channel that nothing here depends on."""

    arg: Arg
    data: list[Any]
    action: str = ""


class EventWord(Struct, rename="camel"):
    """What is about the socket itself, or the answer to an order on it."""

    event: str = ""
    op: str = ""
    id: str = ""
    code: str = ""
    msg: str = ""
    arg: Arg | None = None
    channel: str = ""
    conn_count: str = ""
    data: list[Verdict] = []


_ARG: Final = b'{"arg":{"channel":"'
_QUOTE: Final = b'"'
_EVENT: Final = msgspec.json.Decoder(EventWord)
_OTHER: Final = msgspec.json.Decoder(OtherPush)


def channel_of(frame: bytes) -> str:
    """Return the channel of a push; "": it is none. Raises ValueError: it is no frame at all."""
    if frame.startswith(_ARG):
        start = len(_ARG)
        return frame[start : frame.index(_QUOTE, start)].decode()
    if b'"event"' in frame or b'"op"' in frame:
        return ""
    return _OTHER.decode(frame).arg.channel


def aside(frame: bytes) -> Sequence[Aside]:
    """Read a frame that is about the socket itself. Raises ValueError: nobody understands it."""
    word = _EVENT.decode(frame)
    match word.event:
        case "login":
            return (Welcome(),) if word.code in {"", "0"} else (Denied(_said(word)),)
        case "subscribe":
            arg = word.arg
            told = "" if arg is None else ":".join(filter(None, (arg.channel, arg.inst_id)))
            return (Confirmed(told),)
        case "unsubscribe" | "channel-conn-count":
            return (Pong(),)
        case "error":
            return (Denied(_said(word)),)
        case "channel-conn-count-error":
            text = f"{word.conn_count} connections subscribed {word.channel}, which are too many"
            return (Denied(text),)
        case "notice":
            return (Leaving(_said(word)),)
    raise ValueError(f"event was {word.event!r}")


def _said(word: EventWord) -> str:
    return f"{word.code}: {word.msg}".strip(": ")
