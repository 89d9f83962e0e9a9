"""One exchange of ccxt, opened: its markets loaded, its clock measured, its calls made ours.

Rule 1: a call ends in exactly one reply, which comes after the call that began it; after `close`
in none.
Rule 2: an answer that does not read is unclear, never empty.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Generic, TypeVar

from steelyard.model.instruments import Instrument
from steelyard.model.reports import NotSent, Reply, Success, Unclear
from steelyard.venues.ccxt.able import Able, able_of
from steelyard.venues.ccxt.errors import is_never, reply_of
from steelyard.venues.ccxt.instruments import instrument_of
from steelyard.venues.ccxt.numbers import decimal_of
from steelyard.venues.ccxt.opening import Outside, open_exchange
from steelyard.venues.ccxt.terms import DEADLINE_NS, terms_of
from steelyard.venues.native.dialect import Addresses, Credentials
from steelyard.venues.native.rest import UNREADABLE
from steelyard.wire.http import Http
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.tasks import Running, Tasks

_MS_NS: Final = 10**6
_PAUSE_NS: Final = 500 * _MS_NS
_PAUSE_MAX_NS: Final = 30_000 * _MS_NS
_WATCH_NS: Final = 2 * DEADLINE_NS
_STARTING: Final = 4  # deadlines: markets come in several answers
T = TypeVar("T")


class Door:
    """An exchange that is asked by calls."""

    def __init__(
        self, name: str, scheduler: Scheduler, tasks: Tasks, http: Http, names: Sequence[str], *,
        credentials: Credentials | None = None, addresses: Addresses | None = None,
        environment: str = "mainnet", exact: bool = True,
    ) -> None:  # fmt: skip
        """`names` are unified names of instruments, all spot or all linear perpetuals."""
        self.scheduler, self.tasks = scheduler, tasks
        self.names = tuple(names)
        self.swap = any(":" in one for one in names)
        self.instruments: tuple[Instrument, ...] = ()
        self.ahead_ns = 0
        self.ready = False
        self.open = True
        self.streams: set[Again[Any]] = set()
        self._watchdog: Timer | None = None
        outside = Outside(http=http, now_ns=self.now_ns, deadline_ns=DEADLINE_NS, broke=self._broke)
        self.exchange = open_exchange(
            name, outside, credentials=credentials, addresses=addresses, environment=environment,
            swap=self.swap, exact=exact,
        )  # fmt: skip
        self.able: Able = able_of(self.exchange, swap=self.swap)
        self.terms = terms_of(self.exchange, self.able, len(self.names))

    def now_ns(self) -> int:
        """Return the venue's time, as far as it was measured."""
        return self.scheduler.now_ns() + self.ahead_ns

    def start(self, heard: Callable[[Reply], None]) -> None:
        """Load the markets and measure the clock: Success(the instruments)."""

        def done(result: Exception | None) -> None:
            if not self.open:
                return
            if isinstance(result, Exception):
                heard(reply_of(result, self.exchange))
                return
            self.ready = True
            heard(Success(value=self.instruments))

        self.tasks.begin(self._start(), done, deadline_ns=_STARTING * DEADLINE_NS)

    def call(
        self, work: Callable[[], Coroutine[Any, Any, Any]], read: Callable[[Any], Any],
        heard: Callable[[Reply], None],
    ) -> None:  # fmt: skip
        """Make one call of ccxt; `read` turns what it returns into the value of a Success."""
        if not self.ready:
            self.scheduler.soon(self._tell, heard, NotSent(text="the markets are not loaded yet"))
            return

        def done(result: Any) -> None:
            self._tell(heard, self._reply(result, read))

        self.tasks.begin(work(), done, deadline_ns=2 * DEADLINE_NS)

    def close(self) -> None:
        """Let go of everything; nothing is told afterwards."""
        if self.open:
            self.open = False
            if self._watchdog is not None:
                self._watchdog.cancel()
            self.tasks.last(self.exchange.close())

    def _reply(self, result: Any, read: Callable[[Any], Any]) -> Reply:
        if isinstance(result, Exception):
            return reply_of(result, self.exchange)
        try:
            return Success(value=read(result))
        except UNREADABLE as error:
            return Unclear(text=f"the answer does not read: {error}")

    def _tell(self, heard: Callable[[Reply], None], reply: Reply) -> None:
        if self.open:
            heard(reply)

    def streaming(self, one: "Again[Any]") -> None:
        """Watch over a stream: it is begun anew when no socket stands."""
        self.streams.add(one)
        if self._watchdog is None:
            self._watchdog = self.scheduler.after(_WATCH_NS, self._look)

    def _look(self) -> None:
        clients = (self.exchange.clients or {}).values()
        if not any(one.connection is not None and not one.closed() for one in clients):
            self._broke()
        if self.open:
            self._watchdog = self.scheduler.after(_WATCH_NS, self._look)

    def _broke(self) -> None:
        for one in tuple(self.streams):
            one.interrupt("the socket ended")

    async def _start(self) -> None:
        await self.exchange.load_markets()
        self.instruments = tuple(
            instrument_of(self.exchange, name, self.terms.name) for name in self.names
        )
        if self.able.fetches_time:
            await self.measure()

    async def measure(self) -> int:
        """Measure the venue's clock; return how far it is ahead of ours."""
        sent_ns = self.scheduler.elapsed_ns()
        told = await self.exchange.fetch_time()
        trip_ns = self.scheduler.elapsed_ns() - sent_ns
        there_ns = int(decimal_of(told, "time") * _MS_NS) + trip_ns // 2
        self.ahead_ns = there_ns - self.scheduler.now_ns()
        return self.ahead_ns


