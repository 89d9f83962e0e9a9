"""What happens when: timers, samples, wakes, and the order of things due together."""

from steelyard.model.kinds import NEVER_NS, QUOTE, WAKE_EVERY_BAR
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import Desk, Heard, buys, idle, row, sells, spot


def test_a_robot_sleeps_until_its_price() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        desk.wake(low=heard.last - 5, high=heard.last + 5)

    desk = Desk((spot(),), script)
    desk.wake(high=100)
    desk.run([buys(i, p) for i, p in enumerate([99, 100, 103, 104, 105, 101, 100, 100])])

    assert [(h.ts_ns, h.last) for h in desk.heard] == [(1, 100), (4, 105), (6, 100)]


def test_a_wake_that_still_holds_is_heard_at_every_row() -> None:
    desk = Desk((spot(),), idle)
    desk.wake(low=100)
    desk.run([buys(1, 101), buys(2, 100), buys(3, 99), row(4, QUOTE, 1, 1, 2, 1), buys(5, 102)])

    assert [h.ts_ns for h in desk.heard] == [2, 3, 4]


def test_a_timer_goes_off_at_its_time_and_once() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if len(desk.heard) < 3:
            desk.wake(at=heard.ts_ns + 7)

    desk = Desk((spot(),), script)
    desk.wake(at=5)
    desk.run([buys(1, 100), buys(100, 100)])

    assert [(h.what, h.ts_ns) for h in desk.heard] == [("timer", 5), ("timer", 12), ("timer", 19)]
    assert int(desk.robots[0]["wake_at_ns"]) == NEVER_NS


def test_a_timer_set_to_the_past_goes_off_with_the_next_row() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        desk.wake(at=0)

    desk = Desk((spot(),), script)
    desk.wake(at=5)
    desk.run([buys(t, 100) for t in (1, 10, 10, 20, 30)])

    assert [h.ts_ns for h in desk.heard] == [5, 10, 20]


def test_things_due_together_come_as_commands_timers_bars_samples_and_then_the_row() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and not desk.orders["number"].any():
            desk.robots["wake_flags"] = WAKE_EVERY_BAR
            desk.wake(high=101, at=100)
            desk.buy(90, 1)

    settings = SimSettings(latency="fixed", order_delay_ns=50, bar_step_ns=100, sample_step_ns=100)
    desk = Desk((spot(),), script, settings=settings, every=True)
    desk.run([buys(50, 100), buys(100, 101)])

    assert [(h.what, h.ts_ns) for h in desk.heard] == [
        ("market", 50), ("accepted", 100), ("timer", 100), ("bar", 100), ("market", 100),
    ]  # fmt: skip
    assert desk.samples == [(100, 100)]


def test_samples_are_taken_through_gaps() -> None:
    desk = Desk((spot(),), idle, settings=SimSettings(sample_step_ns=10))

    desk.run([buys(5, 100), buys(7, 101), buys(40, 102)])

    assert desk.samples == [(10, 101), (20, 101), (30, 101), (40, 101)]


def test_fills_are_heard_before_the_market_and_wakes_are_read_after_them() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns == 1:
            desk.robots["wake_flags"] = 0
            desk.buy(95, 1)
            desk.wake(low=94)
        if heard.what == "fill":
            desk.wake(low=80)

    desk = Desk((spot(),), script, every=True)
    desk.run([buys(1, 100), sells(2, 94), sells(3, 90)])

    assert [h.what for h in desk.heard] == ["market", "accepted", "fill"]


def test_robots_are_asked_in_turn_each_at_most_once_per_row() -> None:
    desk = Desk((spot(),), idle, robots_count=3, every=True)

    desk.run([buys(1, 100), buys(2, 100)])

    assert [(h.robot, h.ts_ns) for h in desk.heard] == [
        (0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2),
    ]  # fmt: skip


def test_a_robot_wakes_for_its_own_instrument() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        return

    desk = Desk((spot(), spot(name="ETH/USDT")), script, robots_count=2)
    desk.robots[1]["wake_instrument"] = 1
    desk.robots["wake_low"] = 50
    desk.run([buys(1, 40, inst=1), buys(2, 60), buys(3, 45), buys(4, 60, inst=1)])

    assert [(h.robot, h.ts_ns) for h in desk.heard] == [(1, 1), (0, 3)]


def test_an_answer_without_delay_is_queued_behind_what_was_heard_before() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns == 1:
            desk.robots["wake_flags"] = 0
            desk.buy(96, 1)
            desk.buy(95, 1)
        if heard.what == "fill" and heard.number == 1:
            desk.buy(80, 1)

    desk = Desk((spot(),), script, every=True)
    desk.run([buys(1, 100), sells(2, 90)])

    assert [(h.what, h.number) for h in desk.heard[3:]] == [
        ("fill", 1), ("fill", 2), ("accepted", 3),
    ]  # fmt: skip
