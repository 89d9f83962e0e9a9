"""Batches of orders at Binance: perpetuals, over REST, five creates or ten cancels in a request.

Rule 1: only where the order socket does not run. It takes no batches, but single orders go there as
they were asked on a connection that is open, while a batch weighs five however few are in it, and
is matched in no order.
Rule 2: rows come in the order that was asked; one that was done has our id, one that was not has a
code and a text alone.
Rule 3: an answer under a 5xx decides nothing about a batch, whatever its words are.
"""

from collections.abc import Generator, Sequence
from typing import Final

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model.reports import Refusal, Success, Unclear
from steelyard.venues.binance.calls import Caller, Fields
from steelyard.venues.binance.errors import REFUSED, refusal, taken
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.orders import is_algo, perp_fields
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import Order
from steelyard.venues.native.batches import Outcome, Told, joined
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

CREATES: Final = 5
CANCELS: Final = 10
_PATH: Final = "/fapi/v1/batchOrders"
_SERVER: Final = 500
_ORDER: Final = msgspec.json.Decoder(Order)
_ROWS: Final = msgspec.json.Decoder(tuple[msgspec.Raw, ...])


class Batches:
    """Writes and reads the batches of one account."""

    def __init__(
        self, caller: Caller, symbols: Symbols, memory: Memory, reports: Reports, *, hedged: bool
    ) -> None:
        """Share the account's parts."""
        self._caller, self._symbols, self._memory = caller, symbols, memory
        self._reports, self._hedged = reports, hedged

    def most(self, order: Placing, *, over_socket: bool) -> int:
        """Say how many creates go together."""
        product = self._symbols.products[order.instrument]
        alone = over_socket or product is Product.SPOT or is_algo(product, order.type)
        return 0 if alone else CREATES

    def most_cancels(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        """Say how many cancels do, of orders that are known to be no conditional ones."""
        known = self._memory.side_of(client_id) is not None and not self._memory.is_algo(client_id)
        spot = self._symbols.products[instrument] is Product.SPOT
        return CANCELS if known and not spot and not over_socket else 0

    def place(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create orders; one that Binance has no words for does not leave."""
        unsaid: list[Told] = []
        names: list[str] = []
        rows: list[Fields] = []
        for order in orders:
            place = order.instrument
            fields = perp_fields(
                self._symbols.instruments[place], self._symbols.symbols[place], order,
                hedged=self._hedged,
            )  # fmt: skip
            if isinstance(fields, Refusal):
                unsaid.append(Told(order.client_id, fields))
                continue
            self._memory.side(order.client_id, str(fields["side"]))
            names.append(order.client_id)
            rows.append(fields)
        if not rows:
            return tuple(unsaid)
        answer = yield self._call("POST", {"batchOrders": msgspec.json.encode(rows).decode()})
        return joined(names, self._read(answer), unsaid)

    def cancel(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:  # fmt: skip
        """Cancel orders that are no conditional ones."""
        answer = yield self._call(
            "DELETE",
            {
                "symbol": self._symbols.symbols[instrument],
                "origClientOrderIdList": msgspec.json.encode(list(client_ids)).decode(),
            },
        )
        return self._read(answer)

    def _call(self, method: str, fields: Fields) -> Call:
        return self._caller.signed(Product.PERP, method, _PATH, fields, changes=True)

    def _read(self, answer: Answer) -> Outcome:
        if answer.status >= _SERVER:
            return Unclear(text=f"status {answer.status} to a batch")
        rows = taken(Product.PERP, _ROWS, answer, self._caller.now_ns())
        if isinstance(rows, Refusal | Unclear):
            return rows
        return tuple(self._told(row) for row in rows)

    def _told(self, row: msgspec.Raw) -> Told:
        try:
            order = _ORDER.decode(row)
        except ValueError:
            return Told("", self._failed(row))
        try:
            report = self._reports.order(Product.PERP, order) if order.status else None
        except ValueError:
            report = None  # it was taken; what became of it is told by the stream
        return Told(order.client_order_id, Success(value=report))

    def _failed(self, row: msgspec.Raw) -> Refusal | Unclear:
        try:
            error = REFUSED.decode(row)
        except ValueError as wrong:
            return Unclear(text=f"a row of the answer does not decode: {wrong}")
        return refusal(Product.PERP, error.code, error.msg, now_ns=self._caller.now_ns())
