"""The public stream of the venue, as one process hears it."""

from collections.abc import Callable

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.events import Quote, Trade
from steelyard.model.units import Price
from steelyard.services.simulation.fates import Fate
from steelyard.services.simulation.network import MS, Wires
from steelyard.wire.virtual import VirtualHost


class FeedLine:
    """A `Feed`."""

    def __init__(self, wires: Wires, host: VirtualHost) -> None:
        """Let `host` hear the market."""
        self.host = host
        self._wires = wires
        self._sink: Callable[[PriceNews], None] | None = None
        self._last_ns = 0
        self._heard_ns: dict[int, int] = {}
        wires.feeds.append(self)

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        """Open the stream."""
        self.host.step()
        self._sink = sink

    def close(self) -> None:
        """Stop."""
        self.host.step()
        self.cut()

    def cut(self) -> None:
        """Stop without a word."""
        self._sink = None
        if self in self._wires.feeds:
            self._wires.feeds.remove(self)

    def tick(self, event: Trade | Quote) -> None:
        """Put one event on the stream."""
        wires = self._wires
        if self._sink is None:
            return
        fate = wires.ticks.draw()
        if fate == Fate.OUTLIER and isinstance(event, Trade):
            wires.ticks.struck(fate)
            wrong = event.price * 10 if wires.luck.below(2) else max(1, event.price // 10)
            event = Trade(
                ts_ns=event.ts_ns, instrument=event.instrument, price=Price(wrong),
                quantity=event.quantity, taker_side=event.taker_side,
            )  # fmt: skip
        now_ns = wires.time.at_ns
        delay_ns = wires.frame_delays.draw()
        if fate == Fate.LATE_TICK:
            delay_ns += wires.luck.below(8_000) * MS
        self._last_ns = at_ns = max(now_ns + delay_ns, self._last_ns)
        wires.time.put(self.host, at_ns - now_ns, self._say, event)

    def gap(self, reason: str) -> None:
        """Say that the stream broke."""
        if self._sink is not None:
            self._sink(FeedGap(ts_ns=self._wires.time.now_ns(), reason=reason))

    def _say(self, event: Trade | Quote) -> None:
        if self._sink is not None:
            self._heard_ns[event.instrument] = self._wires.time.at_ns
            self._sink(event)

    def age_ns(self, instrument: int) -> int:
        """Return how long ago the newest price was heard; -1: none was."""
        heard_ns = self._heard_ns.get(instrument)
        return -1 if heard_ns is None else self._wires.time.at_ns - heard_ns
