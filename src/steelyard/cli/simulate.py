"""`steelyard simulate`: try to break the whole runtime, under seeds."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from steelyard.app.simulating import Campaign

_KEPT = 20
_HOUR = 60


def simulate(
    *,
    seeds: int = 1000,
    start: int = 0,
    faults: str = "",
    replay: Path | None = None,
    every_step: Annotated[bool, Parameter(name="--every-step", negative="")] = False,
    twice: Annotated[bool, Parameter(name="--twice", negative="")] = False,
    stride: int = 1,
    minutes: int = 60,
    processes: int = 0,
    folder: Path = Path("reports/simulation"),
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Run the real runtime in simulated worlds with faults, crashes and restarts.

    Each seed is a world of its own: a venue, robots, an hour of market, and whatever the seed draws
    of the fault catalogue. In the end the venue's truth, the journal and what was sent are held
    against the invariants. The same seed gives the same world in any process. Exit code 3 when an
    invariant was violated; each failure is written to a file that --replay runs again.

    Parameters
    ----------
    seeds
        How many worlds.
    start
        The first seed.
    faults
        Only these rows of the catalogue, such as F01,F04,F25; all without it.
    replay
        Run a failure's file again.
    every_step
        Cut the power at every step of each world, one run a step; use few seeds.
    twice
        With --every-step: cut it a second time in the recovery.
    stride
        With --every-step: at every so many steps.
    minutes
        How much virtual time a world has before it settles.
    processes
        How many at a time; as many as there are processors without it.
    folder
        Where failures are written.
    list_
        Print the catalogue of faults.
    json_
        Print one JSON object.
    """
    from steelyard.app import simulating
    from steelyard.model.errors import SteelyardError
    from steelyard.wire.clock import SystemClock

    if list_:
        _print_catalogue(simulating.catalogue(), as_json=json_)
        return
    if replay is not None:
        _replay(replay, as_json=json_)
        return
    _positive(seeds=seeds, stride=stride, minutes=minutes)
    clock = SystemClock()
    began = clock.elapsed_s()
    watched = sys.stderr.isatty() and not json_
    count = processes or os.cpu_count() or 1

    def told(campaign: "Campaign") -> None:
        if watched and campaign.seeds % 20 == 0:
            rate = campaign.seeds / max(0.001, clock.elapsed_s() - began) * 60
            line = f"\r{campaign.seeds:,} runs, {rate:,.0f} a minute, {len(campaign.failed)} failed"
            print(line, end="", file=sys.stderr, flush=True)

    rows = tuple(code.strip().upper() for code in faults.split(",") if code.strip())
    span = range(start, start + seeds)
    if every_step:
        campaign = simulating.cut_everywhere(
            span, processes=count, twice=twice, stride=stride, minutes=minutes, told=told
        )
    else:
        campaign = simulating.simulate(
            span, processes=count, faults=rows, minutes=minutes, told=told
        )
    wall = clock.elapsed_s() - began
    if watched:
        print(file=sys.stderr)
    files = simulating.keep(campaign, folder, _KEPT)
    whole = not rows and not every_step and minutes >= _HOUR
    _print(campaign, wall, count, files, as_json=json_, whole=whole)
    if campaign.failed:
        first = campaign.failed[0]
        raise SteelyardError(
            f"{len(campaign.failed)} of {campaign.seeds:,} runs violated an invariant, "
            f"seed {first.seed}: {first.violations[0]}"
        )
    if whole and not campaign.passed:
        raise SteelyardError(
            f"these faults never struck in {campaign.seeds:,} seeds: {', '.join(campaign.never)}"
        )


def _positive(**values: int) -> None:
    from steelyard.model.errors import ConfigurationError

    for name, value in values.items():
        if value < 1:
            raise ConfigurationError(f"--{name} was {value}, allowed is 1 or more")


def _replay(file: Path, *, as_json: bool) -> None:
    from steelyard.app.simulating import replay
    from steelyard.model.errors import SteelyardError

    found = [str(violation) for violation in replay(file).violations]
    print(json.dumps({"violations": found}) if as_json else "\n".join(found) or "no violation")
    if found:
        raise SteelyardError(f"{file} still fails: {found[0]}")


def _print(
    campaign: "Campaign", wall_s: float, processes: int, files: list[Path], *, as_json: bool,
    whole: bool,
) -> None:  # fmt: skip
    a_minute = campaign.seeds / max(0.001, wall_s) * 60
    if as_json:
        plain = _plain(campaign, wall_s, a_minute, processes, files)
        print(json.dumps(plain if whole else {**plain, "never": []}))
        return
    for line in campaign.lines():
        print(line)
    print(f"{a_minute:,.0f} runs a minute with {processes} processes")
    if campaign.never and whole:
        print(f"never struck: {', '.join(campaign.never)}")
    for file in files:
        print(f"steelyard simulate --replay {file}")


def _plain(
    campaign: "Campaign", wall_s: float, a_minute: float, processes: int, files: list[Path]
) -> dict[str, Any]:
    return {
        "runs": campaign.seeds,
        "requests": campaign.requests,
        "failed": [
            {"seed": run.seed, "violation": str(run.violations[0])} for run in campaign.failed
        ],
        "coverage": {
            code: {"seeds": campaign.seeds_with[code], "times": campaign.fired[code]}
            for code in sorted(campaign.fired)
        },
        "never": list(campaign.never),
        "wall_s": round(wall_s, 1),
        "runs_a_minute": round(a_minute),
        "processes": processes,
        "files": [str(file) for file in files],
    }


def _print_catalogue(rows: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
        return
    for code, title in rows.items():
        print(f"{code}  {title}")
