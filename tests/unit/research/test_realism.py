"""The realism score: what is taken off, for what, and in which order it is told."""

from dataclasses import replace
from decimal import Decimal

import pytest

from steelyard.model.history import Assumption
from steelyard.model.kinds import BAR, DEPTH_ASK, DEPTH_BID, FUNDING, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.services.research.modelling import Models
from steelyard.services.research.realism import Circumstances, realism

TRADES = frozenset({TRADE_BUY, TRADE_SELL})
BEST = Circumstances(
    kinds=TRADES | {QUOTE, DEPTH_BID, DEPTH_ASK}, perpetual=False,
    models=Models(latency="fixed:50ms").texts(), gaps=0, fills=1_000, pnl=50, turnover=20_000,
    assumptions=(),
)  # fmt: skip


def assumed(penalty: int) -> Assumption:
    return Assumption(what=f"something {penalty}", why="nobody said", penalty=penalty)


def test_full_data_and_named_costs_lose_nothing() -> None:
    best = realism(BEST)

    assert (best.score, best.grade, best.items) == (100, "A", ())


@pytest.mark.parametrize("facts,lost", [
    (replace(BEST, kinds=frozenset({BAR})), {"bars; path inside a bar: pessimistic": 20}),
    (replace(BEST, kinds=TRADES), {"trades without quotes": 5, "no order book": 3}),
    (replace(BEST, kinds=TRADES | {QUOTE}), {"no order book": 3}),
    (replace(BEST, kinds=TRADES | {BAR, QUOTE}), {"no order book": 3}),
    (replace(BEST, models=Models().texts()), {"no latency": 8}),
    (replace(BEST, models=Models(latency="fixed:1ms", queue="touch").texts()),
     {"queue model touch": 10}),
    (replace(BEST, models=Models(latency="fixed:1ms", liquidity="unlimited").texts()),
     {"unlimited liquidity": 12}),
    (replace(BEST, models=Models(latency="fixed:1ms", slippage="none").texts()),
     {"no slippage on market orders": 5}),
    (replace(BEST, perpetual=True), {"no funding rates": 8}),
    (replace(BEST, perpetual=True, kinds=BEST.kinds | {FUNDING}), {}),
    (replace(BEST, gaps=3), {"3 gaps in the data": 3}),
    (replace(BEST, gaps=500), {"500 gaps in the data": 10}),
    (replace(BEST, fills=29), {"29 fills": 10}),
    (replace(BEST, fills=30), {}),
    (replace(BEST, assumptions=(assumed(4),)), {"something 4": 4}),
])  # fmt: skip
def test_each_weakness_has_its_price(facts: Circumstances, lost: dict[str, int]) -> None:
    found = realism(facts)

    assert {item.what: item.penalty for item in found.items} == lost
    assert found.score == 100 - sum(lost.values())
    assert all(item.why for item in found.items)


@pytest.mark.parametrize("penalty,score,grade", [
    (15, 85, "A"), (16, 84, "B"), (30, 70, "B"), (31, 69, "C"), (50, 50, "C"), (51, 49, "D"),
    (70, 30, "D"), (71, 29, "E"), (100, 0, "E"), (250, 0, "E"),
])  # fmt: skip
def test_the_grade_follows_the_score_and_neither_falls_below_the_last(
    penalty: int, score: int, grade: str
) -> None:
    found = realism(replace(BEST, assumptions=(assumed(penalty),)))

    assert (found.score, found.grade) == (score, grade)


def test_the_dearest_weakness_is_told_first() -> None:
    facts = replace(BEST, kinds=frozenset({BAR}), fills=1, assumptions=(assumed(1), assumed(15)))

    assert [item.penalty for item in realism(facts).items] == [20, 15, 10, 1]


@pytest.mark.parametrize("pnl,turnover,edge", [
    (50, 20_000, Decimal("0.0025")), (1, 3, Decimal("0.33333333")), (0, 20_000, None),
    (-5, 20_000, None), (50, 0, None),
])  # fmt: skip
def test_the_slippage_at_which_the_profit_is_gone(
    pnl: int, turnover: int, edge: Decimal | None
) -> None:
    assert realism(replace(BEST, pnl=pnl, turnover=turnover)).break_even_slippage == edge


def test_costs_that_are_modelled_are_named() -> None:
    bare = Models(liquidity="unlimited", slippage="none").texts()

    assert realism(replace(BEST, models=bare)).costs_modelled == ("fees",)
    assert realism(replace(BEST, perpetual=True, kinds=BEST.kinds | {FUNDING})).costs_modelled == (
        "fees", "partial fills", "slippage", "latency", "funding", "margin and liquidation",
    )  # fmt: skip
