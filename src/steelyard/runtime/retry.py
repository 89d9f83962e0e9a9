"""What to do when a request did not succeed, as one table.

Rule 1: a create is never sent again. Its order is asked for by id, or its strategy decides anew.
Rule 2: delays double from a base to a cap; jitter comes from a hash of the key and the attempt, so
that a run can be replayed and a thousand requests that failed together do not return together.
Rule 3: where the venue says how long to wait, nobody is earlier.
Rule 4: bad credentials and a ban stop the account's robots. Credentials do not heal by asking, so
nothing is sent again; a ban ends by itself, so cancels and questions follow when it is over.
"""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct

from steelyard.kernel.ports import Request
from steelyard.model.reports import Fault, NotSent, Refusal, Unclear

MS: Final = 1_000_000
SECOND: Final = 1000 * MS

Failure: TypeAlias = Refusal | NotSent | Unclear


class Trouble(StrEnum):
    """Failures that are no refusal by the venue."""

    NOT_SENT = "not_sent"
    UNCLEAR = "unclear"


Cause: TypeAlias = Fault | Trouble


class Group(StrEnum):
    """Requests that are treated alike."""

    CREATE = "create"
    CANCEL = "cancel"
    READ = "read"


class Remedy(StrEnum):
    """What must happen besides waiting."""

    NOTHING = "nothing"
    ASK = "ask"  # ask for the order by its id: only the answer says what is true
    CLOCK = "clock"  # measure the venue's clock anew
    STATUS = "status"  # the venue takes less than usual: pause creates until it says otherwise
    REVIEW = "review"  # read mode, leverage, filters or funds anew before the next create


class Rule(Struct, frozen=True, kw_only=True):
    """One cell of the table. `attempts` counts all tries, the first included; 0: without end."""

    again: bool
    base_ns: int = 0
    cap_ns: int = 0
    attempts: int = 0
    stops: bool = False
    """The account's robots stop: a person or the end of a ban is needed."""
    remedy: Remedy = Remedy.NOTHING


class Verdict(Struct, frozen=True, kw_only=True):
    """What follows from one failure. `delay_ns` counts from when the failure was heard."""

    again: bool
    delay_ns: int = 0
    stops: bool = False
    remedy: Remedy = Remedy.NOTHING
    why: str = ""


GROUP_OF: Final[Mapping[Request, Group]] = MappingProxyType(
    {
        Request.PLACE: Group.CREATE,
        Request.CANCEL: Group.CANCEL,
        Request.CANCEL_ALL: Group.CANCEL,
        Request.ORDER: Group.READ,
        Request.OPEN_ORDERS: Group.READ,
        Request.TRADES: Group.READ,
        Request.HOLDINGS: Group.READ,
        Request.LISTING: Group.READ,
    }
)


def _never(remedy: Remedy = Remedy.NOTHING, *, stops: bool = False) -> Rule:
    return Rule(again=False, remedy=remedy, stops=stops)


def _again(
    base_ms: int, cap_s: int, attempts: int, remedy: Remedy = Remedy.NOTHING, *, stops: bool = False
) -> Rule:
    return Rule(
        again=True, base_ns=base_ms * MS, cap_ns=cap_s * SECOND, attempts=attempts,
        remedy=remedy, stops=stops,
    )  # fmt: skip


