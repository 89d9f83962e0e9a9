"""The paper venue over its socket: the Venue and Feed ports of one client of a paper process.

Rule 1: nothing blocks. A request on a broken connection is `NotSent` at once; when a connection
breaks, a request of which a byte may have left is `Unclear`, another `NotSent`.
Rule 2: a broken connection is dialled again after a growing pause; the stream says `Gap` when it
breaks and `Linked` when it runs.
Rule 3: a connection that says nothing for `terms.silence_ns`, pulses included, is dead.
Rule 4: an answer to a request nobody waits for is dropped.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from steelyard.kernel.ports import FeedGap, Heard, Placing, PriceNews, VenueTerms
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import BUY, QUOTE, SELL, TRADE_BUY
from steelyard.model.reports import Beat, Gap, Linked, News, NotSent, Reply, Strange, Unclear
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.venues.paper import frames
from steelyard.venues.paper.frames import Hello, Message, Named, Order, What
from steelyard.venues.paper.rules import PAPER_TERMS
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.streams import Dialer, Link

_FIRST_PAUSE_NS: Final = 50_000_000
_LONGEST_PAUSE_NS: Final = 5_000_000_000


class Caller(Protocol):
    """Who uses a line."""

    def up(self) -> None:
        """The server took us."""
        ...

    def down(self, left: int, reason: str) -> None:
        """The connection is gone; of `left` frames a byte may have left."""
        ...

    def said(self, message: Message) -> None:
        """The server said something."""
        ...

    def strange(self, text: str) -> None:
        """The server said something nobody understands."""
        ...


class Line:
    """A connection that comes back."""

    def __init__(
        self, scheduler: Scheduler, dialer: Dialer, address: str, hello: Hello, caller: Caller,
        *, silence_ns: int,
    ) -> None:  # fmt: skip
        """Dial at once, and again whenever the connection is lost."""
        self._scheduler, self._dialer, self._address = scheduler, dialer, address
        self._hello, self._caller = hello, caller
        self._silence_ns = silence_ns
        self._link: Link | None = None
        self._up = False
        self._open = True
        self._pause_ns = _FIRST_PAUSE_NS
        self._heard_ns = 0
        self._timer: Timer | None = None
        scheduler.soon(self._dial)

    def send(self, frame: bytes) -> int:
        """Send if the line is up; return the frame's number, 0 when nothing left."""
        return self._link.send(frame) if self._up and self._link is not None else 0

    def close(self) -> None:
        """End for good; nothing is told afterwards."""
        self._open = self._up = False
        if self._timer is not None:
            self._timer.cancel()
        if self._link is not None:
            self._link.close()

    # --- as the link's ears ----------------------------------------------------------------------

    def opened(self, link: Link) -> None:
        """Introduce ourselves."""
        if not self._open:
            link.close(now=True)
            return
        self._link = link
        self._heard_ns = self._scheduler.elapsed_ns()
        link.send(frames.write(What.HELLO, 0, self._hello))
        self._timer = self._scheduler.after(self._silence_ns, self._watch)

    def frame(self, link: Link, body: bytes) -> None:
        """Hear the server."""
        if not self._open:
            return
        self._heard_ns = self._scheduler.elapsed_ns()
        try:
            message = frames.read(body)
            if message.what == What.UNWELCOME:
                self._caller.strange(f"the paper process refused us: {frames.body_of(message)}")
        except frames.BROKEN as error:
            self._caller.strange(str(error))
            return
        if message.what == What.WELCOME:
            self._up = True
            self._pause_ns = _FIRST_PAUSE_NS
            self._caller.up()
        elif message.what != What.UNWELCOME:
            self._caller.said(message)

    def closed(self, link: Link | None, reason: str) -> None:
        """Tell, and dial again after a pause."""
        if self._timer is not None:
            self._timer.cancel()
        was_up, self._up, self._link = self._up, False, None
        if not self._open:
            return
        if was_up and link is not None:
            self._caller.down(link.left, reason)
        self._timer = self._scheduler.after(self._pause_ns, self._dial)
        self._pause_ns = min(2 * self._pause_ns, _LONGEST_PAUSE_NS)

    def _dial(self) -> None:
        if self._open:
            self._dialer.dial(self._address, self)

    def _watch(self) -> None:
        quiet_ns = self._scheduler.elapsed_ns() - self._heard_ns
        if self._link is not None and quiet_ns >= self._silence_ns:
            self._link.close(now=True)
            return
        self._timer = self._scheduler.after(self._silence_ns - quiet_ns, self._watch)


