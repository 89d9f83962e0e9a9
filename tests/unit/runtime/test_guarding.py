"""What a breaker counts as a failure, and what it does not."""

from types import SimpleNamespace
from typing import Any

from steelyard.model import events as ev
from steelyard.model.reasons import POST_ONLY_CROSSES, VENUE_NO_MARGIN
from steelyard.model.units import Nanos
from steelyard.runtime.breakers import State
from steelyard.runtime.guarding import Guarding
from steelyard.runtime.signs import Kind, Rule


def failing(code: int, times: int) -> list[State]:
    """Return the states of a breaker that opens at the third failure in a row."""
    rule = Rule(name="failures", kind=Kind.FAILURES, threshold=3, reset="person")
    heard: list[ev.Event] = []
    desk: Any = SimpleNamespace(
        plan=SimpleNamespace(breakers=(rule,)), parts=SimpleNamespace(scheduler=None),
        hear=heard.append, now=lambda: Nanos(0), tell=lambda *_: None,
    )  # fmt: skip
    guarding = Guarding(desk)
    for number in range(times):
        guarding.fold(ev.Rejected(ts_ns=Nanos(number), order=number, code=code))
    return [one.state for one in guarding.tripping.breakers.all]


def test_orders_the_venue_cannot_pay_for_are_failures() -> None:
    assert failing(VENUE_NO_MARGIN, 3) == [State.OPEN]


def test_an_order_that_would_have_taken_did_what_was_asked() -> None:
    assert failing(POST_ONLY_CROSSES, 30) == [State.CLOSED]
