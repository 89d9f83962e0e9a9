"""Bars as robots see them: read from history, merged from finer bars, or built from prices.

Rule 1: without `bar_step_ns` every bar row is a bar. With it, bars close at its multiples; an
interval in which nothing was seen gives no bar.
Rule 2: a trade or quote at a boundary belongs to the next bar; a bar row, whose time is its
close, to the one that ends there.
Rule 3: trades and quotes are folded in when a boundary or the chunk's end is reached, not row by
row; the middle of a depth book when an update is complete.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import EV_BAR, NEVER_NS, QUOTE, TRADE_SELL, WAKE_EVERY_BAR
from steelyard.venues.sim.news import tell_robot


@part
def add(lane: Records, first: int, high: int, low: int, close: int, volume: int) -> None:
    """Fold one price, or one finer bar, into the bar being built."""
    if lane.fold_rows == 0:
        lane.fold_open = first
        lane.fold_high = high
        lane.fold_low = low
        lane.fold_volume = 0
    lane.fold_rows += 1
    lane.fold_high = max(lane.fold_high, high)
    lane.fold_low = min(lane.fold_low, low)
    lane.fold_close = close
    lane.fold_volume += volume


@part
def publish(lane: Records, market: Records) -> None:
    """Move the bar that was built into the plane."""
    market.bar_open_ns = lane.fold_open_ns
    market.open = lane.fold_open
    market.high = lane.fold_high
    market.low = lane.fold_low
    market.close = lane.fold_close
    market.volume = lane.fold_volume
    market.bars += 1
    lane.fold_rows = 0
    lane.fold_due_ns = NEVER_NS


@part
def fold_bar(head: Records, lane: Records, market: Records, rows: Records, i: int) -> bool:
    """Take a bar row in; say whether a bar closed with it."""
    ts_ns, close = rows.ts[i], rows.d[i]
    step = head.bar_step_ns
    if lane.fold_rows == 0:
        if step > 0:
            lane.fold_open_ns = (ts_ns - 1) // step * step
            lane.fold_due_ns = lane.fold_open_ns + step
        else:
            lane.fold_open_ns = market.seen_ns  # the previous bar's close
    add(lane, rows.a[i], rows.b[i], rows.c[i], close, rows.e[i])
    market.last = close
    market.seen_ns = ts_ns
    if step > 0 and ts_ns < lane.fold_due_ns:
        return False
    publish(lane, market)
    return True


@part
def fold_prices(sim: Records, rows: Records, start: int, stop: int) -> None:
    """Fold the trades, or the middles of quotes, of these rows into the bars being built."""
    kind, a, b, c = rows.kind, rows.a, rows.b, rows.c
    for i in range(start, stop):
        what = kind[i]
        lane = nth(sim, 2 * rows.inst[i]) if rows.many else sim
        if what <= TRADE_SELL:
            add(lane, a[i], a[i], a[i], a[i], b[i])
        elif what == QUOTE and not lane.has_trades and not lane.has_depth and a[i] and c[i]:
            middle = (a[i] + c[i]) // 2
            add(lane, middle, middle, middle, middle, 0)


@part
def close_bars(
    sim: Records, robots: Records, markets: Records, queue: Records, bar_rows: bool
) -> None:
    """Close the bars that end now: those built from prices, or those merged from bar rows."""
    for k in range(sim.instruments):
        lane = nth(sim, 2 * k)
        if lane.fold_rows == 0 or (lane.has_bars != 0) != bar_rows:
            continue
        if bar_rows:
            if lane.fold_due_ns > sim.now_ns:
                continue
        else:
            lane.fold_open_ns = sim.now_ns - sim.bar_step_ns
        publish(lane, nth(markets, k))
        tell_bar(sim, robots, queue, k)


@part
def tell_bar(sim: Records, robots: Records, queue: Records, k: int) -> None:
    """Queue a closed bar for every robot that wants bars."""
    for r in range(sim.robots):
        if nth(robots, r).wake_flags & WAKE_EVERY_BAR:
            tell_robot(sim, queue, EV_BAR, r, k, 0, 0, 0, 0, 0)
