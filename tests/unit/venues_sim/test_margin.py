"""Funds, leverage, funding and liquidation. By hand; one price unit × one contract is one."""

import pytest

from steelyard.model.instruments import Kind
from steelyard.model.kinds import BUY, FUNDING, MARK, REDUCE_ONLY, SELL, TRADE_BUY, TRADE_SELL
from steelyard.model.reasons import (
    UNKNOWN_ORDER,
    VENUE_MINIMUM,
    VENUE_NO_COINS,
    VENUE_NO_FUNDS,
    VENUE_NO_MARGIN,
    VENUE_NOTIONAL,
    VENUE_TICK,
    VENUE_TOO_MANY,
)
from steelyard.model.units import Money, Price, Quantity
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import (
    Desk,
    Heard,
    buys,
    idle,
    instrument,
    linear,
    opening,
    row,
    sells,
    spot,
    tiers,
)

PLAIN = SimSettings(slippage="none")
TRADES = frozenset({TRADE_BUY, TRADE_SELL})


def funding(ts: int, rate: int, mark: int = 0, inst: int = 0) -> tuple[int, ...]:
    return row(ts, FUNDING, rate, mark, inst=inst)


# --- filters and funds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "price, quantity, code, have, need",
    [
        (95, 4, VENUE_TICK, 95, 2),
        (94, 1, VENUE_MINIMUM, 1, 2),
        (94, 2, VENUE_NOTIONAL, 188, 200),
        (100, 10, VENUE_NO_FUNDS, 950, 1_010),  # 1,000 and 1 % of fee
    ],
)
def test_a_venue_says_why_it_rejects(
    price: int, quantity: int, code: int, have: int, need: int
) -> None:
    inst = spot(tick=Price(2), quantity_min=Quantity(2), notional_min=Money(200), taker=1_000_000)
    desk = opening(inst, lambda d: d.buy(price, quantity), cash=(950,))

    heard = desk.run([buys(1, 120)])

    assert [(h.what, h.code) for h in heard] == [("rejected", code)]
    assert (int(desk.event[0]["have"]), int(desk.event[0]["need"])) == (have, need)


def test_coins_locked_by_one_sell_are_not_sold_by_another() -> None:
    desk = opening(spot(), lambda d: (d.sell(110, 3), d.sell(111, 3)), coins=((0, 0, 5),))

    heard = desk.run([buys(1, 100)])

    assert [(h.what, h.code) for h in heard] == [("accepted", 0), ("rejected", VENUE_NO_COINS)]


def test_only_so_many_orders_may_be_open() -> None:
    desk = opening(
        spot(), lambda d: [d.buy(90 - i, 1) for i in range(4)], settings=SimSettings(orders_max=3)
    )

    heard = desk.run([buys(1, 100)])

    assert [h.code for h in heard] == [0, 0, 0, VENUE_TOO_MANY]


def test_margin_is_asked_for_the_worst_the_position_can_become() -> None:
    def act(desk: Desk) -> None:
        desk.buy(100, 10)  # 1,000 / 5 = 200
        desk.sell(100, 9)  # the other side: 900 / 5 = 180, less than the 200 locked already
        desk.sell(100, 3)  # 1,200 / 5 = 240: 40 more
        desk.sell(100, 1)  # 20 more, and 10 are left

    desk = opening(linear(), act, leverage=5, cash=(250,))
    heard = desk.run([buys(1, 100)])

    assert [(h.what, h.code) for h in heard] == [
        ("accepted", 0), ("accepted", 0), ("accepted", 0), ("rejected", VENUE_NO_MARGIN),
    ]  # fmt: skip
    assert desk.locked == 240


def test_the_tier_of_the_worst_case_caps_the_leverage() -> None:
    inst = linear(margin_tiers=tiers((1_000, 10, 1_000_000), (10_000, 4, 2_000_000)))
    desk = opening(inst, lambda d: (d.buy(100, 10), d.buy(100, 10)), leverage=10)

    desk.run([buys(1, 100)])

    # 2,000 lies in the second tier: / 4.
    assert desk.locked == 500


def test_an_order_that_closes_needs_no_margin() -> None:
    desk = opening(
        linear(), lambda d: (d.market(BUY, 10), d.sell(110, 10, REDUCE_ONLY), d.market(SELL, 10)),
        settings=PLAIN, leverage=10, cash=(100,),
    )  # fmt: skip

    desk.run([buys(1, 100)])

    assert desk.whats() == ["accepted", "fill", "accepted", "accepted", "fill", "expired"]
    assert desk.locked == 0


# --- positions ------------------------------------------------------------------------------------


