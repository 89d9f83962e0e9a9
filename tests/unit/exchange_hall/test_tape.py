"""Trades, bars and the last 24 hours of a hall."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from steelyard.exchange.hall.prices import CandleNews, Topic
from steelyard.exchange.hall.tape import MINUTE_NS, Tape
from steelyard.model.kinds import BUY, SELL
from tests.unit.exchange_hall.plain import PERP, SPOT, START, Ears, instruments, later, opened, show

HOUR_NS = 60 * MINUTE_NS


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 10**6)), min_size=1, max_size=50))
def test_bars_of_an_hour_are_the_sum_of_its_minutes(trades: list[tuple[int, int]]) -> None:
    tape = Tape(0, instruments()[0], 1)
    now = START - START % HOUR_NS
    trades = [(0, 100), *trades]
    for seconds, price in trades:
        now += seconds * 10**9
        tape.add(now, price, 1_000, BUY if price % 2 else SELL)
    first = START - START % HOUR_NS
    minutes = tape.candles(MINUTE_NS, now, from_ns=first, limit=0)
    hours = tape.candles(HOUR_NS, now, from_ns=first, limit=0)
    assert sum(c.volume for c in minutes) == sum(c.volume for c in hours) == 1_000 * len(trades)
    assert sum(c.trades for c in minutes) == len(trades)
    for hour in hours:
        parts = [c for c in minutes if hour.start_ns <= c.start_ns < hour.end_ns]
        assert (hour.open, hour.close) == (parts[0].open, parts[-1].close)
        assert (hour.high, hour.low) == (max(c.high for c in parts), min(c.low for c in parts))
    assert [b.start_ns - a.start_ns for a, b in pairwise(minutes)] == [MINUTE_NS] * (
        len(minutes) - 1
    )
    assert [c.closed for c in minutes] == [True] * (len(minutes) - 1) + [False]


def test_what_was_before_is_made_up_without_a_hole_and_meets_the_first_price() -> None:
    hall = opened()
    candles = hall.candles(SPOT, MINUTE_NS, limit=1000)
    assert len(candles) == 1000
    assert all(b.start_ns - a.start_ns == MINUTE_NS for a, b in pairwise(candles))
    assert all(b.open == a.close for a, b in pairwise(candles))
    assert all(c.low <= min(c.open, c.close) <= max(c.open, c.close) <= c.high for c in candles)
    days = hall.candles(SPOT, 24 * HOUR_NS, limit=10)
    assert len(days) in (4, 5)
    again = opened().candles(SPOT, MINUTE_NS, limit=1000)
    assert candles == again
    perp = hall.candles(PERP, MINUTE_NS, limit=1000)
    assert abs(perp[0].close - candles[0].close) < candles[0].close // 500


def test_bounds_and_limits_of_bars() -> None:
    hall = opened()
    every = hall.candles(SPOT, MINUTE_NS, limit=100)
    first, last = every[10].start_ns, every[20].start_ns
    within = hall.candles(SPOT, MINUTE_NS, from_ns=first, to_ns=last)
    assert within == every[10:21]
    assert hall.candles(SPOT, MINUTE_NS, from_ns=first, limit=5) == every[10:15]
    assert hall.candles(SPOT, MINUTE_NS, to_ns=last, limit=5) == every[16:21]


def test_a_bar_is_told_while_it_grows_and_once_when_it_ends() -> None:
    hall, ears = opened(), Ears()
    hall.follow(ears, Topic.CANDLE, SPOT, MINUTE_NS)
    show(hall, SPOT, "60010")
    later(hall, 61)
    later(hall, 1)
    show(hall, SPOT, "60020")
    hall.flush()
    told = [(n.candle.closed, n.candle.close) for n in ears.market_news]
    assert told == [(False, 6_001_000), (True, 6_001_000), (False, 6_002_000)]
    assert all(isinstance(n, CandleNews) for n in ears.market_news)


def test_the_ticker_forgets_what_is_older_than_a_day() -> None:
    hall = opened()
    show(hall, SPOT, "70000")
    later(hall, 3600)
    assert hall.ticker(SPOT).high == 7_000_000
    for _ in range(25):
        later(hall, 3600)
        show(hall, SPOT, "69000")
    ticker = hall.ticker(SPOT)
    assert (ticker.high, ticker.last) == (
        6_900_000 + 100_000,
        6_900_000,
    ) or ticker.high == 6_900_000
    assert ticker.trades <= 25


def test_trades_are_numbered_and_found_by_number() -> None:
    hall = opened()
    for price in range(60_001, 60_011):
        show(hall, SPOT, str(price))
    numbers = [t.number for t in hall.trades(SPOT)]
    assert numbers == list(range(1, 12))
    assert [t.number for t in hall.trades(SPOT, limit=3)] == [9, 10, 11]
    assert [t.number for t in hall.trades(SPOT, after=2, limit=3)] == [3, 4, 5]
    assert [t.number for t in hall.trades(SPOT, before=5, limit=2)] == [3, 4]
