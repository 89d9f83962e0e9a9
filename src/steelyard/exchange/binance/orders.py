"""Orders: a client's words to what the hall is asked for, and what the hall has to words.

Rule 1: what the engine does not keep (the words of type and time in force) goes with the order.
Rule 2: what was accepted and ended at once (FOK, IOC, a market order that met nobody) is EXPIRED.
"""

from collections.abc import Mapping
from typing import Any, Final

from steelyard.exchange.binance.desk import Ask, Desk, ms
from steelyard.exchange.binance.errors import Objection, object_to, said_of
from steelyard.exchange.binance.fields import missing
from steelyard.exchange.hall.words import (
    Condition,
    Fill,
    HallOrder,
    Product,
    Refused,
    Stage,
    Wanted,
    Why,
)
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MAKER,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
)

SIDES: Final = {"BUY": BUY, "SELL": SELL}
SIDE_WORDS: Final = {BUY: "BUY", SELL: "SELL"}
_FORCE: Final = {"GTC": 0, "IOC": IOC, "FOK": FOK}
_PERP_FORCE: Final = {**_FORCE, "GTX": POST_ONLY, "GTD": 0}
_SPOT_TYPES: Final[Mapping[str, tuple[int, Condition]]] = {
    "LIMIT": (LIMIT, Condition.NONE), "LIMIT_MAKER": (LIMIT, Condition.NONE),
    "MARKET": (MARKET, Condition.NONE), "STOP_LOSS": (MARKET, Condition.STOP),
    "STOP_LOSS_LIMIT": (LIMIT, Condition.STOP), "TAKE_PROFIT": (MARKET, Condition.TAKE_PROFIT),
    "TAKE_PROFIT_LIMIT": (LIMIT, Condition.TAKE_PROFIT),
}  # fmt: skip
_PERP_TYPES: Final = {"LIMIT": LIMIT, "MARKET": MARKET}
_ALGO_TYPES: Final[Mapping[str, tuple[int, Condition]]] = {
    "STOP": (LIMIT, Condition.STOP), "STOP_MARKET": (MARKET, Condition.STOP),
    "TAKE_PROFIT": (LIMIT, Condition.TAKE_PROFIT),
    "TAKE_PROFIT_MARKET": (MARKET, Condition.TAKE_PROFIT),
    "TRAILING_STOP_MARKET": (MARKET, Condition.TRAILING),
}  # fmt: skip
_EXPIRED: Final = frozenset({
    Why.IOC, Why.FOK, Why.NOBODY, Why.TIME, Why.REDUCE_ONLY, Why.LIQUIDATION, Why.DELISTED,
})  # fmt: skip
_SOFT: Final = frozenset({Why.FOK, Why.NOBODY})
_TENTH: Final = 100_000  # of a percent, in 10^-8


# --- from the client ------------------------------------------------------------------------------


def spot_wanted(ask: Ask, batch: int = 0) -> Wanted:
    """Read a spot order."""
    fields, place = ask.fields, ask.place()
    terms = ask.desk.terms(place)
    side = SIDES[fields.choice("side", SIDES, -1117, "Invalid side.")]
    word = fields.choice("type", _SPOT_TYPES, -1116, "Invalid orderType.")
    kind, condition = _SPOT_TYPES[word]
    force = _force(ask, _FORCE, needed=kind == LIMIT and word != "LIMIT_MAKER")
    cost = fields.amount("quoteOrderQty", terms.money_decimals, 0) if word == "MARKET" else 0
    flags = POST_ONLY if word == "LIMIT_MAKER" else _FORCE[force]
    return Wanted(
        instrument=place, side=side, type=kind, flags=flags, condition=condition, cost=cost,
        quantity=0 if cost else fields.amount("quantity", terms.quantity_decimals),
        price=fields.amount("price", terms.price_decimals) if kind == LIMIT else 0,
        trigger=fields.amount("stopPrice", terms.price_decimals) if condition else 0,
        client_id=fields.client_id("newClientOrderId") or ask.desk.new_id(), soft=_SOFT,
        said={"type": word, "force": force}, batch=batch,
    )  # fmt: skip


