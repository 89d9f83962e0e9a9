"""Seats, stops and protection of a live book: all of it by events, all of it replayed."""

from typing import Any

import pytest
from msgspec.structs import replace

from steelyard.app.rules import bound_gate
from steelyard.kernel.keeping import keep, restore
from steelyard.kernel.plain import Strategy as PlainStrategy
from steelyard.kernel.plain import Tick, View
from steelyard.kernel.verdicts import Outcome
from steelyard.ledger.accounts import COINS
from steelyard.model import events as ev
from steelyard.model.client_ids import SLOT_CLOSE
from steelyard.model.kinds import (
    MARKET,
    PAUSE_BREAKER,
    PAUSE_KILL,
    PAUSE_MODE,
    PAUSE_VENUE,
    REDUCE_ONLY,
    STOP_FLAT,
    STOP_ORDERS,
)
from steelyard.model.reasons import (
    LOSS_LIMIT,
    OPEN_ORDERS_LIMIT,
    PAUSED,
    POSITION_LIMIT,
)
from steelyard.model.units import Money, Nanos
from steelyard.runtime.recovering import kernel_for
from tests.unit.kernel.house import (
    OPENED,
    Buyer,
    LiveBook,
    adjusted,
    canceled,
    cancels,
    holding,
    places,
    running,
    stop,
)


class Raiser(PlainStrategy):
    """Raises on the second trade."""

    def __init__(self, given: dict[str, str] | None = None) -> None:
        super().__init__(given)
        self.seen = 0

    def on_trade(self, view: View, tick: Tick) -> None:
        self.seen += 1
        if self.seen > 1:
            raise RuntimeError("no more")


def test_a_robot_acts_only_while_it_runs() -> None:
    book = LiveBook()
    book.seat()

    assert places(book.trade("60000")) == []
    book.moved("starting")
    book.moved("running")
    assert len(places(book.trade("60001"))) >= 9
    book.moved("paused")
    refused = book.trade("59000").refused
    assert {one.code for one in refused} <= {PAUSED}


def test_capital_goes_from_the_account_to_the_robot_and_nothing_is_lost() -> None:
    book = LiveBook()
    book.seat(capital="10000")
    book.seat(robot=2, capital="5000")
    cash = book.kernel.book.balances[:, :, 0].sum(axis=1).tolist()

    assert cash[:3] == [85_000 * 10**8, 10_000 * 10**8, 5_000 * 10**8]
    assert int(book.kernel.book.balances[:, :, :COINS].sum()) == 0


def test_numbers_are_the_generation_so_that_an_id_never_repeats() -> None:
    book = running()
    orders = places(book.trade("60000"))

    assert [order.generation for order in orders] == [order.number for order in orders]


def test_stopping_cancels_every_order_once_and_the_strategy_cannot_order() -> None:
    book = running()
    orders = places(book.trade("60000"))
    for order in orders:
        book.accept(order.number)
    stopped = book.step(stop(book, STOP_ORDERS))

    assert sorted(cancels(stopped)) == sorted(order.number for order in orders)
    canceled = [book.step(ev.Canceled(ts_ns=book.now(), order=order.number)) for order in orders]
    assert [places(one) + cancels(one) for one in canceled] == [[]] * len(orders)
    assert places(book.trade("58000")) == []


def test_going_flat_closes_with_one_reduce_only_order_after_all_cancels() -> None:
    book = running()
    orders = places(book.trade("60000"))
    for order in orders:
        book.accept(order.number)
    first = orders[0]
    book.fill(first.number, first.price, first.quantity)
    live = [o.number for o in orders[1:]] + [
        o.number for o in places(book.outcomes[-1]) if o.number != first.number
    ]
    asked = book.step(stop(book, STOP_FLAT))
    closing: list[int] = []
    for number in cancels(asked):
        closing += [o.number for o in places(book.step(canceled(book, number)))]

    assert set(cancels(asked)) == set(live)
    assert len(closing) == 1
    close = places(book.outcomes[-1])[0]
    assert (close.type, close.slot, close.quantity) == (MARKET, SLOT_CLOSE, first.quantity)
    assert close.flags & REDUCE_ONLY
    book.fill(close.number, 600_000, close.quantity)
    assert book.position() == 0


def test_a_close_that_fails_is_tried_again_later_not_at_once() -> None:
    book = holding()
    close = places(book.step(stop(book, STOP_FLAT)))[0]
    rejected = book.step(ev.Rejected(ts_ns=book.now(), order=close.number, code=108))
    tend = int(book.kernel.book.robots[1]["tend_at_ns"])

    assert places(rejected) == []
    again = places(book.step(ev.Timer(ts_ns=Nanos(max(book.now(), tend)), robot=1)))
    assert [order.slot for order in again] == [SLOT_CLOSE]


def test_one_robots_limit_counts_its_own_orders_alone() -> None:
    book = LiveBook()
    for robot in (1, 2):
        book.seat(robot=robot)
        book.moved("starting", robot)
        book.moved("running", robot)
        book.step(ev.LimitsSet(ts_ns=book.now(), robot=robot, open_orders_max=6))
    placed = [order.robot for order in places(book.trade("60000"))]

    assert placed.count(1) == placed.count(2) == 6


