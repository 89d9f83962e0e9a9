"""24 virtual hours of 200 robots on ten accounts: memory, hour by hour. `python -m bench.soak`.

Rows of the journal are thrown away every two virtual minutes: a disk is no memory.
"""

import json
import resource
from pathlib import Path
from typing import Any

from bench.shell import COIN, SECOND, TERMS, Off, desk_of
from steelyard.model.events import Trade
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.runtime.market import Market
from steelyard.runtime.plan import BookPlan, RobotPlan
from steelyard.store.journal.memory import Disk, MemoryJournal
from steelyard.venues.paper.direct import DirectFeed, DirectVenue, Floor
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.wire.randomness import generator
from steelyard.wire.virtual import VirtualHost, VirtualTime

HOURS = 24
ACCOUNTS, ROBOTS = 10, 20


def soak() -> dict[str, Any]:
    """Measure the memory of a process that trades for a virtual day."""
    world = VirtualTime(epoch_ns=1_700_000_000 * SECOND)
    exchange = SimExchange(
        (COIN,), cash=(10**14,) * ACCOUNTS, terms=TERMS, leverage=5,
        rules=ExchangeRules(kept=2_000, orders_max=1_000), rows=2_048,
    )  # fmt: skip
    floor = Floor(exchange, world)
    disk = Disk()
    host = VirtualHost(world, "house")
    market = Market(DirectFeed(floor), host, (COIN.name,))
    desks = []
    for account in range(ACCOUNTS):
        robots = tuple(
            RobotPlan(
                name=f"r{account}-{number}",
                strategy="grid",
                instrument=0,
                capital=10**12,
                parameters={"price_interval": str(150 + number), "order_quantity": "200"},
            )
            for number in range(ROBOTS)
        )
        plan = BookPlan(
            name=f"b{account}", number=account, account=f"a{account}", venue="paper",
            instruments=(COIN,), robots=robots, leverage=5, orders_max=2_048, robots_max=ROBOTS,
            instruments_max=1, reconcile_ns=600 * SECOND, lease_ns=600 * SECOND,
        )  # fmt: skip
        journal = MemoryJournal(disk, host)
        desks.append(desk_of(plan, host, journal, DirectVenue(floor, account), market, Off()))
        desks[-1].start()
    rng = generator(5)
    steps = iter((rng.normal(0, 1, 8_700 * HOURS // 6) * 60).astype(int).tolist())
    state = {"price": 600_000}

    def tick() -> None:
        state["price"] = max(100_000, state["price"] + next(steps, 0))
        floor.market(
            Trade(
                ts_ns=Nanos(world.now_ns()),
                price=Price(state["price"]),
                quantity=Quantity(5_000),
                taker_side=1 if state["price"] % 2 else -1,
            )
        )
        world.after(10 * SECOND, tick)

    world.after(SECOND, tick)
    hours = []
    for minute in range(2, HOURS * 60 + 1, 2):
        world.run(minute * 60 * SECOND)
        for kept in disk.books.values():
            del kept.rows[:]  # a disk is no memory
        if minute % 60 == 0:
            hours.append(_memory_mb())
    return {
        "robots": ACCOUNTS * ROBOTS,
        "fills": sum(int(d.kernel.book.head[0]["fills"]) for d in desks),
        "outcomes": sum(d.writer.n for d in desks),
        "memory_mb": hours,
        "growth_mb_from_hour_6": round(hours[-1] - hours[5], 1),
    }


def _memory_mb() -> float:
    text = Path("/proc/self/statm").read_text()
    return round(int(text.split()[1]) * resource.getpagesize() / 2**20, 1)


if __name__ == "__main__":
    print(json.dumps(soak(), indent=1))
