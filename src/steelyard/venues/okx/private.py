"""The private sockets: log-in, what is subscribed, and frames as news.

Rule 1: orders and account are told on the private socket, conditional orders on the business one;
each is logged in by itself.
Rule 2: a frame of `orders` about a fill is a trade and then the order.
Rule 3: balances and positions are proof of life only: what they say about the account is read over
REST, where it is complete.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from steelyard.kernel.ports import VenueTerms
from steelyard.model.reports import News
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Confirmed,
    Credentials,
    Denied,
    Leaving,
    Pong,
    Stream,
    Welcome,
)
from steelyard.venues.okx.history import Names
from steelyard.venues.okx.pushes import (
    AccountPush,
    AlgoPush,
    EventWord,
    OrderPush,
    OtherPush,
    PositionPush,
)
from steelyard.venues.okx.reports import ALGO_STATES, TRIGGERED, Reports
from steelyard.venues.okx.searching import child_of
from steelyard.venues.okx.signing import login
from steelyard.venues.okx.terms import BUSINESS, PRIVATE
from steelyard.venues.okx.words import AlgoWord, OrderWord

PING: Final = b"ping"
PONG: Final = b"pong"
PING_NS: Final = 20_000_000_000
SILENCE_NS: Final = 30_000_000_000
UPGRADE: Final = "64008"

_CHANNELS: Final = (
    {"channel": "orders", "instType": "ANY"},
    {"channel": "account"},
    {"channel": "positions", "instType": "ANY"},
)
_BUSINESS_CHANNELS: Final = (
    {"channel": "orders-algo", "instType": "ANY"},
    {"channel": "algo-advance", "instType": "ANY"},
)
_ARG: Final = b'{"arg":{"channel":"'
_QUOTE: Final = b'"'
_EVENT: Final = msgspec.json.Decoder(EventWord)
_ORDERS: Final = msgspec.json.Decoder(OrderPush)
_ALGOS: Final = msgspec.json.Decoder(AlgoPush)
_ACCOUNT: Final = msgspec.json.Decoder(AccountPush)
_POSITIONS: Final = msgspec.json.Decoder(PositionPush)
_OTHER: Final = msgspec.json.Decoder(OtherPush)


def streams(addresses: Addresses, credentials: Credentials, now_ns: int) -> tuple[Stream, ...]:
    """Say how both private sockets are opened now."""
    return tuple(
        Stream(
            url=addresses.ws[where],
            hello=(login(credentials, now_ns),),
            subscribe=(msgspec.json.encode({"op": "subscribe", "args": channels}),),
            ping=PING, ping_ns=PING_NS, silence_ns=SILENCE_NS, confirms=len(channels),
        )
        for where, channels in ((PRIVATE, _CHANNELS), (BUSINESS, _BUSINESS_CHANNELS))
    )  # fmt: skip


def order_socket(
    addresses: Addresses, credentials: Credentials, now_ns: int, terms: VenueTerms
) -> Stream:
    """Say how the order socket is opened now: the private one, without a subscription."""
    return Stream(
        url=addresses.ws[PRIVATE], hello=(login(credentials, now_ns),),
        ping=PING, ping_ns=PING_NS, silence_ns=min(terms.silence_ns, SILENCE_NS),
    )  # fmt: skip


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


def read(
    frame: bytes, reports: Reports, names: Names, waiting: dict[str, None]
) -> Sequence[News | Aside]:
    """Read one private frame; `waiting` holds the ids of conditional orders that are known."""
    if frame == PONG:
        return (Pong(),)
    channel = channel_of(frame)
    match channel:
        case "":
            return aside(frame)
        case "orders":
            told: list[News | Aside] = []
            for word in _ORDERS.decode(frame).data:
                told += _order(word, reports, names)
            return told
        case "orders-algo" | "algo-advance":
            told = []
            for algo in _ALGOS.decode(frame).data:
                told += _algo(algo, reports, names, waiting)
            return told
        case "account":
            _ACCOUNT.decode(frame)
        case "positions":
            _POSITIONS.decode(frame)
        case _:
            _OTHER.decode(frame)
    return (Pong(),)


def _order(word: OrderWord, reports: Reports, names: Names) -> list[News | Aside]:
    if word.algo_cl_ord_id and not word.cl_ord_id:
        names.learn(word.ord_id, word.algo_cl_ord_id)
    try:
        report = reports.order(word)
        fill = reports.fill_of(word)
    except KeyError as error:
        raise ValueError(f"order {word.ord_id} says {error}") from None
    told: list[News | Aside] = []
    if fill is not None:
        told.append(fill)
    if report is not None:
        told.append(report)
    return told or [Pong()]


def _algo(
    word: AlgoWord, reports: Reports, names: Names, waiting: dict[str, None]
) -> list[News | Aside]:
    if word.state not in ALGO_STATES:
        raise ValueError(f"conditional order {word.algo_id} is {word.state!r}")
    if word.state in TRIGGERED:
        # The plain order speaks from now on; its own frames may have come before this one.
        if child_of(word):
            names.learn(child_of(word), word.algo_cl_ord_id)
        waiting.pop(word.algo_cl_ord_id, None)
        return [Pong()]
    try:
        report = reports.algo(word)
    except KeyError as error:
        raise ValueError(f"conditional order {word.algo_id} says {error}") from None
    return [Pong()] if report is None else [report]


def _said(word: EventWord) -> str:
    return f"{word.code}: {word.msg}".strip(": ")
