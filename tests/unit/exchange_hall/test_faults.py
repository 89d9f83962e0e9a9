"""Rules of faults: whom they meet, and that they are the same in every run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.exchange.hall.faults import REQUEST_FAULTS, Fault, Faults, Moment, Rule, read_rule
from steelyard.model.errors import ConfigurationError

KINDS = (Fault.LOST_AFTER, Fault.HTML)


def moment(path: str = "POST /order", **more: object) -> Moment:
    return Moment(**{"dialect": "plain", "at_s": 10.0, "path": path, **more})  # type: ignore[arg-type]


def fired(rule: Rule, moments: list[Moment]) -> list[bool]:
    faults = Faults()
    faults.add(rule)
    return [faults.first(tuple(Fault), one) is not None for one in moments]


@given(st.integers(0, 9), st.floats(0.0, 1.0), st.integers(1, 4), st.integers(0, 5))
def test_the_same_seed_meets_the_same_requests(
    seed: int, probability: float, every: int, skip: int
) -> None:
    rule = Rule(
        fault=Fault.HTML, id="x", probability=probability, every=every, skip=skip, seed=seed
    )
    moments = [moment()] * 60
    assert fired(rule, moments) == fired(rule, moments)


def test_another_seed_meets_others() -> None:
    runs = {
        tuple(fired(Rule(fault=Fault.HTML, id="x", probability=0.5, seed=seed), [moment()] * 40))
        for seed in range(5)
    }
    assert len(runs) == 5


def test_every_skip_and_count() -> None:
    rule = Rule(fault=Fault.HTML, every=3, skip=2, count=2)
    assert [i for i, hit in enumerate(fired(rule, [moment()] * 20)) if hit] == [2, 5]


@pytest.mark.parametrize(
    "rule, meets",
    [
        ({"path": "POST *"}, True),
        ({"path": "GET *"}, False),
        ({"path": "* /order"}, True),
        ({"path": "WS *"}, False),
        ({"dialect": "other"}, False),
        ({"account": 1}, True),
        ({"account": 2}, False),
        ({"text": "side=(buy|sell)"}, True),
        ({"text": "hold"}, False),
        ({"from_s": 11}, False),
        ({"from_s": 9, "until_s": 10}, False),
        ({"from_s": 9, "until_s": 11}, True),
    ],
)
def test_whom_a_rule_meets(rule: dict[str, object], meets: bool) -> None:
    found = read_rule({"fault": "html", **rule})
    assert fired(found, [moment(account=1, text="side=buy")]) == [meets]


def test_rules_for_requests_leave_sockets_alone() -> None:
    on_socket = moment("WS /ws")
    assert fired(Rule(fault=Fault.LOST_BEFORE), [on_socket]) == [False]
    assert fired(Rule(fault=Fault.LOST_BEFORE, path="WS /ws*"), [on_socket]) == [True]


def test_rules_are_replaced_by_id_listed_and_cleared() -> None:
    faults = Faults()
    faults.add(Rule(fault=Fault.HTML, id="a"))
    faults.add(Rule(fault=Fault.EMPTY, id="a"))
    made = faults.add(Rule(fault=Fault.SKEW, ms=500))
    assert faults.first(REQUEST_FAULTS, moment()) is not None
    assert faults.skew_ms("plain", 1.0) == 500
    assert [(one["id"], one["fired"]) for one in faults.listed()] == [("a", 1), (made, 0)]
    assert faults.any(Fault.EMPTY)
    assert not faults.any(Fault.HTML)
    assert faults.clear("a") == 1
    assert faults.clear() == 1
    assert faults.skew_ms("plain", 1.0) == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "unheard_of"},
        {"fault": "html", "colour": "red"},
        {"fault": "html", "every": 0},
        {"fault": "html", "probability": 1.5},
        {"fault": "html", "text": "("},
        {},
    ],
)
def test_a_rule_nobody_understands_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        read_rule(rule)
