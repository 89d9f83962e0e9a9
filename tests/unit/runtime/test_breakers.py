"""Breakers: what opens them, what closes them, what they never forget."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import NEVER_NS
from steelyard.runtime.breakers import PERSON, TIME, Breaker, Breakers, State, checked
from steelyard.runtime.signs import (
    Booked,
    Called,
    Kind,
    Measured,
    Priced,
    Rule,
    Sign,
    Stepped,
    Tried,
)

S = 10**9
DAY = 24 * 3600 * S
PERCENT = 10**6


def rule(kind: Kind, threshold: int, **more: object) -> Rule:
    values: dict[str, object] = {"name": kind.value, "reset": TIME, "after_ns": 300 * S} | more
    return Rule(kind=kind, threshold=threshold, **values)  # type: ignore[arg-type]


def tell(breaker: Breaker, *signs: Sign) -> list[State]:
    moves = [breaker.feed(sign) for sign in signs]
    return [move.state for move in moves if move]


def tried(ok: str, ts_ns: int = 1) -> list[Sign]:
    return [Tried(ts_ns=ts_ns, ok=mark == "+") for mark in ok]


def lost(*amounts: int, ts_ns: int = 1) -> list[Sign]:
    return [Booked(ts_ns=ts_ns, profit=-amount) for amount in amounts]


def test_failures_in_a_row() -> None:
    breaker = Breaker(rule(Kind.FAILURES, 3))

    assert tell(breaker, *tried("--+--+--")) == []
    move = breaker.feed(Tried(ts_ns=9, ok=False))
    assert move
    assert (move.was, move.state, move.ts_ns) == (State.CLOSED, State.OPEN, 9)
    assert move.reason == "3 orders in a row failed, 3 open the breaker"


def test_by_time_it_half_opens_and_the_first_news_decides() -> None:
    for news, expected in (("+", State.CLOSED), ("-", State.OPEN)):
        breaker = Breaker(rule(Kind.FAILURES, 3))
        tell(breaker, *tried("---", ts_ns=S))
        assert tell(breaker, *tried("+")) == []  # late news of before changes nothing
        assert breaker.next_ns == 301 * S
        assert breaker.due(301 * S - 1) is None
        half = breaker.due(301 * S)
        assert half
        assert half.state is State.HALF_OPEN
        assert tell(breaker, *tried(news, ts_ns=302 * S)) == [expected]
        assert breaker.next_ns == (602 * S if expected is State.OPEN else NEVER_NS)


def test_what_a_person_resets_no_time_resets() -> None:
    breaker = Breaker(rule(Kind.FAILURES, 1, reset=PERSON, after_ns=0))
    tell(breaker, *tried("-"))

    assert breaker.next_ns == NEVER_NS
    assert breaker.due(10**18) is None
    move = breaker.reset(10**18, by="ann", reason="looked at it")
    assert (move.state, move.by, move.reason) == (State.CLOSED, "ann", "looked at it")


@given(st.lists(st.integers(-50, 50), max_size=60), st.sampled_from([0, 60 * S]))
def test_no_success_clears_accumulated_loss(profits: list[int], span: int) -> None:
    kind = Kind.LOSS_WINDOW if span else Kind.LOSS_TOTAL
    breaker = Breaker(rule(kind, 100, span_ns=span, reset=PERSON))
    gone = 0
    for profit in profits:
        breaker.feed(Booked(ts_ns=5, profit=profit))
        gone += max(0, -profit)
        assert (breaker.state is State.OPEN) == (gone >= 100)


def test_netted_profits_count_against_losses() -> None:
    breaker = Breaker(rule(Kind.LOSS_TOTAL, 100, netted=True))

    assert tell(breaker, *lost(60, -50, 80)) == []
    assert tell(breaker, *lost(10)) == [State.OPEN]


TIMED = st.lists(st.tuples(st.integers(-30, 60), st.integers(0, 60)), max_size=60)


@given(TIMED, st.integers(1, 200))
def test_a_loss_counts_for_a_whole_window_whatever_the_clock_does(
    steps: list[tuple[int, int]], threshold: int
) -> None:
    breaker = Breaker(rule(Kind.LOSS_WINDOW, threshold, span_ns=100 * S, reset=PERSON))
    now, latest = 1000, 0
    losses: list[tuple[int, int]] = []
    for delay, amount in steps:
        now += delay
        latest = max(latest, now)
        breaker.feed(Booked(ts_ns=now * S, profit=-amount))
        losses.append((latest, amount))
        within = sum(lost for at, lost in losses if at >= latest - 100)
        if within >= threshold and amount:
            assert breaker.state is State.OPEN


def test_a_clock_that_steps_back_does_not_empty_the_window() -> None:
    breaker = Breaker(rule(Kind.LOSS_WINDOW, 100, span_ns=DAY))
    tell(breaker, *lost(90, ts_ns=10 * DAY))

    assert tell(breaker, *lost(10, ts_ns=8 * DAY)) == [State.OPEN]


@given(st.integers(-10 * DAY, 10 * DAY))
def test_a_step_that_is_told_changes_no_age(by: int) -> None:
    at = 20 * DAY
    breaker = Breaker(rule(Kind.LOSS_WINDOW, 100, span_ns=DAY, reset=TIME, after_ns=300 * S))
    tell(breaker, *lost(90, ts_ns=at), Stepped(ts_ns=at, by_ns=by))

    assert tell(breaker, *lost(10, ts_ns=at + by + DAY)) == [State.OPEN]
    assert breaker.next_ns == at + by + DAY + 300 * S


def test_losses_leave_by_age() -> None:
    breaker = Breaker(rule(Kind.LOSS_WINDOW, 100, span_ns=DAY))

    assert tell(breaker, *lost(90, ts_ns=S), *lost(90, ts_ns=2 * DAY)) == []


def test_a_window_closed_by_time_opens_at_the_next_loss_and_a_person_forgives() -> None:
    breaker = Breaker(rule(Kind.LOSS_WINDOW, 100, span_ns=DAY))
    tell(breaker, *lost(100, ts_ns=S))
    breaker.due(400 * S)

    assert tell(breaker, *lost(-5, ts_ns=401 * S)) == [State.CLOSED]
    assert tell(breaker, *lost(1, ts_ns=402 * S)) == [State.OPEN]
    breaker.reset(403 * S, by="ann", reason="more capital")
    assert tell(breaker, *lost(99, ts_ns=404 * S)) == []


def test_thousands_of_losses_are_kept_in_few_entries() -> None:
    breaker = Breaker(rule(Kind.LOSS_WINDOW, 10**9, span_ns=DAY))
    for n in range(20_000):
        breaker.feed(Booked(ts_ns=n * 5 * S, profit=-1))

    assert len(breaker.dump().numbers) <= 3 * 1441
    assert breaker.dump().numbers[2] > 1


def test_one_loss_that_is_too_great() -> None:
    breaker = Breaker(rule(Kind.LOSS_SINGLE, 10_000, decimals=2))

    assert tell(breaker, *lost(9_999, 9_999)) == []
    assert tell(breaker, *lost(10_050)) == [State.OPEN]
    assert breaker.reason == "100.5 lost at once, 100 opens the breaker"


def test_a_share_is_judged_over_a_full_ring() -> None:
    breaker = Breaker(rule(Kind.ORDER_SHARE, 20 * PERCENT, count=20))

    assert tell(breaker, *tried("----" + "+" * 16 + "-")) == []  # four of the last twenty
    breaker = Breaker(breaker.rule)
    assert tell(breaker, *tried("+" * 14 + "-----")) == []  # nineteen are no twenty
    assert tell(breaker, *tried("+-")) == [State.OPEN]
    assert "6 of the last 20 orders failed, more than 20 % opens the breaker" in breaker.reason


def test_orders_and_requests_are_counted_apart() -> None:
    breakers = Breakers(
        [rule(Kind.ORDER_SHARE, 1, count=2), rule(Kind.CALL_SHARE, 10 * PERCENT, count=100)]
    )
    for n in range(100):
        moves = breakers.feed(Called(ts_ns=n, ok=n % 10 != 0 or n == 0))
    assert moves == ()

    moves = breakers.feed(Called(ts_ns=100, ok=False))
    assert moves == ()  # the first left the ring: ten of a hundred
    assert [move.breaker for move in breakers.feed(Called(ts_ns=101, ok=False))] == ["call_share"]
    assert [one.rule.name for one in breakers.open] == ["call_share"]


@pytest.mark.parametrize(
    "kind,threshold,good,bad",
    [
        (Kind.STALE, 10 * S, 10 * S, 10 * S + 1),
        (Kind.JOURNAL, 1, 1, 0),
        (Kind.STALL, S, S, 2 * S),
        (Kind.DISK, 10**9, 10**9, 10**9 - 1),
        (Kind.CPU, 90 * PERCENT, 90 * PERCENT, 95 * PERCENT),
    ],
)
def test_gauges(kind: Kind, threshold: int, good: int, bad: int) -> None:
    breaker = Breaker(rule(kind, threshold))

    assert tell(breaker, Measured(ts_ns=1, kind=kind, value=good)) == []
    assert tell(breaker, Measured(ts_ns=2, kind=kind, value=bad)) == [State.OPEN]
    assert tell(breaker, Measured(ts_ns=3, kind=kind, value=good)) == []
    breaker.due(400 * S)
    assert tell(breaker, Measured(ts_ns=401 * S, kind=kind, value=good)) == [State.CLOSED]


def test_a_gauge_may_have_to_stay_wrong_for_a_while() -> None:
    breaker = Breaker(rule(Kind.MEMORY, 90 * PERCENT, span_ns=60 * S))

    def used(at: int, percent: int) -> list[State]:
        return tell(breaker, Measured(ts_ns=at * S, kind=Kind.MEMORY, value=percent * PERCENT))

    assert used(0, 95) == used(30, 89) == used(40, 95) == used(99, 99) == []
    assert used(100, 91) == [State.OPEN]
    assert breaker.reason == "memory use is 91 %, more than 90 % opens the breaker"


def test_a_wide_spread() -> None:
    breaker = Breaker(rule(Kind.SPREAD, 5 * PERCENT))

    assert tell(breaker, Priced(ts_ns=1, instrument=0, price=100)) == []
    assert tell(breaker, Priced(ts_ns=1, instrument=0, price=100, bid=98, ask=102)) == []
    assert tell(breaker, Priced(ts_ns=1, instrument=0, price=100, bid=97, ask=103)) == [State.OPEN]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(900, 1100)), max_size=60))
def test_a_jump_within_a_minute_is_never_missed(steps: list[tuple[int, int]]) -> None:
    breaker = Breaker(rule(Kind.JUMP, 10 * PERCENT, span_ns=60 * S, reset=PERSON))
    now = 0
    seen: list[tuple[int, int]] = []
    for delay, price in steps:
        now += delay
        seen.append((now, price))
        breaker.feed(Priced(ts_ns=now * S, instrument=0, price=price))
        recent = [one for at, one in seen if at >= now - 60]
        slack = [one for at, one in seen if at >= now - 62]
        low, high = min(recent), max(recent)
        if (price - low) * 10 > low or (high - price) * 10 > high:
            assert breaker.state is State.OPEN
        if breaker.state is State.OPEN:
            low, high = min(slack), max(slack)
            assert (price - low) * 10 > low or (high - price) * 10 > high
            return


def test_jumps_of_different_instruments_are_not_mixed_up() -> None:
    breaker = Breaker(rule(Kind.JUMP, 10 * PERCENT, span_ns=60 * S))

    assert tell(
        breaker, Priced(ts_ns=1, instrument=0, price=100), Priced(ts_ns=2, instrument=1, price=9)
    ) == []  # fmt: skip


RULES = (
    rule(Kind.FAILURES, 3, after_ns=20),
    rule(Kind.LOSS_WINDOW, 100, span_ns=300, after_ns=30),
    rule(Kind.LOSS_TOTAL, 400, reset=PERSON),
    rule(Kind.LOSS_SINGLE, 55),
    rule(Kind.ORDER_SHARE, 20 * PERCENT, count=5, after_ns=10),
    rule(Kind.CALL_SHARE, 50 * PERCENT, count=4, after_ns=10),
    rule(Kind.JUMP, 3 * PERCENT, span_ns=120, after_ns=10),
    rule(Kind.SPREAD, 3 * PERCENT, after_ns=10),
    rule(Kind.STALE, 50, span_ns=20, after_ns=10),
)
AT = st.integers(0, 2000)
SIGNS = st.lists(
    st.one_of(
        st.builds(Tried, ts_ns=AT, ok=st.booleans()),
        st.builds(Called, ts_ns=AT, ok=st.booleans()),
        st.builds(Booked, ts_ns=AT, profit=st.integers(-60, 60)),
        st.builds(
            Priced, ts_ns=AT, instrument=st.integers(0, 1), price=st.integers(95, 105),
            bid=st.integers(0, 100), ask=st.integers(100, 105),
        ),
        st.builds(Measured, ts_ns=AT, kind=st.just(Kind.STALE), value=st.integers(0, 100)),
        st.builds(Stepped, ts_ns=AT, by_ns=st.integers(-100, 100)),
    ),
    max_size=60,
)  # fmt: skip


@given(SIGNS, st.integers(0, 60))
def test_a_restart_at_any_sign_changes_nothing(signs: list[Sign], cut: int) -> None:
    one, other = Breakers(RULES), Breakers(RULES)
    for n, sign in enumerate(signs):
        if n == cut:
            kept = json.loads(json.dumps(other.dump()))
            other = Breakers(RULES)
            other.load(kept)
        assert one.feed(sign) == other.feed(sign)
        assert one.due(sign.ts_ns) == other.due(sign.ts_ns)
        assert one.next_ns == other.next_ns
    assert one.dump() == other.dump()


def test_changed_rules_take_what_still_fits() -> None:
    before = Breakers([rule(Kind.FAILURES, 1, name="a"), rule(Kind.FAILURES, 1, name="b")])
    before.feed(Tried(ts_ns=1, ok=False))
    after = Breakers([rule(Kind.FAILURES, 5, name="a"), rule(Kind.STALE, 5, name="b")])
    after.load(before.dump())

    assert [one.rule.name for one in after.open] == ["a"]


def test_a_reset_names_who_and_why_and_an_unknown_breaker_is_refused() -> None:
    breakers = Breakers([rule(Kind.LOSS_TOTAL, 100, reset=PERSON)])
    breakers.feed(Booked(ts_ns=1, profit=-60))

    move = breakers.reset("loss_total", 2, by="ann", reason="new month")
    assert not isinstance(move, str)
    assert (move.was, move.state, move.by) == (State.CLOSED, State.CLOSED, "ann")
    assert breakers.feed(Booked(ts_ns=3, profit=-60)) == ()
    assert breakers.reset("x", 2, by="ann", reason="") == (
        "no breaker is named 'x', there are loss_total"
    )


@pytest.mark.parametrize(
    "wrong,words",
    [
        (rule(Kind.FAILURES, 0), "a threshold of 0"),
        (rule(Kind.FAILURES, 1, reset="luck"), "reset 'luck'"),
        (rule(Kind.FAILURES, 1, after_ns=0), "a reset by time after 0 ns"),
        (rule(Kind.ORDER_SHARE, 1), "a count of 0"),
        (rule(Kind.LOSS_WINDOW, 1), "a span of 0 ns"),
    ],
)
def test_rules_that_cannot_work_are_refused(wrong: Rule, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        checked(wrong)


def test_two_breakers_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two breakers are named 'stale'"):
        Breakers([rule(Kind.STALE, 1), rule(Kind.STALE, 2)])
