"""What travels between a paper process and its clients: msgpack, one message per frame.

Rule 1: a message is [what, number, body]; `number` joins a request to its answer and counts news.
Rule 2: both ends are of one version of this house: `Hello` carries it, and another is refused.
Rule 3: a message that does not decode breaks the connection at the server and is `Strange` at the
client; a request whose answer does not decode is `Unclear`.
"""

from enum import IntEnum
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

from steelyard.kernel.ports import Placing
from steelyard.model import reports
from steelyard.model.reports import News, Reply

PROTOCOL: Final = 2

Row: TypeAlias = tuple[int, int, int, int, int, int, int]
"""(time, kind, instrument, a, b, c, d) of a trade or quote, as in `model.history`."""


class What(IntEnum):
    """Kinds of messages."""

    # To the server.
    HELLO = 1
    PLACE = 2
    CANCEL = 3
    CANCEL_ALL = 4
    ORDER = 5
    OPEN_ORDERS = 6
    TRADES = 7
    HOLDINGS = 8
    STOP = 9
    LISTING = 10
    # Answers; the body of DONE is nil.
    DONE = 20
    REPORT = 21
    FOUND = 22
    OPENS = 23
    PAGE = 24
    HELD = 25
    LISTED = 26
    REFUSED = 27
    # News of the private stream.
    ORDER_NEWS = 40
    TRADE_NEWS = 41
    FUNDING_NEWS = 42
    STATUS_NEWS = 43
    USED_NEWS = 44
    # The rest.
    WELCOME = 60
    UNWELCOME = 61
    PULSE = 62
    TICKS = 63
    SKIPPED = 64


class Hello(Struct, frozen=True, array_like=True):
    """The first message of a client. `account` -1: it only listens to the market."""

    protocol: int
    account: int
    private: bool
    public: bool


class Order(Struct, frozen=True, array_like=True):
    """A create. `hedged`: the mode it was written for; None: whatever the account's is."""

    sent_ns: int
    hedged: bool | None
    order: Placing


class Named(Struct, frozen=True, array_like=True):
    """A request about one order."""

    sent_ns: int
    client_id: str
    instrument: int


class Welcome(Struct, frozen=True, array_like=True):
    """The server takes the client."""

    venue: str
    accounts: int
    instruments: tuple[str, ...]


class Message(Struct, frozen=True, array_like=True):
    """Any message, its body not yet decoded."""

    what: int
    number: int
    body: Raw


_BODIES: Final[dict[int, Any]] = {
    What.HELLO: Hello,
    What.PLACE: Order,
    What.CANCEL: Named,
    What.CANCEL_ALL: Named,
    What.ORDER: Named,
    What.OPEN_ORDERS: None,
    What.TRADES: str,
    What.HOLDINGS: None,
    What.STOP: None,
    What.LISTING: None,
    What.DONE: None,
    What.REPORT: reports.OrderReport,
    What.FOUND: reports.OrderFound,
    What.OPENS: reports.OpenOrders,
    What.PAGE: reports.Trades,
    What.HELD: reports.Holdings,
    What.LISTED: reports.Listing,
    What.REFUSED: reports.Refusal,
    What.ORDER_NEWS: reports.OrderReport,
    What.TRADE_NEWS: reports.TradeReport,
    What.FUNDING_NEWS: reports.FundingReport,
    What.STATUS_NEWS: reports.VenueStatus,
    What.USED_NEWS: reports.RateUsed,
    What.WELCOME: Welcome,
    What.UNWELCOME: str,
    What.PULSE: int,
    What.TICKS: list[Row],
    What.SKIPPED: int,
}
_ANSWERS: Final[dict[type, What]] = {
    reports.OrderReport: What.REPORT,
    reports.OrderFound: What.FOUND,
    reports.OpenOrders: What.OPENS,
    reports.Trades: What.PAGE,
    reports.Holdings: What.HELD,
    reports.Listing: What.LISTED,
    type(None): What.DONE,
}
_NEWS: Final[dict[type, What]] = {
    reports.OrderReport: What.ORDER_NEWS,
    reports.TradeReport: What.TRADE_NEWS,
    reports.FundingReport: What.FUNDING_NEWS,
    reports.VenueStatus: What.STATUS_NEWS,
    reports.RateUsed: What.USED_NEWS,
}

_encode: Final = msgspec.msgpack.Encoder().encode
_open: Final = msgspec.msgpack.Decoder(Message).decode
_decoders: Final = {what: msgspec.msgpack.Decoder(shape).decode for what, shape in _BODIES.items()}

BROKEN: Final = (msgspec.DecodeError, KeyError)
"""What `read` and `body_of` raise for what is no message of ours."""


def write(what: What, number: int = 0, body: Any = None) -> bytes:
    """Return a message."""
    return _encode((what, number, body))


def read(frame: bytes) -> Message:
    """Open a message."""
    return _open(frame)


def body_of(message: Message) -> Any:
    """Decode a message's body, strictly in its type."""
    return _decoders[message.what](message.body)


def write_reply(number: int, reply: Reply) -> bytes:
    """Return the answer to a request; an exchange only succeeds or refuses."""
    if isinstance(reply, reports.Refusal):
        return _encode((What.REFUSED, number, reply))
    value = reply.value if isinstance(reply, reports.Success) else None
    return _encode((_ANSWERS[type(value)], number, value))


def reply_of(message: Message) -> Reply:
    """Return the reply an answer carries."""
    body = body_of(message)
    return body if message.what == What.REFUSED else reports.Success(value=body)


def write_news(number: int, news: News) -> bytes:
    """Return a piece of news."""
    return _encode((_NEWS[type(news)], number, news))


def is_answer(message: Message) -> bool:
    """Say whether a message answers a request."""
    return What.DONE <= message.what <= What.REFUSED


def is_news(message: Message) -> bool:
    """Say whether a message belongs to the private stream."""
    return What.ORDER_NEWS <= message.what <= What.USED_NEWS
