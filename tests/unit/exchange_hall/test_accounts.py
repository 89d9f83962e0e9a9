"""Accounts of a hall: positions, money, funding, liquidation, and what they chose."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from steelyard.exchange.hall.news import SettingNews
from steelyard.exchange.hall.port import HallTerms
from steelyard.exchange.hall.words import (
    Product,
    Refused,
    Why,
)
from steelyard.model.kinds import BUY, LONG, SELL, SHORT
from tests.unit.exchange_hall.plain import (
    PERP,
    SECOND,
    SPOT,
    Ears,
    done,
    later,
    opened,
    show,
    wanted,
)


def test_hedged_accounts_have_two_positions_and_one_way_accounts_one() -> None:
    hall, ears = opened(), Ears()
    hall.enter(ears, 0)
    assert hall.set_hedged(0, True) is True
    done(hall.place(0, wanted(hall, PERP, BUY, "0.2", position_side=LONG)))
    done(hall.place(0, wanted(hall, PERP, SELL, "0.1", position_side=SHORT)))
    assert [(p.side, p.quantity) for p in hall.positions(0)] == [(LONG, 20_000), (SHORT, -10_000)]
    refused = hall.set_hedged(0, False)
    assert isinstance(refused, Refused)
    assert refused.why == Why.POSITIONS
    too_much = hall.place(0, wanted(hall, PERP, SELL, "0.3", "61000", position_side=LONG))
    assert isinstance(too_much, Refused) or too_much.quantity >= 20_000
    done(hall.place(1, wanted(hall, PERP, BUY, "0.2")))
    done(hall.place(1, wanted(hall, PERP, SELL, "0.3")))
    assert [(p.side, p.quantity) for p in hall.positions(1)] == [(0, -10_000)]
    hall.flush()
    assert isinstance(ears.private_news[0], SettingNews)


def test_the_profit_of_fills_and_the_wallet_agree() -> None:
    hall = opened()
    before = hall.margin(0).wallet
    done(hall.place(0, wanted(hall, PERP, BUY, "0.5")))
    show(hall, PERP, "61000", side=BUY)
    done(hall.place(0, wanted(hall, PERP, SELL, "0.8")))
    show(hall, PERP, "60500")
    done(hall.place(0, wanted(hall, PERP, BUY, "0.3")))
    assert hall.positions(0) == ()
    fills = hall.fills(0)
    one = hall.instruments[PERP]
    change = one.money_decimal(sum(f.realised - f.fee for f in fills))
    assert hall.margin(0).wallet - before == change
    assert sum(i.amount for i in hall.income(0)) == change


@given(st.lists(st.tuples(st.sampled_from((BUY, SELL)), st.integers(1, 300)), max_size=12))
def test_the_entry_of_a_position_is_the_engines(orders: list[tuple[int, int]]) -> None:
    hall = opened(accounts=1)
    for i, (side, lots) in enumerate(orders):
        show(hall, PERP, str(60_000 + 50 * i))
        hall.place(0, wanted(hall, PERP, side, str(Decimal(lots) / 1000)))
        held = hall.own[0].held.get((PERP, 0))
        pit, k = hall.seats[PERP]
        quantity, worth = pit.exchange.engine.holding(0, k, 0)
        assert (held.quantity if held else 0) == quantity
        assert abs((held.worth if held else 0) - worth) <= len(orders)


def test_funding_is_settled_at_its_marks_and_told_with_an_id() -> None:
    hall, ears = opened(), Ears()
    hall.rates[PERP] = 10_000  # 0.01 %
    done(hall.place(0, wanted(hall, PERP, BUY, "1")))
    hall.tick()
    hall.enter(ears, 0)
    before = hall.margin(0).wallet
    later(hall, 8 * 3600)
    hall.flush()
    (entry,) = hall.income(0, kind="funding")
    assert (entry.amount, entry.rate, entry.quantity) == (Decimal(-6), 10_000, 100_000)
    assert hall.margin(0).wallet == before - 6
    assert [type(n).__name__ for n in ears.private_news] == ["FundingNews", "MoneyNews"]
    assert hall.fundings(PERP)[-1].rate == 10_000
    assert hall.income(1) == ()


def test_the_venue_closes_what_cannot_be_paid_any_more() -> None:
    hall, ears = opened(), Ears()
    hall.set_leverage(0, PERP, 100)
    done(hall.place(0, wanted(hall, PERP, BUY, "100")))
    (position,) = hall.positions(0)
    assert 5_900_000 < position.liquidation < 5_960_000
    hall.enter(ears, 0)
    just_above = Decimal(position.liquidation + 2_000) / 100
    show(hall, PERP, str(just_above))
    assert hall.positions(0)
    show(hall, PERP, str(just_above - 100))
    hall.flush()
    assert hall.positions(0) == ()
    names = [type(n).__name__ for n in ears.private_news]
    assert names[:2] == ["LiquidationNews", "OrderNews"]
    assert hall.orders(0)[-1].why == Why.LIQUIDATION
    assert hall.fills(0)[-1].forced == "liquidation"


def test_leverage_decides_what_can_be_opened() -> None:
    hall = opened()
    hall.set_leverage(0, PERP, 2)
    refused = hall.place(0, wanted(hall, PERP, BUY, "4", "59000"))
    assert isinstance(refused, Refused)
    assert refused.why == Why.MARGIN
    assert hall.set_leverage(0, PERP, 10) == 10
    done(hall.place(0, wanted(hall, PERP, BUY, "4", "59000")))
    too_low = hall.set_leverage(0, PERP, 1)
    assert isinstance(too_low, Refused)
    too_high = hall.set_leverage(0, PERP, 500)
    assert isinstance(too_high, Refused)


def test_money_moves_between_wallets_as_far_as_it_is_free() -> None:
    hall = opened()
    done(hall.place(0, wanted(hall, SPOT, BUY, "1", "50000")))
    refused = hall.transfer(0, Decimal(60_000), Product.PERP)
    assert isinstance(refused, Refused)
    hall.transfer(0, Decimal(10_000), Product.PERP)
    assert (hall.coins(0)[0].total, hall.margin(0).wallet) == (Decimal(90_000), Decimal(110_000))


def test_a_venue_deleverages_and_delists() -> None:
    hall, ears = opened(), Ears()
    hall.enter(ears, 0)
    done(hall.place(0, wanted(hall, PERP, BUY, "0.5")))
    assert hall.force(0, PERP, "adl", 20_000) == 20_000
    assert hall.positions(0)[0].quantity == 30_000
    assert {fill.forced for fill in hall.fills(0)} == {"", "adl"}
    done(hall.place(0, wanted(hall, PERP, BUY, "0.1", "50000")))
    hall.delist(PERP)
    assert hall.positions(0) == ()
    assert hall.open_orders(0) == ()
    assert {order.why for order in hall.orders(0)[-2:]} == {Why.DELISTED}
    refused = hall.place(0, wanted(hall, PERP, BUY, "0.1", "50000"))
    assert isinstance(refused, Refused)
    hall.flush()
    assert not any(type(n).__name__ == "LiquidationNews" for n in ears.private_news)


def test_a_smaller_largest_leverage_refuses_what_was_allowed() -> None:
    hall = opened()
    assert hall.set_leverage(0, PERP, 50) == 50
    hall.relist(PERP, leverage_max=20)
    assert isinstance(hall.set_leverage(1, PERP, 50), Refused)
    assert hall.set_leverage(1, PERP, 20) == 20


def test_where_fees_are_paid_in_coins_fewer_coins_come_than_were_bought() -> None:
    hall, ears = opened(HallTerms(name="plain", fee_in_coins=True)), Ears()
    hall.enter(ears, 0)
    order = done(hall.place(0, wanted(hall, SPOT, BUY, "0.2")))
    spent = hall.instruments[SPOT].money_decimal(order.worth)
    usdt, coin, _ = hall.coins(0)
    assert order.fee_in(hall.instruments[SPOT]) == ("BTC", Decimal("0.0001"))
    assert (usdt.total, coin.total) == (100_000 - spent, Decimal("2.1999"))
    assert sum(fill.fee_coins for fill in hall.fills(0)) == 10
    too_much = hall.place(0, wanted(hall, SPOT, SELL, "2.2", "61000"))
    assert isinstance(too_much, Refused)
    assert too_much.why == Why.COINS
    sold = done(hall.place(0, wanted(hall, SPOT, SELL, "2.199")))
    assert sold.fee_in(hall.instruments[SPOT])[0] == "USDT"
    assert hall.coins(0)[1].total == Decimal("0.0009")
    assert {i.asset for i in hall.income(0, kind="fee")} == {"BTC", "USDT"}
    hall.flush()
    assert ears.private_news[-1].coins[1].total == Decimal("0.0009")


def test_a_transfer_on_its_way_is_in_neither_wallet() -> None:
    hall = opened()
    hall.transit_ns = 5 * SECOND
    hall.transfer(0, Decimal(10_000), Product.PERP)
    hall.transit_ns = 0
    later(hall, 4)
    assert hall.coins(0)[0].total == 90_000
    assert hall.margin(0).wallet == 100_000
    later(hall, 2)
    assert hall.coins(0)[0].total == 90_000
    assert hall.margin(0).wallet == 110_000
    assert [i.amount for i in hall.income(0, kind="transfer")] == [-10_000, 10_000]
