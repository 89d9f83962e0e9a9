"""How an account stands: its open orders, its trades since a cursor, what it holds.

Rule 1: what is asked for follows from the instruments: coins, contracts or both, in one snapshot.
Rule 2: trades are asked for by time, in whole seconds and in spans that end at a fixed moment, so
that pages do not shift while they are read. A span with more trades than can be paged is halved.
Rule 3: the cursor is a second that lies `SETTLED_NS` back: lists are not complete at once, and what
is told twice is booked once, by the id of the trade.
Rule 4: a trade of an order that a price-triggered one became does not tell our text: that order is
asked for it, once.
Rule 5: `complete` is said only after every list was read to its end.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from steelyard.model.instruments import Kind
from steelyard.model.reports import (
    FundingReport,
    Holding,
    Holdings,
    OpenOrders,
    OrderReport,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Trades,
    Unclear,
)
from steelyard.venues.gate import words
from steelyard.venues.gate.asking import Ask, Halt, ask, pages
from steelyard.venues.gate.calls import Caller
from steelyard.venues.gate.finding import (
    PERP,
    PERP_ORDERS,
    PERP_PRICE_ORDER,
    PERP_PRICE_ORDERS,
    PERP_TRADES,
    SPOT_PRICE_ORDER,
    SPOT_PRICE_ORDERS,
    SPOT_TRADES,
)
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.numbers import nearest
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import (
    BEGINNING_NS,
    OPEN_PAGE,
    PAGE,
    POSITIONS_PAGE,
    SETTLED_NS,
    SPAN_S,
)
from steelyard.venues.native.dialect import Call

SPOT_OPEN: Final = words.decoder(list[words.SpotOpen])
SPOT_ACCOUNTS: Final = words.decoder(list[words.SpotAccount])
UNIFIED: Final = words.decoder(words.UnifiedAccount)
PERP_ACCOUNT: Final = words.decoder(words.PerpAccount)
POSITIONS: Final = words.decoder(list[words.Position])
BOOK: Final = words.decoder(list[words.BookRow])

_SECOND_NS: Final = 1_000_000_000
_LEARNT_MAX: Final = 50
_DUAL: Final = frozenset({"dual", "dual_plus"})


class Standing:
    """Asks how one account stands."""

    def __init__(
        self,
        caller: Caller,
        symbols: Symbols,
        reports: Reports,
        memory: Memory,
        is_unified: Callable[[], Ask[bool]],
    ) -> None:
        """Share the account's parts; `is_unified`: one wallet is for coins and contracts."""
        self._caller, self._symbols, self._reports = caller, symbols, reports
        self._memory, self._is_unified = memory, is_unified

    def open_orders(self) -> Ask[Reply]:
        """Ask for all open orders: Success(OpenOrders)."""
        asked_ns = self._caller.now_ns()
        found: list[OrderReport | None] = []
        if self._symbols.spot:
            found += yield from self._open_spot()
        if self._symbols.perp:
            found += yield from self._open_perp()
        orders = tuple(report for report in found if report is not None)
        return Success(value=OpenOrders(as_of_ns=asked_ns, complete=True, orders=orders))

    def trades(self, cursor: str) -> Ask[Reply]:
        """Ask for trades and funding since a cursor: Success(Trades)."""
        now_ns = self._caller.now_ns()
        try:
            start = int(cursor) if cursor else (now_ns - BEGINNING_NS) // _SECOND_NS
        except ValueError:
            return Unclear(text=f"{cursor!r} is no cursor of this venue")
        settled = (now_ns - SETTLED_NS) // _SECOND_NS
        span = SPAN_S
        while True:
            end = min(start + span, now_ns // _SECOND_NS)
            page = yield from self._span(start, end)
            if page is not None:
                break
            if span == 1:
                return Unclear(text=f"more trades in second {start} than can be asked for")
            span = max(1, min(span, end - start) // 2)
        trades, funding = page
        cursor_s = min(end, settled)
        return Success(
            value=Trades(
                complete=True,
                trades=tuple(sorted(trades, key=lambda trade: (trade.ts_ns, trade.trade))),
                funding=tuple(sorted(funding, key=lambda row: row.ts_ns)),
                cursor=str(max(start, cursor_s)),
                more=end < now_ns // _SECOND_NS,
            )
        )

    def holdings(self) -> Ask[Reply]:
        """Ask for positions and wallet: Success(Holdings)."""
        asked_ns = self._caller.now_ns()
        positions: list[Holding] = []
        cash = Decimal(0)
        hedged = False
        decimals, settle = self._money()
        unified = yield from self._is_unified()
        if self._symbols.spot or unified:
            coins = yield from self._wallet(unified=unified)
            positions += self._reports.coins(coins)
            cash += coins.get(settle, Decimal(0))
        if self._symbols.perp:
            account = yield from ask(
                self._caller.read(f"{PERP}/accounts"), PERP_ACCOUNT, self._caller.now_ns
            )
            hedged = is_hedged(account)
            if not unified:
                cash += account.total
            rows, whole = yield from pages(
                self._positions, POSITIONS, POSITIONS_PAGE, self._caller.now_ns
            )
            if not whole:
                raise Halt(Unclear(text=f"more than {len(rows)} positions"))
            held = (self._reports.position(row) for row in rows)
            positions += [holding for holding in held if holding is not None]
        value = Holdings(
            as_of_ns=asked_ns,
            complete=True,
            positions=tuple(positions),
            cash=nearest(cash, decimals),
            hedged=hedged,
        )
        return Success(value=value)

    # --- open orders -----------------------------------------------------------------------------

    def _open_spot(self) -> Ask[list[OrderReport | None]]:
        rows: dict[str, words.SpotOrder] = {}
        number = 1
        while True:
            # Pages are counted within each pair: the last page is one that fills no pair.
            groups = yield from ask(
                self._caller.read("/spot/open_orders", page=number, limit=OPEN_PAGE),
                SPOT_OPEN, self._caller.now_ns,
            )  # fmt: skip
            rows |= {str(row.id): row for group in groups for row in group.orders}
            if all(len(group.orders) < OPEN_PAGE for group in groups):
                break
            number += 1
        found = [self._reports.spot_order(row) for row in rows.values()]
        waiting = yield from self._all("/spot/price_orders", SPOT_PRICE_ORDERS)
        return found + [self._reports.spot_price_order(row) for row in waiting]

    def _open_perp(self) -> Ask[list[OrderReport | None]]:
        orders = yield from self._all(f"{PERP}/orders", PERP_ORDERS)
        waiting = yield from self._all(f"{PERP}/price_orders", PERP_PRICE_ORDERS)
        found = [self._reports.perp_order(row) for row in orders]
        return found + [self._reports.perp_price_order(row) for row in waiting]

    def _all(self, path: str, decoder: Any) -> Ask[list[Any]]:
        def page(number: int) -> Call:
            return self._caller.read(
                path, status="open", limit=OPEN_PAGE, offset=number * OPEN_PAGE
            )

        rows, whole = yield from pages(page, decoder, OPEN_PAGE, self._caller.now_ns)
        if not whole:
            raise Halt(Unclear(text=f"more than {len(rows)} rows at {path}"))
        return rows

    # --- trades ----------------------------------------------------------------------------------

    def _span(
        self, start: int, end: int
    ) -> Ask[tuple[list[TradeReport], list[FundingReport]] | None]:
        """Ask for one span of time; None: there is more than can be paged."""
        trades: list[TradeReport] = []
        funding: list[FundingReport] = []
        times = {"from_": start, "to": end, "limit": PAGE}

        def spot(number: int) -> Call:
            return self._caller.read("/spot/my_trades", **times, page=number + 1)

        def perp(number: int) -> Call:
            path = f"{PERP}/my_trades_timerange"
            return self._caller.read(path, **times, offset=number * PAGE)

        def book(number: int) -> Call:
            path = f"{PERP}/account_book"
            return self._caller.read(path, **times, type="fund", offset=number * PAGE)

        lists: list[tuple[bool, Callable[[int], Call], Any, Callable[[Any], Any], list[Any]]] = [
            (bool(self._symbols.spot), spot, SPOT_TRADES, self._reports.spot_trade, trades),
            (bool(self._symbols.perp), perp, PERP_TRADES, self._reports.perp_trade, trades),
            (bool(self._symbols.perp), book, BOOK, self._reports.funding, funding),
        ]
        for wanted, page, decoder, read, into in lists:
            if not wanted:
                continue
            rows, whole = yield from pages(page, decoder, PAGE, self._caller.now_ns)
            if not whole:
                return None
            if into is trades:
                yield from self._learn(rows, spot=decoder is SPOT_TRADES)
            into += [report for row in rows if (report := read(row)) is not None]
        return trades, funding

    def _learn(self, rows: list[Any], *, spot: bool) -> Ask[None]:
        """Ask whose the price-triggered orders were that became what these trades are of."""
        texts = {row.text for row in rows}
        numbers = {self._memory.unheard_of(text, spot=spot) for text in texts} - {""}
        root = "/spot" if spot else PERP
        for number in sorted(numbers)[:_LEARNT_MAX]:
            call = self._caller.read(f"{root}/price_orders/{number}")
            decoder = SPOT_PRICE_ORDER if spot else PERP_PRICE_ORDER
            try:
                word = yield from ask(call, decoder, self._caller.now_ns)
            except Halt as halt:
                if not isinstance(halt.reply, Refusal):
                    raise
                self._memory.waiting("", number, spot=spot)
                continue
            read = self._reports.spot_price_order if spot else self._reports.perp_price_order
            read(word)

    # --- holdings --------------------------------------------------------------------------------

    def _positions(self, number: int) -> Call:
        return self._caller.read(
            f"{PERP}/positions", holding="true",
            limit=POSITIONS_PAGE, offset=number * POSITIONS_PAGE,
        )  # fmt: skip

    def _wallet(self, *, unified: bool) -> Ask[dict[str, Decimal]]:
        if unified:
            account = yield from ask(
                self._caller.read("/unified/accounts"), UNIFIED, self._caller.now_ns
            )
            return {name: row.available + row.freeze for name, row in account.balances.items()}
        rows = yield from ask(
            self._caller.read("/spot/accounts"), SPOT_ACCOUNTS, self._caller.now_ns
        )
        return {row.currency: row.available + row.locked for row in rows}

    def _money(self) -> tuple[int, str]:
        """Return the decimals and name of the asset in which the account counts its cash."""
        instruments = self._symbols.instruments
        first = next((one for one in instruments if one.kind != Kind.SPOT), instruments[0])
        return first.money_decimals, first.settle


def is_hedged(account: words.PerpAccount) -> bool:
    """Say whether an account holds both sides of a contract apart."""
    return account.in_dual_mode or account.position_mode in _DUAL
