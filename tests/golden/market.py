"""Small histories written by hand, in decimals, and the grid over them through both drivers."""

from decimal import Decimal
from typing import Any

import numpy as np

from steelyard.model.decimals import to_units
from steelyard.model.history import Chunk
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.kinds import BAR, FUNDING, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.store.catalog.columns import MemoryHistory
from steelyard.venues.sim.settings import SimSettings
from tests.parity.play import Played, Task, assert_conserved, assert_equal, play

START_NS = 1_704_067_200 * 10**9
SECOND_NS = 10**9
CENT, MILLI = 2, 3  # decimals of prices and of quantities
VALUES = {
    TRADE_BUY: (CENT, MILLI), TRADE_SELL: (CENT, MILLI), QUOTE: (CENT, MILLI, CENT, MILLI),
    BAR: (CENT, CENT, CENT, CENT, MILLI), FUNDING: (0, CENT),
}  # fmt: skip


def instrument(kind: Kind, *, maker: int, taker: int) -> Instrument:
    """A tick of 0.01, a lot of 0.001, fees in 10^-8, no smallest order."""
    settle = "" if kind == Kind.SPOT else ":USDT"
    return Instrument(
        name=f"AAA/USDT{settle}", venue="sim", kind=kind, base="AAA", quote="USDT",
        settle="USDT", price_decimals=CENT, quantity_decimals=MILLI, money_decimals=8,
        tick=Price(1), lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(0),
        notional_min=Money(0), fees=Fees(maker=Rate(maker), taker=Rate(taker)),
    )  # fmt: skip


def history(traded: Instrument, *rows: tuple[Any, ...]) -> MemoryHistory:
    """Rows a second apart, each a kind and its values; a rate of funding in its own units."""
    table = np.zeros((len(rows), 5), dtype=np.int64)
    for at, (kind, *values) in enumerate(rows):
        for column, (value, decimals) in enumerate(zip(values, VALUES[kind], strict=True)):
            table[at, column] = to_units(value, decimals)
    columns = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate("abcde")}
    chunk = Chunk(
        ts_ns=START_NS + np.arange(len(rows), dtype=np.int64) * SECOND_NS,
        kind=np.array([row[0] for row in rows], dtype=np.int8),
        instrument=np.zeros(0, np.int16), **columns,
    )  # fmt: skip
    return MemoryHistory(instruments=(traded,), table=chunk)


def played(rows: MemoryHistory, *, leverage: int = 1, sim: SimSettings | None = None,
           **given: Any) -> Played:  # fmt: skip
    """Run the grid through both drivers, hold them to each other, and return one.

    Levels are 1.00 apart, each is worth 100.00, the account starts with 1000.00. The windows hold
    the level nearest to the price, which opens later, and those behind it.
    """
    values = {
        "price_interval": "1", "order_quantity": "100", "min_order_value": "0",
        "buy_window_size": 3, "sell_window_size": 3, "position_safety_check": 1,
    } | given  # fmt: skip
    task = Task(
        history=rows, given=values, equity="1000", leverage=leverage, sim=sim or SimSettings()
    )
    fused, kernel = play(task), play(task, "kernel")
    assert_equal(fused, kernel)
    assert_conserved(fused)
    return fused


def told(run: Played) -> list[tuple[int, str, str, str]]:
    """Return (second, price, signed quantity, fee) of every fill, as decimals."""
    return [
        (
            (int(fill["ts_ns"]) - START_NS) // SECOND_NS,
            f"{Decimal(int(fill['price'])).scaleb(-CENT)}",
            f"{Decimal(int(fill['quantity'])).scaleb(-MILLI)}",
            f"{Decimal(int(fill['fee'])).scaleb(-8)}",
        )
        for fill in run.fills
    ]


def money(units: int) -> Decimal:
    return Decimal(units).scaleb(-8)


def parts(run: Played) -> dict[str, Decimal]:
    """Return the waterfall's parts that are not zero, and the equity at the end."""
    fall = run.waterfall
    names = ("grid", "trend", "slippage", "fees", "funding", "liquidation")
    found = {name: money(getattr(fall, name)) for name in names if getattr(fall, name)}
    return found | {"equity": money(fall.equity)}
