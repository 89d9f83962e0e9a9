"""Campaigns: many seeds, what they found and what struck; failures as files that replay.

Rule 1: a seed is run again with a noting tape when it fails; the file holds the tape, not the
state of a generator, and names the version and interpreter, since a tape holds for one of each.
Rule 2: a green campaign counts only with its coverage: a row that never struck was not tested.
Rule 3: exhaustive: of a scenario, every step at which the power can be cut, one after the other.
"""

import gc
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from steelyard.model.version import __version__
from steelyard.services.simulation.faults import CATALOGUE, ROWS
from steelyard.services.simulation.house import Assembly
from steelyard.services.simulation.plan import FAULT
from steelyard.services.simulation.shrinking import count, shrink
from steelyard.services.simulation.tape import Choices, Tape
from steelyard.services.simulation.violations import Violation
from steelyard.services.simulation.world import World
from steelyard.wire.spreading import spread

COVERED_IN: Final = 10_000
"""In so many seeds every row of the catalogue must have struck."""
MINUTE_NS: Final = 60_000_000_000
_THOROUGH_EVERY: Final = 4

Prepare: TypeAlias = Callable[[], Assembly]
"""Builds the assembly in each process; a function that can be imported."""


class Scope(NamedTuple):
    """What kind of worlds: `only` as in `World`, and how long the noise lasts."""

    only: tuple[str, ...] = ()
    minutes: int = 60


WHOLE: Final = Scope()


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one seed."""

    seed: int
    violations: tuple[Violation, ...]
    fired: dict[str, int]
    requests: int
    steps: int
    trace: int
    crash_steps: tuple[int, ...] = ()
    scope: Scope = WHOLE


@dataclass(slots=True)
class Campaign:
    """What came of many seeds."""

    seeds: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    seeds_with: Counter[str] = field(default_factory=Counter)
    failed: list[Run] = field(default_factory=list)
    requests: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    def add(self, run: Run) -> None:
        """Count one run."""
        self.seeds += 1
        self.requests += run.requests
        self.fired.update(run.fired)
        self.seeds_with.update(dict.fromkeys(run.fired, 1))
        if run.violations:
            self.failed.append(run)
            self.broken.update({violation.invariant for violation in run.violations})

    @property
    def never(self) -> tuple[str, ...]:
        """Rows of the catalogue that never struck."""
        return tuple(row.code for row in CATALOGUE if not self.fired[row.code])

    @property
    def passed(self) -> bool:
        """Whether nothing was violated, and, if there were seeds enough, everything struck."""
        return not self.failed and (self.seeds < COVERED_IN or not self.never)

    def lines(self) -> Iterator[str]:
        """Say it in lines of text."""
        yield f"{self.seeds} seeds, {self.requests} requests, {len(self.failed)} seeds failed"
        for code, row in ROWS.items():
            struck = f"{self.seeds_with[code]:7} seeds {self.fired[code]:9} times"
            yield f"{code:5}{struck}  {row.title}"
        for invariant, seeds in self.broken.most_common():
            yield f"{invariant}: {seeds} seeds"


def run_seed(
    assembly: Assembly, seed: int, *, given: Choices | None = None, noting: bool = False,
    crash_steps: tuple[int, ...] = (), scope: Scope = WHOLE,
) -> tuple[Run, Tape]:  # fmt: skip
    """Run one world."""
    tape = Tape(seed, given=given, noting=noting)
    # Every fourth world keeps the order of a plain event loop and is checked with two restarts.
    thorough = seed % _THOROUGH_EVERY == 0
    world = World(
        tape, assembly, noise_ns=scope.minutes * MINUTE_NS, crash_steps=crash_steps,
        shuffled=not thorough, thorough=thorough, only=scope.only,
    )  # fmt: skip
    world.run()
    run = Run(
        seed, tuple(world.violations), world.fired, len(world.wires.sent), world.time.steps,
        world.time.trace, crash_steps, scope,
    )  # fmt: skip
    return run, tape


class Runner:
    """The work of one process of a campaign."""

    def __init__(self, prepare: Prepare, scope: Scope = WHOLE) -> None:
        """Build the assembly once."""
        self._assembly = prepare()
        self._scope = scope
        self._warm = False
        gc.disable()  # worlds are rings of references: they are collected between runs

    def __call__(self, what: tuple[int, tuple[int, ...]]) -> Run:
        """Run a seed, with the power cut at these steps."""
        seed, crash_steps = what
        run, _ = run_seed(self._assembly, seed, crash_steps=crash_steps, scope=self._scope)
        gc.collect()
        if not self._warm:
            self._warm = True
            gc.freeze()  # what the first world brought to life stays, and is not looked at again
        return run


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Makes the runner where the work is done."""

    prepare: Prepare
    scope: Scope = WHOLE

    def __call__(self) -> Runner:
        return Runner(self.prepare, self.scope)


