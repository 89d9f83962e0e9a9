"""`steelyard exchange` speaks Binance: other people's clients trade on it unchanged.

Only addresses and keys are given to `ccxt`, `ccxt.pro` and `python-binance`; their books,
signatures and parsers are their own. Ours is in `test_exchange_binance_ours.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import ccxt
import ccxt.pro
import pytest

from tests.e2e.binance_exchange import (
    PERP,
    SPOT,
    AsyncClient,
    BinanceAPIException,
    BinanceSocketManager,
    Client,
    ccxt_of,
    keys_of,
    served,
)

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with served() as addresses:
        yield addresses


# --- ccxt, over REST ------------------------------------------------------------------------------


def test_ccxt_reads_the_market(told: dict[str, Any]) -> None:
    spot, perp = ccxt_of(ccxt.binance, told, 0), ccxt_of(ccxt.binanceusdm, told, 0)

    assert {SPOT, PERP} <= spot.load_markets().keys()
    perp.load_markets()
    for exchange, name in ((spot, SPOT), (perp, PERP)):
        book = exchange.fetch_order_book(name)
        ticker = exchange.fetch_ticker(name)
        assert book["bids"][0][0] < book["asks"][0][0]
        assert len(book["bids"]) == len(book["asks"]) == 100
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        assert exchange.fetch_trades(name)[-1]["price"] > 0
        bars = exchange.fetch_ohlcv(name, "1m")
        assert [bar[0] % 60_000 for bar in bars] == [0] * len(bars)
        assert bars == sorted(bars)
    assert perp.fetch_funding_rate(PERP)["fundingTimestamp"] % 28_800_000 == 0
    assert perp.fetch_funding_rate_history(PERP, limit=3)[-1]["fundingRate"] is not None
    assert perp.fetch_market_leverage_tiers(PERP)[0]["maxLeverage"] == 125


def test_ccxt_trades_spot(told: dict[str, Any]) -> None:
    exchange = ccxt_of(ccxt.binance, told, 0)
    exchange.load_markets()
    far = round(exchange.fetch_ticker(SPOT)["last"] * 0.9, 2)

    rests = exchange.create_order(SPOT, "limit", "buy", 0.01, far, {"clientOrderId": "rests1"})
    rests = exchange.edit_order(rests["id"], SPOT, "limit", "buy", 0.02, far)
    (opened,) = exchange.fetch_open_orders(SPOT)
    held = exchange.fetch_balance()["USDT"]["used"]
    exchange.cancel_order(rests["id"], SPOT)

    assert (opened["id"], opened["amount"], opened["price"]) == (rests["id"], 0.02, far)
    assert held == pytest.approx(0.02 * far, rel=0.01)
    assert exchange.fetch_order(rests["id"], SPOT)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(rests["id"], SPOT)

    coins = exchange.fetch_balance()["BTC"]["total"]
    taken = exchange.create_order(SPOT, "market", "buy", 0.01)
    spent = exchange.create_market_buy_order_with_cost(SPOT, 100)
    trades = exchange.fetch_my_trades(SPOT)

    assert (taken["status"], taken["filled"]) == ("closed", 0.01)
    assert spent["cost"] == pytest.approx(100, rel=0.02)
    assert {trade["takerOrMaker"] for trade in trades} == {"taker"}
    assert {trade["fee"]["currency"] for trade in trades} == {"BTC"}
    assert trades[0]["fee"]["cost"] == pytest.approx(0.001 * trades[0]["amount"])
    bought = sum(trade["amount"] - trade["fee"]["cost"] for trade in trades)
    assert exchange.fetch_balance()["BTC"]["total"] == pytest.approx(coins + bought)


def test_ccxt_trades_spot_stops_and_post_only(told: dict[str, Any]) -> None:
    exchange = ccxt_of(ccxt.binance, told, 1)
    exchange.load_markets()
    last = exchange.fetch_ticker(SPOT)["last"]

    stop = exchange.create_order(
        SPOT, "market", "sell", 0.01, None, {"stopLossPrice": round(last * 0.8, 2)}
    )
    (waits,) = exchange.fetch_open_orders(SPOT)
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        exchange.create_order(SPOT, "limit", "buy", 0.01, round(last * 1.1, 2), {"postOnly": True})
    exchange.create_order(SPOT, "limit", "buy", 0.01, round(last * 0.9, 2), {"postOnly": True})
    ended = exchange.cancel_all_orders(SPOT)

    assert (waits["id"], waits["triggerPrice"]) == (stop["id"], round(last * 0.8, 2))
    assert len(ended) == 2
    assert exchange.fetch_open_orders(SPOT) == []


def test_ccxt_trades_perpetuals_one_way_and_hedged(told: dict[str, Any]) -> None:
    exchange = ccxt_of(ccxt.binanceusdm, told, 2)
    exchange.load_markets()
    last = exchange.fetch_ticker(PERP)["last"]
    exchange.set_leverage(10, PERP)
    rests = exchange.create_order(PERP, "limit", "buy", 0.01, round(last * 0.9, 1))
    exchange.edit_order(rests["id"], PERP, "limit", "buy", 0.02, round(last * 0.91, 1))
    (opened,) = exchange.fetch_open_orders(PERP)
    exchange.cancel_order(rests["id"], PERP)
    exchange.create_order(PERP, "market", "sell", 0.02)
    (short,) = exchange.fetch_positions([PERP])
    stop = exchange.create_order(
        PERP, "market", "buy", 0.02, None,
        {"stopLossPrice": round(last * 1.2, 1), "reduceOnly": True},
    )  # fmt: skip
    (waits,) = exchange.fetch_open_orders(PERP, params={"trigger": True})
    exchange.cancel_order(stop["id"], PERP, {"trigger": True})
    exchange.create_order(PERP, "market", "buy", 0.02, None, {"reduceOnly": True})
    with pytest.raises(ccxt.ExchangeError, match="-2022"):
        exchange.create_order(PERP, "market", "buy", 0.02, None, {"reduceOnly": True})

    assert (opened["id"], opened["amount"]) == (rests["id"], 0.02)
    assert (short["side"], short["contracts"], short["leverage"]) == ("short", 0.02, 10)
    assert (waits["id"], waits["triggerPrice"]) == (stop["id"], round(last * 1.2, 1))
    assert exchange.fetch_positions([PERP]) == []

    exchange.set_position_mode(True)
    exchange.create_order(PERP, "market", "buy", 0.03, None, {"positionSide": "LONG"})
    exchange.create_order(PERP, "market", "sell", 0.01, None, {"positionSide": "SHORT"})
    sides = {one["side"]: one["contracts"] for one in exchange.fetch_positions([PERP])}
    with pytest.raises(ccxt.ExchangeError, match="-4068"):
        exchange.set_position_mode(False)
    with pytest.raises(ccxt.ExchangeError, match="-4061"):
        exchange.create_order(PERP, "market", "sell", 0.01)
    exchange.create_order(PERP, "market", "sell", 0.03, None, {"positionSide": "LONG"})
    exchange.create_order(PERP, "market", "buy", 0.01, None, {"positionSide": "SHORT"})
    exchange.set_position_mode(False)

    assert sides == {"long": 0.03, "short": 0.01}
    assert len(exchange.fetch_my_trades(PERP)) == 6


def test_ccxt_is_refused_in_the_venues_words(told: dict[str, Any]) -> None:
    exchange = ccxt_of(ccxt.binance, told, 0)
    exchange.load_markets()

    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(SPOT, "limit", "buy", 1_000, 50_000)
    with pytest.raises(ccxt.BadRequest, match="NOTIONAL"):
        exchange.create_order(SPOT, "limit", "buy", 0.00001, 50_000)
    with pytest.raises(ccxt.OrderNotFound):
        exchange.fetch_order("1", SPOT)
    with pytest.raises(ccxt.BadRequest, match="-1104"):
        exchange.create_order(SPOT, "limit", "buy", 0.01, 50_000, {"nonsense": 1})
    for wrong in ({"apiKey": "x" * 64}, {"apiKey": "short"}, {"secret": "nonsense"}):
        with pytest.raises(ccxt.AuthenticationError):
            ccxt_of(ccxt.binance, told, 0, **wrong).private_get_account()
    late = ccxt_of(ccxt.binance, told, 0)
    late.nonce = lambda: late.milliseconds() - 40_000
    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        late.private_get_account()


def test_ccxt_moves_money_between_the_wallets(told: dict[str, Any]) -> None:
    exchange = ccxt_of(ccxt.binance, told, 3)
    exchange.load_markets()
    before = exchange.fetch_balance({"type": "swap"})["USDT"]["total"]
    exchange.transfer("USDT", 100, "spot", "swap")

    assert exchange.fetch_balance({"type": "swap"})["USDT"]["total"] == before + 100


def test_an_answer_tells_what_was_used(told: dict[str, Any]) -> None:
    exchange = ccxt_of(ccxt.binanceusdm, told, 3)
    exchange.fapiPrivateGetMultiAssetsMargin()
    used = int(exchange.last_response_headers["X-Mbx-Used-Weight-1m"])

    assert used >= 30


# --- ccxt pro -------------------------------------------------------------------------------------


def _pro(
    told: dict[str, Any],
    kind: str, account: int, work: Callable[[Any], Awaitable[None]],
) -> None:  # fmt: skip
    async def run() -> None:
        exchange = ccxt_of(getattr(ccxt.pro, kind), told, account)
        try:
            await asyncio.wait_for(work(exchange), PATIENCE_S)
        finally:
            await exchange.close()

    asyncio.run(run())


@pytest.mark.parametrize("kind, name", [("binance", SPOT), ("binanceusdm", PERP)])
def test_ccxt_pro_follows_the_market(
    told: dict[str, Any],
    kind: str,
    name: str,
) -> None:
    async def work(exchange: Any) -> None:
        for _ in range(8):
            # It raises by itself where a number of the book is missing.
            book = await exchange.watch_order_book(name)
            assert book["bids"][0][0] < book["asks"][0][0]
        assert (await exchange.watch_trades(name))[-1]["price"] > 0
        assert (await exchange.watch_ticker(name))["last"] > 0
        assert (await exchange.watch_bids_asks([name]))[name]["bid"] > 0
        assert (await exchange.watch_ohlcv(name, "1m"))[-1][4] > 0
        if name == PERP:
            assert (await exchange.watch_mark_price(name))["markPrice"] > 0

    _pro(told, kind, 4, work)


@pytest.mark.parametrize("kind, name", [("binance", SPOT), ("binanceusdm", PERP)])
def test_ccxt_pro_hears_its_account_and_orders_over_the_socket(
    told: dict[str, Any],
    kind: str,
    name: str,
) -> None:
    async def work(exchange: Any) -> None:
        await exchange.load_markets()
        orders = asyncio.ensure_future(exchange.watch_orders(name))
        trades = asyncio.ensure_future(exchange.watch_my_trades(name))
        balance = asyncio.ensure_future(exchange.watch_balance())
        silent = {orders, trades, balance}
        if name == PERP:
            positions = asyncio.ensure_future(exchange.watch_positions())
            silent.add(positions)
        placed: list[str] = []
        while silent:  # ccxt does not say when its private stream runs
            placed.append((await exchange.create_order_ws(name, "market", "buy", 0.01))["id"])
            _, silent = await asyncio.wait(silent, timeout=2)
        assert (await orders)[0]["id"] in placed
        assert (await trades)[0]["order"] in placed
        assert (await balance)["USDT"]["total"] > 0
        if name == PERP:
            assert (await positions)[0]["side"] == "long"
        far = round((await exchange.fetch_ticker(name))["last"] * 0.9, 1)
        rests = await exchange.create_order_ws(name, "limit", "buy", 0.01, far)
        (opened,) = await exchange.fetch_open_orders(name)
        assert opened["id"] == rests["id"]
        await exchange.cancel_order_ws(rests["id"], name)
        assert await exchange.fetch_open_orders(name) == []
        with pytest.raises(ccxt.ExchangeError):
            await exchange.create_order_ws(name, "limit", "buy", 1_000, far)

    _pro(told, kind, 5, work)


# --- python-binance -------------------------------------------------------------------------------


def _at(kind: Any, told: dict[str, Any]) -> Any:
    """Return python-binance's client with other addresses."""
    return type(
        kind.__name__, (kind,),
        {
            "API_URL": told["rest"] + "/api", "MARGIN_API_URL": told["rest"] + "/sapi",
            "FUTURES_URL": told["rest"] + "/fapi", "WS_API_URL": told["ws_api"],
            "WS_FUTURES_URL": told["ws_fapi"],
        },
    )  # fmt: skip


