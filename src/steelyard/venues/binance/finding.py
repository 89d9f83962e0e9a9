"""Conversations about one order: where it lives, what became of it, its trades, its end.

Rule 1: an order of the perpetuals is looked for among the orders and among the conditional ones;
only where neither knows it, it is NO_ORDER.
Rule 2: a cancel knocks at the next namespace only after the one before definitely knew no such
order, so it can never change two things.
"""

from typing import Final

import msgspec

from steelyard.model.reports import (
    OrderFound,
    OrderReport,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.binance.calls import FAILED, PAGE, Caller, Fields, Part
from steelyard.venues.binance.errors import is_missing, taken
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import Algo, Order, PerpTrade, SpotTrade
from steelyard.venues.native.dialect import Steps

ORDER: Final = msgspec.json.Decoder(Order)
ORDERS: Final = msgspec.json.Decoder(tuple[Order, ...])
ALGO: Final = msgspec.json.Decoder(Algo)
ALGOS: Final = msgspec.json.Decoder(tuple[Algo, ...])
SPOT_TRADES: Final = msgspec.json.Decoder(tuple[SpotTrade, ...])
PERP_TRADES: Final = msgspec.json.Decoder(tuple[PerpTrade, ...])
ANYTHING: Final = msgspec.json.Decoder(msgspec.Raw)

ORDER_PATH: Final = {Product.SPOT: "/api/v3/order", Product.PERP: "/fapi/v1/order"}
ALGO_PATH: Final = "/fapi/v1/algoOrder"
TRADES_PATH: Final = {Product.SPOT: "/api/v3/myTrades", Product.PERP: "/fapi/v1/userTrades"}


class Finder:
    """Asks for and cancels single orders of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, memory: Memory, reports: Reports) -> None:
        """All four are the account's."""
        self._caller, self._symbols, self._memory = caller, symbols, memory
        self._reports = reports

    def order(self, client_id: str, instrument: int) -> Steps:
        """Ask for an order in every namespace it could live in."""
        product = self._symbols.products[instrument]
        symbol = self._symbols.symbols[instrument]
        fields: Fields = {"symbol": symbol, "origClientOrderId": client_id}
        homes = [self._find_order(product, fields)]
        if product is Product.PERP:
            homes.append(self._find_algo(client_id))
            if self._memory.is_algo(client_id):
                homes.reverse()
        missing: Refusal | None = None
        for home in homes:
            found = yield from home
            if not isinstance(found, FAILED):
                return Success(value=found)
            if not is_missing(found):
                return found
            missing = found if isinstance(found, Refusal) else missing
        return missing or Unclear(text="nobody was asked")

    def cancel(self, client_id: str, instrument: int) -> Steps:
        """Cancel an order in whichever namespace it lives."""
        product = self._symbols.products[instrument]
        symbol = self._symbols.symbols[instrument]
        homes: list[tuple[str, Fields]] = [
            (ORDER_PATH[product], {"symbol": symbol, "origClientOrderId": client_id})
        ]
        if product is Product.PERP:
            homes.append((ALGO_PATH, {"clientAlgoId": client_id}))
            if self._memory.is_algo(client_id):
                homes.reverse()
        reply: Reply = Unclear(text="nobody was asked")
        for path, fields in homes:
            call = self._caller.signed(product, "DELETE", path, fields, changes=True)
            done = taken(product, ANYTHING, (yield call), self._caller.now_ns())
            reply = done if isinstance(done, FAILED) else Success()
            if not is_missing(reply):
                return reply
        return reply

    # --- inside ----------------------------------------------------------------------------------

    def _find_order(self, product: Product, fields: Fields) -> Part[OrderFound]:
        call = self._caller.signed(product, "GET", ORDER_PATH[product], fields)
        order = taken(product, ORDER, (yield call), self._caller.now_ns())
        if isinstance(order, FAILED):
            return order
        report = self._reports.order(product, order)
        if report is None:
            return Unclear(text=f"the venue answered about {order.symbol}")
        return (yield from self._with_trades(product, report, order.symbol, order.order_id))

    def _find_algo(self, client_id: str) -> Part[OrderFound]:
        """Ask for a conditional order, and for the order it became."""
        call = self._caller.signed(Product.PERP, "GET", ALGO_PATH, {"clientAlgoId": client_id})
        algo = taken(Product.PERP, ALGO, (yield call), self._caller.now_ns())
        if isinstance(algo, FAILED):
            return algo
        report = self._reports.algo(algo)
        if report is None:
            return Unclear(text=f"the venue answered about {algo.symbol}")
        if not str(algo.actual_order_id).isdecimal():
            return OrderFound(report=report)
        fields: Fields = {"symbol": algo.symbol, "orderId": int(algo.actual_order_id)}
        became = yield from self._find_order(Product.PERP, fields)
        if isinstance(became, FAILED):
            # It triggered a moment ago and is not listed yet: what it filled is not known.
            return Unclear(text=f"order {algo.actual_order_id} of {client_id}: {became.text}")
        return msgspec.structs.replace(
            became, report=msgspec.structs.replace(became.report, trigger=report.trigger)
        )

    def _with_trades(
        self, product: Product, report: OrderReport, symbol: str, order: int
    ) -> Part[OrderFound]:
        if not report.filled:
            return OrderFound(report=report)
        fields: Fields = {"symbol": symbol, "orderId": order, "limit": PAGE}
        answer = yield self._caller.signed(product, "GET", TRADES_PATH[product], fields)
        trades: list[TradeReport] = []
        if product is Product.SPOT:
            spot = taken(product, SPOT_TRADES, answer, self._caller.now_ns())
            if isinstance(spot, FAILED):
                return spot
            told = [self._reports.spot_trade(one, report.client_id) for one in spot]
        else:
            perp = taken(product, PERP_TRADES, answer, self._caller.now_ns())
            if isinstance(perp, FAILED):
                return perp
            told = [self._reports.perp_trade(one, report.client_id) for one in perp]
        trades = [one for one in told if one is not None]
        complete = sum(one.quantity for one in trades) == report.filled
        return OrderFound(report=report, trades=tuple(trades), complete=complete)
