"""The private half of the dialect, for one account that trades coins, contracts or both.

Rule 1: an order of ours lives among ordinary orders or waits among price-triggered ones; only those
of the first kind are amended.
Rule 2: what the venue answers to a create is told as it stands: `Success` with its report, or
without one where the venue tells only a number.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import MARKET
from steelyard.model.reports import Fault, News, Refusal, Reply, Success
from steelyard.venues.gate import words
from steelyard.venues.gate.batches import Batches
from steelyard.venues.gate.calls import Ask, Caller, Halt, ask, steps
from steelyard.venues.gate.entry import OrderSocket
from steelyard.venues.gate.finding import PERP, PERP_ORDER, SPOT_ORDER, Finder
from steelyard.venues.gate.market import SPOT_BOOK
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.numbers import exact
from steelyard.venues.gate.orders import (
    buys_at_market,
    is_conditional,
    perp_fields,
    perp_trigger_fields,
    refusal_of,
    signed_size,
    spot_fields,
    spot_trigger_fields,
    text_of,
)
from steelyard.venues.gate.private import Private
from steelyard.venues.gate.profile import Settings
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.standing import Standing
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import terms_for
from steelyard.venues.gate.trades import History
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

_CREATED: Final = words.decoder(words.Created)


class GateAccount:
    """Speaks for one account, classic or unified."""

    renew_ns: int = 3_600_000_000_000

    def __init__(
        self, addresses: Addresses, credentials: Credentials, instruments: Sequence[Instrument], *,
        hedged: bool = False, now_ns: Callable[[], int],
    ) -> None:  # fmt: skip
        """Speak of these instruments. `now_ns` is the venue's time."""
        self.terms = terms_for(instruments)
        self._symbols = symbols = Symbols(instruments)
        self._memory = memory = Memory()
        self._caller = caller = Caller(addresses, credentials, now_ns)
        self._reports = reports = Reports(symbols, memory, hedged=hedged)
        self._hedged = hedged
        self._finder = Finder(caller, symbols, reports, memory)
        self._settings = settings = Settings(caller, symbols)
        self._standing = Standing(caller, symbols, reports, settings.is_unified)
        self._history = History(caller, symbols, reports, memory)
        self._private = Private(addresses, credentials, caller, symbols, reports)
        self._batches = Batches(caller, symbols, reports, memory, hedged=hedged)
        self._socket = OrderSocket(
            addresses, credentials, caller, symbols, reports, memory, self._batches, hedged=hedged
        )

    # --- orders ----------------------------------------------------------------------------------

    def place(self, order: Placing) -> Steps:
        """Create an order, in the place where its kind lives."""
        return steps(self._place(order))

    def cancel(self, client_id: str, instrument: int) -> Steps:
        """Cancel one order, wherever it lives."""
        return steps(self._finder.cancel(client_id, instrument))

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        """Say so: the same over the socket and over REST."""
        return self._batches.most(order)

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        """Say so of a cancel."""
        return self._batches.most_cancels(client_id, instrument)

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        """Create orders of one instrument."""
        return self._batches.place(orders)

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        """Cancel orders of one instrument."""
        return self._batches.cancel(client_ids, instrument)

    def cancel_all(self, instrument: int) -> Steps:
        """Cancel everything in one instrument: ordinary orders, then those that wait."""
        return steps(self._standing.cancel_all(instrument))

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        """Change price and quantity of a resting order; None for one that waits for its price."""
        if self._memory.price_id_of(client_id) and not self._memory.id_of(client_id):
            return None
        return steps(self._amend(client_id, instrument, price, quantity))

    def order(self, client_id: str, instrument: int) -> Steps:
        """Ask for one order in every namespace it could live in."""
        return steps(self._finder.find(client_id, instrument))

    def open_orders(self) -> Steps:
        """Ask for all open orders, conditional ones included."""
        return steps(self._standing.open_orders())

    def trades(self, cursor: str) -> Steps:
        """Ask for trades and funding since a cursor."""
        return steps(self._history.trades(cursor))

    def holdings(self) -> Steps:
        """Ask for positions and wallet."""
        return steps(self._standing.holdings())

    # --- settings --------------------------------------------------------------------------------

    def profile(self) -> Steps:
        """Ask what the key may do and how the account stands."""
        return steps(self._settings.profile())

    def set_hedged(self, hedged: bool) -> Steps:
        """Set the position mode."""
        return steps(self._settings.set_hedged(hedged))

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        """Set the leverage."""
        return steps(self._settings.set_leverage(instrument, leverage, hedged=self._hedged))

    def guard(self, span_ns: int) -> Steps | None:
        """Arm the dead-man's switch."""
        return steps(self._standing.guard(span_ns))

    def used(self, answer: Answer) -> int | None:
        """Return None: Gate counts each endpoint apart, which is no measure of our window."""
        return None

    # --- streams ---------------------------------------------------------------------------------

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        """Say how the private stream is opened; contracts want the account's number first."""
        user = ""
        if self._symbols.perp:
            try:
                user = yield from self._settings.user()
            except Halt as halt:
                return halt.reply
        return self._private.streams(user)

    def renew(self) -> Steps | None:
        """Return None: there is no key to renew."""
        return None

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read one private frame."""
        return self._private.read(frame)

    def entry(self) -> Stream | None:
        """Say how the order socket is opened now."""
        return self._socket.stream()

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        """Write a create for the order socket."""
        return self._socket.place(number, order)

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        """Write a cancel for it."""
        return self._socket.cancel(number, client_id, instrument)

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        """Write a batch of creates for it."""
        return self._socket.place_batch(number, orders)

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        """Write a batch of cancels for it."""
        return self._socket.cancel_batch(number, client_ids, instrument)

    def read_entry(self, frame: bytes) -> Sequence[Entry | Aside]:
        """Read one of its frames."""
        return self._socket.read(frame)

    # --- inside ----------------------------------------------------------------------------------

    def _place(self, order: Placing) -> Ask[Reply]:
        refusal = refusal_of(order)
        if refusal is not None:
            return refusal
        place = order.instrument
        instrument, symbol = self._symbols.instruments[place], self._symbols.texts[place]
        spot = self._symbols.is_spot(place)
        if is_conditional(order):
            return (yield from self._place_waiting(order, instrument, symbol, spot=spot))
        self._memory.ordinary(order.client_id, "")
        if spot:
            best = 0
            if buys_at_market(order):
                best = yield from self._ask(instrument, symbol)
            fields = spot_fields(order, instrument, symbol, "", best)
            call = self._caller.change("POST", "/spot/orders", fields, expires=True)
            word = yield from ask(call, SPOT_ORDER, self._caller.now_ns)
            return Success(value=_told(self._reports.spot_order, word))
        self._memory.side(text_of(order.client_id), order.position_side)
        fields = perp_fields(order, instrument, symbol, hedged=self._hedged)
        call = self._caller.change("POST", f"{PERP}/orders", fields, expires=True)
        word = yield from ask(call, PERP_ORDER, self._caller.now_ns)
        return Success(value=_told(self._reports.perp_order, word))

    def _place_waiting(
        self, order: Placing, instrument: Instrument, symbol: str, *, spot: bool
    ) -> Ask[Reply]:
        if spot:
            unified = yield from self._settings.is_unified()
            fields = spot_trigger_fields(order, instrument, symbol, unified=unified)
            path = "/spot/price_orders"
        else:
            fields = perp_trigger_fields(order, instrument, symbol, hedged=self._hedged)
            path = f"{PERP}/price_orders"
        call = self._caller.change("POST", path, fields, aged=True)
        created = yield from ask(call, _CREATED, self._caller.now_ns)
        number = created.id_string or str(created.id)
        self._memory.waiting(order.client_id, number, spot=spot)
        return Success()

    def _ask(self, instrument: Instrument, symbol: str) -> Ask[int]:
        call = self._caller.public("/spot/order_book", currency_pair=symbol, limit=1)
        book = yield from ask(call, SPOT_BOOK, self._caller.now_ns)
        if not book.asks:
            raise Halt(
                Refusal(fault=Fault.OTHER, code=reasons.NO_MARKET, text="nobody offers anything")
            )
        return exact(book.asks[0][0], instrument.price_decimals)

    def _amend(self, client_id: str, place: int, price: int, quantity: int) -> Ask[Reply]:
        instrument, symbol = self._symbols.instruments[place], self._symbols.texts[place]
        key = self._memory.id_of(client_id) or text_of(client_id)
        body: dict[str, Any] = {"price": instrument.price_text(price)}
        order = Placing(
            client_id=client_id, instrument=place, side=0, type=MARKET, flags=0, price=price,
            quantity=quantity,
        )  # fmt: skip
        if self._symbols.is_spot(place):
            body |= {"currency_pair": symbol, "amount": str(signed_size(order, instrument, 1))}
            call = self._caller.change("PATCH", f"/spot/orders/{key}", body, expires=True)
            word = yield from ask(call, SPOT_ORDER, self._caller.now_ns)
            return Success(value=_told(self._reports.spot_order, word))
        # The size is signed as the order is: only the order can tell.
        call = self._caller.read(f"{PERP}/orders/{key}")
        standing = yield from ask(call, PERP_ORDER, self._caller.now_ns)
        sign = 1 if standing.size > 0 else -1
        body["size"] = signed_size(order, instrument, sign)
        call = self._caller.change("PUT", f"{PERP}/orders/{key}", body, expires=True)
        word = yield from ask(call, PERP_ORDER, self._caller.now_ns)
        return Success(value=_told(self._reports.perp_order, word))


def _told(read: Callable[[Any], Any], word: Any) -> Any:
    """Return the report in an answer to a change; what cannot be read is left to be asked for."""
    try:
        return read(word)
    except ValueError:
        return None
