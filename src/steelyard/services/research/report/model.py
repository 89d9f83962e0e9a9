"""What a backtest report is made of.

Rule 1: money that is read as a figure is exact: text in `result`, integer units in `Fills`.
Rule 2: floats are for drawing only, in `Curve`, `Candles` and `DailyReturns`.
Rule 3: rows are in time order; `*_ns` are UTC nanoseconds.

`result` is the JSON object of `steelyard backtest --json`. Ratios are text such as "0.1234";
`realism.break_even_slippage` is a ratio of the price per fill. Texts that people wrote
(`what`, `why`, `doc`, `reason`) may have a Chinese twin: {"doc_zh": …} or {"zh": {"what": …}}.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Names of the units on the page, and how many decimals the integers in `Fills` carry."""

    price: str  # the quote asset: USDT
    quantity: str  # the base asset, or "contracts"
    price_decimals: int
    quantity_decimals: int
    money_decimals: int  # of result["currency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Samples of the run. Empty `drawdown` and `hold` are computed from equity and price."""

    ts_ns: Integers
    equity: Floats  # in result["currency"]
    price: Floats
    position: Floats  # signed quantity
    inventory: Floats  # worth of the inventory, in result["currency"]
    drawdown: Floats | None = None  # ratio, 0 or below
    hold: Floats | None = None  # equity of buying and holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Candles:
    """Bars for drawing, any number. `ts_ns` is when a bar opens, not when it closes."""

    ts_ns: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fills:
    """All fills, in integer units. `side` and `liquidity` are the small numbers of model.kinds."""

    ts_ns: Integers
    price: Integers
    quantity: Integers
    side: Integers  # BUY or SELL
    number: Integers  # of the order
    liquidity: Integers  # MAKER or TAKER
    fee: Integers  # money; positive is paid
    profit: Integers  # money; read only where `closing`
    closing: Flags  # whether the fill closed something and so has a profit


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order as text; `status` and `type` are names such as "canceled" and "limit"."""

    number: int
    created_ns: int
    side: int
    type: str
    price: str
    quantity: str
    filled: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLine:
    """One line of the grid at the end; `state` is "resting", "holding", "empty" or own words."""

    price: str
    side: int  # BUY, SELL, or 0 for neither
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReturns:
    """Returns per UTC day; `day` counts days since 1970."""

    day: Integers
    ratio: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the page shows. `daily` is computed from the curve when it is not given."""

    result: dict[str, object]
    units: Units
    curve: Curve
    candles: Candles
    fills: Fills
    orders: tuple[OrderRow, ...] = ()
    grid_lines: tuple[GridLine, ...] = ()
    daily: DailyReturns | None = None
