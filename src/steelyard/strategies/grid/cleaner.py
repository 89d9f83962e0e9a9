"""The cleaner: when too many orders are live, the farthest of the larger side go.

Rule 1: it acts when `order_cleanup_threshold` orders are live, at most once per
`order_cleanup_interval_s`; half and half where both sides are equal.
Rule 2: farthest first, and never a partly filled order.
Rule 3: a cleaned slot, and every one farther out, stays without order for one such interval, or
cleaning would be in vain.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.state.orders import may_fill
from steelyard.strategies.grid.placing import CLOSE_PENDING, is_leaving, is_opening, withdraw
from steelyard.strategies.grid.reasons import CLEANED_WAIT


@part
def clean(
    book: Records, orders: Records, commands: Records, setup: Records, state: Records,
    cells: Records,
) -> None:  # fmt: skip
    """Withdraw one batch if it is time."""
    head = state[0]
    if book[0].now_ns < head.clean_ns or book[0].commands:
        return  # what this event staged cannot be withdrawn yet: the farthest may be among it
    until = book[0].now_ns + setup.cleanup_ns
    buys = state[0].opens + state[1].closes
    sells = state[0].closes + state[1].opens
    batch = setup.cleanup_batch
    swept = 0
    if buys > sells:
        swept = _sweep(book, orders, commands, setup, state, cells, 0, batch, until)
    elif sells > buys:
        swept = _sweep(book, orders, commands, setup, state, cells, 1, batch, until)
    else:
        swept = _sweep(book, orders, commands, setup, state, cells, 0, batch // 2, until)
        swept += _sweep(book, orders, commands, setup, state, cells, 1, batch - batch // 2, until)
    # Perhaps all of them are partly filled.
    head.clean_ns = until if swept else book[0].now_ns + setup.retry_ns


@part
def _sweep(
    book: Records, orders: Records, commands: Records, setup: Records, state: Records,
    cells: Records, sells: int, batch: int, until: int,
) -> int:  # fmt: skip
    """Withdraw up to `batch` orders of one side of the market, from its far edge inwards.

    Return how many.
    """
    head = state[0]
    # Real levels: buys are farthest at the bottom, sells at the top.
    opens, closes = state[sells], state[1 - sells]
    if sells:
        first = max(-opens.open_low, closes.close_high)
        last = min(-opens.open_high, closes.close_low)
        step = -1
    else:
        first = min(opens.open_low, -closes.close_high)
        last = max(opens.open_high, -closes.close_low)
        step = 1
    level = first
    left = batch
    while left > 0 and (last - level) * step >= 0:
        cell = nth(cells, level & setup.mask)
        wing = opens
        fits = cell.level == level and not is_leaving(cell.state)
        if fits and cell.state >= CLOSE_PENDING:
            wing = closes
        elif fits:
            fits = is_opening(cell.state)
        if fits and wing.active and _belongs(wing, cell, opens.side):
            order = orders[cell.order]
            if order.filled == 0 and may_fill(order.status):
                withdraw(book, orders, commands, head, cell)
                cell.retry_ns = until
                cell.why = CLEANED_WAIT
                head.retry_ns = min(head.retry_ns, until)
                left -= 1
        level += step
    return batch - left


@part
def _belongs(wing: Records, cell: Records, opening_side: int) -> bool:
    """Say whether the slot's order is on the side of the market that is swept."""
    side = wing.side if is_opening(cell.state) else -wing.side
    return side == opening_side
