"""Orders on their way out: a `Placing` as the fields OKX asks for.

Rule 1: plain orders go to /trade/order, those that wait for a price to /trade/order-algo, which has
client ids of its own (`algoClOrdId`).
Rule 2: how side, position side and mode go together is one table; a combination it does not list
cannot be said to OKX, and nothing is sent.
Rule 3: market orders of spot are counted in base coins (`tgtCcy`), like every other quantity.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from steelyard.kernel.ports import Placing
from steelyard.model.decimals import format_units
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument, Kind
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
from steelyard.venues.okx.symbols import symbol_of


class Stance(NamedTuple):
    """What OKX calls one combination of mode, direction and side."""

    side: str
    pos_side: str
    reduce_only: bool
    """Of net mode only; in long/short mode the side against the position closes."""


STANCES: Final[Mapping[tuple[bool, int, int, bool], Stance]] = {
    # (hedged, position side, side, closes)
    (False, LONG, BUY, False): Stance("buy", "net", reduce_only=False),
    (False, LONG, SELL, False): Stance("sell", "net", reduce_only=False),
    (False, LONG, SELL, True): Stance("sell", "net", reduce_only=True),
    (False, LONG, BUY, True): Stance("buy", "net", reduce_only=True),
    (True, LONG, BUY, False): Stance("buy", "long", reduce_only=False),
    (True, LONG, SELL, True): Stance("sell", "long", reduce_only=False),
    (True, SHORT, SELL, False): Stance("sell", "short", reduce_only=False),
    (True, SHORT, BUY, True): Stance("buy", "short", reduce_only=False),
}
"""Eight combinations: one-way and hedged × long and short × opening and closing. In one-way mode an
opening buy is of a long, an opening sell of a short; NET and LONG are the same number."""

POSITION_SIDES: Final[Mapping[str, int]] = {"net": LONG, "": LONG, "long": LONG, "short": SHORT}

CONDITIONAL: Final = frozenset({STOP_MARKET, TAKE_PROFIT, TRAILING_STOP})
ALGO_TYPES: Final = ("conditional", "move_order_stop")
"""The types of conditional orders that this dialect places, and those it looks through."""
OTHER_ALGO_TYPES: Final = ("trigger", "oco")
"""Those that a person may have placed by hand."""

MARKET_PRICE: Final = "-1"

CASH: Final = "cash"
CROSS: Final = "cross"
ISOLATED: Final = "isolated"


def stance_of(order: Placing, instrument: Instrument, *, hedged: bool) -> Stance:
    """Look a combination up. Raises ConfigurationError: it cannot be said."""
    if instrument.kind == Kind.SPOT:
        # Without a position there is neither a mode nor anything to reduce.
        return Stance("buy" if order.side == BUY else "sell", "", reduce_only=False)
    closes = order.flags & REDUCE_ONLY != 0
    if hedged:
        # OKX has no reduce-only here: against the position an order closes, with it it opens.
        against = (order.side == SELL) == (order.position_side == LONG)
        if closes and not against:
            raise ConfigurationError(
                "a reduce-only order with its position's own side was asked for, allowed in "
                "long/short mode is the side against it"
            )
        closes = against
    stance = STANCES.get((hedged, order.position_side, order.side, closes))
    if stance is None:
        mode = "long/short" if hedged else "net"
        raise ConfigurationError(
            f"position side {order.position_side} does not exist in {mode} mode"
        )
    return stance


def trade_mode(instrument: Instrument, margin_mode: str) -> str:
    """Return OKX's `tdMode`."""
    return CASH if instrument.kind == Kind.SPOT else margin_mode


def is_conditional(order: Placing) -> bool:
    """Say whether the order lives in the namespace of conditional orders."""
    return order.type in CONDITIONAL


def fields(
    order: Placing, instrument: Instrument, *, hedged: bool, margin_mode: str
) -> dict[str, str | bool]:
    """Return the body of a create, of /trade/order or /trade/order-algo.

    Raises ConfigurationError: OKX takes no such order.
    """
    stance = stance_of(order, instrument, hedged=hedged)
    body: dict[str, str | bool] = {
        "instId": symbol_of(instrument),
        "tdMode": trade_mode(instrument, margin_mode),
        "side": stance.side,
        "sz": quantity_text(instrument, order.quantity),
    }
    if stance.pos_side:
        body["posSide"] = stance.pos_side
    if stance.reduce_only:
        body["reduceOnly"] = True
    if is_conditional(order):
        body |= _conditional(order, instrument)
        body["algoClOrdId"] = order.client_id
    else:
        body |= _plain(order, instrument)
        body["clOrdId"] = order.client_id
    is_market = order.type != LIMIT
    if instrument.kind == Kind.SPOT and is_market:
        body["tgtCcy"] = "base_ccy"
    return body


def quantity_text(instrument: Instrument, quantity: int) -> str:
    """Spell a quantity."""
    return format_units(quantity, instrument.quantity_decimals)


def _plain(order: Placing, instrument: Instrument) -> dict[str, str | bool]:
    if order.type == MARKET:
        return {"ordType": "market"}
    if order.type != LIMIT:
        raise ConfigurationError(f"order type was {order.type}, allowed are 1 to 5")
    kind = "limit"
    if order.flags & POST_ONLY:
        kind = "post_only"
    elif order.flags & FOK:
        kind = "fok"
    elif order.flags & IOC:
        kind = "ioc"
    return {"ordType": kind, "px": instrument.price_text(order.price)}


def _conditional(order: Placing, instrument: Instrument) -> dict[str, str | bool]:
    if order.type == TRAILING_STOP:
        body: dict[str, str | bool] = {
            "ordType": "move_order_stop",
            "callbackSpread": instrument.price_text(order.trail),
        }
        if order.trigger:
            body["activePx"] = instrument.price_text(order.trigger)
        return body
    trigger = instrument.price_text(order.trigger)
    word = "sl" if order.type == STOP_MARKET else "tp"
    return {
        "ordType": "conditional",
        f"{word}TriggerPx": trigger,
        f"{word}OrdPx": MARKET_PRICE,
        f"{word}TriggerPxType": "last",
    }
