"""Floats become the integers they were printed from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steelyard.services.marketdata.numbers import Scale


@given(
    st.lists(st.integers(0, 10**14), min_size=1, max_size=50),
    st.integers(0, 8),
)
def test_every_decimal_of_fifteen_digits_comes_back_exactly(
    units: list[int], decimals: int
) -> None:
    values = np.array([float(f"{unit}e-{decimals}") for unit in units])
    scale = Scale()
    scale.raise_to(values)

    assert not scale.is_rounded
    assert scale.decimals <= decimals
    assert (scale.units(values) * 10 ** (decimals - scale.decimals)).tolist() == units


def test_decimals_grow_and_never_shrink() -> None:
    scale = Scale()
    for values, decimals in (([1.5], 1), ([2.0], 1), ([0.125], 3), ([7.0], 3)):
        scale.raise_to(np.array(values))
        assert scale.decimals == decimals


def test_what_adding_floats_left_behind_is_no_decimal() -> None:
    scale = Scale()
    scale.raise_to(np.array([0.1 + 0.2, 1.1 + 2.2, 5.0]))

    assert (scale.decimals, scale.is_rounded) == (1, True)


def test_computed_numbers_keep_about_nine_digits() -> None:
    scale = Scale()
    values = np.array([np.pi * 10_000, np.e * 10_000])
    scale.raise_to(values)

    assert (scale.decimals, scale.is_rounded) == (4, True)
    assert scale.units(values).tolist() == [314159265, 271828183]


def test_a_number_beyond_sixty_two_bits_does_not_fit() -> None:
    assert not Scale(8).fits(np.array([1e12]))
    scale = Scale(0)
    assert scale.fits(np.array([1e12]))
    scale.decimals = 8  # what came before must fit the finer unit as well
    assert not scale.fits(np.array([1.0]))


def test_exact_integers_come_at_once_or_not_at_all() -> None:
    scale = Scale(2)
    found = scale.exact(np.array([1.25, 3.0]))

    assert found is not None
    assert found.tolist() == [125, 300]
    assert scale.exact(np.array([1.125])) is None
