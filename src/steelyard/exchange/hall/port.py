"""The port between the hall and a dialect's server: who says what, and who may be asked for what.

Rule 1: a dialect's server (`Speaker`, `Session`) is synchronous and does no I/O and keeps no time:
it is given requests and frames and answers at once.
Rule 2: the hall is the truth. A server keeps nothing about orders, money or the market; what it
wants to remember of an order in its own words goes with the order (`Wanted.said`).
Rule 3: what the hall can be asked is in `asking`, its values in `words`, `accounts`, `prices` and
`news`. It never calls back from within a call: news come after it has returned, an answer goes
before the news its request caused.
Rule 4: signatures, timestamps, windows, parameters and their error codes are the Speaker's to
check; rate limits, bans and every fault happen around it.
Rule 5: a call that changes something returns what it asked for or `Refused`; a query never changes
anything and may be answered from an older view (a fault), so nothing may be read back to decide.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from steelyard.exchange.hall.asking import Accounts, Market, Orders
from steelyard.exchange.hall.news import PrivateNews
from steelyard.exchange.hall.prices import MarketNews, Topic
from steelyard.exchange.hall.words import Product


class Request(Struct, frozen=True, kw_only=True):
    """One HTTP request. `used` is what each meter has counted, this request included."""

    method: str
    path: str
    """As sent, percent escapes included, without the query."""
    query: str
    """As sent, without the question mark: signatures are made of it."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    address: str
    at_ns: int
    """The venue's clock, skew included: the same as `Hall.now_ns()`."""
    used: Mapping[str, int] = {}


class Response(Struct, frozen=True, kw_only=True):
    """What is answered. Without a content type it is JSON."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Charge(Struct, frozen=True, kw_only=True):
    """What one request adds to one meter: so much of `limit` within `span_ns`, then 429.

    Meters of the same name are one, for each address or (`by_key`) each member. A request that is
    over any limit is charged to none.
    """

    meter: str
    weight: int
    limit: int
    span_ns: int
    by_key: bool = False


class Trouble(StrEnum):
    """What a fault makes a venue say; the words are the dialect's."""

    UNKNOWN = "unknown"  # 5xx: it may have been done or not
    BUSY = "busy"  # 5xx or the venue's code for overload: it was not done
    MAINTENANCE = "maintenance"
    ERROR = "error"  # a code that no documentation knows


class Wire(Protocol):
    """A session's own socket."""

    address: str

    def __call__(self, text: bytes) -> None:
        """Send a text frame."""
        ...

    def binary(self, body: bytes) -> None:
        """Send a binary frame."""
        ...

    def ping(self, payload: bytes = b"") -> None:
        """Send a protocol ping; `Session.ponged` hears of the answer."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close after what was sent; `Session.closed` is not called."""
        ...


class Session(Protocol):
    """One WebSocket: what the dialect says and hears on it.

    Protocol pings of the client are answered around it. It asks the hall for what it wants to hear
    by `Hall.follow` and `Hall.enter`; at its end everything is given up for it.
    """

    def said(self, text: bytes) -> None:
        """Hear a frame of the client."""
        ...

    def market(self, news: MarketNews) -> None:
        """Hear market news that were followed."""
        ...

    def private(self, news: PrivateNews) -> None:
        """Hear news of an account that was entered."""
        ...

    def tick(self, now_ns: int) -> None:
        """Be called about each second: pings in the venue's words, log-in deadlines, silence."""
        ...

    def ponged(self) -> None:
        """Hear a protocol pong of the client."""
        ...

    def closed(self) -> None:
        """Hear that the socket is gone."""
        ...


