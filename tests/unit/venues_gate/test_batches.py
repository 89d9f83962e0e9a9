"""Batches at Gate: rows in the order asked, some without a name."""

import json
from typing import Any

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, MARKET, STOP_MARKET
from steelyard.model.reports import Fault, OrderReport, Refusal, Success, Unclear
from steelyard.venues.native.batches import replies
from steelyard.venues.native.dialect import Entry
from tests.unit.venues_gate.account import NOW_NS, PERP, SPOT, account, answer, path_of, talk

NAMES = ["t-a1", "t-a2"]


def order(name: str, **how: Any) -> Placing:
    told = {"instrument": PERP, "side": BUY, "type": LIMIT, "flags": 0, "price": 90_000} | how
    return Placing(client_id=name, quantity=10_000, **told)


def made(name: str, number: int) -> dict[str, Any]:
    return {
        "succeeded": True, "id": number, "contract": "BTC_USDT", "size": 1, "left": 1,
        "price": "9000", "text": name, "status": "open", "create_time": 1700000000.1,
    }  # fmt: skip


def test_a_failed_row_of_contracts_is_of_its_place() -> None:
    dialect = account()
    failed = {"succeeded": False, "label": "INSUFFICIENT_AVAILABLE", "detail": "too little"}
    told, (call,) = talk(
        dialect.place_batch([order(name) for name in NAMES]),
        [answer([failed, made("t-a2", 7)])],
    )
    assert path_of(call) == "POST /futures/usdt/batch_orders"
    assert call.headers["x-gate-exptime"] == str(NOW_NS // 10**6 + 5_000)
    assert [row["text"] for row in json.loads(call.body)] == NAMES
    refused, taken = replies(NAMES, told)
    assert isinstance(refused, Refusal)
    assert refused.fault == Fault.FUNDS
    assert isinstance(taken, Success)
    assert isinstance(taken.value, OrderReport)
    # Contracts are canceled by number; one whose number nobody knows goes alone.
    assert dialect.batch_cancel_max("t-a2", PERP, over_socket=False) == 20
    assert dialect.batch_cancel_max("t-a1", PERP, over_socket=False) == 0
    told, (call,) = talk(
        dialect.cancel_batch(["t-a2"], PERP),
        [answer([{"id": "7", "user_id": 1, "message": "ORDER_NOT_FOUND"}])],
    )
    assert json.loads(call.body) == ["7"]
    (gone,) = replies(["t-a2"], told)
    assert isinstance(gone, Refusal)
    assert gone.fault == Fault.NO_ORDER


def test_answers_that_tell_less_are_unclear() -> None:
    orders = [order(name) for name in NAMES]
    failed = {"succeeded": False, "label": "INSUFFICIENT_AVAILABLE"}
    for given in (
        answer([failed]), answer([{}, {}]), answer({"label": "SERVER_ERROR"}, 500),
        answer([made("t-a1", 1)], 502), answer(b"<html>"), answer([1, 2]),
        answer([made("t-other", 7), failed]),
    ):  # fmt: skip
        told, _ = talk(account().place_batch(orders), [given])
        assert [type(one) for one in replies(NAMES, told)] == [Unclear, Unclear], given
    whole = answer({"label": "INVALID_PARAM_VALUE", "message": "price"}, 400)
    told, _ = talk(account().place_batch(orders), [whole])
    assert [type(one) for one in replies(NAMES, told)] == [Refusal, Refusal]


def test_coins_are_canceled_by_text_until_their_number_is_known() -> None:
    dialect = account()
    orders = [order(name, instrument=SPOT) for name in NAMES]
    rows = [
        {"text": "t-a2", "succeeded": False, "label": "BALANCE_NOT_ENOUGH", "message": "no"},
        {"text": "t-a1", "succeeded": True, "label": "", "message": "", "id": "9"},
    ]
    told, (call,) = talk(dialect.place_batch(orders), [answer(rows)])
    assert path_of(call) == "POST /spot/batch_orders"
    assert [type(one) for one in replies(NAMES, told)] == [Success, Refusal]
    assert dialect.batch_cancel_max("t-a1", SPOT, over_socket=False) == 20
    rows = [
        {"currency_pair": "BTC_USDT", "id": name, "text": name, "succeeded": True, "label": None}
        for name in NAMES
    ]  # fmt: skip
    told, (call,) = talk(dialect.cancel_batch(NAMES, SPOT), [answer(rows)])
    assert json.loads(call.body)[0] == {"currency_pair": "BTC_USDT", "id": "t-a1"}
    assert [type(one) for one in replies(NAMES, told)] == [Success, Success]


def test_the_socket_carries_contracts_and_tells_rows_after_the_ack() -> None:
    dialect = account()
    frame = dialect.entry_place_batch("5", [order(name) for name in NAMES])
    assert frame is not None
    said = json.loads(frame)
    assert said["channel"] == "futures.order_batch_place"
    assert said["payload"]["req_header"] == {"x-gate-exptime": str(NOW_NS // 10**6 + 5_000)}
    assert dialect.entry_place_batch("6", [order("t-b", instrument=SPOT)]) is None
    header = {"status": "200", "channel": "futures.order_batch_place", "event": "api"}
    ack = {"request_id": "5", "ack": True, "header": header, "data": {"result": said["payload"]}}
    assert dialect.read_entry(json.dumps(ack).encode()) == ()
    rows = [made("t-a1", 7), {"succeeded": False, "label": "INSUFFICIENT_AVAILABLE"}]
    done = {**ack, "ack": False, "data": {"result": rows}}
    (entry,) = dialect.read_entry(json.dumps(done).encode())
    assert isinstance(entry, Entry)
    assert [type(one) for one in replies(NAMES, entry.reply)] == [Success, Refusal]


def test_what_waits_or_needs_a_quote_goes_alone() -> None:
    most = account().batch_max
    assert most(order("t-a", type=STOP_MARKET), over_socket=False) == 0
    assert most(order("t-a", type=MARKET, instrument=SPOT), over_socket=False) == 0
    assert most(order("t-a"), over_socket=True) == 10
