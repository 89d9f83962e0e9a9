"""A dialect: everything one venue says in words of its own, without a socket and without a clock.

Rule 1: a dialect does no I/O and keeps no time: it is asked for the next thing to say and is given
what came back. `venue` and `feed` beside it speak for it, the same for all dialects.
Rule 2: what a dialect cannot read for certain is `Unclear` (an answer) or `Strange` (a frame),
never a refusal and never an empty list.
Rule 3: numbers leave and enter here: outside texts and floats of JSON, inside integers in the
instrument's units. No binary float is ever on the way.
Rule 4: one conversation changes at most one thing at the venue, in one call, marked `changes`; it
is never sent again by anybody. A batch is one thing.
"""

from collections.abc import Generator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from steelyard.kernel.ports import Placing, VenueTerms
from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.market import Depth, FundingRate, InstrumentStatus, Level, Mark
from steelyard.model.reports import News, Reply
from steelyard.venues.native.batches import Outcome
from steelyard.wire.http import Answer


class Credentials(Struct, frozen=True, kw_only=True):
    """What proves who we are. Never printed: its repr hides everything but the key's last four."""

    key: str
    secret: str
    passphrase: str = ""

    def __repr__(self) -> str:
        return f"Credentials(key=…{self.key[-4:]})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        # Struct has one of its own, which rich prints instead of the repr.
        return [("key", f"…{self.key[-4:]}")]


class Addresses(Struct, frozen=True, kw_only=True):
    """Where a venue is reached. Names of `rest` and `ws` entries are each dialect's own.

    All are given by `terms.ADDRESSES[environment]`, or by a user who runs `steelyard exchange`.
    """

    rest: Mapping[str, str]
    ws: Mapping[str, str]


class Call(Struct, frozen=True, kw_only=True):
    """One HTTP request, ready to leave."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    changes: bool = False
    """It may change something at the venue: without an answer nobody knows whether it did."""


Steps: TypeAlias = Generator[Call, Answer, Reply]
"""A conversation: yields calls, is sent their answers, returns the reply.

Who runs it sends each call at once. Where an answer does not come it is closed, and the reply is
`NotSent` (nothing left, or no call that `changes` had been sent) or `Unclear`.
"""


class Permission(StrEnum):
    """What a key may do."""

    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"


class Profile(Struct, frozen=True, kw_only=True):
    """What a venue says about an account: the value of a `profile` conversation."""

    user: str
    permissions: frozenset[Permission]
    known: bool = True
    """False: the venue does not tell what the key may do."""
    hedged: bool = False
    margin_mode: str = ""
    """`cross`, `isolated`, `cash`; "": not told."""
    addresses: tuple[str, ...] = ()
    """The addresses the key is bound to; empty: to none."""
    fees: Mapping[str, tuple[int, int]] = {}
    """By unified name of the instrument: (maker, taker) rates in 10^-8."""
    notes: tuple[str, ...] = ()
    """Sentences about what a person should change."""


class Listed(Struct, frozen=True, kw_only=True):
    """One instrument a venue lists."""

    instrument: Instrument
    symbol: str
    status: str
    """`trading`, `halted` or `closed`."""


# --- streams -------------------------------------------------------------------------------------


class Stream(Struct, frozen=True, kw_only=True):
    """One socket: where it goes and what is said on it."""

    url: str
    hello: tuple[bytes, ...] = ()
    """Said when it opens: a log-in, or where there is none the subscriptions."""
    subscribe: tuple[bytes, ...] = ()
    """Said once `Welcome` was read; without a log-in empty."""
    headers: Mapping[str, str] = {}
    ping: bytes = b""
    """What the venue takes as a ping in its own words; empty: a protocol ping."""
    ping_ns: int = 15_000_000_000
    silence_ns: int = 30_000_000_000
    """A socket that says nothing for so long, pongs included, is dead."""
    life_ns: int = 23 * 3_600_000_000_000
    """It is replaced by a new one before the venue cuts it."""
    confirms: int = 0
    """So many `Confirmed` come before it runs; a `Welcome` is one where `subscribe` is empty."""


class Welcome(Struct, frozen=True):
    """The log-in was taken."""


class Confirmed(Struct, frozen=True):
    """A subscription was taken."""

    what: str


class Denied(Struct, frozen=True):
    """A log-in or subscription was refused: the socket is closed and dialled again later."""

    text: str


class Pong(Struct, frozen=True):
    """An answer to our ping, or any other sign of life."""


class Answering(Struct, frozen=True):
    """The venue pings in words of its own: this is what to say back."""

    text: bytes


class Leaving(Struct, frozen=True):
    """The venue says that it will cut this socket, or that its key ran out: dial a new one."""

    reason: str


Aside: TypeAlias = Welcome | Confirmed | Denied | Pong | Answering | Leaving
"""What is about the socket itself."""


class BookChange(Struct, frozen=True, kw_only=True):
    """Levels of an order book with what proves that none is missing.

    `first`..`last` are the venue's update numbers; `previous` is the `last` of the change before,
    where the venue tells it (else -1). `checksum` is of the book after the change (None: none).
    `texts` are the price and quantity of each level as they were spelt, bids first, for venues
    whose checksum is made of the spelling.
    """

    ts_ns: int
    instrument: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    first: int
    last: int
    previous: int = -1
    snapshot: bool = False
    checksum: int | None = None
    texts: tuple[tuple[str, str], ...] = ()


class Channel(StrEnum):
    """What a feed can be made to tell."""

    QUOTES = "quotes"
    TRADES = "trades"
    DEPTH = "depth"
    BARS = "bars"
    MARK = "mark"
    FUNDING = "funding"
    STATUS = "status"


Said: TypeAlias = (
    Trade | Quote | BarClosed | Depth | Mark | FundingRate | InstrumentStatus | BookChange | Aside
)
"""What a public frame can say."""


class BookRule(Protocol):
    """How a venue's order book is kept: one object for each instrument."""

    fetches: bool
    """The first state comes over REST (`depth_snapshot`) instead of as a first frame."""

    def reset(self) -> None:
        """Forget everything."""
        ...

    def take(self, change: BookChange) -> Sequence[Depth] | str:
        """Apply a change; return what to tell (none while a state is awaited), or what is wrong.

        After a sentence the caller says FeedGap, calls `reset` and gets a new state.
        """
        ...


