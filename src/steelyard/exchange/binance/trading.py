"""Orders over REST and the WebSocket API: created, asked for, changed, canceled.

Rule 1: spot and perpetuals share what is alike; conditional orders of perpetuals are asked for and
canceled only in their own namespace.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from steelyard.exchange.binance import orders
from steelyard.exchange.binance.desk import MS, Ask
from steelyard.exchange.binance.errors import (
    NO_ORDER,
    UNKNOWN_ORDER,
    Objection,
    object_to,
    said_of,
)
from steelyard.exchange.binance.fields import Fields, missing
from steelyard.exchange.hall.words import HallOrder, Product, Refused

_DONE: Final = {"code": 200, "msg": "The operation of cancel all open order is done."}
_BATCH_MAX: Final = 5
_CANCELS_MAX: Final = 10
_PAGE: Final = 1000


def _taken(ask: Ask, order: HallOrder | Refused) -> HallOrder:
    if isinstance(order, Refused):
        raise object_to(said_of(order, ask.product))
    return order


def _named(ask: Ask, number: str, name: str) -> dict[str, Any]:
    """Return how an order is named: by number or client id."""
    if ask.fields.has(number):
        return {"order": ask.fields.whole(number)}
    if not ask.fields.has(name):
        raise Objection(
            400, -1102, f"Param '{name}' or '{number}' must be sent, but both were empty/null!"
        )
    return {"client_id": ask.fields.text(name)}


def _is_algo(ask: Ask) -> bool | None:
    """Orders of perpetuals are looked for outside of the conditional namespace."""
    return False if ask.product is Product.PERP else None


def write(ask: Ask, order: HallOrder) -> dict[str, Any]:
    """Write an order in its product's words."""
    if ask.product is Product.SPOT:
        return orders.spot_order(ask.desk, order)
    return orders.perp_order(ask.desk, order)


# --- one order ------------------------------------------------------------------------------------


def create(ask: Ask) -> Any:
    """Create an order."""
    return _create(ask, 0)


def _create(ask: Ask, batch: int) -> Any:
    if ask.product is Product.PERP:
        made = _taken(ask, ask.hall.place(ask.who, orders.perp_wanted(ask, batch)))
        return orders.perp_order(ask.desk, made)
    wanted = orders.spot_wanted(ask, batch)
    made = _taken(ask, ask.hall.place(ask.who, wanted))
    market = wanted.said["type"] in ("LIMIT", "MARKET")
    kind = ask.fields.text("newOrderRespType", "FULL" if market else "ACK")
    fills = ask.hall.fills(ask.who, order=made.number) if kind == "FULL" else ()
    return orders.spot_made(ask.desk, made, fills, kind)


def test(ask: Ask) -> Any:
    """Judge an order's fields and do nothing."""
    if ask.product is Product.PERP:
        orders.perp_wanted(ask)
    else:
        orders.spot_wanted(ask)
    return {}


def query(ask: Ask) -> Any:
    """Tell one order."""
    found = ask.hall.order(
        ask.who, instrument=ask.place(), algo=_is_algo(ask),
        **_named(ask, "orderId", "origClientOrderId"),
    )  # fmt: skip
    if found is None:
        raise object_to(NO_ORDER)
    return write(ask, found)


def query_open(ask: Ask) -> Any:
    """Tell one order if it is open."""
    told = query(ask)
    if told["status"] not in ("NEW", "PARTIALLY_FILLED"):
        raise object_to(NO_ORDER)
    return told


def cancel(ask: Ask) -> Any:
    """Cancel one order."""
    request = ask.fields.client_id("newClientOrderId") or ask.desk.new_id()
    ended = _taken(
        ask,
        ask.hall.cancel(
            ask.who, instrument=ask.place(), algo=_is_algo(ask),
            **_named(ask, "orderId", "origClientOrderId"),
        ),
    )  # fmt: skip
    if ask.product is Product.SPOT:
        return orders.spot_canceled(ask.desk, ended, request)
    return orders.perp_order(ask.desk, ended)


