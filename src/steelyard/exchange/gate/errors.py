"""Gate's refusals: a label with a status, for each reason the hall has.

Rule 1: a refusal is `{"label", "message"}`; the label decides, the message explains.
Rule 2: coins and contracts have labels of their own for the same reason.
"""

from collections.abc import Mapping
from typing import Final

from steelyard.exchange.hall.words import Product, Refused, Why

STATUSES: Final[Mapping[str, int]] = {
    "INVALID_KEY": 401,
    "INVALID_SIGNATURE": 401,
    "MISSING_REQUIRED_HEADER": 401,
    "REQUEST_EXPIRED": 403,
    "READ_ONLY": 403,
    "FORBIDDEN": 403,
    "IP_FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "ORDER_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "TOO_MANY_REQUESTS": 429,
    "SERVER_ERROR": 500,
    "TOO_BUSY": 503,
}
"""Labels that are not answered with 400."""

_BOTH: Final[Mapping[Why, str]] = {
    Why.TICK: "INVALID_PRECISION",
    Why.LOT: "INVALID_PRECISION",
    Why.NUMBER: "INVALID_PARAM_VALUE",
    Why.NO_ORDER: "ORDER_NOT_FOUND",
    Why.DUPLICATE: "ORDER_EXISTS",
    Why.SAME: "NO_CHANGE",
    Why.PERMISSION: "READ_ONLY",
    Why.BUSY: "TOO_BUSY",
    Why.TOO_MANY: "TOO_MANY_ORDERS",
    Why.POSITIONS: "POSITION_HOLDING",
    Why.ORDERS: "ORDER_PENDING",
    Why.LEVERAGE: "LEVERAGE_TOO_HIGH",
    Why.MODE: "POSITION_DUAL_MODE",
}
_SPOT: Final[Mapping[Why, str]] = {
    Why.MINIMUM: "AMOUNT_TOO_LITTLE",
    Why.NOTIONAL: "INVALID_PARAM_VALUE",
    Why.MAXIMUM: "AMOUNT_TOO_MUCH",
    Why.BAND: "PRICE_THRESHOLD_EXCEEDED",
    Why.POST_ONLY: "POC_FILL_IMMEDIATELY",
    Why.FUNDS: "BALANCE_NOT_ENOUGH",
    Why.COINS: "BALANCE_NOT_ENOUGH",
    Why.MARGIN: "BALANCE_NOT_ENOUGH",
    Why.ENDED: "ORDER_CLOSED",
    Why.FOK: "FOK_NOT_FILL",
    Why.NOBODY: "ORDER_BOOK_NOT_FOUND",
    Why.NO_INSTRUMENT: "INVALID_CURRENCY_PAIR",
    Why.STATUS: "REQUEST_FORBIDDEN",
    Why.TRIGGER: "INVALID_PARAM_VALUE",
}
_PERP: Final[Mapping[Why, str]] = {
    Why.MINIMUM: "SIZE_TOO_SMALL",
    Why.NOTIONAL: "SIZE_TOO_SMALL",
    Why.MAXIMUM: "SIZE_TOO_LARGE",
    Why.BAND: "PRICE_TOO_DEVIATED",
    Why.POST_ONLY: "ORDER_POC_IMMEDIATE",
    Why.REDUCE_ONLY: "REDUCE_EXCEEDED",
    Why.FUNDS: "INSUFFICIENT_AVAILABLE",
    Why.COINS: "INSUFFICIENT_AVAILABLE",
    Why.MARGIN: "INSUFFICIENT_AVAILABLE",
    Why.ENDED: "ORDER_FINISHED",
    Why.FOK: "ORDER_FOK",
    Why.NOBODY: "CONTRACT_NO_COUNTER",
    Why.NO_INSTRUMENT: "CONTRACT_NOT_FOUND",
    Why.STATUS: "CONTRACT_IN_DELISTING",
    Why.TRIGGER: "AUTO_TRIGGER_PRICE_LESS_LAST",
}


class GateError(Exception):
    """A request is refused with a label."""

    def __init__(self, label: str, message: str = "") -> None:
        """`message` is for people."""
        super().__init__(message or label)
        self.label = label
        self.message = message or label.replace("_", " ").lower()

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return STATUSES.get(self.label, 400)

    @property
    def words(self) -> dict[str, str]:
        """Return the body."""
        return {"label": self.label, "message": self.message}


def of(refused: Refused, product: Product) -> GateError:
    """Return the refusal in the product's words."""
    own = _SPOT if product == Product.SPOT else _PERP
    label = own.get(refused.why) or _BOTH.get(refused.why) or "INVALID_PARAM_VALUE"
    text = refused.text
    if refused.have or refused.need:
        text = f"{text or refused.why.value}: was {refused.have}, allowed is {refused.need}"
    return GateError(label, text)


def invalid(name: str, value: object) -> GateError:
    """Return the refusal of a parameter."""
    return GateError("INVALID_PARAM_VALUE", f"Invalid parameter `{name}` with value: {value}")


def missing(name: str) -> GateError:
    """Return the refusal of a request without a parameter."""
    return GateError("MISSING_REQUIRED_PARAM", f"Missing required parameter: {name}")
