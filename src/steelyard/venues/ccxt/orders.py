"""An order as the arguments of ccxt's `create_order`.

Rule 1: ccxt cuts prices and quantities to an exchange's precision in silence: an order it would
change is refused here, and nothing is sent.
Rule 2: what an exchange cannot do is refused in a sentence; no order is replaced by another kind.
"""

from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from steelyard.kernel.ports import Placing
from steelyard.model.decimals import format_units
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    POST_ONLY,
    REDUCE_ONLY,
)
from steelyard.model.reports import Fault, Refusal
from steelyard.venues.ccxt.able import Able

_IN_FORCE: Final = {IOC: "IOC", FOK: "FOK"}


class Creation(Struct, frozen=True, kw_only=True):
    """Arguments of `create_order`."""

    symbol: str
    type: str
    side: str
    amount: str
    price: str | None
    params: dict[str, Any]


def creation_of(
    order: Placing, instrument: Instrument, able: Able, exchange: Any
) -> Creation | Refusal:
    """Spell an order, or say why it cannot be placed."""
    if why := able.refuses(order.type, order.flags):
        return Refusal(fault=Fault.OTHER, text=f"nothing was sent: {why}")
    if order.position_side:
        return Refusal(
            fault=Fault.MODE, text="nothing was sent: hedged accounts need a native venue"
        )
    amount = format_units(order.quantity, instrument.quantity_decimals)
    price = format_units(order.price, instrument.price_decimals) if order.type == LIMIT else None
    for told, spelled in (
        (amount, exchange.amount_to_precision),
        (price, exchange.price_to_precision),
    ):
        if told is not None and Decimal(str(spelled(instrument.name, told))) != Decimal(told):
            return Refusal(
                fault=Fault.FILTER,
                text=f"nothing was sent: {told} is finer than {exchange.id} takes",
            )
    return Creation(
        symbol=instrument.name,
        type="limit" if order.type == LIMIT else "market",
        side="buy" if order.side == BUY else "sell",
        amount=amount,
        price=price,
        params=_params(order, instrument),
    )


def _params(order: Placing, instrument: Instrument) -> dict[str, Any]:
    params: dict[str, Any] = {"clientOrderId": order.client_id}
    if order.flags & POST_ONLY:
        params["postOnly"] = True
    for flag, word in _IN_FORCE.items():
        if order.flags & flag:
            params["timeInForce"] = word
    if order.flags & REDUCE_ONLY and instrument.kind != Kind.SPOT:
        params["reduceOnly"] = True
    return params
