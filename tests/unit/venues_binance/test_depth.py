"""Order books: the rule of each product, as a property over a made-up venue."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.market import Depth
from steelyard.venues.binance.depth import NumberedBook
from steelyard.venues.binance.terms import Product
from steelyard.venues.native.dialect import BookChange


def change(first: int, last: int, previous: int = -1) -> BookChange:
    return BookChange(
        ts_ns=last, instrument=0, bids=((100, last),), asks=(), first=first, last=last,
        previous=previous,
    )  # fmt: skip


def state(last: int) -> BookChange:
    return BookChange(
        ts_ns=last, instrument=0, bids=((100, last),), asks=(), first=last, last=last,
        snapshot=True,
    )  # fmt: skip


@st.composite
def venues(draw: st.DrawFn) -> tuple[Product, list[BookChange], int, int]:
    """A stream of changes without a hole, a state somewhere in it, and from where it is heard."""
    product = draw(st.sampled_from(list(Product)))
    widths = draw(st.lists(st.integers(1, 5), min_size=2, max_size=12))
    changes, last = [], 10
    for width in widths:
        # The perpetuals' numbers have holes that only `pu` closes.
        first = last + (draw(st.integers(1, 3)) if product is Product.PERP else 1)
        end = first + width - 1
        changes.append(change(first, end, last if product is Product.PERP else -1))
        last = end
    heard_from = draw(st.integers(0, len(changes) - 1))
    # A state of any moment from the end of the change before the first heard one.
    low = changes[heard_from].first - 1 if heard_from == 0 else changes[heard_from - 1].last
    taken_at = draw(st.integers(low, last))
    return product, changes[heard_from:], taken_at, last


@given(venues())
def test_a_stream_without_holes_joins_any_state(
    given_: tuple[Product, list[BookChange], int, int],
) -> None:
    product, changes, taken_at, last = given_
    book = NumberedBook(product)
    if product is Product.PERP:  # a state lies at the end of some change there
        taken_at = max((c.last for c in changes if c.last <= taken_at), default=changes[0].previous)

    told: list[Any] = list(book.take(state(taken_at)))
    for one in changes:
        result = book.take(one)
        assert not isinstance(result, str), (taken_at, changes)
        told += result

    assert isinstance(told[0], Depth)
    assert told[0].snapshot
    assert told[-1].bids == ((100, last),)
    assert all(depth.ts_ns > taken_at for depth in told[1:])


@given(venues(), st.data())
def test_a_missing_change_is_always_found(
    given_: tuple[Product, list[BookChange], int, int], data: st.DataObject
) -> None:
    product, changes, _, _ = given_
    if len(changes) < 3:
        return
    lost = data.draw(st.integers(1, len(changes) - 2))
    book = NumberedBook(product)
    book.take(state(changes[0].first - 1 if product is Product.SPOT else changes[0].previous))

    results = [book.take(one) for n, one in enumerate(changes) if n != lost]

    assert any(isinstance(result, str) for result in results)


def test_a_state_older_than_what_was_heard_is_refused() -> None:
    for product, first in ((Product.SPOT, change(20, 22)), (Product.PERP, change(20, 22, 18))):
        book = NumberedBook(product)
        book.take(state(15))

        assert isinstance(book.take(first), str)


def test_a_book_without_a_state_tells_nothing() -> None:
    book = NumberedBook(Product.SPOT)

    assert book.take(change(1, 2)) == ()
    book.take(state(2))
    book.reset()
    assert book.take(change(3, 4)) == ()