class Again(Generic[T]):
    """One call of ccxt, made again and again: a stream, or a question every so often.

    An error is told once, and the call is made again after a pause that doubles.
    """

    def __init__(
        self, door: Door, work: Callable[[], Coroutine[Any, Any, T]], *,
        came: Callable[[T], None], broke: Callable[[str], None], every_ns: int = 0,
        deadline_ns: int = 0, cannot: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        """Begin at once; `every_ns` 0: again as soon as it has ended.

        `cannot` hears instead of `broke` that ccxt will never make this call; it is not made again.
        """
        self._door, self._work, self._came, self._broke = door, work, came, broke
        self._every_ns, self._deadline_ns = every_ns, deadline_ns
        self._cannot = cannot or broke
        self._pause_ns = _PAUSE_NS
        self._running: Running[T] | None = None
        self._timer: Timer | None = None
        self._open = True
        if not every_ns:
            door.streaming(self)
        self._begin()

    def interrupt(self, reason: str) -> None:
        """Take the call under way for lost."""
        if self._open and self._running is not None:
            self._running.cancel()
            self._broken(reason)

    def close(self) -> None:
        """Stop."""
        self._open = False
        self._door.streams.discard(self)
        if self._running is not None:
            self._running.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self) -> None:
        if self._open and self._door.open:
            self._running = self._door.tasks.begin(
                self._work(), self._done, deadline_ns=self._deadline_ns
            )

    def _done(self, result: T | Exception) -> None:
        if not self._open or not self._door.open:
            return
        if not isinstance(result, Exception):
            try:
                self._came(result)
            except UNREADABLE as error:
                result = error
        if isinstance(result, Exception) and is_never(result):
            self.close()
            self._cannot(reply_of(result, self._door.exchange).text)
            return
        if isinstance(result, Exception):
            self._broken(reply_of(result, self._door.exchange).text)
            return
        self._pause_ns = _PAUSE_NS
        if self._every_ns:
            self._timer = self._door.scheduler.after(self._every_ns, self._begin)
        else:
            self._begin()

    def _broken(self, reason: str) -> None:
        self._running = None
        self._broke(reason)
        if self._open:
            self._timer = self._door.scheduler.after(self._pause_ns, self._begin)
            self._pause_ns = min(2 * self._pause_ns, _PAUSE_MAX_NS)
