"""`steelyard exchange` speaks Gate: other people's clients trade on it unchanged.

Only addresses and keys are given to `ccxt`, `ccxt.pro` and `gate-api`; their books, signatures and
parsers are their own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import ccxt
import ccxt.pro
import gate_api  # type: ignore[import-untyped]
import pytest
from gate_api.exceptions import GateApiException  # type: ignore[import-untyped]

from tests.e2e.gate_rig import PATIENCE_S, PERP, SPOT, gate_process, keys_of


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with gate_process() as line:
        yield line


def _pointed(exchange: Any, told: dict[str, Any]) -> Any:
    for side in ("public", "private"):
        for kind in exchange.urls["api"][side]:
            exchange.urls["api"][side][kind] = f"{told['rest']}/api/v4"
    return exchange


def _ccxt(told: dict[str, Any], account: int, **keys: str) -> Any:
    given: dict[str, Any] = {**keys_of(account), **keys, "enableRateLimit": False}
    return _pointed(ccxt.gate(given), told)


# --- ccxt, over REST -----------------------------------------------------------------------------


def test_ccxt_reads_the_market(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    markets = exchange.load_markets()

    assert {SPOT, PERP} <= markets.keys()
    assert markets[PERP]["contractSize"] == 0.0001
    assert markets[SPOT]["precision"] == {"amount": 1e-06, "price": 0.1}
    for name in (SPOT, PERP):
        book = exchange.fetch_order_book(name, 20)
        ticker = exchange.fetch_ticker(name)
        assert book["bids"][0][0] < book["asks"][0][0]
        assert len(book["bids"]) == len(book["asks"]) == 20
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        assert exchange.fetch_trades(name)[-1]["price"] > 0
        bars = exchange.fetch_ohlcv(name, "1m", limit=100)
        assert [bar[0] % 60_000 for bar in bars] == [0] * len(bars)
        assert bars == sorted(bars)
    assert exchange.fetch_funding_rate(PERP)["fundingTimestamp"] % 28_800_000 == 0
    assert abs(exchange.fetch_time() - time.time() * 1000) < 5_000


def test_ccxt_trades_spot(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    exchange.load_markets()
    last = exchange.fetch_ticker(SPOT)["last"]
    far = round(last * 0.9, 1)

    rests = exchange.create_order(SPOT, "limit", "buy", 0.01, far, {"text": "t-rests1"})
    exchange.edit_order(rests["id"], SPOT, "limit", "buy", 0.02, far - 1)
    (opened,) = exchange.fetch_open_orders(SPOT)
    by_text = exchange.fetch_order("", SPOT, {"text": "t-rests1"})
    held = exchange.fetch_balance()["USDT"]["used"]
    exchange.cancel_order(rests["id"], SPOT)

    assert opened["clientOrderId"] == by_text["clientOrderId"] == "t-rests1"
    assert (opened["amount"], opened["price"]) == (0.02, far - 1)
    assert held == pytest.approx(0.02 * (far - 1), rel=0.01)
    assert exchange.fetch_order(rests["id"], SPOT)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        exchange.fetch_order("", SPOT, {"text": "t-rests1"})
    with pytest.raises(ccxt.InvalidOrder):
        exchange.cancel_order(rests["id"], SPOT)

    coins = exchange.fetch_balance()["BTC"]["total"]
    # A purchase at market is counted in quote.
    taken = exchange.create_order(SPOT, "market", "buy", 0.01, last)
    filled = exchange.fetch_order(taken["id"], SPOT)
    trade = exchange.fetch_my_trades(SPOT)[-1]

    assert filled["status"] == "closed"
    assert filled["cost"] == pytest.approx(0.01 * last, rel=0.01)
    assert (trade["order"], trade["takerOrMaker"]) == (taken["id"], "taker")
    assert trade["fee"]["currency"] == "BTC"
    assert trade["fee"]["cost"] == pytest.approx(0.001 * trade["amount"], rel=0.01)
    kept = trade["amount"] - trade["fee"]["cost"]
    assert exchange.fetch_balance()["BTC"]["total"] == pytest.approx(coins + kept)


def test_ccxt_trades_perpetuals_one_way_and_hedged(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 1)
    exchange.load_markets()
    exchange.set_leverage(10, PERP, {"marginMode": "cross"})
    exchange.create_order(PERP, "market", "sell", 20)
    (short,) = exchange.fetch_positions([PERP])
    last = exchange.fetch_ticker(PERP)["last"]
    stop = exchange.create_order(
        PERP, "market", "buy", 20, None, {"stopLossPrice": round(last * 1.2, 1), "reduceOnly": True}
    )
    (waits,) = exchange.fetch_open_orders(PERP, params={"trigger": True})
    exchange.cancel_order(stop["id"], PERP, {"trigger": True})
    exchange.create_order(PERP, "market", "buy", 20, None, {"reduceOnly": True})

    assert (short["side"], short["contracts"]) == ("short", 20.0)
    assert waits["id"] == stop["id"]
    assert [one for one in exchange.fetch_positions([PERP]) if one["contracts"]] == []

    exchange.set_position_mode(True)
    exchange.create_order(PERP, "market", "buy", 30)
    exchange.create_order(PERP, "market", "sell", 10)
    rows = exchange.fetch_positions([PERP])
    sides = {one["side"]: one["contracts"] for one in rows if one["contracts"]}
    with pytest.raises(ccxt.BadRequest, match="POSITION_HOLDING"):
        exchange.set_position_mode(False)
    exchange.create_order(PERP, "market", "sell", 10, None, {"reduceOnly": True})
    # The rest of the long side, whole.
    whole = {"close": True, "auto_size": "close_long", "reduceOnly": True}
    exchange.create_order(PERP, "market", "sell", 0, None, whole)
    exchange.create_order(PERP, "market", "buy", 10, None, {"reduceOnly": True})
    exchange.set_position_mode(False)

    assert sides == {"long": 30.0, "short": 10.0}
    assert len(exchange.fetch_my_trades(PERP)) >= 7


def test_ccxt_is_refused_in_the_venues_words(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    exchange.load_markets()
    last = exchange.fetch_ticker(SPOT)["last"]

    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(SPOT, "limit", "buy", 1_000, last)
    with pytest.raises(ccxt.OrderImmediatelyFillable, match="POC_FILL_IMMEDIATELY"):
        exchange.create_order(SPOT, "limit", "buy", 0.01, round(last * 1.02, 1), {"postOnly": True})
    with pytest.raises(ccxt.OrderImmediatelyFillable, match="ORDER_POC_IMMEDIATE"):
        exchange.create_order(PERP, "limit", "buy", 1, round(last * 1.02, 1), {"postOnly": True})
    with pytest.raises(ccxt.ExchangeError, match="REDUCE_EXCEEDED"):
        exchange.create_order(PERP, "limit", "buy", 1, round(last, 1), {"reduceOnly": True})
    with pytest.raises(ccxt.InvalidOrder, match="AMOUNT_TOO_LITTLE"):
        exchange.create_order(SPOT, "limit", "buy", 0.000001, last)
    with pytest.raises(ccxt.OrderNotFound):
        exchange.fetch_order("1", SPOT)
    for wrong, label in (("apiKey", "INVALID_KEY"), ("secret", "INVALID_SIGNATURE")):
        with pytest.raises(ccxt.AuthenticationError, match=label):
            _ccxt(told, 0, **{wrong: "nonsense"}).fetch_balance()
    late = _ccxt(told, 0)
    late.nonce = lambda: late.milliseconds() - 61_000
    with pytest.raises(ccxt.AuthenticationError, match="REQUEST_EXPIRED"):
        late.fetch_balance()


def test_a_create_behind_its_deadline_does_not_happen(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    exchange.load_markets()
    exchange.headers = {"x-gate-exptime": str(exchange.milliseconds() - 1)}
    with pytest.raises(ccxt.AuthenticationError, match="REQUEST_EXPIRED"):
        exchange.create_order(SPOT, "limit", "buy", 0.01, 30_000, {"text": "t-toolate"})
    exchange.headers = {"x-gate-exptime": str(exchange.milliseconds() + 5_000)}
    order = exchange.create_order(SPOT, "limit", "buy", 0.01, 30_000, {"text": "t-intime"})
    exchange.headers = {}
    assert [one["clientOrderId"] for one in exchange.fetch_open_orders(SPOT)] == ["t-intime"]
    exchange.cancel_order(order["id"], SPOT)


def test_too_many_requests_are_429_until_the_reset(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 2)
    exchange.load_markets()

    def again_and_again() -> None:
        for _ in range(60):  # ten a second are allowed: some second of these sees more
            exchange.create_order(SPOT, "limit", "buy", 0.0001, 30_000)

    with pytest.raises(ccxt.RateLimitExceeded, match="TOO_MANY_REQUESTS"):
        again_and_again()
    headers = {name.lower(): value for name, value in exchange.last_response_headers.items()}
    assert headers["x-gate-ratelimit-limit"] == "10"
    assert headers["x-gate-ratelimit-requests-remain"] == "0"
    assert int(headers["x-gate-ratelimit-reset-timestamp"]) >= int(time.time())


# --- ccxt pro ------------------------------------------------------------------------------------


def _pro(told: dict[str, Any], account: int, work: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        exchange = _pointed(ccxt.pro.gate({**keys_of(account), "enableRateLimit": False}), told)
        exchange.urls["api"]["spot"] = told["ws_spot"]
        exchange.urls["api"]["swap"] = {"usdt": told["ws_futures"], "btc": told["ws_futures"]}
        try:
            await asyncio.wait_for(work(exchange), PATIENCE_S)
        finally:
            await exchange.close()

    asyncio.run(run())


def test_ccxt_pro_follows_the_market(told: dict[str, Any]) -> None:
    async def work(exchange: Any) -> None:
        for name in (SPOT, PERP):
            for _ in range(8):
                # It raises by itself where a number of the book is missing.
                book = await exchange.watch_order_book(name)
                assert book["bids"][0][0] < book["asks"][0][0]
            assert (await exchange.watch_trades(name))[-1]["price"] > 0
            assert (await exchange.watch_ticker(name))["last"] > 0
            assert (await exchange.watch_bids_asks([name]))[name]["bid"] > 0
            assert (await exchange.watch_ohlcv(name, "1m"))[-1][4] > 0

    _pro(told, 3, work)


@pytest.mark.parametrize("name", [SPOT, PERP])
def test_ccxt_pro_hears_its_account_and_orders_over_the_socket(
    told: dict[str, Any], name: str
) -> None:
    async def work(exchange: Any) -> None:
        await exchange.load_markets()
        amount = 0.01 if name == SPOT else 10
        last = (await exchange.fetch_ticker(name))["last"]
        kind = {"type": "spot" if name == SPOT else "swap"}
        orders = asyncio.ensure_future(exchange.watch_orders(name))
        trades = asyncio.ensure_future(exchange.watch_my_trades(name))
        wallet = asyncio.ensure_future(exchange.watch_balance(kind))
        held = None
        if name == PERP:
            # The first answer comes over REST; only the next one subscribes.
            await exchange.watch_positions([name])
            held = asyncio.ensure_future(exchange.watch_positions([name]))
        placed = await exchange.create_order_ws(
            name, "market", "sell" if held else "buy", amount, last
        )
        (trade, *_) = await trades
        assert (await orders)[-1]["id"] == placed["id"] == trade["order"]
        assert (await wallet)["USDT"]["total"] > 0
        if held is not None:
            (position, *_) = await held
            assert (position["side"], position["contracts"]) == ("short", 10.0)

        far = round(last * 0.9, 1)
        rests = await exchange.create_order_ws(name, "limit", "buy", amount, far)
        await exchange.edit_order_ws(rests["id"], name, "limit", "buy", amount * 2, far)
        (opened,) = await exchange.fetch_open_orders(name)
        assert opened["amount"] == amount * 2
        await exchange.cancel_order_ws(rests["id"], name)
        assert await exchange.fetch_open_orders(name) == []
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order_ws("7", name)

    _pro(told, 4, work)


# --- gate-api ------------------------------------------------------------------------------------


def _client(told: dict[str, Any], account: int) -> Any:
    keys = keys_of(account)
    return gate_api.ApiClient(
        gate_api.Configuration(
            host=f"{told['rest']}/api/v4", key=keys["apiKey"], secret=keys["secret"]
        )
    )


def test_gate_api_trades_spot(told: dict[str, Any]) -> None:
    spot = gate_api.SpotApi(_client(told, 5))
    (pair,) = [one for one in spot.list_currency_pairs() if one.id == "BTC_USDT"]
    assert (pair.precision, pair.amount_precision) == (1, 6)
    assert spot.list_order_book("BTC_USDT", limit=5, with_id=True).id > 0
    assert {one.currency for one in spot.list_spot_accounts()} >= {"USDT", "BTC"}

    def order(**more: Any) -> Any:
        values = {"amount": "0.001", "price": "30000", "side": "buy", **more}
        return gate_api.Order(currency_pair="BTC_USDT", **values)

    made = spot.create_order(order(text="t-mine1"))
    assert (made.status, made.text, made.finish_as) == ("open", "t-mine1", "open")
    with pytest.raises(GateApiException) as refused:
        spot.create_order(order(text="t-mine1"))
    assert refused.value.label == "ORDER_EXISTS"
    patch = gate_api.OrderPatch(price="30001")
    changed = spot.amend_order("t-mine1", patch, currency_pair="BTC_USDT")
    assert changed.price == "30001"
    assert spot.cancel_order(made.id, "BTC_USDT").finish_as == "cancelled"
    with pytest.raises(GateApiException) as gone:
        spot.cancel_order("t-mine1", "BTC_USDT")
    assert gone.value.label == "ORDER_NOT_FOUND"

    rows = spot.create_batch_orders([order(text="t-b1"), order(text="t-b2", amount="0.0000001")])
    assert [(row.succeeded, row.label) for row in rows] == [
        (True, None), (False, "INVALID_PRECISION"),
    ]  # fmt: skip
    trigger = gate_api.SpotPriceTriggeredOrder(
        market="BTC_USDT",
        trigger=gate_api.SpotPriceTrigger(price="20000", rule="<=", expiration=3600),
        put=gate_api.SpotPricePutOrder(
            side="buy", price="20000", amount="0.001", account="normal", time_in_force="gtc"
        ),
    )
    waiting = spot.create_spot_price_triggered_order(trigger)
    assert spot.get_spot_price_triggered_order(str(waiting.id)).status == "open"
    assert spot.cancel_spot_price_triggered_order(str(waiting.id)).status == "cancelled"
    assert len(spot.cancel_orders(currency_pair="BTC_USDT")) == 1


def test_gate_api_trades_perpetuals(told: dict[str, Any]) -> None:
    futures = gate_api.FuturesApi(_client(told, 5))
    contract = futures.get_futures_contract("usdt", "BTC_USDT")
    assert contract.quanto_multiplier == "0.0001"
    before = futures.list_futures_accounts("usdt")
    assert futures.update_position_leverage("usdt", "BTC_USDT", "5").leverage == "5"

    market = gate_api.FuturesOrder(contract="BTC_USDT", size=7, price="0", tif="ioc", text="t-in")
    made = futures.create_futures_order("usdt", market)
    assert (made.status, made.finish_as, int(made.left)) == ("finished", "filled", 0)
    assert int(futures.get_position("usdt", "BTC_USDT").size) == 7
    (trade,) = futures.get_my_trades("usdt", order=made.id)
    assert (int(trade.size), trade.role, trade.text) == (7, "taker", "t-in")
    close = gate_api.FuturesOrder(contract="BTC_USDT", size=0, price="0", close=True, tif="ioc")
    assert futures.create_futures_order("usdt", close).is_close
    assert int(futures.get_position("usdt", "BTC_USDT").size) == 0
    assert float(futures.list_futures_accounts("usdt").total) < float(before.total)

    assert futures.set_dual_mode("usdt", True).in_dual_mode
    assert [one.mode for one in futures.get_dual_mode_position("usdt", "BTC_USDT")] == [
        "dual_long", "dual_short",
    ]  # fmt: skip
    with pytest.raises(GateApiException) as refused:
        futures.get_position("usdt", "BTC_USDT")
    assert refused.value.label == "POSITION_DUAL_MODE"
    assert not futures.set_dual_mode("usdt", False).in_dual_mode
