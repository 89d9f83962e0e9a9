"""A book with one grid on it and a venue that does what the test says."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from steelyard.jit.parts import bind
from steelyard.kernel.gate import allow
from steelyard.kernel.strategy import Prepared, Situation
from steelyard.kernel.turn import turn
from steelyard.ledger.accounts import ACCOUNTS, CASH, GRID
from steelyard.model import kinds, records
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.orders import OrderStatus
from steelyard.model.parameters import read_parameters
from steelyard.model.reasons import POST_ONLY_CROSSES
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.risk.limits import mandate_objection
from steelyard.strategies.grid.strategy import GRID as STRATEGY
from steelyard.strategies.grid.want import want

ALLOW = bind(allow, "allow_in_grid_tests", objection=mandate_objection)
TURN: Callable[..., None] = bind(turn, "turn_in_grid_tests", want=want, allow=ALLOW)
LIVE = (OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.OPEN, OrderStatus.PARTIAL,
        OrderStatus.CANCELING)  # fmt: skip
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
START = 1_700_000_100 * SECOND  # a whole minute, and a whole five minutes


def perpetual(name: str = "ETH/USDT:USDT", **changes: Any) -> Instrument:
    base = name.partition("/")[0]
    terms: dict[str, Any] = {
        "name": name, "venue": "sim", "kind": Kind.LINEAR, "base": base, "quote": "USDT",
        "settle": "USDT", "price_decimals": 2, "quantity_decimals": 3, "money_decimals": 6,
        "tick": Price(1), "lot": Quantity(1), "quantity_min": Quantity(1),
        "quantity_max": Quantity(0), "notional_min": Money(0),
        "fees": Fees(maker=Rate(0), taker=Rate(50_000)),
    }  # fmt: skip
    return Instrument(**(terms | changes))


def inverse() -> Instrument:
    return perpetual(
        "ETH/USD:ETH", kind=Kind.INVERSE, quote="USD", settle="ETH", quantity_decimals=0,
        money_decimals=8, multiplier=Decimal(10),
    )  # fmt: skip


def spot() -> Instrument:
    return perpetual("ETH/USDT", kind=Kind.SPOT)


def prepare(situation: Situation, **given: Any) -> Prepared:
    values = {"price_interval": "1", "order_quantity": "100"} | given
    return STRATEGY.prepare(read_parameters(STRATEGY.parameters, values, owner="grid"), situation)


class Desk:
    """Feeds events, keeps what was approved, fills and cancels on command."""

    def __init__(
        self, *instruments: Instrument, equity: str = "100000", leverage: int = 1,
        held: str = "0", entry: str = "0", room: int = 64, **given: Any,
    ) -> None:  # fmt: skip
        listed = instruments or (perpetual(),)
        self.terms = listed[0]
        self.prepared = prepare(
            Situation(
                instruments=listed, equity=self.terms.money(equity), leverage=leverage,
                restored_quantity=self.terms.quantity(held),
                restored_entry=self.terms.price(entry),
            ),
            **given,
        )  # fmt: skip
        count = len(listed)
        self.event = records.table(records.EVENT)
        self.book = records.table(records.BOOK)
        self.book["instruments"], self.book["robots"], self.book["order_next"] = count, 1, 1
        self.robots = records.table(records.ROBOT)
        self.robots["wake_flags"] = kinds.WAKE_EVERY_EVENT
        self.markets = records.table(records.PLANE, count)
        self.instruments = records.table(records.INSTRUMENT, count)
        for row, terms in zip(self.instruments, listed, strict=True):
            row["kind"], row["tick"], row["lot"] = terms.kind, terms.tick, terms.lot
            row["quantity_min"], row["quantity_max"] = terms.quantity_min, terms.quantity_max
            row["notional_min"], row["leverage"] = terms.notional_min, leverage
            row["worth_numerator"], row["worth_denominator"] = terms.worth_ratio
            row["maker_rate"], row["taker_rate"] = terms.fees.maker, terms.fees.taker
        self.positions = records.table(records.POSITION, 2 * count)
        self.balances = np.zeros((1, count, ACCOUNTS), dtype=np.int64)
        self.balances[0, 0, CASH] = self.terms.money(equity)
        self.orders = records.table(records.ORDER, 4096)
        self.commands = records.table(records.COMMAND, room)
        self.limits = records.table(records.LIMITS)
        self.log = records.table(records.LOG, 65536)
        self.now = START
        self.placed: list[tuple[str, int, str]] = []  # side, slot, price: in order of approval
        self.cancelled: list[int] = []  # slots
        self.pending: list[int] = []  # rows the venue has not answered
        self.waking = True  # False: only events the robot asked for are fed

    # What happens.

    def turn(self, kind: int, row: int = -1, **fields: int) -> None:
        event = self.event[0]
        for name in records.EVENT.names or ():
            event[name] = 0
        event["kind"], event["ts_ns"] = kind, self.now
        if row >= 0:
            event["order"], event["number"] = row, self.orders[row]["number"]
        for name, value in fields.items():
            event[name] = value
        self.book["log"] = 0
        TURN(
            self.event, self.book, self.robots, self.markets, self.instruments, self.positions,
            self.balances, self.orders, self.commands, self.limits, self.prepared.params,
            self.prepared.state, self.prepared.cells, self.log,
        )  # fmt: skip
        assert self.book["halted"][0] == 0
        for command in self.commands[: self.book["commands"][0]]:
            order = self.orders[command["order"]]
            if command["verdict"]:
                continue
            if command["kind"] == kinds.CMD_CANCEL:
                self.cancelled.append(int(order["slot"]))
                continue
            side = "buy" if command["side"] == kinds.BUY else "sell"
            self.placed.append((side, int(order["slot"]), self.text(command["price"])))
            self.pending.append(int(command["order"]))

    def price(self, price: str, *, wait_s: float = 0, accept: bool = True) -> None:
        """Let the price move; the venue accepts what comes of it unless told otherwise."""
        until = self.now + int(wait_s * SECOND)
        self.ring(until)
        self.now = until
        last = self.terms.price(price)
        self.markets[0]["last"] = last
        self.markets[0]["seen_ns"] = self.now
        if self.waking or self.is_awake(last):
            self.turn(kinds.EV_MARKET)
        if accept:
            self.accept()

    def ring(self, until: int) -> None:
        """Let the robot's timer go off, cleared first as the simulator does, before the price."""
        while self.robots["wake_at_ns"][0] <= until and self.markets["last"][0]:
            self.now = max(self.now, int(self.robots["wake_at_ns"][0]))
            self.robots["wake_at_ns"] = kinds.NEVER_NS
            self.turn(kinds.EV_TIMER)

    def is_awake(self, last: int) -> bool:
        robot = self.robots[0]
        return bool(
            robot["wake_flags"] & kinds.WAKE_EVERY_EVENT
            or last <= robot["wake_low"]
            or last >= robot["wake_high"]
        )

    def bar(
        self, close: str, *, high: str = "", low: str = "", volume: int = 1, instrument: int = 0,
        minutes: int = 1,
    ) -> None:  # fmt: skip
        """Close one bar and let `minutes` pass."""
        market = self.markets[instrument]
        market["bar_open_ns"] = self.now
        market["close"] = self.terms.price(close)
        market["high"] = self.terms.price(high or close)
        market["low"] = self.terms.price(low or close)
        market["volume"] = volume
        self.now += minutes * MINUTE
        self.turn(kinds.EV_BAR, instrument=instrument)
        self.accept()

    def accept(self) -> None:
        while self.pending:
            self.turn(kinds.EV_ACCEPTED, self.pending.pop(0))

    def reject(self, row: int, code: int = POST_ONLY_CROSSES) -> None:
        self.pending = [other for other in self.pending if other != row]
        self.turn(kinds.EV_REJECTED, row, code=code)

    def fill(
        self, slot: int, quantity: int = 0, *, accept: bool = True, coin_fee: int = 0
    ) -> None:  # fmt: skip
        """Fill the live order of a slot, in full or in part, at its own price."""
        row = self.row(slot)
        order = self.orders[row]
        rest = int(order["quantity"] - order["filled"])
        self.pending = [other for other in self.pending if other != row]
        self.turn(
            kinds.EV_FILL, row, price=int(order["price"]), quantity=quantity or rest,
            liquidity=kinds.MAKER, coin_fee=coin_fee,
        )  # fmt: skip
        if accept:
            self.accept()

    def cancel_done(self, slot: int, *, accept: bool = True) -> None:
        self.turn(kinds.EV_CANCELED, self.row(slot))
        if accept:
            self.accept()

    def settle_cancels(self) -> None:
        """Confirm every cancel that was asked for."""
        for row in np.flatnonzero(self.orders["status"] == OrderStatus.CANCELING):
            self.turn(kinds.EV_CANCELED, int(row))
        self.accept()

    # What is.

    def row(self, slot: int) -> int:
        rows = [
            int(r) for r in np.flatnonzero(self.orders["slot"] == slot)
            if self.orders[r]["status"] in LIVE
        ]  # fmt: skip
        assert len(rows) == 1, f"slot {slot} has live orders {rows}"
        return rows[0]

    def live(self, side: str) -> list[str]:
        """Return the prices of live orders that nobody asked to cancel, best first."""
        sign = kinds.BUY if side == "buy" else kinds.SELL
        staying = np.isin(self.orders["status"], LIVE) & (self.orders["side"] == sign)
        staying &= self.orders["status"] != OrderStatus.CANCELING
        prices = sorted((int(p) for p in self.orders["price"][staying]), reverse=sign > 0)
        return [self.text(p) for p in prices]

    def cell(self, slot: int) -> Any:
        cell = self.prepared.cells[slot & (len(self.prepared.cells) - 1)]
        return cell if cell["level"] == slot else None

    @property
    def code(self) -> int:
        return int(self.robots[0]["code"])

    @property
    def held(self) -> int:
        return int(self.positions["quantity"].sum())

    @property
    def grid_profit(self) -> Decimal:
        return -self.terms.money_decimal(int(self.balances[0, 0, GRID]))

    def text(self, price: int) -> str:
        return self.terms.price_text(int(price))
