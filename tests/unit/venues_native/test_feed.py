"""The native feed: one stream for many, books that prove what they tell, quotes when it is gone."""

from collections.abc import Callable

import pytest

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.events import Quote
from steelyard.model.market import Depth
from steelyard.venues.native.dialect import Channel
from steelyard.venues.native.feed import NativeFeed
from tests.unit.venues_native.network import SECOND, Asked, ToySocket, World
from tests.unit.venues_native.toys import ToyMarket, quote, trade

ALL = frozenset({Channel.QUOTES, Channel.TRADES, Channel.DEPTH})


class Stand:
    """A feed with one listener."""

    def __init__(self, *, fetches: bool = True, instruments: int = 3) -> None:
        self.world = World()
        self.states: dict[str, str] = {}
        self.world.http.servant = self.serve
        self.feed = NativeFeed(
            self.world.time, self.world.http, self.world.dialer, ToyMarket(fetches=fetches),
            instruments=instruments, channels=ALL,
        )  # fmt: skip
        self.told: list[PriceNews] = []
        self.sink = self.told.append
        self.feed.listen(self.sink)

    def serve(self, asked: Asked) -> str | None:
        return self.states.get(asked.path)

    @property
    def socket(self) -> ToySocket:
        return self.world.dialer.last("ws://market")

    def up(self) -> ToySocket:
        return self.socket.open().says("confirmed x")

    def take(self) -> list[object]:
        told: list[object] = []
        for one in self.told:
            match one:
                case FeedGap(instrument=instrument):
                    told.append(f"gap {instrument}")
                case Depth(ts_ns=last, snapshot=snapshot):
                    told.append(f"{'state' if snapshot else 'change'} {last}")
                case _:
                    told.append(one)
        self.told.clear()
        return told

    def paths(self) -> list[str]:
        return [one.path for one in self.world.http.asked]


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_what_is_said_is_told_to_all_who_listen(stand: Stand) -> None:
    other: list[PriceNews] = []
    socket = stand.up()
    socket.says("T 1 10")
    stand.feed.listen(other.append)
    socket.says("Q 2 9")
    stand.feed.leave(stand.sink)
    socket.says("T 3 10")
    assert stand.take() == [trade(1, 10), quote(2, 9)]
    assert other == [quote(2, 9), trade(3, 10)]
    assert len(stand.world.dialer.sockets) == 1


def test_a_listener_that_leaves_hears_no_more(stand: Stand) -> None:
    other: list[PriceNews] = []
    sink: Callable[[PriceNews], None] = other.append
    stand.feed.listen(sink)
    stand.feed.leave(sink)
    stand.up().says("T 1 10")
    assert (len(stand.told), other) == (1, [])
    stand.feed.leave(stand.sink)
    stand.feed.listen(sink)  # the stream is still there
    stand.world.run(SECOND)
    assert len(stand.world.dialer.sockets) == 1


def test_a_broken_socket_is_a_gap_of_all_and_comes_back(stand: Stand) -> None:
    stand.up().cut()
    assert stand.take() == ["gap -1"]
    stand.world.run(SECOND)
    stand.up().says("T 3 1")
    assert stand.take() == [trade(3, 1)]


def test_a_frame_nobody_understands_is_a_gap(stand: Stand) -> None:
    stand.up().says("what")
    assert stand.take() == ["gap -1"]


def test_changes_wait_for_the_state_and_are_replayed_onto_it(stand: Stand) -> None:
    socket = stand.up()
    socket.says("B 0 5 6", "B 0 7 7")
    assert stand.paths() == ["/depth/0"]
    socket.says("B 0 8 9")
    assert stand.take() == []
    stand.world.http.waiting[0].answer("6")
    assert stand.take() == ["state 6", "change 7", "change 9"]
    socket.says("B 0 10 11")
    assert stand.take() == ["change 11"]


def test_a_state_older_than_the_first_change_is_fetched_again(stand: Stand) -> None:
    socket = stand.up()
    socket.says("B 0 5 6")
    stand.world.http.waiting[0].answer("3")
    assert stand.take() == []
    socket.says("B 0 7 7")
    stand.world.run(SECOND)
    assert stand.paths() == ["/depth/0", "/depth/0"]
    stand.world.http.waiting[0].answer("6")
    assert stand.take() == ["state 6", "change 7"]


