"""128 bits inside, a named rounding, no wrap: held against Python's own integers."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.jit.muldiv import OVERFLOW, add_checked, muldiv_ceil, muldiv_even, muldiv_floor

INT64 = st.integers(-(2**62), 2**62)
POSITIVE = st.integers(1, 2**62)


def even(value: int, numerator: int, denominator: int) -> int:
    quotient, rest = divmod(value * numerator, denominator)
    up = 2 * rest > denominator or (2 * rest == denominator and quotient % 2)
    return quotient + 1 if up else quotient


@given(INT64, INT64, POSITIVE)
def test_the_product_is_exact_or_overflows(value: int, numerator: int, denominator: int) -> None:
    expected = {
        muldiv_floor: (value * numerator) // denominator,
        muldiv_ceil: -((-value * numerator) // denominator),
        muldiv_even: even(value, numerator, denominator),
    }
    for function, exact in expected.items():
        got = function(value, numerator, denominator)
        if abs(exact) < 2**62 - 1:
            assert got == exact
        else:
            assert got in {exact, OVERFLOW}


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_sum_never_wraps(left: int, right: int) -> None:
    got = add_checked(left, right)

    assert got == (left + right if -(2**63) < left + right < 2**63 else OVERFLOW)
