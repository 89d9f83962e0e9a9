"""OKX's server: one object for one hall."""

from collections.abc import Mapping, Sequence
from typing import Final

from steelyard.exchange.hall.port import Charge, Hall, Request, Response, Session, Trouble, Wire
from steelyard.exchange.hall.words import EVERY
from steelyard.exchange.okx import rest
from steelyard.exchange.okx.books import Books
from steelyard.exchange.okx.errors import Fault, refused_by, trouble
from steelyard.exchange.okx.listing import TERMS
from steelyard.exchange.okx.streams import ENDPOINTS, OkxSession

_WS: Final = "/ws/v5/"


class OkxSpeaker:
    """Speaks OKX's API v5."""

    name = TERMS.name
    ban_after = 0

    def __init__(self, hall: Hall) -> None:
        """Speak for a hall."""
        self._hall = hall
        self._books = Books(hall)
        self._opened = 0

    def rest(self, request: Request) -> Response:
        """Answer a request."""
        return rest.answer(self._hall, request)

    def weight(self, request: Request) -> Sequence[Charge]:
        """Say what a request adds to which meters."""
        return rest.charges(request)

    def limited(self, request: Request, retry_after_ns: int, banned: bool) -> Response:
        """Say that there were too many; OKX tells no time to wait."""
        return refused_by(Fault("50011", "Too Many Requests", status=429))

    def broken(self, request: Request, trouble_: Trouble) -> Response:
        """Say that something is wrong."""
        return trouble(trouble_)

    def who(self, request: Request) -> int:
        """Return whose key a request carries."""
        member = self._hall.member(request.headers.get("ok-access-key", ""))
        return EVERY if member is None else member.number

    def addresses(self, rest: str, ws: str) -> Mapping[str, str]:
        """Say where clients go: host, what ccxt calls the socket's base, the three endpoints."""
        base = ws + _WS.rstrip("/")
        return {
            "rest": rest, "ws": ws, "ws_v5": base, **{name: f"{base}/{name}" for name in ENDPOINTS},
        }  # fmt: skip

    def socket(
        self, path: str, query: str, headers: Mapping[str, str], send: Wire
    ) -> Session | None:
        """Take a socket on one of the three endpoints."""
        endpoint = path.removeprefix(_WS)
        if not path.startswith(_WS) or endpoint not in ENDPOINTS:
            return None
        self._opened += 1
        return OkxSession(self._books, endpoint, f"{self._opened:08x}", send)
