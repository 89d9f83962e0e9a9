"""Terms: every request has its weight, an account of both products keeps to the smaller budget."""

import pytest

from steelyard.kernel.ports import Request
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.venues.binance.symbols import symbol_of
from steelyard.venues.binance.terms import terms_of
from tests.unit.venues_binance.desk import BOTH, PERP, SPOT, instrument


@pytest.mark.parametrize(
    "instruments, weight", [((SPOT,), 6_000), ((PERP,), 2_400), (BOTH, 2_400), ((), 2_400)]
)
def test_every_request_has_a_weight(instruments: tuple[Instrument, ...], weight: int) -> None:
    terms = terms_of(instruments)

    assert terms.costs.keys() == set(Request)
    assert terms.windows[0].weight == weight
    assert all(0 <= cost <= weight for cost in terms.costs.values())


def test_what_asks_every_instrument_weighs_by_their_number() -> None:
    many = tuple(instrument(f"C{n}/USDT") for n in range(5))

    one, five = terms_of(many[:1]).costs, terms_of(many).costs

    assert five[Request.OPEN_ORDERS] == 5 * one[Request.OPEN_ORDERS]
    assert five[Request.TRADES] == 5 * one[Request.TRADES]
    assert five[Request.HOLDINGS] == one[Request.HOLDINGS]


def test_a_perpetual_that_settles_elsewhere_has_no_symbol() -> None:
    with pytest.raises(ConfigurationError):
        symbol_of(instrument("BTC/USDT:BTC"))
