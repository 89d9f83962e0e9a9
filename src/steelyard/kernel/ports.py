"""The ports of the line: Venue and Feed at its ends, Journal between report and do.

Rule 1: a call returns at once; what comes of it is told by calling back, from the scheduler of the
one who called (`wire.scheduler`), never from within the call and never from another thread.
Rule 2: a venue never retries and never waits: budgets, retries and deadlines are the runtime's.
Rule 3: a journal's rows are contiguous per book and never change; a row that is written again with
the same digest is the same row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol, TypeAlias

from msgspec import Struct

from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.market import Depth, FundingRate, InstrumentStatus, Mark
from steelyard.model.reports import News, Reply

Heard: TypeAlias = Callable[[Reply], None]


class Request(StrEnum):
    """Kinds of requests, for budgets."""

    PLACE = "place"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    ORDER = "order"
    OPEN_ORDERS = "open_orders"
    TRADES = "trades"
    HOLDINGS = "holdings"
    LISTING = "listing"


class Placing(Struct, frozen=True, kw_only=True):
    """One order on its way out, in the instrument's units; kinds and flags as in `model.kinds`."""

    client_id: str
    instrument: int
    side: int
    type: int
    flags: int
    price: int
    quantity: int
    trigger: int = 0
    trail: int = 0
    position_side: int = 0


class Window(Struct, frozen=True, kw_only=True):
    """So much weight in any span of this length."""

    weight: int
    span_ns: int


class VenueTerms(Struct, frozen=True, kw_only=True):
    """What a venue promises, and what a proof that an order was not placed must wait for."""

    name: str
    validity_ns: int
    """A request that arrives later than this after its own timestamp is refused."""
    skew_ns: int
    """Bound on how far our clock and the venue's may differ after the offset is taken out."""
    lag_ns: int
    """Bound on how long an accepted order may be missing from answers."""
    deadline_ns: int
    """How long a reply is waited for before it counts as lost."""
    windows: tuple[Window, ...]
    costs: Mapping[Request, int]
    cancels_all: bool = False
    holds_stops: bool = True
    silence_ns: int = 30_000_000_000
    """A private stream that says nothing, heartbeats included, for so long is dead."""


class Venue(Protocol):
    """The order door and private stream of one account at one venue."""

    terms: VenueTerms

    def place(self, order: Placing, heard: Heard) -> None:
        """Create an order. Success carries its OrderReport where the venue tells it."""
        ...

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        """Cancel an order; Success: the request was taken, the stream says what came of it."""
        ...

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        """Cancel every order of the account in one instrument, foreign ones included."""
        ...

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        """Ask for one order, in every namespace it could live in: Success(OrderFound)."""
        ...

    def open_orders(self, heard: Heard) -> None:
        """Ask for all open orders: Success(OpenOrders)."""
        ...

    def trades(self, cursor: str, heard: Heard) -> None:
        """Ask for trades and funding since a cursor ("": from the beginning): Success(Trades)."""
        ...

    def holdings(self, heard: Heard) -> None:
        """Ask for positions and wallet: Success(Holdings)."""
        ...

    def listing(self, heard: Heard) -> None:
        """Ask for the terms of the instruments as they are now: Success(Listing)."""
        ...

    def listen(self, sink: Callable[[News], None]) -> None:
        """Open the private stream; it reconnects by itself and says Linked each time it runs."""
        ...

    def close(self) -> None:
        """Let go of the stream and of requests under way; nothing is called back afterwards."""
        ...


class FeedGap(Struct, frozen=True, kw_only=True):
    """The public stream broke, fell silent or lost something; `instrument` -1: of all."""

    ts_ns: int
    reason: str
    instrument: int = -1


PriceNews: TypeAlias = (
    Trade | Quote | BarClosed | Depth | Mark | FundingRate | InstrumentStatus | FeedGap
)
"""What a feed says; instruments by their place in the feed."""


class Feed(Protocol):
    """The public stream of one venue."""

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        """Open the stream for the instruments it was made for."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


class Kept(Struct, frozen=True, kw_only=True):
    """One row of the journal: outcome `n` of a book.

    `event` is the event's msgpack, `intents` that of the approved commands (empty: none), `lines`
    the outcome's log, `trade` the id of a fill ("": none), which a book holds once.
    """

    n: int
    ts_ns: int
    event: bytes
    intents: bytes
    lines: bytes
    trade: str
    digest: bytes
    """SHA-256 over the previous row's digest and this row, see `store.journal.chain`."""


class Lease(Struct, frozen=True, kw_only=True):
    """The right to write one book. The token rises with each taking and is compared in commits."""

    book: str
    token: int
    holder: str
    expires_ns: int


class Written(StrEnum):
    """What came of an append."""

    DURABLE = "durable"
    FAILED = "failed"  # nothing was written, or nobody knows: append the same rows again
    FENCED = "fenced"  # somebody else holds the book now


Done: TypeAlias = Callable[[Written, str], None]


class Snapshot(Struct, frozen=True, kw_only=True):
    """A book's state after outcome `n`, so that boot need not replay everything."""

    n: int
    version: str
    digest: bytes
    """The chain's digest at `n`."""
    blob: bytes


class Journal(Protocol):
    """The truth of all books of one house."""

    def take(self, book: str, holder: str, *, ttl_ns: int) -> Lease | str:
        """Take the lease of a book, or say in a sentence who holds it and until when."""
        ...

    def renew(self, lease: Lease, done: Callable[[Lease | None], None]) -> None:
        """Extend the lease; None: it was lost (FENCED) or could not be extended in time."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the book back. Appends under way are finished first."""
        ...

    def append(self, lease: Lease, rows: Sequence[Kept], done: Done) -> None:
        """Write rows, all or none, in one commit that compares the fencing token.

        `done` may be called within this call, where the journal waits for no disk.
        """
        ...

    def keep_snapshot(self, lease: Lease, snapshot: Snapshot, done: Done) -> None:
        """Write a snapshot; the newest two are kept."""
        ...

    def snapshot(self, book: str) -> Snapshot | None:
        """Return the newest snapshot."""
        ...

    def rows(self, book: str, after: int = 0, until: int | None = None) -> Iterator[Kept]:
        """Read rows n > after (and n <= until), in order."""
        ...

    def books(self) -> Sequence[str]:
        """Name the books."""
        ...
