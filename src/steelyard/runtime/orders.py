"""What is known of each order at the venue, folded into events the kernel's table allows.

Rule 1: an order is found by its client id, which says its number; what does not decode to this
book is somebody else's and is never touched.
Rule 2: fills come from trades, each trade once; a status is told when the trades it speaks of are
all here, so any order of arrival, and any repetition, gives the same fold.
Rule 3: an order that was sent and not heard of is UNKNOWN. It becomes NOT_PLACED only when nothing
left the house, or by two questions asked after the fence that found nothing.
Rule 4: a cancel is wanted until its order is over; a refused cancel asks what became of the order.
Rule 5: what the kernel has forgotten is booked as a named adjustment of its robot, never dropped.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.ports import VenueTerms
from steelyard.model import events as ev
from steelyard.model.client_ids import decode
from steelyard.model.orders import MATRIX, OrderNews, OrderStatus
from steelyard.model.reports import OrderReport, OrderState, TradeReport
from steelyard.model.units import Money, Nanos, Price, Quantity
from steelyard.runtime.attributing import adjustment, attribute, change_of

TRADES_KEPT: Final = 5_000
ORDERS_KEPT: Final = 2_000
SENT: Final = int(OrderStatus.SENT)
_FIRST_TERMINAL: Final = int(OrderStatus.FILLED)
_KEPT: Final = (
    "number", "client_id", "robot", "instrument", "quantity", "slot", "seen", "over", "traded",
    "reported", "cancel_wanted",
)  # fmt: skip
_MOVES: Final = tuple(tuple(int(cell) for cell in row) for row in MATRIX)
_ENDS: Final[dict[OrderState, tuple[OrderNews, Any]]] = {
    OrderState.CANCELED: (OrderNews.CANCELED, ev.Canceled),
    OrderState.EXPIRED: (OrderNews.EXPIRED, ev.Expired),
    OrderState.REJECTED: (OrderNews.REJECTED, ev.Rejected),
}


class Tracked:
    """One order of ours, as its venue and the wire have it."""

    __slots__ = (
        "asking", "attempts", "cancel_attempts", "cancel_wanted", "cancelling", "client_id",
        "end", "fence_ns", "instrument", "job", "misses", "number", "over", "quantity", "reported",
        "robot", "seen", "slot", "timer", "traded",
    )  # fmt: skip

    def __init__(
        self, number: int, client_id: str, robot: int, instrument: int, quantity: int, slot: int
    ) -> None:
        """Begin with an order that nobody has heard of."""
        self.number, self.client_id = number, client_id
        self.robot, self.instrument, self.quantity, self.slot = robot, instrument, quantity, slot
        self.fence_ns = 0  # monotonic; a question asked after it that finds nothing counts
        self.seen = False  # the venue has shown it
        self.over = False
        self.traded = 0  # sum of its trades
        self.reported = 0  # what the venue says is filled
        self.end: OrderReport | None = None  # its end, while trades are missing
        self.cancel_wanted = False
        self.cancelling = False  # a cancel is under way
        self.cancel_attempts = 0
        self.asking = False  # a question about it is under way
        self.attempts = 0
        self.misses = 0
        self.timer: Any = None
        self.job: Any = None


class Orders:
    """One book's orders. `hear` numbers an event, `wanted` asks after an order in so many ns."""

    def __init__(
        self, kernel: Kernel, book: int, terms: VenueTerms, *,
        hear: Callable[[ev.Event], None], now_ns: Callable[[], int],
        elapsed_ns: Callable[[], int],
        wanted: Callable[[Tracked, int], None], ended: Callable[[Tracked], None],
    ) -> None:  # fmt: skip
        """`book` is the book's number in client ids."""
        self._kernel, self._book, self._terms = kernel, book, terms
        self._hear, self._now_ns, self._wanted, self._ended = hear, now_ns, wanted, ended
        self._elapsed_ns = elapsed_ns
        self.live: dict[int, Tracked] = {}
        self._over: dict[int, Tracked] = {}
        self._trades: dict[str, None] = {}
        self._recent: deque[str] = deque()
        self.foreign: dict[str, OrderReport] = {}
        self.orphans: dict[str, OrderReport] = {}
        self.anomalies = 0
        self._estimated: set[str] = set()

    # --- from our side ---------------------------------------------------------------------------

    def add(self, tracked: Tracked) -> None:
        """Follow an order from its intent on."""
        self.live[tracked.number] = tracked

    def find(self, number: int) -> Tracked | None:
        """Return an order that is live, or over not long ago."""
        return self.live.get(number) or self._over.get(number)

    def lengths(self) -> dict[str, int]:
        """Return how many orders are remembered, by what they are."""
        return {
            "live orders": len(self.live),
            "ended orders": len(self._over),
            "foreign orders": len(self.foreign),
        }

    def status(self, number: int) -> int:
        """Return the kernel's status of an order; -1 when forgotten."""
        return self._kernel.status_of(number)

    def saw_trade(self, trade: str) -> None:
        """Remember a trade that is booked."""
        if trade not in self._trades:
            self._trades[trade] = None
            self._recent.append(trade)

    def forget_trades(self) -> None:
        """Forget old trades: the cursor moved on, so the venue is not asked for them again.

        Only then: whatever lies behind the cursor may be told a second time.
        """
        while len(self._recent) > TRADES_KEPT:
            self._trades.pop(self._recent.popleft(), None)

    def knows_trade(self, trade: str) -> bool:
        """Say whether a trade or payment is booked."""
        return trade in self._trades

    def lose(self, tracked: Tracked, why: str = "") -> None:
        """Take it that the reply to a create will not come."""
        if not tracked.seen and not tracked.over:
            if self.status(tracked.number) == SENT:
                self._hear(ev.Lost(ts_ns=self._now(), order=tracked.number, why=why))
            self._wanted(tracked, 0)

    def not_placed(self, tracked: Tracked, evidence: str) -> None:
        """Hear the proof that an order does not exist."""
        if tracked.seen or tracked.over:
            return
        row = self._kernel.row_of(tracked.number)
        self._finish(tracked)
        if row >= 0 and self._allowed(tracked.number, OrderNews.ABSENT):
            self._hear(ev.Absent(ts_ns=self._now(), order=tracked.number, evidence=evidence))

    def reject(self, tracked: Tracked, code: int) -> None:
        """Hear the venue's definite refusal of a create."""
        if tracked.seen or tracked.over:
            return
        self._finish(tracked)
        if self._allowed(tracked.number, OrderNews.REJECTED):
            self._hear(ev.Rejected(ts_ns=self._now(), order=tracked.number, code=code))

    def miss(self, tracked: Tracked, asked_ns: int) -> bool:
        """Hear that the venue, asked at `asked_ns` (monotonic), knows no such order.

        Return whether that settles it.
        """
        if tracked.over:
            return True
        if asked_ns < tracked.fence_ns:
            return False
        tracked.misses += 1
        if tracked.misses < 2:  # noqa: PLR2004 - two questions, as rule 3 says
            return False
        if not tracked.seen:
            self.not_placed(tracked, "asked twice by id past the fence")
        else:
            # It rested there once and is gone: without a trade it can only have been canceled.
            self._strange(tracked, "vanished from the venue")
            self._end_as(tracked, OrderState.CANCELED, 0)
        return True

    # --- from the venue ----------------------------------------------------------------------

    def report(self, report: OrderReport) -> None:
        """Fold what the venue says of an order."""
        tracked = self._ours(report)
        if tracked is None:
            return
        tracked.reported = max(tracked.reported, report.filled)
        first, tracked.seen, tracked.misses = not tracked.seen, True, 0
        tracked.fence_ns = self._elapsed_ns() + self._terms.lag_ns
        if tracked.over:
            if report.state is OrderState.OPEN:
                self._came_late(tracked, report)
            return
        if report.state is OrderState.OPEN:
            status = self.status(tracked.number)
            if first and status in (SENT, int(OrderStatus.UNKNOWN)):
                self._tell(tracked, OrderNews.ACCEPTED, ev.Accepted)
            if tracked.cancel_wanted and not tracked.cancelling:
                self._wanted(tracked, 0)
        else:
            tracked.end = report
        self._settle(tracked)

    def trade(self, report: TradeReport) -> None:
        """Fold one trade of the account."""
        key = f"{report.instrument}:{report.trade}"
        if key in self._trades:
            return
        self.saw_trade(key)
        self._doubt(report)
        ours = decode(report.client_id) if report.client_id else None
        if ours is None or ours.book != self._book:
            self._attribute(key, report)
            return
        tracked = self.find(ours.generation)
        if tracked is not None:
            tracked.traded += report.quantity
            tracked.seen, tracked.misses = True, 0
        status = self.status(ours.generation)
        if status < 0 or not self._allowed(ours.generation, OrderNews.PARTLY_FILLED):
            self._adjust(key, report, [(ours.robot, change_of(report))], "late fill")
        else:
            self._hear(
                ev.Filled(
                    ts_ns=self._now(),
                    order=ours.generation,
                    price=Price(report.price),
                    quantity=Quantity(report.quantity),
                    fee=Money(report.fee),
                    liquidity=report.liquidity,
                    trade=key,
                    coin_fee=Quantity(report.coin_fee),
                )
            )
        if tracked is not None and not tracked.over:
            self._settle(tracked)

    # --- recovery ------------------------------------------------------------------------------

    def refold(self, event: ev.OrderEvent) -> None:
        """Hear a journaled event of the past: what is known follows, nothing is told."""
        tracked = self.find(event.order)
        if tracked is None:
            return
        if isinstance(event, ev.Filled):
            tracked.traded += event.quantity
        if isinstance(event, ev.Filled | ev.Accepted):
            tracked.seen = True
        over = self.status(event.order) >= _FIRST_TERMINAL
        if over and not tracked.over:
            tracked.over = True
            self._shelve(tracked)
        elif tracked.over and not over:
            self._unshelve(tracked)

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        recent = list(self._over.values())[-ORDERS_KEPT // 4 :]
        return {
            "orders": [
                [getattr(t, name) for name in _KEPT] for t in (*self.live.values(), *recent)
            ],
            "trades": list(self._recent),
        }

    def load(self, plain: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        for row in plain["orders"]:
            values = dict(zip(_KEPT, row, strict=True))
            tracked = Tracked(*(values[name] for name in _KEPT[:6]))
            for name in _KEPT[6:]:
                setattr(tracked, name, values[name])
            (self._over if tracked.over else self.live)[tracked.number] = tracked
        for trade in plain["trades"]:
            self.saw_trade(trade)

    # --- inside --------------------------------------------------------------------------------

    def _ours(self, report: OrderReport) -> Tracked | None:
        """Find whose order a report is about; remember foreign ones and orphans while open."""
        found = decode(report.client_id) if report.client_id else None
        is_open = report.state is OrderState.OPEN
        if found is None or found.book != self._book:
            key = report.venue_id
            if is_open:
                self.foreign[key] = report
            else:
                self.foreign.pop(key, None)
            return None
        tracked = self.find(found.generation)
        if tracked is None or tracked.client_id != report.client_id:
            # Ours by its check code, and nothing written says so: a journal older than the venue.
            if is_open:
                self.orphans[report.client_id] = report
            else:
                self.orphans.pop(report.client_id, None)
            return None
        return tracked

    def _settle(self, tracked: Tracked) -> None:
        """Tell an order's end once its trades are complete; ask for those that are missing."""
        end = tracked.end
        if tracked.traded >= tracked.quantity:
            self._finish(tracked)
            return
        if end is None:
            if tracked.traded < tracked.reported:
                self._wanted(tracked, self._terms.lag_ns // 4 + 100_000_000)
            return
        if tracked.traded < end.filled:
            self._wanted(tracked, self._terms.lag_ns // 4 + 100_000_000)
            return
        if end.state is OrderState.FILLED:
            # Filled, and by less than its quantity: what the venue calls filled it has closed.
            self._strange(tracked, "reported filled below its quantity")
        self._end_as(tracked, end.state, end.code)

    def _end_as(self, tracked: Tracked, state: OrderState, code: int) -> None:
        news, event = _ENDS.get(state, _ENDS[OrderState.CANCELED])
        self._finish(tracked)
        if not self._allowed(tracked.number, news):
            return
        if event is ev.Rejected:
            self._hear(ev.Rejected(ts_ns=self._now(), order=tracked.number, code=code))
        else:
            self._hear(event(ts_ns=self._now(), order=tracked.number))

    def _came_late(self, tracked: Tracked, report: OrderReport) -> None:
        """Hear that an order thought over is open: adopt it if its table allows, else end it."""
        if report.filled < tracked.traded:
            return  # an old report
        if not self._allowed(tracked.number, OrderNews.ACCEPTED) or tracked.traded:
            return
        self._strange(tracked, "was proven not placed and is open")
        self._unshelve(tracked)
        self._tell(tracked, OrderNews.ACCEPTED, ev.Accepted)
        tracked.cancel_wanted = True
        self._wanted(tracked, 0)

    def _finish(self, tracked: Tracked) -> None:
        tracked.over = True
        tracked.end = None
        if tracked.timer is not None:
            tracked.timer.cancel()
            tracked.timer = None
        self._shelve(tracked)
        self._ended(tracked)

    def _shelve(self, tracked: Tracked) -> None:
        self.live.pop(tracked.number, None)
        self._over[tracked.number] = tracked
        if len(self._over) > ORDERS_KEPT:
            del self._over[next(iter(self._over))]

    def _unshelve(self, tracked: Tracked) -> None:
        tracked.over = False
        self._over.pop(tracked.number, None)
        self.live[tracked.number] = tracked

    def _attribute(self, key: str, report: TradeReport) -> None:
        """Book a trade that no order of ours made on those whose position it changed."""
        change = change_of(report)
        shares = attribute(self._kernel, report.instrument, report.position_side, change)
        self._adjust(key, report, shares, report.forced or "external")

    def _adjust(
        self, key: str, report: TradeReport, shares: list[tuple[int, int]], reason: str
    ) -> None:
        self._hear(adjustment(self._kernel, self._now(), key, report, shares, reason))

    def _doubt(self, report: TradeReport) -> None:
        """Note, once in this life, that fees in a third coin are estimates."""
        if report.estimated and report.estimated not in self._estimated:
            self._estimated.add(report.estimated)
            text = f"fees are taken in {report.estimated}: what is booked of them is an estimate"
            self._hear(ev.Noted(ts_ns=self._now(), what="fee", text=text))

    def _allowed(self, number: int, news: OrderNews) -> bool:
        status = self.status(number)
        return status >= 0 and _MOVES[status][news] >= 0

    def _tell(self, tracked: Tracked, news: OrderNews, event: Any) -> None:
        if self._allowed(tracked.number, news):
            self._hear(event(ts_ns=self._now(), order=tracked.number))

    def _strange(self, tracked: Tracked, what: str) -> None:
        self.anomalies += 1
        self._hear(
            ev.Noted(
                ts_ns=self._now(),
                what="anomaly",
                robot=tracked.robot,
                text=f"order {tracked.client_id} {what}",
            )
        )

    def _now(self) -> Nanos:
        return Nanos(self._now_ns())
