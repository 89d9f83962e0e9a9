"""Backtests assembled: the concrete parts behind `services.research`."""

from typing import Any

from steelyard.app.assemble import Plan, is_warm, machine_for
from steelyard.app.strategies import Found, find_strategy
from steelyard.kernel.strategy import CompiledStrategy, Line
from steelyard.model.history import History
from steelyard.model.version import __version__
from steelyard.services.marketdata.generation.market import generate
from steelyard.services.marketdata.generation.settings import MarketSettings
from steelyard.services.marketdata.opening import open_history
from steelyard.services.research.backtest import Ready, Request
from steelyard.services.research.modelling import ReadModels
from steelyard.services.research.pricing import PricedHistory
from steelyard.store.catalog.merging import MergedHistory
from steelyard.venues.sim.settings import SimSettings
from steelyard.wire.clock import Clock, SystemClock
from steelyard.wire.randomness import generator


class ResearchParts:
    """Our strategies, our data, our simulator and this machine's clock."""

    version = __version__

    def __init__(self) -> None:
        """Use the system's clock: it only times the run."""
        self.clock: Clock = SystemClock()

    def find(self, strategy: str) -> Found:
        """Return the strategy a text names."""
        return find_strategy(strategy)

    def open(self, request: Request) -> History:
        """Open a file or the catalog."""
        main = open_history(
            request.data, request.instrument, request.start_ns, request.end_ns,
            funding=request.funding,
        )  # fmt: skip
        if not request.watch:
            return main
        watched = [
            open_history(file, None, request.start_ns, request.end_ns) for file in request.watch
        ]
        return MergedHistory([main, *watched])

    def assemble(
        self, found: Any, values: dict[str, Any], equity: int, leverage: int,
        models: ReadModels, engine: str, history: History, position: tuple[int, int],
    ) -> Ready:  # fmt: skip
        """Put the parts together for one run."""
        plan = Plan(
            strategy=found.strategy, values=values, equity=equity, leverage=leverage,
            sim=_settings(models), engine=engine, tag=found.tag,
            position=position,
            kinds=_kinds(history),
        )  # fmt: skip
        warm = is_warm(plan)
        machine, prepared = machine_for(plan, history)
        strategy = found.strategy

        def lines() -> tuple[Line, ...]:
            if isinstance(strategy, CompiledStrategy) and strategy.lines and prepared:
                return strategy.lines(prepared, history.instruments[0])
            return ()

        return Ready(
            machine=machine, warm=warm,
            assumptions=prepared.assumptions if prepared else (),
            assumed=strategy.assumed if isinstance(strategy, CompiledStrategy) else (),
            lines=lines,
        )  # fmt: skip


def _kinds(history: History) -> tuple[frozenset[int], ...]:
    """Return each instrument's kinds of rows where they may differ."""
    inner = history.history if isinstance(history, PricedHistory) else history
    return inner.kinds_by_instrument if isinstance(inner, MergedHistory) else ()


def _settings(models: ReadModels) -> SimSettings:
    return SimSettings(
        latency=models.latency, order_delay_ns=models.delay_ns, jitter_ns=models.jitter_ns,
        queue=models.queue, liquidity=models.liquidity, path=models.path,
        participation_rate=models.participation_rate, slippage=models.slippage,
        slippage_rate=models.slippage_rate )  # fmt: skip


class DemoParts(ResearchParts):
    """The same parts over a generated market."""

    def __init__(self, *, trades: int, seed: int) -> None:
        """Make a market of so many trades from this seed."""
        super().__init__()
        self._settings = MarketSettings(count=trades)
        self._seed = seed

    def open(self, request: Request) -> History:
        """Return the generated market, whatever the request names."""
        return generate(self._settings, generator(self._seed))
