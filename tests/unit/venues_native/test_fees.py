"""What a fee is: money, coins of what was traded, or an estimate (catalogue F52)."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.native.fees import Taken, taken

SPOT = Instrument(
    name="BTC/USDT", venue="x", kind=Kind.SPOT, base="BTC", quote="USDT", settle="USDT",
    price_decimals=2, quantity_decimals=6, money_decimals=8, tick=Price(1), lot=Quantity(1),
    quantity_min=Quantity(1), quantity_max=Quantity(10**12), notional_min=Money(0),
    fees=Fees(maker=Rate(80_000), taker=Rate(100_000)),
)  # fmt: skip
PERP = replace(SPOT, name="BTC/USDT:USDT", kind=Kind.LINEAR)


def read(coin: str, paid: str, instrument: Instrument = SPOT, *, maker: bool = False) -> Taken:
    """Read a fee of a trade of 0.5 BTC at 60,000."""
    return taken(
        instrument, coin, Decimal(paid), price=6_000_000, quantity=500_000, maker=maker
    )  # fmt: skip


def test_a_fee_in_money_is_money() -> None:
    assert read("USDT", "30.1") == Taken(fee=3_010_000_000)
    assert read("USDT", "-0.00000001") == Taken(fee=-1)


def test_a_fee_in_the_coin_bought_is_coins_counted_up() -> None:
    """F52."""
    assert read("BTC", "0.0005") == Taken(coin_fee=500)
    assert read("BTC", "0.00050001") == Taken(coin_fee=501)
    assert read("BTC", "-0.00050001") == Taken(coin_fee=-500)


def test_a_perpetual_holds_no_coins_so_the_fee_is_what_they_were_worth() -> None:
    assert read("BTC", "0.0005", PERP) == Taken(fee=30 * 10**8)


def test_a_fee_in_a_third_coin_is_the_accounts_rate_and_names_the_coin() -> None:
    """F52: BNB, BGB, GT."""
    assert read("BNB", "0.04") == Taken(fee=30 * 10**8, estimated="BNB")
    assert read("GT", "1", maker=True) == Taken(fee=24 * 10**8, estimated="GT")
    assert read("BNB", "0.04", PERP) == Taken(fee=30 * 10**8, estimated="BNB")


def test_no_fee_is_none_in_any_coin() -> None:
    assert {read(coin, "0.00") for coin in ("USDT", "BTC", "BNB", "")} == {Taken()}


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**12)), max_size=30))
def test_what_is_believed_to_be_held_is_never_more_than_what_is_there(
    trades: list[tuple[int, int]],
) -> None:
    """F52: fees with more decimals than the instrument's unit."""
    believed, there = 0, Decimal(0)
    for quantity, fee in trades:
        paid = Decimal(fee).scaleb(-15)
        believed += (
            quantity - taken(SPOT, "BTC", paid, price=1, quantity=quantity, maker=True).coin_fee
        )
        there += Decimal(quantity).scaleb(-6) - paid

    assert SPOT.quantity_decimal(Quantity(believed)) <= there
    assert there - SPOT.quantity_decimal(Quantity(believed)) < Decimal(len(trades) + 1).scaleb(-6)
