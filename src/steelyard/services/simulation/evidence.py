"""What a run left behind, read once for all checks: the venue, the journal, the wire, the clock.

Rule 1: nothing here comes out of a desk: a checker that reads a desk's memory inherits its bugs.
Rule 2: times are true nanoseconds since the world began.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from struct import iter_unpack
from typing import Any, Final, NamedTuple

from msgspec.msgpack import Decoder

from steelyard.kernel.lines import FILL
from steelyard.kernel.ports import Kept, Request, VenueTerms
from steelyard.ledger.postings import TRANSFER
from steelyard.model import events as ev
from steelyard.model.client_ids import ClientId, decode, encode
from steelyard.model.commands import CancelOrder, Command, PlaceOrder
from steelyard.model.reports import FundingReport, OrderState, TradeReport
from steelyard.runtime.plan import BookPlan
from steelyard.services.simulation.network import Sent, Told
from steelyard.services.simulation.storage import Committed

_EVENT: Final[Decoder[ev.Event]] = Decoder(ev.Event)
_COMMANDS: Final[Decoder[list[Command]]] = Decoder(list[Command])


class Row(NamedTuple):
    """One row of the journal, read."""

    n: int
    at_ns: int
    """When it was committed."""
    event: ev.Event
    places: tuple[PlaceOrder, ...]
    cancels: tuple[CancelOrder, ...]
    trade: str


class VenueOrder(NamedTuple):
    """One order the venue accepted; `changes` are (time, state, filled), oldest first."""

    client_id: str
    instrument: int
    side: int
    quantity: int
    price: int
    reduce_only: bool
    conditional: bool
    foreign: bool
    changes: Sequence[tuple[int, int, int]]
    trades: Sequence[TradeReport]

    @property
    def created_ns(self) -> int:
        """When it was accepted."""
        return self.changes[0][0]

    @property
    def is_open(self) -> bool:
        """Whether it may still fill."""
        return self.changes[-1][1] == OrderState.OPEN

    @property
    def ended_ns(self) -> int:
        """When it ended; far in the future if it did not."""
        return _FAR if self.is_open else self.changes[-1][0]

    @property
    def filled(self) -> int:
        """How much of it traded."""
        return self.changes[-1][2]


class Evidence:
    """All of one run."""

    def __init__(
        self, *, plan: BookPlan, terms: VenueTerms, rows: Sequence[Kept],
        commits: Sequence[Committed], leases: Sequence[tuple[int, str, int]],
        sent: Sequence[Sent], told: Sequence[Told], kills: Sequence[tuple[int, bool]],
        orders: Sequence[VenueOrder], entries: Sequence[TradeReport | FundingReport],
        positions: dict[tuple[int, int], int], equity: int, paid_in: int, end_ns: int,
        epoch_ns: int = 0,
        downs: Sequence[tuple[int, int]] = (), modes: Sequence[tuple[int, str, bool]] = (),
        relisted: frozenset[int] = frozenset(),
    ) -> None:  # fmt: skip
        """`equity` is the wallet less what positions cost, `paid_in` what the owner put in.

        `downs` are spans in which no desk could act, `relisted` instruments whose lot the venue
        made coarser; entries carry times since `epoch_ns`.
        """
        self.plan, self.terms = plan, terms
        self.kept = rows
        self.commits, self.leases = commits, leases
        self.sent, self.told, self.kills = sent, told, kills
        self.orders, self.entries = orders, entries
        self.positions, self.equity, self.paid_in = positions, equity, paid_in
        self.end_ns, self.epoch_ns = end_ns, epoch_ns
        self.downs, self.modes, self.relisted = downs, modes, relisted
        self._decoded: dict[str, ClientId | None] = {}

    @cached_property
    def committed_at(self) -> dict[int, int]:
        """When each row was committed first."""
        found: dict[int, int] = {}
        for commit in self.commits:
            for row in commit.rows:
                found.setdefault(row.n, commit.at_ns)
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """The journal, read."""
        at = self.committed_at
        read = []
        for kept in self.kept:
            commands = _COMMANDS.decode(kept.intents) if kept.intents else ()
            places = tuple(c for c in commands if isinstance(c, PlaceOrder))
            cancels = tuple(c for c in commands if isinstance(c, CancelOrder))
            event = _EVENT.decode(kept.event)
            read.append(Row(kept.n, at.get(kept.n, 0), event, places, cancels, kept.trade))
        return read

    @cached_property
    def intents(self) -> dict[int, tuple[int, PlaceOrder, str]]:
        """(committed, command, client id) by order number."""
        return {
            place.number: (row.at_ns, place, self.client_id(place))
            for row in self.rows
            for place in row.places
        }

    @cached_property
    def by_client(self) -> dict[str, list[VenueOrder]]:
        """The venue's orders by client id."""
        found: dict[str, list[VenueOrder]] = defaultdict(list)
        for order in self.orders:
            found[order.client_id].append(order)
        return found

    @cached_property
    def places(self) -> list[Sent]:
        """Creates of which a byte may have left."""
        return [s for s in self.sent if s.request == Request.PLACE and s.left]

    @cached_property
    def trades(self) -> list[TradeReport]:
        """The account's trades, in order."""
        return [e for e in self.entries if isinstance(e, TradeReport)]

    @cached_property
    def lines(self) -> list[tuple[int, int, int, int]]:
        """(what, a, b, c) of every transfer and fill line of the journal."""
        wanted = (TRANSFER, FILL)
        return [
            (what, a, b, c)
            for row in self.kept
            for _, what, a, b, c in iter_unpack("<5q", row.lines)
            if what in wanted
        ]

    def ours(self, client_id: str) -> ClientId | None:
        """Return what an id of this book's stands for."""
        if client_id not in self._decoded:
            found = decode(client_id)
            mine = found is not None and found.book == self.plan.number
            self._decoded[client_id] = found if mine else None
        return self._decoded[client_id]

    def client_id(self, place: PlaceOrder) -> str:
        """Return the id an intent goes by."""
        return encode(
            self.plan.number, place.robot, place.slot, place.generation, venue=self.plan.venue
        )

    def about(self, kind: Any) -> list[tuple[Row, Any]]:
        """Return the rows of one kind of event."""
        return [(row, row.event) for row in self.rows if isinstance(row.event, kind)]


_FAR: Final = 1 << 62
