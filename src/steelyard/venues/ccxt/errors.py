"""What ccxt raises, as one of four things: refused, never sent, or nobody knows.

Rule 1: ccxt's own classes are the table; the nearest class above an error that is listed counts.
Rule 2: what is not listed is unclear, ccxt's general `ExchangeError` among it: that is what it
makes of every code it does not know. A few plain words in it are taken at their word (`_WORDS`).
Rule 3: no text of an error carries an address's query or a credential.
"""

import re
from typing import Any, Final

from steelyard.model.reports import Fault, NotSent, Refusal, Unclear
from steelyard.venues.ccxt.opening import NeverLeft

UNCLEAR: Final = None
FAULTS: Final[dict[str, Fault | None]] = {
    "BaseError": UNCLEAR,
    "ExchangeError": UNCLEAR,
    "AuthenticationError": Fault.AUTH,
    "PermissionDenied": Fault.AUTH,
    "AccountNotEnabled": Fault.AUTH,
    "AccountSuspended": Fault.AUTH,
    "ArgumentsRequired": Fault.OTHER,
    "BadRequest": Fault.OTHER,
    "BadSymbol": Fault.FILTER,
    "OperationRejected": Fault.OTHER,
    "NoChange": Fault.MODE,
    "MarginModeAlreadySet": Fault.MODE,
    "MarketClosed": Fault.MAINTENANCE,
    "ManualInteractionNeeded": Fault.AUTH,
    "RestrictedLocation": Fault.AUTH,
    "InsufficientFunds": Fault.FUNDS,
    "InvalidAddress": Fault.OTHER,
    "AddressPending": Fault.OTHER,
    "InvalidOrder": Fault.FILTER,
    "OrderNotFound": Fault.NO_ORDER,
    "OrderNotCached": UNCLEAR,  # ccxt's own memory does not have it
    "OrderImmediatelyFillable": Fault.POST_ONLY,
    "OrderNotFillable": Fault.OTHER,
    "DuplicateOrderId": Fault.DUPLICATE,
    "ContractUnavailable": Fault.MAINTENANCE,
    "NotSupported": Fault.OTHER,  # ccxt has no such request: nothing was sent
    "InvalidProxySettings": UNCLEAR,
    "ExchangeClosedByUser": UNCLEAR,
    "OperationFailed": UNCLEAR,
    "NetworkError": UNCLEAR,
    "DDoSProtection": Fault.RATE_LIMIT,
    "RateLimitExceeded": Fault.RATE_LIMIT,
    "ExchangeNotAvailable": UNCLEAR,
    "OnMaintenance": Fault.MAINTENANCE,
    "InvalidNonce": Fault.CLOCK,
    "ChecksumError": UNCLEAR,
    "RequestTimeout": UNCLEAR,
    "BadResponse": UNCLEAR,
    "NullResponse": UNCLEAR,
    "CancelPending": UNCLEAR,
    "UnsubscribeError": UNCLEAR,
}
_NEVER: Final = frozenset({"NotSupported", "ArgumentsRequired"})
_BANNED_STATUS: Final = 418
_SECOND_NS: Final = 10**9
_TEXT_MAX: Final = 300
_QUERY: Final = re.compile(r"\?\S+")
_TAKEN: Final = re.compile(
    r"(?i)duplicate|already (?:exist|used)|id (?:is )?in use|order[ _]exists"
)
_ANY: Final = "ExchangeError"
_WORDS: Final = (
    (_TAKEN, Fault.DUPLICATE),
    (re.compile(r"(?i)insufficient|not enough (?:balance|margin|funds)"), Fault.FUNDS),
    (re.compile(r"(?i)order[ _](?:is )?finished|status cannot be cance"), Fault.NO_ORDER),
    (re.compile(r"(?i)post only order will be rejected"), Fault.POST_ONLY),
)
"""Codes that ccxt does not know, but that say in plain words what they are."""
_SECRETS: Final = re.compile(
    r"(?i)((?:api[_-]?key|secret|passphrase|password|sign(?:ature)?)\"?\s*[=:]\s*\"?)[^\s&\",]+"
)


def reply_of(error: Exception, exchange: Any = None) -> Refusal | NotSent | Unclear:
    """Say what an error means for the request that raised it."""
    text = text_of(error, exchange)
    if isinstance(error.__cause__, NeverLeft):
        return NotSent(text=text)
    fault = fault_of(error)
    if type(error).__name__ == _ANY:
        fault = next((one for words, one in _WORDS if words.search(text)), None)
    if fault is None:
        return Unclear(text=text)
    answer = getattr(error, "answer", None)
    if fault == Fault.FILTER and _TAKEN.search(text):
        fault = Fault.DUPLICATE  # ccxt tells it apart for a few exchanges only
    if fault == Fault.RATE_LIMIT and getattr(answer, "status", 0) == _BANNED_STATUS:
        fault = Fault.BANNED
    return Refusal(fault=fault, text=text, retry_after_ns=_retry_after_ns(answer))


def fault_of(error: Exception) -> Fault | None:
    """Return the class of a refusal; None: nobody knows what happened."""
    for one in type(error).__mro__:
        if one.__module__.startswith("ccxt") and one.__name__ in FAULTS:
            return FAULTS[one.__name__]
    return None


def is_never(error: Exception) -> bool:
    """Say whether ccxt refused by itself, for good: it has no such call, or lacks a part of it."""
    return any(one.__name__ in _NEVER for one in type(error).__mro__)


def text_of(error: Exception, exchange: Any = None) -> str:
    """Return an error's words without anything that is nobody's business."""
    words = _QUERY.sub("?…", f"{type(error).__name__}: {error}")
    words = _SECRETS.sub(r"\1…", words)
    for name in ("apiKey", "secret", "password"):
        kept = getattr(exchange, name, None)
        if isinstance(kept, str) and kept:
            words = words.replace(kept, "…")
    words = " ".join(words.split())
    return words if len(words) <= _TEXT_MAX else words[:_TEXT_MAX] + "…"


def _retry_after_ns(answer: Any) -> int:
    told = answer.headers.get("retry-after", "") if answer is not None else ""
    return int(told) * _SECOND_NS if told.isdecimal() else 0
