"""The exchange's own books: every order and entry of an account, and what was true a while ago.

Rule 1: an order remembers each change of its state with its time, an account each change of its
wallet, so that an answer can be given as of any recent moment (`lag_ns`).
Rule 2: nothing here is rebuilt from what a client believes.
"""

from collections import deque
from typing import Final, TypeAlias

from msgspec import Struct

from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import REDUCE_ONLY
from steelyard.model.reports import (
    FundingReport,
    Holding,
    Holdings,
    OrderReport,
    OrderState,
    TradeReport,
    Trades,
)

Entry: TypeAlias = TradeReport | FundingReport

_VIEWS: Final = 512


class BookedOrder(Struct, kw_only=True, array_like=True):
    """One order the exchange accepted, from its creation to its end."""

    account: int
    client_id: str
    venue_id: str
    number: int
    row: int
    instrument: int
    side: int
    type: int
    flags: int
    position_side: int
    price: int
    quantity: int
    trigger: int
    trail: int
    algo: bool
    """It lives in the namespace of conditional orders."""
    foreign: bool
    forced: str
    filled: int = 0
    state: int = 0
    code: int = 0
    waits: bool = False
    changes: list[tuple[int, int, int]] = []
    """(time, state, filled), oldest first; the first is its creation."""
    trades: list[TradeReport] = []

    def move(self, ts_ns: int, state: OrderState) -> OrderReport:
        """Enter a state, or fill further in the one it has; return the report of it."""
        self.state = state
        self.changes.append((ts_ns, state, self.filled))
        return self.report(state, self.filled, ts_ns)

    def report(self, state: int, filled: int, ts_ns: int) -> OrderReport:
        """Describe the order with this much done."""
        return OrderReport(
            client_id=self.client_id, venue_id=self.venue_id, instrument=self.instrument,
            state=OrderState(state), side=self.side, price=self.price, quantity=self.quantity,
            filled=filled, ts_ns=ts_ns, reduce_only=self.flags & REDUCE_ONLY != 0,
            trigger=self.trigger, position_side=self.position_side,
            code=self.code if state == OrderState.REJECTED else 0,
        )  # fmt: skip

    def now(self) -> OrderReport:
        """Describe the order as it is."""
        ts_ns, state, filled = self.changes[-1]
        return self.report(state, filled, ts_ns)

    def seen(self, at_ns: int) -> OrderReport | None:
        """Describe the order as it was, None when it was not there yet."""
        for ts_ns, state, filled in reversed(self.changes):
            if ts_ns <= at_ns:
                return self.report(state, filled, ts_ns)
        return None


class Wallet(Struct, frozen=True):
    """What an account held from a moment on: (quantity, worth at entry) by instrument and side."""

    ts_ns: int
    cash: int
    holdings: tuple[tuple[int, int], ...]


class AccountBook:
    """Orders, entries and wallets of one account."""

    def __init__(self, cash: int, coins: dict[int, int], *, hedged: bool) -> None:
        """Open with `cash` and coins by row of holding; both count as paid in."""
        self.hedged = hedged
        self.orders: list[BookedOrder] = []
        self.open: dict[int, BookedOrder] = {}
        self.plain: dict[str, BookedOrder] = {}
        self.algo: dict[str, BookedOrder] = {}
        self.entries: list[Entry] = []
        self.first = 0
        """Number of the first entry that is still remembered."""
        self.forgotten_ns = -1
        """Time of the last entry that is not."""
        self.waiting: dict[int, int] = {}
        self.paid_in = cash
        """Cash at the beginning, later payments, and the sum of entries no longer remembered."""
        self.held = coins
        """The same of quantities, by row of holding."""
        self.wallets: deque[Wallet] = deque(maxlen=_VIEWS)

    def names(self, *, algo: bool) -> dict[str, BookedOrder]:
        """Return a namespace: the newest order of each client id."""
        return self.algo if algo else self.plain

    def enter(self, order: BookedOrder) -> None:
        """Enter a new open order."""
        self.orders.append(order)
        self.open[order.number] = order
        self.names(algo=order.algo)[order.client_id] = order
        if order.waits:
            self.waiting[order.instrument] = self.waiting.get(order.instrument, 0) + 1

    def wake(self, order: BookedOrder) -> None:
        """Count an order as waiting no more."""
        if order.waits:
            order.waits = False
            self.waiting[order.instrument] -= 1

    def close(self, order: BookedOrder) -> None:
        """Take an ended order from the open ones."""
        self.open.pop(order.number, None)
        self.wake(order)

    def find(self, client_id: str, instrument: int, algo: bool | None) -> BookedOrder | None:
        """Return the newest order of an id, of one namespace or (None) of both, open ones first."""
        found = None
        for space in (False, True) if algo is None else (algo,):
            order = self.names(algo=space).get(client_id)
            if order is None or order.instrument != instrument:
                continue
            if order.number in self.open:
                return order
            found = found or order
        return found

    def wallet(self, at_ns: int) -> Wallet:
        """Return what was held at a moment, as far back as is remembered."""
        for wallet in reversed(self.wallets):
            if wallet.ts_ns <= at_ns:
                return wallet
        return self.wallets[0]

    def forget(self, kept: int, instruments: tuple[Instrument, ...]) -> None:
        """Keep only so many entries and ended orders, once there are twice as many."""
        if len(self.entries) > 2 * kept:
            gone, self.entries = self.entries[:-kept], self.entries[-kept:]
            self.first += len(gone)
            self.forgotten_ns = gone[-1].ts_ns
            self.paid_in += change_of_cash(gone, instruments)
            for row, quantity in change_of_holdings(gone).items():
                self.held[row] = self.held.get(row, 0) + quantity
        if len(self.orders) - len(self.open) > 2 * kept:
            ended = [order for order in self.orders if order.number not in self.open]
            for order in ended[:-kept]:
                names = self.names(algo=order.algo)
                if names.get(order.client_id) is order:
                    del names[order.client_id]
            floor = ended[-kept].number
            self.orders = [o for o in self.orders if o.number >= floor or o.number in self.open]


