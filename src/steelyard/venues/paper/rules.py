"""What a paper exchange allows, as values, and what its refusals are called.

Rule 1: a rule that is no matter of matching is judged here and in `exchange`; filters, funds,
reduce-only and post-only are judged by the simulator, whose codes are mapped to faults.
Rule 2: all rules may change between two calls (`SimExchange.set_rules`); what was accepted under
old rules stays.
"""

from typing import Final

from msgspec import Struct

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.model import reasons
from steelyard.model.kinds import LIMIT, TRAILING_STOP
from steelyard.model.reports import Fault, Refusal

NORMAL: Final = "normal"
CANCEL_ONLY: Final = "cancel_only"
MAINTENANCE: Final = "maintenance"
STATUSES: Final = (NORMAL, CANCEL_ONLY, MAINTENANCE)

OPEN: Final = "open"
EVER: Final = "ever"
SCOPES: Final = (OPEN, EVER)

# Numbers beyond are no order of this world, and do not fit the simulator's words.
NUMBER_MAX: Final = 2**53


class ExchangeRules(Struct, frozen=True, kw_only=True):
    """The exchange's rules beside matching; 0 means no limit where a limit is meant."""

    status: str = NORMAL
    id_scope: str = EVER
    """`open`: a client id is unique among open orders only; `ever`: it is used once."""
    id_pattern: str = r"[.A-Z:/a-z0-9_-]{1,36}"
    lag_ns: int = 0
    """Answers to queries may not know what is newer than this."""
    tells_age: bool = False
    """Lagging answers say how old they are; else they claim to be of now."""
    future_ns: int = 1_000_000_000
    """A request may be stamped so far in the future."""
    orders_max: int = 200
    """Open orders of one account, conditional ones included."""
    conditional_max: int = 0
    """Waiting conditional orders of one account in one instrument."""
    algo_namespace: bool = False
    """Conditional orders have client ids of their own."""
    revoked: frozenset[int] = frozenset()
    """Accounts whose key is shut out."""
    page: int = 1000
    """Entries of one answer about trades."""
    lookback_ns: int = 0
    """Older trades are not told; an answer that misses some is not complete."""
    kept: int = 0
    """Ended orders and trades remembered per account; 0: all, for ever."""


PAPER_TERMS: Final = VenueTerms(
    name="paper",
    validity_ns=5_000_000_000,
    skew_ns=50_000_000,
    lag_ns=0,
    deadline_ns=5_000_000_000,
    windows=(Window(weight=6_000, span_ns=60_000_000_000),),
    costs=dict.fromkeys(Request, 1),
    cancels_all=True,
    holds_stops=True,
)
"""What the paper venue promises where nothing else is asked for."""

_FAULTS: Final[dict[int, Fault]] = {
    reasons.VENUE_TICK: Fault.FILTER,
    reasons.VENUE_LOT: Fault.FILTER,
    reasons.VENUE_MINIMUM: Fault.FILTER,
    reasons.VENUE_MAXIMUM: Fault.FILTER,
    reasons.VENUE_NOTIONAL: Fault.FILTER,
    reasons.VENUE_BAND: Fault.FILTER,
    reasons.OVERFLOW_REFUSED: Fault.FILTER,
    reasons.POST_ONLY_CROSSES: Fault.POST_ONLY,
    reasons.VENUE_WOULD_INCREASE: Fault.REDUCE_ONLY,
    reasons.VENUE_NO_FUNDS: Fault.FUNDS,
    reasons.VENUE_NO_COINS: Fault.FUNDS,
    reasons.VENUE_NO_MARGIN: Fault.FUNDS,
    reasons.VENUE_TOO_MANY: Fault.TOO_MANY,
    reasons.UNKNOWN_ORDER: Fault.NO_ORDER,
}


def refusal(code: int, have: int = 0, need: int = 0) -> Refusal:
    """Return the refusal that a code of the simulator means."""
    return Refusal(fault=_FAULTS.get(code, Fault.OTHER), code=code, have=have, need=need)


def is_conditional(kind: int) -> bool:
    """Say whether orders of this type wait for a trigger."""
    return LIMIT + 1 < kind <= TRAILING_STOP


AUTH: Final = Refusal(fault=Fault.AUTH, text="the key is not valid")
DOWN: Final = Refusal(fault=Fault.MAINTENANCE, text="the venue is under maintenance")
CANCELS_ONLY: Final = Refusal(fault=Fault.CANCEL_ONLY, text="the venue takes cancels only")
STALE: Final = Refusal(fault=Fault.CLOCK, text="the timestamp lies outside of the window")
BAD_ID: Final = Refusal(fault=Fault.OTHER, text="the client id does not fit the grammar")
USED: Final = Refusal(fault=Fault.DUPLICATE, text="the client id is in use")
WRONG_MODE: Final = Refusal(fault=Fault.MODE, text="the position mode does not fit the account's")
UNKNOWN: Final = refusal(reasons.UNKNOWN_ORDER)
NOT_SUPPORTED: Final = refusal(reasons.NOT_SUPPORTED)
TOO_LARGE: Final = refusal(reasons.OVERFLOW_REFUSED)
