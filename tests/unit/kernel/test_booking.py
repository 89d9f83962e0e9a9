"""Fills through the books: balanced, additive, equal to what a venue would say."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.book import Book, new_book
from steelyard.kernel.enter import book_fill
from steelyard.kernel.sample import equity
from steelyard.ledger.accounts import CASH, COINS, GRID, INVENTORY, SLIPPAGE, TREND
from steelyard.ledger.postings import is_balanced
from steelyard.ledger.waterfall import waterfall
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.state.money import worth
from steelyard.state.positions import (
    average_entry,
    is_liquidated,
    liquidation_price,
    unrealised,
)

CAPITAL = 10**15


def instrument(kind: Kind) -> Instrument:
    """One contract is one coin (linear), 100 quote (inverse)."""
    return Instrument(
        name="X", venue="test", kind=kind, base="BTC", quote="USDT",
        settle="BTC" if kind == Kind.INVERSE else "USDT", price_decimals=2,
        quantity_decimals=0 if kind == Kind.INVERSE else 4, money_decimals=8, tick=Price(1),
        lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(10**12),
        notional_min=Money(0), fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
        multiplier=Decimal(100) if kind == Kind.INVERSE else Decimal(1),
        margin_tiers=(
            MarginTier(notional_max=Money(10**13), leverage_max=50, maintenance_rate=Rate(500_000)),
            MarginTier(
                notional_max=Money(10**17), leverage_max=20, maintenance_rate=Rate(2_500_000)
            ),
        ),
    )  # fmt: skip


def book_of(kind: Kind) -> Book:
    return new_book((instrument(kind),), capital=CAPITAL, leverage=10)


def fill(
    book: Book, change: int, price: int, meant: int = 0, cost: int = 0, fee: int = 0,
    coin_fee: int = 0,
) -> None:  # fmt: skip
    book.head[0]["log"] = 0
    book_fill(
        book.head, book.terms, book.positions, book.balances, book.log, 0, 0, 0,
        change, price, meant or price, cost, fee, coin_fee,
    )  # fmt: skip
    book.markets[0]["last"] = price


KINDS = st.sampled_from(list(Kind))
FILLS = st.lists(
    st.tuples(
        st.integers(-500, 500).filter(bool), st.integers(1_000, 9_000_000),
        st.integers(-50, 50), st.integers(-300, 3_000), st.booleans(),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@given(KINDS, FILLS, st.integers(1_000, 9_000_000))
def test_every_fill_balances_and_the_waterfall_is_the_change_in_equity(
    kind: Kind, fills: list[tuple[int, int, int, int, bool]], mark: int
) -> None:
    book = book_of(kind)
    for change, price, off, fee, by_slot in fills:
        fill(book, change, price, meant=price + off, cost=price + 7 if by_slot else 0, fee=fee)
        assert is_balanced(book.balances, 0, 0)
    book.markets[0]["last"] = mark
    held = int(worth(book.terms[0], mark, int(book.positions[0]["quantity"])))
    parts = waterfall(book.balances[0, 0], held)

    assert parts.capital == CAPITAL
    assert parts.equity == equity(
        book.head, book.markets, book.terms, book.positions, book.balances
    )
    assert parts.total == parts.equity - CAPITAL


@given(KINDS, FILLS)
def test_a_position_is_the_sum_of_its_fills_and_flat_means_nothing_is_owed(
    kind: Kind, fills: list[tuple[int, int, int, int, bool]]
) -> None:
    book = book_of(kind)
    for change, price, _, fee, _ in fills:
        fill(book, change, price, fee=fee)
    held = sum(change for change, *_ in fills)

    assert int(book.positions[0]["quantity"]) == held
    if kind == Kind.SPOT:
        assert int(book.balances[0, 0, COINS]) == held
    if held:
        fill(book, -held, 5_000)
    assert int(book.positions[0]["entry_worth"]) == 0
    assert int(book.positions[0]["inventory_worth"]) == 0
    assert int(book.balances[0, 0, 1]) == 0  # clearing


@given(FILLS)
def test_a_perpetual_pays_what_the_fills_say_in_exact_fractions(
    fills: list[tuple[int, int, int, int, bool]],
) -> None:
    book = book_of(Kind.LINEAR)
    paid = Fraction(0)
    for change, price, _, fee, _ in fills:
        fill(book, change, price, fee=fee)
        paid += Fraction(price * change * 10**8, 10**6) + fee
    last = fills[-1][1]
    held = sum(change for change, *_ in fills)
    exact = CAPITAL - paid + Fraction(last * held * 10**8, 10**6)

    assert equity(book.head, book.markets, book.terms, book.positions, book.balances) == exact


def test_a_round_trip_by_hand() -> None:
    # Meant to buy 0.5 at 100.00, got 99.98; meant to sell at 101.00, got 101.03; fees 0.01 each.
    book = book_of(Kind.SPOT)
    fill(book, 5_000, 9_998, meant=10_000, fee=1_000_000)
    fill(book, -5_000, 10_103, meant=10_100, cost=10_000, fee=1_000_000)
    own = [int(b) for b in book.balances[0, 0]]

    assert -own[GRID] == 50_000_000  # (101 - 100) × 0.5
    assert -own[SLIPPAGE] == 1_000_000 + 1_500_000  # 0.02 × 0.5 and 0.03 × 0.5
    assert own[CASH] - CAPITAL == 52_500_000 - 2_000_000
    assert own[INVENTORY] == own[TREND] == own[COINS] == 0


def test_average_entry_and_profit_by_hand() -> None:
    # 2 coins at 100, 1 at 130: average 110; sell 1 at 120: 10 realised, 2 still open at 110.
    book = book_of(Kind.LINEAR)
    for change, price in ((20_000, 10_000), (10_000, 13_000), (-10_000, 12_000)):
        fill(book, change, price)
    terms, position = book.terms[0], book.positions[0]

    assert average_entry(terms, position) == 11_000
    assert int(position["realised"]) == 10 * 10**8
    assert unrealised(terms, position, 12_500) == 30 * 10**8


def test_a_fill_through_zero_closes_and_opens() -> None:
    book = book_of(Kind.LINEAR)
    fill(book, 10_000, 10_000)
    fill(book, -30_000, 11_000)

    assert int(book.positions[0]["quantity"]) == -20_000
    assert int(book.positions[0]["realised"]) == 10 * 10**8
    assert average_entry(book.terms[0], book.positions[0]) == 11_000


@pytest.mark.parametrize("kind", [Kind.LINEAR, Kind.INVERSE])
@given(
    st.sampled_from([-1, 1]), st.integers(1, 5_000), st.integers(10_000, 9_000_000),
    st.integers(0, 10**13),
)  # fmt: skip
def test_the_liquidation_price_is_where_it_begins(
    kind: Kind, side: int, size: int, price: int, wallet: int
) -> None:
    book = book_of(kind)
    fill(book, side * size, price)
    terms, position = book.terms[0], book.positions[0]
    at = int(liquidation_price(terms, position, wallet))
    entry = int(average_entry(terms, position))
    if at == 0:
        assert not is_liquidated(terms, position, wallet, 1 if side > 0 else entry * 2**19)
    elif at != entry:
        assert is_liquidated(terms, position, wallet, at)
        assert not is_liquidated(terms, position, wallet, at + side)


def test_an_overflow_halts_the_book_and_wraps_nothing() -> None:
    book = book_of(Kind.LINEAR)
    fill(book, 2**40, 2**40)

    assert int(book.head[0]["halted"]) == 1
    assert int(book.positions[0]["quantity"]) == 0
    assert is_balanced(book.balances, 0, 0)
