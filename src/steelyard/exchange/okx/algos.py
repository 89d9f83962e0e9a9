"""Conditional orders over REST: a namespace of ids and numbers of their own."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import EVERY, HallOrder, Refused, Stage
from steelyard.exchange.okx import words
from steelyard.exchange.okx.errors import AMENDS, CANCELS, Fault, fault_of
from steelyard.exchange.okx.listing import symbol_of
from steelyard.exchange.okx.reading import (
    client_id,
    instrument_of,
    limit_of,
    needed,
    order_names,
    price,
    product_of,
    quantity,
    query_of,
    rows_of,
    text,
    wanted_algo,
    whole,
)
from steelyard.exchange.okx.trade import closed

BATCH_MAX: Final = 10


def place(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> dict[str, str]:
    """Create a conditional order."""
    ask = wanted_algo(hall, member, row)
    done = hall.place(member, ask)
    if isinstance(done, Refused):
        raise closed(hall) or fault_of(done, wanted=ask)
    return {
        "algoId": str(done.number), "algoClOrdId": done.client_id, "clOrdId": "",
        "tag": text(row, "tag"),
    }  # fmt: skip


def cancel(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> dict[str, str]:
    """Cancel a conditional order."""
    number, name = order_names(row, "algoId", "algoClOrdId")
    done = hall.cancel(
        member, instrument=instrument_of(hall, row), order=number, client_id=name, algo=True
    )
    if isinstance(done, Refused):
        raise fault_of(done, CANCELS)
    return {"algoId": str(done.number), "algoClOrdId": done.client_id, "clOrdId": "", "tag": ""}


def amend(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> dict[str, str]:
    """Change trigger or quantity of a conditional order."""
    where = instrument_of(hall, row)
    one = hall.instruments[where]
    number, name = order_names(row, "algoId", "algoClOrdId")
    found = hall.order(member, instrument=where, order=number, client_id=name, algo=True)
    if found is None:
        raise Fault("51603", "Order does not exist.")
    trigger = text(row, "newSlTriggerPx") or text(row, "newTpTriggerPx")
    trigger = trigger or text(row, "newTriggerPx")
    size = text(row, "newSz")
    done = hall.amend(
        member, instrument=where, order=found.number,
        trigger=price(one, trigger, "newTriggerPx") if trigger else 0,
        quantity=quantity(one, size, "newSz") if size else 0,
    )  # fmt: skip
    if isinstance(done, Refused):
        raise fault_of(done, AMENDS)
    return {
        "algoId": str(done.number), "algoClOrdId": done.client_id,
        "reqId": client_id(row, "reqId"),
    }  # fmt: skip


def order(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell one conditional order."""
    number, name = order_names(query_of(request), "algoId", "algoClOrdId")
    found = hall.order(member.number, order=number, client_id=name, algo=True)
    if found is None:
        raise Fault("51603", "Order does not exist.")
    return [words.algo_row(hall, found)]


def pending(hall: Hall, member: Member, request: Request) -> list[Any]:
    """List waiting orders of the kinds asked for, newest first."""
    row = query_of(request)
    found = hall.open_orders(member.number, product=product_of(row), algo=True)
    return _page(hall, row, list(found))


def history(hall: Hall, member: Member, request: Request) -> list[Any]:
    """List those that have ended, newest first; a state or a number must be given."""
    row = query_of(request)
    if not text(row, "state") and not text(row, "algoId"):
        raise Fault("50015", "Either parameter state or algoId is required", status=400)
    found = hall.orders(member.number, product=product_of(row), algo=True)
    return _page(hall, row, [one for one in found if one.stage is not Stage.WAITING])


def _page(hall: Hall, row: Mapping[str, str], found: list[HallOrder]) -> list[Any]:
    kinds = frozenset(needed(row, "ordType").split(","))
    after, before = whole(row, "after"), whole(row, "before")
    number, name = whole(row, "algoId"), text(row, "algoClOrdId")
    symbol, state = text(row, "instId"), text(row, "state")
    told = []
    for one in rows_of(found):
        if one.said.get("ordType") not in kinds or one.instrument == EVERY:
            continue
        if (after and one.number >= after) or one.number <= before:
            continue
        if number not in {0, one.number} or name not in {"", one.client_id}:
            continue
        if symbol not in {"", symbol_of(hall.instruments[one.instrument])}:
            continue
        if state not in {"", words.ALGO_STATES[one.stage]}:
            continue
        told.append(words.algo_row(hall, one))
    return told[: limit_of(row)]


ORDERS: Final = {
    "/api/v5/trade/order-algo": (place, 1),
    "/api/v5/trade/cancel-algos": (cancel, BATCH_MAX),
    "/api/v5/trade/cancel-advance-algos": (cancel, BATCH_MAX),
    "/api/v5/trade/amend-algos": (amend, 1),
}
GETS: Final[Mapping[str, Callable[[Hall, Member, Request], list[Any]]]] = {
    "/api/v5/trade/order-algo": order,
    "/api/v5/trade/orders-algo-pending": pending,
    "/api/v5/trade/orders-algo-history": history,
}
