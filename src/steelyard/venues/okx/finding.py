"""Conversations about one order: where it lives, what became of it, its trades, its end.

Rule 1: an order is not there only when neither namespace has it, and the history of conditional
orders has not either.
Rule 2: a cancel reads in which namespace an id lives, if nobody knows, before it changes anything.
"""

from collections.abc import Generator, Sequence
from typing import Final

import msgspec

from steelyard.model.reports import (
    Fault,
    OrderFound,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.native.dialect import Call, Steps
from steelyard.venues.okx.calls import PAGE, Rest, paged, rows
from steelyard.venues.okx.errors import verdict
from steelyard.venues.okx.memory import Memory
from steelyard.venues.okx.orders import ALGO_TYPES
from steelyard.venues.okx.reports import TRIGGERED, Reports, child_of
from steelyard.venues.okx.symbols import product_of
from steelyard.venues.okx.words import AlgoWord, FillWord, OrderWord
from steelyard.wire.http import Answer

_ENDED: Final = ("effective", "canceled", "order_failed")
_NOT_FOUND: Final = frozenset({Fault.NO_ORDER, Fault.OTHER})


def find(rest: Rest, reports: Reports, client_id: str, instrument: int) -> Steps:
    """Ask for one order wherever it could live."""
    symbol = reports.symbols[instrument]
    found = yield from rows(
        rest.get("/api/v5/trade/order", instId=symbol, clOrdId=client_id), OrderWord
    )
    if isinstance(found, list) and found:
        return (yield from _told(rest, reports, found[0], client_id))
    if isinstance(found, Unclear) or not _is_absent(found):
        return found if not isinstance(found, list) else Unclear(text="no order in the answer")
    algo = yield from find_algo(rest, client_id)
    if algo is None:
        return Refusal(fault=Fault.NO_ORDER, text=f"order {client_id} is in neither namespace")
    if not isinstance(algo, AlgoWord):
        return algo
    return (yield from _told_algo(rest, reports, algo, client_id))


def find_algo(
    rest: Rest, client_id: str, *, history: bool = True
) -> Generator[Call, Answer, AlgoWord | Refusal | Unclear | None]:
    """Ask for a conditional order; None: there is none of that id."""
    found = yield from rows(rest.get("/api/v5/trade/order-algo", algoClOrdId=client_id), AlgoWord)
    calls: list[Call] = []
    if isinstance(found, list):
        if found:
            return found[0]
    elif isinstance(found, Unclear) or found.fault not in _NOT_FOUND:
        return found
    elif found.fault is not Fault.NO_ORDER:
        # Not in the words for an unknown order, and no other reason: the list has to say it.
        calls += [
            rest.get("/api/v5/trade/orders-algo-pending", ordType=kind) for kind in ALGO_TYPES
        ]
    if history:
        calls += [
            rest.get("/api/v5/trade/orders-algo-history", ordType=kind, state=state)
            for kind in ALGO_TYPES
            for state in _ENDED
        ]
    return (yield from _in_lists(calls, client_id))


def _in_lists(
    calls: Sequence[Call], client_id: str
) -> Generator[Call, Answer, AlgoWord | Refusal | Unclear | None]:
    for call in calls:
        found = yield from rows(call, AlgoWord)
        if not isinstance(found, list):
            return found
        for word in found:
            if word.algo_cl_ord_id == client_id:
                return word
    return None


def cancel(rest: Rest, reports: Reports, memory: Memory, client_id: str, instrument: int) -> Steps:
    """Cancel one order, wherever it lives."""
    symbol = reports.symbols[instrument]
    algo_id = ""
    is_algo = memory.is_conditional(client_id)
    if not is_algo and not memory.is_plain(client_id):
        found = yield from find_algo(rest, client_id, history=False)
        if isinstance(found, Refusal | Unclear):
            return found
        if found is not None and found.state not in TRIGGERED:
            is_algo, algo_id = True, found.algo_id
    if not is_algo:
        answer = yield rest.post(
            "/api/v5/trade/cancel-order", {"instId": symbol, "clOrdId": client_id}
        )
        return verdict(answer)
    name = {"algoId": algo_id} if algo_id else {"algoClOrdId": client_id}
    answer = yield rest.post("/api/v5/trade/cancel-algos", [{"instId": symbol, **name}])
    return verdict(answer)


def fills_of(
    rest: Rest, reports: Reports, order: OrderReport, client_id: str
) -> Generator[Call, Answer, tuple[TradeReport, ...] | Refusal | Unclear]:
    """Ask for the trades of one order: the last three days' first, then what lies behind."""
    symbol = reports.symbols[order.instrument]
    product = product_of(reports.instruments[order.instrument])
    trades: dict[str, TradeReport] = {}
    for path in ("/api/v5/trade/fills", "/api/v5/trade/fills-history"):
        found = yield from paged(
            lambda after, path=path: rest.get(  # type: ignore[misc]
                path, instType=product, instId=symbol, ordId=order.venue_id, limit=PAGE,
                after=after,
            ),
            FillWord, lambda word: word.bill_id,
        )  # fmt: skip
        if not isinstance(found, list):
            return found
        for word in reversed(found):
            if word.ord_id != order.venue_id:
                continue
            try:
                trade = reports.trade(word, client_id)
            except (ValueError, KeyError) as error:
                return Unclear(text=f"a trade does not read: {error!r}")
            if trade is not None:
                trades[trade.trade] = trade
        if sum(trade.quantity for trade in trades.values()) >= order.filled > 0:
            break
    return tuple(sorted(trades.values(), key=lambda trade: trade.ts_ns))


def _told(rest: Rest, reports: Reports, word: OrderWord, client_id: str) -> Steps:
    try:
        report = reports.order(word)
    except (ValueError, KeyError) as error:
        return Unclear(text=f"the order does not read: {error!r}")
    if report is None:
        return Unclear(text=f"the answer was about {word.inst_id}")
    if report.client_id != client_id:
        report = msgspec.structs.replace(report, client_id=client_id)
    trades: Sequence[TradeReport] = ()
    if report.filled:
        found = yield from fills_of(rest, reports, report, client_id)
        if not isinstance(found, tuple):
            return found
        trades = found
    return Success(value=_found(report, trades))


def _told_algo(  # noqa: PLR0911 - one return for each way a search can end
    rest: Rest, reports: Reports, word: AlgoWord, client_id: str
) -> Steps:
    try:
        report = reports.algo(word)
    except (ValueError, KeyError) as error:
        return Unclear(text=f"the conditional order does not read: {error!r}")
    if report is None:
        return Unclear(text=f"the answer was about {word.inst_id}")
    child = child_of(word)
    if word.state not in TRIGGERED or not child:
        return Success(value=OrderFound(report=report))
    found = yield from rows(
        rest.get("/api/v5/trade/order", instId=word.inst_id, ordId=child), OrderWord
    )
    if isinstance(found, list) and found:
        return (yield from _told(rest, reports, found[0], client_id))
    if isinstance(found, Unclear) or not _is_absent(found):
        return found if not isinstance(found, list) else Unclear(text="no order in the answer")
    # OKX forgets a canceled order without fills after two hours; fills it remembers longer.
    report = msgspec.structs.replace(report, venue_id=child, state=OrderState.CANCELED)
    trades = yield from fills_of(rest, reports, report, client_id)
    if not isinstance(trades, tuple):
        return trades
    filled = sum(trade.quantity for trade in trades)
    state = OrderState.FILLED if 0 < report.quantity <= filled else OrderState.CANCELED
    report = msgspec.structs.replace(report, filled=filled, state=state)
    return Success(value=_found(report, trades))


def _found(report: OrderReport, trades: Sequence[TradeReport]) -> OrderFound:
    told = sum(trade.quantity for trade in trades)
    return OrderFound(report=report, trades=tuple(trades), complete=told == report.filled)


def _is_absent(reply: Reply | list[OrderWord] | list[AlgoWord]) -> bool:
    return isinstance(reply, Refusal) and reply.fault is Fault.NO_ORDER
