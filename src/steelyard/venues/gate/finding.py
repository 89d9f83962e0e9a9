"""Conversations about one order: where it lives, what became of it, its trades, its end.

Rule 1: an order is in one of three places: among ordinary orders, among price-triggered orders
that wait, or it was one of those and ended or became an ordinary order. The places are asked in
the order in which an order can move through them, so that none slips by.
Rule 2: coins may not know the text of an ended order, so their history is read, newest first.
`NO_ORDER` is said only after a whole history; a history that is too long to read is `Unclear`.
Rule 3: an order with fills is told with its trades; they are complete if they add up to what is
filled.
Rule 4: a cancel finds out whether an order waits for its price before it changes anything, and then
changes one thing.
"""

from collections.abc import Callable
from typing import Any, Final

from steelyard.model import reasons
from steelyard.model.reports import (
    Fault,
    OrderFound,
    OrderReport,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.gate import words
from steelyard.venues.gate.calls import ANYTHING, Ask, Caller, Halt, ask, pages
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.orders import text_of
from steelyard.venues.gate.reports import PRICE_ID, Reports
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import HISTORY_PAGES, PAGE
from steelyard.venues.native.dialect import Call

SPOT_ORDER: Final = words.decoder(words.SpotOrder)
SPOT_ORDERS: Final = words.decoder(list[words.SpotOrder])
SPOT_TRADES: Final = words.decoder(list[words.SpotTrade])
SPOT_PRICE_ORDER: Final = words.decoder(words.SpotPriceOrder)
SPOT_PRICE_ORDERS: Final = words.decoder(list[words.SpotPriceOrder])
PERP_ORDER: Final = words.decoder(words.PerpOrder)
PERP_ORDERS: Final = words.decoder(list[words.PerpOrder])
PERP_TRADES: Final = words.decoder(list[words.PerpTrade])
PERP_PRICE_ORDER: Final = words.decoder(words.PerpPriceOrder)
PERP_PRICE_ORDERS: Final = words.decoder(list[words.PerpPriceOrder])

PERP: Final = "/futures/usdt"
_PRICE_PAGE: Final = 100


class Finder:
    """Looks for orders of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, reports: Reports, memory: Memory) -> None:
        """Share the account's parts."""
        self._caller, self._symbols = caller, symbols
        self._reports, self._memory = reports, memory

    def find(self, client_id: str, place: int) -> Ask[Reply]:
        """Ask for an order: Success(OrderFound) or Refusal(NO_ORDER)."""
        spot = self._symbols.is_spot(place)
        report = yield from self._ordinary(client_id, place, spot=spot)
        if report is None:
            report = yield from self.waiting(client_id, place, "open")
        if report is None:
            report = yield from self.waiting(client_id, place, "finished")
        if report is None and self._memory.id_of(client_id):
            # It has become an ordinary order since it was asked for first.
            report = yield from self._ordinary(client_id, place, spot=spot)
        if report is None and spot:
            report = yield from self._ended(client_id, place)
        if report is None:
            return Refusal(
                fault=Fault.NO_ORDER, code=reasons.UNKNOWN_ORDER, text=f"no order {client_id}"
            )
        trades: tuple[TradeReport, ...] = ()
        if report.filled:
            trades = yield from self._trades(report, spot=spot)
        whole = sum(trade.quantity for trade in trades) == report.filled
        return Success(value=OrderFound(report=report, trades=trades, complete=whole))

    def waiting(self, client_id: str, place: int, status: str) -> Ask[OrderReport | None]:
        """Look among price-triggered orders of one status; None: not there, or it was triggered."""
        text, symbol = text_of(client_id), self._symbols.texts[place]

        def page(number: int) -> Call:
            where = {"market": symbol} if self._symbols.is_spot(place) else {"contract": symbol}
            path = ("/spot" if self._symbols.is_spot(place) else PERP) + "/price_orders"
            return self._caller.read(
                path, status=status, **where, limit=_PRICE_PAGE, offset=number * _PRICE_PAGE
            )

        decoder, text_in = PERP_PRICE_ORDERS, _initial_text
        read: Callable[[Any], OrderReport | None] = self._reports.perp_price_order
        if self._symbols.is_spot(place):
            decoder, text_in = SPOT_PRICE_ORDERS, _put_text
            read = self._reports.spot_price_order
        rows, _ = yield from pages(page, decoder, _PRICE_PAGE, self._caller.now_ns)
        for row in rows:
            if text_in(row) == text:
                return read(row)
        return None

    def cancel(self, client_id: str, place: int) -> Ask[Reply]:
        """Cancel an order where it lives."""
        waits = yield from self._waits(client_id, place)
        spot, symbol = self._symbols.is_spot(place), self._symbols.texts[place]
        root = "/spot" if spot else PERP
        if waits:
            path = f"{root}/price_orders/{self._memory.price_id_of(client_id)}"
            call = self._caller.change("DELETE", path)
        else:
            key = self._memory.id_of(client_id) or text_of(client_id)
            query = {"currency_pair": symbol} if spot else {}
            call = self._caller.change("DELETE", f"{root}/orders/{key}", query=query)
        yield from ask(call, ANYTHING, self._caller.now_ns)
        return Success()

    # --- inside ----------------------------------------------------------------------------------

    def _waits(self, client_id: str, place: int) -> Ask[bool]:
        """Say whether an order waits for its price, asking where nobody remembers."""
        if self._memory.is_ordinary(client_id):
            return False
        if not self._memory.price_id_of(client_id):
            yield from self.waiting(client_id, place, "open")
        return bool(self._memory.price_id_of(client_id))

    def _ordinary(self, client_id: str, place: int, *, spot: bool) -> Ask[OrderReport | None]:
        key = self._memory.id_of(client_id) or text_of(client_id)
        symbol = self._symbols.texts[place]
        if spot:
            call = self._caller.read(f"/spot/orders/{key}", currency_pair=symbol)
        else:
            call = self._caller.read(f"{PERP}/orders/{key}")
        try:
            word = yield from ask(call, SPOT_ORDER if spot else PERP_ORDER, self._caller.now_ns)
        except Halt as halt:
            if isinstance(halt.reply, Refusal) and halt.reply.fault == Fault.NO_ORDER:
                return None
            raise
        report = self._reports.spot_order(word) if spot else self._reports.perp_order(word)
        if report is None or report.client_id != text_of(client_id):
            raise Halt(Unclear(text=f"asked for {client_id}, was told of {word.text}"))
        return report

    def _ended(self, client_id: str, place: int) -> Ask[OrderReport | None]:
        def page(number: int) -> Call:
            return self._caller.read(
                "/spot/orders", currency_pair=self._symbols.texts[place], status="finished",
                page=number + 1, limit=PAGE,
            )  # fmt: skip

        rows, whole = yield from pages(page, SPOT_ORDERS, PAGE, self._caller.now_ns, HISTORY_PAGES)
        for row in rows:
            if row.text == text_of(client_id):
                return self._reports.spot_order(row)
        if not whole:
            raise Halt(Unclear(text=f"{client_id} is not among the last {len(rows)} ended orders"))
        return None

    def _trades(self, report: OrderReport, *, spot: bool) -> Ask[tuple[TradeReport, ...]]:
        symbol = self._symbols.texts[report.instrument]
        number = report.venue_id.removeprefix(PRICE_ID)
        if spot:
            call = self._caller.read(
                "/spot/my_trades", currency_pair=symbol, order_id=number, limit=PAGE
            )
        else:
            call = self._caller.read(f"{PERP}/my_trades", contract=symbol, order=number, limit=PAGE)
        rows = yield from ask(call, SPOT_TRADES if spot else PERP_TRADES, self._caller.now_ns)
        read = self._reports.spot_trade if spot else self._reports.perp_trade
        found = [trade for row in rows if (trade := read(row)) is not None]
        return tuple(sorted(found, key=lambda trade: (trade.ts_ns, trade.trade)))


def _put_text(row: Any) -> str:
    return str(row.put.text)


def _initial_text(row: Any) -> str:
    return str(row.initial.text)