def test_python_binance_trades(told: dict[str, Any]) -> None:
    keys = keys_of(6)
    client = _at(Client, told)(keys["apiKey"], keys["secret"])
    last = float(client.get_symbol_ticker(symbol="BTCUSDT")["price"])

    assert len(client.get_exchange_info()["symbols"]) == 3
    assert len(client.get_klines(symbol="BTCUSDT", interval="1m", limit=5)) == 5
    bought = client.order_market_buy(symbol="BTCUSDT", quantity="0.01")
    rests = client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price=f"{last * 0.9:.2f}")
    (opened,) = client.get_open_orders(symbol="BTCUSDT")
    client.cancel_order(symbol="BTCUSDT", orderId=rests["orderId"])
    with pytest.raises(BinanceAPIException) as unknown:
        client.cancel_order(symbol="BTCUSDT", orderId=rests["orderId"])

    assert (bought["status"], bought["fills"][0]["commissionAsset"]) == ("FILLED", "BTC")
    assert opened["orderId"] == rests["orderId"]
    assert unknown.value.code == -2011
    assert client.get_my_trades(symbol="BTCUSDT")[-1]["orderId"] == bought["orderId"]
    assert client.get_account_api_permissions()["enableWithdrawals"] is False

    client.futures_change_leverage(symbol="BTCUSDT", leverage=9)
    client.futures_create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.02")
    (held,) = client.futures_position_information(symbol="BTCUSDT")
    stop = client.futures_create_algo_order(
        symbol="BTCUSDT", side="SELL", type="STOP_MARKET", quantity="0.02",
        triggerPrice=f"{last * 0.8:.1f}", reduceOnly="true",
    )  # fmt: skip
    client.futures_cancel_algo_order(algoId=stop["algoId"])
    client.futures_create_order(
        symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.02", reduceOnly="true"
    )

    assert (held["positionAmt"], float(held["entryPrice"]) > 0) == ("0.020", True)
    assert client.futures_account_balance()[0]["asset"] == "USDT"
    assert len(client.futures_account_trades(symbol="BTCUSDT")) >= 2
    client.close_connection()
    client.loop.close()  # it makes one and leaves it open


