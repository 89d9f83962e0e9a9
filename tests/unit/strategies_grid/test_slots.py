"""The slot's table: what it lists, and that whatever an order's table allows keeps a slot right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model.errors import InvalidTransition
from steelyard.model.orders import TERMINAL, OrderNews, OrderStatus
from steelyard.model.orders import TRANSITIONS as ORDER_TABLE
from steelyard.strategies.grid.slots import (
    EMPTIES,
    LOCKS,
    MATRIX,
    TRANSITIONS,
    Lock,
    SlotNews,
    SlotState,
    advance,
)


def test_every_state_is_listed_and_reachable_from_empty() -> None:
    reached = {SlotState.EMPTY}
    while True:
        further = reached | {t for state in reached for t in TRANSITIONS[state].values()}
        if further == reached:
            break
        reached = further

    assert reached == set(SlotState) == set(TRANSITIONS) == set(LOCKS)


def test_every_state_can_return_to_empty() -> None:
    returning = {SlotState.EMPTY}
    while True:
        further = returning | {
            state for state, moves in TRANSITIONS.items() if returning & set(moves.values())
        }
        if further == returning:
            break
        returning = further

    assert returning == set(SlotState)


def test_the_matrix_is_the_table() -> None:
    for state in SlotState:
        for news in SlotNews:
            listed = TRANSITIONS[state].get(news)
            assert MATRIX[state, news] == (-1 if listed is None else listed)
    assert not MATRIX.flags.writeable


def test_only_a_free_slot_is_given_an_order() -> None:
    for state in SlotState:
        allowed = {SlotNews.STAGED_OPEN, SlotNews.STAGED_CLOSE} & set(TRANSITIONS[state])
        assert bool(allowed) == (LOCKS[state] is Lock.FREE)


def test_an_empty_slot_never_closes() -> None:
    assert SlotNews.STAGED_CLOSE not in TRANSITIONS[SlotState.EMPTY]


def test_news_that_says_what_is_held_ends_in_such_a_state() -> None:
    for state, moves in TRANSITIONS.items():
        for news, target in moves.items():
            if news.name.endswith("_HELD"):
                assert target not in EMPTIES, (state, news)
            if news.name.endswith("_EMPTY") and LOCKS[target] is Lock.FREE:
                assert target in EMPTIES, (state, news)


@pytest.mark.parametrize(
    "state,news",
    [
        (SlotState.EMPTY, SlotNews.ACCEPTED),
        (SlotState.OPEN_RESTING, SlotNews.STAGED_OPEN),
        (SlotState.HELD, SlotNews.STAGED_CLOSE.CANCEL_SENT),
        (SlotState.CLOSE_LEAVING, SlotNews.CANCEL_SENT),
    ],
)
def test_what_the_table_does_not_list_is_refused(state: SlotState, news: SlotNews) -> None:
    with pytest.raises(InvalidTransition, match=f"slot was {state.name} and heard {news.name}"):
        advance(state, news)


_ENDS = {OrderNews.CANCELED: "CANCELED", OrderNews.REJECTED: "REJECTED",
         OrderNews.EXPIRED: "EXPIRED", OrderNews.ABSENT: "REJECTED"}  # fmt: skip


def translate(news: OrderNews, held: bool) -> SlotNews:
    tail = "HELD" if held else "EMPTY"
    match news:
        case OrderNews.PARTLY_FILLED:
            return SlotNews.PARTIAL
        case OrderNews.FILLED:
            return SlotNews[f"FILLED_{tail}"]
        case _ if news in _ENDS:
            return SlotNews[f"{_ENDS[news]}_{tail}"]
        case OrderNews.ALLOWED:
            raise AssertionError(news)
        case _:
            return SlotNews[news.name]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_an_order_may_hear_keeps_its_slot_in_step(data: st.DataObject) -> None:
    """Random lives of orders, one after the other, drawn from the order's own table."""
    state, held = SlotState.EMPTY, 0
    for _ in range(data.draw(st.integers(1, 4))):
        closing = held > 0
        quantity = held or 3
        state = advance(state, SlotNews.STAGED_CLOSE if closing else SlotNews.STAGED_OPEN)
        status, filled = OrderStatus.STAGED, 0
        while status not in TERMINAL:
            choices = [
                news for news in ORDER_TABLE[status]
                # The grid asks for one cancel, and an unproven order ends by an answer.
                if not (news is OrderNews.CANCEL_SENT and LOCKS[state] is Lock.LOCKED
                        and state.name.endswith("LEAVING"))
                and not (news is OrderNews.PARTLY_FILLED and quantity - filled < 2)
                and not (news is OrderNews.CANCEL_REFUSED and LOCKS[state] is Lock.PENDING)
            ]  # fmt: skip
            news = data.draw(st.sampled_from(choices))
            status = ORDER_TABLE[status][news]
            if news is OrderNews.ALLOWED:
                continue
            if news is OrderNews.PARTLY_FILLED or news is OrderNews.FILLED:
                taken = 1 if news is OrderNews.PARTLY_FILLED else quantity - filled
                filled += taken
                held += -taken if closing else taken
            state = advance(state, translate(news, held > 0))

            assert (held == 0) == (state in EMPTIES)
        assert LOCKS[state] is Lock.FREE


def test_the_compiled_matrix_holds_small_numbers_only() -> None:
    assert MATRIX.dtype == np.int64
    assert MATRIX.max() < len(SlotState)