class Speaker(Protocol):
    """The server side of one dialect: `<Name>Speaker(hall)` in `exchange/<name>/speaker.py`.

    Beside it `exchange/<name>/listing.py` has `instruments() -> tuple[Instrument, …]`: what the
    venue lists (spot and USDT perpetuals, BTC and ETH at least), and `TERMS: HallTerms`; the hall
    is made of them before the Speaker is.
    """

    name: str
    ban_after: int
    """So many requests over the limit within a minute shut an address out (418); 0: never."""

    def rest(self, request: Request) -> Response:
        """Answer a request, unknown paths included. Never raises for what a client sent."""
        ...

    def weight(self, request: Request) -> Sequence[Charge]:
        """Say what a request adds to which meters. Must not fail on anything a client sends."""
        ...

    def limited(self, request: Request, retry_after_ns: int, banned: bool) -> Response:
        """Say that a limit is exceeded: the venue's 429, or (`banned`) its 418 or 403."""
        ...

    def broken(self, request: Request, trouble: Trouble) -> Response:
        """Say that something is wrong with the venue, in its own words."""
        ...

    def who(self, request: Request) -> int:
        """Return whose key a request carries (`Member.number`), unchecked; EVERY: nobody's."""
        ...

    def addresses(self, rest: str, ws: str) -> Mapping[str, str]:
        """Say where clients go, as the one line of `--json` has it.

        Given are `http://host:port` and `ws://host:port`, which it has as `rest` and `ws` whatever
        is said here; beside them there may be full addresses of endpoints. Where two of the venue's
        hosts have the same paths, a prefix here tells them apart.
        """
        ...

    def socket(
        self, path: str, query: str, headers: Mapping[str, str], send: Wire
    ) -> Session | None:
        """Take a WebSocket on a path, before its handshake; None: there is none (404).

        Nothing may be sent from within; a greeting goes out at the first `tick`, which is called
        as soon as the socket is open.
        """
        ...


class HallTerms(Struct, frozen=True, kw_only=True):
    """In what a venue's engine differs from another's."""

    name: str
    unified: bool = False
    """One wallet pays for spot and perpetuals."""
    passphrase: bool = False
    """Keys have one."""
    key_length: int = 64
    """Of keys made up for members, and of their secrets; letters and digits."""
    key_style: str = "alnum"
    """`alnum`, `hex` or `uuid` (the key only)."""
    id_scope: str = "open"
    """`open`: a client id is in use while its order is open; `ever`: for ever."""
    orders_max: int = 200
    """Open orders of one member in one product."""
    algo_max: int = 100
    """Conditional orders waiting in one instrument; 0: no limit."""
    leverage: int = 20
    """Of a member who has set none."""
    margin_mode: str = "cross"
    hedged: bool = False
    """Position mode of a new member."""
    funding_span_ns: int = 8 * 3_600_000_000_000
    fee_in_coins: bool = False
    """Fees of spot buys are paid in the coin that was bought: say them by `fee_in`."""
    number_first: int = 1
    """First number of orders and fills: venues differ in how long their ids are."""
    listen_key_span_ns: int = 3_600_000_000_000


class Hall(Orders, Accounts, Market, Protocol):
    """One venue's truth, for one dialect."""

    terms: HallTerms

    def now_ns(self) -> int:
        """Return the venue's clock, skew included; does not move within one request."""
        ...

    def follow(self, session: Session, topic: Topic, instrument: int, span_ns: int = 0) -> None:
        """Let a session hear a topic; `span_ns` is of candles. Twice is once.

        Depth: only changes after this call come; take `book` for what was before, in the same call.
        """
        ...

    def unfollow(self, session: Session, topic: Topic, instrument: int, span_ns: int = 0) -> None:
        """Take it back."""
        ...

    def enter(
        self, session: Session, member: int, *, product: Product | None = None, key: str = ""
    ) -> None:
        """Let a session hear an account's private news, of one product or both.

        `key` is the listen key by which it came: it hears KeyExpired when that runs out.
        """
        ...

    def leave(self, session: Session) -> None:
        """Take back everything a session follows or entered."""
        ...


Make = Callable[[Hall], Speaker]
"""How a Speaker is made."""
