"""Commands at the venue: what it makes of a new order and of a cancel.

Rule 1: commands count in the order of their arrival; whoever of a cancel and a fill is first, is.
Rule 2: an order is checked whole before anything happens: filters, reduce-only, post-only,
trigger, number of open orders, funds. The first objection rejects it.
Rule 3: EV_ACCEPTED comes before every fill. What of an IOC or market order finds nobody expires;
a FOK order that cannot fill whole expires whole.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.filters import filter_code
from steelyard.model.kinds import (
    BUY,
    CMD_CANCEL,
    CMD_PLACE,
    EV_ACCEPTED,
    EV_CANCEL_REFUSED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_REJECTED,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    TRAILING_STOP,
)
from steelyard.model.reasons import (
    NO_MARKET,
    NOT_SUPPORTED,
    POST_ONLY_CROSSES,
    UNKNOWN_ORDER,
    VENUE_NOTIONAL,
    VENUE_TOO_MANY,
    VENUE_WOULD_INCREASE,
    WOULD_TRIGGER,
)
from steelyard.state.money import notional
from steelyard.venues.sim.accounts import account_of, holding_of
from steelyard.venues.sim.book import end, narrow, rest, wait, watch_trails
from steelyard.venues.sim.funds import funds_code
from steelyard.venues.sim.news import tell, write
from steelyard.venues.sim.records import RESTS, WAITS
from steelyard.venues.sim.takers import against, crosses, take, takeable
from steelyard.venues.sim.triggers import rises_to, trail_from


@part
def arrive(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records,
    kind: int, row: int, number: int, robot: int, k: int,
) -> None:  # fmt: skip
    """Let one command take effect at the venue, now."""
    order = nth(resting.orders, row)
    if kind == CMD_PLACE:
        place(sim, resting, queue, markets, instruments, row)
    else:
        code = 0
        if order.number != number or not (order.state == RESTS or order.state == WAITS):
            code = UNKNOWN_ORDER
        elif kind != CMD_CANCEL:
            code = NOT_SUPPORTED
        if code != 0:
            write(
                sim, queue, EV_CANCEL_REFUSED, robot, k, row, number,
                0, 0, 0, 0, 0, code, 0, 0, 0,
            )  # fmt: skip
            return
        end(sim, resting, queue, nth(instruments, k), row, EV_CANCELED, 0, 0, 0)
        if order.extreme != 0:
            watch_trails(nth(sim, 2 * k), resting)
    sweep(sim, resting, queue, instruments, k)
    narrow(sim, resting, k)


@part
def place(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records, row: int
) -> None:
    """Check a new order, then let it take, rest or wait."""
    order = nth(resting.orders, row)
    k = order.instrument
    terms = nth(instruments, k)
    market = nth(markets, k)
    code, have, need = objection(sim, resting, markets, instruments, row)
    if code != 0:
        end(sim, resting, queue, terms, row, EV_REJECTED, code, have, need)
        return
    tell(sim, queue, EV_ACCEPTED, order, row, 0, 0, 0, 0, 0, 0, 0)
    kind = order.type
    if kind == TRAILING_STOP and (order.trigger == 0 or is_reached(order, market.last)):
        trail_from(sim, resting, row, market.last)
        watch_trails(nth(sim, 2 * k), resting)
        return
    if kind != LIMIT and kind != MARKET:
        wait(sim, resting, row, rises_to(order))
        return
    bounded = kind == LIMIT
    whole = (order.flags & FOK) == 0 or takeable(sim, resting, market, order) >= order.quantity
    if whole and (not bounded or crosses(nth(sim, 2 * k), market, order.side, order.price)):
        take(sim, resting, queue, market, terms, row, bounded)
    if order.filled >= order.quantity:
        return
    if not bounded or order.flags & (IOC | FOK) or out_of_reach(sim, order):
        end(sim, resting, queue, terms, row, EV_EXPIRED, 0, 0, 0)
    else:
        rest(sim, resting, markets, terms, row)


@part
def is_reached(order: Records, last: int) -> bool:
    """Say whether the price stands at or past an order's trigger already."""
    return order.trigger <= last if rises_to(order) else order.trigger >= last


@part
def out_of_reach(sim: Records, order: Records) -> bool:
    """Say whether a reduce-only order has nothing left to reduce."""
    return order.flags & REDUCE_ONLY != 0 and holding_of(sim, order).quantity * order.side >= 0


@part
def objection(
    sim: Records, resting: Records, markets: Records, instruments: Records, row: int
) -> tuple[int, int, int]:
    """Return (code, have, need) of the first thing that speaks against an order."""
    order = nth(resting.orders, row)
    k = order.instrument
    terms, market, lane = nth(instruments, k), nth(markets, k), nth(sim, 2 * k)
    code, have, need = filter_code(terms, order, market.last)
    if code != 0:
        return code, have, need
    closes = order.flags & REDUCE_ONLY != 0
    price = order.price if order.type == LIMIT else against(lane, market, order.side)
    if order.type == LIMIT or order.type == MARKET:
        if price == 0:
            return NO_MARKET, 0, 0
        if closes:
            held = holding_of(sim, order).quantity
            if held * order.side >= 0:
                return VENUE_WOULD_INCREASE, held, order.quantity * order.side
        if order.flags & POST_ONLY and crosses(lane, market, order.side, price):
            return POST_ONLY_CROSSES, price, against(lane, market, order.side)
    else:
        last = market.last
        if last == 0:
            return NO_MARKET, 0, 0
        price = order.trigger
        if price == 0:
            price = last
        elif order.type != TRAILING_STOP and is_reached(order, last):
            return WOULD_TRIGGER, last, price
    if terms.notional_min != 0 and not closes:
        value = notional(terms, price, order.quantity)
        if value < terms.notional_min:
            return VENUE_NOTIONAL, value, terms.notional_min
    if order.type != MARKET:
        account = account_of(sim, order)
        if sim.orders_max != 0 and account.open_orders >= sim.orders_max:
            return VENUE_TOO_MANY, account.open_orders, sim.orders_max
    if order.type == LIMIT or order.type == MARKET:
        return funds_code(sim, resting, markets, instruments, row)
    return 0, 0, 0


@part
def sweep(sim: Records, resting: Records, queue: Records, instruments: Records, k: int) -> None:
    """Expire resting reduce-only orders whose position is gone."""
    for owner in range(sim.accounts):
        for side in range(2):
            holding = nth(sim, (owner * sim.instruments + k) * 2 + side)
            if holding.reducers == 0:
                continue
            for ladder in range(2):
                direction = BUY if ladder == 0 else -BUY
                if holding.quantity * direction < 0:
                    continue
                expire_reducers(sim, resting, queue, nth(instruments, k), k, ladder, owner, side)


@part
def expire_reducers(
    sim: Records, resting: Records, queue: Records, terms: Records, k: int, ladder: int,
    owner: int, side: int,
) -> None:  # fmt: skip
    """Expire the reduce-only orders of one holding on one ladder."""
    lane = nth(sim, 2 * k)
    where = lane.at[ladder] + lane.count[ladder] - 1
    while where >= lane.at[ladder]:
        row = nth(resting.rungs, where).row
        order = nth(resting.orders, row)
        if order.flags & REDUCE_ONLY and order.account == owner and order.position_side == side:
            end(sim, resting, queue, terms, row, EV_EXPIRED, 0, 0, 0)
        where -= 1