def amend(ask: Ask) -> Any:
    """Change price and quantity of an order of a perpetual."""
    k = ask.place()
    terms = ask.desk.terms(k)
    named = _named(ask, "orderId", "origClientOrderId")
    side = orders.SIDES[ask.fields.choice("side", orders.SIDES, -1117, "Invalid side.")]
    known = ask.hall.order(ask.who, instrument=k, algo=False, **named)
    if known is None or not known.live:
        raise object_to(NO_ORDER)
    if known.side != side:
        raise Objection(400, -1117, "Invalid side.")
    price = ask.fields.amount("price", terms.price_decimals)
    quantity = ask.fields.amount("quantity", terms.quantity_decimals)
    if (price, quantity) == (known.price, known.quantity):
        raise Objection(400, -5027, "No need to modify the order.")
    return orders.perp_order(
        ask.desk,
        _taken(ask, ask.hall.amend(ask.who, instrument=k, price=price, quantity=quantity, **named)),
    )


_REPLACES: Final = {"STOP_ON_FAILURE": True, "ALLOW_FAILURE": False}
_FAILED: Final = (400, -2022, "Order cancel-replace failed.")
_PARTLY: Final = (409, -2021, "Order cancel-replace partially failed.")


def replace(ask: Ask) -> Any:
    """Cancel a spot order and create another; either may fail alone."""
    fields = ask.fields
    stops = _REPLACES[fields.choice("cancelReplaceMode", _REPLACES, -1130, "Invalid mode.")]
    orders.spot_wanted(ask)  # nothing is canceled for a create that is malformed
    names = {
        "orderId": "cancelOrderId", "origClientOrderId": "cancelOrigClientOrderId",
        "newClientOrderId": "cancelNewClientOrderId",
    }  # fmt: skip
    values = {name: fields.values.get(given, "") for name, given in names.items()}
    old = Ask(
        ask.desk, ask.product, Fields({**values, "symbol": fields.text("symbol")}), ask.member
    )
    told: dict[str, Any] = {
        "cancelResult": "SUCCESS", "newOrderResult": "NOT_ATTEMPTED", "cancelResponse": None,
        "newOrderResponse": None,
    }  # fmt: skip
    done = _try(told, "cancel", lambda: cancel(old))
    made = (done or not stops) and _try(told, "newOrder", lambda: create(ask))
    if done and made:
        return told
    raise Objection(*(_PARTLY if done or made else _FAILED), told)


def _try(told: dict[str, Any], name: str, act: Callable[[], Any]) -> bool:
    try:
        told[f"{name}Response"], told[f"{name}Result"] = act(), "SUCCESS"
    except Objection as objection:
        said = {"code": objection.said.code, "msg": objection.said.text}
        told[f"{name}Response"], told[f"{name}Result"] = said, "FAILURE"
        return False
    return True


# --- several --------------------------------------------------------------------------------------


def list_open(ask: Ask) -> Any:
    """List open orders."""
    found = ask.hall.open_orders(
        ask.who, instrument=ask.place_or_all(), product=ask.product, algo=_is_algo(ask)
    )
    return [write(ask, one) for one in found]


def cancel_all(ask: Ask) -> Any:
    """Cancel all orders of an instrument; conditional ones of perpetuals have their own call."""
    ended = ask.hall.cancel_all(
        ask.who, instrument=ask.place(), product=ask.product, algo=_is_algo(ask)
    )
    if ask.product is Product.PERP:
        return _DONE
    if not ended:
        raise object_to(UNKNOWN_ORDER)
    return [orders.spot_canceled(ask.desk, one, ask.desk.new_id()) for one in ended]


def list_all(ask: Ask) -> Any:
    """List orders of any stage."""
    fields = ask.fields
    from_ns, to_ns = fields.when_ns("startTime"), fields.when_ns("endTime")
    first = fields.whole("orderId", 0)
    found = ask.hall.orders(
        ask.who, instrument=ask.place(), algo=_is_algo(ask), from_ns=from_ns,
        to_ns=to_ns + MS - 1 if to_ns else 0, after=max(0, first - 1),
        limit=min(fields.whole("limit", 500), _PAGE), newest=not (first or from_ns),
    )  # fmt: skip
    return [write(ask, one) for one in found]


def trades(ask: Ask) -> Any:
    """List trades of the account."""
    fields = ask.fields
    k, order = ask.place(), fields.whole("orderId", 0)
    from_ns, to_ns = fields.when_ns("startTime"), fields.when_ns("endTime")
    first = fields.whole("fromId", -1)
    found = ask.hall.fills(
        ask.who, instrument=k, order=order, from_ns=from_ns,
        to_ns=to_ns + MS - 1 if to_ns else 0, after=max(0, first - 1),
        limit=min(fields.whole("limit", 500), _PAGE),
        newest=not (first >= 0 or from_ns or order),
    )  # fmt: skip
    spot = ask.product is Product.SPOT
    return [(orders.spot_trade if spot else orders.perp_trade)(ask.desk, one) for one in found]


