"""A hall with Binance's listing and its Speaker, asked without a socket."""

import hmac
import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from steelyard.exchange.binance.listing import TERMS, instruments
from steelyard.exchange.binance.speaker import BinanceSpeaker
from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.port import Request, Response, Session
from tests.unit.exchange_hall.plain import START, show

SPOT, PERP = 0, 3
MS = 1_000_000


class Wire:
    """A socket that remembers what was sent."""

    address = "127.0.0.1"

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.pings = 0
        self.closed: int = 0

    def __call__(self, text: bytes) -> None:
        self.sent.append(json.loads(text))

    def binary(self, body: bytes) -> None:
        raise AssertionError("Binance sends text")

    def ping(self, payload: bytes = b"") -> None:
        self.pings += 1

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = code


class Venue:
    """Hall and Speaker."""

    def __init__(self) -> None:
        self.hall = OpenHall(TERMS, instruments(), HallSettings(accounts=3))
        self.hall.set_time(START)
        for k, one in enumerate(self.hall.instruments):
            show(self.hall, k, {"BTC": "60000", "ETH": "3000", "SOL": "150"}[one.base])
        self.speaker = BinanceSpeaker(self.hall)

    @property
    def now_ms(self) -> int:
        return self.hall.now_ns() // MS

    def request(
        self, method: str, path: str, query: str = "", body: str = "", *, key: str = ""
    ) -> Request:
        return Request(
            method=method, path=path, query=query, headers={"x-mbx-apikey": key} if key else {},
            body=body.encode(), address="127.0.0.1", at_ns=self.hall.now_ns(),
        )  # fmt: skip

    def raw(self, *given: str, key: str = "") -> Response:
        response = self.speaker.rest(self.request(*given, key=key))
        self.hall.flush()
        return response

    def public(self, path: str, **fields: Any) -> Any:
        return json.loads(self.raw("GET", path, urlencode(fields)).body)

    def ask(
        self, method: str, path: str, *, member: int = 0, at_ms: int | None = None, **fields: Any
    ) -> Any:
        """Ask with a signature, at this time of the client's clock."""
        who = self.hall.members[member]
        stamp = self.now_ms if at_ms is None else at_ms
        text = urlencode({**fields, "timestamp": stamp})
        text += "&signature=" + signature(who.secret, text)
        given = ("", text) if method in ("POST", "PUT") else (text, "")
        return json.loads(self.raw(method, path, *given, key=who.key).body)

    def socket(self, path: str, query: str = "") -> tuple[Session, Wire]:
        """Open a socket."""
        wire = Wire()
        session = self.speaker.socket(path, query, {}, wire)
        assert session is not None
        return session, wire


def signature(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def said(session: Session, message: object) -> None:
    session.said(json.dumps(message).encode())
