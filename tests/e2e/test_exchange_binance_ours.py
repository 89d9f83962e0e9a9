"""`steelyard exchange` speaks Binance, and our own dialect trades on it: spot, perpetuals, both."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from steelyard.exchange.binance.listing import instruments as listed
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import (
    BUY,
    LIMIT,
    LONG,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
)
from steelyard.model.market import Depth, FundingRate, Mark
from steelyard.model.reports import (
    Fault,
    OpenOrders,
    OrderFound,
    OrderState,
    Refusal,
    TradeReport,
    Trades,
)
from steelyard.venues.native.dialect import (
    Channel,
    Permission,
    Profile,
)
from steelyard.venues.native.feed import NativeFeed
from tests.e2e.binance_exchange import PERP, SPOT, served
from tests.e2e.binance_rig import Ours, control, placing


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with served() as addresses:
        yield addresses


@pytest.fixture
def ours(told: dict[str, Any]) -> Iterator[Callable[..., Ours]]:
    opened: list[Ours] = []

    def make(
        *, names: tuple[str, ...] = (SPOT, PERP), hedged: bool = False, over_socket: bool = True
    ) -> Ours:
        opened.append(Ours(told, names, hedged=hedged, over_socket=over_socket))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize("over_socket, account", [(True, 8), (False, 9)])
def test_spot_and_a_perpetual_trade_from_one_account(
    ours: Callable[..., Ours], over_socket: bool, account: int
) -> None:
    rig = ours(over_socket=over_socket)
    venue = rig.open(account)
    before = rig.holdings(venue)

    for client_id, instrument, quantity in (("spot1", 0, 1_000_000), ("perp1", 1, 20)):
        rig.done(partial(venue.place, placing(client_id, instrument, BUY, quantity)))
        rig.ended(client_id, OrderState.FILLED)
    found = rig.done(partial(venue.order, "perp1", 1))
    page = rig.done(partial(venue.trades, ""))
    again = rig.done(partial(venue.trades, page.cursor))
    after = rig.holdings(venue)

    heard = rig.told(TradeReport, "perp1")
    assert isinstance(found, OrderFound)
    assert found.complete
    assert sorted(found.trades, key=lambda one: one.trade) == sorted(
        heard, key=lambda one: one.trade
    )
    assert isinstance(page, Trades)
    assert page.complete
    assert {trade.client_id for trade in page.trades} == {"spot1", "perp1"}
    assert again.trades == ()
    taken = sum(one.coin_fee for one in rig.told(TradeReport, "spot1"))
    assert taken == 1_000
    assert after[0, 0] - before[0, 0] == 1_000_000 - taken
    assert after[1, 0] == 20


def test_both_sides_of_a_hedged_account_and_orders_that_rest(ours: Callable[..., Ours]) -> None:
    rig = ours(hedged=True)
    venue = rig.open(10, hedged=True)
    rig.done(partial(venue.place, placing("long1", 1, BUY, 30, position_side=LONG)))
    rig.done(partial(venue.place, placing("short1", 1, SELL, 10, position_side=SHORT)))
    held = rig.holdings(venue)
    assert (held[1, LONG], held[1, SHORT]) == (30, -10)

    rig.wait(lambda: bool(rig.told(TradeReport, "long1")))
    last = rig.told(TradeReport, "long1")[0].price
    trigger = last * 9 // 10 // 10 * 10
    stop = placing(
        "stop1", 1, SELL, 30, type=STOP_MARKET, trigger=trigger, flags=REDUCE_ONLY,
        position_side=LONG,
    )  # fmt: skip
    rest = placing("rest1", 0, BUY, 1_000_000, type=LIMIT, price=trigger)
    rig.done(partial(venue.place, stop))
    rig.done(partial(venue.place, rest))
    opened = rig.done(venue.open_orders)
    assert isinstance(opened, OpenOrders)
    assert {(one.client_id, one.trigger) for one in opened.orders} == {
        ("stop1", trigger), ("rest1", 0),
    }  # fmt: skip
    rig.done(partial(venue.cancel, "stop1", 1))
    rig.done(partial(venue.cancel_all, 0))
    for name in ("stop1", "rest1"):
        rig.ended(name, OrderState.CANCELED)
    assert rig.done(venue.open_orders).orders == ()

    rig.done(partial(venue.place, placing("long2", 1, SELL, 30, position_side=LONG)))
    rig.done(partial(venue.place, placing("short2", 1, BUY, 10, position_side=SHORT)))
    rig.ended("short2", OrderState.FILLED)
    assert not [key for key in rig.holdings(venue) if key[0] == 1]


def test_a_stop_that_triggers_trades_under_its_own_id(
    ours: Callable[..., Ours], told: dict[str, Any]
) -> None:
    rig = ours(names=(PERP,))
    venue = rig.open(11)
    rig.done(partial(venue.place, placing("in1", 0, BUY, 20)))
    rig.wait(lambda: bool(rig.told(TradeReport, "in1")))
    last = rig.told(TradeReport, "in1")[0].price

    name, trigger = "stop1", last * 99 // 100 // 10 * 10
    stop = placing(name, 0, SELL, 20, type=STOP_MARKET, trigger=trigger, flags=REDUCE_ONLY)
    rig.done(partial(venue.place, stop))
    control(told, "price", base="BTC", price=str(trigger // 100 - 50))
    rig.ended(name, OrderState.FILLED)
    rig.wait(lambda: sum(one.quantity for one in rig.told(TradeReport, name)) == 20)
    control(told, "price", base="BTC", price=str(last // 100))

    found = rig.done(partial(venue.order, name, 0))
    assert found.report.state is OrderState.FILLED
    assert sum(one.quantity for one in found.trades) == 20
    assert not rig.holdings(venue)


def test_refusals_have_their_classes(ours: Callable[..., Ours]) -> None:
    rig = ours()
    venue = rig.open(12)
    cases = [
        (placing("r1", 0, BUY, 10**11), Fault.FUNDS),
        (placing("r2", 0, BUY, 1, type=LIMIT, price=100), Fault.FILTER),
        (placing("r3", 1, SELL, 10, flags=REDUCE_ONLY), Fault.REDUCE_ONLY),
        (placing("r4", 1, BUY, 10, type=LIMIT, price=6_200_003), Fault.FILTER),
        (placing("r5", 1, BUY, 10, type=LIMIT, price=6_600_000, flags=POST_ONLY), Fault.POST_ONLY),
        (placing("r6", 0, BUY, 10**6, type=LIMIT, price=6_600_000, flags=POST_ONLY),
         Fault.POST_ONLY),
    ]  # fmt: skip

    for order, fault in cases:
        reply = rig.reply(partial(venue.place, order))
        assert isinstance(reply, Refusal), (order, reply)
        assert reply.fault is fault, (order, reply)
    gone = rig.reply(partial(venue.cancel, "never", 1))
    assert isinstance(gone, Refusal)
    assert gone.fault is Fault.NO_ORDER
    lost = rig.reply(partial(venue.order, "never", 1))
    assert isinstance(lost, Refusal)
    assert lost.fault is Fault.NO_ORDER


def test_the_profile_leverage_amendment_and_switch(ours: Callable[..., Ours]) -> None:
    rig = ours()
    venue = rig.open(13)
    dialect = venue._dialect

    profile = rig.done(partial(venue.ask, dialect.profile))
    rig.done(partial(venue.ask, partial(dialect.set_leverage, 1, 5)))
    rest = placing("rest1", 1, BUY, 10, type=LIMIT, price=5_000_000)
    rig.done(partial(venue.place, rest))
    changed = rig.done(partial(venue.ask, partial(dialect.amend, "rest1", 1, 5_000_100, 20)))
    rig.done(partial(venue.ask, partial(dialect.guard, 1_000_000_000)))
    rig.ended("rest1", OrderState.CANCELED)

    assert isinstance(profile, Profile)
    assert profile.permissions == {Permission.READ, Permission.TRADE}
    assert profile.fees == {SPOT: (100_000, 100_000), PERP: (20_000, 50_000)}
    assert (changed.price, changed.quantity) == (5_000_100, 20)


def test_the_market_is_heard(ours: Callable[..., Ours]) -> None:
    rig = ours()
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


def test_the_listing_and_its_history(ours: Callable[..., Ours]) -> None:
    rig = ours()
    venue = rig.open(2)

    found = rig.done(partial(venue.ask, rig.market.listing))
    now_ns = rig.done(partial(venue.ask, rig.market.time))
    span_ns = 60 * 10**9
    bars = rig.done(
        partial(venue.ask, partial(rig.market.bars, 1, span_ns, now_ns - 10 * span_ns, now_ns))
    )
    quote = rig.done(partial(venue.ask, partial(rig.market.quote, 0)))

    theirs = {one.name: one for one in listed()}
    assert {one.instrument.name for one in found} == theirs.keys()
    for one in found:
        same, told = theirs[one.instrument.name], one.instrument
        assert one.status == "trading"
        assert same.price_decimal(same.tick) == told.price_decimal(told.tick)
        assert same.quantity_decimal(same.lot) == told.quantity_decimal(told.lot)
        assert same.money_decimal(same.notional_min) == told.money_decimal(told.notional_min)
        assert same.kind == told.kind
    assert 9 <= len(bars) <= 10
    assert all(bar.ts_ns <= now_ns and bar.ts_ns % span_ns == 0 for bar in bars)
    assert quote.bid < quote.ask
