"""The shell of a book, measured whole: `python -m bench.shell decision|kill`.

decision  a strategy decides, its order is handed to the venue: gate, journal, dispatch, on a
          running loop with SQLite, with the sync and without; and the same from the price on
kill      1,000 open orders, then the kill switch: the last create, and when all cancels are sent
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steelyard.app.rules import bound_gate
from steelyard.app.seats import make_seat
from steelyard.app.switch import FileSwitch
from steelyard.kernel.book import Book
from steelyard.kernel.kernel import PlainSeat, Seat
from steelyard.kernel.plain import Strategy, Tick, View
from steelyard.kernel.ports import Heard, Journal, Placing, PriceNews, Request, VenueTerms, Window
from steelyard.model.events import Seated, Trade
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.reports import (
    Holdings,
    Linked,
    OpenOrders,
    OrderReport,
    OrderState,
    Success,
    Trades,
)
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate
from steelyard.runtime.budget import AddressBudget, Budget
from steelyard.runtime.desk import Desk
from steelyard.runtime.market import Market
from steelyard.runtime.parts import Parts
from steelyard.runtime.plan import BookPlan, RobotPlan
from steelyard.store.journal.chain import genesis, link
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.opening import open_journal
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler, Scheduler
from steelyard.wire.streams import Streams

SECOND = 1_000_000_000
DECISIONS = 1_500
GAP_NS = 4_000_000
ORDERS = 1_000
TERMS = VenueTerms(
    name="bench", validity_ns=5 * SECOND, skew_ns=0, lag_ns=0, deadline_ns=5 * SECOND,
    windows=(Window(weight=100_000, span_ns=60 * SECOND),), costs=dict.fromkeys(Request, 1),
    silence_ns=3_600 * SECOND,
)  # fmt: skip
COIN = Instrument(
    name="BTC/USDT:USDT", venue="paper", kind=Kind.LINEAR, base="BTC", quote="USDT", settle="USDT",
    price_decimals=1, quantity_decimals=3, money_decimals=8, tick=Price(1), lot=Quantity(1),
    quantity_min=Quantity(1), quantity_max=Quantity(10**9), notional_min=Money(0),
    fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
)  # fmt: skip


class OneEach(Strategy):
    """One resting order for each trade."""

    decided_ns = 0

    def on_trade(self, view: View, tick: Tick) -> None:
        OneEach.decided_ns = time.perf_counter_ns()
        view.buy(1, tick.last - 100_000)


class Many(Strategy):
    """So many orders with the first trade, then one more with each."""

    def __init__(self, given: dict[str, str] | None = None) -> None:
        super().__init__(given)
        self.count = 0

    def on_trade(self, view: View, tick: Tick) -> None:
        for _ in range(100 if self.count < ORDERS else 1):
            self.count += 1
            view.buy(1, tick.last - 100_000 - self.count)


class Resting:
    """A venue where everything rests, and which notes when bytes would leave."""

    terms = TERMS

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.placed: list[int] = []
        self.canceled: list[int] = []
        self.sink: Callable[[Any], None]

    def place(self, order: Placing, heard: Heard) -> None:
        self.placed.append(time.perf_counter_ns())
        report = OrderReport(
            client_id=order.client_id, venue_id=str(len(self.placed)), instrument=0,
            state=OrderState.OPEN, side=order.side, price=order.price, quantity=order.quantity,
            filled=0, ts_ns=0,
        )  # fmt: skip
        self.scheduler.soon(heard, Success(value=report))

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        self.canceled.append(time.perf_counter_ns())
        self.scheduler.soon(heard, Success())

    def cancel_all(self, instrument: int, heard: Heard) -> None: ...
    def order(self, client_id: str, instrument: int, heard: Heard) -> None: ...

    def open_orders(self, heard: Heard) -> None:
        self.scheduler.soon(heard, Success(value=OpenOrders(as_of_ns=0, complete=True, orders=())))

    def trades(self, cursor: str, heard: Heard) -> None:
        self.scheduler.soon(heard, Success(value=Trades(complete=True, trades=(), cursor=cursor)))

    def holdings(self, heard: Heard) -> None:
        cash = 10**15
        self.scheduler.soon(
            heard, Success(value=Holdings(as_of_ns=0, complete=True, positions=(), cash=cash))
        )

    def listing(self, heard: Heard) -> None: ...

    def listen(self, sink: Callable[[Any], None]) -> None:
        self.scheduler.soon(sink, Linked(ts_ns=0))

    def close(self) -> None: ...


class Prices:
    """A feed that says a price when it is told to."""

    def __init__(self) -> None:
        self.sink: Callable[[PriceNews], None] = lambda _: None

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self.sink = sink

    def close(self) -> None: ...

    def say(self, ts_ns: int, price: int) -> None:
        event = Trade(ts_ns=Nanos(ts_ns), price=Price(price), quantity=Quantity(1), taker_side=1)
        self.sink(event)


def seat(event: Seated, book: Book) -> Seat:
    kinds: dict[str, type[Strategy]] = {"one": OneEach, "many": Many}
    if event.strategy in kinds:
        return PlainSeat(event.name, kinds[event.strategy](event.parameters))
    return make_seat(event, book)


class Off:
    """A switch nobody throws."""

    def is_on(self) -> bool:
        return False

    def listen(self, moved: Callable[[], None]) -> None: ...


def desk_of(
    plan: BookPlan, scheduler: Scheduler, journal: Journal, venue: Any, market: Market,
    switch: Any, make_seat: Any = seat,
) -> Desk:  # fmt: skip
    return Desk(
        Parts(
            plan=plan,
            version="bench",
            holder="bench",
            scheduler=scheduler,
            journal=journal,
            venue=venue,
            market=market,
            switch=switch,
            budget=Budget(AddressBudget(venue.terms.windows)),
            allow=bound_gate(),
            make_seat=make_seat,
            link=link,
            genesis=genesis,
            tell=lambda _: None,
        )
    )


def plan_of(strategy: str, orders: int) -> BookPlan:
    robot = RobotPlan(name="r", strategy=strategy, parameters={}, instrument=0, capital=10**15)
    return BookPlan(
        name="bench", number=1, account="a", venue="bench", instruments=(COIN,), robots=(robot,),
        orders_max=orders, robots_max=1, instruments_max=1, exit_stop=1,
        snapshot_every=10**9, exit_patience_ns=0,
    )  # fmt: skip


class Running:
    """A desk on a running loop with a journal on disk."""

    def __init__(self, folder: Path, durability: Durability, strategy: str, orders: int) -> None:
        self.folder, self.durability = folder, durability
        self.plan = plan_of(strategy, orders)
        self.prices = Prices()
        self.price = 600_000

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self.scheduler, self.finish = scheduler, finish
        self.journal = open_journal(
            str(self.folder / "journal.db"), scheduler=scheduler, tell=scheduler.from_thread,
            durability=self.durability,
        )  # fmt: skip
        self.venue = Resting(scheduler)
        self.switch = FileSwitch(self.folder)
        market = Market(self.prices, scheduler, (COIN.name,))
        self.desk = desk_of(self.plan, scheduler, self.journal, self.venue, market, self.switch)
        self.switch.watch(scheduler)
        self.desk.start(self.opened)

    def opened(self) -> None:
        self.scheduler.after(50_000_000, self.go)

    def interrupted(self) -> None:
        self.end()

    def end(self) -> None:
        self.desk.stop(self.close)

    def close(self) -> None:
        self.journal.close()
        self.finish()

    def tick(self) -> int:
        self.price += 1 if self.price % 2 else -1
        at = time.perf_counter_ns()
        self.prices.say(self.scheduler.now_ns(), self.price)
        return at

    def go(self) -> None:
        raise NotImplementedError


class Decision(Running):
    """Prices one by one; each is an order."""

    spans: list[tuple[int, int]]
    left = DECISIONS

    def go(self) -> None:
        self.tick()  # the first one starts the robot
        self.spans = []
        self.scheduler.after(20_000_000, self.one)

    def one(self) -> None:
        before = len(self.venue.placed)
        at = self.tick()
        self.scheduler.after(GAP_NS, self.look, before, at)

    def look(self, before: int, at: int) -> None:
        if len(self.venue.placed) == before:
            self.scheduler.after(GAP_NS, self.look, before, at)
            return
        placed = self.venue.placed[before]
        self.spans.append((placed - OneEach.decided_ns, placed - at))
        self.left -= 1
        if self.left:
            self.one()
        else:
            self.end()


class Kill(Running):
    """A thousand orders, then the switch while prices go on."""

    thrown = 0

    def go(self) -> None:
        self.tick()
        done = len(self.desk.account.orders.live) if self.desk.robots.lives else 0
        if done >= ORDERS and not self.thrown:
            self.thrown = time.perf_counter_ns()
            self.switch.throw(on=True)
            self.scheduler.after(3 * SECOND, self.end)
        self.scheduler.after(5_000_000, self.go)


def decision() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for durability in Durability:
        with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
            run = Decision(Path(folder), durability, "one", 4_096)
            run_loop(run)
        from_decision, from_price = (sorted(each) for each in zip(*run.spans[100:], strict=True))
        found[durability.value] = {
            "decisions": len(from_decision),
            "decision_to_venue": _figures(from_decision),
            "price_to_venue": _figures(from_price),
        }
    return found


def _figures(spans: list[int]) -> dict[str, int]:
    return {
        "p50_us": round(statistics.median(spans) / 1000),
        "p99_us": round(spans[len(spans) * 99 // 100] / 1000),
    }


def kill() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        run = Kill(Path(folder), Durability.SYNCED, "many", 4_096)
        run_loop(run)
    late = [at for at in run.venue.placed if at > run.thrown]
    return {
        "open_orders": len(run.venue.placed),
        "last_create_ms": round((max(late) - run.thrown) / 1e6, 1) if late else 0.0,
        "cancels": len(run.venue.canceled),
        "all_cancels_sent_ms": round((max(run.venue.canceled) - run.thrown) / 1e6, 1),
    }


if __name__ == "__main__":
    print(json.dumps({"decision": decision, "kill": kill}[sys.argv[1]](), indent=1))
