"""The path of the middle price: regimes that switch, jumps, and a walk inside each regime.

Rule 1: a regime's length is counted in steps, so that it does not depend on the walk.
Rule 2: state is carried from block to block; a path does not depend on how it is cut, only the
order of the draws does, and blocks have one fixed size.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np

from steelyard.services.marketdata.generation.settings import MarketSettings
from steelyard.services.marketdata.numbers import Floats

DAY_S: Final = 86_400.0


class Regime(IntEnum):
    """What the market is doing."""

    TREND = 0
    RANGE = 1
    VOLATILE = 2


# Where a regime goes: no market stays volatile for long, and trends end in ranges.
_NEXT: Final = {
    Regime.TREND: (0.1, 0.6, 0.3),
    Regime.RANGE: (0.5, 0.2, 0.3),
    Regime.VOLATILE: (0.3, 0.6, 0.1),
}
_LENGTH: Final = {Regime.TREND: 1.0, Regime.RANGE: 1.3, Regime.VOLATILE: 0.4}
_PACE: Final = {Regime.TREND: 1.0, Regime.RANGE: 0.8, Regime.VOLATILE: 2.0}
_CALM_IN_RANGE: Final = 0.7


@dataclass(slots=True)
class Path:
    """Walks the logarithm of the middle price."""

    settings: MarketSettings
    rng: np.random.Generator
    step_s: float
    level: float = 0.0
    regime: Regime = Regime.RANGE
    left: int = 0
    drift: float = 0.0
    centre: float = 0.0

    def __post_init__(self) -> None:
        """Start at the start price."""
        self.level = float(np.log(float(self.settings.start_price)))

    def block(self, steps: int) -> tuple[Floats, Floats, Floats]:
        """Return the log price after each step, and each step's volatility and pace factor."""
        shocks = self.rng.standard_normal(steps)
        walk, volatility, pace = np.empty(steps), np.empty(steps), np.empty(steps)
        done = 0
        while done < steps:
            if self.left == 0:
                self._switch()
            stop = min(done + self.left, steps)
            self._segment(shocks[done:stop], walk[done:stop])
            factor = self.settings.volatile_factor if self.regime == Regime.VOLATILE else 1.0
            volatility[done:stop] = factor
            pace[done:stop] = _PACE[self.regime]
            self.left -= stop - done
            done = stop
        return walk, volatility, pace

    def _switch(self) -> None:
        self.regime = Regime(int(self.rng.choice(3, p=_NEXT[self.regime])))
        mean = self.settings.regime_hours * 3_600 / self.step_s * _LENGTH[self.regime]
        self.left = max(1, int(self.rng.exponential(mean)))
        side = 1.0 if self.rng.random() < 0.5 else -1.0  # noqa: PLR2004 - a coin
        per_day = self.settings.trend_day if self.regime == Regime.TREND else 0.0
        self.drift = side * per_day * self.step_s / DAY_S
        self.centre = self.level

    def _segment(self, shocks: Floats, walk: Floats) -> None:
        """Walk through one regime, or the part of it inside this block."""
        settings = self.settings
        scale = settings.volatility_day * np.sqrt(self.step_s / DAY_S)
        if self.regime == Regime.VOLATILE:
            scale *= settings.volatile_factor
        elif self.regime == Regime.RANGE:
            scale *= _CALM_IN_RANGE
        # The drift of a log price that keeps the expected price where it is.
        np.multiply(shocks, scale, out=walk)
        walk += self.drift - scale * scale / 2
        self._jump(walk)
        np.cumsum(walk, out=walk)
        walk += self.level
        self.level = float(walk[-1])
        if self.regime == Regime.RANGE:
            _fold(walk, self.centre, settings.range_width / 2)
            self.level = float(walk[-1])

    def _jump(self, walk: Floats) -> None:
        expected = self.settings.jumps_day * len(walk) * self.step_s / DAY_S
        count = int(self.rng.poisson(expected))
        if count:
            places = self.rng.integers(0, len(walk), count)
            np.add.at(walk, places, self.rng.normal(0.0, self.settings.jump_size, count))


def _fold(walk: Floats, centre: float, half: float) -> None:
    """Reflect a walk at the edges of a band: a reflected walk is the folded free one."""
    walk -= centre - half
    np.mod(walk, 4 * half, out=walk)
    np.subtract(2 * half, np.abs(walk - 2 * half), out=walk)
    walk += centre - half


def ticks_of(walk: Floats, tick: float) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return prices in whole ticks, at least one."""
    prices = np.rint(np.exp(walk) / tick).astype(np.int64)
    return np.maximum(prices, 1)
