"""The table of an order's life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import InvalidTransition
from steelyard.model.orders import MATRIX, TERMINAL, TRANSITIONS, OrderNews, OrderStatus, advance


@given(st.sampled_from(OrderStatus), st.sampled_from(OrderNews))
def test_the_compiled_matrix_is_the_table(status: OrderStatus, news: OrderNews) -> None:
    target = TRANSITIONS[status].get(news)

    assert MATRIX[status, news] == (-1 if target is None else target)
    if target is None:
        with pytest.raises(InvalidTransition, match=f"order was {status.name} and heard"):
            advance(status, news)
    else:
        assert advance(status, news) is target


@given(st.lists(st.sampled_from(OrderNews), max_size=30))
def test_no_news_brings_a_filled_or_refused_order_back(news: list[OrderNews]) -> None:
    for status in (OrderStatus.FILLED, OrderStatus.REFUSED, OrderStatus.REJECTED):
        now = status
        for item in news:
            now = TRANSITIONS[now].get(item, now)
        assert now is status


def test_unknown_is_left_only_by_news_of_that_order() -> None:
    leaving = {n for n, s in TRANSITIONS[OrderStatus.UNKNOWN].items() if s != OrderStatus.UNKNOWN}

    assert leaving == {
        OrderNews.ACCEPTED, OrderNews.PARTLY_FILLED, OrderNews.FILLED, OrderNews.CANCELED,
        OrderNews.REJECTED, OrderNews.EXPIRED, OrderNews.ABSENT,
    }  # fmt: skip
    assert OrderStatus.UNKNOWN not in TERMINAL


def test_an_intent_is_written_before_anything_else_can_be_heard() -> None:
    assert set(TRANSITIONS[OrderStatus.STAGED]) == {OrderNews.ALLOWED, OrderNews.REFUSED}


@given(st.sampled_from(sorted(TERMINAL)))
def test_an_order_that_ended_is_never_canceled_again(status: OrderStatus) -> None:
    assert OrderNews.CANCEL_SENT not in TRANSITIONS[status]
