"""Gate's refusals: every documented label, and what an answer of any shape means.

Rule 1: a refusal is a body with a `label`; the table says which class it is of. `UNCLEAR` in it
stands for labels that do not prove that nothing was done.
Rule 2: an unknown label, a 5xx, HTML, an empty or cut-off body: nobody knows.
Rule 3: 429 without a label is a refusal too: the gateway turns a request away before anybody reads
it. `X-Gate-RateLimit-Reset-Timestamp` says until when.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from steelyard.model import reasons
from steelyard.model.reports import Fault, Refusal, Unclear
from steelyard.venues.gate.numbers import time_ns
from steelyard.venues.native.numbers import number
from steelyard.wire.http import Answer

T = TypeVar("T")


class Meaning(NamedTuple):
    """What a label says: its class (None: nobody knows what was done) and our reason."""

    fault: Fault | None
    code: int = 0


UNCLEAR: Final = Meaning(None)
_AUTH: Final = Meaning(Fault.AUTH, reasons.VENUE_AUTH)
_FUNDS: Final = Meaning(Fault.FUNDS, reasons.VENUE_NO_FUNDS)
_MARGIN: Final = Meaning(Fault.FUNDS, reasons.VENUE_NO_MARGIN)
_FILTER: Final = Meaning(Fault.FILTER)
_MINIMUM: Final = Meaning(Fault.FILTER, reasons.VENUE_MINIMUM)
_MAXIMUM: Final = Meaning(Fault.FILTER, reasons.VENUE_MAXIMUM)
_BAND: Final = Meaning(Fault.FILTER, reasons.VENUE_BAND)
_TRIGGER: Final = Meaning(Fault.FILTER, reasons.WOULD_TRIGGER)
_NO_ORDER: Final = Meaning(Fault.NO_ORDER, reasons.UNKNOWN_ORDER)
_POST_ONLY: Final = Meaning(Fault.POST_ONLY, reasons.POST_ONLY_CROSSES)
_REDUCE: Final = Meaning(Fault.REDUCE_ONLY, reasons.VENUE_WOULD_INCREASE)
_MODE: Final = Meaning(Fault.MODE, reasons.VENUE_MODE)
_RATE: Final = Meaning(Fault.RATE_LIMIT, reasons.VENUE_BUSY)
_DUPLICATE: Final = Meaning(Fault.DUPLICATE)
_TOO_MANY: Final = Meaning(Fault.TOO_MANY, reasons.VENUE_TOO_MANY)
_OTHER: Final = Meaning(Fault.OTHER)
_CLOSED: Final = Meaning(Fault.CANCEL_ONLY, reasons.VENUE_CLOSED)
_NO_MARKET: Final = Meaning(Fault.OTHER, reasons.NO_MARKET)

_GROUPS: Final[tuple[tuple[Meaning, str], ...]] = (
    (
        _FILTER,
        """
            INVALID_PARAM_VALUE INVALID_PROTOCOL INVALID_ARGUMENT INVALID_REQUEST_BODY
            MISSING_REQUIRED_PARAM BAD_REQUEST INVALID_CONTENT_TYPE NOT_ACCEPTABLE
            METHOD_NOT_ALLOWED INVALID_CLIENT_ORDER_ID INVALID_PRECISION INVALID_CURRENCY
            INVALID_CURRENCY_PAIR CONTRACT_NOT_FOUND RISK_LIMIT_NOT_MULTIPLE AMEND_WITH_STOP
            MIXED_ACCOUNT_TYPE
        """,
    ),
    (
        _AUTH,
        """
            INVALID_CREDENTIALS INVALID_KEY IP_FORBIDDEN READ_ONLY INVALID_SIGNATURE
            MISSING_REQUIRED_HEADER ACCOUNT_LOCKED FORBIDDEN SUB_ACCOUNT_NOT_FOUND
            SUB_ACCOUNT_LOCKED ACCOUNT_EXCEPTION USER_NOT_FOUND AUTHENTICATION_FAILED
        """,
    ),
    (Meaning(Fault.CLOCK, reasons.VENUE_BUSY), "REQUEST_EXPIRED"),
    (
        _FUNDS,
        """
            BALANCE_NOT_ENOUGH QUANTITY_NOT_ENOUGH FUTURES_BALANCE_NOT_ENOUGH
            ERR_BALANCE_NOT_ENOUGH COL_NOT_ENOUGH BORROWABLE_NOT_ENOUGH
            REPAY_GREATER_THAN_AVAILABLE POOL_BALANCE_NOT_ENOUGH
        """,
    ),
    (
        _MARGIN,
        """
            MARGIN_BALANCE_NOT_ENOUGH INSUFFICIENT_AVAILABLE INITIAL_MARGIN_TOO_LOW
            TRADE_RESTRICTED LIQUIDATE_IMMEDIATELY RISK_LIMIT_EXCEEDED PRICE_OVER_LIQUIDATION
            PRICE_OVER_BANKRUPT
        """,
    ),
    (_MINIMUM, "AMOUNT_TOO_LITTLE SIZE_TOO_SMALL ERR_QUOTA_LOWER_LIMIT"),
    (_MAXIMUM, "AMOUNT_TOO_MUCH SIZE_TOO_LARGE ERR_QUOTA_SUPERIOR_LIMIT"),
    (_BAND, "PRICE_TOO_DEVIATED PRICE_THRESHOLD_EXCEEDED PRICE_OBSOLETE"),
    # Told by the venue, absent from its list of labels.
    (_TRIGGER, "AUTO_TRIGGER_PRICE_LESS_LAST AUTO_TRIGGER_PRICE_GREATE_LAST"),
    (
        _NO_ORDER,
        """
            ORDER_NOT_FOUND ORDER_CLOSED ORDER_CANCELLED ORDER_FINISHED ORDER_NOT_OWNED
            ORDER_NOT_EXIST CLIENT_ID_NOT_FOUND AUTO_ORDER_NOT_FOUND
        """,
    ),
    (_POST_ONLY, "POC_FILL_IMMEDIATELY ORDER_POC_IMMEDIATE"),
    (_REDUCE, "INCREASE_POSITION REDUCE_EXCEEDED POSITION_EMPTY POSITION_NOT_FOUND"),
    (
        _MODE,
        """
            POSITION_DUAL_MODE POSITION_HOLDING ORDER_PENDING POSITION_CROSS_MARGIN
            LEVERAGE_TOO_HIGH LEVERAGE_TOO_LOW RISK_LIMIT_TOO_HIGH RISK_LIMIT_TOO_LOW
            MARGIN_NOT_SUPPORTED POSITION_IN_LIQUIDATION POSITION_IN_CLOSE USER_LIAB
            USER_PENDING_ORDERS
        """,
    ),
    (_RATE, "TOO_MANY_REQUESTS TOO_FAST QUOTA_NOT_ENOUGH"),
    # An id that is in use may be our own create that arrived after all.
    (_DUPLICATE, "DUPLICATE_REQUEST ORDER_EXISTS ORDER_EXIST REPEATED_CREATION"),
    (
        _TOO_MANY,
        """
            TOO_MANY_ORDERS TOO_MANY_CURRENCY_PAIRS ORDER_TOO_MANY_TOTAL ORDER_TOO_MANY_DAILY
            ORDER_TOO_MANY_USER ERR_ORDER_NUMBER_LIMIT
        """,
    ),
    (_CLOSED, "CONTRACT_IN_DELISTING"),
    (_NO_MARKET, "CONTRACT_NO_COUNTER ORDER_BOOK_NOT_FOUND"),
    # Killed whole: nothing of it traded or rests.
    (_NO_MARKET, "FOK_NOT_FILL ORDER_FOK"),
    # An amendment or setting that would change nothing.
    (_OTHER, "NO_CHANGE MODE_SET NOT_FOUND CANCEL_FAIL RISK_REJECT REQUEST_FORBIDDEN"),
    (
        UNCLEAR,
        """
            INTERNAL SERVER_ERROR INTERNAL_SERVER_ERROR SERVER_TIMEOUT TOO_BUSY
            FAILED_RETRIEVE_ASSETS ERR_CREATE_ORDER
        """,
    ),
    # Wallets, loans, sub-accounts, earning and conversion: this house asks for none of them.
    (
        _OTHER,
        """
            MARGIN_BALANCE_EXCEPTION MARGIN_TRANSFER_FAILED TOO_MUCH_FUTURES_AVAILABLE
            SUB_ACCOUNT_TRANSFER_FAILED ADDRESS_NOT_USED WITHDRAWAL_OVER_LIMIT
            API_WITHDRAW_DISABLED INVALID_WITHDRAW_ID INVALID_WITHDRAW_CANCEL_STATUS
            LOAN_NOT_FOUND LOAN_RECORD_NOT_FOUND NO_MATCHED_LOAN NOT_MERGEABLE REPAY_TOO_MUCH
            AUTO_BORROW_TOO_MUCH NO_MERGEABLE_ORDERS REMOVE_TOO_MUCH COL_TOO_MUCH
            INIT_LTV_TOO_HIGH REDEEMED_LTV_TOO_HIGH ORDER_NO_PAY ORDER_HISTORY_EXIST
            ORDER_REPAYING ORDER_LIQUIDATING BORROW_TOO_LITTLE BORROW_TOO_LARGE
            REPAY_AMOUNT_INVALID CURRENCY_SETTLING LOAN_FAILED ERR_PRODUCT_SELL_OUT
            ERR_PRODUCT_BUY ERR_PRODUCT_CLOSE COPIES_NOT_ENOUGH COPIES_TOO_SMALL COPIES_TOO_BIG
            TOTAL_AMOUNT_24 TOTAL_BUYCOUNT_24 REDEEM_24_LIMIT CONVERT_PREVIEW_EXPIRED
            CONVERT_PREVIEW_NOT_MATCH
        """,
    ),
)
LABELS: Final[Mapping[str, Meaning]] = {
    label: meaning for meaning, labels in _GROUPS for label in labels.split()
}

_TOO_MANY_REQUESTS: Final = 429
_SERVER: Final = 500
_OK: Final = range(200, 300)
_SECOND_NS: Final = 1_000_000_000
_SHOWN: Final = 200
RESET: Final = "x-gate-ratelimit-reset-timestamp"


class Complaint(Struct, frozen=True):
    """The body of a refusal."""

    label: str
    message: str = ""
    detail: str = ""


_complaint: Final = msgspec.json.Decoder(Complaint).decode


def read(answer: Answer, decode: "msgspec.json.Decoder[T]", now_ns: int) -> T | Refusal | Unclear:
    """Return what an answer says: the value, a refusal, or that nobody knows."""
    if answer.status in _OK:
        try:
            return decode.decode(answer.body)
        except msgspec.DecodeError as error:
            return Unclear(text=f"the answer does not decode ({error}): {_shown(answer.body)}")
    return refused(answer, now_ns)


def refused(answer: Answer, now_ns: int) -> Refusal | Unclear:
    """Return what an answer that is no success says."""
    try:
        complaint = _complaint(answer.body)
    except msgspec.DecodeError:
        if answer.status == _TOO_MANY_REQUESTS:
            return _refusal(_RATE, "429", answer.headers, now_ns)
        return Unclear(text=f"status {answer.status}: {_shown(answer.body)}")
    return judged(
        answer.status, complaint.label, complaint.message or complaint.detail,
        answer.headers, now_ns,
    )  # fmt: skip


def judged(
    status: int, label: str, message: str, headers: Mapping[str, str], now_ns: int
) -> Refusal | Unclear:
    """Return what a label says. `headers` may tell until when a limit holds."""
    text = f"{label}: {message}" if message else label
    meaning = LABELS.get(label)
    if meaning is None and status == _TOO_MANY_REQUESTS:
        meaning = _RATE
    if meaning is None or meaning.fault is None:
        return Unclear(text=f"status {status}, {text}")
    if status >= _SERVER and meaning.fault != Fault.RATE_LIMIT:
        # A definite label under a server error contradicts itself.
        return Unclear(text=f"status {status}, {text}")
    return _refusal(meaning, text, headers, now_ns)


def _refusal(meaning: Meaning, text: str, headers: Mapping[str, str], now_ns: int) -> Refusal:
    assert meaning.fault is not None
    wait_ns = 0
    if meaning.fault == Fault.RATE_LIMIT:
        wait_ns = _SECOND_NS
        with suppress(ValueError):
            wait_ns = max(wait_ns, time_ns(number(headers.get(RESET, "0"))) - now_ns)
    return Refusal(fault=meaning.fault, code=meaning.code, retry_after_ns=wait_ns, text=text)


def _shown(body: bytes) -> str:
    return body[:_SHOWN].decode("utf-8", "replace")
