"""Orders as Bitget's clients write them, read into what the hall takes.

Rule 1: in hedged mode `side` names the position and `tradeSide` says open or close; in one-way mode
`tradeSide` is not looked at.
Rule 2: a market buy on spot is sized in quote.
Rule 3: post-only and fill-or-kill orders that cannot be are accepted and canceled at once.
"""

import re
from typing import Any, Final

from steelyard.exchange.bitget.errors import Fault, refused
from steelyard.exchange.bitget.reading import Asked
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.words import Condition, Permission, Product, Refused, Wanted, Why
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
)

SIDES: Final = {"buy": BUY, "sell": SELL}
TYPES: Final = {"limit": LIMIT, "market": MARKET}
FORCES: Final = {"gtc": 0, "post_only": POST_ONLY, "ioc": IOC, "fok": FOK}
YES: Final = {"yes": True, "no": False, "true": True, "false": False}
MARGINS: Final = {"crossed": "cross", "isolated": "isolated"}
TRIGGERS: Final = {"mark_price": "mark", "fill_price": "last", "market_price": "last",
                   "index_price": "index"}  # fmt: skip
PLANS: Final = {name: name for name in ("normal_plan", "track_plan")}
TPSL: Final = {
    "profit_plan": Condition.TAKE_PROFIT, "pos_profit": Condition.TAKE_PROFIT,
    "loss_plan": Condition.STOP, "pos_loss": Condition.STOP, "moving_plan": Condition.TRAILING,
}  # fmt: skip
_SOFT: Final = frozenset({Why.POST_ONLY, Why.FOK})
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_:#./+\- ]{1,64}")
_PERCENT: Final = 6  # places from per cent to 10^-8


def client_id_of(asked: Asked, name: str = "clientOid") -> str:
    """Return the client's id; "": none."""
    text = asked.text(name, "")
    if text and _CLIENT_ID.fullmatch(text) is None:
        raise Fault("40305", f"{name} length cannot greater than 64")
    return text


def may_trade(member: Member, product: Product) -> None:
    """Refuse keys that may not trade."""
    if Permission.TRADE not in member.permissions:
        raise refused(Refused(why=Why.PERMISSION), product)


def spot(asked: Asked, *, batch: int = 0) -> Wanted:
    """Read a spot order."""
    place = asked.instrument(Product.SPOT)
    one = asked.hall.instruments[place]
    side, kind = asked.one_of("side", SIDES), asked.one_of("orderType", TYPES)
    flags = asked.one_of("force", FORCES, "gtc") if kind == LIMIT else 0
    cost = quantity = 0
    if kind == MARKET and side == BUY:
        cost = asked.units("size", one.money_decimals, Product.SPOT, Why.LOT)
    else:
        quantity = asked.size("size", one, Product.SPOT)
    price = asked.price("price", one, Product.SPOT) if kind == LIMIT else 0
    return Wanted(
        instrument=place, side=side, quantity=quantity, cost=cost, type=kind, price=price,
        flags=flags, client_id=client_id_of(asked), soft=_SOFT, batch=batch,
    )  # fmt: skip


def perpetual(asked: Asked, member: Member, *, batch: int = 0) -> Wanted:
    """Read an order of a perpetual."""
    asked.product_type()
    place = asked.instrument(Product.PERP)
    one = asked.hall.instruments[place]
    asked.text("marginCoin", "USDT")
    kind = asked.one_of("orderType", TYPES)
    flags = asked.one_of("force", FORCES, "gtc") if kind == LIMIT else 0
    side, position, reduces, said = _sides(asked, member)
    return Wanted(
        instrument=place, side=side, quantity=asked.size("size", one, Product.PERP), type=kind,
        price=asked.price("price", one, Product.PERP) if kind == LIMIT else 0,
        flags=flags | (REDUCE_ONLY if reduces else 0), client_id=client_id_of(asked),
        position_side=position, margin_mode=asked.one_of("marginMode", MARGINS, "crossed"),
        soft=_SOFT, said=said, batch=batch,
    )  # fmt: skip


def _sides(asked: Asked, member: Member) -> tuple[int, int, bool, dict[str, str]]:
    """Return what is done, to which position, whether it only reduces, and the mode."""
    side = asked.one_of("side", SIDES)
    if not asked.hall.hedged(member.number):
        return side, LONG, asked.one_of("reduceOnly", YES, "no"), {"mode": "one_way"}
    if not asked.has("tradeSide"):
        raise refused(Refused(why=Why.MODE), Product.PERP)
    closes = asked.one_of("tradeSide", {"open": False, "close": True})
    position = LONG if side == BUY else SHORT
    return (-side if closes else side), position, closes, {"mode": "hedge"}


