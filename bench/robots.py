"""Ten thousand grid robots on one instrument, one core, on the live market plane.

Robots are spread over prices so that a jump wakes some of them. Idle: ticks between all wakes.
Action: the price crosses one robot's threshold at a time, with few and with many others waiting;
the cost of the action must not grow with them.
"""

import json
import statistics
import time
from collections.abc import Callable

from bench.setting import FEES, Market, peak_mb
from steelyard.app.rules import bound_gate
from steelyard.kernel.book import new_book
from steelyard.kernel.kernel import CompiledSeat, Kernel
from steelyard.kernel.ports import PriceNews
from steelyard.kernel.strategy import Situation
from steelyard.model.events import Accepted, OrderEvent, Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, WAKE_EVERY_EVENT
from steelyard.model.parameters import read_parameters
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.runtime.market import Market as Plane
from steelyard.services.marketdata.generation.settings import Emits
from steelyard.strategies.grid.strategy import GRID
from steelyard.wire.virtual import VirtualTime

START = 6_000_000


def trade(n: int, price: int) -> Trade:
    return Trade(
        ts_ns=Nanos(1_000_000_000 + n * 1_000_000), price=Price(price), quantity=Quantity(1_000),
        taker_side=BUY,
    )  # fmt: skip


class Feed:
    """A feed that says what it is told to."""

    def __init__(self) -> None:
        self.sink: Callable[[PriceNews], None]

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self.sink = sink

    def close(self) -> None: ...


class Live:
    """Books of one robot each, woken by one plane."""

    def __init__(self, instrument: Instrument) -> None:
        self.feed = Feed()
        self.plane = Plane(self.feed, VirtualTime(), (instrument.name,))
        self.plane.listen()
        self.steps = 0
        self.pending: list[tuple[Robot, int]] = []

    def market(self, event: Trade) -> int:
        """Move the market; return how many books acted on it."""
        before = self.steps
        self.feed.sink(event)
        return self.steps - before


class Robot:
    """One book on the plane, as a desk is."""

    def __init__(self, live: Live, kernel: Kernel) -> None:
        self.live, self.kernel = live, kernel
        self.seat = live.plane.join(self, kernel.book.instruments[0].name, 0)
        self.wait()

    def market(self, event: Trade | Quote) -> None:
        self.live.steps += 1
        self.hear(event)

    def hear(self, event: Trade | Quote | OrderEvent) -> None:
        outcome = self.kernel.step(event)
        self.wait()
        for approved in outcome.approved:
            self.live.pending.append((self, approved.command.number))

    def wait(self) -> None:
        seat = self.kernel.book.robots[0]
        every = bool(int(seat["wake_flags"]) & WAKE_EVERY_EVENT)
        low, high = int(seat["wake_low"]), int(seat["wake_high"])
        self.live.plane.wait(self.seat, low, high, every=every)


def books(count: int) -> Live:
    instrument = Market(Emits.TRADES, 10).instruments[0]
    assert instrument.fees == FEES
    equity = instrument.money(10_000)
    scratch = new_book((instrument,), log=16_384)
    live = Live(instrument)
    for robot in range(count):
        values = read_parameters(
            GRID.parameters,
            {"price_interval": str(60 + robot % 400), "order_quantity": "100", "slots_max": "64"},
            owner="grid",
        )
        situation = Situation(instruments=(instrument,), equity=equity, leverage=1)
        book = new_book((instrument,), capital=equity, orders=48, scratch=scratch)
        seat = CompiledSeat(GRID.want, GRID.prepare(values, situation))
        Robot(live, Kernel(book, [seat], bound_gate()))
    live.market(trade(0, START))
    while live.pending:
        one, number = live.pending.pop()
        one.hear(Accepted(ts_ns=Nanos(1_000_000_000), order=number))
    return live


def idle(live: Live, ticks: int = 200_000) -> float:
    events = [trade(1, START + n % 2) for n in range(1, 1_001)]  # one moment: time stands still
    began = time.perf_counter()
    for _ in range(ticks // 1_000):
        for event in events:
            live.market(event)
    return ticks / (time.perf_counter() - began)


def action_us(live: Live, actions: int = 400) -> float:
    """Walk the price up until so many books acted; return the median cost of one that did."""
    costs: list[float] = []
    price = START
    for n in range(1_000_000):
        price += 1
        live.pending.clear()
        began = time.perf_counter()
        woken = live.market(trade(2_000 + n, price))
        spent = time.perf_counter() - began
        if woken:
            costs.append(spent / woken * 1e6)
        if len(costs) >= actions:
            break
    return statistics.median(costs)


def main() -> None:
    few, many = books(100), books(10_000)
    for live in (few, many):
        idle(live, 20_000)
    print(
        json.dumps(
            {
                "idle_ticks_per_s": round(idle(many)),
                "action_us_of_100": round(action_us(few, 60), 1),
                "action_us_of_10000": round(action_us(many), 1),
                "peak_mb": peak_mb(),
            }
        )
    )


if __name__ == "__main__":
    main()