def test_a_missing_change_is_a_gap_of_its_instrument_and_a_new_state_ends_it(stand: Stand) -> None:
    stand.states = {"/depth/0": "5", "/depth/1": "50"}
    socket = stand.up()
    socket.says("B 0 5 5", "B 1 50 50")
    stand.world.run(SECOND)
    assert stand.take() == ["state 5", "state 50"]
    stand.states = {"/depth/0": "7"}
    socket.says("B 0 8 9", "B 1 51 51", "B 0 10 10")
    assert stand.take() == ["gap 0", "change 51"]
    stand.world.run(SECOND)
    assert stand.take() == ["state 7", "change 9", "change 10"]


def test_a_socket_that_takes_over_begins_its_books_anew(stand: Stand) -> None:
    stand.states = {"/depth/0": "5"}
    old = stand.up()
    old.says("B 0 5 5")
    stand.world.run(SECOND)
    old.says("leaving")
    stand.world.run(SECOND)
    new = stand.socket.open().says("B 0 6 6")
    old.says("B 0 6 6")
    assert stand.take() == ["state 5", "change 6"]
    new.says("confirmed x")
    stand.world.run(SECOND)
    assert stand.paths() == ["/depth/0", "/depth/0"]
    assert stand.take() == ["state 5", "change 6"]


def test_an_answer_from_before_the_break_is_to_another_question(stand: Stand) -> None:
    stand.up().says("B 0 5 6")
    stand.socket.cut()
    stand.world.run(SECOND)
    stand.up().says("B 0 20 20")
    first, second = stand.world.http.waiting
    stand.take()
    first.answer("6")
    assert stand.take() == []
    second.answer("20")
    assert stand.take() == ["state 20"]


def test_a_few_states_are_fetched_at_a_time() -> None:
    stand = Stand(instruments=10)
    socket = stand.up()
    socket.says(*(f"B {n} 1 1" for n in range(10)))
    assert len(stand.world.http.waiting) == 3
    for _ in range(10):
        stand.world.http.waiting[0].answer("1")
    assert stand.take() == ["state 1"] * 10


def test_a_state_that_does_not_come_is_asked_for_again_not_at_once(stand: Stand) -> None:
    stand.up().says("B 0 1 1")
    stand.world.http.waiting[0].fail()
    assert stand.world.http.waiting == []
    stand.world.run(SECOND)
    stand.world.http.waiting[0].answer("1")
    assert stand.take() == ["state 1"]


def test_where_the_state_is_a_first_frame_the_socket_is_turned() -> None:
    stand = Stand(fetches=False)
    old = stand.up()
    old.says("S 0 5", "S 1 50", "B 0 6 6", "B 0 8 8", "B 1 51 51", "B 0 9 9")
    assert stand.take() == ["state 5", "state 50", "change 6", "gap 0", "change 51"]
    stand.world.run(SECOND)
    new = stand.socket.open()
    assert new is not old
    new.says("S 0 9", "S 1 51", "confirmed x", "B 0 10 10", "B 1 52 52")
    assert stand.take() == ["state 9", "state 51", "change 10", "change 52"]
    assert old.closed


def test_quotes_are_asked_for_while_the_socket_is_gone(stand: Stand) -> None:
    stand.states = {f"/quote/{n}": str(n + 1) for n in range(3)}
    stand.world.run(4 * SECOND)
    assert stand.paths() == []
    stand.world.run(6 * SECOND)
    assert set(stand.paths()) == {"/quote/0", "/quote/1", "/quote/2"}
    assert len(stand.paths()) < 12
    assert quote(1, 5) in stand.take()
    stand.up()
    stand.world.run(SECOND)
    asked = len(stand.paths())
    stand.take()
    for _ in range(3):
        stand.world.run(10 * SECOND)
        stand.socket.alive()
    assert len(stand.paths()) == asked
    assert not any(isinstance(one, Quote) for one in stand.take())


def test_a_quote_that_was_asked_for_is_not_told_once_the_socket_runs(stand: Stand) -> None:
    stand.world.run(6 * SECOND)
    stand.up().says("Q 9 9")
    (asked,) = stand.world.http.waiting
    asked.answer("1")
    assert stand.take() == [quote(9, 9)]


def test_nothing_is_told_after_closing(stand: Stand) -> None:
    socket = stand.up()
    socket.says("B 0 1 1")
    stand.take()
    stand.feed.close()
    socket.ears.said(socket, b"T 1 1")
    socket.ears.closed(socket, "late")
    stand.world.http.waiting[0].answer("1")
    stand.world.run(1_000 * SECOND)
    assert stand.take() == []
    assert len(stand.world.dialer.sockets) == 1
