"""What OKX's server answers: signatures, refusals, the documented fields."""

import json
from typing import Any

import msgspec
import pytest

from steelyard.exchange.hall.words import Permission, Status
from steelyard.exchange.okx.signing import LOGIN_TEXT, signature
from tests.recorded.market_files import market_file
from tests.unit.exchange_okx.okx_hall import SWAP, Okx


@pytest.fixture
def okx() -> Okx:
    return Okx()


def _code(okx: Okx, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> str:
    return str(json.loads(okx.answer(method, path, headers, body).body)["code"])


def test_signatures_are_those_of_the_vectors() -> None:
    found = json.loads(market_file("signing/okx.json").read_text())
    for vector in found if isinstance(found, list) else found["vectors"]:
        text = vector["timestamp"] + (
            LOGIN_TEXT
            if vector.get("ws_login")
            else vector["method"] + vector["request_path"] + vector.get("body", "")
        )

        assert signature(vector["api_secret"], text) == vector["signature"], vector["id"]


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"ok_access_key": ""}, "50103"),
        ({"ok_access_passphrase": ""}, "50104"),
        ({"ok_access_passphrase": "wrong"}, "50105"),
        ({"ok_access_sign": ""}, "50106"),
        ({"ok_access_sign": "wrong"}, "50113"),
        ({"ok_access_timestamp": ""}, "50107"),
        ({"ok_access_timestamp": "yesterday"}, "50112"),
        ({"ok_access_key": "nobody"}, "50111"),
    ],
)
def test_who_is_nobody_is_told_why(okx: Okx, changed: dict[str, Any], code: str) -> None:
    path = "/api/v5/account/balance"

    response = okx.answer("GET", path, okx.signed("GET", path, **changed))

    assert (json.loads(response.body)["code"], response.status) == (code, 401)


@pytest.mark.parametrize("offset_s, code", [(-31, "50102"), (31, "50102"), (-29, "0"), (29, "0")])
def test_a_timestamp_holds_for_thirty_seconds_on_both_sides(
    okx: Okx, offset_s: int, code: str
) -> None:
    okx.later(40)
    now_ns = okx.hall.now_ns()
    okx.hall.set_time(now_ns + offset_s * 10**9)
    stamp = okx.stamp()
    okx.hall.set_time(now_ns)
    path = "/api/v5/account/balance"

    assert _code(okx, "GET", path, okx.signed("GET", path, timestamp=stamp)) == code


def test_a_key_that_may_only_read_cannot_trade(okx: Okx) -> None:
    member = okx.hall.members[0]
    okx.hall.rekey(msgspec.structs.replace(member, permissions=frozenset({Permission.READ})))

    assert okx.get("account/config")[0]["perm"] == "read_only"
    assert okx.post("trade/order", {})["code"] == "50120"


@pytest.mark.parametrize(
    "method, path, body, status, code",
    [
        ("GET", "/api/v5/nothing/here", b"", 404, "404"),
        ("POST", "/api/v5/public/time", b"", 405, "50115"),
        ("GET", "/api/v5/public/instruments", b"", 400, "50014"),
        ("GET", "/api/v5/public/instruments?instType=SHOES", b"", 400, "51000"),
        ("GET", "/api/v5/market/ticker?instId=DOGE-USDT", b"", 200, "51001"),
        ("GET", "/api/v5/market/candles?instId=BTC-USDT&bar=7m", b"", 400, "51000"),
    ],
)
def test_what_cannot_be_answered(
    okx: Okx, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    response = okx.answer(method, path, {}, body)

    assert (response.status, json.loads(response.body)["code"]) == (status, code)


def test_a_body_must_be_json(okx: Okx) -> None:
    path = "/api/v5/trade/order"

    assert _code(okx, "POST", path, okx.signed("POST", path)) == "50000"
    assert _code(okx, "POST", path, okx.signed("POST", path, "{"), b"{") == "50002"


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"sz": "0.015"}, "51121"),
        ({"sz": "0"}, "51000"),
        ({"sz": "x"}, "51000"),
        ({"ordType": "limit", "px": "50000.05"}, "51150"),
        ({"ordType": "limit"}, "51000"),
        ({"sz": "900000"}, "51008"),
        ({"tdMode": "cash"}, "51000"),
        ({"posSide": "long"}, "51000"),
        ({"reduceOnly": True, "side": "sell"}, "51169"),
        ({"clOrdId": "no-hyphens"}, "51000"),
        ({"ordType": "iceberg"}, "51000"),
        ({"instId": "BTC-USDT", "tdMode": "cash", "tgtCcy": "base_ccy", "sz": "5"}, "51008"),
        ({"instId": "BTC-USDT", "tdMode": "cash", "tgtCcy": "base_ccy", "sz": "0.000001"}, "51020"),
    ],
)
def test_an_order_is_refused_by_its_own_code(okx: Okx, fields: dict[str, Any], code: str) -> None:
    verdict = okx.order(**fields)

    assert verdict["sCode"] == code, verdict
    assert okx.get("trade/orders-history", instType="SWAP") == []


