"""The clerk: gives orders to the engine, writes what comes of them into the books, and tells it.

Rule 1: what the simulator says is told in its order; of a fill first the trade, then the order.
Rule 2: ids of trades rise within an instrument, venue ids of orders within the exchange.
Rule 3: an order that was refused on arrival is in no book and in no news.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from steelyard.kernel.flat import places
from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    EV_ACCEPTED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_FUNDING,
    EV_LIQUIDATED,
    EV_REJECTED,
    EV_TRIGGERED,
    MARKET,
    TAKER,
)
from steelyard.model.records import EVENT
from steelyard.model.reports import (
    FundingReport,
    News,
    OrderReport,
    OrderState,
    Refusal,
    TradeReport,
)
from steelyard.venues.paper.books import AccountBook, BookedOrder, Wallet
from steelyard.venues.paper.engine import Engine
from steelyard.venues.paper.rules import is_conditional, refusal

Told: TypeAlias = list[tuple[int, News]]

_E: Final = places(EVENT)
_KIND, _TS, _ROBOT, _INSTRUMENT = _E["kind"], _E["ts_ns"], _E["robot"], _E["instrument"]
_ROW, _PRICE, _QUANTITY, _LIQUIDITY = _E["order"], _E["price"], _E["quantity"], _E["liquidity"]
_FEE, _RATE, _CODE, _HAVE, _NEED = _E["fee"], _E["rate"], _E["code"], _E["have"], _E["need"]
_REFERENCE: Final = _E["reference"]
_ENDS: Final = {EV_CANCELED: OrderState.CANCELED, EV_EXPIRED: OrderState.EXPIRED}
_NOTHING: Final = refusal(0)


class Clerk:
    """The engine's books; `news` is what was not drained yet."""

    def __init__(
        self, engine: Engine, instruments: Sequence[Instrument], books: Sequence[AccountBook],
        *, rows: int,
    ) -> None:  # fmt: skip
        """Take over an engine with no orders."""
        self.engine, self.books = engine, books
        self.instruments = tuple(instruments)
        self.news: Told = []
        self.free = list(range(rows - 1, -1, -1))
        self.by_row: list[BookedOrder | None] = [None] * rows
        self.number = 0
        self.trades = [0] * engine.count
        self.fundings = 0
        self.kept = 0
        self.refused = _NOTHING
        for account in range(len(books)):
            self.note_wallet(account, -1)

    def place(
        self, now_ns: int, account: int, placing: Placing, flags: int, *, algo: bool,
        foreign: bool, forced: str = "",
    ) -> OrderReport | Refusal:  # fmt: skip
        """Let an order arrive in a free row; what it is after that, or why it was refused."""
        row = self.free.pop()
        self.number += 1
        number = self.number
        order = BookedOrder(
            account=account, client_id=placing.client_id or f"web-{number}",
            venue_id=str(number), number=number, row=row, instrument=placing.instrument,
            side=placing.side, type=placing.type, flags=flags,
            position_side=placing.position_side, price=placing.price, quantity=placing.quantity,
            trigger=placing.trigger, trail=placing.trail, algo=algo, foreign=foreign,
            forced=forced, waits=is_conditional(placing.type), changes=[], trades=[],
        )  # fmt: skip
        self.by_row[row] = order
        self.refused = _NOTHING
        self.engine.place(
            now_ns, row, number, account, placing.instrument, placing.side, placing.type, flags,
            placing.position_side, placing.price if placing.type != MARKET else 0,
            placing.trigger, placing.trail, placing.quantity,
        )  # fmt: skip
        self.absorb()
        if not order.state:
            self.by_row[row] = None
            self.free.append(row)
            return self.refused
        return order.now()

    def cancel(self, now_ns: int, order: BookedOrder) -> None:
        """Let a cancel of an open order arrive."""
        self.engine.cancel(now_ns, order.row, order.number, order.account, order.instrument)
        self.absorb()

    def absorb(self) -> None:
        """Book and tell everything the engine has heard."""
        heard = self.engine.heard
        if not heard:
            return
        moved = set()
        for event in heard:
            kind = event[_KIND]
            if kind == EV_FILL:
                self._fill(event)
                moved.add(event[_ROBOT])
            elif kind in (EV_FUNDING, EV_LIQUIDATED):
                self._force(event)
                moved.add(event[_ROBOT])
            else:
                self._move(event)
        heard.clear()
        for account in moved:
            self.note_wallet(account, self.engine.now_ns)
            if self.kept:
                self.books[account].forget(self.kept, self.instruments)

    def note_wallet(self, account: int, ts_ns: int) -> None:
        """Remember what an account holds from now on."""
        engine = self.engine
        self.books[account].wallets.append(
            Wallet(
                ts_ns,
                engine.cash(account),
                tuple(
                    engine.holding(account, k, side) for k in range(engine.count) for side in (0, 1)
                ),
            )
        )

    def _move(self, event: list[int]) -> None:
        kind = event[_KIND]
        order = self.by_row[event[_ROW]] if event[_ROW] >= 0 else None
        if order is None:
            return
        book = self.books[order.account]
        if kind == EV_ACCEPTED:
            book.enter(order)
            self._tell(order, event[_TS], OrderState.OPEN)
        elif kind == EV_TRIGGERED:
            book.wake(order)
        elif kind == EV_REJECTED and not order.state:
            self.refused = refusal(event[_CODE], event[_HAVE], event[_NEED])
        elif kind == EV_REJECTED:
            order.code = event[_CODE]
            self._end(order, event[_TS], OrderState.REJECTED)
        elif kind in _ENDS:
            self._end(order, event[_TS], _ENDS[kind])

    def _fill(self, event: list[int]) -> None:
        order = self.by_row[event[_ROW]]
        if order is None:
            return
        trade = self._trade(
            event, order.side, event[_QUANTITY], order.client_id, order.venue_id,
            event[_LIQUIDITY], order.position_side, order.forced,
        )  # fmt: skip
        order.trades.append(trade)
        order.filled += event[_QUANTITY]
        if order.filled >= order.quantity:
            self._end(order, event[_TS], OrderState.FILLED)
        else:
            self._tell(order, event[_TS], OrderState.OPEN)

    def _force(self, event: list[int]) -> None:
        """Book what the venue does by itself: funding, liquidation."""
        if event[_KIND] == EV_LIQUIDATED:
            signed = event[_QUANTITY]
            self.number += 1
            self._trade(
                event, 1 if signed > 0 else -1, abs(signed), "", str(self.number), TAKER,
                event[_REFERENCE], "liquidation",
            )  # fmt: skip
            return
        self.fundings += 1
        report = FundingReport(
            reference=f"f{self.fundings}", instrument=event[_INSTRUMENT], payment=event[_FEE],
            rate=event[_RATE], mark=event[_PRICE], ts_ns=event[_TS],
        )  # fmt: skip
        self.books[event[_ROBOT]].entries.append(report)
        self.news.append((event[_ROBOT], report))

    def _trade(
        self, event: list[int], side: int, quantity: int, client_id: str, venue_id: str,
        liquidity: int, position_side: int, forced: str,
    ) -> TradeReport:  # fmt: skip
        k = event[_INSTRUMENT]
        self.trades[k] += 1
        trade = TradeReport(
            trade=str(self.trades[k]), client_id=client_id, venue_id=venue_id, instrument=k,
            side=side, price=event[_PRICE], quantity=quantity, fee=event[_FEE],
            liquidity=liquidity, ts_ns=event[_TS], position_side=position_side, forced=forced,
        )  # fmt: skip
        self.books[event[_ROBOT]].entries.append(trade)
        self.news.append((event[_ROBOT], trade))
        return trade

    def _end(self, order: BookedOrder, ts_ns: int, state: OrderState) -> None:
        self._tell(order, ts_ns, state)
        self.books[order.account].close(order)
        self.by_row[order.row] = None
        self.free.append(order.row)

    def _tell(self, order: BookedOrder, ts_ns: int, state: OrderState) -> None:
        self.news.append((order.account, order.move(ts_ns, state)))
