"""How old a price is: by the monotonic clock of the house, whatever times a feed tells."""

from collections.abc import Callable

from steelyard.kernel.ports import PriceNews
from steelyard.model.events import Trade
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.runtime.market import Market
from steelyard.wire.virtual import VirtualTime

UTC_NS = 1_800_000_000_000_000_000
SECOND = 1_000_000_000


class Feed:
    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self.sink = sink

    def close(self) -> None: ...


def test_the_age_of_a_price_is_counted_from_its_arrival() -> None:
    time, feed = VirtualTime(epoch_ns=UTC_NS), Feed()
    market = Market(feed, time, ("BTC/USDT",))
    market.listen()
    assert market.age_ns("BTC/USDT") == -1

    time.at_ns = 5 * SECOND
    trade = Trade(ts_ns=Nanos(UTC_NS), price=Price(100), quantity=Quantity(1), taker_side=1)
    feed.sink(trade)
    time.at_ns = 8 * SECOND

    assert market.age_ns("BTC/USDT") == 3 * SECOND
