"""Orders over Bitget's private socket: `trade` with `place-order` and `cancel-order`.

Rule 1: the socket takes plain orders alone; a market buy on spot needs a quote first and goes over
REST with everything that waits for a trigger.
Rule 2: the venue opens this door to keys that asked for it. The first refusal of the key shuts it
for good, and everything goes over REST from then on; that one order was not placed, which is told
as something the venue does not take here, since the key itself may be good.
"""

from typing import Any, Final

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.kinds import BUY, LIMIT, MARKET
from steelyard.model.reports import Fault as Class
from steelyard.model.reports import Refusal, Reply, Success, Unclear
from steelyard.venues.bitget import orders
from steelyard.venues.bitget.errors import OK, judge
from steelyard.venues.bitget.frames import SocketWord, TradeAnswer, aside
from steelyard.venues.bitget.reports import Reports
from steelyard.venues.bitget.signing import login
from steelyard.venues.bitget.symbols import MARGIN_COIN, SPOT, Symbols
from steelyard.venues.bitget.terms import PING, PING_NS, PRIVATE, SILENCE_NS
from steelyard.venues.native.dialect import Addresses, Aside, Credentials, Entry, Stream

_WORD: Final = msgspec.json.Decoder(SocketWord)
_ANSWERS: Final = msgspec.json.Decoder(list[TradeAnswer])
_NOT_SENT: Final = ("symbol", "productType")


def stream(addresses: Addresses, credentials: Credentials, now_ns: int) -> Stream:
    """Say how the order socket is opened now: the private one, without a subscription."""
    return Stream(
        url=addresses.ws[PRIVATE],
        hello=(login(credentials, now_ns),),
        ping=PING, ping_ns=PING_NS, silence_ns=SILENCE_NS, confirms=1,
    )  # fmt: skip


class Desk:
    """Writes for the order socket and reads it."""

    def __init__(
        self, symbols: Symbols, reports: Reports, *, hedged: bool, margin_mode: str
    ) -> None:
        """`margin_mode` as the venue calls it."""
        self._symbols, self._reports = symbols, reports
        self._hedged, self._margin_mode = hedged, margin_mode
        self._shut = False

    def place(self, number: str, order: Placing) -> bytes | None:
        """Write a create."""
        index = order.instrument
        instrument, symbol = self._symbols.instruments[index], self._symbols.symbols[index]
        product = self._symbols.products[index]
        if self._shut or order.type not in (LIMIT, MARKET):
            return None
        try:
            if product == SPOT:
                if order.type == MARKET and order.side == BUY:
                    return None
                written = orders.spot(order, instrument, symbol)
            else:
                written = orders.perpetual(
                    order, instrument, symbol, hedged=self._hedged, margin_mode=self._margin_mode
                )
        except orders.Unwritable:
            return None
        params = {name: text for name, text in written.body.items() if name not in _NOT_SENT}
        self._reports.memory.is_plain(order.client_id)
        return self._write(number, index, "place-order", params)

    def cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        """Write a cancel, of an order that is known to be a plain one."""
        if self._shut or self._reports.memory.plan(client_id) != "":
            return None
        params = {"clientOid": client_id}
        if self._symbols.products[instrument] != SPOT:
            params["marginCoin"] = MARGIN_COIN
        return self._write(number, instrument, "cancel-order", params)

    def read(self, frame: bytes) -> tuple[Entry | Aside, ...]:
        """Read a frame. Raises ValueError for what nobody understands."""
        if frame != b"pong":
            word = _WORD.decode(frame)
            if word.event in ("trade", "error"):
                answers = _answers(bytes(word.arg))
                if answers is not None:
                    return tuple(
                        Entry(number=each.id, reply=self._judged(_reply(word))) for each in answers
                    )
        said = aside(frame)
        if said is None:
            raise ValueError("a frame of the order socket was neither an answer nor about it")
        return said

    def _judged(self, reply: Reply) -> Reply:
        if not isinstance(reply, Refusal) or reply.fault is not Class.AUTH:
            return reply
        self._shut = True
        return Refusal(fault=Class.OTHER, code=reasons.NOT_SUPPORTED, text=reply.text)

    def _write(self, number: str, index: int, channel: str, params: dict[str, Any]) -> bytes:
        request = {
            "id": number, "instType": self._symbols.products[index],
            "instId": self._symbols.symbols[index], "channel": channel, "params": params,
        }  # fmt: skip
        return msgspec.json.encode({"op": "trade", "args": [request]})


def _answers(arg: bytes) -> list[TradeAnswer] | None:
    """Return whose answers they are; None: of a subscription."""
    try:
        return _ANSWERS.decode(arg)
    except ValueError:
        try:
            return [msgspec.json.decode(arg, type=TradeAnswer)]
        except ValueError:
            return None


def _reply(word: SocketWord) -> Reply:
    code = str(word.code)
    if word.event == "trade" and code in OK:
        return Success()
    if code in OK or word.code is None:
        return Unclear(text=f"{code} {word.msg}")
    return judge(code, word.msg or "")
