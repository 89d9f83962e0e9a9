"""A probe: what is asked of a venue about an account before anybody trades with it.

Rule 1: a probe changes nothing at the venue.
Rule 2: every question is answered once; what the venue does not tell is an answer, too.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from msgspec import Struct

from steelyard.app.venues import GENERIC, account_of, addresses_of, is_native, market_of
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.reports import Reply, Success, Unclear
from steelyard.services.vault.entries import Opened
from steelyard.venues.ccxt.door import Door
from steelyard.venues.native.dialect import (
    AccountDialect,
    Addresses,
    Channel,
    Denied,
    Listed,
    MarketDialect,
    Permission,
    Profile,
    Stream,
)
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.rest import UNREADABLE, Rest
from steelyard.wire.errands import Errand, Reach
from steelyard.wire.http import Answer
from steelyard.wire.sockets import Socket
from steelyard.wire.tasks import Running

Told: TypeAlias = Callable[[Any], None]
DEADLINE_NS: Final = 10_000_000_000
_PATIENCE_NS: Final = 8_000_000_000
USUAL: Final = ("BTC/USDT", "BTC/USDT:USDT")
"""What is asked about where no configuration names instruments; the first that is listed counts."""


class Clock(Struct, frozen=True, kw_only=True):
    """How far the venue's clock is ahead of ours, and how exactly that is known."""

    ahead_ns: int
    error_ns: int


class Probe(Protocol):
    """Questions to one venue about one account."""

    lacks: tuple[str, ...]
    """What cannot be done there, in sentences."""

    def clock(self, heard: Told) -> None:
        """Ask for the clock: Clock, or a Reply that is no Success."""
        ...

    def listing(self, heard: Told) -> None:
        """Ask what is listed: Success(tuple[Listed, …]); a profile needs it first."""
        ...

    def profile(self, heard: Told) -> None:
        """Ask for the account: Success(Profile)."""
        ...

    def public_socket(self, heard: Told) -> None:
        """Try the public stream: "" or what is wrong."""
        ...

    def private_socket(self, heard: Told) -> None:
        """Try the private stream: "", what is wrong, or None where it is not tried."""
        ...

    def budget(self) -> tuple[int, int]:
        """Return the rate weight used, and that of the tightest window; (-1, …): not told."""
        ...

    def close(self) -> None:
        """End."""
        ...


def probe_of(reach: Reach, opened: Opened, names: Sequence[str], *, hedged: bool = False) -> Probe:
    """Return a probe for an account."""
    if is_native(opened.place.venue):
        return NativeProbe(reach, opened, names, hedged=hedged)
    return CcxtProbe(reach, opened, names)


class NativeProbe:
    """Asks a venue that has a folder of its own."""

    def __init__(self, reach: Reach, opened: Opened, names: Sequence[str], *, hedged: bool) -> None:
        """Nothing is asked yet."""
        self.lacks: tuple[str, ...] = ()
        self._reach, self._opened, self._hedged = reach, opened, hedged
        self._names = tuple(names)
        self._addresses = _addresses(opened)
        self._rest = Rest(
            reach.scheduler, reach.http, deadline_ns=DEADLINE_NS, answered=self._answered
        )
        self._used = -1
        self._market = self._market_of(())
        self._offset = Offset(reach.scheduler, self._rest, self._market.time)
        self._account: AccountDialect | None = None

    def clock(self, heard: Told) -> None:
        def measured() -> None:
            error_ns = self._offset.error_ns()
            if error_ns > 3600 * 10**9:
                heard(Unclear(text="the venue does not tell its time"))
            else:
                heard(Clock(ahead_ns=self._offset.ahead_ns(), error_ns=error_ns))

        self._offset.start(measured)

    def listing(self, heard: Told) -> None:
        def came(reply: Reply) -> None:
            if isinstance(reply, Success):
                self._know(reply.value)
            heard(reply)

        self._rest.hold(self._market.listing, came)

    def profile(self, heard: Told) -> None:
        self._rest.hold(self._private().profile, heard)

    def public_socket(self, heard: Told) -> None:
        try:
            streams = self._market.streams(frozenset({Channel.QUOTES}), 0)
        except ConfigurationError as error:
            self._reach.scheduler.soon(heard, str(error))
            return
        _Trial(self._reach, streams[0], self._market.read, heard)

    def private_socket(self, heard: Told) -> None:
        account = self._private()

        def came(reply: Any) -> None:
            if not isinstance(reply, tuple):
                heard(reply.text or "the venue gives no stream")
            elif not reply:
                heard(None)
            else:
                _Trial(self._reach, reply[0], account.read, heard)

        self._rest.hold(account.private, came)

    def budget(self) -> tuple[int, int]:
        windows = self._private().terms.windows
        return self._used, min((one.weight for one in windows), default=0)

    def close(self) -> None:
        self._offset.close()
        self._rest.close()

    def _private(self) -> AccountDialect:
        if self._account is None:
            self._account = self._account_of(())
        return self._account

    def _know(self, listed: tuple[Listed, ...]) -> None:
        found = {one.instrument.name: one.instrument for one in listed}
        names = self._names or tuple(name for name in USUAL if name in found)[:1]
        instruments = tuple(found[name] for name in names if name in found)
        self._market = self._market_of(instruments)
        self._account = self._account_of(instruments)

    def _market_of(self, instruments: tuple[Instrument, ...]) -> MarketDialect:
        place = self._opened.place
        return market_of(place.venue, self._addresses, instruments, self._reach.scheduler.now_ns)

    def _account_of(self, instruments: tuple[Instrument, ...]) -> AccountDialect:
        return account_of(
            self._opened.place.venue, self._addresses, self._opened.credentials, instruments,
            hedged=self._hedged, now_ns=self._offset.venue_now_ns,
        )  # fmt: skip

    def _answered(self, answer: Answer) -> None:
        if self._account is not None:
            used = self._account.used(answer)
            self._used = self._used if used is None else max(self._used, used)


