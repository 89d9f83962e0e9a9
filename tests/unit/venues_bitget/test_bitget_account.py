"""Conversations with the venue: what leaves, in which order, and what is made of the answers."""

import hmac
import json
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, MARKET, REDUCE_ONLY, SELL, STOP_MARKET
from steelyard.model.reports import (
    Fault,
    OrderFound,
    OrderState,
    Refusal,
    Success,
    Unclear,
)
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer
from tests.unit.venues_bitget.bitget_setting import (
    account,
    bad,
    converse,
    good,
)

SPOT, MIX = 0, 1


def _placing(instrument: int = MIX, kind: int = LIMIT, **more: Any) -> Placing:
    given = {"side": BUY, "flags": 0, "price": 270005, "quantity": 2, **more}
    return Placing(client_id="s1", instrument=instrument, type=kind, **given)


def _path(call: Call) -> str:
    return urlsplit(call.url).path


def _asked(call: Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(call.url).query).items()}


def test_a_create_is_one_signed_call_that_changes() -> None:
    reply, calls = converse(
        account().place(_placing()), [good({"orderId": "7", "clientOid": "s1"})]
    )

    assert reply == Success(value=None)
    (call,) = calls
    assert call.changes
    text = f"1700000000000POST/api/v2/mix/order/place-order{call.body.decode()}"
    proof = b64encode(hmac.digest(b"hush", text.encode(), "sha256")).decode()
    assert call.headers["ACCESS-SIGN"] == proof
    assert "paptrading" not in call.headers
    assert json.loads(call.body)["clientOid"] == "s1"


def test_the_demo_says_so_in_every_request() -> None:
    steps = account(environment="testnet").place(_placing())

    assert next(steps).headers["paptrading"] == "1"


def test_a_market_buy_on_spot_reads_the_ask_and_changes_once() -> None:
    ticker = [{"symbol": "BTCUSDT", "ts": "1", "bidPr": "26999.99", "askPr": "27000.01",
               "bidSz": "1", "askSz": "1"}]  # fmt: skip
    answers = [good(ticker), good({"orderId": "7", "clientOid": "s1"})]
    reply, calls = converse(account().place(_placing(SPOT, MARKET)), answers)

    assert isinstance(reply, Success)
    assert [call.changes for call in calls] == [False, True]
    assert json.loads(calls[1].body)["price"] == "27270.01"  # 27000.01 × 1.01, down to the tick


def test_nobody_offers_so_nothing_is_bought() -> None:
    ticker = [{"symbol": "BTCUSDT", "ts": "1", "bidPr": "1", "askPr": None}]
    reply, calls = converse(account().place(_placing(SPOT, MARKET)), [good(ticker)])

    assert isinstance(reply, Refusal)
    assert not any(call.changes for call in calls)


@pytest.mark.parametrize(
    "answer, fault",
    [
        (bad("40762"), Fault.FUNDS), (bad("43012"), Fault.FUNDS), (bad("45110"), Fault.FILTER),
        (bad("40008"), Fault.CLOCK), (bad("40774"), Fault.MODE), (bad("40786"), Fault.DUPLICATE),
        (bad("429", status=429), Fault.RATE_LIMIT), (bad("40009", status=401), Fault.AUTH),
        (bad("22002"), Fault.REDUCE_ONLY), (bad("41114"), Fault.MAINTENANCE),
        (Answer(429, {"retry-after": "7"}, b"<html>slow down</html>"), Fault.RATE_LIMIT),
    ],
)  # fmt: skip
def test_a_documented_refusal_is_definite(answer: Answer, fault: Fault) -> None:
    reply, _ = converse(account().place(_placing()), [answer])

    assert isinstance(reply, Refusal)
    assert reply.fault is fault
    if answer.headers:
        assert reply.retry_after_ns == 7_000_000_000


@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, {}, b"<html>bad gateway</html>"), Answer(200, {}, b""),
        Answer(200, {}, b'{"code":"00000","data":{"orderI'), Answer(503, {}, b'{"code":"00000"}'),
        bad("40010"), bad("40725"), bad("40015"), bad("99999"), Answer(200, {}, b"[]"),
    ],
)  # fmt: skip
def test_what_nobody_understands_is_unclear(answer: Answer) -> None:
    reply, _ = converse(account().place(_placing()), [answer])

    assert isinstance(reply, Unclear)


# --- one order -----------------------------------------------------------------------------------

_MIX_ORDER = {
    "symbol": "BTCUSDT", "size": "0.002", "orderId": "7", "clientOid": "s1", "baseVolume": "0.002",
    "price": "27000.5", "state": "filled", "side": "buy", "orderType": "limit", "posSide": "net",
    "posMode": "one_way_mode", "tradeSide": "buy_single", "reduceOnly": "NO",
    "cTime": "1700000000000", "uTime": "1700000000100",
}  # fmt: skip
_MIX_FILL = {
    "tradeId": "70", "symbol": "BTCUSDT", "orderId": "7", "price": "27000.5", "baseVolume": "0.002",
    "side": "buy", "tradeSide": "buy_single", "posMode": "one_way_mode", "tradeScope": "taker",
    "cTime": "1700000000090",
    "feeDetail": [{"deduction": "no", "feeCoin": "USDT", "totalFee": "-0.0324006"}],
}  # fmt: skip


