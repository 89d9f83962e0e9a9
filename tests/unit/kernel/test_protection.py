"""A live book's position is covered by one stop at the venue; a refused one is tried again."""

from steelyard.model import events as ev
from steelyard.model.client_ids import SLOT_CLOSE, SLOT_STOP, SLOT_STOP_NEXT
from steelyard.model.kinds import (
    PAUSE_STALE,
    REDUCE_ONLY,
    STOP_FLAT,
    STOP_MARKET,
)
from steelyard.model.reasons import (
    WOULD_TRIGGER,
)
from tests.unit.kernel.house import (
    Buyer,
    LiveBook,
    adjusted,
    canceled,
    cancels,
    holding,
    places,
    protective,
    stop,
)


def test_a_position_is_covered_by_exactly_one_reduce_only_stop() -> None:
    book = holding(stop_rate=5_000_000)
    stops = protective(book)

    assert len(stops) == 1
    assert stops[0].type == STOP_MARKET
    assert stops[0].flags == REDUCE_ONLY
    assert stops[0].quantity >= book.position()
    assert stops[0].trigger == 570_000  # five per cent below 60,000.0, in tenths


def test_a_larger_position_gets_a_larger_stop_before_the_old_one_goes() -> None:
    book = LiveBook({"buyer": Buyer})
    book.seat(strategy="buyer", stop_rate=5_000_000)
    book.moved("starting")
    book.moved("running")
    first = places(book.trade("60000"))[0]
    book.accept(first.number)
    small = places(book.fill(first.number, 600_000, 10))[0]
    book.accept(small.number)
    second = places(book.trade("60000"))[0]
    grown = book.fill(second.number, 600_000, 10)
    large = places(grown)[0]

    assert (small.slot, large.slot) == (SLOT_STOP, SLOT_STOP_NEXT)
    assert large.quantity >= 20
    assert cancels(grown) == []
    assert cancels(book.accept(large.number)) == [small.number]


def test_a_position_that_outgrows_the_successor_too_gets_another_one() -> None:
    book = LiveBook({"buyer": Buyer})
    book.seat(strategy="buyer", stop_rate=5_000_000)
    book.moved("starting")
    book.moved("running")
    first = places(book.trade("60000"))[0]
    book.accept(first.number)
    small = places(book.fill(first.number, 600_000, 10))[0]
    book.accept(small.number)
    second = places(book.trade("60000"))[0]
    large = places(book.fill(second.number, 600_000, 10))[0]
    third = places(book.trade("60000"))[0]
    outgrown = book.fill(third.number, 600_000, 10)

    assert places(outgrown) + cancels(outgrown) == []
    assert large.quantity < 30
    assert cancels(book.accept(large.number)) == [small.number]
    largest = places(book.step(canceled(book, small.number)))[0]
    assert (largest.slot, largest.quantity >= 30) == (SLOT_STOP, True)
    assert cancels(book.accept(largest.number)) == [large.number]


def test_a_flat_robot_keeps_no_stop() -> None:
    book = holding(stop_rate=5_000_000)
    stops = protective(book)
    book.accept(stops[0].number)
    close = places(book.step(stop(book, STOP_FLAT)))
    flat = book.fill(close[0].number, 600_000, close[0].quantity)

    assert book.position() == 0
    assert cancels(flat) == [stops[0].number]


def test_a_stop_that_would_trigger_at_once_is_an_exit() -> None:
    book = holding(stop_rate=5_000_000)
    refused = book.step(
        ev.Rejected(ts_ns=book.now(), order=protective(book)[0].number, code=WOULD_TRIGGER)
    )

    assert [order.slot for order in places(refused)] == [SLOT_CLOSE]


def test_a_strategy_neither_sees_nor_cancels_what_protects_it() -> None:
    book = holding(stop_rate=5_000_000)
    stop_order = protective(book)[0]
    book.accept(stop_order.number)
    caller = book.kernel.caller(1)
    assert caller is not None

    assert caller.view.open_orders() == []
    assert caller.view.cancel_all() == 0
    assert not caller.view.cancel(stop_order.number)


def test_a_refused_stop_is_tried_anew_when_the_account_moves() -> None:
    book = holding(stop_rate=5_000_000)
    for _ in range(5):
        last = protective(book)[-1]
        book.step(ev.Rejected(ts_ns=book.now(), order=last.number, code=107))
        book.second += 200
        book.step(ev.Timer(ts_ns=book.now(), robot=1))
    book.step(ev.Rejected(ts_ns=book.now(), order=protective(book)[-1].number, code=107))
    waits = int(book.kernel.book.robots[1]["tend_at_ns"]) - book.second * 10**9
    book.step(adjusted(book, quantity=10, fee=0))
    then = int(book.kernel.book.robots[1]["tend_at_ns"]) - book.second * 10**9

    assert waits > 30 * 10**9
    assert then <= 10**9


def test_what_is_heard_meanwhile_does_not_put_off_a_refused_stop() -> None:
    book = holding(stop_rate=5_000_000)
    for _ in range(5):
        last = protective(book)[-1]
        book.step(ev.Rejected(ts_ns=book.now(), order=last.number, code=107))
        book.second += 200
        book.step(ev.Timer(ts_ns=book.now(), robot=1))
    book.step(ev.Rejected(ts_ns=book.now(), order=protective(book)[-1].number, code=107))
    seat = book.kernel.book.robots[1]
    due, tries = int(seat["tend_at_ns"]), int(seat["tries"])
    for paused in (True, False, True):
        book.second += 10
        book.step(ev.Paused(ts_ns=book.now(), robot=1, paused=paused, cause=PAUSE_STALE))

    assert due - book.second * 10**9 > 0
    assert due - 10**9 <= int(seat["tend_at_ns"]) <= due
    assert int(seat["tries"]) == tries
