"""Parameters, safety check, and what the strategy tells about itself."""

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from steelyard.kernel.strategy import Situation
from steelyard.model.errors import ConfigurationError, InputError
from steelyard.model.parameters import Form, read_parameters
from steelyard.model.reasons import REASONS as SHARED
from steelyard.model.units import Money, Price, Rate
from steelyard.strategies.grid.parameters import PARAMETERS
from steelyard.strategies.grid.reasons import (
    REASONS,
    UNSAFE_POSITIONS,
    UNSAFE_PROFIT,
    UNSAFE_SIZE,
)
from steelyard.strategies.grid.strategy import GRID
from tests.unit.strategies_grid.desk import Desk, inverse, perpetual, prepare, spot

NEEDED = {"price_interval": "1", "order_quantity": "100"}


def test_only_interval_and_quantity_are_required() -> None:
    assert [p.name for p in PARAMETERS if p.required] == ["price_interval", "order_quantity"]
    values = read_parameters(PARAMETERS, NEEDED, owner="grid")
    assert (values["buy_window_size"], values["sell_window_size"]) == (10, 10)


def test_every_parameter_has_words_in_both_languages_and_a_unit_or_choices() -> None:
    for parameter in PARAMETERS:
        assert parameter.doc, parameter.name
        assert re.search("[\u4e00-\u9fff]|ATR", parameter.doc_zh), parameter.name
        if parameter.form in (Form.INTEGER, Form.DECIMAL):
            assert parameter.unit, parameter.name
            assert parameter.minimum is not None or parameter.above is not None


@pytest.mark.parametrize(
    "name", [p.name for p in PARAMETERS if p.form not in (Form.TEXT, Form.LIST)]
)
def test_a_bad_value_of_each_parameter_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} was '-7x', allowed is .+"):
        read_parameters(PARAMETERS, NEEDED | {name: "-7x"}, owner="grid")


@pytest.mark.parametrize(
    "name", [p.name for p in PARAMETERS if p.form in (Form.INTEGER, Form.DECIMAL)]
)
def test_a_number_out_of_bounds_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} was '-1', allowed is .+"):
        read_parameters(PARAMETERS, NEEDED | {name: "-1"}, owner="grid")


@pytest.mark.parametrize(
    "given,words",
    [
        ({"order_quantity": "19"},
         "order_quantity was 19, min_order_value allows at least 20 (quote)"),
        ({"inventory_skew": "0.5"},
         "inventory_skew was 0.5 with inventory_max 0, allowed is a skew only with a limit"),
        ({"guard_fast_ratio": "0.995"},
         "guard_fast_ratio was 0.995, allowed is at most guard_slow_ratio 0.99"),
        ({"slots_max": 64, "buy_window_size": 30},
         "slots_max was 64, allowed is at least twice both windows, 80"),
        ({"risk_trigger": "most"},
         "risk_trigger was 'most', allowed is all, any or a whole number from 1 to 8"),
        ({"risk_trigger": "9"},
         "risk_trigger was '9', allowed is all, any or a whole number from 1 to 8"),
        ({"monitor_instruments": "A,B,C,D,E,F,G,H,I"},
         "monitor_instruments named 9, allowed are at most 8"),
        ({"price_interval": "0.015"},
         "price_interval was 0.015, allowed are at most 2 decimals"),
        ({"order_quantity": "5000", "position_safety_check": "100"},
         "equity 100000 USDT × leverage 1 pays for 20 levels of 5000, position_safety_check asks"),
    ],
)  # fmt: skip
def test_values_that_are_wrong_together_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        Desk(**given)


def situation(**changes: Any) -> Situation:
    start: dict[str, Any] = {"instruments": (perpetual(),), "equity": 10**11, "leverage": 1}
    return Situation(**(start | changes))


