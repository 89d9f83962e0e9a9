"""Trades and funding since a cursor, of all instruments, oldest first.

Rule 1: trades are paged by their id, instrument by instrument; the cursor is one JSON text with the
next id of each and the last funding seen.
Rule 2: a page that is full means there is `more`; nothing between two cursors is ever left out.
Rule 3: a trade names its order by number only: an order nobody remembers is asked for once.
"""

from typing import Final

import msgspec
from msgspec import Struct

from steelyard.model.client_ids import decode
from steelyard.model.instruments import rate
from steelyard.model.reports import (
    FundingReport,
    Refusal,
    Success,
    TradeReport,
    Trades,
    Unclear,
)
from steelyard.venues.binance.calls import FAILED, PAGE, Caller, Fields, Part
from steelyard.venues.binance.errors import is_missing, taken
from steelyard.venues.binance.finding import (
    ALGOS,
    ORDER,
    ORDER_PATH,
    ORDERS,
    PERP_TRADES,
    SPOT_TRADES,
    TRADES_PATH,
)
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.numbers import nearest_units
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import FundingPaid, Income, Order, PerpTrade, SpotTrade
from steelyard.venues.native.dialect import Steps

_INCOME: Final = msgspec.json.Decoder(tuple[Income, ...])
_RATES: Final = msgspec.json.Decoder(tuple[FundingPaid, ...])
_DAY_MS: Final = 86_400_000
_INCOME_DAYS: Final = 88  # the venue keeps three months
_RATE_SLACK_MS: Final = 60_000
_FEW: Final = 3
_ALL_PATH: Final = {Product.SPOT: "/api/v3/allOrders", Product.PERP: "/fapi/v1/allOrders"}
_DIRECT: Final = frozenset({"LIMIT", "MARKET"})


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where reading goes on: next trade ids by symbol, and the last funding."""

    spot: dict[str, int] = {}
    perp: dict[str, int] = {}
    income_ms: int = 0
    seen: tuple[str, ...] = ()
    """Transfers of that very millisecond which were told."""


def read_cursor(text: str) -> Cursor:
    """Read a cursor; "" is the beginning. Raises ValueError for one that is none of ours."""
    return msgspec.json.decode(text, type=Cursor) if text else Cursor()


class History:
    """Reads the history of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, memory: Memory, reports: Reports) -> None:
        """Ask by `caller`, about these."""
        self._caller, self._symbols, self._memory = caller, symbols, memory
        self._reports = reports

    def trades(self, text: str) -> Steps:
        """Read one page of each instrument, and of the funding."""
        cursor = read_cursor(text)
        more = False
        found: list[TradeReport] = []
        funding: tuple[FundingReport, ...] = ()
        following: dict[Product, dict[str, int]] = {
            Product.SPOT: dict(cursor.spot), Product.PERP: dict(cursor.perp),
        }  # fmt: skip
        for place, product in enumerate(self._symbols.products):
            symbol = self._symbols.symbols[place]
            page = yield from self._page(product, symbol, following[product].get(symbol, 0))
            if isinstance(page, FAILED):
                return page
            trades, after, full = page
            found += trades
            following[product][symbol] = after
            more |= full
        income_ms, seen = cursor.income_ms, cursor.seen
        if self._symbols.by_product[Product.PERP]:
            paid = yield from self._funding(cursor)
            if isinstance(paid, FAILED):
                return paid
            funding, income_ms, seen, full = paid
            more |= full
        after_text = msgspec.json.encode(
            Cursor(
                spot=following[Product.SPOT], perp=following[Product.PERP], income_ms=income_ms,
                seen=seen,
            )
        )  # fmt: skip
        found.sort(key=lambda trade: (trade.ts_ns, trade.instrument, int(trade.trade)))
        return Success(
            value=Trades(
                complete=True, trades=tuple(found), cursor=after_text.decode(), more=more,
                funding=funding,
            )
        )  # fmt: skip

    # --- trades ----------------------------------------------------------------------------------

    def _page(
        self, product: Product, symbol: str, after: int
    ) -> Part[tuple[list[TradeReport], int, bool]]:
        """Return (trades, next id, whether the page was full)."""
        fields: Fields = {"symbol": symbol, "fromId": after, "limit": PAGE}
        answer = yield self._caller.signed(product, "GET", TRADES_PATH[product], fields)
        rows: tuple[SpotTrade, ...] | tuple[PerpTrade, ...] | Refusal | Unclear
        if product is Product.SPOT:
            rows = taken(product, SPOT_TRADES, answer, self._caller.now_ns())
        else:
            rows = taken(product, PERP_TRADES, answer, self._caller.now_ns())
        if isinstance(rows, FAILED):
            return rows
        wrong = yield from self._name_all(product, symbol, {row.order_id for row in rows})
        if wrong is not None:
            return wrong
        told: list[TradeReport | None] = []
        for row in rows:
            client_id = self._memory.client_of(product, row.order_id) or ""
            if isinstance(row, SpotTrade):
                told.append(self._reports.spot_trade(row, client_id))
            else:
                told.append(self._reports.perp_trade(row, client_id))
        last = max((row.id for row in rows), default=after - 1)
        return [one for one in told if one is not None], last + 1, len(rows) >= PAGE

    def _name_all(self, product: Product, symbol: str, orders: set[int]) -> Part[None]:
        """Learn the client ids of orders: a few one by one, many from the list of all orders."""
        unknown = [one for one in sorted(orders) if self._memory.client_of(product, one) is None]
        found: list[Order] = []
        while unknown:
            few = len(unknown) <= _FEW
            rows = yield from (self._one if few else self._many)(product, symbol, unknown[0])
            if isinstance(rows, FAILED):
                return rows
            found += rows
            for row in rows:
                self._memory.name(product, row.order_id, row.client_order_id)
            told = max((row.order_id for row in rows), default=0)
            for order in unknown:
                if order <= max(told, unknown[0]) and (
                    self._memory.client_of(product, order) is None
                ):
                    self._memory.name(product, order, "")  # archived: it stays nobody's
            unknown = [one for one in unknown if self._memory.client_of(product, one) is None]
        if product is Product.PERP and any(_is_strange(row) for row in found):
            return (yield from self._name_triggered(symbol))
        return None

    def _one(self, product: Product, symbol: str, order: int) -> Part[tuple[Order, ...]]:
        fields: Fields = {"symbol": symbol, "orderId": order}
        answer = yield self._caller.signed(product, "GET", ORDER_PATH[product], fields)
        row = taken(product, ORDER, answer, self._caller.now_ns())
        if isinstance(row, FAILED):
            return () if is_missing(row) else row
        return (row,)

    def _many(self, product: Product, symbol: str, first: int) -> Part[tuple[Order, ...]]:
        fields: Fields = {"symbol": symbol, "orderId": first, "limit": PAGE}
        answer = yield self._caller.signed(product, "GET", _ALL_PATH[product], fields)
        return taken(product, ORDERS, answer, self._caller.now_ns())

    def _name_triggered(self, symbol: str) -> Part[None]:
        """Learn which conditional orders became which orders."""
        fields: Fields = {"symbol": symbol, "limit": PAGE}
        answer = yield self._caller.signed(Product.PERP, "GET", "/fapi/v1/allAlgoOrders", fields)
        algos = taken(Product.PERP, ALGOS, answer, self._caller.now_ns())
        if isinstance(algos, FAILED):
            return algos
        for algo in algos:
            self._reports.algo(algo)
        return None

    # --- funding ---------------------------------------------------------------------------------

    def _funding(
        self, cursor: Cursor
    ) -> Part[tuple[tuple[FundingReport, ...], int, tuple[str, ...], bool]]:
        """Return (payments, last time, transfers of that time, whether the page was full)."""
        start = cursor.income_ms or self._caller.now_ns() // 1_000_000 - _INCOME_DAYS * _DAY_MS
        fields: Fields = {"incomeType": "FUNDING_FEE", "startTime": start, "limit": PAGE}
        answer = yield self._caller.signed(Product.PERP, "GET", "/fapi/v1/income", fields)
        rows = taken(Product.PERP, _INCOME, answer, self._caller.now_ns())
        if isinstance(rows, FAILED):
            return rows
        fresh = [
            row for row in rows
            if row.income_type == "FUNDING_FEE"
            and not (row.time == cursor.income_ms and str(row.tran_id) in cursor.seen)
        ]  # fmt: skip
        rates = yield from self._rates(fresh)
        if isinstance(rates, FAILED):
            return rates
        told = [self._reports.funding(row, *_rate_of(rates, row)) for row in fresh]
        last = max((row.time for row in rows), default=cursor.income_ms)
        seen = {str(row.tran_id) for row in rows if row.time == last}
        if last == cursor.income_ms:
            seen |= set(cursor.seen)
        reports = tuple(one for one in told if one is not None)
        return reports, last, tuple(sorted(seen)), len(rows) >= PAGE and bool(fresh)

    def _rates(self, rows: list[Income]) -> Part[dict[str, list[tuple[int, int, int]]]]:
        """Ask which rate and mark the payments were made at: the income does not tell."""
        rates: dict[str, list[tuple[int, int, int]]] = {}
        for symbol in sorted({row.symbol for row in rows}):
            place = self._symbols.find(Product.PERP, symbol)
            if place < 0:
                continue
            times = [row.time for row in rows if row.symbol == symbol]
            fields: Fields = {
                "symbol": symbol, "startTime": min(times) - _RATE_SLACK_MS,
                "endTime": max(times) + _RATE_SLACK_MS, "limit": PAGE,
            }  # fmt: skip
            answer = yield self._caller.signed(Product.PERP, "GET", "/fapi/v1/fundingRate", fields)
            paid = taken(Product.PERP, _RATES, answer, self._caller.now_ns())
            if isinstance(paid, FAILED):
                return paid
            decimals = self._symbols.instruments[place].price_decimals
            rates[symbol] = [
                (
                    one.funding_time, int(rate(one.funding_rate)),
                    nearest_units(one.mark_price, decimals) if one.mark_price else 0,
                )
                for one in paid
            ]  # fmt: skip
        return rates


def _is_strange(order: Order) -> bool:
    """Say whether an order may have been a conditional one with another id."""
    return (order.orig_type or order.type) not in _DIRECT and decode(order.client_order_id) is None


def _rate_of(rates: dict[str, list[tuple[int, int, int]]], row: Income) -> tuple[int, int]:
    """Return (rate, mark) of a payment; (0, 0) where the venue does not tell any more."""
    near = [one for one in rates.get(row.symbol, ()) if abs(one[0] - row.time) <= _RATE_SLACK_MS]
    if not near:
        return 0, 0
    _, settled, mark = min(near, key=lambda one: abs(one[0] - row.time))
    return settled, mark
