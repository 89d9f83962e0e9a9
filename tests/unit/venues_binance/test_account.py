"""Conversations that change something, settings, streams, the order socket."""

import json
from typing import Any

import pytest

from steelyard.model import kinds as k
from steelyard.model import reasons
from steelyard.model.client_ids import GRAMMARS, decode
from steelyard.model.reports import Fault, OrderState, Refusal, Success, Unclear
from steelyard.venues.native.dialect import Stream
from tests.unit.venues_binance.bodies import (
    ID,
    UNKNOWN,
    UNSENT,
    algo,
    perp_order,
    placing,
    spot_order,
)
from tests.unit.venues_binance.desk import (
    BOTH,
    PERP,
    SECRET,
    SPOT,
    account,
    answer,
    error,
    fields_of,
    hold,
    path_of,
)


def test_client_ids_fit_the_grammar_and_come_back() -> None:
    import re

    assert re.fullmatch(GRAMMARS["binance"].allowed, ID)
    found = decode(ID)
    assert found is not None
    assert (found.book, found.robot, found.slot, found.generation) == (7, 3, -2, 11)


# --- creating and canceling -----------------------------------------------------------------------


def test_a_spot_create_is_signed_stamped_and_read() -> None:
    reply, calls = hold(account().place(placing()), [answer(spot_order())])

    (call,) = calls
    fields = fields_of(call)
    assert path_of(call) == "POST /api/v3/order"
    assert call.changes
    assert call.headers["X-MBX-APIKEY"]
    assert (fields["recvWindow"], fields["timestamp"]) == ("5000", "1700000000123")
    assert call.body.decode().rpartition("&")[2].startswith("signature=")
    assert SECRET not in call.url + call.body.decode()
    report = reply.value
    assert (report.client_id, report.venue_id, report.instrument) == (ID, "28", 0)
    assert (report.state, report.price, report.quantity) == (OrderState.OPEN, 6183763, 2_000_000)


def test_a_conditional_create_of_a_perpetual_goes_to_its_own_namespace() -> None:
    order = placing(instrument=1, side=k.SELL, type=k.STOP_MARKET, price=0, trigger=6000000,
                    quantity=20, flags=k.REDUCE_ONLY)  # fmt: skip

    reply, calls = hold(account().place(order), [answer(algo())])

    assert path_of(calls[0]) == "POST /fapi/v1/algoOrder"
    assert (reply.value.client_id, reply.value.trigger) == (ID, 6000000)


def test_what_binance_cannot_say_never_leaves() -> None:
    reply, calls = hold(account().place(placing(type=k.TRAILING_STOP, trail=10)), [])

    assert isinstance(reply, Refusal)
    assert calls == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_create_that_may_have_arrived_is_unclear(status: int) -> None:
    reply, _ = hold(account().place(placing()), [answer(b"<html>", status)])

    assert isinstance(reply, Unclear)


def test_a_truncated_answer_to_a_create_is_unclear() -> None:
    body = json.dumps(spot_order()).encode()[:-20]

    reply, _ = hold(account().place(placing()), [answer(body)])

    assert isinstance(reply, Unclear)


def test_a_post_only_order_that_would_trade_is_rejected() -> None:
    order = placing(instrument=1, flags=k.POST_ONLY, quantity=20)
    told = perp_order(status="EXPIRED", timeInForce="GTX", side="BUY", reduceOnly=False)

    reply, _ = hold(account().place(order), [answer(told)])

    assert reply.value.state is OrderState.REJECTED
    assert reply.value.code == reasons.POST_ONLY_CROSSES


def test_an_order_that_rested_before_it_expired_is_expired() -> None:
    told = perp_order(status="EXPIRED", timeInForce="GTX", time=1699999999000)

    reply, _ = hold(account().order(ID, 1), [answer(told)])

    assert reply.value.report.state is OrderState.EXPIRED


def test_a_cancel_knocks_at_both_namespaces() -> None:
    reply, calls = hold(account().cancel(ID, 1), [UNSENT, answer(algo(algoStatus="CANCELED"))])

    assert isinstance(reply, Success)
    assert [path_of(call) for call in calls] == [
        "DELETE /fapi/v1/order", "DELETE /fapi/v1/algoOrder",
    ]  # fmt: skip
    assert fields_of(calls[1])["clientAlgoId"] == ID


def test_a_cancel_goes_no_further_than_the_first_doubt() -> None:
    reply, calls = hold(account().cancel(ID, 1), [answer(b"", 502)])

    assert isinstance(reply, Unclear)
    assert len(calls) == 1


def test_a_cancel_of_a_known_conditional_order_begins_there() -> None:
    dialect = account()
    order = placing(instrument=1, type=k.STOP_MARKET, price=0, trigger=6000000, quantity=20)
    hold(dialect.place(order), [answer(algo())])

    _, calls = hold(dialect.cancel(ID, 1), [answer({"algoId": 1, "code": "200"})])

    assert [path_of(call) for call in calls] == ["DELETE /fapi/v1/algoOrder"]


def test_an_order_nobody_knows_is_no_order() -> None:
    for instrument, answers in ((0, [UNKNOWN]), (1, [UNKNOWN, UNKNOWN])):
        reply, _ = hold(account().order(ID, instrument), answers)

        assert isinstance(reply, Refusal)
        assert reply.fault is Fault.NO_ORDER


