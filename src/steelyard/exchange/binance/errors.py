"""What this Binance says when it refuses: status, code and text for every reason of the hall.

Rule 1: spot names the filter that failed, the perpetuals have a code for each.
Rule 2: a code and its text are those of the documentation, so that clients sort them as they would.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from steelyard.exchange.hall.words import Product, Refused, Why


class Said(NamedTuple):
    """An error as it is told."""

    status: int
    code: int
    text: str


class Objection(Exception):
    """A request is refused."""

    def __init__(
        self, status: int, code: int, text: str, more: Mapping[str, Any] | None = None
    ) -> None:
        """Say so; `more` is what stands beside code and text."""
        super().__init__(text)
        self.said = Said(status, code, text)
        self.more: Final = more


_NO_FUNDS: Final = Said(400, -2010, "Account has insufficient balance for requested action.")
_NO_MARGIN: Final = Said(400, -2019, "Margin is insufficient.")
_LOT: Final = Said(400, -1013, "Filter failure: LOT_SIZE")
_CLOSED: Final = Said(400, -1013, "Market is closed.")
UNKNOWN_ORDER: Final = Said(400, -2011, "Unknown order sent.")
NO_ORDER: Final = Said(400, -2013, "Order does not exist.")
KEY: Final = Said(401, -2015, "Invalid API-key, IP, or permissions for action.")
NO_KEY: Final = Said(401, -2014, "API-key format invalid.")
SIGNATURE: Final = Said(400, -1022, "Signature for this request is not valid.")
LISTEN_KEY: Final = Said(400, -1125, "This listenKey does not exist.")
NO_SYMBOL: Final = Said(400, -1121, "Invalid symbol.")
WINDOW: Final = Said(400, -1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD: Final = Said(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
BUSY: Final = Said(
    503, -1008, "Server is currently overloaded with other requests. Please try again in a few "
    "minutes.",
)  # fmt: skip
TIMEOUT: Final = Said(
    503, -1007, "Timeout waiting for response from backend server. Send status unknown; execution "
    "status unknown.",
)  # fmt: skip
DOWN: Final = Said(503, -1016, "This service is no longer available.")
NOBODY_KNOWS: Final = Said(400, -9876, "Something went wrong.")
LIMIT: Final = Said(
    429, -1003, "Too much request weight used; current limit is exceeded. Please use WebSocket "
    "Streams for live updates to avoid polling the API.",
)  # fmt: skip
ORDER_LIMIT: Final = Said(429, -1015, "Too many new orders; current limit is exceeded.")

_SPOT: Final = {
    Why.TICK: Said(400, -1013, "Filter failure: PRICE_FILTER"),
    Why.LOT: _LOT, Why.MINIMUM: _LOT, Why.MAXIMUM: _LOT,
    Why.NOTIONAL: Said(400, -1013, "Filter failure: NOTIONAL"),
    Why.BAND: Said(400, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    Why.NUMBER: Said(400, -1013, "Invalid quantity."),
    Why.POST_ONLY: Said(400, -2010, "Order would immediately match and take."),
    Why.FUNDS: _NO_FUNDS, Why.COINS: _NO_FUNDS, Why.MARGIN: _NO_FUNDS,
    Why.TOO_MANY: Said(400, -2010, "Filter failure: MAX_NUM_ORDERS"),
    Why.NO_ORDER: UNKNOWN_ORDER, Why.ENDED: UNKNOWN_ORDER,
    Why.DUPLICATE: Said(400, -2010, "Duplicate order sent."),
    Why.NO_INSTRUMENT: NO_SYMBOL, Why.STATUS: _CLOSED, Why.PERMISSION: KEY, Why.BUSY: BUSY,
    Why.TRIGGER: Said(400, -2010, "Stop price would trigger immediately."),
    Why.NOBODY: Said(400, -2010, "Order book liquidity is less than LOT_SIZE filter minimum "
                     "quantity."),
}  # fmt: skip
_PERP: Final = {
    Why.TICK: Said(400, -4014, "Price not increased by tick size."),
    Why.LOT: Said(400, -4023, "Qty not increased by step size."),
    Why.MINIMUM: Said(400, -4004, "Quantity less than min quantity."),
    Why.MAXIMUM: Said(400, -4005, "Quantity greater than max quantity."),
    Why.NOTIONAL: Said(400, -4164, "Order's notional must be no smaller than 5 (unless you choose "
                       "reduce only)."),
    Why.BAND: Said(400, -4016, "Price is higher than mark price multiplier cap."),
    Why.NUMBER: Said(400, -4003, "Quantity less than or equal to zero."),
    Why.POST_ONLY: Said(400, -5022, "Due to the order could not be executed as maker, the Post "
                        "Only order will be rejected. The order will not be recorded in the order "
                        "history"),
    Why.FOK: Said(400, -5021, "Due to the order could not be filled immediately, the FOK order has "
                  "been rejected. The order will not be recorded in the order history"),
    Why.REDUCE_ONLY: Said(400, -2022, "ReduceOnly Order is rejected."),
    Why.FUNDS: _NO_MARGIN, Why.COINS: _NO_MARGIN, Why.MARGIN: _NO_MARGIN,
    Why.TOO_MANY: Said(400, -2025, "Reach max open order limit."),
    Why.NO_ORDER: UNKNOWN_ORDER, Why.ENDED: UNKNOWN_ORDER,
    Why.DUPLICATE: Said(400, -4116, "ClientOrderId is duplicated."),
    Why.MODE: Said(400, -4061, "Order's position side does not match user's setting."),
    Why.LEVERAGE: Said(400, -4028, "Leverage is not valid"),
    Why.NO_INSTRUMENT: NO_SYMBOL, Why.PERMISSION: KEY, Why.BUSY: BUSY,
    Why.STATUS: Said(400, -4140, "Invalid symbol status for opening position."),
    Why.TRIGGER: Said(400, -2021, "Order would immediately trigger."),
    Why.NOBODY: Said(400, -4131, "The counterparty's best price does not meet the PERCENT_PRICE "
                     "filter limit."),
}  # fmt: skip
POSITION_MODE: Final = {
    Why.SAME: Said(400, -4059, "No need to change position side."),
    Why.POSITIONS: Said(400, -4068, "Position side cannot be changed if there exists position."),
    Why.ORDERS: Said(400, -4067, "Position side cannot be changed if there exists open orders."),
}
MARGIN_TYPE: Final = {
    Why.SAME: Said(400, -4046, "No need to change margin type."),
    Why.POSITIONS: Said(400, -4048, "Margin type cannot be changed if there exists position."),
    Why.ORDERS: Said(400, -4047, "Margin type cannot be changed if there exists open orders."),
}


def said_of(refused: Refused, product: Product) -> Said:
    """Return the venue's words for a refusal."""
    table = _SPOT if product is Product.SPOT else _PERP
    return table.get(refused.why, Said(400, -2010, f"Order was rejected: {refused.why}."))


def object_to(said: Said) -> Objection:
    """Return an error to be raised."""
    return Objection(*said)
