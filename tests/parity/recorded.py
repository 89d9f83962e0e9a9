"""Recorded market files as tasks: a grid fitted to where each market stands and how far it moves.

Rule: fees of the instruments are set to what the task says, since over some seconds no market
moves as far as the fees of a real grid; the simulator charges them all the same.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np

from steelyard.model.decimals import format_decimal
from steelyard.model.instruments import Fees, Instrument
from steelyard.model.kinds import BAR, DEPTH_BID, QUOTE, TRADE_SELL
from steelyard.model.times import parse_time
from steelyard.model.units import Rate
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.columns import MemoryHistory
from steelyard.venues.sim.settings import SimSettings
from tests.parity.play import Task, first_rows
from tests.recorded.market_files import market_file


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One file, what of it is walked, and the grid over it. `interval` is a share of the price."""

    file: str
    interval: str
    start: str | None = None
    end: str | None = None
    rows: int = 1_000_000
    instrument: str | None = None
    funding: str | None = None
    fills: int = 20
    leverage: int = 1
    maker: int = 0
    sim: SimSettings = field(default_factory=SimSettings)
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.file.partition("/")[2].replace("/", "-")


FILES = (
    Recorded(
        file="klines/binance_spot/BTCUSDT-5m-20240301_20250430.parquet", interval="0.003",
        start="2024-03-04", end="2024-03-07", maker=100_000,
    ),
    Recorded(
        file="klines/binance_spot/BTCUSDT-1m-20240726_20240825.feather", interval="0.0025",
        start="2024-08-04T20:00", end="2024-08-05T10:00", maker=100_000,
        given={"interval_mode": "atr", "spacing": "geometric"},
    ),
    Recorded(
        file="klines/binance_usdm/BTCUSDT-1m-20230718_20230817.feather", interval="0.0006",
        start="2023-07-23", end="2023-07-25", maker=20_000, leverage=5,
        funding="funding/binance_usdm/BTCUSDT-8h-funding_rate-2023.feather",
        given={"mode": "neutral", "decline_guard": True},
    ),
    Recorded(
        file="klines/okx_swap/BTC-USDT-SWAP-5m-20220501_20221231.feather", interval="0.002",
        start="2022-06-13", end="2022-06-15", maker=20_000, leverage=2, given={"mode": "short"},
        sim=SimSettings(latency="fixed", order_delay_ns=2 * 10**9, path="shortest"),
    ),
    Recorded(file="ticks/binance_spot/BTCUSDT-trades-20210108.parquet", interval="0.0001"),
    Recorded(
        file="ticks/binance_spot/BTCUSDT-quotes-20210108.parquet", interval="0.00008",
        sim=SimSettings(latency="jitter", order_delay_ns=50_000_000, jitter_ns=20_000_000),
    ),
    Recorded(
        file="ticks/binance_spot/XRPETH-trades-201910_.feather", interval="0.003",
        maker=100_000, rows=6_000,
    ),
    Recorded(
        file="ticks/misc/ETH-USDT-trades-20230202.csv", interval="0.00006",
        sim=SimSettings(queue="touch"),
    ),
    Recorded(
        file="l2/binance_spot/BTCUSDT-20240808.raw.txt.gz", interval="0.0001", rows=30_000,
        sim=SimSettings(queue="volume", latency="fixed", order_delay_ns=20_000_000),
    ),
    Recorded(
        file="l2/binance_usdm/BTCUSDT-20240808.raw.txt.gz", interval="0.0001", rows=60_000,
        leverage=3, given={"mode": "neutral", "post_only": False},
    ),
    Recorded(
        file="l2/cryptofeed/binance_spot.log", interval="0.0003", fills=0,
        sim=SimSettings(queue="touch"),
    ),
    Recorded(
        file="l2/cryptofeed/binance_usdm.log", interval="0.0003", fills=1,
        given={"mode": "neutral"}, sim=SimSettings(queue="touch"),
    ),
    Recorded(file="l2/cryptofeed/okx.log", interval="0.00004", fills=1),
    Recorded(file="l2/cryptofeed/bitget_spot_v1.log", interval="0.001", fills=0),
    Recorded(
        file="l2/cryptofeed/bitget_mix_v1.log", interval="0.0002", fills=0,
        given={"post_only": False, "mode": "short"},
    ),
    Recorded(
        file="l2/cryptofeed/gate_spot.log", interval="0.001", fills=0, instrument="OMG/USDT",
    ),
    Recorded(file="l2/cryptofeed/gate_usdt_perp.log", interval="0.0002", fills=0),
)  # fmt: skip
"""A file of each family: bars, trades, quotes, captures with depth, logs, rates of funding."""


def task_of(recorded: Recorded) -> Task:
    """Open a file and fit a grid to it; skips the test where the file is not."""
    history = _opened(
        recorded.file, (recorded.start, recorded.end), recorded.rows, recorded.instrument,
        recorded.funding,
    )  # fmt: skip
    fees = Fees(maker=Rate(recorded.maker), taker=Rate(max(recorded.maker, 0)))
    instruments = tuple(replace(one, fees=fees) for one in history.instruments)
    history = replace(history, instruments=instruments)
    traded, price = instruments[0], _first_price(history)
    tick = traded.price_decimal(traded.tick)
    least = traded.price_decimal(price) * Decimal(recorded.interval)
    interval = max(1, round(least / tick)) * tick
    budget = _budget(traded, price)
    return Task(
        history=history,
        given={
            "price_interval": format_decimal(interval), "order_quantity": format_decimal(budget),
            "min_order_value": "0", "position_safety_check": 20, **recorded.given,
        },
        equity=format_decimal(budget * 40), leverage=recorded.leverage, sim=recorded.sim,
    )  # fmt: skip


@cache
def _opened(file: str, bounds: tuple[str | None, str | None], rows: int,
            instrument: str | None, funding: str | None) -> MemoryHistory:  # fmt: skip
    start, end = (parse_time(moment) if moment else None for moment in bounds)
    rates = market_file(funding) if funding else None
    history = open_history(market_file(file), instrument, start, end, funding=rates)
    return first_rows(history, rows)


def _first_price(history: MemoryHistory) -> int:
    """Return the first price at or near which instrument 0 stands."""
    table = history.table
    own = table.instrument == 0 if len(table.instrument) else table.kind > 0
    priced = own & (table.kind <= TRADE_SELL)
    if not priced.any():
        priced = own & np.isin(table.kind, (QUOTE, BAR, DEPTH_BID))
    row = int(priced.argmax())
    return int(table.a[row] + table.c[row]) // 2 if table.kind[row] == QUOTE else int(table.a[row])


def _budget(traded: Instrument, price: int) -> Decimal:
    """Return what some lots above the smallest order are worth, in the settlement asset."""
    lots = 3 * max(int(traded.quantity_min), int(traded.lot))
    one = traded.price_decimal(price) * traded.quantity_decimal(lots) * traded.multiplier
    least = 3 * traded.money_decimal(traded.notional_min)
    return max(one, least, Decimal("0.001")).quantize(Decimal("0.00000001"))
