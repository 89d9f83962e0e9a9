"""What Gate says on its sockets, as typed values: only the fields that are read.

Rule 1: hot frames keep prices and sizes as they were spelt; `numbers` reads them.
Rule 2: the words of account frames are those of REST.
Rule 3: what a socket says about itself is read here, for every stream alike.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field

from steelyard.venues.gate.orders import encode
from steelyard.venues.gate.words import NOTHING, PerpLevel, Text, decoder
from steelyard.venues.native.dialect import Aside, Confirmed, Denied, Leaving, Pong


class Wrong(Struct, frozen=True, kw_only=True):
    """Why a subscription was refused."""

    code: int = 0
    message: str = ""


class Frame(Struct, frozen=True, kw_only=True):
    """Any frame, its result not yet decoded."""

    channel: str = ""
    event: str = ""
    time: Text = 0
    time_ms: Text = 0
    result: Raw = field(default_factory=Raw)
    error: Wrong | None = None
    type: str = ""
    msg: str = ""


class Ticker(Struct, frozen=True, kw_only=True):
    """The best quote."""

    t: int
    s: str
    b: str
    B: Text
    a: str
    A: Text


class SpotPublicTrade(Struct, frozen=True, kw_only=True):
    """Somebody traded coins."""

    currency_pair: str
    side: str
    amount: str
    price: str
    create_time_ms: Text = ""
    create_time: Text = 0


class PerpPublicTrade(Struct, frozen=True, kw_only=True):
    """Somebody traded contracts; the sign is the taker's."""

    contract: str
    size: Text
    price: str
    create_time: Decimal = NOTHING
    create_time_ms: Decimal = NOTHING


class SpotChange(Struct, frozen=True, kw_only=True):
    """Changed levels of a book of coins."""

    t: int
    s: str
    U: int
    u: int
    b: tuple[tuple[str, str], ...] = ()
    a: tuple[tuple[str, str], ...] = ()
    full: bool = False


class PerpChange(Struct, frozen=True, kw_only=True):
    """Changed levels of a book of contracts."""

    t: int
    s: str
    U: int
    u: int
    b: tuple[PerpLevel, ...] = ()
    a: tuple[PerpLevel, ...] = ()
    full: bool = False


class Candle(Struct, frozen=True, kw_only=True):
    """A bar so far; `w` says that its window closed."""

    n: str
    t: Text
    o: str
    h: str
    l: str  # noqa: E741 - the venue's word
    c: str
    v: Text = 0
    a: str = ""
    w: bool | None = None


class PerpTicker(Struct, frozen=True, kw_only=True):
    """Mark, index and funding rate of a contract."""

    contract: str
    mark_price: Decimal | None = None
    index_price: str = ""
    funding_rate: Decimal | None = None


class Header(Struct, frozen=True, kw_only=True):
    """The head of an answer on the order socket."""

    status: Text = ""
    channel: str = ""
    event: str = ""
    response_time: Text = ""
    x_gate_ratelimit_reset_timestamp: Text | None = None
    x_gat_ratelimit_reset_timestamp: Text | None = None


class Complaints(Struct, frozen=True, kw_only=True):
    """Why a request on the order socket was refused."""

    label: str = ""
    message: str = ""


class ApiData(Struct, frozen=True, kw_only=True):
    """What an answer on the order socket carries."""

    result: Raw = field(default_factory=Raw)
    errs: Complaints | None = None


class ApiFrame(Struct, frozen=True, kw_only=True):
    """A frame of the order socket."""

    request_id: str = ""
    ack: bool = False
    header: Header = Header()
    data: ApiData = field(default_factory=ApiData)
    channel: str = ""
    event: str = ""
    error: Wrong | None = None
    type: str = ""
    msg: str = ""


class Balance(Struct, frozen=True, kw_only=True):
    """A row of `spot.balances` or `futures.balances`: read, so that a strange one shows."""

    currency: str = ""
    change: Decimal = NOTHING
    total: Decimal | None = None
    balance: Decimal | None = None
    type: str = ""
    text: str = ""


class SpotPriceNews(Struct, frozen=True, kw_only=True):
    """What `spot.priceorders` tells: the order lies flat here, and our text is missing."""

    id: Text
    market: str
    side: str = "buy"
    price: Decimal = NOTHING
    amount: Decimal = NOTHING
    trigger_price: Decimal = NOTHING
    fired_order_id: Text = 0
    err_msg: str = ""
    ctime: Decimal = NOTHING
    ftime: Decimal = NOTHING


FRAME: Final = decoder(Frame)


def ping(product: str) -> bytes:
    """Return the venue's own ping."""
    return encode({"time": 1, "channel": f"{product}.ping"})


def decode(shape: "msgspec.json.Decoder[Any]", body: bytes | msgspec.Raw) -> Any:
    """Decode. Raises ValueError for what does not decode."""
    try:
        return shape.decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"{error}: {bytes(body)[:200]!r}") from error


def aside(word: Frame) -> Aside:
    """Return what a frame says about its socket. Raises ValueError for anything else."""
    if word.type == "upgrade":
        return Leaving(reason=word.msg)
    if word.error is not None and word.error.message:
        return Denied(text=f"{word.channel}: {word.error.code} {word.error.message}")
    if word.channel.endswith(".pong"):
        return Pong()
    if word.event == "subscribe":
        return Confirmed(what=word.channel)
    if word.event == "unsubscribe" or word.channel.endswith(".system"):
        return Pong()
    raise ValueError(f"nobody understands {word.event!r} of {word.channel!r}")
