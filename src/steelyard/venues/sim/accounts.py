"""Money and positions as the venue keeps them.

Rule 1: spot moves cash and coins; a perpetual moves cash only by realised profit, fees, funding.
Rule 2: a resting order sets aside what its fill may need: cash or coins for spot, for perpetuals
initial margin on the worst the position can become, at entry and at the orders' own prices.
Rule 3: fees and funding round against us.
"""

from typing import Final

from steelyard.jit.muldiv import OVERFLOW, muldiv_ceil
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.names import FLAT
from steelyard.model.kinds import BUY, EV_FILL, MAKER, REDUCE_ONLY
from steelyard.state.money import fee_on, notional, worth
from steelyard.state.positions import closing_part, share_of
from steelyard.venues.sim.news import tell
from steelyard.venues.sim.records import FORCED, GONE, HALT_OVERFLOW, RESTS, row_of

SPOT: Final = 0


@part
def fee_rate(head: Records, terms: Records, liquidity: int) -> int:
    """Return the rate a fill pays."""
    if head.fees == FLAT:
        return head.flat_maker_rate if liquidity == MAKER else head.flat_taker_rate
    return terms.maker_rate if liquidity == MAKER else terms.taker_rate


@part
def account_of(sim: Records, order: Records) -> Records:
    """Return the record of the account that pays for `order`."""
    return nth(sim, row_of(sim, order.account, 0, 0))


@part
def holding_of(sim: Records, order: Records) -> Records:
    """Return the record of the position that `order` changes."""
    return nth(sim, row_of(sim, order.account, order.instrument, order.position_side))


@part
def executable(holding: Records, order: Records) -> int:
    """Return how much of `order` may still fill: a reduce-only one never turns a position."""
    rest = order.quantity - order.filled
    if order.flags & REDUCE_ONLY:
        against = -holding.quantity * order.side
        return min(rest, max(against, 0))
    return rest


@part
def fill(
    sim: Records, queue: Records, order: Records, row: int, terms: Records, price: int,
    quantity: int, liquidity: int,
) -> None:  # fmt: skip
    """Trade `quantity` of `order`: money, position, what is set aside, and the event."""
    account = account_of(sim, order)
    holding = holding_of(sim, order)
    signed = quantity * order.side
    value = worth(terms, price, signed)
    fee = fee_on(abs(value), fee_rate(sim, terms, liquidity))
    if value == OVERFLOW or fee == OVERFLOW:
        sim.fault = HALT_OVERFLOW
        return
    order.filled += quantity
    nth(sim, row_of(sim, order.robot, order.instrument, order.position_side)).held += signed
    account.paid_fees += fee
    if terms.kind == SPOT:
        holding.quantity += signed
        account.cash -= value + fee
    else:
        account.cash += move(sim, holding, terms, price, signed, value) - fee
        if sim.uneasy < FORCED:
            sim.uneasy = FORCED if abs(holding.quantity) > holding.cap else 1
    if order.state == RESTS:
        set_aside(sim, account, holding, terms, order)
    elif terms.kind != SPOT:
        require(account, holding, terms)
    tell(sim, queue, EV_FILL, order, row, price, quantity, liquidity, fee, 0, 0, 0)
    if order.filled >= order.quantity:
        if order.state == RESTS:
            account.open_orders -= 1
            if order.flags & REDUCE_ONLY:
                holding.reducers -= 1
        order.state = GONE


@part
def move(
    head: Records, holding: Records, terms: Records, price: int, signed: int, value: int
) -> int:
    """Change a perpetual's position; return the profit realised."""
    held = holding.quantity
    closing = closing_part(held, signed)
    realised = 0
    value_closing = 0
    if closing != 0:
        value_closing = value if closing == signed else worth(terms, price, closing)
        entry = share_of(holding.entry_worth, closing, held)
        if entry == OVERFLOW:
            head.fault = HALT_OVERFLOW
            return 0
        realised = -value_closing - entry
        holding.entry_worth -= entry
    if closing != signed:
        holding.entry_worth += value - value_closing
    holding.quantity = held + signed
    return realised