def spot_plan(asked: Asked) -> Wanted:
    """Read a spot order that waits for a price."""
    place = asked.instrument(Product.SPOT)
    one = asked.hall.instruments[place]
    kind, side = asked.one_of("orderType", TYPES), asked.one_of("side", SIDES)
    cost = quantity = 0
    if asked.text("planType", "amount") == "total":
        cost = asked.units("size", one.money_decimals, Product.SPOT, Why.LOT)
    else:
        quantity = asked.size("size", one, Product.SPOT)
    return Wanted(
        instrument=place, side=side, quantity=quantity, cost=cost, type=kind,
        price=asked.price("executePrice", one, Product.SPOT) if kind == LIMIT else 0,
        client_id=client_id_of(asked), condition=Condition.CROSSES, algo=True,
        trigger=asked.price("triggerPrice", one, Product.SPOT),
        trigger_by="last", soft=_SOFT,
    )  # fmt: skip


def plan(asked: Asked, member: Member) -> Wanted:
    """Read a trigger order of a perpetual."""
    asked.product_type()
    place = asked.instrument(Product.PERP)
    one = asked.hall.instruments[place]
    name = asked.one_of("planType", PLANS)
    kind = asked.one_of("orderType", TYPES)
    side, position, reduces, said = _sides(asked, member)
    if reduces and said["mode"] == "one_way":
        raise Fault(
            "22042", "When a one-way position is held, trigger order cannot only reduce positions."
        )
    trails = name == "track_plan"
    return Wanted(
        instrument=place, side=side, quantity=asked.size("size", one, Product.PERP),
        type=MARKET if trails else kind,
        price=asked.price("price", one, Product.PERP) if kind == LIMIT and not trails else 0,
        flags=REDUCE_ONLY if reduces else 0, client_id=client_id_of(asked),
        position_side=position, algo=True,
        condition=Condition.TRAILING if trails else Condition.CROSSES,
        trail_rate=_rate(asked, "callbackRatio") if trails else 0,
        trigger=asked.price("triggerPrice", one, Product.PERP),
        trigger_by=asked.one_of("triggerType", TRIGGERS, "fill_price"),
        margin_mode=asked.one_of("marginMode", MARGINS, "crossed"), soft=_SOFT,
        said={**said, "plan": name},
    )  # fmt: skip


def tpsl(asked: Asked, member: Member) -> Wanted:
    """Read a take-profit or stop-loss order: it closes a position, or a part of it."""
    asked.product_type()
    place = asked.instrument(Product.PERP)
    one = asked.hall.instruments[place]
    name = asked.text("planType").lower()
    if name not in TPSL:
        raise Fault("40020", "Parameter planType error")
    hedged = asked.hall.hedged(member.number)
    held = asked.one_of("holdSide", {"long": LONG, "short": SHORT, "buy": LONG, "sell": SHORT})
    whole = name.startswith("pos_")
    quantity = _held(asked, member, place, held, hedged=hedged) if whole else 0
    if not whole:
        quantity = asked.size("size", one, Product.PERP)
    limit = asked.has("executePrice") and asked.decimal("executePrice") > 0
    condition = TPSL[name]
    return Wanted(
        instrument=place, side=SELL if held == LONG else BUY, quantity=quantity,
        type=LIMIT if limit else MARKET,
        price=asked.price("executePrice", one, Product.PERP) if limit else 0, flags=REDUCE_ONLY,
        client_id=client_id_of(asked), position_side=held if hedged else LONG, algo=True,
        condition=condition, trigger=asked.price("triggerPrice", one, Product.PERP),
        trail_rate=_rate(asked, "rangeRate") if condition == Condition.TRAILING else 0,
        trigger_by=asked.one_of("triggerType", TRIGGERS, "fill_price"),
        soft=_SOFT, said={"mode": "hedge" if hedged else "one_way", "plan": name},
    )  # fmt: skip


def _held(asked: Asked, member: Member, place: int, held: int, *, hedged: bool) -> int:
    """Return how large the position is that would be closed."""
    for one in asked.hall.positions(member.number, instrument=place):
        is_short = one.quantity < 0
        if one.quantity and is_short == (held == SHORT) and (not hedged or one.side == held):
            return abs(one.quantity)
    raise Fault("43023", "Insufficient position, can not set profit or stop loss")


def _rate(asked: Asked, name: str) -> int:
    """Return a callback, told in per cent, in 10^-8."""
    value: Any = asked.decimal(name).scaleb(_PERCENT)
    if not 0 < value <= 10 ** (_PERCENT + 1):
        raise Fault("40020", f"Parameter {name} error")
    return int(value)
