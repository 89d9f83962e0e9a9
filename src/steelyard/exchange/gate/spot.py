"""Orders and trades in coins.

Rule 1: an order is named by its number or by its text; by its text only while it rests.
Rule 2: a purchase at market is counted in quote; it may only be `ioc` or `fok`.
Rule 3: price-triggered orders have numbers of their own kind; they wait for the last price.
"""

from collections.abc import Mapping
from typing import Any, Final

from steelyard.exchange.gate import errors, parameters, words
from steelyard.exchange.gate.errors import GateError, invalid, missing
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.gate.waiting import Waiting
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import (
    EVERY,
    Condition,
    Fill,
    HallOrder,
    Product,
    Refused,
    Stage,
    Wanted,
)
from steelyard.model.decimals import format_units
from steelyard.model.kinds import BUY, FOK, IOC, LIMIT, MARKET, POST_ONLY, SELL

_SPOT: Final = Product.SPOT
FLAGS: Final = {"gtc": 0, "ioc": IOC, "poc": POST_ONLY, "fok": FOK}
_SIDES: Final = {"buy": BUY, "sell": SELL}
_ACCOUNTS: Final = frozenset({"", "spot", "unified", "normal"})
_RULES: Final = {">=": Condition.RISES, "<=": Condition.FALLS}
_OPEN_MAX: Final = 100


