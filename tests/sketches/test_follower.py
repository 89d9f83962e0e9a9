"""The waist is wide enough for copying: a follower driven by signal events."""

from decimal import Decimal

from steelyard.kernel.plain import Signal, Strategy, View
from steelyard.kernel.verdicts import Refused
from steelyard.model.commands import PlaceOrder
from steelyard.model.kinds import BUY, SELL
from steelyard.model.parameters import parameter
from steelyard.model.reasons import NO_MARGIN, NO_PRICE, POSITION_LIMIT
from steelyard.model.units import Nanos, Quantity
from tests.sketches.desk import SECOND, kernel_of, quote


class Follower(Strategy):
    """Repeats a lead's orders at a ratio, each signal once."""

    ratio: Decimal = parameter("0.5", unit="of the lead", above=0, doc="copied share")

    def on_start(self, view: View) -> None:
        self.seen: set[tuple[str, int]] = set()
        self.skipped: list[int] = []

    def on_signal(self, view: View, signal: Signal) -> None:
        if (signal.source, signal.reference) in self.seen or signal.quantity is None:
            return
        self.seen.add((signal.source, signal.reference))
        quantity = int(signal.quantity * self.ratio)
        if signal.side == BUY:
            view.buy(quantity)
        else:
            view.sell(quantity, reduce_only=True)

    def on_refused(self, view: View, order: int, code: int) -> None:
        self.skipped.append(code)


def signal(second: int, reference: int, quantity: int, side: int = BUY) -> Signal:
    """A lead's order."""
    return Signal(
        ts_ns=Nanos(second * SECOND),
        source="lead",
        reference=reference,
        side=side,
        quantity=Quantity(quantity),
    )


def test_a_follower_copies_each_signal_once_at_its_ratio() -> None:
    kernel = kernel_of(Follower())
    kernel.step(quote(1, 600_000, 600_010))

    first = kernel.step(signal(2, 7, 200))
    again = kernel.step(signal(3, 7, 200))

    [approved] = first.approved
    assert isinstance(approved.command, PlaceOrder)
    assert (approved.command.quantity, approved.command.side) == (100, BUY)
    assert again.verdicts == ()
    assert first.n + 1 == again.n


def test_a_signal_before_the_first_price_is_not_acted_on_and_the_robot_says_so() -> None:
    kernel = kernel_of(Follower())

    early = kernel.step(signal(1, 7, 200))
    kernel.step(quote(2, 600_000, 600_010))

    assert early.verdicts == ()
    assert [decision.code for decision in early.decisions] == [NO_PRICE]
    assert int(kernel.book.robots[0]["code"]) == 0


def test_a_signal_beyond_the_mandate_is_skipped_with_its_reason() -> None:
    strategy = Follower()
    kernel = kernel_of(strategy)
    kernel.book.limits[0]["position_notional_max"] = 10_000 * 10**8
    kernel.step(quote(1, 600_000, 600_010))

    # Half of 0.4 coins at 60,000.5 is 12,000.1, the mandate allows 10,000.
    [refused] = kernel.step(signal(2, 1, 400)).refused
    assert (refused.code, refused.have, refused.need) == (
        POSITION_LIMIT,
        12_000_10000000,
        10_000_00000000,
    )
    assert strategy.skipped == [POSITION_LIMIT]

    [broke] = kernel.step(signal(3, 2, 100_000)).verdicts
    assert isinstance(broke, Refused)
    assert broke.code == NO_MARGIN
    assert kernel.step(signal(4, 3, 20, SELL)).approved != ()
