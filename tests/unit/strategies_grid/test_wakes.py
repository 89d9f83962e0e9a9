"""Sleeping between thresholds changes nothing: the same orders as when woken by every price."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model import kinds
from steelyard.model.orders import OrderStatus
from steelyard.model.reasons import POST_ONLY_CROSSES, VENUE_NO_MARGIN
from tests.unit.strategies_grid.desk import LIVE, SECOND, Desk


class Venue:
    """Fills, rejects and confirms by rule, one answer per step, some of them late."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.seed = seed

    def chance(self, number: int, salt: int, one_in: int) -> bool:
        """Decide by the order, not by the call: both desks must meet the same fate."""
        mixed = (number * 2654435761 + salt * 40503 + self.seed * 97) % 2**32
        return (mixed >> 7) % one_in == 0

    def step(self, price: int) -> None:
        desk = self.desk
        waiting, desk.pending = desk.pending, []
        for row in waiting:
            number = int(desk.orders[row]["number"])
            status = desk.orders[row]["status"]
            if status not in (OrderStatus.SENT, OrderStatus.CANCELING):
                continue
            if self.chance(number, 1, 9):
                desk.turn(kinds.EV_REJECTED, row, code=POST_ONLY_CROSSES)
            elif self.chance(number, 2, 60):
                desk.turn(kinds.EV_REJECTED, row, code=VENUE_NO_MARGIN)
            elif self.chance(number + desk.now // SECOND, 3, 4):
                desk.pending.append(row)  # later
            else:
                desk.turn(kinds.EV_ACCEPTED, row)
        for row in np.flatnonzero(desk.orders["status"] == OrderStatus.CANCELING).tolist():
            if (
                not self.chance(int(desk.orders[row]["number"]), 4, 3)
                or desk.now // SECOND % 5 == 0
            ):
                desk.turn(kinds.EV_CANCELED, row)
        live = np.isin(desk.orders["status"], (OrderStatus.OPEN, OrderStatus.PARTIAL))
        for row in np.flatnonzero(live).tolist():
            order = desk.orders[row]
            if (order["price"] - price) * order["side"] < 0:
                continue
            rest = int(order["quantity"] - order["filled"])
            part = rest // 3 if self.chance(int(order["number"]), 5, 3) and rest > 3 else rest
            desk.turn(kinds.EV_FILL, row, price=int(order["price"]), quantity=part)


def story(desk: Desk, seed: int, moves: list[int]) -> list[Any]:
    venue = Venue(desk, seed)
    price = 100_000
    for move in [0, *moves]:
        price = max(20_000, price + move)
        desk.price(f"{price / 100:.2f}", wait_s=1, accept=False)
        venue.step(price)
    return [desk.placed, desk.cancelled, desk.held, desk.code]


USUAL: dict[str, Any] = {
    "price_interval": "8", "order_quantity": "1000", "equity": "10000000",
    "buy_window_size": 4, "sell_window_size": 4,
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "long": {},
    "short": {"mode": "short"},
    "neutral": {"mode": "neutral"},
    "geometric": {"spacing": "geometric", "price_interval": "12"},
    "few orders": {"order_cleanup_threshold": 6, "cleanup_batch_size": 2,
                   "order_cleanup_interval_s": "7"},
    "little inventory": {"inventory_max": 5, "inventory_skew": "0.5"},
    "few rows": {"slots_max": 64, "buy_window_size": 6, "sell_window_size": 6,
                 "price_interval": "2"},
    "waits": {"post_only_fallback": "wait", "retry_delay_s": "3"},
    "takes": {"post_only_fallback": "taker", "mode": "neutral"},
    "starts at the level": {"buy_start_distance": "0"},
    "starts half-way": {"buy_start_distance": "0.5", "price_interval": "7.01"},
}  # fmt: skip


@pytest.mark.parametrize("which", SETTINGS)
@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(-1200, 1200), min_size=5, max_size=120), st.integers(0, 10**6))
def test_waking_on_every_price_gives_the_same_orders(
    which: str, moves: list[int], seed: int
) -> None:
    given = USUAL | SETTINGS[which]
    always, sleeping = Desk(**given), Desk(**given)
    sleeping.waking = False

    assert story(always, seed, moves) == story(sleeping, seed, moves)
    assert sleeping.book["n"][0] <= always.book["n"][0]


def test_most_prices_wake_nobody() -> None:
    desk = Desk(buy_window_size=4)
    desk.waking = False
    desk.price("100")
    before = desk.book["n"][0]
    for _ in range(50):
        desk.price("100.05")
        desk.price("99.8")

    assert desk.book["n"][0] == before
    assert desk.robots["wake_low"][0] == 9949
    assert desk.robots["wake_high"][0] == 10011


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-900, 900), min_size=5, max_size=80), st.integers(0, 10**6),
       st.sampled_from(sorted(SETTINGS)))  # fmt: skip
def test_slots_orders_and_position_agree_whatever_the_venue_does(
    moves: list[int], seed: int, which: str
) -> None:
    given = USUAL | SETTINGS[which]
    desk = Desk(**given)
    venue = Venue(desk, seed)
    price = 100_000
    for move in [0, *moves]:
        price = max(20_000, price + move)
        desk.price(f"{price / 100:.2f}", wait_s=1, accept=False)
        venue.step(price)

        cells, state = desk.prepared.cells, desk.prepared.state
        side = {"short": -1}.get(str(given.get("mode")), 1)
        signed = cells["held"] * (
            np.where(cells["level"] < 0, 1, -1) if given.get("mode") == "neutral" else side
        )
        assert signed.sum() == desk.held
        live = np.isin(desk.orders["status"], LIVE)
        assert state[0]["live"] == live.sum()
        assert state["opens"].sum() + state["closes"].sum() == live.sum()
        assert state["filled"].sum() == (cells["held"] > 0).sum()
        assert (cells["held"] >= 0).all()
        slots = desk.orders["slot"][live]
        assert len(set(slots.tolist())) == len(slots)
        assert state[0]["halted"] == 0
