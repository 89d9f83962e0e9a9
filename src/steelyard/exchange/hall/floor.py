"""The floor everything in a hall stands on: engines, accounts, orders, and what time it is.

Rule 1: one engine for each product, or one for both where the account is unified. Orders reach it
under the hall's own number; a venue's ids and words stay here.
Rule 2: an order is a record of snapshots: each change adds one, so that a view may be older.
Rule 3: spot and perpetual engines fill resting orders that a trade touches, as far as it goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from msgspec import Struct, field, structs

from steelyard.exchange.hall.accounts import Income, Member
from steelyard.exchange.hall.keys import ListenKeys, make_members
from steelyard.exchange.hall.listening import Listening
from steelyard.exchange.hall.port import HallTerms
from steelyard.exchange.hall.words import Fill, HallOrder, Product, Status
from steelyard.model.instruments import Instrument, Kind, MarginTier
from steelyard.model.kinds import NEVER_NS
from steelyard.model.units import Money, Rate
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import PAPER_TERMS, ExchangeRules
from steelyard.venues.sim.settings import SimSettings

LEVERAGE_MAX: Final = 125
_ROWS: Final = (4_096, 64, 16_384)
"""Open orders an engine holds: at least, for each account, at most."""
_KEPT: Final = 1_000
_PAST: Final = 64
_ORDERS_KEPT: Final = 5_000
_PLAIN_TIER: Final = MarginTier(
    notional_max=Money(2**62), leverage_max=LEVERAGE_MAX, maintenance_rate=Rate(400_000)
)


class HallSettings(Struct, frozen=True, kw_only=True):
    """With what a hall is opened."""

    accounts: int = 200
    seed: int = 1
    money: Decimal = Decimal(100_000)
    """Of the settlement asset, in each wallet of each account."""
    coins: Mapping[str, Decimal] = field(
        default_factory=lambda: {"BTC": Decimal(2), "ETH": Decimal(20)}
    )


class Record:
    """One order: its newest snapshot, the ones before, and what a condition remembers."""

    __slots__ = ("announced", "best", "now", "past", "quiet", "rises")

    def __init__(self, order: HallOrder) -> None:
        """Begin with the first snapshot."""
        self.now = order
        self.past: list[HallOrder] = []
        self.announced = False
        self.quiet = False
        self.rises = False
        self.best = 0

    def change(self, **values: object) -> HallOrder:
        """Add a snapshot."""
        self.past.append(self.now)
        if len(self.past) > _PAST:
            del self.past[1 : _PAST // 2]
        self.now = structs.replace(self.now, changes=self.now.changes + 1, **values)
        return self.now

    def seen(self, at_ns: int) -> HallOrder | None:
        """Return the snapshot of a moment, None before there was one."""
        if self.now.updated_ns <= at_ns:
            return self.now
        for order in reversed(self.past):
            if order.updated_ns <= at_ns:
                return order
        return None


class Held(Struct):
    """What the hall itself counts of one position, to tell profit as it is made."""

    quantity: int = 0
    worth: int = 0
    realised: int = 0
    opened_ns: int = 0
    updated_ns: int = 0


class Own:
    """Everything one member has."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.open: dict[int, Record] = {}
        self.names: dict[tuple[Product | None, bool, str], Record] = {}
        self.records: list[Record] = []
        self.fills: list[Fill] = []
        self.income: list[Income] = []
        self.held: dict[tuple[int, int], Held] = {}
        self.guards: dict[tuple[Product | None, int], int] = {}


class Pit(Struct):
    """One engine, and which of the hall's instruments are its own."""

    exchange: SimExchange
    places: tuple[int, ...]
    products: frozenset[Product]


