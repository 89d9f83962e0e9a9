"""Orders: the same requests over REST and over the socket.

Rule 1: each order in a request has its own verdict; the whole is 0 when all were taken, 1 when none
was, 2 for some.
Rule 2: a request that came behind its `expTime` is refused as a whole.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import HallOrder, Refused, Stage, Status
from steelyard.exchange.okx import words
from steelyard.exchange.okx.errors import AMENDS, CANCELS, Fault, fault_of
from steelyard.exchange.okx.listing import symbol_of
from steelyard.exchange.okx.reading import (
    client_id,
    instrument_of,
    limit_of,
    needed,
    one_body,
    order_names,
    place_of,
    price,
    product_of,
    quantity,
    query_of,
    rows_of,
    text,
    wanted,
    whole,
)

BATCH_MAX: Final = 20
_GUARD_S: Final = (10, 120)
_SECOND_NS: Final = 1_000_000_000

Verdicts: TypeAlias = list[dict[str, str]]
Order: TypeAlias = Callable[[Hall, int, Mapping[str, Any], int], dict[str, str]]


class Done(NamedTuple):
    """The answer to a request with verdicts."""

    code: str
    text: str
    rows: Verdicts


def place(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> dict[str, str]:
    """Create an order."""
    ask = wanted(hall, member, row, batch)
    done = hall.place(member, ask)
    if isinstance(done, Refused):
        raise closed(hall) or fault_of(done, wanted=ask)
    return {"clOrdId": done.client_id, "ordId": str(done.number), "tag": text(row, "tag")}


def cancel(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> dict[str, str]:
    """Cancel an order."""
    number, name = order_names(row, "ordId", "clOrdId")
    done = hall.cancel(
        member, instrument=instrument_of(hall, row), order=number, client_id=name, algo=False
    )
    if isinstance(done, Refused):
        raise fault_of(done, CANCELS)
    return {"clOrdId": done.client_id, "ordId": str(done.number)}


def amend(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> dict[str, str]:
    """Change an order; with `cxlOnFail` one that cannot be changed is canceled."""
    number, name = order_names(row, "ordId", "clOrdId")
    where = instrument_of(hall, row)
    one = hall.instruments[where]
    size, at = text(row, "newSz"), text(row, "newPx")
    if not size and not at:
        raise Fault("51500", "You must enter a price, quantity, or TP/SL")
    done = hall.amend(
        member, instrument=where, order=number, client_id=name,
        price=price(one, at, "newPx") if at else 0,
        quantity=quantity(one, size, "newSz") if size else 0,
        said={"reqId": text(row, "reqId")},
    )  # fmt: skip
    if isinstance(done, Refused):
        if text(row, "cxlOnFail") == "true":
            hall.cancel(member, instrument=where, order=number, client_id=name, algo=False)
        raise fault_of(done, AMENDS)
    return {
        "clOrdId": done.client_id, "ordId": str(done.number), "reqId": client_id(row, "reqId"),
    }  # fmt: skip


def closed(hall: Hall) -> Fault | None:
    """Say that the venue as a whole takes no orders, if it is so; else it is the instrument."""
    match hall.venue_status():
        case Status.MAINTENANCE:
            return Fault("50001", "Service temporarily unavailable. Please try again later.")
        case Status.CANCEL_ONLY:
            return Fault("51037", "Only orders that reduce the account's risk are supported.")
    return None


def judged(
    hall: Hall, member: int, rows: Sequence[Mapping[str, Any]], do: Order, *, named: str = "ordId"
) -> Done:
    """Do each row, and say what became of each."""
    told: Verdicts = []
    failed = 0
    for batch, row in enumerate(rows, start=1):
        try:
            verdict = do(hall, member, row, batch if len(rows) > 1 else 0)
            verdict |= {"sCode": "0", "sMsg": ""}
        except Fault as fault:
            failed += 1
            names = ("algoClOrdId", "algoId") if named == "algoId" else ("clOrdId", "ordId")
            verdict = {name: text(row, name) for name in names}
            verdict |= {"tag": text(row, "tag"), "sCode": fault.code, "sMsg": fault.text}
            verdict |= {"subCode": fault.sub}
        told.append({**verdict, "ts": words.ms(hall.now_ns())})
    if not failed:
        return Done("0", "", told)
    if failed < len(rows):
        return Done("2", "Bulk operation partially succeeded.", told)
    return Done("1", "All operations failed", told)


def in_time(hall: Hall, exp_time: str) -> None:
    """Refuse what came too late. Raises Fault."""
    if not exp_time:
        return
    if not exp_time.isdigit():
        raise Fault("51000", "Parameter expTime error", status=400)
    if int(exp_time) * words.MS_NS < hall.now_ns():
        raise Fault("50036", "The expTime can't be earlier than the current system time.")


# --- questions -----------------------------------------------------------------------------------


def order(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell one order; a canceled one without fills is forgotten later than here."""
    row = query_of(request)
    where = place_of(hall, needed(row, "instId"))
    number, name = order_names(row, "ordId", "clOrdId")
    found = hall.order(member.number, instrument=where, order=number, client_id=name, algo=False)
    # What a conditional order became has no client id of its own.
    if found is None or (name and found.parent):
        raise Fault("51603", "Order does not exist.")
    return [_row(hall, found)]


def pending(hall: Hall, member: Member, request: Request) -> list[Any]:
    """List open orders, newest first."""
    row = query_of(request)
    found = hall.open_orders(member.number, product=product_of(row), algo=False)
    return _page(hall, row, found)


