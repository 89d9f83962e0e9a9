"""Post-only rejections: re-price, wait, or take after so many tries."""

from typing import Any

import pytest

from steelyard.model import kinds
from steelyard.strategies.grid.reasons import POST_ONLY_WAIT
from tests.unit.strategies_grid.desk import Desk


def flags(desk: Desk, row: int) -> int:
    return int(desk.orders[row]["flags"])


def at_the_touch(**given: Any) -> Desk:
    """A desk whose first buy, at 99, meets an ask that fell to it."""
    desk = Desk(buy_window_size=2, post_only_fallback=given.pop("fallback"), **given)
    desk.price("100", accept=False)
    desk.markets[0]["bid"], desk.markets[0]["ask"] = 9890, 9895
    return desk


def test_a_rejected_buy_is_repriced_one_tick_below_the_ask_and_keeps_what_it_meant() -> None:
    desk = at_the_touch(fallback="reprice")

    desk.reject(desk.pending[0])

    assert desk.placed[-1] == ("buy", -1, "98.94")
    assert desk.text(desk.orders[desk.row(-1)]["reference"]) == "99"
    assert flags(desk, desk.row(-1)) & kinds.POST_ONLY


def test_a_rejected_sell_is_repriced_one_tick_above_the_bid() -> None:
    desk = Desk(buy_window_size=2)
    desk.price("100")
    desk.price("99")
    desk.fill(-1, accept=False)
    desk.markets[0]["bid"], desk.markets[0]["ask"] = 10005, 10010

    desk.reject(desk.row(-1))

    assert desk.placed[-1] == ("sell", -1, "100.06")


def test_repricing_stops_after_the_tries_and_waits() -> None:
    desk = at_the_touch(fallback="reprice", post_only_attempts=2, retry_delay_s="1")
    for _ in range(3):
        desk.reject(desk.row(-1))

    assert [slot for _, slot, _ in desk.placed].count(-1) == 3
    assert desk.code == POST_ONLY_WAIT
    assert desk.robots["wake_at_ns"][0] == desk.now + 10**9

    desk.price("100", wait_s=0.9)
    assert [slot for _, slot, _ in desk.placed].count(-1) == 3
    desk.price("100", wait_s=0.1)
    assert [slot for _, slot, _ in desk.placed].count(-1) == 4
    assert desk.code == 0


def test_waiting_tries_the_same_price_again() -> None:
    desk = at_the_touch(fallback="wait")

    desk.reject(desk.row(-1))
    assert desk.code == POST_ONLY_WAIT
    desk.price("100", wait_s=1)

    assert desk.placed[-1] == ("buy", -1, "99")


def test_taking_comes_only_after_the_tries_and_only_where_the_parameter_says_so() -> None:
    desk = at_the_touch(fallback="taker", post_only_attempts=3)
    for tries in range(3):
        assert flags(desk, desk.row(-1)) & kinds.POST_ONLY, tries
        desk.reject(desk.row(-1))

    assert desk.placed[-1] == ("buy", -1, "99")
    assert not flags(desk, desk.row(-1)) & kinds.POST_ONLY


@pytest.mark.parametrize("kind", [kinds.EV_EXPIRED, kinds.EV_CANCELED])
def test_venues_that_tell_it_by_expiry_or_cancel_are_understood(kind: int) -> None:
    desk = at_the_touch(fallback="reprice")
    row = desk.pending.pop(0)

    desk.turn(kind, row)

    assert desk.placed[-1] == ("buy", -1, "98.94")


def test_a_fill_forgets_the_rejections() -> None:
    desk = at_the_touch(fallback="reprice")
    desk.reject(desk.pending[0])
    desk.accept()

    desk.fill(-1)

    assert desk.cell(-1)["fails"] == 0
    assert desk.placed[-1] == ("sell", -1, "100")


def test_orders_are_not_post_only_where_the_parameter_says_so() -> None:
    desk = Desk(post_only=False)
    desk.price("100")

    assert flags(desk, desk.row(-1)) == 0