def _rows(ask: Ask, name: str, most: int = _BATCH_MAX) -> list[Any]:
    try:
        found = json.loads(ask.fields.text(name))
    except ValueError:
        found = None
    if not isinstance(found, list) or not 0 < len(found) <= most:
        raise Objection(400, -4082, "Invalid number of batch place orders.")
    return found


def _batch(ask: Ask, rows: list[dict[str, Any]], act: Callable[[Ask, int], Any]) -> list[Any]:
    told = []
    for place, row in enumerate(rows, 1):
        values = {str(name): _plain(value) for name, value in row.items()}
        try:
            told.append(act(Ask(ask.desk, ask.product, Fields(values), ask.member), place))
        except Objection as objection:
            told.append({"code": objection.said.code, "msg": objection.said.text})
    return told


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def create_batch(ask: Ask) -> Any:
    """Create up to five orders of perpetuals; each succeeds or fails by itself."""
    return _batch(ask, _rows(ask, "batchOrders"), _create)


def amend_batch(ask: Ask) -> Any:
    """Change up to five."""
    return _batch(ask, _rows(ask, "batchOrders"), lambda one, _: amend(one))


def cancel_batch(ask: Ask) -> Any:
    """Cancel several by number or client id."""
    if ask.fields.has("orderIdList"):
        name, rows = "orderId", _rows(ask, "orderIdList", _CANCELS_MAX)
    elif ask.fields.has("origClientOrderIdList"):
        name = "origClientOrderId"
        rows = _rows(ask, "origClientOrderIdList", _CANCELS_MAX)
    else:
        raise missing("orderIdList")
    symbol = ask.fields.text("symbol")
    return _batch(ask, [{"symbol": symbol, name: row} for row in rows], lambda one, _: cancel(one))


def guard(ask: Ask) -> Any:
    """Arm the dead-man's switch of an instrument."""
    k, span_ms = ask.place(), ask.fields.whole("countdownTime")
    ask.hall.guard(ask.who, span_ms * MS, product=Product.PERP, instrument=k)
    return {"symbol": ask.desk.symbols[k], "countdownTime": str(span_ms)}


# --- conditional orders of perpetuals -------------------------------------------------------------


def create_algo(ask: Ask) -> Any:
    """Create a conditional order."""
    made = _taken(ask, ask.hall.place(ask.who, orders.algo_wanted(ask)))
    told = orders.algo_order(ask.desk, made)
    return {**told, "activatePrice": told["triggerPrice"], "callbackRate": ""}


def query_algo(ask: Ask) -> Any:
    """Tell one."""
    found = ask.hall.order(ask.who, algo=True, **_named(ask, "algoId", "clientAlgoId"))
    if found is None:
        raise object_to(NO_ORDER)
    return orders.algo_order(ask.desk, found)


def cancel_algo(ask: Ask) -> Any:
    """Cancel one."""
    ended = _taken(
        ask, ask.hall.cancel(ask.who, algo=True, **_named(ask, "algoId", "clientAlgoId"))
    )
    return {
        "algoId": ended.number,
        "clientAlgoId": ended.client_id,
        "code": "200",
        "msg": "success",
    }


def list_open_algos(ask: Ask) -> Any:
    """List those that wait."""
    found = ask.hall.open_orders(
        ask.who, instrument=ask.place_or_all(), product=Product.PERP, algo=True
    )
    return [orders.algo_order(ask.desk, one) for one in found]


def list_algos(ask: Ask) -> Any:
    """List those of any stage."""
    fields = ask.fields
    from_ns, to_ns = fields.when_ns("startTime"), fields.when_ns("endTime")
    found = ask.hall.orders(
        ask.who, instrument=ask.place(), algo=True, from_ns=from_ns, to_ns=to_ns,
        after=max(0, fields.whole("algoId", 0) - 1), limit=min(fields.whole("limit", 500), _PAGE),
        newest=not (from_ns or fields.has("algoId")),
    )  # fmt: skip
    return [orders.algo_order(ask.desk, one) for one in found]


def cancel_algos(ask: Ask) -> Any:
    """Cancel those of an instrument."""
    ask.hall.cancel_all(ask.who, instrument=ask.place(), product=Product.PERP, algo=True)
    return _DONE
