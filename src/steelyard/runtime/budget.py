"""Rate budgets: how much may be asked of a venue now, and by whom first.

Rule 1: in any span of a window's length, both ends included, no more weight is taken than the
ceiling, a share of the published limit: exact sliding windows, never buckets.
Rule 2: cancels and protective orders keep a share that nobody else may touch. Creates and reads
each keep one from the other, so neither can starve the other.
Rule 3: after a 429 nothing leaves until the venue's time is over, cancels neither; after a ban
nothing leaves the whole address.
Rule 4: the venue's own count may raise ours, never lower it: it does not know what is on the way.
Rule 5: `now_ns` is monotonic time. Should it step back, time stands still until it has caught up.

An account's budget and that of the address it speaks from, which accounts share, both must agree.
"""

from collections.abc import Sequence

from msgspec import Struct

from steelyard.kernel.ports import Window
from steelyard.runtime.meters import (
    BAN_CAP_NS,
    BAN_NS,
    PENALTY_CAP_NS,
    PENALTY_NS,
    SHARES,
    Hold,
    Meter,
    Shares,
    Urgency,
)


class Left(Struct, frozen=True, kw_only=True):
    """What each class could take at this moment in the tightest window; -1: no window."""

    first: int
    create: int
    read: int
    held_ns: int = 0
    """How long nothing at all may leave."""


class AddressBudget:
    """What one address may ask of one venue; the accounts that speak from it share this object."""

    __slots__ = ("_hold", "_meters", "_now_ns")

    def __init__(self, windows: Sequence[Window] = (), shares: Shares = SHARES) -> None:
        """Count weight in every one of `windows`."""
        self._meters = tuple(Meter(window, shares) for window in windows)
        self._hold = Hold()
        self._now_ns = 0

    def limited(self, now_ns: int, retry_after_ns: int = 0) -> None:
        """Hear a 429: nothing leaves the address until then."""
        self._hold.strike(self._seen(now_ns), retry_after_ns, PENALTY_NS, PENALTY_CAP_NS)

    def banned(self, now_ns: int, retry_after_ns: int = 0) -> None:
        """Hear a ban: nothing leaves the address until it is over."""
        self._hold.strike(self._seen(now_ns), retry_after_ns, BAN_NS, BAN_CAP_NS)

    def correct(self, now_ns: int, used: int, span_ns: int = 0) -> None:
        """Hear the venue's count of the window of this span (0: the first window)."""
        _correct(self._meters, self._seen(now_ns), used, span_ns)

    def ask(self, now_ns: int, cost: int, urgency: Urgency) -> int:
        """Return 0, or how long this must wait if nobody else takes anything."""
        now_ns = self._seen(now_ns)
        wait = max(0, self._hold.until_ns - now_ns)
        for meter in self._meters:
            wait = max(wait, meter.wait_ns(now_ns, cost, urgency))
        return wait

    def take(self, now_ns: int, cost: int, urgency: Urgency) -> int:
        """Take the weight if `ask` says 0; return what it says."""
        wait = self.ask(now_ns, cost, urgency)
        if not wait:
            self.add(now_ns, cost, urgency)
        return wait

    def add(self, now_ns: int, cost: int, urgency: Urgency) -> None:
        """Count weight without asking; for a budget that has asked."""
        now_ns = self._seen(now_ns)
        if cost > 0:
            for meter in self._meters:
                meter.add(now_ns, cost, urgency)

    def left(self, now_ns: int) -> Left:
        """Return what is left, for display."""
        now_ns = self._seen(now_ns)
        return _left(self._meters, now_ns, self._hold.until_ns)

    def _seen(self, now_ns: int) -> int:
        self._now_ns = max(self._now_ns, now_ns)
        return self._now_ns


