"""Each rule of a paper exchange, one by one."""

import pytest
from msgspec.structs import replace

from steelyard.model import reasons
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, LIMIT, POST_ONLY, REDUCE_ONLY, SELL, SHORT, STOP_MARKET
from steelyard.model.reports import Fault, Linked, Refusal, Reply, VenueStatus
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import PAPER_TERMS, ExchangeRules
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_paper.shop import COIN, PERPETUAL, Shop, fault, order, value
from tests.unit.venues_sim.driving import linear, spot

SECOND = 1_000_000_000


def requests(shop: Shop) -> list[Reply]:
    x, now = shop.x, shop.now
    return [
        shop.place("r"),
        shop.cancel("r"),
        x.cancel_all(now, 0, 0),
        x.order(now, 0, "r", 0),
        x.open_orders(now, 0),
        x.trades(now, 0),
        x.holdings(now, 0),
    ]


def test_a_create_outside_of_its_window_is_refused() -> None:
    shop = Shop()
    window = PAPER_TERMS.validity_ns

    assert fault(shop.place("a", sent_ns=shop.now - window - 1)) == Fault.CLOCK
    assert fault(shop.place("b", sent_ns=shop.now + SECOND + 1)) == Fault.CLOCK
    value(shop.place("c", sent_ns=shop.now - window))
    value(shop.place("d", sent_ns=shop.now + SECOND))
    assert fault(shop.x.cancel(shop.now, 0, "c", 0, sent_ns=0)) == Fault.CLOCK
    assert shop.open_ids() == ["c", "d"]


def test_an_id_is_used_once() -> None:
    shop = Shop()
    shop.place("a")
    assert fault(shop.place("a")) == Fault.DUPLICATE
    shop.cancel("a")
    assert fault(shop.place("a")) == Fault.DUPLICATE


def test_an_id_may_come_again_where_only_open_orders_count() -> None:
    shop = Shop(rules=ExchangeRules(id_scope="open"))
    shop.place("a")
    assert fault(shop.place("a")) == Fault.DUPLICATE
    shop.tick(9_000)

    value(shop.place("a", BUY, 8_900, 3))  # what a resend of a filled create would do

    assert shop.found("a").report.quantity == 3
    value(shop.cancel("a"))
    assert shop.sound()


def test_a_refused_create_leaves_its_id_free() -> None:
    shop = Shop()
    assert fault(shop.place("a", quantity=0)) == Fault.FILTER
    value(shop.place("a"))


@pytest.mark.parametrize("client_id", ["", "with space", "x" * 37, "ümlaut", "a\n"])
def test_an_id_outside_of_the_grammar_is_refused(client_id: str) -> None:
    assert fault(Shop().place(client_id)) == Fault.OTHER


def test_another_grammar_may_be_asked_for() -> None:
    shop = Shop(rules=ExchangeRules(id_pattern=r"t-[0-9A-Za-z_.-]{1,28}"))
    assert fault(shop.place("a")) == Fault.OTHER
    value(shop.place("t-a"))


@pytest.mark.parametrize(
    "changes,quantity,price,code",
    [
        ({"tick": 5}, 10, 9_901, reasons.VENUE_TICK),
        ({"lot": 4}, 10, 9_900, reasons.VENUE_LOT),
        ({"quantity_min": 11}, 10, 9_900, reasons.VENUE_MINIMUM),
        ({"quantity_max": 9}, 10, 9_900, reasons.VENUE_MAXIMUM),
        ({"notional_min": 99_001}, 10, 9_900, reasons.VENUE_NOTIONAL),
    ],
)
def test_filters_change_while_it_runs(
    changes: dict[str, int], quantity: int, price: int, code: int
) -> None:
    shop = Shop((linear(),))
    value(shop.place("before", BUY, price, quantity))

    shop.x.relist(shop.now, 0, linear(**changes))

    refused = shop.place("after", BUY, price, quantity)
    assert isinstance(refused, Refusal)
    assert (refused.fault, refused.code) == (Fault.FILTER, code)
    assert shop.open_ids() == ["before"]


def test_units_never_change() -> None:
    with pytest.raises(ConfigurationError, match="units are fixed"):
        Shop((linear(),)).x.relist(0, 0, linear(price_decimals=2))


@pytest.mark.parametrize("instrument", [PERPETUAL, COIN])
def test_what_cannot_be_paid_is_refused(instrument: Instrument) -> None:
    shop = Shop((instrument,), cash=(100,))
    refused = shop.place("a", quantity=1000)
    assert isinstance(refused, Refusal)
    assert refused.fault == Fault.FUNDS
    assert refused.need > refused.have


