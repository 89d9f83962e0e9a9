"""Batches at Bitget: two lists, and places that say nothing."""

import json
from typing import Any

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, IOC, LIMIT, MARKET, POST_ONLY, SELL, STOP_MARKET
from steelyard.model.reports import Fault, Refusal, Success, Unclear
from steelyard.venues.native.batches import replies
from tests.unit.venues_bitget.bitget_setting import account, bad, converse, good

SPOT, PERP = 0, 1
NAMES = ["a1", "a2"]


def order(name: str, **how: Any) -> Placing:
    told = {"instrument": PERP, "side": BUY, "type": LIMIT, "flags": 0, "price": 90_000} | how
    return Placing(client_id=name, quantity=10, **told)


def test_creates_share_what_stands_around_them() -> None:
    done = {"successList": [{"orderId": "7", "clientOid": "a2"}], "failureList": [
        {"orderId": None, "clientOid": "a1", "errorMsg": "insufficient", "errorCode": "43012"}
    ]}  # fmt: skip
    told, (call,) = converse(
        account().place_batch([order(name) for name in NAMES]),
        [good(done)],
    )
    body = json.loads(call.body)
    assert call.url.endswith("/api/v2/mix/order/batch-place-order")
    assert {"symbol", "productType", "marginCoin", "marginMode", "orderList"} == set(body)
    assert [row["clientOid"] for row in body["orderList"]] == NAMES
    assert "symbol" not in body["orderList"][0]
    refused, taken = replies(NAMES, told)
    assert isinstance(refused, Refusal)
    assert (refused.fault, taken) == (Fault.FUNDS, Success())


def test_rows_without_an_id_and_failures_without_a_code_prove_nothing() -> None:
    rows = {"successList": [{"orderId": "7"}], "failureList": [
        {"clientOid": "a1", "errorMsg": "clientOrderId already exists"}
    ]}  # fmt: skip
    orders = [order(name, instrument=SPOT) for name in NAMES]
    told, (call,) = converse(account().place_batch(orders), [good(rows)])
    assert json.loads(call.body)["batchMode"] == "single"
    assert [type(one) for one in replies(NAMES, told)] == [Unclear, Unclear]
    for answer in (good([]), bad("40034", status=502), bad("99999")):
        told, _ = converse(account().place_batch(orders), [answer])
        assert [type(one) for one in replies(NAMES, told)] == [Unclear, Unclear], answer


def test_a_cancel_of_what_does_not_exist_is_told_even_without_a_code() -> None:
    dialect = account()
    rows = {"successList": [{"orderId": "7", "clientOid": "a2"}], "failureList": [
        {"orderId": "6", "clientOid": "a1", "errorMsg": "notExistend"}
    ]}  # fmt: skip
    told, (call,) = converse(dialect.cancel_batch(NAMES, PERP), [good(rows)])
    assert json.loads(call.body)["orderIdList"] == [{"clientOid": name} for name in NAMES]
    gone, done = replies(NAMES, told)
    assert isinstance(gone, Refusal)
    assert (gone.fault, done) == (Fault.NO_ORDER, Success())


def test_one_that_cannot_be_written_does_not_hold_up_the_others() -> None:
    odd = order("a1", flags=POST_ONLY | IOC)
    done = good({"successList": [{"orderId": "7", "clientOid": "a2"}], "failureList": None})
    told, (call,) = converse(account().place_batch([odd, order("a2")]), [done])
    assert len(json.loads(call.body)["orderList"]) == 1
    assert [type(one) for one in replies(NAMES, told)] == [Refusal, Success]


def test_what_waits_or_needs_a_quote_goes_alone() -> None:
    dialect = account()
    most = dialect.batch_max
    assert most(order("a", type=STOP_MARKET), over_socket=True) == 0
    assert most(order("a", type=MARKET, instrument=SPOT), over_socket=True) == 0
    assert most(order("a", type=MARKET, instrument=SPOT, side=SELL), over_socket=True) == 50
    assert dialect.batch_cancel_max("unknown", PERP, over_socket=True) == 0
