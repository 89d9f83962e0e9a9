"""Errors: every documented code means something, and what nobody knows is unclear."""

import json

import pytest

from steelyard.model import reasons
from steelyard.model.reports import Fault, Refusal, Unclear
from steelyard.venues.binance.errors import PERP, SPOT, refusal, refused, socket_refusal
from steelyard.venues.binance.terms import Product
from tests.recorded.market_files import market_file
from tests.unit.venues_binance.desk import NOW_NS, answer, error

SECOND = 1_000_000_000


@pytest.mark.parametrize("name, table", [("spot", SPOT), ("futures", PERP)])
def test_every_documented_code_is_in_its_table(name: str, table: dict[int, object]) -> None:
    path = market_file(f"exchange/binance/errors_{name}.json")
    codes = {row["code"] for row in json.loads(path.read_text(encoding="utf-8"))}

    assert codes - table.keys() == set()
    assert len(codes) > 100


@pytest.mark.parametrize("name", ["spot", "futures"])
def test_only_codes_that_say_unknown_are_unclear(name: str) -> None:
    """The documentation says "status unknown" or "internal error" of exactly these."""
    path = market_file(f"exchange/binance/errors_{name}.json")
    table = SPOT if name == "spot" else PERP
    product = Product.SPOT if name == "spot" else Product.PERP
    unclear = {
        row["code"] for row in json.loads(path.read_text(encoding="utf-8"))
        if isinstance(refusal(product, row["code"], row["text"]), Unclear)
    }  # fmt: skip

    assert unclear - {-1000, -1001, -1006, -1007, -1010} == set()
    assert {-1006, -1007} <= unclear
    assert all(table[code][0] is None for code in unclear)


def test_every_reason_is_known() -> None:
    for table in (SPOT, PERP):
        for _, reason in table.values():
            assert reason in reasons.REASONS


CASES = [
    # product, code, text, fault
    (Product.SPOT, -2010, "Account has insufficient balance for requested action.", Fault.FUNDS),
    (Product.SPOT, -2010, "Order would immediately match and take.", Fault.POST_ONLY),
    (Product.SPOT, -2010, "Duplicate order sent.", Fault.DUPLICATE),
    (Product.SPOT, -2010, "Market is closed.", Fault.OTHER),
    (Product.SPOT, -2010, "This action is disabled on this account.", Fault.AUTH),
    (Product.SPOT, -2010, "Filter failure: MAX_NUM_ORDERS", Fault.TOO_MANY),
    (Product.SPOT, -2010, "something new", Fault.OTHER),
    (Product.SPOT, -1013, "Filter failure: PRICE_FILTER", Fault.FILTER),
    (Product.SPOT, -1013, "Filter failure: NOTIONAL", Fault.FILTER),
    (Product.SPOT, -2011, "Unknown order sent.", Fault.NO_ORDER),
    (Product.SPOT, -2013, "Order does not exist.", Fault.NO_ORDER),
    (Product.SPOT, -1021, "Timestamp for this request is outside of the recvWindow.", Fault.CLOCK),
    (Product.SPOT, -1022, "Signature for this request is not valid.", Fault.AUTH),
    (Product.SPOT, -2015, "Invalid API-key, IP, or permissions for action.", Fault.AUTH),
    (Product.SPOT, -1003, "Too much request weight used", Fault.RATE_LIMIT),
    (Product.SPOT, -1016, "This service is no longer available.", Fault.MAINTENANCE),
    (Product.PERP, -2019, "Margin is insufficient.", Fault.FUNDS),
    (Product.PERP, -2022, "ReduceOnly Order is rejected.", Fault.REDUCE_ONLY),
    (Product.PERP, -4061, "Order's position side does not match user's setting.", Fault.MODE),
    (Product.PERP, -5022, "Due to the order could not be executed as maker", Fault.POST_ONLY),
    (Product.PERP, -4116, "ClientOrderId is duplicated.", Fault.DUPLICATE),
    (Product.PERP, -4164, "Order's notional must be no smaller than 5", Fault.FILTER),
    (Product.PERP, -2011, "Unknown order sent.", Fault.NO_ORDER),
    (Product.PERP, -4045, "Reach max stop order limit.", Fault.TOO_MANY),
    (Product.PERP, -1008, "Server is currently overloaded", Fault.RATE_LIMIT),
]


@pytest.mark.parametrize("product, code, text, fault", CASES)
def test_a_code_and_its_text_mean(product: Product, code: int, text: str, fault: Fault) -> None:
    found = refusal(product, code, text)

    assert isinstance(found, Refusal)
    assert found.fault is fault
    assert str(code) in found.text


UNCLEAR = [
    error(-1007, "Timeout waiting for response from backend server."),
    error(-1006, "An unexpected response was received from the message bus."),
    error(-99_999, "nobody documents this"),
    error(-1000, "Unknown error, please check your request or try again later.", 503),
    answer(b"<html><body>502 Bad Gateway</body></html>", 502),
    answer(b"<html>Service Unavailable</html>", 503),
    answer(b"", 500),
    answer(b'{"code":-20', 400),
    answer(b"", 400),
    error(-2010, "Account has insufficient balance", 500),
]


@pytest.mark.parametrize("given", UNCLEAR)
@pytest.mark.parametrize("product", list(Product))
def test_what_nobody_can_know_is_unclear(product: Product, given: object) -> None:
    assert isinstance(refused(product, given), Unclear)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given, fault, seconds",
    [
        (answer({"code": -1003, "msg": "x"}, 429, retry_after="7"), Fault.RATE_LIMIT, 7),
        (answer({"code": -1003, "msg": "x"}, 418, retry_after="120"), Fault.BANNED, 120),
        (answer(b"<html>", 418, retry_after="3"), Fault.BANNED, 3),
        (answer(b"<html>blocked</html>", 403), Fault.RATE_LIMIT, 0),
        (error(-1008, "Request throttled by system-level protection.", 503), Fault.RATE_LIMIT, 0),
        (answer({"code": -1, "msg": "Service Unavailable."}, 503), Fault.MAINTENANCE, 0),
        (error(-1016, "This service is no longer available.", 503), Fault.MAINTENANCE, 0),
        (error(-1003, "Way too much request weight used; IP banned until 1700000010123."),
         Fault.BANNED, 10),
    ],
)  # fmt: skip
def test_a_limit_says_when_to_come_back(given: object, fault: Fault, seconds: int) -> None:
    found = refused(Product.SPOT, given, NOW_NS)  # type: ignore[arg-type]

    assert isinstance(found, Refusal)
    assert (found.fault, found.retry_after_ns) == (fault, seconds * SECOND)


def test_the_order_socket_says_until_when_it_bans() -> None:
    frame = json.dumps({
        "id": "1", "status": 418,
        "error": {"code": -1003, "msg": "banned", "data": {"retryAfter": 1700000005123}},
    }).encode()  # fmt: skip

    found = socket_refusal(Product.SPOT, frame, NOW_NS)

    assert isinstance(found, Refusal)
    assert (found.fault, found.retry_after_ns) == (Fault.BANNED, 5 * SECOND)
