"""Conversations of the account, held with a venue that answers from a list."""

import json
from typing import Any

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model import reasons
from steelyard.model.client_ids import encode
from steelyard.model.kinds import BUY, LIMIT, LONG, MARKET, SELL, SHORT, STOP_MARKET
from steelyard.model.reports import Fault, OrderState, Refusal, Success, Unclear
from steelyard.venues.native.dialect import Stream
from tests.unit.venues_gate.account import NOW_NS, PERP, SPOT, account, answer, path_of, talk

ID = encode(1, 2, 3, 4, venue="gate")
DETAIL = {"user_id": 42, "ip_whitelist": [], "key": {"mode": 1}}
UNIFIED = DETAIL | {"key": {"mode": 2}}
GONE = answer({"label": "ORDER_NOT_FOUND", "message": "Order not found"}, 404)


def placing(**how: Any) -> Placing:
    given: dict[str, Any] = {
        "client_id": ID, "instrument": SPOT, "side": BUY, "type": LIMIT, "flags": 0,
        "price": 2_500_000, "quantity": 1_000_000,
    }  # fmt: skip
    return Placing(**(given | how))


def spot_order(**how: Any) -> dict[str, Any]:
    return {
        "id": "77", "text": ID, "currency_pair": "BTC_USDT", "type": "limit", "side": "buy",
        "account": "spot", "status": "open", "amount": "0.01", "left": "0.01", "price": "25000",
        "create_time_ms": 1_700_000_000_000, "update_time_ms": 1_700_000_000_001,
        "finish_as": "open",
    } | how  # fmt: skip


def perp_order(**how: Any) -> dict[str, Any]:
    return {
        "id": 88, "text": ID, "contract": "BTC_USDT", "size": "3", "left": "3", "price": "25000.5",
        "status": "open", "create_time": 1_700_000_000.25, "is_reduce_only": False,
    } | how  # fmt: skip