def test_canceling_everything_of_a_perpetual_includes_conditional_orders() -> None:
    done = answer({"code": 200, "msg": "The operation of cancel all open order is done."})

    reply, calls = hold(account().cancel_all(1), [done, done])

    assert isinstance(reply, Success)
    assert [path_of(call) for call in calls] == [
        "DELETE /fapi/v1/allOpenOrders", "DELETE /fapi/v1/algoOpenOrders",
    ]  # fmt: skip


def test_canceling_nothing_on_spot_is_done() -> None:
    reply, _ = hold(account().cancel_all(0), [UNSENT])

    assert isinstance(reply, Success)


def test_an_amendment_repeats_the_side() -> None:
    dialect = account()
    assert dialect.amend(ID, 0, 1, 1) is None
    steps = dialect.amend(ID, 1, 6183770, 30)
    assert steps is not None

    _, calls = hold(steps, [answer(perp_order()), answer(perp_order(price="61837.7"))])

    assert [path_of(call) for call in calls] == ["GET /fapi/v1/order", "PUT /fapi/v1/order"]
    fields = fields_of(calls[1])
    assert (fields["side"], fields["price"], fields["quantity"]) == ("SELL", "61837.7", "0.03")
    assert [call.changes for call in calls] == [False, True]


# --- settings and streams -------------------------------------------------------------------------


def test_a_mode_that_is_set_already_is_set() -> None:
    for reply_of in (answer({"code": 200, "msg": "success"}), error(-4059, "No need to change")):
        reply, calls = hold(account().set_hedged(hedged=True), [reply_of])

        assert isinstance(reply, Success)
        assert fields_of(calls[0])["dualSidePosition"] == "true"


def test_a_mode_that_cannot_be_set_says_why() -> None:
    reply, _ = hold(account().set_hedged(hedged=True), [error(-4068, "exists position")])

    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.MODE


def test_spot_alone_has_no_mode_no_leverage_and_no_switch() -> None:
    dialect = account((SPOT,))

    assert isinstance(hold(dialect.set_hedged(hedged=False), [])[0], Success)
    assert isinstance(hold(dialect.set_hedged(hedged=True), [])[0], Refusal)
    assert isinstance(hold(dialect.set_leverage(0, 5), [])[0], Refusal)
    assert dialect.guard(60_000_000_000) is None
    assert dialect.renew() is None


def test_the_switch_is_armed_for_each_perpetual() -> None:
    steps = account().guard(60_000_000_000)
    assert steps is not None

    _, calls = hold(steps, [answer({"symbol": "BTCUSDT", "countdownTime": "60000"})])

    assert fields_of(calls[0])["countdownTime"] == "60000"


def test_both_private_streams_are_opened() -> None:
    streams, calls = hold(account().private(), [answer({"listenKey": "abc"})])

    spot, perp = streams
    assert path_of(calls[0]) == "POST /fapi/v1/listenKey"
    assert isinstance(spot, Stream)
    assert spot.confirms == 1
    hello = json.loads(spot.hello[0])
    assert hello["method"] == "userDataStream.subscribe.signature"
    assert hello["params"].keys() == {"apiKey", "recvWindow", "timestamp", "signature"}
    assert perp.url.endswith("/private/ws?listenKey=abc")


def test_a_listen_key_that_ran_out_is_a_refusal_that_does_not_stop_the_account() -> None:
    steps = account().renew()
    assert steps is not None

    reply, _ = hold(steps, [error(-1125, "This listenKey does not exist.")])

    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.OTHER


def test_used_weight_is_told_where_one_product_is_traded() -> None:
    used = answer({}, x_mbx_used_weight_1m="77")

    assert account((PERP,)).used(used) == 77
    assert account(BOTH).used(used) is None
    assert account((PERP,)).used(answer({})) is None


# --- the order socket -----------------------------------------------------------------------------


def test_orders_over_the_socket_are_signed_and_read() -> None:
    dialect = account((PERP,))
    order = placing(side=k.SELL, quantity=20, price=6183760)

    sent = dialect.entry_place("5", order)

    assert sent is not None
    message = json.loads(sent)
    assert (message["id"], message["method"]) == ("5", "order.place")
    assert message["params"]["signature"]
    told = json.dumps({"id": "5", "status": 200, "result": perp_order()}).encode()
    entry: Any = dialect.read_entry(told)[0]
    assert entry.number == "5"
    assert entry.reply.value.client_id == ID
    cancel = dialect.entry_cancel("6", ID, 0)
    assert cancel is not None
    assert json.loads(cancel)["method"] == "order.cancel"


def test_what_the_socket_cannot_carry_goes_over_rest() -> None:
    dialect = account()
    stop = placing(instrument=1, type=k.STOP_MARKET, price=0, trigger=6000000, quantity=20)

    assert dialect.entry_place("1", stop) is None
    assert dialect.entry_place("1", placing()) is None  # the socket is the perpetuals'
    assert dialect.entry_cancel("1", ID, 1) is None  # nobody knows what it was


@pytest.mark.parametrize(
    "error_of, kind",
    [
        ({"code": -2010, "msg": "Account has insufficient balance for requested action."}, Refusal),
        ({"code": -1007, "msg": "Timeout"}, Unclear),
        ({"code": -77777, "msg": "?"}, Unclear),
    ],
)
def test_errors_on_the_socket_are_read_like_any(error_of: dict[str, Any], kind: type) -> None:
    frame = json.dumps({"id": "9", "status": 400, "error": error_of}).encode()

    entry: Any = account((SPOT,)).read_entry(frame)[0]

    assert entry.number == "9"
    assert isinstance(entry.reply, kind)
