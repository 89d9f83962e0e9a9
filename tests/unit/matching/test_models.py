"""The named models' arithmetic: paths, slippage, latency, filters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.matching.filters import filter_code
from steelyard.matching.latency import delay_of
from steelyard.matching.names import (
    HALF_SPREAD,
    NO_SLIPPAGE,
    OPEN_HIGH_LOW_CLOSE,
    OPEN_LOW_HIGH_CLOSE,
    PESSIMISTIC,
    RATE_SLIPPAGE,
    SHORTEST,
)
from steelyard.matching.paths import is_high_first, path_point
from steelyard.matching.slippage import worsened
from steelyard.model.kinds import LIMIT, MARKET, STOP_MARKET, TRAILING_STOP
from steelyard.model.reasons import (
    VENUE_BAND,
    VENUE_LOT,
    VENUE_MAXIMUM,
    VENUE_MINIMUM,
    VENUE_TICK,
)
from steelyard.model.records import INSTRUMENT, table
from steelyard.venues.sim.records import RESTING


@pytest.mark.parametrize(
    "path, position, first, high, low, expected",
    [
        (PESSIMISTIC, 5, 100, 101, 90, False),  # long: the low first, however far
        (PESSIMISTIC, -5, 100, 120, 99, True),  # short: the high first
        (PESSIMISTIC, 0, 100, 103, 90, True),  # flat: 3 up is nearer than 10 down
        (PESSIMISTIC, 0, 100, 110, 99, False),
        (OPEN_HIGH_LOW_CLOSE, 5, 100, 110, 99, True),
        (OPEN_LOW_HIGH_CLOSE, -5, 100, 101, 90, False),
        (SHORTEST, 5, 100, 103, 90, True),
        (SHORTEST, 0, 100, 105, 95, False),  # equally near: the low
    ],
)
def test_the_path_meets_the_extremes_in_the_named_order(
    path: int, position: int, first: int, high: int, low: int, expected: bool
) -> None:
    assert bool(is_high_first(path, position, first, high, low)) is expected


def test_a_path_has_four_points() -> None:
    up = [path_point(i, True, 100, 110, 90, 105) for i in range(4)]
    down = [path_point(i, False, 100, 110, 90, 105) for i in range(4)]

    assert up == [100, 110, 90, 105]
    assert down == [100, 90, 110, 105]


@pytest.mark.parametrize(
    "price, side, tick, model, rate, bid, ask, expected",
    [
        (10_000, 1, 1, NO_SLIPPAGE, 10_000, 0, 0, 10_000),
        (10_000, 1, 1, RATE_SLIPPAGE, 10_000, 0, 0, 10_001),  # 10,000 × 1.0001
        (10_000, -1, 1, RATE_SLIPPAGE, 10_000, 0, 0, 9_999),
        (10_000, 1, 5, RATE_SLIPPAGE, 10_000, 0, 0, 10_005),  # up to the tick
        (10_000, -1, 5, RATE_SLIPPAGE, 10_000, 0, 0, 9_995),  # down to the tick
        (100, 1, 1, HALF_SPREAD, 10_000, 99, 102, 102),  # half of 3 is 2, against us
        (100, -1, 1, HALF_SPREAD, 10_000, 99, 102, 98),
        (100, 1, 1, HALF_SPREAD, 1_000_000, 0, 0, 101),  # no quote seen: the rate, 1 %
        (1, -1, 1, RATE_SLIPPAGE, 50_000_000, 0, 0, 1),  # never below one tick
    ],
)
def test_slippage_is_against_us_and_on_a_tick(
    price: int, side: int, tick: int, model: int, rate: int, bid: int, ask: int, expected: int
) -> None:
    assert worsened(price, side, tick, model, rate, bid, ask) == expected


@settings(deadline=None)
@given(st.integers(1, 2**40), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 99))
def test_a_delay_lies_between_base_and_base_plus_jitter(
    number: int, base: int, jitter: int, seed: int
) -> None:
    delay = delay_of(number, base, jitter, seed)

    assert base <= delay <= base + jitter
    assert delay == delay_of(number, base, jitter, seed)


def test_jitter_is_spread_and_depends_on_the_seed() -> None:
    one = [delay_of(n, 0, 999, 1) for n in range(2_000)]
    other = [delay_of(n, 0, 999, 2) for n in range(2_000)]

    assert 450 < np.mean(one) < 550
    assert len(set(one)) > 800
    assert one != other


@pytest.mark.parametrize(
    "order, code",
    [
        ({"type": LIMIT, "quantity": 10, "price": 100}, (0, 0, 0)),
        ({"type": LIMIT, "quantity": 0, "price": 100}, (VENUE_LOT, 0, 5)),
        ({"type": LIMIT, "quantity": 12, "price": 100}, (VENUE_LOT, 12, 5)),
        ({"type": MARKET, "quantity": 5}, (VENUE_MINIMUM, 5, 10)),
        ({"type": MARKET, "quantity": 105}, (VENUE_MAXIMUM, 105, 100)),
        ({"type": LIMIT, "quantity": 10, "price": 101}, (VENUE_TICK, 101, 2)),
        ({"type": LIMIT, "quantity": 10, "price": 0}, (VENUE_TICK, 0, 2)),
        ({"type": LIMIT, "quantity": 10, "price": 110}, (0, 0, 0)),  # 10 % away: at the band
        ({"type": LIMIT, "quantity": 10, "price": 112}, (VENUE_BAND, 12_000_000, 10_000_000)),
        ({"type": LIMIT, "quantity": 10, "price": 88}, (VENUE_BAND, 12_000_000, 10_000_000)),
        ({"type": STOP_MARKET, "quantity": 10, "trigger": 99}, (VENUE_TICK, 99, 2)),
        ({"type": STOP_MARKET, "quantity": 10}, (VENUE_TICK, 0, 2)),
        ({"type": TRAILING_STOP, "quantity": 10}, (VENUE_TICK, 0, 2)),
        ({"type": TRAILING_STOP, "quantity": 10, "trail": 4}, (0, 0, 0)),
    ],
)
def test_filters_say_what_was_found_and_what_is_allowed(
    order: dict[str, int], code: tuple[int, int, int]
) -> None:
    terms = table(INSTRUMENT)
    for name, value in {
        "tick": 2, "lot": 5, "quantity_min": 10, "quantity_max": 100,
        "price_band_rate": 10_000_000,
    }.items():  # fmt: skip
        terms[0][name] = value
    asked = table(RESTING)
    for name, value in order.items():
        asked[0][name] = value

    assert filter_code(terms[0], asked[0], 100) == code