def test_an_order_is_told_with_all_of_its_trades() -> None:
    answers = [good(_MIX_ORDER), good({"fillList": [_MIX_FILL], "endId": "70"})]
    reply, calls = converse(account().order("s1", MIX), answers)

    assert isinstance(reply, Success)
    found: OrderFound = reply.value
    assert found.complete
    assert found.report.state is OrderState.FILLED
    assert (found.report.side, found.report.quantity, found.report.filled) == (BUY, 2, 2)
    assert found.report.price == 270005
    (trade,) = found.trades
    assert (trade.client_id, trade.trade, trade.fee) == ("s1", "70", 3_240_060)
    assert not any(call.changes for call in calls)


def test_an_order_is_absent_only_where_every_namespace_says_so() -> None:
    nothing = good({"entrustedList": None, "endId": None})
    reply, calls = converse(
        account().order("s1", MIX), [bad("40109"), nothing, nothing, nothing, nothing]
    )

    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.NO_ORDER
    assert [_path(call).rsplit("/", 1)[1] for call in calls] == [
        "detail", "orders-plan-pending", "orders-plan-pending", "orders-plan-history",
        "orders-plan-history",
    ]  # fmt: skip


def test_one_namespace_that_does_not_answer_proves_nothing() -> None:
    reply, _ = converse(account().order("s1", MIX), [bad("40109"), Answer(502, {}, b"")])

    assert isinstance(reply, Unclear)


def test_an_executed_plan_is_told_as_the_order_it_became() -> None:
    plan = {"planType": "loss_plan", "symbol": "BTCUSDT", "size": "0.002", "orderId": "5",
            "executeOrderId": "7", "clientOid": "s1", "planStatus": "executed",
            "triggerPrice": "25000", "side": "sell", "posSide": "net", "orderType": "market",
            "posMode": "one_way_mode", "cTime": "1"}  # fmt: skip
    child = _MIX_ORDER | {"clientOid": "a machine's", "orderType": "market", "price": "0"}

    def answer(call: Call) -> Answer:
        name = _path(call).rsplit("/", 1)[1]
        if name == "detail":
            return good(child) if _asked(call).get("orderId") == "7" else bad("40109")
        if name == "orders-plan-history" and _asked(call)["planType"] == "profit_loss":
            return good({"entrustedList": [plan], "endId": "5"})
        if name == "fills":
            return good({"fillList": [_MIX_FILL], "endId": "70"})
        return good({"entrustedList": [], "endId": None})

    reply, _ = converse(account().order("s1", MIX), answer)

    assert isinstance(reply, Success)
    assert reply.value.report.client_id == "s1"
    assert reply.value.report.state is OrderState.FILLED
    assert [each.client_id for each in reply.value.trades] == ["s1"]


def test_a_cancel_of_what_is_known_is_one_call() -> None:
    kept = account()
    converse(kept.place(_placing()), [good({"orderId": "7", "clientOid": "s1"})])
    stop = _placing(kind=STOP_MARKET, side=SELL, flags=REDUCE_ONLY, trigger=250000)
    converse(kept.place(_named(stop, "s2")), [good({"orderId": "8", "clientOid": "s2"})])

    _, plain = converse(kept.cancel("s1", MIX), [good({"orderId": "7", "clientOid": "s1"})])
    _, plan = converse(kept.cancel("s2", MIX), [good({"successList": [{"orderId": "8"}]})])

    assert [_path(call) for call in plain] == ["/api/v2/mix/order/cancel-order"]
    assert [_path(call) for call in plan] == ["/api/v2/mix/order/cancel-plan-order"]
    body = json.loads(plan[0].body)
    assert body["orderIdList"] == [{"clientOid": "s2"}]
    assert body["planType"] == "loss_plan"  # the one it was made with, not its family


def _named(placing: Placing, client_id: str) -> Placing:
    return Placing(
        client_id=client_id, instrument=placing.instrument, side=placing.side, type=placing.type,
        flags=placing.flags, price=placing.price, quantity=placing.quantity,
        trigger=placing.trigger,
    )  # fmt: skip


def test_a_cancel_of_what_nobody_remembers_looks_first_and_changes_once() -> None:
    answers = [good(_MIX_ORDER), good({"orderId": "7", "clientOid": "s1"})]
    reply, calls = converse(account().cancel("s1", MIX), answers)

    assert isinstance(reply, Success)
    assert [call.changes for call in calls] == [False, True]


def test_a_part_that_failed_is_no_success() -> None:
    kept = account()
    stop = _placing(kind=STOP_MARKET, side=SELL, flags=REDUCE_ONLY, trigger=250000)
    converse(kept.place(stop), [good({"orderId": "8", "clientOid": "s1"})])
    failed = {"successList": [], "failureList": [{"orderId": "8", "errorMsg": "notExistend"}]}

    reply, _ = converse(kept.cancel("s1", MIX), [good(failed)])

    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.NO_ORDER


def test_an_amend_keeps_the_id_and_spot_has_none() -> None:
    kept = account()
    steps = kept.amend("s1", MIX, 270010, 3)
    assert steps is not None
    _, (call,) = converse(steps, [good({"orderId": "9", "clientOid": "s1"})])

    body = json.loads(call.body)
    assert (body["newClientOid"], body["newPrice"], body["newSize"]) == ("s1", "27001", "0.003")
    assert kept.amend("s1", SPOT, 1, 1) is None
    assert kept.guard(10**9) is None
