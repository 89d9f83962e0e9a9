"""Instruments convert between their units, and nobody else does."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError, NumberError
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.state.money import fee_on, quantity_for, worth
from steelyard.state.terms import terms_of


def make(kind: Kind, **more: object) -> Instrument:
    fields: dict[str, object] = {
        "name": "X", "venue": "test", "kind": kind, "base": "BTC", "quote": "USD",
        "settle": "BTC" if kind == Kind.INVERSE else "USD", "price_decimals": 1,
        "quantity_decimals": 0 if kind else 5, "money_decimals": 8, "tick": Price(1),
        "lot": Quantity(1), "quantity_min": Quantity(1), "quantity_max": Quantity(10**12),
        "notional_min": Money(0), "fees": Fees(maker=Rate(0), taker=Rate(0)),
    }  # fmt: skip
    return Instrument(**{**fields, **more})  # type: ignore[arg-type]


KINDS = {
    "spot": make(Kind.SPOT),
    "linear": make(Kind.LINEAR, multiplier=Decimal("0.01")),
    "inverse": make(Kind.INVERSE, multiplier=Decimal(100)),
}


def exact_worth(instrument: Instrument, price: int, quantity: int) -> Decimal:
    """The worth in minor units, by the definition, unrounded."""
    at = instrument.price_decimal(price)
    size = instrument.quantity_decimal(quantity) * instrument.multiplier
    value = -size / at if instrument.kind == Kind.INVERSE else size * at
    return Decimal(value * 10**instrument.money_decimals)


@pytest.mark.parametrize("name", KINDS)
@given(price=st.integers(1, 10**8), quantity=st.integers(-(10**6), 10**6))
def test_worth_is_the_definition_rounded_to_a_minor_unit(
    name: str, price: int, quantity: int
) -> None:
    instrument = KINDS[name]
    got = worth(terms_of((instrument,))[0], price, quantity)

    assert abs(Decimal(int(got)) - exact_worth(instrument, price, quantity)) <= Decimal("0.5001")


@pytest.mark.parametrize("name", KINDS)
@given(price=st.integers(1, 10**8), budget=st.integers(1, 10**15))
def test_the_quantity_for_a_budget_fits_and_one_lot_more_does_not(
    name: str, price: int, budget: int
) -> None:
    instrument = KINDS[name]
    terms = terms_of((instrument,))[0]
    quantity = quantity_for(terms, price, budget)

    assert abs(exact_worth(instrument, price, quantity)) <= budget
    assert abs(exact_worth(instrument, price, quantity + instrument.lot)) > budget


def test_profit_is_worth_at_exit_less_worth_at_entry() -> None:
    # 100 contracts of 100 USD, long from 50,000 to 60,000: 10,000 × (1/50,000 - 1/60,000) BTC.
    terms = terms_of((KINDS["inverse"],))[0]
    assert worth(terms, 600_000, 100) - worth(terms, 500_000, 100) == 3_333_333
    # 100 contracts of 0.01 BTC over the same way: 1 BTC × 10,000 USD.
    terms = terms_of((KINDS["linear"],))[0]
    assert worth(terms, 600_000, 100) - worth(terms, 500_000, 100) == 10_000 * 10**8


def test_a_fee_rounds_against_us() -> None:
    assert fee_on(1, 50_000) == 1
    assert fee_on(100_000_000, 50_000) == 50_000
    assert fee_on(1_000_001, -5_000) == -50  # a rebate of 50.00005 pays 50


def test_a_price_too_fine_is_refused() -> None:
    with pytest.raises(NumberError, match=r"X price was 0\.01, allowed are at most 1 decimals"):
        KINDS["spot"].price("0.01")


def test_coins_become_contracts_only_here() -> None:
    assert KINDS["linear"].quantity_from_base("0.05") == 5
    with pytest.raises(NumberError):
        KINDS["linear"].quantity_from_base("0.055")
    with pytest.raises(ConfigurationError, match="only at a price"):
        KINDS["inverse"].quantity_from_base("1")


@pytest.mark.parametrize("field", ["tick", "lot", "multiplier"])
def test_an_instrument_without_step_is_refused(field: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{field} was 0, allowed is above 0"):
        make(Kind.SPOT, **{field: 0})
