"""Gate's server: requests and sockets, answered from one hall.

Rule 1: every answer tells the limit of its endpoint, what is left of it, and until when.
Rule 2: limits are those of the documentation: public endpoints for each address, private ones for
each account; creates and amendments of coins 10 a second for each pair.
Rule 3: spot and futures sockets have paths of their own on one port.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from steelyard.exchange.gate import parameters, routes, signing
from steelyard.exchange.gate.account import Desks
from steelyard.exchange.gate.errors import GateError
from steelyard.exchange.gate.streams import GateSession
from steelyard.exchange.hall.port import Charge, Hall, Request, Response, Session, Trouble, Wire
from steelyard.exchange.hall.words import EVERY, Product

PREFIX: Final = "/api/v4"
_SPOT_PATHS: Final = frozenset({"/ws/v4", "/v4/ws/spot"})
_PERP_PATHS: Final = frozenset({"/v4/ws/usdt", "/v4/ws/futures/usdt"})
_SECOND_NS: Final = 10**9
_TEN_NS: Final = 10 * _SECOND_NS
_OTHERS: Final = 200
_SPOT_CREATES: Final = 10
_PERP_CREATES: Final = 100
_CANCELS: Final = 200
_CREATED: Final = 201
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode

_TROUBLES: Final = {
    Trouble.UNKNOWN: ("SERVER_ERROR", "Internal server error"),
    Trouble.BUSY: ("TOO_BUSY", "Server is too busy at the moment"),
    Trouble.MAINTENANCE: ("TOO_BUSY", "System under maintenance"),
    Trouble.ERROR: ("GATEWAY_GREMLIN", "a label that no documentation knows"),
}


class GateSpeaker:
    """Speaks Gate's API v4."""

    name = "gate"
    ban_after = 0

    def __init__(self, hall: Hall) -> None:
        """Answer from this hall."""
        self._hall = hall
        self._desks = Desks(hall)

    # --- requests --------------------------------------------------------------------------------

    def rest(self, request: Request) -> Response:
        """Answer a request."""
        try:
            _, public, private, pieces = routes.find(request.method, _path(request))
            ask = routes.asked(self._desks, request, pieces)
            if public is not None:
                told = public(ask)
            else:
                assert private is not None
                told = private(ask, signing.check(self._hall, request))
        except GateError as error:
            return self._answer(request, error.status, error.words)
        created = request.method == "POST" and _path(request).endswith(("/orders", "/price_orders"))
        return self._answer(request, _CREATED if created else 200, told)

    def weight(self, request: Request) -> Sequence[Charge]:
        """Say what a request adds to the limit of its endpoint."""
        return (self._charge(request),)

    def limited(self, request: Request, retry_after_ns: int, banned: bool) -> Response:
        """Say that a limit is exceeded."""
        text = "Request Rate limit Exceeded (311)"
        error = GateError("TOO_MANY_REQUESTS", f"{text}, banned" if banned else text)
        reset = -(-(request.at_ns + retry_after_ns) // _SECOND_NS)
        headers = {
            "X-Gate-RateLimit-Requests-Remain": "0",
            "X-Gate-RateLimit-Limit": str(self._charge(request).limit),
            "X-Gate-RateLimit-Reset-Timestamp": str(reset),
        }
        return Response(status=error.status, body=_encode(error.words), headers=headers)

    def broken(self, request: Request, trouble: Trouble) -> Response:
        """Say that something is wrong with the venue."""
        error = GateError(*_TROUBLES[trouble])
        return Response(status=error.status, body=_encode(error.words))

    def who(self, request: Request) -> int:
        """Return whose key a request carries."""
        member = self._hall.member(request.headers.get("key", ""))
        return member.number if member is not None else EVERY

    # --- sockets ---------------------------------------------------------------------------------

    def addresses(self, rest: str, ws: str) -> Mapping[str, str]:
        """Say where clients go."""
        spot = f"{ws}/v4/ws/spot"
        return {
            "rest": rest, "ws": spot, "ws_spot": spot, "ws_futures": f"{ws}/v4/ws/futures/usdt",
        }  # fmt: skip

    def socket(
        self, path: str, query: str, headers: Mapping[str, str], send: Wire
    ) -> Session | None:
        """Take a socket of coins or of contracts."""
        decimal = headers.get("x-gate-size-decimal", "") == "1"
        name = path.rstrip("/")
        if name in _SPOT_PATHS:
            return GateSession(self._desks, send, Product.SPOT, decimal=decimal)
        if name in _PERP_PATHS:
            return GateSession(self._desks, send, Product.PERP, decimal=decimal)
        return None

    # --- inside ----------------------------------------------------------------------------------

    def _charge(self, request: Request) -> Charge:
        path = _path(request)
        try:
            route, public, _, _ = routes.find(request.method, path)
        except GateError:
            return Charge(meter="nowhere", weight=1, limit=_OTHERS, span_ns=_TEN_NS)
        if public is not None:
            return Charge(meter=route, weight=1, limit=_OTHERS, span_ns=_TEN_NS)
        spot = path.startswith("/spot/")
        orders = path.endswith("orders") or "/orders/" in path
        if orders and (request.method == "DELETE" or "cancel" in path):
            meter = "spot cancels" if spot else "futures cancels"
            return Charge(meter=meter, weight=1, limit=_CANCELS, span_ns=_SECOND_NS, by_key=True)
        if orders and request.method in {"POST", "PATCH", "PUT"} and "price_orders" not in path:
            meter = f"spot creates {_pair_of(request)}" if spot else "futures creates"
            limit = _SPOT_CREATES if spot else _PERP_CREATES
            # Of contracts, each order of a batch counts.
            weight = 1 if spot else max(1, request.body.count(b'"contract"'))
            return Charge(meter=meter, weight=weight, limit=limit, span_ns=_SECOND_NS, by_key=True)
        return Charge(meter=route, weight=1, limit=_OTHERS, span_ns=_TEN_NS, by_key=True)

    def _answer(self, request: Request, status: int, told: Any) -> Response:
        charge = self._charge(request)
        used = request.used.get(charge.meter, 0)
        headers = {
            "X-Gate-RateLimit-Requests-Remain": str(max(0, charge.limit - used)),
            "X-Gate-RateLimit-Limit": str(charge.limit),
            "X-Gate-RateLimit-Reset-Timestamp": str(request.at_ns // _SECOND_NS),
            "X-In-Time": str(request.at_ns // 1000),
            "X-Out-Time": str(request.at_ns // 1000),
        }
        return Response(status=status, body=_encode(told), headers=headers)


def _path(request: Request) -> str:
    path = unquote(request.path)
    if not path.startswith(PREFIX):
        return f"?{path}"
    # Clients spell the settlement asset in either case.
    return path.removeprefix(PREFIX).replace("/futures/USDT/", "/futures/usdt/")


def _pair_of(request: Request) -> str:
    """Return the pair an order in coins is about; "": nobody can say."""
    try:
        found = parameters.body_of(request.body)
    except GateError:
        return ""
    if isinstance(found, list):
        found = found[0] if found else {}
    pair = found.get("currency_pair") if isinstance(found, dict) else ""
    return str(pair or parameters.query_of(request.query).get("currency_pair", ""))