def test_coins_that_are_not_there_are_not_sold() -> None:
    assert fault(Shop((COIN,)).place("a", SELL, 10_100)) == Fault.FUNDS


def test_reduce_only_without_a_position_is_refused() -> None:
    assert fault(Shop().place("a", SELL, 10_100, flags=REDUCE_ONLY)) == Fault.REDUCE_ONLY


def test_post_only_that_would_take_is_refused() -> None:
    shop = Shop()
    shop.tick(10_000)
    assert fault(shop.place("a", BUY, 10_100, flags=POST_ONLY)) == Fault.POST_ONLY


def test_a_trigger_that_is_reached_already_is_refused() -> None:
    refused = Shop().stop("s", SELL, 10_100)
    assert isinstance(refused, Refusal)
    assert (refused.fault, refused.code) == (Fault.OTHER, reasons.WOULD_TRIGGER)


def test_open_orders_and_waiting_ones_have_caps() -> None:
    shop = Shop(rules=ExchangeRules(orders_max=3, conditional_max=1))
    value(shop.stop("s1", SELL, 9_000))
    assert fault(shop.stop("s2", SELL, 9_000)) == Fault.TOO_MANY
    value(shop.place("a"))
    value(shop.place("b"))
    assert fault(shop.place("c")) == Fault.TOO_MANY

    shop.tick(8_000, side=BUY)  # the stop triggers and the orders fill: all is free again

    value(shop.stop("s3", SELL, 7_000))


def test_no_stops_where_the_venue_holds_none() -> None:
    shop = Shop(terms=replace(PAPER_TERMS, holds_stops=False))
    assert fault(shop.stop("s", SELL, 9_000)) == Fault.OTHER


def test_cancel_only_takes_cancels_and_questions() -> None:
    shop = Shop()
    shop.place("r")
    shop.told()
    shop.rule(status="cancel_only")

    assert shop.told() == [VenueStatus(ts_ns=shop.now, status="cancel_only")]
    first, second, *rest = requests(shop)
    assert fault(first) == Fault.CANCEL_ONLY
    assert value(second) is None
    assert not any(isinstance(reply, Refusal) for reply in rest)


def test_maintenance_refuses_everything() -> None:
    shop = Shop()
    shop.rule(status="maintenance")
    assert {fault(reply) for reply in requests(shop)} == {Fault.MAINTENANCE}
    shop.rule(status="normal")
    value(shop.place("a"))


def test_a_revoked_key_is_shut_out_and_others_are_not() -> None:
    shop = Shop(cash=(10**9, 10**9))
    shop.place("mine")
    shop.rule(revoked=frozenset({0}))

    assert {fault(reply) for reply in requests(shop)} == {Fault.AUTH}
    value(shop.place("yours", account=1))
    shop.tick(9_000)  # what rests goes on without a key
    assert shop.x.position(0, 0) == 10


def test_a_position_side_needs_a_hedged_account() -> None:
    shop = Shop()
    assert fault(shop.place("a", position_side=SHORT)) == Fault.MODE
    assert fault(shop.place("b", hedged=True)) == Fault.MODE
    value(shop.place("c", hedged=False))


def test_a_hedged_account_holds_both_sides_and_closes_only() -> None:
    shop = Shop(hedged=True)
    value(shop.market("long", BUY, 10, hedged=True))
    value(shop.market("short", SELL, 6, position_side=SHORT, hedged=True))
    assert [shop.x.position(0, 0, side) for side in (0, 1)] == [10, -6]

    value(shop.market("over", SELL, 25))

    assert [shop.x.position(0, 0, side) for side in (0, 1)] == [0, -6]
    assert shop.found("over").report.reduce_only
    assert fault(shop.place("d", hedged=False)) == Fault.MODE
    told = value(shop.x.holdings(shop.now, 0))
    assert told.hedged
    assert [(h.position_side, h.quantity) for h in told.positions] == [(SHORT, -6)]
    assert shop.sound()


def test_the_mode_changes_only_while_nothing_is_open() -> None:
    shop = Shop()
    shop.place("a")
    assert fault(shop.x.set_mode(0, hedged=True)) == Fault.MODE
    shop.cancel("a")
    value(shop.x.set_mode(0, hedged=True))
    assert fault(shop.place("b", hedged=False)) == Fault.MODE


