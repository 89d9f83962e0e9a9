"""Worlds: the same everywhere, every fault strikes, and what strikes is what the row says."""

import subprocess
import sys

import pytest

from steelyard.app.simulating import assembly
from steelyard.kernel.ports import Request
from steelyard.services.simulation.faults import CATALOGUE, ROWS
from steelyard.services.simulation.plan import FAULT, drawn
from steelyard.services.simulation.tape import Choices, Tape
from steelyard.services.simulation.world import NOISE_NS, World
from tests.simulation.directed import Only

MADE = assembly()
_TRACES = """
from steelyard.app.simulating import assembly
from steelyard.services.simulation.campaign import run_seed
made = assembly()
print([run_seed(made, seed)[0].trace for seed in (3, 8)])
"""


def world(seed: int, *rows: str) -> World:
    made = World(Only(seed, *rows), MADE)
    made.run()
    return made


def test_a_world_is_the_same_in_every_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", _TRACES], env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True, text=True, check=True, cwd=None,
        ).stdout.strip()
        for seed in ("0", "4711")
    }  # fmt: skip

    assert len(told) == 1


def test_a_dull_world_has_no_faults_and_is_right() -> None:
    made = World(Tape(1, given={}), MADE, thorough=True)
    made.run()

    assert made.plan.rows == {}
    assert made.violations == []
    assert made.house.deaths == 2  # the two restarts of a thorough world
    assert sum(1 for s in made.wires.sent if s.request == Request.PLACE) > 20


def test_a_median_world_is_as_large_as_it_should_be() -> None:
    rows, requests, robots = [], [], []
    for seed in range(24):
        made = World(Tape(seed), MADE)
        rows.append(len(made.plan.rows))
        robots.append(len(made.book.robots))
        if seed < 8:
            made.run()
            requests.append(len(made.wires.sent))
    middle = sorted(rows)[len(rows) // 2]

    assert 3 <= middle <= 8
    assert sorted(requests)[len(requests) // 2] in range(150, 700)
    assert set(robots) == {2}


def test_rows_have_names_of_their_own() -> None:
    assert len(ROWS) == len(CATALOGUE)
    assert all(row.title for row in CATALOGUE)


@pytest.mark.parametrize("code", sorted(ROWS))
def test_a_fault_strikes(code: str) -> None:
    fired = 0
    for seed in range(24):
        made = world(seed, code)
        assert set(made.plan.rows) == {code}
        fired += made.fired.get(code, 0)
        if fired:
            break

    assert fired > 0


def test_faults_stop_when_it_gets_quiet() -> None:
    made = world(2, "F01", "F29", "F63", "F79", "F82")
    late = [told for told in made.wires.told if told.at_ns > NOISE_NS + 15 * 10**9]

    assert late == []
    assert all(due.at_ns < NOISE_NS for due in made.plan.dues)


def test_a_plan_without_a_row_is_the_same_plan_otherwise() -> None:
    seed = next(s for s in range(50) if len(drawn(CATALOGUE, Tape(s), NOISE_NS).rows) > 4)
    tape = Tape(seed, noting=True)
    whole = drawn(CATALOGUE, tape, NOISE_NS)
    gone = next(iter(whole.rows))
    fewer: Choices = {k: v for k, v in tape.noted.items() if k != FAULT + gone}
    plan = drawn(CATALOGUE, Tape(seed, given=fewer), NOISE_NS)

    assert plan.rows == {row: s for row, s in whole.rows.items() if row != gone}
    assert [due.at_ns for due in plan.dues] == [due.at_ns for due in whole.dues if due.row != gone]