def perp_wanted(ask: Ask, batch: int = 0) -> Wanted:
    """Read an order of a perpetual."""
    fields, place = ask.fields, ask.place()
    terms = ask.desk.terms(place)
    word = fields.text("type")
    if word in _ALGO_TYPES:
        raise Objection(
            400, -4120, "Order type not supported for this endpoint. Please use the Algo Order API "
            "endpoints instead.",
        )  # fmt: skip
    if word not in _PERP_TYPES:
        raise Objection(400, -1116, "Invalid orderType.")
    kind = _PERP_TYPES[word]
    force = _force(ask, _PERP_FORCE, needed=kind == LIMIT)
    side, position, reduces = _leg(ask)
    return Wanted(
        instrument=place, side=side, type=kind, position_side=position,
        flags=_PERP_FORCE[force] | (REDUCE_ONLY if reduces else 0),
        quantity=fields.amount("quantity", terms.quantity_decimals),
        price=_perp_price(ask, place) if kind == LIMIT else 0,
        client_id=fields.client_id("newClientOrderId") or ask.desk.new_id(),
        until_ns=fields.when_ns("goodTillDate") if force == "GTD" else 0,
        said={"type": word, "force": force, "match": fields.text("priceMatch", "NONE")},
        batch=batch,
    )  # fmt: skip


def algo_wanted(ask: Ask) -> Wanted:
    """Read a conditional order of a perpetual."""
    fields, place = ask.fields, ask.place()
    terms = ask.desk.terms(place)
    fields.choice("algoType", {"CONDITIONAL": 1}, -4500, "Invalid algoType.")
    word = fields.choice("type", _ALGO_TYPES, -1116, "Invalid orderType.")
    kind, condition = _ALGO_TYPES[word]
    force = _force(ask, _PERP_FORCE, needed=False)
    side, position, reduces = _leg(ask)
    trails = condition is Condition.TRAILING
    by = fields.text("workingType", "CONTRACT_PRICE")
    quantity = fields.amount("quantity", terms.quantity_decimals, 0)
    if fields.flag("closePosition"):
        held = ask.hall.positions(ask.who, instrument=place)
        quantity = max((abs(one.quantity) for one in held), default=0)
        reduces = not ask.hall.hedged(ask.who)
    elif not quantity:
        raise missing("quantity")
    return Wanted(
        instrument=place, side=side, type=kind, position_side=position, condition=condition,
        flags=_PERP_FORCE[force] | (REDUCE_ONLY if reduces else 0), quantity=quantity,
        price=fields.amount("price", terms.price_decimals) if kind == LIMIT else 0,
        trigger=fields.amount(
            "activatePrice" if trails else "triggerPrice", terms.price_decimals,
            0 if trails else None,
        ),
        trail_rate=fields.amount("callbackRate", 1) * _TENTH if trails else 0,
        trigger_by="mark" if by == "MARK_PRICE" else "last", algo=True,
        client_id=fields.client_id("clientAlgoId") or ask.desk.new_id(),
        until_ns=fields.when_ns("goodTillDate") if force == "GTD" else 0,
        said={"type": word, "force": force, "by": by},
    )  # fmt: skip


def _perp_price(ask: Ask, place: int) -> int:
    """Return the price, or that of the side `priceMatch` names."""
    match = ask.fields.text("priceMatch", "NONE")
    if match == "NONE":
        return ask.fields.amount("price", ask.desk.terms(place).price_decimals)
    quote, buys = ask.hall.quote(place), ask.fields.text("side") == "BUY"
    opponent = match.startswith("OPPONENT")
    return quote.ask if buys == opponent else quote.bid


def _force(ask: Ask, allowed: Mapping[str, int], *, needed: bool) -> str:
    if not ask.fields.has("timeInForce"):
        if needed:
            raise missing("timeInForce")
        return "GTC"
    return ask.fields.choice("timeInForce", allowed, -1115, "Invalid timeInForce.")


def _leg(ask: Ask) -> tuple[int, int, bool]:
    """Return side, position side and whether it only reduces; modes must fit."""
    fields, hedged = ask.fields, ask.hall.hedged(ask.who)
    side = SIDES[fields.choice("side", SIDES, -1117, "Invalid side.")]
    word = fields.text("positionSide", "BOTH")
    if word not in ("BOTH", "LONG", "SHORT"):
        raise Objection(400, -4060, "Invalid position side.")
    if (word != "BOTH") != hedged:
        raise object_to(said_of(Refused(why=Why.MODE), Product.PERP))
    if hedged and fields.has("reduceOnly"):
        raise Objection(400, -1106, "Parameter 'reduceonly' sent when not required.")
    position = SHORT if word == "SHORT" else LONG
    # In hedged mode the other side of a position can only close it.
    closes = hedged and (side == SELL) == (position == LONG)
    return side, position, closes or fields.flag("reduceOnly")


