"""What speaks against a request before the simulator sees it.

Rule 1: the first objection is the answer, in the order key, status, timestamp; then for a create
form, grammar, id, mode and the cap of conditional orders.
"""

import re
from functools import cache

from steelyard.kernel.ports import Placing, VenueTerms
from steelyard.model.kinds import BUY, SELL, TRAILING_STOP
from steelyard.model.reasons import VENUE_TOO_MANY
from steelyard.model.reports import Refusal
from steelyard.venues.paper.books import AccountBook
from steelyard.venues.paper.rules import (
    AUTH,
    BAD_ID,
    CANCELS_ONLY,
    DOWN,
    MAINTENANCE,
    NORMAL,
    NOT_SUPPORTED,
    NUMBER_MAX,
    OPEN,
    STALE,
    TOO_LARGE,
    USED,
    WRONG_MODE,
    ExchangeRules,
    is_conditional,
    refusal,
)

_grammar = cache(re.compile)


def shut_out(rules: ExchangeRules, terms: VenueTerms, account: int, late_ns: int) -> Refusal | None:
    """Judge who asks and when; `late_ns` is now less the request's own timestamp."""
    if account in rules.revoked:
        return AUTH
    if rules.status == MAINTENANCE:
        return DOWN
    return STALE if late_ns > terms.validity_ns or -late_ns > rules.future_ns else None


def malformed(terms: VenueTerms, order: Placing) -> Refusal | None:
    """Judge an order's form: what no venue could read."""
    known = (
        order.instrument >= 0
        and order.side in (BUY, SELL)
        and 0 < order.type <= TRAILING_STOP
        and order.position_side in (0, 1)
        and (terms.holds_stops or not is_conditional(order.type))
    )
    if not known:
        return NOT_SUPPORTED
    largest = max(abs(order.price), abs(order.quantity), abs(order.trigger), abs(order.trail))
    return TOO_LARGE if largest > NUMBER_MAX else None


def objection(
    rules: ExchangeRules, terms: VenueTerms, book: AccountBook, order: Placing,
    hedged: bool | None,
) -> Refusal | None:  # fmt: skip
    """Judge a create of a key's owner."""
    if rules.status != NORMAL:
        return CANCELS_ONLY
    fits = _grammar(rules.id_pattern).fullmatch(order.client_id)
    if wrong := malformed(terms, order) or (None if fits else BAD_ID):
        return wrong
    conditional = is_conditional(order.type)
    known = book.names(algo=rules.algo_namespace and conditional).get(order.client_id)
    if known is not None and (rules.id_scope != OPEN or known.number in book.open):
        return USED
    if hedged is not None and hedged != book.hedged:
        return WRONG_MODE
    waiting = book.waiting.get(order.instrument, 0)
    if conditional and rules.conditional_max and waiting >= rules.conditional_max:
        return refusal(VENUE_TOO_MANY, waiting, rules.conditional_max)
    return None
