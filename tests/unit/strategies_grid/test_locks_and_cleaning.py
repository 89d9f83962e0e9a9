"""What keeps the grid from ordering: margin, the operator, refusals, the cleaner, its capacity."""

from steelyard.model import kinds, reasons
from steelyard.strategies.grid.reasons import (
    BUDGET_SPENT,
    CLEANED_WAIT,
    INVENTORY_FULL,
    MARGIN_LOCKED,
    ORDER_TOO_SMALL,
    REFUSED_WAIT,
    SLOTS_FULL,
)
from tests.unit.strategies_grid.desk import Desk


def test_a_margin_rejection_cancels_all_buys_and_sends_nothing_for_the_lock() -> None:
    desk = Desk(buy_window_size=4, margin_lock_duration_s=10)
    desk.price("100")
    desk.price("99")
    desk.fill(-1)
    desk.price("98", accept=False)
    desk.fill(-2, accept=False)

    desk.reject(desk.row(-5), reasons.VENUE_NO_MARGIN)

    assert desk.code == MARGIN_LOCKED
    assert desk.live("buy") == []
    assert desk.live("sell") == ["99", "100"]  # what reduces stays
    desk.settle_cancels()
    placed = len(desk.placed)
    desk.price("98", wait_s=9.9)
    assert len(desk.placed) == placed
    desk.price("98", wait_s=0.1)
    assert desk.live("buy") == ["97", "96", "95"]
    assert desk.code == 0


def test_a_refusal_by_our_own_gate_for_want_of_funds_locks_as_well() -> None:
    desk = Desk(buy_window_size=3)
    desk.limits["open_orders_max"] = 1
    desk.price("100")

    # Another reason than money: the slot waits, its neighbours do not.
    assert desk.live("buy") == ["99"]
    assert desk.code == REFUSED_WAIT or desk.robots["wake_at_ns"][0] <= desk.now
    desk.price("100")
    assert desk.code == REFUSED_WAIT
    assert desk.cancelled == []
    desk.limits["open_orders_max"] = 0
    desk.price("100", wait_s=1)
    assert desk.live("buy") == ["99", "98"]


def test_a_paused_robot_opens_nothing_and_still_closes() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100")
    desk.robots["paused"] = 1
    desk.turn(kinds.EV_OPERATOR)
    assert desk.code == reasons.PAUSED

    desk.price("99")
    desk.fill(-1)
    assert desk.live("sell") == ["100"]
    assert desk.live("buy") == []  # 98 was never placed: two levels, the centre's own included
    desk.robots["paused"] = 0
    desk.turn(kinds.EV_OPERATOR)
    desk.accept()
    assert desk.live("buy") == ["98"]


def test_no_more_orders_than_the_threshold_are_live_nearest_first() -> None:
    desk = Desk(buy_window_size=10, order_cleanup_threshold=4)

    desk.price("100")

    assert desk.live("buy") == ["99", "98", "97", "96"]
    assert desk.code == BUDGET_SPENT


def test_the_cleaner_takes_the_farthest_of_the_larger_side_and_leaves_what_is_partly_filled() -> (
    None
):
    desk = Desk(buy_window_size=10, order_cleanup_threshold=5, cleanup_batch_size=2)
    desk.price("100")
    desk.fill(-5, 1)

    desk.price("100", wait_s=1)

    assert desk.cancelled == [-4, -3]
    desk.settle_cancels()
    assert desk.live("buy") == ["99", "98", "95"]


def test_a_cleaned_slot_stays_away_for_one_interval() -> None:
    desk = Desk(buy_window_size=3, order_cleanup_threshold=2, cleanup_batch_size=1)
    desk.price("100")
    desk.price("100", wait_s=1)
    assert desk.cancelled == [-2]
    desk.settle_cancels()

    assert desk.live("buy") == ["99"]
    assert desk.code == CLEANED_WAIT
    desk.price("99.9", wait_s=59)
    desk.price("98.5", wait_s=0.9)  # neither it nor what lies farther out returns before
    assert desk.live("buy") == ["99"]
    desk.price("99.9", wait_s=0.1)
    # Back after a minute, and cleaned again: two orders are the threshold.
    assert [slot for _, slot, _ in desk.placed] == [-1, -2, -2]
    assert desk.cancelled == [-2, -2]


