"""Histories made by hand: one order's whole life, told by journal, wire and venue alike."""

from typing import Any

from msgspec.msgpack import Encoder

from steelyard.kernel.ports import Kept, Request, VenueTerms
from steelyard.ledger.accounts import CAPITAL, CASH, CLEARING, INVENTORY
from steelyard.ledger.postings import TRANSFER
from steelyard.model import events as ev
from steelyard.model.client_ids import encode
from steelyard.model.commands import CancelOrder, PlaceOrder
from steelyard.model.kinds import LIMIT
from steelyard.model.reports import OrderState, TradeReport
from steelyard.model.units import Money, Nanos, Price, Quantity
from steelyard.runtime.plan import BookPlan, Limits, RobotPlan
from steelyard.services.simulation.evidence import Evidence, VenueOrder
from steelyard.services.simulation.network import Sent
from steelyard.services.simulation.setting import perpetual, terms_for
from steelyard.services.simulation.storage import Committed

SECOND = 1_000_000_000
PRICE = 600_000
TERMS: VenueTerms = terms_for(0)
OPEN, FILLED, CANCELED = OrderState.OPEN, OrderState.FILLED, OrderState.CANCELED
_encode = Encoder().encode


def plan(**changes: Any) -> BookPlan:
    robot = RobotPlan(
        name="r", strategy="rover", parameters={}, instrument=0, capital=10**12,
        stop_rate=changes.pop("stop_rate", 0),
        limits=Limits(position_notional_max=10**13),
    )  # fmt: skip
    return BookPlan(
        name="sim", number=7, account="main", venue="paper",
        instruments=(perpetual("BTC/USDT:USDT", dust=False),), robots=(robot,), **changes,
    )  # fmt: skip


def place(number: int, *, slot: int = 1, quantity: int = 10, flags: int = 0) -> PlaceOrder:
    return PlaceOrder(
        number=number, robot=1, instrument=0, side=1, type=LIMIT, flags=flags, price=Price(PRICE),
        quantity=Quantity(quantity), slot=slot, generation=number,
    )  # fmt: skip


def named(number: int, slot: int = 1) -> str:
    return encode(7, 1, slot, number, venue="paper")


def sent(second: float, number: int, *, slot: int = 1, request: Request = Request.PLACE,
         client_id: str = "", host: str = "p1") -> Sent:  # fmt: skip
    at_ns = int(second * SECOND)
    return Sent(at_ns, host, request, client_id or named(number, slot), False, True)


def traded(n: int, number: int, quantity: int, *, slot: int = 1, second: int = 3) -> TradeReport:
    return TradeReport(
        trade=str(n), client_id=named(number, slot), venue_id="1", instrument=0, side=1,
        price=PRICE, quantity=quantity, fee=0, liquidity=1, ts_ns=second * SECOND,
    )  # fmt: skip


def venue_order(number: int, *changes: tuple[float, int, int], slot: int = 1, quantity: int = 10,
                trades: tuple[TradeReport, ...] = (), client_id: str = "",
                foreign: bool = False, reduce_only: bool = False,
                conditional: bool = False, side: int = 1) -> VenueOrder:  # fmt: skip
    return VenueOrder(
        client_id or named(number, slot), 0, side, quantity, PRICE, reduce_only, conditional,
        foreign, [(int(at * SECOND), state, filled) for at, state, filled in changes], trades,
    )  # fmt: skip


def filled(number: int, quantity: int, trade: str, second: int = 4) -> ev.Filled:
    return ev.Filled(
        ts_ns=Nanos(second * SECOND), order=number, price=Price(PRICE),
        quantity=Quantity(quantity), fee=Money(0), liquidity=1, trade=trade,
    )  # fmt: skip


def at(second: float) -> Nanos:
    return Nanos(int(second * SECOND))


def line(debit: int, credit: int, amount: int) -> bytes:
    numbers = (0, TRANSFER, debit * 256 + credit, amount, 65536)
    return b"".join(n.to_bytes(8, "little", signed=True) for n in numbers)


Step = tuple[float, ev.Event, list[PlaceOrder | CancelOrder], bytes]


def step(second: float, event: ev.Event, *commands: PlaceOrder | CancelOrder,
         lines: bytes = b"") -> Step:  # fmt: skip
    return second, event, list(commands), lines


def good() -> dict[str, Any]:
    """One order: written at 1 s, sent, accepted at 2 s, filled at 3 s, booked at 4 s."""
    worth = PRICE * 10 * 10**4
    paid = line(CASH, CAPITAL, 10**13)
    booked = line(INVENTORY, CLEARING, worth)
    return {
        "steps": [
            step(0.5, ev.CapitalMoved(ts_ns=at(0.5), amount=Money(10**13), reason="begin"),
                 lines=paid),
            step(1, ev.Timer(ts_ns=at(1), robot=1), place(1)),
            step(2.1, ev.Accepted(ts_ns=at(2.1), order=1)),
            step(4, filled(1, 10, "0:1"), lines=booked),
        ],
        "sent": [sent(1.5, 1)],
        "orders": [venue_order(1, (2, OPEN, 0), (3, FILLED, 10), trades=(traded(1, 1, 10),))],
        "entries": [traded(1, 1, 10)],
        "positions": {(0, 0): 10},
        "equity": 10**13 - worth,
        "leases": [(0, "p1", 1)],
    }  # fmt: skip


def evidence(given: dict[str, Any]) -> Evidence:
    """Make evidence of a history; what is not given is empty."""
    rows, commits = [], []
    for n, (second, event, commands, lines) in enumerate(given.get("steps", ()), 1):
        row = Kept(
            n=n, ts_ns=event.ts_ns, event=_encode(event),
            intents=_encode(commands) if commands else b"", lines=lines,
            trade=getattr(event, "trade", ""), digest=bytes([n]),
        )  # fmt: skip
        rows.append(row)
        commits.append(Committed(int(second * SECOND), "p1", 1, (row,)))
    return Evidence(
        plan=given.get("plan") or plan(), terms=TERMS, rows=given.get("rows", rows),
        commits=given.get("commits", commits), leases=given.get("leases", ()),
        sent=given.get("sent", ()), told=given.get("told", ()), kills=given.get("kills", ()),
        orders=given.get("orders", ()), entries=given.get("entries", ()),
        positions=given.get("positions", {}), equity=given.get("equity", 10**13),
        paid_in=given.get("paid_in", 10**13), end_ns=3_000 * SECOND,
        downs=given.get("downs", ()), modes=given.get("modes", ()),
    )  # fmt: skip
