"""The waist is wide enough for an arbitrage: one book, two venues, two legs, an unwind."""

from steelyard.kernel.plain import Fill, Strategy, Tick, View
from steelyard.kernel.verdicts import Approved
from steelyard.model.commands import PlaceOrder
from steelyard.model.events import Accepted, Filled, Rejected
from steelyard.model.kinds import BUY, SELL, TAKER
from steelyard.model.orders import OrderStatus
from steelyard.model.units import Money, Nanos, Price, Quantity
from tests.sketches.desk import SECOND, kernel_of, perpetual, quote


class TwoVenues(Strategy):
    """Buys where it is cheap and sells where it is dear; a leg that fails unwinds the other."""

    def on_start(self, view: View) -> None:
        self.legs: dict[int, int] = {}
        self.done: dict[int, int] = {}

    def on_quote(self, view: View, tick: Tick) -> None:
        here, there = view.market(0), view.market(1)
        if self.legs or not here.ask or not there.bid:
            return
        if (there.bid - here.ask) * 1000 > here.ask:  # more than 0.1 %
            self.legs[view.buy(100, here.ask, instrument=0, ioc=True)] = 0
            self.legs[view.sell(100, there.bid, instrument=1, ioc=True)] = 1

    def on_fill(self, view: View, fill: Fill) -> None:
        if fill.order in self.legs:
            self.done[fill.instrument] = self.done.get(fill.instrument, 0) + fill.quantity

    def on_end(self, view: View, order: int, status: OrderStatus) -> None:
        other = 1 - self.legs[order]
        hedge = view.position(other)
        if hedge > 0:
            view.sell(hedge, instrument=other, reduce_only=True)
        elif hedge < 0:
            view.buy(-hedge, instrument=other, reduce_only=True)


def placed(approved: tuple[Approved, ...]) -> list[PlaceOrder]:
    """The orders among what was approved."""
    return [a.command for a in approved if isinstance(a.command, PlaceOrder)]


def test_a_failed_leg_is_unwound_through_the_same_step() -> None:
    kernel = kernel_of(
        TwoVenues(), perpetual("BTC/USDT:USDT", "a"), perpetual("BTC/USDT:USDT", "b")
    )
    kernel.step(quote(1, 600_000, 600_010, 0))
    legs = placed(kernel.step(quote(2, 601_000, 601_010, 1)).approved)

    assert [(leg.instrument, leg.side) for leg in legs] == [(0, BUY), (1, SELL)]

    filled = kernel.step(
        Filled(
            ts_ns=Nanos(3 * SECOND),
            order=legs[0].number,
            price=Price(600_010),
            quantity=Quantity(100),
            fee=Money(300_005),
            liquidity=TAKER,
        )
    )
    # A perpetual's fill moves no cash but its fee: 60,001.0 × 0.1 is owed in clearing.
    assert sum(t.amount for t in filled.transfers) == 6_000_10000000 + 300_005

    unwind = placed(kernel.step(Rejected(ts_ns=Nanos(4 * SECOND), order=legs[1].number)).approved)
    assert [(o.instrument, o.side, o.quantity) for o in unwind] == [(0, SELL, 100)]

    kernel.step(Accepted(ts_ns=Nanos(5 * SECOND), order=unwind[0].number))
    kernel.step(
        Filled(
            ts_ns=Nanos(5 * SECOND),
            order=unwind[0].number,
            price=Price(600_000),
            quantity=Quantity(100),
            fee=Money(300_000),
            liquidity=TAKER,
        )
    )
    # Bought at 60,001.0, sold at 60,000.0, 0.1 coins: a loss of 0.1, and fees of 0.00600005.
    assert kernel.book.positions[0]["quantity"] == 0
    assert int(kernel.book.positions[0]["realised"]) == -10_000_000
    assert int(kernel.book.balances[0, 0, 0]) == 100_000 * 10**8 - 10_000_000 - 600_005
