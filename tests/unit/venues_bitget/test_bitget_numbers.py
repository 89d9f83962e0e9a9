"""Texts and integers: exact both ways."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.venues.bitget.numbers import cost, floor, near, spelt, units

_UNITS = st.integers(-(10**24), 10**24)
_PLACES = st.integers(0, 12)


@given(_UNITS, _PLACES)
def test_what_is_spelt_is_read_again(value: int, places: int) -> None:
    text = spelt(value, places)

    assert units(text, places) == value
    assert "e" not in text.lower()
    assert Decimal(text) == Decimal(value).scaleb(-places)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1e9, max_value=1e9))
def test_an_exponent_is_read_as_the_number_it_stands_for(value: Decimal) -> None:
    assert units(f"{value:e}", 6) == int(value.scaleb(6))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-1e6, max_value=1e6))
def test_rounding_goes_where_its_name_says(value: Decimal) -> None:
    text = f"{value:f}"

    assert floor(text, 2) <= value * 100 <= cost(text, 2)
    assert abs(near(text, 2) - value * 100) <= Decimal("0.5")
    assert cost(text, 2) - floor(text, 2) in (0, 1)


@pytest.mark.parametrize(
    "text, places, value",
    [("27000.5", 1, 270005), ("27000.500000000", 1, 270005), ("2.315E+4", 1, 231500),
     ("-0.5", 2, -50), ("0", 8, 0), (".5", 1, 5), ("-8.90000000E-8", 10, -890)],
)  # fmt: skip
def test_the_venue_s_spellings_are_read(text: str, places: int, value: int) -> None:
    assert units(text, places) == value


@pytest.mark.parametrize("text", ["0.12", "1p", "", "NaN", "Infinity", "1.2.3", "--1"])
def test_what_is_no_number_of_the_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number was"):
        units(text, 1)
