"""Batches of orders at Gate: ten creates or twenty cancels in a request.

Rule 1: creates of contracts and all cancels go over the socket where it runs. Creates of coins go
over REST, which says how it answers a batch; of the socket nobody does.
Rule 2: rows come in the order that was asked. A create's row has our text where the venue tells it;
one of contracts that failed has none, so that its place names it.
Rule 3: contracts are canceled by number alone; one whose number is not known yet goes by itself.
Rule 4: an answer under a 5xx decides nothing about a batch, whatever its words are.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from steelyard.kernel.ports import Placing
from steelyard.model.reports import Refusal, Reply, Success, Unclear
from steelyard.venues.gate import errors, words
from steelyard.venues.gate.calls import Caller
from steelyard.venues.gate.finding import PERP, PERP_ORDER, SPOT_ORDER
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.orders import (
    buys_at_market,
    client_id_of,
    is_conditional,
    perp_fields,
    refusal_of,
    spot_fields,
    text_of,
)
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.native.batches import Outcome, Told
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

CREATES: Final = 10
CANCELS: Final = 20
_SERVER: Final = 500
_REFUSED: Final = 400
_KEPT: Final = 4_096


class Row(Struct, frozen=True, kw_only=True):
    """What every row may have."""

    succeeded: bool | None = None
    label: str | None = ""
    message: str | None = ""
    detail: str | None = ""
    text: str | None = ""
    id: words.Text | None = ""


_ROWS: Final = words.decoder(list[Raw])
_ROW: Final = words.decoder(Row)


class Batches:
    """Writes and reads the batches of one account."""

    def __init__(
        self, caller: Caller, symbols: Symbols, reports: Reports, memory: Memory, *, hedged: bool
    ) -> None:
        """Share the account's parts."""
        self._caller, self._symbols, self._reports = caller, symbols, reports
        self._memory, self._hedged = memory, hedged
        self._keys: dict[str, str] = {}

    def most(self, order: Placing) -> int:
        """Say how many creates go together; what asks for something before goes alone."""
        alone = (
            refusal_of(order) is not None
            or is_conditional(order)
            or (self._symbols.is_spot(order.instrument) and buys_at_market(order))
        )
        return 0 if alone else CREATES

    def most_cancels(self, client_id: str, place: int) -> int:
        """Say how many cancels go together, of orders known to be ordinary ones."""
        if not self._memory.is_ordinary(client_id):
            return 0
        named = self._symbols.is_spot(place) or self._memory.id_of(client_id)
        return CANCELS if named else 0

    # --- writing ---------------------------------------------------------------------------------

    def creates(self, orders: Sequence[Placing]) -> list[dict[str, Any]]:
        """Write creates of one instrument."""
        place = orders[0].instrument
        instrument, symbol = self._symbols.instruments[place], self._symbols.texts[place]
        found = []
        for order in orders:
            self._memory.ordinary(order.client_id, "")
            if self._symbols.is_spot(place):
                found.append(spot_fields(order, instrument, symbol, ""))
            else:
                self._memory.side(text_of(order.client_id), order.position_side)
                found.append(perp_fields(order, instrument, symbol, hedged=self._hedged))
        return found

    def cancels(self, client_ids: Sequence[str], place: int) -> list[Any]:
        """Write cancels of one instrument, and remember who was meant."""
        keys = [self._memory.id_of(one) or text_of(one) for one in client_ids]
        for key, client_id in zip(keys, client_ids, strict=True):
            self._keys[key] = client_id
            if len(self._keys) > _KEPT:
                del self._keys[next(iter(self._keys))]
        if not self._symbols.is_spot(place):
            return list(keys)
        symbol = self._symbols.texts[place]
        return [{"currency_pair": symbol, "id": key} for key in keys]

    def place(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create over REST."""
        spot = self._symbols.is_spot(orders[0].instrument)
        path = "/spot/batch_orders" if spot else f"{PERP}/batch_orders"
        answer = yield self._caller.change("POST", path, self.creates(orders), expires=True)
        return self._rows(answer, lambda rows: self.created(rows, spot=spot))

    def cancel(self, client_ids: Sequence[str], place: int) -> Generator[Call, Answer, Outcome]:
        """Cancel over REST."""
        spot = self._symbols.is_spot(place)
        path = "/spot/cancel_batch_orders" if spot else f"{PERP}/batch_cancel_orders"
        answer = yield self._caller.change("POST", path, self.cancels(client_ids, place))
        return self._rows(answer, self.canceled)

    # --- reading ---------------------------------------------------------------------------------

    def created(self, rows: Raw | bytes, *, spot: bool) -> Outcome:
        """Read the rows of creates. Raises DecodeError."""
        return tuple(self._created(raw, spot=spot) for raw in _ROWS.decode(rows))

    def canceled(self, rows: Raw | bytes) -> Outcome:
        """Read the rows of cancels. Raises DecodeError."""
        return tuple(self._canceled(_ROW.decode(raw)) for raw in _ROWS.decode(rows))

    def _rows(self, answer: Answer, read: Callable[[bytes], Outcome]) -> Outcome:
        if answer.status >= _SERVER:
            return Unclear(text=f"status {answer.status} to a batch")
        raw = errors.read(answer, words.decoder(Raw), self._caller.now_ns())
        if isinstance(raw, Refusal | Unclear):
            return raw
        try:
            return read(bytes(raw))
        except msgspec.DecodeError as error:
            return Unclear(text=f"the answer does not decode: {error}")

    def _created(self, raw: Raw, *, spot: bool) -> Told:
        row: Row = _ROW.decode(raw)
        name = client_id_of(row.text or "")
        if row.succeeded is False or (row.succeeded is None and row.label):
            return Told(name, self._refused(row, row.label or ""))
        if not row.id:
            return Told(name, Unclear(text="the answer has neither an order nor a label"))
        try:
            if spot:
                return Told(name, Success(value=self._reports.spot_order(SPOT_ORDER.decode(raw))))
            return Told(name, Success(value=self._reports.perp_order(PERP_ORDER.decode(raw))))
        except ValueError:
            # It was taken; what became of it is told by the stream.
            return Told(name, Success())

    def _canceled(self, row: Row) -> Told:
        name = self._keys.get(str(row.id or ""), "") or self._keys.get(row.text or "", "")
        if row.succeeded:
            return Told(name, Success())
        # Contracts tell the label as a message.
        label = row.label or row.message or ""
        if not label:
            return Told(name, Unclear(text="the answer does not say what became of the cancel"))
        return Told(name, self._refused(row, label))

    def _refused(self, row: Row, label: str) -> Reply:
        message = row.message or row.detail or ""
        return errors.judged(_REFUSED, label, message, {}, self._caller.now_ns())
