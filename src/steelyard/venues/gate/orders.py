"""An order on its way out, in Gate's words.

Rule 1: contracts are signed: above zero buys. In hedged mode sign and `reduce_only` together say
which side of the position is meant (`SIDES`).
Rule 2: a market order in contracts is price 0 with `ioc`. In coins a market sale is one too; a
market purchase would be counted in quote, so it is a limit order with `ioc`, `terms.ALLOWANCE`
percent above the best ask that was read just before.
Rule 3: stops and take-profits wait in another place (`price_orders`) for the last price. They leave
it as market orders in contracts; coins allow limit orders only: theirs stand `terms.ALLOWANCE`
percent beyond the trigger, `ioc`. Trailing stops are refused.
Rule 4: `reduce_only` is not known in coins: there is nothing to reduce but what is owned.
"""

from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.client_ids import GRAMMARS
from steelyard.model.decimals import format_units
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    NET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from steelyard.model.reports import Fault, Refusal
from steelyard.venues.gate.terms import ALLOWANCE, NAME, TRIGGER_LIFE_S

PREFIX: Final = GRAMMARS[NAME].prefix
_HUNDRED: Final = 100
_LAST_PRICE: Final = 0
_RISES: Final = 1
_FALLS: Final = 2


class Sided(NamedTuple):
    """How a side of a position is written: the sign of the size, and whether it only reduces."""

    sign: int
    reduces: bool
    whole: str
    """`auto_size` of a whole close in hedged mode."""


SIDES: Final[dict[tuple[bool, int, bool], Sided]] = {
    # (hedged, position side, opens)
    (False, LONG, True): Sided(1, False, ""),
    (False, LONG, False): Sided(-1, True, ""),
    (False, SHORT, True): Sided(-1, False, ""),
    (False, SHORT, False): Sided(1, True, ""),
    (True, LONG, True): Sided(1, False, ""),
    (True, LONG, False): Sided(-1, True, "close_long"),
    (True, SHORT, True): Sided(-1, False, ""),
    (True, SHORT, False): Sided(1, True, "close_short"),
}
"""In one-way mode the sign alone tells; what closes is marked so that it can never open."""


def text_of(client_id: str) -> str:
    """Return the `text` of a client id."""
    return client_id if client_id.startswith(PREFIX) else PREFIX + client_id


def client_id_of(text: str) -> str:
    """Return the client id in a `text`; "" for what the venue writes there itself."""
    return text if text.startswith(PREFIX) else ""


def refusal_of(order: Placing) -> Refusal | None:
    """Say what this venue cannot do, before anything leaves."""
    if order.type == TRAILING_STOP:
        return Refusal(
            fault=Fault.OTHER, code=reasons.NOT_SUPPORTED, text="trailing stops are not offered"
        )
    return None


def is_conditional(order: Placing) -> bool:
    """Say whether an order waits for a price."""
    return order.type in {STOP_MARKET, TAKE_PROFIT}


def buys_at_market(order: Placing) -> bool:
    """Say whether an order needs the best ask to be written, if it is in coins."""
    return order.type == MARKET and order.side == BUY


def sided(order: Placing, *, hedged: bool) -> Sided:
    """Return how the side is written. In one-way mode only the flag says that it reduces."""
    if not hedged:
        reduces = bool(order.flags & REDUCE_ONLY)
        side = LONG if (order.side == BUY) != reduces else SHORT
        return SIDES[False, side, not reduces]
    opens = (order.side == BUY) == (order.position_side == LONG)
    return SIDES[True, order.position_side, opens]


def position_side_of(size: Decimal | int, *, reduces: bool, hedged: bool) -> int:
    """Return the side that an order or trade of this sign is about."""
    if not hedged:
        return NET
    return LONG if (size > 0) != reduces else SHORT


def time_in_force(order: Placing) -> str:
    """Return the venue's word."""
    if order.flags & POST_ONLY:
        return "poc"
    if order.flags & FOK:
        return "fok"
    if order.flags & IOC or order.type == MARKET:
        return "ioc"
    return "gtc"


def side_word(order: Placing) -> str:
    """Return the venue's word for the side, in coins."""
    return "buy" if order.side == BUY else "sell"


def signed_size(order: Placing, instrument: Instrument, sign: int) -> str | int:
    """Return contracts: a whole number as such, parts as text."""
    text = format_units(sign * order.quantity, instrument.quantity_decimals)
    return text if "." in text else int(text)