@part
def claim_of(head: Records, terms: Records, order: Records) -> int:
    """Return what the unfilled rest of a resting order sets aside: money, coins, or notional."""
    rest = order.quantity - order.filled
    if rest == 0:
        return 0
    if terms.kind == SPOT:
        if order.side != BUY:
            return rest
        value = notional(terms, order.price, rest)
        rate = max(fee_rate(head, terms, 1), fee_rate(head, terms, 2))
        return value + max(fee_on(value, rate), 0)
    if order.flags & REDUCE_ONLY:
        return 0
    return notional(terms, order.price, rest)


@part
def set_aside(
    head: Records, account: Records, holding: Records, terms: Records, order: Records
) -> None:
    """Bring what a resting order claims in line with its unfilled rest."""
    claim = claim_of(head, terms, order)
    change = claim - order.locked
    order.locked = claim
    if terms.kind == SPOT:
        if order.side == BUY:
            account.locked += change
        else:
            holding.open_sell += change
        return
    if order.side == BUY:
        holding.open_buy += change
    else:
        holding.open_sell += change
    require(account, holding, terms)


@part
def release(account: Records, holding: Records, terms: Records, order: Records) -> None:
    """Give back what an order that ends had set aside."""
    claim = order.locked
    order.locked = 0
    if terms.kind == SPOT:
        if order.side == BUY:
            account.locked -= claim
        else:
            holding.open_sell -= claim
        return
    if order.side == BUY:
        holding.open_buy -= claim
    else:
        holding.open_sell -= claim
    require(account, holding, terms)


@part
def require(account: Records, holding: Records, terms: Records) -> None:
    """Bring the initial margin locked for a position and its orders up to date."""
    needed = margin_for(holding, terms, 0, 0)
    account.locked += needed - holding.required
    holding.required = needed


@part
def margin_for(holding: Records, terms: Records, more_buy: int, more_sell: int) -> int:
    """Return the initial margin with this much more notional on the two sides."""
    size = abs(holding.entry_worth)
    if holding.quantity < 0:
        size = -size
    worst = max(abs(size + holding.open_buy + more_buy), abs(size - holding.open_sell - more_sell))
    leverage = max(terms.leverage, 1)
    for i in range(terms.tiers):
        if worst <= terms.tier_notional_max[i] or i == terms.tiers - 1:
            if terms.tier_leverage_max[i] > 0:
                leverage = min(leverage, terms.tier_leverage_max[i])
            break
    if leverage == 1:
        return worst
    return muldiv_ceil(worst, 1, leverage)


@part
def margin_price(lane: Records, market: Records) -> int:
    """Return the price positions are valued at: the mark where the history has marks."""
    if lane.has_marks and market.mark != 0:
        return market.mark
    return market.last


@part
def equity_of(sim: Records, markets: Records, instruments: Records, owner: int) -> int:
    """Return an account's cash and the open profit of its perpetuals."""
    total = nth(sim, row_of(sim, owner, 0, 0)).cash
    for k in range(sim.instruments):
        if nth(instruments, k).kind == SPOT:
            continue
        price = margin_price(nth(sim, 2 * k), nth(markets, k))
        for side in range(2):
            holding = nth(sim, row_of(sim, owner, k, side))
            if holding.quantity != 0:
                total += worth(nth(instruments, k), price, holding.quantity) - holding.entry_worth
    return total


@part
def take_over(
    sim: Records, terms: Records, robot: int, instrument: int, quantity: int, entry: int
) -> None:
    """Let the venue know a position that exists from the start, bought at `entry`.

    `sim` and `terms` are first records of their tables. Cash is not touched.
    """
    account = nth(sim, row_of(sim, robot, 0, 0)).account
    holding = nth(sim, row_of(sim, account, instrument, 0))
    nth(sim, row_of(sim, robot, instrument, 0)).held += quantity
    own = nth(terms, instrument)
    if own.kind == SPOT:
        holding.quantity += quantity
        return
    move(sim, holding, own, entry, quantity, worth(own, entry, quantity))
    require(nth(sim, row_of(sim, account, 0, 0)), holding, own)
    sim.uneasy = FORCED