def test_profit_is_booked_when_a_position_closes_and_a_flip_opens_the_rest() -> None:
    def act(desk: Desk) -> None:
        desk.market(BUY, 4)
        desk.sell(110, 6)

    desk = opening(linear(), act, settings=PLAIN)
    desk.run([buys(1, 100), buys(2, 111), sells(3, 100)])

    # 4 × 10 won; 2 short from 110.
    assert desk.cash_now == 1_000_000_040
    assert desk.held() == -2
    assert int(desk.venue.sim[0]["entry_worth"]) == -220


def test_an_inverse_contract_is_settled_in_coins() -> None:
    inst = instrument(Kind.INVERSE, money_decimals=8, settle="BTC")
    desk = opening(inst, lambda d: (d.market(BUY, 100), d.profit(SELL, 125, 100)), settings=PLAIN)

    desk.run([buys(1, 100), buys(2, 125)])

    # 100 contracts of 1: 1 coin at 100 is worth 0.8 coins at 125: 0.2 coins won.
    assert desk.cash_now == 1_000_000_000 + 20_000_000


def test_both_sides_of_a_hedged_account_stand_beside_each_other() -> None:
    def act(desk: Desk) -> None:
        desk.market(BUY, 5)
        desk.market(SELL, 3)
        desk.commands[1]["position_side"] = 1
        desk.orders[int(desk.commands[1]["order"])]["position_side"] = 1

    desk = opening(linear(), act, settings=PLAIN)
    desk.run([buys(1, 100)])

    assert (desk.held(side=0), desk.held(side=1)) == (5, -3)


# --- funding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "side, rate, mark, expected",
    [
        (BUY, 10_000, 0, 1),  # 1,000 × 0.0001 = 0.1, against us 1
        (BUY, 1_000_000, 0, 10),  # 1 % of 1,000: longs pay
        (SELL, 1_000_000, 0, -10),  # shorts receive
        (BUY, -1_000_000, 0, -10),
        (BUY, 1_000_000, 150, 15),  # at the mark
        (SELL, 1_500_000, 101, -15),  # 15.15 received, against us 15
    ],
)
def test_longs_pay_a_positive_rate(side: int, rate: int, mark: int, expected: int) -> None:
    desk = opening(linear(), lambda d: d.market(side, 10), settings=PLAIN)

    heard = desk.run([buys(1, 100), funding(2, rate, mark)])

    assert (heard[-1].what, heard[-1].fee) == ("funding", expected)
    assert desk.cash_now == 1_000_000_000 - expected


def test_nobody_pays_funding_without_a_position_or_on_spot() -> None:
    flat = Desk((linear(),), idle)
    coins = opening(spot(), lambda d: d.market(BUY, 1), settings=PLAIN)

    flat.run([buys(1, 100), funding(2, 10_000)])
    coins.run([buys(1, 100), funding(2, 10_000)])

    assert flat.whats() == []
    assert coins.whats() == ["accepted", "fill"]


def test_each_robot_pays_for_its_own_part() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market":
            desk.robots[heard.robot]["wake_flags"] = 0
            desk.market(BUY if heard.robot == 0 else SELL, 10 - 3 * heard.robot)

    desk = Desk((linear(),), script, settings=PLAIN, robots_count=2, every=True)
    heard = desk.run([buys(1, 100), funding(2, 1_000_000)])

    assert [(h.robot, h.fee) for h in heard if h.what == "funding"] == [(0, 10), (1, -7)]
    assert desk.held() == 3


# --- liquidation ----------------------------------------------------------------------------------

RISKY = tiers((10**12, 100, 1_000_000))  # maintenance 1 %


@pytest.mark.parametrize("path", [[95, 92, 91, 90], [90]])
def test_a_long_is_closed_when_equity_falls_below_maintenance(path: list[int]) -> None:
    desk = opening(
        linear(margin_tiers=RISKY, taker=100_000), lambda d: (d.market(BUY, 100), d.buy(50, 1)),
        settings=PLAIN, leverage=10, cash=(1_100,),
    )  # fmt: skip

    heard = desk.run([buys(1, 100), *[sells(2 + i, p) for i, p in enumerate(path)]])

    # Entry 10,000, fee 0.1 % = 10: cash 1,090. At 91: equity 190, maintenance 91. At 90: equity
    # 90, maintenance 90: not below. Nothing is left at 10,000 - 1,090 = 8,910: 89.1.
    assert "liquidated" not in desk.whats()

    heard = desk.run([sells(20, 89)])

    # At 89 equity is -10; the print is worse than 89.1. 1,090 - 1,100 - fee 8.9 -> 9.
    assert [h.what for h in heard[-2:]] == ["canceled", "liquidated"]
    assert (heard[-1].price, heard[-1].quantity, heard[-1].fee) == (89, -100, 9)
    assert desk.cash_now == -19
    assert desk.held() == 0
    assert desk.locked == 0