class PaperVenue:
    """The order door and private stream of one account of a paper process."""

    def __init__(
        self, scheduler: Scheduler, dialer: Dialer, address: str, account: int = 0, *,
        terms: VenueTerms = PAPER_TERMS, hedged: bool | None = None,
    ) -> None:  # fmt: skip
        """Connect to the process at `address`.

        `terms` must be those that the process was given. `hedged` is the position mode that orders
        are written for (None: whatever the account's is).
        """
        self.terms = terms
        self._scheduler, self._hedged = scheduler, hedged
        self._number = 0
        self._asked: dict[int, tuple[int, Heard]] = {}
        self._sink: Callable[[News], None] | None = None
        self._open = True
        self._is_up = False
        self._line = Line(
            scheduler, dialer, address,
            Hello(frames.PROTOCOL, account, private=True, public=False), self,
            silence_ns=terms.silence_ns,
        )  # fmt: skip

    def place(self, order: Placing, heard: Heard) -> None:
        self._ask(What.PLACE, Order(self._scheduler.now_ns(), self._hedged, order), heard)

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._ask(What.CANCEL, self._named(client_id, instrument), heard)

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        self._ask(What.CANCEL_ALL, self._named("", instrument), heard)

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._ask(What.ORDER, self._named(client_id, instrument), heard)

    def open_orders(self, heard: Heard) -> None:
        self._ask(What.OPEN_ORDERS, None, heard)

    def trades(self, cursor: str, heard: Heard) -> None:
        self._ask(What.TRADES, cursor, heard)

    def holdings(self, heard: Heard) -> None:
        self._ask(What.HOLDINGS, None, heard)

    def listing(self, heard: Heard) -> None:
        self._ask(What.LISTING, None, heard)

    def listen(self, sink: Callable[[News], None]) -> None:
        self._sink = sink
        if self._is_up:
            self._scheduler.soon(self._tell, Linked(ts_ns=self._scheduler.now_ns()))

    def stop_process(self) -> None:
        """Ask the paper process to write its books and end."""
        self._line.send(frames.write(What.STOP))

    def close(self) -> None:
        self._open = False
        self._asked.clear()
        self._line.close()

    # --- as the line's caller --------------------------------------------------------------------

    def up(self) -> None:
        """The line runs."""
        self._is_up = True
        self._tell(Linked(ts_ns=self._scheduler.now_ns()))

    def down(self, left: int, reason: str) -> None:
        """The line broke: settle what was asked."""
        self._is_up = False
        asked, self._asked = self._asked, {}
        for sent, heard in asked.values():
            self._say(heard, Unclear(text=reason) if sent <= left else NotSent(text=reason))
        self._tell(Gap(ts_ns=self._scheduler.now_ns(), reason=reason))

    def said(self, message: Message) -> None:
        """Pass an answer or news on."""
        try:
            if message.what == What.PULSE:
                self._tell(Beat(ts_ns=self._scheduler.now_ns()))
            elif frames.is_answer(message):
                self._answer(message)
            elif frames.is_news(message):
                self._tell(frames.body_of(message))
            else:
                self.strange(f"message {message.what}")
        except frames.BROKEN as error:
            self.strange(f"message {message.what}: {error}")

    def strange(self, text: str) -> None:
        """Tell what nobody understands."""
        self._tell(Strange(ts_ns=self._scheduler.now_ns(), text=text))

    # --- inside ----------------------------------------------------------------------------------

    def _named(self, client_id: str, instrument: int) -> Named:
        return Named(self._scheduler.now_ns(), client_id, instrument)

    def _ask(self, what: What, body: Any, heard: Heard) -> None:
        self._number += 1
        sent = self._line.send(frames.write(what, self._number, body))
        if sent:
            self._asked[self._number] = (sent, heard)
        else:
            self._scheduler.soon(self._say, heard, NotSent(text="there is no connection"))

    def _answer(self, message: Message) -> None:
        asked = self._asked.pop(message.number, None)
        if asked is None:
            return
        try:
            reply = frames.reply_of(message)
        except frames.BROKEN as error:
            reply = Unclear(text=f"the answer does not decode: {error}")
        self._say(asked[1], reply)

    def _say(self, heard: Heard, reply: Reply) -> None:
        if self._open:
            heard(reply)

    def _tell(self, news: News) -> None:
        if self._open and self._sink is not None:
            self._sink(news)


class PaperFeed:
    """The public stream of a paper process."""

    def __init__(
        self, scheduler: Scheduler, dialer: Dialer, address: str,
        instruments: tuple[int, ...] = (0,), *, silence_ns: int = PAPER_TERMS.silence_ns,
    ) -> None:  # fmt: skip
        """Hear the ticks of these instruments, once somebody listens."""
        self._scheduler, self._dialer, self._address = scheduler, dialer, address
        self._instruments, self._silence_ns = frozenset(instruments), silence_ns
        self._sink: Callable[[PriceNews], None] | None = None
        self._line: Line | None = None

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self._sink = sink
        if self._line is None:
            hello = Hello(frames.PROTOCOL, -1, private=False, public=True)
            self._line = Line(
                self._scheduler, self._dialer, self._address, hello, self,
                silence_ns=self._silence_ns,
            )  # fmt: skip

    def close(self) -> None:
        self._sink = None
        if self._line is not None:
            self._line.close()

    # --- as the line's caller --------------------------------------------------------------------

    def up(self) -> None:
        """The line runs: ticks will tell."""

    def down(self, left: int, reason: str) -> None:
        """The line broke."""
        self._gap(reason)

    def said(self, message: Message) -> None:
        """Pass ticks on."""
        try:
            if message.what == What.SKIPPED:
                self._gap(f"{frames.body_of(message)} ticks were skipped: we read too slowly")
            elif message.what == What.TICKS:
                for row in frames.body_of(message):
                    if row[2] in self._instruments and self._sink is not None:
                        self._sink(event_of(row))
        except frames.BROKEN as error:
            self.strange(str(error))

    def strange(self, text: str) -> None:
        """What nobody understands may have been a tick."""
        self._gap(text)

    def _gap(self, reason: str) -> None:
        if self._sink is not None:
            self._sink(FeedGap(ts_ns=self._scheduler.now_ns(), reason=reason))


def event_of(row: frames.Row) -> Trade | Quote:
    """Return the event of a row of the public stream."""
    ts_ns, kind, instrument, a, b, c, d = row
    if kind == QUOTE:
        return Quote(
            ts_ns=Nanos(ts_ns), instrument=instrument, bid=Price(a), bid_quantity=Quantity(b),
            ask=Price(c), ask_quantity=Quantity(d),
        )  # fmt: skip
    return Trade(
        ts_ns=Nanos(ts_ns), instrument=instrument, price=Price(a), quantity=Quantity(b),
        taker_side=BUY if kind == TRADE_BUY else SELL,
    )  # fmt: skip
