"""Figures of a run: drawdown, Sharpe, buy and hold. Statistics are floats, money is not."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

DAY_NS = 86_400 * 1_000_000_000
YEAR_DAYS = 365
_DAYS_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpe:
    """Annualised mean over deviation of returns, without a risk-free rate; None if too short."""

    value: float | None
    basis: str


def max_drawdown(equity: np.ndarray) -> Decimal:
    """Return the deepest fall from a peak, as a ratio with six decimals."""
    if len(equity) == 0:
        return Decimal(0)
    values = equity.astype(np.float64)
    peaks = np.maximum.accumulate(values)
    safe = np.where(peaks > 0, peaks, 1.0)
    depth = float(np.max((peaks - values) / safe))
    return Decimal(f"{max(depth, 0.0):.6f}")


def daily(ts_ns: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the last value of each UTC day and the day's start."""
    days = ts_ns // DAY_NS
    last = np.flatnonzero(np.append(days[1:] != days[:-1], True)) if len(days) else days
    return days[last] * DAY_NS, values[last]


def sharpe(ts_ns: np.ndarray, equity: np.ndarray, start: int) -> Sharpe:
    """Use daily returns where there are ten days, else the samples."""
    _, closes = daily(ts_ns, equity)
    basis, periods = "daily returns", float(YEAR_DAYS)
    values = np.concatenate(([start], closes)).astype(np.float64)
    if len(values) <= _DAYS_MIN:
        if len(ts_ns) < _DAYS_MIN:
            return Sharpe(value=None, basis="too few samples")
        step = float(np.median(np.diff(ts_ns)))
        if step <= 0:
            return Sharpe(value=None, basis="too few samples")
        periods = YEAR_DAYS * DAY_NS / step
        basis = "returns between samples; fewer than ten days, take it with care"
        values = np.concatenate(([start], equity)).astype(np.float64)
    if (values[:-1] <= 0).any():
        return Sharpe(value=None, basis="equity fell to zero")
    returns = values[1:] / values[:-1] - 1
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    if deviation == 0:
        return Sharpe(value=None, basis="equity did not move")
    value = float(np.mean(returns)) / deviation * periods**0.5
    return Sharpe(value=round(value, 4), basis=basis)
