"""What a slot learns from the news of its order.

Rule 1: news of an order that is not the slot's current one is a late fill, or an order that lives
although it was given up (it is withdrawn), or nothing.
Rule 2: a refusal for want of money locks the robot: openings are cancelled, nothing new is sent.
Rule 3: a slot holds what arrived: coins that the venue took for its fee are not in it.
Rule 4: the answer is what is left to do: `NOTHING`, `TEND` the slot, or `REVIEW` the windows.
"""

from steelyard.jit.muldiv import muldiv_even
from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import (
    EV_ABSENT,
    EV_ACCEPTED,
    EV_CANCEL_REFUSED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_LOST,
    EV_REFUSED,
    EV_REJECTED,
    POST_ONLY,
)
from steelyard.model.reasons import (
    NO_FUNDS,
    NO_MARGIN,
    POST_ONLY_CROSSES,
    VENUE_NO_FUNDS,
    VENUE_NO_MARGIN,
)
from steelyard.state.orders import may_fill, stage_cancel
from steelyard.strategies.grid.placing import claim, hear, is_leaving, is_opening
from steelyard.strategies.grid.reasons import POST_ONLY_WAIT, REFUSED_WAIT, STRAY_FILL
from steelyard.strategies.grid.records import WAIT
from steelyard.strategies.grid.slots import SlotNews, SlotState

NOTHING = 0
TEND = 1
REVIEW = 2

REFUSED = int(SlotNews.REFUSED)
ACCEPTED = int(SlotNews.ACCEPTED)
LOST = int(SlotNews.LOST)
PARTIAL = int(SlotNews.PARTIAL)
FILLED_EMPTY = int(SlotNews.FILLED_EMPTY)
FILLED_HELD = int(SlotNews.FILLED_HELD)
CANCEL_REFUSED = int(SlotNews.CANCEL_REFUSED)
CANCELED_EMPTY = int(SlotNews.CANCELED_EMPTY)
REJECTED_EMPTY = int(SlotNews.REJECTED_EMPTY)
EXPIRED_EMPTY = int(SlotNews.EXPIRED_EMPTY)
LATE_EMPTY = int(SlotNews.LATE_EMPTY)
LATE_HELD = int(SlotNews.LATE_HELD)
EMPTY = int(SlotState.EMPTY)


@part
def learn(
    heard: Records, book: Records, orders: Records, commands: Records, setup: Records,
    head: Records, cells: Records, wing: Records, lot: int,
) -> int:  # fmt: skip
    """Bring the slot of the event's order up to date."""
    order = orders[heard.order]
    level = order.slot
    cell = nth(cells, level & setup.mask)
    kind = heard.kind
    if cell.number != order.number or cell.level != level:
        return _learn_late(heard, book, orders, commands, head, cell, wing, order, lot)
    if kind == EV_ACCEPTED:
        hear(head, cell, ACCEPTED)
        return NOTHING
    if kind == EV_FILL:
        return _learn_fill(head, wing, cell, order, heard.quantity, heard.coin_fee, lot)
    if kind == EV_CANCEL_REFUSED:
        hear(head, cell, CANCEL_REFUSED)
        # Asked again only after a while: what became of the order may be on its way.
        cell.retry_ns = book[0].now_ns + setup.retry_ns
        _remember(wing, wing.side * level, is_opening(cell.state))
        return REVIEW
    if kind == EV_LOST:
        hear(head, cell, LOST)
        return NOTHING
    opening = is_opening(cell.state)
    left = is_leaving(cell.state)
    held = 1 if cell.held > 0 else 0
    news = CANCELED_EMPTY
    if kind == EV_REFUSED:
        news, held = REFUSED, 0
    elif kind == EV_REJECTED or kind == EV_ABSENT:
        news = REJECTED_EMPTY
    elif kind == EV_EXPIRED:
        news = EXPIRED_EMPTY
    elif kind != EV_CANCELED:
        return NOTHING
    if not hear(head, cell, news + held):
        return NOTHING
    cell.number = 0
    head.live -= 1
    if opening:
        wing.opens -= 1
    else:
        wing.closes -= 1
    if kind == EV_ABSENT or left:
        if left:
            cell.fails = 0
        return TEND
    return _learn_failure(heard, book, setup, head, cell, order)


