"""Orders over REST: placing, canceling, changing and asking, of both products.

Rule 1: pages go backwards: `idLessThan` is the last id of the page before, newest first.
Rule 2: a batch is answered by what was done and what was not, each with its reason.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import structs

from steelyard.exchange.bitget import placing
from steelyard.exchange.bitget.errors import Fault, refused
from steelyard.exchange.bitget.reading import PRODUCT_TYPE, Asked
from steelyard.exchange.bitget.words import Words
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import (
    LIVE,
    HallOrder,
    Product,
    Refused,
    Stage,
    Wanted,
    Why,
)

SPOT: Final = Product.SPOT
PERP: Final = Product.PERP
BATCH_MAX: Final = 50


class Trading:
    """Answers requests about plain orders and trades."""

    def __init__(self, hall: Hall, words: Words) -> None:
        """Ask this hall."""
        self._hall, self._words = hall, words

    # --- making ----------------------------------------------------------------------------------

    def place_spot(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)
        return self.place(member, placing.spot(asked), SPOT)

    def place_mix(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        return self.place(member, placing.perpetual(asked, member), PERP)

    def place(self, member: Member, wanted: Wanted, product: Product) -> dict[str, str]:
        """Create an order; the venue makes up an id for one that has none."""
        if not wanted.client_id:
            made_up = f"{self._hall.now_ns()}{wanted.batch}"
            wanted = structs.replace(wanted, client_id=made_up)
        made = self._hall.place(member.number, wanted)
        if isinstance(made, Refused):
            raise refused(made, product)
        return named(made)

    def batch_spot(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)

        def one(part: Asked, number: int) -> dict[str, str]:
            return self.place(member, placing.spot(part, batch=number), SPOT)

        return self._batch(asked, asked.rows("orderList"), one)

    def batch_mix(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)

        def one(part: Asked, number: int) -> dict[str, str]:
            return self.place(member, placing.perpetual(part, member, batch=number), PERP)

        return self._batch(asked, asked.rows("orderList"), one)

    # --- canceling -------------------------------------------------------------------------------

    def cancel_spot(self, asked: Asked, member: Member) -> Any:
        return self._cancel(asked, member, SPOT)

    def cancel_mix(self, asked: Asked, member: Member) -> Any:
        asked.product_type()
        return self._cancel(asked, member, PERP)

    def _cancel(self, asked: Asked, member: Member, product: Product) -> dict[str, str]:
        placing.may_trade(member, product)
        order, client_id = name_of(asked)
        place = asked.any_instrument(product)
        if self._live(member, order, client_id, product) is None:
            why = Why.ENDED if self._known(member, order, client_id, product) else Why.NO_ORDER
            raise refused(Refused(why=why), product)
        gone = self._hall.cancel(
            member.number, instrument=place, order=order, client_id=client_id, algo=False
        )
        if isinstance(gone, Refused):
            raise refused(gone, product)
        return named(gone)

    def batch_cancel_spot(self, asked: Asked, member: Member) -> Any:
        return self._batch(
            asked, asked.rows("orderList"), lambda part, _: self._cancel(part, member, SPOT)
        )

    def batch_cancel_mix(self, asked: Asked, member: Member) -> Any:
        """Cancel those that are named, or all of a symbol, or all."""
        asked.product_type()
        rows = asked.rows("orderIdList")
        if rows:
            return self._batch(asked, rows, lambda part, _: self._cancel(part, member, PERP))
        return self.cancel_all_mix(asked, member)

    def cancel_all_mix(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        if asked.product_type() != PRODUCT_TYPE:
            return {"successList": [], "failureList": []}
        gone = self._hall.cancel_all(
            member.number, instrument=asked.any_instrument(PERP), product=PERP, algo=False
        )
        if not gone:
            raise Fault("22001", "No order to cancel")
        return {"successList": [named(order) for order in gone], "failureList": []}

    def cancel_symbol(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)
        place = asked.instrument(SPOT)
        self._hall.cancel_all(member.number, instrument=place, product=SPOT, algo=False)
        return {"symbol": asked.text("symbol")}

    # --- changing --------------------------------------------------------------------------------

    def modify_mix(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        asked.product_type()
        place = asked.instrument(PERP)
        one = self._hall.instruments[place]
        if asked.has("newSize") != asked.has("newPrice"):
            raise Fault("40925", "price or size must be passed in together")
        if not asked.has("newClientOid"):
            raise Fault("22003", "modify price and size, please pass in newClientOid")
        return self._amend(
            asked, member, place, PERP, price=asked.price("newPrice", one, PERP),
            size=asked.size("newSize", one, PERP), new_id="newClientOid",
        )  # fmt: skip

    def replace_spot(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, SPOT)
        place = asked.instrument(SPOT)
        one = self._hall.instruments[place]
        try:
            done = self._amend(
                asked, member, place, SPOT, price=asked.price("price", one, SPOT),
                size=asked.size("size", one, SPOT), new_id="newClientOid",
            )  # fmt: skip
        except Fault as fault:
            order = asked.text("orderId", "")
            return {"orderId": order, "clientOid": None, "success": "failure", "msg": fault.text}
        return {**done, "success": "success", "msg": None}

    def _amend(
        self, asked: Asked, member: Member, place: int, product: Product, *, price: int, size: int,
        new_id: str,
    ) -> dict[str, str]:  # fmt: skip
        order, client_id = name_of(asked)
        found = self._live(member, order, client_id, product)
        if found is None:
            raise refused(Refused(why=Why.NO_ORDER), product)
        fresh = placing.client_id_of(asked, new_id)
        done = self._hall.amend(
            member.number, instrument=place, order=found.number, price=price, quantity=size,
            new_client_id=fresh if fresh != found.client_id else "",
        )  # fmt: skip
        if isinstance(done, Refused):
            raise refused(done, product)
        return named(done)

    # --- asking ----------------------------------------------------------------------------------

    def detail_spot(self, asked: Asked, member: Member) -> Any:
        order, client_id = name_of(asked)
        found = self._known(member, order, client_id, SPOT)
        return [self._words.spot_order(found)] if found is not None else []

    def detail_mix(self, asked: Asked, member: Member) -> Any:
        asked.product_type()
        order, client_id = name_of(asked)
        found = self._known(member, order, client_id, PERP)
        if found is None:
            raise Fault(
                "40109", "The data of the order cannot be found, please confirm the order number"
            )
        return self._words.mix_order(found)

    def open_spot(self, asked: Asked, member: Member) -> Any:
        if asked.text("tpslType", "normal") == "tpsl":
            return []
        rows = self._hall.open_orders(
            member.number, instrument=asked.any_instrument(SPOT), product=SPOT, algo=False
        )
        wanted = asked.number("orderId")
        rows = tuple(row for row in rows if not wanted or row.number == wanted)
        return [self._words.spot_order(row, pending=True) for row in paged(rows, asked)]

    def open_mix(self, asked: Asked, member: Member) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return {"entrustedList": None, "endId": None}
        rows = self._hall.open_orders(
            member.number, instrument=asked.any_instrument(PERP), product=PERP, algo=False
        )
        order, client_id = asked.number("orderId"), asked.text("clientOid", "")
        rows = tuple(
            row for row in rows
            if (not order or row.number == order) and (not client_id or row.client_id == client_id)
        )  # fmt: skip
        return listed([self._words.mix_order(row) for row in paged(rows, asked)])

    def history_spot(self, asked: Asked, member: Member) -> Any:
        return [self._words.spot_order(row) for row in self._ended(asked, member, SPOT)]

    def history_mix(self, asked: Asked, member: Member) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return {"entrustedList": None, "endId": None}
        rows = self._ended(asked, member, PERP)
        return listed([self._words.mix_order(row) for row in rows])

    def fills_spot(self, asked: Asked, member: Member) -> Any:
        return self._fills(asked, member, SPOT)

    def fills_mix(self, asked: Asked, member: Member) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return {"fillList": None, "endId": None}
        rows = self._fills(asked, member, PERP)
        return {"fillList": rows or None, "endId": rows[-1]["tradeId"] if rows else None}

    # --- inside ----------------------------------------------------------------------------------

    def _fills(self, asked: Asked, member: Member, product: Product) -> list[dict[str, Any]]:
        start_ns, end_ns = asked.span()
        fills = self._hall.fills(
            member.number, instrument=asked.any_instrument(product), product=product,
            order=asked.number("orderId"), from_ns=start_ns, to_ns=end_ns,
            before=asked.number("idLessThan"), limit=asked.limit(), newest=True,
        )  # fmt: skip
        rows = []
        for fill in reversed(fills):
            order = self._hall.order(member.number, order=fill.order)
            rows.append(self._words.fill(fill, order))
        return rows

    def _ended(self, asked: Asked, member: Member, product: Product) -> list[HallOrder]:
        start_ns, end_ns = asked.span()
        rows = self._hall.orders(
            member.number, instrument=asked.any_instrument(product), product=product, algo=False,
            from_ns=start_ns, to_ns=end_ns, before=asked.number("idLessThan"),
        )  # fmt: skip
        order, client_id = asked.number("orderId"), asked.text("clientOid", "")
        kept = [
            row for row in rows
            if row.stage not in LIVE and row.stage != Stage.TRIGGERED
            and (not order or row.number == order)
            and (not client_id or row.client_id == client_id)
        ]  # fmt: skip
        return kept[::-1][: asked.limit()]

    def _live(
        self, member: Member, order: int, client_id: str, product: Product
    ) -> HallOrder | None:
        found = self._known(member, order, client_id, product)
        return found if found is not None and found.live else None

    def _known(
        self, member: Member, order: int, client_id: str, product: Product
    ) -> HallOrder | None:
        found = self._hall.order(member.number, order=order, client_id=client_id, algo=False)
        if found is None or self._hall.product(found.instrument) != product:
            return None
        return found

    def _batch(
        self, asked: Asked, rows: list[Any], do: Callable[[Asked, int], dict[str, str]]
    ) -> dict[str, list[dict[str, str]]]:
        if not rows:
            raise Fault("40019", "Parameter orderList cannot be empty")
        if len(rows) > BATCH_MAX:
            raise Fault("40306", f"Batch processing orders can only process up to {BATCH_MAX}")
        done: list[dict[str, str]] = []
        failed: list[dict[str, str]] = []
        for number, row in enumerate(rows, start=1):
            part = asked.part(row)
            try:
                done.append(do(part, number))
            except Fault as fault:
                failed.append({
                    "orderId": part.text("orderId", ""), "clientOid": part.text("clientOid", ""),
                    "errorMsg": fault.text, "errorCode": fault.code,
                })  # fmt: skip
        return {"successList": done, "failureList": failed}


def named(order: HallOrder) -> dict[str, str]:
    """Return the two names of an order."""
    return {"orderId": str(order.number), "clientOid": order.client_id}


def name_of(asked: Asked) -> tuple[int, str]:
    """Return an order's number or the client's id; the number goes first."""
    order, client_id = asked.number("orderId"), asked.text("clientOid", "")
    if not order and not client_id:
        raise Fault("40924", "orderId and clientOid must have one")
    return order, "" if order else client_id


def paged(rows: Iterable[HallOrder], asked: Asked) -> list[HallOrder]:
    """Return the newest rows that are older than the page before."""
    before = asked.number("idLessThan")
    kept = [row for row in rows if not before or row.number < before]
    kept.sort(key=lambda row: row.number, reverse=True)
    return kept[: asked.limit()]


def listed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a page of futures orders."""
    return {"entrustedList": rows or None, "endId": rows[-1]["orderId"] if rows else None}