@pytest.mark.parametrize(
    "whole, code", [(Status.MAINTENANCE, "50001"), (Status.CANCEL_ONLY, "51037")]
)
def test_what_the_venue_takes_at_the_moment(okx: Okx, whole: Status, code: str) -> None:
    assert okx.order(ordType="limit", px="50000", clOrdId="rests")["sCode"] == "0"
    okx.hall.whole = whole
    assert okx.order()["sCode"] == code
    cancel = {"instId": "BTC-USDT-SWAP", "clOrdId": "rests"}
    assert okx.post("trade/cancel-order", cancel)["code"] == "0"
    okx.hall.whole = Status.TRADING
    okx.hall.set_status(SWAP, Status.HALTED)

    assert okx.order()["sCode"] == "51022"
    assert okx.order(instId="ETH-USDT-SWAP")["sCode"] == "0"


def test_an_id_is_in_use_until_its_order_ends(okx: Okx) -> None:
    fields = {"ordType": "limit", "px": "50000", "clOrdId": "once"}

    assert okx.order(**fields)["sCode"] == "0"
    assert okx.order(**fields)["sCode"] == "51016"
    okx.post("trade/cancel-order", {"instId": "BTC-USDT-SWAP", "clOrdId": "once"})
    assert okx.order(**fields)["sCode"] == "0"


def test_post_only_that_would_trade_is_taken_and_ends_at_once(okx: Okx) -> None:
    verdict = okx.order(ordType="post_only", px="61000")

    (row,) = okx.get("trade/order", instId="BTC-USDT-SWAP", ordId=verdict["ordId"])
    assert (row["state"], row["cancelSource"], row["accFillSz"]) == ("canceled", "31", "0")


