"""Orders as Bitget wants them written.

Rule 1: in hedged mode `side` names the position, not what is done to it: closing a long is
`buy` + `close`. In one-way mode `side` is what is done and `tradeSide` is not sent.
Rule 2: a conditional order lives in a namespace of its own. One that opens is a plan order; one
that reduces is a take-profit or stop-loss order, since one-way plan orders cannot only reduce.
Rule 3: `reduceOnly` exists in one-way mode alone; in hedged mode closing says so.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from steelyard.kernel.ports import Placing
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
    TAKE_PROFIT,
)
from steelyard.venues.bitget.numbers import spelt
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL

SPOT_PLACE: Final = "/api/v2/spot/trade/place-order"
SPOT_PLAN: Final = "/api/v2/spot/trade/place-plan-order"
MIX_PLACE: Final = "/api/v2/mix/order/place-order"
MIX_PLAN: Final = "/api/v2/mix/order/place-plan-order"
MIX_TPSL: Final = "/api/v2/mix/order/place-tpsl-order"

TRIGGERS: Final = "mark_price"
SPOT_TRIGGERS: Final = "fill_price"
"""Spot has no mark price of its own."""

_SIDES: Final = {BUY: "buy", SELL: "sell"}
_FORCES: Final = {0: "gtc", POST_ONLY: "post_only", IOC: "ioc", FOK: "fok"}
_STOPS: Final = {STOP_MARKET: "loss_plan", TAKE_PROFIT: "profit_plan"}

Way = tuple[bool, int, int]
"""Hedged, position side (LONG, SHORT; one-way: of the position meant), what is done."""

SIDES: Final[Mapping[Way, tuple[str, str, str]]] = {
    # (hedged, position, done): (side, trade_side, hold_side of a take-profit or stop-loss)
    (False, LONG, BUY): ("buy", "", ""),
    (False, LONG, SELL): ("sell", "", "buy"),
    (False, SHORT, SELL): ("sell", "", ""),
    (False, SHORT, BUY): ("buy", "", "sell"),
    (True, LONG, BUY): ("buy", "open", ""),
    (True, LONG, SELL): ("buy", "close", "long"),
    (True, SHORT, SELL): ("sell", "open", ""),
    (True, SHORT, BUY): ("sell", "close", "short"),
}
"""The position-side table."""


class Written(NamedTuple):
    """A create, ready to be signed."""

    path: str
    body: dict[str, Any]
    plan: str = ""
    """The plan type by which a conditional order is canceled again; "" for a plain one."""


class Unwritable(ConfigurationError):
    """The venue has no words for this order."""


def force_of(flags: int) -> str:
    """Return the time in force."""
    force = _FORCES.get(flags & (POST_ONLY | IOC | FOK))
    if force is None:
        raise Unwritable("order was post-only and immediate at once, allowed is one of them")
    return force


def spot(order: Placing, instrument: Instrument, symbol: str, *, limit: int = 0) -> Written:
    """Write a spot order; `limit` is the price at which a market buy is bounded."""
    body: dict[str, Any] = {"symbol": symbol, "side": _SIDES[order.side]}
    size = spelt(order.quantity, instrument.quantity_decimals)
    if order.type in _STOPS:
        body |= {
            "triggerPrice": spelt(order.trigger, instrument.price_decimals),
            "triggerType": SPOT_TRIGGERS, "orderType": "market", "planType": "amount",
            "size": size, "clientOid": order.client_id,
        }  # fmt: skip
        return Written(SPOT_PLAN, body, "amount")
    if order.type == LIMIT:
        body |= {"orderType": "limit", "force": force_of(order.flags)}
        body["price"] = spelt(order.price, instrument.price_decimals)
    elif order.type == MARKET and order.side == BUY:
        body |= {"orderType": "limit", "force": "ioc"}
        body["price"] = spelt(limit, instrument.price_decimals)
    elif order.type == MARKET:
        body |= {"orderType": "market", "force": "gtc"}
    else:
        raise Unwritable("spot at bitget takes limit, market, stop and take-profit orders")
    return Written(SPOT_PLACE, body | {"size": size, "clientOid": order.client_id})


def perpetual(
    order: Placing, instrument: Instrument, symbol: str, *, hedged: bool, margin_mode: str
) -> Written:
    """Write an order of a perpetual."""
    reduces = bool(order.flags & REDUCE_ONLY)
    side, trade_side, hold_side = SIDES[hedged, _position(order, hedged=hedged), order.side]
    closes = reduces or trade_side == "close"
    body: dict[str, Any] = {
        "symbol": symbol, "productType": PERPETUAL, "marginCoin": MARGIN_COIN,
        "size": spelt(order.quantity, instrument.quantity_decimals),
        "clientOid": order.client_id,
    }  # fmt: skip
    if order.type in _STOPS:
        trigger = {
            "triggerPrice": spelt(order.trigger, instrument.price_decimals),
            "triggerType": TRIGGERS,
        }
        if closes:
            tail = {"planType": _STOPS[order.type], "holdSide": hold_side}
            return Written(MIX_TPSL, body | trigger | tail, _STOPS[order.type])
        body |= trigger | {"planType": "normal_plan", "marginMode": margin_mode, "side": side}
        body["orderType"] = "market"
        if hedged:
            body["tradeSide"] = trade_side
        return Written(MIX_PLAN, body, "normal_plan")
    if order.type not in (LIMIT, MARKET):
        # Bitget trails by a ratio of the price, robots by a distance: no exact translation.
        raise Unwritable("bitget takes limit, market, stop and take-profit orders")
    body |= {"marginMode": margin_mode, "side": side}
    if order.type == LIMIT:
        body |= {"orderType": "limit", "force": force_of(order.flags)}
        body["price"] = spelt(order.price, instrument.price_decimals)
    else:
        body["orderType"] = "market"
    if hedged:
        body["tradeSide"] = trade_side
    elif reduces:
        body["reduceOnly"] = "YES"
    return Written(MIX_PLACE, body)


def _position(order: Placing, *, hedged: bool) -> int:
    """Return the position meant: in one-way mode a reducing buy closes a short."""
    if hedged:
        return order.position_side
    opens_long = (order.side == BUY) != bool(order.flags & REDUCE_ONLY)
    return LONG if opens_long else SHORT


# --- reading the other way round -----------------------------------------------------------------


def meaning(
    side: str, trade_side: str, position: str, *, hedged: bool, economic: bool = False
) -> tuple[int, int]:
    """Return what was done (BUY, SELL) and to which position side (0 in one-way mode).

    `economic`: the message says what was done instead of which position it was done to. The
    position is read from `position` or from a forced close's name where they tell it.
    """
    done = BUY if side.lower() == "buy" else SELL
    if side.lower() not in ("buy", "sell"):
        raise ValueError(f"side was {side!r}, allowed are buy and sell")
    if not hedged:
        return done, LONG
    trade_side = trade_side.lower()
    opens = trade_side == "open"
    for word in (position, trade_side):
        if word.endswith("long"):
            return (BUY if opens else SELL), LONG
        if word.endswith("short"):
            return (SELL if opens else BUY), SHORT
    if economic:
        return done, LONG if (done == BUY) == opens else SHORT
    return (done if opens else -done), LONG if done == BUY else SHORT


def forced(trade_side: str) -> str:
    """Return `liquidation` or `adl` where the venue closed a position, else ""."""
    trade_side = trade_side.lower()
    if "adl" in trade_side:
        return "adl"
    return "liquidation" if trade_side.startswith(("burst", "reduce", "offset")) else ""
