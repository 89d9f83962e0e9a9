"""Long columns made short enough to draw, without losing what the eye looks for.

Rule 1: an extreme survives: a candle's high and low, the curve's peaks and deepest drawdown.
Rule 2: volume and fills are summed over all rows, never sampled.
Rule 3: points of a curve stand at even times, since the chart spaces points evenly.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from steelyard.model.kinds import BUY, SELL
from steelyard.services.research.report.model import (
    Candles,
    Curve,
    DailyReturns,
    Fills,
    Floats,
    Integers,
)

CANDLES_MAX: Final = 2_000
POINTS_MAX: Final = 2_000
SECOND_NS: Final = 10**9
MOVE_RATIO_MIN: Final = 0.02
DAY_NS: Final = 86_400 * SECOND_NS
SPANS_S: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400,
    21_600, 28_800, 43_200, 86_400, 172_800, 259_200, 604_800, 1_209_600, 2_419_200,
)  # fmt: skip


def reaggregate(candles: Candles, rows_max: int = CANDLES_MAX) -> Candles:
    """Merge candles into at most `rows_max`, on round UTC times; few candles stay as they are."""
    ts_ns = candles.ts_ns
    if len(ts_ns) <= rows_max and np.all(np.diff(ts_ns // SECOND_NS) > 0):
        return candles
    for span_s in SPANS_S:
        spans = ts_ns // (span_s * SECOND_NS)
        starts = np.flatnonzero(np.diff(spans, prepend=spans[0] - 1))
        if len(starts) <= rows_max:
            return _merged(candles, starts, spans[starts] * span_s * SECOND_NS)
    starts = np.arange(0, len(ts_ns), -(-len(ts_ns) // rows_max))
    return _merged(candles, starts, ts_ns[starts])


def _merged(candles: Candles, starts: Integers, opens_ns: Integers) -> Candles:
    ends = np.append(starts[1:], len(candles.ts_ns)) - 1
    return Candles(
        ts_ns=opens_ns,
        open=candles.open[starts],
        high=np.maximum.reduceat(candles.high, starts),
        low=np.minimum.reduceat(candles.low, starts),
        close=candles.close[ends],
        volume=np.add.reduceat(candles.volume, starts),
    )


def span_ns(candles: Candles) -> int:
    """Return the usual time from one candle to the next; 0 when there are not two."""
    return int(np.median(np.diff(candles.ts_ns))) if len(candles.ts_ns) > 1 else 0


def ended(curve: Curve, end_ns: int, equity_end: float, price_end: float) -> Curve:
    """Lead the curve to the end of the run, which comes after its last sample or corrects it."""
    count = len(curve.ts_ns)
    if not count or end_ns < curve.ts_ns[-1]:
        return curve
    kept = count - int(end_ns == curve.ts_ns[-1])
    equity = np.append(curve.equity[:kept], equity_end)
    drawdown, hold = curve.drawdown, curve.hold
    if drawdown is not None:
        drawdown = np.append(drawdown[:kept], drawdown_of(equity)[-1])
    if hold is not None:
        hold = np.append(hold[:kept], hold[-1])
    return Curve(
        ts_ns=np.append(curve.ts_ns[:kept], end_ns),
        equity=equity,
        price=np.append(curve.price[:kept], price_end),
        position=np.append(curve.position[:kept], curve.position[-1]),
        inventory=np.append(curve.inventory[:kept], curve.inventory[-1]),
        drawdown=drawdown,
        hold=hold,
    )


def complete(curve: Curve, equity_start: float, hold_end: float | None) -> Curve:
    """Fill in the drawdown, and the equity of holding the instrument, where they are not given.

    Holding earns in proportion to the price's move, so its end fixes all of it, fees included;
    when the price hardly moved, its end fixes nothing and the price alone is taken.
    """
    drawdown = curve.drawdown
    if drawdown is None:
        drawdown = drawdown_of(curve.equity)
    hold = curve.hold
    if hold is None and len(curve.price):
        first, move = curve.price[0], curve.price[-1] - curve.price[0]
        if hold_end is None or abs(move) < MOVE_RATIO_MIN * first:
            hold = curve.price * (equity_start / first)
        else:
            hold = equity_start + (curve.price - first) * ((hold_end - equity_start) / move)
    return Curve(
        ts_ns=curve.ts_ns, equity=curve.equity, price=curve.price, position=curve.position,
        inventory=curve.inventory, drawdown=drawdown, hold=hold,
    )  # fmt: skip


def drawdown_of(equity: Floats) -> Floats:
    """Return how far each sample lies below the highest before it, as a ratio, 0 or below."""
    peak = np.maximum.accumulate(equity)
    return np.where(peak > 0, equity / np.where(peak > 0, peak, 1.0) - 1.0, 0.0)


def even_rows(curve: Curve, points_max: int = POINTS_MAX) -> tuple[Integers, Integers]:
    """Pick rows to draw and the even times (seconds) they stand at.

    Each stretch of time gives two rows in their order: its highest equity and its deepest
    drawdown. The first and the last row are always among them.
    """
    count = len(curve.ts_ns)
    seconds = curve.ts_ns // SECOND_NS
    if count <= points_max and _is_even(seconds):
        return np.arange(count), seconds
    depth = drawdown_of(curve.equity) if curve.drawdown is None else curve.drawdown
    span_s = max(int(seconds[-1] - seconds[0]), 1)
    stretches = max(min(points_max // 2, span_s // 2), 1)
    edges = seconds[0] + np.arange(stretches + 1) * (span_s + 1) // stretches
    bounds = np.searchsorted(seconds, edges)
    rows = np.empty(2 * stretches, dtype=np.int64)
    for index in range(stretches):
        low, high = int(bounds[index]), int(bounds[index + 1])
        rows[2 * index : 2 * index + 2] = _extremes(curve.equity, depth, low, high)
    rows[0], rows[-1] = 0, count - 1
    times = seconds[0] + np.arange(2 * stretches) * (span_s + 1) // (2 * stretches)
    return rows, times


def _is_even(seconds: Integers) -> bool:
    steps = np.diff(seconds)
    return len(steps) == 0 or bool(steps.min() > 0 and steps.max() <= 1.5 * np.median(steps))


def _extremes(equity: Floats, depth: Floats, low: int, high: int) -> Sequence[int]:
    if low == high:  # nothing sampled in this stretch: what was last true still is
        return (max(low - 1, 0),) * 2
    peak = low + int(np.argmax(equity[low:high]))
    trough = low + int(np.argmin(depth[low:high]))
    return sorted((peak, trough))


def daily_returns_of(curve: Curve, equity_start: float) -> DailyReturns:
    """Return each UTC day's change of equity against the last sample of the day before."""
    days = curve.ts_ns // DAY_NS
    ends = np.flatnonzero(np.diff(days, append=days[-1] + 1)) if len(days) else days
    closes = curve.equity[ends]
    before = np.concatenate(([equity_start], closes[:-1])) if len(closes) else closes
    usable = before > 0  # a return on nothing is no return
    ratio = closes[usable] / before[usable] - 1.0
    return DailyReturns(day=days[ends][usable], ratio=ratio)


