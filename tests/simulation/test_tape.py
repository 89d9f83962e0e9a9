"""The tape: the same choices everywhere, kept, given back, and cut down to what matters."""

import subprocess
import sys

import pytest

from steelyard.services.simulation.shrinking import count, shrink
from steelyard.services.simulation.tape import MILLION, Choices, Tape


def play(tape: Tape) -> list[int]:
    first, second = tape.stream("first"), tape.stream("second")
    return [first.below(10) for _ in range(20)] + [second.between(5, 9) for _ in range(20)]


def test_a_seed_always_chooses_the_same() -> None:
    assert play(Tape(1)) == play(Tape(1))
    assert play(Tape(1)) != play(Tape(2))


def test_choices_are_the_same_in_every_process() -> None:
    program = (
        "from steelyard.services.simulation.tape import Tape\n"
        "s = Tape(9).stream('x')\n"
        "print([s.below(1000) for _ in range(50)])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("0", "33")
    }  # fmt: skip
    stream = Tape(9).stream("x")

    assert told == {str([stream.below(1000) for _ in range(50)])}


def test_choices_are_bounded_and_spread() -> None:
    seen = [0] * 10
    for seed in range(400):
        stream = Tape(seed).stream("label")
        for _ in range(25):
            seen[stream.below(10)] += 1

    assert sum(seen) == 10_000
    assert min(seen) > 850
    assert max(seen) < 1_150


def test_neighboring_seeds_and_labels_choose_differently_from_the_start() -> None:
    firsts = [Tape(seed).stream("a").below(MILLION) for seed in range(2_000)]
    others = [Tape(seed).stream("b").below(MILLION) for seed in range(2_000)]

    assert len(set(firsts)) > 1_990
    assert sum(a < b for a, b in zip(firsts, others, strict=True)) in range(900, 1_100)


@pytest.mark.parametrize("ppm,low,high", [(0, 0, 0), (MILLION, 10_000, 10_000), (20_000, 140, 260)])
def test_a_chance_comes_as_often_as_it_says(ppm: int, low: int, high: int) -> None:
    stream = Tape(3).stream("x")

    assert low <= sum(stream.chance(ppm) for _ in range(10_000)) <= high


def test_what_was_noted_can_be_played_again() -> None:
    noting = Tape(5, noting=True)
    drawn = play(noting)

    assert drawn == play(Tape(5))
    assert play(Tape(0, given=noting.noted)) == drawn


def test_an_empty_tape_is_dull() -> None:
    assert play(Tape(5, given={})) == [0] * 20 + [5] * 20


def test_a_choice_that_no_longer_fits_is_dull() -> None:
    assert Tape(0, given={"x": {0: 7}}).stream("x").below(7) == 0


def test_shrinking_keeps_only_what_the_failure_needs() -> None:
    choices: Choices = {
        "fault:a": {0: 1}, "fault:b": {0: 2}, "fault:c": {0: 3},
        "delay": {n: n + 1 for n in range(100)}, "price": dict.fromkeys(range(50), 1),
    }  # fmt: skip

    def fails(some: Choices) -> bool:
        return (
            some.get("fault:b", {}).get(0) == 2
            and some.get("delay", {}).get(17) == 18
            and some.get("delay", {}).get(80) == 81
        )

    smallest = shrink(choices, fails, first="fault:")

    assert smallest == {"fault:b": {0: 2}, "delay": {17: 18, 80: 81}}
    assert count(smallest) == 3


def test_shrinking_stops_when_its_budget_is_spent() -> None:
    runs = 0

    def fails(some: Choices) -> bool:
        nonlocal runs
        runs += 1
        return count(some) >= 40

    choices: Choices = {"x": dict.fromkeys(range(100), 1)}
    smaller = shrink(choices, fails, first="fault:", runs_max=30)

    assert runs <= 30
    assert 40 <= count(smaller) <= 100


def test_a_failure_that_needs_nothing_shrinks_to_nothing() -> None:
    assert shrink({"x": {0: 1}}, lambda _: True, first="fault:") == {}
