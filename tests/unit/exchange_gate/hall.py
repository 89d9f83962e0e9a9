"""A hall with Gate's server, a client that signs, and a socket that remembers."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from steelyard.exchange.gate.listing import TERMS, instruments
from steelyard.exchange.gate.speaker import GateSpeaker
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.port import Request, Response, Session
from steelyard.model.kinds import SELL

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
PRICES = {"BTC": "60000", "ETH": "3000", "SOL": "150"}


class Wire:
    """A socket that remembers what was sent."""

    address = "127.0.0.1"

    def __init__(self) -> None:
        self.frames: list[Any] = []

    def __call__(self, text: bytes) -> None:
        self.frames.append(json.loads(text, parse_float=Decimal))

    def binary(self, body: bytes) -> None:
        raise AssertionError(body)

    def ping(self, payload: bytes = b"") -> None:
        raise AssertionError(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        raise AssertionError(reason)

    def take(self) -> list[Any]:
        """Return what came since the last time."""
        found, self.frames = self.frames, []
        return found


class Gate:
    """The server, at its first prices."""

    def __init__(self) -> None:
        self.hall = OpenHall(TERMS, instruments(), HallSettings(accounts=3))
        self.hall.set_time(START)
        for place, one in enumerate(self.hall.instruments):
            self.show(place, PRICES[one.base])
        self.speaker = GateSpeaker(self.hall)

    def show(self, place: int, price: str, coins: str = "1000") -> None:
        """Let somebody trade at a price."""
        one = self.hall.instruments[place]
        self.hall.print_trade(place, int(one.price(price)), int(one.quantity(coins)), SELL)
        self.hall.flush()

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.hall.set_time(self.hall.now_ns() + int(seconds * SECOND))
        self.hall.tick()
        self.hall.flush()

    def member(self, number: int = 0) -> Member:
        return self.hall.members[number]

    def ask(
        self, method: str, path: str, body: Any = None, *, query: str = "", number: int = 0,
        headers: Mapping[str, str] | None = None, signed: bool = True, timestamp: str = "",
    ) -> tuple[int, Any, Mapping[str, str]]:  # fmt: skip
        """Send a request as a client would; return status, body and headers of the answer."""
        found = self.request(
            method, path, body, query=query, number=number, headers=headers, signed=signed,
            timestamp=timestamp,
        )  # fmt: skip
        answer: Response = self.speaker.rest(found)
        self.hall.flush()
        return answer.status, json.loads(answer.body), answer.headers

    def request(
        self, method: str, path: str, body: Any = None, *, query: str = "", number: int = 0,
        headers: Mapping[str, str] | None = None, signed: bool = True, timestamp: str = "",
    ) -> Request:  # fmt: skip
        raw = b"" if body is None else json.dumps(body).encode()
        full = f"/api/v4{path}"
        told = dict(headers or {})
        if signed:
            member = self.member(number)
            at = timestamp or str(self.hall.now_ns() // SECOND)
            text = f"{method}\n{full}\n{query}\n{hashlib.sha512(raw).hexdigest()}\n{at}"
            told = {"key": member.key, "timestamp": at, "sign": sign(member.secret, text)} | told
        return Request(
            method=method, path=full, query=query, headers=told, body=raw, address="10.0.0.1",
            at_ns=self.hall.now_ns(),
        )  # fmt: skip

    def socket(self, path: str) -> tuple[Session, Wire]:
        wire = Wire()
        session = self.speaker.socket(path, "", {}, wire)
        assert session is not None
        return session, wire

    def say(self, session: Session, **frame: Any) -> None:
        session.said(json.dumps(frame).encode())
        self.hall.flush()

    def subscription(self, channel: str, payload: list[Any], number: int = 0) -> dict[str, Any]:
        member = self.member(number)
        at = self.hall.now_ns() // SECOND
        text = f"channel={channel}&event=subscribe&time={at}"
        auth = {"method": "api_key", "KEY": member.key, "SIGN": sign(member.secret, text)}
        return {
            "time": at, "channel": channel, "event": "subscribe", "payload": payload, "auth": auth,
        }  # fmt: skip


def sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()
