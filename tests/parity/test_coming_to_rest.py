"""A grid whose levels refuse one another waits between tries; the history ends.

Levels further apart than the slots share rows: each try of one wiped the other's delay, and both
were tried again at every nanosecond.
"""

import pytest

from steelyard.services.marketdata.generation.settings import Emits
from tests.parity.markets import PERPETUAL, market
from tests.parity.play import Task, play

MINUTES_5_NS = 300 * 10**9


@pytest.mark.parametrize("given", [{"slots_max": 128}, {"sell_window_size": 20}])
def test_refusals_in_turn_are_tried_at_the_retry_delay(given: dict[str, object]) -> None:
    bars = market(
        12_323_256, emits=Emits.BARS, count=60, instrument=PERPETUAL, interval_ns=MINUTES_5_NS,
        volatility_day=0.9, spread_ticks=40.0, jumps_day=40.0, jump_size=0.06, trades_per_s=2.0,
    )  # fmt: skip
    grid = {
        "price_interval": "30", "order_quantity": "100", "mode": "neutral",
        "buy_window_size": 20, "sell_window_size": 5, "position_safety_check": 1,
        "interval_mode": "atr", "atr_bar_minutes": 1, "atr_period": 3, "retry_delay_s": "5",
    }  # fmt: skip
    played = play(Task(history=bars, given={**grid, **given}, equity="3000"))

    # 60 bars of five minutes hold 3,600 delays of five seconds; a try tells a few lines.
    assert played.count("n") < 3 * 3_600
