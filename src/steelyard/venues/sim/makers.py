"""Resting orders meet the market: what a print, a quote, a level or a path fills.

Rule 1: the best price is served first, and at one price the order that came first.
Rule 2: a resting order fills at its own price, also where the market jumped over it.
Rule 3: at its own price an order fills as the queue model says: never (`through`), first
(`touch`), or after what was ahead of it (`volume`). Where no size was displayed when it joined,
the size displayed when the market reaches the price is ahead of it, and where sizes are never
displayed, the whole of the first print there.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.ladder import close_rung
from steelyard.matching.names import THROUGH, TOUCH, UNLIMITED, VOLUME
from steelyard.model.kinds import EV_EXPIRED, MAKER
from steelyard.venues.sim.accounts import executable, fill, holding_of
from steelyard.venues.sim.book import displayed_at, end
from steelyard.venues.sim.records import ASKS, BIDS, UNBOUNDED


@part
def serve(
    sim: Records, resting: Records, queue: Records, market: Records, terms: Records, k: int,
    ladder: int, price: int, left: int, at_price: int, printed: int,
) -> int:  # fmt: skip
    """Fill own orders beyond `price` out of `left`; return what is left of it.

    `at_price` is the queue model for orders exactly at `price`, `printed` the quantity that
    traded there. Orders placed inside the bar at hand are passed over.
    """
    lane = nth(sim, 2 * k)
    rungs = resting.rungs
    key = price if ladder == BIDS else -price
    spent = 0  # at `price`, by orders of ours that stand before the one at hand
    where = lane.at[ladder] + lane.count[ladder] - 1
    while where >= lane.at[ladder] and left > 0:
        rung = nth(rungs, where)
        if rung.key < key or (rung.key == key and at_price == THROUGH):
            break
        row = rung.row
        order = nth(resting.orders, row)
        if order.bar == lane.bars and order.bar >= 0:
            where -= 1
            continue
        quantity = min(executable(holding_of(sim, order), order), left)
        if quantity <= 0:
            end(sim, resting, queue, terms, row, EV_EXPIRED, 0, 0, 0)
            where -= 1
            continue
        if rung.key == key and at_price == VOLUME:
            quantity = min(quantity, past_queue(lane, market, resting, order, printed) - spent)
            spent += max(quantity, 0)
        if quantity > 0:
            left -= quantity
            own_price = order.price
            fill(sim, queue, order, row, terms, own_price, quantity, MAKER)
            if order.filled >= order.quantity:
                close_rung(rungs, lane.at[ladder], lane.count[ladder], where)
                lane.count[ladder] -= 1
        where -= 1
    return left


@part
def past_queue(
    lane: Records, market: Records, resting: Records, order: Records, printed: int
) -> int:
    """Let a print at an order's price serve those ahead of it; return what gets past them."""
    shown = displayed_at(lane, market, resting, order)
    ahead = order.ahead
    if ahead < 0:
        ahead = shown if shown >= 0 else printed
    elif shown >= 0:
        ahead = min(ahead, shown)
    order.ahead = max(ahead - printed, 0)
    order.printed += printed
    return max(printed - ahead, 0)


@part
def on_print(
    sim: Records, resting: Records, queue: Records, market: Records, terms: Records, k: int,
    price: int, quantity: int, sold: bool,
) -> None:  # fmt: skip
    """Let a trade of the venue fill resting orders. `sold`: its taker sold, so bids were hit."""
    lane = nth(sim, 2 * k)
    left = UNBOUNDED if sim.liquidity == UNLIMITED else quantity
    model = sim.queue_model
    if lane.count[BIDS] > 0:
        left = serve(
            sim, resting, queue, market, terms, k, BIDS, price, left,
            model if sold else THROUGH, quantity,
        )  # fmt: skip
    if lane.count[ASKS] > 0 and left > 0:
        left = serve(
            sim, resting, queue, market, terms, k, ASKS, price, left,
            THROUGH if sold else model, quantity,
        )  # fmt: skip
    lane.left = left


@part
def on_opposite(
    sim: Records, resting: Records, queue: Records, market: Records, terms: Records, k: int,
    ladder: int, price: int, there: int,
) -> int:  # fmt: skip
    """Let the opposite quote or level fill resting orders; return what is left of it.

    Quotes print nothing, so the `volume` model waits for the price to be passed.
    """
    left = UNBOUNDED if sim.liquidity == UNLIMITED else there
    at_price = TOUCH if sim.queue_model == TOUCH else THROUGH
    left = serve(sim, resting, queue, market, terms, k, ladder, price, left, at_price, 0)
    return min(left, there)
