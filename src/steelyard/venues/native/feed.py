"""A native feed: the Feed port for any dialect, one set of sockets for all who listen.

Rule 1: subscriptions are shared: whoever listens hears the same frames, decoded once.
Rule 2: a socket that ends without another taking its place is a FeedGap of all instruments, a book
that misses something one of its own; a frame nobody understands may have been either's, so it is
one of all.
Rule 3: nothing waits in a queue of ours: a frame is read and told before the next one is taken from
the socket. Where listeners are slower than the market the venue's own buffers fill, and it slows
down or cuts us off, which is a FeedGap: old prices are never told as new ones.
Rule 4: while a socket cannot be had for `PATIENCE_NS`, best quotes are asked for over REST, one
instrument after the other, until all sockets run.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.events import Quote
from steelyard.model.reports import Reply, Success
from steelyard.venues.native.books import Books
from steelyard.venues.native.dialect import BookChange, Channel, MarketDialect, Stream
from steelyard.venues.native.line import Line, spelt
from steelyard.venues.native.pausing import MS, SECOND
from steelyard.venues.native.rest import Rest
from steelyard.wire.http import Http
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.sockets import SocketDialer

PATIENCE_NS: Final = 5 * SECOND
_ROUND_NS: Final = 2 * SECOND
_STEP_NS: Final = 200 * MS
_DEADLINE_NS: Final = 10 * SECOND
_ANEW: Final = frozenset({BookChange})

Sink = Callable[[PriceNews], None]


class NativeFeed:
    """The public stream of one venue for the instruments its dialect was made for."""

    def __init__(
        self, scheduler: Scheduler, http: Http, dialer: SocketDialer, market: MarketDialect, *,
        instruments: int, channels: frozenset[Channel], bar_ns: int = 0,
        deadline_ns: int = _DEADLINE_NS,
    ) -> None:  # fmt: skip
        """Tell `channels` of all instruments, so many, once somebody listens.

        Raises ConfigurationError where the venue has no such stream.
        """
        self._scheduler, self._market = scheduler, market
        self._channels, self._bar_ns, self._count = channels, bar_ns, instruments
        self._rest = Rest(scheduler, http, deadline_ns=deadline_ns)
        self._books = Books(scheduler, self._rest, market, tell=self._tell)
        self._sinks: tuple[Sink, ...] = ()
        self._sink: Callable[[Any], None] = _nobody
        self._poll: Timer | None = None
        self._polled = -1
        self._begun = False
        self._lines = [
            self._line(dialer, index) for index in range(len(market.streams(channels, bar_ns)))
        ]

    def listen(self, sink: Sink) -> None:
        """Tell one more; the first opens the stream."""
        self._set((*self._sinks, sink))
        if not self._begun:
            self._begun = True
            for line in self._lines:
                line.start()
            self._poll_later(PATIENCE_NS)

    def leave(self, sink: Sink) -> None:
        """Tell one less; the stream stays open for the others."""
        self._set(tuple(one for one in self._sinks if one is not sink))

    def close(self) -> None:
        self._set(())
        self._rest.close()
        self._books.close()
        for line in self._lines:
            line.close()
        self._stop_polling()

    # --- as the caller of its lines --------------------------------------------------------------

    def up(self, line: Line) -> None:
        """A socket runs."""
        if all(one.running for one in self._lines):
            self._stop_polling()

    def turned(self, line: Line) -> None:
        """A socket took over: its first states come now."""
        self._books.forget(line)

    def ended(self, line: Line, socket: int, reason: str) -> None:
        """A socket is gone, and unless another runs so is the picture of the market."""
        if not line.running:
            self._books.forget(line)
            self._gap(f"{line.name}: {reason}")
            if self._poll is None:
                self._poll_later(PATIENCE_NS)

    def failed(self, line: Line, reason: str) -> None:
        """The gap goes on, and this is why."""
        if not line.running:
            self._gap(f"{line.name}: {reason}")

    def strange(self, line: Line, text: str) -> None:
        """What nobody understands may have been a price."""
        self._gap(text)

    def alive(self, line: Line) -> None:
        """Signs of life are no prices."""

    # --- inside ----------------------------------------------------------------------------------

    def _line(self, dialer: SocketDialer, index: int) -> Line:
        books = self._books

        def hear(item: Any) -> None:
            if type(item) is BookChange:
                books.take(line, item)
            else:
                self._sink(item)

        line = Line(
            self._scheduler, dialer, f"{self._market.name} market {index}",
            spell=spelt(partial(self._stream, index)), read=self._market.read, tell=hear,
            caller=self, holds=True, anew=_ANEW,
        )  # fmt: skip
        return line

    def _stream(self, index: int) -> Stream | None:
        streams = self._market.streams(self._channels, self._bar_ns)
        return streams[index] if index < len(streams) else None

    def _set(self, sinks: tuple[Sink, ...]) -> None:
        self._sinks = sinks
        self._sink = sinks[0] if len(sinks) == 1 else self._fan if sinks else _nobody

    def _fan(self, news: PriceNews) -> None:
        for sink in self._sinks:
            sink(news)

    def _tell(self, news: PriceNews) -> None:
        self._sink(news)

    def _gap(self, reason: str) -> None:
        self._tell(FeedGap(ts_ns=self._scheduler.now_ns(), reason=reason))

    def _poll_later(self, delay_ns: int) -> None:
        if Channel.QUOTES in self._channels and self._count:
            self._poll = self._scheduler.after(delay_ns, self._ask_quote)

    def _stop_polling(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None

    def _ask_quote(self) -> None:
        """Ask for the next instrument's quote, while a socket is missing."""
        self._polled = (self._polled + 1) % self._count
        instrument = self._polled
        self._rest.hold(lambda: self._market.quote(instrument), self._quoted)

    def _quoted(self, reply: Reply) -> None:
        if self._poll is None:
            return  # all sockets run again
        if isinstance(reply, Success) and isinstance(reply.value, Quote):
            self._tell(reply.value)
        self._poll_later(max(_STEP_NS, _ROUND_NS // self._count))


def _nobody(news: Any) -> None:
    """Hear for nobody."""
