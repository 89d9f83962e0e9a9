"""A native venue: the Venue port of one account, for any dialect.

Rule 1: orders and cancels leave as `bundling` says; nothing else that is asked overtakes them.
Rule 2: the private stream runs (`Linked`) when all of its sockets do; the first that breaks is a
`Gap`. A socket that is replaced in time is none, but `Linked` is said anew: the account is read.
Rule 3: nothing is retried here but the stream itself, its key and the dead-man's switch; what
fails of these is told as `Strange`, so that nobody believes in a protection that is not there.
Rule 4: no create leaves while the venue's clock is known less well than `terms.skew_ns`: the proof
that an order was not placed counts on it.
Rule 5: before the first `Linked` no other sign of life is told.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from steelyard.kernel.ports import Heard, Placing
from steelyard.model.reports import (
    Beat,
    Fault,
    Gap,
    Linked,
    Listing,
    News,
    NotSent,
    RateUsed,
    Refusal,
    Reply,
    Strange,
    Success,
)
from steelyard.venues.native.bundling import Bundling
from steelyard.venues.native.dialect import AccountDialect, Steps, Stream
from steelyard.venues.native.entry import OrderSocket
from steelyard.venues.native.line import Line
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.pausing import SECOND, pause_ns
from steelyard.venues.native.rest import Rest
from steelyard.wire.http import Answer, Http
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.sockets import SocketDialer

_LINGER_NS: Final = 2 * SECOND
_FIRST_NS: Final = SECOND
_LONGEST_NS: Final = 60 * SECOND
_CLOSED: Final = "closed"


class NativeVenue:
    """The order door and private stream of one account at one venue."""

    def __init__(
        self, scheduler: Scheduler, http: Http, dialer: SocketDialer, dialect: AccountDialect, *,
        account: str, offset: Offset | None = None, over_socket: bool = True, guard_ns: int = 0,
        listing: Callable[[], Steps] | None = None,
    ) -> None:  # fmt: skip
        """`account` names it in pauses and sentences, `listing` is the public half's.

        `offset` is started here if nobody did, and read by the dialect. `guard_ns`: arm the
        dead-man's switch for so long, again and again (0: do not).
        """
        self.terms = dialect.terms
        self._scheduler, self._dialer, self._dialect = scheduler, dialer, dialect
        self._name = f"{dialect.terms.name} {account}"
        self._offset, self._guard_ns, self._listing = offset, guard_ns, listing
        self._rest = Rest(
            scheduler, http, deadline_ns=dialect.terms.deadline_ns, answered=self._used
        )
        self._entry = (
            OrderSocket(
                scheduler, dialer, dialect, name=f"{self._name} orders",
                deadline_ns=dialect.terms.deadline_ns, strange=self._strange,
            ) if over_socket and dialect.entry() is not None else None
        )  # fmt: skip
        self._orders = Bundling(scheduler, self._rest, self._entry, dialect)
        self._sink: Callable[[News], None] | None = None
        self._open = True
        self._is_linked = self._was_linked = False
        self._lines: list[Line] = []
        self._spelling = False
        self._fresh: dict[int, Stream] = {}
        self._spellers: dict[int, Callable[[Stream | str], None]] = {}
        self._failures: dict[str, int] = {}
        self._timers: dict[str, Timer] = {}

    # --- orders and questions --------------------------------------------------------------------

    def place(self, order: Placing, heard: Heard) -> None:
        offset, heard = self._offset, self._checked(heard)
        if offset is not None and offset.error_ns() > self.terms.skew_ns:
            text = "the venue's clock is not known well enough to say until when an order is valid"
            self._scheduler.soon(self._say, heard, NotSent(text=text))
        else:
            self._orders.place(order, heard)

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._orders.cancel(client_id, instrument, self._checked(heard))

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        self.ask(partial(self._dialect.cancel_all, instrument), heard, changing=True)

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        self.ask(partial(self._dialect.order, client_id, instrument), heard)

    def open_orders(self, heard: Heard) -> None:
        self.ask(self._dialect.open_orders, heard)

    def trades(self, cursor: str, heard: Heard) -> None:
        self.ask(partial(self._dialect.trades, cursor), heard)

    def holdings(self, heard: Heard) -> None:
        self.ask(self._dialect.holdings, heard)

    def listing(self, heard: Heard) -> None:
        def listed(reply: Reply) -> None:
            if isinstance(reply, Success):
                found = tuple(one.instrument for one in reply.value if one.status != _CLOSED)
                reply = Success(value=Listing(as_of_ns=self._scheduler.now_ns(), instruments=found))
            heard(reply)

        if self._listing is None:
            self._scheduler.soon(
                self._say, heard, NotSent(text="nobody here knows what the venue lists")
            )
        else:
            self.ask(self._listing, listed)

    def ask(self, talk: Callable[[], Steps], heard: Heard, *, changing: bool = False) -> None:
        """Hold any other conversation of the dialect: its profile, a mode, an amendment."""
        self._orders.leave()
        self._rest.hold(talk, self._checked(heard), changing=changing)

    def disarm(self, heard: Heard) -> None:
        """End the dead-man's switch, so that what rests at the venue outlives us."""
        self._guard_ns = 0
        self._cancel("guard")
        steps = self._dialect.guard(0)
        if steps is None:
            self._scheduler.soon(self._say, heard, Success())
        else:
            self.ask(lambda: steps, heard, changing=True)

    # --- the stream ------------------------------------------------------------------------------

    def listen(self, sink: Callable[[News], None]) -> None:
        first, self._sink = self._sink is None, sink
        if not first:
            if self._is_linked:
                self._scheduler.soon(self._tell, Linked(ts_ns=self._scheduler.now_ns()))
        elif self._offset is None:
            self._scheduler.soon(self._link)
        else:
            # A log-in carries the venue's time, so that is asked for first.
            self._offset.start(self._link)

    def close(self) -> None:
        self._open = False
        self._rest.close()
        if self._entry is not None:
            self._entry.close()
        for line in self._lines:
            line.close()
        self._cancel(*self._timers)

    def _link(self) -> None:
        if not self._open:
            return
        if self._entry is not None:
            self._entry.start()
        self._guard()
        self._first_private()

    def _first_private(self) -> None:
        """Ask how the stream is opened; how many sockets it has is known only then."""
        if self._open:
            self._rest.hold(self._dialect.private, self._first_spelt)

    def _first_spelt(self, found: tuple[Stream, ...] | Reply) -> None:
        if not isinstance(found, tuple):
            self._gap(f"the private stream cannot be opened: {_sentence(found)}")
            self._again("private", self._first_private)
            return
        for index, stream in enumerate(found):
            line = Line(
                self._scheduler, self._dialer, f"{self._name} private {index}",
                spell=partial(self._spell, index), read=self._dialect.read, tell=self._tell,
                caller=self, linger_ns=_LINGER_NS,
            )  # fmt: skip
            self._lines.append(line)
            self._fresh[index] = stream
            line.start()
        self._after("renew", self._dialect.renew_ns, self._renew)

    def _spell(self, index: int, then: Callable[[Stream | str], None]) -> None:
        """Say how socket `index` is opened now; who asks meanwhile gets the same answer."""
        fresh = self._fresh.pop(index, None)
        if fresh is not None:
            then(fresh)
            return
        self._spellers[index] = then
        if not self._spelling:
            self._spelling = True
            self._rest.hold(self._dialect.private, self._spelt)

    def _spelt(self, found: tuple[Stream, ...] | Reply) -> None:
        self._spelling = False
        waiting, self._spellers = self._spellers, {}
        for index, then in waiting.items():
            if isinstance(found, tuple) and index < len(found):
                then(found[index])
            else:
                then(f"the private stream cannot be opened: {_sentence(found)}")

    def _renew(self) -> None:
        """Keep the stream's key alive; where that is refused, open the stream with a new one."""
        steps = self._dialect.renew()
        if steps is None:
            self._after("renew", self._dialect.renew_ns, self._renew)
        else:
            self.ask(lambda: steps, self._renewed, changing=True)

    def _renewed(self, reply: Reply) -> None:
        if isinstance(reply, Success):
            self._failures.pop("renew", None)
            self._after("renew", self._dialect.renew_ns, self._renew)
            return
        self._strange(f"the stream's key was not renewed: {_sentence(reply)}")
        self._again("renew", self._renew)
        if isinstance(reply, Refusal):
            for line in self._lines:
                line.turn()

    def _guard(self) -> None:
        """Arm the dead-man's switch, long before it would act."""
        if not self._guard_ns:
            return
        steps = self._dialect.guard(self._guard_ns)
        if steps is None:
            self._strange("the venue has no dead-man's switch")
        else:
            self.ask(lambda: steps, self._guarded, changing=True)

    def _guarded(self, reply: Reply) -> None:
        if isinstance(reply, Success):
            self._failures.pop("guard", None)
            self._after("guard", self._guard_ns // 3, self._guard)
        elif self._guard_ns:
            self._strange(f"the dead-man's switch was not armed: {_sentence(reply)}")
            self._again("guard", self._guard)

    # --- as the caller of its lines --------------------------------------------------------------

    def up(self, line: Line) -> None:
        """A socket runs; the stream does when all do."""
        if not self._is_linked and all(one.running for one in self._lines):
            self._is_linked = self._was_linked = True
            self._tell(Linked(ts_ns=self._scheduler.now_ns()))

    def turned(self, line: Line) -> None:
        """Nothing should be missing; but the old key may have run out before, so that is asked."""
        if self._is_linked:
            self._tell(Linked(ts_ns=self._scheduler.now_ns()))

    def ended(self, line: Line, socket: int, reason: str) -> None:
        """A socket is gone: the stream has a hole unless another took over."""
        if not line.running and self._is_linked:
            self._is_linked = False
            self._gap(f"{line.name}: {reason}")

    def failed(self, line: Line, reason: str) -> None:
        """The gap goes on, and this is why."""
        if not self._is_linked:
            self._gap(f"{line.name}: {reason}")

    def strange(self, line: Line, text: str) -> None:
        """Something came that nobody understands."""
        self._strange(text)

    def alive(self, line: Line) -> None:
        """Tell a sign of life."""
        if self._is_linked:
            self._tell(Beat(ts_ns=self._scheduler.now_ns()))

    # --- inside ----------------------------------------------------------------------------------

    def _checked(self, heard: Heard) -> Heard:
        """Pass a reply on; one that blames our time has the venue's clock measured anew."""
        offset = self._offset
        if offset is None:
            return heard

        def check(reply: Reply) -> None:
            if isinstance(reply, Refusal) and reply.fault == Fault.CLOCK:
                offset.refresh()
            heard(reply)

        return check

    def _say(self, heard: Heard, reply: Reply) -> None:
        if self._open:
            heard(reply)

    def _used(self, answer: Answer) -> None:
        used = self._dialect.used(answer)
        if used is not None and self._was_linked:
            self._tell(RateUsed(ts_ns=self._scheduler.now_ns(), used=used))

    def _gap(self, reason: str) -> None:
        self._tell(Gap(ts_ns=self._scheduler.now_ns(), reason=reason))

    def _strange(self, text: str) -> None:
        self._tell(Strange(ts_ns=self._scheduler.now_ns(), text=text))

    def _tell(self, news: News) -> None:
        if self._open and self._sink is not None:
            self._sink(news)

    def _again(self, what: str, call: Callable[[], None]) -> None:
        """Try something again after a growing pause."""
        self._failures[what] = attempt = self._failures.get(what, 0) + 1
        key = f"{self._name} {what}"
        self._after(what, pause_ns(_FIRST_NS, _LONGEST_NS, attempt=attempt, key=key), call)

    def _after(self, what: str, delay_ns: int, call: Callable[[], None]) -> None:
        self._cancel(what)
        if self._open and delay_ns > 0:
            self._timers[what] = self._scheduler.after(delay_ns, call)

    def _cancel(self, *names: str) -> None:
        for name in names:
            if name in self._timers:
                self._timers[name].cancel()


def _sentence(reply: Any) -> str:
    """Say what a reply says."""
    if isinstance(reply, Refusal):
        return f"{reply.fault}: {reply.text}" if reply.text else str(reply.fault)
    return str(getattr(reply, "text", reply))
