"""Numbers of ccxt are exact or refused; markets keep their steps; orders are never cut."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Placing
from steelyard.model.errors import NumberError
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import (
    BUY,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    STOP_MARKET,
    TRAILING_STOP,
)
from steelyard.model.reports import Fault, OrderState, Refusal
from steelyard.venues.ccxt.able import Able
from steelyard.venues.ccxt.instruments import instrument_of
from steelyard.venues.ccxt.numbers import decimal_of, nanos_of, rounded, units_of
from steelyard.venues.ccxt.opening import exchanges
from steelyard.venues.ccxt.orders import Creation, creation_of
from steelyard.venues.ccxt.reports import cash_of, order_of, position_of, strange_fee, trade_of


@given(st.integers(0, 10**15 - 1), st.integers(0, 8))
def test_a_number_that_went_through_a_float_comes_back(units: int, decimals: int) -> None:
    spelled = Decimal(units).scaleb(-decimals)

    assert units_of(float(spelled), decimals) == units
    assert units_of(str(spelled), decimals) == units


@pytest.mark.parametrize("value", ["NaN", "inf", "", "1,5", None, True, float("nan"), [], "0x1"])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(NumberError):
        decimal_of(value)


def test_exponents_times_and_halves() -> None:
    assert decimal_of("1E-8") == Decimal("0.00000001")
    assert nanos_of("1700000000123") == 1_700_000_000_123 * 10**6
    assert nanos_of(None) == 0
    assert [rounded(Decimal(x)) for x in ("0.5", "-0.5", "1.49", "-1.5")] == [1, -1, 1, -2]
    with pytest.raises(NumberError):
        units_of("0.001", 2)


class Exchange:
    """What is read of one of ccxt's exchanges."""

    id = "example"
    precisionMode = 4  # noqa: N815 - ccxt's spelling

    def __init__(self, **market: Any) -> None:
        row = {
            "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT",
            "spot": False, "swap": True, "linear": True, "contractSize": "0.001",
            "precision": {"price": "0.1", "amount": "1"},
            "limits": {"amount": {"min": "1", "max": "1000"}, "cost": {"min": "5"}},
            "maker": "0.0002", "taker": "0.0005",
        }  # fmt: skip
        self.markets = {"BTC/USDT:USDT": row | market}

    def price_to_precision(self, symbol: str, price: str) -> str:
        return str(Decimal(price).quantize(Decimal("0.1")))

    def amount_to_precision(self, symbol: str, amount: str) -> str:
        return str(int(Decimal(amount)))


def swap(**market: Any) -> Instrument:
    return instrument_of(Exchange(**market), "BTC/USDT:USDT", "ccxt:example")


ABLE = Able(
    name="example", places=True, carries_our_id=True, types=frozenset({LIMIT, MARKET, STOP_MARKET}),
    flags=POST_ONLY | IOC, by_client_id=True, fetches_order=True, fetches_open=True,
    fetches_trades=True, fetches_funding=False, fetches_time=True,
    cancels_all=True, watches_orders=True, watches_trades=True, quotes="watchBidsAsks",
    public_trades="watchTrades", depth="watchOrderBook",
)  # fmt: skip


def test_contracts_keep_their_size() -> None:
    one = swap()

    assert (one.kind, one.multiplier, one.tick, one.lot) == (Kind.LINEAR, Decimal("0.001"), 1, 1)
    assert (one.price_decimals, one.quantity_decimals) == (1, 0)
    assert (one.fees.maker, one.fees.taker) == (20_000, 50_000)


def test_decimal_places_and_significant_digits_are_ways_to_count() -> None:
    exchange = Exchange(precision={"price": 2, "amount": 0})
    exchange.precisionMode = 2
    places = instrument_of(exchange, "BTC/USDT:USDT", "v")
    exchange.precisionMode = 3
    digits = instrument_of(exchange, "BTC/USDT:USDT", "v")

    assert (places.price_decimals, places.tick, places.lot) == (2, 1, 1)
    assert (digits.price_decimals, digits.tick) == (8, 1)


def placing(**given_: Any) -> Placing:
    row: dict[str, Any] = {
        "client_id": "s1", "instrument": 0, "side": BUY, "type": LIMIT, "flags": 0,
        "price": 600_001, "quantity": 3,
    }  # fmt: skip
    return Placing(**row | given_)


def test_an_order_is_spelled_in_plain_texts() -> None:
    said = creation_of(placing(flags=POST_ONLY | REDUCE_ONLY), swap(), ABLE, Exchange())

    assert said == Creation(
        symbol="BTC/USDT:USDT", type="limit", side="buy", amount="3", price="60000.1",
        params={"clientOrderId": "s1", "postOnly": True, "reduceOnly": True},
    )  # fmt: skip


