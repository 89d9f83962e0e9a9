"""The one parser and the one formatter of decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.decimals import (
    decimals_of,
    format_decimal,
    format_units,
    from_units,
    parse_decimal,
    to_units,
)
from steelyard.model.errors import NumberError

UNITS = st.integers(min_value=-(10**40), max_value=10**40)
DECIMALS = st.integers(min_value=0, max_value=18)


@given(UNITS, DECIMALS)
def test_units_survive_printing_and_reading(units: int, decimals: int) -> None:
    text = format_units(units, decimals)

    assert to_units(text, decimals) == units
    assert "e" not in text.lower()
    assert not (("." in text) and text.endswith(("0", ".")))
    assert Decimal(text) == from_units(units, decimals)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_a_decimal_prints_without_exponent_and_reads_back(value: Decimal) -> None:
    text = format_decimal(value)

    assert Decimal(text) == value
    assert "e" not in text.lower()
    assert decimals_of(value) <= max(0, len(text.partition(".")[2]))


@pytest.mark.parametrize(
    "text",
    ["", " ", "1e5", "1E-7", "NaN", "inf", "-Infinity", "1,000", "0x10", "1_000", "--1", "1.2.3",
     ".", "٣", "1" * 61],
)  # fmt: skip
def test_what_is_no_plain_decimal_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(NumberError, match=r"price was .*allowed is plain decimal notation"):
        parse_decimal(text, "price")


@pytest.mark.parametrize("value", [1.5, True, None, b"1"])
def test_a_float_is_never_a_number(value: object) -> None:
    with pytest.raises(NumberError, match="allowed is a decimal written as text"):
        parse_decimal(value, "price")  # type: ignore[arg-type]


def test_a_number_too_fine_for_its_unit_is_refused_not_rounded() -> None:
    with pytest.raises(NumberError, match=r"price was 0\.125, allowed are at most 2 decimals"):
        to_units("0.125", 2, "price")
    assert to_units("0.120", 2) == 12
    assert to_units("-.5", 1) == -5
    assert to_units("5.", 0) == 5
