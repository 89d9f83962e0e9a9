"""The network between a house and its venue: what lies between all lines, and what was said.

Rule 1: what a process hands to its line is on the wire and belongs to no host: it arrives also
when the process dies. What comes back to a dead process is lost.
Rule 2: whatever left is noted with its true time, for the checker.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from steelyard.kernel.ports import Request, VenueTerms
from steelyard.model.events import Quote, Trade
from steelyard.model.reports import Fault, News, TradeReport
from steelyard.services.simulation.fates import Delays, Fates
from steelyard.services.simulation.tape import Stream
from steelyard.venues.paper.exchange import SimExchange
from steelyard.wire.virtual import VirtualHost, VirtualTime

MS: Final = 1_000_000
SECOND: Final = 1_000_000_000


class PrivateLine(Protocol):
    """What one process has of an account at the venue."""

    account: int
    host: VirtualHost
    up: bool
    error_ns: int

    def frame(self, news: News) -> None:
        """Put one frame on the stream."""
        ...

    def drop(self, down_ns: int, *, silent_ns: int = 0) -> None:
        """Break the stream; with `silent_ns` nobody notices for so long."""
        ...


class PublicLine(Protocol):
    """What one process has of the market."""

    host: VirtualHost

    def tick(self, event: Trade | Quote) -> None:
        """Put one event on the stream."""
        ...

    def gap(self, reason: str) -> None:
        """Say that the stream broke."""
        ...


class Sent(NamedTuple):
    """A request that a process handed to the wire. `left`: a byte may have left the house."""

    at_ns: int
    host: str
    request: Request
    client_id: str
    reduce_only: bool
    left: bool
    price_age_ns: int = 0
    """Of a create: how old the newest price was that this process had heard; -1: it had none."""


class Told(NamedTuple):
    """A refusal that told a process to keep away, and until when."""

    at_ns: int
    host: str
    until_ns: int
    fault: Fault


class Wires:
    """Everything between one venue and the processes that talk to it, and what was said."""

    def __init__(
        self, time: VirtualTime, exchange: SimExchange, terms: VenueTerms, *,
        fates: dict[Request, Fates], frames: Fates, ticks: Fates, delays: Delays,
        frame_delays: Delays, luck: Stream,
    ) -> None:  # fmt: skip
        """`fates` holds one entry for each kind of request."""
        self.time, self.exchange, self.terms = time, exchange, terms
        self.fates, self.frames, self.ticks = fates, frames, ticks
        self.delays, self.frame_delays, self.luck = delays, frame_delays, luck
        self.lines: list[PrivateLine] = []
        self.feeds: list[PublicLine] = []
        self.sent: list[Sent] = []
        self.told: list[Told] = []
        self.modes: list[tuple[int, str, bool]] = []
        """(when, host, hedged) of each account a process was told the mode of."""
        self.limited_until_ns = 0
        self.banned_until_ns = 0
        self.shut_until_ns = 0
        self.frozen_until_ns = 0
        self.push: Callable[[int, int], None] = _nothing
        """Let the market trade through to (instrument, price)."""
        self.close_by_hand: Callable[[], bool] = _never
        """Let the owner close what is held."""
        self.on_sent: Callable[[Sent], None] | None = None
        self.on_fill: Callable[[], None] | None = None

    def flush(self) -> None:
        """Put the venue's news on the streams of those who listen."""
        news = self.exchange.drain()
        if not news:
            return
        lines = self.lines
        for account, one in news:
            for line in lines:
                if line.account == account and line.up:
                    line.frame(one)
            if self.on_fill is not None and isinstance(one, TradeReport):
                self.on_fill()

    def tick(self, event: Trade | Quote) -> None:
        """Let the market move, at the venue and for those who listen to it."""
        self.exchange.market(self.time.now_ns(), event)
        self.flush()
        if self.frozen_until_ns <= self.time.at_ns:
            for feed in self.feeds:
                feed.tick(event)

    def quiet(self) -> None:
        """Let nothing go wrong any more."""
        for fates in (*self.fates.values(), self.frames, self.ticks):
            fates.quiet = True
        self.delays.quiet = self.frame_delays.quiet = True
        self.limited_until_ns = self.banned_until_ns = 0
        self.shut_until_ns = self.frozen_until_ns = 0
        self.on_sent = self.on_fill = None
        for line in self.lines:
            line.error_ns = 0


def _nothing(instrument: int, price: int) -> None:
    """Do nothing; the world puts something better here."""


def _never() -> bool:
    """Say no; the world puts something better here."""
    return False
