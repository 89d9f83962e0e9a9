"""A real month through the grid, held by identities that need no magic number.

What is summed up here from the fills alone must be what the ledger says, to the last minor unit.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from math import ceil
from typing import Any

from steelyard.ledger.accounts import CASH, COINS, FEES, GRID, INVENTORY, SETTLEMENT_ACCOUNTS
from steelyard.model.kinds import MAKER
from steelyard.model.times import parse_time
from steelyard.services.marketdata.opening import open_history
from tests.parity.play import Played, Task, assert_conserved, first_rows, play
from tests.recorded.market_files import market_file


@cache
def month() -> Played:
    history = open_history(
        market_file("klines/binance_spot/BTCUSDT-5m-20240301_20250430.parquet"),
        from_ns=parse_time("2024-03-01"), to_ns=parse_time("2024-04-01"),
    )  # fmt: skip
    given = {"price_interval": "200", "order_quantity": "150"}
    return play(Task(history=first_rows(history, history.rows), given=given, equity="20000"))


def worth(run: Played, fill: Any) -> int:
    """Return the signed worth of a fill: half-way values go to the even minor unit."""
    traded = run.book.instruments[0]
    exact = traded.price_decimal(fill["price"]) * traded.quantity_decimal(fill["quantity"])
    units = exact.scaleb(traded.money_decimals)
    return int(units.quantize(Decimal(1), ROUND_HALF_EVEN))


def test_the_month_has_hundreds_of_fills_on_both_sides() -> None:
    fills = month().fills

    assert len(fills) == month().count("fills") > 500
    assert (fills["quantity"] > 0).any()
    assert (fills["quantity"] < 0).any()
    assert (fills["liquidity"] == MAKER).all()


def test_the_waterfall_sums_to_the_change_in_equity() -> None:
    fall = month().waterfall

    parts = (fall.grid, fall.trend, fall.slippage, fall.fees, fall.funding, fall.liquidation)
    assert sum(parts) == fall.equity - fall.capital
    assert fall.capital == month().book.instruments[0].money("20000")
    assert_conserved(month())


def test_the_position_is_the_sum_of_the_fills() -> None:
    run = month()

    assert run.held == run.fills["quantity"].sum() == run.balance(COINS)


def test_each_fee_is_the_rate_times_the_worth_rounded_against_us() -> None:
    run = month()
    rate = Decimal(int(run.book.terms[0]["maker_rate"])).scaleb(-8)
    owed = [ceil(abs(worth(run, fill)) * rate) for fill in run.fills]

    assert run.fills["fee"].tolist() == owed
    assert run.balance(FEES) == sum(owed) == -run.waterfall.fees


def test_cash_is_the_capital_less_what_was_bought_and_the_fees() -> None:
    run = month()
    paid = sum(worth(run, fill) for fill in run.fills)

    assert run.balance(CASH) == run.waterfall.capital - paid - run.balance(FEES)
    assert int(run.book.head[0]["turnover"]) == sum(abs(worth(run, f)) for f in run.fills)


def test_every_sale_is_a_round_trip_that_gained_one_interval() -> None:
    run = month()
    sales = run.fills[run.fills["quantity"] < 0]
    interval = run.book.instruments[0].price("200")

    # worth of one interval × quantity: cents × 10^-6 are exact in 10^-8
    assert (sales["profit"] == -sales["quantity"] * interval).all()
    assert -run.balance(GRID) == sales["profit"].sum() == run.waterfall.grid
    # What is still held stands in the inventory at what it cost: bought, less sold, plus gain.
    assert run.balance(INVENTORY) == sum(worth(run, f) for f in run.fills) + run.waterfall.grid


def test_all_settlement_accounts_add_up_to_zero() -> None:
    balances = month().book.balances[0, 0]

    assert balances[:SETTLEMENT_ACCOUNTS].sum() == 0
    assert balances[SETTLEMENT_ACCOUNTS:].sum() == 0
