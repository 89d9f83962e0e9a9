"""Trades and funding since a cursor, of coins and contracts, oldest first.

Rule 1: trades are asked for by time, in whole seconds and in spans that end at a fixed moment, so
that pages do not shift while they are read. A span with more trades than can be paged is halved.
Rule 2: the cursor is a second that lies `SETTLED_NS` back: lists are not complete at once, and what
is told twice is booked once, by the id of the trade.
Rule 3: a trade of an order that a price-triggered one became does not tell our text: that order is
asked for it, once.
Rule 4: `complete` is said only after every list was read to its end.
"""

from collections.abc import Callable
from typing import Any, Final

from steelyard.model.reports import (
    FundingReport,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Trades,
    Unclear,
)
from steelyard.venues.gate import words
from steelyard.venues.gate.calls import Ask, Caller, Halt, ask, pages
from steelyard.venues.gate.finding import (
    PERP,
    PERP_PRICE_ORDER,
    PERP_TRADES,
    SPOT_PRICE_ORDER,
    SPOT_TRADES,
)
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import BEGINNING_NS, PAGE, SETTLED_NS, SPAN_S
from steelyard.venues.native.dialect import Call

BOOK: Final = words.decoder(list[words.BookRow])

_SECOND_NS: Final = 1_000_000_000
_LEARNT_MAX: Final = 50


class History:
    """Reads the history of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, reports: Reports, memory: Memory) -> None:
        """Share the account's parts."""
        self._caller, self._symbols = caller, symbols
        self._reports, self._memory = reports, memory

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

    # --- inside ----------------------------------------------------------------------------------

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
