"""Parameters refuse what is not allowed, in a sentence."""

from decimal import Decimal

import pytest

from steelyard.model.errors import ConfigurationError
from steelyard.model.parameters import declared_parameters, parameter, read_parameters


class Example:
    interval: Decimal = parameter(unit="quote", above=0, doc="distance of two levels")
    window: int = parameter(10, unit="levels", minimum=1, maximum=100, doc="levels")
    mode: str = parameter("long", unit="", choices=("long", "short"), doc="direction")
    careful: bool = parameter(True, unit="", doc="care")
    watched: tuple[str, ...] = parameter(("BTC/USDT",), unit="instruments", doc="monitored")


PARAMETERS = declared_parameters(Example)


def read(**given: object) -> dict[str, object]:
    return read_parameters(PARAMETERS, given, owner="example")


def test_values_are_read_and_defaults_filled() -> None:
    assert read(interval="2.50", window="7", careful="no", watched="A/B, C/D") == {
        "interval": Decimal("2.50"), "window": 7, "mode": "long", "careful": False,
        "watched": ("A/B", "C/D"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name,value,sentence",
    [
        ("interval", "0", "interval was '0', allowed is a decimal above 0 (quote)"),
        ("interval", "-1", "interval was '-1', allowed is a decimal above 0 (quote)"),
        ("interval", "1e3", "interval was '1e3', allowed is a decimal above 0 (quote)"),
        ("interval", "", "interval was '', allowed is a decimal above 0 (quote)"),
        (
            "window", "0",
            "window was '0', allowed is a whole number at least 1 and at most 100 (levels)",
        ),
        (
            "window", "2.5",
            "window was '2.5', allowed is a whole number at least 1 and at most 100 (levels)",
        ),
        ("mode", "up", "mode was 'up', allowed is one of long, short"),
        ("careful", "maybe", "careful was 'maybe', allowed is true or false"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_in_a_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{"interval": "1", name: value})
    assert str(caught.value) == sentence


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"no parameter 'windw'.*did you mean window"):
        read(interval="1", windw="3")


def test_a_required_parameter_is_never_guessed() -> None:
    with pytest.raises(ConfigurationError, match=r"example needs interval \(quote: distance"):
        read()
