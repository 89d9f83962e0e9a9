"""The paper venue without a socket: both ports straight onto an exchange, in one process.

Rule 1: a request acts at once, its reply comes by the scheduler; then come the news it caused.
Rule 2: everything that moves the exchange goes through the `Floor`, which tells who listens.
"""

from collections.abc import Callable

from steelyard.kernel.ports import Heard, Placing, PriceNews, VenueTerms
from steelyard.model.events import Quote, Trade
from steelyard.model.reports import Linked, News, Reply
from steelyard.venues.paper.exchange import SimExchange
from steelyard.wire.scheduler import Scheduler


class Floor:
    """One exchange, and those who stand around it."""

    def __init__(self, exchange: SimExchange, scheduler: Scheduler) -> None:
        """Tell the time to `exchange` by `scheduler`."""
        self.exchange, self.scheduler = exchange, scheduler
        self.venues: list[DirectVenue] = []
        self.feeds: list[DirectFeed] = []

    def market(self, event: Trade | Quote) -> None:
        """Let the market move now, and tell everybody."""
        now_ns = self.scheduler.now_ns()
        self.exchange.market(now_ns, event)
        tick = event
        for feed in self.feeds:
            feed.hear(tick)
        self.tell()

    def tell(self) -> None:
        """Hand the exchange's news to those they are for."""
        for account, news in self.exchange.drain():
            for venue in self.venues:
                if venue.account == account:
                    venue.hear(news)


class DirectVenue:
    """The Venue port of one account."""

    def __init__(self, floor: Floor, account: int = 0, *, hedged: bool | None = None) -> None:
        """Stand at `floor`; `hedged` is the position mode that orders are written for."""
        self.account = account
        self.terms: VenueTerms = floor.exchange.terms
        self._floor, self._exchange = floor, floor.exchange
        self._hedged = hedged
        self._sink: Callable[[News], None] | None = None
        self._open = True
        floor.venues.append(self)

    def place(self, order: Placing, heard: Heard) -> None:
        now_ns = self._now_ns()
        self._answer(
            heard,
            self._exchange.place(now_ns, self.account, order, sent_ns=now_ns, hedged=self._hedged),
        )

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._answer(
            heard, self._exchange.cancel(self._now_ns(), self.account, client_id, instrument)
        )

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        self._answer(heard, self._exchange.cancel_all(self._now_ns(), self.account, instrument))

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._answer(
            heard, self._exchange.order(self._now_ns(), self.account, client_id, instrument)
        )

    def open_orders(self, heard: Heard) -> None:
        self._answer(heard, self._exchange.open_orders(self._now_ns(), self.account))

    def trades(self, cursor: str, heard: Heard) -> None:
        self._answer(heard, self._exchange.trades(self._now_ns(), self.account, cursor))

    def holdings(self, heard: Heard) -> None:
        self._answer(heard, self._exchange.holdings(self._now_ns(), self.account))

    def listing(self, heard: Heard) -> None:
        self._answer(heard, self._exchange.listing(self._now_ns(), self.account))

    def listen(self, sink: Callable[[News], None]) -> None:
        self._sink = sink
        self.hear(Linked(ts_ns=self._now_ns()))

    def hear(self, news: News) -> None:
        """Pass news on to who listens."""
        if self._sink is not None:
            self._floor.scheduler.soon(self._say, self._sink, news)

    def close(self) -> None:
        self._open = False
        if self in self._floor.venues:
            self._floor.venues.remove(self)

    def _now_ns(self) -> int:
        return self._floor.scheduler.now_ns()

    def _answer(self, heard: Heard, reply: Reply) -> None:
        self._floor.scheduler.soon(self._say, heard, reply)
        self._floor.tell()

    def _say(self, call: Callable[..., None], what: Reply | News) -> None:
        if self._open:
            call(what)


class DirectFeed:
    """The Feed port."""

    def __init__(self, floor: Floor, instruments: tuple[int, ...] = (0,)) -> None:
        """Hear the ticks of these instruments."""
        self._floor, self._instruments = floor, frozenset(instruments)
        self._sink: Callable[[PriceNews], None] | None = None

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self._sink = sink
        self._floor.feeds.append(self)

    def hear(self, tick: Trade | Quote) -> None:
        """Pass a tick on to who listens."""
        if tick.instrument in self._instruments:
            self._floor.scheduler.soon(self._say, tick)

    def close(self) -> None:
        self._sink = None
        if self in self._floor.feeds:
            self._floor.feeds.remove(self)

    def _say(self, tick: Trade | Quote) -> None:
        if self._sink is not None:
            self._sink(tick)
