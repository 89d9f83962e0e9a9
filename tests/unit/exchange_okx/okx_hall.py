"""OKX's server on an open hall, without sockets: requests signed by hand, frames in a list."""

import hmac
import json
from base64 import b64encode
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.port import Request, Response
from steelyard.exchange.okx.listing import TERMS, instruments
from steelyard.exchange.okx.speaker import OkxSpeaker
from steelyard.model.kinds import SELL
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
FIRST = {"BTC": "60000", "ETH": "3000", "SOL": "150"}
SPOT, SWAP = 0, 3


class Socket:
    """What a session sends."""

    address = "127.0.0.1"

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.ended: tuple[int, str] | None = None

    def __call__(self, text: bytes) -> None:
        self.frames.append(text)

    def binary(self, body: bytes) -> None:
        raise AssertionError("OKX sends no binary frames")

    def ping(self, payload: bytes = b"") -> None:
        raise AssertionError("OKX sends no pings")

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.ended = (code, reason)

    def taken(self) -> list[dict[str, Any]]:
        """Return what came since the last time."""
        frames, self.frames = self.frames, []
        return [json.loads(frame) for frame in frames if frame != b"pong"]


class Okx:
    """A hall with its speaker."""

    def __init__(self, *, accounts: int = 2) -> None:
        self.hall = OpenHall(TERMS, instruments(), HallSettings(accounts=accounts))
        self.hall.set_time(START)
        for place, one in enumerate(self.hall.instruments):
            self.show(place, FIRST[one.base])
        self.speaker = OkxSpeaker(self.hall)

    def show(self, place: int, price: str, side: int = SELL) -> None:
        """Let somebody trade at a price, and let the news go."""
        one = self.hall.instruments[place]
        self.hall.print_trade(place, int(one.price(price)), int(one.lot) * 1_000, side)
        self.hall.flush()

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.hall.set_time(self.hall.now_ns() + int(seconds * SECOND))
        self.hall.tick()
        self.hall.flush()

    def stamp(self) -> str:
        """Spell the venue's time as a header has it."""
        moment = datetime.fromtimestamp(self.hall.now_ns() / SECOND, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def signed(
        self, method: str, path: str, body: str = "", *, member: int = 0, **changed: Any
    ) -> dict[str, str]:
        """Sign as the documentation says; `changed` spoils a header."""
        one: Member = self.hall.members[member]
        stamp = changed.pop("timestamp", self.stamp())
        text = stamp + method + path + body
        sign = b64encode(hmac.new(one.secret.encode(), text.encode(), "sha256").digest()).decode()
        headers = {
            "ok-access-key": one.key, "ok-access-sign": sign, "ok-access-timestamp": stamp,
            "ok-access-passphrase": one.passphrase, "content-type": "application/json",
        }  # fmt: skip
        return headers | {name.replace("_", "-"): value for name, value in changed.items()}

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Ask the speaker, then let the news go."""
        target, _, query = path.partition("?")
        response = self.speaker.rest(
            Request(
                method=method, path=target, query=query, headers=headers, body=body,
                address="127.0.0.1", at_ns=self.hall.now_ns(),
            )
        )  # fmt: skip
        self.hall.flush()
        return response

    def get(self, path: str, *, member: int = 0, **query: str | int) -> Any:
        """Ask, signed; return the answer's rows."""
        path = f"/api/v5/{path}" + (f"?{urlencode(query)}" if query else "")
        found = json.loads(self.answer("GET", path, self.signed("GET", path, member=member)).body)
        assert found["code"] == "0", found
        return found["data"]

    def post(self, path: str, body: Any, *, member: int = 0, **changed: str) -> Any:
        """Request, signed; return the whole answer."""
        text = json.dumps(body)
        path = f"/api/v5/{path}"
        headers = self.signed("POST", path, text, member=member, **changed)
        return json.loads(self.answer("POST", path, headers, text.encode()).body)

    def order(self, **fields: Any) -> Any:
        """Place an order, and return its verdict."""
        values = {
            "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market",
            "sz": "1", **fields,
        }  # fmt: skip
        return self.post("trade/order", values)["data"][0]

    def open(self, endpoint: str) -> tuple[Any, Socket]:
        """Open a socket."""
        socket = Socket()
        session = self.speaker.socket(f"/ws/v5/{endpoint}", "", {}, socket)
        assert session is not None
        return session, socket

    def login(self, endpoint: str = "private") -> tuple[Any, Socket]:
        """Open a socket and log in."""
        session, socket = self.open(endpoint)
        one = self.hall.members[0]
        stamp = str(self.hall.now_ns() // SECOND)
        text = stamp + "GET/users/self/verify"
        sign = b64encode(hmac.new(one.secret.encode(), text.encode(), "sha256").digest()).decode()
        args = {"apiKey": one.key, "passphrase": one.passphrase, "timestamp": stamp, "sign": sign}
        session.said(json.dumps({"op": "login", "args": [args]}).encode())
        assert socket.taken()[0]["event"] == "login"
        return session, socket

    def say(self, session: Any, op: str, *args: Any, **more: Any) -> None:
        """Say something on a socket."""
        session.said(json.dumps({"op": op, "args": args, **more}).encode())
        self.hall.flush()

    def talk(self, steps: Generator[Call, Answer, Any]) -> Any:
        """Hold a conversation of a client's dialect with the speaker."""
        try:
            call = next(steps)
            while True:
                parts = urlsplit(call.url)
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                headers = {name.lower(): value for name, value in call.headers.items()}
                found = self.answer(call.method, path, headers, call.body)
                call = steps.send(Answer(found.status, found.headers, found.body))
        except StopIteration as end:
            return end.value
