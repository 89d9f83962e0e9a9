"""Orders over a WebSocket API: what is said on the order socket, and what its answers mean.

Rule 1: an account has one order socket: of the perpetuals where it trades any, else of spot. What
it cannot carry goes over REST.
Rule 2: every request is signed by itself, so that there is no log-in that could run out.
Rule 3: a cancel goes this way only for an order known to be no conditional one.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model.reports import Refusal, Reply, Success, Unclear
from steelyard.venues.binance.calls import Caller, Fields
from steelyard.venues.binance.errors import socket_refusal
from steelyard.venues.binance.frames import SocketAnswer
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.orders import is_algo, perp_fields, spot_fields
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import LIFE_NS, PING_NS, SILENCE_NS, Product
from steelyard.venues.binance.words import Order
from steelyard.venues.native.dialect import Aside, Entry, Leaving, Pong, Stream

_ANSWER: Final = msgspec.json.Decoder(SocketAnswer)
_ORDER: Final = msgspec.json.Decoder(Order)
_SUCCESS: Final = 200


class _Parting(msgspec.Struct, frozen=True):
    """A push: `serverShutdown` wrapped in `event`."""

    event: dict[str, msgspec.Raw] | None = None
    id: str | int | None = None


_PUSH: Final = msgspec.json.Decoder(_Parting)


class OrderEntry:
    """The order socket of one account."""

    def __init__(
        self, url: str, product: Product, caller: Caller, symbols: Symbols, memory: Memory,
        reports: Reports, *, hedged: bool,
    ) -> None:  # fmt: skip
        """Speak at `url`, for the instruments of one product."""
        self._url, self._product, self._caller = url, product, caller
        self._symbols, self._memory, self._reports = symbols, memory, reports
        self._hedged = hedged

    def stream(self) -> Stream:
        """Say how the socket is opened."""
        return Stream(url=self._url, ping_ns=PING_NS, silence_ns=SILENCE_NS, life_ns=LIFE_NS)

    def place(self, number: str, order: Placing) -> bytes | None:
        """Write a create."""
        product = self._symbols.products[order.instrument]
        if product is not self._product or is_algo(product, order.type):
            return None
        instrument = self._symbols.instruments[order.instrument]
        symbol = self._symbols.symbols[order.instrument]
        if product is Product.SPOT:
            fields = spot_fields(instrument, symbol, order)
        else:
            fields = perp_fields(instrument, symbol, order, hedged=self._hedged)
        if isinstance(fields, Refusal):
            return None  # REST refuses it in words
        self._memory.side(order.client_id, str(fields["side"]))
        return self._write(number, "order.place", fields)

    def cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        """Write a cancel."""
        product = self._symbols.products[instrument]
        if product is not self._product or self._memory.is_algo(client_id):
            return None
        if product is Product.PERP and self._memory.side_of(client_id) is None:
            return None  # it may be a conditional one of before
        symbol = self._symbols.symbols[instrument]
        return self._write(
            number, "order.cancel", {"symbol": symbol, "origClientOrderId": client_id}
        )

    def read(self, frame: bytes) -> Sequence[Entry | Aside]:
        """Read one frame."""
        push = _PUSH.decode(frame)
        if push.event is not None:
            return (Leaving("the order socket shuts down"),)
        answer = _ANSWER.decode(frame)
        if answer.id is None:
            raise ValueError(f"an answer to no request: {frame[:200]!r}")
        return (Entry(number=str(answer.id), reply=self._reply(answer, frame)), Pong())

    def _reply(self, answer: SocketAnswer, frame: bytes) -> Reply:
        if answer.error is not None or answer.status != _SUCCESS:
            return socket_refusal(self._product, frame, self._caller.now_ns())
        try:
            order = _ORDER.decode(answer.result)
            report = self._reports.order(self._product, order) if order.status else None
        except ValueError as wrong:
            return Unclear(text=f"the answer does not decode: {wrong}")
        return Success(value=report)

    def _write(self, number: str, method: str, fields: Fields) -> bytes:
        return msgspec.json.encode(
            {"id": number, "method": method, "params": self._caller.socket_fields(fields)}
        )
