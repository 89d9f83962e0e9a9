"""The private stream, on two sockets: log-in, what is subscribed, and frames as news.

Rule 1: orders and account are told on the private socket, conditional orders on the business one;
each is logged in by itself.
Rule 2: a frame of `orders` about a fill is a trade and then the order.
Rule 3: balances and positions are proof of life only: what they say about the account is read over
REST, where it is complete.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from steelyard.model.reports import News
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Credentials,
    Pong,
    Stream,
)
from steelyard.venues.okx.frames import (
    AccountPush,
    AlgoPush,
    OrderPush,
    OtherPush,
    PositionPush,
    aside,
    channel_of,
)
from steelyard.venues.okx.memory import Memory
from steelyard.venues.okx.reports import ALGO_STATES, TRIGGERED, Reports, child_of
from steelyard.venues.okx.signing import login
from steelyard.venues.okx.terms import BUSINESS, PING, PING_NS, PONG, PRIVATE, SILENCE_NS
from steelyard.venues.okx.words import AlgoWord, OrderWord

_CHANNELS: Final = (
    {"channel": "orders", "instType": "ANY"},
    {"channel": "account"},
    {"channel": "positions", "instType": "ANY"},
)
_BUSINESS_CHANNELS: Final = (
    {"channel": "orders-algo", "instType": "ANY"},
    {"channel": "algo-advance", "instType": "ANY"},
)
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


def read(frame: bytes, reports: Reports, memory: Memory) -> Sequence[News | Aside]:
    """Read one private frame."""
    if frame == PONG:
        return (Pong(),)
    channel = channel_of(frame)
    match channel:
        case "":
            return aside(frame)
        case "orders":
            told: list[News | Aside] = []
            for word in _ORDERS.decode(frame).data:
                told += _order(word, reports, memory)
            return told
        case "orders-algo" | "algo-advance":
            told = []
            for algo in _ALGOS.decode(frame).data:
                told += _algo(algo, reports, memory)
            return told
        case "account":
            _ACCOUNT.decode(frame)
        case "positions":
            _POSITIONS.decode(frame)
        case _:
            _OTHER.decode(frame)
    return (Pong(),)


def _order(word: OrderWord, reports: Reports, memory: Memory) -> list[News | Aside]:
    if word.algo_cl_ord_id and not word.cl_ord_id:
        memory.name(word.ord_id, word.algo_cl_ord_id)
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


def _algo(word: AlgoWord, reports: Reports, memory: Memory) -> list[News | Aside]:
    if word.state not in ALGO_STATES:
        raise ValueError(f"conditional order {word.algo_id} is {word.state!r}")
    if word.state in TRIGGERED:
        # The plain order speaks from now on; its own frames may have come before this one.
        if child_of(word):
            memory.name(child_of(word), word.algo_cl_ord_id)
        memory.triggered(word.algo_cl_ord_id)
        return [Pong()]
    try:
        report = reports.algo(word)
    except KeyError as error:
        raise ValueError(f"conditional order {word.algo_id} says {error}") from None
    return [Pong()] if report is None else [report]