def test_what_came_too_late_did_not_happen(okx: Okx) -> None:
    late = str(okx.hall.now_ns() // 10**6 - 1)
    order = {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1",
    }  # fmt: skip

    assert okx.post("trade/order", order, exptime=late)["code"] == "50036"
    assert okx.get("account/positions") == []
    in_time = str(okx.hall.now_ns() // 10**6 + 1_000)
    assert okx.post("trade/order", order, exptime=in_time)["code"] == "0"


def test_a_batch_says_what_became_of_each(okx: Okx) -> None:
    order = {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1",
        "px": "50000",
    }  # fmt: skip
    okx.hall.batch_faults = frozenset({2})
    told = okx.post("trade/batch-orders", [order] * 3)
    okx.hall.batch_faults = frozenset()

    assert told["code"] == "2"
    assert [row["sCode"] for row in told["data"]] == ["0", "50061", "0"]
    names = [{"instId": "BTC-USDT-SWAP", "ordId": row["ordId"] or "7"} for row in told["data"]]
    gone = okx.post("trade/cancel-batch-orders", names)
    assert [row["sCode"] for row in gone["data"]] == ["0", "51400", "0"]
    assert okx.post("trade/batch-orders", [order] * 21)["code"] == "51111"
    assert okx.post("trade/batch-orders", [{**order, "sz": "x"}] * 2)["code"] == "1"


def test_modes_and_leverage(okx: Okx) -> None:
    assert okx.post("account/set-position-mode", {"posMode": "long_short_mode"})["code"] == "0"
    assert okx.order()["sCode"] == "51000"
    assert okx.order(posSide="long", side="sell")["sCode"] == "51169"
    assert okx.order(posSide="long")["sCode"] == "0"
    assert okx.post("account/set-position-mode", {"posMode": "net_mode"})["code"] == "59000"
    lever = {"instId": "BTC-USDT-SWAP", "mgnMode": "cross", "lever": "101"}
    assert okx.post("account/set-leverage", lever)["code"] == "59102"
    assert okx.post("account/set-leverage", {**lever, "lever": "7"})["data"][0]["lever"] == "7"
    assert okx.get("account/positions")[0]["lever"] == "7"
    close = {"instId": "BTC-USDT-SWAP", "mgnMode": "cross", "posSide": "long"}
    assert okx.post("trade/close-position", close)["code"] == "0"
    assert okx.get("account/positions") == []


def test_the_dead_mans_switch_strikes_unless_it_is_disarmed(okx: Okx) -> None:
    okx.order(ordType="limit", px="50000")
    assert okx.post("trade/cancel-all-after", {"timeOut": "5"})["code"] == "51000"
    assert okx.post("trade/cancel-all-after", {"timeOut": "10"})["code"] == "0"
    okx.later(6)
    assert okx.post("trade/cancel-all-after", {"timeOut": "0"})["data"][0]["triggerTime"] == "0"
    okx.later(6)
    assert len(okx.get("trade/orders-pending")) == 1
    okx.post("trade/cancel-all-after", {"timeOut": "10"})
    okx.later(11)

    assert okx.get("trade/orders-pending") == []
    (row,) = okx.get("trade/orders-history", instType="SWAP")
    assert (row["state"], row["cancelSource"]) == ("canceled", "20")


def test_orders_and_fills_come_in_pages_newest_first(okx: Okx) -> None:
    for _ in range(7):
        okx.order(ordType="limit", px="50000")
    first = okx.get("trade/orders-pending", limit=4)
    rest = okx.get("trade/orders-pending", limit=4, after=first[-1]["ordId"])

    numbers = [int(row["ordId"]) for row in first + rest]
    assert len(numbers) == 7
    assert numbers == sorted(numbers, reverse=True)


# --- the documented shape ------------------------------------------------------------------------


def _documented(path: str) -> set[str]:
    """Return the fields of the official documentation's answer to `GET path`."""
    fields: set[str] = set()
    for name in ("order_book", "public_data", "trading_account"):
        for line in market_file(f"exchange/okx/rest/docs_{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            if row["path"] == path and row["method"] == "GET":
                for response in row["responses"]:
                    fields |= set(response["json"]["data"][0])
    return fields


# Options, pairs of leverage tokens and loans have no meaning for what is listed here.
NOT_HERE = {
    "/api/v5/market/books": set(),
    "/api/v5/market/tickers": set(),
    "/api/v5/trade/order": set(),
    "/api/v5/trade/fills": set(),
    "/api/v5/trade/orders-algo-history": {
        "chaseType", "chaseVal", "maxChaseType", "maxChaseVal", "pxLimit", "pxSpread", "pxVar",
        "szLimit", "timeInterval",
    },
    "/api/v5/account/balance": {"delta", "deltaLever", "deltaNeutralStatus"},
    "/api/v5/account/config": set(),
    "/api/v5/account/bills": set(),
    "/api/v5/public/funding-rate": set(),
    "/api/v5/public/mark-price": set(),
    "/api/v5/public/open-interest": set(),
    "/api/v5/market/index-tickers": set(),
}  # fmt: skip


@pytest.mark.parametrize("path", NOT_HERE)
def test_every_documented_field_is_there(okx: Okx, path: str) -> None:
    okx.order()
    okx.post(
        "trade/order-algo",
        {
            "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "sz": "1",
            "ordType": "conditional", "slTriggerPx": "59000", "slOrdPx": "-1",
        },
    )  # fmt: skip
    okx.show(SWAP, "58000")
    (closed,) = okx.get("trade/orders-algo-history", ordType="conditional", state="effective")
    query = {
        "/api/v5/trade/order": {"instId": "BTC-USDT-SWAP", "ordId": closed["ordId"]},
        "/api/v5/trade/orders-algo-history": {"ordType": "conditional", "state": "effective"},
    }.get(path, {"instId": "BTC-USDT-SWAP", "instType": "SWAP"})
    if path in {"/api/v5/account/balance", "/api/v5/market/index-tickers"}:
        query = {}

    row = okx.get(path.removeprefix("/api/v5/"), **query)[0]

    documented = _documented(path)
    assert documented
    assert documented - row.keys() == NOT_HERE[path]


def test_what_is_listed_has_the_fields_of_the_live_listing(okx: Okx) -> None:
    for product in ("spot", "swap"):
        name = f"exchange/okx/rest/live/production-public-get-instruments-{product}.json"
        live = {row["instId"]: row for row in json.loads(market_file(name).read_text())["data"]}
        for row in okx.get("public/instruments", instType=product.upper()):
            real = live[row["instId"]]
            assert real.keys() - row.keys() <= {
                "freq", "longPosRemainingQuota", "maxPlatOILmt", "method", "posLmtAmt", "posLmtPct",
                "preMktSwTime", "seriesId", "shortPosRemainingQuota",
            }  # fmt: skip
            for key in ("tickSz", "lotSz", "minSz", "ctVal", "ctType", "settleCcy", "instFamily"):
                assert row[key] == real[key], (row["instId"], key)
