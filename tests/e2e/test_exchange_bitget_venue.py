"""Our own venue on our Bitget: spot and perpetuals, one-way and hedged, over socket and REST."""

from collections.abc import Iterator
from typing import Any

import pytest

from steelyard.exchange.bitget.listing import instruments as listed
from steelyard.kernel.ports import FeedGap
from steelyard.model.client_ids import encode
from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    LIMIT,
    LONG,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
)
from steelyard.model.market import Depth, FundingRate, Mark
from steelyard.model.reports import (
    Fault,
    FundingReport,
    OrderReport,
    OrderState,
    Refusal,
    Strange,
    Success,
    TradeReport,
)
from steelyard.venues.native.dialect import Channel, Permission
from tests.e2e.bitget_exchange import BitgetProcess, House, running

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
MINUTE_NS = 60_000_000_000


@pytest.fixture(scope="module")
def exchange() -> Iterator[BitgetProcess]:
    with running() as process:
        yield process


@pytest.fixture(autouse=True)
def _calm(exchange: BitgetProcess) -> Iterator[None]:
    yield
    exchange.close_clients()
    exchange.act("clear")
    exchange.price("60000")


def _id(slot: int) -> str:
    return encode(1, 1, slot, slot + 1, venue="bitget")


def _instrument(name: str) -> Instrument:
    return next(one for one in listed() if one.name == name)


def _opened(
    exchange: BitgetProcess, *names: str, hedged: bool = False, over_socket: bool = True,
    account: dict[str, Any] | None = None,
) -> House:  # fmt: skip
    """Our venue, with what it lists in its own words."""
    account = account or exchange.account()
    looking = House(exchange, account, (_instrument(SPOT),), over_socket=False)
    found = {one.name: one for one in looking.good(looking.venue.listing).instruments}
    looking.close()
    for name in names:
        assert found[name] == _instrument(name) or found[name].margin_tiers == ()
    house = House(
        exchange, account, tuple(found[name] for name in names), hedged=hedged,
        over_socket=over_socket,
    )  # fmt: skip
    if hedged:
        house.good(lambda heard: house.venue.ask(lambda: house.dialect.set_hedged(True), heard))
    house.listen()
    return house


@pytest.mark.parametrize("over_socket", [True, False])
@pytest.mark.parametrize("name", [SPOT, PERP])
def test_our_venue_makes_fills_and_cancels(
    exchange: BitgetProcess, name: str, over_socket: bool
) -> None:
    house = _opened(exchange, name, over_socket=over_socket)
    one = house.market._symbols.instruments[0]
    size = int(one.quantity("0.01"))
    resting = int(one.price("59000"))

    assert isinstance(
        house.place(client_id=_id(0), side=BUY, type=LIMIT, price=resting, quantity=size), Success
    )
    house.until(lambda: bool(house.told(OrderReport, _id(0))))
    page = house.good(house.venue.open_orders)
    assert page.complete
    assert [(each.client_id, each.price, each.state) for each in page.orders] == [
        (_id(0), resting, OrderState.OPEN)
    ]
    house.good(lambda heard: house.venue.cancel(_id(0), 0, heard))
    house.until(lambda: house.told(OrderReport, _id(0))[-1].state is OrderState.CANCELED)
    assert house.good(house.venue.open_orders).orders == ()

    before = house.good(house.venue.holdings)
    assert isinstance(house.place(client_id=_id(1), side=BUY, type=MARKET, quantity=size), Success)
    house.until(lambda: bool(house.told(TradeReport, _id(1))))
    house.until(lambda: house.told(OrderReport, _id(1))[-1].state is OrderState.FILLED)
    found = house.good(lambda heard: house.venue.order(_id(1), 0, heard))
    assert found.complete
    assert sum(each.quantity for each in found.trades) == size
    streamed = {each.trade: each for each in house.told(TradeReport, _id(1))}
    assert {each.trade for each in found.trades} == set(streamed)
    for each in found.trades:
        paid = (each.fee, each.coin_fee)
        assert (streamed[each.trade].fee, streamed[each.trade].coin_fee) == paid
        assert paid[name == SPOT] > 0 == paid[name != SPOT]
    after = house.good(house.venue.holdings)
    assert after.complete

    def held(page: Any) -> int:
        return sum(each.quantity for each in page.positions)

    assert held(after) - held(before) == size - sum(each.coin_fee for each in found.trades)
    assert after.cash < before.cash
    told = house.good(lambda heard: house.venue.trades("", heard))
    assert [each.client_id for each in told.trades] == [_id(1)] * len(told.trades)
    again = house.good(lambda heard: house.venue.trades(told.cursor, heard))
    assert again.trades == ()

    taken = house.place(client_id=_id(1), side=BUY, type=LIMIT, price=resting, quantity=size)
    assert isinstance(taken, Success)  # its order is over: the id is free again
    twice = house.place(client_id=_id(1), side=BUY, type=LIMIT, price=resting, quantity=size)
    assert isinstance(twice, Refusal)
    assert twice.fault is Fault.DUPLICATE
    house.close()


