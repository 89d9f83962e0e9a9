"""The hall: one venue's truth for one dialect, as `port.Hall` describes it.

Rule 1: whoever calls says first what time it is (`set_time`), and afterwards lets the news go
(`flush`).
Rule 2: `tick` lets happen what only time brings: funding, listen keys, guards, good-till dates.
"""

from collections.abc import Mapping, Sequence

from steelyard.exchange.hall.floor import HallSettings, Record
from steelyard.exchange.hall.orders import OrderFloor
from steelyard.exchange.hall.port import HallTerms
from steelyard.exchange.hall.wallets import cut
from steelyard.exchange.hall.words import (
    EVERY,
    Fill,
    HallOrder,
    Product,
    Refused,
    Stage,
    Status,
    Why,
)
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, REDUCE_ONLY, SELL


class OpenHall(OrderFloor):
    """A hall that is open."""

    def __init__(
        self, terms: HallTerms, instruments: Sequence[Instrument], settings: HallSettings
    ) -> None:
        """Open it; nothing can be traded before the first print."""
        super().__init__(terms, tuple(instruments), settings)
        self._settled = 0

    # --- time ------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let happen what time brings."""
        now_ns = self.now_ns()
        period = now_ns // self.terms.funding_span_ns
        if self._settled and period > self._settled:
            self.settle_funding(period * self.terms.funding_span_ns)
        self._settled = max(period, self._settled)
        for key in self.listen_keys.due(now_ns):
            self.drop_key(key)
        self.land()
        for member, own in enumerate(self.own):
            for (product, instrument), strike_ns in list(own.guards.items()):
                if strike_ns <= now_ns:
                    del own.guards[product, instrument]
                    self._cancel_all(member, instrument, product, None, 0, Why.GUARD)
            for record in list(own.open.values()):
                if 0 < record.now.until_ns <= now_ns and record.now.live:
                    self.cancel_record(record, Why.TIME)
        self.tell_second()

    def settle_funding(self, at_ns: int, instrument: int = EVERY) -> None:
        """Settle funding of every perpetual, or one, at the rate known for this time."""
        for k, product in enumerate(self.products):
            if product != Product.PERP or instrument not in (EVERY, k) or not self.tapes[k].last:
                continue
            pit, place = self.seats[k]
            mark = self.tapes[k].last
            rate = self.rate_at(k, at_ns)
            pit.exchange.funding(self.now_ns(), place, rate, mark)
            told = self.mark(k)
            told.ts_ns, told.rate = at_ns, rate
            self.settled.setdefault(k, []).append(told)
            self.absorb(pit)

    def expire_keys(self, members: Sequence[int]) -> int:
        """End all listen keys of these members at once."""
        keys = self.listen_keys.due(self.now_ns(), members=members)
        for key in keys:
            self.drop_key(key)
        return len(keys)

    # --- what a venue does to its members --------------------------------------------------------

    def force(self, member: int, instrument: int, reason: str, quantity: int = 0) -> int:
        """Close a member's position, or a part, as the venue does; return how much that was."""
        pit, k = self.seats[instrument]
        closed = 0
        for position in self.positions(member, instrument=instrument):
            part = min(quantity or abs(position.quantity), abs(position.quantity))
            side = SELL if position.quantity > 0 else BUY
            pit.exchange.foreign_trade(
                self.now_ns(), member, k, side, part, position_side=position.side,
                flags=REDUCE_ONLY, forced=reason,
            )  # fmt: skip
            self.absorb(pit)
            closed += part
        return closed

    def delist(self, instrument: int) -> None:
        """Cancel all orders in an instrument, settle all positions, and close it."""
        for member in range(len(self.members)):
            self._cancel_all(member, instrument, None, None, 0, Why.DELISTED)
            self.force(member, instrument, "settlement")
        self.set_status(instrument, Status.CLOSED)

    # --- orders ----------------------------------------------------------------------------------

    def cancel(
        self, member: int, *, instrument: int = EVERY, order: int = 0, client_id: str = "",
        algo: bool | None = None,
    ) -> HallOrder | Refused:  # fmt: skip
        """Cancel a live order."""
        record = self.find(member, instrument, order, client_id, algo)
        if record is None:
            return Refused(why=Why.NO_ORDER)
        if not record.now.live:
            return Refused(why=Why.ENDED)
        return self.cancel_record(record, Why.USER)

    def cancel_all(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        algo: bool | None = None, side: int = 0,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        """Cancel all live orders that fit."""
        return self._cancel_all(member, instrument, product, algo, side, Why.USER)

    def amend(
        self, member: int, *, instrument: int = EVERY, order: int = 0, client_id: str = "",
        price: int = 0, quantity: int = 0, trigger: int = 0, new_client_id: str = "",
        said: Mapping[str, str] | None = None,
    ) -> HallOrder | Refused:  # fmt: skip
        """Change a live order."""
        record = self.find(member, instrument, order, client_id, None)
        if record is None:
            return Refused(why=Why.NO_ORDER)
        if not record.now.live:
            return Refused(why=Why.ENDED)
        return self.amend_record(record, price, quantity, trigger, new_client_id, said)

    def order(
        self, member: int, *, instrument: int = EVERY, order: int = 0, client_id: str = "",
        algo: bool | None = None,
    ) -> HallOrder | None:  # fmt: skip
        """Look for an order."""
        record = self.find(member, instrument, order, client_id, algo)
        return record.seen(self.view_ns) if record else None

    def open_orders(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        algo: bool | None = None,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        """List live orders, oldest first."""
        own = self.own[member]
        records: Sequence[Record] = own.records if self.lag_ns else list(own.open.values())
        seen = (record.seen(self.view_ns) for record in records)
        return tuple(
            order
            for order in seen
            if order is not None and order.live and self._fits(order, instrument, product, algo)
        )

    def orders(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        algo: bool | None = None, from_ns: int = 0, to_ns: int = 0, after: int = 0,
        before: int = 0, limit: int = 0, newest: bool = False,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        """List orders of any stage, oldest first."""
        seen = (record.seen(self.view_ns) for record in self.own[member].records)
        found = [
            order
            for order in seen
            if order is not None
            and self._fits(order, instrument, product, algo)
            and from_ns <= order.created_ns <= (to_ns or order.created_ns)
            and order.number > after
            and (not before or order.number < before)
        ]
        return tuple(cut(found, limit, newest=newest))

    def fills(
        self, member: int, *, instrument: int = EVERY, product: Product | None = None,
        order: int = 0, from_ns: int = 0, to_ns: int = 0, after: int = 0, before: int = 0,
        limit: int = 0, newest: bool = False,
    ) -> tuple[Fill, ...]:  # fmt: skip
        """List fills, oldest first."""
        to_ns = min(to_ns or self.view_ns, self.view_ns)
        found = [
            fill
            for fill in self.own[member].fills
            if instrument in (EVERY, fill.instrument)
            and product in (None, self.products[fill.instrument])
            and order in (0, fill.order)
            and from_ns <= fill.ts_ns <= to_ns
            and fill.number > after
            and (not before or fill.number < before)
        ]
        return tuple(cut(found, limit, newest=newest))

    def guard(
        self, member: int, span_ns: int, *, product: Product | None = None, instrument: int = EVERY
    ) -> int:
        """Arm or disarm the dead-man's switch."""
        guards = self.own[member].guards
        guards.pop((product, instrument), None)
        if span_ns <= 0:
            return 0
        guards[product, instrument] = self.now_ns() + span_ns
        return guards[product, instrument]

    def open_interest(self, instrument: int) -> int:
        """Return the sum of the members' long positions."""
        pit, k = self.seats[instrument]
        holding = pit.exchange.engine.holding
        return sum(
            max(0, holding(member.number, k, side)[0]) for member in self.members for side in (0, 1)
        )

    # --- inside ----------------------------------------------------------------------------------

    def _cancel_all(
        self, member: int, instrument: int, product: Product | None, algo: bool | None,
        side: int, why: Why,
    ) -> tuple[HallOrder, ...]:  # fmt: skip
        records = [
            record
            for record in self.own[member].open.values()
            if self._fits(record.now, instrument, product, algo) and side in (0, record.now.side)
        ]
        return tuple(
            self.cancel_record(one, why) for one in records if one.now.stage != Stage.FILLED
        )

    def _fits(
        self, order: HallOrder, instrument: int, product: Product | None, algo: bool | None
    ) -> bool:
        return (
            instrument in (EVERY, order.instrument)
            and product in (None, self.products[order.instrument])
            and algo in (None, order.algo)
        )