@pytest.mark.parametrize(
    "changes,given,words",
    [
        ({"equity": 0}, {}, "equity was 0 USDT, allowed is above 0"),
        ({"leverage": 11}, {}, "leverage was 11, leverage_max allows 10"),
        ({"instruments": (perpetual(tick=Price(50)),)}, {"price_interval": "0.6"},
         "price_interval was 0.6, allowed are multiples of ETH/USDT:USDT's tick 0.5"),
        ({"instruments": (perpetual(notional_min=Money(200_000_000)),)}, {},
         "order_quantity was 100, sim asks for at least 200 USDT"),
        ({"instruments": (spot(),)}, {"mode": "short"},
         "mode was 'short' on spot ETH/USDT, allowed is long"),
        ({"instruments": (inverse(),)}, {"order_quantity": "9", "min_order_value": "1"},
         "order_quantity was 9, one contract of ETH/USD:ETH is worth 10 USD"),
        # A position does not excuse from the check, and one on the wrong side is refused.
        ({"equity": 0, "restored_quantity": 1, "restored_entry": 1}, {}, "equity was 0 USDT"),
        ({"restored_quantity": -1, "restored_entry": 1}, {},
         "the account holds -0.001 of ETH/USDT:USDT, mode long allows only the other side"),
        ({"restored_quantity": 1, "restored_entry": 1}, {"mode": "short"},
         "the account holds 0.001 of ETH/USDT:USDT, mode short allows only the other side"),
        ({"restored_quantity": 1}, {},
         "the account holds 0.001 of ETH/USDT:USDT with no entry price"),
    ],
)  # fmt: skip
def test_an_unsafe_start_is_refused(
    changes: dict[str, Any], given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        prepare(situation(**changes), **given)


def test_an_interval_that_does_not_pay_its_fees_keeps_the_robot_from_trading() -> None:
    fees = perpetual().fees.__class__(maker=Rate(600_000), taker=Rate(600_000))
    desk = Desk(perpetual(fees=fees))

    desk.price("100")

    assert desk.code == UNSAFE_PROFIT
    # 100 × 0.6 % twice and a little more for the higher sell.
    assert (desk.robots["have"][0], desk.robots["need"][0]) == (100, 120)
    desk.price("10")
    assert desk.placed == []


def test_an_order_that_may_take_is_reckoned_with_the_takers_fee() -> None:
    fees = perpetual().fees.__class__(maker=Rate(0), taker=Rate(600_000))
    for given in ({"post_only": False}, {"post_only_fallback": "taker"}):
        desk = Desk(perpetual(fees=fees), **given)
        desk.price("100")
        assert desk.code == UNSAFE_PROFIT


def test_what_an_inverse_account_can_pay_for_is_checked_at_the_first_price() -> None:
    desk = Desk(inverse(), equity="1", order_quantity="100", position_safety_check="100")

    desk.price("2000")

    assert desk.code == UNSAFE_POSITIONS
    assert (desk.robots["have"][0], desk.robots["need"][0]) == (20, 100)


def test_a_level_that_rounds_under_the_venues_minimum_keeps_the_robot_from_trading() -> None:
    own = perpetual()
    desk = Desk(
        perpetual(lot=own.quantity("0.7"), notional_min=own.money("80")), order_quantity="100"
    )

    desk.price("100")

    # 100 buys one lot of 0.7 coins: worth 70.
    assert desk.code == UNSAFE_SIZE
    assert (desk.robots["have"][0], desk.robots["need"][0]) == (own.money("70"), own.money("80"))
    assert desk.placed == []


def test_no_price_means_no_orders_and_says_so() -> None:
    desk = Desk()
    desk.turn(35)
    assert desk.code == 202
    assert desk.placed == []


def test_every_reason_is_in_the_strategys_range_and_in_both_languages() -> None:
    assert not set(REASONS) & set(SHARED)
    assert len({reason.name for reason in REASONS.values()}) == len(REASONS)
    for code, reason in REASONS.items():
        assert 200 <= code < 300
        assert re.search("[\u4e00-\u9fff]", reason.chinese)
        for words in (reason.english, reason.chinese):
            assert set(re.findall(r"{(\w+)}", words)) <= {"have", "need"}


def test_the_lines_are_the_live_orders() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")
    desk.price("99")
    desk.fill(-1)
    assert GRID.lines is not None

    lines = GRID.lines(desk.prepared, desk.terms)

    assert [(line.price, line.side) for line in lines] == [(9700, 1), (9800, 1), (10000, -1)]
    assert lines[-1].label == "close -1 at 100"


def test_a_snapshot_is_bytes() -> None:
    desk = Desk(buy_window_size=3)
    desk.price("100")

    copy = np.frombuffer(desk.prepared.cells.tobytes(), dtype=desk.prepared.cells.dtype)

    assert (copy == desk.prepared.cells).all()
    assert Decimal(desk.prepared.cells.itemsize) % 8 == 0