@part
def _learn_fill(
    head: Records, wing: Records, cell: Records, order: Records, quantity: int, coin_fee: int,
    lot: int,
) -> int:  # fmt: skip
    own = wing.side * cell.level
    over = order.filled >= order.quantity
    if order.side == wing.side:
        quantity -= coin_fee
        if cell.held == 0:
            wing.filled += 1
            cell.cost = cell.meant
            wing.held_low = min(wing.held_low, own)
            wing.held_high = max(wing.held_high, own)
        elif cell.cost != cell.meant:
            # A remainder with a cost of its own is topped up: the two costs mix.
            cell.cost += muldiv_even(cell.meant - cell.cost, quantity, cell.held + quantity)
        cell.held += quantity
        if not over:
            hear(head, cell, PARTIAL)
            return NOTHING
        wing.opens -= 1
    else:
        cell.held -= quantity
        if not over:
            hear(head, cell, PARTIAL)
            return NOTHING
        wing.closes -= 1
        if 0 <= cell.held < lot:
            # No order sells less than a lot: the robot keeps it, the slot begins anew.
            cell.held = 0
            wing.filled -= 1
            cell.dust = 0
    cell.fails = 0
    cell.number = 0
    head.live -= 1
    hear(head, cell, FILLED_HELD if cell.held > 0 else FILLED_EMPTY)
    return TEND


@part
def _learn_failure(
    heard: Records, book: Records, setup: Records, head: Records, cell: Records, order: Records
) -> int:
    """Decide when a slot whose order did not survive may try again."""
    now = book[0].now_ns
    code = heard.code
    if heard.kind == EV_REFUSED or heard.kind == EV_REJECTED:
        if (
            code == NO_FUNDS or code == NO_MARGIN
            or code == VENUE_NO_FUNDS or code == VENUE_NO_MARGIN
        ):  # fmt: skip
            head.lock_ns = now + setup.lock_ns
            return REVIEW
    # Venues tell a post-only order that would have taken by a rejection, an expiry or a cancel.
    crossed = code == POST_ONLY_CROSSES or (code == 0 and heard.kind != EV_REFUSED)
    if crossed and order.flags & POST_ONLY and order.filled == 0:
        cell.fails += 1
        if setup.fallback != WAIT and cell.fails <= setup.attempts:
            return TEND
        cell.why = POST_ONLY_WAIT
    else:
        cell.why = REFUSED_WAIT
    cell.retry_ns = now + setup.retry_ns
    return TEND


@part
def _learn_late(
    heard: Records, book: Records, orders: Records, commands: Records, head: Records,
    cell: Records, wing: Records, order: Records, lot: int,
) -> int:  # fmt: skip
    """Take a fill of an order the slot had given up; withdraw such an order where it lives."""
    if heard.kind != EV_FILL:
        if heard.kind == EV_ACCEPTED and may_fill(order.status):
            stage_cancel(book, orders, commands, heard.order)
        return NOTHING
    own = wing.side * order.slot
    if cell.level != order.slot:
        if cell.state != EMPTY:
            head.halted = STRAY_FILL
            head.have, head.need = order.slot, 0
            return NOTHING
        claim(cell, order.slot)
    if order.side == wing.side:
        if cell.held == 0:
            wing.filled += 1
            cell.cost = order.reference
        cell.held += heard.quantity - heard.coin_fee
        wing.held_low, wing.held_high = min(wing.held_low, own), max(wing.held_high, own)
    else:
        cell.held -= heard.quantity
        if 0 <= cell.held < lot:
            cell.held = 0
            wing.filled -= 1
        elif cell.held < 0:
            head.halted = STRAY_FILL
            head.have, head.need = order.slot, 0
            return NOTHING
    hear(head, cell, LATE_HELD if cell.held > 0 else LATE_EMPTY)
    return REVIEW


@part
def _remember(wing: Records, own: int, opening: bool) -> None:
    """Take an order that was believed to leave back into the bounds."""
    if opening:
        wing.open_low, wing.open_high = min(wing.open_low, own), max(wing.open_high, own)
    else:
        wing.close_low, wing.close_high = min(wing.close_low, own), max(wing.close_high, own)
