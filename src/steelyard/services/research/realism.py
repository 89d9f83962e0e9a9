"""The realism score: how much a backtest's figure is worth, and what was taken off and why.

Starts at 100. Every assumption nobody stated, every cost not modelled and every weakness of the
data takes points off; the list is printed beside the result, never behind it.
"""

from dataclasses import dataclass
from decimal import Decimal

from steelyard.model.history import Assumption
from steelyard.model.kinds import BAR, DEPTH_ASK, DEPTH_BID, FUNDING, QUOTE, TRADE_BUY, TRADE_SELL

_FILLS_FEW = 30
_GRADES = ((85, "A"), (70, "B"), (50, "C"), (30, "D"), (0, "E"))
_GAPS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Realism:
    """Score 0 to 100 with its grade; `items` name every deduction."""

    score: int
    grade: str
    items: tuple[Assumption, ...]
    costs_modelled: tuple[str, ...]
    gaps: int
    break_even_slippage: Decimal | None
    """Extra cost per unit of turnover at which the profit is gone; None without profit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the score looks at. `models` maps queue, liquidity, slippage, latency, path, fees."""

    kinds: frozenset[int]
    perpetual: bool
    models: dict[str, str]
    gaps: int
    fills: int
    pnl: int
    turnover: int
    assumptions: tuple[Assumption, ...]


def realism(facts: Circumstances) -> Realism:
    """Score a run."""
    items = [*facts.assumptions, *_data(facts), *_models(facts)]
    if facts.gaps:
        items.append(
            Assumption(
                what=f"{facts.gaps} gaps in the data",
                why="nothing could trade while the recording was silent",
                penalty=min(facts.gaps, _GAPS_MAX),
            )
        )
    if facts.fills < _FILLS_FEW:
        items.append(
            Assumption(
                what=f"{facts.fills} fills",
                why=f"fewer than {_FILLS_FEW} fills say little about the next ones",
                penalty=10,
            )
        )
    score = max(0, 100 - sum(item.penalty for item in items))
    return Realism(
        score=score,
        grade=next(grade for least, grade in _GRADES if score >= least),
        items=tuple(sorted(items, key=lambda item: -item.penalty)),
        costs_modelled=_costs(facts),
        gaps=facts.gaps,
        break_even_slippage=_break_even(facts),
    )


def _break_even(facts: Circumstances) -> Decimal | None:
    if facts.turnover <= 0 or facts.pnl <= 0:
        return None
    return (Decimal(facts.pnl) / Decimal(facts.turnover)).quantize(Decimal("0.00000001"))


def _costs(facts: Circumstances) -> tuple[str, ...]:
    costs = ["fees", "partial fills" if facts.models["liquidity"] != "unlimited" else ""]
    costs.append("slippage" if facts.models["slippage"] != "none" else "")
    costs.append("latency" if facts.models["latency"] != "none" else "")
    costs.append("funding" if FUNDING in facts.kinds else "")
    costs.append("margin and liquidation" if facts.perpetual else "")
    return tuple(cost for cost in costs if cost)


def _data(facts: Circumstances) -> list[Assumption]:
    kinds = facts.kinds
    if BAR in kinds and not kinds & {TRADE_BUY, TRADE_SELL, QUOTE}:
        return [
            Assumption(
                what=f"bars; path inside a bar: {facts.models['path']}",
                why="a bar does not say in which order its prices came, nor how much traded where",
                penalty=20,
            )
        ]
    found = []
    if not kinds & {QUOTE, DEPTH_BID, DEPTH_ASK}:
        found.append(
            Assumption(
                what="trades without quotes",
                why="the spread is unknown: what a market order pays is a model",
                penalty=5,
            )
        )
    if not kinds & {DEPTH_BID, DEPTH_ASK}:
        found.append(
            Assumption(
                what="no order book",
                why="the queue before our orders is a model",
                penalty=3,
            )
        )
    return found


def _models(facts: Circumstances) -> list[Assumption]:
    found = []
    models = facts.models
    if models["latency"] == "none":
        found.append(
            Assumption(
                what="no latency",
                why="orders arrive at once; --latency fixed:50ms makes them late",
                penalty=8,
            )
        )
    if models["queue"] == "touch":
        found.append(
            Assumption(
                what="queue model touch",
                why="resting orders fill as soon as their price trades, as if first in the queue",
                penalty=10,
            )
        )
    if models["liquidity"] == "unlimited":
        found.append(
            Assumption(
                what="unlimited liquidity",
                why="orders of any size fill at once",
                penalty=12,
            )
        )
    if models["slippage"] == "none":
        found.append(
            Assumption(
                what="no slippage on market orders",
                why="taking liquidity costs the spread at least",
                penalty=5,
            )
        )
    if facts.perpetual and FUNDING not in facts.kinds:
        found.append(
            Assumption(
                what="no funding rates",
                why="a perpetual pays or receives funding every few hours; give --funding FILE",
                penalty=8,
            )
        )
    return found
