"""Long columns are shortened and keep their extremes, sums and even times."""

import numpy as np
import pytest

from steelyard.services.research.report import condense
from steelyard.services.research.report.model import Candles, Curve, DailyReturns, Floats
from tests.unit.report.sample import MINUTE_NS, START_NS, candles, fills


def curve(equity: Floats, step_ns: int = MINUTE_NS) -> Curve:
    count = len(equity)
    flat = np.zeros(count)
    return Curve(
        ts_ns=START_NS + np.arange(count) * step_ns, equity=equity, price=np.ones(count),
        position=flat, inventory=flat,
    )  # fmt: skip


@pytest.mark.parametrize("count", [2_001, 64_066, 525_600])
def test_merged_candles_keep_high_low_volume_first_and_last(count: int) -> None:
    given = candles(count)
    merged = condense.reaggregate(given)

    assert 500 < len(merged.ts_ns) <= condense.CANDLES_MAX
    assert merged.high.max() == given.high.max()
    assert merged.low.min() == given.low.min()
    assert merged.volume.sum() == pytest.approx(given.volume.sum())
    assert merged.open[0] == given.open[0]
    assert merged.close[-1] == given.close[-1]
    assert (merged.high >= np.maximum(merged.open, merged.close)).all()
    assert (merged.low <= np.minimum(merged.open, merged.close)).all()


def test_every_merged_candle_is_what_its_rows_say() -> None:
    given = candles(6_000)
    merged = condense.reaggregate(given)
    span = condense.span_ns(merged)

    for row in range(0, len(merged.ts_ns), 97):
        inside = given.ts_ns // span * span == merged.ts_ns[row]
        assert merged.open[row] == given.open[inside][0]
        assert merged.high[row] == given.high[inside].max()
        assert merged.low[row] == given.low[inside].min()
        assert merged.close[row] == given.close[inside][-1]
        assert merged.volume[row] == pytest.approx(given.volume[inside].sum())


def test_merged_candles_stand_on_round_times() -> None:
    merged = condense.reaggregate(candles(525_600))

    assert condense.span_ns(merged) == 6 * 3600 * 10**9
    assert (merged.ts_ns % (6 * 3600 * 10**9) == 0).all()


@pytest.mark.parametrize("count", [0, 1, 2_000])
def test_few_candles_stay_as_they_are(count: int) -> None:
    given = candles(count)

    assert condense.reaggregate(given) is given


def test_candles_within_one_second_are_merged() -> None:
    merged = condense.reaggregate(candles(100, step_ns=10**8))

    assert len(merged.ts_ns) == 10


def test_an_uneven_curve_keeps_peak_deepest_drawdown_first_and_last() -> None:
    equity = np.full(50_000, 100.0)
    equity[31_337] = 150.0
    equity[40_000] = 20.0
    equity[-1] = 111.0
    rows, times = condense.even_rows(curve(equity))

    assert len(rows) == len(times) <= condense.POINTS_MAX
    assert {0, 31_337, 40_000, 49_999} <= set(rows.tolist())
    assert (np.diff(times) > 0).all()
    assert np.diff(times).max() - np.diff(times).min() <= 1


def test_a_stretch_without_samples_repeats_what_was_last_true() -> None:
    short = curve(np.array([1.0, 2.0, 3.0, 4.0]))
    gap = Curve(
        ts_ns=START_NS + np.array([0, 1, 2, 5_000]) * MINUTE_NS, equity=short.equity,
        price=short.price, position=short.position, inventory=short.inventory,
    )  # fmt: skip
    rows, _ = condense.even_rows(gap)

    assert rows[0] == 0
    assert rows[-1] == 3
    assert (np.diff(rows) >= 0).all()
    assert (rows[3:-1] == 2).sum() > 1_900


def test_drawdown_is_measured_from_the_highest_before() -> None:
    assert condense.drawdown_of(np.array([100.0, 110, 99, 120])).tolist() == pytest.approx(
        [0, 0, -0.1, 0]
    )