def test_equal_sides_are_cleaned_half_and_half() -> None:
    desk = Desk(buy_window_size=4, cleanup_batch_size=2)
    desk.price("100")
    for price, slot in (("99", -1), ("98", -2), ("97", -3)):
        desk.price(price)
        desk.fill(slot)
    assert (desk.live("buy"), desk.live("sell")) == (["96", "95", "94"], ["98", "99", "100"])
    desk.prepared.params["cleanup_threshold"] = 6
    desk.cancelled.clear()

    desk.turn(kinds.EV_OPERATOR)

    assert desk.cancelled == [-6, -1]


def test_inventory_max_bounds_what_is_held_and_opening_together() -> None:
    desk = Desk(buy_window_size=10, inventory_max=3)
    desk.price("100")
    assert desk.live("buy") == ["99", "98", "97"]
    assert desk.code == INVENTORY_FULL

    desk.price("99")
    desk.fill(-1)
    assert desk.live("buy") == ["98", "97"]
    desk.price("100")
    desk.fill(-1)
    assert desk.live("buy") == ["99", "98", "97"]


def test_skew_makes_openings_smaller_as_inventory_grows() -> None:
    desk = Desk(buy_window_size=2, inventory_max=4, inventory_skew="1")
    desk.price("100")
    assert desk.orders[desk.row(-1)]["quantity"] == 1010

    desk.price("99")
    desk.fill(-1)
    desk.price("98.2")

    # One of four held: three quarters of the budget at 97.
    assert desk.orders[desk.row(-3)]["quantity"] == 75_000 // 97


def test_a_level_whose_row_is_held_by_another_is_skipped_and_told() -> None:
    desk = Desk(buy_window_size=2, slots_max=64, price_interval="1")
    desk.price("100.2")
    desk.price("99.2")
    desk.fill(-1)

    desk.price("35.7")
    desk.cancel_done(-2)
    desk.settle_cancels()

    # Level -65 shares the row of level -1, which is held.
    assert desk.cell(-65) is None
    assert desk.cell(-1)["held"] > 0
    assert desk.code == SLOTS_FULL
    desk.price("35.4")
    assert "34.2" in desk.live("buy")


def test_an_order_that_would_be_too_small_is_not_sent() -> None:
    desk = Desk(min_order_value="90", order_quantity="100", buy_window_size=2)
    desk.instruments["lot"] = 1000
    desk.price("50")
    assert desk.live("buy") == ["49"]

    desk = Desk(min_order_value="100", order_quantity="100", buy_window_size=2)
    desk.instruments["lot"] = 1000
    desk.price("70.2")
    assert desk.placed == []
    assert desk.code == ORDER_TOO_SMALL


def test_a_remainder_too_small_to_sell_is_topped_up_and_sold_together() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100")
    desk.price("99")
    desk.fill(-1, 10)
    desk.price("101.2")  # the buy leaves the window with 0.99 of 100 filled
    desk.settle_cancels()
    assert desk.live("sell") == []
    assert desk.live("buy") == ["101", "100"]

    desk.price("101")
    desk.fill(1)
    desk.price("100")
    desk.fill(0)
    assert desk.live("buy") == ["99"]
    desk.price("99")
    desk.fill(-1)

    assert desk.orders[desk.row(-1)]["quantity"] == 1020
    assert desk.live("sell") == ["100", "101", "102"]


def test_the_first_obstacle_is_told_with_its_own_numbers() -> None:
    desk = Desk(buy_window_size=10, order_cleanup_threshold=4)

    desk.price("100")

    assert (desk.code, desk.robots["have"][0], desk.robots["need"][0]) == (BUDGET_SPENT, 4, 4)
