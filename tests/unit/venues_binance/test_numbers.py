"""Numbers: exact both ways, nothing rounded in silence."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import NumberError
from steelyard.venues.binance.numbers import fee_of, nearest_units, text_of
from steelyard.venues.native.fees import Taken
from steelyard.venues.native.numbers import units
from tests.unit.venues_binance.desk import SPOT


@given(st.integers(-(10**18), 10**18), st.integers(0, 12), st.integers(0, 6))
def test_a_number_comes_back_as_it_went(value: int, decimals: int, zeros: int) -> None:
    text = text_of(value, decimals)
    padded = (text if "." in text else text + ".") + "0" * zeros

    assert "e" not in text.lower()
    assert units(text, decimals) == value
    assert units(padded, decimals) == value


@given(st.decimals(-(10**6), 10**6, places=8, allow_nan=False), st.integers(0, 8))
def test_the_nearest_unit_is_that_of_decimal_arithmetic(value: Decimal, decimals: int) -> None:
    expected = value.scaleb(decimals).to_integral_value(ROUND_HALF_EVEN)

    assert nearest_units(f"{value:f}", decimals) == int(expected)


@pytest.mark.parametrize("text", ["", "1e-05", "nan", "1_0", "١", "0x1", "1.2.3", "inf"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError):
        units(text, 8)


def test_what_needs_rounding_is_refused() -> None:
    with pytest.raises(NumberError):
        units("0.015", 2)


@pytest.mark.parametrize(
    "amount, asset, read",
    [
        ("0.61837630", "USDT", Taken(fee=61837630)),
        ("0.00002000", "BTC", Taken(coin_fee=2000)),
        ("0.00150000", "BNB", Taken(fee=61837630, estimated="BNB")),  # the taker rate of 0.05 %
        ("0", "BNB", Taken()),
        ("", "", Taken()),
    ],
)
def test_a_fee_is_in_money_in_the_coin_bought_or_an_estimate(
    amount: str, asset: str, read: Taken
) -> None:
    price, quantity = 6183763, 2_000_000

    fee = fee_of(SPOT, amount, asset, price=price, quantity=quantity, maker=False)

    assert fee == read
