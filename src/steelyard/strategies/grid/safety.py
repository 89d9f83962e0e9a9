"""What can be refused before the first price, each with its sentence.

Rule 1: nothing here is skipped because a position exists.
Rule 2: what needs a price (profit of a round trip) is checked at the first one, by `starting`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from steelyard.kernel.strategy import Situation
from steelyard.model.decimals import format_decimal, format_units, to_units
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument, Kind


def check(values: Mapping[str, Any], situation: Situation, traded: Instrument) -> None:
    """Hold instrument, account and position against the parameters."""
    _check_units(values, traded)
    _check_account(values, situation, traded)
    _check_position(values, situation, traded)


def contracts(budget: Decimal, traded: Instrument) -> int:
    """Return how many units of an inverse perpetual's quantity a quote budget is."""
    return int(budget / traded.multiplier * 10**traded.quantity_decimals)


def _check_units(values: Mapping[str, Any], traded: Instrument) -> None:
    interval = to_units(values["price_interval"], traded.price_decimals, "price_interval")
    if interval % traded.tick:
        raise ConfigurationError(
            f"price_interval was {format_decimal(values['price_interval'])}, allowed are multiples "
            f"of {traded.name}'s tick {traded.price_text(traded.tick)}"
        )
    budget = values["order_quantity"]
    if traded.kind != Kind.INVERSE:
        for name in ("order_quantity", "min_order_value"):
            to_units(values[name], traded.money_decimals, name)
    smallest = traded.money_decimal(traded.notional_min)
    if traded.kind == Kind.INVERSE:
        smallest = Decimal(0)
        if contracts(budget, traded) < max(traded.lot, traded.quantity_min):
            raise ConfigurationError(
                f"order_quantity was {format_decimal(budget)}, one contract of {traded.name} is "
                f"worth {format_decimal(traded.multiplier)} {traded.quote}; "
                "allowed is at least that"
            )
    if budget < smallest:
        raise ConfigurationError(
            f"order_quantity was {format_decimal(budget)}, {traded.venue} asks for at least "
            f"{format_decimal(smallest)} {traded.settle}"
        )
    if traded.kind == Kind.SPOT and values["mode"] != "long":
        raise ConfigurationError(
            f"mode was {values['mode']!r} on spot {traded.name}, allowed is long; "
            "short and neutral need a perpetual"
        )


def _check_account(values: Mapping[str, Any], situation: Situation, traded: Instrument) -> None:
    if situation.equity <= 0:
        raise ConfigurationError(
            f"equity was {format_units(situation.equity, traded.money_decimals)} "
            f"{traded.settle}, allowed is above 0; pay in first"
        )
    if situation.leverage > values["leverage_max"]:
        raise ConfigurationError(
            f"leverage was {situation.leverage}, leverage_max allows {values['leverage_max']}; "
            "lower the account's leverage or raise leverage_max"
        )
    if traded.kind == Kind.INVERSE:
        return  # what a level costs in coins depends on the price: checked at the first one
    budget = traded.money(values["order_quantity"])
    levels = situation.equity * situation.leverage // budget
    asked = values["position_safety_check"]
    if levels < asked:
        equity = format_units(situation.equity, traded.money_decimals)
        raise ConfigurationError(
            f"equity {equity} {traded.settle} × leverage {situation.leverage} pays for {levels} "
            f"levels of {format_decimal(values['order_quantity'])}, position_safety_check asks "
            f"for {asked}; lower order_quantity or position_safety_check"
        )


def _check_position(values: Mapping[str, Any], situation: Situation, traded: Instrument) -> None:
    held = situation.restored_quantity
    wrong = (values["mode"] == "long" and held < 0) or (values["mode"] == "short" and held > 0)
    if wrong:
        raise ConfigurationError(
            f"the account holds {format_units(held, traded.quantity_decimals)} of {traded.name}, "
            f"mode {values['mode']} allows only the other side; close it or choose another mode"
        )
    if held and situation.restored_entry <= 0:
        raise ConfigurationError(
            f"the account holds {format_units(held, traded.quantity_decimals)} of {traded.name} "
            "with no entry price, allowed is a position with its entry"
        )
