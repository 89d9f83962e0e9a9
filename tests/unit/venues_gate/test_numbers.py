"""Numbers and times are read exactly or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.venues.gate.numbers import exact, floored, time_ns
from steelyard.venues.native.numbers import nearest, whole


@given(st.integers(-(10**15), 10**15), st.integers(0, 12))
def test_text_of_units_reads_back(value: int, decimals: int) -> None:
    text = f"{Decimal(value).scaleb(-decimals):f}"
    assert exact(text, decimals) == value
    assert whole(Decimal(text), decimals) == value


@given(st.decimals(0, 10**9, places=10), st.integers(0, 8))
def test_flooring_never_adds_and_never_loses_everything(value: Decimal, decimals: int) -> None:
    found = floored(f"{value:f}", decimals)
    whole = int(value.scaleb(decimals))
    assert found == (whole or (1 if value else 0))


@pytest.mark.parametrize("text", ["", "1e", "abc", "1.2.3", "NaN", "Infinity", "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|literal"):
        exact(text, 2)
    with pytest.raises(ValueError, match=r"number|literal"):
        floored(text, 2)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="decimals"):
        exact("1.234", 2)
    assert exact("1.2300", 2) == 123
    assert exact("1e-2", 2) == 1
    assert nearest(Decimal("1.235"), 2) == 124


@pytest.mark.parametrize(
    "told, ns",
    [
        (1_606_292_218, 1_606_292_218 * 10**9),
        ("1606292218213.4578", 1_606_292_218_213_457_800),
        ("1606292218213", 1_606_292_218_213_000_000),
        ("1681195535.01", 1_681_195_535_010_000_000),
        (Decimal("1681195535.01"), 1_681_195_535_010_000_000),
        (1_541_505_434_123, 1_541_505_434_123 * 10**6),
        (1_695_715_091_540_163, 1_695_715_091_540_163 * 1000),
    ],
)
def test_times_in_any_unit(told: Decimal | int | str, ns: int) -> None:
    assert time_ns(told) == ns