def test_a_robot_that_raises_fails_alone() -> None:
    book = LiveBook({"raiser": Raiser})
    book.seat(strategy="raiser")
    book.seat(robot=2)
    for robot in (1, 2):
        book.moved("starting", robot)
        book.moved("running", robot)
    book.trade("60000")
    book.trade("60001")

    assert set(book.kernel.failed) == {1}
    assert "no more" in str(book.kernel.failed[1])
    assert {order.robot for order in places(book.outcomes[-2])} == {2}


@pytest.mark.parametrize(
    "limits,code",
    [
        ({"open_orders_max": 3}, OPEN_ORDERS_LIMIT),
        ({"position_notional_max": Money(250 * 10**8)}, POSITION_LIMIT),
        ({"loss_max": Money(1)}, LOSS_LIMIT),
    ],
)
def test_the_account_has_limits_over_all_of_its_robots(limits: dict[str, Any], code: int) -> None:
    book = LiveBook()
    for robot in (1, 2):
        book.seat(robot=robot)
        book.moved("starting", robot)
        book.moved("running", robot)
    book.step(ev.LimitsSet(ts_ns=book.now(), robot=-1, **limits))
    if code == LOSS_LIMIT:
        book.step(adjusted(book, quantity=10, fee=5))
    refused = book.trade("60000").refused

    assert refused
    assert {one.code for one in refused} == {code}


def test_an_adjustment_moves_the_position_it_names_and_books_it() -> None:
    book = LiveBook()
    book.step(adjusted(book, quantity=-30, fee=2))

    assert book.position(0) == -30
    assert int(book.kernel.book.balances[:, :, :COINS].sum()) == 0


@pytest.mark.parametrize("cause", [PAUSE_KILL, PAUSE_VENUE, PAUSE_MODE])
def test_while_nothing_can_be_ordered_closings_are_refused_too(cause: int) -> None:
    book = holding()
    book.step(ev.Paused(ts_ns=book.now(), robot=-1, paused=True, cause=cause))

    asked = book.step(stop(book, STOP_FLAT))

    assert places(asked) == []
    assert {one.code for one in asked.refused} == {PAUSED}


def test_a_cause_of_a_pause_is_taken_back_alone() -> None:
    book = running()
    for paused, cause in ((True, PAUSE_BREAKER), (True, 1), (False, 1)):
        book.step(ev.Paused(ts_ns=book.now(), robot=-1, paused=paused, cause=cause))

    assert int(book.kernel.book.robots[1]["paused"]) == PAUSE_BREAKER


def test_changed_parameters_hold_for_what_is_ordered_next() -> None:
    book = running()
    before = places(book.trade("60000"))[0].quantity
    book.step(ev.ParametersSet(ts_ns=book.now(), robot=1, parameters={"order_quantity": "300"}))
    after = [order.quantity for order in places(book.trade("59000"))]

    assert after
    assert min(after) > before


@pytest.mark.parametrize("cut", [3, 8, 14, 22])
def test_a_snapshot_goes_on_as_if_there_had_been_none(cut: int) -> None:
    whole = story()
    kernel = whole.fresh()
    for event in whole.events[:cut]:
        kernel.step(event)
    blob = keep(kernel)
    assert blob is not None
    other = whole.fresh()

    assert restore(other, blob)
    assert lines([other.step(e) for e in whole.events[cut:]]) == lines(whole.outcomes[cut:])


def test_a_replay_gives_the_same_outcomes_bit_for_bit() -> None:
    whole = story()
    kernel = whole.fresh()

    assert lines([kernel.step(event) for event in whole.events]) == lines(whole.outcomes)


def test_a_snapshot_of_another_shape_is_refused() -> None:
    book = story()
    blob = keep(book.kernel)
    assert blob is not None
    smaller = kernel_for(replace(OPENED, orders_max=32), bound_gate(), book.make_seat)

    assert not restore(smaller, blob)


def story() -> LiveBook:
    """Two robots, compiled and plain, fills, a pause and a stop."""
    book = LiveBook({"buyer": Buyer})
    book.seat()
    book.seat(robot=2, strategy="buyer", stop_rate=5_000_000)
    for robot in (1, 2):
        book.moved("starting", robot)
        book.moved("running", robot)
    for price in ("60000", "59900", "59950", "60040"):
        for order in places(book.trade(price)):
            taken = [*places(book.accept(order.number))]
            if order.number % 3 == 0 or order.type == MARKET:
                taken += places(book.fill(order.number, order.price or 600_000, order.quantity))
            for more in taken:
                book.accept(more.number)
    book.step(stop(book, STOP_FLAT))
    for number in cancels(book.outcomes[-1]):
        book.step(canceled(book, number))
    return book


def lines(outcomes: list[Outcome]) -> list[bytes]:
    return [outcome.lines for outcome in outcomes]
