"""A grid on spot whose venue takes its fee in the coin bought (catalogue F52)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model.instruments import Kind
from steelyard.model.units import Quantity
from tests.unit.strategies_grid.desk import Desk, perpetual

LOT = 1_000
COIN = perpetual(
    "ETH/USDT", kind=Kind.SPOT, quantity_decimals=6, lot=Quantity(LOT), quantity_min=Quantity(LOT)
)


def desk() -> Desk:
    """A grid that has opened below 2,000."""
    made = Desk(COIN, min_order_value="1")
    made.price("2000")
    return made


def order(made: Desk, slot: int) -> Any:
    return made.orders[made.row(slot)]


def bought(made: Desk, slot: int) -> tuple[int, int]:
    """Fill a slot's buy with a tenth of a percent taken in coins; return (bought, held)."""
    quantity = int(order(made, slot)["quantity"])
    fee = -(-quantity // 1000)
    made.fill(slot, coin_fee=fee)
    return quantity, quantity - fee


def opened(made: Desk) -> int:
    """Return the slot of the highest buy."""
    return max(int(one["slot"]) for one in made.orders if one["number"] and one["side"] > 0)


def test_a_slot_sells_the_whole_lots_that_arrived() -> None:
    """F52: it was refused for coins that the venue had taken."""
    made = desk()
    slot = opened(made)
    quantity, held = bought(made, slot)
    sale = order(made, slot)

    assert int(made.cell(slot)["held"]) == held < quantity
    assert int(sale["side"]) == -1
    assert int(sale["quantity"]) == held // LOT * LOT <= int(made.positions[0]["quantity"])


def test_what_is_less_than_a_lot_does_not_keep_a_slot_from_beginning_anew() -> None:
    """F52: the robot keeps the dust, and its books say so."""
    made = desk()
    slot = opened(made)
    quantity, held = bought(made, slot)
    made.fill(slot)
    again = order(made, slot)

    assert int(made.cell(slot)["held"]) == 0
    assert (int(again["side"]), int(again["quantity"])) == (1, quantity)
    assert int(made.positions[0]["quantity"]) == held % LOT
    assert int(made.prepared.state[0]["filled"]) == 0


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=12))
def test_slots_never_hold_more_than_the_robot_does(fees: list[int]) -> None:
    """F52: whatever a venue takes, in whatever parts an order is filled."""
    made = desk()
    slot = opened(made)
    for fee in fees:
        live = order(made, slot)
        rest = int(live["quantity"] - live["filled"])
        part = rest if rest <= LOT else rest // 2 // LOT * LOT
        if int(live["side"]) > 0:
            made.fill(slot, part, coin_fee=min(fee, part))
        else:
            made.fill(slot, part)
        held = sum(int(cell["held"]) for cell in made.prepared.cells)
        assert held <= int(made.positions[0]["quantity"])
        selling = sum(
            int(one["quantity"] - one["filled"])
            for one in made.orders
            if one["number"] and one["side"] < 0 and one["status"] in (1, 2, 3, 4, 5, 6)
        )
        assert selling <= int(made.positions[0]["quantity"])
