"""Batches at OKX: what leaves, and what each order hears."""

import json
from typing import Any

import msgspec

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, REDUCE_ONLY, STOP_MARKET
from steelyard.model.reports import Fault, NotSent, Refusal, Reply, Success, Unclear
from steelyard.venues.native.batches import Outcome, replies
from steelyard.venues.native.dialect import Entry
from steelyard.wire.http import Answer
from tests.unit.venues_okx.okx_parts import NOW_NS, account, no, ok, talk

NAMES = ["a1", "a2"]


def order(name: str, **how: Any) -> Placing:
    told = {"instrument": 1, "side": BUY, "type": LIMIT, "flags": 0, "price": 9_000_000} | how
    return Placing(client_id=name, quantity=1, **told)


def heard(outcome: Outcome) -> list[Reply]:
    return replies(NAMES, outcome)


def test_creates_are_one_request_with_a_deadline_and_each_has_its_verdict() -> None:
    orders = [order(name) for name in NAMES]
    done = {"clOrdId": "a2", "ordId": "7", "sCode": "0", "sMsg": ""}
    bad = {"clOrdId": "a1", "ordId": "", "sCode": "51008", "sMsg": "Insufficient"}
    told, (call,) = talk(account().place_batch(orders), no("2", "partly", done, bad))
    assert call.url.endswith("/api/v5/trade/batch-orders")
    assert call.changes
    assert call.headers["expTime"] == str(NOW_NS // 10**6 + 10_000)
    assert [row["clOrdId"] for row in json.loads(call.body)] == NAMES
    refused, taken = heard(told)
    assert isinstance(refused, Refusal)
    assert (refused.fault, taken) == (Fault.FUNDS, Success())


def test_what_the_answer_does_not_say_is_unclear() -> None:
    orders = [order(name) for name in NAMES]
    for answer in (
        ok({"clOrdId": "a1"}, {"clOrdId": "a2"}),
        ok(),
        Answer(200, {}, b"<html>"),
        no("50011", "too many", status=503),
        no("2", "partly", {"clOrdId": "a1", "sCode": "0"}, status=500),
    ):
        told, _ = talk(account().place_batch(orders), answer)
        assert [type(one) for one in heard(told)] == [Unclear, Unclear], answer
    told, _ = talk(account().place_batch(orders), no("50011", "too many", status=429))
    assert [type(one) for one in heard(told)] == [Refusal, Refusal]


def test_one_that_cannot_be_said_does_not_hold_up_the_others() -> None:
    odd = order("a1", flags=REDUCE_ONLY, position_side=2)
    told, (call,) = talk(
        account(hedged=True).place_batch([odd, order("a2", position_side=1)]),
        ok({"clOrdId": "a2", "sCode": "0"}),
    )
    assert len(json.loads(call.body)) == 1
    unsaid, taken = heard(told)
    assert isinstance(unsaid, NotSent)
    assert taken == Success()


def test_the_socket_takes_batches_where_instruments_have_numbers() -> None:
    dialect = account()
    assert dialect.entry_place_batch("7", [order("a1")]) is None
    dialect._codes[1] = 42
    frame = dialect.entry_place_batch("7", [order(name) for name in NAMES])
    assert frame is not None
    said = json.loads(frame)
    assert (said["op"], said["expTime"]) == ("batch-orders", str(NOW_NS // 10**6 + 10_000))
    assert [(row["clOrdId"], row["instIdCode"]) for row in said["args"]] == [
        ("a1", 42), ("a2", 42),
    ]  # fmt: skip
    assert dialect.batch_cancel_max("a1", 1, over_socket=True) == 20
    frame = dialect.entry_cancel_batch("8", NAMES, 1)
    assert frame is not None
    assert json.loads(frame)["op"] == "batch-cancel-orders"


def test_an_answer_on_the_socket_has_a_row_for_each_or_a_code_for_all() -> None:
    read = account().read_entry
    rows = [{"clOrdId": "a1", "sCode": "0"}, {"clOrdId": "a2", "sCode": "51400", "sMsg": "gone"}]
    frame = {"id": "8", "op": "batch-cancel-orders", "code": "2", "msg": "", "data": rows}
    (entry,) = read(msgspec.json.encode(frame))
    assert isinstance(entry, Entry)
    assert [type(one) for one in heard(entry.reply)] == [Success, Refusal]
    (entry,) = read(msgspec.json.encode({**frame, "code": "60013", "data": []}))
    assert isinstance(entry, Entry)
    assert isinstance(entry.reply, Refusal)
    (entry,) = read(msgspec.json.encode({**frame, "code": "0", "data": []}))
    assert isinstance(entry, Entry)
    assert isinstance(entry.reply, Unclear)


def test_conditional_orders_and_cancels_of_unknown_ones_go_alone() -> None:
    dialect = account()
    assert dialect.batch_max(order("s", type=STOP_MARKET), over_socket=False) == 0
    assert dialect.batch_max(order("l"), over_socket=False) == 20
    assert dialect.batch_cancel_max("unknown", 1, over_socket=False) == 0
