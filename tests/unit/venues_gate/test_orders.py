"""Orders on their way out: sides of positions, fields, and the requests that others send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Placing
from steelyard.model.client_ids import decode, encode
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from steelyard.model.reports import Refusal
from steelyard.venues.gate import orders
from tests.recorded.market_files import market_file
from tests.unit.venues_gate.account import contract, pair

ID = encode(1, 2, 3, 4, venue="gate")


def placing(**how: Any) -> Placing:
    given_: dict[str, Any] = {
        "client_id": ID, "instrument": 0, "side": BUY, "type": LIMIT, "flags": 0, "price": 1000,
        "quantity": 10_000,
    }  # fmt: skip
    return Placing(**(given_ | how))


@pytest.mark.parametrize(
    "hedged, position_side, side, flags, size, reduces",
    [
        (False, LONG, BUY, 0, 1, False),
        (False, LONG, SELL, REDUCE_ONLY, -1, True),
        (False, LONG, SELL, 0, -1, False),
        (False, LONG, BUY, REDUCE_ONLY, 1, True),
        (True, LONG, BUY, 0, 1, False),
        (True, LONG, SELL, 0, -1, True),
        (True, SHORT, SELL, 0, -1, False),
        (True, SHORT, BUY, 0, 1, True),
    ],
)
def test_each_side_of_a_position(
    hedged: bool, position_side: int, side: int, flags: int, size: int, reduces: bool
) -> None:
    order = placing(side=side, flags=flags, position_side=position_side)
    fields = orders.perp_fields(order, contract(), "BTC_USDT", hedged=hedged)
    assert fields["size"] == size
    assert fields.get("reduce_only", False) == reduces
    # What comes back is read as the same side.
    read = orders.position_side_of(size, reduces=reduces, hedged=hedged)
    assert read == (position_side if hedged else 0)


def test_a_whole_close_names_its_side_in_hedged_mode() -> None:
    close = placing(side=SELL, type=MARKET, quantity=0, position_side=LONG, flags=REDUCE_ONLY)
    fields = orders.perp_fields(close, contract(), "BTC_USDT", hedged=True)
    assert (fields["size"], fields["auto_size"], fields["reduce_only"]) == (0, "close_long", True)
    fields = orders.perp_fields(close, contract(), "BTC_USDT", hedged=False)
    assert (fields["size"], fields["close"]) == (0, True)
    assert "reduce_only" not in fields


@pytest.mark.parametrize(
    "flags, type_, word",
    [
        (0, LIMIT, "gtc"), (POST_ONLY, LIMIT, "poc"), (IOC, LIMIT, "ioc"), (FOK, LIMIT, "fok"),
        (0, MARKET, "ioc"), (FOK, MARKET, "fok"),
    ],
)  # fmt: skip
def test_time_in_force(flags: int, type_: int, word: str) -> None:
    assert orders.time_in_force(placing(flags=flags, type=type_)) == word


def test_a_purchase_at_market_in_coins_is_a_limit_order_above_the_ask() -> None:
    order = placing(type=MARKET, quantity=123_450_000)
    fields = orders.spot_fields(order, pair(), "BTC_USDT", "spot", ask=10_001)
    assert fields["type"] == "limit"
    assert fields["price"] == "102.01"
    assert fields["amount"] == "1.2345"
    assert fields["time_in_force"] == "ioc"
    sale = orders.spot_fields(placing(type=MARKET, side=SELL), pair(), "BTC_USDT", "spot")
    assert sale["type"] == "market"
    assert "price" not in sale


@given(ask=st.integers(1, 10**12))
def test_the_allowance_never_lies_below_the_ask_nor_beyond_two_percent(ask: int) -> None:
    fields = orders.spot_fields(placing(type=MARKET), pair(prices=0), "BTC_USDT", "spot", ask=ask)
    assert ask <= int(fields["price"]) <= max(ask, ask * 102 // 100)


@pytest.mark.parametrize(
    "type_, side, spot_rule, perp_rule",
    [
        (STOP_MARKET, BUY, ">=", 1), (STOP_MARKET, SELL, "<=", 2),
        (TAKE_PROFIT, BUY, "<=", 2), (TAKE_PROFIT, SELL, ">=", 1),
    ],
)  # fmt: skip
def test_triggers_wait_on_the_right_side(
    type_: int, side: int, spot_rule: str, perp_rule: int
) -> None:
    order = placing(type=type_, side=side, price=0, trigger=5_000)
    spot = orders.spot_trigger_fields(order, pair(), "BTC_USDT", unified=False)
    assert spot["trigger"]["rule"] == spot_rule
    assert spot["put"]["account"] == "normal"
    assert spot["put"]["price"] == ("51" if side == BUY else "49")
    perp = orders.perp_trigger_fields(order, contract(), "BTC_USDT", hedged=False)
    assert perp["trigger"]["rule"] == perp_rule
    assert (perp["initial"]["price"], perp["initial"]["tif"]) == ("0", "ioc")
    assert perp["initial"]["text"] == ID


def test_trailing_stops_are_refused_before_anything_leaves() -> None:
    assert isinstance(orders.refusal_of(placing(type=TRAILING_STOP)), Refusal)


def test_contracts_in_parts_are_spelt_as_text() -> None:
    order = placing(quantity=15_000)
    assert orders.perp_fields(order, contract(), "X", hedged=False)["size"] == "1.5"


@given(slot=st.integers(-1000, 1000), generation=st.integers(0, 10**6))
def test_client_ids_come_back(slot: int, generation: int) -> None:
    text = orders.text_of(encode(7, 8, slot, generation, venue="gate"))
    found = decode(orders.client_id_of(text))
    assert found is not None
    assert (found.slot, found.generation) == (slot, generation)


def test_the_venues_own_texts_are_nobodys_id() -> None:
    assert [orders.client_id_of(text) for text in ("web", "apiv4", "-", "liq-1")] == [""] * 4


def test_requests_are_those_that_another_client_sends() -> None:
    """The order requests of the recorded ccxt cases, text, account and scale apart."""
    found = 0
    for line in market_file("exchange/gate/rest/requests_ccxt.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["unified_method"] != "createOrder":
            continue
        name, kind, side, amount, *rest = row["input"]
        more = rest[1] if len(rest) > 1 else {}
        if "cost" in more:
            continue  # an amount of quote: this house never sends one
        price = rest[0] if rest and rest[0] is not None else 0
        spot = ":" not in name
        instrument = pair(name) if spot else contract(name)
        order = placing(
            side=BUY if side == "buy" else SELL,
            type=LIMIT if kind == "limit" else MARKET,
            price=instrument.price(str(price)),
            quantity=instrument.quantity(f"{amount:f}".rstrip("0").rstrip(".")),
        )
        symbol = row["body"].get("currency_pair") or (
            row["body"].get("contract") or row["body"]["initial"]["contract"]
        )
        if "triggerPrice" in more:
            continue  # a stop that becomes a limit order: this house's become market orders
        if spot:
            account = "unified" if more.get("unifiedAccount") else "spot"
            fields = orders.spot_fields(order, instrument, symbol, account)
        else:
            fields = orders.perp_fields(order, instrument, symbol, hedged=False)
        wanted = row["body"]
        assert {key: fields[key] for key in wanted} == wanted, row["id"]
        found += 1
    assert found == 5
