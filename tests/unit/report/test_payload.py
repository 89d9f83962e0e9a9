"""What the page reads is exact where it is money, counted where it is cut, refused where wrong."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from steelyard.model.errors import NumberError
from steelyard.services.research.report.payload import FILLS_MAX, GAPS_MAX, payload, waterfall
from tests.unit.report.sample import WATERFALL, report


def made(**changes: Any) -> dict[str, Any]:
    return payload(report(**changes))


def test_the_parts_are_added_up_exactly() -> None:
    found = waterfall(WATERFALL, "13.00000001")

    assert found["sum"] == "13.00000001"
    assert found["difference"] == "0"
    assert found["pnl_difference"] == "0"


def test_a_difference_in_the_last_decimal_is_handed_on() -> None:
    found = waterfall({**WATERFALL, "total": "13.00000002"}, "13.00000001")

    assert found["difference"] == "0.00000001"
    assert found["pnl_difference"] == "-0.00000001"


@pytest.mark.parametrize("parts", [None, {}, {"grid": "1"}])
def test_a_waterfall_without_a_total_is_refused(parts: object) -> None:
    with pytest.raises(ValueError, match="a total"):
        waterfall(parts, "0")


def test_a_part_that_is_a_float_is_refused() -> None:
    with pytest.raises(NumberError):
        waterfall({"grid": 0.1, "total": "0.1"}, "0.1")


def test_fills_are_exact_text() -> None:
    found = made()["fills"]

    assert found["price"][:3] == ["3000", "3005", "3010"]
    assert found["quantity"][0] == "0.16"
    assert found["fee"][0] == "0.096"
    assert found["profit"][:2] == [None, "0.8"]


def test_money_beyond_the_reach_of_a_float_stays_exact() -> None:
    given = report()
    fills = replace(given.fills, fee=np.full(60, 9_007_199_254_740_993))

    assert payload(replace(given, fills=fills))["fills"]["fee"][0] == "90071992.54740993"  # type: ignore[index]


def test_cut_fills_are_counted() -> None:
    found = made(filled=FILLS_MAX + 7)["fills"]

    assert found["total"] == FILLS_MAX + 7
    assert len(found["t"]) == len(found["price"]) == len(found["profit"]) == FILLS_MAX
    assert found["number"][0] == "8"
    assert found["number"][-1] == str(FILLS_MAX + 7)
    assert found["closing"] == (FILLS_MAX + 7) // 2


def test_cut_gaps_are_counted() -> None:
    gap = {"after": "2024-08-01", "before": "2024-08-02", "reason": "x"}
    history: Any = report().result["data"]
    found = made(data={**history, "gaps": [gap] * (GAPS_MAX + 1)})["result"]["data"]

    assert len(found["gaps"]) == GAPS_MAX
    assert found["gaps_total"] == GAPS_MAX + 1


def test_the_counts_of_the_result_win_over_the_rows_given() -> None:
    found = made()["orders"]

    assert found["total"] == 90
    assert len(found["rows"]) == 30


@pytest.mark.parametrize("key", ["pnl", "waterfall", "realism", "assumptions", "currency"])
def test_a_result_without_what_the_page_must_show_is_refused(key: str) -> None:
    given = report()
    lacking = {name: value for name, value in given.result.items() if name != key}

    with pytest.raises(ValueError, match=f"lacks {key}"):
        payload(replace(given, result=lacking))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_refused(wrong: float) -> None:
    given = report()
    equity = given.curve.equity.copy()
    equity[5] = wrong

    with pytest.raises(ValueError, match=r"Curve\.equity was (nan|inf) in row 5"):
        payload(replace(given, curve=replace(given.curve, equity=equity)))


def test_columns_of_different_lengths_are_refused() -> None:
    given = report()

    with pytest.raises(ValueError, match="lengths"):
        payload(replace(given, fills=replace(given.fills, fee=given.fills.fee[1:])))


def test_nothing_traded_is_a_report_too() -> None:
    found = made(bars=0, filled=0)

    assert found["fills"]["total"] == 0
    assert found["curve"]["t"] == []
    assert found["candles"]["t"] == []
    assert found["returns"]["mean"] is None


def test_a_drawdown_that_was_given_is_drawn() -> None:
    given = report(bars=100)
    drawdown = np.full(100, -0.25)
    found: Any = payload(replace(given, curve=replace(given.curve, drawdown=drawdown)))

    assert set(found["curve"]["drawdown"][:-2]) == {-0.25}


def test_levels_are_the_outermost_lines() -> None:
    assert made()["levels"] == {"count": 3, "low": "2995.00", "high": "3005.00"}


def test_the_drawn_curves_end_where_the_headline_says() -> None:
    found = made(bars=1_000)["curve"]

    assert found["equity"][-1] == 5013.0
    assert found["hold"][-1] == 4900.5
