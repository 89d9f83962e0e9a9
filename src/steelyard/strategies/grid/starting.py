"""The first price: anchor, ladder, safety check, the slots of a position that exists already.

Rule 1: the anchor is the first price, on the tick. A neutral ladder with a position is centred
where that position would be closed, so that holdings lie on their own side of the centre.
Rule 2: the safety check is never skipped, also not because a position exists.
Rule 3: a restored slot keeps the true entry as its cost and never closes below it plus fees.
"""

from steelyard.jit.muldiv import OVERFLOW, muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.state.money import notional
from steelyard.strategies.grid.bars import widen
from steelyard.strategies.grid.ladder import (
    ENDLESS,
    RATE_ONE,
    build,
    centre_of,
    price_at,
    set_stride,
)
from steelyard.strategies.grid.leaving import NOTHING_HIGH, NOTHING_LOW
from steelyard.strategies.grid.placing import HELD, claim
from steelyard.strategies.grid.reasons import UNSAFE_POSITIONS, UNSAFE_PROFIT, UNSAFE_SIZE
from steelyard.strategies.grid.sizing import level_quantity


@part
def start(
    setup: Records, terms: Records, state: Records, cells: Records, price: int, now_ns: int
) -> None:
    """Set everything up at the first price."""
    head = state[0]
    tick = terms.tick
    head.started = 1
    head.size_rate = RATE_ONE
    head.window = setup.open_window
    head.clean_ns = now_ns
    head.anchor = (2 * price + tick) // (2 * tick) * tick
    set_stride(setup, head, 1)
    if setup.atr:
        widen(setup, head, head.anchor)
    restored = setup.restored_quantity
    if setup.mode == 0 and restored:
        slots = _slots_for(setup, terms, head.anchor, abs(restored))
        if restored > 0:
            head.anchor += slots * head.width
        else:
            head.anchor = max(tick, head.anchor - slots * head.width)
    build(setup, head, cells, tick)
    for index in range(2):
        wing = state[index]
        wing.side = 1 if index == 0 else -1
        wing.active = 1 if setup.mode == 0 or setup.mode == wing.side else 0
        # A neutral ladder opens away from its centre only.
        wing.cap = -1 if setup.mode == 0 else ENDLESS
        wing.open_low, wing.open_high = NOTHING_LOW, NOTHING_HIGH
        wing.close_low, wing.close_high = NOTHING_LOW, NOTHING_HIGH
        wing.held_low, wing.held_high = NOTHING_LOW, NOTHING_HIGH
        wing.centre = centre_of(setup, head, cells, wing, price)
    check(setup, terms, head)
    if restored and not head.failed:
        restore(setup, terms, head, cells, state[0] if restored > 0 else state[1])
    head.dirty = 1


@part
def check(setup: Records, terms: Records, head: Records) -> None:
    """Hold the account and the interval against what a grid needs."""
    price = head.anchor
    fees = 2 * muldiv_floor(price, setup.fee_rate, RATE_ONE)
    fees += muldiv_floor(head.width, setup.fee_rate, RATE_ONE)
    if head.width <= fees:
        head.failed, head.failed_have, head.failed_need = UNSAFE_PROFIT, head.width, fees
        return
    quantity = level_quantity(terms, setup, price, setup.budget)
    cost = notional(terms, price, quantity)
    if quantity == 0 or cost == OVERFLOW:
        return  # the windows will say that an order is too small
    if cost < terms.notional_min:
        head.failed, head.failed_have, head.failed_need = UNSAFE_SIZE, cost, terms.notional_min
        return
    if not setup.contracts:
        cost = setup.budget
    levels = muldiv_floor(setup.equity, setup.leverage, cost)
    if levels < setup.positions_min:
        head.failed = UNSAFE_POSITIONS
        head.failed_have, head.failed_need = levels, setup.positions_min


@part
def restore(setup: Records, terms: Records, head: Records, cells: Records, wing: Records) -> None:
    """Spread a position over slots, from its entry or the price outwards, whichever is farther."""
    left = abs(setup.restored_quantity)
    entry = setup.restored_entry if setup.restored_entry > 0 else head.anchor
    stride = head.stride
    own = 0
    if setup.mode == 0:
        own = -_slots_for(setup, terms, price_at(setup, head, cells, 0), left) * stride
    gap = wing.side * (entry - price_at(setup, head, cells, wing.side * own))
    while gap > 0 and own < (setup.mask + 1) // 2 and setup.mode != 0:
        own += stride
        gap = wing.side * (entry - price_at(setup, head, cells, wing.side * own))
    last = own + (setup.mask // 2)
    while left > 0:
        level = wing.side * own
        share = level_quantity(terms, setup, price_at(setup, head, cells, level), setup.budget)
        following = own + stride
        is_last = following > last or (setup.mode == 0 and following >= 0)
        # What is left over is too small for an order of its own.
        if share <= 0 or is_last or left - share < share // 2:
            share = left
        share = min(share, left)
        cell = nth(cells, level & setup.mask)
        claim(cell, level)
        cell.state = HELD
        cell.held = share
        cell.cost = entry
        cell.quantity = share
        wing.filled += 1
        wing.held_low = min(wing.held_low, own)
        wing.held_high = max(wing.held_high, own)
        left -= share
        own = following


@part
def _slots_for(setup: Records, terms: Records, price: int, quantity: int) -> int:
    """Count the levels a position of this quantity fills."""
    share = level_quantity(terms, setup, price, setup.budget)
    if share <= 0:
        return 1
    slots = -(-quantity // share)
    return min(slots, setup.mask // 4)