_R = Remedy
# One line a cause: create, cancel, read.
TABLE: Final[Mapping[Cause, tuple[Rule, Rule, Rule]]] = MappingProxyType({
    Trouble.NOT_SENT: (_never(), _again(100, 5, 0), _again(200, 10, 0)),
    # Nobody knows: a cancel may be said twice, a create may not.
    Trouble.UNCLEAR: (_never(_R.ASK), _again(250, 5, 0), _again(250, 10, 0)),
    Fault.RATE_LIMIT: (_never(), _again(1000, 30, 0), _again(1000, 60, 0)),
    Fault.BANNED: (
        _never(stops=True),
        _again(60_000, 3600, 0, stops=True),
        _again(60_000, 3600, 0, stops=True),
    ),
    Fault.AUTH: (_never(stops=True), _never(stops=True), _never(stops=True)),
    Fault.FUNDS: (_never(_R.REVIEW), _again(500, 5, 3), _never()),
    Fault.FILTER: (_never(_R.REVIEW), _never(_R.ASK), _never()),
    Fault.POST_ONLY: (_never(), _never(_R.ASK), _never()),
    Fault.REDUCE_ONLY: (_never(_R.REVIEW), _never(_R.ASK), _never()),
    # Gone, filled or never there: the answer to a question about that order says which.
    Fault.NO_ORDER: (_never(_R.ASK), _never(_R.ASK), _never()),
    Fault.DUPLICATE: (_never(_R.ASK), _never(_R.ASK), _never()),
    Fault.CLOCK: (_never(_R.CLOCK), _again(100, 2, 5, _R.CLOCK), _again(200, 5, 5, _R.CLOCK)),
    Fault.MODE: (_never(_R.REVIEW, stops=True), _never(_R.ASK), _never(_R.REVIEW)),
    Fault.TOO_MANY: (_never(), _again(500, 10, 5), _again(500, 10, 5)),
    # Keep trying to cancel: what rests at the venue trades the moment it opens again.
    Fault.MAINTENANCE: (
        _never(_R.STATUS), _again(1000, 30, 0, _R.STATUS), _again(2000, 60, 0, _R.STATUS),
    ),
    Fault.CANCEL_ONLY: (
        _never(_R.STATUS), _again(500, 10, 0, _R.STATUS), _again(2000, 60, 0, _R.STATUS),
    ),
    Fault.OTHER: (_never(), _again(500, 10, 5, _R.ASK), _again(500, 30, 5)),
})  # fmt: skip

_COLUMN: Final = MappingProxyType({Group.CREATE: 0, Group.CANCEL: 1, Group.READ: 2})


def rule_of(cause: Cause, request: Request) -> Rule:
    """Return the table's cell."""
    return TABLE[cause][_COLUMN[GROUP_OF[request]]]


def cause_of(failure: Failure) -> Cause:
    """Name what went wrong."""
    match failure:
        case Refusal(fault=fault):
            return fault
        case NotSent():
            return Trouble.NOT_SENT
        case Unclear():
            return Trouble.UNCLEAR


def judge(failure: Failure, request: Request, *, attempt: int, key: str) -> Verdict:
    """Say what follows from the failure of try number `attempt` (the first is 1).

    `key` names the request among all others, for the jitter: a client id, or account and kind.
    """
    cause = cause_of(failure)
    rule = rule_of(cause, request)
    text = failure.text
    if not rule.again:
        return Verdict(
            again=False, stops=rule.stops, remedy=rule.remedy,
            why=f"{request} is not sent again after {cause}" + (f": {text}" if text else ""),
        )  # fmt: skip
    if rule.attempts and attempt >= rule.attempts:
        return Verdict(
            again=False, stops=rule.stops, remedy=rule.remedy,
            why=f"{request} failed {attempt} times, the last time by {cause}"
            + (f": {text}" if text else ""),
        )  # fmt: skip
    delay_ns = backoff_ns(rule.base_ns, rule.cap_ns, attempt=attempt, key=key)
    if isinstance(failure, Refusal) and failure.retry_after_ns > 0:
        # Behind the venue's own word, spread over one base so that not all return at once.
        delay_ns = failure.retry_after_ns + spread_ns(rule.base_ns, attempt=attempt, key=key)
    return Verdict(
        again=True, delay_ns=delay_ns, stops=rule.stops, remedy=rule.remedy,
        why=f"{request} is tried again after {cause}" + (f": {text}" if text else ""),
    )  # fmt: skip


def backoff_ns(base_ns: int, cap_ns: int, *, attempt: int, key: str) -> int:
    """Return the delay behind try number `attempt`: half of base × 2^(attempt-1), half jitter."""
    full = cap_ns
    # Beyond 62 doublings every base is above every cap.
    if attempt <= 62:  # noqa: PLR2004
        full = min(cap_ns, base_ns << max(0, attempt - 1))
    return full - full // 2 + spread_ns(full // 2, attempt=attempt, key=key)


def spread_ns(width_ns: int, *, attempt: int, key: str) -> int:
    """Return a number from 0 to `width_ns` that key and attempt alone decide."""
    digest = blake2b(f"{key}\x00{attempt}".encode(), digest_size=8).digest()
    return width_ns * int.from_bytes(digest) >> 64
