"""Drawdown and Sharpe, computed by hand."""

from decimal import Decimal
from math import sqrt

import numpy as np
import pytest

from steelyard.services.research.figures import DAY_NS, daily, max_drawdown, sharpe


def amounts(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def every(step_ns: int, count: int) -> np.ndarray:
    return np.arange(1, count + 1, dtype=np.int64) * step_ns


@pytest.mark.parametrize("path,depth", [
    ((), "0"),
    ((100,), "0"),
    ((100, 110, 120), "0"),
    ((100, 90), "0.1"),
    ((100, 120, 90, 130, 117), "0.25"),  # 120 to 90; 130 to 117 is a tenth
    ((100, 50, 200, 140), "0.5"),  # deeper as a ratio, though less money than 200 to 140
    ((100, -20), "1.2"),  # a perpetual's account may end below zero
    ((3, 2), "0.333333"),
    ((0, 0), "0"),
])  # fmt: skip
def test_the_deepest_fall_from_a_peak_is_a_ratio(path: tuple[int, ...], depth: str) -> None:
    assert max_drawdown(amounts(*path)) == Decimal(depth)


def test_a_day_counts_with_its_last_value() -> None:
    hours = DAY_NS // 24
    ts = amounts(1 * hours, 23 * hours, 24 * hours, 30 * hours, 50 * hours)

    starts, values = daily(ts, amounts(1, 2, 3, 4, 5))

    assert (starts // DAY_NS).tolist() == [0, 1, 2]
    assert values.tolist() == [2, 4, 5]


def test_no_samples_have_no_days() -> None:
    starts, values = daily(amounts(), amounts())

    assert len(starts) == len(values) == 0


def test_sharpe_of_daily_returns_by_hand() -> None:
    # Ten days, the closes of which alternately gain a tenth and lose a tenth.
    closes, value = [], 1_000_000_000
    for day in range(10):
        value = value * 11 // 10 if day % 2 == 0 else value * 9 // 10
        closes.append(value)
    # Returns: five of +0.1 and five of -0.1. Mean 0; with one more gain it is not.
    flat = sharpe(every(DAY_NS, 10) - 1, amounts(*closes), 1_000_000_000)
    assert flat.value == 0.0
    assert flat.basis == "daily returns"

    # Six of +0.1, five of -0.1: the mean is 0.1 / 11 and the squares sum to 0.11, so the variance
    # of eleven, mean taken off, is what stands under the root.
    more = sharpe(every(DAY_NS, 11) - 1, amounts(*closes, value * 11 // 10), 1_000_000_000)
    by_hand = (0.1 / 11) / sqrt((0.11 - 0.01 / 11) / 10) * sqrt(365)
    assert more.value == pytest.approx(by_hand, abs=1e-4)


def test_less_than_ten_days_are_judged_by_the_samples_and_said_to_be() -> None:
    hour = DAY_NS // 24
    equity = amounts(*[1_100, 990] * 6)

    figure = sharpe(every(hour, 12), equity, 1_000)

    # Six returns of +0.1 and … 1100/1000, 990/1100, 1100/990, …: by numpy, annualised by hours.
    returns = np.diff(np.concatenate(([1_000], equity))) / np.concatenate(([1_000], equity[:-1]))
    expected = returns.mean() / returns.std(ddof=1) * sqrt(365 * 24)
    assert figure.value == pytest.approx(expected, abs=1e-3)
    assert "fewer than ten days" in figure.basis


@pytest.mark.parametrize("ts,equity,basis", [
    (every(10, 9), amounts(*range(1, 10)), "too few samples"),
    (amounts(*[7] * 12), amounts(*range(1, 13)), "too few samples"),
    (every(DAY_NS, 20), amounts(*[5] * 20), "equity did not move"),
    (every(DAY_NS, 20), amounts(5, 0, *[5] * 18), "equity fell to zero"),
])  # fmt: skip
def test_what_has_no_sharpe_says_why(ts: np.ndarray, equity: np.ndarray, basis: str) -> None:
    figure = sharpe(ts, equity, 5)

    assert figure.value is None
    assert figure.basis == basis


def test_only_the_last_value_may_be_zero_since_nothing_is_divided_by_it() -> None:
    assert sharpe(every(DAY_NS, 20), amounts(*[5] * 19, 0), 5).value is not None
