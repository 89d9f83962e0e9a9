"""OKX's private half for one account: spot and USDT-margined swaps under one roof.

Rule 1: what is asked about the account covers everything in it; what is answered, its instruments.
Rule 2: a conditional order has a client id in a namespace of its own; where an id lives is
remembered from what was placed and read, and asked for where it is not known.
"""

from collections.abc import Callable, Generator, Sequence

from steelyard.kernel.ports import Placing, VenueTerms
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.reports import News, NotSent, Reply
from steelyard.venues.native.batches import Outcome, Told, joined
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Call,
    Credentials,
    Entry,
    Steps,
    Stream,
)
from steelyard.venues.okx import batches, entry, finding, private, profile, standing, trades
from steelyard.venues.okx.calls import Rest, read_rows
from steelyard.venues.okx.errors import verdict
from steelyard.venues.okx.memory import Memory
from steelyard.venues.okx.orders import CROSS, fields, is_conditional, quantity_text
from steelyard.venues.okx.reports import Reports
from steelyard.venues.okx.symbols import product_of
from steelyard.venues.okx.terms import TERMS
from steelyard.venues.okx.words import Listing
from steelyard.wire.http import Answer


class OkxAccount:
    """The AccountDialect of OKX."""

    terms: VenueTerms
    renew_ns: int = 3_600_000_000_000

    def __init__(
        self, addresses: Addresses, credentials: Credentials, instruments: Sequence[Instrument],
        *, hedged: bool, now_ns: Callable[[], int], margin_mode: str = CROSS,
        terms: VenueTerms = TERMS,
    ) -> None:  # fmt: skip
        """`margin_mode` is `cross` or `isolated`, of swaps; spot is traded with cash."""
        self.terms = terms
        self._addresses, self._credentials = addresses, credentials
        self._hedged, self._now_ns, self._margin_mode = hedged, now_ns, margin_mode
        self._rest = Rest(addresses, credentials, now_ns)
        self._reports = Reports(instruments)
        self._memory = Memory()
        self._codes: dict[int, int] = {}

    # --- orders ----------------------------------------------------------------------------------

    def place(self, order: Placing) -> Steps:
        """Create an order. OKX tells no state of it: the stream does."""
        try:
            body = self._fields(order)
        except ConfigurationError as error:
            return NotSent(text=str(error))
        path = "/api/v5/trade/order"
        if is_conditional(order):
            path = "/api/v5/trade/order-algo"
        self._memory.learn(order.client_id, is_conditional(order))
        answer = yield self._rest.post(path, body)
        return verdict(answer)

    def cancel(self, client_id: str, instrument: int) -> Steps:
        """Cancel one order, wherever it lives."""
        return finding.cancel(self._rest, self._reports, self._memory, client_id, instrument)

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        """Say so: the socket takes batches as REST does, conditional orders are others."""
        return 0 if is_conditional(order) else batches.MOST

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        """Say so of a cancel, whose order must be known to be a plain one."""
        return batches.MOST if self._memory.is_plain(client_id) else 0

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create orders; one that cannot be said does not leave, and the others do."""
        unsaid: list[Told] = []
        rows: list[dict[str, str | bool]] = []
        names: list[str] = []
        for order in orders:
            try:
                rows.append(self._fields(order))
            except ConfigurationError as error:
                unsaid.append(Told(order.client_id, NotSent(text=str(error))))
            else:
                names.append(order.client_id)
                self._memory.learn(order.client_id, False)
        if not rows:
            return tuple(unsaid)
        answer = yield self._rest.post("/api/v5/trade/batch-orders", rows)
        return joined(names, batches.outcome(answer), unsaid)

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        """Cancel plain orders."""
        symbol = self._reports.symbols[instrument]
        rows = [{"instId": symbol, "clOrdId": client_id} for client_id in client_ids]
        answer = yield self._rest.post("/api/v5/trade/cancel-batch-orders", rows)
        return batches.outcome(answer)

    def cancel_all(self, instrument: int) -> Steps:
        """Cancel the account's orders in one instrument: OKX takes them in batches."""
        return standing.cancel_all(self._rest, self._reports, instrument)

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        """Change price and quantity of a resting order; conditional ones are placed anew."""
        return self._amend(client_id, instrument, price, quantity)

    def _amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps:
        if self._memory.is_conditional(client_id):
            return NotSent(text="a conditional order is not amended but placed anew")
        terms = self._reports.instruments[instrument]
        answer = yield self._rest.post(
            "/api/v5/trade/amend-order",
            {
                "instId": self._reports.symbols[instrument],
                "clOrdId": client_id,
                "newPx": terms.price_text(price),
                "newSz": quantity_text(terms, quantity),
            },
        )
        return verdict(answer)

    # --- questions -------------------------------------------------------------------------------

    def order(self, client_id: str, instrument: int) -> Steps:
        """Ask for one order in both namespaces, the history of conditional ones included."""
        return finding.find(self._rest, self._reports, client_id, instrument)

    def open_orders(self) -> Steps:
        """Ask for all open orders, conditional ones included."""
        return standing.open_orders(self._rest, self._reports, self._memory)

    def trades(self, cursor: str) -> Steps:
        """Ask for trades and funding since a cursor."""
        return trades.since(self._rest, self._reports, self._memory, cursor)

    def holdings(self) -> Steps:
        """Ask for positions and wallet."""
        return standing.holdings(self._rest, self._reports)

    # --- settings --------------------------------------------------------------------------------

    def profile(self) -> Steps:
        """Ask what the key may do and how the account stands."""
        return profile.ask(self._rest, self._reports)

    def set_hedged(self, hedged: bool) -> Steps:
        """Set the position mode."""
        return profile.set_hedged(self._rest, hedged)

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        """Set the leverage; an isolated position in long/short mode has one for each side."""
        return profile.set_leverage(
            self._rest, self._reports, instrument, leverage,
            hedged=self._hedged, margin_mode=self._margin_mode,
        )  # fmt: skip

    def guard(self, span_ns: int) -> Steps | None:
        """Arm the dead-man's switch.

        The documentation does not say whether conditional orders outlive it.
        """
        return standing.guard(self._rest, span_ns)

    def used(self, answer: Answer) -> int | None:
        """Return None: OKX counts for itself and tells only when it is too much."""
        return None

    # --- private stream --------------------------------------------------------------------------

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        """Say how both private sockets are opened; learn the instruments' numbers on the way.

        The order socket knows an instrument by its number alone; without it orders go over REST,
        so a number that is not told is no reason not to listen.
        """
        for place, instrument in enumerate(self._reports.instruments):
            if place in self._codes:
                continue
            answer = yield self._rest.get(
                "/api/v5/public/instruments", instType=product_of(instrument),
                instId=self._reports.symbols[place],
            )  # fmt: skip
            found = read_rows(answer, Listing)
            if isinstance(found, list) and found and found[0].inst_id_code not in {None, ""}:
                self._codes[place] = int(found[0].inst_id_code or 0)
        return private.streams(self._addresses, self._credentials, self._now_ns())

    def renew(self) -> Steps | None:
        """Return None: a log-in lasts as long as its socket."""
        return None

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read one private frame."""
        return private.read(frame, self._reports, self._memory)

    # --- order entry over the socket -------------------------------------------------------------

    def entry(self) -> Stream | None:
        """Say how the order socket is opened now."""
        return entry.stream(self._addresses, self._credentials, self._now_ns(), self.terms)

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        """Write a create; conditional orders, and what cannot be said, go the other way."""
        code = self._codes.get(order.instrument)
        if code is None or is_conditional(order):
            return None
        try:
            body = self._fields(order)
        except ConfigurationError:
            return None
        self._memory.learn(order.client_id, False)
        return entry.place(number, body, code, self._now_ns())

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        """Write a cancel of an order that is known to be a plain one."""
        code = self._codes.get(instrument)
        if code is None or not self._memory.is_plain(client_id):
            return None
        return entry.cancel(number, client_id, self._reports.symbols[instrument], code)

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        """Write a batch of creates, all of which can be said."""
        code = self._codes.get(orders[0].instrument)
        if code is None:
            return None
        try:
            rows = [self._fields(order) for order in orders]
        except ConfigurationError:
            return None
        for order in orders:
            self._memory.learn(order.client_id, False)
        return entry.place_batch(number, rows, code, self._now_ns())

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        """Write a batch of cancels."""
        code = self._codes.get(instrument)
        if code is None:
            return None
        return entry.cancel_batch(number, client_ids, self._reports.symbols[instrument], code)

    def read_entry(self, frame: bytes) -> Sequence[Entry | Aside]:
        """Read one of its frames."""
        return entry.read(frame)

    # --- inside ----------------------------------------------------------------------------------

    def _fields(self, order: Placing) -> dict[str, str | bool]:
        return fields(
            order, self._reports.instruments[order.instrument], hedged=self._hedged,
            margin_mode=self._margin_mode,
        )  # fmt: skip
