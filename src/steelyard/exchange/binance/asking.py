"""How a request becomes an answer, over REST and on the WebSocket API: judged, handled, refused.

Rule 1: key, signature and time are judged before any parameter.
Rule 2: nothing a client sends raises out of here.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from steelyard.exchange.binance.desk import Ask, Desk
from steelyard.exchange.binance.errors import KEY, NO_KEY, Objection, object_to
from steelyard.exchange.binance.fields import Fields
from steelyard.exchange.binance.routes import Need, Route
from steelyard.exchange.binance.signing import check_time, member_of
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.words import Permission

ENCODER: Final = msgspec.json.Encoder()


def handle(
    desk: Desk, route: Route, values: dict[str, str], *, key: str, address: str,
    check: Callable[[Member, Fields], None],
) -> Any:  # fmt: skip
    """Answer a request or raise Objection; `check` judges its signature."""
    fields = Fields(values)
    member = None
    if route.need is not Need.NOTHING:
        if not key:
            raise object_to(NO_KEY)
        member = member_of(desk.hall, key, address)
    if route.need >= Need.SIGNED and member is not None:
        check(member, fields)
        check_time(fields, desk.hall.now_ns())
    trades = member is not None and Permission.TRADE in member.permissions
    if route.need is Need.TRADE and not trades:
        raise object_to(KEY)
    fields.known(route.names)
    if route.version:
        fields = Fields({**values, "_version": route.version})
    return route.handler(Ask(desk, route.product, fields, member))


def error_body(objection: Objection) -> dict[str, Any]:
    """Write an error."""
    told: dict[str, Any] = {"code": objection.said.code, "msg": objection.said.text}
    return told if objection.more is None else {**told, "data": objection.more}
