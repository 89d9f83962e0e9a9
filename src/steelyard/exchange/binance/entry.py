"""The WebSocket APIs: requests with ids, each signed by itself, and spot's user data stream.

Rule 1: a request is the REST request of the same name; its answer carries status and rate limits.
Rule 2: `userDataStream.subscribe.signature` needs no log-in; a log-in is for other kinds of keys.
"""

import json
from typing import Any, Final

from steelyard.exchange.binance.asking import ENCODER, error_body, handle
from steelyard.exchange.binance.desk import Desk
from steelyard.exchange.binance.errors import Objection
from steelyard.exchange.binance.fields import Fields
from steelyard.exchange.binance.routes import (
    PERP_METHODS,
    ROUTES,
    SPOT_METHODS,
    Need,
    Route,
)
from steelyard.exchange.binance.signing import check_socket
from steelyard.exchange.binance.streams import events_of
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.news import KeyExpired, PrivateNews
from steelyard.exchange.hall.port import Wire
from steelyard.exchange.hall.prices import MarketNews
from steelyard.exchange.hall.words import Product

_PING_NS: Final = 20_000_000_000
_PATIENCE_NS: Final = 60_000_000_000
_METHODS: Final = {Product.SPOT: SPOT_METHODS, Product.PERP: PERP_METHODS}
_LIMITS: Final = {
    Product.SPOT: [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
                    "limit": 6000, "count": 1}],
    Product.PERP: [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
                    "limit": 2400, "count": 1}],
}  # fmt: skip
_SUBSCRIBE: Final = "userDataStream.subscribe.signature"
_NO_NAMES: Final[frozenset[str]] = frozenset()


class EntrySession:
    """One socket of a WebSocket API."""

    def __init__(self, desk: Desk, product: Product, send: Wire) -> None:
        """Answer on `send`."""
        self._desk, self._product, self._send = desk, product, send
        self._entered: set[int] = set()
        self._pinged_ns = self._alive_ns = desk.hall.now_ns()

    def said(self, text: bytes) -> None:
        """Hear a request and answer it."""
        number: Any = None
        values: dict[str, str] = {}
        try:
            request = json.loads(text)
            number = request.get("id")
            values = {str(n): _plain(v) for n, v in (request.get("params") or {}).items()}
            result = self._answer(str(request.get("method", "")), values)
        except Objection as objection:
            self._tell(number, objection.said.status, values, error=error_body(objection))
        except (ValueError, AttributeError, TypeError):
            error = {"code": -1135, "msg": "Invalid JSON Request"}
            self._tell(number, 400, values, error=error)
        else:
            self._tell(number, 200, values, result=result)

    def _answer(self, method: str, values: dict[str, str]) -> Any:
        if self._product is Product.SPOT:
            if method == _SUBSCRIBE:
                return self._subscribe(values)
            if method == "userDataStream.unsubscribe":
                self._desk.hall.leave(self)
                self._entered.clear()
                return {}
            if method == "session.subscriptions":
                return [{"subscriptionId": 0} for _ in self._entered]
        name = _METHODS[self._product].get(method)
        if name is None:
            raise Objection(400, -1130, f"Data sent for parameter 'method' is not valid: {method}.")
        return self._ask(ROUTES[name], values)

    def _ask(self, route: Route, values: dict[str, str]) -> Any:
        def check(member: Member, fields: Fields) -> None:
            check_socket(member.secret, values)

        return handle(
            self._desk, route, values, key=values.get("apiKey", ""),
            address=self._send.address, check=check,
        )  # fmt: skip

    def _subscribe(self, values: dict[str, str]) -> Any:
        entered: list[int] = []
        route = Route(lambda ask: entered.append(ask.who), Product.SPOT, Need.SIGNED, 2, _NO_NAMES)
        self._ask(route, values)
        if entered[0] in self._entered:
            raise Objection(400, -2035, "User Data Stream subscription already active.")
        self._entered.add(entered[0])
        self._desk.hall.enter(self, entered[0], product=Product.SPOT)
        return {"subscriptionId": len(self._entered) - 1}

    # --- from the hall ---------------------------------------------------------------------------

    def market(self, news: MarketNews) -> None:
        """Nothing of the market is followed here."""

    def private(self, news: PrivateNews) -> None:
        """Tell an account's news."""
        if isinstance(news, KeyExpired):
            return
        for event in events_of(self._desk, Product.SPOT, news):
            self._send(ENCODER.encode({"subscriptionId": 0, "event": event}))

    def tick(self, now_ns: int) -> None:
        """Ping, and cut who does not answer."""
        if now_ns - self._alive_ns > _PING_NS + _PATIENCE_NS:
            self._send.close(1008, "Disconnected")
        elif now_ns - self._pinged_ns >= _PING_NS:
            self._pinged_ns = now_ns
            self._send.ping(str(now_ns // 1_000_000).encode())

    def ponged(self) -> None:
        """Hear that the client is there."""
        self._alive_ns = self._desk.hall.now_ns()

    def closed(self) -> None:
        """Forget the client."""

    def _tell(self, number: Any, status: int, values: dict[str, str], **more: Any) -> None:
        told = {"id": number, "status": status, **more}
        if values.get("returnRateLimits") != "false":
            told["rateLimits"] = _LIMITS[self._product]
        self._send(ENCODER.encode(told))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"))
    return str(value)
