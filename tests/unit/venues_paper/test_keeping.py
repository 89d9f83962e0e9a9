"""An exchange that was kept and put back goes on as if nothing had been."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, SELL
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.keeping import keep, put_back
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.venues.paper.truth import faults, truth_of
from tests.unit.venues_paper.shop import PERPETUAL, Shop, value
from tests.unit.venues_paper.test_properties import live, markets_drawn, opened, rules_drawn
from tests.unit.venues_sim.driving import linear

RUNS = settings(deadline=None, max_examples=40)


@RUNS
@given(markets_drawn, rules_drawn, st.integers(0, 2**32))
def test_it_goes_on_as_if_nothing_had_been(
    instruments: tuple[Instrument, ...], rules: ExchangeRules, seed: int
) -> None:
    first = opened(instruments, rules)
    live(first, seed)
    first.drain()
    second = opened(instruments, rules)
    put_back(second, keep(first))

    assert [truth_of(first, a) for a in (0, 1)] == [truth_of(second, a) for a in (0, 1)]
    assert faults(second) == []
    assert keep(first) == keep(second)
    live(first, seed + 1)
    live(second, seed + 1)

    def told(exchange: SimExchange) -> list[object]:
        # Rows of orders may be handed out in another order; nobody outside sees them.
        return [*exchange.drain(), *(truth_of(exchange, account) for account in (0, 1))]

    assert told(first) == told(second)


def test_an_open_order_is_canceled_after_it() -> None:
    shop, again = Shop(), Shop()
    shop.place("a")
    shop.stop("s", SELL, 9_000)
    put_back(again.x, keep(shop.x))

    assert again.open_ids() == ["a", "s"]
    value(again.cancel("a"))
    again.tick(8_900)
    assert again.x.position(0, 0) == -10
    assert again.sound()


def test_changed_filters_stay_changed() -> None:
    shop, again = Shop((linear(),)), Shop((linear(),))
    shop.x.relist(shop.now, 0, linear(tick=50))
    put_back(again.x, keep(shop.x))
    assert again.x.clerk.instruments[0].tick == 50


@pytest.mark.parametrize(
    "instrument,changes,message",
    [
        (linear(name="ETH/USDT"), {}, "other instruments"),
        (PERPETUAL, {"cash": (1, 2)}, "there are 2"),
        (PERPETUAL, {"rows": 17}, "bytes, expected"),
    ],
)
def test_what_was_kept_for_another_exchange_is_refused(
    instrument: Instrument, changes: dict[str, Any], message: str
) -> None:
    shop = Shop()
    shop.market("m", BUY)
    with pytest.raises(ConfigurationError, match=message):
        put_back(Shop((instrument,), **changes).x, keep(shop.x))


def test_nonsense_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        put_back(Shop().x, b"nonsense")
