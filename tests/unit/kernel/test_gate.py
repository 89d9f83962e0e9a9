"""The gate: each refusal with its code, its numbers and its words."""

import pytest

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.kernel.verdicts import Approved, Refused
from steelyard.model.events import Accepted, Filled, Paused
from steelyard.model.explain import explain
from steelyard.model.kinds import MAKER
from steelyard.model.reasons import REASONS
from steelyard.model.units import Money, Nanos, Price, Quantity
from tests.sketches.desk import SECOND, kernel_of, quote


class Once(Strategy):
    """Places one order when told."""

    def on_start(self, view: View) -> None:
        self.next: dict[str, object] | None = None
        self.refused: list[int] = []

    def on_quote(self, view: View, tick: Tick) -> None:
        if self.next:
            order, self.next = self.next, None
            side = order.pop("side", "buy")
            (view.buy if side == "buy" else view.sell)(**order)  # type: ignore[arg-type]

    def on_refused(self, view: View, order: int, code: int) -> None:
        self.refused.append(code)
        assert view.buy(1, 600_000) == 0  # orders given while a refusal is told are void


@pytest.fixture
def strategy() -> Once:
    return Once()


@pytest.fixture
def kernel(strategy: Once) -> Kernel:
    kernel = kernel_of(strategy, capital="10000")
    kernel.step(quote(1, 600_000, 600_010))
    return kernel


def judged(kernel: Kernel, strategy: Once, **order: object) -> Approved | Refused:
    strategy.next = order
    [verdict] = kernel.step(quote(2, 600_000, 600_010)).verdicts
    return verdict


@pytest.mark.parametrize(
    "order,name,words",
    [
        ({"quantity": 0, "price": 600_000}, "bad_quantity", "quantity was 0, allowed are"),
        (
            {"quantity": 1, "price": -5},
            "bad_price",
            "price was -0.5 USDT, allowed are multiples of the tick 0.1",
        ),
        (
            {"quantity": 10**10, "price": 1},
            "over_maximum",
            "quantity was 10000000, the venue's maximum is 1000000",
        ),
        # 1 coin at 60,000 with leverage 5 needs 12,000 and fees of 0.05 %: 30.
        (
            {"quantity": 1_000, "price": 600_005},
            "no_margin",
            "free margin was 10000 USDT, needed is 12030.10025 USDT",
        ),
    ],
)
def test_a_refusal_has_a_code_and_words(
    kernel: Kernel, strategy: Once, order: dict[str, object], name: str, words: str
) -> None:
    verdict = judged(kernel, strategy, **order)

    assert isinstance(verdict, Refused)
    assert REASONS[verdict.code].name == name
    told = explain(verdict.code, verdict.have, verdict.need, kernel.book.instruments[0])
    assert words in told["en"]
    assert told["zh"] != told["en"]
    assert strategy.refused == [verdict.code]
    assert int(kernel.book.head[0]["open_orders"]) == 0


def test_a_paused_robot_may_only_close(kernel: Kernel, strategy: Once) -> None:
    kernel.step(Paused(ts_ns=Nanos(2 * SECOND), paused=True))

    entry = judged(kernel, strategy, quantity=10)
    close = judged(kernel, strategy, side="sell", quantity=10, reduce_only=True)

    assert isinstance(entry, Refused)
    assert isinstance(close, Approved)


def test_open_orders_count_at_their_worst_until_they_end(kernel: Kernel, strategy: Once) -> None:
    # Leverage 5 on 10,000: 50,000 of notional, less fees. Two of 0.4 coins fit, a third does not.
    numbers = []
    for _ in range(2):
        verdict = judged(kernel, strategy, quantity=400, price=600_000)
        assert isinstance(verdict, Approved)
        numbers.append(verdict.command.number)
    assert isinstance(judged(kernel, strategy, quantity=400, price=600_000), Refused)

    kernel.step(Accepted(ts_ns=Nanos(3 * SECOND), order=numbers[0]))
    kernel.step(
        Filled(
            ts_ns=Nanos(3 * SECOND),
            order=numbers[0],
            price=Price(600_000),
            quantity=Quantity(400),
            fee=Money(0),
            liquidity=MAKER,
        )
    )
    assert isinstance(judged(kernel, strategy, quantity=400, price=600_000), Refused)
    assert isinstance(judged(kernel, strategy, quantity=10, price=600_000), Approved)


def test_an_outcome_follows_each_event_without_a_gap(kernel: Kernel, strategy: Once) -> None:
    numbers = [kernel.step(quote(second, 600_000, 600_010)).n for second in range(2, 9)]

    assert numbers == list(range(2, 9))
