"""Frames of Binance's streams, as typed values with the venue's one-letter names.

Rule 1: hot frames (best quote, trade, depth) hold only what is read.
Rule 2: what two products spell differently is told apart by its fields, since the name of the
stream is the same: a spot quote has no `e`, a spot trade has `M`, a perpetual's book has `pu`.
"""

import msgspec
from msgspec import Struct

from steelyard.venues.binance.words import Refused, Words


class QuoteFrame(Struct, frozen=True, gc=False):
    """bookTicker; `e`, `E` and `T` only on the perpetuals."""

    s: str
    b: str
    B: str
    a: str
    A: str
    u: int = 0
    e: str = ""
    T: int = 0


class TradeFrame(Struct, frozen=True, gc=False):
    """trade and aggTrade; `m`: the buyer was the maker. `M` only on spot."""

    s: str
    p: str
    q: str
    T: int
    m: bool
    E: int
    M: bool | None = None
    X: str = "MARKET"


class DepthFrame(Struct, frozen=True, gc=False):
    """depthUpdate; `pu` and `T` only on the perpetuals."""

    s: str
    U: int
    u: int
    b: tuple[tuple[str, str], ...]
    a: tuple[tuple[str, str], ...]
    E: int
    pu: int = -1
    T: int = 0


class CandleFields(Struct, frozen=True, gc=False):
    """The candle of kline and continuous_kline; `x`: it is closed."""

    t: int
    T: int = 0
    i: str = ""
    o: str = ""
    c: str = ""
    h: str = ""
    l: str = ""  # noqa: E741 - the venue's name
    v: str = ""
    x: bool = False


class CandleFrame(Struct, frozen=True, gc=False):
    """kline; continuous_kline names the pair in `ps` and the contract in `ct`."""

    E: int
    k: CandleFields
    s: str = ""
    ps: str = ""
    ct: str = ""


class MarkFrame(Struct, frozen=True, gc=False):
    """markPriceUpdate: mark `p`, index `i`, funding rate `r`, its time `T`."""

    E: int
    s: str
    p: str
    r: str
    T: int
    i: str = "0"


class ContractFrame(Struct, frozen=True):
    """contractInfo: the contract's status `cs`."""

    E: int
    s: str
    cs: str


class SpotOrderFrame(Struct, frozen=True):
    """executionReport. `C` is the order's own id where `c` names the request that canceled it."""

    E: int
    s: str
    c: str
    S: str
    o: str
    q: str
    p: str
    x: str
    X: str
    i: int
    l: str  # noqa: E741 - the venue's name
    z: str
    L: str
    T: int
    t: int
    f: str = ""
    P: str = "0"
    C: str = ""
    r: str = "NONE"
    n: str | None = "0"
    N: str | None = None
    m: bool = False


class PerpOrderFields(Struct, frozen=True):
    """The order of ORDER_TRADE_UPDATE."""

    s: str
    c: str
    S: str
    o: str
    q: str
    p: str
    x: str
    X: str
    i: int
    l: str  # noqa: E741 - the venue's name
    z: str
    L: str
    T: int
    t: int
    f: str = ""
    sp: str | None = "0"
    n: str | None = "0"
    N: str | None = None
    m: bool = False
    R: bool = False
    ps: str = "BOTH"
    ot: str = ""


class PerpOrderFrame(Struct, frozen=True):
    """ORDER_TRADE_UPDATE."""

    E: int
    o: PerpOrderFields


class AlgoFields(Struct, frozen=True):
    """The conditional order of ALGO_UPDATE; `ai` is the order it became, `aq` what that filled."""

    caid: str
    aid: int
    s: str
    S: str
    o: str
    X: str
    q: str
    tp: str | None = "0"
    p: str | None = "0"
    ps: str = "BOTH"
    R: bool = False
    ai: str | int = ""
    ap: str | None = "0"
    aq: str | None = "0"


class AlgoFrame(Struct, frozen=True):
    """ALGO_UPDATE."""

    E: int
    o: AlgoFields
    T: int = 0


class Event(Struct, frozen=True):
    """Only an event's name; several are known by it alone."""

    e: str = ""
    E: int | str = 0


class SpotEnvelope(Struct, frozen=True):
    """A frame of the spot user stream: an event, or the answer to the subscription."""

    event: Event | None = None
    id: str | int | None = None
    status: int = 0


# --- the order socket -----------------------------------------------------------------------------


class SocketAnswer(Words, frozen=True):
    """An answer on a WebSocket API."""

    id: str | int | None
    status: int = 200
    result: msgspec.Raw = msgspec.Raw(b"")
    error: Refused | None = None


class RetryLater(Words, frozen=True):
    """When a banned or limited address may return, ms UTC."""

    retry_after: int = 0


class SocketTrouble(Words, frozen=True):
    """The error of an answer, with what it says beside code and text."""

    code: int
    msg: str = ""
    data: RetryLater | None = None


class SocketFailure(Words, frozen=True):
    """An answer read for its error alone."""

    error: SocketTrouble
    status: int = 400
