"""What a dialect's server can ask of the hall: orders, accounts, the market.

Rule 1: a call that changes something returns what it asked for or `Refused`.
Rule 2: a query changes nothing and may be answered from an older view (a fault).
Rule 3: `member` is `Member.number`, `instrument` a place in `Market.instruments`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from steelyard.exchange.hall.accounts import Coin, Income, Margin, Member, Position
from steelyard.exchange.hall.prices import Book, Candle, MarkNews, QuoteNews, Ticker, TradeNews
from steelyard.exchange.hall.words import (
    EVERY,
    Fill,
    HallOrder,
    Product,
    Refused,
    Status,
    Wanted,
)
from steelyard.model.instruments import Instrument


class Orders(Protocol):
    """What the hall does with orders. `order` is a HallOrder.number, 0: look for the client id."""

    def place(self, member: int, wanted: Wanted) -> HallOrder | Refused:
        """Create an order; what it is after it arrived, fills included."""
        ...

    def cancel(
        self, member: int, *, instrument: int = EVERY, order: int = 0, client_id: str = "",
        algo: bool | None = None,
    ) -> HallOrder | Refused:  # fmt: skip
        """Cancel a live order. NO_ORDER: unknown; ENDED: known and not live."""
        ...

    def cancel_all(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        algo: bool | None = None, side: int = 0,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        """Cancel all live orders that fit; what they are after it."""
        ...

    def amend(
        self, member: int, *, instrument: int = EVERY, order: int = 0, client_id: str = "",
        price: int = 0, quantity: int = 0, trigger: int = 0, new_client_id: str = "",
        said: Mapping[str, str] | None = None,
    ) -> HallOrder | Refused:  # fmt: skip
        """Change a live order; 0: as it is. It keeps its number and loses its place in the queue.

        `quantity` is the whole of it, what is filled included. A refusal leaves it as it is.
        """
        ...

    def order(
        self, member: int, *, instrument: int = EVERY, order: int = 0, client_id: str = "",
        algo: bool | None = None,
    ) -> HallOrder | None:  # fmt: skip
        """Look for an order, live ones first, else the newest of the client id."""
        ...

    def open_orders(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        algo: bool | None = None,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        """List live orders, oldest first. `algo` None: both kinds."""
        ...

    def orders(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        algo: bool | None = None, from_ns: int = 0, to_ns: int = 0, after: int = 0,
        before: int = 0, limit: int = 0, newest: bool = False,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        """List orders of any stage, oldest first.

        Times are of creation, [from, to]; numbers above `after` and below `before`; 0: no bound.
        `limit` cuts to the first, or (`newest`) the last ones.
        """
        ...

    def fills(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        order: int = 0, from_ns: int = 0, to_ns: int = 0, after: int = 0, before: int = 0,
        limit: int = 0, newest: bool = False,
    ) -> tuple[Fill, ...]:  # fmt: skip
        """List fills, oldest first; bounds as in `orders`."""
        ...

    def guard(
        self, member: int, span_ns: int, *, product: Product | None = None, instrument: int = EVERY
    ) -> int:
        """Cancel all that fits after this span unless called again; 0 disarms.

        Returns when it will strike, 0: never.
        """
        ...


class Accounts(Protocol):
    """What the hall says and does about accounts."""

    @property
    def members(self) -> Sequence[Member]:
        """Return all accounts, by their numbers."""
        ...

    def member(self, key: str) -> Member | None:
        """Return whose key it is."""
        ...

    def coins(self, member: int, product: Product = Product.SPOT) -> tuple[Coin, ...]:
        """List the assets of a wallet: USDT first, then every coin that spot instruments have."""
        ...

    def margin(self, member: int) -> Margin:
        """Say how the wallet of perpetuals stands."""
        ...

    def positions(
        self, member: int, *, instrument: int = EVERY, flat: bool = False
    ) -> tuple[Position, ...]:
        """List positions; with `flat` also empty ones, two rows each in a hedged account."""
        ...

    def leverage(self, member: int, instrument: int) -> int:
        """Return the leverage that is set."""
        ...

    def set_leverage(self, member: int, instrument: int, leverage: int) -> int | Refused:
        """Set it: LEVERAGE beyond the instrument's, MARGIN where positions would not be paid."""
        ...

    def margin_mode(self, member: int, instrument: int) -> str:
        """Return `cross` or `isolated`."""
        ...

    def set_margin_mode(self, member: int, instrument: int, mode: str) -> str | Refused:
        """Set it. SAME: it is so; POSITIONS or ORDERS: there are some in the instrument.

        A note: the engine counts all positions as cross.
        """
        ...

    def hedged(self, member: int) -> bool:
        """Say whether the account's positions have two sides."""
        ...

    def set_hedged(self, member: int, hedged: bool) -> bool | Refused:
        """Set the position mode. SAME: it is so; POSITIONS or ORDERS: there are some."""
        ...

    def fees(self, member: int, instrument: int) -> tuple[int, int]:
        """Return (maker, taker) rates in 10^-8."""
        ...

    def income(
        self, member: int, *, kind: str = "", product: Product | None = None,
        instrument: int = EVERY, from_ns: int = 0, to_ns: int = 0, after: int = 0,
        before: int = 0, limit: int = 0, newest: bool = False,
    ) -> tuple[Income, ...]:  # fmt: skip
        """List income, oldest first; bounds as in `Orders.orders`."""
        ...

    def transfer(self, member: int, amount: Decimal, to: Product) -> int | Refused:
        """Move money of the settlement asset between the wallets; its number, or FUNDS."""
        ...

    def listen_key(self, member: int, product: Product) -> str:
        """Return the member's listen key, a new one where none is valid; its time begins anew."""
        ...

    def keep_key(self, key: str) -> bool:
        """Let its time begin anew; False: there is no such key."""
        ...

    def drop_key(self, key: str) -> bool:
        """End it; sessions that entered by it hear KeyExpired."""
        ...

    def key_owner(self, key: str) -> tuple[Member, Product] | None:
        """Return whose listen key it is, None where it is not valid."""
        ...