def spot_fields(
    order: Placing, instrument: Instrument, symbol: str, account: str, ask: int = 0
) -> dict[str, Any]:
    """Return the fields of an order in coins; `ask` is the best ask where that is needed.

    Without an `account` the venue takes the one that the user has.
    """
    fields: dict[str, Any] = {
        "text": text_of(order.client_id),
        "currency_pair": symbol,
        "side": side_word(order),
        "amount": format_units(order.quantity, instrument.quantity_decimals),
    }
    if account:
        fields["account"] = account
    if order.type == LIMIT:
        fields |= {"type": "limit", "price": instrument.price_text(order.price)}
    elif order.side == SELL:
        fields["type"] = "market"
    else:
        fields |= {"type": "limit", "price": instrument.price_text(_above(ask, instrument))}
    fields["time_in_force"] = time_in_force(order)
    return fields


def perp_fields(
    order: Placing, instrument: Instrument, symbol: str, *, hedged: bool
) -> dict[str, Any]:
    """Return the fields of an order in contracts. Quantity 0 closes the whole side."""
    how = sided(order, hedged=hedged)
    fields: dict[str, Any] = {
        "text": text_of(order.client_id),
        "contract": symbol,
        "size": signed_size(order, instrument, how.sign),
        "price": instrument.price_text(order.price) if order.type == LIMIT else "0",
        "tif": time_in_force(order),
    }
    return fields | _closing(order, how)


def spot_trigger_fields(
    order: Placing, instrument: Instrument, symbol: str, *, unified: bool
) -> dict[str, Any]:
    """Return the fields of a price-triggered order in coins."""
    price = order.price if order.type == TAKE_PROFIT and order.price else 0
    return {
        "market": symbol,
        "trigger": {
            "price": instrument.price_text(order.trigger),
            "rule": ">=" if _rises(order) else "<=",
            "expiration": TRIGGER_LIFE_S,
        },
        "put": {
            "type": "limit",
            "side": side_word(order),
            "price": instrument.price_text(price or _beyond(order, instrument)),
            "amount": format_units(order.quantity, instrument.quantity_decimals),
            # It must be said here, and the ordinary account of coins has a name of its own.
            "account": "unified" if unified else "normal",
            "time_in_force": "gtc" if price else "ioc",
            "text": text_of(order.client_id),
        },
    }


def perp_trigger_fields(
    order: Placing, instrument: Instrument, symbol: str, *, hedged: bool
) -> dict[str, Any]:
    """Return the fields of a price-triggered order in contracts."""
    how = sided(order, hedged=hedged)
    price = order.price if order.type == TAKE_PROFIT and order.price else 0
    initial: dict[str, Any] = {
        "contract": symbol,
        "size": signed_size(order, instrument, how.sign),
        "price": instrument.price_text(price),
        "tif": "gtc" if price else "ioc",
        "text": text_of(order.client_id),
    }
    return {
        "initial": initial | _closing(order, how),
        "trigger": {
            "strategy_type": 0,
            "price_type": _LAST_PRICE,
            "price": instrument.price_text(order.trigger),
            "rule": _RISES if _rises(order) else _FALLS,
            "expiration": TRIGGER_LIFE_S,
        },
    }


def encode(fields: dict[str, Any] | list[Any]) -> bytes:
    """Return a body."""
    return msgspec.json.encode(fields)


def _closing(order: Placing, how: Sided) -> dict[str, Any]:
    if order.quantity:
        return {"reduce_only": True} if how.reduces else {}
    if how.whole:
        return {"auto_size": how.whole, "reduce_only": True}
    return {"close": True}


def _rises(order: Placing) -> bool:
    """Say whether a conditional order waits for a higher price."""
    return (order.side == BUY) == (order.type == STOP_MARKET)


def _above(price: int, instrument: Instrument) -> int:
    """Return the highest tick within the allowance above a price, but at least the price."""
    limit = price * (_HUNDRED + ALLOWANCE) // _HUNDRED
    return max(price, limit // instrument.tick * instrument.tick)


def _beyond(order: Placing, instrument: Instrument) -> int:
    """Return the worst price at which a triggered order in coins may trade."""
    if order.side == BUY:
        return _above(order.trigger, instrument)
    limit = -(-order.trigger * (_HUNDRED - ALLOWANCE) // _HUNDRED)
    return min(order.trigger, -(-limit // instrument.tick) * instrument.tick)