def test_our_venue_asks_for_strangers_trades_by_their_orders(exchange: BitgetProcess) -> None:
    """A restart forgets whose order numbers are; the venue's trades do not tell either."""
    house = _opened(exchange, PERP)
    size = int(house.market._symbols.instruments[0].quantity("0.01"))
    house.place(client_id=_id(4), side=BUY, type=MARKET, quantity=size)
    house.until(lambda: bool(house.told(TradeReport, _id(4))))
    house.dialect._reports.memory.__init__()  # type: ignore[misc]

    told = house.good(lambda heard: house.venue.trades("", heard))

    assert {each.client_id for each in told.trades} == {_id(4)}
    house.close()


def test_our_venue_amends_sets_leverage_and_cancels_all(exchange: BitgetProcess) -> None:
    house = _opened(exchange, SPOT, PERP)
    one = house.market._symbols.instruments[1]
    size, price = int(one.quantity("0.01")), int(one.price("59000"))
    for slot in (0, 1):
        house.place(client_id=_id(slot), instrument=1, side=BUY, type=LIMIT, price=price,
                    quantity=size)  # fmt: skip

    def amend() -> Any:
        return house.dialect.amend(_id(0), 1, price - 10, 2 * size)

    house.good(lambda heard: house.venue.ask(amend, heard, changing=True))
    found = house.good(lambda heard: house.venue.order(_id(0), 1, heard)).report
    assert (found.price, found.quantity, found.state) == (price - 10, 2 * size, OrderState.OPEN)
    for _ in range(2):  # the second time it is so already
        house.good(lambda heard: house.venue.ask(lambda: house.dialect.set_leverage(1, 7), heard))
    house.good(lambda heard: house.venue.cancel_all(1, heard))
    house.good(lambda heard: house.venue.cancel_all(1, heard))
    assert house.good(house.venue.open_orders).orders == ()
    for slot in (0, 1):
        house.until(
            lambda slot=slot: (
                house.told(OrderReport, _id(slot))[-1].state  # type: ignore[misc]
                is OrderState.CANCELED
            )
        )
    house.close()


def test_our_venue_is_told_no_in_classes(exchange: BitgetProcess) -> None:
    house = _opened(exchange, SPOT, PERP)
    one = house.market._symbols.instruments[1]
    price, size = int(one.price("59000")), int(one.quantity("0.01"))

    def refused(**fields: Any) -> Fault:
        reply = house.place(**{"instrument": 1, "side": BUY, "type": LIMIT, "price": price,
                               "quantity": size, **fields})  # fmt: skip
        assert isinstance(reply, Refusal), reply
        return reply.fault

    assert refused(client_id=_id(1), quantity=1000 * size * 100) is Fault.FUNDS
    assert refused(client_id=_id(2), quantity=0) is Fault.OTHER
    assert refused(client_id=_id(3), side=SELL, type=MARKET, flags=REDUCE_ONLY) is Fault.REDUCE_ONLY
    gone = house.ask(lambda heard: house.venue.cancel(_id(9), 1, heard))
    assert isinstance(gone, Refusal)
    assert gone.fault is Fault.NO_ORDER
    # A post-only order that would trade is taken and ended at once.
    crossing = house.place(client_id=_id(5), instrument=1, side=BUY, type=LIMIT, flags=POST_ONLY,
                           price=int(one.price("60600")), quantity=size)  # fmt: skip
    assert isinstance(crossing, Success)
    house.until(lambda: bool(house.told(OrderReport, _id(5))))
    assert house.told(OrderReport, _id(5))[-1].state is OrderState.CANCELED
    house.close()


