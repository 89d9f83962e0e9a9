"""Skipping rows that concern nobody.

Rule 1: a row may be skipped only if its price stays between the lane's thresholds; then no order,
trigger, liquidation or wake can act on it. Skipped or walked, the events are the same.
Rule 2: rows at or after the next due time are never skipped.
"""

from typing import Final

from steelyard.jit.parts import Records, part
from steelyard.model.kinds import (
    BAR,
    NEVER_HIGH,
    QUOTE,
    TRADE_SELL,
    WAKE_EVERY_BAR,
    WAKE_EVERY_EVENT,
)
from steelyard.venues.sim.bars import fold
from steelyard.venues.sim.rows import show

_BLOCK: Final = 64


@part
def tune(sim: Records, robots: Records, markets: Records) -> int:
    """Write the price band in which each instrument concerns nobody; return all wake flags."""
    head = sim[0]
    flags = 0
    for k in range(head.instruments):
        sim[2 * k].low = sim[2 * k].act_low
        sim[2 * k].high = sim[2 * k].act_high
    for r in range(head.robots):
        robot = robots[r]
        flags |= robot.wake_flags
        lane = sim[2 * robot.wake_instrument]
        last = markets[robot.wake_instrument].last
        if last != 0 and not robot.wake_low < last < robot.wake_high:
            lane.low = NEVER_HIGH  # the wake holds already: every row is heard
        lane.low = max(lane.low, robot.wake_low)
        lane.high = min(lane.high, robot.wake_high)
    return flags


@part
def find_until(ts: Records, start: int, stop: int, until_ns: int) -> int:
    """Return the first row from `start` that is not before `until_ns`."""
    if stop == start or ts[stop - 1] < until_ns:
        return stop
    step = 1
    low = start
    while low + step < stop and ts[low + step] < until_ns:
        low += step
        step <<= 1
    high = min(low + step, stop)
    while low < high:
        middle = (low + high) >> 1
        if ts[middle] < until_ns:
            low = middle + 1
        else:
            high = middle
    return low


@part
def scan_trades(
    kind: Records, price: Records, start: int, stop: int, low: int, high: int
) -> int:
    """Return the first row that is no trade strictly between `low` and `high`."""
    i = start
    near = min(start + _BLOCK, stop)
    while i < near and kind[i] <= TRADE_SELL and low < price[i] < high:
        i += 1
    if i < near:
        return i
    while i + _BLOCK <= stop:
        found = 0
        for j in range(i, i + _BLOCK):
            found |= (kind[j] > TRADE_SELL) | (price[j] <= low) | (price[j] >= high)
        if found:
            break
        i += _BLOCK
    while i < stop and kind[i] <= TRADE_SELL and low < price[i] < high:
        i += 1
    return i


@part
def skip(
    sim: Records, markets: Records, flags: int, ts: Records, kind: Records,
    a: Records, b: Records, c: Records, d: Records, e: Records, start: int, stop: int,
) -> int:  # fmt: skip
    """Walk rows of instrument 0 that concern nobody; return the first that may."""
    lane = sim[0]
    market = markets[0]
    low, high = lane.low, lane.high
    i = start
    quote = bar = trade = -1
    while i < stop:
        what = kind[i]
        if what <= TRADE_SELL:
            first = i
            i = scan_trades(kind, a, i, stop, low, high)
            if i == first:
                break
            trade = i - 1
        elif what == QUOTE:
            if low >= high or low == NEVER_HIGH:
                break
            if lane.has_trades or lane.has_depth:
                if quote >= 0:
                    refill(lane, market, a, b, c, d, quote, i)
            else:
                middle = (a[i] + c[i]) // 2
                if not low < middle < high or a[i] == 0 or c[i] == 0:
                    break
            show(lane, market, ts[i], a[i], b[i], c[i], d[i])
            quote = i
            i += 1
        elif what == BAR and lane.has_bars:
            if flags & WAKE_EVERY_BAR or not (low < c[i] and b[i] < high):
                break
            fold(sim[0], lane, market, ts[i], a[i], b[i], c[i], d[i], e[i])
            bar = i
            i += 1
        else:
            break
    return i


@part
def refill(*_: Records) -> None:
    """Placeholder."""


__all__ = ["WAKE_EVERY_EVENT"]
