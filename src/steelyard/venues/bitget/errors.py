"""What an answer of Bitget means: its data, a definite refusal, or nobody knows.

Rule 1: code 00000 alone is success, whatever the HTTP status was.
Rule 2: a code of the table means its class; every other code, a body that is no envelope (HTML,
nothing, a torn text) and a 5xx without a code are `Unclear`.
Rule 3: HTTP 429 is a refusal with any body: the request was not taken.
"""

from typing import Final

import msgspec

from steelyard.model import reasons
from steelyard.model.reports import Fault, Refusal, Unclear
from steelyard.venues.bitget.codes import FAULTS, REASONS
from steelyard.venues.bitget.words import Envelope
from steelyard.wire.http import Answer

OK: Final = frozenset({"00000", "0"})
_TOO_MANY_REQUESTS: Final = 429
SERVER_ERROR: Final = 500
_RETRY_NS: Final = 1_000_000_000
"""Limits count by the second."""
_SECOND_NS: Final = 1_000_000_000
_DEFAULTS: Final[dict[Fault, int]] = {
    Fault.AUTH: reasons.VENUE_AUTH,
    Fault.FUNDS: reasons.VENUE_NO_FUNDS,
    Fault.REDUCE_ONLY: reasons.VENUE_WOULD_INCREASE,
    Fault.NO_ORDER: reasons.UNKNOWN_ORDER,
    Fault.TOO_MANY: reasons.VENUE_TOO_MANY,
    Fault.RATE_LIMIT: reasons.VENUE_BUSY,
    Fault.CLOCK: reasons.VENUE_BUSY,
    Fault.MODE: reasons.VENUE_MODE,
    Fault.MAINTENANCE: reasons.VENUE_CLOSED,
    Fault.CANCEL_ONLY: reasons.VENUE_CLOSED,
}
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


class Data(msgspec.Struct, frozen=True):
    """A good answer: its `data` as it came, and the venue's time."""

    raw: msgspec.Raw
    now_ns: int


def judge(code: str, text: str, *, retry_after_ns: int = _RETRY_NS) -> Refusal | Unclear:
    """Say what a code means."""
    fault = FAULTS.get(code)
    said = f"{code} {text}"
    if fault is None:
        return Unclear(text=said)
    return Refusal(
        fault=fault,
        code=REASONS.get(code) or _DEFAULTS.get(fault, 0),
        retry_after_ns=retry_after_ns if fault is Fault.RATE_LIMIT else 0,
        text=said,
    )


def failed(code: str, text: str) -> Refusal | Unclear:
    """Say what it means that a part of a batch was not done."""
    return judge(code, text) if code else Unclear(text=text)


def not_canceled(code: str, text: str) -> Refusal | Unclear:
    """Say the same of a cancel."""
    if not code and "exist" in text.lower():
        # The documentation's own example has no code: "notExistend".
        return Refusal(fault=Fault.NO_ORDER, text=text)
    return failed(code, text)


def reading(answer: Answer) -> Data | Refusal | Unclear:
    """Open an answer's envelope."""
    pause_ns = _pause_ns(answer)
    try:
        word = _ENVELOPE.decode(answer.body)
    except ValueError:
        if answer.status == _TOO_MANY_REQUESTS:
            return judge("429", "too many requests", retry_after_ns=pause_ns)
        return Unclear(text=f"HTTP {answer.status}: {shown(answer.body)}")
    code = str(word.code)
    if answer.status == _TOO_MANY_REQUESTS:
        return judge("429", word.msg or word.message or "", retry_after_ns=pause_ns)
    if code in OK:
        if answer.status >= SERVER_ERROR:
            return Unclear(text=f"HTTP {answer.status} with a good answer")
        return Data(word.data, (word.request_time or 0) * 1_000_000)
    return judge(code, word.msg or word.message or "", retry_after_ns=pause_ns)


def shown(body: bytes) -> str:
    """Return the beginning of a body, for a sentence."""
    text = " ".join(body[:160].decode("utf-8", "replace").split())
    return text or "an empty body"


def _pause_ns(answer: Answer) -> int:
    seconds = answer.headers.get("retry-after", "")
    return int(seconds) * _SECOND_NS if seconds.isdecimal() else _RETRY_NS
