"""Bars: the true range for the interval, the moving average for the guard, the market's storms.

Rule 1: everything is counted from closed bars of the base step; longer bars are made of those,
by their open time, and count once the next one begins or their last base bar closes.
Rule 2: sums are integers, so a replay gives the same bits.
Rule 3: before an indicator has seen its whole window it says nothing.
"""

from steelyard.jit.muldiv import muldiv_ceil, muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.strategies.grid.ladder import RATE_ONE, set_stride
from steelyard.strategies.grid.records import AVERAGE_MAX

CALM = 0
SLOW = 1
FAST = 2
_FINE = 1024  # keeps ten bits below one price unit in the average true range


@part
def hear_bar(instrument: int, markets: Records, setup: Records, head: Records) -> bool:
    """Take one closed base bar; say whether the windows must be reviewed."""
    bar = markets[instrument]
    changed = False
    if instrument == setup.instrument:
        if setup.atr and _true_range(bar, setup, head):
            changed = True
        if setup.guard and _average(bar, setup, head):
            changed = True
    for i in range(setup.monitors):
        if setup.monitored[i] == instrument and _storm(bar, setup, head, i):
            changed = True
    return changed


@part
def widen(setup: Records, head: Records, price: int) -> bool:
    """Choose the stride for this price and the range seen; say whether it changed.

    Wider at once, narrower only when a tenth more than is needed would still be narrower: an
    average that trembles would otherwise re-price the whole ladder on each bar.
    """
    base = setup.interval
    if setup.geometric:
        base = max(1, muldiv_floor(price, setup.interval, head.anchor))
    fees = 2 * max(setup.fee_rate, 0) + setup.profit_rate_min
    wanted = muldiv_ceil(price, fees, RATE_ONE)
    if head.atr_seen > setup.atr_period:
        average = head.atr_sum // (setup.atr_period * _FINE)
        wanted = max(wanted, muldiv_floor(average, setup.atr_scale_rate, RATE_ONE))
    stride = max(1, -(-wanted // base))
    if stride < head.stride:
        stride = max(1, min(head.stride, -(-(wanted + wanted // 10) // base)))
    if stride == head.stride:
        return False
    set_stride(setup, head, stride)
    return True


@part
def _true_range(bar: Records, setup: Records, head: Records) -> bool:
    """Add a base bar to the range bar; at its end move Wilder's average and the interval."""
    span = setup.bar_ns * setup.atr_bars
    bucket = bar.bar_open_ns // span
    changed = False
    if head.atr_top and bucket != head.atr_bucket:
        changed = _range_bar(setup, head)
    if head.atr_top == 0:
        head.atr_bucket = bucket
        head.atr_top, head.atr_floor = bar.high, bar.low
    head.atr_top = max(head.atr_top, bar.high)
    head.atr_floor = min(head.atr_floor, bar.low)
    head.atr_last = bar.close
    if (bar.bar_open_ns + setup.bar_ns) % span == 0 and _range_bar(setup, head):
        changed = True
    return changed


@part
def _range_bar(setup: Records, head: Records) -> bool:
    reach = head.atr_top - head.atr_floor
    if head.atr_close:
        reach = max(reach, head.atr_top - head.atr_close, head.atr_close - head.atr_floor)
        head.atr_seen += 1
        if head.atr_seen > setup.atr_period:
            head.atr_sum += reach * _FINE - head.atr_sum // setup.atr_period
        else:
            head.atr_sum += reach * _FINE
    else:
        head.atr_seen = 1
        head.atr_sum = 0
    head.atr_close = head.atr_last
    head.atr_top = 0
    return head.started and widen(setup, head, head.atr_close)


@part
def _average(bar: Records, setup: Records, head: Records) -> bool:
    """Add a base bar to the guard's bar; at its end set the guard's level."""
    span = setup.bar_ns * setup.guard_bars
    bucket = bar.bar_open_ns // span
    changed = False
    if head.guard_last and bucket != head.guard_bucket:
        changed = _guard_bar(setup, head)
    head.guard_bucket = bucket
    head.guard_last = bar.close
    if (bar.bar_open_ns + setup.bar_ns) % span == 0 and _guard_bar(setup, head):
        changed = True
    return changed


@part
def _guard_bar(setup: Records, head: Records) -> bool:
    close = head.guard_last
    head.guard_last = 0
    side = -1 if setup.mode < 0 else 1  # a short grid fears the slow rise
    if head.guard_close and side * close < side * head.guard_close:
        head.guard_falls += 1
    else:
        head.guard_falls = 0
    head.guard_close = close
    place = head.guard_next
    head.guard_sum += close - head.guard_closes[place]
    head.guard_closes[place] = close
    head.guard_next = place + 1 if place + 1 < setup.guard_window else 0
    head.guard_seen += 1
    if head.guard_seen < setup.guard_window:
        return False
    average = head.guard_sum // setup.guard_window
    behind = side * (average - close)
    level = CALM
    if behind > muldiv_floor(average, setup.fast_rate, RATE_ONE) and (
        head.guard_falls >= setup.fast_falls
    ):
        level = FAST
    elif behind > muldiv_floor(average, setup.slow_rate, RATE_ONE):
        level = SLOW
    if level == head.guard_level:
        return False
    head.guard_level = level
    head.size_rate = RATE_ONE
    head.window = setup.open_window
    if level == SLOW:
        head.size_rate = setup.slow_size_rate
    elif level == FAST:
        head.size_rate = setup.fast_size_rate
        head.window = max(1, setup.open_window * setup.fast_window_rate // RATE_ONE)
    return True


@part
def _storm(bar: Records, setup: Records, head: Records, i: int) -> bool:
    """Add a base bar to a monitored instrument's bar; at its end weigh the whole market."""
    span = setup.bar_ns * setup.monitor_bars
    bucket = bar.bar_open_ns // span
    changed = False
    if head.last[i] and bucket != head.bucket[i]:
        changed = _monitor_bar(setup, head, i)
    head.bucket[i] = bucket
    head.last[i] = bar.close
    head.volume[i] += bar.volume
    if (bar.bar_open_ns + setup.bar_ns) % span == 0 and _monitor_bar(setup, head, i):
        changed = True
    return changed


@part
def _monitor_bar(setup: Records, head: Records, i: int) -> bool:
    close, volume = head.last[i], head.volume[i]
    head.last[i] = 0
    head.volume[i] = 0
    window = setup.average_window
    head.storm[i] = 0
    head.calm[i] = 0
    if head.seen[i] >= window:
        line = muldiv_floor(head.volume_sum[i] // window, setup.volume_rate, RATE_ONE)
        average = head.close_sum[i] // window
        if close < average and volume > line:
            head.storm[i] = 1
        elif close > average and volume <= line:
            head.calm[i] = 1
    place = i * AVERAGE_MAX + head.next[i]
    head.close_sum[i] += close - head.closes_kept[place]
    head.volume_sum[i] += volume - head.volumes_kept[place]
    head.closes_kept[place] = close
    head.volumes_kept[place] = volume
    head.next[i] = head.next[i] + 1 if head.next[i] + 1 < window else 0
    head.seen[i] += 1
    storms, calms = 0, 0
    for j in range(setup.monitors):
        storms += head.storm[j]
        calms += head.calm[j]
    before = head.risk
    if head.risk:
        if calms >= setup.recovery_count:
            head.risk = 0
    elif storms >= setup.trigger_count:
        head.risk = 1
    head.need = setup.recovery_count
    return head.risk != before
