"""Every spelling of an instrument in use leads to one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import InstrumentNameError
from steelyard.model.names import unify


@pytest.mark.parametrize(
    "text,name",
    [
        ("BTC/USDT", "BTC/USDT"),
        ("btc/usdt", "BTC/USDT"),
        ("BTCUSDT", "BTC/USDT"),
        ("BTC-USDT", "BTC/USDT"),
        ("BTC_USDT", "BTC/USDT"),
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
        ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
        ("BTC-USD-SWAP", "BTC/USD:BTC"),
        ("BTC_USDT_USDT", "BTC/USDT:USDT"),
        ("BTCUSDT.P", "BTC/USDT:USDT"),
        ("BTCUSDT_UMCBL", "BTC/USDT:USDT"),
        ("1000SHIBUSDT", "1000SHIB/USDT"),
        ("BTCFDUSD", "BTC/FDUSD"),
        ("ETHBTC", "ETH/BTC"),
    ],
)
def test_a_spelling_in_use_is_understood(text: str, name: str) -> None:
    assert unify(text) == name


def test_the_place_says_what_the_spelling_does_not() -> None:
    assert unify("BTCUSDT", perpetual=True) == "BTC/USDT:USDT"
    assert unify("BTCUSD", perpetual=True) == "BTC/USD:BTC"


@pytest.mark.parametrize("text", ["", "BTC", "USDT", "BTC USDT", "BTC//USDT", "../etc", "比特币"])
def test_other_texts_are_refused_with_the_spellings_allowed(text: str) -> None:
    with pytest.raises(InstrumentNameError, match="allowed are spellings such as BTC/USDT"):
        unify(text)


@given(st.from_regex(r"[A-Z]{2,6}", fullmatch=True), st.sampled_from(["USDT", "BTC", "USD"]))
def test_a_unified_name_stays_as_it_is(base: str, quote: str) -> None:
    for name in (f"{base}/{quote}", f"{base}/{quote}:{quote}"):
        assert unify(unify(name)) == unify(name) == name
