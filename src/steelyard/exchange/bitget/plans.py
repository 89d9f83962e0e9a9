"""Conditional orders over REST: a namespace of their own, in each product."""

from typing import Any, Final

from steelyard.exchange.bitget import placing
from steelyard.exchange.bitget.errors import Fault, refused
from steelyard.exchange.bitget.reading import PRODUCT_TYPE, Asked
from steelyard.exchange.bitget.trading import Trading, listed, name_of, named, paged
from steelyard.exchange.bitget.words import Words, plan_type
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import LIVE, HallOrder, Product, Refused

SPOT: Final = Product.SPOT
PERP: Final = Product.PERP
_TPSL: Final = frozenset(placing.TPSL)


class Plans:
    """Answers requests about conditional orders."""

    def __init__(self, hall: Hall, words: Words, trading: Trading) -> None:
        """Ask this hall."""
        self._hall, self._words, self._trading = hall, words, trading

    def place_spot(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)
        return self._trading.place(member, placing.spot_plan(asked), SPOT)

    def place_plan(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        return self._trading.place(member, placing.plan(asked, member), PERP)

    def place_tpsl(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        return self._trading.place(member, placing.tpsl(asked, member), PERP)

    # --- canceling -------------------------------------------------------------------------------

    def cancel_spot(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)
        order, client_id = name_of(asked)
        gone = self._hall.cancel(member.number, order=order, client_id=client_id, algo=True)
        if isinstance(gone, Refused):
            raise Fault("43025", "Plan order does not exist")
        return {"result": "success"}

    def batch_cancel_spot(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)
        done: list[dict[str, str]] = []
        for symbol in asked.rows("symbolList"):
            place = Asked(self._hall, {"symbol": symbol}).instrument(SPOT)
            gone = self._hall.cancel_all(member.number, instrument=place, product=SPOT, algo=True)
            done += [named(order) for order in gone]
        return {"successList": done, "failureList": []}

    def cancel_mix(self, asked: Asked, member: Member) -> Any:
        """Cancel those that are named, or all of a plan type."""
        placing.may_trade(member, PERP)
        asked.product_type()
        rows = asked.rows("orderIdList")
        done: list[dict[str, str]] = []
        failed: list[dict[str, str]] = []
        if not rows:
            place, kind = asked.any_instrument(PERP), asked.text("planType", "normal_plan")
            for order in self._pending(member, place):
                if _fits(order, kind):
                    gone = self._hall.cancel(member.number, order=order.number, algo=True)
                    done += [named(gone)] if isinstance(gone, HallOrder) else []
            return {"successList": done, "failureList": []}
        for row in rows:
            part = asked.part(row)
            number, client_id = name_of(part)
            found = self._gone(member, number, client_id, part.text("planType", "normal_plan"))
            if isinstance(found, HallOrder):
                done.append(named(found))
            else:
                failed.append({
                    "orderId": part.text("orderId", ""), "clientOid": client_id,
                    "errorMsg": "notExistend", "errorCode": "43025",
                })  # fmt: skip
        return {"successList": done, "failureList": failed}

    def _gone(
        self, member: Member, number: int, client_id: str, kind: str
    ) -> HallOrder | Refused | None:
        """Cancel an order, if it is of the plan type that the client names."""
        found = self._hall.order(member.number, order=number, client_id=client_id, algo=True)
        if found is None or plan_type(found) != kind:
            return None
        return self._hall.cancel(member.number, order=found.number, algo=True)

    # --- changing --------------------------------------------------------------------------------

    def modify_plan(self, asked: Asked, member: Member) -> Any:
        return self._modify(asked, member, "newTriggerPrice", "newSize", "newPrice")

    def modify_tpsl(self, asked: Asked, member: Member) -> Any:
        return self._modify(asked, member, "triggerPrice", "size", "executePrice")

    def _modify(
        self, asked: Asked, member: Member, trigger: str, size: str, price: str
    ) -> dict[str, str]:
        placing.may_trade(member, PERP)
        place = asked.instrument(PERP)
        one = self._hall.instruments[place]
        order, client_id = name_of(asked)
        priced = asked.has(price) and asked.decimal(price) > 0
        done = self._hall.amend(
            member.number, instrument=place, order=self._number(member, order, client_id),
            price=asked.price(price, one, PERP) if priced else 0,
            quantity=asked.size(size, one, PERP) if asked.has(size) else 0,
            trigger=asked.price(trigger, one, PERP) if asked.has(trigger) else 0,
        )  # fmt: skip
        if isinstance(done, Refused):
            raise refused(done, PERP)
        return named(done)

    def _number(self, member: Member, order: int, client_id: str) -> int:
        found = self._hall.order(member.number, order=order, client_id=client_id, algo=True)
        if found is None or not found.live:
            raise Fault("43025", "Plan order does not exist")
        return found.number

    # --- asking ----------------------------------------------------------------------------------

    def current_spot(self, asked: Asked, member: Member) -> Any:
        rows = self._hall.open_orders(
            member.number, instrument=asked.any_instrument(SPOT), product=SPOT, algo=True
        )
        return self._spot_page(list(rows), asked)

    def history_spot(self, asked: Asked, member: Member) -> Any:
        rows = self._hall.orders(
            member.number, instrument=asked.any_instrument(SPOT), product=SPOT, algo=True
        )
        return self._spot_page([row for row in rows if row.stage not in LIVE], asked)

    def _spot_page(self, rows: list[HallOrder], asked: Asked) -> dict[str, Any]:
        page = paged(rows, asked)
        words = [self._words.plan(row) for row in page]
        last = words[-1]["orderId"] if words else None
        more = bool(page) and any(row.number < page[-1].number for row in rows)
        return {"orderList": words, "nextFlag": more, "idLessThan": last}

    def pending_mix(self, asked: Asked, member: Member) -> Any:
        return self._mix_page(
            asked, lambda: list(self._pending(member, asked.any_instrument(PERP)))
        )

    def history_mix(self, asked: Asked, member: Member) -> Any:
        def rows() -> list[HallOrder]:
            found = self._hall.orders(
                member.number, instrument=asked.any_instrument(PERP), product=PERP, algo=True
            )
            wanted = asked.text("planStatus", "")
            ended = [row for row in found if row.stage not in LIVE]
            return [
                row for row in ended
                if not wanted or self._words.plan(row)["planStatus"] == wanted
            ]  # fmt: skip

        return self._mix_page(asked, rows)

    def sub_orders(self, asked: Asked, member: Member) -> Any:
        found = self._hall.order(member.number, order=asked.number("planOrderId"), algo=True)
        if found is None or not found.became:
            return []
        return [{"orderId": str(found.became), "price": "", "type": "market", "status": "success"}]

    def _mix_page(self, asked: Asked, rows: Any) -> dict[str, Any]:
        if asked.product_type() != PRODUCT_TYPE:
            return {"entrustedList": None, "endId": None}
        kind = asked.text("planType").lower()
        order, client_id = asked.number("orderId"), asked.text("clientOid", "")
        kept = [
            row for row in rows()
            if _fits(row, kind) and (not order or row.number == order)
            and (not client_id or row.client_id == client_id)
        ]  # fmt: skip
        return listed([self._words.plan(row) for row in paged(kept, asked)])

    def _pending(self, member: Member, place: int) -> tuple[HallOrder, ...]:
        return self._hall.open_orders(member.number, instrument=place, product=PERP, algo=True)


def _fits(order: HallOrder, kind: str) -> bool:
    """Say whether an order is of a plan type, or of the family `profit_loss`."""
    name = plan_type(order)
    return name == kind or (kind == "profit_loss" and name in _TPSL)
