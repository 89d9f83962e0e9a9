"""Batches of orders at Bitget: fifty in a request, over REST alone.

Rule 1: an answer has two lists, of what was done and of what was not, each row with our id. Places
say nothing, so a row without an id is nobody's.
Rule 2: what failed with a code is what the code means; without one it is unclear, but for a cancel
of what does not exist.
Rule 3: an answer under a 5xx decides nothing about a batch, whatever its words are.
Rule 4: a batch of cancels is never empty: the futures read that as all orders.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.kinds import BUY, LIMIT, MARKET
from steelyard.model.reports import Fault as Class
from steelyard.model.reports import Refusal, Reply, Success, Unclear
from steelyard.venues.bitget import orders, words
from steelyard.venues.bitget.calls import Caller
from steelyard.venues.bitget.errors import Data, failed, not_canceled, shown
from steelyard.venues.bitget.finding import MIX, TRADE
from steelyard.venues.bitget.memory import Memory
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.native.batches import Outcome, Told, joined
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

MOST: Final = 50
_BATCH: Final = msgspec.json.Decoder(words.Batch)
_SHARED: Final = ("symbol", "productType", "marginCoin", "marginMode")
"""What stands around the orders of a batch instead of in each."""

Write = Callable[[Placing], orders.Written]


class Batches:
    """Writes and reads the batches of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, memory: Memory, write: Write) -> None:
        """`write` is how a single order is written; it raises Unwritable."""
        self._caller, self._symbols, self._memory = caller, symbols, memory
        self._write = write

    def most(self, order: Placing) -> int:
        """Say how many go together; a market buy on spot asks for a quote first and goes alone."""
        spot = self._symbols.products[order.instrument] == SPOT
        if order.type not in (LIMIT, MARKET) or (
            spot and order.type == MARKET and order.side == BUY
        ):
            return 0
        return MOST

    def most_cancels(self, client_id: str) -> int:
        """Say the same of cancels: of orders that are known to be plain ones."""
        return MOST if self._memory.plan(client_id) == "" else 0

    def place(self, placings: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create orders of one instrument; one that cannot be written does not leave."""
        unsaid: list[Told] = []
        names: list[str] = []
        rows: list[dict[str, Any]] = []
        around: dict[str, Any] = {}
        for order in placings:
            try:
                body = self._write(order).body
            except orders.Unwritable as error:
                refusal = Refusal(
                    fault=Class.OTHER, code=reasons.NOT_SUPPORTED, text=str(error)
                )  # fmt: skip
                unsaid.append(Told(order.client_id, refusal))
                continue
            around = {name: body[name] for name in _SHARED if name in body}
            rows.append({name: text for name, text in body.items() if name not in _SHARED})
            names.append(order.client_id)
            self._memory.is_plain(order.client_id)
        if not rows:
            return tuple(unsaid)
        path = f"{MIX}/batch-place-order"
        if self._symbols.products[placings[0].instrument] == SPOT:
            path, around = f"{TRADE}/batch-orders", {**around, "batchMode": "single"}
        found = yield from self._caller.post(path, {**around, "orderList": rows}, whole=True)
        return joined(names, self._read(found, failed), unsaid)

    def cancel(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:  # fmt: skip
        """Cancel plain orders of one instrument."""
        symbol = self._symbols.symbols[instrument]
        rows = [{"clientOid": client_id} for client_id in client_ids]
        body: dict[str, Any]
        if self._symbols.products[instrument] == SPOT:
            path = f"{TRADE}/batch-cancel-order"
            body = {"symbol": symbol, "batchMode": "single", "orderList": rows}
        else:
            path = f"{MIX}/batch-cancel-orders"
            body = {
                "symbol": symbol, "productType": PERPETUAL, "marginCoin": MARGIN_COIN,
                "orderIdList": rows,
            }  # fmt: skip
        found = yield from self._caller.post(path, body, whole=True)
        return self._read(found, not_canceled)

    def _read(
        self, found: Data | Refusal | Unclear, meaning: Callable[[str, str], Reply]
    ) -> Outcome:
        if not isinstance(found, Data):
            return found
        try:
            batch = _BATCH.decode(found.raw)
        except ValueError as error:
            text = f"the answer does not decode: {error}: {shown(bytes(found.raw))}"
            return Unclear(text=text)
        told: list[Told] = []
        for done in batch.success_list or ():
            if done.client_oid:
                if done.order_id:
                    self._memory.learn(done.order_id, done.client_oid)
                told.append(Told(done.client_oid, Success()))
        told += [
            Told(one.client_oid, meaning(one.error_code, one.error_msg))
            for one in batch.failure_list or ()
            if one.client_oid
        ]
        return tuple(told)
