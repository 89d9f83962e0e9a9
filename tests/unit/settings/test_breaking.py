"""Thresholds as people write them, and the rules they become."""

from decimal import Decimal

from steelyard.runtime.breakers import Breakers
from steelyard.runtime.signs import Kind, Rule
from steelyard.services.settings.breaking import breaker_rules
from steelyard.services.settings.schema import Breaking


def rules(**changed: object) -> dict[Kind, Rule]:
    made = breaker_rules(Breaking(**changed), money_decimals=6)  # type: ignore[arg-type]
    Breakers(made)  # every rule works
    return {rule.kind: rule for rule in made}


def test_defaults_open_by_failures_and_leave_losses_to_the_owner_of_the_money() -> None:
    found = rules()

    assert set(Kind) - set(found) == {Kind.LOSS_SINGLE, Kind.LOSS_WINDOW, Kind.LOSS_TOTAL}
    assert found[Kind.FAILURES].threshold == 3
    assert found[Kind.JUMP].threshold == 10_000_000
    assert found[Kind.JUMP].span_ns == 60 * 10**9
    assert found[Kind.STALE].threshold == 10 * 10**9
    assert {rule.reset for rule in found.values()} == {"time"}


def test_losses_in_minor_units_closed_by_a_person() -> None:
    window = rules(loss_window=Decimal("500.5"), loss_netted=True)[Kind.LOSS_WINDOW]

    assert (window.threshold, window.span_ns) == (500_500_000, 86_400 * 10**9)
    assert (window.reset, window.netted, window.decimals) == ("person", True, 6)


def test_what_is_too_small_for_the_unit_is_not_switched_off() -> None:
    assert rules(loss_total=Decimal("0.0000001"))[Kind.LOSS_TOTAL].threshold == 1


def test_zero_and_false_switch_off() -> None:
    assert Kind.JOURNAL not in rules(journal=False)
    assert Kind.CPU not in rules(cpu_ratio=Decimal(0))


def test_every_name_that_a_person_may_reserve_is_a_breaker() -> None:
    everything = tuple(kind.value for kind in Kind)

    assert {rule.reset for rule in rules(by_person=everything).values()} == {"person"}
