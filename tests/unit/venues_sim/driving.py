"""A small driver for tests: histories from rows, and a robot that follows a script.

A desk stands where the kernel stands: it hears events, keeps the orders' life by the real table
(a move the table does not list fails the test), and stages commands.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier
from steelyard.model.kinds import (
    BUY,
    EV_ACCEPTED,
    EV_CANCEL_REFUSED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_REJECTED,
    LIMIT,
    MARKET,
    NEVER_HIGH,
    NEVER_LOW,
    NEVER_NS,
    SELL,
    STOP_MARKET,
    TAKE_PROFIT,
    TRADE_BUY,
    TRADE_SELL,
    TRAILING_STOP,
)
from steelyard.model.orders import OrderNews
from steelyard.model.records import BOOK, COMMAND, EVENT, ORDER, PLANE, POSITION, ROBOT, table
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.state.orders import count_fill, hear, set_trigger, stage_cancel, stage_place
from steelyard.state.terms import terms_of
from steelyard.venues.sim.settings import SimSettings, new_sim
from steelyard.venues.sim.venue import CHUNK_END, advance, submit
from steelyard.venues.sim.venue import EVENT as FOUND

NEWS = {
    EV_ACCEPTED: OrderNews.ACCEPTED,
    EV_REJECTED: OrderNews.REJECTED,
    EV_CANCELED: OrderNews.CANCELED,
    EV_EXPIRED: OrderNews.EXPIRED,
    EV_CANCEL_REFUSED: OrderNews.CANCEL_REFUSED,
}
NAMES = {
    1: "market", 2: "bar", 3: "timer", 10: "accepted", 11: "rejected", 12: "fill", 13: "canceled",
    14: "expired", 15: "cancel_refused", 19: "triggered", 20: "funding", 21: "liquidated",
}  # fmt: skip


def spot(**changes: Any) -> Instrument:
    """Return a spot instrument where one price unit times one quantity unit is one of money."""
    return instrument(Kind.SPOT, **changes)


def linear(**changes: Any) -> Instrument:
    return instrument(Kind.LINEAR, **changes)


def instrument(kind: Kind, *, maker: int = 0, taker: int = 0, **changes: Any) -> Instrument:
    given: dict[str, Any] = {
        "name": "BTC/USDT", "venue": "sim", "kind": kind, "base": "BTC", "quote": "USDT",
        "settle": "USDT", "price_decimals": 0, "quantity_decimals": 0, "money_decimals": 0,
        "tick": Price(1), "lot": Quantity(1), "quantity_min": Quantity(1),
        "quantity_max": Quantity(0), "notional_min": Money(0),
        "fees": Fees(maker=Rate(maker), taker=Rate(taker)), "multiplier": Decimal(1),
    }  # fmt: skip
    return Instrument(**(given | changes))


def tiers(*rows: tuple[int, int, int]) -> tuple[MarginTier, ...]:
    return tuple(
        MarginTier(notional_max=Money(n), leverage_max=leverage, maintenance_rate=Rate(rate))
        for n, leverage, rate in rows
    )


class Heard(NamedTuple):
    """One event, as the desk heard it, with the last price it saw then."""

    what: str
    ts_ns: int
    robot: int
    instrument: int
    number: int
    price: int
    quantity: int
    liquidity: int
    fee: int
    code: int
    last: int


Script = Callable[["Desk", Heard], None]


def row(ts: int, kind: int, *values: int, inst: int = 0) -> tuple[int, ...]:
    a, b, c, d, e = (*values, 0, 0, 0, 0, 0)[:5]
    return (ts, kind, a, b, c, d, e, inst)


def buys(ts: int, price: int, quantity: int = 100, inst: int = 0) -> tuple[int, ...]:
    """A trade whose taker bought."""
    return row(ts, TRADE_BUY, price, quantity, inst=inst)


def sells(ts: int, price: int, quantity: int = 100, inst: int = 0) -> tuple[int, ...]:
    return row(ts, TRADE_SELL, price, quantity, inst=inst)


def columns(rows: Iterable[tuple[int, ...]], *, many: bool) -> tuple[np.ndarray, ...]:
    data = np.array(list(rows), dtype=np.int64).reshape(-1, 8)
    ts, kind, *rest, inst = (np.ascontiguousarray(data[:, i]) for i in range(8))
    return (
        ts, kind.astype(np.int8), inst.astype(np.int16) if many else np.zeros(0, np.int16), *rest,
    )  # fmt: skip


@dataclass
class Desk:
    """A book's records with a scripted robot, beside a simulated venue."""

    instruments: tuple[Instrument, ...]
    script: Script
    settings: SimSettings = field(default_factory=SimSettings)
    kinds: tuple[frozenset[int], ...] = (frozenset({TRADE_BUY, TRADE_SELL}),)
    cash: tuple[int, ...] = (1_000_000_000,)
    coins: tuple[tuple[int, int, int], ...] = ()
    robots_count: int = 1
    accounts: tuple[int, ...] = (0,)
    leverage: int = 1
    every: bool = False
    orders_room: int = 64

    def __post_init__(self) -> None:
        count = len(self.instruments)
        self.event = table(EVENT)
        self.book = table(BOOK)
        self.book[0]["instruments"], self.book[0]["robots"] = count, self.robots_count
        self.book[0]["order_next"] = 1
        self.robots = table(ROBOT, self.robots_count)
        self.robots["wake_low"], self.robots["wake_high"] = NEVER_LOW, NEVER_HIGH
        self.robots["wake_at_ns"] = NEVER_NS
        self.robots["wake_flags"] = int(self.every)
        self.markets = table(PLANE, count)
        self.terms = terms_of(self.instruments, leverage=self.leverage)
        self.orders = table(ORDER, self.orders_room)
        self.commands = table(COMMAND, 128)
        self.positions = table(POSITION, self.robots_count * count * 2)
        self.heard: list[Heard] = []
        self.samples: list[tuple[int, int]] = []
        self.robot = 0
        self.venue = new_sim(
            self.terms, self.settings, kinds=self.kinds, robots=self.robots_count,
            accounts=self.accounts, cash=self.cash, coins=self.coins, orders=self.orders_room,
        )  # fmt: skip

    # --- what a script may do ------------------------------------------------------------------

    def place(self, side: int, kind: int, quantity: int, *, price: int = 0, flags: int = 0,
              trigger: int = 0, trail: int = 0, inst: int = 0) -> int:  # fmt: skip
        where = stage_place(
            self.book, self.orders, self.commands, self.robot, inst, side, kind, flags, price,
            quantity, 0, 0, 0,
        )  # fmt: skip
        assert where >= 0
        if trigger or trail:
            set_trigger(self.orders, self.commands, self.book, trigger, trail)
        assert hear(self.book, self.orders, self.positions, where, int(OrderNews.ALLOWED))
        return int(self.orders[where]["number"])

    def buy(self, price: int, quantity: int, flags: int = 0, **more: int) -> int:
        return self.place(BUY, LIMIT, quantity, price=price, flags=flags, **more)

    def sell(self, price: int, quantity: int, flags: int = 0, **more: int) -> int:
        return self.place(SELL, LIMIT, quantity, price=price, flags=flags, **more)

    def market(self, side: int, quantity: int, flags: int = 0, **more: int) -> int:
        return self.place(side, MARKET, quantity, flags=flags, **more)

    def stop(self, side: int, trigger: int, quantity: int, flags: int = 0, **more: int) -> int:
        return self.place(side, STOP_MARKET, quantity, trigger=trigger, flags=flags, **more)

    def profit(self, side: int, trigger: int, quantity: int, flags: int = 0, **more: int) -> int:
        return self.place(side, TAKE_PROFIT, quantity, trigger=trigger, flags=flags, **more)

    def trail(self, side: int, distance: int, quantity: int, trigger: int = 0, flags: int = 0,
              **more: int) -> int:  # fmt: skip
        return self.place(
            side, TRAILING_STOP, quantity, trail=distance, trigger=trigger, flags=flags, **more
        )

    def cancel(self, number: int) -> None:
        where = int(np.flatnonzero(self.orders["number"] == number)[0])
        if stage_cancel(self.book, self.orders, self.commands, where):
            hear(self.book, self.orders, self.positions, where, int(OrderNews.CANCEL_SENT))

    def wake(self, low: int = NEVER_LOW, high: int = NEVER_HIGH, at: int = NEVER_NS) -> None:
        seat = self.robots[self.robot]
        seat["wake_low"], seat["wake_high"], seat["wake_at_ns"] = low, high, at

    # --- the loop --------------------------------------------------------------------------------

    def run(self, *chunks: Iterable[tuple[int, ...]]) -> list[Heard]:
        """Walk the chunks; return what was heard, market events left out."""
        for rows in chunks:
            arrays = columns(rows, many=len(self.instruments) > 1)
            while True:
                found = advance(
                    self.event, self.book, self.robots, self.markets, self.terms, self.venue.sim,
                    self.venue.resting, self.venue.queue, *arrays,
                )  # fmt: skip
                assert not self.book[0]["halted"]
                if found == CHUNK_END:
                    break
                if found == FOUND:
                    self._step()
                else:
                    head = self.venue.sim[0]
                    self.samples.append((int(head["now_ns"]), int(self.markets[0]["last"])))
        return [h for h in self.heard if h.what != "market"]

    def _step(self) -> None:
        event = self.event[0]
        heard = Heard(
            NAMES[int(event["kind"])], int(event["ts_ns"]), int(event["robot"]),
            int(event["instrument"]), int(event["number"]), int(event["price"]),
            int(event["quantity"]), int(event["liquidity"]), int(event["fee"]),
            int(event["code"]), int(self.markets[int(event["instrument"])]["last"]),
        )  # fmt: skip
        self.heard.append(heard)
        self.book[0]["commands"] = 0
        self.book[0]["now_ns"] = heard.ts_ns
        self._enter(int(event["kind"]), int(event["order"]), heard)
        self.robot = heard.robot
        self.script(self, heard)
        submit(
            self.event, self.book, self.orders, self.commands, self.markets, self.terms,
            self.venue.sim, self.venue.resting, self.venue.queue,
        )  # fmt: skip

    def _enter(self, kind: int, where: int, heard: Heard) -> None:
        if kind == EV_FILL:
            order = self.orders[where]
            assert order["number"] == heard.number
            count_fill(self.book, self.orders, self.positions, where, heard.quantity)
            done = order["filled"] >= order["quantity"]
            assert order["filled"] <= order["quantity"]
            news = OrderNews.FILLED if done else OrderNews.PARTLY_FILLED
            assert hear(self.book, self.orders, self.positions, where, int(news)), heard
        elif kind in NEWS:
            assert self.orders[where]["number"] == heard.number
            assert hear(self.book, self.orders, self.positions, where, int(NEWS[kind])), heard

    # --- what the venue says ---------------------------------------------------------------------

    @property
    def cash_now(self) -> int:
        return int(self.venue.sim[0]["cash"])

    @property
    def locked(self) -> int:
        return int(self.venue.sim[0]["locked"])

    def held(self, inst: int = 0, side: int = 0) -> int:
        return int(self.venue.sim[2 * inst + side]["quantity"])

    def fills(self) -> list[tuple[int, int, int]]:
        """Return (order number, price, quantity) of every fill."""
        return [(h.number, h.price, h.quantity) for h in self.heard if h.what == "fill"]

    def whats(self) -> list[str]:
        return [h.what for h in self.heard if h.what != "market"]


def idle(_: Desk, __: Heard) -> None:
    """Only listen."""


def once(act: Callable[[Desk], object]) -> Script:
    """Return a script that acts at the first event and then only listens."""

    def script(desk: Desk, _: Heard) -> None:
        if len(desk.heard) == 1:
            desk.robots["wake_flags"] = int(desk.every)
            act(desk)

    return script


def opening(instruments: Instrument | tuple[Instrument, ...], act: Callable[[Desk], object],
            **given: Any) -> Desk:  # fmt: skip
    """Return a desk whose robot acts when it hears the first market event."""
    if isinstance(instruments, Instrument):
        instruments = (instruments,)
    desk = Desk(instruments, once(act), **given)
    desk.robots["wake_flags"] = 1
    return desk
