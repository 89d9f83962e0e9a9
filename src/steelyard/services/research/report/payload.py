"""A report as the JSON object the page reads.

Rule 1: money keeps its exact text; the parts of the waterfall are added up here, as decimals,
and a difference is handed on to be shown, never hidden.
Rule 2: a number that is not finite, or a column of another length, is refused.
Rule 3: what is cut (fills, orders) is counted, so that the page can say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any, Final

import numpy as np

from steelyard.model.decimals import format_decimal, format_units, parse_decimal
from steelyard.services.research.report import condense
from steelyard.services.research.report.model import (
    Candles,
    Curve,
    DailyReturns,
    Fills,
    Floats,
    GridLine,
    Report,
)
from steelyard.services.research.report.phrases import chinese, with_twin

FILLS_MAX: Final = 5_000
ORDERS_MAX: Final = 2_000
GAPS_MAX: Final = 500
REQUIRED: Final = (
    "strategy", "instrument", "venue", "equity_start", "equity_end", "pnl", "pnl_rate",
    "max_drawdown", "waterfall", "realism", "assumptions", "parameters", "data", "currency",
)  # fmt: skip


def payload(report: Report) -> dict[str, object]:
    """Return the page's JSON object."""
    missing = [key for key in REQUIRED if key not in report.result]
    if missing:
        raise ValueError(f"a report's result lacks {', '.join(missing)}")
    for part in (report.curve, report.candles, report.fills):
        _check(part)
    start = _float(report.result["equity_start"], "equity_start")
    candles = condense.reaggregate(report.candles)
    curve = _whole(report)
    daily = report.daily
    if daily is None:
        daily = condense.daily_returns_of(curve, start)
    return {
        "result": _bilingual(report.result),
        "units": asdict(report.units),
        "curve": _curve(condense.complete(curve, start, _hold_end(report.result))),
        "candles": _candles(candles, len(report.candles.ts_ns))
        | _on_candles(candles, curve, report.fills),
        "fills": _fills(report),
        "orders": _orders(report),
        "grid": [{"price": g.price, "side": g.side, "state": g.state} for g in report.grid_lines],
        "returns": _returns(daily),
        "waterfall": waterfall(report.result["waterfall"], report.result["pnl"]),
        "levels": _levels(report.grid_lines),
    }


def waterfall(parts: object, pnl: object) -> dict[str, object]:
    """Return the parts in their order, their exact sum, and by how much it misses the total."""
    if not isinstance(parts, dict) or "total" not in parts:
        raise ValueError(f"waterfall was {parts!r}, allowed are named parts and a total")
    exact = {name: parse_decimal(value, f"waterfall {name}") for name, value in parts.items()}
    total = exact.pop("total")
    added = sum(exact.values(), Decimal(0))
    return {
        "parts": [[name, format_decimal(value)] for name, value in exact.items()],
        "total": format_decimal(total),
        "sum": format_decimal(added),
        "difference": format_decimal(total - added),
        "pnl_difference": format_decimal(parse_decimal(str(pnl), "pnl") - total),
    }


def _bilingual(result: Mapping[str, Any]) -> dict[str, object]:
    """Put the Chinese twin beside what was written in English; list no more gaps than are read."""
    realism, history = result["realism"], result["data"]
    gaps = history.get("gaps") or []
    basis = result.get("sharpe_basis")
    return {
        **result,
        "realism": {**realism, "items": [with_twin(item) for item in realism.get("items", ())]},
        "assumptions": [with_twin(item) for item in result["assumptions"]],
        "parameters": {name: with_twin(item) for name, item in result["parameters"].items()},
        "data": {
            **history,
            "gaps": [with_twin(gap) for gap in gaps[:GAPS_MAX]],
            "gaps_total": len(gaps),
        },
        "sharpe_basis_zh": chinese(basis) if isinstance(basis, str) else None,
    }


def _whole(report: Report) -> Curve:
    """Return the curve up to the end that the headline tells."""
    history: Any = report.result["data"]
    if not len(report.curve.ts_ns):
        return report.curve
    closes = report.candles.close
    return condense.ended(
        report.curve,
        int(np.datetime64(str(history["end"]).removesuffix("Z"), "ns").astype(np.int64)),
        _float(report.result["equity_end"], "equity_end"),
        float(closes[-1] if len(closes) else report.curve.price[-1]),
    )


def _hold_end(result: Mapping[str, Any]) -> float | None:
    held = result.get("buy_and_hold")
    return _float(held["equity_end"], "buy_and_hold equity_end") if held else None


def _float(value: object, what: str) -> float:
    """Read exact text for a drawing."""
    return float(parse_decimal(str(value), what))


