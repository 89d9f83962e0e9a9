"""One account at the venue, as one process reaches it: requests, replies, the private stream.

Rule 1: each message has one fate (`fates`), drawn when it is sent.
Rule 2: replies know no order; the frames of a stream come in order unless a fate says otherwise.
Rule 3: the line never retries and never waits; only its stream reconnects by itself.
Rule 4: requests are stamped with venue time as the line has measured it: the process's monotonic
clock and an offset, whose error stays within the terms' skew. A process's wall clock may be wrong
by an hour, and no stamp is.
"""

from collections.abc import Callable
from typing import Any, Final

from steelyard.kernel.ports import Heard, Placing, Request
from steelyard.model.kinds import LIMIT, MARKET, POST_ONLY, REDUCE_ONLY
from steelyard.model.reports import (
    Beat,
    Fault,
    Gap,
    Holdings,
    Linked,
    News,
    NotSent,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Strange,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.services.simulation.fates import Fate
from steelyard.services.simulation.feeds import FeedLine
from steelyard.services.simulation.network import MS, SECOND, Sent, Told, Wires
from steelyard.services.simulation.spoiling import spoiled

_GARBLED: Final = (
    "503 Service Unavailable: unknown error, execution status unknown",
    "<html><head><title>502 Bad Gateway</title></head>",
    '{"orderId": 4711, "sta',
    "-1007 timeout waiting for response from backend server",
)
_SILENT: Final = frozenset({Fate.LOST_REPLY, Fate.RESET})
_MEDDLING: Final = frozenset(
    {Fate.PRICE_FIRST, Fate.CLOSED_FIRST, Fate.STOP_UNDONE, Fate.PARTLY_DONE}
)
_SLOW: Final = frozenset({Fate.SLOW_REQUEST, Fate.SLOW_EXIT})
_SPOILT: Final = frozenset(
    {Fate.BROKEN_REPLY, Fate.PARTIAL, Fate.FLAT_ROWS, Fate.FLAT_SIDES, Fate.PARTLY_DONE}
)
_BEAT_NS: Final = 15 * SECOND
_STAMPED: Final = frozenset({Request.PLACE, Request.CANCEL, Request.CANCEL_ALL})


class Line:
    """A `Venue`."""

    def __init__(self, wires: Wires, feed: FeedLine, account: int) -> None:
        """Let the host of `feed` speak for `account`."""
        host = feed.host
        self.feed = feed
        self.terms = wires.terms
        self.account = account
        self.host = host
        self.up = False
        self.error_ns = wires.luck.between(0, wires.terms.skew_ns // MS) * MS
        self._wires = wires
        self._sink: Callable[[News], None] | None = None
        self._closed = False
        self._connection = 0
        self._last_ns = 0
        self._mode_ns = 0
        self._asks: dict[Request, Callable[..., Reply]] = {
            Request.PLACE: wires.exchange.place,
            Request.CANCEL: wires.exchange.cancel,
            Request.CANCEL_ALL: wires.exchange.cancel_all,
            Request.ORDER: wires.exchange.order,
            Request.OPEN_ORDERS: wires.exchange.open_orders,
            Request.TRADES: wires.exchange.trades,
            Request.HOLDINGS: wires.exchange.holdings,
            Request.LISTING: wires.exchange.listing,
        }
        wires.lines.append(self)

    # --- requests ------------------------------------------------------------------------------

    def place(self, order: Placing, heard: Heard) -> None:
        """Create an order."""
        self._send(Request.PLACE, order.client_id, order.flags, (order,), heard)

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        """Cancel an order."""
        self._send(Request.CANCEL, client_id, 0, (client_id, instrument), heard)

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        """Cancel every order of an instrument."""
        self._send(Request.CANCEL_ALL, "", 0, (instrument,), heard)

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        """Ask for one order."""
        self._send(Request.ORDER, client_id, 0, (client_id, instrument), heard)

    def open_orders(self, heard: Heard) -> None:
        """Ask for all open orders."""
        self._send(Request.OPEN_ORDERS, "", 0, (), heard)

    def trades(self, cursor: str, heard: Heard) -> None:
        """Ask for trades since a cursor."""
        self._send(Request.TRADES, "", 0, (cursor,), heard)

    def holdings(self, heard: Heard) -> None:
        """Ask for positions and wallet."""
        self._send(Request.HOLDINGS, "", 0, (), heard)

    def listing(self, heard: Heard) -> None:
        """Ask for the instruments' terms."""
        self._send(Request.LISTING, "", 0, (), heard)

    def _send(
        self, request: Request, client_id: str, flags: int, said: tuple[Any, ...], heard: Heard
    ) -> None:
        host, wires = self.host, self._wires
        host.step()
        if self._closed:
            raise RuntimeError(f"{request} was asked of a line that is closed")
        time, fates = wires.time, wires.fates[request]
        fate = fates.draw()
        reduces = flags & REDUCE_ONLY != 0
        sent = Sent(
            time.at_ns, host.name, request, client_id, reduces, fate != Fate.NOT_SENT,
            self.feed.age_ns(said[0].instrument) if request == Request.PLACE else 0,
        )  # fmt: skip
        wires.sent.append(sent)
        if fate == Fate.NOT_SENT:
            time.put(host, wires.delays.draw(), self._hear, heard, NotSent(text="no route to host"))
            return
        if wires.on_sent is not None:
            wires.on_sent(sent)
        delay_ns = wires.delays.draw()
        if fate in _SLOW:
            if fate == Fate.SLOW_EXIT and reduces:
                fates.struck(fate)
            if fate == Fate.SLOW_REQUEST or reduces:
                # Up to a little beyond what the venue accepts: late, or refused as stale.
                delay_ns += wires.luck.below(self.terms.validity_ns * 5 // 4 // MS) * MS
        if fate == Fate.RESET:
            time.put(host, delay_ns, self._hear, heard, Unclear(text="connection reset by peer"))
            if wires.luck.below(2):
                return
            # A gateway may hold what its client has given up, and let it go much later.
            delay_ns += wires.luck.below(self.terms.validity_ns // MS) * MS
        if fate != Fate.LOST_REQUEST:
            stamp_ns = time.now_ns() + self.error_ns
            time.put(None, delay_ns, self._arrive, request, said, stamp_ns, fate, heard)

    def _arrive(
        self, request: Request, said: tuple[Any, ...], stamp_ns: int, fate: Fate, heard: Heard
    ) -> None:
        wires, now_ns = self._wires, self._wires.time.now_ns()
        reply = self._kept_out(fate)
        if reply is None:
            if fate in _MEDDLING:
                self._meddle(request, said, fate)
            if fate == Fate.CANCELED_LATER:
                reply = self._cancel_later(*said)
            elif request in _STAMPED:
                reply = self._asks[request](now_ns, self.account, *said, sent_ns=stamp_ns)
            else:
                reply = self._asks[request](now_ns, self.account, *said)
            wires.flush()
            if fate in _SPOILT:
                reply = self._spoil(request, reply, fate)
            elif isinstance(reply, Refusal) and reply.fault == Fault.CLOCK:
                self.error_ns = 0  # it measures the venue's clock anew
        if fate in _SILENT:
            return
        delay_ns = wires.delays.draw()
        if fate == Fate.SLOW_REPLY:
            delay_ns += self.terms.deadline_ns + wires.luck.below(20_000) * MS
        elif fate == Fate.LATE_REPLY:
            delay_ns += wires.luck.below(3_000) * MS
        wires.time.put(self.host, delay_ns, self._hear, heard, reply)

    def _kept_out(self, fate: Fate) -> Reply | None:
        wires = self._wires
        now_ns = wires.time.at_ns
        if fate == Fate.RATE_LIMIT:
            until_ns = now_ns + SECOND + wires.luck.below(10_000) * MS
            wires.limited_until_ns = max(wires.limited_until_ns, until_ns)
        if now_ns < wires.shut_until_ns:
            return Unclear(text=_GARBLED[0])
        if now_ns < wires.banned_until_ns:
            return _away(Fault.BANNED, wires.banned_until_ns - now_ns)
        if now_ns < wires.limited_until_ns:
            return _away(Fault.RATE_LIMIT, wires.limited_until_ns - now_ns)
        if fate == Fate.BROKEN_BEFORE:
            return self._garbled()
        return None

    def _meddle(self, request: Request, said: tuple[Any, ...], fate: Fate) -> None:
        """Let something happen at the venue just before a request does, if it fits."""
        wires = self._wires
        struck = False
        if request == Request.PLACE:
            order: Placing = said[0]
            if fate == Fate.PRICE_FIRST and order.flags & POST_ONLY:
                wires.push(order.instrument, order.price - order.side)
                struck = True
            elif order.flags & REDUCE_ONLY and (order.type in (LIMIT, MARKET)) == (
                fate == Fate.CLOSED_FIRST
            ):
                struck = wires.close_by_hand()
        elif request == Request.CANCEL:
            book = wires.exchange.clerk.books[self.account]
            resting = book.find(said[0], said[1], None)
            if resting is not None and resting.number in book.open and resting.price:
                wires.push(resting.instrument, resting.price - resting.side)
                struck = True
        elif request == Request.CANCEL_ALL:
            struck = self._cancel_some(said[0])
        if struck:
            wires.fates[request].struck(fate)

    def _cancel_later(self, client_id: str, instrument: int) -> Reply:
        """Take a cancel, and let the order live a little longer."""
        wires = self._wires
        book = wires.exchange.clerk.books[self.account]
        resting = book.find(client_id, instrument, None)
        if resting is None or resting.number not in book.open:
            return wires.exchange.cancel(wires.time.now_ns(), self.account, client_id, instrument)
        wires.fates[Request.CANCEL].struck(Fate.CANCELED_LATER)

        def do() -> None:
            wires.exchange.cancel(wires.time.now_ns(), self.account, client_id, instrument)
            wires.flush()

        wires.time.put(None, wires.luck.below(6_000) * MS, do)
        return Success()

    def _cancel_some(self, instrument: int) -> bool:
        wires = self._wires
        now_ns = wires.time.now_ns()
        open_orders = wires.exchange.clerk.books[self.account].open
        some = [o for o in open_orders.values() if o.instrument == instrument][::2]
        for order in some:
            wires.exchange.cancel(now_ns, self.account, order.client_id, instrument)
        return bool(some)

    def _spoil(self, request: Request, reply: Reply, fate: Fate) -> Reply:
        if fate in (Fate.BROKEN_REPLY, Fate.PARTLY_DONE):
            return self._garbled()
        if isinstance(reply, Success):
            value = spoiled(reply.value, fate, self._wires.luck)
            if value is not None:
                self._wires.fates[request].struck(fate)
                return Success(value=value)
        return reply

    def _garbled(self) -> Unclear:
        return Unclear(text=_GARBLED[self._wires.luck.below(len(_GARBLED))])

    def _hear(self, heard: Heard, reply: Reply) -> None:
        if self._closed:
            return
        if isinstance(reply, Refusal) and reply.retry_after_ns:
            at_ns = self._wires.time.at_ns
            until_ns = at_ns + reply.retry_after_ns
            self._wires.told.append(Told(at_ns, self.host.name, until_ns, reply.fault))
        value = reply.value if isinstance(reply, Success) else None
        # An answer that an answer to a later question overtook tells nothing of now.
        if isinstance(value, Holdings) and value.as_of_ns >= self._mode_ns:
            self._mode_ns = value.as_of_ns
            told = self._wires.time.at_ns, self.host.name, value.hedged
            self._wires.modes.append(told)
        heard(reply)

    # --- the stream ------------------------------------------------------------------------------

    def listen(self, sink: Callable[[News], None]) -> None:
        """Open the stream."""
        self.host.step()
        self._sink = sink
        self._connect()

    def close(self) -> None:
        """Let go."""
        self.host.step()
        self.cut()

    def cut(self) -> None:
        """Let go without a word, as a dead process does."""
        self._closed, self.up = True, False
        if self in self._wires.lines:
            self._wires.lines.remove(self)

    def drop(self, down_ns: int, *, silent_ns: int = 0) -> None:
        """Break the stream; with `silent_ns` nobody notices for so long."""
        if not self.up:
            return
        wires = self._wires
        self.up = False
        self._connection += 1
        gap = Gap(ts_ns=wires.time.now_ns(), reason="silence" if silent_ns else "it broke")
        wires.time.put(self.host, silent_ns + wires.frame_delays.draw(), self._say, gap)
        wires.time.put(None, silent_ns + down_ns, self._connect)

    def frame(self, news: News) -> None:
        """Put one frame on the stream."""
        wires = self._wires
        fate = wires.frames.draw()
        now_ns = wires.time.at_ns
        at_ns = max(now_ns + wires.frame_delays.draw(), self._last_ns)
        if fate == Fate.DROPPED and isinstance(news, OrderReport | TradeReport):
            wires.frames.struck(fate)
            return
        if fate == Fate.OVERTAKEN or (fate == Fate.LATE_FILL and self._is_last(news)):
            at_ns += wires.luck.below(4_000) * MS
        else:
            self._last_ns = at_ns
        if fate == Fate.STRANGE:
            news = Strange(ts_ns=wires.time.now_ns(), text="executionType was TRADE_PREVENTION_X")
        wires.time.put(self.host, at_ns - now_ns, self._frame, self._connection, news)
        if fate == Fate.DOUBLED:
            later_ns = at_ns - now_ns + wires.luck.below(5_000) * MS
            wires.time.put(self.host, later_ns, self._frame, self._connection, news)

    def _is_last(self, news: News) -> bool:
        """Say whether a trade's order has ended, so that the trade can come after the end."""
        if not isinstance(news, TradeReport) or not news.client_id:
            return False
        book = self._wires.exchange.clerk.books[self.account]
        order = book.find(news.client_id, news.instrument, None)
        if order is None or order.state == OrderState.OPEN:
            return False
        self._wires.frames.struck(Fate.LATE_FILL)
        return True

    def _connect(self) -> None:
        if not self._closed and not self.host.dead:
            self._wires.time.put(None, self._wires.delays.draw(), self._connected)

    def _connected(self) -> None:
        wires = self._wires
        if self._closed or self.host.dead or self.up:
            return
        self.up = True
        self._last_ns = wires.time.at_ns + wires.frame_delays.draw()
        linked = Linked(ts_ns=wires.time.now_ns())
        wires.time.put(
            self.host, self._last_ns - wires.time.at_ns, self._frame, self._connection, linked
        )
        wires.time.put(self.host, _BEAT_NS, self._beat, self._connection)

    def _beat(self, connection: int) -> None:
        """Say that the stream is alive, as long as it is the same one."""
        if connection == self._connection and not self._closed:
            self._say(Beat(ts_ns=self._wires.time.now_ns()))
            self._wires.time.put(self.host, _BEAT_NS, self._beat, connection)

    def _frame(self, connection: int, news: News) -> None:
        if connection == self._connection:
            self._say(news)

    def _say(self, news: News) -> None:
        if not self._closed and self._sink is not None:
            self._sink(news)


def _away(fault: Fault, wait_ns: int) -> Refusal:
    return Refusal(fault=fault, retry_after_ns=wait_ns, text=f"wait {wait_ns // MS} ms")
