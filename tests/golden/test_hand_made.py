"""Grids whose every fill, fee, part of the profit and final equity are computed here by hand."""

from decimal import Decimal

from steelyard.model.instruments import Kind
from steelyard.model.kinds import BAR, FUNDING, MAKER, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.venues.sim.settings import SimSettings
from tests.golden.market import history, instrument, parts, played, told


def test_trades_a_round_trip_and_a_print_that_runs_out() -> None:
    # Spot, maker fee 0.1 %. At 100 the ladder's level 0 is 100; the window of 3 is the levels 100
    # (which opens only above 100.10), 99 and 98. A level is worth 100 in lots of 0.001:
    #   99: 100 / 99 = 1.0101… -> 1.010     98: 100 / 98 = 1.0204… -> 1.020
    spot = instrument(Kind.SPOT, maker=100_000, taker=100_000)
    run = played(history(
        spot,
        (TRADE_SELL, "100.00", "10"),
        # 0: both rest. A print at the very price does not fill (`through`).
        (TRADE_SELL, "99.00", "10"),
        # 2: one cent through 99 buys 1.010 there: worth 99.99, fee 0.09999.
        (TRADE_SELL, "98.99", "10"),
        # Its sale rests at 100, one interval on; at 100.00 it is not passed yet.
        (TRADE_BUY, "100.00", "10"),
        # 4: it is sold for 101.00, fee 0.101; gain 101.00 - 99.99 = 1.01.
        (TRADE_BUY, "100.01", "10"),
        # 5: a print of only 2.000 through both: first 99 whole (99.99, fee 0.09999), and what is
        # left, 0.990, at 98 (97.02, fee 0.09702). 0.030 of the order at 98 stays.
        (TRADE_SELL, "97.50", "2"),
    ))  # fmt: skip

    assert told(run) == [
        (2, "99.00", "1.010", "0.09999000"),
        (4, "100.00", "-1.010", "0.10100000"),
        (5, "99.00", "1.010", "0.09999000"),
        (5, "98.00", "0.990", "0.09702000"),
    ]
    assert (run.fills["liquidity"] == MAKER).all()
    # Held: 2.000 that cost 99.99 + 97.02 = 197.01 and are worth 2 × 97.50 = 195.00: trend -2.01.
    # Fees: 0.09999 + 0.101 + 0.09999 + 0.09702 = 0.398.
    # Equity: 1000 + 1.01 - 2.01 - 0.398 = 998.602.
    assert run.held == 2_000
    assert parts(run) == {
        "grid": Decimal("1.01"), "trend": Decimal("-2.01"), "fees": Decimal("-0.398"),
        "equity": Decimal("998.602"),
    }  # fmt: skip


def test_quotes_fill_what_they_pass_out_of_what_they_show_and_funding_is_paid() -> None:
    # Perpetual, maker fee 0.02 %. The price is the middle, 100: the same levels and sizes.
    perpetual = instrument(Kind.LINEAR, maker=20_000, taker=50_000)
    run = played(history(
        perpetual,
        (QUOTE, "99.90", "5", "100.10", "5"),
        # 1: the ask of 0.500 is below 99: it fills 0.500 there. Worth 49.50, fee 0.0099.
        (QUOTE, "98.60", "0.5", "98.80", "0.5"),
        # 2: the same quote again shows no new size.
        (QUOTE, "98.60", "0.5", "98.80", "0.5"),
        # 3: 2.000 are shown: the rest, 0.510, worth 50.49, fee 0.010098. 98 is not passed.
        (QUOTE, "98.50", "0.5", "98.70", "2"),
        # 4: a rate of 0.01 % on 1.010 at the last price, 98.60: 99.586 × 0.0001 = 0.0099586.
        (FUNDING, 10_000, "0"),
        # 5: the bid is above 100: 1.010 are sold there for 101.00, fee 0.0202.
        (QUOTE, "100.20", "5", "100.40", "5"),
    ), leverage=2)  # fmt: skip

    assert told(run) == [
        (1, "99.00", "0.500", "0.00990000"),
        (3, "99.00", "0.510", "0.01009800"),
        (5, "100.00", "-1.010", "0.02020000"),
    ]
    # Bought for 49.50 + 50.49 = 99.99, sold for 101.00: 1.01. Fees: 0.040198.
    # Equity: 1000 + 1.01 - 0.040198 - 0.0099586 = 1000.9598434.
    assert run.held == 0
    assert parts(run) == {
        "grid": Decimal("1.01"), "fees": Decimal("-0.040198"), "funding": Decimal("-0.0099586"),
        "equity": Decimal("1000.9598434"),
    }  # fmt: skip