def test_what_maintenance_left_is_gone_at_the_price_of_nothing() -> None:
    inst = linear(margin_tiers=tiers((10**12, 100, 5_000_000)), money_decimals=2)
    desk = opening(inst, lambda d: d.market(BUY, 100), settings=PLAIN, leverage=10, cash=(110_000,))

    heard = desk.run([buys(1, 100), sells(2, 95), sells(3, 94), sells(4, 93)])

    # 100 at 100 with 1,100.00 of cash. At 94 equity is 500.00, maintenance 5 % of 9,400 = 470.00;
    # at 93 it is 400.00 against 465.00. Nothing is left at 89: the venue takes it there.
    assert (heard[-1].what, heard[-1].ts_ns, heard[-1].price) == ("liquidated", 4, 89)
    assert desk.cash_now == 0


def test_a_short_is_closed_on_the_way_up() -> None:
    desk = opening(
        linear(margin_tiers=RISKY), lambda d: d.market(SELL, 100), settings=PLAIN, leverage=10,
        cash=(1_000,),
    )  # fmt: skip

    heard = desk.run([buys(1, 100), buys(2, 108), buys(3, 109)])

    # At 108 equity is 200, maintenance 108. At 109 it is 100 against 109; nothing is left at 110.
    assert (heard[-1].what, heard[-1].ts_ns, heard[-1].price) == ("liquidated", 3, 110)
    assert desk.cash_now == 0


def test_the_mark_liquidates_where_there_are_marks() -> None:
    desk = opening(
        linear(margin_tiers=RISKY), lambda d: d.market(BUY, 100), settings=PLAIN, leverage=10,
        cash=(1_000,), kinds=(TRADES | {MARK},),
    )  # fmt: skip

    heard = desk.run([buys(1, 100), row(1, MARK, 100), sells(2, 80), row(3, MARK, 95),
                      row(4, MARK, 90)])  # fmt: skip

    # The print at 80 concerns nobody; the mark at 90 does, and the position is sold at 80.
    assert (heard[-1].what, heard[-1].ts_ns, heard[-1].price) == ("liquidated", 4, 80)


def test_an_unleveraged_long_is_never_liquidated() -> None:
    desk = opening(
        linear(margin_tiers=RISKY), lambda d: d.market(BUY, 10), settings=PLAIN, cash=(1_000,)
    )

    heard = desk.run([buys(1, 100), sells(2, 2)])

    # At 2 equity is 20, maintenance 0.2 -> 1.
    assert "liquidated" not in {h.what for h in heard}


def test_all_positions_of_an_account_stand_for_one_another() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market" and heard.ts_ns == 2:
            desk.robots["wake_flags"] = 0
            desk.market(BUY, 50)
            desk.market(BUY, 50, inst=1)

    pair = (linear(margin_tiers=RISKY), linear(name="ETH", margin_tiers=RISKY))
    desk = Desk(pair, script, settings=PLAIN, leverage=10, cash=(1_000,), every=True)
    heard = desk.run([
        buys(1, 100, inst=1), buys(2, 100), sells(3, 91), buys(4, 110, inst=1), sells(5, 80),
        sells(6, 95, inst=1), sells(7, 84, inst=1),
    ])  # fmt: skip

    # At 5: -1,000 on one, +500 on the other: 500 left. At 6: -250: equity -250 < 0.
    assert [(h.what, h.ts_ns, h.instrument) for h in heard if h.what == "liquidated"] == [
        ("liquidated", 6, 1), ("liquidated", 6, 0),
    ]  # fmt: skip


def test_two_accounts_share_the_prints_but_not_the_money() -> None:
    def script(desk: Desk, heard: Heard) -> None:
        if heard.what == "market":
            desk.robots[heard.robot]["wake_flags"] = 0
            desk.buy(95, 6)

    desk = Desk((spot(),), script, robots_count=2, accounts=(0, 1), cash=(10_000, 600), every=True)
    heard = desk.run([buys(1, 100), sells(2, 94, 8)])

    # 8 printed: 6 for the first robot, 2 for the second.
    assert [(h.robot, h.quantity) for h in heard if h.what == "fill"] == [(0, 6), (1, 2)]
    assert desk.cash_now == 10_000 - 570
    assert int(desk.venue.sim[2]["cash"]) == 600 - 190
    assert UNKNOWN_ORDER not in {h.code for h in heard}
