"""Orders as OKX's fields: the position-side table, order types, spelling, validity."""

import re
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel.ports import Placing, Request
from steelyard.model import client_ids
from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from steelyard.model.reports import Fault, NotSent, Refusal, Reply, Success, Unclear
from steelyard.runtime.retry import judge
from steelyard.venues.native import numbers as exact
from steelyard.venues.okx.orders import STANCES, fields
from steelyard.venues.okx.signing import signature
from steelyard.wire.http import Answer
from tests.unit.venues_okx.okx_parts import CREDENTIALS, NOW_NS, SPOT, SWAP, account, no, ok, talk


def _order(**changed: int) -> Placing:
    values = {
        "instrument": 1, "side": BUY, "type": LIMIT, "flags": 0, "price": 50_000_100,
        "quantity": 150, **changed,
    }  # fmt: skip
    return Placing(client_id="s1", **values)


@pytest.mark.parametrize(
    "hedged, position_side, side, closes, told",
    [
        (False, LONG, BUY, False, {"side": "buy", "posSide": "net"}),
        (False, LONG, SELL, True, {"side": "sell", "posSide": "net", "reduceOnly": True}),
        (False, LONG, SELL, False, {"side": "sell", "posSide": "net"}),
        (False, LONG, BUY, True, {"side": "buy", "posSide": "net", "reduceOnly": True}),
        (True, LONG, BUY, False, {"side": "buy", "posSide": "long"}),
        (True, LONG, SELL, True, {"side": "sell", "posSide": "long"}),
        (True, SHORT, SELL, False, {"side": "sell", "posSide": "short"}),
        (True, SHORT, BUY, True, {"side": "buy", "posSide": "short"}),
    ],
)  # fmt: skip
def test_the_eight_combinations(
    hedged: bool, position_side: int, side: int, closes: bool, told: dict[str, str | bool]
) -> None:
    order = _order(
        side=side, position_side=position_side, flags=REDUCE_ONLY if closes else 0
    )  # fmt: skip

    body = fields(order, SWAP, hedged=hedged, margin_mode="cross")

    assert {key: body[key] for key in ("side", "posSide", "reduceOnly") if key in body} == told
    assert len(STANCES) == 8


def test_what_a_mode_cannot_say_is_not_sent() -> None:
    short_in_net = _order(position_side=SHORT)
    reduce_with_the_side = _order(side=BUY, position_side=LONG, flags=REDUCE_ONLY)

    reply, calls = talk(account().place(short_in_net))
    assert isinstance(reply, NotSent)
    assert not calls
    with pytest.raises(ConfigurationError):
        fields(reduce_with_the_side, SWAP, hedged=True, margin_mode="cross")


@pytest.mark.parametrize(
    "order, told",
    [
        (_order(), {"ordType": "limit", "px": "50000.1", "sz": "1.5", "tdMode": "cross"}),
        (_order(flags=POST_ONLY), {"ordType": "post_only"}),
        (_order(flags=IOC), {"ordType": "ioc"}),
        (_order(flags=FOK), {"ordType": "fok"}),
        (_order(type=MARKET), {"ordType": "market", "sz": "1.5"}),
        (
            _order(instrument=0, type=MARKET, quantity=1),
            {"ordType": "market", "sz": "0.00000001", "tgtCcy": "base_ccy", "tdMode": "cash"},
        ),
        (
            _order(type=STOP_MARKET, side=SELL, flags=REDUCE_ONLY, trigger=49_000_000),
            {
                "ordType": "conditional", "slTriggerPx": "49000", "slOrdPx": "-1",
                "algoClOrdId": "s1", "reduceOnly": True,
            },
        ),
        (
            _order(instrument=0, type=TAKE_PROFIT, side=SELL, trigger=60_000_000),
            {
                "ordType": "conditional", "tpTriggerPx": "60000", "tpOrdPx": "-1",
                "tgtCcy": "base_ccy",
            },
        ),
        (
            _order(type=TRAILING_STOP, side=SELL, trail=500_000, trigger=51_000_000),
            {"ordType": "move_order_stop", "callbackSpread": "500", "activePx": "51000"},
        ),
    ],
)  # fmt: skip
def test_order_types(order: Placing, told: dict[str, str | bool]) -> None:
    body = fields(order, (SPOT, SWAP)[order.instrument], hedged=False, margin_mode="cross")

    assert told.items() <= body.items()
    assert ("clOrdId" in body) != ("algoClOrdId" in body)