def _check(part: Curve | Candles | Fills) -> None:
    lengths = {}
    for field in fields(part):
        column = getattr(part, field.name)
        if column is None:
            continue
        lengths[field.name] = len(column)
        if column.dtype.kind == "f" and not np.isfinite(column).all():
            row = int(np.flatnonzero(~np.isfinite(column))[0])
            raise ValueError(
                f"{type(part).__name__}.{field.name} was {column[row]} in row {row}, "
                "allowed are finite numbers"
            )
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{type(part).__name__} was given columns of lengths {lengths}")


def _curve(curve: Curve) -> dict[str, object]:
    if curve.drawdown is None or curve.hold is None or not len(curve.ts_ns):
        return {"t": [], "equity": [], "hold": [], "drawdown": [], "hold_drawdown": []}
    rows, times = condense.even_rows(curve)
    return {
        "t": times.tolist(),
        "equity": _short(curve.equity[rows]),
        "hold": _short(curve.hold[rows]),
        "drawdown": _short(curve.drawdown[rows]),
        "hold_drawdown": _short(condense.drawdown_of(curve.hold)[rows]),
    }


def _candles(candles: Candles, given: int) -> dict[str, object]:
    return {
        "given": given,
        "span_s": condense.span_ns(candles) // condense.SECOND_NS,
        "t": (candles.ts_ns // condense.SECOND_NS).tolist(),
        "open": _short(candles.open),
        "high": _short(candles.high),
        "low": _short(candles.low),
        "close": _short(candles.close),
        "volume": _short(candles.volume),
    }


def _on_candles(candles: Candles, curve: Curve, fills: Fills) -> dict[str, object]:
    if not len(candles.ts_ns):
        return {"buys": [], "sells": [], "position": [], "inventory": []}
    buys, sells = condense.fills_per_candle(fills, candles)
    return {
        "buys": buys.tolist(),
        "sells": sells.tolist(),
        "position": _short(condense.at_closes(curve, curve.position, candles)),
        "inventory": _short(condense.at_closes(curve, curve.inventory, candles)),
    }


def _fills(report: Report) -> dict[str, object]:
    fills, units = report.fills, report.units
    total = len(fills.ts_ns)
    cut = slice(max(total - FILLS_MAX, 0), total)
    closing = fills.closing[cut].tolist()
    profits = _texts(fills.profit[cut].tolist(), units.money_decimals)
    return {
        "total": total,
        "closing": int(fills.closing.sum()),
        "gaining": int((fills.closing & (fills.profit > 0)).sum()),
        "makers": int((fills.liquidity == 1).sum()),
        "t": (fills.ts_ns[cut] // 10**6).tolist(),  # milliseconds: what a browser's clock counts
        "number": [str(number) for number in fills.number[cut].tolist()],
        "side": fills.side[cut].tolist(),
        "price": _texts(fills.price[cut].tolist(), units.price_decimals),
        "quantity": _texts(fills.quantity[cut].tolist(), units.quantity_decimals),
        "liquidity": fills.liquidity[cut].tolist(),
        "fee": _texts(fills.fee[cut].tolist(), units.money_decimals),
        "profit": [text if known else None for text, known in zip(profits, closing, strict=True)],
    }


def _texts(units: Sequence[int], decimals: int) -> list[str]:
    return [format_units(value, decimals) for value in units]


def _orders(report: Report) -> dict[str, object]:
    total = report.result.get("orders")
    known = isinstance(total, int) and not isinstance(total, bool)
    recent = report.orders[-ORDERS_MAX:]
    rows = [asdict(order) | {"number": str(order.number)} for order in recent]
    for row in rows:
        row["t"] = row.pop("created_ns") // 10**6
    return {"total": total if known else len(report.orders), "rows": rows}


def _levels(lines: Sequence[GridLine]) -> dict[str, object] | None:
    """Say where the grid lies: its lowest and highest line."""
    if not lines:
        return None
    ordered = sorted(lines, key=lambda line: parse_decimal(line.price, "grid line"))
    return {"count": len(lines), "low": ordered[0].price, "high": ordered[-1].price}


def _returns(daily: DailyReturns) -> dict[str, object]:
    edges, counts = condense.histogram(daily.ratio)
    count = len(daily.ratio)
    return {
        "day": daily.day.tolist(),
        "ratio": _short(daily.ratio),
        "months": [
            [month, float(f"{ratio:.8g}")] for month, ratio in condense.monthly_returns(daily)
        ],
        "edges": edges,
        "counts": counts,
        "mean": float(daily.ratio.mean()) if count else None,
        "deviation": float(daily.ratio.std(ddof=1)) if count > 1 else None,
    }


def _short(values: Floats) -> list[float]:
    """Nine significant digits draw the same line in half the bytes."""
    return [float(f"{value:.9g}") for value in values.tolist()]
