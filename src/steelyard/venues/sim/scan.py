"""Skipping rows that concern nobody.

Rule 1: a row may be skipped only if its price stays between the lane's thresholds; then no order,
trigger, liquidation or wake can act on it. Skipped or walked, the events are the same.
Rule 2: rows at or after the next due time are never skipped.
"""

from typing import Final

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import (
    BAR,
    NEVER_HIGH,
    QUOTE,
    TRADE_SELL,
    WAKE_EVERY_BAR,
)
from steelyard.venues.sim.folding import fold_bar
from steelyard.venues.sim.rows import show

_NEAR: Final = 32
_BLOCK: Final = 64


@part
def tune(sim: Records, robots: Records, markets: Records) -> int:
    """Write the price band in which each instrument concerns nobody; return all wake flags."""
    flags = 0
    for k in range(sim.instruments):
        lane = nth(sim, 2 * k)
        lane.low = lane.act_low
        lane.high = lane.act_high
    for r in range(sim.robots):
        robot = nth(robots, r)
        flags |= robot.wake_flags
        lane = nth(sim, 2 * robot.wake_instrument)
        last = nth(markets, robot.wake_instrument).last
        low, high = robot.wake_low, robot.wake_high
        if last != 0 and not low < last < high:
            low = NEVER_HIGH  # the wake holds already: every row is heard
        lane.low = max(lane.low, low)
        lane.high = min(lane.high, high)
    return flags


@part
def find_until(ts: Records, start: int, stop: int, until_ns: int) -> int:
    """Return the first row from `start` that is not before `until_ns`."""
    if stop == start or ts[stop - 1] < until_ns:
        return stop
    low = start
    step = 1
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
def scan_trades(kind: Records, price: Records, start: int, stop: int, low: int, high: int) -> int:
    """Return the first row that is no trade strictly between `low` and `high`."""
    i = start
    near = min(start + _NEAR, stop)
    while i < near:
        if kind[i] > TRADE_SELL or price[i] <= low or price[i] >= high:
            return i
        i += 1
    while i + _BLOCK <= stop:
        found = 0
        for j in range(i, i + _BLOCK):
            found |= (kind[j] > TRADE_SELL) | (price[j] <= low) | (price[j] >= high)
        if found:
            break
        i += _BLOCK
    while i < stop:
        if kind[i] > TRADE_SELL or price[i] <= low or price[i] >= high:
            return i
        i += 1
    return i


@part
def scan_quotes(
    kind: Records, bid: Records, ask: Records, start: int, stop: int, low: int, high: int
) -> int:
    """Return the first row that is no quote whose middle lies strictly between the two."""
    i = start
    while i < stop and kind[i] == QUOTE:
        middle = (bid[i] + ask[i]) // 2
        if middle <= low or middle >= high or bid[i] == 0 or ask[i] == 0:
            return i
        i += 1
    return i


@part
def may_skip_bars(sim: Records, flags: int) -> bool:
    """Say whether bar rows may concern nobody: merging them sets times at which a bar is due."""
    return sim.bar_step_ns == 0 and flags & WAKE_EVERY_BAR == 0


@part
def skip(sim: Records, markets: Records, flags: int, rows: Records, start: int, stop: int) -> int:
    """Walk rows of the only instrument that concern nobody; return the first that may."""
    lane = sim
    market = markets
    ts, kind, a, b, c, d = rows.ts, rows.kind, rows.a, rows.b, rows.c, rows.d
    low, high = lane.low, lane.high
    if low >= high - 1:
        return start
    bars_sleep = may_skip_bars(sim, flags)
    prices_only = lane.has_trades == 0 and lane.has_depth == 0
    i = start
    trade = -1
    while i < stop:
        what = kind[i]
        first = i
        if what <= TRADE_SELL:
            i = scan_trades(kind, a, i, stop, low, high)
            trade = i - 1
        elif what == QUOTE:
            whole = lane.bid_left == market.bid_quantity and lane.ask_left == market.ask_quantity
            if prices_only and whole:
                i = scan_quotes(kind, a, c, i, stop, low, high)
            elif not prices_only or scan_quotes(kind, a, c, i, i + 1, low, high) > i:
                i += 1
            if i > first:
                show(lane, market, ts[i - 1], a[i - 1], b[i - 1], c[i - 1], d[i - 1])
                if whole:
                    lane.bid_left = b[i - 1]
                    lane.ask_left = d[i - 1]
                if prices_only:
                    market.last = (a[i - 1] + c[i - 1]) // 2
        elif what == BAR and lane.has_bars and bars_sleep:
            if low < c[i] and b[i] < high:
                fold_bar(sim, lane, market, rows, i)
                i += 1
        if i == first:
            break
    if trade >= start:
        market.last = a[trade]
    if i > start:
        market.seen_ns = ts[i - 1]
    return i


@part
def skip_many(
    sim: Records, markets: Records, flags: int, rows: Records, start: int, stop: int
) -> int:
    """Walk rows of several instruments that concern nobody; return the first that may."""
    ts, kind, a, b, c, d = rows.ts, rows.kind, rows.a, rows.b, rows.c, rows.d
    bars_sleep = may_skip_bars(sim, flags)
    i = start
    while i < stop:
        what = kind[i]
        k = rows.inst[i]
        lane = nth(sim, 2 * k)
        market = nth(markets, k)
        if what <= TRADE_SELL:
            if a[i] <= lane.low or a[i] >= lane.high:
                break
            market.last = a[i]
            market.seen_ns = ts[i]
        elif what == QUOTE:
            if lane.low >= lane.high - 1:
                break
            if lane.has_trades == 0 and lane.has_depth == 0:
                middle = (a[i] + c[i]) // 2
                if middle <= lane.low or middle >= lane.high or a[i] == 0 or c[i] == 0:
                    break
                market.last = middle
            show(lane, market, ts[i], a[i], b[i], c[i], d[i])
        elif what == BAR and lane.has_bars and bars_sleep:
            if c[i] <= lane.low or b[i] >= lane.high:
                break
            fold_bar(sim, lane, market, rows, i)
        else:
            break
        i += 1
    return i
