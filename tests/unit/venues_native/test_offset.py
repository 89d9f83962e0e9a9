"""The venue's clock: the bound that is told holds, whatever the way there and back takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.venues.native.offset import UNKNOWN_NS, Offset
from steelyard.venues.native.rest import Rest
from steelyard.wire.virtual import VirtualHost
from tests.unit.venues_native.network import SECOND, Asked, World
from tests.unit.venues_native.toys import ToyMarket

MS = 1_000_000


class Watch:
    """A venue whose clock is ahead by so much, reached by ways of different lengths."""

    def __init__(self, ahead_ns: int, ways: list[tuple[int, int]]) -> None:
        self.world = World()
        self.host = VirtualHost(self.world.time, "us")
        self.ahead_ns = ahead_ns
        self.ways = ways
        self.asked = 0
        self.deaf = False
        self.world.http.servant = self.serve
        rest = Rest(self.host, self.world.http, deadline_ns=SECOND)
        self.offset = Offset(self.host, rest, ToyMarket().time, every_ns=60 * SECOND)

    def serve(self, asked: Asked) -> str | None:
        if self.deaf:
            return None
        there_ns, back_ns = self.ways[self.asked % len(self.ways)]
        self.asked += 1
        time = self.world.time

        def arrive() -> None:
            milliseconds = self.true_ns() // MS
            time.after(back_ns, asked.answer, str(milliseconds * MS))

        time.after(there_ns, arrive)
        return None

    def true_ns(self) -> int:
        return self.world.time.now_ns() + self.ahead_ns

    def wrong_ns(self) -> int:
        return abs(self.offset.venue_now_ns() - self.true_ns())


@given(
    st.integers(-10 * SECOND, 10 * SECOND),
    st.lists(st.tuples(st.integers(1, 400 * MS), st.integers(1, 400 * MS)), min_size=1, max_size=4),
)
def test_the_error_is_within_its_bound(ahead_ns: int, ways: list[tuple[int, int]]) -> None:
    watch = Watch(ahead_ns, ways)
    watch.offset.start()
    watch.world.run(5 * SECOND)
    assert watch.wrong_ns() <= watch.offset.error_ns()
    assert watch.offset.error_ns() <= min(map(sum, ways)) // 2 + 2 * MS


def test_our_own_clock_counts_until_there_is_a_measurement() -> None:
    watch = Watch(SECOND, [(MS, MS)])
    assert watch.offset.venue_now_ns() == watch.host.now_ns()
    assert watch.offset.error_ns() == UNKNOWN_NS
    assert watch.offset.ahead_ns() == 0


def test_a_jump_of_our_clock_is_none_of_the_venues() -> None:
    watch = Watch(SECOND, [(MS, MS)])
    watch.offset.start()
    watch.world.run(SECOND)
    watch.host.set_clock(3600 * SECOND)
    assert watch.wrong_ns() <= 2 * MS


def test_it_is_measured_on_schedule_and_when_asked() -> None:
    watch = Watch(SECOND, [(MS, MS)])
    watch.offset.start()
    watch.world.run(10 * SECOND)
    each = watch.asked
    watch.world.run(60 * SECOND)
    assert watch.asked == 2 * each
    watch.ahead_ns = 5 * SECOND  # the venue set its clock
    watch.ways = [(5 * MS, 5 * MS)]
    for _ in range(20):  # many refusals blame our time
        watch.offset.refresh()
        watch.world.run(10 * MS)
    watch.world.run(SECOND)
    assert watch.asked == 3 * each
    assert watch.wrong_ns() <= 6 * MS


def test_a_worse_measurement_that_agrees_changes_nothing() -> None:
    watch = Watch(SECOND, [(MS, MS)])
    watch.offset.start()
    watch.world.run(SECOND)
    before = watch.offset.venue_now_ns() - watch.true_ns()
    watch.ways = [(300 * MS, MS)]
    watch.offset.refresh()
    watch.world.run(SECOND * 2)
    assert watch.offset.venue_now_ns() - watch.true_ns() == before


def test_who_waits_is_called_though_the_venue_is_deaf_and_it_is_tried_again() -> None:
    watch = Watch(SECOND, [(MS, MS)])
    watch.deaf = True
    called: list[int] = []
    watch.offset.start(lambda: called.append(1))
    watch.offset.start(lambda: called.append(2))
    watch.world.run(2 * SECOND)
    assert called == [1, 2]
    watch.deaf = False
    watch.world.run(30 * SECOND)
    assert watch.wrong_ns() <= 2 * MS
    watch.offset.start(lambda: called.append(3))
    assert called == [1, 2]
    watch.world.run()
    assert called == [1, 2, 3]


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_is_asked_after_closing(answered: bool) -> None:
    watch = Watch(SECOND, [(MS, MS)])
    watch.offset.start()
    if answered:
        watch.world.run(SECOND)
    asked = watch.asked
    watch.offset.close()
    watch.offset.refresh()
    watch.world.run(1_000 * SECOND)
    assert watch.asked <= asked + 1
