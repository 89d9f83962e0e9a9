"""Our own dialect and driver on `steelyard exchange`: spot and a swap, one way and hedged."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import BUY, LIMIT, LONG, MARKET, REDUCE_ONLY, SELL, SHORT, STOP_MARKET
from steelyard.model.market import Depth, FundingRate, Mark
from steelyard.model.reports import (
    OpenOrders,
    OrderFound,
    OrderReport,
    OrderState,
    TradeReport,
    Trades,
)
from steelyard.venues.native.dialect import Channel
from steelyard.venues.native.feed import NativeFeed
from tests.e2e.okx_exchange import okx_exchange
from tests.e2e.okx_ours import Ours


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    """Where it is, and the first account's keys."""
    with okx_exchange() as told:
        yield told


@pytest.fixture
def ours(told: dict[str, Any]) -> Iterator[Callable[..., Ours]]:
    opened: list[Ours] = []

    def make(*, hedged: bool) -> Ours:
        opened.append(Ours(told, hedged=hedged))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def _placing(client_id: str, instrument: int, side: int, quantity: int, **more: int) -> Placing:
    values = {"type": MARKET, "flags": 0, "price": 0, **more}
    return Placing(
        client_id=client_id, instrument=instrument, side=side, quantity=quantity, **values
    )


def test_ours_trades_spot_and_a_swap_from_one_account(ours: Callable[..., Ours]) -> None:
    rig = ours(hedged=False)
    venue = rig.open(5, hedged=False)
    before = rig.holdings(venue)

    for client_id, instrument, quantity in (("spot1", 0, 1_000_000), ("swap1", 1, 150)):
        rig.done(partial(venue.place, _placing(client_id, instrument, BUY, quantity)))
        rig.wait(
            lambda name=client_id: any(  # type: ignore[misc]
                one.state is OrderState.FILLED for one in rig.told(OrderReport, name)
            )
        )
    found = rig.done(partial(venue.order, "swap1", 1))
    page = rig.done(partial(venue.trades, ""))
    again = rig.done(partial(venue.trades, page.cursor))
    after = rig.holdings(venue)

    (heard,) = rig.told(TradeReport, "swap1")
    assert isinstance(found, OrderFound)
    assert found.trades == (heard,)
    assert isinstance(page, Trades)
    assert page.complete
    assert {trade.client_id for trade in page.trades} == {"spot1", "swap1"}
    assert again.trades == ()
    taken = sum(one.coin_fee for one in rig.told(TradeReport, "spot1"))
    assert taken == 1_000
    assert after[0, 0] - before[0, 0] == 1_000_000 - taken
    assert after[1, 0] == 150


def test_ours_trades_both_sides_and_its_stop_trades_under_its_own_id(
    ours: Callable[..., Ours],
) -> None:
    rig = ours(hedged=True)
    venue = rig.open(6, hedged=True)
    rig.done(partial(venue.place, _placing("long1", 1, BUY, 300, position_side=LONG)))
    rig.done(partial(venue.place, _placing("short1", 1, SELL, 100, position_side=SHORT)))
    held = rig.holdings(venue)
    assert (held[1, LONG], held[1, SHORT]) == (300, -100)

    rig.wait(lambda: bool(rig.told(TradeReport, "long1")))
    last = rig.told(TradeReport, "long1")[0].price
    tick = int(rig.instruments[1].tick)
    trigger = last * 9 // 10 // tick * tick
    stop = _placing(
        "stop1", 1, SELL, 300, type=STOP_MARKET, trigger=trigger, flags=REDUCE_ONLY,
        position_side=LONG,
    )  # fmt: skip
    rest = _placing(
        "rest1", 0, BUY, 1_000_000, type=LIMIT, price=int(rig.instruments[0].tick) * 10**5
    )
    rig.done(partial(venue.place, stop))
    rig.done(partial(venue.place, rest))
    opened = rig.done(venue.open_orders)
    assert isinstance(opened, OpenOrders)
    assert {(one.client_id, one.trigger) for one in opened.orders} == {
        ("stop1", trigger), ("rest1", 0),
    }  # fmt: skip
    rig.done(partial(venue.cancel, "stop1", 1))
    rig.done(partial(venue.cancel_all, 0))
    rig.wait(
        lambda: all(
            any(one.state is OrderState.CANCELED for one in rig.told(OrderReport, name))
            for name in ("stop1", "rest1")
        )
    )
    assert rig.done(venue.open_orders).orders == ()


def test_ours_hears_the_market(ours: Callable[..., Ours]) -> None:
    rig = ours(hedged=False)
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=2, bar_ns=60 * 10**9,
        channels=frozenset(Channel),
    )  # fmt: skip
    heard: list[Any] = []
    feed.listen(heard.append)

    def both(kind: type[Any]) -> bool:
        return {one.instrument for one in heard if isinstance(one, kind)} >= {0, 1}

    rig.wait(lambda: all(both(kind) for kind in (Quote, Trade, Depth)))
    rig.wait(lambda: sum(isinstance(one, Depth) for one in heard) > 20)
    rig.wait(lambda: any(isinstance(one, Mark) for one in heard))
    rig.wait(lambda: any(isinstance(one, FundingRate) for one in heard))
    feed.close()

    assert not [one for one in heard if type(one).__name__ == "FeedGap"]