class Budget:
    """What one account may ask of its venue: its own windows, and those of its address.

    `orders` are windows that count creates alone, `windows` those that count weight per account.
    """

    __slots__ = ("_hold", "_meters", "_now_ns", "_orders", "address")

    def __init__(
        self,
        address: AddressBudget,
        *,
        windows: Sequence[Window] = (),
        orders: Sequence[Window] = (),
        shares: Shares = SHARES,
    ) -> None:
        """Join an address."""
        self.address = address
        self._meters = tuple(Meter(window, shares) for window in windows)
        self._orders = tuple(Meter(window, shares) for window in orders)
        self._hold = Hold()
        self._now_ns = 0

    def limited(self, now_ns: int, retry_after_ns: int = 0, *, whole_address: bool = True) -> None:
        """Hear a 429. Unless the venue counts by account, the address is meant."""
        self._hold.strike(self._seen(now_ns), retry_after_ns, PENALTY_NS, PENALTY_CAP_NS)
        if whole_address:
            self.address.limited(now_ns, retry_after_ns)

    def banned(self, now_ns: int, retry_after_ns: int = 0) -> None:
        """Hear a ban of the address."""
        self.address.banned(now_ns, retry_after_ns)

    def correct(self, now_ns: int, used: int, span_ns: int = 0) -> None:
        """Hear the venue's count of the window of this span (0: the first one).

        The window is the account's own if weight is counted per account, else the address's.
        """
        if self._meters:
            _correct(self._meters, self._seen(now_ns), used, span_ns)
        else:
            self.address.correct(now_ns, used, span_ns)

    def ask(self, now_ns: int, cost: int, urgency: Urgency, orders: int = 0) -> int:
        """Return 0 if this may leave now, else how long to wait before asking again.

        `orders` is how many orders the request creates.
        """
        now_ns = self._seen(now_ns)
        wait = max(self.address.ask(now_ns, cost, urgency), self._hold.until_ns - now_ns)
        for meter in self._meters:
            wait = max(wait, meter.wait_ns(now_ns, cost, urgency))
        if orders:
            for meter in self._orders:
                wait = max(wait, meter.wait_ns(now_ns, orders, urgency))
        return wait

    def take(self, now_ns: int, cost: int, urgency: Urgency, orders: int = 0) -> int:
        """Take from every window, or from none; return what `ask` says."""
        wait = self.ask(now_ns, cost, urgency, orders)
        if wait:
            return wait
        now_ns = self._seen(now_ns)
        self.address.add(now_ns, cost, urgency)
        if cost > 0:
            for meter in self._meters:
                meter.add(now_ns, cost, urgency)
        if orders > 0:
            for meter in self._orders:
                meter.add(now_ns, orders, urgency)
        return 0

    def left(self, now_ns: int) -> Left:
        """Return the weight that is left to each class, for display."""
        now_ns = self._seen(now_ns)
        held = self._hold.until_ns
        own = _left(self._meters, now_ns, held)
        shared = self.address.left(now_ns)
        return Left(
            first=_least(own.first, shared.first),
            create=_least(own.create, shared.create),
            read=_least(own.read, shared.read),
            held_ns=max(own.held_ns, shared.held_ns),
        )

    def orders_left(self, now_ns: int) -> int:
        """Return how many ordinary orders the order windows allow now; -1: no window."""
        return _left(self._orders, self._seen(now_ns), 0).create

    def _seen(self, now_ns: int) -> int:
        self._now_ns = max(self._now_ns, now_ns)
        return self._now_ns


def _correct(meters: Sequence[Meter], now_ns: int, used: int, span_ns: int) -> None:
    for meter in meters:
        if span_ns in (0, meter.span_ns):
            meter.correct(now_ns, used)
            return


def _left(meters: Sequence[Meter], now_ns: int, until_ns: int) -> Left:
    rooms = [meter.left(now_ns) for meter in meters] or [(-1, -1, -1)]
    return Left(
        first=min(room[0] for room in rooms),
        create=min(room[1] for room in rooms),
        read=min(room[2] for room in rooms),
        held_ns=max(0, until_ns - now_ns),
    )


def _least(one: int, other: int) -> int:
    return max(one, other) if min(one, other) < 0 else min(one, other)