def history(hall: Hall, member: Member, request: Request) -> list[Any]:
    """List orders that have ended, newest first."""
    row = query_of(request)
    needed(row, "instType")
    found = hall.orders(
        member.number, product=product_of(row), algo=False,
        from_ns=whole(row, "begin") * words.MS_NS, to_ns=whole(row, "end") * words.MS_NS,
    )  # fmt: skip
    return _page(hall, row, [one for one in found if one.stage is not Stage.OPEN])


def fills(hall: Hall, member: Member, request: Request) -> list[Any]:
    """List trades, newest first."""
    row = query_of(request)
    symbol = text(row, "instId")
    found = hall.fills(
        member.number, product=product_of(row), order=whole(row, "ordId"),
        from_ns=whole(row, "begin") * words.MS_NS, to_ns=whole(row, "end") * words.MS_NS,
        after=whole(row, "before"), before=whole(row, "after"),
    )  # fmt: skip
    kept = [
        fill
        for fill in rows_of(found)
        if symbol in {"", symbol_of(hall.instruments[fill.instrument])}
    ]
    return [words.fill_row(hall, fill) for fill in kept[: limit_of(row)]]


# --- the whole account ---------------------------------------------------------------------------


def close_position(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Close a position at the market."""
    row = one_body(request)
    where = place_of(hall, needed(row, "instId"))
    mode, side = needed(row, "mgnMode"), text(row, "posSide")
    for held in hall.positions(member.number, instrument=where):
        named = words.pos_side(hall, member.number, where, held.side)
        if side not in {"", named}:
            continue
        ask = {
            "instId": text(row, "instId"), "tdMode": mode, "ordType": "market",
            "side": "sell" if held.quantity > 0 else "buy", "posSide": named, "reduceOnly": True,
            "sz": words.size(hall.instruments[where], abs(held.quantity)),
            "clOrdId": text(row, "clOrdId"), "tag": text(row, "tag"),
        }  # fmt: skip
        if text(row, "autoCxl") == "true":
            hall.cancel_all(member.number, instrument=where, algo=False)
        place(hall, member.number, ask)
        return [
            {
                "instId": text(row, "instId"), "posSide": named,
                "clOrdId": text(row, "clOrdId"), "tag": text(row, "tag"),
            }
        ]  # fmt: skip
    raise Fault("51023", "Position doesn't exist.")


def cancel_all_after(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Arm or disarm the dead-man's switch; it strikes conditional orders too."""
    word = needed(one_body(request), "timeOut")
    least, most = _GUARD_S
    if not word.isdigit() or not (int(word) == 0 or least <= int(word) <= most):
        raise Fault("51000", "Parameter timeOut error", status=400)
    strikes = hall.guard(member.number, int(word) * _SECOND_NS)
    return [
        {"triggerTime": words.ms(strikes) or "0", "tag": "", "ts": words.ms(hall.now_ns())}
    ]  # fmt: skip


def mass_cancel(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Refuse: OKX takes this for options only, and none are listed here."""
    raise Fault("51000", "Parameter instType error", status=400)


def _page(hall: Hall, row: Mapping[str, str], found: Sequence[HallOrder]) -> list[Any]:
    after, before = whole(row, "after"), whole(row, "before")
    symbol, state = text(row, "instId"), text(row, "state")
    kinds = frozenset(filter(None, text(row, "ordType").split(",")))
    told = []
    for one in rows_of(found):
        if (after and one.number >= after) or one.number <= before:
            continue
        if symbol not in {"", symbol_of(hall.instruments[one.instrument])}:
            continue
        if state not in {"", words.state_of(one)}:
            continue
        if kinds and words.order_type(one) not in kinds:
            continue
        told.append(_row(hall, one))
    return told[: limit_of(row)]


def _row(hall: Hall, found: HallOrder) -> dict[str, Any]:
    newest = None
    if found.filled:
        last = hall.fills(found.member, order=found.number, limit=1, newest=True)
        newest = last[0] if last else None
    return words.order_row(hall, found, newest)


ORDERS: Final[Mapping[str, tuple[Order, bool, bool]]] = {
    # (what is done with each, in a batch, with an expTime)
    "/api/v5/trade/order": (place, False, True),
    "/api/v5/trade/batch-orders": (place, True, True),
    "/api/v5/trade/cancel-order": (cancel, False, False),
    "/api/v5/trade/cancel-batch-orders": (cancel, True, False),
    "/api/v5/trade/amend-order": (amend, False, True),
    "/api/v5/trade/amend-batch-orders": (amend, True, True),
}
OPS: Final[Mapping[str, str]] = {
    "order": "/api/v5/trade/order",
    "batch-orders": "/api/v5/trade/batch-orders",
    "cancel-order": "/api/v5/trade/cancel-order",
    "batch-cancel-orders": "/api/v5/trade/cancel-batch-orders",
    "amend-order": "/api/v5/trade/amend-order",
    "batch-amend-orders": "/api/v5/trade/amend-batch-orders",
}
"""The same, by the `op` of a socket."""
GETS: Final[Mapping[str, Callable[[Hall, Member, Request], list[Any]]]] = {
    "/api/v5/trade/order": order,
    "/api/v5/trade/orders-pending": pending,
    "/api/v5/trade/orders-history": history,
    "/api/v5/trade/orders-history-archive": history,
    "/api/v5/trade/fills": fills,
    "/api/v5/trade/fills-history": fills,
}
POSTS: Final[Mapping[str, Callable[[Hall, Member, Request], list[Any]]]] = {
    "/api/v5/trade/close-position": close_position,
    "/api/v5/trade/cancel-all-after": cancel_all_after,
    "/api/v5/trade/mass-cancel": mass_cancel,
}
