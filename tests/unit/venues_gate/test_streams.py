"""Private frames and the order socket."""

import json
from typing import Any

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.client_ids import encode
from steelyard.model.kinds import BUY, LIMIT, LONG, MARKET, SHORT, STOP_MARKET
from steelyard.model.reasons import POST_ONLY_CROSSES
from steelyard.model.reports import Fault, OrderReport, OrderState, Refusal, Success
from steelyard.venues.gate.account import GateAccount
from steelyard.venues.gate.terms import ADDRESSES
from steelyard.venues.native.dialect import (
    Confirmed,
    Credentials,
    Denied,
    Entry,
    Leaving,
    Pong,
    Welcome,
)
from tests.unit.venues_gate.account import NOW_NS, PERP, SPOT, account, pair

ID = encode(1, 2, 3, 4, venue="gate")


def update(channel: str, rows: object) -> bytes:
    return json.dumps(
        {"time": 1, "time_ms": 1000, "channel": channel, "event": "update", "result": rows}
    ).encode()


def perp_order(**how: Any) -> dict[str, Any]:
    return {
        "id": 88, "text": ID, "contract": "BTC_USDT", "size": 3, "left": 0, "price": 25000.5,
        "status": "finished", "finish_as": "filled", "create_time": 1, "finish_time_ms": 2500,
        "is_reduce_only": False, "user": "1",
    } | how  # fmt: skip


@pytest.mark.parametrize(
    "finish_as, state",
    [
        ("filled", OrderState.FILLED), ("cancelled", OrderState.CANCELED),
        ("liquidated", OrderState.CANCELED), ("ioc", OrderState.EXPIRED),
        ("auto_deleveraged", OrderState.CANCELED), ("reduce_only", OrderState.CANCELED),
        ("position_closed", OrderState.CANCELED), ("reduce_out", OrderState.CANCELED),
        ("stp", OrderState.CANCELED), ("poc", OrderState.REJECTED),
    ],
)  # fmt: skip
def test_how_orders_end(finish_as: str, state: OrderState) -> None:
    (report,) = account().read(update("futures.orders", [perp_order(finish_as=finish_as)]))
    assert report.state == state  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "told, state",
    [
        ({"event": "put", "finish_as": "open"}, OrderState.OPEN),
        ({"event": "update", "finish_as": "open"}, OrderState.OPEN),
        ({"event": "finish", "finish_as": "filled", "left": "0"}, OrderState.FILLED),
        ({"event": "finish", "finish_as": "cancelled"}, OrderState.CANCELED),
        ({"event": "finish", "finish_as": "fok"}, OrderState.EXPIRED),
        ({"event": "finish", "finish_as": "depth_not_enough"}, OrderState.EXPIRED),
        ({"event": "finish", "finish_as": "price_protect_cancelled"}, OrderState.EXPIRED),
        ({"event": "finish", "finish_as": "poc"}, OrderState.REJECTED),
    ],
)
def test_how_orders_in_coins_stand(told: dict[str, str], state: OrderState) -> None:
    row = {
        "id": "77", "text": ID, "currency_pair": "BTC_USDT", "type": "limit", "side": "buy",
        "account": "spot", "amount": "0.01", "left": "0.01", "price": "25000",
        "create_time_ms": "1700000000000", "update_time_ms": "1700000000001",
    } | told  # fmt: skip
    (report,) = account().read(update("spot.orders", [row]))
    assert isinstance(report, OrderReport)
    assert report.state == state
    assert report.code == (POST_ONLY_CROSSES if state == OrderState.REJECTED else 0)


def test_an_unknown_end_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="vanished"):
        account().read(update("futures.orders", [perp_order(finish_as="vanished")]))


def test_trades_in_hedged_mode_tell_their_side_or_are_strange() -> None:
    trade = {
        "id": "1", "contract": "BTC_USDT", "order_id": "88", "size": 2, "price": "25000",
        "role": "maker", "text": ID, "fee": 0.001, "create_time_ms": 1000,
    }  # fmt: skip
    dialect = account(hedged=True)
    with pytest.raises(ValueError, match="side"):
        dialect.read(update("futures.usertrades", [trade]))
    (found,) = dialect.read(update("futures.usertrades", [trade | {"close_size": "2"}]))
    assert found.position_side == SHORT  # type: ignore[union-attr]
    dialect.read(update("futures.orders", [perp_order(is_reduce_only=False)]))
    (found,) = dialect.read(update("futures.usertrades", [trade]))
    assert found.position_side == LONG  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text, forced",
    [
        ("liq-123", "liquidation"), ("hedge-liq-1", "liquidation"), ("pm_liquidate", "liquidation"),
        ("auto_deleveraging", "adl"), ("web", ""), (ID, ""),
    ],
)  # fmt: skip
def test_forced_trades_are_told_as_such(text: str, forced: str) -> None:
    trade = {
        "id": "1", "contract": "BTC_USDT", "order_id": "9", "size": -2, "price": "25000",
        "role": "taker", "text": text, "fee": 0, "create_time_ms": 1000,
    }  # fmt: skip
    (found,) = account().read(update("futures.usertrades", [trade]))
    assert found.forced == forced  # type: ignore[union-attr]
    assert found.client_id == (ID if text == ID else "")  # type: ignore[union-attr]


