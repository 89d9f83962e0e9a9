"""A paper process for tests: `python paper_process.py address [name=value …]`.

It prints its address when it can be reached. Its market goes up and down around 10,000, a trade
and a quote every 2 ms.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.exchange.paper.server import serve
from steelyard.exchange.paper.settings import PaperSettings, read_speed
from steelyard.model.history import Chunk
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier
from steelyard.model.kinds import QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.paper.rules import ExchangeRules

ACCOUNTS = 200
CASH = 1_000_000_000
STEP_NS = 2_000_000
PRICES = [*range(9_990, 10_010), *range(10_010, 9_990, -1)]

PERPETUAL = Instrument(
    name="BTC/USDT:USDT", venue="paper", kind=Kind.LINEAR, base="BTC", quote="USDT", settle="USDT",
    price_decimals=0, quantity_decimals=0, money_decimals=0, tick=Price(1), lot=Quantity(2),
    quantity_min=Quantity(2), quantity_max=Quantity(0), notional_min=Money(0),
    fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
    margin_tiers=(
        MarginTier(notional_max=Money(10**15), leverage_max=20, maintenance_rate=Rate(500_000)),
    ),
)  # fmt: skip


def rows() -> list[tuple[int, ...]]:
    """Return (time, kind, a, b, c, d) of one round of the market."""
    found: list[tuple[int, ...]] = []
    for i, price in enumerate(PRICES):
        kind = TRADE_BUY if i < len(PRICES) // 2 else TRADE_SELL
        found.append((i * STEP_NS, kind, price, 1_000, 0, 0))
        found.append((i * STEP_NS, QUOTE, price - 1, 500, price + 1, 500))
    return found


def market() -> Iterator[Chunk]:
    columns = [np.array(column, np.int64) for column in zip(*rows(), strict=True)]
    yield Chunk(
        ts_ns=columns[0], kind=columns[1].astype(np.int8), instrument=np.zeros(0, np.int16),
        a=columns[2], b=columns[3], c=columns[4], d=columns[5], e=np.zeros(0, np.int64),
    )  # fmt: skip


def settings(address: str, **given: str) -> PaperSettings:
    """Return the settings; `given` may name speed, books, keep_s, idle_s, pulse_s."""
    more: dict[str, Any] = {
        name: float(given[name]) for name in ("keep_s", "idle_s", "pulse_s") if name in given
    }
    if "books" in given:
        more["books"] = Path(given["books"])
    return PaperSettings(
        address=address, instruments=(PERPETUAL,), market=market, cash=(CASH,) * ACCOUNTS,
        leverage=5, speed=read_speed(given.get("speed", "1")),
        rules=ExchangeRules(kept=20_000, orders_max=50), **more,
    )  # fmt: skip


def tell(address: str) -> None:
    sys.stdout.write(address + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    where, *pairs = sys.argv[1:]
    chosen = dict(pair.split("=", 1) for pair in pairs)
    serve(settings(where, **chosen), tell)
