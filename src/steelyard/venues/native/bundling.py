"""Creates and cancels on their way out: alone, or several in one request.

Rule 1: the first create and the first cancel of a pass of the loop leave at once. Those that follow
in the same pass wait for its end (`scheduler.soon`) and leave together, as many in a request as
the dialect says; a last one that is left over goes the ordinary way, like what may not share.
Rule 2: a request is about one instrument, since some venues want it so and most count so.
Rule 3: no create overtakes a cancel that was asked for before it, since cancels make room; and no
cancel overtakes the create of what it cancels.
Rule 4: the order socket where it runs and the dialect writes it, else REST; never both, nothing
twice.
Rule 5: each order has its own reply (`batches`); of a request whose answer is lost all are unclear.
Rule 6: a create that had to wait too long (`WAIT_NS`: the machine slept) does not leave. The proof
that it was not placed counts from when it was asked for.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from steelyard.kernel.ports import Heard, Placing
from steelyard.model.reports import NotSent, Reply
from steelyard.venues.native.batches import Outcome, replies
from steelyard.venues.native.dialect import AccountDialect
from steelyard.venues.native.entry import OrderSocket
from steelyard.venues.native.pausing import MS
from steelyard.venues.native.rest import Rest
from steelyard.wire.scheduler import Scheduler

WAIT_NS: Final = 250 * MS
_TOGETHER: Final = 2


class _Create(NamedTuple):
    """One that waits, with the most that may leave with it."""

    order: Placing
    heard: Heard
    most: int


class _Cancel(NamedTuple):
    """The same."""

    client_id: str
    instrument: int
    heard: Heard
    most: int


_One = TypeVar("_One", _Create, _Cancel)


class Bundling:
    """The way out of one account's orders."""

    def __init__(
        self, scheduler: Scheduler, rest: Rest, entry: OrderSocket | None, dialect: AccountDialect
    ) -> None:
        """Without an order socket all goes over REST."""
        self._scheduler, self._rest = scheduler, rest
        self._entry, self._dialect = entry, dialect
        self._creates: dict[str, _Create] = {}
        self._cancels: dict[tuple[str, int], _Cancel] = {}
        self._creating = self._canceling = False
        self._since_ns = 0

    def place(self, order: Placing, heard: Heard) -> None:
        """Send a create, or keep it until the pass ends."""
        most = self._dialect.batch_max(order, over_socket=self._over_socket)
        if most < _TOGETHER or order.client_id in self._creates:
            if self._cancels or order.client_id in self._creates:
                self.leave()
            self._create(order, heard)
        elif self._creating or self._cancels:
            self._creates[order.client_id] = _Create(order, heard, most)
        else:
            self._creating = True
            self._see_to_end()
            self._create(order, heard)

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        """Send a cancel, or keep it until the pass ends."""
        most = self._dialect.batch_cancel_max(client_id, instrument, over_socket=self._over_socket)
        if client_id in self._creates or (client_id, instrument) in self._cancels:
            self.leave()
        if most < _TOGETHER:
            self._cancel(client_id, instrument, heard)
        elif self._canceling:
            self._cancels[client_id, instrument] = _Cancel(client_id, instrument, heard, most)
        else:
            self._canceling = True
            self._see_to_end()
            self._cancel(client_id, instrument, heard)

    def leave(self) -> None:
        """Let go what waits."""
        cancels, self._cancels = list(self._cancels.values()), {}
        for canceled in _grouped(cancels, lambda one: one.instrument):
            self._cancel_together(canceled)
        creates, self._creates = list(self._creates.values()), {}
        if creates and self._scheduler.elapsed_ns() - self._since_ns > WAIT_NS:
            late = NotSent(text=f"it waited for more than {WAIT_NS // MS} ms to leave")
            for one in creates:
                self._scheduler.soon(self._tell, one.heard, late)
            return
        for created in _grouped(creates, lambda one: one.order.instrument):
            self._create_together(created)

    # --- passes ----------------------------------------------------------------------------------

    @property
    def _over_socket(self) -> bool:
        return self._entry is not None and self._entry.running

    def _see_to_end(self) -> None:
        """Have the end of the pass heard of, once."""
        if not (self._creating and self._canceling):
            self._since_ns = self._scheduler.elapsed_ns()
            self._scheduler.soon(self._end)

    def _end(self) -> None:
        self._creating = self._canceling = False
        if self._rest.open:
            self.leave()

    # --- out -------------------------------------------------------------------------------------

    def _create(self, order: Placing, heard: Heard) -> None:
        if self._entry is None or not self._entry.place(order, heard):
            self._rest.hold(partial(self._dialect.place, order), heard, changing=True)

    def _cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        if self._entry is None or not self._entry.cancel(client_id, instrument, heard):
            self._rest.hold(
                partial(self._dialect.cancel, client_id, instrument), heard, changing=True
            )

    def _create_together(self, group: Sequence[_Create]) -> None:
        if len(group) < _TOGETHER:
            for one in group:
                self._create(one.order, one.heard)
            return
        orders = [one.order for one in group]
        heard = self._shared([one.client_id for one in orders], [one.heard for one in group])
        if self._entry is None or not self._entry.place_batch(orders, heard):
            self._rest.hold(partial(self._dialect.place_batch, orders), heard, changing=True)

    def _cancel_together(self, group: Sequence[_Cancel]) -> None:
        if len(group) < _TOGETHER:
            for one in group:
                self._cancel(one.client_id, one.instrument, one.heard)
            return
        names, instrument = [one.client_id for one in group], group[0].instrument
        heard = self._shared(names, [one.heard for one in group])
        if self._entry is None or not self._entry.cancel_batch(names, instrument, heard):
            self._rest.hold(
                partial(self._dialect.cancel_batch, names, instrument), heard, changing=True
            )

    def _shared(
        self, client_ids: Sequence[str], ears: Sequence[Heard]
    ) -> Callable[[Outcome], None]:
        """Return who hears what came of all and tells each his part."""

        def hear(outcome: Outcome) -> None:
            for heard, reply in zip(ears, replies(client_ids, outcome), strict=True):
                self._tell(heard, reply)

        return hear

    def _tell(self, heard: Heard, reply: Reply) -> None:
        # Who heard the one before may have closed the door.
        if self._rest.open:
            heard(reply)


def _grouped(waiting: Sequence[_One], instrument_of: Callable[[_One], int]) -> list[list[_One]]:
    """Return requests: of one instrument each, none with more than any in it allows."""
    found: list[list[_One]] = []
    open_: dict[tuple[int, int], list[_One]] = {}
    for one in waiting:
        key = (instrument_of(one), one.most)
        group = open_.get(key)
        if group is None or len(group) >= one.most:
            group = open_[key] = []
            found.append(group)
        group.append(one)
    return found