# --- to the client --------------------------------------------------------------------------------


def status_of(order: HallOrder) -> str:
    """Return the word for where an order stands."""
    if order.live:
        return "PARTIALLY_FILLED" if order.filled else "NEW"
    if order.stage is Stage.FILLED:
        return "FILLED"
    if order.stage is Stage.REJECTED:
        return "REJECTED"
    if order.stage is Stage.EXPIRED or order.why in _EXPIRED:
        return "EXPIRED"
    return "CANCELED"


def spot_order(desk: Desk, order: HallOrder) -> dict[str, Any]:
    """Write a spot order as a query tells it."""
    k = order.instrument
    return {
        "symbol": desk.symbols[k], "orderId": order.number, "orderListId": -1,
        "clientOrderId": order.client_id, "price": desk.price(k, order.price),
        "origQty": desk.quantity(k, order.quantity),
        "executedQty": desk.quantity(k, order.filled),
        "cummulativeQuoteQty": desk.money(k, order.worth), "status": status_of(order),
        "timeInForce": order.said.get("force", "GTC"), "type": order.said.get("type", "LIMIT"),
        "side": SIDE_WORDS[order.side], "stopPrice": desk.price(k, order.trigger),
        "icebergQty": "0.00000000", "time": ms(order.created_ns),
        "updateTime": ms(order.updated_ns),
        "isWorking": order.stage is not Stage.WAITING, "workingTime": ms(order.created_ns),
        "origQuoteOrderQty": desk.money(k, order.cost), "selfTradePreventionMode": "NONE",
    }  # fmt: skip


def spot_made(desk: Desk, order: HallOrder, fills: tuple[Fill, ...], kind: str) -> dict[str, Any]:
    """Write the answer to a create: ACK, RESULT or FULL."""
    ack = {
        "symbol": desk.symbols[order.instrument], "orderId": order.number, "orderListId": -1,
        "clientOrderId": order.client_id, "transactTime": ms(order.updated_ns),
    }  # fmt: skip
    if kind == "ACK":
        return ack
    whole = spot_order(desk, order)
    for name in ("time", "updateTime", "isWorking", "icebergQty"):
        del whole[name]
    if kind == "RESULT":
        return {**whole, **ack}
    k = order.instrument
    told = []
    for fill in fills:
        asset, paid = desk.fee(fill)
        told.append({
            "price": desk.price(k, fill.price), "qty": desk.quantity(k, fill.quantity),
            "commission": paid, "commissionAsset": asset, "tradeId": fill.number,
        })  # fmt: skip
    return {**whole, **ack, "fills": told}


def spot_canceled(desk: Desk, order: HallOrder, request: str) -> dict[str, Any]:
    """Write the answer to a cancel: the order's own id beside that of the request."""
    whole = spot_made(desk, order, (), "RESULT")
    return {**whole, "origClientOrderId": order.client_id, "clientOrderId": request}


def spot_trade(desk: Desk, fill: Fill) -> dict[str, Any]:
    """Write a trade of the account on spot."""
    k = fill.instrument
    asset, paid = desk.fee(fill)
    return {
        "symbol": desk.symbols[k], "id": fill.number, "orderId": fill.order, "orderListId": -1,
        "price": desk.price(k, fill.price), "qty": desk.quantity(k, fill.quantity),
        "quoteQty": desk.money(k, fill.worth), "commission": paid, "commissionAsset": asset,
        "time": ms(fill.ts_ns),
        "isBuyer": fill.side == BUY, "isMaker": fill.liquidity == MAKER, "isBestMatch": True,
    }  # fmt: skip


def side_word(order_side: int, *, hedged: bool) -> str:
    """Return BOTH, LONG or SHORT."""
    if not hedged:
        return "BOTH"
    return "SHORT" if order_side == SHORT else "LONG"


