"""What a seed's world holds before anything happens: venue, account, robots, their book.

Rule 1: a median world has two robots and an hour, some two hundred requests and five faults.
Rule 2: the venue's terms are true: nothing in this world breaks what they promise, since a proof
that rests on a promise is worth no more than the promise.
"""

from typing import Final

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier
from steelyard.model.kinds import STOP_FLAT, STOP_NONE, STOP_ORDERS
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.runtime.plan import BookPlan, Limits, RobotPlan
from steelyard.services.simulation.network import MS, SECOND
from steelyard.services.simulation.plan import Plan
from steelyard.services.simulation.tape import Tape
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.venues.sim.settings import SimSettings

BOOK: Final = "sim"
BOOK_NUMBER: Final = 7
VENUE: Final = "paper"
LEVERAGE: Final = 5
PRICE: Final = 600_000
_CASH: Final = 10**13  # 100,000 of a currency with eight decimals
_RATE: Final = 1_000_000  # one percent
_NAMES: Final = ("BTC/USDT:USDT", "ETH/USDT:USDT")
_THIN: Final = 40  # quantity of a trade where fills come in parts


def terms_for(lag_ns: int) -> VenueTerms:
    """Return what the venue promises, its lag included."""
    return VenueTerms(
        name=VENUE, validity_ns=5 * SECOND, skew_ns=500 * MS, lag_ns=lag_ns + 100 * MS,
        deadline_ns=5 * SECOND, windows=(Window(weight=1_200, span_ns=60 * SECOND),),
        costs=dict.fromkeys(Request, 1), cancels_all=True, holds_stops=True,
        silence_ns=30 * SECOND,
    )  # fmt: skip


def perpetual(name: str, *, dust: bool) -> Instrument:
    """Return an instrument with a tick of 0.1 and a lot of 0.001; with `dust` of 0.005 at least."""
    return Instrument(
        name=name, venue=VENUE, kind=Kind.LINEAR, base=name.partition("/")[0], quote="USDT",
        settle="USDT", price_decimals=1, quantity_decimals=3, money_decimals=8, tick=Price(1),
        lot=Quantity(1), quantity_min=Quantity(5 if dust else 1), quantity_max=Quantity(10**6),
        notional_min=Money(0), fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
        margin_tiers=(MarginTier(notional_max=Money(10**17), leverage_max=50,
                                 maintenance_rate=Rate(500_000)),),
    )  # fmt: skip


def exchange_for(plan: Plan, book: BookPlan, terms: VenueTerms) -> SimExchange:
    """Open the venue of a plan."""
    return SimExchange(
        book.instruments, terms=terms, rules=ExchangeRules(**plan.rules),
        cash=(cash_of(plan),), leverage=LEVERAGE, rows=128,
        matching=SimSettings(liquidity="traded", participation_rate=100_000_000),
    )  # fmt: skip


def cash_of(plan: Plan) -> int:
    """Return what is in the wallet."""
    return _CASH * plan.traits.get("cash_share", 100) // 100


def book_for(plan: Plan, tape: Tape) -> BookPlan:
    """Draw the robots of a world."""
    luck = tape.stream("book")
    dust = bool(plan.traits.get("dust"))
    shared = luck.below(4) == 1
    names = _NAMES[:1] if shared else _NAMES
    robots = []
    kinds = ["rover", "rover"]
    if plan.traits.get("faulty"):
        kinds[1] = "faulty"
    if plan.traits.get("hog"):
        kinds[0] = "hog"
    for number, kind in enumerate(kinds):
        drawn = RobotPlan(
            name=f"r{number}", strategy=kind,
            parameters={
                "salt": str(1 + luck.below(1_000_000)),
                "lots": str(5 * (1 + luck.below(4))),
                "reach": str(200 + luck.below(1_500)),
                "every": str(100 + luck.below(200)),
            },
            instrument=0 if shared else number, capital=cash_of(plan) // 2,
            stop_rate=(0, _RATE, 2 * _RATE, 0)[luck.below(4)],
            limits=Limits(
                position_notional_max=_CASH // (4, 20, 60)[luck.below(3)], open_orders_max=12
            ),
        )  # fmt: skip
        robots.append(drawn)
    return BookPlan(
        name=BOOK, number=BOOK_NUMBER, account="main", venue=VENUE,
        instruments=tuple(perpetual(name, dust=dust) for name in names), robots=tuple(robots),
        leverage=LEVERAGE, limits=Limits(position_notional_max=_CASH // 3, open_orders_max=40),
        robots_max=4, instruments_max=2, orders_max=128, snapshot_every=60 + luck.below(400),
        lease_ns=45 * SECOND, price_age_max_ns=60 * SECOND,
        # The last reading must lie within the quiet end, whatever came late.
        reconcile_ns=(60 + luck.below(40)) * SECOND,
        exit_stop=(STOP_ORDERS, STOP_FLAT, STOP_NONE)[luck.below(3)],
    )  # fmt: skip


def moves_for(tape: Tape, instruments: int) -> list[int]:
    """Draw how much each market moves in one tick."""
    luck = tape.stream("moves")
    return [(60, 250, 700, 1_500)[luck.below(4)] for _ in range(instruments)]


def quantity_for(plan: Plan) -> int:
    """Return the quantity of an ordinary trade: what a resting order can fill by it."""
    return _THIN if plan.traits.get("thin") else 100_000
