"""Fees that a venue takes in the coin bought (catalogue F52): what is held, and what it earned."""

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.book import Book, new_book
from steelyard.kernel.enter import book_fill
from steelyard.kernel.sample import equity
from steelyard.ledger.accounts import CASH, COIN_FEES, COINS, FEES, MARKET
from steelyard.ledger.postings import is_balanced
from steelyard.ledger.waterfall import waterfall
from steelyard.model import events as ev
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate
from steelyard.state.money import coin_fee_worth, worth
from steelyard.state.positions import average_entry

CAPITAL = 10**15
COIN = Instrument(
    name="BTC/USDT", venue="test", kind=Kind.SPOT, base="BTC", quote="USDT", settle="USDT",
    price_decimals=2, quantity_decimals=8, money_decimals=8, tick=Price(1), lot=Quantity(10_000),
    quantity_min=Quantity(10_000), quantity_max=Quantity(10**14), notional_min=Money(0),
    fees=Fees(maker=Rate(100_000), taker=Rate(100_000)), multiplier=Decimal(1),
)  # fmt: skip
BTC = 10**8
FILLS = st.lists(
    st.tuples(
        st.integers(1, 10**12), st.integers(1, 9_000_000), st.integers(-50, 50),
        st.integers(0, 10**6), st.integers(0, 3_000),
    ),
    min_size=1, max_size=20,
)  # fmt: skip


def fill(
    book: Book, change: int, price: int, *, meant: int = 0, cost: int = 0, fee: int = 0,
    coin_fee: int = 0,
) -> None:  # fmt: skip
    book.head[0]["log"] = 0
    book_fill(
        book.head, book.terms, book.positions, book.balances, book.log, 0, 0, 0,
        change, price, meant or price, cost, fee, coin_fee,
    )  # fmt: skip
    book.markets[0]["last"] = price


def test_a_coin_bought_with_a_fee_in_coins_is_held_less_the_fee_and_cost_the_same_each() -> None:
    """F52: 1 BTC at 60,000 with 0.1 % in coins: 0.999 BTC, 59,940 of cost, 60 of fees."""
    book = new_book((COIN,), capital=CAPITAL)
    fill(book, BTC, 6_000_000, coin_fee=BTC // 1000)
    position, balances = book.positions[0], book.balances[0, 0]

    assert int(position["quantity"]) == BTC - BTC // 1000
    assert int(average_entry(book.terms[0], position)) == 6_000_000
    assert int(position["fees"]) == int(balances[FEES]) == 60 * 10**8
    assert CAPITAL - int(balances[CASH]) == 60_000 * 10**8
    assert (int(balances[COINS]), int(balances[MARKET])) == (BTC - BTC // 1000, -BTC)
    assert int(balances[COIN_FEES]) == BTC // 1000
    assert int(book.head[0]["turnover"]) == 60_000 * 10**8


def test_selling_all_that_is_left_leaves_nothing_and_the_profit_is_what_came_in() -> None:
    """F52."""
    book = new_book((COIN,), capital=CAPITAL)
    fill(book, BTC, 6_000_000, coin_fee=BTC // 1000)
    fill(book, -(BTC - BTC // 1000), 6_100_000, fee=123)
    parts = waterfall(book.balances[0, 0], 0)

    assert not any(int(book.positions[0][name]) for name in ("quantity", "entry_worth"))
    assert int(book.balances[0, 0, COINS]) == 0
    assert parts.trend == 999 * 10**8  # 1,000 on each of 0.999 coins
    assert parts.total == 61_000 * 999 * 10**5 - 60_000 * 10**8 - 123


@given(FILLS, st.integers(1, 9_000_000))
def test_any_fills_with_fees_in_coins_balance_and_pay_to_the_last_unit(
    fills: list[tuple[int, int, int, int, int]], mark: int
) -> None:
    """F52: money is moved by the whole quantity, coins by what arrived; nothing is rounded away."""
    book = new_book((COIN,), capital=CAPITAL)
    cash = held = fees = 0
    for bought, price, off, coin_fee, fee in fills:
        coins = min(coin_fee, bought)
        fill(book, bought, price, meant=max(1, price + off), fee=fee, coin_fee=coins)
        cash -= int(worth(book.terms[0], price, bought)) + fee
        fees += fee + int(coin_fee_worth(book.terms[0], price, bought, coins))
        held += bought - coins
        if held > 3:
            fill(book, -(held // 3), price, cost=price - 1)
            cash += int(worth(book.terms[0], price, held // 3))
            held -= held // 3
        assert is_balanced(book.balances, 0, 0)
    balances = book.balances[0, 0]
    book.markets[0]["last"] = mark
    parts = waterfall(balances, int(worth(book.terms[0], mark, held)))

    assert int(book.positions[0]["quantity"]) == int(balances[COINS]) == held
    assert int(balances[CASH]) == CAPITAL + cash
    assert int(book.positions[0]["fees"]) == fees
    assert parts.total == parts.equity - CAPITAL
    assert parts.equity == equity(
        book.head, book.markets, book.terms, book.positions, book.balances
    )


@given(st.integers(1, 10**6), st.integers(1, 9_000_000), st.integers(0, 500))
def test_a_fee_in_coins_of_a_sale_takes_more_than_was_sold(
    sold: int, price: int, coins: int
) -> None:
    """F52: selling BNB while fees are paid in BNB."""
    book = new_book((COIN,), capital=CAPITAL)
    fill(book, 10**7, price)
    cash = int(book.balances[0, 0, CASH])
    fill(book, -sold, price, coin_fee=coins)

    assert int(book.positions[0]["quantity"]) == 10**7 - sold - coins
    assert int(book.balances[0, 0, CASH]) == cash + int(worth(book.terms[0], price, sold))
    assert is_balanced(book.balances, 0, 0)


def test_a_fill_journaled_before_fees_in_coins_were_told_still_reads() -> None:
    """F52: the bytes are those of version 0.1.0 before the field was there."""
    old = bytes.fromhex(
        "88a26973a646696c6c6564a574735f6e73cf0de0b6b3a7640000a56f7264657207a57072696365ce000927c0"
        "a87175616e7469747928a366656503a96c697175696469747901a57472616465a3303a31"
    )
    read = msgspec.msgpack.decode(old, type=ev.Event)

    assert read == ev.Filled(
        ts_ns=Nanos(10**18), order=7, price=Price(600_000), quantity=Quantity(40), fee=Money(3),
        liquidity=1, trade="0:1",
    )  # fmt: skip
    assert read.coin_fee == 0
