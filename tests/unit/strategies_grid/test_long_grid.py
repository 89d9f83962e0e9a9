"""The long grid on tiny markets worked out by hand: interval 1, a budget of 100 per level."""

from tests.unit.strategies_grid.desk import Desk


def prices(*levels: float) -> list[str]:
    return [f"{level:g}" for level in levels]


def test_the_first_price_is_the_anchor_and_buys_stand_below_it() -> None:
    desk = Desk(buy_window_size=3)

    desk.price("100")

    # The centre's own level waits until the price is a tenth of an interval above it.
    assert desk.placed == [("buy", -1, "99"), ("buy", -2, "98")]
    assert desk.code == 0


def test_the_level_at_the_price_opens_once_the_price_is_a_tenth_above_it() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")

    desk.price("100.1")
    assert desk.live("buy") == prices(99, 98)
    desk.price("100.11")
    assert desk.live("buy") == prices(100, 99, 98)


def test_a_filled_buy_is_sold_one_interval_higher_and_then_the_slot_is_free() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")

    desk.price("99")
    desk.fill(-1)
    assert desk.live("sell") == prices(100)
    assert desk.held == 1010  # 100 / 99 in whole lots of 0.001
    desk.price("100")
    desk.fill(-1)

    assert desk.held == 0
    assert str(desk.grid_profit) == "1.010000"
    assert desk.live("sell") == []
    assert desk.live("buy") == prices(99, 98, 97)
    assert desk.cell(-1)["generation"] == 3


def test_the_window_slides_up_and_the_farthest_buy_is_cancelled_for_the_nearest() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")
    desk.price("100.5")
    assert desk.live("buy") == prices(100, 99, 98)

    desk.price("101.1")
    assert desk.cancelled == []
    desk.price("101.11")

    assert desk.cancelled == [-2]
    desk.settle_cancels()
    assert desk.live("buy") == prices(101, 100, 99)


def test_half_way_belongs_to_the_upper_level() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")

    desk.price("98.5")
    assert desk.live("buy") == prices(99, 98, 97)
    desk.price("98.49")
    assert desk.live("buy") == prices(99, 98, 97, 96)  # 99 has a fill on its way


def test_a_price_that_trembles_half_way_sends_and_cancels_nothing() -> None:
    desk = Desk(buy_window_size=3, sell_window_size=3)
    desk.price("100")
    for level in (99, 98, 97, 96):
        desk.price(f"{level}")
        desk.fill(level - 100)
    desk.price("95.4")
    desk.settle_cancels()
    orders = desk.book["order_next"][0]
    desk.cancelled.clear()

    for _ in range(5):
        desk.price("95.51")
        desk.price("95.4")

    assert desk.cancelled == []
    assert desk.book["order_next"][0] <= orders + 1


def test_a_sell_beyond_its_window_is_cancelled_until_the_price_returns() -> None:
    desk = Desk(buy_window_size=2, sell_window_size=2)
    desk.price("100.2")
    desk.price("99.2")
    desk.fill(-1)
    assert desk.live("sell") == prices(100.2)

    desk.price("96.2")
    assert desk.live("sell") == prices(100.2)
    desk.price("95.2")
    assert desk.cancelled[-1] == -1
    desk.settle_cancels()
    assert desk.live("sell") == []
    assert desk.cell(-1)["held"] == desk.held

    desk.price("96.2")
    assert desk.live("sell") == []
    desk.price("97.2")
    assert desk.live("sell") == prices(100.2)


def test_a_price_that_jumps_over_many_levels_leaves_one_window() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")

    desk.price("150.2")
    desk.settle_cancels()
    assert desk.live("buy") == prices(150, 149, 148)

    desk.price("80")
    desk.settle_cancels()
    # The buys above the price are about to fill; they did not leave the window's far end.
    assert desk.live("buy") == prices(150, 149, 148, 79, 78)