class Market(Protocol):
    """What the hall says about its market."""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """Return what is listed. Filters may change, places and units never."""
        ...

    def product(self, instrument: int) -> Product:
        """Return what it is."""
        ...

    def status(self, instrument: int) -> Status:
        """Return what it takes at the moment."""
        ...

    def venue_status(self) -> Status:
        """Return TRADING, CANCEL_ONLY or MAINTENANCE."""
        ...

    def listed_ns(self, instrument: int) -> int:
        """Return since when it is listed."""
        ...

    def quote(self, instrument: int) -> QuoteNews:
        """Return the best bid and ask."""
        ...

    def book(self, instrument: int, levels: int = 0) -> Book:
        """Return the order book, so many levels of each side (0: all, 100 each) and its number."""
        ...

    def trades(
        self, instrument: int, *, limit: int = 0, after: int = 0, before: int = 0
    ) -> tuple[TradeNews, ...]:
        """List public trades, oldest first, of numbers above `after` and below `before`.

        `limit` cuts to the last ones, with `after` to the first. About a thousand are remembered.
        """
        ...

    def candles(
        self, instrument: int, span_ns: int, *, from_ns: int = 0, to_ns: int = 0, limit: int = 500
    ) -> tuple[Candle, ...]:
        """List bars of a multiple of a minute that begin in [from, to], oldest first.

        The newest is not closed. `limit` cuts to the last ones, with `from_ns` to the first. What
        was before the hall opened was made up, three days of it.
        """
        ...

    def mark(self, instrument: int) -> MarkNews:
        """Return mark and index price, the funding rate and its next time."""
        ...

    def fundings(self, instrument: int, *, limit: int = 100) -> tuple[MarkNews, ...]:
        """List settled funding, oldest first; `ts_ns` is the time of settlement."""
        ...

    def ticker(self, instrument: int) -> Ticker:
        """Return the last 24 hours."""
        ...

    def open_interest(self, instrument: int) -> int:
        """Return the sum of the members' long positions."""
        ...

    def quantity_for(self, instrument: int, cost: int, price: int) -> int:
        """Return how much of the instrument so much money buys at a price, in whole lots."""
        ...
