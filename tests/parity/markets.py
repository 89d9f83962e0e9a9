"""Generated markets and grids over them, drawn by hypothesis from small choices."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from steelyard.matching.names import PATH
from steelyard.model.history import Chunk
from steelyard.model.kinds import FUNDING
from steelyard.services.marketdata.generation.market import generate
from steelyard.services.marketdata.generation.settings import Emits, MarketSettings
from steelyard.store.catalog.columns import MemoryHistory
from steelyard.venues.sim.settings import SimSettings
from steelyard.wire.randomness import generator
from tests.parity.play import Task

PERPETUAL = "BTC/USDT:USDT"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A task in few words, as a failure prints it, and where its history is cut in another run."""

    market: dict[str, Any]
    given: dict[str, Any]
    venue: dict[str, Any]
    equity: str
    leverage: int
    cuts: tuple[int, ...]

    @property
    def task(self) -> Task:
        return Task(
            history=market(**self.market), given=self.given, sim=SimSettings(**self.venue),
            equity=self.equity, leverage=self.leverage,
        )  # fmt: skip


def market(seed: int, *, funding_every: int = 0, **given: Any) -> MemoryHistory:
    """Generate a market; with `funding_every` a rate is due every so many rows."""
    history = generate(MarketSettings(**given), generator(seed)).in_memory()
    if not funding_every:
        return history
    at = np.arange(funding_every, history.rows, funding_every)
    rates = np.random.default_rng(seed).integers(-300_000, 300_000, len(at))
    return replace(history, table=with_funding(history.table, at, rates))


def with_funding(table: Chunk, at: np.ndarray, rates: np.ndarray) -> Chunk:
    """Insert rows of funding, without a mark, at the times of the rows they stand before."""

    def column(name: str, values: np.ndarray | int) -> np.ndarray:
        held = getattr(table, name)
        return np.insert(held, at, values) if len(held) else held

    return Chunk(
        ts_ns=column("ts_ns", table.ts_ns[at]), kind=column("kind", FUNDING),
        instrument=table.instrument, a=column("a", rates), b=column("b", 0),
        c=column("c", 0), d=column("d", 0), e=column("e", 0),
    )  # fmt: skip


@st.composite
def markets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw 200 to 600 rows that move enough for a grid to trade."""
    emits = draw(st.sampled_from(list(Emits)))
    perpetual = draw(st.booleans())
    rows = draw(st.integers(200, 600))
    return {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "funding_every": draw(st.sampled_from([0, 0, 37])) if perpetual else 0,
        "emits": emits,
        "count": rows // 2 if emits == Emits.BOTH else rows,
        "instrument": PERPETUAL if perpetual else "BTC/USDT",
        "interval_ns": draw(st.sampled_from([60, 300])) * 10**9,
        "trades_per_s": draw(st.sampled_from([0.02, 0.2, 2.0])),
        "volatility_day": draw(st.sampled_from([0.05, 0.3, 0.9])),
        "spread_ticks": draw(st.sampled_from([1.0, 2.0, 40.0])),
        "jumps_day": draw(st.sampled_from([0.0, 40.0])),
        "jump_size": draw(st.sampled_from([0.004, 0.06])),
        "quantity_median": draw(st.sampled_from([0.0005, 0.01, 0.2])),
    }


@st.composite
def grids(draw: st.DrawFn, *, perpetual: bool) -> dict[str, Any]:
    """Draw a grid: the market's price is about 60,000."""
    spot_interval = [130, 180, 400]  # a spot round trip costs 0.2 %
    given: dict[str, Any] = {
        "price_interval": str(draw(st.sampled_from([30, 60, 150] if perpetual else spot_interval))),
        "order_quantity": str(draw(st.sampled_from([100, 450, 2500]))),
        "mode": draw(st.sampled_from(["long", "short", "neutral"])) if perpetual else "long",
        "spacing": draw(st.sampled_from(["arithmetic", "geometric"])),
        "buy_window_size": draw(st.integers(1, 20)),
        "sell_window_size": draw(st.integers(1, 20)),
        "min_order_value": draw(st.sampled_from(["0", "20", "90"])),
        "buy_start_distance": draw(st.sampled_from(["0", "0.1", "0.5"])),
        "slots_max": draw(st.sampled_from([128, 1024])),
        "post_only": draw(st.booleans()),
        "post_only_fallback": draw(st.sampled_from(["reprice", "wait", "taker"])),
        # Not shorter: a slot that waits for its price asks again and again between two rows.
        "retry_delay_s": draw(st.sampled_from(["5", "30", "900"])),
        "order_cleanup_threshold": draw(st.sampled_from([4, 12, 100])),
        "order_cleanup_interval_s": draw(st.sampled_from(["5", "60"])),
        "cleanup_batch_size": draw(st.sampled_from([1, 10])),
        "margin_lock_duration_s": draw(st.sampled_from(["5", "600"])),
        "position_safety_check": 1,
        "leverage_max": 50,
    }
    if draw(st.booleans()):
        given["inventory_max"] = draw(st.integers(1, 12))
        given["inventory_skew"] = draw(st.sampled_from(["0", "0.6"]))
    if draw(st.integers(0, 3)) == 0:
        # Rows for all levels between the widest windows, however wide the interval becomes.
        given |= {"interval_mode": "atr", "atr_bar_minutes": 1, "atr_period": 3,
                  "slots_max": 8192}  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        given |= {"decline_guard": True, "guard_bar_minutes": 1, "guard_average": 4,
                  "guard_slow_ratio": "0.999", "guard_fast_ratio": "0.998",
                  "guard_fast_falls": 1}  # fmt: skip
    if draw(st.integers(0, 5)) == 0:
        given |= {"risk_control": True, "monitor_instruments": "BTC", "volume_multiplier": "1",
                  "average_window": 4}  # fmt: skip
    return given


@st.composite
def venues(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what the simulated venue assumes, where it differs from the defaults."""
    drawn: dict[str, Any] = {
        "latency": draw(st.sampled_from(["none", "fixed", "jitter"])),
        "queue": draw(st.sampled_from(["through", "touch", "volume"])),
        "liquidity": draw(st.sampled_from(["traded", "unlimited"])),
        "participation_rate": draw(st.sampled_from([100_000, 10_000_000, 100_000_000])),
        "slippage": draw(st.sampled_from(["none", "rate", "half_spread"])),
        "path": draw(st.sampled_from(sorted(PATH))),
    }
    if drawn["latency"] != "none":
        drawn["order_delay_ns"] = draw(st.sampled_from([1_000, 50_000_000, 90_000_000_000]))
        drawn["jitter_ns"] = 20_000_000
    if draw(st.booleans()):
        maker = draw(st.sampled_from([-5_000, 0, 20_000]))
        drawn |= {"fees": "flat", "flat_maker_rate": maker, "flat_taker_rate": 50_000}
    return drawn


@st.composite
def tasks(draw: st.DrawFn) -> Drawn:
    """Draw a whole task: market, grid, venue, account."""
    market = draw(markets())
    perpetual = market["instrument"] == PERPETUAL
    return Drawn(
        market=market,
        given=draw(grids(perpetual=perpetual)),
        venue=draw(venues()),
        equity=draw(st.sampled_from(["3000", "100000"])),
        leverage=draw(st.sampled_from([1, 5, 50])) if perpetual else 1,
        cuts=tuple(draw(st.lists(st.integers(1, 199), max_size=6))),
    )