def test_bars_walk_the_worse_way_first_and_fill_a_tenth_of_their_volume() -> None:
    # Short grid on a perpetual, maker fee 0.02 %, window 5: 101, 102, 103 and 104 are sold.
    #   101: 100 / 101 = 0.990…  -> 0.990     102: 100 / 102 = 0.980… -> 0.980
    perpetual = instrument(Kind.LINEAR, maker=20_000, taker=50_000)
    run = played(history(
        perpetual,
        (BAR, "100", "100", "100", "100", "100"),
        # 1: flat, so the nearer extreme first: 100, 99.95, 101.50, 101. On the way up 0.990 are
        # sold at 101, worth 99.99, fee 0.019998. The purchase at 100, placed inside this bar,
        # fills in the next one at the earliest. Level 100 opens below 99.90 only.
        (BAR, "100", "101.50", "99.95", "101", "20"),
        # 2: short, so the high first: 101, 102.50, 99.50, 99.60. A tenth of the volume is 0.500,
        # all of it sold at 102: worth 51.00, fee 0.0102. Nothing is left for the purchase at 100,
        # and the sale at 100, placed below 99.90, waits for the next bar.
        (BAR, "101", "102.50", "99.50", "99.60", "5"),
        # 3: opens at 99.60, below the purchase at 100: it fills at its own price, never better.
        # 0.990 × 100 = 99.00, fee 0.0198.
        (BAR, "99.60", "99.90", "99.40", "99.50", "30"),
    ), leverage=2, mode="short", buy_window_size=5, sell_window_size=5)  # fmt: skip

    assert told(run) == [
        (1, "101.00", "-0.990", "0.01999800"),
        (2, "102.00", "-0.500", "0.01020000"),
        (3, "100.00", "0.990", "0.01980000"),
    ]
    # Slot 101: sold for 99.99, bought for 99.00: 0.99. Fees: 0.049998.
    # Open: 0.500 sold for 51.00, worth 0.5 × 99.50 = 49.75 now: trend 1.25.
    # Equity: 1000 + 0.99 + 1.25 - 0.049998 = 1002.190002.
    assert run.held == -500
    assert parts(run) == {
        "grid": Decimal("0.99"), "trend": Decimal("1.25"), "fees": Decimal("-0.049998"),
        "equity": Decimal("1002.190002"),
    }  # fmt: skip


def test_a_taker_pays_the_quote_and_the_slippage_has_its_own_part() -> None:
    # Spot, fees 0.1 % and 0.2 %, orders may take. Latency of 1.5 s: what is decided at 0 and at 2
    # arrives at 1.5 and at 3.5.
    spot = instrument(Kind.SPOT, maker=100_000, taker=200_000)
    sim = SimSettings(latency="fixed", order_delay_ns=1_500_000_000)
    run = played(history(
        spot,
        (QUOTE, "99.90", "5", "100.10", "5"),
        (QUOTE, "98.70", "5", "98.90", "0.4"),
        # 2: before it, at 1.5, the orders at 99 and 98 arrive. The one at 99 meets the ask of
        # 98.90 and takes the 0.400 shown: worth 39.56, fee 0.07912; meant at 99, worth 39.60, so
        # slippage gained 0.04. The rest, 0.610, rests at 99.
        (QUOTE, "98.70", "5", "99.10", "5"),
        # 3: passed by an ask of 98.80 with 1.000: 0.610 at 99, worth 60.39, fee 0.06039.
        (QUOTE, "98.60", "5", "98.80", "1"),
    ), post_only=False, sim=sim)  # fmt: skip

    assert told(run) == [
        (1, "98.90", "0.400", "0.07912000"),
        (3, "99.00", "0.610", "0.06039000"),
    ]
    # Held: 1.010, meant for 99.99, worth 1.01 × 98.70 = 99.687: trend -0.303.
    # Equity: 1000 - 0.303 + 0.04 - 0.13951 = 999.59749.
    assert run.held == 1_010
    assert parts(run) == {
        "trend": Decimal("-0.303"), "slippage": Decimal("0.04"), "fees": Decimal("-0.13951"),
        "equity": Decimal("999.59749"),
    }  # fmt: skip
