"""What a client asks for, read from OKX's parameters.

Rule: what is missing or cannot be read is refused with 51000 or 50014, naming the parameter.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import EVERY, Condition, Product, Wanted, Why
from steelyard.exchange.okx.errors import Fault
from steelyard.exchange.okx.listing import place_of_code, symbol_of
from steelyard.model.errors import NumberError
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
)

PAGE_MAX: Final = 100
PRODUCTS: Final = {"SPOT": Product.SPOT, "SWAP": Product.PERP}
NONE_HERE: Final = frozenset({"MARGIN", "FUTURES", "OPTION", "EVENTS"})
"""Products of OKX's of which nothing is listed here: lists of them are empty."""

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}")
_SIDES: Final = {"buy": BUY, "sell": SELL}
_TYPES: Final = {
    "market": (MARKET, 0),
    "limit": (LIMIT, 0),
    "post_only": (LIMIT, POST_ONLY),
    "fok": (LIMIT, FOK),
    "ioc": (LIMIT, IOC),
    "optimal_limit_ioc": (MARKET, 0),
}
_MODES: Final = frozenset({"cash", "cross", "isolated"})
_TRIGGERS: Final = frozenset({"last", "mark", "index"})
_RATE_ONE: Final = 10**8
# OKX takes these orders and cancels them at once, with news, instead of refusing them.
_SOFT: Final = frozenset({Why.POST_ONLY, Why.FOK, Why.NOBODY})


def query_of(request: Request) -> dict[str, str]:
    """Read the query."""
    return dict(parse_qsl(request.query, keep_blank_values=True))


def body_of(request: Request) -> Any:
    """Read the body. Raises Fault: there is none, or it is no JSON."""
    if not request.body.strip():
        raise Fault("50000", "Body for POST request cannot be empty.", status=400)
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Fault("50002", "JSON syntax error", status=400) from None


def one_body(request: Request) -> Mapping[str, Any]:
    """Read a body that is one object."""
    body = body_of(request)
    if not isinstance(body, dict):
        raise Fault("50002", "JSON syntax error", status=400)
    return body


def many(request: Request, most: int) -> list[Mapping[str, Any]]:
    """Read a body that is a list of objects."""
    body = body_of(request)
    rows = body if isinstance(body, list) else [body]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise Fault("50002", "JSON syntax error", status=400)
    if len(rows) > most:
        raise Fault("51111", f"Maximum {most} orders can be placed in bulk.")
    return rows


