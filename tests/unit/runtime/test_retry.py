"""What follows from a failed request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Request
from steelyard.model.reports import Fault, NotSent, Refusal, Unclear
from steelyard.runtime.retry import (
    GROUP_OF,
    SECOND,
    TABLE,
    Failure,
    Group,
    Remedy,
    Trouble,
    backoff_ns,
    judge,
)

FAILURES = st.one_of(
    st.builds(
        Refusal, fault=st.sampled_from(Fault), retry_after_ns=st.integers(0, 10**13), text=st.text()
    ),
    st.builds(NotSent, text=st.text()),
    st.builds(Unclear, text=st.text()),
)


def test_the_table_knows_every_cause_and_every_request() -> None:
    assert set(TABLE) == {*Fault, *Trouble}
    assert set(GROUP_OF) == set(Request)


@given(FAILURES, st.integers(1, 1000), st.text())
def test_a_create_is_never_sent_again(failure: Failure, attempt: int, key: str) -> None:
    assert not judge(failure, Request.PLACE, attempt=attempt, key=key).again


def test_a_create_nobody_knows_about_is_asked_for() -> None:
    assert judge(Unclear(text=""), Request.PLACE, attempt=1, key="a").remedy is Remedy.ASK
    assert judge(
        Refusal(fault=Fault.DUPLICATE), Request.PLACE, attempt=1, key="a"
    ).remedy is Remedy.ASK  # fmt: skip


@given(FAILURES, st.sampled_from(Request), st.integers(1, 200), st.text())
def test_nobody_is_earlier_than_the_venue_said_nor_later_than_the_cap(
    failure: Failure, request: Request, attempt: int, key: str
) -> None:
    verdict = judge(failure, request, attempt=attempt, key=key)

    if verdict.again:
        asked = failure.retry_after_ns if isinstance(failure, Refusal) else 0
        assert asked <= verdict.delay_ns <= asked + 3600 * SECOND
        assert verdict.delay_ns > 0
    assert verdict == judge(failure, request, attempt=attempt, key=key)


@given(st.integers(1, 10**10), st.integers(1, 10**12), st.integers(1, 500), st.text())
def test_delays_double_within_base_and_cap(base: int, cap: int, attempt: int, key: str) -> None:
    full = min(cap, base * 2 ** (attempt - 1))

    assert full // 2 <= backoff_ns(base, cap, attempt=attempt, key=key) <= full


def test_requests_that_failed_together_return_apart() -> None:
    delays = {backoff_ns(SECOND, SECOND, attempt=1, key=f"order-{n}") for n in range(1000)}

    assert len(delays) == 1000
    assert max(delays) - min(delays) > SECOND * 49 // 100


@pytest.mark.parametrize("request_", Request)
def test_bad_credentials_stop_everything_at_once(request_: Request) -> None:
    verdict = judge(Refusal(fault=Fault.AUTH), request_, attempt=1, key="a")

    assert verdict.stops
    assert not verdict.again


def test_a_ban_stops_the_robots_and_cancels_follow_when_it_ends() -> None:
    ban = Refusal(fault=Fault.BANNED, retry_after_ns=120 * SECOND)

    assert judge(ban, Request.PLACE, attempt=1, key="a").stops
    verdict = judge(ban, Request.CANCEL, attempt=1, key="a")
    assert verdict.stops
    assert verdict.again
    assert verdict.delay_ns >= 120 * SECOND


def test_attempts_run_out_in_words() -> None:
    clock = Refusal(fault=Fault.CLOCK, text="outside of recvWindow")

    assert judge(clock, Request.CANCEL, attempt=4, key="a").again
    last = judge(clock, Request.CANCEL, attempt=5, key="a")
    assert not last.again
    assert last.why == "cancel failed 5 times, the last time by clock: outside of recvWindow"


@given(st.integers(1, 10**6))
def test_a_cancel_is_said_until_the_venue_hears_it(attempt: int) -> None:
    for failure in (
        NotSent(text=""),
        Unclear(text=""),
        Refusal(fault=Fault.MAINTENANCE),
        Refusal(fault=Fault.CANCEL_ONLY),
        Refusal(fault=Fault.RATE_LIMIT),
    ):
        assert judge(failure, Request.CANCEL, attempt=attempt, key="a").again


def test_every_request_has_its_group() -> None:
    assert GROUP_OF[Request.CANCEL_ALL] is Group.CANCEL
    assert {r for r, g in GROUP_OF.items() if g is Group.CREATE} == {Request.PLACE}
