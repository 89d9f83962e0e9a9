"""What Bitget says when it says no.

Rule 1: a refusal is HTTP 400 with a code and a sentence; too many requests are 429.
Rule 2: each reason of the hall has a code for spot and one for futures; a few depend on what was
asked.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from steelyard.exchange.hall.port import Response, Trouble
from steelyard.exchange.hall.words import Product, Refused, Why

_ENCODE: Final = msgspec.json.Encoder()
_MS_NS: Final = 1_000_000


class Fault(Exception):
    """A request is refused with this code."""

    def __init__(self, code: str, text: str, *, status: int = 400) -> None:
        """Say what Bitget says."""
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.status = code, text, status


_Said = tuple[str, str]
CREATES: Final[Mapping[Why, tuple[_Said, _Said]]] = {
    # By reason: of spot, of futures.
    Why.TICK: (
        ("41103", "param price scale error error"),
        ("45115", "The price you enter should be a multiple of the price step"),
    ),
    Why.LOT: (
        ("41103", "param quantity scale error error"),
        ("40808", "Parameter verification exception size checkBDScale error"),
    ),
    Why.MINIMUM: (
        ("43006", "The order quantity is less than the minimum transaction quantity"),
        ("45111", "less than the minimum order quantity"),
    ),
    Why.MAXIMUM: (
        ("43007", "The order quantity is greater than the maximum transaction quantity"),
        ("45112", "more than the maximum order quantity"),
    ),
    Why.NOTIONAL: (
        ("45110", "less than the minimum amount 1 USDT"),
        ("45110", "less than the minimum amount 5 USDT"),
    ),
    Why.BAND: (
        ("43009", "The current order price exceeds the limit"),
        ("40815", "The order price is higher than the highest bid price"),
    ),
    Why.NUMBER: (("40020", "Parameter size error"), ("40020", "Parameter size error")),
    Why.REDUCE_ONLY: (("22002", "No position to close"), ("22002", "No position to close")),
    Why.FUNDS: (("43012", "Insufficient balance"), ("43012", "Insufficient balance")),
    Why.COINS: (("43012", "Insufficient balance"), ("43012", "Insufficient balance")),
    Why.MARGIN: (
        ("43012", "Insufficient balance"), ("40762", "The order amount exceeds the balance"),
    ),
    Why.TOO_MANY: (
        ("43005", "Exceed the maximum number of orders"),
        ("45118", "Reached the upper limit of the order of transactions"),
    ),
    Why.NO_ORDER: (("43001", "The order does not exist"), ("40768", "Order does not exist")),
    Why.ENDED: (
        ("43001", "The order does not exist"),
        ("45055", "The current order status cannot be cancelled"),
    ),
    Why.DUPLICATE: (("43118", "clientOrderId duplicate"), ("40786", "Duplicate clientOid")),
    Why.MODE: (
        ("40017", "Parameter verification failed"),
        (
            "40774",
            "The order type for unilateral position must also be the unilateral position type.",
        ),
    ),
    Why.NO_INSTRUMENT: (
        ("40034", "Parameter symbol does not exist"), ("40034", "Parameter symbol does not exist"),
    ),
    Why.STATUS: (
        ("41114", "The current trading pair is under maintenance"),
        ("40844", "This contract is under temporary maintenance"),
    ),
    Why.TRIGGER: (
        ("43035", "The trigger price should be ≥ the current market price"),
        ("43035", "The trigger price should be ≥ the current market price"),
    ),
    Why.NOBODY: (
        ("22045", "Insufficient liquidity in the market, please operate later"),
        ("40825", "Contract opponent depth does not exist"),
    ),
    Why.PERMISSION: (
        ("40014", "Incorrect permissions, need spot write permissions"),
        ("40014", "Incorrect permissions, need contract write permissions"),
    ),
    Why.BUSY: (
        ("70228", "The operation is too frequent, please try again later."),
        ("70228", "The operation is too frequent, please try again later."),
    ),
    Why.SAME: (
        ("40923", "Order size and price have not changed"),
        ("40923", "Order size and price have not changed"),
    ),
    Why.LEVERAGE: (
        ("40805", "Unsupported operation"),
        ("45045", "Exceeds the maximum possible leverage"),
    ),
    Why.POSITIONS: (
        ("40805", "Unsupported operation"),
        ("40920", "Position or order exists, the position mode cannot be switched"),
    ),
    Why.ORDERS: (
        ("40805", "Unsupported operation"),
        ("40920", "Position or order exists, the position mode cannot be switched"),
    ),
}  # fmt: skip
_OTHER: Final = ("40017", "Parameter verification failed")


def refused(refusal: Refused, product: Product, *, mode: bool = False) -> Fault:
    """Return the venue's words for a refusal; `mode`: of a change of the margin mode."""
    if mode and refusal.why in (Why.POSITIONS, Why.ORDERS):
        return Fault("45117", "Currently holding positions or orders, cannot be adjusted")
    spot, futures = CREATES.get(refusal.why, (_OTHER, _OTHER))
    return Fault(*(spot if product == Product.SPOT else futures))


def good(data: Any, now_ns: int) -> Response:
    """Write a good answer."""
    word = {"code": "00000", "msg": "success", "requestTime": now_ns // _MS_NS, "data": data}
    return Response(status=200, body=_ENCODE.encode(word))


def bad(fault: Fault, now_ns: int) -> Response:
    """Write a refusal."""
    word = {"code": fault.code, "msg": fault.text, "requestTime": now_ns // _MS_NS, "data": None}
    return Response(status=fault.status, body=_ENCODE.encode(word))


TROUBLES: Final[Mapping[Trouble, Fault]] = {
    Trouble.UNKNOWN: Fault("40725", "service return an error", status=500),
    Trouble.BUSY: Fault("70228", "The operation is too frequent, please try again later."),
    Trouble.MAINTENANCE: Fault("40200", "Server upgrade, please try again later", status=503),
    Trouble.ERROR: Fault("49998", "an error nobody wrote down"),
}