def text(row: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a parameter as a text; OKX takes numbers and truth values for texts."""
    value = row.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def needed(row: Mapping[str, Any], name: str) -> str:
    """Return a parameter that must be there."""
    value = text(row, name)
    if not value:
        raise Fault("50014", f"Parameter {name} can not be empty.", status=400)
    return value


def place_of(hall: Hall, symbol: str) -> int:
    """Return the place of an instrument. Raises Fault: it is not listed."""
    for place, one in enumerate(hall.instruments):
        if symbol_of(one) == symbol:
            return place
    raise Fault("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist.")


def instrument_of(hall: Hall, row: Mapping[str, Any]) -> int:
    """Return the instrument a row names, by its number before its name."""
    code = text(row, "instIdCode")
    if code:
        place = place_of_code(int(code)) if code.isdigit() else EVERY
        if not 0 <= place < len(hall.instruments):
            raise Fault("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
        return place
    return place_of(hall, needed(row, "instId"))


def product_of(row: Mapping[str, Any]) -> Product | None:
    """Return the product asked for, None: all. Raises Fault: OKX knows no such product."""
    word = text(row, "instType")
    if word in {"", "ANY"}:
        return None
    if word not in PRODUCTS:
        raise Fault("51000", "Parameter instType error", status=400)
    return PRODUCTS[word]


def limit_of(row: Mapping[str, Any], most: int = PAGE_MAX) -> int:
    """Return how many rows are asked for."""
    word = text(row, "limit")
    return min(max(int(word), 1), most) if word.isdigit() else min(PAGE_MAX, most)


def whole(row: Mapping[str, Any], name: str) -> int:
    """Return a whole number, 0 where there is none."""
    word = text(row, name)
    if not word:
        return 0
    if not word.isdigit():
        raise Fault("51000", f"Parameter {name} error", status=400)
    return int(word)


def client_id(row: Mapping[str, Any], *names: str) -> str:
    """Return a client's id, of the first name that has one."""
    for name in names:
        word = text(row, name)
        if word:
            if not _CLIENT_ID.fullmatch(word):
                raise Fault("51000", f"Parameter {name} error")
            return word
    return ""


def order_names(row: Mapping[str, Any], number: str, *names: str) -> tuple[int, str]:
    """Return (number, client id) by which an order is meant."""
    word = text(row, number)
    if word:
        if not word.isdigit():
            raise Fault("51000", f"Parameter {number} error")
        return int(word), ""
    name = client_id(row, *names)
    if not name:
        raise Fault("51003", "Either client order ID or order ID is required.")
    return 0, name


def price(one: Instrument, word: str, name: str) -> int:
    """Read a price."""
    try:
        return int(one.price(word))
    except NumberError:
        _decimal(word, name)
        raise Fault(
            "51150", "The precision of the number of trades or the price exceeds the limit."
        ) from None


def quantity(one: Instrument, word: str, name: str = "sz") -> int:
    """Read a quantity."""
    try:
        return int(one.quantity(word))
    except NumberError:
        _decimal(word, name)
        raise Fault("51121", "Order quantity must be a multiple of the lot size.") from None


def wanted(hall: Hall, member: int, row: Mapping[str, Any], batch: int = 0) -> Wanted:
    """Read a plain order. Raises Fault."""
    place = instrument_of(hall, row)
    one = hall.instruments[place]
    kind = needed(row, "ordType")
    if kind not in _TYPES:
        raise Fault("51000", "Parameter ordType error")
    if row.get("attachAlgoOrds"):
        raise Fault("51044", "The order type is not allowed to set stop loss and take profit here")
    type_, flags = _TYPES[kind]
    size = needed(row, "sz")
    side = side_of(row)
    mode = mode_of(hall, place, row)
    target = text(row, "tgtCcy")
    is_spot = hall.product(place) is Product.SPOT
    # The default of spot: a market buy is counted in quote.
    by_cost = is_spot and type_ == MARKET and (target or _default_target(side)) == "quote_ccy"
    if type_ == LIMIT and not text(row, "px"):
        raise Fault("51000", "Parameter px error")
    reduces = text(row, "reduceOnly") == "true" and not is_spot and not hall.hedged(member)
    said = {"ordType": kind, "tdMode": mode, "tag": text(row, "tag")}
    if by_cost:
        said |= {"tgtCcy": "quote_ccy", "sz": size}
    elif is_spot and target:
        said["tgtCcy"] = target
    return Wanted(
        instrument=place, side=side, type=type_,
        flags=flags | (REDUCE_ONLY if reduces or _closes(hall, member, place, row) else 0),
        price=price(one, text(row, "px"), "px") if type_ == LIMIT else 0,
        quantity=0 if by_cost else quantity(one, size),
        cost=int(one.money(_decimal(size, "sz").quantize(Decimal(1).scaleb(-one.money_decimals))))
        if by_cost else 0,
        client_id=client_id(row, "clOrdId"), position_side=position_side(hall, member, place, row),
        soft=_SOFT, margin_mode="" if is_spot else mode, said=said, batch=batch,
    )  # fmt: skip


def wanted_algo(hall: Hall, member: int, row: Mapping[str, Any]) -> Wanted:
    """Read a conditional order. Raises Fault."""
    place = instrument_of(hall, row)
    one = hall.instruments[place]
    kind = needed(row, "ordType")
    side = side_of(row)
    mode = mode_of(hall, place, row)
    said = {"ordType": kind, "tdMode": mode, "tag": text(row, "tag")}
    condition, word, trigger, limit = _condition(kind, row)
    said["word"] = word
    for name in ("callbackRatio", "callbackSpread", "closeFraction", "tgtCcy"):
        if text(row, name):
            said[name] = text(row, name)
    if "closeFraction" in said:
        held = hall.positions(member, instrument=place)
        size = sum(abs(position.quantity) for position in held)
        if not size:
            raise Fault("51023", "Position doesn't exist.")
    else:
        size = quantity(one, needed(row, "sz"))
    by = text(row, f"{word}TriggerPxType" if word else "triggerPxType") or "last"
    if by not in _TRIGGERS:
        raise Fault("51000", "Parameter triggerPxType error")
    is_spot = hall.product(place) is Product.SPOT
    reduces = text(row, "reduceOnly") == "true" and not is_spot and not hall.hedged(member)
    at_market = limit in {"", "-1"}
    spread, ratio = text(row, "callbackSpread"), text(row, "callbackRatio")
    if condition is Condition.TRAILING and not spread and not ratio:
        raise Fault("50015", "Either parameter callbackRatio or callbackSpread is required")
    return Wanted(
        instrument=place, side=side, type=MARKET if at_market else LIMIT,
        flags=REDUCE_ONLY if reduces or _closes(hall, member, place, row) else 0,
        price=0 if at_market else price(one, limit, "ordPx"), quantity=size,
        client_id=client_id(row, "algoClOrdId", "clOrdId"),
        position_side=position_side(hall, member, place, row), condition=condition,
        trigger=price(one, trigger, "triggerPx") if trigger else 0, trigger_by=by,
        trail=price(one, spread, "callbackSpread") if spread else 0,
        trail_rate=int(_decimal(ratio, "callbackRatio") * _RATE_ONE) if ratio and not spread
        else 0,
        algo=True, margin_mode="" if is_spot else mode, said=said,
    )  # fmt: skip


def side_of(row: Mapping[str, Any]) -> int:
    """Read the side."""
    side = _SIDES.get(needed(row, "side"))
    if side is None:
        raise Fault("51000", "Parameter side error")
    return side


def mode_of(hall: Hall, place: int, row: Mapping[str, Any]) -> str:
    """Read `tdMode`: cash for spot, cross or isolated for swaps."""
    mode = needed(row, "tdMode")
    is_spot = hall.product(place) is Product.SPOT
    if mode not in _MODES or (mode == "cash") != is_spot:
        raise Fault("51000", "Parameter tdMode error")
    return mode


def position_side(hall: Hall, member: int, place: int, row: Mapping[str, Any]) -> int:
    """Read `posSide`: needed in long/short mode, `net` or nothing otherwise."""
    word = text(row, "posSide")
    if hall.product(place) is Product.SPOT:
        return NET
    if hall.hedged(member):
        if word not in {"long", "short"}:
            raise Fault("51000", "Parameter posSide error")
        return LONG if word == "long" else SHORT
    if word not in {"", "net"}:
        raise Fault("51000", "Parameter posSide error")
    return NET


def rows_of(found: Sequence[Any]) -> list[Any]:
    """Turn the hall's order, oldest first, into OKX's."""
    return list(reversed(found))


def _closes(hall: Hall, member: int, place: int, row: Mapping[str, Any]) -> bool:
    """In long/short mode an order against its position's side only closes."""
    if hall.product(place) is Product.SPOT or not hall.hedged(member):
        return False
    return (text(row, "side"), text(row, "posSide")) in {("sell", "long"), ("buy", "short")}


def _condition(kind: str, row: Mapping[str, Any]) -> tuple[Condition, str, str, str]:
    """Return (condition, `sl` or `tp`, trigger, price)."""
    if kind == "move_order_stop":
        return Condition.TRAILING, "", text(row, "activePx"), "-1"
    if kind == "trigger":
        return Condition.CROSSES, "", needed(row, "triggerPx"), text(row, "orderPx") or "-1"
    if kind != "conditional":
        raise Fault("51000", "Parameter ordType error")
    if text(row, "slTriggerPx") and text(row, "tpTriggerPx"):
        raise Fault("51000", "Parameter ordType error: both need oco, which is not traded here")
    word = "sl" if text(row, "slTriggerPx") else "tp"
    condition = Condition.STOP if word == "sl" else Condition.TAKE_PROFIT
    return condition, word, needed(row, f"{word}TriggerPx"), text(row, f"{word}OrdPx") or "-1"


def _default_target(side: int) -> str:
    return "quote_ccy" if side == BUY else "base_ccy"


def _decimal(word: str, name: str) -> Decimal:
    try:
        value = Decimal(word)
    except InvalidOperation:
        raise Fault("51000", f"Parameter {name} error") from None
    if not value.is_finite():
        raise Fault("51000", f"Parameter {name} error")
    return value