class SpotDesk:
    """Answers what is about orders in coins. Every call may raise GateError."""

    def __init__(self, hall: Hall) -> None:
        """Ask this hall."""
        self._hall = hall
        self.waiting = Waiting(hall, _SPOT, "market", self.waiting_word)

    # --- orders ----------------------------------------------------------------------------------

    def place(self, member: Member, fields: Mapping[str, Any], batch: int = 0) -> dict[str, Any]:
        """Create an order."""
        wanted = self._wanted(fields, batch)
        return self._told(self._hall.place(member.number, wanted))

    def place_many(self, member: Member, rows: list[Any]) -> list[dict[str, Any]]:
        """Create several; each is answered for itself."""
        parameters.check_batch(rows, parameters.CREATES_MAX)
        found = []
        for batch, fields in enumerate(rows, start=1):
            text = fields.get("text", "") if isinstance(fields, dict) else ""
            try:
                if not text:
                    raise missing("text")
                found.append(self.place(member, fields, batch) | {"succeeded": True})
            except GateError as error:
                found.append({"text": text, "succeeded": False, **error.words})
        return found

    def order(self, member: Member, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return one order."""
        return words.spot_order(self._hall, self._find(member, name, query))

    def cancel(self, member: Member, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Cancel one."""
        order = self._find(member, name, query)
        return self._told(self._hall.cancel(member.number, order=order.number, algo=False))

    def cancel_many(self, member: Member, rows: list[Any]) -> list[dict[str, Any]]:
        """Cancel several by number or text."""
        parameters.check_batch(rows, parameters.CANCELS_MAX)
        found = []
        for row in rows:
            name = str(row.get("id", ""))
            told = {"currency_pair": row.get("currency_pair"), "id": name, "text": name}
            try:
                self.cancel(member, name, row)
                found.append(told | {"succeeded": True, "label": None, "message": None})
            except GateError as error:
                found.append(told | {"succeeded": False, **error.words})
        return found

    def cancel_all(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Cancel all resting orders, of one pair or side."""
        place = parameters.some_place(self._hall, query, "currency_pair", _SPOT)
        side = _SIDES.get(query.get("side", ""), 0)
        ended = self._hall.cancel_all(
            member.number, instrument=place, product=_SPOT, algo=False, side=side
        )
        return [words.spot_order(self._hall, order) | {"succeeded": True} for order in ended]

    def amend(
        self, member: Member, name: str, query: Mapping[str, str], fields: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Change price or amount."""
        order = self._find(member, name, {**query, **fields})
        instrument = self._hall.instruments[order.instrument]
        price = quantity = 0
        if fields.get("price") is not None:
            value = parameters.decimal_of(fields, "price")
            price = parameters.units_of(value, instrument.price_decimals, "price")
        if fields.get("amount") is not None:
            value = parameters.decimal_of(fields, "amount")
            quantity = parameters.units_of(value, instrument.quantity_decimals, "amount")
        if not price and not quantity:
            raise missing("amount")
        note = fields.get("amend_text")
        changed = self._hall.amend(
            member.number, order=order.number, price=price, quantity=quantity,
            said={"amend_text": str(note)} if note else None,
        )  # fmt: skip
        return self._told(changed)

    def open_orders(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return resting orders by pair."""
        limit = parameters.limit_of(query, _OPEN_MAX, _OPEN_MAX)
        found = []
        for place, instrument in parameters.places_of(self._hall, _SPOT):
            orders = self._hall.open_orders(member.number, instrument=place, algo=False)
            rows = parameters.page_of(list(reversed(orders)), query, limit)
            if orders:
                found.append(
                    {
                        "currency_pair": symbol_of(instrument),
                        "total": len(orders),
                        "orders": [words.spot_order(self._hall, order) for order in rows],
                    }
                )
        return found

    def orders(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return orders that rest or have ended, newest first."""
        status = query.get("status", "open")
        place = parameters.some_place(self._hall, query, "currency_pair", _SPOT)
        if status == "open":
            if place == EVERY:
                raise missing("currency_pair")
            limit = parameters.limit_of(query, _OPEN_MAX, _OPEN_MAX)
            found = list(self._hall.open_orders(member.number, instrument=place, algo=False))
        elif status == "finished":
            limit = parameters.limit_of(query)
            start, end = parameters.span_of(query)
            rows = self._hall.orders(member.number, instrument=place, product=_SPOT, algo=False)
            found = [
                order
                for order in rows
                if not order.live and start <= order.updated_ns <= (end or order.updated_ns)
            ]
        else:
            raise invalid("status", status)
        shown = parameters.page_of(list(reversed(found)), query, limit)
        return [words.spot_order(self._hall, order) for order in shown]

    def trades(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return trades, newest first."""
        place = parameters.some_place(self._hall, query, "currency_pair", _SPOT)
        start, end = parameters.span_of(query)
        fills = self._hall.fills(
            member.number, instrument=place, product=_SPOT,
            order=parameters.whole_of(query, "order_id", 0), from_ns=start, to_ns=end,
        )  # fmt: skip
        rows = parameters.page_of(list(reversed(fills)), query, parameters.limit_of(query))
        return [words.spot_trade(self._hall, fill, self._text(member, fill)) for fill in rows]

    # --- price-triggered orders ------------------------------------------------------------------

    def place_waiting(self, member: Member, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Create one that waits for a price."""
        trigger, put = fields.get("trigger"), fields.get("put")
        if not isinstance(trigger, dict) or not isinstance(put, dict):
            raise missing("put" if isinstance(trigger, dict) else "trigger")
        place = parameters.place_of(self._hall, fields.get("market"), _SPOT)
        instrument = self._hall.instruments[place]
        rule = _RULES.get(str(trigger.get("rule")))
        if rule is None:
            raise invalid("trigger.rule", trigger.get("rule"))
        wanted = self._wanted({**put, "currency_pair": fields.get("market")}, 0)
        life_s = parameters.whole_of(trigger, "expiration", 0)
        price = parameters.decimal_of(trigger, "price")
        waiting = Wanted(
            instrument=place, side=wanted.side, quantity=wanted.quantity, type=wanted.type,
            price=wanted.price, flags=wanted.flags, client_id=parameters.text_of(put),
            condition=rule, algo=True, immediate=True,
            trigger=parameters.units_of(price, instrument.price_decimals, "trigger.price"),
            until_ns=self._hall.now_ns() + life_s * 10**9 if life_s else 0,
            said={**wanted.said, "expiration": str(life_s)},
        )  # fmt: skip
        found = self._hall.place(member.number, waiting)
        if isinstance(found, Refused):
            raise errors.of(found, _SPOT)
        return {"id": found.number}

    def waiting_word(self, member: Member, order: HallOrder) -> dict[str, Any]:
        """Return a price-triggered order in the venue's words."""
        instrument = self._hall.instruments[order.instrument]
        prices = instrument.price_decimals
        statuses = {
            Stage.WAITING: "open", Stage.TRIGGERED: "finish", Stage.CANCELED: "cancelled",
            Stage.EXPIRED: "expired",
        }  # fmt: skip
        account = order.said.get("account", "spot")
        return {
            "id": order.number,
            "user": int(member.user),
            "market": symbol_of(instrument),
            "trigger": {
                "price": format_units(order.trigger, prices),
                "rule": ">=" if order.condition == Condition.RISES else "<=",
                "expiration": int(order.said.get("expiration", "0")),
            },
            "put": {
                "type": "market" if order.type == MARKET else "limit",
                "side": "buy" if order.side == BUY else "sell",
                "price": format_units(order.price, prices),
                "amount": format_units(order.quantity, instrument.quantity_decimals),
                "account": "normal" if account == "spot" else account,
                "time_in_force": order.said.get("tif", "gtc"),
                "text": order.client_id or "api",
            },
            "ctime": order.created_ns // 10**9,
            "ftime": 0 if order.live else order.updated_ns // 10**9,
            "fired_order_id": order.became,
            "status": statuses.get(order.stage, "failed"),
            "reason": "",
        }

    # --- inside ----------------------------------------------------------------------------------

    def _wanted(self, fields: Mapping[str, Any], batch: int) -> Wanted:
        place = parameters.place_of(self._hall, fields.get("currency_pair"), _SPOT)
        instrument = self._hall.instruments[place]
        side = _SIDES.get(str(fields.get("side")))
        if side is None:
            raise invalid("side", fields.get("side"))
        kind = str(fields.get("type") or "limit")
        tif = str(fields.get("time_in_force") or ("gtc" if kind == "limit" else "ioc"))
        account = str(fields.get("account") or "spot")
        if kind not in {"limit", "market"}:
            raise invalid("type", kind)
        if tif not in FLAGS or (kind == "market" and tif not in {"ioc", "fok"}):
            raise invalid("time_in_force", tif)
        if account not in _ACCOUNTS:
            raise invalid("account", account)
        amount = parameters.decimal_of(fields, "amount")
        price = quantity = cost = 0
        if kind == "limit":
            value = parameters.decimal_of(fields, "price")
            price = parameters.units_of(value, instrument.price_decimals, "price")
        if kind == "market" and side == BUY:
            cost = parameters.units_of(amount, instrument.money_decimals, "amount")
        else:
            quantity = parameters.units_of(amount, instrument.quantity_decimals, "amount")
        return Wanted(
            instrument=place, side=side, quantity=quantity, cost=cost, price=price,
            type=LIMIT if kind == "limit" else MARKET, flags=FLAGS[tif],
            client_id=parameters.text_of(fields), batch=batch,
            said={
                "tif": tif, "account": "spot" if account == "normal" else account,
                "text": "apiv4",
            },
        )  # fmt: skip

    def _find(self, member: Member, name: str, query: Mapping[str, Any]) -> HallOrder:
        place = parameters.some_place(self._hall, query, "currency_pair", _SPOT)
        found = None
        if name.isdigit():
            found = self._hall.order(member.number, instrument=place, order=int(name), algo=False)
        elif place == EVERY:
            raise missing("currency_pair")
        else:
            found = self._hall.order(member.number, instrument=place, client_id=name, algo=False)
            # A text names an order only while it rests.
            if found is not None and (not found.live or found.parent):
                found = None
        if found is None or self._hall.product(found.instrument) != _SPOT:
            raise GateError("ORDER_NOT_FOUND", f"Order with ID {name} not found")
        return found

    def _text(self, member: Member, fill: Fill) -> str:
        order = self._hall.order(member.number, order=fill.order)
        return words.text_word(order, "apiv4") if order is not None else fill.client_id

    def _told(self, found: HallOrder | Refused) -> dict[str, Any]:
        if isinstance(found, Refused):
            raise errors.of(found, _SPOT)
        return words.spot_order(self._hall, found)
