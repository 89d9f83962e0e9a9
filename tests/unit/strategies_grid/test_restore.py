"""A position that exists already: its slots, its true entry, its sells."""

from typing import Any

import numpy as np

from steelyard.model.units import Rate
from tests.unit.strategies_grid.desk import Desk, perpetual


def restored(**given: Any) -> Desk:
    desk = Desk(**given)
    setup = desk.prepared.params[0]
    desk.positions[0]["quantity"] = int(setup["restored_quantity"])
    return desk


def held(desk: Desk) -> dict[int, int]:
    cells = desk.prepared.cells
    return {int(c["level"]): int(c["held"]) for c in cells[np.flatnonzero(cells["held"])]}


def test_a_position_in_profit_is_sold_from_one_interval_above_the_price() -> None:
    desk = restored(held="2.5", entry="80", buy_window_size=3)

    desk.price("100")

    assert held(desk) == {0: 1000, 1: 990, 2: 510}
    assert desk.live("sell") == ["101", "102", "103"]
    assert desk.live("buy") == ["99", "98"]
    assert {int(c) for c in desk.orders["cost"][desk.orders["side"] == -1]} == {8000}


def test_a_position_under_water_is_sold_from_its_true_entry_upwards() -> None:
    desk = restored(held="2", entry="103.4", sell_window_size=4)

    desk.price("100")

    # Level 4 is the first at or above the entry; its sell stands at 105, beyond every fee.
    assert held(desk) == {4: 961, 5: 1039}
    assert desk.live("sell") == ["105"]  # the other is beyond the sell window
    desk.price("101")
    assert desk.live("sell") == ["105", "106"]


def test_the_waterfall_is_given_the_true_entry() -> None:
    desk = restored(held="1", entry="80")
    desk.positions[0]["entry_worth"] = desk.positions[0]["inventory_worth"] = 80_000_000
    desk.price("100")
    desk.price("101")
    desk.fill(0)

    assert desk.held == 0
    assert str(desk.grid_profit) == "21.000000"


def test_a_remainder_too_small_for_an_order_joins_the_last_slot() -> None:
    desk = restored(held="2.1", entry="90")
    desk.price("100")

    assert held(desk) == {0: 1000, 1: 1100}


def test_a_short_position_is_restored_into_a_short_grid() -> None:
    desk = restored(held="-2", entry="110", mode="short")
    desk.price("100")

    assert held(desk) == {0: 1000, -1: 1000}
    assert desk.live("buy") == ["99", "98"]


def test_a_neutral_ladder_is_centred_where_the_position_would_be_closed() -> None:
    desk = restored(held="3", entry="100", mode="neutral", buy_window_size=2)

    desk.price("97")

    assert held(desk) == {-3: 1030, -2: 1020, -1: 950}
    assert desk.live("sell") == ["100", "100.01"] or desk.live("sell") == ["100", "100", "100"]


def test_a_restored_slot_is_never_sold_under_entry_and_fees() -> None:
    terms = perpetual(fees=perpetual().fees.__class__(maker=Rate(200_000), taker=Rate(200_000)))
    desk = Desk(terms, held="1", entry="100.9", price_interval="1")
    desk.price("100")

    # Level 1 closes at 102; 100.9 × 1.002 / 0.998 = 101.3044 lies below it.
    assert desk.live("sell") == ["102"]


def test_a_large_position_ends_in_its_last_slot() -> None:
    desk = restored(held="1000", entry="100", slots_max=64, buy_window_size=2, sell_window_size=2,
                    position_safety_check=1)  # fmt: skip
    desk.price("100")

    assert sum(held(desk).values()) == 1_000_000
    assert len(held(desk)) <= 64
