"""The paper process: an exchange, its market in time, and its clients on a local socket.

Rule 1: the exchange's time is this machine's UTC; rows of the market happen when they are due.
Rule 2: before a request is judged, every row that is due has happened.
Rule 3: an answer goes before the news its request caused. News of an account go to each of its
connections; a connection that does not read them is cut, and asks anew when it comes back.
Rule 4: ticks go out in batches. In real time a client that reads too slowly loses some and is told
so; at full speed the market waits for the slowest.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from steelyard.exchange.paper.books import PaperFile
from steelyard.exchange.paper.pacing import MarketRow, Pacer
from steelyard.exchange.paper.settings import PaperSettings
from steelyard.model.errors import ConfigurationError, OverflowHalt
from steelyard.model.kinds import QUOTE
from steelyard.model.reports import Reply
from steelyard.venues.paper import frames
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.frames import Hello, Welcome, What
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import Scheduler
from steelyard.wire.streams import Link, Streams

_TURN_ROWS: Final = 512
_NEWS_WAITING_MAX: Final = 16 * 2**20
_PATIENCE_NS: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000


class Session:
    """One client: who it is once it said so, and what it was told."""

    __slots__ = ("account", "hello", "link", "news", "private", "public", "skipped")

    def __init__(self, link: Link) -> None:
        """Know nothing yet."""
        self.link = link
        self.hello = self.private = self.public = False
        self.account = -1
        self.news = self.skipped = 0


class PaperServer:
    """What the loop of a paper process runs."""

    def __init__(self, settings: PaperSettings, ready: Callable[[str], None]) -> None:
        """Open the exchange, from its file where there is one. `ready` hears the address."""
        self.settings = settings
        self.failure = ""
        self.exchange = SimExchange(
            settings.instruments, terms=settings.terms, rules=settings.rules, cash=settings.cash,
            coins=settings.coins, leverage=settings.leverage, hedged=settings.hedged,
            kinds=settings.kinds, matching=settings.matching,
        )  # fmt: skip
        self._file = PaperFile(settings.books) if settings.books else None
        served = self._load()
        self._pacer = Pacer(
            settings.market, speed=settings.speed, loop=settings.loop, served=served
        )
        self._fast = math.isinf(settings.speed)
        self._ready = ready
        self._sessions: dict[Link, Session] = {}
        self._listeners: list[Session] = []
        self._scheduler: Scheduler
        self._finish: Callable[[], None]
        self._alone_ns = 0
        self._changed = False
        self._over = False

    # --- its life --------------------------------------------------------------------------------

    def begin(self, scheduler: Scheduler, streams: Streams, finish: Callable[[], None]) -> None:
        """Take connections, and let the market run once they can be made."""
        self._scheduler, self._finish = scheduler, finish
        streams.serve(self.settings.address, self, self._begin_market)

    def interrupted(self) -> None:
        """Write the books and end."""
        if self._over:
            return
        self._over = True
        self._keep()
        self._finish()

    def _begin_market(self, address: str) -> None:
        self._alone_ns = self._scheduler.elapsed_ns()
        self._turn()
        self._pulse()
        self._after_s(self.settings.keep_s, self._keep_again)
        if self.settings.idle_s:
            self._after_s(min(1.0, self.settings.idle_s), self._mind_idling)
        self._ready(address)

    def _after_s(self, seconds: float, call: Callable[[], None]) -> None:
        self._scheduler.after(int(seconds * _SECOND_NS), call)

    def _load(self) -> int:
        if self._file is None:
            return 0
        try:
            return self._file.load(self.exchange)
        except ConfigurationError:
            self._file.close()
            raise

    def _keep(self) -> None:
        if self._file is not None and self._changed:
            self._changed = False
            try:
                self._file.save(self.exchange, self._pacer.served)
            except OSError as error:
                self._fail(f"the books cannot be kept: {error}")

    def _keep_again(self) -> None:
        if not self._over:
            self._keep()
            self._after_s(self.settings.keep_s, self._keep_again)

    def _pulse(self) -> None:
        if self._over:
            return
        frame = frames.write(What.PULSE, 0, self._scheduler.now_ns())
        for session in self._sessions.values():
            if session.hello:
                session.link.send(frame)
        self._after_s(self.settings.pulse_s, self._pulse)

    def _mind_idling(self) -> None:
        idle_ns = self._scheduler.elapsed_ns() - self._alone_ns
        if not self._sessions and idle_ns >= self.settings.idle_s * _SECOND_NS:
            self.interrupted()
        elif not self._over:
            self._after_s(min(1.0, self.settings.idle_s), self._mind_idling)

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._over = True
        self._finish()

    # --- the market ------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Let happen what is due, and come back when the next row is."""
        if self._over:
            return
        if self._fast and any(
            session.link.waiting > self.settings.ticks_waiting_max for session in self._listeners
        ):
            self._scheduler.after(_PATIENCE_NS, self._turn)
            return
        if not self._happen():
            return
        wait_ns = self._pacer.wait_ns(self._scheduler.elapsed_ns())
        if wait_ns is not None:
            self._scheduler.after(wait_ns, self._turn)

    def _happen(self) -> bool:
        rows = self._pacer.due(self._scheduler.elapsed_ns(), _TURN_ROWS)
        if not rows:
            return True
        now_ns = self._scheduler.now_ns()
        row = self.exchange.row
        try:
            for _, kind, instrument, a, b, c, d in rows:
                row(now_ns, kind, instrument, a, b, c, d)
        except OverflowHalt as halt:
            self._fail(str(halt))
            return False
        self._changed = True
        self._publish(now_ns, rows)
        self._tell()
        return True

    def _publish(self, now_ns: int, rows: list[MarketRow]) -> None:
        if not self._listeners:
            return
        ticks = [(now_ns, *row[1:]) for row in rows if row[1] <= QUOTE]
        frame = frames.write(What.TICKS, 0, ticks)
        for session in self._listeners:
            if session.link.waiting > self.settings.ticks_waiting_max:
                session.skipped += len(ticks)
                continue
            if session.skipped:
                session.link.send(frames.write(What.SKIPPED, 0, session.skipped))
                session.skipped = 0
            session.link.send(frame)

    def _tell(self) -> None:
        """Send the exchange's news to the connections of their accounts."""
        for account, news in self.exchange.drain():
            for session in tuple(self._sessions.values()):
                if not session.private or session.account != account:
                    continue
                if session.link.waiting > _NEWS_WAITING_MAX:
                    session.private = False
                    session.link.close(now=True)
                    continue
                session.news += 1
                session.link.send(frames.write_news(session.news, news))

    # --- as the links' ears ----------------------------------------------------------------------

    def opened(self, link: Link) -> None:
        """Wait for who it is."""
        self._sessions[link] = Session(link)

    def closed(self, link: Link | None, reason: str) -> None:
        """Forget a client, or end when no socket could be had."""
        if link is None:
            self._fail(reason)
            return
        session = self._sessions.pop(link, None)
        if session in self._listeners:
            self._listeners.remove(session)
        self._alone_ns = self._scheduler.elapsed_ns()

    def frame(self, link: Link, body: bytes) -> None:
        """Hear a client."""
        session = self._sessions.get(link)
        if session is None or self._over:
            return
        try:
            message = frames.read(body)
            content = frames.body_of(message)
        except frames.BROKEN as error:
            self._refuse(link, f"a message does not decode: {error}")
            return
        if message.what == What.HELLO:
            self._welcome(session, content)
        elif not session.hello:
            self._refuse(link, "nobody said hello")
        elif message.what == What.STOP:
            self.interrupted()
        elif session.account < 0:
            self._refuse(link, "requests need an account")
        else:
            self._serve(session, message.what, message.number, content)

    def _welcome(self, session: Session, hello: Hello) -> None:
        accounts = len(self.settings.cash)
        if hello.protocol != frames.PROTOCOL:
            reason = f"protocol was {hello.protocol}, spoken is {frames.PROTOCOL}"
            self._refuse(session.link, reason)
        elif hello.account >= accounts:
            reason = f"account was {hello.account}, there are {accounts}"
            self._refuse(session.link, reason)
        else:
            session.hello, session.account = True, hello.account
            session.private, session.public = hello.private, hello.public
            if session.public:
                self._listeners.append(session)
            names = tuple(instrument.name for instrument in self.settings.instruments)
            welcome = Welcome(self.settings.terms.name, accounts, names)
            session.link.send(frames.write(What.WELCOME, 0, welcome))

    def _refuse(self, link: Link, reason: str) -> None:
        link.send(frames.write(What.UNWELCOME, 0, reason))
        link.close()

    def _serve(self, session: Session, what: int, number: int, content: Any) -> None:
        if not self._fast and not self._happen():
            return
        try:
            reply = self._answer(session.account, what, content)
        except OverflowHalt as halt:
            self._fail(str(halt))
            return
        if reply is None:
            self._refuse(session.link, f"message {what} is no request")
            return
        session.link.send(frames.write_reply(number, reply))
        self._tell()

    def _answer(self, account: int, what: int, content: Any) -> Reply | None:
        exchange, now_ns = self.exchange, self._scheduler.now_ns()
        match what:
            case What.PLACE:
                self._changed = True
                reply = exchange.place(
                    now_ns, account, content.order, sent_ns=content.sent_ns, hedged=content.hedged
                )
            case What.CANCEL:
                self._changed = True
                reply = exchange.cancel(
                    now_ns, account, content.client_id, content.instrument, sent_ns=content.sent_ns
                )
            case What.CANCEL_ALL:
                self._changed = True
                reply = exchange.cancel_all(
                    now_ns, account, content.instrument, sent_ns=content.sent_ns
                )
            case What.ORDER:
                reply = exchange.order(now_ns, account, content.client_id, content.instrument)
            case What.OPEN_ORDERS:
                reply = exchange.open_orders(now_ns, account)
            case What.TRADES:
                reply = exchange.trades(now_ns, account, content)
            case What.HOLDINGS:
                reply = exchange.holdings(now_ns, account)
            case What.LISTING:
                reply = exchange.listing(now_ns, account)
            case _:
                return None
        return reply

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()


def serve(settings: PaperSettings, ready: Callable[[str], None]) -> None:
    """Run a paper process until it is asked to stop; `ready` hears the address it is at.

    Raises ConfigurationError where the address or the books cannot be had.
    """
    server = PaperServer(settings, ready)
    try:
        run_loop(server)
    finally:
        server.close()
    if server.failure:
        raise ConfigurationError(f"the paper process ended: {server.failure}")
