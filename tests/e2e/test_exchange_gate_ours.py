"""Our own dialect and driver on `steelyard exchange`'s Gate: one account, coins and contracts."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from steelyard.exchange.gate.listing import instruments
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
    OrderReport,
    OrderState,
    Refusal,
    TradeReport,
    Trades,
)
from steelyard.venues.native.dialect import Channel, Profile
from steelyard.venues.native.feed import NativeFeed
from tests.e2e.gate_rig import (
    PERP,
    SPOT,
    Ours,
    control,
    fresh_id,
    gate_process,
    keys_of,
    placing,
    rigs,
)


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with gate_process() as line:
        yield line


@pytest.fixture
def ours(told: dict[str, Any]) -> Iterator[Callable[..., Ours]]:
    with rigs(told) as make:
        yield make


def test_our_listing_reads_what_the_exchange_lists(ours: Callable[..., Ours]) -> None:
    spot, perp = ours(hedged=False).instruments
    listed = {one.name: one for one in instruments()}
    for mine, theirs in ((spot, listed[SPOT]), (perp, listed[PERP])):
        assert mine.price_decimal(mine.tick) == theirs.price_decimal(theirs.tick)
        assert mine.quantity_decimal(mine.lot) == theirs.quantity_decimal(theirs.lot)
        assert mine.multiplier == theirs.multiplier
        assert mine.quantity_decimal(mine.quantity_min) == theirs.quantity_decimal(
            theirs.quantity_min
        )


@pytest.mark.parametrize("over_socket", [True, False])
def test_ours_trades_spot_and_a_perpetual_from_one_account(
    ours: Callable[..., Ours], over_socket: bool
) -> None:
    rig = ours(hedged=False, over_socket=over_socket)
    venue = rig.open(6, hedged=False)
    before = rig.holdings(venue)
    spot_id, perp_id = fresh_id(1 + over_socket), fresh_id(3 + over_socket)

    for client_id, place, quantity in ((spot_id, 0, 1_000_000), (perp_id, 1, 150_000)):
        rig.done(partial(venue.place, placing(client_id, place, BUY, quantity)))
        rig.wait(
            lambda name=client_id: any(  # type: ignore[misc]
                one.state is OrderState.FILLED for one in rig.told(OrderReport, name)
            )
        )
    rig.wait(lambda: bool(rig.told(TradeReport, perp_id)))
    by_perp = rig.done(partial(venue.order, perp_id, 1))
    by_spot = rig.done(partial(venue.order, spot_id, 0))
    page = rig.done(partial(venue.trades, ""))
    after = rig.holdings(venue)
    absent = rig.reply(partial(venue.order, fresh_id(99), 0))

    assert isinstance(by_perp, OrderFound)
    assert by_perp.complete
    assert by_perp.trades == tuple(rig.told(TradeReport, perp_id))
    assert by_spot.report.state is OrderState.FILLED
    assert sum(trade.quantity for trade in by_spot.trades) == 1_000_000
    assert isinstance(page, Trades)
    assert page.complete
    assert {trade.client_id for trade in page.trades} >= {spot_id, perp_id}
    taken = sum(trade.coin_fee for trade in by_spot.trades)
    assert taken == 1_000
    assert after[0, 0] - before.get((0, 0), 0) == 1_000_000 - taken
    assert after[1, 0] - before.get((1, 0), 0) == 150_000
    assert isinstance(absent, Refusal)
    assert absent.fault == Fault.NO_ORDER


def test_ours_trades_both_sides_and_its_stop_waits_under_its_ownfresh_id(
    ours: Callable[..., Ours],
) -> None:
    rig = ours(hedged=True)
    venue = rig.open(7, hedged=True)
    long, short, stop, rest, spot_stop = (fresh_id(number) for number in range(10, 15))
    rig.done(partial(venue.place, placing(long, 1, BUY, 300_000, position_side=LONG)))
    rig.done(partial(venue.place, placing(short, 1, SELL, 100_000, position_side=SHORT)))
    rig.wait(lambda: bool(rig.told(TradeReport, long) and rig.told(TradeReport, short)))
    held = rig.holdings(venue)
    assert (held[1, LONG], held[1, SHORT]) == (300_000, -100_000)
    assert {one.position_side for one in rig.told(TradeReport, short)} == {SHORT}

    spot, perp = rig.instruments
    trigger = rig.told(TradeReport, long)[0].price * 9 // 10 // perp.tick * perp.tick
    below = rig.told(TradeReport, long)[0].price * 8 // 10 // 10**perp.price_decimals
    orders = (
        placing(
            stop, 1, SELL, 300_000, type=STOP_MARKET, trigger=trigger, flags=REDUCE_ONLY,
            position_side=LONG,
        ),
        placing(rest, 1, BUY, 10_000, type=LIMIT, price=trigger, position_side=LONG),
        placing(
            spot_stop, 0, SELL, 100_000, type=STOP_MARKET,
            trigger=below * 10**spot.price_decimals,
        ),
    )  # fmt: skip
    for order in orders:
        rig.done(partial(venue.place, order))
    opened = rig.done(venue.open_orders)
    assert isinstance(opened, OpenOrders)
    assert {(one.client_id, bool(one.trigger)) for one in opened.orders} == {
        (stop, True), (rest, False), (spot_stop, True),
    }  # fmt: skip
    assert rig.done(partial(venue.order, stop, 1)).report.trigger == trigger
    rig.done(partial(venue.cancel, stop, 1))
    rig.done(partial(venue.cancel, spot_stop, 0))
    rig.done(partial(venue.cancel, rest, 1))
    rig.wait(
        lambda: all(
            any(one.state is OrderState.CANCELED for one in rig.told(OrderReport, name))
            for name in (stop, rest)
        )
    )
    assert rig.done(venue.open_orders).orders == ()
    everything = (fresh_id(15), fresh_id(16))
    rig.done(partial(venue.place, replace(orders[0], client_id=everything[0])))
    rig.done(partial(venue.place, replace(orders[1], client_id=everything[1])))
    rig.done(partial(venue.cancel_all, 1))
    assert rig.done(venue.open_orders).orders == ()
    again = rig.reply(partial(venue.cancel, stop, 1))
    assert isinstance(again, Refusal)
    assert again.fault == Fault.NO_ORDER


def test_ours_amends_is_refused_and_reads_its_account(ours: Callable[..., Ours]) -> None:
    rig = ours(hedged=False)
    venue = rig.open(8, hedged=False)
    dialect = venue._dialect
    perp = rig.instruments[1]
    name = fresh_id(20)
    rest = placing(name, 1, SELL, 20_000, type=LIMIT, price=90_000 * 10**perp.price_decimals)
    rig.done(partial(venue.place, rest))
    price = 91_000 * 10**perp.price_decimals
    report = rig.done(partial(venue.ask, lambda: dialect.amend(name, 1, price, 30_000)))
    assert (report.price, report.quantity, report.side) == (price, 30_000, SELL)
    crossing = placing(
        fresh_id(21),
        1,
        BUY,
        10_000,
        type=LIMIT,
        flags=POST_ONLY,
        price=90_000 * 10**perp.price_decimals,
    )
    refusal = rig.reply(partial(venue.place, crossing))
    assert isinstance(refusal, Refusal)
    assert refusal.fault == Fault.POST_ONLY
    rig.done(partial(venue.ask, lambda: dialect.set_leverage(1, 7)))
    rig.done(partial(venue.ask, lambda: dialect.set_leverage(1, 7)))
    profile = rig.done(partial(venue.ask, dialect.profile))
    assert isinstance(profile, Profile)
    assert profile.user == keys_of(8)["uid"]
    assert profile.fees[PERP] == (20_000, 50_000)
    rig.done(partial(venue.ask, lambda: dialect.guard(5 * 10**9)))
    # Nobody asks again: the countdown cancels what rests.
    rig.wait(lambda: any(one.state is OrderState.CANCELED for one in rig.told(OrderReport, name)))


def test_ours_hears_the_market(ours: Callable[..., Ours]) -> None:
    rig = ours(hedged=False)
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=2, bar_ns=60 * 10**9,
        channels=frozenset(Channel) - {Channel.STATUS},
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


def test_stops_that_fire_trade_under_their_own_ids(
    told: dict[str, Any], ours: Callable[..., Ours]
) -> None:
    rig = ours(hedged=False)
    venue = rig.open(9, hedged=False)
    spot, perp = rig.instruments
    coins, long, spot_stop, perp_stop = (fresh_id(number) for number in range(30, 34))
    rig.done(partial(venue.place, placing(coins, 0, BUY, 2_000_000)))
    rig.done(partial(venue.place, placing(long, 1, BUY, 200_000)))
    rig.wait(lambda: bool(rig.told(TradeReport, coins) and rig.told(TradeReport, long)))
    last = rig.told(TradeReport, long)[0].price // 10**perp.price_decimals
    rig.done(
        partial(
            venue.place,
            placing(
                spot_stop, 0, SELL, 1_000_000, type=STOP_MARKET,
                trigger=last * 98 // 100 * 10**spot.price_decimals,
            ),
        )
    )  # fmt: skip
    rig.done(
        partial(
            venue.place,
            placing(
                perp_stop, 1, SELL, 200_000, type=STOP_MARKET, flags=REDUCE_ONLY,
                trigger=last * 98 // 100 * 10**perp.price_decimals,
            ),
        )
    )  # fmt: skip

    control(told, "price", base="BTC", price=str(last * 97 // 100))
    try:
        rig.wait(lambda: bool(rig.told(TradeReport, spot_stop)))
        rig.wait(lambda: bool(rig.told(TradeReport, perp_stop)))
        found = rig.done(partial(venue.order, perp_stop, 1))
        in_coins = rig.done(partial(venue.order, spot_stop, 0))
    finally:
        control(told, "price", base="BTC", price=str(last))

    assert found.complete
    assert found.report.client_id == perp_stop
    assert found.report.state is OrderState.FILLED
    assert {trade.client_id for trade in found.trades} == {perp_stop}
    assert in_coins.report.client_id == spot_stop
    assert in_coins.complete
    assert (1, 0) not in rig.holdings(venue)
    # Whoever comes later knows them too: their trades bear the venue's own text.
    later = ours(hedged=False)
    page = later.done(partial(later.open(9, hedged=False).trades, ""))
    assert {trade.client_id for trade in page.trades} == {coins, long, spot_stop, perp_stop}


def test_funding_and_forced_closing_are_told(
    told: dict[str, Any], ours: Callable[..., Ours]
) -> None:
    rig = ours(hedged=False)
    venue = rig.open(10, hedged=False)
    rig.done(partial(venue.place, placing(fresh_id(40), 1, BUY, 500_000)))
    control(told, "funding", instrument=PERP, rate="0.001", settle=True)
    page = rig.done(partial(venue.trades, ""))
    (paid,) = page.funding
    (trade,) = page.trades
    # 50 contracts of 0.0001 BTC, about a thousandth of their worth.
    worth = trade.price * 50 * 10**4 // 10 ** rig.instruments[1].price_decimals
    assert paid.payment == pytest.approx(worth // 1000, rel=0.02)
    assert rig.done(partial(venue.trades, page.cursor)).funding in {(), (paid,)}

    control(told, "force", account=10, instrument=PERP, reason="adl")
    rig.wait(lambda: any(isinstance(one, TradeReport) and one.forced for one in rig.news))
    assert {one.forced for one in rig.news if isinstance(one, TradeReport)} == {"", "adl"}
