"""The private stream of one account: ccxt's streams where there are some, and questions always.

Rule 1: every few seconds open orders and trades are asked for, the more often the less is
streamed. What is told twice is told once; an order that left the list is asked for.
Rule 2: the stream runs once its first round of questions was answered: then it says Linked. A
failed round, or a stream that breaks, is a Gap, and the next good round Linked again.
Rule 3: an answered round is the sign of life.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from steelyard.kernel.ports import Heard
from steelyard.model.reports import (
    Beat,
    Fault,
    FundingReport,
    Gap,
    Linked,
    News,
    OpenOrders,
    OrderFound,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Strange,
    Success,
    TradeReport,
    Trades,
)
from steelyard.venues.ccxt.door import Again, Door
from steelyard.venues.ccxt.paging import beginning_at
from steelyard.venues.ccxt.reports import strange_fee, trade_of
from steelyard.wire.scheduler import Timer

_SECOND: Final = 10**9
_STREAMED_NS: Final = 15 * _SECOND
_ASKED_NS: Final = 2 * _SECOND
_YOUNG_NS: Final = 30 * _SECOND
"""ccxt does not say when its sockets stand: for so long there are rounds as if there were none."""
_SEEN_MAX: Final = 50_000
_EARLY_MAX: Final = 1_000


class Asked(Protocol):
    """The venue, as the stream asks it."""

    def order(self, client_id: str, instrument: int, heard: Heard) -> None: ...
    def open_orders(self, heard: Heard) -> None: ...
    def trades(self, cursor: str, heard: Heard) -> None: ...
    def client_id_of(self, venue_id: str) -> str: ...
    def report(self, row: Mapping[str, Any]) -> OrderReport | None: ...


class Stream:
    """What happens to one account."""

    def __init__(self, door: Door, venue: Asked, sink: Callable[[News], None]) -> None:
        """Begin at once."""
        self._door, self._venue, self._sink = door, venue, sink
        self._open = True
        self._linked = False
        self._failed = False
        self._timer: Timer | None = None
        self._watching: list[Again[Any]] = []
        self._live: dict[str, int] = {}
        self._told: dict[str, OrderReport] = {}
        self._early: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        self._seen: dict[tuple[int, str], None] = {}
        self._cursor = beginning_at(door.names, door.now_ns())
        able = door.able
        self._every_ns = _STREAMED_NS if able.watches_orders else _ASKED_NS
        self._begun_ns = door.scheduler.elapsed_ns()
        door.scheduler.soon(self._round)

    def close(self) -> None:
        """Tell nothing any more."""
        self._open = False
        if self._timer is not None:
            self._timer.cancel()
        for one in self._watching:
            one.close()

    def expect(self, client_id: str, instrument: int, venue_id: str) -> None:
        """Follow an order that was just placed, though no list may ever show it."""
        if client_id not in self._told:
            self._live.setdefault(client_id, instrument)
        self._now_known(venue_id)

    # --- streams ---------------------------------------------------------------------------------

    def _watch(self) -> None:
        exchange, able = self._door.exchange, self._door.able
        for name in self._door.names:
            if able.watches_orders:
                self._again(partial(exchange.watch_orders, name), self._orders)
            if able.watches_trades:
                self._again(partial(exchange.watch_my_trades, name), self._fills)

    def _again(self, work: Callable[[], Any], came: Callable[[Any], None]) -> None:
        self._watching.append(
            Again(self._door, work, came=came, broke=self._broke, cannot=self._cannot)
        )

    def _orders(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            report = self._venue.report(row)
            if report is not None:
                self._report(report)

    def _fills(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            name = str(row.get("symbol"))
            if name in self._door.names:
                place = self._door.names.index(name)
                venue_id = str(row.get("order"))
                client_id = self._venue.client_id_of(venue_id)
                if client_id:
                    self._fill(row, place, client_id)
                else:  # faster than the reply; or foreign, and the next round tells it
                    self._early.setdefault(venue_id, []).append((place, row))
                    while len(self._early) > _EARLY_MAX:
                        self._early.pop(next(iter(self._early)))

    def _fill(self, row: Mapping[str, Any], place: int, client_id: str) -> None:
        instrument = self._door.instruments[place]
        self._trade(trade_of(row, instrument, place, client_id))
        if odd := strange_fee(row, instrument):
            self._tell(Strange(ts_ns=self._now(), text=odd))

    def _now_known(self, venue_id: str) -> None:
        for place, row in self._early.pop(venue_id, ()):
            self._fill(row, place, self._venue.client_id_of(venue_id))

    def _cannot(self, text: str) -> None:
        """Ask more often for what is not streamed after all."""
        if self._every_ns != _ASKED_NS:
            self._every_ns = _ASKED_NS
            self._tell(Strange(ts_ns=self._now(), text=f"not streamed, but asked for: {text}"))
            if self._timer is not None:
                self._timer.cancel()
                self._later()

    def _broke(self, text: str) -> None:
        self._gap(text)

    # --- questions -------------------------------------------------------------------------------

    def _round(self) -> None:
        self._failed = False
        self._venue.open_orders(self._listed)

    def _listed(self, reply: Reply) -> None:
        if not isinstance(reply, Success) or not isinstance(reply.value, OpenOrders):
            self._fail(reply)
            return
        there = {one.client_id or one.venue_id for one in reply.value.orders}
        for report in reply.value.orders:
            if self._linked:
                self._report(report)
            elif report.client_id:
                self._live[report.client_id] = report.instrument
        gone = [(one, place) for one, place in self._live.items() if one not in there]
        self._ask_of(gone)

    def _ask_of(self, gone: list[tuple[str, int]]) -> None:
        """Ask for orders that left the list, one behind the other."""
        if not self._open:
            return
        if not gone:
            self._venue.trades(self._cursor, self._traded)
            return
        (client_id, place), rest = gone[0], gone[1:]

        def heard(reply: Reply) -> None:
            if isinstance(reply, Success) and isinstance(reply.value, OrderFound):
                for trade in reply.value.trades:
                    self._trade(trade)
                self._report(reply.value.report)
            elif isinstance(reply, Refusal) and reply.fault == Fault.NO_ORDER:
                self._live.pop(client_id, None)  # what became of it is the runtime's question
            else:
                self._failed = True
            self._ask_of(rest)

        self._venue.order(client_id, place, heard)

    def _traded(self, reply: Reply) -> None:
        if not self._door.able.fetches_trades:
            self._answered()
            return
        if not isinstance(reply, Success) or not isinstance(reply.value, Trades):
            self._fail(reply)
            return
        self._cursor = reply.value.cursor
        for trade in reply.value.trades:
            self._trade(trade)
        for paid in reply.value.funding:
            self._pay(paid)
        if reply.value.more:
            self._venue.trades(self._cursor, self._traded)
        else:
            self._answered()

    def _answered(self) -> None:
        if not self._open:
            return
        now_ns = self._now()
        if self._failed:
            self._gap("an order that left the list could not be asked for")
        elif self._linked:
            self._tell(Beat(ts_ns=now_ns))
        else:
            self._linked = True
            if not self._watching:
                self._watch()
            self._tell(Linked(ts_ns=now_ns))
        self._later()

    def _fail(self, reply: Reply) -> None:
        text = reply.text if not isinstance(reply, Success) else "an answer of another kind"
        self._gap(text)
        self._later()

    def _later(self) -> None:
        if self._open:
            scheduler = self._door.scheduler
            young = scheduler.elapsed_ns() - self._begun_ns < _YOUNG_NS
            every_ns = min(self._every_ns, _ASKED_NS) if young else self._every_ns
            self._timer = scheduler.after(every_ns, self._round)

    # --- telling ---------------------------------------------------------------------------------

    def _gap(self, reason: str) -> None:
        if self._linked:
            self._linked = False
            self._tell(Gap(ts_ns=self._now(), reason=reason))

    def _report(self, report: OrderReport) -> None:
        name = report.client_id or report.venue_id
        before = self._told.get(name)
        if before is not None and (before.state, before.filled) == (report.state, report.filled):
            return
        if before is not None and before.state != OrderState.OPEN:
            return  # an older answer came later
        if report.state == OrderState.OPEN:
            if report.client_id:
                self._live[report.client_id] = report.instrument
        else:
            self._live.pop(report.client_id, None)
        self._told[name] = report
        self._now_known(report.venue_id)
        while len(self._told) > _SEEN_MAX:
            self._told.pop(next(iter(self._told)))
        self._tell(report)

    def _trade(self, trade: TradeReport) -> None:
        if self._first(trade.instrument, trade.trade):
            self._tell(trade)

    def _pay(self, paid: FundingReport) -> None:
        if self._first(-1 - paid.instrument, paid.reference):
            self._tell(paid)

    def _first(self, place: int, name: str) -> bool:
        if (place, name) in self._seen:
            return False
        self._seen[place, name] = None
        while len(self._seen) > _SEEN_MAX:
            self._seen.pop(next(iter(self._seen)))
        return True

    def _now(self) -> int:
        return self._door.scheduler.now_ns()

    def _tell(self, news: News) -> None:
        if self._open:
            self._sink(news)
