"""The ladder: prices of levels, the level nearest to a price, the prices at which that changes.

Rule 1: level 0 is the anchor, the first price. Arithmetic: anchor + level × interval, without
end. Geometric: each level is the one below × (anchor + interval) / anchor, rounded to the tick;
it ends where the table ends or two levels would fall on one tick.
Rule 2: the centre is the level nearest to the price; half-way belongs to the level in the wing's
closing direction (up for a long wing).
Rule 3: a wider interval is a whole number of base intervals, the stride, so a level never moves:
only every stride-th level opens, and a slot closes one stride away.
"""

from steelyard.jit.muldiv import muldiv_even, muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import NEVER_HIGH, NEVER_LOW
from steelyard.strategies.grid.slots import SlotState

EMPTY = int(SlotState.EMPTY)
HELD = int(SlotState.HELD)
RATE_ONE = 100_000_000
ENDLESS = 2**40


@part
def price_at(setup: Records, head: Records, cells: Records, level: int) -> int:
    """Return the price of a level."""
    if setup.geometric:
        if level < head.level_low:
            level = head.level_low
        elif level > head.level_high:
            level = head.level_high
        return nth(cells, level & setup.mask).lattice
    return head.anchor + level * setup.interval


@part
def build(setup: Records, head: Records, cells: Records, tick: int) -> None:
    """Lay the ladder around the anchor."""
    half = (setup.mask + 1) // 2 - 1
    if not setup.geometric:
        head.level_low = -((head.anchor - tick) // setup.interval)
        head.level_high = ENDLESS
        return
    above = head.anchor + setup.interval
    nth(cells, 0).lattice = head.anchor
    price = head.anchor
    head.level_high = half
    for level in range(1, half + 1):
        following = _to_tick(muldiv_even(price, above, head.anchor), tick)
        if following <= price:
            head.level_high = level - 1
            break
        price = following
        nth(cells, level & setup.mask).lattice = price
    price = head.anchor
    head.level_low = -half
    for level in range(-1, -half - 1, -1):
        following = _to_tick(muldiv_even(price, head.anchor, above), tick)
        if following >= price or following <= 0:
            head.level_low = level + 1
            break
        price = following
        nth(cells, level & setup.mask).lattice = price


@part
def centre_of(setup: Records, head: Records, cells: Records, wing: Records, price: int) -> int:
    """Return the coarse level nearest to the price, in the wing's own coordinates."""
    side = wing.side
    own = side * price
    if not setup.geometric:
        width = head.width
        twice = 2 * (own - side * (head.anchor + side * wing.centre * width))
        if -3 * width <= twice < 3 * width:  # the next level: the usual case needs no division
            if twice >= width:
                return wing.centre + 1
            return wing.centre - 1 if twice < -width else wing.centre
        return wing.centre + (twice + width) // (2 * width)
    stride = head.stride
    lowest, highest = _reach(head, side)
    centre = wing.centre
    while centre * stride < highest:
        here = price_at(setup, head, cells, side * centre * stride)
        above = price_at(setup, head, cells, side * (centre + 1) * stride)
        if 2 * own < side * (here + above):
            break
        centre += 1
    while centre * stride > lowest:
        here = price_at(setup, head, cells, side * centre * stride)
        below = price_at(setup, head, cells, side * (centre - 1) * stride)
        if 2 * own >= side * (here + below):
            break
        centre -= 1
    return centre


@part
def set_stride(setup: Records, head: Records, stride: int) -> None:
    """Take a new interval of `stride` base intervals."""
    head.stride = stride
    head.width = setup.interval * stride
    head.start_distance = muldiv_floor(head.width, setup.start_rate, RATE_ONE)
    # Up to this price a gain of one width pays both fees: width >= rate × (2 × cost + width).
    if setup.geometric:
        head.safe_cost = 0
    elif setup.fee_rate > 0:
        head.safe_cost = (muldiv_floor(head.width, RATE_ONE, setup.fee_rate) - head.width) // 2
    else:
        head.safe_cost = NEVER_HIGH


@part
def start_of(setup: Records, head: Records, cells: Records, wing: Records) -> int:
    """Return the lowest own price at which the centre's own slot may open."""
    return start_at(setup, head, cells, wing, wing.centre)


@part
def start_at(setup: Records, head: Records, cells: Records, wing: Records, coarse: int) -> int:
    """Return the lowest own price at which the slot of a coarse level may open as the centre's."""
    level = coarse * head.stride
    if not setup.geometric:
        return wing.side * head.anchor + level * setup.interval + head.start_distance + 1
    here = wing.side * price_at(setup, head, cells, wing.side * level)
    above = wing.side * price_at(setup, head, cells, wing.side * (level + head.stride))
    return here + muldiv_floor(above - here, setup.start_rate, RATE_ONE) + 1


@part
def set_thresholds(
    setup: Records, head: Records, cells: Records, wing: Records, price: int
) -> None:
    """Note between which own prices nothing of this wing's windows changes."""
    side = wing.side
    stride = head.stride
    centre = wing.centre * stride
    here = side * price_at(setup, head, cells, side * centre)
    above = side * price_at(setup, head, cells, side * (centre + stride))
    below = side * price_at(setup, head, cells, side * (centre - stride))
    wing.low = ((below + here + 1) >> 1) - 1
    wing.high = (here + above + 1) >> 1
    if setup.geometric:
        lowest, highest = _reach(head, side)
        if centre <= lowest:
            wing.low = NEVER_LOW
        if centre >= highest:
            wing.high = NEVER_HIGH
    start = start_of(setup, head, cells, wing)
    if side * price < start < wing.high:
        free = is_free(setup, cells, side * centre)
        if wing.risen == 0 or (free and wing.centre <= wing.cap):
            wing.high = start
            return
    _pass_quiet_halves(setup, head, cells, wing)


@part
def _pass_quiet_halves(setup: Records, head: Records, cells: Records, wing: Records) -> None:
    """Move a threshold past a half-way at which a new centre would send and cancel nothing.

    A price that trembles there would wake the robot for no purpose.
    """
    side, stride = wing.side, head.stride
    centre = wing.centre * stride
    edge = centre + setup.close_window * stride
    enters = leaves = False
    for own in range(edge + 1, edge + stride + 1):
        cell = nth(cells, (side * own) & setup.mask)
        if cell.level == side * own:
            enters = enters or cell.state == HELD
            leaves = leaves or cell.state > HELD
    if wing.high < NEVER_HIGH and not enters:
        wing.high = start_at(setup, head, cells, wing, wing.centre + 1)
    behind = (wing.centre - head.window) * stride
    if wing.low > NEVER_LOW and not leaves and not is_free(setup, cells, side * behind):
        under = side * price_at(setup, head, cells, side * (centre - stride))
        last = side * price_at(setup, head, cells, side * (centre - 2 * stride))
        wing.low = ((under + last + 1) >> 1) - 1


@part
def is_free(setup: Records, cells: Records, level: int) -> bool:
    """Say whether a level has neither an order nor a position worth one."""
    cell = nth(cells, level & setup.mask)
    return cell.level != level or cell.state == EMPTY or cell.dust != 0


@part
def break_even(setup: Records, side: int, cost: int, tick: int) -> int:
    """Return the first price, on the tick, at which closing what cost `cost` pays both fees."""
    rate = max(0, setup.fee_rate)
    if side > 0:
        price = -muldiv_floor(-cost, RATE_ONE + rate, RATE_ONE - rate)
        return -((-price) // tick) * tick
    return muldiv_floor(cost, RATE_ONE - rate, RATE_ONE + rate) // tick * tick


@part
def _to_tick(price: int, tick: int) -> int:
    return (2 * price + tick) // (2 * tick) * tick


@part
def _reach(head: Records, side: int) -> tuple[int, int]:
    if side > 0:
        return head.level_low, head.level_high
    return -head.level_high, -head.level_low
