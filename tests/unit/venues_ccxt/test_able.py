"""What an exchange cannot is said in sentences, for all that ccxt has."""

import ccxt.pro
import msgspec
import pytest

from steelyard.model.kinds import LIMIT, MARKET, STOP_MARKET
from steelyard.venues.ccxt.able import able_of
from tests.unit.venues_ccxt.test_numbers import ABLE


def test_an_exchange_that_can_all_lacks_nothing() -> None:
    assert ABLE.lacks() == ()


@pytest.mark.parametrize(
    "missing,words",
    [
        ({"by_client_id": False}, "by our own id"),
        ({"watches_orders": False}, "orders are not streamed"),
        ({"fetches_trades": False}, "trades of the account"),
        ({"types": frozenset({LIMIT, MARKET})}, "stops do not rest"),
        ({"flags": 0}, "post-only"),
        ({"quotes": "fetchTicker"}, "best quotes are not streamed"),
        ({"places": False, "carries_our_id": False}, "do not hold ours"),
    ],
)
def test_each_missing_thing_is_a_sentence(missing: dict[str, object], words: str) -> None:
    (sentence,) = msgspec.structs.replace(ABLE, **missing).lacks()

    assert words in sentence


@pytest.mark.parametrize("name", ["binance", "okx", "bitget", "gate"])
@pytest.mark.parametrize("swap", [False, True])
def test_the_four_lack_stops_alone_through_ccxt(name: str, swap: bool) -> None:
    able = able_of(getattr(ccxt.pro, name)({}), swap=swap)

    (sentence,) = able.lacks()
    assert "stops do not rest" in sentence
    assert "takes no stop orders" in able.refuses(STOP_MARKET, 0)


def test_every_exchange_of_ccxt_has_a_table() -> None:
    for name in ccxt.pro.exchanges:
        able = able_of(getattr(ccxt.pro, name)({}), swap=False)
        assert able.name
        assert all(sentence.startswith(able.name) for sentence in able.lacks())


def test_where_our_ids_do_not_fit_no_order_is_placed() -> None:
    able = able_of(ccxt.pro.kraken({}), swap=False)

    assert not able.places
    assert "takes no orders" in able.refuses(LIMIT, 0)