def test_daily_returns_chain_from_the_start_to_the_end() -> None:
    daily = condense.daily_returns_of(curve(np.linspace(5_000, 5_500, 5_000)), 5_000.0)

    assert len(daily.day) == 4
    assert np.prod(1 + daily.ratio) == pytest.approx(1.1)


def test_months_compound_their_days() -> None:
    day = np.array([19_935, 19_936, 19_937])  # 2024-07-31, 2024-08-01, 2024-08-02
    months = condense.monthly_returns(DailyReturns(day=day, ratio=np.array([0.1, 0.1, 0.1])))

    assert [month for month, _ in months] == ["2024-07", "2024-08"]
    assert [ratio for _, ratio in months] == pytest.approx([0.1, 0.21])


@pytest.mark.parametrize(
    "ratios", [[0.01], [-0.02, 0.03, 0.001], [0.0, 0.0], [0.05, 0.06], [-0.3, -0.2]]
)
def test_a_histogram_counts_all_and_has_an_edge_at_zero(ratios: list[float]) -> None:
    edges, counts = condense.histogram(np.array(ratios))

    assert sum(counts) == len(ratios)
    assert 0.0 in edges
    assert len(edges) == len(counts) + 1


def test_a_random_histogram_has_few_bins() -> None:
    edges, counts = condense.histogram(np.random.default_rng(1).normal(0, 0.02, 400))

    assert sum(counts) == 400
    assert 10 <= len(counts) <= 32
    assert 0.0 in edges


def test_every_fill_is_counted_in_a_candle() -> None:
    bars = condense.reaggregate(candles(5_000))
    buys, sells = condense.fills_per_candle(fills(101), bars)

    assert buys.sum() == 51
    assert sells.sum() == 50


def test_a_candle_shows_the_position_at_its_close() -> None:
    bars = candles(3)
    line = curve(np.ones(6), step_ns=MINUTE_NS // 2)
    held = condense.at_closes(line, np.arange(6.0), bars)

    assert held.tolist() == [2, 4, 5]


def test_a_fill_at_the_close_belongs_to_the_candle_that_closed() -> None:
    bars = candles(3)
    buys, sells = condense.fills_per_candle(fills(3, step_ns=MINUTE_NS), bars)

    assert buys.tolist() == [1, 1, 0]
    assert sells.tolist() == [1, 0, 0]


def test_the_curve_is_led_to_the_end_of_the_run() -> None:
    given = curve(np.array([100.0, 110.0]))
    whole = condense.ended(given, int(given.ts_ns[-1]) + 5, 99.0, 2.0)

    assert whole.equity.tolist() == [100, 110, 99]
    assert whole.price[-1] == 2.0

    corrected = condense.ended(given, int(given.ts_ns[-1]), 99.0, 2.0)
    assert corrected.equity.tolist() == [100, 99]
    assert condense.ended(given, 0, 99.0, 2.0) is given


@pytest.mark.parametrize("hold_end,last", [(4_800.0, 4_800.0), (None, 5_500.0)])
def test_holding_ends_where_the_result_says(hold_end: float | None, last: float) -> None:
    given = curve(np.ones(3))
    moved = Curve(
        ts_ns=given.ts_ns, equity=given.equity, price=np.array([100.0, 90.0, 110.0]),
        position=given.position, inventory=given.inventory,
    )  # fmt: skip
    hold = condense.complete(moved, 5_000.0, hold_end).hold

    assert hold is not None
    assert hold[0] == pytest.approx(5_000)
    assert hold[-1] == pytest.approx(last)


def test_holding_what_did_not_move_follows_the_price() -> None:
    hold = condense.complete(curve(np.ones(3)), 5_000.0, 4_990.0).hold

    assert hold is not None
    assert hold.tolist() == [5_000] * 3


def test_empty_columns_give_empty_drawings() -> None:
    none = np.zeros(0)
    empty = Candles(
        ts_ns=none.astype(np.int64), open=none, high=none, low=none, close=none, volume=none
    )

    assert len(condense.reaggregate(empty).ts_ns) == 0
    assert condense.histogram(np.zeros(0)) == ([], [])
    assert len(condense.daily_returns_of(curve(np.zeros(0)), 1.0).day) == 0
