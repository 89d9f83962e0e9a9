"""Gate's requests: who may ask, what is refused, and what the answers say."""

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from steelyard.exchange.gate import errors
from steelyard.exchange.hall.port import Trouble
from steelyard.exchange.hall.words import EVERY, Permission, Product, Refused, Why
from tests.recorded.market_files import market_file
from tests.unit.exchange_gate.hall import Gate

SPOT_ORDERS, PERP_ORDERS = "/spot/orders", "/futures/usdt/orders"


def spot(**how: Any) -> dict[str, Any]:
    return {
        "currency_pair": "BTC_USDT", "side": "buy", "amount": "0.01", "price": "50000",
    } | how  # fmt: skip


def perp(**how: Any) -> dict[str, Any]:
    return {"contract": "BTC_USDT", "size": 10, "price": "50000", "tif": "gtc"} | how


@pytest.fixture
def gate() -> Gate:
    return Gate()


def label(answer: tuple[int, Any, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["label"]


# --- who may ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, wanted",
    [
        ({"key": "nobody"}, (401, "INVALID_KEY")),
        ({"sign": "0" * 128}, (401, "INVALID_SIGNATURE")),
        ({"sign": ""}, (401, "MISSING_REQUIRED_HEADER")),
        ({"timestamp": "soon"}, (403, "REQUEST_EXPIRED")),
    ],
)
def test_a_request_must_prove_itself(
    gate: Gate, change: dict[str, str], wanted: tuple[int, str]
) -> None:
    assert label(gate.ask("GET", "/spot/accounts", headers=change)) == wanted
    assert gate.ask("GET", "/spot/accounts")[0] == 200


@pytest.mark.parametrize("off_s, status", [(-60, 200), (-61, 403), (60, 200), (61, 403)])
def test_the_window_is_a_minute_each_way(gate: Gate, off_s: int, status: int) -> None:
    at = str(gate.hall.now_ns() // 10**9 + off_s)
    assert gate.ask("GET", "/spot/accounts", timestamp=at)[0] == status


@pytest.mark.parametrize("path, body", [(SPOT_ORDERS, spot()), (PERP_ORDERS, perp())])
def test_a_deadline_that_has_passed_refuses_the_create(
    gate: Gate, path: str, body: dict[str, Any]
) -> None:
    now_ms = gate.hall.now_ns() // 10**6
    late = gate.ask("POST", path, body, headers={"x-gate-exptime": str(now_ms - 1)})
    assert label(late) == (403, "REQUEST_EXPIRED")
    assert gate.hall.open_orders(0) == ()
    in_time = gate.ask("POST", path, body, headers={"x-gate-exptime": str(now_ms)})
    assert in_time[0] == 201


def test_a_query_counts_as_it_stands_or_escaped(gate: Gate) -> None:
    assert gate.ask("GET", "/spot/my_trades", query="currency_pair=BTC_USDT&limit=3")[0] == 200
    # Changed after it was signed.
    request = gate.request("GET", "/spot/my_trades", query="limit=3")
    answer = gate.speaker.rest(replace(request, query="limit=4"))
    assert json.loads(answer.body)["label"] == "INVALID_SIGNATURE"


def test_a_key_that_only_reads_reads(gate: Gate) -> None:
    gate.hall.rekey(replace(gate.member(), permissions=frozenset({Permission.READ})))
    assert gate.ask("GET", "/spot/accounts")[0] == 200
    assert label(gate.ask("POST", SPOT_ORDERS, spot())) == (403, "READ_ONLY")


def test_a_key_is_bound_to_its_addresses(gate: Gate) -> None:
    gate.hall.rekey(replace(gate.member(), addresses=("10.0.0.2",)))
    assert label(gate.ask("GET", "/account/detail")) == (403, "IP_FORBIDDEN")


@pytest.mark.parametrize(
    "method, path, wanted",
    [
        ("GET", "/nothing/here", (404, "NOT_FOUND")),
        ("PUT", "/spot/time", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/spot/currency_pairs/NO_PAIR", (400, "INVALID_CURRENCY_PAIR")),
        ("GET", "/futures/usdt/contracts/NO_PAIR", (400, "CONTRACT_NOT_FOUND")),
    ],
)
def test_paths_that_are_not_there(
    gate: Gate, method: str, path: str, wanted: tuple[int, str]
) -> None:
    assert label(gate.ask(method, path, signed=False)) == wanted


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, wanted",
    [
        ({"amount": "0.0000001"}, "INVALID_PRECISION"),
        ({"amount": "0.000001"}, "AMOUNT_TOO_LITTLE"),
        ({"price": "50000.01"}, "INVALID_PRECISION"),
        ({"price": None}, "MISSING_REQUIRED_PARAM"),
        ({"amount": "NaN"}, "INVALID_PARAM_VALUE"),
        ({"amount": "1e400"}, "INVALID_PARAM_VALUE"),
        ({"amount": "1000"}, "BALANCE_NOT_ENOUGH"),
        ({"side": "up"}, "INVALID_PARAM_VALUE"),
        ({"side": "sell", "amount": "50", "price": "70000"}, "BALANCE_NOT_ENOUGH"),
        ({"currency_pair": "NO_PAIR"}, "INVALID_CURRENCY_PAIR"),
        ({"time_in_force": "day"}, "INVALID_PARAM_VALUE"),
        ({"type": "market", "time_in_force": "gtc"}, "INVALID_PARAM_VALUE"),
        ({"time_in_force": "poc", "price": "61000"}, "POC_FILL_IMMEDIATELY"),
        ({"text": "mine"}, "INVALID_PARAM_VALUE"),
        ({"text": "t-" + 29 * "x"}, "INVALID_PARAM_VALUE"),
        ({"account": "elsewhere"}, "INVALID_PARAM_VALUE"),
    ],
)
def test_orders_in_coins_that_are_refused(gate: Gate, change: dict[str, Any], wanted: str) -> None:
    assert label(gate.ask("POST", SPOT_ORDERS, spot(**change))) == (400, wanted)
    assert gate.hall.orders(0) == ()


@pytest.mark.parametrize(
    "change, wanted",
    [
        ({"size": 0}, "INVALID_PARAM_VALUE"),
        ({"size": 0, "close": True, "price": "0", "tif": "ioc"}, "POSITION_EMPTY"),
        ({"size": "1.5"}, "INVALID_PRECISION"),
        ({"size": 2_000_000, "price": "1"}, "SIZE_TOO_LARGE"),
        ({"size": 900_000}, "INSUFFICIENT_AVAILABLE"),
        ({"price": "0"}, "INVALID_PARAM_VALUE"),
        ({"price": "50000.05"}, "INVALID_PRECISION"),
        ({"tif": "poc", "price": "61000"}, "ORDER_POC_IMMEDIATE"),
        ({"reduce_only": True}, "REDUCE_EXCEEDED"),
        ({"contract": "NO_PAIR"}, "CONTRACT_NOT_FOUND"),
    ],
)
def test_orders_in_contracts_that_are_refused(
    gate: Gate, change: dict[str, Any], wanted: str
) -> None:
    assert label(gate.ask("POST", PERP_ORDERS, perp(**change))) == (400, wanted)
    assert gate.hall.orders(0) == ()


def test_a_text_is_in_use_while_its_order_rests(gate: Gate) -> None:
    made = gate.ask("POST", SPOT_ORDERS, spot(text="t-a"))
    assert label(gate.ask("POST", SPOT_ORDERS, spot(text="t-a"))) == (400, "ORDER_EXISTS")
    by_text = f"{SPOT_ORDERS}/t-a"
    assert gate.ask("GET", by_text, query="currency_pair=BTC_USDT")[1]["id"] == made[1]["id"]
    assert label(gate.ask("GET", by_text)) == (400, "MISSING_REQUIRED_PARAM")
    gate.ask("DELETE", by_text, query="currency_pair=BTC_USDT")
    gone = gate.ask("GET", by_text, query="currency_pair=BTC_USDT")
    assert label(gone) == (404, "ORDER_NOT_FOUND")
    assert gate.ask("GET", f"{SPOT_ORDERS}/{made[1]['id']}")[1]["finish_as"] == "cancelled"


def test_futures_forget_the_text_of_an_order_without_a_fill_after_a_minute(gate: Gate) -> None:
    gate.ask("POST", PERP_ORDERS, perp(text="t-rest"))
    gate.ask("POST", PERP_ORDERS, perp(text="t-fill", price="0", tif="ioc"))
    gate.ask("DELETE", f"{PERP_ORDERS}/t-rest")
    gate.later(59)
    assert gate.ask("GET", f"{PERP_ORDERS}/t-rest")[1]["status"] == "finished"
    gate.later(2)
    assert label(gate.ask("GET", f"{PERP_ORDERS}/t-rest")) == (404, "ORDER_NOT_FOUND")
    assert gate.ask("GET", f"{PERP_ORDERS}/t-fill")[1]["finish_as"] == "filled"


def test_every_reason_has_a_label_that_is_documented() -> None:
    known = {
        row["label"] for row in json.loads(market_file("exchange/gate/errors.json").read_text())
    }
    # Told by the venue, absent from its list: what other clients know of.
    known |= {"PRICE_THRESHOLD_EXCEEDED", "AUTO_TRIGGER_PRICE_LESS_LAST"}
    for product in Product:
        for why in Why:
            assert errors.of(Refused(why=why), product).label in known, why


@pytest.mark.parametrize("trouble", list(Trouble))
def test_troubles_are_said_with_a_label(gate: Gate, trouble: Trouble) -> None:
    answer = gate.speaker.broken(gate.request("GET", "/spot/time"), trouble)
    assert answer.status >= 400
    assert json.loads(answer.body)["label"]


# --- what answers say ----------------------------------------------------------------------------


def test_a_purchase_at_market_is_counted_in_quote(gate: Gate) -> None:
    _, told, _ = gate.ask(
        "POST", SPOT_ORDERS,
        {"currency_pair": "BTC_USDT", "side": "buy", "type": "market", "amount": "600"},
    )  # fmt: skip
    assert (told["status"], told["finish_as"]) == ("closed", "filled")
    spent = Decimal(told["filled_total"])
    assert Decimal(600) - Decimal(told["left"]) == spent
    assert Decimal(599) < spent <= 600
    bought = Decimal(told["filled_amount"])
    assert bought * Decimal(told["avg_deal_price"]) == pytest.approx(spent, rel=Decimal("1e-9"))


def test_contracts_are_spelt_as_the_client_wants(gate: Gate) -> None:
    _, told, _ = gate.ask("POST", PERP_ORDERS, perp(size=-3, price="70000"))
    assert (told["size"], told["left"], told["status"]) == (-3, -3, "open")
    path = f"{PERP_ORDERS}/{told['id']}"
    _, told, _ = gate.ask("GET", path, headers={"x-gate-size-decimal": "1"})
    assert (told["size"], told["left"]) == ("-3", "-3")


def test_hedged_mode_keeps_the_sides_apart(gate: Gate) -> None:
    assert gate.ask("POST", "/futures/usdt/dual_mode", query="dual_mode=true")[1]["in_dual_mode"]
    again = gate.ask("POST", "/futures/usdt/dual_mode", query="dual_mode=true")
    assert label(again) == (400, "NO_CHANGE")
    market = {"price": "0", "tif": "ioc"}
    gate.ask("POST", PERP_ORDERS, perp(size=10, **market))
    gate.ask("POST", PERP_ORDERS, perp(size=-4, **market))
    _, both, _ = gate.ask("GET", "/futures/usdt/dual_comp/positions/BTC_USDT")
    assert [(one["mode"], one["size"]) for one in both] == [("dual_long", 10), ("dual_short", -4)]
    single = gate.ask("GET", "/futures/usdt/positions/BTC_USDT")
    assert label(single) == (400, "POSITION_DUAL_MODE")
    off = gate.ask("POST", "/futures/usdt/dual_mode", query="dual_mode=false")
    assert label(off) == (400, "POSITION_HOLDING")
    _, part, _ = gate.ask("POST", PERP_ORDERS, perp(size=-3, reduce_only=True, **market))
    assert part["is_reduce_only"]
    gate.ask("POST", PERP_ORDERS, perp(size=0, auto_size="close_short", **market))
    _, held, _ = gate.ask("GET", "/futures/usdt/positions", query="holding=true")
    assert [(one["mode"], one["size"]) for one in held] == [("dual_long", 7)]
    _, trades, _ = gate.ask("GET", "/futures/usdt/my_trades")
    assert [(row["size"], row["close_size"]) for row in trades] == [
        (4, 4), (-3, -3), (-4, 0), (10, 0),
    ]  # fmt: skip


def test_leverage_zero_is_cross_margin(gate: Gate) -> None:
    path = "/futures/usdt/positions/BTC_USDT/leverage"
    _, cross, _ = gate.ask("POST", path, query="leverage=0&cross_leverage_limit=7")
    assert (cross["leverage"], cross["cross_leverage_limit"]) == ("0", "7")
    _, isolated, _ = gate.ask("POST", path, query="leverage=5")
    assert (isolated["leverage"], isolated["cross_leverage_limit"]) == ("5", "0")
    assert label(gate.ask("POST", path, query="leverage=1000")) == (400, "LEVERAGE_TOO_HIGH")
    assert label(gate.ask("POST", path, query="leverage=0")) == (400, "LEVERAGE_TOO_LOW")


def test_price_triggered_orders_wait_fire_and_are_told_apart(gate: Gate) -> None:
    gate.ask("POST", PERP_ORDERS, perp(size=10, price="0", tif="ioc"))
    body = {
        "initial": {"contract": "BTC_USDT", "size": -10, "price": "0", "tif": "ioc",
                    "reduce_only": True, "text": "t-stop"},
        "trigger": {"strategy_type": 0, "price_type": 0, "price": "59000", "rule": 2,
                    "expiration": 3600},
    }  # fmt: skip
    status, made, _ = gate.ask("POST", "/futures/usdt/price_orders", body)
    assert status == 201
    wrong = {
        "initial": {**body["initial"], "text": "t-wrong"}, "trigger": {**body["trigger"], "rule": 1}
    }  # fmt: skip
    refused = gate.ask("POST", "/futures/usdt/price_orders", wrong)
    assert label(refused) == (400, "AUTO_TRIGGER_PRICE_GREATE_LAST")
    assert label(gate.ask("GET", f"{PERP_ORDERS}/t-stop")) == (404, "ORDER_NOT_FOUND")
    place = next(k for k, one in enumerate(gate.hall.instruments) if one.name == "BTC/USDT:USDT")
    gate.show(place, "58900", coins="1000000")
    _, fired, _ = gate.ask("GET", f"/futures/usdt/price_orders/{made['id']}")
    assert (fired["status"], fired["finish_as"]) == ("finished", "succeeded")
    _, became, _ = gate.ask("GET", f"{PERP_ORDERS}/{fired['trade_id']}")
    assert became["text"] == f"ao-{made['id']}"
    assert became["finish_as"] == "filled"


def test_limits_are_of_endpoints_and_told(gate: Gate) -> None:
    create = gate.request("POST", SPOT_ORDERS, spot())
    other = gate.request("POST", SPOT_ORDERS, spot(currency_pair="ETH_USDT"))
    (charge,), (apart,) = gate.speaker.weight(create), gate.speaker.weight(other)
    assert (charge.limit, charge.span_ns, charge.by_key) == (10, 10**9, True)
    assert charge.meter != apart.meter
    (futures,) = gate.speaker.weight(gate.request("POST", PERP_ORDERS, perp()))
    assert futures.limit == 100
    (public,) = gate.speaker.weight(gate.request("GET", "/spot/tickers", signed=False))
    assert (public.limit, public.by_key) == (200, False)
    answer = gate.speaker.limited(create, 1_500_000_000, False)
    assert (answer.status, json.loads(answer.body)["label"]) == (429, "TOO_MANY_REQUESTS")
    reset = int(answer.headers["X-Gate-RateLimit-Reset-Timestamp"])
    assert reset == gate.hall.now_ns() // 10**9 + 2


def test_batches_have_a_most_and_each_order_of_contracts_counts(gate: Gate) -> None:
    assert gate.ask("POST", "/futures/usdt/batch_orders", [perp()] * 10)[0] == 200
    for path, row, most in (
        ("/futures/usdt/batch_orders", perp(), 10), ("/spot/batch_orders", spot(text="t-a"), 10),
        ("/spot/cancel_batch_orders", {"currency_pair": "BTC_USDT", "id": "1"}, 20),
        ("/futures/usdt/batch_cancel_orders", "1", 20),
    ):  # fmt: skip
        assert label(gate.ask("POST", path, [row] * (most + 1))) == (400, "INVALID_PARAM_VALUE")
    request = gate.request("POST", "/futures/usdt/batch_orders", [perp()] * 7)
    (charge,) = gate.speaker.weight(request)
    assert (charge.meter, charge.weight) == ("futures creates", 7)
    (charge,) = gate.speaker.weight(gate.request("POST", "/spot/cancel_batch_orders", []))
    assert charge.meter == "spot cancels"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'"x"', b"1"])
@pytest.mark.parametrize("path", [SPOT_ORDERS, PERP_ORDERS, "/spot/batch_orders"])
def test_nothing_a_client_sends_breaks_the_server(gate: Gate, path: str, body: bytes) -> None:
    request = gate.request("POST", path)
    sent = replace(request, body=body)
    assert gate.speaker.rest(sent).status in {400, 401}
    assert gate.speaker.weight(sent)
    assert gate.speaker.who(sent) in {EVERY, 0}