def test_python_binance_hears_its_streams(told: dict[str, Any]) -> None:
    async def work() -> None:
        keys = keys_of(7)
        client = await _at(AsyncClient, told).create(keys["apiKey"], keys["secret"])
        sockets = BinanceSocketManager(client)
        sockets.STREAM_URL = sockets.FSTREAM_URL = told["ws"] + "/"
        client.ws_api.TIMEOUT = 1  # a socket that ends waits so long for one frame more
        try:
            async with sockets.trade_socket("BTCUSDT") as trades:
                assert (await trades.recv())["e"] == "trade"
            async with sockets.multiplex_socket(["btcusdt@bookTicker", "ethusdt@depth"]) as many:
                assert (await many.recv())["stream"].partition("@")[0] in ("btcusdt", "ethusdt")
            async with sockets.symbol_mark_price_socket("BTCUSDT") as marks:
                assert (await marks.recv())["data"]["e"] == "markPriceUpdate"
            async with sockets.user_socket() as user:
                await client.order_market_buy(symbol="BTCUSDT", quantity="0.01")
                seen = [await user.recv() for _ in range(3)]
                assert {one["e"] for one in seen} >= {"executionReport", "outboundAccountPosition"}
            async with sockets.futures_user_socket() as user:
                user.TIMEOUT = 1
                await client.futures_create_order(
                    symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
                )
                seen = [await user.recv() for _ in range(3)]
                assert {one["e"] for one in seen} >= {"ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"}
        finally:
            await client.close_connection()

    asyncio.run(asyncio.wait_for(work(), PATIENCE_S))
