"""Orders and trades in contracts.

Rule 1: sizes are signed. In hedged mode sign and `reduce_only` say which side is meant; size 0 with
`auto_size` closes one whole, in one-way mode size 0 with `close`.
Rule 2: price 0 with `ioc` or `fok` is a market order.
Rule 3: an order is named by its number or its text; the text of an order that ended without a fill
is forgotten after a minute.
"""

from collections.abc import Mapping
from typing import Any, Final

from steelyard.exchange.gate import errors, parameters, words
from steelyard.exchange.gate.errors import GateError, invalid, missing
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.gate.spot import FLAGS
from steelyard.exchange.gate.waiting import Waiting
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import (
    Condition,
    Fill,
    HallOrder,
    Product,
    Refused,
    Stage,
    Wanted,
)
from steelyard.model.decimals import format_units
from steelyard.model.kinds import BUY, LIMIT, LONG, MARKET, NET, REDUCE_ONLY, SELL, SHORT

_PERP: Final = Product.PERP
_SIDES: Final = {"bid": BUY, "ask": SELL}
_WHOLE: Final = {"close_long": LONG, "close_short": SHORT}
_RULES: Final = {1: Condition.RISES, 2: Condition.FALLS}
_BY: Final = ("last", "mark", "index")
_REMEMBERED_NS: Final = 60 * 10**9


