"""What OKX says when it says no.

Rule 1: a whole request is refused by a Fault with its HTTP status; an order within a request by its
own code (`sCode`), under status 200.
Rule 2: each reason of the hall has a code for placing, cancelling and amending.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from steelyard.exchange.hall.port import Response, Trouble
from steelyard.exchange.hall.words import Condition, Refused, Wanted, Why
from steelyard.model.kinds import BUY

_ENCODE: Final = msgspec.json.Encoder()


class Fault(Exception):
    """A request, or an order in it, is refused with this code."""

    def __init__(self, code: str, text: str, *, status: int = 200, sub: str = "") -> None:
        """Say what OKX says."""
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.status, self.sub = code, text, status, sub


CREATES: Final[Mapping[Why, tuple[str, str]]] = {
    Why.TICK: ("51150", "The precision of the number of trades or the price exceeds the limit."),
    Why.LOT: ("51121", "Order quantity must be a multiple of the lot size."),
    Why.MINIMUM: ("51020", "Your order should meet or exceed the minimum order amount."),
    Why.MAXIMUM: ("51202", "Market order amount exceeds the maximum amount."),
    Why.NOTIONAL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Why.BAND: ("51006", "Order price is not within the price limit"),
    Why.NUMBER: ("51000", "Parameter sz error"),
    Why.POST_ONLY: ("51511", "The order price did not meet the requirement for Post Only."),
    Why.REDUCE_ONLY: (
        "51169",
        "Order failed because you don't have any positions in this direction to reduce.",
    ),
    Why.FUNDS: ("51008", "Order failed. Insufficient USDT balance in account"),
    Why.COINS: ("51008", "Order failed. Insufficient balance in account"),
    Why.MARGIN: ("51008", "Order failed. Insufficient USDT margin in account"),
    Why.TOO_MANY: ("51102", "Order failed, the number of pending orders exceeds the limit."),
    Why.NO_ORDER: ("51603", "Order does not exist."),
    Why.ENDED: ("51503", "Your order has already been filled or canceled."),
    Why.DUPLICATE: ("51016", "Client order ID already exists."),
    Why.MODE: ("51000", "Parameter posSide error"),
    Why.POSITIONS: ("59000", "Settings failed. Close any open positions or orders before."),
    Why.ORDERS: ("59000", "Settings failed. Close any open positions or orders before."),
    Why.LEVERAGE: ("59102", "Leverage exceeds the maximum limit. Please lower the leverage."),
    Why.SAME: ("51500", "You must enter a price, quantity, or TP/SL"),
    Why.NO_INSTRUMENT: ("51001", "Instrument ID doesn't exist."),
    Why.STATUS: ("51022", "Contract suspended."),
    Why.NOBODY: ("51109", "No available offers."),
    Why.PERMISSION: ("50120", "This API key doesn't have permission to use this function"),
    Why.BUSY: ("50061", "You've reached the maximum order rate limit for this account."),
    Why.TIME: ("50037", "Order expired."),
}
_GONE: Final = (
    "51400",
    "Order cancellation failed as the order has been filled, canceled or does not exist.",
)
CANCELS: Final[Mapping[Why, tuple[str, str]]] = {**CREATES, Why.NO_ORDER: _GONE, Why.ENDED: _GONE}
AMENDS: Final[Mapping[Why, tuple[str, str]]] = {
    **CREATES,
    Why.NO_ORDER: ("51503", "Your order has already been filled, canceled or does not exist."),
    Why.MARGIN: ("51502", "Unable to edit order: insufficient balance or margin."),
    Why.FUNDS: ("51502", "Unable to edit order: insufficient balance or margin."),
    Why.COINS: ("51502", "Unable to edit order: insufficient balance or margin."),
}
_TRIGGERS: Final[Mapping[tuple[Condition, bool], tuple[str, str]]] = {
    (Condition.TAKE_PROFIT, True): ("51277", "TP trigger price cannot be above the last price."),
    (Condition.STOP, True): ("51278", "SL trigger price cannot be below the last price."),
    (Condition.TAKE_PROFIT, False): ("51279", "TP trigger price cannot be below the last price."),
    (Condition.STOP, False): ("51280", "SL trigger price cannot be above the last price."),
}  # fmt: skip
_SUBS: Final[Mapping[Why, str]] = {Why.FUNDS: "1000", Why.COINS: "1000", Why.MARGIN: "1001"}


def fault_of(
    refused: Refused, table: Mapping[Why, tuple[str, str]] = CREATES, wanted: Wanted | None = None
) -> Fault:
    """Say a refusal of the hall in OKX's words."""
    code, text = table.get(refused.why, ("51000", f"Parameter error: {refused.why}"))
    if refused.why is Why.TRIGGER and wanted is not None:
        key = (wanted.condition, wanted.side == BUY)
        code, text = _TRIGGERS.get(key, ("51250", "Algo order price is out of range."))
    if refused.why is Why.DUPLICATE and wanted is not None and wanted.algo:
        code, text = "51065", "algoClOrdId already exists."
    return Fault(code, text, sub=_SUBS.get(refused.why, ""))


def told(code: str, text: str, data: Sequence[Any], *, status: int = 200) -> Response:
    """Write an answer."""
    return Response(status=status, body=_ENCODE.encode({"code": code, "data": data, "msg": text}))


def refused_by(fault: Fault) -> Response:
    """Write the refusal of a whole request."""
    return told(fault.code, fault.text, (), status=fault.status)


def trouble(kind: Trouble) -> Response:
    """Say that something is wrong here."""
    match kind:
        case Trouble.UNKNOWN:
            return told("50026", "System error. Try again later", (), status=500)
        case Trouble.BUSY:
            text = "Service temporarily unavailable. Please try again later."
            return told("50001", text, (), status=503)
        case Trouble.MAINTENANCE:
            text = "Service temporarily unavailable: system upgrade."
            return told("50001", text, (), status=503)
        case _:
            return told("50999", "An error that no documentation knows.", ())
