"""Orders on their way out: what a `Placing` is in Binance's fields.

Rule 1: conditional orders of the perpetuals go to `/fapi/v1/algoOrder`, where client ids are a
namespace of their own; those of spot go where all orders go.
Rule 2: post-only is LIMIT_MAKER on spot, GTX on the perpetuals.
Rule 3: in hedged mode `reduceOnly` must not be sent: the position's side says it.
Rule 4: an order that Binance has no words for is refused here, before a byte leaves.
"""

from typing import Final, NamedTuple

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
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
    TRAILING_STOP,
)
from steelyard.model.reports import Fault, Refusal
from steelyard.venues.binance.calls import Fields
from steelyard.venues.binance.numbers import text_of
from steelyard.venues.binance.terms import Product

SIDES: Final = {BUY: "BUY", SELL: "SELL"}
CONDITIONAL: Final = frozenset({STOP_MARKET, TAKE_PROFIT, TRAILING_STOP})


class Leg(NamedTuple):
    """How an order of the perpetuals names the position it acts on."""

    side: str
    position_side: str
    reduce_only: bool


LEGS: Final = {
    # (hedged, position side, opens): one-way accounts have one position, BOTH, and
    # close with reduceOnly; hedged ones have two, and closing is the other side of the same one.
    (False, LONG, True): Leg("BUY", "BOTH", reduce_only=False),
    (False, LONG, False): Leg("SELL", "BOTH", reduce_only=True),
    (False, SHORT, True): Leg("SELL", "BOTH", reduce_only=False),
    (False, SHORT, False): Leg("BUY", "BOTH", reduce_only=True),
    (True, LONG, True): Leg("BUY", "LONG", reduce_only=False),
    (True, LONG, False): Leg("SELL", "LONG", reduce_only=False),
    (True, SHORT, True): Leg("SELL", "SHORT", reduce_only=False),
    (True, SHORT, False): Leg("BUY", "SHORT", reduce_only=False),
}
"""The eight combinations of mode, position and direction."""

POSITION_SIDES: Final = {"BOTH": LONG, "LONG": LONG, "SHORT": SHORT}
"""One-way accounts use row 0, as everywhere."""

_SPOT_CONDITIONAL: Final = {
    (STOP_MARKET, False): "STOP_LOSS", (STOP_MARKET, True): "STOP_LOSS_LIMIT",
    (TAKE_PROFIT, False): "TAKE_PROFIT", (TAKE_PROFIT, True): "TAKE_PROFIT_LIMIT",
}  # fmt: skip
_PERP_CONDITIONAL: Final = {
    (STOP_MARKET, False): "STOP_MARKET", (STOP_MARKET, True): "STOP",
    (TAKE_PROFIT, False): "TAKE_PROFIT_MARKET", (TAKE_PROFIT, True): "TAKE_PROFIT",
    (TRAILING_STOP, False): "TRAILING_STOP_MARKET",
}  # fmt: skip
_TENTHS_MAX: Final = 100  # a trailing rate of 10 %, in tenths of a percent


def is_algo(product: Product, kind: int) -> bool:
    """Say whether an order lives in the namespace of conditional orders."""
    return product is Product.PERP and kind in CONDITIONAL


def leg_of(order: Placing, *, hedged: bool) -> Leg:
    """Return the leg of an order; in one-way mode closing is what its reduce-only flag says."""
    if hedged:
        opens = (order.side == BUY) == (order.position_side == LONG)
        return LEGS[True, order.position_side, opens]
    reduces = bool(order.flags & REDUCE_ONLY)
    opened = LONG if (order.side == BUY) != reduces else SHORT
    return LEGS[False, opened, not reduces]


def spot_fields(instrument: Instrument, symbol: str, order: Placing) -> Fields | Refusal:
    """Write the fields of a spot order."""
    if order.type == TRAILING_STOP:
        return _none("Binance spot trails by a rate, not by a distance")
    fields: Fields = {
        "symbol": symbol, "side": SIDES[order.side], "type": _spot_type(order),
        "quantity": text_of(order.quantity, instrument.quantity_decimals),
        "newClientOrderId": order.client_id, "newOrderRespType": "FULL",
    }  # fmt: skip
    if order.price and order.type != MARKET:
        fields["price"] = text_of(order.price, instrument.price_decimals)
        if fields["type"] != "LIMIT_MAKER":
            fields["timeInForce"] = _time_in_force(order)
    if order.type in CONDITIONAL:
        if order.flags & POST_ONLY:
            return _none("a conditional order cannot be post-only")
        fields["stopPrice"] = text_of(order.trigger, instrument.price_decimals)
    return fields


def perp_fields(
    instrument: Instrument, symbol: str, order: Placing, *, hedged: bool
) -> Fields | Refusal:
    """Write the fields of an order of the perpetuals, conditional ones for the algo namespace."""
    leg = leg_of(order, hedged=hedged)
    quantity = text_of(order.quantity, instrument.quantity_decimals)
    fields: Fields = {"symbol": symbol, "side": leg.side, "positionSide": leg.position_side}
    if not hedged:
        fields["reduceOnly"] = "true" if leg.reduce_only else "false"
    if order.type in CONDITIONAL:
        return _algo_fields(instrument, order, fields, quantity)
    fields.update(
        type="LIMIT" if order.type == LIMIT else "MARKET", quantity=quantity,
        newClientOrderId=order.client_id, newOrderRespType="RESULT",
    )  # fmt: skip
    if order.type == LIMIT:
        fields["price"] = text_of(order.price, instrument.price_decimals)
        fields["timeInForce"] = "GTX" if order.flags & POST_ONLY else _time_in_force(order)
    return fields


def _algo_fields(
    instrument: Instrument, order: Placing, fields: Fields, quantity: str
) -> Fields | Refusal:
    kind = _PERP_CONDITIONAL.get((order.type, bool(order.price)))
    if kind is None:
        return _none("a trailing stop has no price")
    fields.update(
        algoType="CONDITIONAL", type=kind, quantity=quantity, clientAlgoId=order.client_id,
        workingType="CONTRACT_PRICE",
    )  # fmt: skip
    if order.type == TRAILING_STOP:
        # Binance trails by tenths of a percent: a distance is one only of a known price.
        tenths, rest = divmod(order.trail * 1000, order.trigger) if order.trigger else (0, 1)
        if rest or not 0 < tenths <= _TENTHS_MAX:
            return _none("Binance trails by tenths of a percent of the activation price")
        fields["callbackRate"] = text_of(tenths, 1)
        fields["activatePrice"] = text_of(order.trigger, instrument.price_decimals)
        return fields
    fields["triggerPrice"] = text_of(order.trigger, instrument.price_decimals)
    if order.price:
        fields["price"] = text_of(order.price, instrument.price_decimals)
        fields["timeInForce"] = "GTX" if order.flags & POST_ONLY else _time_in_force(order)
    return fields


def _spot_type(order: Placing) -> str:
    if order.type == LIMIT:
        return "LIMIT_MAKER" if order.flags & POST_ONLY else "LIMIT"
    if order.type == MARKET:
        return "MARKET"
    return _SPOT_CONDITIONAL[order.type, bool(order.price)]


def _time_in_force(order: Placing) -> str:
    if order.flags & IOC:
        return "IOC"
    return "FOK" if order.flags & FOK else "GTC"


def _none(text: str) -> Refusal:
    return Refusal(fault=Fault.OTHER, code=reasons.NOT_SUPPORTED, text=text)
