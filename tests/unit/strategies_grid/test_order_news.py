"""What slots make of unusual news of their orders."""

import numpy as np

from steelyard.model import kinds
from steelyard.model.orders import OrderStatus
from steelyard.strategies.grid.reasons import (
    LIQUIDATED,
    REFUSED_WAIT,
)
from tests.unit.strategies_grid.desk import SECOND, Desk


def test_a_full_command_buffer_only_delays() -> None:
    desk = Desk(buy_window_size=10, room=4)
    desk.price("100")
    assert len(desk.live("buy")) == 9  # each acceptance let the next ones through


def test_a_late_fill_of_a_cancelled_order_is_held_and_sold() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")
    row = desk.row(-2)
    desk.price("101.2")
    desk.settle_cancels()
    assert desk.orders[row]["status"] == OrderStatus.CANCELED

    desk.turn(kinds.EV_FILL, row, price=9800, quantity=int(desk.orders[row]["quantity"]))
    desk.accept()

    assert desk.live("sell") == ["99"]
    assert desk.held == desk.cell(-2)["held"] > 0


def test_a_lost_reply_keeps_the_slot_until_the_order_is_found() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100", accept=False)
    row = desk.row(-1)
    desk.turn(kinds.EV_LOST, row)
    desk.pending.clear()
    desk.price("99.9", wait_s=30)
    assert [slot for _, slot, _ in desk.placed].count(-1) == 1

    desk.turn(kinds.EV_ABSENT, row)
    assert [slot for _, slot, _ in desk.placed].count(-1) == 2


def test_what_the_table_does_not_list_stops_the_robot() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100")
    desk.cell(-1)["state"] = 1  # HELD: an order of it cannot be accepted

    desk.turn(kinds.EV_ACCEPTED, desk.row(-1))

    assert desk.code == 200
    placed = len(desk.placed)
    desk.price("90", wait_s=100)
    assert len(desk.placed) == placed


def test_generations_of_a_row_never_repeat() -> None:
    desk = Desk(buy_window_size=3, slots_max=64)
    rng = np.random.default_rng(5)
    seen: set[tuple[int, int]] = set()
    price = 10000
    for _ in range(300):
        price += int(rng.integers(-700, 750))
        price = max(price, 2000)
        desk.price(f"{price / 100:.2f}", wait_s=2)
        for row in np.flatnonzero(desk.orders["status"] == OrderStatus.OPEN):
            order = desk.orders[row]
            hit = order["price"] >= price if order["side"] > 0 else order["price"] <= price
            if hit:
                desk.fill(int(order["slot"]))
        desk.settle_cancels()
    for order in desk.orders[: desk.book["row_next"][0]]:
        key = (int(order["slot"]), int(order["generation"]))
        assert key not in seen
        seen.add(key)
    assert len(seen) > 300
    assert desk.now > SECOND


def test_a_refused_cancel_is_asked_again_after_a_while() -> None:
    desk = Desk(buy_window_size=2, retry_delay_s="2")
    desk.price("100.2")
    row = desk.row(-1)
    desk.price("101.5")
    assert desk.cancelled == [-1]

    desk.turn(kinds.EV_CANCEL_REFUSED, row)
    desk.price("101.6", wait_s=1.9)
    assert desk.cancelled == [-1]
    desk.price("101.6", wait_s=0.1)
    assert desk.cancelled == [-1, -1]
    desk.settle_cancels()
    assert desk.live("buy") == ["101.2", "100.2"]


def test_an_order_cancelled_by_somebody_else_returns_after_a_while() -> None:
    desk = Desk(buy_window_size=2, post_only=False)
    desk.price("100")
    desk.cancel_done(-1)
    assert desk.live("buy") == []
    assert desk.code == REFUSED_WAIT

    desk.price("100", wait_s=1)
    assert desk.live("buy") == ["99"]


def test_an_order_found_after_it_was_given_up_is_withdrawn() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100", accept=False)
    row = desk.row(-1)
    desk.pending.clear()
    desk.turn(kinds.EV_ABSENT, row)
    desk.accept()
    assert desk.row(-1) != row

    desk.turn(kinds.EV_ACCEPTED, row)

    assert desk.orders[row]["status"] == OrderStatus.CANCELING
    assert desk.live("buy") == ["99"]


def test_a_liquidated_robot_trades_no_more() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100")
    desk.turn(kinds.EV_LIQUIDATED)

    assert desk.code == LIQUIDATED
    assert desk.live("buy") == []
    desk.settle_cancels()
    desk.price("90", wait_s=10)
    assert desk.live("buy") == []
