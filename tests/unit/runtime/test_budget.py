"""Rate budgets: never too much, cancels first, nothing inside a ban."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Request, Window
from steelyard.model.errors import ConfigurationError
from steelyard.runtime.budget import AddressBudget, Budget
from steelyard.runtime.meters import SHARES, URGENCY, Shares, Urgency, ceilings, misfits

MINUTE = 60 * 10**9
WINDOWS = (Window(weight=100, span_ns=1000), Window(weight=400, span_ns=10_000))
STEPS = st.lists(
    st.tuples(st.integers(-50, 700), st.integers(0, 20), st.sampled_from(Urgency)), max_size=200
)


@given(STEPS)
def test_no_window_ever_holds_more_than_its_ceiling(steps: list[tuple[int, int, Urgency]]) -> None:
    budget = AddressBudget(WINDOWS)
    now = latest = 0
    taken: list[tuple[int, int]] = []
    for delay, cost, urgency in steps:
        now += delay  # steps back as well
        latest = max(latest, now)
        if budget.take(now, cost, urgency) == 0:
            taken.append((latest, cost))

    for window in WINDOWS:
        for start, _ in taken:
            inside = sum(cost for at, cost in taken if start <= at <= start + window.span_ns)
            assert inside * 100 <= window.weight * 80


@given(STEPS, st.integers(1, 20), st.sampled_from(Urgency))
def test_after_the_wait_it_is_let_through_and_not_before(
    steps: list[tuple[int, int, Urgency]], cost: int, urgency: Urgency
) -> None:
    budget = AddressBudget(WINDOWS)
    now = 0
    for delay, weight, who in steps:
        now += max(0, delay)
        budget.take(now, weight, who)

    wait = budget.ask(now, cost, urgency)
    if wait:
        assert budget.ask(now + wait - 1, cost, urgency) == 1
    assert budget.take(now + wait, cost, urgency) == 0


@given(STEPS, st.integers(1, 20))
def test_a_cancel_never_waits_behind_creates_and_reads(
    steps: list[tuple[int, int, Urgency]], cost: int
) -> None:
    budget = AddressBudget(WINDOWS[:1])
    now = 0
    cancels: list[tuple[int, int]] = []
    for delay, weight, urgency in steps:
        now += max(0, delay)
        if budget.take(now, weight, urgency) == 0 and urgency is Urgency.FIRST:
            cancels.append((now, weight))

    recent = sum(weight for at, weight in cancels if at >= now - 1000)
    ceiling, most, _ = ceilings(WINDOWS[0], SHARES)
    if recent + cost <= ceiling - most:
        assert budget.ask(now, cost, Urgency.FIRST) == 0


def test_reads_and_creates_leave_each_other_something() -> None:
    for greedy, other in ((Urgency.CREATE, Urgency.READ), (Urgency.READ, Urgency.CREATE)):
        budget = AddressBudget(WINDOWS[:1])
        while budget.take(0, 1, greedy) == 0:
            pass
        assert budget.ask(0, 5, other) == 0
        assert budget.ask(0, 20, Urgency.FIRST) == 0


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(Urgency)), max_size=60),
    st.integers(0, 20 * 10**9),
    st.integers(1, 20 * 10**9),
    st.booleans(),
)
def test_nothing_leaves_inside_a_ban_or_a_penalty(
    steps: list[tuple[int, Urgency]], at: int, length: int, ban: bool
) -> None:
    address = AddressBudget(WINDOWS)
    one, other = Budget(address), Budget(address)
    now = 0
    told = False
    for delay, urgency in steps:
        now += delay
        if now >= at and not told:
            told = True
            at = now
            (one.banned if ban else one.limited)(now, length)
        for budget in (one, other):
            left = budget.take(now, 1, urgency) == 0
            assert not (left and told and at <= now < at + length)


def test_an_accounts_own_penalty_leaves_its_neighbours_alone() -> None:
    address = AddressBudget(WINDOWS)
    one, other = Budget(address), Budget(address)

    one.limited(0, 5000, whole_address=False)

    assert one.ask(0, 1, Urgency.FIRST) == 5000
    assert other.ask(0, 1, Urgency.FIRST) == 0


def test_penalties_without_a_time_double_once_per_incident() -> None:
    address = AddressBudget()
    waits = []
    now = 0
    for _ in range(8):
        address.limited(now)
        address.limited(now)  # another request that was on its way heard it too
        wait = address.ask(now, 1, Urgency.FIRST)
        waits.append(wait // 10**9)
        now += wait

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    address.limited(now + 20 * MINUTE)
    assert address.ask(now + 20 * MINUTE, 1, Urgency.FIRST) == 10**9


def test_the_venues_count_raises_ours_and_never_lowers_it() -> None:
    budget = Budget(AddressBudget([Window(weight=100, span_ns=MINUTE)]))
    budget.take(0, 10, Urgency.CREATE)

    budget.correct(5, 3)
    assert budget.left(5).first == 70
    budget.correct(5, 95)  # somebody else speaks from this address
    assert budget.left(5).first == 0
    assert budget.ask(5, 1, Urgency.FIRST) == MINUTE + 1  # what was foreign came with the answer
    assert budget.ask(5 + MINUTE, 1, Urgency.FIRST) == 1


def test_two_accounts_share_what_their_address_may() -> None:
    address = AddressBudget([Window(weight=100, span_ns=1000)])
    one, other = Budget(address), Budget(address)

    assert one.take(0, 40, Urgency.CREATE) == 0
    assert other.take(0, 12, Urgency.CREATE) == 0
    assert other.take(0, 1, Urgency.CREATE) == 1001
    assert one.left(0).create == other.left(0).create == 0


def test_order_windows_count_orders_alone() -> None:
    orders = [Window(weight=10, span_ns=1000)]
    budget = Budget(AddressBudget(WINDOWS), orders=orders)

    assert [budget.take(0, 1, Urgency.CREATE, orders=1) for _ in range(6)] == [0] * 5 + [1001]
    assert budget.orders_left(0) == 0
    assert budget.take(0, 1, Urgency.FIRST, orders=1) == 0  # a protective stop
    assert budget.take(0, 1, Urgency.FIRST) == 0


def test_a_refused_take_takes_from_no_window() -> None:
    budget = Budget(AddressBudget(WINDOWS), orders=[Window(weight=2, span_ns=1000)])
    before = budget.left(0)
    with pytest.raises(ConfigurationError, match="never fits"):
        budget.take(0, 1, Urgency.CREATE, orders=2)

    assert budget.left(0) == before


def test_what_could_never_be_sent_is_named_beforehand() -> None:
    costs = dict.fromkeys(Request, 1) | {Request.HOLDINGS: 40}

    assert misfits(WINDOWS[1:], costs) == []
    assert misfits(WINDOWS[:1], costs) == [
        "holdings weighs 40, but its class may take 28 of the 100 that the venue allows in 1e-06 s"
    ]
    assert set(URGENCY) == set(Request)


@pytest.mark.parametrize("wrong", [{"ceiling": 81}, {"first": 60}, {"read": -1}, {"ceiling": 0}])
def test_shares_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="rate shares were"):
        Shares(**wrong)


def test_old_entries_are_dropped() -> None:
    budget = AddressBudget(WINDOWS)
    for now in range(0, 2_000_000, 100):
        budget.take(now, 1, Urgency.CREATE)

    assert all(len(meter._all._times) < 300 for meter in budget._meters)
