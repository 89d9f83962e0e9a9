"""Virtual time: order, hosts, clocks, crashes, and the same run in every process."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from steelyard.services.simulation.tape import Tape
from steelyard.wire.scheduler import Scheduler
from steelyard.wire.virtual import Livelock, PowerCut, VirtualHost, VirtualTime

SECOND = 1_000_000_000


class Story:
    """What was called, and when."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.lines: list[tuple[int, str]] = []

    def __call__(self, word: str) -> None:
        self.lines.append((self.time.at_ns, word))

    @property
    def words(self) -> str:
        return " ".join(word for _, word in self.lines)


def test_calls_come_by_time_and_then_in_the_order_they_were_asked_for() -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a")
    host.after(2 * SECOND, story, "d")
    host.after(SECOND, story, "b")
    time.after(SECOND, story, "c")
    host.soon(story, "a")

    assert not time.run(10 * SECOND)
    assert story.lines == [(0, "a"), (SECOND, "b"), (SECOND, "c"), (2 * SECOND, "d")]
    assert time.at_ns == 10 * SECOND


def test_a_call_that_is_asked_for_now_comes_after_those_that_asked_before() -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a")

    def ask() -> None:
        story("first")
        host.soon(story, "third")
        host.after(0, story, "fourth")

    host.soon(ask)
    host.soon(story, "second")
    time.run(0)

    assert story.words == "first second third fourth"


def test_time_goes_no_further_than_it_is_told() -> None:
    time = VirtualTime()
    story = Story(time)
    time.after(SECOND, story, "late")

    assert time.run(SECOND - 1)
    assert story.lines == []
    time.run(SECOND)
    assert story.words == "late"


def test_a_canceled_call_is_not_made() -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a")
    timer = host.after(SECOND, story, "never")
    timer.cancel()
    host.after(0, story, "nor this").cancel()
    time.run(2 * SECOND)

    assert story.lines == []


def test_a_wall_clock_jumps_and_the_monotonic_one_does_not() -> None:
    time = VirtualTime(epoch_ns=1_000 * SECOND)
    story = Story(time)
    host = VirtualHost(time, "a", offset_ns=5, started_ns=77)
    host.after(SECOND, story, "on time")
    host.set_clock(-3 * SECOND)
    before = (host.now_ns(), host.elapsed_ns())
    time.run(SECOND)

    assert before == (997 * SECOND + 5, 77)
    assert host.elapsed_ns() - before[1] == SECOND
    assert story.lines == [(SECOND, "on time")]


def test_nothing_of_a_dead_host_runs_and_the_wire_goes_on() -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a", on_death=lambda host: story(f"{host.name} died"))
    host.after(SECOND, story, "never")
    time.after(SECOND, host.die)
    time.after(3 * SECOND, story, "the wire")
    host.after(2 * SECOND, story, "never")
    time.put(host, 2 * SECOND, story, "never")
    time.run(9 * SECOND)

    assert story.words == "never a died the wire"


@pytest.mark.parametrize("step,words", [(1, ""), (2, "one"), (3, "one"), (4, "one two three")])
def test_a_host_dies_at_its_step(step: int, words: str) -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a", crash_at=step)

    def second() -> None:
        story("two")
        host.soon(story, "four")

    def ported() -> None:
        try:
            host.step()
            second()
            story("three")
        except Exception:  # noqa: BLE001 - to see that it is not reached
            story("caught")

    host.soon(story, "one")
    host.soon(ported)
    time.run(SECOND)

    assert story.words == words


def test_a_dead_host_is_thrown_out_of_every_further_port_call() -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a", crash_at=2)

    def stubborn() -> None:
        try:
            host.step()
        finally:
            host.step()
            story("never")

    host.soon(stubborn)
    time.run(SECOND)

    assert story.lines == []
    with pytest.raises(PowerCut):
        host.step()


def test_a_stalled_host_runs_late_and_in_order() -> None:
    time = VirtualTime()
    story = Story(time)
    host = VirtualHost(time, "a")
    for at in (1, 2, 3):
        host.after(at * SECOND, story, f"due at {at},")
    canceled = host.after(2 * SECOND, story, "never")
    time.after(SECOND // 2, host.stall, 2 * SECOND)
    time.after(2 * SECOND + 1, canceled.cancel)
    time.run(9 * SECOND)

    late = 5 * SECOND // 2
    assert story.lines == [(late, "due at 1,"), (late, "due at 2,"), (3 * SECOND, "due at 3,")]


def test_time_that_stands_still_is_found() -> None:
    time = VirtualTime(steps_per_instant=1_000)
    host = VirtualHost(time, "a")

    def again() -> None:
        host.soon(again)

    host.soon(again)
    with pytest.raises(Livelock, match="1001 calls ran at 0 ns"):
        time.run(SECOND)


def test_a_drawn_order_keeps_what_the_port_promises() -> None:
    seen = set()
    for seed in range(40):
        time = VirtualTime(pick=Tape(seed).stream("pick").below)
        story = Story(time)
        a, b = VirtualHost(time, "a"), VirtualHost(time, "b")
        for n in range(3):
            a.soon(story, f"a{n}")
            b.soon(story, f"b{n}")
        time.run(SECOND)
        words = story.words.split()
        seen.add(story.words)

        assert [w for w in words if w[0] == "a"] == ["a0", "a1", "a2"]
        assert [w for w in words if w[0] == "b"] == ["b0", "b1", "b2"]
    assert len(seen) > 10


def test_timers_of_one_instant_may_come_in_any_order() -> None:
    seen = set()
    for seed in range(40):
        time = VirtualTime(pick=Tape(seed).stream("pick").below)
        story = Story(time)
        host = VirtualHost(time, "a")
        for n in range(3):
            host.after(SECOND, story, str(n))
        time.run(SECOND)
        seen.add(story.words)

    assert len(seen) == 6


def test_both_are_schedulers() -> None:
    time = VirtualTime()
    for scheduler in (time, VirtualHost(time, "a")):
        checked: Scheduler = scheduler
        assert checked.elapsed_ns() == 0


def test_the_trace_tells_runs_apart() -> None:
    assert _ring(1) == _ring(1)
    assert _ring(1) != _ring(2)


def test_the_trace_is_the_same_in_every_process() -> None:
    traces = {
        subprocess.run(
            [sys.executable, "-c", f"{_RING}\nprint(_ring(7))"],
            env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("0", "1", "4711")
    }  # fmt: skip

    assert traces == {str(_ring(7))}


_RING = """
from steelyard.wire.virtual import VirtualHost, VirtualTime


def _ring(step):
    time = VirtualTime()
    hosts = {VirtualHost(time, name) for name in ("a", "b", "c")}
    ring = sorted(hosts, key=lambda host: host.name)

    def call(n):
        if n:
            ring[n % 3].after(n * step, call, n - 1)

    call(200)
    time.run(10**9)
    return time.trace
"""


def _ring(step: int) -> int:
    names: dict[str, Callable[[int], int]] = {}
    exec(_RING, names)  # noqa: S102 - the very text that other processes run
    return names["_ring"](step)
