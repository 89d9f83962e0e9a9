"""Ten thousand grid robots on one instrument, one core, the live driver.

Robots are spread over prices so that a jump wakes some of them. Idle: ticks between all wakes.
Action: the price crosses one robot's threshold at a time, with few and with many others waiting;
the cost of the action must not grow with them.
"""

import json
import statistics
import time

from bench.setting import FEES, Market, peak_mb
from steelyard.app.rules import bound_gate
from steelyard.kernel.book import new_book
from steelyard.kernel.kernel import CompiledSeat, Kernel
from steelyard.kernel.strategy import Situation
from steelyard.kernel.verdicts import Outcome
from steelyard.model.events import Accepted, Trade
from steelyard.model.kinds import BUY
from steelyard.model.parameters import read_parameters
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.runtime.books import LiveBooks
from steelyard.services.marketdata.generation.settings import Emits
from steelyard.strategies.grid.strategy import GRID

START = 6_000_000


def trade(n: int, price: int) -> Trade:
    return Trade(
        ts_ns=Nanos(1_000_000_000 + n * 1_000_000), price=Price(price), quantity=Quantity(1_000),
        taker_side=BUY,
    )  # fmt: skip


def books(count: int) -> LiveBooks:
    instrument = Market(Emits.TRADES, 10).instruments[0]
    assert instrument.fees == FEES
    equity = instrument.money(10_000)
    scratch = new_book((instrument,), log=16_384)
    pending: list[tuple[int, int]] = []
    kernels = []
    for robot in range(count):
        values = read_parameters(
            GRID.parameters,
            {"price_interval": str(60 + robot % 400), "order_quantity": "100", "slots_max": "64"},
            owner="grid",
        )
        situation = Situation(instruments=(instrument,), equity=equity, leverage=1)
        book = new_book((instrument,), capital=equity, orders=48, scratch=scratch)
        kernels.append(
            Kernel(book, [CompiledSeat(GRID.want, GRID.prepare(values, situation))], bound_gate())
        )

    def hear(seat: int, outcome: Outcome) -> None:
        for approved in outcome.approved:
            pending.append((seat, approved.command.number))

    live = LiveBooks(kernels, hear)
    live.market(trade(0, START))
    while pending:
        seat, number = pending.pop()
        live.order(seat, Accepted(ts_ns=Nanos(1_000_000_000), order=number))
    return live


def idle(live: LiveBooks, ticks: int = 200_000) -> float:
    events = [trade(n, START + n % 2) for n in range(1, 1_001)]
    began = time.perf_counter()
    for _ in range(ticks // 1_000):
        for event in events:
            live.market(event)
    return ticks / (time.perf_counter() - began)


def action_us(live: LiveBooks, actions: int = 400) -> float:
    """Walk the price up until so many books acted; return the median cost of one that did."""
    costs: list[float] = []
    price = START
    for n in range(1_000_000):
        price += 1
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
