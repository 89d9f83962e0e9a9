"""Refusals: every documented label has a class, and nothing else is believed."""

import json

import pytest

from steelyard.model.reasons import REASONS
from steelyard.model.reports import Fault, Refusal, Unclear
from steelyard.venues.gate import errors, words
from tests.recorded.market_files import market_file
from tests.unit.venues_gate.account import answer

DECODER = words.decoder(words.Created)


def test_every_documented_label_is_in_the_table() -> None:
    rows = json.loads(market_file("exchange/gate/errors.json").read_text())
    assert len(rows) == 149
    assert [row["label"] for row in rows if row["label"] not in errors.LABELS] == []
    assert all(meaning.code in REASONS for meaning in errors.LABELS.values())


def test_no_label_stands_in_two_groups() -> None:
    labels = [label for _, group in errors._GROUPS for label in group.split()]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    "label, fault",
    [
        ("REQUEST_EXPIRED", Fault.CLOCK), ("INVALID_SIGNATURE", Fault.AUTH),
        ("BALANCE_NOT_ENOUGH", Fault.FUNDS), ("ORDER_NOT_FOUND", Fault.NO_ORDER),
        ("ORDER_CLOSED", Fault.NO_ORDER), ("POC_FILL_IMMEDIATELY", Fault.POST_ONLY),
        ("ORDER_POC_IMMEDIATE", Fault.POST_ONLY), ("READ_ONLY", Fault.AUTH),
        ("CONTRACT_IN_DELISTING", Fault.CANCEL_ONLY), ("REDUCE_EXCEEDED", Fault.REDUCE_ONLY),
        ("POSITION_DUAL_MODE", Fault.MODE), ("ORDER_EXISTS", Fault.DUPLICATE),
    ],
)  # fmt: skip
def test_definite_labels(label: str, fault: Fault) -> None:
    found = errors.read(answer({"label": label, "message": "why"}, 400), DECODER, 0)
    assert isinstance(found, Refusal)
    assert found.fault == fault
    assert label in found.text


@pytest.mark.parametrize("label", ["SERVER_ERROR", "INTERNAL", "TOO_BUSY", "NEVER_HEARD_OF"])
@pytest.mark.parametrize("status", [400, 500, 503])
def test_labels_that_prove_nothing(label: str, status: int) -> None:
    found = errors.read(answer({"label": label, "message": ""}, status), DECODER, 0)
    assert isinstance(found, Unclear)


def test_a_definite_label_under_a_server_error_is_unclear() -> None:
    found = errors.read(answer({"label": "BALANCE_NOT_ENOUGH"}, 502), DECODER, 0)
    assert isinstance(found, Unclear)


@pytest.mark.parametrize("body", [{"label": "TOO_MANY_REQUESTS"}, b"slow down"])
@pytest.mark.parametrize("reset, wait_ns", [("105", 5 * 10**9), ("90", 10**9), ("x", 10**9)])
def test_too_many_requests_say_until_when(body: object, reset: str, wait_ns: int) -> None:
    told = answer(body, 429, {errors.RESET: reset})
    found = errors.read(told, DECODER, 100 * 10**9)
    assert isinstance(found, Refusal)
    assert (found.fault, found.retry_after_ns) == (Fault.RATE_LIMIT, wait_ns)
