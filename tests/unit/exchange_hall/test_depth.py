"""The made-up order book: any earlier book with the changes since is the book."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.exchange.hall.depth import LEVELS, DepthBook
from steelyard.exchange.hall.prices import Book, DepthNews
from tests.unit.exchange_hall.plain import instruments

MOVES = st.lists(
    st.tuples(st.integers(-300, 300), st.booleans()), min_size=2, max_size=40
)  # steps in ticks, and whether a new client comes before it


def applied(book: Book, changes: list[DepthNews]) -> tuple[dict[int, int], dict[int, int]]:
    bids, asks = dict(book.bids), dict(book.asks)
    for change in changes:
        for side, levels in ((bids, change.bids), (asks, change.asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                else:
                    assert side.pop(price, 0), "a level was removed that nobody saw"
    return bids, asks


@given(MOVES)
def test_a_snapshot_and_the_changes_since_are_the_book(moves: list[tuple[int, bool]]) -> None:
    depth = DepthBook(0, instruments()[0])
    price = 6_000_000
    depth.move(0, price, price + 1)
    snapshots = [(depth.book(), 0)]
    changes: list[DepthNews] = []
    for i, (step, snap) in enumerate(moves):
        price += step
        changes.append(depth.move(i, price, price + 1))
        if snap:
            snapshots.append((depth.book(), len(changes)))
    last = depth.book()
    for book, at in snapshots:
        assert applied(book, changes[at:]) == (dict(last.bids), dict(last.asks))


@given(MOVES)
def test_numbers_have_no_hole_and_the_book_is_never_crossed(moves: list[tuple[int, bool]]) -> None:
    depth = DepthBook(0, instruments()[0])
    price, last = 6_000_000, depth.number
    for i, (step, _) in enumerate(moves):
        price += step
        change = depth.move(i, price, price + 1)
        assert (change.previous, change.first) == (last, last + 1)
        assert change.last - change.first + 1 == max(1, len(change.bids) + len(change.asks))
        last = change.last
        book = depth.book()
        assert book.number == last
        assert (book.bids[0][0], book.asks[0][0]) == (price, price + 1)
        assert len(book.bids) == len(book.asks) == LEVELS
        assert all(quantity > 0 for _, quantity in (*book.bids, *book.asks))
        prices = [p for p, _ in book.bids]
        assert prices == sorted(prices, reverse=True)


def test_a_price_near_zero_has_fewer_levels_and_none_below_it() -> None:
    depth = DepthBook(0, instruments()[0])
    depth.move(0, 3, 4)
    assert [price for price, _ in depth.book().bids] == [3, 2, 1]