class Floor:
    """The state of one hall."""

    def __init__(
        self, terms: HallTerms, instruments: Sequence[Instrument], settings: HallSettings
    ) -> None:
        """Open the engines and let the members in."""
        self.terms, self.settings = terms, settings
        self.instruments: list[Instrument] = [_with_tiers(one) for one in instruments]
        self.products = [
            Product.SPOT if one.kind == Kind.SPOT else Product.PERP for one in self.instruments
        ]
        self.members: Sequence[Member] = make_members(terms, settings.accounts, settings.seed)
        self.listening = Listening()
        self.listen_keys = ListenKeys(terms.listen_key_span_ns, settings.seed)
        self.statuses = [Status.TRADING] * len(self.instruments)
        self.whole = Status.TRADING
        self.opened_ns = 0
        self.lag_ns = 0
        self.batch_faults: frozenset[int] = frozenset()
        """Places in a batch that are refused as BUSY."""
        self.transit_ns = 0
        """How long the transfers of this request are on their way."""
        self.transits: list[tuple[int, int, Decimal, Product]] = []
        self.own = [Own() for _ in self.members]
        self.records: dict[int, Record] = {}
        self.conditional: dict[int, list[Record]] = {}
        """Orders that wait, by instrument, ended ones until they are met."""
        self.sides = [terms.hedged] * settings.accounts
        self.leverages: dict[tuple[int, int], int] = {}
        self.modes: dict[tuple[int, int], str] = {}
        self.number = self.fill_number = self.income_number = terms.number_first - 1
        self._keys = {member.key: member for member in self.members}
        self._time_ns = 0
        self.pits = self._open_pits()
        self.seats: list[tuple[Pit, int]] = []
        for k in range(len(self.instruments)):
            pit = next(one for one in self.pits if k in one.places)
            self.seats.append((pit, pit.places.index(k)))

    # --- time ------------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Return the venue's clock; does not move within one request."""
        return self._time_ns

    def set_time(self, now_ns: int) -> None:
        """Say what time it is, before each request and each turn of the market."""
        self.opened_ns = self.opened_ns or now_ns
        self._time_ns = now_ns

    @property
    def view_ns(self) -> int:
        """Return up to when answers to queries know what happened."""
        # Without a lag that is all, what a clock that was set back has still to reach included.
        return self._time_ns - self.lag_ns if self.lag_ns else NEVER_NS

    # --- who and what ----------------------------------------------------------------------------

    def product(self, instrument: int) -> Product:
        """Return what an instrument is."""
        return self.products[instrument]

    def pit(self, product: Product) -> Pit | None:
        """Return the engine of a product, None where nothing of it is listed."""
        return next((one for one in self.pits if product in one.products), None)

    def member(self, key: str) -> Member | None:
        """Return whose key it is."""
        return self._keys.get(key)

    def rekey(self, member: Member) -> None:
        """Give an account another key, passphrase or other permissions."""
        self._keys.pop(self.members[member.number].key, None)
        every = list(self.members)
        every[member.number] = member
        self.members = every
        self._keys[member.key] = member

    def name(self, instrument: int, algo: bool, client_id: str) -> tuple[Product | None, bool, str]:
        """Return the name of an order in its namespace."""
        return (None if self.terms.unified else self.products[instrument], algo, client_id)

    def keep(self, record: Record) -> None:
        """Take a new order into the books."""
        order = record.now
        own = self.own[order.member]
        self.records[order.number] = record
        own.open[order.number] = record
        own.records.append(record)
        if order.client_id:
            own.names[self.name(order.instrument, order.algo, order.client_id)] = record
        if len(own.records) > 2 * _ORDERS_KEPT:
            self._forget(own)

    def drop(self, record: Record) -> None:
        """Take out an order that was refused on arrival."""
        order = record.now
        own = self.own[order.member]
        del self.records[order.number]
        own.open.pop(order.number, None)
        own.records.pop()
        if order.client_id:
            own.names.pop(self.name(order.instrument, order.algo, order.client_id), None)

    def relist(self, instrument: int, *, leverage_max: int = 0, **filters: int) -> None:
        """Change filters (tick, lot, quantity_min, quantity_max, notional_min) of an instrument.

        `leverage_max`: no margin tier allows more from now on.
        """
        before = self.instruments[instrument]
        terms = replace(before, **filters)  # type: ignore[arg-type]
        if leverage_max:
            tiers = tuple(
                replace(tier, leverage_max=min(tier.leverage_max, leverage_max))
                for tier in before.margin_tiers
            )
            terms = replace(terms, margin_tiers=tiers)
        pit, k = self.seats[instrument]
        pit.exchange.relist(self._time_ns, k, terms)
        self.instruments[instrument] = terms

    # --- inside ----------------------------------------------------------------------------------

    def _forget(self, own: Own) -> None:
        ended = [one for one in own.records if not one.now.live]
        for record in ended[:-_ORDERS_KEPT]:
            order = record.now
            del self.records[order.number]
            name = self.name(order.instrument, order.algo, order.client_id)
            if own.names.get(name) is record:
                del own.names[name]
        own.records = [one for one in own.records if one.now.number in self.records]
        del own.fills[: -2 * _ORDERS_KEPT], own.income[: -2 * _ORDERS_KEPT]

    def _open_pits(self) -> list[Pit]:
        groups = [frozenset({Product.SPOT}), frozenset({Product.PERP})]
        if self.terms.unified:
            groups = [frozenset(Product)]
        pits = []
        for group in groups:
            places = tuple(k for k, of in enumerate(self.products) if of in group)
            if places:
                pits.append(Pit(self._engine(places), places, group))
        return pits

    def _engine(self, places: tuple[int, ...]) -> SimExchange:
        listed = [self.instruments[k] for k in places]
        settings = self.settings
        coins = [
            (account, k, int(one.quantity(settings.coins[one.base])))
            for k, one in enumerate(listed)
            if one.kind == Kind.SPOT and one.base in settings.coins
            for account in range(settings.accounts)
        ]
        return SimExchange(
            listed,
            terms=PAPER_TERMS,
            rules=ExchangeRules(
                id_scope="open", id_pattern=".+", orders_max=self.terms.orders_max, kept=_KEPT
            ),
            cash=[int(listed[0].money(settings.money))] * settings.accounts,
            coins=coins,
            leverage=LEVERAGE_MAX,
            hedged=self.terms.hedged,
            matching=SimSettings(queue="touch", orders_max=self.terms.orders_max),
            rows=min(max(_ROWS[0], _ROWS[1] * settings.accounts), _ROWS[2]),
        )


def _with_tiers(instrument: Instrument) -> Instrument:
    if instrument.kind == Kind.SPOT or instrument.margin_tiers:
        return instrument
    return replace(instrument, margin_tiers=(_PLAIN_TIER,))