def test_an_order_ccxt_would_cut_is_refused() -> None:
    class Coarse(Exchange):
        def price_to_precision(self, symbol: str, price: str) -> str:
            return str(Decimal(price).quantize(Decimal(1)))

    said = creation_of(placing(), swap(), ABLE, Coarse())

    assert isinstance(said, Refusal)
    assert said.fault == Fault.FILTER
    assert "nothing was sent" in said.text


@pytest.mark.parametrize(
    "odd",
    [{"flags": 4}, {"type": TRAILING_STOP}, {"position_side": 1}],
    ids=["fok", "trailing", "hedged"],
)
def test_what_an_exchange_cannot_is_refused(odd: dict[str, int]) -> None:
    assert isinstance(creation_of(placing(**odd), swap(), ABLE, Exchange()), Refusal)


@pytest.mark.parametrize(
    "status,filled,state",
    [
        ("open", "0", OrderState.OPEN),
        ("closed", "3", OrderState.FILLED),
        ("closed", "1", OrderState.CANCELED),
        ("canceled", "1", OrderState.CANCELED),
        ("expired", "0", OrderState.EXPIRED),
        ("rejected", "0", OrderState.REJECTED),
    ],
)
def test_an_order_s_state_is_read(status: str, filled: str, state: OrderState) -> None:
    row = {"id": 7, "status": status, "side": "buy", "amount": "3", "filled": filled, "price": None}

    assert order_of(row, swap(), 0, "", 5).state == state


@pytest.mark.parametrize("odd", [{"id": None}, {"status": None}, {"side": None}, {"amount": "x"}])
def test_an_order_that_says_too_little_is_no_order(odd: dict[str, Any]) -> None:
    row = {"id": 7, "status": "open", "side": "buy", "amount": "3", "filled": "0"} | odd

    with (
        pytest.raises(ValueError, match=r"order|amount|allowed")
        if "amount" not in odd
        else (pytest.raises(NumberError))
    ):
        order_of(row, swap(), 0, "", 5)


def test_fees_count_in_the_settlement_asset() -> None:
    row = {
        "id": "1", "order": "7", "side": "sell", "price": "60000.1", "amount": "2",
        "timestamp": 1_700_000_000_000, "takerOrMaker": "taker",
    }  # fmt: skip
    one = swap()
    own = trade_of(row | {"fee": {"currency": "USDT", "cost": "0.06"}}, one, 0, "s1")
    base = trade_of(row | {"fee": {"currency": "BTC", "cost": "0.000001"}}, one, 0, "s1")
    third = row | {"fee": {"currency": "BNB", "cost": "0.1"}}

    assert own.fee == 6 * 10 ** (one.money_decimals - 2)
    assert base.fee == 600_001 * 10 ** (one.money_decimals - 7)
    assert trade_of(third, one, 0, "s1").fee == 0
    assert "0.1 BNB" in strange_fee(third, one)
    assert strange_fee(row, one) == ""


def test_a_position_is_signed_and_worth_what_it_cost() -> None:
    one = swap()
    row = {"contracts": "3", "side": "short", "entryPrice": "60000.125"}
    held = position_of(row, one, 0)

    assert (held.quantity, held.entry) == (-3, 600_001)
    assert held.worth == -180_000_375 * 10 ** (one.money_decimals - 6)
    assert position_of({"contracts": None, "side": None}, one, 0).quantity == 0
    with pytest.raises(ValueError, match="side"):
        position_of({"contracts": "3", "side": None}, one, 0)


def test_exchanges_are_named_without_loading_ccxt() -> None:
    assert {"binance", "okx", "bitget", "gate", "kraken"} <= set(exchanges())


@pytest.mark.parametrize(
    "info,expected",
    [
        ({"assets": [{"asset": "USDT", "walletBalance": "90.5", "marginBalance": "99"}]}, "90.5"),
        ({"data": [{"details": [{"ccy": "USDT", "eq": "99", "cashBal": "90.5"}]}]}, "90.5"),
        ([{"marginCoin": "USDT", "accountEquity": "99", "unrealizedPL": "8.5"}], "90.5"),
        ([{"marginCoin": "USDC", "accountEquity": "1", "unrealizedPL": "0"}], "99"),
        (None, "99"),
    ],
)
def test_open_profit_is_no_cash_where_the_exchange_tells_it_apart(info: Any, expected: str) -> None:
    one = swap()
    balance = {"total": {"USDT": "99"}, "info": info}

    assert one.money_decimal(cash_of(balance, one)) == Decimal(expected)
    with pytest.raises(ValueError, match="totals"):
        cash_of({"info": info}, one)