def test_our_venue_trades_hedged(exchange: BitgetProcess) -> None:
    house = _opened(exchange, PERP, hedged=True)
    one = house.market._symbols.instruments[0]
    size = int(one.quantity("0.01"))
    legs = [
        (0, BUY, LONG, 0), (1, SELL, SHORT, 0), (2, SELL, LONG, REDUCE_ONLY),
        (3, BUY, SHORT, REDUCE_ONLY),
    ]  # fmt: skip
    for slot, side, position, flags in legs:
        reply = house.place(client_id=_id(slot), side=side, type=MARKET, quantity=size,
                            position_side=position, flags=flags)  # fmt: skip
        assert isinstance(reply, Success)
        house.until(lambda slot=slot: bool(house.told(TradeReport, _id(slot))))  # type: ignore[misc]
        (trade,) = {(t.trade, t.side, t.position_side) for t in house.told(TradeReport, _id(slot))}
        assert trade[1:] == (side, position)
        if slot == 1:
            held = house.good(house.venue.holdings)
            assert held.hedged
            assert {(each.position_side, each.quantity) for each in held.positions} == {
                (LONG, size), (SHORT, -size),
            }  # fmt: skip
    assert house.good(house.venue.holdings).positions == ()
    told = house.good(lambda heard: house.venue.trades("", heard))
    assert [(t.side, t.position_side) for t in told.trades] == [
        (side, position) for _, side, position, _ in legs
    ]
    house.close()


def test_a_stop_of_ours_is_found_again_as_what_it_became(exchange: BitgetProcess) -> None:
    house = _opened(exchange, PERP)
    one = house.market._symbols.instruments[0]
    size = int(one.quantity("0.01"))
    house.place(client_id=_id(0), side=BUY, type=MARKET, quantity=size)
    placed = house.place(client_id=_id(1), side=SELL, type=STOP_MARKET, flags=REDUCE_ONLY,
                         quantity=size, trigger=int(one.price("58000")))  # fmt: skip
    assert isinstance(placed, Success)
    house.until(lambda: bool(house.told(OrderReport, _id(1))))
    waiting = house.good(house.venue.open_orders).orders
    assert [(each.client_id, each.trigger, each.reduce_only) for each in waiting] == [
        (_id(1), int(one.price("58000")), True)
    ]

    exchange.price("57500")
    house.until(lambda: any(isinstance(each, Strange) for each in house.news))
    found = house.good(lambda heard: house.venue.order(_id(1), 0, heard))
    assert found.report.state is OrderState.FILLED
    assert found.report.client_id == _id(1)
    assert sum(each.quantity for each in found.trades) == size
    told = house.good(lambda heard: house.venue.trades("", heard))
    assert [each.client_id for each in told.trades] == [_id(0), _id(1)]
    assert house.good(house.venue.holdings).positions == ()
    house.close()


def test_a_lost_reply_is_asked_about_and_funding_is_told(exchange: BitgetProcess) -> None:
    house = _opened(exchange, PERP, over_socket=False)
    one = house.market._symbols.instruments[0]
    size = int(one.quantity("0.01"))
    exchange.act("fault", fault="lost_after", path="POST /api/v2/mix/order/place-order", count=1)
    reply = house.place(client_id=_id(0), side=BUY, type=MARKET, quantity=size)
    assert type(reply).__name__ == "Unclear"
    found = house.good(lambda heard: house.venue.order(_id(0), 0, heard))
    assert found.report.state is OrderState.FILLED

    exchange.act("funding", dialect="bitget", instrument=PERP, rate="0.0001")
    told = house.good(lambda heard: house.venue.trades("", heard))
    (payment,) = told.funding
    assert isinstance(payment, FundingReport)
    assert payment.payment == pytest.approx(0.0001 * 600 * 10**8, rel=0.01)
    house.close()


