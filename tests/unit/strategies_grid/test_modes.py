"""Short, neutral, geometric and dynamic ladders."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model.orders import OrderStatus
from steelyard.model.units import Quantity, Rate
from tests.unit.strategies_grid.desk import Desk, inverse, perpetual


def test_a_short_grid_sells_above_and_buys_back_one_interval_lower() -> None:
    desk = Desk(mode="short", buy_window_size=3)
    desk.price("100")
    assert desk.placed == [("sell", 1, "101"), ("sell", 2, "102")]

    desk.price("101")
    desk.fill(1)
    assert desk.live("buy") == ["100"]
    assert desk.held < 0
    desk.price("100")
    desk.fill(1)

    assert desk.held == 0
    assert desk.grid_profit == Decimal("0.99")
    assert desk.live("sell") == ["101", "102", "103"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-450, 450), min_size=1, max_size=40), st.data())
def test_a_short_grid_is_the_mirror_image_of_a_long_one(
    moves: list[int], data: st.DataObject
) -> None:
    """On the market mirrored at the anchor, the same levels with the other sign and side."""
    # Lots so large that both sides of the mirror order the same quantity.
    terms = perpetual(lot=Quantity(1000))
    given: dict[str, Any] = {"buy_window_size": 3, "sell_window_size": 2, "order_quantity": "1100"}
    long = Desk(terms, equity="10000000", **given)
    short = Desk(terms, equity="10000000", mode="short", **given)
    anchor = 100_000
    price = anchor
    for move in [0, *moves]:
        price = max(anchor - 3000, min(anchor + 3000, price + move))
        long.price(f"{price / 100:.2f}", wait_s=1)
        short.price(f"{(2 * anchor - price) / 100:.2f}", wait_s=1)
        for slot in hit(long, price):
            if data.draw(st.booleans()):
                long.fill(slot)
                short.fill(-slot)
        long.settle_cancels()
        short.settle_cancels()

        assert mirrored(long, anchor) == short.placed
        assert [-slot for slot in long.cancelled] == short.cancelled
        assert long.held == -short.held


def hit(desk: Desk, price: int) -> list[int]:
    resting = desk.orders[desk.orders["status"] == OrderStatus.OPEN]
    return [int(o["slot"]) for o in resting if (o["price"] - price) * o["side"] >= 0]


def mirrored(desk: Desk, anchor: int) -> list[tuple[str, int, str]]:
    return [
        ("sell" if side == "buy" else "buy", -slot,
         desk.text(2 * anchor - desk.terms.price(price)))
        for side, slot, price in desk.placed
    ]  # fmt: skip


def test_a_neutral_grid_opens_on_both_sides_and_never_at_its_centre() -> None:
    desk = Desk(mode="neutral", buy_window_size=3, sell_window_size=3)
    desk.price("100")
    assert (desk.live("buy"), desk.live("sell")) == (["99", "98"], ["101", "102"])

    desk.price("100.6")  # the centre of the windows is level 1 now
    desk.settle_cancels()
    assert desk.live("buy") == ["99", "98"]
    assert desk.live("sell") == ["101", "102", "103"]

    desk.price("101.2")
    desk.settle_cancels()
    desk.fill(1)
    assert desk.held < 0
    assert desk.live("buy") == ["100", "99"]
    desk.price("100")
    desk.fill(1)
    assert desk.held == 0
    assert desk.grid_profit == Decimal("0.99")


def test_a_geometric_ladder_keeps_the_ratio() -> None:
    desk = Desk(spacing="geometric", price_interval="10", buy_window_size=4)
    desk.price("100")

    assert desk.live("buy") == ["90.91", "82.65", "75.14"]
    desk.price("90.91")
    desk.fill(-1)
    assert desk.live("sell") == ["100"]


def test_a_geometric_ladder_follows_the_price_in_its_own_steps() -> None:
    desk = Desk(spacing="geometric", price_interval="10", buy_window_size=3)
    desk.price("100")

    desk.price("111.1")
    desk.settle_cancels()
    # Levels 110 and 121 are 11 apart: a tenth of that above 110 opens it.
    assert desk.live("buy") == ["100", "90.91", "82.65"]
    desk.price("111.11")
    assert desk.live("buy") == ["110", "100", "90.91"]
    desk.settle_cancels()
    desk.price("122.2")
    assert desk.live("buy") == ["110", "100", "90.91"]
    desk.price("122.22")
    desk.settle_cancels()
    assert desk.live("buy") == ["121", "110", "100"]


def test_a_geometric_ladder_ends_where_its_table_ends() -> None:
    desk = Desk(spacing="geometric", price_interval="50", slots_max=64, buy_window_size=10)
    desk.price("100")
    desk.price("0.10")
    desk.settle_cancels()

    assert all(Decimal(price) > 0 for price in desk.live("buy"))
    assert desk.code == 208


def ranging(desk: Desk, top: str, floor: str, close: str, times: int = 20) -> None:
    for _ in range(times):
        desk.bar(close, high=top, low=floor)


def test_the_interval_widens_with_the_true_range_and_sells_are_repriced() -> None:
    desk = Desk(
        interval_mode="atr", atr_bar_minutes=1, atr_period=5, min_profit_rate="0",
        buy_window_size=4,
    )  # fmt: skip
    desk.price("100")
    desk.price("99")
    desk.fill(-1)
    assert desk.live("sell") == ["100"]

    ranging(desk, "104", "99", "101", times=4)
    assert desk.live("sell") == ["100"]  # the average has not seen its whole period
    desk.price("99.2")
    ranging(desk, "104", "99", "99.2")
    desk.settle_cancels()

    # Range 5 × 0.6 is three intervals: every third level opens, three away it closes.
    assert desk.live("sell") == ["102"]
    assert desk.live("buy") == ["97", "94", "91"]

    ranging(desk, "99.3", "99.1", "99.2", times=60)
    desk.settle_cancels()
    assert desk.live("sell") == ["100"]
    assert desk.live("buy") == ["98", "97", "96"]


def test_fees_and_profit_bound_the_dynamic_interval_from_below() -> None:
    desk = Desk(
        perpetual(fees=perpetual().fees.__class__(maker=Rate(20_000), taker=Rate(50_000))),
        interval_mode="atr", price_interval="0.1", order_quantity="100", min_profit_rate="0.002",
        buy_window_size=3,
    )  # fmt: skip

    desk.price("100")

    # 100 × (2 × 0.0002 + 0.002) = 0.24, the next whole number of intervals is 0.3.
    assert desk.live("buy") == ["99.7", "99.4"]


def test_a_sell_is_never_under_its_entry_plus_the_round_trip_cost() -> None:
    terms = perpetual(fees=perpetual().fees.__class__(maker=Rate(100_000), taker=Rate(100_000)))
    desk = Desk(terms, price_interval="1", buy_window_size=2)
    desk.price("100.2")
    # Far above the anchor, one interval no longer pays two fees of 0.1 %.
    desk.price("900.2")
    desk.settle_cancels()
    desk.price("899.2")
    desk.fill(799)

    # 899.2 × 1.001 / 0.999 = 901.0002
    assert desk.live("sell") == ["901.01"]


def test_an_inverse_perpetual_orders_whole_contracts() -> None:
    desk = Desk(inverse(), equity="10", price_interval="10", order_quantity="105", leverage=2,
                position_safety_check=50)  # fmt: skip
    desk.price("2000")

    assert set(desk.orders["quantity"][desk.orders["status"] == OrderStatus.OPEN]) == {10}
    desk.price("1990")
    desk.fill(-1)
    assert desk.live("sell") == ["2000"]
    desk.price("2000")
    desk.fill(-1)
    # 100 USD × (1/1990 - 1/2000), worth rounded to the even satoshi on both sides.
    assert desk.grid_profit == Decimal("0.00025126")
