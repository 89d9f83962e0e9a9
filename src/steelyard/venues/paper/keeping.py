"""An exchange as bytes, and back: how a paper process outlives itself.

Rule 1: what is kept is the exchange's own state, never anything a client said it believes.
Rule 2: the simulator's records are kept as they lie in memory; another layout is refused, since
guessing at an account would be worse than beginning anew.
Rule 3: rules, terms and matching are settings and come from whoever opens the exchange; accounts
and the instruments' units must be the same. News not yet drained are not kept.
"""

import hashlib
from collections import deque
from typing import Final

import msgspec
from msgspec import Struct

from steelyard.matching.ladder import RUNG
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.records import EVENT, INSTRUMENT, PLANE
from steelyard.model.reports import FundingReport, TradeReport
from steelyard.venues.paper.books import AccountBook, BookedOrder, Entry, Wallet
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.sim.records import RESTING, SIM


class KeptAccount(Struct, kw_only=True):
    """One account's book. Entries carry their place, since two kinds of them are mixed."""

    hedged: bool
    orders: list[BookedOrder]
    open: list[int]
    plain: dict[str, int]
    algo: dict[str, int]
    trades: list[tuple[int, TradeReport]]
    funding: list[tuple[int, FundingReport]]
    first: int
    forgotten_ns: int
    paid_in: int
    held: dict[int, int]
    wallets: list[Wallet]


class Kept(Struct, kw_only=True):
    """A whole exchange."""

    layout: str
    now_ns: int
    leverage: int
    instruments: list[Instrument]
    tables: dict[str, bytes]
    accounts: list[KeptAccount]
    number: int
    trades: list[int]
    fundings: int


def layout_digest() -> str:
    """Name the layout of the simulator's records."""
    digest = hashlib.sha256()
    for layout in (SIM, RESTING, RUNG, EVENT, PLANE, INSTRUMENT):
        digest.update(repr(layout).encode())
    return digest.hexdigest()[:16]


def keep(exchange: SimExchange) -> bytes:
    """Return the exchange's state."""
    clerk, engine = exchange.clerk, exchange.engine
    return _encode(
        Kept(
            layout=layout_digest(),
            now_ns=engine.now_ns,
            leverage=exchange.leverage,
            instruments=list(clerk.instruments),
            tables=engine.tables(),
            accounts=[_kept(book) for book in clerk.books],
            number=clerk.number,
            trades=list(clerk.trades),
            fundings=clerk.fundings,
        )
    )


def put_back(exchange: SimExchange, blob: bytes) -> None:
    """Give a new exchange, opened with the same settings, the state that was kept.

    Raises ConfigurationError where it cannot be that exchange's.
    """
    try:
        kept = _decode(blob)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"the kept books cannot be read: {error}") from None
    clerk = exchange.clerk
    if kept.layout != layout_digest():
        raise ConfigurationError("the books were kept by a version with other records")
    if [_units(i) for i in kept.instruments] != [_units(i) for i in clerk.instruments]:
        raise ConfigurationError("the books were kept for other instruments")
    if len(kept.accounts) != len(clerk.books):
        raise ConfigurationError(
            f"the books were kept for {len(kept.accounts)} accounts, there are {len(clerk.books)}"
        )
    exchange.engine.put_back(kept.tables, kept.now_ns)
    exchange.engine.allow(exchange.rules.orders_max)
    exchange.leverage = kept.leverage
    clerk.instruments = tuple(kept.instruments)
    clerk.books = [_book(account) for account in kept.accounts]
    clerk.number, clerk.trades, clerk.fundings = kept.number, kept.trades, kept.fundings
    rows: list[BookedOrder | None] = [None] * len(clerk.by_row)
    for book in clerk.books:
        for order in book.open.values():
            rows[order.row] = order
    clerk.by_row = rows
    clerk.free = [row for row in range(len(rows) - 1, -1, -1) if rows[row] is None]


def _units(instrument: Instrument) -> tuple[object, ...]:
    return (
        instrument.name, instrument.kind, instrument.worth_ratio, instrument.price_decimals,
        instrument.quantity_decimals, instrument.money_decimals,
    )  # fmt: skip


def _kept(book: AccountBook) -> KeptAccount:
    return KeptAccount(
        hedged=book.hedged,
        orders=book.orders,
        open=list(book.open),
        plain={name: order.number for name, order in book.plain.items()},
        algo={name: order.number for name, order in book.algo.items()},
        trades=[(i, e) for i, e in enumerate(book.entries) if isinstance(e, TradeReport)],
        funding=[(i, e) for i, e in enumerate(book.entries) if isinstance(e, FundingReport)],
        first=book.first,
        forgotten_ns=book.forgotten_ns,
        paid_in=book.paid_in,
        held=book.held,
        wallets=list(book.wallets),
    )


def _book(kept: KeptAccount) -> AccountBook:
    book = AccountBook(kept.paid_in, kept.held, hedged=kept.hedged)
    by_number = {order.number: order for order in kept.orders}
    book.orders = kept.orders
    book.open = {number: by_number[number] for number in kept.open}
    book.plain = {name: by_number[number] for name, number in kept.plain.items()}
    book.algo = {name: by_number[number] for name, number in kept.algo.items()}
    entries: list[tuple[int, Entry]] = [*kept.trades, *kept.funding]
    book.entries = [entry for _, entry in sorted(entries, key=lambda pair: pair[0])]
    book.first, book.forgotten_ns = kept.first, kept.forgotten_ns
    book.wallets = deque(kept.wallets, book.wallets.maxlen)
    for order in book.open.values():
        if order.waits:
            book.waiting[order.instrument] = book.waiting.get(order.instrument, 0) + 1
    return book


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Kept).decode
