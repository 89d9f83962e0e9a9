"""A hedged account holds both sides of one instrument, each with its own entry."""

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.kernel.sample import equity
from steelyard.kernel.verdicts import Approved
from steelyard.ledger.postings import is_balanced
from steelyard.model.commands import PlaceOrder
from steelyard.model.events import Filled
from steelyard.model.kinds import LONG, SHORT, TAKER
from steelyard.model.units import Money, Nanos, Price
from steelyard.state.positions import average_entry
from tests.sketches.desk import SECOND, kernel_of, quote


class Both(Strategy):
    """Opens a long and a short at once, then closes the short."""

    def on_start(self, view: View) -> None:
        view.buy(100, position_side=LONG)
        view.sell(60, position_side=SHORT)

    def on_quote(self, view: View, tick: Tick) -> None:
        if view.position(0, SHORT) == -60 and not view.open_orders():
            view.buy(60, position_side=SHORT, reduce_only=True)


def fill_all(kernel: Kernel, verdicts: tuple[Approved, ...], price: int) -> None:
    for approved in verdicts:
        command = approved.command
        assert isinstance(command, PlaceOrder)
        kernel.step(
            Filled(
                ts_ns=Nanos(SECOND),
                order=command.number,
                price=Price(price),
                quantity=command.quantity,
                fee=Money(0),
                liquidity=TAKER,
            )
        )


def test_both_sides_stand_apart_and_their_profit_adds_up() -> None:
    kernel = kernel_of(Both())
    book = kernel.book
    fill_all(kernel, kernel.step(quote(1, 600_000, 600_010)).approved, 600_000)

    assert [int(p["quantity"]) for p in book.positions] == [100, -60]
    assert [int(average_entry(book.terms[0], p)) for p in book.positions] == [600_000, 600_000]

    close = kernel.step(quote(2, 590_000, 590_010)).approved
    fill_all(kernel, close, 590_000)

    # The short of 0.06 coins gained 1,000 each: 60. The long of 0.1 lost 1,000 each: open.
    assert [int(p["quantity"]) for p in book.positions] == [100, 0]
    assert int(book.positions[1]["realised"]) == 60 * 10**8
    assert is_balanced(book.balances, 0, 0)
    book.markets[0]["last"] = 590_000
    total = equity(book.head, book.markets, book.terms, book.positions, book.balances)
    assert total == (100_000 + 60 - 100) * 10**8