def trades_since(book: AccountBook, cursor: int, oldest_ns: int, at_ns: int, page: int) -> Trades:
    """Return a page of entries from number `cursor` on, none older or newer than these times."""
    entries = book.entries
    start = max(cursor - book.first, 0)
    complete = cursor >= book.first
    while start < len(entries) and entries[start].ts_ns < oldest_ns:
        start, complete = start + 1, False
    stop = len(entries)
    while stop > start and entries[stop - 1].ts_ns > at_ns:
        stop -= 1
    end = max(start, min(stop, start + page))
    told = entries[start:end]
    return Trades(
        complete=complete,
        trades=tuple(e for e in told if isinstance(e, TradeReport)),
        cursor=str(book.first + end),
        more=end < stop,
        funding=tuple(e for e in told if not isinstance(e, TradeReport)),
    )


def holdings_of(
    wallet: Wallet, instruments: tuple[Instrument, ...], *, as_of_ns: int, hedged: bool
) -> Holdings:
    """Tell a wallet: rows that are flat are left out."""
    positions = tuple(
        Holding(
            instrument=row // 2,
            position_side=row % 2,
            quantity=quantity,
            entry=entry_price(instruments[row // 2], quantity, worth),
            worth=worth if instruments[row // 2].kind else 0,
        )
        for row, (quantity, worth) in enumerate(wallet.holdings)
        if quantity
    )
    return Holdings(
        as_of_ns=as_of_ns, complete=True, positions=positions, cash=wallet.cash, hedged=hedged
    )


def entry_price(instrument: Instrument, quantity: int, entry_worth: int) -> int:
    """Return the average entry price to the nearest unit; 0 for spot, whose venues tell none."""
    if instrument.kind == Kind.SPOT or not quantity or not entry_worth:
        return 0
    numerator, denominator = instrument.worth_ratio
    if instrument.kind == Kind.INVERSE:
        return nearest(-quantity * numerator, entry_worth * denominator)
    return nearest(entry_worth * denominator, quantity * numerator)


def nearest(above: int, below: int) -> int:
    """Divide, half to even."""
    if below < 0:
        above, below = -above, -below
    whole, rest = divmod(above, below)
    return whole + (2 * rest > below or (2 * rest == below and whole & 1))


def worth(instrument: Instrument, price: int, quantity: int) -> int:
    """Return the signed worth of a quantity, as `state.money` does, on integers of any size."""
    numerator, denominator = instrument.worth_ratio
    if instrument.kind == Kind.INVERSE:
        return -nearest(quantity * numerator, price * denominator)
    return nearest(price * numerator * quantity, denominator)


def change_of_cash(entries: list[Entry], instruments: tuple[Instrument, ...]) -> int:
    """Add up what entries did to cash less what positions are worth at entry."""
    total = 0
    for entry in entries:
        if isinstance(entry, TradeReport):
            signed = entry.quantity * entry.side
            total -= worth(instruments[entry.instrument], entry.price, signed) + entry.fee
        else:
            total -= entry.payment
    return total


def change_of_holdings(entries: list[Entry]) -> dict[int, int]:
    """Add up signed trades by row of holding."""
    held: dict[int, int] = {}
    for entry in entries:
        if isinstance(entry, TradeReport):
            row = entry.instrument * 2 + entry.position_side
            held[row] = held.get(row, 0) + entry.quantity * entry.side
    return held
