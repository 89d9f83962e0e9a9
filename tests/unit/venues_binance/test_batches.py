"""Batches at Binance: perpetuals over REST, errors without a name."""

import json
from typing import Any

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, STOP_MARKET
from steelyard.model.reports import Fault, Refusal, Success, Unclear
from steelyard.venues.native.batches import replies
from tests.unit.venues_binance.desk import account, answer, error, fields_of, hold, path_of

SPOT, PERP = 0, 1
NAMES = ["a1", "a2"]
BAD = {"code": -2019, "msg": "Margin is insufficient."}


def order(name: str, **how: Any) -> Placing:
    told = {"instrument": PERP, "side": BUY, "type": LIMIT, "flags": 0, "price": 900_000} | how
    return Placing(client_id=name, quantity=10, **told)


def made(name: str, status: str = "NEW") -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT", "orderId": 7, "clientOrderId": name, "status": status, "side": "BUY",
        "type": "LIMIT", "price": "9000.00", "origQty": "0.010", "executedQty": "0",
        "updateTime": 1_700_000_000_000,
    }  # fmt: skip


def test_an_error_is_of_its_place_and_an_order_of_its_name() -> None:
    told, (call,) = hold(
        account().place_batch([order(name) for name in NAMES]), [answer([BAD, made("a2")])]
    )
    assert path_of(call) == "POST /fapi/v1/batchOrders"
    assert call.changes
    fields = fields_of(call)
    assert fields["recvWindow"] == "5000"
    rows = json.loads(fields["batchOrders"])
    assert [row["newClientOrderId"] for row in rows] == NAMES
    refused, taken = replies(NAMES, told)
    assert isinstance(refused, Refusal)
    assert refused.fault == Fault.FUNDS
    assert isinstance(taken, Success)
    assert taken.value.client_id == "a2"


def test_answers_that_tell_less_are_unclear() -> None:
    orders = [order(name) for name in NAMES]
    for given in (
        answer([BAD]), answer([{}, {}]), answer({}), error(-1008, status=503), answer(b"<html>"),
        error(-1007, status=408), answer([made("a1")], 502), answer([BAD, made("a1")][:1]),
        answer([{"code": -1007, "msg": "timeout"}] * 2),
    ):  # fmt: skip
        told, _ = hold(account().place_batch(orders), [given])
        assert [type(one) for one in replies(NAMES, told)] == [Unclear, Unclear], given
    told, _ = hold(account().place_batch(orders), [error(-4082, "too many")])
    assert [type(one) for one in replies(NAMES, told)] == [Refusal, Refusal]


def test_cancels_name_their_orders() -> None:
    dialect = account()
    hold(
        dialect.place_batch([order(name) for name in NAMES]), [answer([made("a1"), made("a2")])]
    )  # fmt: skip
    assert dialect.batch_cancel_max("a1", PERP, over_socket=False) == 10
    told, (call,) = hold(
        dialect.cancel_batch(NAMES, PERP),
        [answer([{"code": -2011, "msg": "Unknown order sent."}, made("a2", "CANCELED")])],
    )
    assert path_of(call) == "DELETE /fapi/v1/batchOrders"
    assert json.loads(fields_of(call)["origClientOrderIdList"]) == NAMES
    gone, done = replies(NAMES, told)
    assert isinstance(gone, Refusal)
    assert gone.fault == Fault.NO_ORDER
    assert isinstance(done, Success)


def test_what_goes_in_no_batch() -> None:
    dialect = account()
    assert dialect.batch_max(order("a"), over_socket=False) == 5
    assert dialect.batch_max(order("a"), over_socket=True) == 0
    assert dialect.batch_max(order("a", instrument=SPOT), over_socket=False) == 0
    assert dialect.batch_max(order("a", type=STOP_MARKET), over_socket=False) == 0
    assert dialect.batch_cancel_max("unknown", PERP, over_socket=False) == 0