class CcxtProbe:
    """Asks one of ccxt's exchanges."""

    def __init__(self, reach: Reach, opened: Opened, names: Sequence[str]) -> None:
        """Nothing is asked yet. Without names it is told by the exchange what there is."""
        place = opened.place
        self._reach = reach
        self._names = tuple(names) or USUAL[:1]
        self._door = Door(
            place.venue.removeprefix(GENERIC), reach.scheduler, reach.tasks, reach.http,
            self._names, credentials=opened.credentials, addresses=opened.addresses,
            environment=place.environment,
        )  # fmt: skip
        self.lacks = self._door.able.lacks()

    def clock(self, heard: Told) -> None:
        if not self._door.able.fetches_time:
            self._reach.scheduler.soon(heard, Unclear(text="the venue does not tell its time"))
            return

        def done(result: int | Exception) -> None:
            if isinstance(result, int):
                heard(Clock(ahead_ns=result, error_ns=0))
            else:
                heard(_lost(self._door, result))

        self._reach.tasks.begin(self._door.measure(), done, deadline_ns=DEADLINE_NS)

    def listing(self, heard: Told) -> None:
        def came(reply: Reply) -> None:
            if isinstance(reply, Success):
                markets = self._door.exchange.markets
                reply = Success(value=tuple(
                    Listed(
                        instrument=one, symbol=str(markets[one.name]["id"]),
                        status="closed" if markets[one.name].get("active") is False else "trading",
                    )
                    for one in reply.value
                ))  # fmt: skip
            heard(reply)

        self._door.start(came)

    def profile(self, heard: Told) -> None:
        # A balance is what a key that may read can see; no exchange of ccxt tells what else it may.
        self._door.call(
            self._door.exchange.fetch_balance,
            lambda _: Profile(user="", permissions=frozenset({Permission.READ}), known=False),
            heard,
        )

    def public_socket(self, heard: Told) -> None:
        able, exchange = self._door.able, self._door.exchange
        if not self._door.ready or not able.public_trades.startswith("watch"):
            self._reach.scheduler.soon(heard, None)
            return
        how = {
            "watchBidsAsks": partial(exchange.watch_bids_asks, list(self._names[:1])),
            "watchTicker": partial(exchange.watch_ticker, self._names[0]),
        }.get(able.quotes, partial(exchange.watch_order_book, self._names[0]))
        self._try(how, heard)

    def private_socket(self, heard: Told) -> None:
        self._reach.scheduler.soon(heard, None)

    def budget(self) -> tuple[int, int]:
        return -1, self._door.terms.windows[0].weight

    def close(self) -> None:
        self._door.close()

    def _try(self, work: Callable[[], Any], heard: Told) -> Running[Any]:
        def done(result: Any) -> None:
            failed = isinstance(result, Exception)
            heard(_lost(self._door, result).text if failed else "")

        return self._reach.tasks.begin(work(), done, deadline_ns=_PATIENCE_NS)


class _Trial:
    """One socket, tried: it opens, it is told what the stream says, something comes back."""

    def __init__(
        self, reach: Reach, stream: Stream, read: Callable[[bytes], Sequence[Any]], heard: Told
    ) -> None:
        self._stream, self._read = stream, read
        self._heard: Told | None = heard
        self._socket: Socket | None = None
        reach.sockets.dial(stream.url, self, stream.headers)
        self._timer = reach.scheduler.after(_PATIENCE_NS, self._end, "it opens and says nothing")

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        for text in (*self._stream.hello, *([self._stream.ping] if self._stream.ping else ())):
            socket.send(text)
        if not self._stream.hello and not self._stream.confirms:
            self._end("")  # it tells by standing: the address itself names the stream

    def said(self, socket: Socket, body: bytes) -> None:
        try:
            told = self._read(body)
        except UNREADABLE as error:
            self._end(f"it says what nobody understands: {error}")
            return
        denied = [one.text for one in told if isinstance(one, Denied)]
        if denied or told:
            self._end(denied[0] if denied else "")

    def alive(self, socket: Socket) -> None:
        """A ping is no word yet."""

    def closed(self, socket: Socket | None, reason: str) -> None:
        self._end(reason)

    def _end(self, why: str) -> None:
        heard, self._heard = self._heard, None
        if heard is None:
            return
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()
        heard(why)


def ask_profile(reach: Reach, opened: Opened, names: Sequence[str]) -> Errand[Reply]:
    """Ask what a key may do; a reply of any of the four kinds."""
    probe = probe_of(reach, opened, names)
    try:
        clock = yield probe.clock
        listed = yield probe.listing
        if not isinstance(listed, Success):
            return listed  # type: ignore[no-any-return]  # a Reply, by the probe's word
        profile: Reply = yield probe.profile
        del clock
        return profile
    finally:
        probe.close()


def _addresses(opened: Opened) -> Addresses:
    if opened.addresses is not None:
        return opened.addresses
    return addresses_of(opened.place.venue, opened.place.environment)


def _lost(door: Door, error: Exception) -> Any:
    from steelyard.venues.ccxt.errors import reply_of

    return reply_of(error, door.exchange)
