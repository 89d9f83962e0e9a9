"""What the benchmarks share: a generated market in memory, a machine over it, medians."""

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from steelyard.app.assemble import Machine, Plan, machine_for
from steelyard.app.strategies import find_strategy
from steelyard.model.history import EMPTY, Assumption, Chunk, Gap
from steelyard.model.instruments import Fees, Instrument
from steelyard.model.parameters import read_parameters
from steelyard.model.units import Rate
from steelyard.services.marketdata.generation.market import generate
from steelyard.services.marketdata.generation.settings import Emits, MarketSettings
from steelyard.services.research.run import Trail, run
from steelyard.venues.sim.settings import SimSettings
from steelyard.wire.randomness import generator

FEES = Fees(maker=Rate(20_000), taker=Rate(50_000))


class Market:
    """A generated market, held in memory so that only the drivers are timed."""

    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    def __init__(self, emits: Emits, rows: int, seed: int = 7) -> None:
        made = generate(MarketSettings(emits=emits, count=rows), generator(seed))
        self._chunks = list(made.chunks())
        self.instruments: tuple[Instrument, ...] = tuple(
            replace(i, fees=FEES) for i in made.instruments
        )
        self.rows = rows
        self.kinds = made.kinds
        self.start_ns = int(self._chunks[0].ts_ns[0])
        self.end_ns = int(self._chunks[-1].ts_ns[-1])

    def chunks(self) -> Iterator[Chunk]:
        return iter(self._chunks)


def machine(
    market: Market, strategy: str, given: dict[str, Any], *, equity: str = "1000000",
    liquidity: str = "traded", engine: str = "fused",
) -> Machine:  # fmt: skip
    found = find_strategy(strategy)
    values = read_parameters(found.parameters, given, owner=found.name)
    plan = Plan(
        strategy=found.strategy, values=values, leverage=1, engine=engine, tag=found.tag,
        equity=market.instruments[0].money(Decimal(equity)), sim=SimSettings(liquidity=liquidity),
    )  # fmt: skip
    made, _ = machine_for(plan, market)
    made.run(EMPTY)
    return made


def timed(
    make: Callable[[], Machine], market: Market, runs: int = 5
) -> tuple[float, Machine, Trail]:
    """Return the median wall seconds of several whole runs, and the last machine."""
    seconds = []
    for _ in range(runs + 1):
        made = make()
        began = time.perf_counter()
        trail = run(made, market)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:]), made, trail


def peak_mb() -> int:
    """Return this process's peak memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