def test_a_create_in_coins_carries_its_deadline_and_its_signature() -> None:
    reply, calls = talk(account().place(placing()), [answer(spot_order(), 201)])
    assert path_of(calls[0]) == "POST /spot/orders"
    assert calls[0].changes
    assert calls[0].headers["x-gate-exptime"] == str(NOW_NS // 10**6 + 5_000)
    assert calls[0].headers["Timestamp"] == str(NOW_NS // 10**9)
    assert len(calls[0].headers["SIGN"]) == 128
    report = reply.value
    assert (report.client_id, report.venue_id, report.state) == (ID, "77", OrderState.OPEN)
    assert (report.price, report.quantity, report.filled) == (2_500_000, 1_000_000, 0)


def test_a_purchase_at_market_reads_the_ask_and_changes_once() -> None:
    book = {"asks": [["25000.01", "1"]], "bids": []}
    filled = spot_order(status="closed", left="0", finish_as="filled")
    reply, calls = talk(account().place(placing(type=MARKET)), [answer(book), answer(filled)])
    assert [call.changes for call in calls] == [False, True]
    assert json.loads(calls[1].body)["price"] == "25500.01"
    assert reply.value.state == OrderState.FILLED


def test_a_purchase_at_market_without_an_offer_changes_nothing() -> None:
    reply, calls = talk(account().place(placing(type=MARKET)), [answer({"asks": [], "bids": []})])
    assert isinstance(reply, Refusal)
    assert reply.code == reasons.NO_MARKET
    assert not any(call.changes for call in calls)


@pytest.mark.parametrize("where", [SPOT, PERP])
def test_a_stop_is_created_with_an_old_timestamp(where: int) -> None:
    order = placing(type=STOP_MARKET, side=SELL, price=0, trigger=2_400_000, instrument=where)
    if where == PERP:
        order = placing(
            type=STOP_MARKET, side=SELL, price=0, trigger=240_000, instrument=PERP, quantity=30_000
        )
    # Coins want to be told which kind of account it is.
    first = [answer(DETAIL)] if where == SPOT else []
    reply, calls = talk(account().place(order), [*first, answer({"id": 5}, 201)])
    assert reply == Success()
    assert path_of(calls[-1]).endswith("/price_orders")
    assert calls[-1].headers["Timestamp"] == str(NOW_NS // 10**9 - 55)
    assert "x-gate-exptime" not in calls[-1].headers


def test_a_stop_is_canceled_where_it_waits() -> None:
    dialect = account()
    stop = placing(type=STOP_MARKET, side=SELL, price=0, trigger=240_000, instrument=PERP)
    talk(dialect.place(stop), [answer({"id": 5, "id_string": "5"}, 201)])
    reply, calls = talk(dialect.cancel(ID, PERP), [answer({})])
    assert reply == Success()
    assert [path_of(call) for call in calls] == ["DELETE /futures/usdt/price_orders/5"]


def test_nobody_remembers_a_stop_and_it_is_found_before_anything_is_changed() -> None:
    waiting = {
        "id": 5, "initial": {"contract": "BTC_USDT", "size": -3, "price": "0", "text": ID},
        "trigger": {"price": "24000", "rule": 2}, "status": "open", "create_time": 1_700_000_000,
    }  # fmt: skip
    reply, calls = talk(account().cancel(ID, PERP), [answer([waiting]), answer({})])
    assert reply == Success()
    assert [call.changes for call in calls] == [False, True]
    assert path_of(calls[1]) == "DELETE /futures/usdt/price_orders/5"


def test_an_ordinary_order_is_canceled_by_its_text_until_its_number_is_known() -> None:
    _, calls = talk(account().cancel(ID, SPOT), [answer([]), answer(spot_order())])
    assert path_of(calls[1]) == f"DELETE /spot/orders/{ID}?currency_pair=BTC_USDT"
    dialect = account()
    talk(dialect.place(placing()), [answer(spot_order(), 201)])
    _, calls = talk(dialect.cancel(ID, SPOT), [answer(spot_order())])
    assert path_of(calls[0]) == "DELETE /spot/orders/77?currency_pair=BTC_USDT"


def test_an_order_is_looked_for_in_every_place_before_it_counts_as_absent() -> None:
    reply, calls = talk(account().order(ID, SPOT), [GONE, answer([]), answer([]), answer([])])
    assert isinstance(reply, Refusal)
    assert reply.fault == Fault.NO_ORDER
    assert [path_of(call).partition("?")[0] for call in calls] == [
        f"GET /spot/orders/{ID}", "GET /spot/price_orders", "GET /spot/price_orders",
        "GET /spot/orders",
    ]  # fmt: skip
    reply, calls = talk(account().order(ID, PERP), [GONE, answer([]), answer([])])
    assert isinstance(reply, Refusal)
    assert reply.fault == Fault.NO_ORDER


def test_a_history_that_is_too_long_to_read_proves_nothing() -> None:
    page = answer([spot_order(text="web", status="closed", finish_as="filled")] * 1000)
    reply, _ = talk(account().order(ID, SPOT), [GONE, answer([]), answer([]), *[page] * 5])
    assert isinstance(reply, Unclear)


def test_an_ended_order_in_coins_is_found_in_the_history_with_its_trades() -> None:
    ended = spot_order(status="closed", left="0", finish_as="filled")
    trade = {
        "id": "9", "currency_pair": "BTC_USDT", "order_id": "77", "side": "buy", "role": "taker",
        "amount": "0.01", "price": "24999.99", "fee": "0.00001", "fee_currency": "BTC",
        "text": ID, "create_time_ms": "1700000000000.5",
    }  # fmt: skip
    reply, _ = talk(
        account().order(ID, SPOT), [GONE, answer([]), answer([]), answer([ended]), answer([trade])]
    )
    found = reply.value
    assert found.complete
    assert found.report.state == OrderState.FILLED
    assert (found.trades[0].fee, found.trades[0].coin_fee) == (0, 1_000)
    assert found.trades[0].ts_ns == 1_700_000_000_000_500_000


@pytest.mark.parametrize("how, coin", [("gt_fee", "GT"), ("point_fee", "points")])
def test_a_fee_that_gt_or_points_paid_is_an_estimate_and_says_so(how: str, coin: str) -> None:
    """F52."""
    ended = spot_order(status="closed", left="0", finish_as="filled")
    trade = {
        "id": "9", "currency_pair": "BTC_USDT", "order_id": "77", "side": "buy", "role": "taker",
        "amount": "0.01", "price": "24999.99", "fee": "0", "fee_currency": "BTC", how: "0.02",
        "text": ID, "create_time_ms": "1700000000000.5",
    }  # fmt: skip
    reply, _ = talk(
        account().order(ID, SPOT), [GONE, answer([]), answer([]), answer([ended]), answer([trade])]
    )
    (told,) = reply.value.trades

    assert (told.coin_fee, told.estimated) == (0, coin)


def test_a_stop_that_fired_is_found_as_what_it_became() -> None:
    fired = {
        "id": 5, "initial": {"contract": "BTC_USDT", "size": -3, "price": "0", "text": ID},
        "trigger": {"price": "24000", "rule": 2}, "status": "finished", "finish_as": "succeeded",
        "trade_id": 88, "create_time": 1_700_000_000,
    }  # fmt: skip
    became = perp_order(text="ao-5", size="-3", left="0", status="finished", finish_as="filled")
    trade = {
        "id": 1, "contract": "BTC_USDT", "order_id": "88", "size": "-3", "price": "23999.5",
        "role": "taker", "text": "ao-5", "fee": 0.0045, "create_time": 1_700_000_000.5,
    }  # fmt: skip
    reply, calls = talk(
        account().order(ID, PERP),
        [GONE, answer([]), answer([fired]), answer(became), answer([trade])],
    )
    assert path_of(calls[3]) == "GET /futures/usdt/orders/88"
    found = reply.value
    assert (found.report.client_id, found.report.venue_id) == (ID, "88")
    assert found.trades[0].client_id == ID
    assert found.trades[0].fee == 450_000
    assert found.complete


def test_open_orders_are_those_of_all_four_places() -> None:
    wait_spot = {
        "id": 5, "market": "BTC_USDT", "trigger": {"price": "1", "rule": "<="}, "status": "open",
        "put": {"side": "sell", "price": "0.9", "amount": "1", "text": ID}, "ctime": 1_700_000_000,
    }  # fmt: skip
    wait_perp = {
        "id": 5, "initial": {"contract": "BTC_USDT", "size": -3, "price": "0", "text": ID},
        "trigger": {"price": "24000", "rule": 2}, "status": "open", "create_time": 1_700_000_000,
    }  # fmt: skip
    pairs = [{"currency_pair": "BTC_USDT", "total": 1, "orders": [spot_order()]}]
    foreign = perp_order(id=90, contract="DOGE_USDT")
    reply, _ = talk(
        account().open_orders(),
        [answer(pairs), answer([wait_spot]), answer([perp_order(), foreign]), answer([wait_perp])],
    )
    found = reply.value
    assert found.complete
    assert [order.venue_id for order in found.orders] == ["77", "price:5", "88", "price:5"]


def test_trades_are_asked_for_by_span_and_told_in_order() -> None:
    late = {
        "id": 2, "contract": "BTC_USDT", "order_id": "88", "size": "-1", "price": "2", "text": "x",
        "role": "maker", "fee": "-0.1", "create_time": 1_699_999_990.5,
    }  # fmt: skip
    early = late | {"id": 1, "create_time": 1_699_999_980.25, "size": "2"}
    paid = {
        "time": 1_699_999_985, "change": "-0.25", "type": "fund", "contract": "BTC_USDT", "id": "4",
    }  # fmt: skip
    reply, calls = talk(
        account().trades("1699999900"), [answer([]), answer([late, early]), answer([paid])]
    )
    assert "from=1699999900&to=1700000000&limit=1000" in calls[0].url
    page = reply.value
    assert page.complete
    assert not page.more
    assert page.cursor == "1699999990"
    assert [trade.trade for trade in page.trades] == ["1", "2"]
    assert page.trades[1].fee == -10_000_000
    assert page.funding[0].payment == 25_000_000


def test_trades_of_a_fired_stop_are_told_under_our_id_after_a_restart() -> None:
    trade = {
        "id": 2, "contract": "BTC_USDT", "order_id": "88", "size": "-1", "price": "2",
        "text": "ao-5", "role": "taker", "fee": "0", "create_time": 1_699_999_990,
    }  # fmt: skip
    foreign = trade | {"id": 3, "order_id": "89", "text": "ao-6"}
    waiting = {
        "id": 5, "initial": {"contract": "BTC_USDT", "size": -1, "price": "0", "text": ID},
        "trigger": {"price": "24000", "rule": 2}, "status": "finished", "trade_id": 88,
    }  # fmt: skip
    dialect = account()
    rows = answer([trade, foreign])
    reply, calls = talk(
        dialect.trades("1699999900"), [answer([]), rows, answer(waiting), GONE, answer([])]
    )
    assert [path_of(call) for call in calls[2:4]] == [
        "GET /futures/usdt/price_orders/5", "GET /futures/usdt/price_orders/6",
    ]  # fmt: skip
    assert {one.trade: one.client_id for one in reply.value.trades} == {"2": ID, "3": ""}
    # Nobody is asked twice.
    _, calls = talk(dialect.trades("1699999900"), [answer([]), rows, answer([])])
    assert len(calls) == 3


def test_a_span_that_is_too_full_is_halved() -> None:
    row = {
        "id": 2, "currency_pair": "BTC_USDT", "order_id": "1", "side": "buy", "role": "maker",
        "amount": "1", "price": "1", "create_time_ms": "1699999990500",
    }  # fmt: skip
    full = answer([row] * 1000)
    short = [answer([]), answer([]), answer([])]
    reply, calls = talk(account().trades("1699999900"), [*[full] * 20, *short])
    assert "to=1699999950" in calls[-1].url
    assert reply.value.more
    assert reply.value.cursor == "1699999950"


def test_old_cursors_walk_in_spans() -> None:
    reply, _ = talk(account().trades("1690000000"), [answer([])] * 3)
    assert reply.value.more
    assert reply.value.cursor == str(1_690_000_000 + 7 * 86_400)


def test_holdings_merge_coins_and_contracts() -> None:
    coins = [
        {"currency": "BTC", "available": "0.123456789", "locked": "1"},
        {"currency": "USDT", "available": "100", "locked": "2.5"},
    ]
    wallet = {"user": 1, "currency": "USDT", "total": "1000.5", "in_dual_mode": True}
    long = {
        "contract": "BTC_USDT", "size": "30", "mode": "dual_long", "entry_price": "25000.123",
        "mark_price": "26000", "unrealised_pnl": "2.5", "leverage": "0",
    }  # fmt: skip
    short = long | {"size": "-10", "mode": "dual_short", "unrealised_pnl": "-1"}
    empty = long | {"size": "0"}
    reply, _ = talk(
        account(hedged=True).holdings(),
        [answer(DETAIL), answer(coins), answer(wallet), answer([long, short, empty])],
    )
    found = reply.value
    assert found.hedged
    assert found.cash == 110_300_000_000
    assert [(h.instrument, h.position_side, h.quantity) for h in found.positions] == [
        (SPOT, 0, 112_345_678), (PERP, LONG, 300_000), (PERP, SHORT, -100_000),
    ]  # fmt: skip
    # 30 contracts of 0.0001 at the mark, less what is open.
    assert found.positions[1].worth == 7_550_000_000
    assert found.positions[1].entry == 250_001


def test_a_unified_account_has_one_wallet_and_is_asked_once() -> None:
    balances = {
        "BTC": {"available": "0.5", "freeze": "0.25"}, "USDT": {"available": "90", "freeze": "10"},
    }  # fmt: skip
    wallet = {"user": 1, "currency": "USDT", "total": "0", "in_dual_mode": False}
    dialect = account()
    told = [answer({"balances": balances}), answer(wallet), answer([])]
    reply, calls = talk(dialect.holdings(), [answer(UNIFIED), *told])
    assert path_of(calls[1]) == "GET /unified/accounts"
    assert reply.value.cash == 100 * 10**8
    assert [held.quantity for held in reply.value.positions] == [75_000_000]
    _, calls = talk(dialect.holdings(), told)
    assert len(calls) == 3
    stop = placing(type=STOP_MARKET, side=SELL, price=0, trigger=2_400_000)
    _, calls = talk(dialect.place(stop), [answer({"id": 5}, 201)])
    assert json.loads(calls[0].body)["put"]["account"] == "unified"


def test_the_profile_says_that_nothing_is_known_of_the_key() -> None:
    rates = {"maker_fee": "0.002", "taker_fee": "0.0025"}
    wallet = {"total": "1", "in_dual_mode": False}
    positions = [
        {"contract": "BTC_USDT", "size": 0, "leverage": "0"},
        {"contract": "OTHER_USDT", "size": 0, "leverage": "5"},
    ]
    fees = {"BTC_USDT": {"maker_fee": "-0.0001", "taker_fee": "0.0005"}}
    reply, _ = talk(
        account().profile(),
        [answer(DETAIL), answer(rates), answer(wallet), answer(positions), answer(fees)],
    )
    found = reply.value
    assert found.margin_mode == "cross"
    assert (found.user, found.known, found.hedged) == ("42", False, False)
    assert found.fees["BTC/USDT"] == (200_000, 250_000)
    assert found.fees["BTC/USDT:USDT"] == (-10_000, 50_000)
    assert len(found.notes) == 2


def test_settings_that_stand_already_are_not_set() -> None:
    reply, calls = talk(account().set_hedged(True), [answer({"total": "1", "in_dual_mode": True})])
    assert reply == Success()
    assert len(calls) == 1
    position = {"contract": "BTC_USDT", "size": "0", "leverage": "0", "cross_leverage_limit": "5"}
    reply, calls = talk(account().set_leverage(PERP, 5), [answer(position)])
    assert (reply, len(calls)) == (Success(), 1)
    _, calls = talk(account().set_leverage(PERP, 7), [answer(position), answer(position)])
    assert calls[1].url.endswith("leverage?cross_leverage_limit=7&leverage=0")
    isolated = position | {"leverage": "3"}
    _, calls = talk(account().set_leverage(PERP, 7), [answer(isolated), answer(isolated)])
    assert calls[1].url.endswith("leverage?leverage=7")


def test_the_countdown_is_armed_for_both_products() -> None:
    steps = account().guard(30_000_000_000)
    assert steps is not None
    reply, calls = talk(steps, [answer({"triggerTime": "1"}), answer({"triggerTime": "1"})])
    assert reply == Success()
    assert [json.loads(call.body) for call in calls] == [{"timeout": 30}] * 2


def test_an_amendment_is_signed_as_the_order_is() -> None:
    standing = perp_order(size="-3", left="-3")
    steps = account().amend(ID, PERP, 250_010, 20_000)
    assert steps is not None
    reply, calls = talk(steps, [answer(standing), answer(standing)])
    assert json.loads(calls[1].body) == {"price": "25001", "size": -2}
    assert calls[1].method == "PUT"
    assert reply.value.side == SELL


def test_the_private_stream_asks_for_the_account_first() -> None:
    steps = account().private()
    call = next(steps)
    assert path_of(call) == "GET /account/detail"
    with pytest.raises(StopIteration) as stop:
        steps.send(answer({"user_id": 42, "ip_whitelist": None}))
    streams = stop.value.value
    assert all(isinstance(stream, Stream) for stream in streams)
    assert [stream.confirms for stream in streams] == [4, 5]
    frame = json.loads(streams[1].hello[1])
    assert frame["payload"] == ["42", "!all"]
    assert frame["channel"] == "futures.orders"
    assert set(frame["auth"]) == {"method", "KEY", "SIGN"}


@pytest.mark.parametrize(
    "broken",
    [b"", b"<html>502</html>", b'{"id": "77", "text', b"[]", b"null", b'{"label": 3}'],
)
@pytest.mark.parametrize("status", [200, 500, 502])
def test_what_cannot_be_read_of_a_create_is_unclear(broken: bytes, status: int) -> None:
    reply, _ = talk(account().place(placing()), [answer(broken, status)])
    assert isinstance(reply, Unclear)
