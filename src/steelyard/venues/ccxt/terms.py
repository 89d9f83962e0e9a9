"""What is promised of an exchange about which nothing is known but ccxt's table.

Rule: bounds are wide. A create without a reply is proven absent only when no exchange would still
take it or still hide it.
"""

from typing import Any, Final

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.model.kinds import STOP_MARKET
from steelyard.venues.ccxt.able import Able

_SECOND: Final = 10**9
DEADLINE_NS: Final = 10 * _SECOND
_VALIDITY_NS: Final = 60 * _SECOND
"""Few exchanges take a window with a request; most refuse what is older than a minute."""
_SKEW_NS: Final = _SECOND
_LAG_NS: Final = 5 * _SECOND
_SPAN_NS: Final = 10 * _SECOND
_LEAST_WEIGHT: Final = 60
_SILENCE_NS: Final = 45 * _SECOND
_LEAST_MS: Final = 10
_LISTS: Final = (Request.OPEN_ORDERS, Request.TRADES, Request.HOLDINGS)


def terms_of(exchange: Any, able: Able, instruments: int) -> VenueTerms:
    """Return the terms; the budget is ccxt's own pace, `rateLimit` milliseconds a request."""
    pace_ms = max(_LEAST_MS, int(exchange.rateLimit or 0))
    # Long enough that every kind of request fits into its share of a slow exchange.
    span_ns = max(_SPAN_NS, _LEAST_WEIGHT * pace_ms * 10**6)
    costs = {one: max(1, instruments) if one in _LISTS else 1 for one in Request}
    return VenueTerms(
        name=f"ccxt:{exchange.id}",
        validity_ns=_VALIDITY_NS,
        skew_ns=_SKEW_NS,
        lag_ns=_LAG_NS,
        deadline_ns=DEADLINE_NS,
        windows=(Window(weight=span_ns // (pace_ms * 10**6), span_ns=span_ns),),
        costs=costs,
        cancels_all=able.cancels_all,
        holds_stops=STOP_MARKET in able.types,
        silence_ns=_SILENCE_NS,
    )