def test_conditional_orders_may_have_a_namespace_of_their_own() -> None:
    shop = Shop(rules=ExchangeRules(algo_namespace=True))
    value(shop.place("x"))
    value(shop.stop("x", SELL, 9_000))
    value(shop.stop("s", SELL, 9_000))

    x, now = shop.x, shop.now
    assert fault(x.order(now, 0, "s", 0, algo=False)) == Fault.NO_ORDER
    assert value(x.order(now, 0, "s", 0, algo=True)).report.trigger == 9_000
    assert shop.found("s").report.trigger == 9_000
    assert shop.open_ids() == ["x", "x", "s"]
    value(shop.cancel("s"))
    value(shop.cancel("x"))
    value(shop.cancel("x"))
    assert shop.open_ids() == []


def test_answers_lag_and_the_stream_does_not() -> None:
    shop = Shop(rules=ExchangeRules(lag_ns=2 * SECOND))
    shop.now += 10 * SECOND
    placed_ns = shop.now
    value(shop.place("a"))

    assert fault(shop.x.order(shop.now, 0, "a", 0)) == Fault.NO_ORDER
    assert shop.open_ids() == []
    shop.now = placed_ns + 2 * SECOND
    assert shop.open_ids() == ["a"]
    shop.tick(9_000)
    filled_ns = shop.now

    assert shop.open_ids() == ["a"]
    assert shop.found("a").trades == ()
    assert value(shop.x.trades(shop.now, 0)).trades == ()
    stale = value(shop.x.holdings(shop.now, 0))
    assert (stale.positions, stale.as_of_ns) == ((), shop.now)
    assert len(shop.told()) == 3

    shop.now = filled_ns + 2 * SECOND
    assert shop.open_ids() == []
    assert len(shop.found("a").trades) == 1
    assert value(shop.x.holdings(shop.now, 0)).positions[0].quantity == 10
    assert fault(shop.cancel("a")) == Fault.NO_ORDER


def test_a_lagging_answer_may_say_how_old_it_is() -> None:
    shop = Shop(rules=ExchangeRules(lag_ns=SECOND, tells_age=True))
    assert value(shop.x.holdings(shop.now, 0)).as_of_ns == shop.now - SECOND


def test_old_orders_and_trades_may_be_forgotten_and_the_sums_stay() -> None:
    shop = Shop(rules=ExchangeRules(kept=5))
    value(shop.place("rests", BUY, 5_000, 1))
    for i in range(30):
        value(shop.market(f"m{i}", BUY if i % 3 else SELL, 2))

    assert shop.sound()
    assert len(shop.x.clerk.books[0].orders) <= 11
    assert fault(shop.x.order(shop.now, 0, "m0", 0)) == Fault.NO_ORDER
    assert shop.open_ids() == ["rests"]
    told = value(shop.x.trades(shop.now, 0))
    assert not told.complete
    assert told.cursor == "30"


@pytest.mark.parametrize(
    "wrong",
    [
        {"instrument": 1},
        {"instrument": -1},
        {"side": 0},
        {"type": 9},
        {"position_side": 2},
        {"price": 2**80},
        {"quantity": -(2**80)},
        {"type": STOP_MARKET, "trigger": 2**80},
    ],
)
def test_nonsense_is_refused_and_breaks_nothing(wrong: dict[str, int]) -> None:
    shop = Shop()
    nonsense = replace(order("a", BUY, 9_900, 10, type=LIMIT), **wrong)

    assert fault(shop.x.place(shop.now, 0, nonsense)) in (Fault.OTHER, Fault.FILTER)
    assert fault(shop.x.foreign_place(shop.now, 0, nonsense)) in (Fault.OTHER, Fault.FILTER)
    value(shop.place("a"))


def test_rules_and_settings_that_make_no_sense_are_named() -> None:
    with pytest.raises(ConfigurationError, match="id_scope"):
        Shop(rules=ExchangeRules(id_scope="sometimes"))
    with pytest.raises(ConfigurationError, match="order_delay_ns"):
        SimExchange((spot(),), matching=SimSettings(order_delay_ns=5))


def test_a_change_of_rules_that_keeps_the_status_tells_nothing() -> None:
    shop = Shop()
    shop.rule(orders_max=7)
    assert not any(isinstance(news, VenueStatus | Linked) for news in shop.told())


def test_without_a_cap_many_orders_may_be_open() -> None:
    shop = Shop(rules=ExchangeRules(orders_max=0))
    for i in range(250):
        value(shop.place(f"a{i}", BUY, 9_000, 1))
    assert len(shop.open_ids()) == 250
