"""A small report with everything in it: two days, a grid, fills, names that try to be markup."""

from decimal import Decimal
from typing import Any

import numpy as np

from steelyard.model.kinds import BUY, MAKER, SELL, TAKER
from steelyard.services.research.report.model import (
    Candles,
    Curve,
    Fills,
    GridLine,
    OrderRow,
    Report,
    Units,
)

MINUTE_NS = 60 * 10**9
START_NS = 1_722_470_400 * 10**9  # 2024-08-01T00:00:00Z
EVIL = '</script><img src=x onerror="document.title=1"><!--&"\u2028'
WATERFALL = {
    "grid": "41.25000001",
    "trend": "-20.1",
    "slippage": "-0.75",
    "fees": "-7.4",
    "funding": "0",
    "liquidation": "0",
    "total": "13.00000001",
}


def result(**changes: Any) -> dict[str, object]:
    assumption = {"what": "no order book", "why": "the queue before our orders is a model"}
    return {
        "strategy": "grid",
        "instrument": "ETH/USDT",
        "venue": "sim",
        "engine": "fused",
        "events": 2880,
        "fills": 60,
        "orders": 90,
        "equity_start": "5000",
        "equity_end": "5013.00000001",
        "pnl": "13.00000001",
        "pnl_rate": "0.0026",
        "fees": "7.4",
        "funding": "0",
        "position": "0.32",
        "max_drawdown": "0.031415",
        "sharpe": 1.25,
        "sharpe_basis": "daily returns",
        "waterfall": dict(WATERFALL),
        "realism": {
            "score": 64,
            "grade": "C",
            "items": [{**assumption, "penalty": 3}],
            "break_even_slippage": "0.00021",
            "costs_modelled": ["fees", "slippage"],
            "gaps": 1,
        },
        "assumptions": [{"what": "leverage 1", "why": "somebody's own words", "penalty": 1}],
        "buy_and_hold": {
            "equity_end": "4900.5",
            "pnl": "-99.5",
            "pnl_rate": "-0.0199",
            "max_drawdown": "0.05",
        },
        "parameters": {
            "price_interval": {
                "value": "5", "unit": "USDT", "default": "2", "given": True, "doc": "Distance.",
                "doc_zh": "间距。",
            },
        },
        "data": {
            "start": "2024-08-01T00:00:00.000Z",
            "end": "2024-08-03T00:00:00.000Z",
            "rows": 2880,
            "kinds": ["bars"],
            "source": "ETHUSDT-1m.csv",
            "gaps": [
                {
                    "after": "2024-08-01T05:00:00.000Z",
                    "before": "2024-08-01T07:30:00.000Z",
                    "reason": "150 candles missing",
                }
            ],
        },
        "wall_s": 0.25,
        "events_per_s": 11520,
        "outcome_sha256": "ab" * 32,
        "version": "0.1.0",
        "currency": "USDT",
        "command": "steelyard backtest grid --data ETHUSDT-1m.csv",
        **changes,
    }  # fmt: skip


def candles(count: int, step_ns: int = MINUTE_NS) -> Candles:
    chance = np.random.default_rng(7)
    close = 3000 + np.cumsum(chance.normal(0, 2, count))
    opens = np.concatenate(([3000.0], close[:-1]))[:count]
    return Candles(
        ts_ns=START_NS + np.arange(count) * step_ns,
        open=opens,
        high=np.maximum(opens, close) + 1,
        low=np.minimum(opens, close) - 1,
        close=close,
        volume=chance.uniform(1, 9, count),
    )


def fills(count: int, step_ns: int = 40 * MINUTE_NS) -> Fills:
    place = np.arange(count)
    return Fills(
        ts_ns=START_NS + place * step_ns,
        price=300_000 + 500 * (place % 3),
        quantity=np.full(count, 160),
        side=np.where(place % 2 == 0, BUY, SELL),
        number=place + 1,
        liquidity=np.where(place % 5 == 0, TAKER, MAKER),
        fee=np.full(count, 9_600_000),
        profit=np.where(place % 2 == 0, 0, 80_000_000),
        closing=place % 2 == 1,
    )


def report(*, bars: int = 2880, filled: int = 60, **changes: Any) -> Report:
    market = candles(bars)
    place = np.arange(bars)
    return Report(
        result=result(**changes),
        units=Units(
            price="USDT", quantity="ETH", price_decimals=2, quantity_decimals=3, money_decimals=8
        ),
        curve=Curve(
            ts_ns=market.ts_ns + MINUTE_NS,
            equity=5000 + 40 * np.sin(place / 200),
            price=market.close,
            position=np.asarray(0.16 * (place // 100 % 5), np.float64),
            inventory=np.asarray(480.0 * (place // 100 % 5), np.float64),
        ),
        candles=market,
        fills=fills(filled),
        orders=tuple(
            OrderRow(
                number=number, created_ns=START_NS + number * MINUTE_NS, side=BUY, type="limit",
                price=str(Decimal(2990) - number), quantity="0.16", filled="0", status="open",
            )
            for number in range(1, 31)
        ),
        grid_lines=(
            GridLine(price="3005.00", side=SELL, state="holding"),
            GridLine(price="2995.00", side=BUY, state="resting"),
            GridLine(price="3000.00", side=0, state="empty"),
        ),
    )  # fmt: skip


def evil_report() -> Report:
    made = report(
        strategy=EVIL,
        instrument=EVIL,
        command=EVIL,
        assumptions=[{"what": EVIL, "why": EVIL, "penalty": 1}],
        parameters={EVIL: {"value": EVIL, "unit": EVIL, "default": None, "given": True}},
    )
    order = OrderRow(
        number=1, created_ns=START_NS, side=SELL, type=EVIL, price="1", quantity="1", filled="0",
        status=EVIL, reason=EVIL,
    )  # fmt: skip
    return Report(
        result=made.result, units=made.units, curve=made.curve, candles=made.candles,
        fills=made.fills, orders=(order,),
    )  # fmt: skip
