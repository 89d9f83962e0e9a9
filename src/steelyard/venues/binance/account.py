"""The private half of Binance, for one account: spot, USDT perpetuals, or both.

Rule 1: a request goes where its instrument is traded; what is about the whole account asks every
product in use and is one answer.
Rule 2: what takes more than a call or two is said in a room of its own, which this one joins.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Final

from steelyard.kernel.ports import Placing, VenueTerms
from steelyard.model.instruments import Instrument
from steelyard.model.reports import News, Refusal, Reply, Success
from steelyard.venues.binance import private
from steelyard.venues.binance.batches import Batches
from steelyard.venues.binance.calls import FAILED, Caller, Fields
from steelyard.venues.binance.entry import OrderEntry
from steelyard.venues.binance.errors import taken
from steelyard.venues.binance.finding import ALGO, ALGO_PATH, ORDER, ORDER_PATH, Finder
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.numbers import text_of
from steelyard.venues.binance.orders import is_algo, perp_fields, spot_fields
from steelyard.venues.binance.profile import Settings
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.standing import Standing
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import RENEW_NS, Product, terms_of
from steelyard.venues.binance.trades import History
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

_USED: Final = "x-mbx-used-weight-1m"


class BinanceAccount:
    """One account."""

    renew_ns: int = RENEW_NS

    def __init__(
        self, addresses: Addresses, credentials: Credentials, instruments: Sequence[Instrument],
        *, hedged: bool, now_ns: Callable[[], int],
    ) -> None:  # fmt: skip
        """`now_ns` returns the venue's time: our clock with the measured offset taken out."""
        self.terms: VenueTerms = terms_of(instruments)
        self._addresses, self._hedged = addresses, hedged
        self._symbols = Symbols(instruments)
        self._memory = Memory()
        self._caller = Caller(addresses, credentials, now_ns)
        self._reports = Reports(self._symbols, self._memory)
        self._finder = Finder(self._caller, self._symbols, self._memory, self._reports)
        self._standing = Standing(self._caller, self._symbols, self._reports)
        self._settings = Settings(self._caller, self._symbols, self._standing)
        self._history = History(self._caller, self._symbols, self._memory, self._reports)
        self._private = private.Private(self._symbols, self._memory)
        self._batches = Batches(
            self._caller, self._symbols, self._memory, self._reports, hedged=hedged
        )
        product = Product.PERP if self._symbols.by_product[Product.PERP] else Product.SPOT
        url = addresses.ws.get(f"{product}-entry", "")
        self._entry = OrderEntry(
            url, product, self._caller, self._symbols, self._memory, self._reports, hedged=hedged
        ) if url else None  # fmt: skip

    # --- orders ----------------------------------------------------------------------------------

    def place(self, order: Placing) -> Steps:
        """Create an order."""
        product = self._symbols.products[order.instrument]
        instrument = self._symbols.instruments[order.instrument]
        symbol = self._symbols.symbols[order.instrument]
        if product is Product.SPOT:
            fields = spot_fields(instrument, symbol, order)
        else:
            fields = perp_fields(instrument, symbol, order, hedged=self._hedged)
        if isinstance(fields, Refusal):
            return fields
        self._memory.side(order.client_id, str(fields["side"]))
        if is_algo(product, order.type):
            self._memory.algo(order.client_id)
            call = self._caller.signed(product, "POST", ALGO_PATH, fields, changes=True)
            algo = taken(product, ALGO, (yield call), self._caller.now_ns())
            return algo if isinstance(algo, FAILED) else Success(value=self._reports.algo(algo))
        call = self._caller.signed(product, "POST", ORDER_PATH[product], fields, changes=True)
        made = taken(product, ORDER, (yield call), self._caller.now_ns())
        if isinstance(made, FAILED):
            return made
        return Success(value=self._reports.order(product, made) if made.status else None)

    def cancel(self, client_id: str, instrument: int) -> Steps:
        """Cancel an order in whichever namespace it lives."""
        return self._finder.cancel(client_id, instrument)

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        """Say so: perpetuals alone, and only over REST."""
        return self._batches.most(order, over_socket=over_socket)

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        """Say so of a cancel."""
        return self._batches.most_cancels(client_id, instrument, over_socket=over_socket)

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create orders of one instrument."""
        return self._batches.place(orders)

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        """Cancel orders of one instrument."""
        return self._batches.cancel(client_ids, instrument)

    def cancel_all(self, instrument: int) -> Steps:
        """Cancel everything in one instrument, conditional orders included."""
        return self._standing.cancel_all(instrument)

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        """Change a resting limit order of the perpetuals; spot has no such call."""
        product = self._symbols.products[instrument]
        if product is Product.SPOT or self._memory.is_algo(client_id):
            return None
        return self._amend(client_id, instrument, price, quantity)

    def _amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps:
        perp, terms = Product.PERP, self._symbols.instruments[instrument]
        symbol = self._symbols.symbols[instrument]
        fields: Fields = {"symbol": symbol, "origClientOrderId": client_id}
        side = self._memory.side_of(client_id)
        if side is None:  # the venue wants it repeated
            call = self._caller.signed(perp, "GET", ORDER_PATH[perp], fields)
            found = taken(perp, ORDER, (yield call), self._caller.now_ns())
            if isinstance(found, FAILED):
                return found
            side = found.side
        fields.update(
            side=side, price=text_of(price, terms.price_decimals),
            quantity=text_of(quantity, terms.quantity_decimals),
        )  # fmt: skip
        call = self._caller.signed(perp, "PUT", ORDER_PATH[perp], fields, changes=True)
        made = taken(perp, ORDER, (yield call), self._caller.now_ns())
        return made if isinstance(made, FAILED) else Success(value=self._reports.order(perp, made))

    # --- questions -------------------------------------------------------------------------------

    def order(self, client_id: str, instrument: int) -> Steps:
        """Ask for one order."""
        return self._finder.order(client_id, instrument)

    def open_orders(self) -> Steps:
        """Ask for all open orders."""
        return self._standing.open_orders()

    def trades(self, cursor: str) -> Steps:
        """Ask for trades and funding."""
        return self._history.trades(cursor)

    def holdings(self) -> Steps:
        """Ask for positions and wallets."""
        return self._standing.holdings()

    def profile(self) -> Steps:
        """Ask what the key may do."""
        return self._settings.profile()

    # --- settings --------------------------------------------------------------------------------

    def set_hedged(self, hedged: bool) -> Steps:
        """Set the position mode of the perpetuals; spot has none."""
        return self._settings.set_hedged(hedged)

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        """Set the leverage of a perpetual; spot has none."""
        return self._settings.set_leverage(instrument, leverage)

    def guard(self, span_ns: int) -> Steps | None:
        """Count down to canceling the orders of each perpetual; conditional ones stay."""
        if not self._symbols.by_product[Product.PERP]:
            return None
        return self._standing.guard(span_ns)

    def used(self, answer: Answer) -> int | None:
        """Read the weight used; two products have two counts which no answer tells apart."""
        if all(self._symbols.by_product.values()):
            return None
        text = answer.headers.get(_USED, "")
        return int(text) if text.isdecimal() else None

    # --- private stream --------------------------------------------------------------------------

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        """Say how the streams are opened: spot's by a signed request, the perpetuals' by a key."""
        return private.streams(self._addresses, self._caller, self._symbols)

    def renew(self) -> Steps | None:
        """Keep the listen key alive; spot's stream needs none."""
        return private.renewed(self._caller) if self._symbols.by_product[Product.PERP] else None

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read one private frame."""
        return self._private.read(frame)

    # --- order entry over a socket ---------------------------------------------------------------

    def entry(self) -> Stream | None:
        """Say how the order socket is opened."""
        return self._entry.stream() if self._entry is not None else None

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        """Write a create for it."""
        return self._entry.place(number, order) if self._entry is not None else None

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        """Write a cancel for it."""
        if self._entry is None:
            return None
        return self._entry.cancel(number, client_id, instrument)

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        """Return None: the socket takes no batches."""
        return None

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        """Return None, too."""
        return None

    def read_entry(self, frame: bytes) -> Sequence[Entry | Aside]:
        """Read one of its frames."""
        if self._entry is None:
            raise ValueError("there is no order socket")
        return self._entry.read(frame)
