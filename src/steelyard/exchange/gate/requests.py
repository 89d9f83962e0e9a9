"""Requests on a socket: a log-in, then orders.

Rule 1: a create is acknowledged before it is done (`ack`), then answered; all else is answered
once.
Rule 2: without a log-in a request must carry its own signature.
Rule 3: creates and amendments are limited on each socket; a refusal has the status of its label.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from steelyard.exchange.gate import frames, parameters, signing
from steelyard.exchange.gate.account import Desks
from steelyard.exchange.gate.errors import GateError, missing
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Wire
from steelyard.exchange.hall.words import Product

_SECOND_NS: Final = 10**9
_LIMITS: Final = {Product.SPOT: 10, Product.PERP: 100}
_LIMITED: Final = frozenset({"order_place", "order_batch_place", "order_amend"})
_ACKED: Final = frozenset({"order_place", "order_batch_place"})


class Payload(Struct, frozen=True, kw_only=True):
    """What a request carries; its parameters as they were sent."""

    req_id: str | int = ""
    req_param: Raw = msgspec.field(default_factory=Raw)
    req_header: dict[str, Any] | None = None
    api_key: str = ""
    signature: str = ""
    timestamp: str | int = ""


class Asking(Struct, frozen=True, kw_only=True):
    """A request."""

    payload: Payload


_decode: Final = msgspec.json.Decoder(Asking).decode


class OrderRequests:
    """Answers the requests of one socket."""

    def __init__(self, desks: Desks, send: Wire, product: Product, *, decimal: bool) -> None:
        """Serve one product."""
        self._desks, self._hall, self._send = desks, desks.hall, send
        self._product, self._decimal = product, decimal
        self._member: Member | None = None
        self._creates: deque[int] = deque()
        spot = product == Product.SPOT
        self._does: dict[str, Callable[[Member, Any], Any]] = (
            self._spot_does() if spot else self._perp_does()
        )

    def said(self, channel: str, text: bytes) -> None:
        """Hear a request."""
        kind = channel.partition(".")[2]
        number: str | int = ""
        try:
            try:
                payload = _decode(text).payload
            except msgspec.DecodeError as error:
                raise GateError("INVALID_REQUEST_BODY", "the request does not decode") from error
            number = payload.req_id
            told = self._answer(channel, kind, payload)
        except GateError as error:
            self._tell(channel, number, error.status, {"errs": error.words}, ack=False)
            return
        self._tell(channel, number, 200, {"result": told}, ack=False)

    def _answer(self, channel: str, kind: str, payload: Payload) -> Any:
        raw = bytes(payload.req_param).decode()
        if kind == "login":
            self._member = self._log_in(channel, payload, raw)
            return {"api_key": self._member.key, "uid": self._member.user}
        member = self._member or self._log_in(channel, payload, raw)
        does = self._does.get(kind)
        if does is None:
            raise GateError("INVALID_PARAM_VALUE", f"unknown channel {channel}")
        if kind not in {"order_status", "order_list"}:
            signing.may_trade(member)
        headers = {name.lower(): str(value) for name, value in (payload.req_header or {}).items()}
        signing.check_deadline(headers, self._hall.now_ns())
        fields = parameters.body_of(bytes(payload.req_param))
        if kind in _LIMITED:
            self._limit(len(fields) if isinstance(fields, list) else 1)
        if kind in _ACKED:
            result = {"req_id": payload.req_id, "req_header": None, "req_param": fields}
            self._tell(channel, payload.req_id, 200, {"result": result}, ack=True)
        return does(member, fields)

    def _log_in(self, channel: str, payload: Payload, raw: str) -> Member:
        told = {
            "api_key": payload.api_key, "signature": payload.signature,
            "timestamp": str(payload.timestamp),
        }  # fmt: skip
        try:
            return signing.check_api(self._hall, told, channel, raw)
        except GateError as error:
            if error.label != "INVALID_SIGNATURE":
                raise
            # The parameters of a log-in count as empty text, whatever they are.
            return signing.check_api(self._hall, told, channel, "")

    def _limit(self, orders: int) -> None:
        now_ns = self._hall.now_ns()
        while self._creates and self._creates[0] <= now_ns - _SECOND_NS:
            self._creates.popleft()
        if len(self._creates) + orders > _LIMITS[self._product]:
            raise GateError("TOO_MANY_REQUESTS", "Request Rate limit Exceeded (311)")
        self._creates.extend([now_ns] * orders)

    def _tell(
        self, channel: str, number: str | int, status: int, data: Mapping[str, Any], *, ack: bool
    ) -> None:
        now_ns = self._hall.now_ns()
        limit = _LIMITS[self._product]
        header = {
            "response_time": str(now_ns // 10**6),
            "status": str(status),
            "channel": channel,
            "event": "api",
            "client_id": self._send.address,
            "x_in_time": now_ns // 1000,
            "x_out_time": now_ns // 1000,
            "x_gate_ratelimit_requests_remain": max(0, limit - len(self._creates)),
            "x_gate_ratelimit_limit": limit,
            "x_gate_ratelimit_reset_timestamp": (now_ns + _SECOND_NS) // 10**6,
        }
        frame: dict[str, Any] = {"request_id": str(number), "header": header, "data": data}
        if ack or self._product == Product.PERP:
            frame["ack"] = ack
        self._send(frames.encode(frame))

    # --- what can be asked -----------------------------------------------------------------------

    def _spot_does(self) -> dict[str, Callable[[Member, Any], Any]]:
        desk = self._desks.spot
        return {
            "order_place": self._spot_place,
            "order_cancel": lambda m, f: desk.cancel(m, _name(f), f),
            "order_cancel_ids": desk.cancel_many,
            "order_cancel_cp": desk.cancel_all,
            "order_amend": lambda m, f: desk.amend(m, _name(f), {}, f),
            "order_status": lambda m, f: desk.order(m, _name(f), f),
            "order_list": desk.orders,
        }

    def _perp_does(self) -> dict[str, Callable[[Member, Any], Any]]:
        desk, decimal = self._desks.perp, self._decimal
        return {
            "order_place": lambda m, f: desk.place(m, f, decimal=decimal),
            "order_batch_place": lambda m, f: desk.place_many(m, f, decimal=decimal),
            "order_cancel": lambda m, f: desk.cancel(m, _name(f), decimal=decimal),
            "order_cancel_ids": desk.cancel_many,
            "order_cancel_cp": lambda m, f: desk.cancel_all(m, f, decimal=decimal),
            "order_amend": lambda m, f: desk.amend(m, _name(f), f, decimal=decimal),
            "order_status": lambda m, f: desk.order(m, _name(f), decimal=decimal),
            "order_list": lambda m, f: desk.orders(m, f, decimal=decimal),
        }

    def _spot_place(self, member: Member, fields: Any) -> Any:
        if isinstance(fields, list):
            return self._desks.spot.place_many(member, fields)
        return self._desks.spot.place(member, fields)


def _name(fields: Any) -> str:
    if not isinstance(fields, dict) or not fields.get("order_id"):
        raise missing("order_id")
    return str(fields["order_id"])