class PerpDesk:
    """Answers what is about orders in contracts. Every call may raise GateError."""

    def __init__(self, hall: Hall) -> None:
        """Ask this hall."""
        self._hall = hall
        self.waiting = Waiting(hall, _PERP, "contract", self.waiting_word)

    # --- orders ----------------------------------------------------------------------------------

    def place(
        self, member: Member, fields: Mapping[str, Any], *, decimal: bool, batch: int = 0
    ) -> dict[str, Any]:
        """Create an order."""
        wanted = self._wanted(member, fields, batch)
        return self._told(member, self._hall.place(member.number, wanted), decimal=decimal)

    def place_many(self, member: Member, rows: list[Any], *, decimal: bool) -> list[dict[str, Any]]:
        """Create several; each is answered for itself."""
        parameters.check_batch(rows, parameters.CREATES_MAX)
        found = []
        for batch, fields in enumerate(rows, start=1):
            try:
                if not isinstance(fields, dict):
                    raise invalid("body", fields)
                told = self.place(member, fields, decimal=decimal, batch=batch)
                found.append(told | {"succeeded": True})
            except GateError as error:
                label = {"label": error.label, "detail": error.message}
                found.append({"succeeded": False, **label})
        return found

    def order(self, member: Member, name: str, *, decimal: bool) -> dict[str, Any]:
        """Return one order."""
        return words.perp_order(self._hall, member, self._find(member, name), decimal=decimal)

    def cancel(self, member: Member, name: str, *, decimal: bool) -> dict[str, Any]:
        """Cancel one."""
        order = self._find(member, name)
        ended = self._hall.cancel(member.number, order=order.number, algo=False)
        return self._told(member, ended, decimal=decimal)

    def cancel_many(self, member: Member, names: list[Any]) -> list[dict[str, Any]]:
        """Cancel several by number."""
        parameters.check_batch(names, parameters.CANCELS_MAX)
        found = []
        for name in map(str, names):
            told: dict[str, Any] = {"id": name, "user_id": int(member.user)}
            try:
                self.cancel(member, name, decimal=False)
                found.append(told | {"succeeded": True, "message": ""})
            except GateError as error:
                found.append(told | {"succeeded": False, "message": error.label})
        return found

    def cancel_all(
        self, member: Member, query: Mapping[str, str], *, decimal: bool
    ) -> list[dict[str, Any]]:
        """Cancel all resting orders, of one contract or side."""
        place = parameters.some_place(self._hall, query, "contract", _PERP)
        side = _SIDES.get(query.get("side", ""), 0)
        ended = self._hall.cancel_all(
            member.number, instrument=place, product=_PERP, algo=False, side=side
        )
        return [words.perp_order(self._hall, member, one, decimal=decimal) for one in ended]

    def amend(
        self, member: Member, name: str, fields: Mapping[str, Any], *, decimal: bool
    ) -> dict[str, Any]:
        """Change price or size; the sign must stay."""
        order = self._find(member, name)
        instrument = self._hall.instruments[order.instrument]
        price = quantity = 0
        if fields.get("price") is not None:
            value = parameters.decimal_of(fields, "price")
            price = parameters.units_of(value, instrument.price_decimals, "price")
        if fields.get("size") is not None:
            size = parameters.units_of(
                parameters.decimal_of(fields, "size"), instrument.quantity_decimals, "size"
            )
            if (size > 0) != (order.side == BUY):
                raise GateError("INVALID_PARAM_VALUE", "the side of an order cannot be changed")
            quantity = abs(size)
        note = fields.get("amend_text")
        changed = self._hall.amend(
            member.number, order=order.number, price=price, quantity=quantity,
            said={"amend_text": str(note)} if note else None,
        )  # fmt: skip
        return self._told(member, changed, decimal=decimal)

    def orders(
        self, member: Member, query: Mapping[str, str], *, decimal: bool
    ) -> list[dict[str, Any]]:
        """Return orders that rest or have ended, newest first."""
        status = query.get("status", "open")
        if status not in {"open", "finished"}:
            raise invalid("status", status)
        place = parameters.some_place(self._hall, query, "contract", _PERP)
        start, end = parameters.span_of(query)
        rows = [
            order
            for order in self._hall.orders(
                member.number, instrument=place, product=_PERP, algo=False, from_ns=start, to_ns=end
            )
            if order.live == (status == "open")
        ]
        rows = parameters.page_of(rows[::-1], query, parameters.limit_of(query))
        return [words.perp_order(self._hall, member, order, decimal=decimal) for order in rows]

    def trades(
        self, member: Member, query: Mapping[str, str], *, decimal: bool
    ) -> list[dict[str, Any]]:
        """Return trades, newest first."""
        place = parameters.some_place(self._hall, query, "contract", _PERP)
        start, end = parameters.span_of(query)
        fills = self._hall.fills(
            member.number, instrument=place, product=_PERP,
            order=parameters.whole_of(query, "order", 0), from_ns=start, to_ns=end,
            before=parameters.whole_of(query, "last_id", 0),
        )  # fmt: skip
        rows = parameters.page_of(list(reversed(fills)), query, parameters.limit_of(query))
        return [
            words.perp_trade(self._hall, fill, self.text(member, fill), decimal=decimal)
            for fill in rows
        ]

    def text(self, member: Member, fill: Fill) -> str:
        """Return the text of the order of a trade."""
        order = self._hall.order(member.number, order=fill.order)
        return words.text_word(order, "api") if order is not None else fill.client_id

    # --- price-triggered orders ------------------------------------------------------------------

    def place_waiting(self, member: Member, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Create one that waits for a price."""
        initial, trigger = fields.get("initial"), fields.get("trigger")
        if not isinstance(initial, dict) or not isinstance(trigger, dict):
            raise missing("trigger" if isinstance(initial, dict) else "initial")
        own = {**initial, "size": initial.get("amount") or initial.get("size", 0)}
        own.setdefault("tif", "ioc" if str(own.get("price")) == "0" else "gtc")
        wanted = self._wanted(member, own, 0)
        instrument = self._hall.instruments[wanted.instrument]
        rule = _RULES.get(parameters.whole_of(trigger, "rule", 0))
        by = parameters.whole_of(trigger, "price_type", 0)
        if rule is None or not 0 <= by < len(_BY):
            raise invalid("trigger", trigger)
        price = parameters.decimal_of(trigger, "price")
        life_s = parameters.whole_of(trigger, "expiration", 0)
        waiting = Wanted(
            instrument=wanted.instrument, side=wanted.side, quantity=wanted.quantity,
            type=wanted.type, price=wanted.price, flags=wanted.flags,
            client_id=wanted.client_id, position_side=wanted.position_side, condition=rule,
            trigger=parameters.units_of(price, instrument.price_decimals, "trigger.price"),
            trigger_by=_BY[by], algo=True,
            until_ns=self._hall.now_ns() + life_s * 10**9 if life_s else 0,
            said={
                **wanted.said, "expiration": str(life_s),
                "order_type": str(fields.get("order_type") or ""),
            },
        )  # fmt: skip
        found = self._hall.place(member.number, waiting)
        if isinstance(found, Refused):
            error = errors.of(found, _PERP)
            if error.label == "AUTO_TRIGGER_PRICE_LESS_LAST" and rule == Condition.RISES:
                error = GateError("AUTO_TRIGGER_PRICE_GREATE_LAST")
            raise error
        return {"id": found.number, "id_string": str(found.number)}

    def waiting_word(self, member: Member, order: HallOrder) -> dict[str, Any]:
        """Return a price-triggered order in the venue's words."""
        instrument = self._hall.instruments[order.instrument]
        prices = instrument.price_decimals
        ends = {
            Stage.TRIGGERED: "succeeded", Stage.CANCELED: "cancelled", Stage.EXPIRED: "expired",
            Stage.REJECTED: "failed", Stage.WAITING: "",
        }  # fmt: skip
        sign = 1 if order.side == BUY else -1
        return {
            "id": order.number,
            "id_string": str(order.number),
            "user": int(member.user),
            "trigger": {
                "strategy_type": 0,
                "price_type": _BY.index(order.trigger_by),
                "price": format_units(order.trigger, prices),
                "rule": 1 if order.condition == Condition.RISES else 2,
                "expiration": int(order.said.get("expiration", "0")),
            },
            "initial": {
                "contract": symbol_of(instrument),
                "size": sign * order.quantity,
                "price": format_units(order.price, prices),
                "tif": order.said.get("tif", "gtc"),
                "text": order.client_id or "api",
                "iceberg": 0,
                "is_close": order.said.get("close") == "true",
                "is_reduce_only": order.reduce_only,
                "auto_size": order.said.get("auto_size", ""),
            },
            "trade_id": order.became,
            "me_order_id": order.became,
            "status": "open" if order.live else "finished",
            "finish_as": ends.get(order.stage, "failed"),
            "reason": "",
            "create_time": order.created_ns // 10**9,
            "finish_time": 0 if order.live else order.updated_ns // 10**9,
            "is_stop_order": False,
            "stop_trigger": {"rule": 0, "trigger_price": "", "order_price": ""},
            "order_type": order.said.get("order_type", ""),
        }

    # --- inside ----------------------------------------------------------------------------------

    def _wanted(self, member: Member, fields: Mapping[str, Any], batch: int) -> Wanted:
        place = parameters.place_of(self._hall, fields.get("contract"), _PERP)
        instrument = self._hall.instruments[place]
        size = parameters.units_of(
            parameters.decimal_of(fields, "size"), instrument.quantity_decimals, "size"
        )
        price = parameters.decimal_of(fields, "price", "0")
        tif = str(fields.get("tif") or "gtc")
        if tif not in FLAGS:
            raise invalid("tif", tif)
        if price < 0 or (not price and tif not in {"ioc", "fok"}):
            raise GateError("INVALID_PARAM_VALUE", "a market order is price 0 with ioc or fok")
        said = {"tif": tif, "text": "api"}
        reduces = fields.get("reduce_only") is True
        if size == 0:
            size, more = self._whole(member, place, fields)
            said |= more
            reduces = True
        side = BUY if size > 0 else SELL
        position_side = NET
        if self._hall.hedged(member.number):
            position_side = LONG if (size > 0) != reduces else SHORT
        return Wanted(
            instrument=place, side=side, quantity=abs(size),
            type=LIMIT if price else MARKET, flags=FLAGS[tif] | (REDUCE_ONLY if reduces else 0),
            price=parameters.units_of(price, instrument.price_decimals, "price"),
            client_id=parameters.text_of(fields), position_side=position_side, batch=batch,
            said=said,
        )  # fmt: skip

    def _whole(
        self, member: Member, place: int, fields: Mapping[str, Any]
    ) -> tuple[int, dict[str, str]]:
        """Return the size that closes a position whole."""
        held = self._hall.positions(member.number, instrument=place)
        hedged = self._hall.hedged(member.number)
        auto = str(fields.get("auto_size") or "")
        if hedged and auto not in _WHOLE:
            raise GateError("INVALID_PARAM_VALUE", "size 0 needs auto_size in dual mode")
        if not hedged and fields.get("close") is not True:
            raise GateError("INVALID_PARAM_VALUE", "size 0 needs close in single mode")
        for position in held:
            if not hedged or position.side == _WHOLE[auto]:
                note = {"auto_size": auto} if hedged else {"close": "true"}
                return -position.quantity, note
        raise GateError("POSITION_EMPTY", "there is no position to close")

    def _find(self, member: Member, name: str) -> HallOrder:
        if name.isdigit():
            found = self._hall.order(member.number, order=int(name), algo=False)
        else:
            found = self._named(member, name)
            if (
                found is not None
                and not found.live
                and not found.filled
                and self._hall.now_ns() - found.updated_ns > _REMEMBERED_NS
            ):
                found = None
        if found is None or self._hall.product(found.instrument) != _PERP:
            raise GateError("ORDER_NOT_FOUND", f"order {name} not found")
        return found

    def _named(self, member: Member, text: str) -> HallOrder | None:
        # A text may be that of an order in coins too. What a price-triggered order became has a
        # text of its own.
        rows = [
            self._hall.order(member.number, instrument=place, client_id=text, algo=False)
            for place, _ in parameters.places_of(self._hall, _PERP)
        ]
        found = [order for order in rows if order is not None and not order.parent]
        return max(found, key=lambda order: (order.live, order.number), default=None)

    def _told(self, member: Member, found: HallOrder | Refused, *, decimal: bool) -> dict[str, Any]:
        if isinstance(found, Refused):
            raise errors.of(found, _PERP)
        return words.perp_order(self._hall, member, found, decimal=decimal)


def wants_decimals(headers: Mapping[str, str]) -> bool:
    """Say whether a client wants sizes as text."""
    return headers.get("x-gate-size-decimal", "") == "1"