def monthly_returns(daily: DailyReturns) -> list[tuple[str, float]]:
    """Compound the days of each month: ("2024-08", ratio)."""
    months = daily.day.astype("datetime64[D]").astype("datetime64[M]")
    return [
        (str(month), float(np.prod(1.0 + daily.ratio[months == month]) - 1.0))
        for month in np.unique(months)
    ]


def histogram(ratios: Floats, bins_max: int = 31) -> tuple[list[float], list[int]]:
    """Return (edges, counts); zero is always an edge, so gains and losses share no bin."""
    if not len(ratios):
        return [], []
    low, high = min(float(ratios.min()), 0.0), max(float(ratios.max()), 0.0)
    width = _round_step((high - low) / max(bins_max - 2, 1)) or 0.001
    first, last = int(np.floor(low / width)), int(np.floor(high / width)) + 1
    edges = np.arange(first, last + 1) * width
    counts, _ = np.histogram(ratios, edges)
    return [float(f"{edge:.6g}") for edge in edges], [int(count) for count in counts]


def _round_step(width: float) -> float:
    if width <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(width))
    return float(next((step for step in (1, 2, 2.5, 5) if step * power >= width), 10) * power)


def fills_per_candle(fills: Fills, candles: Candles) -> tuple[Integers, Integers]:
    """Count buys and sells in each candle; what came before the first counts to the first.

    A fill at the very moment a candle opens is one that closed the candle before it.
    """
    index = np.maximum(np.searchsorted(candles.ts_ns, fills.ts_ns) - 1, 0)
    size = len(candles.ts_ns)
    buys = np.bincount(index[fills.side == BUY], minlength=size)
    sells = np.bincount(index[fills.side == SELL], minlength=size)
    return buys, sells


def at_closes(curve: Curve, values: Floats, candles: Candles) -> Floats:
    """Return the last of the curve's values that each candle saw; 0 before the first."""
    closes_ns = candles.ts_ns + max(span_ns(candles), 1)
    rows = np.searchsorted(curve.ts_ns, closes_ns, side="right") - 1
    return np.where(rows >= 0, values[np.maximum(rows, 0)], 0.0) if len(values) else values