def test_what_a_triggered_order_became_is_ours() -> None:
    dialect = account()
    fired = {
        "id": 5, "initial": {"contract": "BTC_USDT", "size": -3, "price": "0", "text": ID},
        "trigger": {"price": "24000", "rule": 2}, "status": "finished", "trade_id": 88,
        "create_time": 1,
    }  # fmt: skip
    assert dialect.read(update("futures.autoorders", [fired])) == []
    (report,) = dialect.read(update("futures.orders", [perp_order(text="ao-5")]))
    assert report.client_id == ID  # type: ignore[union-attr]


def test_balances_and_positions_say_nothing() -> None:
    dialect = account()
    balance = {"balance": 9.99, "change": -2.07e-06, "text": "BTC_USDT:3", "type": "fund"}
    assert dialect.read(update("futures.balances", [balance])) == []
    assert dialect.read(update("spot.balances", [{"currency": "BTC", "change": "1"}])) == []
    position = {"contract": "BTC_USDT", "size": 3, "entry_price": 40000.36666661111}
    assert dialect.read(update("futures.positions", [position])) == []


def test_asides() -> None:
    dialect = account()
    taken = b'{"time":1,"channel":"spot.orders","event":"subscribe","result":{"status":"success"}}'
    assert dialect.read(taken) == (Confirmed("spot.orders"),)
    refused = b'{"channel":"spot.orders","event":"subscribe","error":{"code":4,"message":"auth"}}'
    assert isinstance(dialect.read(refused)[0], Denied)
    assert dialect.read(b'{"channel":"futures.pong","event":"","result":null}') == (Pong(),)
    assert dialect.read(b'{"type":"upgrade","msg":"soon"}') == (Leaving("soon"),)
    for strange in (b"{", b'{"channel":"x","event":"y"}', update("spot.tickers", {})):
        with pytest.raises(ValueError, match=r".+"):
            dialect.read(strange)


# --- order socket --------------------------------------------------------------------------------


def order(**how: Any) -> Placing:
    given: dict[str, Any] = {
        "client_id": ID, "instrument": PERP, "side": BUY, "type": LIMIT, "flags": 0,
        "price": 250_005, "quantity": 30_000,
    }  # fmt: skip
    return Placing(**(given | how))


def said(channel: str, result: object, *, status: str = "200", **how: Any) -> bytes:
    header = {"status": status, "channel": channel, "event": "api"} | how.pop("header", {})
    return json.dumps(
        {"request_id": "r1", "header": header, "data": {"result": result}} | how
    ).encode()


def test_the_log_in_signs_an_empty_request() -> None:
    stream = account().entry()
    assert stream is not None
    assert stream.url.endswith("/futures/usdt")
    frame = json.loads(stream.hello[0])
    assert frame["channel"] == "futures.login"
    assert len(frame["payload"]["signature"]) == 128
    assert account().read_entry(said("futures.login", {"uid": "1"})) == (Welcome(),)
    wrong = {"errs": {"label": "INVALID_KEY", "message": "no"}}
    refused = said("futures.login", None, status="401", data=wrong)
    assert isinstance(account().read_entry(refused)[0], Denied)


def test_a_create_on_the_socket_and_its_two_answers() -> None:
    dialect = account()
    frame = dialect.entry_place("r1", order())
    assert frame is not None
    payload = json.loads(frame)["payload"]
    assert payload["req_header"] == {"x-gate-exptime": str(NOW_NS // 10**6 + 5_000)}
    assert payload["req_param"] == {
        "text": ID, "contract": "BTC_USDT", "size": 3, "price": "25000.5", "tif": "gtc",
    }  # fmt: skip
    assert dialect.read_entry(said("futures.order_place", {"req_id": "r1"}, ack=True)) == ()
    result = perp_order(status="open", left=3, finish_as="")
    (entry,) = dialect.read_entry(said("futures.order_place", result, ack=False))
    assert isinstance(entry, Entry)
    assert isinstance(entry.reply, Success)
    assert entry.reply.value.state == OrderState.OPEN
    cancel = dialect.entry_cancel("r2", ID, PERP)
    assert cancel is not None
    assert json.loads(cancel)["payload"]["req_param"] == {"order_id": "88"}


def test_a_refusal_on_the_socket() -> None:
    wrong = {"errs": {"label": "TOO_MANY_REQUESTS", "message": "Rate limit"}}
    header = {"x_gate_ratelimit_reset_timestamp": NOW_NS // 10**6 + 3_000}
    told = said("futures.order_place", None, status="429", data=wrong, header=header)
    (entry,) = account().read_entry(told)
    assert isinstance(entry, Entry)
    assert isinstance(entry.reply, Refusal)
    assert entry.reply.fault == Fault.RATE_LIMIT
    assert 2_900_000_000 < entry.reply.retry_after_ns <= 3_000_000_000
    # A refusal within an ack is the last word about it.
    (entry,) = account().read_entry(said("futures.order_place", None, data=wrong, ack=True))
    assert isinstance(entry, Entry)


def test_what_only_goes_over_rest() -> None:
    dialect = account()
    assert dialect.entry_place("1", order(type=STOP_MARKET, trigger=1)) is None
    assert dialect.entry_place("1", order(instrument=SPOT)) is None
    assert dialect.entry_cancel("1", "t-nobody", PERP) is None
    coins = GateAccount(
        ADDRESSES["testnet"], Credentials(key="k", secret="s"), (pair(),), now_ns=lambda: NOW_NS
    )
    assert coins.entry_place("1", order(instrument=SPOT, type=MARKET)) is None
    frame = coins.entry_place("1", order(instrument=SPOT))
    assert frame is not None
    assert json.loads(frame)["channel"] == "spot.order_place"
