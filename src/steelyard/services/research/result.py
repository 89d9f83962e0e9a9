"""The result of a backtest as one JSON object.

Rule 1: money and quantities are strings; statistics are numbers or null, never a guess.
Rule 2: the waterfall's parts sum to equity_end - equity_start exactly, or nothing is printed.
"""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from steelyard.kernel.sample import equity
from steelyard.ledger.waterfall import Waterfall, waterfall
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.explain import Explanation
from steelyard.model.history import Assumption, History
from steelyard.model.instruments import Kind
from steelyard.model.kinds import (
    BAR,
    DEPTH_ASK,
    DEPTH_BID,
    FUNDING,
    MARK,
    QUOTE,
    TRADE_BUY,
    TRADE_SELL,
)
from steelyard.model.parameters import Parameter
from steelyard.model.records import CURVE
from steelyard.services.research.figures import max_drawdown, sharpe
from steelyard.services.research.realism import Circumstances, Realism, realism
from steelyard.services.research.run import Machine, Trail, joined
from steelyard.state.money import fee_on, quantity_for, worth

KIND_NAMES = {
    TRADE_BUY: "trades", TRADE_SELL: "trades", QUOTE: "quotes", BAR: "bars",
    DEPTH_BID: "depth", DEPTH_ASK: "depth", FUNDING: "funding", MARK: "marks",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person asked for: names, values, models, and what they did not say."""

    strategy: str
    parameters: tuple[Parameter, ...]
    values: dict[str, Any]
    given: frozenset[str]
    models: dict[str, str]
    assumptions: tuple[Assumption, ...]
    source: str
    command: str
    version: str


def result_of(
    machine: Machine, history: History, trail: Trail, asked: Asked, wall_s: float
) -> dict[str, Any]:
    """Compose the JSON object of a finished run."""
    book = machine.book
    head = book.head[0]
    instrument = book.instruments[0]
    ending = _waterfall(machine)
    curve = joined(trail.curve, CURVE)
    turnover = _turnover(machine)
    pnl = ending.equity - ending.capital
    honesty = realism(
        Circumstances(
            kinds=history.kinds,
            perpetual=instrument.kind != Kind.SPOT,
            models=asked.models,
            gaps=len(history.gaps),
            fills=int(head["fills"]),
            pnl=pnl,
            turnover=turnover,
            assumptions=asked.assumptions,
        )
    )
    held = sum(int(p["quantity"]) for p in book.positions[:2])
    figure = sharpe(curve["ts_ns"], curve["equity"], ending.capital)

    def money(units: int) -> str:
        return format_units(units, instrument.money_decimals)

    return {
        "strategy": asked.strategy,
        "instrument": instrument.name,
        "venue": instrument.venue,
        "engine": machine.engine,
        "currency": instrument.settle,
        "events": trail.rows,
        "fills": int(head["fills"]),
        "orders": int(head["orders"]),
        "cancels": int(head["cancels"]),
        "refusals": int(head["refusals"]),
        "rejections": int(head["rejections"]),
        "steps": int(head["n"]),
        "equity_start": money(ending.capital),
        "equity_end": money(ending.equity),
        "pnl": money(pnl),
        "pnl_rate": _ratio(pnl, ending.capital),
        "fees": money(-ending.fees),
        "funding": money(-ending.funding),
        "turnover": money(turnover),
        "position": format_units(held, instrument.quantity_decimals),
        "max_drawdown": format_decimal(max_drawdown(_with_start(curve, ending.capital))),
        "sharpe": figure.value,
        "sharpe_basis": figure.basis,
        "waterfall": {
            "grid": money(ending.grid),
            "trend": money(ending.trend),
            "slippage": money(ending.slippage),
            "fees": money(ending.fees),
            "funding": money(ending.funding),
            "liquidation": money(ending.liquidation),
            "total": money(ending.total),
        },
        "realism": _realism(honesty),
        "assumptions": [asdict(a) for a in asked.assumptions],
        "buy_and_hold": _buy_and_hold(machine, trail.first_price, curve, ending.capital),
        "decision": _decision(machine),
        "models": asked.models,
        "parameters": {
            p.name: {
                "value": _shown(asked.values[p.name]), "unit": p.unit,
                "default": None if p.required else _shown(p.default),
                "given": p.name in asked.given, "doc": p.doc, "doc_zh": p.doc_zh,
            }
            for p in asked.parameters
        },
        "data": {
            "source": asked.source,
            "rows": history.rows,
            "kinds": sorted({KIND_NAMES[k] for k in history.kinds if k in KIND_NAMES}),
            "start": _utc(history.start_ns),
            "end": _utc(history.end_ns),
            "gaps": [
                {"after": _utc(g.after_ns), "before": _utc(g.before_ns), "reason": g.reason}
                for g in history.gaps
            ],
        },
        "command": asked.command,
        "version": asked.version,
        "wall_s": round(wall_s, 6),
        "events_per_s": round(trail.rows / wall_s) if wall_s > 0 else None,
        "outcome_sha256": trail.digest,
    }  # fmt: skip


def _waterfall(machine: Machine) -> Waterfall:
    book = machine.book
    held = 0
    for i in range(len(book.instruments)):
        quantity = int(book.positions[i * 2]["quantity"] + book.positions[i * 2 + 1]["quantity"])
        held += int(worth(book.terms[i], int(book.markets[i]["last"]), quantity))
    ending = waterfall([int(b) for b in book.balances[0].sum(axis=0)], held)
    seen = int(equity(book.head, book.markets, book.terms, book.positions, book.balances))
    assert ending.equity == seen
    return ending


def _turnover(machine: Machine) -> int:
    """Return the notional of all fills, both sides."""
    return int(machine.book.head[0]["turnover"])


def _with_start(curve: np.ndarray, start: int) -> np.ndarray:
    return np.concatenate(([start], curve["equity"]))


def _ratio(part: int, whole: int) -> str:
    if whole <= 0:
        return "0"
    return format_decimal((Decimal(part) / Decimal(whole)).quantize(Decimal("0.00000001")))


def _realism(honesty: Realism) -> dict[str, Any]:
    edge = honesty.break_even_slippage
    return {
        "score": honesty.score,
        "grade": honesty.grade,
        "items": [asdict(item) for item in honesty.items],
        "break_even_slippage": None if edge is None else format_decimal(edge),
        "costs_modelled": list(honesty.costs_modelled),
        "gaps": honesty.gaps,
    }


def _buy_and_hold(machine: Machine, first: int, curve: np.ndarray, capital: int) -> dict[str, str]:
    """Put the whole capital into the instrument at the first price and wait."""
    book = machine.book
    instrument, terms = book.instruments[0], book.terms[0]
    last = int(book.markets[0]["last"])
    money = capital - int(fee_on(capital, int(terms["taker_rate"])))
    quantity = int(quantity_for(terms, first, money)) if first else 0
    spent = int(worth(terms, first, quantity))
    fee = int(fee_on(abs(spent), int(terms["taker_rate"])))
    end = capital - fee + int(worth(terms, last, quantity)) - spent
    path = np.array(
        [capital - fee + int(worth(terms, int(p), quantity)) - spent for p in curve["price"]] or [0]
    )
    return {
        "equity_end": format_units(end, instrument.money_decimals),
        "pnl": format_units(end - capital, instrument.money_decimals),
        "pnl_rate": _ratio(end - capital, capital),
        "max_drawdown": format_decimal(max_drawdown(np.concatenate(([capital], path)))),
    }


def _decision(machine: Machine) -> Explanation:
    seat = machine.book.robots[0]
    return machine.explain(int(seat["code"]), int(seat["have"]), int(seat["need"]))


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format_decimal(value)
    return list(value) if isinstance(value, tuple) else value


def _utc(ts_ns: int) -> str:
    return str(np.datetime64(ts_ns, "ns").astype("datetime64[ms]")) + "Z"
