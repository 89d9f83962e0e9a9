"""The private half of Bitget for one account, of spot, USDT perpetuals, or both.

Rule 1: one conversation makes one call that `changes`. A market buy on spot reads the best ask
first; a cancel reads where an id lives, if nobody knows.
Rule 2: a create is answered with numbers alone: what became of it, the stream says.
Rule 3: there is no dead-man's switch here, and no count of used weight in the headers.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, MARKET
from steelyard.model.reports import Fault as Class
from steelyard.model.reports import News, Refusal, Reply
from steelyard.venues.bitget import entry, orders, private, words
from steelyard.venues.bitget.batches import Batches
from steelyard.venues.bitget.calls import Caller, Fault, decoded, good, told
from steelyard.venues.bitget.finding import MIX, Finder
from steelyard.venues.bitget.market import quote_of
from steelyard.venues.bitget.numbers import spelt
from steelyard.venues.bitget.profile import Settings
from steelyard.venues.bitget.reports import Reports
from steelyard.venues.bitget.standing import Standing
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.bitget.terms import TAKE_ALLOWANCE, TERMS
from steelyard.venues.bitget.trades import History
from steelyard.venues.native.batches import Outcome
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Call,
    Credentials,
    Entry,
    Steps,
    Stream,
)
from steelyard.wire.http import Answer

_PLACED: Final = msgspec.json.Decoder(words.Placed)
_NO_MARKET: Final = Refusal(
    fault=Class.OTHER, code=reasons.NO_MARKET, text="nobody offers anything to buy"
)
_NO_CALL: Final = Refusal(fault=Class.OTHER, code=reasons.NOT_SUPPORTED, text="spot has none")


class BitgetAccount:
    """Says and reads what one account says and reads."""

    terms = TERMS
    renew_ns = 3_600_000_000_000  # there is nothing to renew: a log-in lasts as long as its socket

    def __init__(
        self, addresses: Addresses, credentials: Credentials, instruments: Sequence[Instrument], *,
        hedged: bool, now_ns: Callable[[], int], margin_mode: str = "cross",
    ) -> None:  # fmt: skip
        """`hedged` and `margin_mode` (`cross`, `isolated`) are what orders are written for."""
        self._addresses, self._credentials, self._now_ns = addresses, credentials, now_ns
        self._symbols = Symbols(instruments)
        self._hedged = hedged
        self._margin_mode = "isolated" if margin_mode == "isolated" else "crossed"
        self._caller = Caller(addresses, credentials, now_ns)
        self._reports = Reports(self._symbols, hedged=hedged)
        self._finder = Finder(self._caller, self._symbols, self._reports)
        self._standing = Standing(self._caller, self._symbols, self._reports)
        self._history = History(
            self._caller, self._symbols, self._reports, self._finder, self._standing
        )
        self._settings = Settings(self._caller, self._symbols)
        self._private = private.Private(self._symbols, self._reports)
        self._batches = Batches(
            self._caller, self._symbols, self._reports.memory, self._written
        )  # fmt: skip
        self._desk = entry.Desk(
            self._symbols, self._reports, hedged=hedged, margin_mode=self._margin_mode
        )

    # --- orders ----------------------------------------------------------------------------------

    def place(self, order: Placing) -> Steps:
        return told(self._place(order))

    def cancel(self, client_id: str, instrument: int) -> Steps:
        return told(self._finder.cancel(client_id, instrument))

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        return self._batches.most(order)

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        return self._batches.most_cancels(client_id)

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        return self._batches.place(orders)

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        return self._batches.cancel(client_ids, instrument)

    def cancel_all(self, instrument: int) -> Steps:
        return told(self._standing.cancel_all(instrument))

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        """Change a futures order: the venue cancels it and makes another, here of the same id."""
        if self._symbols.products[instrument] == SPOT or self._reports.memory.plan(client_id):
            return None
        return told(self._amend(client_id, instrument, price, quantity))

    def order(self, client_id: str, instrument: int) -> Steps:
        return told(self._finder.order(client_id, instrument))

    def open_orders(self) -> Steps:
        return told(self._standing.open_orders())

    def trades(self, cursor: str) -> Steps:
        return told(self._history.trades(cursor))

    def holdings(self) -> Steps:
        return told(self._standing.holdings())

    # --- settings --------------------------------------------------------------------------------

    def profile(self) -> Steps:
        return told(self._settings.profile())

    def set_hedged(self, hedged: bool) -> Steps:
        return told(self._settings.set_hedged(hedged=hedged))

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        if self._symbols.products[instrument] == SPOT:
            return told(_refused(_NO_CALL))
        return told(self._settings.set_leverage(instrument, leverage))

    def guard(self, span_ns: int) -> Steps | None:
        return None

    def used(self, answer: Answer) -> int | None:
        return None

    # --- private stream --------------------------------------------------------------------------

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        yield from ()
        return private.streams(
            self._addresses, self._credentials, self._symbols, self._now_ns()
        )  # fmt: skip

    def renew(self) -> Steps | None:
        return None

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        return self._private.read(frame)

    # --- order entry over a socket ---------------------------------------------------------------

    def entry(self) -> Stream | None:
        return entry.stream(self._addresses, self._credentials, self._now_ns())

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        return self._desk.place(number, order)

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        return self._desk.cancel(number, client_id, instrument)

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        return None

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        return None

    def read_entry(self, frame: bytes) -> Sequence[Entry | Aside]:
        return self._desk.read(frame)

    # --- inside ----------------------------------------------------------------------------------

    def _place(self, order: Placing) -> Generator[Call, Answer, None]:
        try:
            limit = 0
            if order.type == MARKET and order.side == BUY and self._is_spot(order):
                limit = yield from self._bound(order.instrument)
            written = self._written(order, limit)
        except orders.Unwritable as error:
            text = str(error)
            raise Fault(Refusal(fault=Class.OTHER, code=reasons.NOT_SUPPORTED, text=text)) from None
        memory = self._reports.memory
        if written.plan:
            memory.is_plan(order.client_id, written.plan)
        else:
            memory.is_plain(order.client_id)
        data = good((yield from self._caller.post(written.path, written.body)))
        placed = decoded(data, _PLACED)
        if not written.plan and placed.order_id:
            memory.learn(placed.order_id, order.client_id)

    def _is_spot(self, order: Placing) -> bool:
        return self._symbols.products[order.instrument] == SPOT

    def _written(self, order: Placing, limit: int = 0) -> orders.Written:
        index = order.instrument
        instrument, symbol = self._symbols.instruments[index], self._symbols.symbols[index]
        if self._is_spot(order):
            return orders.spot(order, instrument, symbol, limit=limit)
        return orders.perpetual(
            order, instrument, symbol, hedged=self._hedged, margin_mode=self._margin_mode
        )

    def _bound(self, index: int) -> Generator[Call, Answer, int]:
        """Return the price above which a market buy shall not go."""
        quote = yield from quote_of(self._caller, self._symbols, index)
        if not quote.ask:
            raise Fault(_NO_MARKET)
        tick = self._symbols.instruments[index].tick
        return (int(quote.ask) + int(quote.ask) // TAKE_ALLOWANCE) // tick * tick

    def _amend(
        self, client_id: str, index: int, price: int, quantity: int
    ) -> Generator[Call, Answer, None]:
        instrument = self._symbols.instruments[index]
        body: dict[str, Any] = {
            "symbol": self._symbols.symbols[index], "productType": PERPETUAL,
            "marginCoin": MARGIN_COIN, "clientOid": client_id, "newClientOid": client_id,
            "newPrice": spelt(price, instrument.price_decimals),
            "newSize": spelt(quantity, instrument.quantity_decimals),
        }  # fmt: skip
        good((yield from self._caller.post(f"{MIX}/modify-order", body)))


def _refused(reply: Reply) -> Generator[Call, Answer, None]:
    yield from ()
    raise Fault(reply)
