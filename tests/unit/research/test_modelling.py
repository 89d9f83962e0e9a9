"""The simulator's models as a person writes them, and what is said about what nobody can mean."""

import pytest

from steelyard.model.errors import InputError
from steelyard.services.research.modelling import Models, fee_text, read_models


@pytest.mark.parametrize("text,name,delay_ns,jitter_ns", [
    ("none", "none", 0, 0),
    ("fixed:50ms", "fixed", 50_000_000, 0),
    ("fixed:1.5s", "fixed", 1_500_000_000, 0),
    ("fixed:300us", "fixed", 300_000, 0),
    ("fixed:7ns", "fixed", 7, 0),
    ("fixed:0ms", "fixed", 0, 0),
    ("jitter:50ms±20ms", "jitter", 50_000_000, 20_000_000),
    ("jitter:50ms+-20ms", "jitter", 50_000_000, 20_000_000),
    ("jitter:1s ± 250ms", "jitter", 1_000_000_000, 250_000_000),
])  # fmt: skip
def test_latency_is_read_in_nanoseconds(
    text: str, name: str, delay_ns: int, jitter_ns: int
) -> None:
    read = read_models(Models(latency=text))

    assert (read.latency, read.delay_ns, read.jitter_ns) == (name, delay_ns, jitter_ns)


@pytest.mark.parametrize("text", [
    "", "50ms", "fixed", "fixed:", "fixed:50", "fixed:50 min", "fixed:-1ms", "none:1ms",
    "jitter:50ms", "jitter:50ms±", "slow:1s", "fixed:1e3ms",
])  # fmt: skip
def test_a_latency_nobody_can_mean_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InputError) as refused:
        read_models(Models(latency=text))

    assert str(refused.value) == (
        f"latency was {text!r}, allowed are none, fixed:TIME or jitter:TIME±TIME, "
        "TIME such as 50ms, 2s or 300us"
    )


@pytest.mark.parametrize("text,name,rate", [
    ("none", "none", 0),
    ("rate:0.0001", "rate", 10_000),
    ("rate:0", "rate", 0),
    ("rate:1", "rate", 100_000_000),
    ("half_spread", "half_spread", 10_000),
])  # fmt: skip
def test_slippage_is_read_as_a_ratio(text: str, name: str, rate: int) -> None:
    read = read_models(Models(slippage=text))

    assert (read.slippage, read.slippage_rate) == (name, rate)


@pytest.mark.parametrize("text", ["", "rate", "rate:", "rate:2", "rate:-0.1", "rate:1%",
                                  "half_spread:1", "none:0", "rate:0.000000001"])  # fmt: skip
def test_a_slippage_nobody_can_mean_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="slippage"):
        read_models(Models(slippage=text))


def test_the_schedule_is_no_pair_of_fees() -> None:
    assert read_models(Models(fees="schedule")).fees is None


@pytest.mark.parametrize("text,fees", [
    ("0.0002,0.0005", (20_000, 50_000)),
    ("0,0", (0, 0)),
    ("-0.00005,0.0004", (-5_000, 40_000)),  # a rebate
    (" 0.001 , 0.001 ", (100_000, 100_000)),
])  # fmt: skip
def test_fees_are_maker_then_taker(text: str, fees: tuple[int, int]) -> None:
    assert read_models(Models(fees=text)).fees == fees


@pytest.mark.parametrize("text,said", [
    ("0.001", "fees was '0.001', allowed are schedule or MAKER,TAKER such as 0.0002,0.0005"),
    ("1,2,3", "fees was '1,2,3'"),
    ("a,0.001", "maker fee was 'a'"),
    ("0.001,", "taker fee was ''"),
    ("0.001,1e-4", "taker fee was '1e-4'"),
])  # fmt: skip
def test_fees_nobody_can_mean_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_models(Models(fees=text))

    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("text", ["0", "-0.1", "1.1", "ten", ""])
def test_a_participation_outside_of_a_share_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="participation was"):
        read_models(Models(participation=text))


def test_a_participation_is_a_share() -> None:
    assert read_models(Models(participation="1")).participation_rate == 100_000_000


@pytest.mark.parametrize("name", ["queue", "liquidity", "path"])
def test_a_model_that_does_not_exist_is_refused_with_the_ones_that_do(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} was 'best', allowed are \w+, "):
        read_models(Models(**{name: "best"}))


def test_models_are_printed_as_they_were_written() -> None:
    assert Models(latency="fixed:50ms").texts() == {
        "queue": "through", "liquidity": "traded", "slippage": "rate:0.0001",
        "latency": "fixed:50ms", "path": "pessimistic", "fees": "schedule",
        "participation": "0.1",
    }  # fmt: skip


def test_fees_are_told_in_percent() -> None:
    assert fee_text((20_000, 50_000)) == "maker 0.02 %, taker 0.05 %"
    assert fee_text((-5_000, 0)) == "maker -0.005 %, taker 0 %"
