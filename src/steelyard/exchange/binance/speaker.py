"""Binance's server: one object for one hall.

Rule 1: spot and perpetuals share a port: their REST paths differ, and of their sockets those of the
perpetuals are behind `/public`, `/market`, `/private` or `/futures`.
Rule 2: weights are counted for each address and product, orders for each account.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from steelyard.exchange.binance.asking import ENCODER, error_body, handle
from steelyard.exchange.binance.desk import Desk
from steelyard.exchange.binance.entry import EntrySession
from steelyard.exchange.binance.errors import (
    BUSY,
    DOWN,
    LIMIT,
    NOBODY_KNOWS,
    ORDER_LIMIT,
    TIMEOUT,
    Objection,
    Said,
)
from steelyard.exchange.binance.fields import Fields, parse
from steelyard.exchange.binance.listing import TERMS
from steelyard.exchange.binance.routes import ROUTES
from steelyard.exchange.binance.signing import check_rest
from steelyard.exchange.binance.streams import StreamSession
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import (
    Charge,
    Hall,
    Request,
    Response,
    Session,
    Trouble,
    Wire,
)
from steelyard.exchange.hall.words import EVERY, Product

_SECOND_NS: Final = 1_000_000_000
_MINUTE_NS: Final = 60 * _SECOND_NS
_DAY_NS: Final = 86_400 * _SECOND_NS
_WEIGHT: Final = {Product.SPOT: ("weight", 6_000), Product.PERP: ("fapi weight", 2_400)}
_ORDERS: Final = {
    Product.SPOT: (
        ("orders 10s", "X-MBX-ORDER-COUNT-10S", 100, 10 * _SECOND_NS),
        ("orders 1d", "X-MBX-ORDER-COUNT-1D", 200_000, _DAY_NS),
    ),
    Product.PERP: (
        ("fapi orders 10s", "X-MBX-ORDER-COUNT-10S", 300, 10 * _SECOND_NS),
        ("fapi orders 1m", "X-MBX-ORDER-COUNT-1M", 1_200, _MINUTE_NS),
    ),
}
_TROUBLES: Final = {
    Trouble.UNKNOWN: TIMEOUT, Trouble.BUSY: BUSY, Trouble.MAINTENANCE: DOWN,
    Trouble.ERROR: NOBODY_KNOWS,
}  # fmt: skip
_BAN_STATUS: Final = 418
_BATCH_ORDERS: Final = 5
_PERP_ROOTS: Final = frozenset({"futures", "public", "market", "private"})


class BinanceSpeaker:
    """Speaks Binance's spot API v3 and its API of USDT perpetuals."""

    name = TERMS.name
    ban_after = 50

    def __init__(self, hall: Hall) -> None:
        """Speak for a hall."""
        self._hall = hall
        self._desk = Desk(hall)

    # --- REST ------------------------------------------------------------------------------------

    def rest(self, request: Request) -> Response:
        """Answer a request."""
        route = ROUTES.get((request.method, request.path))
        headers = self._counted(request)
        if route is None:
            status = 404 if not any(path == request.path for _, path in ROUTES) else 405
            return Response(
                status=status, body=b"<html><body>not found</body></html>",
                headers={"Content-Type": "text/html"},
            )  # fmt: skip
        body = request.body.decode("utf-8", "replace")

        def check(member: Member, fields: Fields) -> None:
            check_rest(member.secret, request.query, body, fields)

        try:
            told = handle(
                self._desk, route, parse(request.query, body),
                key=request.headers.get("x-mbx-apikey", ""), address=request.address, check=check,
            )  # fmt: skip
        except Objection as objection:
            return Response(
                status=objection.said.status,
                body=ENCODER.encode(error_body(objection)),
                headers=headers,
            )
        return Response(status=200, body=ENCODER.encode(told), headers=headers)

    def _counted(self, request: Request) -> dict[str, str]:
        """Return the headers that tell what was used."""
        told = {}
        product = _product(request.path)
        used = request.used.get(_WEIGHT[product][0])
        if used is not None:
            told = {"X-MBX-USED-WEIGHT": str(used), "X-MBX-USED-WEIGHT-1M": str(used)}
        for meter, header, _, _ in _ORDERS[product]:
            if meter in request.used:
                told[header] = str(request.used[meter])
        return told

    def weight(self, request: Request) -> Sequence[Charge]:
        """Say what a request adds to which meters."""
        product = _product(request.path)
        route = ROUTES.get((request.method, request.path))
        meter, limit = _WEIGHT[product]
        weight = route.weight if route is not None else 1
        found = [Charge(meter=meter, weight=weight, limit=limit, span_ns=_MINUTE_NS)]
        if route is not None and route.orders:
            # A batch is five orders of ten seconds, and one of a minute.
            many = _BATCH_ORDERS if request.path.endswith("/batchOrders") else 1
            found += [
                Charge(
                    meter=name,
                    weight=1 if span_ns == _MINUTE_NS else many,
                    limit=most,
                    span_ns=span_ns,
                    by_key=True,
                )
                for name, _, most, span_ns in _ORDERS[product]
            ]
        return found

    def limited(self, request: Request, retry_after_ns: int, banned: bool) -> Response:
        """Say that a limit is exceeded."""
        retry = {"Retry-After": str(max(1, -(-retry_after_ns // _SECOND_NS)))}
        if banned:
            until_ms = (request.at_ns + retry_after_ns) // 1_000_000
            text = (
                f"Way too much request weight used; IP banned until {until_ms}. Please use "
                "WebSocket Streams for live updates to avoid bans."
            )
            return _said(Said(_BAN_STATUS, LIMIT.code, text), retry)
        product = _product(request.path)
        over = any(request.used.get(meter, 0) > most for meter, _, most, _ in _ORDERS[product])
        return _said(ORDER_LIMIT if over else LIMIT, retry)

    def broken(self, request: Request, trouble: Trouble) -> Response:
        """Say that something is wrong; the perpetuals have their own words for not knowing."""
        said = _TROUBLES[trouble]
        if trouble is Trouble.UNKNOWN and _product(request.path) is Product.PERP:
            said = Said(503, -1000, "Unknown error, please check your request or try again later.")
        return _said(said, {})

    def who(self, request: Request) -> int:
        """Return whose key a request carries."""
        member = self._hall.member(request.headers.get("x-mbx-apikey", ""))
        return EVERY if member is None else member.number

    # --- sockets ---------------------------------------------------------------------------------

    def addresses(self, rest: str, ws: str) -> Mapping[str, str]:
        """Say where clients go.

        `ws_spot` and `ws_futures` are what ccxt calls the sockets of spot and linear contracts,
        `ws_api` and `ws_fapi` the WebSocket APIs, `ws_futures_base` a host for perpetuals alone.
        """
        return {
            "rest": rest, "ws": ws, "ws_spot": f"{ws}/stream/ws", "ws_futures": f"{ws}/ws",
            "ws_futures_base": f"{ws}/futures", "ws_api": f"{ws}/ws-api/v3",
            "ws_fapi": f"{ws}/ws-fapi/v1",
        }  # fmt: skip

    def socket(
        self, path: str, query: str, headers: Mapping[str, str], send: Wire
    ) -> Session | None:
        """Take a socket of a stream or of a WebSocket API."""
        parts = [part for part in path.split("/") if part]
        if parts[:2] == ["ws-api", "v3"]:
            return EntrySession(self._desk, Product.SPOT, send)
        if parts[:2] == ["ws-fapi", "v1"]:
            return EntrySession(self._desk, Product.PERP, send)
        product = Product.SPOT
        while parts and parts[0] in _PERP_ROOTS:
            product, parts = Product.PERP, parts[1:]
        combined = parts == ["stream"]
        if parts[:2] == ["stream", "ws"]:  # a host's name before it, as ccxt wants it
            parts = parts[1:]
        if not combined and parts[:1] != ["ws"]:
            return None
        asked = parse_qs(query)
        names = [name for text in asked.get("streams", []) for name in text.split("/") if name]
        names += asked.get("listenKey", []) + ([] if combined else parts[1:])
        if product is Product.SPOT:
            owners = (self._hall.key_owner(name) for name in names)
            if any(owner is not None and owner[1] is Product.PERP for owner in owners):
                product = Product.PERP  # a listen key says itself whose it is
        return StreamSession(self._desk, product, send, combined=combined, names=names)


def _product(path: str) -> Product:
    return Product.PERP if path.startswith("/fapi/") else Product.SPOT


def _said(said: Said, headers: Mapping[str, str]) -> Response:
    body = ENCODER.encode({"code": said.code, "msg": said.text})
    return Response(status=said.status, body=body, headers=headers)
