"""The order door of one account at one of ccxt's exchanges.

Rule 1: an order carries our own id, and is asked for and canceled by it where the exchange can;
elsewhere by the venue's id, which is remembered from whatever told it.
Rule 2: an order that is in no list and cannot be asked for by id is unclear, never absent.
Rule 3: lists are made of one answer an instrument; without one of them there is no list.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from steelyard.kernel.ports import Heard, Placing
from steelyard.model.client_ids import GRAMMARS
from steelyard.model.reports import (
    Holding,
    Holdings,
    Listing,
    News,
    OpenOrders,
    OrderFound,
    OrderReport,
    OrderState,
    Refusal,
    Success,
    Trades,
)
from steelyard.model.venue_tables import venue_named
from steelyard.venues.ccxt.door import Door
from steelyard.venues.ccxt.instruments import instrument_of
from steelyard.venues.ccxt.orders import creation_of
from steelyard.venues.ccxt.paging import Cursor, page_of
from steelyard.venues.ccxt.reports import cash_of, coins_of, order_of, position_of, trade_of
from steelyard.venues.ccxt.stream import Stream

_REMEMBERED: Final = 100_000
_EARLIER_MS: Final = 1_000


class CcxtVenue:
    """The Venue port, over a door that was started."""

    def __init__(self, door: Door) -> None:
        """Trade the door's instruments, by their places there."""
        self._door = door
        self.terms = door.terms
        self._ids: dict[str, str] = {}
        self._ours: dict[str, str] = {}
        self._stream: Stream | None = None
        # ccxt puts it before our ids, and leaves it on those it reads.
        grammar = GRAMMARS.get(venue_named(door.exchange.id))
        self._prefix = grammar.prefix if grammar is not None else ""

    # --- orders ----------------------------------------------------------------------------------

    def place(self, order: Placing, heard: Heard) -> None:
        door = self._door
        said = creation_of(order, door.instruments[order.instrument], door.able, door.exchange)
        if isinstance(said, Refusal):
            door.scheduler.soon(self._tell, heard, said)
            return

        def read(row: Mapping[str, Any]) -> OrderReport | None:
            venue_id = str(row.get("id") or "")
            if not venue_id:
                raise ValueError("the new order was told without an id")
            self._remember(order.client_id, venue_id)
            if self._stream is not None:
                self._stream.expect(order.client_id, order.instrument, venue_id)
            whole = {"status": None, "side": None, **row}
            if whole["status"] is None or whole["side"] is None or row.get("amount") is None:
                return None  # taken, and nothing more is said; the stream tells the rest
            return self._order(row, order.instrument)

        door.call(
            lambda: door.exchange.create_order(
                said.symbol, said.type, said.side, said.amount, said.price, said.params
            ),
            read,
            heard,
        )

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        door = self._door

        async def work() -> None:
            if client_id not in self._ids:  # not all that find an order by our id cancel by it
                self._order(await self._row(client_id, instrument), instrument, client_id)
            venue_id, params = await self._handle(client_id, instrument)
            await door.exchange.cancel_order(venue_id, door.names[instrument], params)

        door.call(work, lambda _: None, heard)

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        door = self._door

        async def work() -> None:
            await door.exchange.cancel_all_orders(door.names[instrument])

        door.call(work, lambda _: None, heard)

    # --- questions -------------------------------------------------------------------------------

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        door = self._door

        async def work() -> OrderFound:
            row = await self._row(client_id, instrument)
            report = self._order(row, instrument, client_id)
            if not report.filled:
                return OrderFound(report=report)
            if not door.able.fetches_trades:
                return OrderFound(report=report, complete=False)
            since_ms = int(row.get("timestamp") or 0) - _EARLIER_MS
            rows = await door.exchange.fetch_my_trades(
                door.names[instrument], max(0, since_ms) or None
            )
            trades = tuple(
                trade_of(one, door.instruments[instrument], instrument, client_id)
                for one in rows
                if str(one.get("order")) == report.venue_id
            )
            whole = sum(one.quantity for one in trades) == report.filled
            return OrderFound(report=report, trades=trades, complete=whole)

        door.call(work, _same, heard)

    def open_orders(self, heard: Heard) -> None:
        self._door.call(self._open_orders, _same, heard)

    def trades(self, cursor: str, heard: Heard) -> None:
        door = self._door

        async def work() -> Trades:
            return await page_of(door, Cursor.read(cursor), self.client_id_of)

        door.call(work, _same, heard)

    def holdings(self, heard: Heard) -> None:
        door = self._door

        async def work() -> Holdings:
            balance = await door.exchange.fetch_balance({"type": "swap"} if door.swap else {})
            held: list[Holding] = []
            if door.swap:
                rows = await door.exchange.fetch_positions(list(door.names))
                for row in rows:
                    if row.get("symbol") in door.names:
                        place = door.names.index(str(row["symbol"]))
                        held.append(position_of(row, door.instruments[place], place))
            else:
                held = [coins_of(balance, one, i) for i, one in enumerate(door.instruments)]
            return Holdings(
                as_of_ns=door.now_ns(), complete=True,
                positions=tuple(one for one in held if one.quantity),
                cash=cash_of(balance, door.instruments[0]),
            )  # fmt: skip

        door.call(work, _same, heard)

    def listing(self, heard: Heard) -> None:
        door = self._door

        async def work() -> Listing:
            await door.exchange.load_markets(True)
            found = [instrument_of(door.exchange, name, door.terms.name) for name in door.names]
            return Listing(as_of_ns=door.now_ns(), instruments=tuple(found))

        door.call(work, _same, heard)

    # --- the stream ------------------------------------------------------------------------------

    def listen(self, sink: Callable[[News], None]) -> None:
        self.end_stream()
        self._stream = Stream(self._door, self, sink)

    def close(self) -> None:
        self.end_stream()
        self._door.close()

    def end_stream(self) -> None:
        """Listen no more."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def client_id_of(self, venue_id: str) -> str:
        """Return our id of an order, "" for one nobody has told it of."""
        return self._ours.get(venue_id, "")

    def report(self, row: Mapping[str, Any]) -> OrderReport | None:
        """Read an order of the stream; None: of an instrument that is not ours."""
        name = str(row.get("symbol"))
        if name not in self._door.names:
            return None
        return self._order(row, self._door.names.index(name))

    # --- inside ----------------------------------------------------------------------------------

    async def _open_orders(self) -> OpenOrders:
        door, found = self._door, dict[str, OrderReport]()
        as_of_ns = door.now_ns()
        for place, name in enumerate(door.names):
            rows = await door.exchange.fetch_open_orders(name)
            for row in rows:
                report = self._order(row, place)
                if report.state == OrderState.OPEN:
                    found[report.venue_id] = report
        return OpenOrders(as_of_ns=as_of_ns, complete=True, orders=tuple(found.values()))

    async def _row(self, client_id: str, instrument: int) -> Mapping[str, Any]:
        door = self._door
        venue_id, params = await self._handle(client_id, instrument)
        if not door.able.fetches_order:
            raise ValueError(f"{door.able.name} tells nothing of single orders")
        row: Mapping[str, Any] = await door.exchange.fetch_order(
            venue_id, door.names[instrument], params
        )
        return row

    async def _handle(self, client_id: str, instrument: int) -> tuple[str, dict[str, Any]]:
        """Return how the exchange is told which order is meant."""
        if venue_id := self._ids.get(client_id):
            return venue_id, {}
        if self._door.able.by_client_id:
            # Not None: some exchanges build the sentence "no such order" from it.
            return "", {"clientOrderId": client_id}
        if self._door.able.fetches_open:
            await self._open_orders()  # remembers what it sees
        if venue_id := self._ids.get(client_id):
            return venue_id, {}
        raise ValueError(f"order {client_id} is in no list, and cannot be asked for by our id")

    def _order(self, row: Mapping[str, Any], place: int, client_id: str = "") -> OrderReport:
        known = client_id or self._ours.get(str(row.get("id")), "")
        known = known or str(row.get("clientOrderId") or "").removeprefix(self._prefix)
        report = order_of(row, self._door.instruments[place], place, known, self._door.now_ns())
        if report.client_id:
            self._remember(report.client_id, report.venue_id)
        return report

    def _remember(self, client_id: str, venue_id: str) -> None:
        self._ids[client_id] = venue_id
        self._ours[venue_id] = client_id
        while len(self._ids) > _REMEMBERED:
            oldest = next(iter(self._ids))
            self._ours.pop(self._ids.pop(oldest), None)

    def _tell(self, heard: Heard, reply: Refusal | Success) -> None:
        if self._door.open:
            heard(reply)


def _same(value: Any) -> Any:
    return value
