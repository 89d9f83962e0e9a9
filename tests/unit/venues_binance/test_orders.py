"""Orders on their way out: position sides, types, flags."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Placing
from steelyard.model import kinds as k
from steelyard.model.reports import Refusal
from steelyard.venues.binance.orders import LEGS, leg_of, perp_fields, spot_fields
from tests.unit.venues_binance.desk import PERP, SPOT


def placing(**changes: object) -> Placing:
    values: dict[str, object] = {
        "client_id": "s1", "instrument": 0, "side": k.BUY, "type": k.LIMIT, "flags": 0,
        "price": 6183763, "quantity": 20,
    }  # fmt: skip
    return Placing(**{**values, **changes})  # type: ignore[arg-type]


EIGHT = [
    # hedged, position side, side, reduce-only → side, positionSide, reduceOnly as sent
    (False, k.LONG, k.BUY, False, "BUY", "BOTH", "false"),
    (False, k.LONG, k.SELL, True, "SELL", "BOTH", "true"),
    (False, k.NET, k.SELL, False, "SELL", "BOTH", "false"),
    (False, k.NET, k.BUY, True, "BUY", "BOTH", "true"),
    (True, k.LONG, k.BUY, False, "BUY", "LONG", None),
    (True, k.LONG, k.SELL, True, "SELL", "LONG", None),
    (True, k.SHORT, k.SELL, False, "SELL", "SHORT", None),
    (True, k.SHORT, k.BUY, True, "BUY", "SHORT", None),
]


@pytest.mark.parametrize("hedged, row, side, reduces, word, position, reduce", EIGHT)
def test_the_eight_combinations(
    hedged: bool, row: int, side: int, reduces: bool, word: str, position: str, reduce: str | None
) -> None:
    flags = k.REDUCE_ONLY if reduces else 0
    order = placing(side=side, position_side=row, flags=flags)

    fields = perp_fields(PERP, "BTCUSDT", order, hedged=hedged)

    assert not isinstance(fields, Refusal)
    assert (fields["side"], fields["positionSide"]) == (word, position)
    assert fields.get("reduceOnly") == reduce


def test_the_table_has_all_and_only_eight() -> None:
    assert set(LEGS) == set(itertools.product((False, True), (k.LONG, k.SHORT), (False, True)))


@given(
    st.booleans(), st.sampled_from([k.LONG, k.SHORT]), st.sampled_from([k.BUY, k.SELL]),
    st.booleans(),
)  # fmt: skip
def test_the_side_sent_is_the_side_asked_for(
    hedged: bool, row: int, side: int, reduces: bool
) -> None:
    order = placing(side=side, position_side=row if hedged else k.NET,
                    flags=k.REDUCE_ONLY if reduces else 0)  # fmt: skip

    assert leg_of(order, hedged=hedged).side == {k.BUY: "BUY", k.SELL: "SELL"}[side]


SPOT_TYPES = [
    (k.LIMIT, 0, 6183763, 0, {"type": "LIMIT", "timeInForce": "GTC", "price": "61837.63"}),
    (k.LIMIT, k.POST_ONLY, 6183763, 0, {"type": "LIMIT_MAKER", "timeInForce": None}),
    (k.LIMIT, k.IOC, 6183763, 0, {"type": "LIMIT", "timeInForce": "IOC"}),
    (k.LIMIT, k.FOK, 6183763, 0, {"type": "LIMIT", "timeInForce": "FOK"}),
    (k.MARKET, 0, 0, 0, {"type": "MARKET", "timeInForce": None, "price": None}),
    (k.STOP_MARKET, 0, 0, 6000000, {"type": "STOP_LOSS", "stopPrice": "60000", "price": None}),
    (k.STOP_MARKET, 0, 5990000, 6000000, {"type": "STOP_LOSS_LIMIT", "timeInForce": "GTC"}),
    (k.TAKE_PROFIT, 0, 0, 6000000, {"type": "TAKE_PROFIT", "stopPrice": "60000"}),
    (k.TAKE_PROFIT, 0, 6000001, 6000000, {"type": "TAKE_PROFIT_LIMIT", "price": "60000.01"}),
]


@pytest.mark.parametrize("kind, flags, price, trigger, expected", SPOT_TYPES)
def test_spot_types(
    kind: int, flags: int, price: int, trigger: int, expected: dict[str, str | None]
) -> None:
    order = placing(type=kind, flags=flags, price=price, trigger=trigger, quantity=2_000_000)

    fields = spot_fields(SPOT, "BTCUSDT", order)

    assert not isinstance(fields, Refusal)
    assert {name: fields.get(name) for name in expected} == expected
    assert (fields["quantity"], fields["newClientOrderId"]) == ("0.02", "s1")


PERP_TYPES = [
    (k.LIMIT, k.POST_ONLY, 6183763, 0, {"type": "LIMIT", "timeInForce": "GTX"}),
    (k.LIMIT, k.IOC, 6183763, 0, {"type": "LIMIT", "timeInForce": "IOC"}),
    (k.MARKET, 0, 0, 0, {"type": "MARKET", "timeInForce": None, "newClientOrderId": "s1"}),
    (k.STOP_MARKET, 0, 0, 6000000,
     {"type": "STOP_MARKET", "triggerPrice": "60000", "algoType": "CONDITIONAL",
      "clientAlgoId": "s1", "newClientOrderId": None}),
    (k.STOP_MARKET, 0, 5990000, 6000000, {"type": "STOP", "price": "59900"}),
    (k.TAKE_PROFIT, 0, 0, 6000000, {"type": "TAKE_PROFIT_MARKET"}),
    (k.TAKE_PROFIT, k.POST_ONLY, 6000001, 6000000, {"type": "TAKE_PROFIT", "timeInForce": "GTX"}),
]  # fmt: skip


@pytest.mark.parametrize("kind, flags, price, trigger, expected", PERP_TYPES)
def test_perpetual_types(
    kind: int, flags: int, price: int, trigger: int, expected: dict[str, str | None]
) -> None:
    order = placing(type=kind, flags=flags, price=price, trigger=trigger)

    fields = perp_fields(PERP, "BTCUSDT", order, hedged=False)

    assert not isinstance(fields, Refusal)
    assert {name: fields.get(name) for name in expected} == expected
    assert fields["quantity"] == "0.02"


def test_a_trailing_distance_is_sent_only_where_it_is_a_rate() -> None:
    exact = placing(type=k.TRAILING_STOP, side=k.SELL, price=0, trigger=6000000, trail=30000)
    odd = placing(type=k.TRAILING_STOP, side=k.SELL, price=0, trigger=6000000, trail=30001)
    blind = placing(type=k.TRAILING_STOP, side=k.SELL, price=0, trail=30000)

    fields = perp_fields(PERP, "BTCUSDT", exact, hedged=False)

    assert not isinstance(fields, Refusal)
    assert (fields["callbackRate"], fields["activatePrice"]) == ("0.5", "60000")
    for order in (odd, blind):
        assert isinstance(perp_fields(PERP, "BTCUSDT", order, hedged=False), Refusal)
        assert isinstance(spot_fields(SPOT, "BTCUSDT", order), Refusal)


def test_the_requests_ccxt_sends_for_the_same_intent_are_ours() -> None:
    """`requests_ccxt.jsonl`, the entries that create an order: type, path and fields agree."""
    stop = placing(type=k.STOP_MARKET, price=5100, trigger=10100, quantity=210)

    fields = perp_fields(PERP, "LTCUSDT", stop, hedged=False)

    assert not isinstance(fields, Refusal)
    expected = {
        "symbol": "LTCUSDT", "side": "BUY", "type": "STOP", "quantity": "0.21", "price": "51",
        "triggerPrice": "101", "algoType": "CONDITIONAL",
    }  # fmt: skip
    assert {name: fields[name] for name in expected} == expected
