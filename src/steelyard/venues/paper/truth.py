"""The exchange's truth, for those who check somebody else's beliefs against it.

Rule 1: everything here is read from the exchange; nothing can be changed through it.
Rule 2: `faults` recomputes money and positions from the trades alone, with arithmetic of its own,
and compares them with what the simulator holds.
"""

from msgspec import Struct

from steelyard.model.instruments import Kind
from steelyard.model.reports import FundingReport, OrderReport, OrderState, TradeReport
from steelyard.venues.paper.books import AccountBook, change_of_cash, change_of_holdings
from steelyard.venues.paper.exchange import SimExchange


class OrderTruth(Struct, frozen=True, kw_only=True):
    """One order the exchange ever accepted, with its trades."""

    report: OrderReport
    created_ns: int
    foreign: bool
    trades: tuple[TradeReport, ...]


class AccountTruth(Struct, frozen=True, kw_only=True):
    """All of one account. `positions` are signed, by (instrument, position side), flat left out."""

    orders: tuple[OrderTruth, ...]
    trades: tuple[TradeReport, ...]
    funding: tuple[FundingReport, ...]
    positions: dict[tuple[int, int], int]
    cash: int
    hedged: bool

    def by_client(self) -> dict[str, list[OrderTruth]]:
        """Return all orders under each client id, oldest first."""
        found: dict[str, list[OrderTruth]] = {}
        for order in self.orders:
            found.setdefault(order.report.client_id, []).append(order)
        return found


def truth_of(exchange: SimExchange, account: int) -> AccountTruth:
    """Return the truth of one account, as far as it is remembered (`ExchangeRules.kept`)."""
    book = exchange.clerk.books[account]
    return AccountTruth(
        orders=tuple(
            OrderTruth(
                report=order.now(),
                created_ns=order.changes[0][0],
                foreign=order.foreign,
                trades=tuple(order.trades),
            )
            for order in book.orders
        ),
        trades=tuple(e for e in book.entries if isinstance(e, TradeReport)),
        funding=tuple(e for e in book.entries if isinstance(e, FundingReport)),
        positions=_positions(exchange, account),
        cash=exchange.cash(account),
        hedged=book.hedged,
    )


def faults(exchange: SimExchange) -> list[str]:
    """Say in sentences what does not add up; empty when everything does."""
    wrong = []
    for account, book in enumerate(exchange.clerk.books):
        wrong += [f"account {account}: {text}" for text in _wrong(exchange, account, book)]
    return wrong


def _wrong(exchange: SimExchange, account: int, book: AccountBook) -> list[str]:
    instruments = exchange.clerk.instruments
    wrong = []
    held = dict(book.held)
    for row, quantity in change_of_holdings(book.entries).items():
        held[row] = held.get(row, 0) + quantity
    expected = {(row // 2, row % 2): quantity for row, quantity in held.items() if quantity}
    positions = _positions(exchange, account)
    if positions != expected:
        wrong.append(f"positions were {positions}, the trades add up to {expected}")
    at_entry = sum(
        exchange.engine.holding(account, k, side)[1]
        for k, instrument in enumerate(instruments)
        if instrument.kind != Kind.SPOT
        for side in (0, 1)
    )
    cash = exchange.cash(account)
    right = book.paid_in + change_of_cash(book.entries, instruments) + at_entry
    if cash != right:
        wrong.append(f"cash was {cash}, payments and trades add up to {right}")
    for order in book.orders:
        filled = sum(trade.quantity for trade in order.trades)
        if filled != order.filled or filled > order.quantity:
            wrong.append(f"order {order.client_id} says {order.filled} filled, trades say {filled}")
        if (order.state == OrderState.OPEN) != (order.number in book.open):
            wrong.append(f"order {order.client_id} is in state {order.state} and in no right list")
    return wrong


def _positions(exchange: SimExchange, account: int) -> dict[tuple[int, int], int]:
    return {
        (k, side): quantity
        for k in range(exchange.engine.count)
        for side in (0, 1)
        if (quantity := exchange.position(account, k, side))
    }