def campaign(
    prepare: Prepare, seeds: Iterable[int], *, processes: int = 1,
    told: Callable[[Campaign], None] | None = None, scope: Scope = WHOLE,
) -> Campaign:  # fmt: skip
    """Run the seeds; `told` hears of every run."""
    return _collected(_Prepared(prepare, scope), ((seed, ()) for seed in seeds), processes, told)


def exhaustive(
    prepare: Prepare, seeds: Iterable[int], *, twice: bool = False, stride: int = 1,
    processes: int = 1, told: Callable[[Campaign], None] | None = None, scope: Scope = WHOLE,
) -> Campaign:  # fmt: skip
    """Cut the power at every step of each seed's world, or at every `stride`th.

    `twice` also cuts it in the recovery that follows, at a step that moves along.
    """
    assembly = prepare()

    def cuts() -> Iterator[tuple[int, tuple[int, ...]]]:
        for seed in seeds:
            world = World(Tape(seed), assembly, noise_ns=scope.minutes * MINUTE_NS, only=scope.only)
            world.run()
            steps = world.house.processes[0].host.steps
            for step in range(1, steps + 1, stride):
                yield seed, ((step, 1 + step % 97) if twice else (step,))

    return _collected(_Prepared(prepare, scope), cuts(), processes, told)


def _collected(
    prepared: _Prepared, work: Iterable[tuple[int, tuple[int, ...]]], processes: int,
    told: Callable[[Campaign], None] | None,
) -> Campaign:  # fmt: skip
    found = Campaign()
    for run in spread(prepared, work, processes):
        found.add(run)
        if told is not None:
            told(found)
    return found


# --- failures as files ---------------------------------------------------------------------------


def keep_failure(assembly: Assembly, run: Run, folder: Path, *, smallest: bool = False) -> Path:
    """Write a replay file of a failed run, its tape cut down if asked for."""
    again, tape = run_seed(
        assembly, run.seed, noting=True, crash_steps=run.crash_steps, scope=run.scope
    )
    first = again.violations[0]
    choices = tape.noted
    if smallest:

        def fails(some: Choices) -> bool:
            tried, _ = run_seed(
                assembly, run.seed, given=some, crash_steps=run.crash_steps, scope=run.scope
            )
            return any(v.invariant == first.invariant for v in tried.violations)

        choices = shrink(choices, fails, first=FAULT)
    path = folder / f"{first.invariant.split()[0]}-{run.seed}.json"
    path.write_text(
        json.dumps(
            {
                "seed": run.seed,
                "version": __version__,
                "interpreter": platform.python_version(),
                "crash_steps": run.crash_steps,
                "only": run.scope.only,
                "minutes": run.scope.minutes,
                "faults": sorted(again.fired),
                "violation": str(first),
                "choices": count(choices),
                "tape": {
                    label: sorted(values.items()) for label, values in sorted(choices.items())
                },
            },
            indent=1,
        ),
        encoding="utf-8",
    )
    return path


def replay_failure(assembly: Assembly, path: Path) -> Run:
    """Run what a replay file holds."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    given: Choices = {
        label: {int(at): int(value) for at, value in values}
        for label, values in kept["tape"].items()
    }
    run, _ = run_seed(
        assembly, kept["seed"], given=given, crash_steps=tuple(kept["crash_steps"]),
        scope=Scope(tuple(kept["only"]), kept["minutes"]),
    )  # fmt: skip
    return run