def perp_order(desk: Desk, order: HallOrder) -> dict[str, Any]:
    """Write an order of a perpetual."""
    k = order.instrument
    hedged = desk.hall.hedged(order.member)
    return {
        "orderId": order.number, "symbol": desk.symbols[k], "status": status_of(order),
        "clientOrderId": order.client_id, "price": desk.price(k, order.price),
        "avgPrice": desk.average(k, order.average(desk.terms(k))),
        "origQty": desk.quantity(k, order.quantity),
        "executedQty": desk.quantity(k, order.filled), "cumQty": desk.quantity(k, order.filled),
        "cumQuote": desk.money(k, order.worth), "timeInForce": order.said.get("force", "GTC"),
        "type": perp_type(order), "reduceOnly": order.reduce_only and not hedged,
        "closePosition": False, "side": SIDE_WORDS[order.side],
        "positionSide": side_word(order.position_side, hedged=hedged),
        "stopPrice": desk.price(k, order.trigger), "workingType": "CONTRACT_PRICE",
        "priceProtect": False, "origType": order.said.get("type", "LIMIT"),
        "priceMatch": order.said.get("match", "NONE"), "selfTradePreventionMode": "NONE",
        "goodTillDate": ms(order.until_ns), "time": ms(order.created_ns),
        "updateTime": ms(order.updated_ns),
    }  # fmt: skip


def perp_type(order: HallOrder) -> str:
    """Return what an order is now; what it was is its origType."""
    return "LIMIT" if order.type == LIMIT else "MARKET"


def perp_trade(desk: Desk, fill: Fill) -> dict[str, Any]:
    """Write a trade of the account on the perpetuals."""
    k = fill.instrument
    hedged = desk.hall.hedged(fill.member)
    return {
        "buyer": fill.side == BUY, "commission": desk.money(k, fill.fee),
        "commissionAsset": desk.terms(k).settle, "id": fill.number,
        "maker": fill.liquidity == MAKER, "orderId": fill.order,
        "price": desk.price(k, fill.price), "qty": desk.quantity(k, fill.quantity),
        "quoteQty": desk.money(k, fill.worth), "realizedPnl": desk.money(k, fill.realised),
        "side": SIDE_WORDS[fill.side],
        "positionSide": side_word(fill.position_side, hedged=hedged),
        "symbol": desk.symbols[k], "time": ms(fill.ts_ns),
    }  # fmt: skip


_ALGO_STAGES: Final = {
    Stage.WAITING: "NEW", Stage.TRIGGERED: "TRIGGERED", Stage.CANCELED: "CANCELED",
    Stage.EXPIRED: "EXPIRED", Stage.REJECTED: "REJECTED", Stage.FILLED: "FINISHED",
    Stage.OPEN: "TRIGGERED",
}  # fmt: skip


def algo_status(desk: Desk, order: HallOrder) -> tuple[str, HallOrder | None]:
    """Return the word for a conditional order, and the order it became."""
    if order.stage is not Stage.TRIGGERED:
        return _ALGO_STAGES[order.stage], None
    became = desk.hall.order(order.member, order=order.became) if order.became else None
    if became is not None and not became.live:
        return "FINISHED", became
    return "TRIGGERED", became


def algo_order(desk: Desk, order: HallOrder) -> dict[str, Any]:
    """Write a conditional order."""
    k = order.instrument
    hedged = desk.hall.hedged(order.member)
    word, became = algo_status(desk, order)
    terms = desk.terms(k)
    return {
        "algoId": order.number, "clientAlgoId": order.client_id, "algoType": "CONDITIONAL",
        "orderType": order.said.get("type", "STOP_MARKET"), "symbol": desk.symbols[k],
        "side": SIDE_WORDS[order.side],
        "positionSide": side_word(order.position_side, hedged=hedged),
        "timeInForce": order.said.get("force", "GTC"),
        "quantity": desk.quantity(k, order.quantity), "algoStatus": word,
        "actualOrderId": str(order.became) if order.became else "",
        "actualPrice": desk.average(k, became.average(terms)) if became else "0.00000",
        "actualQty": desk.quantity(k, became.filled) if became else "0",
        "triggerPrice": desk.price(k, order.trigger), "price": desk.price(k, order.price),
        "icebergQuantity": None, "selfTradePreventionMode": "NONE",
        "workingType": order.said.get("by", "CONTRACT_PRICE"), "priceMatch": "NONE",
        "closePosition": False, "priceProtect": False,
        "reduceOnly": order.reduce_only and not hedged, "createTime": ms(order.created_ns),
        "updateTime": ms(order.updated_ns), "triggerTime": ms(order.triggered_ns),
        "goodTillDate": ms(order.until_ns),
    }  # fmt: skip
