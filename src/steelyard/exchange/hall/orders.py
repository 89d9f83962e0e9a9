"""Orders of a hall: judged, placed, changed, canceled, and those that wait for a price.

Rule 1: first the hall's own objections (status, mode, names, numbers, margin at the account's own
leverage), then the engine's (filters, post-only, reduce-only, funds). The first one refuses.
Rule 2: conditional orders wait here and not in the engine: each print of the path is held against
them, in the order of their numbers.
Rule 3: an amended order is taken out of the engine and put in again; where the new one is refused
the old one goes back.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from steelyard.exchange.hall.booking import BookingFloor
from steelyard.exchange.hall.floor import Record
from steelyard.exchange.hall.words import (
    EVERY,
    Condition,
    HallOrder,
    Product,
    Refused,
    Stage,
    Status,
    Wanted,
    Why,
)
from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.kinds import BUY, LIMIT, MARKET, POST_ONLY, REDUCE_ONLY, SELL
from steelyard.model.reports import Refusal
from steelyard.venues.paper.books import worth
from steelyard.venues.paper.rules import NUMBER_MAX

WHYS: Final = {
    reasons.VENUE_TICK: Why.TICK,
    reasons.VENUE_LOT: Why.LOT,
    reasons.VENUE_MINIMUM: Why.MINIMUM,
    reasons.VENUE_MAXIMUM: Why.MAXIMUM,
    reasons.VENUE_NOTIONAL: Why.NOTIONAL,
    reasons.VENUE_BAND: Why.BAND,
    reasons.OVERFLOW_REFUSED: Why.NUMBER,
    reasons.POST_ONLY_CROSSES: Why.POST_ONLY,
    reasons.VENUE_WOULD_INCREASE: Why.REDUCE_ONLY,
    reasons.VENUE_NO_FUNDS: Why.FUNDS,
    reasons.VENUE_NO_COINS: Why.COINS,
    reasons.VENUE_NO_MARGIN: Why.MARGIN,
    reasons.VENUE_TOO_MANY: Why.TOO_MANY,
    reasons.NO_MARKET: Why.NOBODY,
    reasons.VENUE_MODE: Why.MODE,
}
_RATE_ONE: Final = 10**8


class OrderFloor(BookingFloor):
    """A floor that takes orders."""

    def place(self, member: int, wanted: Wanted) -> HallOrder | Refused:
        """Create an order."""
        refused = self._objection(member, wanted)
        if refused is not None and refused.why not in wanted.soft:
            return refused
        order = self._order_of(member, wanted)
        record = Record(order)
        self.keep(record)
        if refused is None and wanted.condition:
            refused = self._wait(record, wanted)
        elif refused is None:
            refused = self._hand_in(record)
            if refused is None:
                self.absorb(self.seats[order.instrument][0])
        if refused is None:
            return record.now
        if refused.why not in wanted.soft:
            self.drop(record)
            return refused
        self.announce(record)
        return self.end(record, Stage.CANCELED, refused.why)

    def cancel_record(self, record: Record, why: Why) -> HallOrder:
        """Cancel a live order."""
        order = record.now
        if order.stage == Stage.WAITING:
            return self.end(record, Stage.CANCELED, why)
        pit, k = self.seats[order.instrument]
        pit.exchange.cancel(self.now_ns(), order.member, str(order.number), k)
        self.absorb(pit, why)
        return record.now

    def amend_record(
        self, record: Record, price: int, quantity: int, trigger: int, client_id: str,
        said: Mapping[str, str] | None,
    ) -> HallOrder | Refused:  # fmt: skip
        """Change a live order."""
        order = record.now
        price, quantity = price or order.price, quantity or order.quantity
        changes = {
            "price": price, "quantity": quantity, "trigger": trigger or order.trigger,
            "said": {**order.said, **said} if said else order.said, "updated_ns": self.now_ns(),
        }  # fmt: skip
        if refused := self._misfit(order.instrument, price, quantity, int(changes["trigger"])):  # type: ignore[call-overload]
            return refused
        if client_id:
            if self._in_use(order.member, order.instrument, order.algo, client_id):
                return Refused(why=Why.DUPLICATE)
            changes["client_id"] = client_id
            name = self.name(order.instrument, order.algo, client_id)
            self.own[order.member].names[name] = record
        if quantity <= order.filled:
            return self.cancel_record(record, Why.USER)
        if order.stage == Stage.OPEN:
            refused = self._exchange(record, changes)
            if refused is not None:
                return refused
        else:
            record.change(**changes)
        self.tell_order(record, amended=True)
        self.absorb(self.seats[order.instrument][0])
        return record.now

    def find(
        self, member: int, instrument: int, number: int, client_id: str, algo: bool | None
    ) -> Record | None:
        """Look for a record, live ones first."""
        own = self.own[member]
        if number:
            record = self.records.get(number)
            fits = record is not None and record.now.member == member
            found = [record] if record is not None and fits else []
        else:
            of: list[Product | None] = [None] if self.terms.unified else list(Product)
            names = [(p, a, client_id) for p in of for a in (False, True)]
            found = [own.names[name] for name in names if client_id and name in own.names]
        found = [
            one
            for one in found
            if instrument in (EVERY, one.now.instrument) and algo in (None, one.now.algo)
        ]
        return max(found, key=lambda r: (r.now.live, r.now.number), default=None)

    # --- conditions ------------------------------------------------------------------------------

    def printed(self, instrument: int, price: int) -> None:
        """Book what a print filled, then hold it against the conditions."""
        self.absorb(self.seats[instrument][0])
        for record in self.waiting(instrument):
            if self._met(record, price):
                self.trigger(record)

    def waiting(self, instrument: int) -> list[Record]:
        """List the conditional orders of an instrument, oldest first."""
        found = self.conditional.get(instrument)
        if not found:
            return []
        live = [one for one in found if one.now.stage == Stage.WAITING]
        self.conditional[instrument] = live
        return list(live)

    def trigger(self, record: Record) -> None:
        """Let a conditional order become active, or another order."""
        order, now_ns = record.now, self.now_ns()
        pit = self.seats[order.instrument][0]
        active = record
        if order.algo:
            self.number += 1
            child = structs.replace(
                order, number=self.number, algo=False, stage=Stage.OPEN, parent=order.number,
                created_ns=now_ns, updated_ns=now_ns, triggered_ns=now_ns, changes=1,
            )  # fmt: skip
            active = Record(child)
            self.keep(active)
            record.change(
                stage=Stage.TRIGGERED, became=child.number, triggered_ns=now_ns, updated_ns=now_ns
            )
            self.own[order.member].open.pop(order.number, None)
        else:
            record.announced = False
            record.change(stage=Stage.OPEN, triggered_ns=now_ns, updated_ns=now_ns)
        refused = self._hand_in(active)
        if refused is None:
            if order.algo:
                self.tell_order(record)
            self.absorb(pit)
            return
        if order.algo:
            self.drop(active)
            record.change(stage=Stage.REJECTED, why=refused.why, became=0)
            self.tell_order(record)
        else:
            record.announced = True
            ends = refused.why == Why.REDUCE_ONLY
            self.end(record, Stage.EXPIRED if ends else Stage.REJECTED, refused.why)

    def _wait(self, record: Record, wanted: Wanted) -> Refused | None:
        order = record.now
        last, buys = self.tapes[order.instrument].last, order.side == BUY
        record.rises = {
            Condition.STOP: buys,
            Condition.TAKE_PROFIT: not buys,
            Condition.RISES: True,
            Condition.FALLS: False,
            Condition.CROSSES: order.trigger > last,
            Condition.TRAILING: not buys,
        }[order.condition]
        waiting = sum(1 for one in self.waiting(order.instrument) if one.now.member == order.member)
        if self.terms.algo_max and waiting >= self.terms.algo_max:
            return Refused(why=Why.TOO_MANY, have=waiting, need=self.terms.algo_max)
        met = order.condition != Condition.TRAILING and self._met(record, last)
        if met and not wanted.immediate:
            return Refused(why=Why.TRIGGER, have=last, need=order.trigger)
        record.change(stage=Stage.WAITING)
        self.conditional.setdefault(order.instrument, []).append(record)
        self.announce(record)
        if met:
            self.trigger(record)
        elif order.condition == Condition.TRAILING:
            self._met(record, last)
        return None

    def _met(self, record: Record, price: int) -> bool:
        order = record.now
        if order.condition != Condition.TRAILING:
            return price >= order.trigger if record.rises else price <= order.trigger
        if not record.best:
            reached = price >= order.trigger if record.rises else price <= order.trigger
            if not order.trigger or reached:
                record.best = price
            return False
        sells = order.side == SELL
        record.best = max(record.best, price) if sells else min(record.best, price)
        distance = order.trail or record.best * order.trail_rate // _RATE_ONE
        return price <= record.best - distance if sells else price >= record.best + distance

    # --- judging ---------------------------------------------------------------------------------

    def _objection(self, member: int, wanted: Wanted) -> Refused | None:
        k = wanted.instrument
        if not 0 <= k < len(self.instruments):
            return Refused(why=Why.NO_INSTRUMENT)
        if wanted.batch and wanted.batch in self.batch_faults:
            return Refused(why=Why.BUSY)
        return (
            self._closed(wanted)
            or self._misplaced(member, wanted)
            or self._malformed(self._order_of(member, wanted, count=False))
        )

    def _closed(self, wanted: Wanted) -> Refused | None:
        """Judge what the venue and the instrument take at the moment."""
        takes = {self.whole, self.statuses[wanted.instrument]}
        post_only = Status.POST_ONLY in takes and not wanted.flags & POST_ONLY
        if post_only or not takes <= {Status.TRADING, Status.POST_ONLY}:
            return Refused(why=Why.STATUS)
        if not self.tapes[wanted.instrument].last:
            return Refused(why=Why.NOBODY)
        return None

    def _misplaced(self, member: int, wanted: Wanted) -> Refused | None:
        """Judge whom an order is for: position side, name, date."""
        k = wanted.instrument
        hedged = self.products[k] == Product.PERP and self.sides[member]
        if wanted.position_side not in ((0, 1) if hedged else (0,)):
            return Refused(why=Why.MODE)
        if self._in_use(member, k, wanted.algo, wanted.client_id):
            return Refused(why=Why.DUPLICATE)
        if wanted.until_ns and wanted.until_ns <= self.now_ns():
            return Refused(why=Why.TIME)
        return None

    def _malformed(self, order: HallOrder) -> Refused | None:
        """Judge an order's numbers."""
        k = order.instrument
        numbers = [order.quantity, order.price if order.type == LIMIT else 1]
        if order.condition == Condition.TRAILING:
            numbers.append(order.trail or order.trail_rate)
        elif order.condition:
            numbers.append(order.trigger)
        if not all(0 < number <= NUMBER_MAX for number in numbers):
            return Refused(why=Why.NUMBER)
        if order.condition:
            return self._misfit(k, order.price, order.quantity, order.trigger)
        return self._unpaid(order) if self.products[k] == Product.PERP else None

    def _in_use(self, member: int, instrument: int, algo: bool, client_id: str) -> bool:
        name = self.name(instrument, algo, client_id)
        known = self.own[member].names.get(name) if client_id else None
        return known is not None and (known.now.live or self.terms.id_scope == "ever")

    def _misfit(self, k: int, price: int, quantity: int, trigger: int) -> Refused | None:
        """Hold an order against the filters that the engine does not see at once."""
        one = self.instruments[k]
        for number, step, why in (
            (price, one.tick, Why.TICK), (trigger, one.tick, Why.TICK),
            (quantity, one.lot, Why.LOT),
        ):  # fmt: skip
            if number % step:
                return Refused(why=why, have=number, need=step)
        if quantity < one.quantity_min:
            return Refused(why=Why.MINIMUM, have=quantity, need=one.quantity_min)
        if quantity > one.quantity_max:
            return Refused(why=Why.MAXIMUM, have=quantity, need=one.quantity_max)
        return None

    def _unpaid(self, order: HallOrder) -> Refused | None:
        """Judge the margin that the account's own leverage demands of what the order opens."""
        member, k = order.member, order.instrument
        if order.flags & REDUCE_ONLY:
            return None
        pit, place = self.seats[k]
        held = pit.exchange.position(member, place, order.position_side)
        if self.sides[member] and order.side != (BUY if order.position_side == 0 else SELL):
            return None
        opens = order.quantity
        if held * order.side < 0:
            opens = max(0, opens - abs(held))
        if not opens:
            return None
        price = order.price if order.type == LIMIT else self.tapes[k].last
        value = abs(worth(self.instruments[k], price, opens))
        need = value // self.leverage(member, k) + value * self.fees(member, k)[1] // _RATE_ONE
        margin = self.margin(member)
        have = int(self.instruments[k].money(margin.available))
        return Refused(why=Why.MARGIN, have=have, need=need) if need > have else None

    # --- the engine ------------------------------------------------------------------------------

    def _order_of(self, member: int, wanted: Wanted, *, count: bool = True) -> HallOrder:
        quantity = wanted.quantity
        if wanted.cost and not quantity:
            best = self.books[wanted.instrument].best()
            price = wanted.price or (best[2] if wanted.side == BUY else best[0])
            quantity = self.quantity_for(wanted.instrument, wanted.cost, price)
        self.number += count
        now_ns = self.now_ns()
        return HallOrder(
            number=self.number, member=member, instrument=wanted.instrument,
            client_id=wanted.client_id, side=wanted.side, type=wanted.type, flags=wanted.flags,
            price=wanted.price if wanted.type != MARKET else 0, quantity=quantity,
            stage=Stage.OPEN, created_ns=now_ns, updated_ns=now_ns,
            position_side=wanted.position_side, condition=wanted.condition,
            trigger=wanted.trigger, trigger_by=wanted.trigger_by, trail=wanted.trail,
            trail_rate=wanted.trail_rate, algo=wanted.algo, until_ns=wanted.until_ns,
            margin_mode=wanted.margin_mode, cost=wanted.cost, said=wanted.said,
        )  # fmt: skip

    def _hand_in(self, record: Record) -> Refused | None:
        """Give an order to the engine; what it says waits to be absorbed."""
        order = record.now
        pit, k = self.seats[order.instrument]
        placing = Placing(
            client_id=str(order.number), instrument=k, side=order.side, type=order.type,
            flags=order.flags, price=order.price, quantity=order.left,
            position_side=order.position_side,
        )  # fmt: skip
        reply = pit.exchange.place(self.now_ns(), order.member, placing)
        if isinstance(reply, Refusal):
            why = WHYS.get(reply.code, Why.OTHER)
            return Refused(why=why, have=reply.have, need=reply.need, text=reply.text)
        return None

    def _exchange(self, record: Record, changes: dict[str, object]) -> Refused | None:
        """Put an order into the engine anew, or back as it was."""
        order = record.now
        pit, k = self.seats[order.instrument]
        record.quiet = True
        pit.exchange.cancel(self.now_ns(), order.member, str(order.number), k)
        self.absorb(pit)
        kept, past = record.now, len(record.past)
        record.change(**changes)
        refused = self._hand_in(record)
        if refused is not None:
            record.now = kept
            del record.past[past:]
            back = self._hand_in(record)
            record.quiet = False
            if back is not None:
                self.end(record, Stage.CANCELED, back.why)
            else:
                self.absorb(pit)
            return refused
        record.quiet = False
        return None
