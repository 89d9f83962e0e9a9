"""Campaigns: seeds in numbers, failures as files that replay, power cuts at every step."""

import json
from pathlib import Path

import pytest

from steelyard.app.simulating import assembly
from steelyard.services.simulation.campaign import (
    Campaign,
    Run,
    Scope,
    campaign,
    exhaustive,
    keep_failure,
    replay_failure,
    run_seed,
)
from steelyard.services.simulation.tape import Tape
from steelyard.services.simulation.violations import Violation
from steelyard.services.simulation.world import World
from tests.simulation.directed import Only
from tests.simulation.planted import PLANTED

MADE = assembly()
RESEND = "resend create with the same id"


def test_a_few_hundred_seeds_find_nothing() -> None:
    found = campaign(assembly, range(200))

    assert [(run.seed, str(run.violations[0])) for run in found.failed] == []
    assert found.never == ()


@pytest.mark.parametrize(
    "seed",
    [
        500_625,  # a tick that grew had every stop refused until the next start
        1_002_113, 1_005_928, 2_012_588,  # a pause for the venue outlived the life that made it
        3_024_614,  # a cancel waited longer than the limit that refused it
        9_003_599, 9_008_278,  # a cancel left before its create, which waited for the journal
        12_501_955,  # a position outgrew both of its stops, which stood in each other's way
        10_008_206,  # what was heard while a failed commit let cancels go sent creates twice
        9_607_704,  # a refused stop was put off by whatever its robot heard
        9_011_426,  # holdings answered past the deadline told of another mode, and nobody heard
    ],
)  # fmt: skip
def test_what_long_campaigns_found_stays_mended(seed: int) -> None:
    run, _ = run_seed(MADE, seed)

    assert [str(one) for one in run.violations] == []


def test_two_processes_find_what_one_does() -> None:
    one, two = campaign(assembly, range(6)), campaign(assembly, range(6), processes=2)

    assert one.fired == two.fired
    assert one.requests == two.requests


def test_power_cuts_at_steps_of_the_way_find_nothing() -> None:
    once = exhaustive(assembly, [11], stride=83)
    twice = exhaustive(assembly, [12], stride=197, twice=True)

    assert once.seeds > 10
    assert twice.seeds > 5
    assert [(r.seed, r.crash_steps, str(r.violations[0])) for r in once.failed] == []
    assert [(r.seed, r.crash_steps, str(r.violations[0])) for r in twice.failed] == []


def test_a_campaign_fails_when_a_fault_never_struck() -> None:
    found = Campaign()
    for seed in range(10_000):
        found.add(Run(seed, (), {"F01": 1}, 1, 1, 1))

    assert "F02" in found.never
    assert not found.passed
    assert any(line.startswith("F02") for line in found.lines())


def test_a_failure_replays_from_its_file(tmp_path: Path) -> None:
    wrong = PLANTED[RESEND].make()
    seed = next(s for s in range(20) if run_seed(wrong, s)[0].violations)
    run, _ = run_seed(wrong, seed)
    path = keep_failure(wrong, run, tmp_path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    again = replay_failure(wrong, path)

    assert kept["seed"] == seed
    assert kept["violation"] == str(run.violations[0])
    assert again.trace == run.trace
    assert again.violations == run.violations


def test_a_failure_under_chosen_faults_replays_too(tmp_path: Path) -> None:
    wrong = PLANTED[RESEND].make()
    runs = (run_seed(wrong, seed, scope=Scope(("F01",)))[0] for seed in range(20))
    run = next(run for run in runs if run.violations)
    again = replay_failure(wrong, keep_failure(wrong, run, tmp_path))

    assert set(run.fired) == {"F01"}
    assert again.trace == run.trace


def test_a_failure_shrinks_to_what_it_needs(tmp_path: Path) -> None:
    wrong = PLANTED[RESEND].make()
    seed = next(s for s in range(20) if run_seed(wrong, s)[0].violations)
    run, tape = run_seed(wrong, seed, noting=True)
    path = keep_failure(wrong, run, tmp_path, smallest=True)
    kept = json.loads(path.read_text(encoding="utf-8"))
    again = replay_failure(wrong, path)

    assert kept["choices"] < sum(len(values) for values in tape.noted.values()) // 4
    assert run.violations[0].invariant in {v.invariant for v in again.violations}


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_mistake_is_found(name: str) -> None:
    planted = PLANTED[name]
    made = planted.make()

    def found(seed: int) -> set[str]:
        tape = Only(seed, *planted.faults) if planted.faults else Tape(seed)
        world = World(tape, made, shuffled=True)
        world.run()
        return {violation.invariant for violation in world.violations}

    assert any(planted.breaks & found(seed) for seed in range(150))


def test_a_violation_is_said_in_one_line() -> None:
    assert str(Violation("O3", 1_500_000_000, "twice")) == "O3 at 1.500 s: twice"