@pytest.mark.parametrize("hedged", [False, True])
@pytest.mark.parametrize("reason", ["liquidation", "adl"])
def test_a_forced_close_is_told_as_one(exchange: BitgetProcess, reason: str, hedged: bool) -> None:
    account = exchange.account()
    house = _opened(exchange, PERP, hedged=hedged, account=account)
    size = int(house.market._symbols.instruments[0].quantity("0.01"))
    house.place(client_id=_id(0), side=SELL, type=MARKET, quantity=size,
                position_side=SHORT if hedged else LONG)  # fmt: skip
    house.until(lambda: bool(house.told(TradeReport, _id(0))))
    exchange.act("force", dialect="bitget", account=account["account"], instrument=PERP,
                 reason=reason)  # fmt: skip

    def forced() -> list[TradeReport]:
        return [each for each in house.news if isinstance(each, TradeReport) and each.forced]

    house.until(lambda: bool(forced()))
    (told,) = {(each.trade, each.side, each.position_side, each.forced) for each in forced()}
    assert told[1:] == (BUY, SHORT if hedged else LONG, reason)
    page = house.good(lambda heard: house.venue.trades("", heard))
    assert [each.forced for each in page.trades] == ["", reason]
    assert house.good(house.venue.holdings).positions == ()
    house.close()


def test_our_venue_reads_what_a_key_may_do(exchange: BitgetProcess) -> None:
    house = _opened(exchange, SPOT, PERP)
    profile = house.good(lambda heard: house.venue.ask(house.dialect.profile, heard))

    assert Permission.TRADE in profile.permissions
    assert Permission.WITHDRAW not in profile.permissions
    assert profile.fees == {SPOT: (100_000, 100_000), PERP: (20_000, 60_000)}
    assert (profile.hedged, profile.margin_mode) == (False, "cross")
    house.close()


def test_our_feed_follows_the_market_and_notices_a_lost_change(exchange: BitgetProcess) -> None:
    instruments = (_instrument(SPOT), _instrument(PERP))
    house = House(exchange, exchange.account(), instruments, over_socket=False)
    heard: list[Any] = []
    channels = frozenset({
        Channel.QUOTES, Channel.TRADES, Channel.DEPTH, Channel.BARS, Channel.MARK, Channel.FUNDING,
    })  # fmt: skip
    feed = house.feed(channels, MINUTE_NS)
    feed.listen(heard.append)

    def told(kind: Any, instrument: int) -> list[Any]:
        return [each for each in heard if isinstance(each, kind) and each.instrument == instrument]

    for index in (0, 1):
        house.until(lambda index=index: bool(told(Depth, index)))  # type: ignore[misc]
    for step in range(10):
        exchange.price(str(60_000 + 11 * (step % 4)))
    for index in (0, 1):
        house.until(lambda index=index: len(told(Depth, index)) > 5)  # type: ignore[misc]
        assert told(Depth, index)[0].snapshot
        house.until(lambda index=index: bool(told(Quote, index)))  # type: ignore[misc]
        house.until(lambda index=index: bool(told(Trade, index)))  # type: ignore[misc]
    house.until(lambda: bool(told(Mark, 1)) and bool(told(FundingRate, 1)))
    assert told(Mark, 0) == []
    assert not any(isinstance(each, FeedGap) for each in heard)
    assert all(each.bar.high >= each.bar.low for each in heard if isinstance(each, BarClosed))

    exchange.act("fault", fault="gap", instrument=PERP, topic="depth", count=1)
    snapshots = sum(each.snapshot for each in told(Depth, 1))
    exchange.price("60100")
    exchange.price("60110")
    house.until(lambda: any(isinstance(each, FeedGap) for each in heard))
    house.until(lambda: sum(each.snapshot for each in told(Depth, 1)) > snapshots)
    feed.close()
    house.close()


def test_our_market_reads_history(exchange: BitgetProcess) -> None:
    house = House(exchange, exchange.account(), (_instrument(SPOT), _instrument(PERP)))
    end_ns = house.offset.venue_now_ns() // MINUTE_NS * MINUTE_NS
    start_ns = end_ns - 1500 * MINUTE_NS
    for index in (0, 1):
        bars = house.good(
            lambda heard, index=index: house.venue.ask(  # type: ignore[misc]
                lambda: house.market.bars(index, MINUTE_NS, start_ns, end_ns), heard
            )
        )
        assert [bar.ts_ns for bar in bars] == list(
            range(start_ns + MINUTE_NS, end_ns + 1, MINUTE_NS)
        )
        quote = house.good(
            lambda heard, index=index: house.venue.ask(  # type: ignore[misc]
                lambda: house.market.quote(index), heard
            )
        )
        assert quote.bid < quote.ask
    house.close()
