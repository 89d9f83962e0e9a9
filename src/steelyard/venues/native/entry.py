"""Orders over a socket: requests with numbers, each answered once or given up.

Rule 1: a request that was handed over and has no answer when its socket ends, or after the
deadline, is `Unclear`; what was not handed over is not taken, and its caller goes another way.
Rule 2: a late answer, or one to nobody's request, is dropped: the stream and the order's own query
say what became of it.
Rule 3: nothing is sent twice, on no other socket and by no other way.
Rule 4: a batch is one request: its answer is what is said of each order, or one reply for all.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from steelyard.kernel.ports import Heard, Placing
from steelyard.model.reports import Unclear
from steelyard.venues.native.batches import Outcome, whole
from steelyard.venues.native.dialect import AccountDialect, Entry, Stream
from steelyard.venues.native.line import Line, spelt
from steelyard.venues.native.rest import UNREADABLE
from steelyard.wire.scheduler import Scheduler, Timer
from steelyard.wire.sockets import SocketDialer

_NUMBER_MAX: Final = 10**9


class _Pending(NamedTuple):
    """One request under way."""

    socket: int
    heard: Callable[[Outcome], None]
    timer: Timer


class OrderSocket:
    """The order socket of one account."""

    def __init__(
        self, scheduler: Scheduler, dialer: SocketDialer, dialect: AccountDialect, *, name: str,
        deadline_ns: int, strange: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Do nothing until `start`."""
        self._scheduler, self._dialect = scheduler, dialect
        self._deadline_ns, self._strange = deadline_ns, strange
        self._number = 0
        self._pending: dict[str, _Pending] = {}
        # The old socket is heard until the last answer on it could come.
        self._line = Line(
            scheduler, dialer, name, spell=spelt(self._stream), read=dialect.read_entry,
            tell=self._answer, caller=self, linger_ns=deadline_ns,
        )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether it takes requests."""
        return self._line.running

    def start(self) -> None:
        """Dial."""
        self._line.start()

    def place(self, order: Placing, heard: Heard) -> bool:
        """Send a create; False: nothing left, it must go over REST."""
        return self._ask(lambda number: self._dialect.entry_place(number, order), _one(heard))

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> bool:
        """Send a cancel; False: nothing left, it must go over REST."""
        return self._ask(
            lambda number: self._dialect.entry_cancel(number, client_id, instrument), _one(heard)
        )

    def place_batch(self, orders: Sequence[Placing], heard: Callable[[Outcome], None]) -> bool:
        """Send several creates as one request; False: nothing left."""
        return self._ask(lambda number: self._dialect.entry_place_batch(number, orders), heard)

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int, heard: Callable[[Outcome], None]
    ) -> bool:
        """Send several cancels as one request; False: nothing left."""
        return self._ask(
            lambda number: self._dialect.entry_cancel_batch(number, client_ids, instrument), heard
        )

    def close(self) -> None:
        """End; who waits is not called any more."""
        self._line.close()
        for pending in self._pending.values():
            pending.timer.cancel()
        self._pending.clear()

    def _stream(self) -> Stream | None:
        """Say how it is opened: what is said first can only be a log-in, and it is waited for."""
        stream = self._dialect.entry()
        if stream is None or not stream.hello or stream.subscribe or stream.confirms:
            return stream
        return replace(stream, confirms=1)

    def _ask(self, write: Callable[[str], bytes | None], heard: Callable[[Outcome], None]) -> bool:
        if not self._line.running:
            return False
        self._number = self._number % _NUMBER_MAX + 1
        number = str(self._number)
        try:
            text = write(number)
        except UNREADABLE:
            return False  # REST says in a sentence what cannot be spelt
        socket = self._line.send(text) if text is not None else 0
        if not socket:
            return False
        timer = self._scheduler.after(self._deadline_ns, self._late, number)
        self._pending[number] = _Pending(socket, heard, timer)
        return True

    def _answer(self, entry: Entry) -> None:
        pending = self._pending.pop(entry.number, None)
        if pending is not None:
            pending.timer.cancel()
            pending.heard(entry.reply)

    def _late(self, number: str) -> None:
        pending = self._pending.pop(number, None)
        if pending is not None:
            text = f"no answer on the order socket within {self._deadline_ns / 1e9:g} s"
            pending.heard(Unclear(text=text))

    # --- as the line's caller --------------------------------------------------------------------

    def up(self, line: Line) -> None:
        """Requests go this way from now on."""

    def turned(self, line: Line) -> None:
        """The same."""

    def ended(self, line: Line, socket: int, reason: str) -> None:
        """Settle what was asked on a socket that is gone."""
        lost = [number for number, one in self._pending.items() if one.socket == socket]
        for number in lost:
            pending = self._pending.pop(number, None)
            if pending is not None:
                pending.timer.cancel()
                pending.heard(Unclear(text=f"the order socket ended: {reason}"))

    def failed(self, line: Line, reason: str) -> None:
        """Requests go over REST meanwhile."""

    def strange(self, line: Line, text: str) -> None:
        """Say that something came that nobody understands: it may have been an answer."""
        self._strange(text)

    def alive(self, line: Line) -> None:
        """Say nothing: the private stream has its own signs of life."""


def _one(heard: Heard) -> Callable[[Outcome], None]:
    """Return who hears the answer to a request about one order."""
    return lambda outcome: heard(whole(outcome))
