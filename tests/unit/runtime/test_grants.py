"""Grants never add up to more than the limit, whatever is lost or late."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import InputError
from steelyard.runtime.grants import UNLIMITED, Grant, Grants, allotted, least, limits_event

BOOKS = ("a", "b", "c")
WEIGHTS = st.dictionaries(st.sampled_from(BOOKS), st.integers(0, 5))


@given(st.integers(0, 10**20), st.dictionaries(st.text(), st.integers(0, 10**9)))
def test_shares_add_up_to_the_limit_and_lie_within_one_of_fair(
    limit: int, weights: dict[str, int]
) -> None:
    shares = allotted(limit, weights) if limit != UNLIMITED else {}
    total = sum(weights.values())

    if total and limit != UNLIMITED:
        assert sum(shares.values()) == limit
        for book, share in shares.items():
            assert -total < share * total - limit * weights[book] < total
    else:
        assert not any(shares.values())


def test_the_largest_remainder_is_served_first_then_the_first_name() -> None:
    assert allotted(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert allotted(10, {"a": 2, "b": 3, "c": 2}) == {"a": 3, "b": 4, "c": 3}
    with pytest.raises(InputError, match="weights were"):
        allotted(10, {"a": -1})


Step = tuple[str, object, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("allot"), WEIGHTS, st.integers(0, 2)),
        st.tuples(st.just("hear"), st.sampled_from(BOOKS), st.integers(0, 5)),
    ),
    max_size=60,
)


@given(STEPS, st.integers(0, 100))
def test_what_books_believe_never_exceeds_the_limit(steps: list[Step], cut: int) -> None:
    """Books hear their grants late, in order or with some lost, and say so later still."""
    limit = (100, 7)
    grants = Grants(limit)
    sent: dict[str, list[Grant]] = {book: [] for book in BOOKS}
    believed = dict.fromkeys(BOOKS, (0, 0))
    owed: list[Grant] = []

    def send(made: tuple[Grant, ...]) -> None:
        for grant in made:
            sent[grant.book].append(grant)

    for n, (what, how, late) in enumerate(steps):
        if n == cut:
            kept = json.loads(json.dumps(grants.dump()))
            grants = Grants((0, 0))
            grants.load(kept)
        if what == "allot":
            assert isinstance(how, dict)
            send(grants.allot(how))
        elif sent[str(how)]:
            waiting = sent[str(how)]
            heard = waiting[min(late, len(waiting) - 1)]
            sent[heard.book] = [grant for grant in waiting if grant.number > heard.number]
            believed[heard.book] = (heard.amounts[0], heard.amounts[1])
            owed.append(heard)
        if len(owed) > late:
            told = owed.pop(0)
            send(grants.acknowledge(told.book, told.number))
        for field in (0, 1):
            assert sum(row[field] for row in believed.values()) <= limit[field]
            assert grants.worst[field] <= limit[field]


@given(WEIGHTS, WEIGHTS, st.randoms(use_true_random=False))
def test_when_all_was_heard_everybody_has_their_share(
    before: dict[str, int], after: dict[str, int], chance: object
) -> None:
    grants = Grants((100, 7))
    waiting = [*grants.allot(before), *grants.allot(after)]
    while waiting:
        waiting.sort(key=lambda grant: grant.number)
        grant = waiting.pop(0)
        waiting.extend(grants.acknowledge(grant.book, grant.number))

    assert grants.unacknowledged == ()
    for field, limit in enumerate((100, 7)):
        shares = allotted(limit, after)
        assert all(grants.granted(book)[field] == shares.get(book, 0) for book in BOOKS)


def test_a_change_lowers_first_and_raises_when_that_is_acknowledged() -> None:
    grants = Grants((100,))
    for grant in grants.allot({"a": 1, "b": 1}):
        grants.acknowledge(grant.book, grant.number)

    assert grants.allot({"a": 1, "b": 3}) == (Grant(book="a", number=3, amounts=(25,)),)
    assert grants.unacknowledged == (Grant(book="a", number=3, amounts=(25,)),)
    assert grants.acknowledge("a", 3) == (Grant(book="b", number=4, amounts=(75,)),)
    assert grants.acknowledge("a", 3) == ()
    assert grants.granted("b") == (50,)


def test_a_limit_that_falls_lets_the_sum_only_fall() -> None:
    grants = Grants((100,))
    for grant in grants.allot({"a": 1, "b": 1}):
        grants.acknowledge(grant.book, grant.number)

    made = grants.allot({"a": 1, "b": 9}, (60,))
    assert made == (Grant(book="a", number=3, amounts=(6,)),)
    assert grants.worst == (100,)
    assert grants.acknowledge("a", 3) == (Grant(book="b", number=4, amounts=(54,)),)
    assert grants.worst == (60,)


def test_no_limit_is_allotted_as_no_limit_and_taken_back_first() -> None:
    grants = Grants((UNLIMITED,))
    for grant in grants.allot({"a": 1, "b": 1}):
        assert grant.amounts == (UNLIMITED,)
        grants.acknowledge(grant.book, grant.number)

    made = grants.allot({"a": 1, "b": 1}, (10,))
    assert [grant.amounts for grant in made] == [(5,), (5,)]


def test_nothing_is_not_told_as_no_limit() -> None:
    event = limits_event(Grant(book="a", number=7, amounts=(0, UNLIMITED, 30)), ts_ns=5)

    assert (event.position_notional_max, event.open_orders_max, event.loss_max) == (1, 0, 30)
    assert (event.grant, event.robot) == (7, -1)


def test_the_least_of_several_limits_holds() -> None:
    assert least((5, UNLIMITED, 3), (7, 2, 3)) == (5, 2, 3)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(InputError, match="a limit was"):
        Grants((-1,))
