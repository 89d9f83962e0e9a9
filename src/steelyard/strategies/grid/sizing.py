"""How large and at what price: a slot's order before it is staged.

Rule 1: an order's size is its level's budget, less by skew and guard, in whole lots; what could
not be sold again for `min_order_value` is not bought.
Rule 2: a closing order is one interval on, never worse than what it closes cost plus both fees.
Rule 3: after a post-only rejection an order stands one tick beyond the touch, never worse than
it meant.
"""

from steelyard.jit.muldiv import muldiv_floor
from steelyard.jit.parts import Records, part
from steelyard.model.kinds import POST_ONLY
from steelyard.state.money import notional, quantity_for
from steelyard.strategies.grid.ladder import RATE_ONE, break_even, price_at
from steelyard.strategies.grid.records import REPRICE, TAKE


@part
def closing_price(
    terms: Records, setup: Records, head: Records, cells: Records, side: int, level: int, cost: int
) -> int:
    """Return where a slot closes: one interval on, never worse than its cost and both fees."""
    price = price_at(setup, head, cells, level + side * head.stride)
    if cost <= head.safe_cost and cost == price_at(setup, head, cells, level):
        return price
    limit = break_even(setup, side, cost, terms.tick)
    if side * limit > side * price:
        return limit
    return price


@part
def size(
    terms: Records, setup: Records, head: Records, cells: Records, wing: Records, cell: Records,
    level: int, price: int,
) -> int:  # fmt: skip
    """Return the quantity of a slot's opening order; 0, with have and need, if too small."""
    budget = setup.budget
    if head.size_rate != RATE_ONE:
        budget = muldiv_floor(budget, head.size_rate, RATE_ONE)
    if setup.skew_rate:
        held = min(setup.inventory_max, wing.filled)
        left = RATE_ONE - setup.skew_rate * held // setup.inventory_max
        budget = muldiv_floor(budget, left, RATE_ONE)
    if budget <= 0:
        head.have, head.need = 0, setup.value_min
        return 0
    if cell.sized_for == budget:
        return cell.quantity
    quantity = level_quantity(terms, setup, price, budget)
    limit = terms.quantity_max
    if limit and quantity > limit:
        quantity = limit
    exit_price = price_at(setup, head, cells, level + wing.side * head.stride)
    value = notional(terms, exit_price, quantity)
    if value < setup.value_min:
        head.have, head.need = value, setup.value_min
        cell.sized_for = 0
        return 0
    cell.quantity = quantity
    cell.sized_for = budget
    return quantity


@part
def level_quantity(terms: Records, setup: Records, price: int, budget: int) -> int:
    """Return what one level's budget buys at its price, in whole lots."""
    if not setup.contracts:
        return quantity_for(terms, price, budget)
    quantity = muldiv_floor(setup.contracts, budget, setup.budget)
    return quantity - quantity % terms.lot


@part
def flags_after(setup: Records, cell: Records, flags: int) -> int:
    """Return an order's flags after the slot's rejections."""
    if setup.fallback == TAKE and cell.fails >= setup.attempts:
        return flags & ~POST_ONLY
    return flags


@part
def beyond_touch(
    market: Records, terms: Records, setup: Records, side: int, price: int, flags: int
) -> int:
    """Return the price nearest to the one meant that does not take."""
    if setup.fallback != REPRICE or not flags & POST_ONLY:
        return price
    tick = terms.tick
    if side > 0:
        touch = market.ask or market.last
        best = (touch - 1) // tick * tick
        return min(price, best)
    touch = market.bid or market.last
    best = touch // tick * tick + tick
    return max(price, best)