def test_a_create_says_how_long_it_is_valid_and_is_signed_as_it_leaves() -> None:
    _, (call,) = talk(account(environment="testnet").place(_order()), ok({"sCode": "0"}))

    path = urlsplit(call.url).path
    stamp = call.headers["OK-ACCESS-TIMESTAMP"]
    assert call.changes
    assert call.method == "POST"
    assert path == "/api/v5/trade/order"
    assert call.headers["expTime"] == str(NOW_NS // 10**6 + 10_000)
    assert call.headers["x-simulated-trading"] == "1"
    assert stamp == "2023-11-14T22:13:20.000Z"
    text = stamp + "POST" + path + call.body.decode()
    assert call.headers["OK-ACCESS-SIGN"] == signature(CREDENTIALS.secret, text)


def test_a_conditional_create_is_valid_no_longer_though_it_takes_no_exp_time() -> None:
    stop = _order(type=STOP_MARKET, side=SELL, trigger=49_000_000)

    _, (call,) = talk(account().place(stop), ok({"sCode": "0", "algoClOrdId": "s1"}))

    # OKX refuses what is more than 30 s from its clock: 10 s from now, as the terms promise.
    assert "expTime" not in call.headers
    assert call.headers["OK-ACCESS-TIMESTAMP"] == "2023-11-14T22:13:00.000Z"
    assert "x-simulated-trading" not in call.headers


@pytest.mark.parametrize(
    "answer, expected",
    [
        (ok({"sCode": "0", "ordId": "1"}), Success),
        (no("1", "", {"sCode": "51008", "sMsg": "Insufficient"}), Fault.FUNDS),
        (no("0", "", {"sCode": "51121", "sMsg": "lot"}), Fault.FILTER),
        (no("50102", "Timestamp request expired.", status=401), Fault.CLOCK),
        (no("50011", "Too Many Requests", status=429), Fault.RATE_LIMIT),
        (no("51016", "Client order ID already exists."), Fault.DUPLICATE),
        (no("50001", "Service temporarily unavailable.", status=503), Fault.MAINTENANCE),
        (no("51000", "Parameter posSide error"), Fault.MODE),
        (no("50004", "API endpoint request timeout.", status=400), Unclear),
        (no("51149", "Order timed out.", status=500), Unclear),
        (no("51999", "nobody documented this"), Unclear),
        (no("1", "Operation failed."), Unclear),
        (Answer(502, {}, b"<html>Bad Gateway</html>"), Unclear),
        (Answer(200, {}, b""), Unclear),
        (Answer(200, {}, b'{"code":"0","data":[{"sCo'), Unclear),
        (Answer(429, {"retry-after": "3"}, b"slow down"), Fault.RATE_LIMIT),
    ],
)  # fmt: skip
def test_what_an_answer_to_a_create_means(answer: Answer, expected: object) -> None:
    reply: Reply
    reply, _ = talk(account().place(_order()), answer)

    if isinstance(expected, Fault):
        assert isinstance(reply, Refusal)
        assert reply.fault is expected
    else:
        assert isinstance(expected, type)
        assert isinstance(reply, expected)


@pytest.mark.parametrize("code", ["51022", "51028", "51030", "51155", "50032", "51110", "51404"])
def test_what_is_wrong_with_one_instrument_stops_no_other(code: str) -> None:
    reply, _ = talk(account().place(_order()), no("1", "", {"sCode": code, "sMsg": "no"}))

    assert isinstance(reply, Refusal)
    assert not judge(reply, Request.PLACE, attempt=1, key="k").stops
    assert reply.fault not in {Fault.MAINTENANCE, Fault.CANCEL_ONLY}


def test_a_conditional_order_is_canceled_where_it_lives() -> None:
    okx = account()
    stop = _order(type=STOP_MARKET, side=SELL, trigger=49_000_000)
    talk(okx.place(stop), ok({"sCode": "0"}))

    _, (known,) = talk(okx.cancel("s1", 1), ok({"sCode": "0"}))
    _, (asked, unknown) = talk(
        account().cancel("s1", 1),
        ok({"algoId": "9", "instId": "BTC-USDT-SWAP", "state": "live", "side": "sell"}),
        ok({"sCode": "0"}),
    )
    _, (_, plain) = talk(account().cancel("s2", 1), no("51603"), ok({"sCode": "0"}))

    assert urlsplit(known.url).path == "/api/v5/trade/cancel-algos"
    assert msgspec.json.decode(known.body) == [{"instId": "BTC-USDT-SWAP", "algoClOrdId": "s1"}]
    assert not asked.changes
    assert parse_qs(urlsplit(asked.url).query) == {"algoClOrdId": ["s1"]}
    assert msgspec.json.decode(unknown.body) == [{"instId": "BTC-USDT-SWAP", "algoId": "9"}]
    assert urlsplit(plain.url).path == "/api/v5/trade/cancel-order"


def test_cancelling_what_has_ended_is_no_order() -> None:
    okx = account()
    talk(okx.place(_order()), ok({"sCode": "0"}))

    reply, _ = talk(okx.cancel("s1", 1), no("1", "", {"sCode": "51400", "sMsg": "filled"}))

    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.NO_ORDER


def test_cancel_all_names_every_order_once_and_takes_ended_ones_for_canceled() -> None:
    def plain(number: int) -> dict[str, str]:
        return {
            "instId": "BTC-USDT-SWAP", "ordId": str(number), "side": "buy", "state": "live",
            "sz": "1",
        }  # fmt: skip

    pending = [plain(n) for n in range(23)]
    done = [{"ordId": str(n), "sCode": "0"} for n in range(20)]
    reply, calls = talk(
        account().cancel_all(1),
        ok(*pending),
        ok(*done),
        no("2", "", {"sCode": "51400"}, {"sCode": "0"}, {"sCode": "0"}),
        ok({"algoId": "7", "instId": "BTC-USDT-SWAP", "state": "live", "side": "sell"}),
        ok(), ok(), ok(),
        ok({"algoId": "7", "sCode": "0"}),
    )  # fmt: skip

    assert reply == Success()
    named = [row["ordId"] for call in calls[1:3] for row in msgspec.json.decode(call.body)]
    assert named == [str(n) for n in range(23)]
    assert msgspec.json.decode(calls[-1].body) == [{"instId": "BTC-USDT-SWAP", "algoId": "7"}]


def test_amending_and_the_dead_mans_switch() -> None:
    okx = account()
    amend, guard = okx.amend("s1", 1, 50_000_200, 200), okx.guard(3_000_000_000)
    assert amend is not None
    assert guard is not None

    _, (amended,) = talk(amend, ok({"sCode": "0"}))
    _, (guarded,) = talk(guard, ok({"triggerTime": "1", "ts": "1"}))

    assert msgspec.json.decode(amended.body)["newPx"] == "50000.2"
    assert msgspec.json.decode(amended.body)["newSz"] == "2"
    assert "expTime" in amended.headers
    assert msgspec.json.decode(guarded.body) == {"timeOut": "10"}


@given(units=st.integers(0, 10**17))
def test_a_quantity_is_spelt_without_an_exponent_and_reads_back(units: int) -> None:
    order = _order(instrument=0, quantity=units)

    text = fields(order, SPOT, hedged=False, margin_mode="cross")["sz"]

    assert isinstance(text, str)
    assert re.fullmatch(r"\d+(\.\d+)?", text)
    assert exact.units(text, 8) == units


@given(st.integers(0, 36**7 - 1), st.integers(0, 999), st.integers(-50, 50), st.integers(0, 99))
def test_client_ids_fit_the_grammar(book: int, robot: int, slot: int, generation: int) -> None:
    text = client_ids.encode(book, robot, slot, generation, venue="okx")

    assert re.fullmatch(client_ids.GRAMMARS["okx"].allowed, text)
    assert client_ids.decode(text) == (book, robot, slot, generation)


@pytest.mark.parametrize("text", ["0.0000000001", "1e-7", "", "x", "1.2.3", "nan", "1_0", "٣"])
def test_a_number_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        exact.units(text, 8)
