"""The order socket: a log-in, then requests with a number of ours.

Rule 1: an `ack` says that a request was read, not what came of it: it is no answer. The answer has
the same number and no true `ack`. An ack with a refusal in it is an answer all the same.
Rule 2: one socket serves one product: contracts where the account trades any, else coins. Orders of
the other product, price-triggered orders and purchases of coins at market go over REST.
Rule 3: a create carries its own deadline in the request's header.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model.reports import OrderReport, Reply, Success, Unclear
from steelyard.venues.gate import errors, frames, words
from steelyard.venues.gate.batches import Batches
from steelyard.venues.gate.calls import Caller
from steelyard.venues.gate.frames import decode, ping
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.orders import (
    buys_at_market,
    encode,
    is_conditional,
    perp_fields,
    refusal_of,
    spot_fields,
    text_of,
)
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.signing import api_text, sign
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import FUTURES, SPOT
from steelyard.venues.native.batches import Outcome
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Credentials,
    Denied,
    Entry,
    Leaving,
    Pong,
    Stream,
    Welcome,
)

_FRAME: Final = words.decoder(frames.ApiFrame)
_SPOT_ORDER: Final = words.decoder(words.SpotOrder)
_PERP_ORDER: Final = words.decoder(words.PerpOrder)
_LOGIN: Final = "login"
_PLACES: Final = "order_batch_place"
_CANCELS: Final = "order_cancel_ids"
_UPGRADE: Final = "upgrade"
_MILLI_NS: Final = 1_000_000
_OK: Final = range(200, 300)


class OrderSocket:
    """Writes and reads what is said on the order socket."""

    def __init__(
        self, addresses: Addresses, credentials: Credentials, caller: Caller, symbols: Symbols,
        reports: Reports, memory: Memory, batches: Batches, *, hedged: bool,
    ) -> None:  # fmt: skip
        """Share the account's parts."""
        self._batches = batches
        self._credentials, self._caller, self._symbols = credentials, caller, symbols
        self._reports, self._memory, self._hedged = reports, memory, hedged
        self.spot = not symbols.perp
        self.product = SPOT if self.spot else FUTURES
        self._url = addresses.ws[self.product]

    def stream(self) -> Stream:
        """Say how it is opened now."""
        at = str(self._caller.seconds())
        channel = f"{self.product}.{_LOGIN}"
        signature = sign(self._credentials.secret, api_text("api", channel, "", at))
        payload = {
            "api_key": self._credentials.key, "signature": signature, "timestamp": at,
            "req_id": _LOGIN,
        }  # fmt: skip
        hello = encode({"time": int(at), "channel": channel, "event": "api", "payload": payload})
        return Stream(
            url=self._url,
            hello=(hello,),
            headers={"X-Gate-Size-Decimal": "1"},
            ping=ping(self.product),
        )

    def place(self, number: str, order: Placing) -> bytes | None:
        """Write a create."""
        place = order.instrument
        if (
            refusal_of(order) is not None
            or is_conditional(order)
            or self._symbols.is_spot(place) != self.spot
            or (self.spot and buys_at_market(order))
        ):
            return None
        instrument, symbol = self._symbols.instruments[place], self._symbols.texts[place]
        if self.spot:
            fields = spot_fields(order, instrument, symbol, "")
        else:
            self._memory.side(text_of(order.client_id), order.position_side)
            fields = perp_fields(order, instrument, symbol, hedged=self._hedged)
        self._memory.ordinary(order.client_id, "")
        return self._request(number, "order_place", fields, expires=True)

    def cancel(self, number: str, client_id: str, place: int) -> bytes | None:
        """Write a cancel of an order that is known to be an ordinary one."""
        spot = self._symbols.is_spot(place)
        if spot != self.spot or not self._memory.is_ordinary(client_id):
            return None
        fields = {"order_id": self._memory.id_of(client_id) or text_of(client_id)}
        if spot:
            fields["currency_pair"] = self._symbols.texts[place]
        return self._request(number, "order_cancel", fields)

    def place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        """Write a batch of creates; none of coins."""
        if self.spot or self._symbols.is_spot(orders[0].instrument):
            return None
        return self._request(number, _PLACES, self._batches.creates(orders), expires=True)

    def cancel_batch(self, number: str, client_ids: Sequence[str], place: int) -> bytes | None:
        """Write a batch of cancels."""
        if self._symbols.is_spot(place) != self.spot:
            return None
        return self._request(number, _CANCELS, self._batches.cancels(client_ids, place))

    def read(self, frame: bytes) -> tuple[Entry | Aside, ...]:
        """Read a frame. Raises ValueError for what nobody understands."""
        word = decode(_FRAME, frame)
        found: Aside | None = None
        if word.type == _UPGRADE:
            found = Leaving(reason=word.msg)
        elif word.channel.endswith(".pong"):
            found = Pong()
        elif word.error is not None:
            found = Denied(text=f"{word.error.code}: {word.error.message}")
        if found is not None:
            return (found,)
        if not word.request_id:
            raise ValueError("a frame of the order socket has no number")
        return self._answer(word)

    # --- inside ----------------------------------------------------------------------------------

    def _answer(self, word: frames.ApiFrame) -> tuple[Entry | Aside, ...]:
        wrong = word.data.errs
        if word.header.channel.endswith(f".{_LOGIN}"):
            if wrong is not None or _status(word.header) not in _OK:
                return (Denied(text=f"{wrong.label}: {wrong.message}" if wrong else "log-in"),)
            return (Welcome(),)
        if wrong is not None:
            return (Entry(number=word.request_id, reply=self._refused(word, wrong)),)
        return () if word.ack else (Entry(number=word.request_id, reply=self._done(word)),)

    def _request(
        self, number: str, what: str, fields: dict[str, Any] | list[Any], *,
        expires: bool = False,
    ) -> bytes:  # fmt: skip
        payload: dict[str, Any] = {"req_id": number, "req_param": fields}
        if expires:
            payload["req_header"] = {"x-gate-exptime": self._caller.deadline()}
        return encode(
            {
                "time": self._caller.seconds(), "channel": f"{self.product}.{what}",
                "event": "api", "payload": payload,
            }
        )  # fmt: skip

    def _refused(self, word: frames.ApiFrame, wrong: frames.Complaints) -> Reply:
        header = word.header
        reset = header.x_gate_ratelimit_reset_timestamp or header.x_gat_ratelimit_reset_timestamp
        told = {errors.RESET: str(reset)} if reset else {}
        return errors.judged(
            _status(header), wrong.label, wrong.message, told, self._caller.now_ns()
        )

    def _done(self, word: frames.ApiFrame) -> Outcome:
        if _status(word.header) not in _OK:
            return Unclear(text=f"status {word.header.status} without a label")
        what = word.header.channel.partition(".")[2]
        if what in (_PLACES, _CANCELS):
            return self._rows(what, word.data.result)
        try:
            report: OrderReport | None
            if self.spot:
                report = self._reports.spot_order(decode(_SPOT_ORDER, word.data.result))
            else:
                report = self._reports.perp_order(decode(_PERP_ORDER, word.data.result))
        except ValueError:
            # It was taken; what became of it is told by the stream.
            return Success()
        return Success(value=report)

    def _rows(self, what: str, rows: msgspec.Raw) -> Outcome:
        try:
            if what == _CANCELS:
                return self._batches.canceled(rows)
            return self._batches.created(rows, spot=self.spot)
        except msgspec.DecodeError as error:
            return Unclear(text=f"the answer does not decode: {error}")


def _status(header: frames.Header) -> int:
    text = str(header.status)
    return int(text) if text.isdigit() else 0
