"""A position held from the start: the book and the venue begin, and end, with the same truth."""

from decimal import Decimal

import numpy as np
import pytest

from steelyard.app.assemble import Machine, Plan, machine_for
from steelyard.ledger.accounts import CASH
from steelyard.ledger.postings import is_balanced
from steelyard.ledger.waterfall import waterfall
from steelyard.model.history import Chunk
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.kinds import TRADE_BUY, TRADE_SELL
from steelyard.model.parameters import read_parameters
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.services.research.run import run
from steelyard.state.money import worth
from steelyard.store.catalog.columns import MemoryHistory
from steelyard.strategies.registry import STRATEGIES
from steelyard.venues.sim.settings import SimSettings

PRICES = (10_000, 10_450, 10_910, 11_340, 10_880, 10_300, 9_870, 10_420, 10_950, 10_010)


def history(kind: Kind) -> MemoryHistory:
    instrument = Instrument(
        name="X/USDT", venue="test", kind=kind, base="X", quote="USDT", settle="USDT",
        price_decimals=2, quantity_decimals=3, money_decimals=8, tick=Price(1), lot=Quantity(1),
        quantity_min=Quantity(1), quantity_max=Quantity(10**9), notional_min=Money(0),
        fees=Fees(maker=Rate(10_000), taker=Rate(50_000)),
    )  # fmt: skip
    rows, none = len(PRICES), np.zeros(0, np.int64)
    chunk = Chunk(
        ts_ns=np.arange(1, rows + 1) * 1_000_000_000,
        kind=np.array([TRADE_BUY, TRADE_SELL] * (rows // 2), np.int8),
        instrument=np.zeros(0, np.int16), a=np.array(PRICES), b=np.full(rows, 10**6),
        c=none, d=none, e=none,
    )  # fmt: skip
    return MemoryHistory(instruments=(instrument,), table=chunk)


def played(kind: Kind, engine: str, quantity: int, entry: int) -> tuple[Machine, str]:
    values = read_parameters(
        STRATEGIES["grid"].parameters,
        {
            "price_interval": "2", "order_quantity": "200",
            "mode": "long" if quantity > 0 else "short",
        },
        owner="grid",
    )  # fmt: skip
    plan = Plan(
        strategy=STRATEGIES["grid"], values=values, equity=10_000 * 10**8, leverage=2,
        sim=SimSettings(), engine=engine, position=(quantity, entry),
    )  # fmt: skip
    market = history(kind)
    machine, _ = machine_for(plan, market)
    return machine, run(machine, market).digest


@pytest.mark.parametrize(
    "kind,quantity", [(Kind.SPOT, 6_000), (Kind.LINEAR, 6_000), (Kind.LINEAR, -6_000)]
)
def test_a_restored_position_is_one_truth_for_book_and_venue(kind: Kind, quantity: int) -> None:
    entry = 10_400 if quantity > 0 else 9_900
    machine, digest = played(kind, "fused", quantity, entry)
    book, venue = machine.book, machine.venue.sim
    held = int(book.positions[0]["quantity"])
    parts = waterfall(book.balances[0, 0], int(worth(book.terms[0], PRICES[-1], held)))

    assert digest == played(kind, "kernel", quantity, entry)[1]
    assert is_balanced(book.balances, 0, 0)
    assert held == int(venue[0]["quantity"])
    assert int(book.balances[0, 0, CASH]) == int(venue[0]["cash"])
    # The position changed hands: some of it was closed, never below its true entry.
    assert int(book.head[0]["fills"]) > 0
    assert abs(held) != 6_000
    assert parts.grid > 0
    # Capital is the equity, and for spot what the coins had cost: 6 coins at 104.
    extra = Decimal(6 * 104) * 10**8 if kind == Kind.SPOT else 0
    assert parts.capital == 10_000 * 10**8 + extra