# --- the two halves ------------------------------------------------------------------------------


class MarketDialect(Protocol):
    """The public half of one venue, made for a list of instruments: `Dialect(instruments, …)`."""

    name: str

    def time(self) -> Steps:
        """Ask for the venue's clock: Success(ns UTC)."""
        ...

    def listing(self) -> Steps:
        """Ask for everything the venue lists of this product: Success(tuple[Listed, …])."""
        ...

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        """Say which sockets tell this of all instruments. Raises ConfigurationError: cannot."""
        ...

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame. Raises ValueError for what nobody understands."""
        ...

    def book(self, instrument: int) -> BookRule:
        """Return a new, empty book of one instrument."""
        ...

    def depth_snapshot(self, instrument: int) -> Steps:
        """Ask for the book: Success(BookChange with snapshot=True)."""
        ...

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        """Ask for closed bars of [start, end), oldest first, all pages: Success(tuple[Bar, …])."""
        ...

    def quote(self, instrument: int) -> Steps:
        """Ask for the best quote, where no stream runs: Success(Quote)."""
        ...


class Entry(Struct, frozen=True, kw_only=True):
    """The answer to a request on the order socket; that to a batch may be told by its rows."""

    number: str
    reply: Outcome


class AccountDialect(Protocol):
    """The private half of one venue, for one account.

    Made with addresses, credentials, instruments, `hedged`, and a function that returns the
    venue's time in ns (our clock with the measured offset taken out).
    """

    terms: VenueTerms

    def place(self, order: Placing) -> Steps:
        """Create an order: Success(OrderReport or None)."""
        ...

    def cancel(self, client_id: str, instrument: int) -> Steps:
        """Cancel one order, wherever it lives."""
        ...

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        """Say how many creates of its instrument may go in one request with it; below 2: alone.

        `over_socket`: the order socket runs, so that alone it would go there.
        """
        ...

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        """Say the same of a cancel."""
        ...

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create orders of one instrument, no more than each one's `batch_max`, in one request."""
        ...

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        """Cancel orders of one instrument in one request."""
        ...

    def cancel_all(self, instrument: int) -> Steps:
        """Cancel the account's orders in one instrument, where the venue has a call for it."""
        ...

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        """Change price and quantity of a resting order; None: the venue cannot."""
        ...

    def order(self, client_id: str, instrument: int) -> Steps:
        """Ask for one order in every namespace it could live in: Success(OrderFound)."""
        ...

    def open_orders(self) -> Steps:
        """Ask for all open orders, conditional ones included: Success(OpenOrders)."""
        ...

    def trades(self, cursor: str) -> Steps:
        """Ask for trades and funding since a cursor: Success(Trades)."""
        ...

    def holdings(self) -> Steps:
        """Ask for positions and wallet: Success(Holdings)."""
        ...

    def profile(self) -> Steps:
        """Ask what the key may do and how the account stands: Success(Profile)."""
        ...

    def set_hedged(self, hedged: bool) -> Steps:
        """Set the position mode; Success also where it was so already."""
        ...

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        """Set the leverage; Success also where it was so already."""
        ...

    def guard(self, span_ns: int) -> Steps | None:
        """Arm the dead-man's switch: all orders end unless asked again within the span; 0 ends it.

        None: the venue has none.
        """
        ...

    def used(self, answer: Answer) -> int | None:
        """Read the venue's own count of the weight used from an answer's headers."""
        ...

    # --- private stream --------------------------------------------------------------------------

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        """Say how the private stream is opened now; calls come first where a key must be had."""
        ...

    def renew(self) -> Steps | None:
        """Keep the stream's key alive; None: nothing to do. Asked each `renew_ns`."""
        ...

    renew_ns: int

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read one private frame. Raises ValueError for what nobody understands."""
        ...

    # --- order entry over a socket ---------------------------------------------------------------

    def entry(self) -> Stream | None:
        """Say how the order socket is opened now; None: the venue or product has none."""
        ...

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        """Write a create for the order socket; None: this order only goes over REST."""
        ...

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        """Write a cancel for it; None: only over REST."""
        ...

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        """Write a batch of creates for it; None: only over REST."""
        ...

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        """Write a batch of cancels for it; None: only over REST."""
        ...

    def read_entry(self, frame: bytes) -> Sequence[Entry | Aside]:
        """Read one of its frames."""
        ...
