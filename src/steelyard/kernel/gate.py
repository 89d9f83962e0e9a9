"""The gate: what may leave the house.

Rule 1: only `allow` turns a wanted command into an approved one (`verdict` 0, status SENT).
Rule 2: a cancel is never refused while its order may live: it can only lower what is at risk.
Rule 3: the venue's filters come first, then the rules the assembly binds as `objection`, in
their registry's order; the first objection is the answer.
"""

from typing import Final

from steelyard.jit.parts import Records, part, unbound
from steelyard.kernel.lines import CANCEL, HEAD, ORDER, REFUSAL, note
from steelyard.model.kinds import (
    CMD_CANCEL,
    EV_TIMER,
    LIMIT,
    PAUSE_ALL,
    REDUCE_ONLY,
)
from steelyard.model.orders import OrderNews
from steelyard.model.reasons import (
    BAD_PRICE,
    BAD_QUANTITY,
    HALTED,
    NO_PRICE,
    OVER_MAXIMUM,
    OVERFLOW_REFUSED,
    PAUSED,
    TOO_FAR,
    UNDER_MINIMUM,
    UNDER_NOTIONAL,
)
from steelyard.state.money import notional
from steelyard.state.orders import hear

ALLOWED: Final = int(OrderNews.ALLOWED)
NOT_ALLOWED: Final = int(OrderNews.REFUSED)
CANCEL_SENT: Final = int(OrderNews.CANCEL_SENT)
_RATE_ONE: Final = 100_000_000


objection = unbound
"""Return the first rule's objection to one command, 0 for none. Bound by the assembly."""


def allow(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records, limits: Records,
    log: Records,
) -> int:  # fmt: skip
    """Judge what was staged since the last call in this event; return how many were refused."""
    head = book[0]
    if head.judged == head.commands:
        return 0
    heard = event[0]
    if heard.kind <= EV_TIMER and head.judged == 0:
        # A market event is worth a line only if it made somebody act.
        where = heard.robot * 65536 + heard.instrument
        note(book, log, HEAD + heard.kind, heard.ts_ns, heard.number or heard.reference, where)
    refused = 0
    for index in range(head.judged, head.commands):
        command = commands[index]
        row = command.order
        if command.kind == CMD_CANCEL:
            hear(book, orders, positions, row, CANCEL_SENT)
            head.cancels += 1
            note(book, log, CANCEL, command.number, 0, 0)
            continue
        code = filtered(book, robots, markets, instruments, command)
        if code == 0:
            code = objection(
                command, book, robots, markets, instruments, positions, balances, orders, limits
            )
        command.verdict = code
        if code == 0:
            hear(book, orders, positions, row, ALLOWED)
            head.orders += 1
            what = ORDER + 256 * command.type + 65536 * command.flags
            note(book, log, what, command.number, command.price, command.quantity * command.side)
        else:
            hear(book, orders, positions, row, NOT_ALLOWED)
            head.refusals += 1
            refused += 1
            note(book, log, REFUSAL, command.number, code, command.robot)
    head.judged = head.commands
    return refused


@part
def filtered(
    book: Records, robots: Records, markets: Records, instruments: Records, command: Records
) -> int:
    """Apply the house's own conditions and the instrument's filters."""
    if book[0].halted:
        return HALTED
    closes = (command.flags & REDUCE_ONLY) != 0
    paused = robots[command.robot].paused
    if paused and (not closes or paused & PAUSE_ALL):
        return PAUSED
    market = markets[command.instrument]
    if market.last == 0:
        return NO_PRICE
    terms = instruments[command.instrument]
    quantity = command.quantity
    if quantity <= 0 or quantity % terms.lot != 0:
        command.have, command.need = quantity, terms.lot
        return BAD_QUANTITY
    if quantity < terms.quantity_min:
        command.have, command.need = quantity, terms.quantity_min
        return UNDER_MINIMUM
    if terms.quantity_max and quantity > terms.quantity_max:
        command.have, command.need = quantity, terms.quantity_max
        return OVER_MAXIMUM
    price = market.last
    if command.type == LIMIT:
        price = command.price
        if price <= 0 or price % terms.tick != 0:
            command.have, command.need = price, terms.tick
            return BAD_PRICE
        if terms.price_band_rate:
            distance = abs(price - market.last)
            allowed = market.last // 100 * terms.price_band_rate // (_RATE_ONE // 100)
            if distance > allowed:
                command.have = distance * (_RATE_ONE // 100) // (market.last // 100 + 1)
                command.need = terms.price_band_rate
                return TOO_FAR
    elif command.trigger and command.trigger % terms.tick != 0:
        command.have, command.need = command.trigger, terms.tick
        return BAD_PRICE
    if terms.notional_min and not closes:
        value = notional(terms, price, quantity)
        if value < 0:
            return OVERFLOW_REFUSED
        if value < terms.notional_min:
            command.have, command.need = value, terms.notional_min
            return UNDER_NOTIONAL
    return 0
