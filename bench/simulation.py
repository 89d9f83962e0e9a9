"""Simulated worlds: seeds a minute on one core, the virtual clock alone, a world without a desk.

The desk is put together as the tests do it; a figure counts worlds of an hour and their checks.
"""

import gc
import json
import time

from bench.setting import peak_mb
from steelyard.app.simulating import assembly
from steelyard.kernel.ports import Journal
from steelyard.model.reports import News
from steelyard.runtime.plan import BookPlan
from steelyard.services.simulation.campaign import run_seed
from steelyard.services.simulation.house import Assembly, Parts
from steelyard.services.simulation.tape import Tape
from steelyard.services.simulation.world import World
from steelyard.wire.virtual import VirtualHost, VirtualTime

SEEDS = 60
CALLS = 1_000_000


class Nobody:
    """A desk that listens and does nothing."""

    phase = "running"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def start(self, opened: object = None) -> None:
        self._parts.feed.listen(lambda _: None)
        self._parts.venue.listen(_nothing)

    def stop(self, done: object) -> None:
        pass


def _nothing(news: News) -> None:
    pass


def _no_replay(plan: BookPlan, journal: Journal) -> str:
    return ""


def _no_lengths(desk: Nobody) -> dict[str, int]:
    return {}


def calls_per_s() -> float:
    world = VirtualTime(steps_per_instant=2 * CALLS)
    host = VirtualHost(world, "host")
    left = CALLS

    def again() -> None:
        nonlocal left
        left -= 1
        if left > 0:
            (host.soon if left & 1 else world.soon)(again)

    host.soon(again)
    begin = time.process_time()
    world.run(1)
    return CALLS / (time.process_time() - begin)


def milliseconds(made: Assembly) -> list[float]:
    run_seed(made, 0)
    gc.freeze()
    gc.disable()
    found = []
    for seed in range(SEEDS):
        begin = time.process_time()
        World(Tape(seed), made, shuffled=True).run()
        found.append(1e3 * (time.process_time() - begin))
        if seed % 16 == 0:
            gc.collect()
    gc.enable()
    return sorted(found)


if __name__ == "__main__":
    whole, bare = milliseconds(assembly()), milliseconds(Assembly(Nobody, _no_replay, _no_lengths))
    print(
        json.dumps(
            {
                "seeds_per_min_and_core": round(60_000 * SEEDS / sum(whole)),
                "seed_ms_median": round(whole[SEEDS // 2], 1),
                "seed_ms_max": round(whole[-1], 1),
                "without_desk_ms_median": round(bare[SEEDS // 2], 1),
                "virtual_calls_per_s": round(calls_per_s()),
                "peak_mb": peak_mb(),
            }
        )
    )
